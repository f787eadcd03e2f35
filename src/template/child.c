/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libgit2 has no time-outs and unpacks objects of any size into memory, so
 * what it is given by others is looked at in a child.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"
#include "template/child.h"

#define GRACE_MS 2000 /* between SIGTERM and SIGKILL */

static void
lower(int what, uint64_t most)
{
	struct rlimit r;

	if (most == 0 || getrlimit(what, &r) != 0)
		return;
	if (r.rlim_cur == RLIM_INFINITY || r.rlim_cur > most)
		r.rlim_cur = (rlim_t)most;
	(void)setrlimit(what, &r);
}

static void
limit_self(const struct child_limits *limits, pid_t parent)
{
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
#else
	(void)parent;
#endif
	os_catch_signals();
	lower(RLIMIT_FSIZE, limits->file_bytes);
#ifndef __SANITIZE_ADDRESS__
	lower(RLIMIT_AS, limits->memory_bytes);
#endif
}

static bool
send_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		ssize_t did = write(fd, p, n);

		if (did < 0 && errno == EINTR)
			continue;
		if (did <= 0)
			return false;
		p += did;
		n -= (size_t)did;
	}
	return true;
}

/* One process, one answer on its pipe. */
struct child {
	pid_t pid;
	int fd;
	const struct child_limits *limits;
};

/* Read n bytes by the deadline.  1: all came, 0: the end, -1: e is filled. */
static int
receive(const struct child *c, void *to, size_t n, uint64_t deadline_ns,
    struct err *e)
{
	char *p = to;

	while (n > 0) {
		struct pollfd pfd = { .fd = c->fd, .events = POLLIN };
		uint64_t now = os_now_ns();
		ssize_t did;

		if (os_check_interrupt(e) < 0)
			return -1;
		if (now >= deadline_ns)
			return err_set(e, ERR_LIMIT, "no end after %u s",
			    c->limits->timeout_ms / 1000);
		if (poll(&pfd, 1, 200) <= 0)
			continue;
		did = read(c->fd, p, n);
		if (did < 0 && errno == EINTR)
			continue;
		if (did <= 0)
			return 0;
		p += did;
		n -= (size_t)did;
	}
	return 1;
}

/* It gets time to remove what it has half-made. */
static void
end(struct child *c, int *status)
{
	struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

	kill(c->pid, SIGTERM);
	for (int i = 0; i < GRACE_MS / 20; i++) {
		if (waitpid(c->pid, status, WNOHANG) == c->pid)
			return;
		nanosleep(&pause, NULL);
	}
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, status, 0) < 0 && errno == EINTR)
		continue;
}

static int
answer_of(struct child *c, void *result, size_t result_bytes, struct err *e)
{
	uint64_t deadline =
	    os_now_ns() + (uint64_t)c->limits->timeout_ms * 1000000u;
	struct err theirs = ERR;
	int status = 0, r;

	r = receive(c, &theirs, sizeof(theirs), deadline, e);
	if (r > 0)
		r = receive(c, result, result_bytes, deadline, e);
	if (r < 0) {
		end(c, &status);
		return -1;
	}
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (r == 0 && WIFSIGNALED(status))
		return err_set(e, ERR_LIMIT,
		    "reading the repository ended "
		    "with signal %d",
		    WTERMSIG(status));
	if (r == 0)
		return err_set(e, ERR_LIMIT,
		    "reading the repository needs "
		    "more than it may have");
	if (theirs.kind == ERR_NONE)
		return 0;
	*e = theirs;
	return -1;
}

int
child_call(int (*fn)(void *arg, struct err *e), void *arg, void *result,
    size_t result_bytes, const struct child_limits *limits, struct err *e)
{
	struct child c = { .limits = limits };
	struct err theirs = ERR;
	pid_t parent = getpid();
	int fds[2], r;

	if (os_check_interrupt(e) < 0)
		return -1;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_sys(e, "cannot make a pipe");
	/* What is in our buffers must not be written twice. */
	fflush(NULL);
	c.pid = fork();
	if (c.pid < 0) {
		err_sys(e, "cannot start a process");
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	if (c.pid == 0) {
		bool ok;

		close(fds[0]);
		limit_self(limits, parent);
		(void)fn(arg, &theirs);
		ok = send_all(fds[1], &theirs, sizeof(theirs)) &&
		    send_all(fds[1], result, result_bytes);
		_exit(ok ? 0 : 1);
	}
	close(fds[1]);
	c.fd = fds[0];
	r = answer_of(&c, result, result_bytes, e);
	close(c.fd);
	return r;
}
