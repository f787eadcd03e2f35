/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "os/orphans.h"

#define ROUNDS 16 /* an orphan's children become orphans in turn */

/* One for the process, as its children are. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t *ours;
static size_t nours, cap;

/* In the child.  A handler of ours would run in our memory. */
static void
default_signals(void)
{
	struct sigaction a;

	for (int i = 1; i < NSIG; i++)
		if (sigaction(i, NULL, &a) == 0 && a.sa_handler != SIG_DFL &&
		    a.sa_handler != SIG_IGN)
			(void)signal(i, SIG_DFL);
}

pid_t
orphans_start(void (*become)(void *arg), void *arg)
{
	sigset_t all, old;
	pid_t pid;
	int why;

	sigfillset(&all);
	pthread_mutex_lock(&lock);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	ours = mem_grow(ours, nours, &cap, sizeof(*ours));
	pthread_sigmask(SIG_BLOCK, &all, &old);
	pid = vfork();
	if (pid == 0) {
		default_signals();
		become(arg);
		_exit(127);
	}
	why = errno;
	if (pid > 0)
		ours[nours++] = pid;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_mutex_unlock(&lock);
	errno = why;
	return pid;
}

void
orphans_gone(pid_t pid)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < nours; i++)
		if (ours[i] == pid) {
			ours[i] = ours[--nours];
			break;
		}
	if (nours == 0) {
		mem_free(ours);
		ours = NULL;
		cap = 0;
	}
	pthread_mutex_unlock(&lock);
}

static bool
is_ours(pid_t pid)
{
	for (size_t i = 0; i < nours; i++)
		if (ours[i] == pid)
			return true;
	return false;
}

/* The parent, from /proc/PID/stat: the second field after the last ')'. */
static pid_t
parent_of(const char *pid)
{
	char path[64], text[512], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	end = strrchr(text, ')');
	if (!end || strlen(end) < 5)
		return -1;
	return (pid_t)strtol(end + 4, NULL, 10);
}

/* With the lock held.  Returns how many there were. */
static size_t
end_once(void)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;
	size_t n = 0;

	while (d && (entry = readdir(d)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0 || is_ours(pid) ||
		    parent_of(entry->d_name) != getpid())
			continue;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		n++;
	}
	if (d)
		closedir(d);
	return n;
}

void
orphans_end(void)
{
	pthread_mutex_lock(&lock);
	for (int i = 0; i < ROUNDS && end_once() > 0; i++)
		continue;
	pthread_mutex_unlock(&lock);
}
