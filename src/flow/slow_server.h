/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slow_server.h - for benches: an HTTP server on loopback, in a child process,
 * that answers each request DELAY after it came.
 */
#ifndef FLOW_SLOW_SERVER_H
#define FLOW_SLOW_SERVER_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "os/os.h"

#define SLOW_CONNECTIONS 20000u

struct slow_server {
	pid_t		 pid;
	uint16_t	 port;
};

/* All that came wait equally long: first in, first out. */
struct slow_queue {
	int		 listener, epoll;
	uint64_t	 delay_ns;
	size_t		 first, last;
	int		 fds[SLOW_CONNECTIONS];
	uint64_t	 due_ns[SLOW_CONNECTIONS];
};

static inline void
slow_accept(struct slow_queue *q)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd;

	while ((fd = accept4(q->listener, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		ev.data.fd = fd;
		(void)epoll_ctl(q->epoll, EPOLL_CTL_ADD, fd, &ev);
	}
}

/* A request is small, and comes in one piece. */
static inline void
slow_read(struct slow_queue *q, int fd)
{
	char text[4096];
	ssize_t n = read(fd, text, sizeof(text));
	size_t at = q->last % SLOW_CONNECTIONS;

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			close(fd);
		return;
	}
	q->fds[at] = fd;
	q->due_ns[at] = os_now_ns() + q->delay_ns;
	q->last++;
}

static inline int
slow_answer(struct slow_queue *q)
{
	static const char text[] = "HTTP/1.1 200 OK\r\n"
	    "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
	uint64_t now = os_now_ns();

	for (; q->first < q->last; q->first++) {
		size_t at = q->first % SLOW_CONNECTIONS;

		if (q->due_ns[at] > now)
			return (int)((q->due_ns[at] - now) / 1000000 + 1);
		if (write(q->fds[at], text, sizeof(text) - 1) < 0)
			close(q->fds[at]);
	}
	return -1;
}

static inline void
slow_serve(int listener, uint64_t delay_ns)
{
	struct slow_queue *q = mem_take(sizeof(*q));
	struct epoll_event evs[256], ev = { .events = EPOLLIN };

	q->listener = listener;
	q->epoll = epoll_create1(EPOLL_CLOEXEC);
	q->delay_ns = delay_ns;
	ev.data.fd = listener;
	(void)epoll_ctl(q->epoll, EPOLL_CTL_ADD, listener, &ev);
	for (;;) {
		int n = epoll_wait(q->epoll, evs, 256, slow_answer(q));

		for (int i = 0; i < n; i++) {
			if (evs[i].data.fd == listener)
				slow_accept(q);
			else
				slow_read(q, evs[i].data.fd);
		}
	}
}

/* As many descriptors as we may have; the child has as many. */
static inline rlim_t
slow_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return 0;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
	return r.rlim_cur;
}

static inline int
slow_start(struct slow_server *s, uint64_t delay_ns, struct err *e)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_ANY) };
	socklen_t n = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, 65535) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &n) < 0)
		return err_sys(e, "cannot listen on loopback");
	s->port = ntohs(sa.sin_port);
	s->pid = fork();
	if (s->pid < 0)
		return err_sys(e, "cannot start a server");
	if (s->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGPIPE, SIG_IGN);
		slow_serve(fd, delay_ns);
	}
	close(fd);
	return 0;
}

static inline void
slow_end(struct slow_server *s)
{
	if (s->pid <= 0)
		return;
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
	s->pid = 0;
}

#endif
