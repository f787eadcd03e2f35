/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request costs beside the bare answer of http: one step and four, small
 * and of 64 KiB, each with fresh instances and all limits; each server is a
 * process of its own with one loop, asked on 64 connections.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"
#include "serve/serve.h"

#define CONNECTIONS 64
#define ROUNDS 5
#define REQUESTS 40000u
#define LARGE (64u << 10)

/* ---- servers ---- */

static void
on_request(void *arg, struct http_exchange *x)
{
	const struct http_field type = { STR("Content-Type"),
		STR("text/plain") };
	struct http_answer a = { .status = 200,
		.fields = &type,
		.nfields = 1,
		.body = http_body(x) };

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
serve_bare(uint16_t *port, struct err *e)
{
	struct http_options o = { .request = on_request, .gone = on_gone };
	struct http *h;

	if (crew_new(&o.crew, 1, e) < 0 || http_new(&h, &o, e) < 0)
		return -1;
	return http_listen(h, "127.0.0.1", 0, NULL, port, e);
}

static int
pack(struct bundle **out, struct digest *digest, struct err *e)
{
	static const char yaml[] =
	    "identifier: com.example.bench\nappVersion: v0.1.0\n"
	    "atmoVersion: v0.4.8\nrunnables:\n"
	    "  - {name: echo, namespace: default, lang: c}\nhandlers:\n"
	    "  - {type: request, method: POST, resource: /one, "
	    "steps: [{fn: echo}]}\n"
	    "  - {type: request, method: POST, resource: /four, "
	    "steps: [{fn: echo}, {fn: echo, as: b}, {fn: echo, as: c}, "
	    "{fn: echo, as: d}]}\n";
	CLEANUP(buf_free) struct buf wasm = BUF(1u << 20);
	struct bundle_options opt = { .store = true };
	char path[] = "/tmp/serve-bench-XXXXXX";
	struct bundle_part parts[2] = { { STR("Directive.yaml"),
					    { yaml, sizeof(yaml) - 1 } },
		{ STR("echo.wasm"), STR("") } };
	int fd = mkstemp(path), rc;

	if (fd < 0)
		return err_sys(e, "cannot make a file");
	(void)close(fd);
	rc = os_read(&wasm, "testdata/flow/echo.wasm", e);
	parts[1].data = buf_str(&wasm);
	if (rc == 0)
		rc = bundle_pack(path, parts, 2, &opt, digest, e);
	if (rc == 0)
		rc = bundle_open(out, path, e);
	(void)unlink(path);
	return rc;
}

static int
serve_whole(uint16_t *port, struct err *e)
{
	struct engine_options eo = { .pooling = true };
	struct serve_options o = { .log = SERVE_LOG_NONE };
	struct digest digest;
	struct bundle *b;
	struct serve *s;

	eo.instances = serve_instances(&o.limits);
	if (pack(&b, &digest, e) < 0 || engine_new(&o.engine, &eo, e) < 0 ||
	    crew_new(&o.crew, 1, e) < 0 || crew_new(&o.heavy, 1, e) < 0 ||
	    serve_new(&s, &o, e) < 0 || serve_put(s, &b, &digest, true, e) < 0)
		return -1;
	return serve_listen(s, "127.0.0.1", 0, NULL, port, e);
}

static pid_t
start(int (*serve)(uint16_t *port, struct err *e), uint16_t *port)
{
	struct err e = ERR;
	int ends[2];
	pid_t pid;

	if (pipe(ends) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		if (serve(port, &e) < 0) {
			(void)fprintf(stderr, "serve_bench: %s\n", e.text);
			_exit(1);
		}
		if (write(ends[1], port, sizeof(*port)) != sizeof(*port))
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

struct target {
	pid_t pid;
	const char *path;
	size_t body, left[CONNECTIONS];
	int ep, fds[CONNECTIONS];
	struct buf request;
	size_t answer; /* bytes of one */
	double best;   /* ns for a request */
};

static bool
put_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		s = str_from(s, (size_t)n);
	}
	return true;
}

static bool
dial_all(struct target *t, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event ev = { .events = EPOLLIN };

	t->request.max = 1u << 20;
	buf_addf(&t->request,
	    "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
	    "%zu\r\n\r\n",
	    t->path, t->body);
	for (size_t i = 0; i < t->body; i++)
		buf_addc(&t->request, (char)('a' + i % 26));
	t->ep = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < CONNECTIONS; i++) {
		t->fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ev.data.fd = i;
		if (connect(t->fds[i], (struct sockaddr *)&a, sizeof(a)) < 0 ||
		    epoll_ctl(t->ep, EPOLL_CTL_ADD, t->fds[i], &ev) < 0)
			return false;
	}
	return true;
}

/* One answer, to know how long all of them are. */
static bool
measure(struct target *t)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	char got[65536];
	size_t at;

	if (!put_all(t->fds[0], buf_str(&t->request)))
		return false;
	do {
		ssize_t n = recv(t->fds[0], got, sizeof(got), 0);

		if (n <= 0)
			return false;
		buf_add(&b, (struct str){ got, (size_t)n });
	} while (!str_find(buf_str(&b), STR("\r\n\r\n"), &at) ||
	    b.n < at + 4 + t->body);
	t->answer = b.n;
	return str_starts(buf_str(&b), "HTTP/1.1 200 ");
}

static bool
load(struct target *t, unsigned n)
{
	struct epoll_event got[CONNECTIONS];
	unsigned begun = 0, done = 0;
	char buf[65536];

	for (int i = 0; i < CONNECTIONS; i++, begun++) {
		t->left[i] = t->answer;
		if (!put_all(t->fds[i], buf_str(&t->request)))
			return false;
	}
	while (done < n) {
		int k = epoll_wait(t->ep, got, CONNECTIONS, 5000);

		if (k <= 0)
			return false;
		for (int i = 0; i < k; i++) {
			int c = got[i].data.fd;
			ssize_t m = recv(t->fds[c], buf, sizeof(buf), 0);

			if (m <= 0 || (size_t)m > t->left[c])
				return false;
			t->left[c] -= (size_t)m;
			if (t->left[c] > 0)
				continue;
			done++;
			t->left[c] = t->answer;
			if (begun++ < n &&
			    !put_all(t->fds[c], buf_str(&t->request)))
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

static bool
round_of(struct target *t)
{
	unsigned n = t->body > 1000 ? REQUESTS / 4 : REQUESTS;
	double before = cpu_ns(t->pid), ns;

	if (!load(t, n))
		return false;
	ns = (cpu_ns(t->pid) - before) / n;
	if (t->best == 0 || ns < t->best)
		t->best = ns;
	return true;
}

int
main(void)
{
	enum { BARE, ONE, FOUR, BARE_LARGE, LARGE_ONE, TARGETS };
	struct target t[TARGETS] = {
		[BARE] = { .path = "/", .body = 11 },
		[ONE] = { .path = "/one", .body = 11 },
		[FOUR] = { .path = "/four", .body = 11 },
		[BARE_LARGE] = { .path = "/", .body = LARGE },
		[LARGE_ONE] = { .path = "/one", .body = LARGE },
	};
	uint16_t bare, whole;
	pid_t pids[2] = { start(serve_bare, &bare),
		start(serve_whole, &whole) };
	bool good = pids[0] > 0 && pids[1] > 0;

	for (int i = 0; i < TARGETS && good; i++) {
		bool is_bare = t[i].path[1] == '\0';

		t[i].pid = pids[is_bare ? 0 : 1];
		good =
		    dial_all(&t[i], is_bare ? bare : whole) && measure(&t[i]);
	}
	for (int r = 0; r < ROUNDS && good; r++)
		for (int i = 0; i < TARGETS && good; i++)
			good = round_of(&t[i]);
	for (int i = 0; i < 2; i++)
		if (pids[i] > 0) {
			(void)kill(pids[i], SIGKILL);
			(void)waitpid(pids[i], NULL, 0);
		}
	if (!good) {
		(void)fprintf(stderr, "serve_bench: a server failed\n");
		return 1;
	}
	(void)printf("serve: CPU of a request, bare answer %.2f us; "
		     "one step %.2f us (%.2f x), four %.2f us (%.2f x)\n",
	    t[BARE].best / 1e3, t[ONE].best / 1e3, t[ONE].best / t[BARE].best,
	    t[FOUR].best / 1e3, t[FOUR].best / t[BARE].best);
	(void)printf("serve: the same with 64 KiB in and out, bare %.2f us; "
		     "one step %.2f us (%.2f x)\n",
	    t[BARE_LARGE].best / 1e3, t[LARGE_ONE].best / 1e3,
	    t[LARGE_ONE].best / t[BARE_LARGE].best);
	return 0;
}
