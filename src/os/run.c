/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children: started with posix calls only between fork and exec, in a process
 * group of their own, read through poll with a ceiling, ended as a group.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/orphans.h"
#include "os/os.h"

#define GRACE_NS 1000000000ull /* from SIGTERM to SIGKILL */
#define TICK_MS 20

struct child {
	pid_t pid;
	int in, out, err; /* our ends; -1 when closed */
	int report;	  /* errno of a failed exec comes through here */
};

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
child_close(struct child *c)
{
	shut(&c->in);
	shut(&c->out);
	shut(&c->err);
	shut(&c->report);
}

struct pipes {
	int in[2], out[2], err[2], report[2];
};

static void
pipes_close(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		shut(&p->in[i]);
		shut(&p->out[i]);
		shut(&p->err[i]);
		shut(&p->report[i]);
	}
}

static void
limit(int what, uint64_t n)
{
	struct rlimit r = { .rlim_cur = n, .rlim_max = n };

	setrlimit(what, &r);
}

struct becoming {
	const struct os_spawn *s;
	const char *path;
	struct pipes *p;
	pid_t parent;
};

/* In the child, in our memory: async-signal-safe calls only. */
static void
become(void *arg)
{
	extern char **environ;
	const struct becoming *b = arg;
	const struct os_spawn *s = b->s;
	const struct pipes *p = b->p;
	sigset_t none;
	int why;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != b->parent)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	limit(RLIMIT_CORE, 0);
	if (s->memory_bytes > 0)
		limit(RLIMIT_AS, s->memory_bytes);
	if (dup2(p->in[0], 0) >= 0 && dup2(p->out[1], 1) >= 0 &&
	    dup2(s->err ? p->err[1] : p->out[1], 2) >= 0 &&
	    (!s->cwd || chdir(s->cwd) == 0))
		execve(b->path, (char *const *)(uintptr_t)s->argv,
		    s->env ? (char *const *)(uintptr_t)s->env : environ);
	why = errno;
	(void)!write(p->report[1], &why, sizeof(why));
	_exit(127);
}

static int
start(
    struct child *c, const struct os_spawn *s, const char *path, struct err *e)
{
	CLEANUP(pipes_close)
	struct pipes p = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } };
	struct becoming b = { s, path, &p, getpid() };

	if (pipe2(p.in, O_CLOEXEC) < 0 || pipe2(p.out, O_CLOEXEC) < 0 ||
	    pipe2(p.err, O_CLOEXEC) < 0 || pipe2(p.report, O_CLOEXEC) < 0)
		return err_sys(e, "cannot start '%s'", s->argv[0]);
	c->pid = orphans_start(become, &b);
	if (c->pid < 0)
		return err_sys(e, "cannot start '%s'", s->argv[0]);
	setpgid(c->pid, c->pid);
	c->in = p.in[1];
	c->out = p.out[0];
	c->err = s->err ? p.err[0] : -1;
	c->report = p.report[0];
	p.in[1] = p.out[0] = p.report[0] = -1;
	if (s->err)
		p.err[0] = -1;
	fcntl(c->in, F_SETFL, O_NONBLOCK);
	fcntl(c->out, F_SETFL, O_NONBLOCK);
	if (c->err >= 0)
		fcntl(c->err, F_SETFL, O_NONBLOCK);
	return 0;
}

/* Take what is there; false at the end. */
static bool
drain(int fd, struct buf *to, bool *over)
{
	char chunk[65536];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n > 0 && to && !*over) {
			size_t left = to->max - to->n;
			size_t take = (size_t)n < left ? (size_t)n : left;

			buf_add(to, (struct str){ chunk, take });
			*over = take < (size_t)n;
		}
		if (n == 0)
			return false;
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
	}
}

/* write(2), where a closed pipe is only EPIPE whatever SIGPIPE is set to. */
static ssize_t
write_quietly(int fd, struct str s)
{
	static const struct timespec now = { 0, 0 };
	sigset_t pipes, old;
	ssize_t n;
	int why;

	sigemptyset(&pipes);
	sigaddset(&pipes, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipes, &old);
	n = write(fd, s.p, s.n);
	why = errno;
	if (n < 0 && why == EPIPE)
		sigtimedwait(&pipes, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = why;
	return n;
}

static void
feed(struct child *c, struct str *input)
{
	while (input->n > 0) {
		ssize_t n = write_quietly(c->in, *input);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			break;
		*input = str_from(*input, (size_t)n);
	}
	shut(&c->in);
}

struct watch {
	struct child *c;
	struct str input;
	struct os_exit *ex;
	uint64_t deadline, killed; /* ns; 0: none */
	bool exited;
	int status;
};

static void
poll_once(struct watch *w, const struct os_spawn *s)
{
	struct child *c = w->c;
	struct pollfd p[3] = { { c->out, POLLIN, 0 }, { c->err, POLLIN, 0 },
		{ c->in, POLLOUT, 0 } };

	poll(p, COUNT(p), c->out < 0 && c->err < 0 ? 1 : TICK_MS);
	if (c->out >= 0 && p[0].revents != 0 &&
	    !drain(c->out, s->out, &w->ex->over))
		shut(&c->out);
	if (c->err >= 0 && p[1].revents != 0 &&
	    !drain(c->err, s->err, &w->ex->over))
		shut(&c->err);
	if (c->in >= 0 && p[2].revents != 0)
		feed(c, &w->input);
}

static void
end_group(struct watch *w, uint64_t now)
{
	if (w->killed == 0) {
		w->killed = now;
		kill(-w->c->pid, SIGTERM);
	} else if (now - w->killed > GRACE_NS) {
		kill(-w->c->pid, SIGKILL);
	}
}

static void
attend(struct watch *w, const struct os_spawn *s)
{
	struct child *c = w->c;

	while (!w->exited || c->out >= 0 || c->err >= 0) {
		uint64_t now = os_now_ns();

		if (!w->exited || c->out >= 0 || c->err >= 0)
			poll_once(w, s);
		if (!w->exited && waitpid(c->pid, &w->status, WNOHANG) > 0) {
			w->exited = true;
			/* Someone below may hold our pipe for ever. */
			if (w->deadline == 0 || w->deadline > now + GRACE_NS)
				w->deadline = now + GRACE_NS;
		}
		if (w->exited && now > w->deadline)
			break;
		if (w->deadline != 0 && now > w->deadline && !w->exited) {
			w->ex->timed_out = true;
			end_group(w, now);
		}
		if (os_interrupted() != 0)
			end_group(w, now);
	}
	kill(-c->pid, SIGKILL);
	if (!w->exited)
		waitpid(c->pid, &w->status, 0);
	orphans_gone(c->pid);
	if (w->killed != 0)
		orphans_end();
}

/* The errno of an exec that failed, or 0. */
static int
exec_failure(struct child *c)
{
	int why = 0;
	ssize_t n;

	do
		n = read(c->report, &why, sizeof(why));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(why) ? why : 0;
}

static const char *
path_of(const struct os_spawn *s)
{
	for (size_t i = 0; s->env && s->env[i]; i++)
		if (strncmp(s->env[i], "PATH=", 5) == 0)
			return s->env[i] + 5;
	return s->env ? NULL : getenv("PATH");
}

int
os_run(const struct os_spawn *s, struct os_exit *ex, struct err *e)
{
	CLEANUP(child_close) struct child c = { 0, -1, -1, -1, -1 };
	CLEANUP(buf_free) struct buf path = BUF(8192);
	uint64_t begin = os_now_ns();
	struct watch w = { .c = &c, .input = s->input, .ex = ex };
	int why;

	*ex = (struct os_exit){ 0 };
	if (os_check_interrupt(e) < 0)
		return -1;
	if (!os_find_program(&path, s->argv[0], path_of(s)))
		return err_set(
		    e, ERR_MISSING, "no program '%s' on the PATH", s->argv[0]);
	if (start(&c, s, buf_cstr(&path), e) < 0)
		return -1;
	why = exec_failure(&c);
	if (why != 0) {
		waitpid(c.pid, NULL, 0);
		orphans_gone(c.pid);
		errno = why;
		return err_sys(e, "cannot start '%s'", s->argv[0]);
	}
	if (w.input.n == 0)
		shut(&c.in);
	if (s->timeout_ms > 0)
		w.deadline = begin + (uint64_t)s->timeout_ms * 1000000u;
	attend(&w, s);
	ex->wall_ns = os_now_ns() - begin;
	ex->sig = WIFSIGNALED(w.status) ? WTERMSIG(w.status) : 0;
	ex->code = WIFEXITED(w.status) ? WEXITSTATUS(w.status) : -1;
	return os_check_interrupt(e);
}
