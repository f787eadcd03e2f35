/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fetch/call.h"
#include "fetch/fetch.h"
#include "os/os.h"

/* ---- a server that may misbehave ---- */

struct server {
	int fd, fd6; /* fd6: -1 but where a test sets it */
	uint16_t port;
	pthread_t thread, thread6;
	atomic_int connections, open;
	pthread_mutex_t lock;
	struct buf asked; /* every request, as it came */
	struct buf bomb;
};

struct visit {
	struct server *s;
	int fd;
};

static bool
say(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		s = str_from(s, (size_t)n);
	}
	return true;
}

/* Answers that are always the same; they end the connection unless they say
 * where they end. */
static const struct {
	const char *path, *answer;
	bool stay;
} answers[] = {
	{ "/ok",
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nX-B: 3\r\n"
	    "X-A: 2\r\n\r\nhi",
	    true },
	{ "/gone", "", false },
	{ "/loop",
	    "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: "
	    "0\r\n\r\n",
	    true },
	{ "/to-file",
	    "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
	    "Content-Length: 0\r\n\r\n",
	    true },
	{ "/to-user",
	    "HTTP/1.1 302 Found\r\nLocation: http://a:b@other.test/\r\n"
	    "Content-Length: 0\r\n\r\n",
	    true },
	{ "/both",
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	    false },
	{ "/encoding-first",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
	    "Content-Length: 5\r\n\r\n0\r\n\r\n",
	    false },
	{ "/two-lengths",
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n"
	    "\r\nabcd",
	    false },
	{ "/odd-encoding",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
	    false },
	{ "/bad-length", "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc",
	    false },
	{ "/short", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhi", false },
	{ "/bad-chunk",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhi",
	    false },
	{ "/bad-gzip",
	    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
	    "Content-Length: 4\r\n\r\nabcd",
	    false },
	{ "/old", "hello, I am HTTP/0.9", false },
	{ "/early",
	    "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Late: 1\r\n\r\nhi",
	    true },
	{ "/fold",
	    "HTTP/1.1 200 OK\r\nX-A: one\r\n X-B: two\r\n"
	    "Content-Length: 2\r\n\r\nhi",
	    true },
	{ "/missing", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope",
	    true },
};

/* "so much, so much, so much" in both of the forms that go by the name of
 * deflate: zlib's (RFC 9110, 8.4.1.2) and the bare one that many send. */
static const struct {
	const char *path, *data;
	size_t n;
} deflated[] = {
	{ "/deflate",
	    "\170\234\053\316\127\310\055\115\316\320\121\050\106\143\000\000"
	    "\160\062\010\246",
	    20 },
	{ "/deflate-bare",
	    "\053\316\127\310\055\115\316\320\121\050\106\143\000\000", 14 },
};

static bool
again_and_again(int fd, const char *head, const char *part, long wait_ns)
{
	struct timespec ts = { .tv_nsec = wait_ns };

	if (!say(fd, str_of(head)))
		return false;
	while (say(fd, str_of(part)))
		if (wait_ns > 0)
			nanosleep(&ts, NULL);
	return false;
}

static bool
redirect(int fd, const char *status, struct str to)
{
	CLEANUP(buf_free) struct buf b = BUF(10000);

	buf_addf(&b,
	    "HTTP/1.1 %s Moved\r\nLocation: " STR_F
	    "\r\nContent-Length: 0\r\n\r\n",
	    status, STR_A(to));
	return say(fd, buf_str(&b));
}

static bool
answer(struct server *s, int fd, struct str path)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	struct str rest = path, first;

	if (str_cut(&rest, '?', &first) && str_starts(path, "/3"))
		return redirect(
		    fd, buf_cstr((buf_add(&b, str_from(first, 1)), &b)), rest);
	if (str_is(path, "/endless"))
		return again_and_again(fd, "HTTP/1.1 200 OK\r\n\r\n",
		    "many bytes of no use at all, again and again", 0);
	if (str_is(path, "/endless-head"))
		return again_and_again(
		    fd, "HTTP/1.1 200 OK\r\n", "X-More: and more\r\n", 0);
	if (str_is(path, "/endless-early"))
		return again_and_again(
		    fd, "", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n", 0);
	if (str_is(path, "/slow"))
		return again_and_again(
		    fd, "HTTP/1.1 200 OK\r\n\r\n", "x", 20000000);
	if (str_is(path, "/bomb")) {
		buf_addf(&b,
		    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
		    "Content-Length: %zu\r\n\r\n",
		    s->bomb.n);
		return say(fd, buf_str(&b)) && say(fd, buf_str(&s->bomb));
	}
	for (size_t i = 0; i < COUNT(deflated); i++)
		if (str_is(path, deflated[i].path)) {
			buf_addf(&b,
			    "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n"
			    "Content-Length: %zu\r\n\r\n",
			    deflated[i].n);
			buf_add(&b,
			    (struct str){ deflated[i].data, deflated[i].n });
			return say(fd, buf_str(&b));
		}
	if (str_is(path, "/silent"))
		return recv(fd, &(char){ 0 }, 1, 0) > 0;
	for (size_t i = 0; i < COUNT(answers); i++)
		if (str_is(path, answers[i].path))
			return say(fd, str_of(answers[i].answer)) &&
			    answers[i].stay;
	return false;
}

static bool
read_request(struct server *s, int fd, struct buf *b, struct str *path)
{
	struct str line, word;
	size_t at;
	char data[4096];

	buf_clear(b);
	while (!str_find(buf_str(b), STR("\r\n\r\n"), &at)) {
		ssize_t n = recv(fd, data, sizeof(data), 0);

		if (n <= 0)
			return false;
		buf_add(b, (struct str){ data, (size_t)n });
	}
	pthread_mutex_lock(&s->lock);
	buf_add(&s->asked, buf_str(b));
	pthread_mutex_unlock(&s->lock);
	line = buf_str(b);
	return str_cut(&line, ' ', &word) && str_cut(&line, ' ', path);
}

static void *
visited(void *arg)
{
	struct visit *v = arg;
	struct buf b = BUF(1u << 20);
	struct str path;

	while (read_request(v->s, v->fd, &b, &path))
		if (!answer(v->s, v->fd, path))
			break;
	buf_free(&b);
	close(v->fd);
	atomic_fetch_sub(&v->s->open, 1);
	mem_free(v);
	return NULL;
}

static void
welcome(struct server *s, int listener)
{
	pthread_t thread;
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		struct visit *v = mem_take(sizeof(*v));

		v->s = s;
		v->fd = fd;
		atomic_fetch_add(&s->connections, 1);
		atomic_fetch_add(&s->open, 1);
		if (pthread_create(&thread, NULL, visited, v) == 0)
			pthread_detach(thread);
	}
}

static void *
serve(void *arg)
{
	struct server *s = arg;

	welcome(s, s->fd);
	return NULL;
}

static void *
serve6(void *arg)
{
	struct server *s = arg;

	welcome(s, s->fd6);
	return NULL;
}

static void
make_bomb(struct server *s)
{
	struct err e = ERR;
	struct os_exit ex;
	const char *argv[] = { "sh", "-c",
		"head -c 30000000 /dev/zero | gzip -9", NULL };
	struct buf told = BUF(1000);
	struct os_spawn run = { .argv = argv, .out = &s->bomb, .err = &told };

	s->bomb = (struct buf)BUF(1u << 20);
	assert_int_equal(os_run(&run, &ex, &e), 0);
	assert_true(s->bomb.n > 1000);
	buf_free(&told);
}

static void
server_start(struct server *s)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t n = sizeof(in);

	make_bomb(s);
	s->fd6 = -1;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->asked = (struct buf)BUF(1u << 20);
	pthread_mutex_init(&s->lock, NULL);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&in, n), 0);
	assert_int_equal(listen(s->fd, 128), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&in, &n), 0);
	s->port = ntohs(in.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
server_end(struct server *s)
{
	struct timespec ts = { .tv_nsec = 1000000 };

	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	if (s->fd6 >= 0)
		close(s->fd6);
	while (atomic_load(&s->open) > 0)
		nanosleep(&ts, NULL);
	pthread_mutex_destroy(&s->lock);
	buf_free(&s->asked);
	buf_free(&s->bomb);
}

/* ---- who asks ---- */

struct world {
	struct server s;
	struct loop *l;
	struct fetch_request r;
	struct fetch_policy p;
	struct fetch_call *call;
	unsigned lookups, hops;
	bool changing; /* the second answer for a name is another */
	/* What came. */
	int ndone, status;
	struct err why;
	struct buf body, headers, url;
};

static size_t
put4(struct loop_address *a, const char *ip)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	assert_int_equal(inet_pton(AF_INET, ip, &in.sin_addr), 1);
	memset(a, 0, sizeof(*a));
	memcpy(&a->sa, &in, sizeof(in));
	a->n = sizeof(in);
	return 1;
}

static size_t
names(void *arg, struct str host, struct loop_address *out)
{
	struct world *w = arg;

	w->lookups++;
	if (str_is(host, "private.test"))
		return put4(out, "10.0.0.1");
	if (str_is(host, "none.test"))
		return 0;
	if (str_is(host, "many.test")) { /* all but the last are dead */
		for (size_t i = 0; i < LOOP_MAX_ADDRESSES; i++)
			(void)put4(out + i, "127.0.0.2");
		(void)put4(out + LOOP_MAX_ADDRESSES - 1, "127.0.0.1");
		return LOOP_MAX_ADDRESSES;
	}
	if (str_is(host, "both.test"))
		return put4(out, "10.0.0.1") + put4(out + 1, "127.0.0.1");
	if (str_is(host, "dead-first.test"))
		return put4(out, "127.0.0.2") + put4(out + 1, "127.0.0.1");
	if (w->changing && w->lookups > 1)
		return put4(out, "127.0.0.9");
	return put4(out, "127.0.0.1");
}

static int
begin(void **state)
{
	struct world *w = mem_take(sizeof(*w));
	struct err e = ERR;

	server_start(&w->s);
	if (loop_new(&w->l, &e) < 0)
		fail_msg("%s", e.text);
	names_fake(names_of(w->l), names, w);
	w->r.method = STR("GET");
	w->body = (struct buf)BUF(64u << 20);
	w->headers = (struct buf)BUF(1u << 20);
	w->url = (struct buf)BUF(1u << 20);
	*state = w;
	return 0;
}

static int
finish(void **state)
{
	struct world *w = *state;

	fetch_end(&w->call);
	loop_free(&w->l);
	server_end(&w->s);
	buf_free(&w->body);
	buf_free(&w->headers);
	buf_free(&w->url);
	mem_free(w);
	return 0;
}

static void
on_done(void *arg, const struct fetch_answer *a, const struct err *why)
{
	struct world *w = arg;

	w->ndone++;
	if (!a) {
		w->why = *why;
		return;
	}
	w->status = a->status;
	buf_add(&w->body, a->body);
	buf_add(&w->url, a->url);
	for (size_t i = 0; i < a->nheaders; i++)
		buf_addf(&w->headers, STR_F "=" STR_F ";",
		    STR_A(a->headers[i].name), STR_A(a->headers[i].value));
}

/* path on host, at the server's port. */
static void
get(struct world *w, const char *host, const char *path)
{
	CLEANUP(buf_free) struct buf url = BUF(100000);
	struct err e = ERR;

	fetch_end(&w->call);
	buf_clear(&w->body);
	buf_clear(&w->headers);
	buf_clear(&w->url);
	w->why = (struct err)ERR;
	w->status = w->ndone = 0;
	buf_addf(&url, "http://%s:%u%s", host, w->s.port, path);
	w->r.url = buf_str(&url);
	w->call = fetch_start(w->l, &w->r, on_done, w);
	assert_int_equal(w->ndone, 0);
	if (loop_run(w->l, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(w->ndone, 1);
}

static bool
was_asked(struct world *w, const char *text)
{
	size_t at;
	bool yes;

	pthread_mutex_lock(&w->s.lock);
	yes = str_find(buf_str(&w->s.asked), str_of(text), &at);
	pthread_mutex_unlock(&w->s.lock);
	return yes;
}

static void
fine(struct world *w)
{
	if (w->why.kind != ERR_NONE)
		fail_msg("%s", w->why.text);
	assert_int_equal(w->status, 200);
	assert_string_equal(buf_cstr(&w->body), "hi");
}

static void
failed(struct world *w, enum err_kind kind, const char *with)
{
	size_t at;

	if (w->why.kind != kind ||
	    !str_find(str_of(w->why.text), str_of(with), &at))
		fail_msg("'%s' (%s, status %d), not '%s' (%s)", w->why.text,
		    err_code(w->why.kind), w->status, with, err_code(kind));
}

/* ---- ordinary calls ---- */

static void
an_answer_comes_with_its_headers_in_order(void **state)
{
	struct world *w = *state;

	get(w, "a.test", "/ok");
	fine(w);
	assert_string_equal(
	    buf_cstr(&w->headers), "Content-Length=2;X-A=1;X-B=3;X-A=2;");
	get(w, "a.test", "/missing");
	assert_int_equal(w->status, 404);
	assert_string_equal(buf_cstr(&w->body), "nope");
	get(w, "a.test", "/early");
	fine(w);
	assert_string_equal(
	    buf_cstr(&w->headers), "Content-Length=2;X-Late=1;");
	get(w, "a.test", "/fold");
	fine(w);
	assert_string_equal(
	    buf_cstr(&w->headers), "X-A=one X-B: two;Content-Length=2;");
}

static void
connections_are_kept(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 5; i++) {
		get(w, "a.test", "/ok");
		fine(w);
	}
	assert_int_equal(atomic_load(&w->s.connections), 1);
}

static void
methods_and_bodies_go_out(void **state)
{
	struct world *w = *state;

	w->r.method = STR("PROP-find");
	get(w, "a.test", "/ok");
	fine(w);
	assert_true(was_asked(w, "PROP-find /ok HTTP/1.1\r\n"));
	w->r.method = STR("POST");
	get(w, "a.test", "/ok");
	fine(w);
	assert_true(was_asked(w, "Content-Length: 0\r\n"));
	w->r.body = STR("{\"a\":1}");
	w->r.has_body = true;
	get(w, "a.test", "/ok");
	fine(w);
	assert_true(was_asked(w, "Content-Length: 7\r\n"));
	assert_false(was_asked(w, "urlencoded"));
	w->r.method = STR("CONNECT");
	get(w, "a.test", "/ok");
	failed(w, ERR_INPUT, "method");
	w->r.method = STR("GET /x HTTP/1.1\r\nA: b");
	get(w, "a.test", "/ok");
	failed(w, ERR_INPUT, "method");
}

/* Bad inputs header-host and header-framing. */
static void
headers_that_are_not_the_callers_do_not_go_out(void **state)
{
	const struct fetch_header h[] = { { STR("Host"), STR("internal") },
		{ STR("content-length"), STR("99") },
		{ STR("Transfer-Encoding"), STR("chunked") },
		{ STR("Connection"), STR("upgrade") },
		{ STR("Proxy-Authorization"), STR("p") },
		{ STR("X-Bad"), STR("a\r\nX-Smuggled: 1") },
		{ STR("X-Bad\r\nX-Smuggled"), STR("1") },
		{ STR("X-Nul"), STR("a\0b") }, { STR("X-Empty"), STR("") },
		{ STR("X-Good"), STR("yes") } };
	struct world *w = *state;

	w->r.headers = h;
	w->r.nheaders = COUNT(h);
	get(w, "a.test", "/ok");
	fine(w);
	assert_true(was_asked(w, "X-Good: yes\r\n"));
	assert_true(was_asked(w, "X-Empty:\r\n"));
	assert_false(was_asked(w, "internal"));
	assert_false(was_asked(w, ": 99"));
	assert_false(was_asked(w, "chunked"));
	assert_false(was_asked(w, "upgrade"));
	assert_false(was_asked(w, "Proxy"));
	assert_false(was_asked(w, "X-Bad"));
	assert_false(was_asked(w, "Smuggled"));
	assert_false(was_asked(w, "X-Nul"));
}

/* ---- answers that are wrong ---- */

static void
wrong_answers_are_errors(void **state)
{
	static const struct {
		const char *path;
		enum err_kind kind;
		const char *with;
	} table[] = {
		{ "/both", ERR_INPUT, "two ways" }, /* response-smuggle */
		{ "/encoding-first", ERR_INPUT, "two ways" },
		{ "/two-lengths", ERR_INPUT, "two ways" },
		{ "/odd-encoding", ERR_INPUT, "two ways" },
		{ "/bad-length", ERR_INPUT, "a.test" },
		{ "/bad-chunk", ERR_REMOTE, "a.test" },
		{ "/bad-gzip", ERR_INPUT, "a.test" },
		{ "/short", ERR_REMOTE, "a.test" },
		{ "/gone", ERR_REMOTE, "without an answer" },
		{ "/old", ERR_INPUT, "a.test" },
		{ "/endless", ERR_LIMIT, "too large" }, /* response-huge */
		{ "/endless-head", ERR_LIMIT, "too large" },
		{ "/endless-early", ERR_LIMIT, "too large" },
		{ "/bomb", ERR_LIMIT, "too large" },
	};
	struct world *w = *state;

	w->r.body_bytes = 1u << 20;
	for (size_t i = 0; i < COUNT(table); i++) {
		get(w, "a.test", table[i].path);
		failed(w, table[i].kind, table[i].with);
	}
}

/* Bad input response-slow. */
static void
slow_answers_end_in_time(void **state)
{
	struct world *w = *state;

	w->r.total_ms = 200;
	get(w, "a.test", "/slow");
	failed(w, ERR_LIMIT, "200 ms");
	get(w, "a.test", "/silent");
	failed(w, ERR_LIMIT, "200 ms");
}

static void
what_is_packed_is_unpacked(void **state)
{
	struct world *w = *state;

	w->r.body_bytes = 40u << 20;
	get(w, "a.test", "/bomb");
	assert_int_equal(w->status, 200);
	assert_int_equal(w->body.n, 30000000);
	assert_string_equal(buf_cstr(&w->headers), "");
}

static void
both_kinds_of_deflate_are_unpacked(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(deflated); i++) {
		get(w, "a.test", deflated[i].path);
		assert_int_equal(w->status, 200);
		assert_string_equal(
		    buf_cstr(&w->body), "so much, so much, so much");
		assert_string_equal(buf_cstr(&w->headers), "");
	}
}

/* ---- redirects ---- */

static void
redirects_are_followed_so_far(void **state)
{
	struct world *w = *state;
	char path[100];

	snprintf(path, sizeof(path), "/302?http://b.test:%u/ok", w->s.port);
	get(w, "a.test", path);
	fine(w);
	assert_true(was_asked(w, "Host: b.test"));
	get(w, "a.test", "/302?/ok");
	fine(w);
	get(w, "a.test", "/loop"); /* redirect-loop */
	failed(w, ERR_LIMIT, "more than 5 redirects");
	w->r.redirects = FETCH_NO_REDIRECT;
	get(w, "a.test", "/302?/ok");
	assert_int_equal(w->status, 302);
}

static void
redirects_to_what_is_no_http_are_refused(void **state)
{
	struct world *w = *state;

	get(w, "a.test", "/to-file");
	failed(w, ERR_INPUT, "neither http nor https");
	get(w, "a.test", "/to-user");
	failed(w, ERR_INPUT, "user or password");
}

static void
a_redirect_changes_the_method_as_browsers_do(void **state)
{
	static const struct {
		const char *path, *asked;
	} table[] = { { "/301?/ok", "GET /ok" }, { "/302?/ok", "GET /ok" },
		{ "/303?/ok", "GET /ok" }, { "/307?/ok", "POST /ok" },
		{ "/308?/ok", "POST /ok" } };
	struct world *w = *state;

	w->r.method = STR("POST");
	w->r.has_body = true;
	w->r.body = STR("x");
	for (size_t i = 0; i < COUNT(table); i++) {
		pthread_mutex_lock(&w->s.lock);
		buf_clear(&w->s.asked);
		pthread_mutex_unlock(&w->s.lock);
		get(w, "a.test", table[i].path);
		fine(w);
		assert_true(was_asked(w, table[i].asked));
	}
}

/* Bad input auth-scope. */
static void
secrets_stay_with_the_first_host(void **state)
{
	const struct fetch_header h[] = {
		{ STR("Authorization"), STR("Bearer s3cret") },
		{ STR("Cookie"), STR("c00kie") }, { STR("X-Kept"), STR("kept") }
	};
	struct world *w = *state;
	char path[100];

	w->r.headers = h;
	w->r.nheaders = COUNT(h);
	get(w, "a.test", "/302?/ok");
	assert_true(was_asked(w, "s3cret"));
	snprintf(path, sizeof(path), "/302?http://b.test:%u/ok", w->s.port);
	get(w, "a.test", path);
	fine(w);
	pthread_mutex_lock(&w->s.lock);
	{
		struct str last = buf_str(&w->s.asked);
		size_t at;

		while (str_find(last, STR("GET /"), &at))
			last = str_from(last, at + 1);
		assert_true(str_find(last, STR("b.test"), &at));
		assert_true(str_find(last, STR("kept"), &at));
		assert_false(str_find(last, STR("s3cret"), &at));
		assert_false(str_find(last, STR("c00kie"), &at));
	}
	pthread_mutex_unlock(&w->s.lock);
}

/* ---- policy ---- */

static int
only_loopback(void *arg, const struct fetch_url *u, const struct sockaddr *sa,
    struct err *e)
{
	const struct sockaddr_in *in = (const void *)sa;

	(void)arg;
	if (sa->sa_family == AF_INET &&
	    ntohl(in->sin_addr.s_addr) == INADDR_LOOPBACK)
		return 0;
	return err_set(e, ERR_TRUST, "no way to " STR_F, STR_A(u->host));
}

static int
count_and_refuse(void *arg, const struct fetch_url *u,
    const struct sockaddr *sa, struct err *e)
{
	struct world *w = arg;
	char text[64];

	(void)u;
	w->hops++;
	fetch_address_text(sa, text);
	return err_set(e, ERR_TRUST, "no way to %s", text);
}

static int
no_third(void *arg, const struct fetch_url *u, unsigned hop, struct err *e)
{
	struct world *w = arg;

	assert_int_equal(hop, w->hops++);
	return hop < 2 ? 0
		       : err_set(e, ERR_TRUST, "hop to " STR_F, STR_A(u->text));
}

static void
addresses_that_policy_refuses_are_not_connected_to(void **state)
{
	struct world *w = *state;
	char path[100];

	w->p.address = only_loopback;
	w->r.policy = &w->p;
	get(w, "private.test", "/ok");
	failed(w, ERR_TRUST, "no way to private.test");
	get(w, "127.0.0.9", "/ok");
	failed(w, ERR_TRUST, "no way to 127.0.0.9");
	get(w, "both.test", "/ok");
	fine(w);
	get(w, "0x7f000001", "/ok"); /* ip-hex */
	fine(w);
	get(w, "none.test", "/ok");
	failed(w, ERR_REMOTE, "cannot find host 'none.test'");
	snprintf(
	    path, sizeof(path), "/302?http://private.test:%u/ok", w->s.port);
	get(w, "a.test", path);
	failed(w, ERR_TRUST, "no way to private.test");
}

/* Bad input rebinding: even a kept connection is used only for an address
 * that was judged for this call. */
static void
a_name_that_changes_its_mind_gains_nothing(void **state)
{
	struct world *w = *state;

	w->changing = true;
	w->p.address = only_loopback;
	w->r.policy = &w->p;
	get(w, "a.test", "/ok");
	fine(w);
	get(w, "a.test", "/ok");
	failed(w, ERR_TRUST, "no way to a.test");
	assert_int_equal(w->lookups, 2);
	assert_int_equal(atomic_load(&w->s.connections), 1);
	w->r.policy = NULL;
	get(w, "a.test", "/ok");
	failed(w, ERR_REMOTE, "a.test");
	assert_int_equal(atomic_load(&w->s.connections), 1);
}

static void
every_hop_is_judged(void **state)
{
	struct world *w = *state;

	w->p.url = no_third;
	w->p.arg = w;
	w->r.policy = &w->p;
	get(w, "a.test", "/loop");
	failed(w, ERR_TRUST, "hop to http://a.test");
	assert_int_equal(w->hops, 3);
}

static void
the_next_address_is_tried_when_one_is_dead(void **state)
{
	struct world *w = *state;

	get(w, "dead-first.test", "/ok");
	fine(w);
}

/* Bad input dns-1000: so many are looked at, and each is judged. */
static void
a_name_with_very_many_addresses_is_judged_whole(void **state)
{
	struct world *w = *state;

	get(w, "many.test", "/ok");
	fine(w);
	w->p.address = count_and_refuse;
	w->p.arg = w;
	w->r.policy = &w->p;
	get(w, "many.test", "/ok");
	failed(w, ERR_TRUST, "no way to 127.0.0.1");
	assert_int_equal(w->hops, LOOP_MAX_ADDRESSES);
	assert_int_equal(atomic_load(&w->s.connections), 1);
}

/* Where the machine has no IPv6, ::1 cannot be bound. */
static void
a_literal_ipv6_address_is_connected_to(void **state)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct world *w = *state;
	char host[50];

	in.sin6_port = htons(w->s.port);
	w->s.fd6 = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (w->s.fd6 < 0 ||
	    bind(w->s.fd6, (struct sockaddr *)&in, sizeof(in)) < 0)
		skip();
	assert_int_equal(listen(w->s.fd6, 8), 0);
	assert_int_equal(pthread_create(&w->s.thread6, NULL, serve6, &w->s), 0);
	get(w, "[::1]", "/ok");
	fine(w);
	(void)snprintf(host, sizeof(host), "Host: [::1]:%u\r\n", w->s.port);
	assert_true(was_asked(w, host));
	w->p.address = only_loopback; /* of IPv4 */
	w->r.policy = &w->p;
	get(w, "[0:0::1]", "/ok");
	failed(w, ERR_TRUST, "no way to ::1");
	shutdown(w->s.fd6, SHUT_RDWR);
	pthread_join(w->s.thread6, NULL);
}

/* ---- ending ---- */

static void
a_call_that_was_ended_tells_nothing(void **state)
{
	struct world *w = *state;
	struct err e = ERR;
	char url[100];

	snprintf(url, sizeof(url), "http://a.test:%u/silent", w->s.port);
	w->r.url = str_of(url);
	for (int i = 0; i < 3; i++) {
		w->call = fetch_start(w->l, &w->r, on_done, w);
		fetch_end(&w->call);
	}
	assert_int_equal(loop_run(w->l, &e), 0);
	assert_int_equal(w->ndone, 0);
}

static void
errors_do_not_tell_a_query(void **state)
{
	static const char *const paths[] = { "/gone?s3cret", "/ok s3cret",
		"/302?http://x.test:0/s3cret" };
	struct world *w = *state;
	size_t at;

	for (size_t i = 0; i < COUNT(paths); i++) {
		get(w, "a.test", paths[i]);
		assert_true(w->why.kind != ERR_NONE);
		assert_false(str_find(str_of(w->why.text), STR("s3cret"), &at));
	}
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_answer_comes_with_its_headers_in_order),
		CASE(connections_are_kept),
		CASE(methods_and_bodies_go_out),
		CASE(headers_that_are_not_the_callers_do_not_go_out),
		CASE(wrong_answers_are_errors),
		CASE(slow_answers_end_in_time),
		CASE(what_is_packed_is_unpacked),
		CASE(both_kinds_of_deflate_are_unpacked),
		CASE(redirects_are_followed_so_far),
		CASE(redirects_to_what_is_no_http_are_refused),
		CASE(a_redirect_changes_the_method_as_browsers_do),
		CASE(secrets_stay_with_the_first_host),
		CASE(addresses_that_policy_refuses_are_not_connected_to),
		CASE(a_name_that_changes_its_mind_gains_nothing),
		CASE(every_hop_is_judged),
		CASE(the_next_address_is_tried_when_one_is_dead),
		CASE(a_name_with_very_many_addresses_is_judged_whole),
		CASE(a_literal_ipv6_address_is_connected_to),
		CASE(a_call_that_was_ended_tells_nothing),
		CASE(errors_do_not_tell_a_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
