/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture.h - for tests: a server with bundles made here, of the functions in
 * testdata/flow, and a client that sends bytes as they are.
 */
#ifndef SERVE_FIXTURE_H
#define SERVE_FIXTURE_H

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/loop.h"
#include "module/module.h"
#include "os/os.h"
#include "serve/serve.h"

/* Not every test uses all of it. */
#define FIXTURE	static __attribute__((unused))
#define PATIENCE_MS 5000	/* for what must come */

struct stage {
	struct serve_options opt;	/* what a test sets, before stage_begin */
	struct engine	*en;
	struct crew	*crew, *heavy;
	struct serve	*s;
	uint16_t	 port;
	unsigned	 instances;	/* of the engine; 0: 200 */
	pthread_mutex_t	 lock;
	struct buf	 log;		/* lines; under lock */
	struct err	 e;
};

/* ---- bundles ---- */

static const char *const stage_words[] = { "echo", "shout", "fail", "trap",
	"loop", "put", "note", "typed", "param" };
static const char *const stage_wats[] = { "tick", "burn", "get" };

FIXTURE void
stage_wat(struct buf *wasm, const char *from)
{
	char path[] = "/tmp/serve-test-XXXXXX";
	struct err e = ERR;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(module_wat2wasm_child(from, path), 0);
	assert_int_equal(os_read(wasm, path, &e), 0);
	unlink(path);
}

struct parts {
	struct arena	*arena;
	struct buf	 yaml;
	struct bundle_part v[64];
	size_t		 n;
};

FIXTURE void
parts_add(struct parts *p, const char *name, struct str data)
{
	p->v[p->n].name = str_of(arena_cstr(p->arena, str_of(name)));
	p->v[p->n++].data = arena_copy(p->arena, data);
}

FIXTURE void
parts_module(struct parts *p, const char *word, bool wat)
{
	CLEANUP(buf_free) struct buf wasm = BUF(1u << 20);
	char path[100];
	struct err e = ERR;

	(void)snprintf(path, sizeof(path), "testdata/flow/%s.%s", word,
	    wat ? "wat" : "wasm");
	if (wat)
		stage_wat(&wasm, path);
	else
		assert_int_equal(os_read(&wasm, path, &e), 0);
	buf_addf(&p->yaml,
	    "  - {name: %s, namespace: default, lang: c, version: v0.1.0}\n",
	    word);
	(void)snprintf(path, sizeof(path), "%s.wasm", word);
	parts_add(p, path, buf_str(&wasm));
}

FIXTURE struct bundle *
parts_pack(struct parts *p, struct digest *digest)
{
	struct bundle_options opt = { .store = true };
	char path[] = "/tmp/serve-test-XXXXXX";
	struct bundle *b = NULL;
	struct err e = ERR;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	if (bundle_pack(path, p->v, p->n, &opt, digest, &e) < 0 ||
	    bundle_open(&b, path, &e) < 0)
		fail_msg("%s", e.text);
	unlink(path);
	arena_free(&p->arena);
	buf_free(&p->yaml);
	return b;
}

FIXTURE void
parts_begin(struct parts *p, const char *identifier)
{
	*p = (struct parts){ .arena = arena_new(), .yaml = BUF(1u << 20) };
	buf_addf(&p->yaml, "identifier: %s\nappVersion: v0.1.0\n"
	    "atmoVersion: v0.4.8\nrunnables:\n", identifier);
}

/* All the functions, and the rest of a Directive. */
FIXTURE struct bundle *
stage_bundle(const char *identifier, const char *rest, struct digest *digest)
{
	struct parts p;

	parts_begin(&p, identifier);
	for (size_t i = 0; i < COUNT(stage_words); i++)
		parts_module(&p, stage_words[i], false);
	for (size_t i = 0; i < COUNT(stage_wats); i++)
		parts_module(&p, stage_wats[i], true);
	buf_addf(&p.yaml, "%s", rest);
	parts_add(&p, "Directive.yaml", buf_str(&p.yaml));
	parts_add(&p, "static/a.txt", STR("0123456789"));
	parts_add(&p, "static/sub/b c.html", STR("<p>"));
	parts_add(&p, "static/empty.bin", STR(""));
	return parts_pack(&p, digest);
}

/* ---- the server ---- */

FIXTURE void
stage_line(void *arg, struct str line)
{
	struct stage *st = arg;

	pthread_mutex_lock(&st->lock);
	buf_add(&st->log, line);
	buf_addc(&st->log, '\n');
	pthread_mutex_unlock(&st->lock);
}

/* The same with many at once. */
FIXTURE void
stage_lines(void *arg, struct str text)
{
	struct stage *st = arg;

	pthread_mutex_lock(&st->lock);
	buf_add(&st->log, text);
	pthread_mutex_unlock(&st->lock);
}

FIXTURE void
stage_put_as(struct stage *st, const char *identifier, const char *rest)
{
	struct digest digest;
	struct bundle *b = stage_bundle(identifier, rest, &digest);

	if (serve_put(st->s, &b, &digest, false, &st->e) < 0)
		fail_msg("%s", st->e.text);
}

FIXTURE void
stage_put(struct stage *st, const char *rest)
{
	stage_put_as(st, "com.example.app", rest);
}

/* Compiled code of all tests of a program: a sanitizer makes compiling slow. */
FIXTURE char *
stage_cache(void)
{
	static char dir[] = "/tmp/serve-test-XXXXXX";
	static bool made;

	if (!made)
		assert_non_null(mkdtemp(dir));
	made = true;
	return dir;
}

FIXTURE int
stage_tests_end(int rc)
{
	struct err e = ERR;

	return os_remove_tree(stage_cache(), &e) < 0 ? 1 : rc;
}

FIXTURE void
stage_begin(struct stage *st, unsigned loops)
{
	struct engine_options eo = { .pooling = true,
		.cache_dir = stage_cache(),
		.instances = st->instances ? st->instances : 200 };
	struct err *e = &st->e;

	pthread_mutex_init(&st->lock, NULL);
	st->log.max = 64u << 20;
	assert_int_equal(engine_new(&st->en, &eo, e), 0);
	assert_int_equal(crew_new(&st->crew, loops, e), 0);
	assert_int_equal(crew_new(&st->heavy, 2, e), 0);
	st->opt.engine = st->en;
	st->opt.crew = st->crew;
	st->opt.heavy = st->heavy;
	st->opt.line = stage_line;
	if (!st->opt.arg)
		st->opt.arg = st;
	if (serve_new(&st->s, &st->opt, e) < 0 ||
	    serve_listen(st->s, "127.0.0.1", 0, NULL, &st->port, e) < 0)
		fail_msg("%s", e->text);
	serve_set_ready(st->s, true);
}

FIXTURE void
stage_end(struct stage *st)
{
	serve_free(&st->s);
	crew_free(&st->heavy);
	crew_free(&st->crew);
	engine_free(&st->en);
	buf_free(&st->log);
	pthread_mutex_destroy(&st->lock);
}

FIXTURE bool
stage_logged(struct stage *st, const char *text)
{
	bool found;
	size_t at;

	pthread_mutex_lock(&st->lock);
	found = str_find(buf_str(&st->log), str_of(text), &at);
	pthread_mutex_unlock(&st->lock);
	return found;
}

/* Until it is true, or patience is at its end. */
#define AWAIT(condition) \
	do { \
		uint64_t until_ = os_now_ns() + \
		    PATIENCE_MS * UINT64_C(1000000); \
		while (!(condition) && os_now_ns() < until_) \
			(void)usleep(1000); \
		assert_true(condition); \
	} while (0)

/* ---- the client ---- */

FIXTURE int
dial(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		fail_msg("cannot connect: %s", strerror(errno));
	return fd;
}

FIXTURE void
say(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		s = str_from(s, (size_t)n);
	}
}

/* More of an answer.  False: closed, or nothing came. */
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

struct reply {
	struct buf	 all;
	int		 status;
	struct str	 head, body;
};

FIXTURE void
reply_dispose(struct reply *r)
{
	buf_free(&r->all);
}

FIXTURE void
reply_read(struct reply *r, int fd)
{
	uint64_t status = 0;
	size_t at = 0;

	buf_clear(&r->all);
	r->all.max = 64u << 20;
	while (hear(fd, &r->all, PATIENCE_MS))
		continue;
	r->status = 0;
	r->head = r->body = STR("");
	if (!str_find(buf_str(&r->all), STR("\r\n\r\n"), &at))
		return;
	r->head = (struct str){ r->all.p, at + 2 };
	r->body = str_from(buf_str(&r->all), at + 4);
	if (str_starts(r->head, "HTTP/1.1 ") &&
	    str_u64((struct str){ r->head.p + 9, 3 }, 999, &status))
		r->status = (int)status;
}

/* Send a request, and do not wait.  fields: each with its line's end. */
FIXTURE int
begin_fetch(uint16_t port, const char *method, const char *target,
    const char *fields, struct str body)
{
	CLEANUP(buf_free) struct buf b = BUF(64u << 20);
	int fd = dial(port);

	buf_addf(&b, "%s %s HTTP/1.1\r\nHost: localhost\r\n"
	    "Connection: close\r\n%s", method, target, fields);
	if (body.n > 0)
		buf_addf(&b, "Content-Length: %zu\r\n", body.n);
	buf_add(&b, STR("\r\n"));
	buf_add(&b, body);
	say(fd, buf_str(&b));
	return fd;
}

FIXTURE int
fetch(struct reply *r, uint16_t port, const char *method, const char *target,
    const char *fields, struct str body)
{
	int fd = begin_fetch(port, method, target, fields, body);

	reply_read(r, fd);
	(void)close(fd);
	return r->status;
}

FIXTURE int
get(struct reply *r, uint16_t port, const char *target)
{
	return fetch(r, port, "GET", target, "", STR(""));
}

/* A field's value, its name in lower case; empty: there is none. */
FIXTURE struct str
field(const struct reply *r, const char *name)
{
	struct str rest = r->head, line, key;

	while (str_cut(&rest, '\n', &line)) {
		struct str value = str_trim(line);

		if (str_cut(&value, ':', &key) && str_ieq(key, str_of(name)))
			return str_trim(value);
	}
	return STR("");
}

FIXTURE bool
body_holds(const struct reply *r, const char *text)
{
	size_t at;

	return str_find(r->body, str_of(text), &at);
}

#define REPLY CLEANUP(reply_dispose) struct reply r = { .status = 0 }

#define assert_str(have, want) \
	do { \
		struct str have_ = (have); \
		if (!str_is(have_, want)) \
			fail_msg("it is '" STR_F "', not '%s'", \
			    STR_A(have_), want); \
	} while (0)

/* ---- who takes calls and does not answer ---- */

struct mute {
	int		 fd;
	uint16_t	 port;
	char		 url[64];
};

FIXTURE void
mute_open(struct mute *m)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);

	m->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(m->fd >= 0);
	assert_int_equal(bind(m->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(m->fd, 512), 0);
	assert_int_equal(getsockname(m->fd, (struct sockaddr *)&a, &n), 0);
	m->port = ntohs(a.sin_port);
	(void)snprintf(m->url, sizeof(m->url), "http://127.0.0.1:%u/",
	    (unsigned)m->port);
}

/* One that came, and what it asks was read. */
FIXTURE int
mute_take(struct mute *m)
{
	CLEANUP(buf_free) struct buf in = BUF(1u << 20);
	struct pollfd p = { .fd = m->fd, .events = POLLIN };
	int fd;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	fd = accept(m->fd, NULL, NULL);
	assert_true(fd >= 0);
	assert_true(hear(fd, &in, PATIENCE_MS));
	return fd;
}

FIXTURE void
mute_say(int fd, struct str body)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);

	buf_addf(&b, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n"
	    "Connection: close\r\n\r\n" STR_F, body.n, STR_A(body));
	say(fd, buf_str(&b));
	(void)close(fd);
}

#define MAY_FETCH \
	"capabilities:\n  http: {enabled: true, rules: {allowHTTP: true, " \
	"allowPrivate: true, allowIPs: true, allowedPorts: [1-65535]}}\n"

#endif
