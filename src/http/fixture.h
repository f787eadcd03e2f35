/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h - a server for tests, and a client that sends bytes as they are. */
#ifndef HTTP_FIXTURE_H
#define HTTP_FIXTURE_H

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http.h"
#include "os/os.h"

/* Not every test uses all of it. */
#define FIXTURE	static __attribute__((unused))
#define PATIENCE_MS 3000	/* for what must come */

struct site {
	struct crew	*crew;
	struct http	*h;
	uint16_t	 port;
	_Atomic unsigned requests, gone, ended;
	_Atomic int	 refused;	/* the last status */
	_Atomic(struct http_exchange *) held;
	pthread_mutex_t	 lock;
	struct buf	 target;	/* of the last one refused; under lock */
};

/* ---- the answers ---- */

FIXTURE void
fixture_end(void *arg)
{
	struct site *s = arg;

	atomic_fetch_add(&s->ended, 1);
}

FIXTURE void
fixture_text(struct http_exchange *x, struct str text)
{
	const struct http_field type = { STR("Content-Type"),
		STR("text/plain") };
	struct http_answer a = { .status = 200, .fields = &type, .nfields = 1,
		.body = text };

	http_answer(x, &a);
}

/* "METHOD TARGET HOST BODY" and the fields, one a line. */
FIXTURE void
fixture_echo(struct http_exchange *x)
{
	CLEANUP(buf_free) struct buf b = BUF(64u << 20);
	struct str s[] = { http_method(x), http_target(x), http_host(x),
		http_body(x) };
	struct http_field f;

	for (size_t i = 0; i < COUNT(s); i++) {
		buf_add(&b, s[i]);
		buf_addc(&b, i + 1 < COUNT(s) ? ' ' : '\n');
	}
	for (size_t i = 0; i < http_nheaders(x); i++) {
		http_header_at(x, i, &f);
		buf_addf(&b, STR_F "=" STR_F "\n", STR_A(f.name),
		    STR_A(f.value));
	}
	fixture_text(x, buf_str(&b));
}

struct fixture_late {
	struct http_exchange *x;
	struct loop_timer *timer;
};

FIXTURE void
fixture_on_late(void *arg)
{
	struct fixture_late *l = arg;

	loop_timer_end(&l->timer);
	fixture_text(l->x, STR("late"));
	mem_free(l);
}

FIXTURE void
fixture_later(struct http_exchange *x, uint64_t ns)
{
	struct fixture_late *l = mem_take(sizeof(*l));

	l->x = x;
	http_set_data(x, l);
	l->timer = loop_timer_start(http_loop(x), NULL, ns, fixture_on_late, l);
}

static char fixture_bytes[8u << 20];

/* "/bytes/N": N bytes that are not copied. */
FIXTURE void
fixture_big(struct site *s, struct http_exchange *x)
{
	uint64_t n = 0;
	struct http_answer a = { .status = 200, .end = fixture_end,
		.end_arg = s };

	(void)str_u64(str_from(http_target(x), 7), sizeof(fixture_bytes), &n);
	a.body = (struct str){ fixture_bytes, n };
	http_answer(x, &a);
}

/* "/status/N", with fields that a server must not let through. */
FIXTURE void
fixture_odd(struct http_exchange *x)
{
	const struct http_field odd[] = {
		{ STR("X-Split"), STR("a\r\nSet-Cookie: x") },
		{ STR("Content-Length"), STR("1") },
		{ STR("transfer-encoding"), STR("chunked") },
		{ STR("Connection"), STR("upgrade") },
		{ STR("Bad Name"), STR("x") },
		{ STR(""), STR("x") },
		{ STR("X-Empty"), STR("") },
		{ STR("X-Good"), STR("yes\tand no") },
	};
	struct http_answer a = { .fields = odd, .nfields = COUNT(odd),
		.body = STR("body") };
	uint64_t status = 0;

	(void)str_u64(str_from(http_target(x), 8), 9999, &status);
	a.status = (int)status;
	http_answer(x, &a);
}

/* "/long/N": a field of N bytes. */
FIXTURE void
fixture_long(struct http_exchange *x)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	struct http_field f = { .name = STR("X-Long") };
	struct http_answer a = { .status = 200, .fields = &f, .nfields = 1 };
	uint64_t n = 0;

	(void)str_u64(str_from(http_target(x), 6), 1u << 19, &n);
	while (b.n < n)
		buf_addc(&b, 'y');
	f.value = buf_str(&b);
	http_answer(x, &a);
}

FIXTURE void
fixture_request(void *arg, struct http_exchange *x)
{
	struct site *s = arg;
	struct str t = http_target(x);

	atomic_fetch_add(&s->requests, 1);
	if (str_starts(t, "/echo"))
		fixture_echo(x);
	else if (str_is(t, "/later"))
		fixture_later(x, 5000000);
	else if (str_is(t, "/slow"))
		fixture_later(x, 700000000);
	else if (str_is(t, "/never"))
		atomic_store(&s->held, x);
	else if (str_starts(t, "/bytes/"))
		fixture_big(s, x);
	else if (str_starts(t, "/long/"))
		fixture_long(x);
	else if (str_starts(t, "/status/"))
		fixture_odd(x);
	else
		fixture_text(x, STR("hello"));
}

FIXTURE void
fixture_header(void *arg, struct http_exchange *x)
{
	const struct http_answer a = { .status = 404, .body = STR("none") };

	(void)arg;
	if (str_starts(http_target(x), "/early"))
		http_answer(x, &a);
}

FIXTURE void
fixture_gone(void *arg, struct http_exchange *x)
{
	struct fixture_late *l = http_data(x);
	struct site *s = arg;

	if (l)
		loop_timer_end(&l->timer);
	mem_free(l);
	atomic_fetch_add(&s->gone, 1);
}

FIXTURE void
fixture_refused(void *arg, struct str peer, struct str method,
    struct str target, int status)
{
	struct site *s = arg;

	(void)peer;
	(void)method;
	pthread_mutex_lock(&s->lock);
	buf_clear(&s->target);
	buf_add(&s->target, target);
	pthread_mutex_unlock(&s->lock);
	atomic_store(&s->refused, status);
}

/* ---- the server ---- */

FIXTURE void
site_open(struct site *s, unsigned loops, const struct http_limits *limits)
{
	struct http_options o = { .header = fixture_header,
		.request = fixture_request, .gone = fixture_gone,
		.refused = fixture_refused, .arg = s };
	struct err e = ERR;

	http_prepare();
	memset(s, 0, sizeof(*s));
	pthread_mutex_init(&s->lock, NULL);
	s->target.max = 1u << 20;
	assert_int_equal(crew_new(&s->crew, loops, &e), 0);
	o.crew = s->crew;
	if (limits)
		o.limits = *limits;
	assert_int_equal(http_new(&s->h, &o, &e), 0);
}

FIXTURE void
site_listen(struct site *s)
{
	struct err e = ERR;

	assert_int_equal(
	    http_listen(s->h, "127.0.0.1", 0, NULL, &s->port, &e), 0);
}

FIXTURE void
site_close(struct site *s)
{
	http_free(&s->h);
	crew_free(&s->crew);
	buf_free(&s->target);
	pthread_mutex_destroy(&s->lock);
}

/* ---- the client ---- */

FIXTURE int
dial(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* False: the other side closed meanwhile. */
FIXTURE bool
say(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = str_from(s, (size_t)n);
	}
	return true;
}

/* Wait for more of an answer.  False: closed, or nothing came. */
FIXTURE bool
hear(int fd, struct buf *b, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char got[65536];
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return false;
	n = recv(fd, got, sizeof(got), 0);
	if (n <= 0)
		return false;
	buf_add(b, (struct str){ got, (size_t)n });
	return true;
}

/* All until the server closes.  False: it does not. */
FIXTURE bool
hear_all(int fd, struct buf *b)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char got[65536];

	for (;;) {
		ssize_t n;

		if (poll(&p, 1, PATIENCE_MS) <= 0)
			return false;
		n = recv(fd, got, sizeof(got), 0);
		if (n <= 0)
			return true;
		buf_add(b, (struct str){ got, (size_t)n });
	}
}

/* Until text was heard. */
FIXTURE bool
hear_for(int fd, struct buf *b, const char *text)
{
	size_t at;

	while (!str_find(buf_str(b), str_of(text), &at))
		if (!hear(fd, b, PATIENCE_MS))
			return false;
	return true;
}

FIXTURE int
status_of(const struct buf *b)
{
	struct str s = buf_str(b);
	uint64_t status;

	if (!str_starts(s, "HTTP/1.1 ") || s.n < 12 ||
	    !str_u64((struct str){ s.p + 9, 3 }, 999, &status))
		return 0;
	return (int)status;
}

FIXTURE bool
holds(const struct buf *b, const char *text)
{
	size_t at;

	return str_find(buf_str(b), str_of(text), &at);
}

/* Send it, hear all: it must close.  The status; 0: closed without a word. */
FIXTURE int
one_shot(uint16_t port, struct str bytes, struct buf *out)
{
	int fd = dial(port);

	assert_true(fd >= 0);
	(void)say(fd, bytes);
	buf_clear(out);
	if (!hear_all(fd, out))
		fail_msg("it does not close after:\n" STR_F "\n%s",
		    STR_A(bytes), buf_cstr(out));
	(void)close(fd);
	return status_of(out);
}

FIXTURE void
assert_healthy(uint16_t port)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);

	assert_int_equal(one_shot(port, STR("GET / HTTP/1.1\r\nHost: a\r\n"
	    "Connection: close\r\n\r\n"), &b), 200);
	assert_true(holds(&b, "\r\n\r\nhello"));
}

/* Wait until *n is at least want. */
FIXTURE void
await(_Atomic unsigned *n, unsigned want)
{
	uint64_t until = os_now_ns() + PATIENCE_MS * UINT64_C(1000000);

	while (atomic_load(n) < want && os_now_ns() < until)
		(void)usleep(1000);
	assert_true(atomic_load(n) >= want);
}

#endif
