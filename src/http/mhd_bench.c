/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request costs the server: ours, with one loop, against libmicrohttpd
 * alone; each a process of its own that answers "hello world" on 64
 * connections.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "http/http.h"
#include "http/mhd_api.h"
#include "os/os.h"

#define CONNECTIONS 64
#define ROUNDS 11
#define REQUESTS 40000u

static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/* ---- the two servers ---- */

static enum MHD_Result
on_call(void *arg, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *data, size_t *n,
    void **own)
{
	const struct mhd *m = arg;
	char text[] = "hello world";
	struct MHD_Response *r;
	enum MHD_Result ok;

	(void)url;
	(void)method;
	(void)version;
	(void)data;
	if (!*own || *n > 0) {
		*own = c;
		*n = 0;
		return MHD_YES;
	}
	r = m->create_response_from_buffer(
	    sizeof(text) - 1, text, MHD_RESPMEM_MUST_COPY);
	(void)m->add_response_header(r, "Content-Type", "text/plain");
	ok = m->queue_response(c, 200, r);
	m->destroy_response(r);
	return ok;
}

static int
serve_alone(uint16_t *port)
{
	static const struct mhd *m;
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct err e = ERR;
	struct MHD_Daemon *d;

	if (mhd_open(&m, &e) < 0)
		return -1;
	d = m->start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL,
	    on_call, (void *)(uintptr_t)m, MHD_OPTION_SOCK_ADDR, &a,
	    MHD_OPTION_END);
	if (!d)
		return -1;
	*port = m->get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port;
	return 0;
}

static void
on_request(void *arg, struct http_exchange *x)
{
	static const struct http_field type = { { "Content-Type", 12 },
		{ "text/plain", 10 } };
	struct http_answer a = { .status = 200,
		.fields = &type,
		.nfields = 1,
		.body = STR("hello world") };

	(void)arg;
	http_answer(x, &a);
}

static void
on_gone(void *arg, struct http_exchange *x)
{
	(void)arg;
	(void)x;
}

static int
serve_ours(uint16_t *port)
{
	struct http_options o = { .request = on_request, .gone = on_gone };
	struct http *h;
	struct err e = ERR;

	if (crew_new(&o.crew, 1, &e) < 0 || http_new(&h, &o, &e) < 0)
		return -1;
	return http_listen(h, "127.0.0.1", 0, NULL, port, &e);
}

static pid_t
start(int (*serve)(uint16_t *port), uint16_t *port)
{
	int ends[2];
	pid_t pid;

	if (pipe(ends) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		if (serve(port) < 0 ||
		    write(ends[1], port, sizeof(*port)) != sizeof(*port))
			_exit(1);
		for (;;)
			pause();
	}
	(void)close(ends[1]);
	if (read(ends[0], port, sizeof(*port)) != sizeof(*port))
		return -1;
	(void)close(ends[0]);
	return pid;
}

/* ---- the client ---- */

static int
dial(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return -1;
	return fd;
}

static bool
ask(int fd)
{
	return send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(request) - 1;
}

/* Keep all connections asking until n answers came. */
static bool
load(const int *fds, int ep, unsigned n)
{
	struct epoll_event got[CONNECTIONS];
	unsigned done = 0;
	char buf[4096];

	for (int i = 0; i < CONNECTIONS; i++)
		if (!ask(fds[i]))
			return false;
	while (done < n) {
		int k = epoll_wait(ep, got, CONNECTIONS, 5000);

		if (k <= 0)
			return false;
		for (int i = 0; i < k; i++) {
			if (recv(got[i].data.fd, buf, sizeof(buf), 0) <= 0)
				return false;
			done++;
			if (done + CONNECTIONS <= n && !ask(got[i].data.fd))
				return false;
		}
	}
	return true;
}

static double
cpu_ns(pid_t pid)
{
	struct timespec t = { 0 };
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 ||
	    clock_gettime(clock, &t) < 0)
		return 0;
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

struct server {
	pid_t pid;
	int ep, fds[CONNECTIONS];
	double best; /* ns for a request */
};

static bool
dial_all(struct server *s, uint16_t port)
{
	s->ep = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < CONNECTIONS; i++) {
		struct epoll_event ev = { .events = EPOLLIN };

		s->fds[i] = ev.data.fd = dial(port);
		if (s->fds[i] < 0 ||
		    epoll_ctl(s->ep, EPOLL_CTL_ADD, s->fds[i], &ev) < 0)
			return false;
	}
	return load(s->fds, s->ep, 2000);
}

static bool
measure(struct server *s)
{
	double before = cpu_ns(s->pid), ns;

	if (!load(s->fds, s->ep, REQUESTS))
		return false;
	ns = (cpu_ns(s->pid) - before) / REQUESTS;
	if (s->best == 0 || ns < s->best)
		s->best = ns;
	return true;
}

int
main(void)
{
	struct server alone = { 0 }, ours = { 0 };
	uint16_t a = 0, b = 0;
	bool ok;

	alone.pid = start(serve_alone, &a);
	ours.pid = start(serve_ours, &b);
	ok = alone.pid > 0 && ours.pid > 0 && dial_all(&alone, a) &&
	    dial_all(&ours, b);
	/* In turns: what else the machine does meets both. */
	for (int i = 0; ok && i < ROUNDS; i++)
		ok = measure(&alone) && measure(&ours);
	if (alone.pid > 0)
		(void)kill(alone.pid, SIGKILL);
	if (ours.pid > 0)
		(void)kill(ours.pid, SIGKILL);
	if (!ok) {
		printf("http: no measure\n");
		return 1;
	}
	ok = ours.best <= 1.1 * alone.best;
	printf("http: %.2f us of CPU for a request on %d connections, "
	       "libmicrohttpd alone %.2f: %.2f x (most 1.10) %s\n",
	    ours.best / 1000, CONNECTIONS, alone.best / 1000,
	    ours.best / alone.best, ok ? "ok" : "OVER");
	return ok ? 0 : 1;
}
