/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_bench - 10,000 calls that each wait a second for their answer, and
 * what one call costs.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fetch/fetch.h"
#include "os/os.h"

#define CALLS 10000u
#define LOOPS 4u
#define MOST_FDS 65536u
#define WAIT_NS UINT64_C(1000000000)
#define ROUNDS 5000u

/* ---- the server, in a process of its own ---- */

struct late {
	int fd;
	uint64_t due_ns;
};

struct server {
	int ep, fd;
	struct late *late; /* a ring, by time */
	size_t first, n;
};

static void
answer(int fd)
{
	static const char text[] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

	(void)send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL);
}

static void
hear(struct server *s, int fd)
{
	char b[4096];
	ssize_t n = recv(fd, b, sizeof(b), 0);

	if (n <= 0)
		close(fd);
	else if (n > 6 && memcmp(b, "GET /w", 6) == 0)
		s->late[(s->first + s->n++) % MOST_FDS] =
		    (struct late){ fd, os_now_ns() + WAIT_NS };
	else
		answer(fd);
}

static void
welcome(struct server *s)
{
	struct epoll_event ev = { .events = EPOLLIN };

	while ((ev.data.fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK)) >= 0)
		(void)epoll_ctl(s->ep, EPOLL_CTL_ADD, ev.data.fd, &ev);
}

static void
serve(struct server *s)
{
	struct epoll_event evs[256], ev = { .events = EPOLLIN };

	s->ep = epoll_create1(0);
	s->late = mem_take(MOST_FDS * sizeof(*s->late));
	ev.data.fd = s->fd;
	(void)epoll_ctl(s->ep, EPOLL_CTL_ADD, s->fd, &ev);
	for (;;) {
		int n = epoll_wait(s->ep, evs, 256, s->n > 0 ? 1 : -1);

		for (int i = 0; i < n; i++) {
			if (evs[i].data.fd == s->fd)
				welcome(s);
			else
				hear(s, evs[i].data.fd);
		}
		for (; s->n > 0 && s->late[s->first].due_ns <= os_now_ns();
		    s->n--) {
			answer(s->late[s->first].fd);
			s->first = (s->first + 1) % MOST_FDS;
		}
	}
}

static pid_t
server_start(uint16_t *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t n = sizeof(in);
	struct server s = { 0 };
	pid_t pid;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(s.fd, (struct sockaddr *)&in, n) < 0 ||
	    listen(s.fd, 20000) < 0 ||
	    getsockname(s.fd, (struct sockaddr *)&in, &n) < 0)
		return -1;
	*port = ntohs(in.sin_port);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(&s);
	}
	close(s.fd);
	return pid;
}

/* ---- calls ---- */

struct all {
	char url[64];
	atomic_uint left, failed;
	atomic_flag told;
};

struct one {
	struct all *all;
	struct loop *loop;
	struct fetch_call *call;
};

static void
on_done(void *arg, const struct fetch_answer *a, const struct err *why)
{
	struct one *o = arg;

	if (!a || a->status != 200)
		atomic_fetch_add(&o->all->failed, 1);
	if (!a && !atomic_flag_test_and_set(&o->all->told))
		(void)fprintf(stderr, "fetch_bench: %s\n", why->text);
	fetch_end(&o->call);
	atomic_fetch_sub(&o->all->left, 1);
}

static void
start(void *arg)
{
	struct one *o = arg;
	struct fetch_request r = { .method = STR("GET"),
		.url = str_of(o->all->url) };

	o->call = fetch_start(o->loop, &r, on_done, o);
}

static double
rss_mb(void)
{
	struct rusage ru;

	(void)getrusage(RUSAGE_SELF, &ru);
	return (double)ru.ru_maxrss / 1024;
}

static int
waiting(struct all *all, uint16_t port, struct err *e)
{
	struct one *ones = mem_take(CALLS * sizeof(*ones));
	struct timespec ts = { .tv_nsec = 1000000 };
	uint64_t begin = os_now_ns();
	struct crew *crew;
	double s;

	(void)snprintf(
	    all->url, sizeof(all->url), "http://127.0.0.1:%u/w", port);
	if (crew_new(&crew, LOOPS, e) < 0)
		return -1;
	atomic_store(&all->left, CALLS);
	for (size_t i = 0; i < CALLS; i++) {
		ones[i] = (struct one){ all, crew_next(crew), NULL };
		loop_post(ones[i].loop, start, &ones[i]);
	}
	while (atomic_load(&all->left) > 0)
		nanosleep(&ts, NULL);
	s = (double)(os_now_ns() - begin) / 1e9;
	printf("fetch: %u calls that each wait 1 s, on %u loops: %.2f s, limit "
	       "1.5: %s\n",
	    CALLS, LOOPS, s, s <= 1.5 ? "ok" : "OVER");
	printf("fetch: memory at most %.0f MiB, limit 512: %s\n", rss_mb(),
	    rss_mb() <= 512 ? "ok" : "OVER");
	crew_free(&crew);
	mem_free(ones);
	return atomic_load(&all->failed) == 0
	    ? 0
	    : err_set(e, ERR_FAILED, "calls failed");
}

static double
cpu_us(void)
{
	struct rusage ru;

	(void)getrusage(RUSAGE_SELF, &ru);
	return (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1e6 +
	    (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec);
}

static int
kept(struct all *all, uint16_t port, struct err *e)
{
	struct one o = { .all = all };
	double begin = 0, us;

	(void)snprintf(
	    all->url, sizeof(all->url), "http://127.0.0.1:%u/now", port);
	if (loop_new(&o.loop, e) < 0)
		return -1;
	for (size_t i = 0; i <= ROUNDS; i++) {
		start(&o);
		if (loop_run(o.loop, e) < 0)
			return -1;
		/* The first opens the connection. */
		if (i == 0)
			begin = cpu_us();
	}
	us = (cpu_us() - begin) / ROUNDS;
	printf("fetch: a call on a kept connection takes %.0f us of CPU, limit "
	       "60: %s\n",
	    us, us <= 60 ? "ok" : "OVER");
	loop_free(&o.loop);
	return atomic_load(&all->failed) == 0
	    ? 0
	    : err_set(e, ERR_FAILED, "calls failed");
}

int
main(void)
{
	struct rlimit fds = { 0 };
	struct all all = { .told = ATOMIC_FLAG_INIT };
	struct err e = ERR;
	uint16_t port = 0;
	pid_t pid;
	int rc;

	(void)getrlimit(RLIMIT_NOFILE, &fds);
	fds.rlim_cur = fds.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &fds);
	pid = server_start(&port);
	if (pid < 0) {
		perror("fetch_bench");
		return 1;
	}
	rc = kept(&all, port, &e);
	if (rc == 0)
		rc = waiting(&all, port, &e);
	if (rc < 0)
		(void)fprintf(stderr, "fetch_bench: %s\n", e.text);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return rc < 0 ? 1 : 0;
}
