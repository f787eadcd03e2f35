/* SPDX-License-Identifier: Apache-2.0 */
/* What is fetched or built once for a machine: npm packages, Rust's std. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"
#include "toolchain/lang.h"

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Another build may hold it for minutes: wait, but hear a signal. */
static int
lock(int fd, const char *name, struct err *e)
{
	const struct timespec nap = { .tv_nsec = 50 * 1000 * 1000 };

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(e, "cannot lock '%s'", name);
		if (os_check_interrupt(e) < 0)
			return -1;
		nanosleep(&nap, NULL);
	}
	return 0;
}

/* On disk before it gets its name: a whole name never means half a folder. */
static int
settle(const char *tmp, const char *dir, struct err *e)
{
	CLEANUP(shut) int fd = open(tmp, O_RDONLY | O_CLOEXEC | O_DIRECTORY);

	if (fd < 0 || syncfs(fd) < 0)
		return err_sys(e, "cannot sync '%s'", tmp);
	if (rename(tmp, dir) < 0)
		return err_sys(e, "cannot rename '%s' to '%s'", tmp, dir);
	return 0;
}

int
lang_once(struct lang_run *r, const char *name,
    int (*make)(struct lang_run *r, const char *dir, struct err *e), char **out,
    struct err *e)
{
	const char *cache = r->env->cache_dir;
	char *dir = arena_printf(r->arena, "%s/%s", cache, name);
	char *tmp = arena_printf(r->arena, "%s/%s.new", cache, name);
	char *path = arena_printf(r->arena, "%s/%s.lock", cache, name);
	CLEANUP(shut) int fd = -1;

	*out = dir;
	if (os_is_dir(dir))
		return 0;
	if (os_mkdirs(cache, 0700, e) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (lock(fd, path, e) < 0)
		return -1;
	if (os_is_dir(dir))
		return 0;
	if (os_remove_tree(tmp, e) < 0 || os_mkdirs(tmp, 0755, e) < 0)
		return -1;
	if (make(r, tmp, e) < 0) {
		struct err ignored = ERR;
		int gone = os_remove_tree(tmp, &ignored);

		(void)gone; /* or the next build removes it */
		return -1;
	}
	return settle(tmp, dir, e);
}
