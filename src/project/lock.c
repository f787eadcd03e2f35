/* SPDX-License-Identifier: Apache-2.0 */
/* Our folder in a project, and the lock that keeps two builds apart. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"
#include "project/find.h"
#include "project/lock.h"

#define POLL_NS 20000000

/* bford.info/cachedir: backups leave such folders out. */
static const char cachedir[] =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# Made by subo; it may be removed at any time.\n";

int
lock_folder(const struct project *p, struct err *e)
{
	const char *dir = project_path(p, PROJECT_OURS, NULL);
	const char *tag = project_path(p, PROJECT_OURS, "CACHEDIR.TAG", NULL);
	const char *git = project_path(p, PROJECT_OURS, ".gitignore", NULL);
	struct stat st;

	if (lstat(dir, &st) == 0 && !S_ISDIR(st.st_mode)) {
		err_set(e, ERR_TRUST, "'%s' is no folder", dir);
		return err_hint(e, "remove it; subo makes its own");
	}
	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		return err_sys(e, "cannot make folder '%s'", dir);
	if (!os_exists(tag) && os_replace(tag, str_of(cachedir), 0644, e) < 0)
		return -1;
	if (!os_exists(git) && os_replace(git, STR("*\n"), 0644, e) < 0)
		return -1;
	return 0;
}

int
lock_take(int *fd, const struct project *p,
    void (*note)(void *arg, const char *text), void *arg, struct err *e)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	const char *path = project_path(p, PROJECT_OURS, "lock", NULL);
	bool told = false;

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (*fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	while (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(e, "cannot lock '%s'", path);
		if (!told && note)
			note(arg, "another build runs here; waiting for it");
		told = true;
		if (os_check_interrupt(e) < 0)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

void
lock_drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
