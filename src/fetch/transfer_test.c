/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers of a command: bodies both ways, proxies, failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fetch/transfer.h"
#include "os/os.h"

#define BIG (9u << 20)

/* ---- a server that answers each request with the same bytes ---- */

struct server {
	int fd;
	uint16_t port;
	pthread_t thread;
	const char *answer;
	bool stays; /* the connection */
	atomic_int connections;
	pthread_mutex_t lock;
	struct buf asked; /* all that came */
};

static size_t
length_of(struct str head)
{
	struct str rest;
	uint64_t n = 0;
	size_t at;

	if (!str_find(head, STR("Content-Length: "), &at))
		return 0;
	rest = str_from(head, at + 16);
	(void)str_cut(&rest, '\r', &head);
	(void)str_u64(head, UINT32_MAX, &n);
	return (size_t)n;
}

/* From `from` on, a whole request; false: the other end went. */
static bool
hear(struct server *s, int fd, size_t from)
{
	static char data[65536];
	size_t want = 0, at;

	for (;;) {
		ssize_t n;
		struct str got;

		pthread_mutex_lock(&s->lock);
		got = str_from(buf_str(&s->asked), from);
		if (want == 0 && str_find(got, STR("\r\n\r\n"), &at))
			want =
			    at + 4 + length_of((struct str){ got.p, at + 2 });
		pthread_mutex_unlock(&s->lock);
		if (want > 0 && got.n >= want)
			return true;
		n = recv(fd, data, sizeof(data), 0);
		if (n <= 0)
			return false;
		pthread_mutex_lock(&s->lock);
		buf_add(&s->asked, (struct str){ data, (size_t)n });
		pthread_mutex_unlock(&s->lock);
	}
}

static void *
serve(void *arg)
{
	struct server *s = arg;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		atomic_fetch_add(&s->connections, 1);
		while (hear(s, fd, s->asked.n) &&
		    send(fd, s->answer, strlen(s->answer), MSG_NOSIGNAL) > 0 &&
		    s->stays)
			continue;
		(void)close(fd);
	}
	return NULL;
}

static void
server_start(struct server *s, const char *answer, bool stays)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(in);

	*s = (struct server){
		.answer = answer, .stays = stays, .asked = BUF(64u << 20)
	};
	pthread_mutex_init(&s->lock, NULL);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&in, n), 0);
	assert_int_equal(listen(s->fd, 16), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&in, &n), 0);
	s->port = ntohs(in.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
server_end(struct server *s)
{
	(void)shutdown(s->fd, SHUT_RDWR);
	(void)pthread_join(s->thread, NULL);
	(void)close(s->fd);
	buf_free(&s->asked);
}

/* ---- one transfer ---- */

struct seen {
	struct loop *loop;
	int status;
	struct err why;
	struct buf body, taken, length;
	uint64_t sent;
	bool proxied;
	enum fetch_place place;
	size_t most; /* to be taken; then it breaks off */
};

static void
on_done(void *arg, const struct fetch_reply *r, const struct err *why)
{
	struct seen *s = arg;

	loop_stop(s->loop);
	if (!r) {
		s->why = *why;
		return;
	}
	s->status = r->status;
	s->proxied = r->proxied;
	s->place = r->place;
	buf_add(&s->body, r->body);
	buf_add(&s->length, fetch_reply_header(r, "CONTENT-length"));
}

static int
on_take(void *arg, int status, struct str piece, struct err *e)
{
	struct seen *s = arg;

	assert_int_equal(status, 200);
	buf_add(&s->taken, piece);
	return s->most > 0 && s->taken.n > s->most
	    ? err_set(e, ERR_LIMIT, "that is enough")
	    : 0;
}

static void
on_sent(void *arg, uint64_t bytes)
{
	((struct seen *)arg)->sent += bytes;
}

static int
no_address(void *arg, const struct sockaddr *sa, struct err *e)
{
	(void)arg;
	(void)sa;
	return err_set(e, ERR_TRUST, "not there");
}

static void
seen_free(struct seen *s)
{
	buf_free(&s->body);
	buf_free(&s->taken);
	buf_free(&s->length);
}

static void
transfer(struct seen *s, const struct fetch_setup *setup,
    struct fetch_transfer_request *r, const char *url, ...)
{
	CLEANUP(buf_free) struct buf text = BUF(1000);
	struct fetch_client *c = NULL;
	struct fetch_transfer *t;
	struct err e = ERR;
	va_list ap;

	va_start(ap, url);
	buf_vaddf(&text, url, ap);
	va_end(ap);
	s->body = s->taken = s->length = (struct buf)BUF(64u << 20);
	assert_int_equal(loop_new(&s->loop, &e), 0);
	assert_int_equal(fetch_client_new(&c, s->loop, setup, &e), 0);
	r->url = buf_str(&text);
	r->arg = s;
	r->done = on_done;
	t = fetch_transfer_start(c, r);
	assert_int_equal(loop_run(s->loop, &e), 0);
	fetch_transfer_end(&t);
	fetch_client_free(&c);
	loop_free(&s->loop);
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static const struct fetch_setup plain = { .agent = "test/1" };

static void
an_answer_is_kept_or_taken(void **arg)
{
	struct fetch_transfer_request r = { .method = "GET" };
	struct server server;
	struct seen s = { 0 };

	(void)arg;
	server_start(&server, OK, false);
	transfer(&s, &plain, &r, "http://127.0.0.1:%u/x?y", server.port);
	assert_int_equal(s.status, 200);
	assert_string_equal(buf_cstr(&s.body), "hello");
	assert_string_equal(buf_cstr(&s.length), "5");
	assert_int_equal(s.place, FETCH_LOOPBACK);
	assert_false(s.proxied);
	seen_free(&s);
	s = (struct seen){ 0 };
	r.take = on_take;
	transfer(&s, &plain, &r, "http://127.0.0.1:%u/x?y", server.port);
	assert_string_equal(buf_cstr(&s.taken), "hello");
	assert_int_equal(s.body.n, 0);
	seen_free(&s);
	assert_non_null(strstr(buf_cstr(&server.asked), "GET /x?y HTTP/1.1"));
	assert_non_null(strstr(buf_cstr(&server.asked), "User-Agent: test/1"));
	assert_null(strstr(buf_cstr(&server.asked), "Accept-Encoding"));
	server_end(&server);
}

static void
a_large_body_goes_from_memory_and_from_a_file(void **arg)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct fetch_transfer_request r = { .method = "PUT" };
	const struct fetch_header type[] = { { STR("Content-Type"),
	    STR("application/octet-stream") } };
	char *data = arena_take(a, BIG), path[] = "/tmp/transfer_XXXXXX";
	int fd = mkstemp(path);
	struct fetch_body body[2] = { { .data = { data, BIG } },
		{ .from_file = true, .fd = fd, .offset = 3, .bytes = BIG } };

	(void)arg;
	for (size_t i = 0; i < BIG; i++)
		data[i] = (char)(i * 31 + i / 253);
	assert_int_equal(write(fd, "abc", 3), 3);
	assert_int_equal(write(fd, data, BIG), BIG);
	r.headers = type;
	r.nheaders = 1;
	r.sent = on_sent;
	for (int i = 0; i < 2; i++) {
		struct server server;
		struct seen s = { 0 };
		size_t at;

		server_start(&server, OK, false);
		r.body = &body[i];
		transfer(&s, &plain, &r, "http://127.0.0.1:%u/", server.port);
		assert_int_equal(s.status, 200);
		assert_int_equal(s.sent, BIG);
		assert_true(
		    str_find(buf_str(&server.asked), STR("\r\n\r\n"), &at));
		assert_int_equal(server.asked.n - at - 4, BIG);
		assert_memory_equal(server.asked.p + at + 4, data, BIG);
		assert_true(str_find(buf_str(&server.asked),
		    STR("Content-Type: application/octet-stream"), &at));
		assert_false(
		    str_find(buf_str(&server.asked), STR("Expect"), &at));
		seen_free(&s);
		server_end(&server);
	}
	(void)close(fd);
	(void)unlink(path);
}

static void
a_file_that_became_shorter_is_an_error(void **arg)
{
	struct fetch_transfer_request r = { .method = "PUT" };
	char path[] = "/tmp/transfer_XXXXXX";
	int fd = mkstemp(path);
	struct fetch_body body = { .from_file = true, .fd = fd, .bytes = BIG };
	struct server server;
	struct seen s = { 0 };

	(void)arg;
	server_start(&server, OK, false);
	assert_int_equal(write(fd, "abc", 3), 3);
	r.body = &body;
	transfer(&s, &plain, &r, "http://127.0.0.1:%u/", server.port);
	assert_int_equal(s.why.kind, ERR_SYSTEM);
	assert_non_null(strstr(s.why.text, "shorter"));
	seen_free(&s);
	(void)close(fd);
	(void)unlink(path);
	server_end(&server);
}

static void
a_post_without_a_body_says_that_it_has_none(void **arg)
{
	struct fetch_transfer_request r = { .method = "POST" };
	struct server server;
	struct seen s = { 0 };

	(void)arg;
	server_start(&server, OK, false);
	transfer(&s, &plain, &r, "http://127.0.0.1:%u/", server.port);
	assert_int_equal(s.status, 200);
	assert_non_null(
	    strstr(buf_cstr(&server.asked), "Content-Length: 0\r\n"));
	assert_null(strstr(buf_cstr(&server.asked), "Content-Type"));
	seen_free(&s);
	server_end(&server);
}

static void
failures_have_their_kinds(void **arg)
{
	static const struct {
		const char *answer;
		enum err_kind kind;
		const char *why;
	} rows[] = {
		{ "", ERR_REMOTE, "without an answer" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", ERR_REMOTE,
		    "before the answer was whole" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3"
		  "\r\n\r\nhi",
		    ERR_FAILED, "two ways" },
		{ "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
		  "Content-Length: 2\r\n\r\nhi",
		    ERR_FAILED, "packed" },
		{ "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n"
		  "Content-Length: 0\r\n\r\n",
		    ERR_FAILED, "packed" },
		{ "hello, this is no HTTP\r\n", ERR_INPUT, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello hello",
		    ERR_LIMIT, "too large" },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fetch_transfer_request r = { .method = "GET",
			.answer_bytes = 10 };
		struct server server;
		struct seen s = { 0 };

		server_start(&server, rows[i].answer, false);
		transfer(&s, &plain, &r, "http://127.0.0.1:%u/", server.port);
		if (s.why.kind != rows[i].kind ||
		    !strstr(s.why.text, rows[i].why))
			fail_msg("%zu: %d %s", i, (int)s.why.kind, s.why.text);
		seen_free(&s);
		server_end(&server);
	}
}

static void
what_takes_may_break_off(void **arg)
{
	struct fetch_transfer_request r = { .method = "GET", .take = on_take };
	struct server server;
	struct seen s = { .most = 2 };

	(void)arg;
	server_start(&server, OK, false);
	transfer(&s, &plain, &r, "http://127.0.0.1:%u/", server.port);
	assert_int_equal(s.why.kind, ERR_LIMIT);
	assert_string_equal(s.why.text, "that is enough");
	seen_free(&s);
	/* And an error's body is not for it. */
	s = (struct seen){ 0 };
	server.answer = "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno";
	transfer(&s, &plain, &r, "http://127.0.0.1:%u/", server.port);
	assert_int_equal(s.status, 403);
	assert_string_equal(buf_cstr(&s.body), "no");
	seen_free(&s);
	server_end(&server);
}

static void
urls_and_addresses_that_are_refused(void **arg)
{
	static const char *const urls[] = { "", "ftp://127.0.0.1/", "file:///x",
		"http://u:p@127.0.0.1/", "http://" };
	struct fetch_transfer_request r = { .method = "GET" };
	struct seen s = { 0 };

	(void)arg;
	for (size_t i = 0; i < COUNT(urls); i++) {
		s = (struct seen){ 0 };
		transfer(&s, &plain, &r, "%s", urls[i]);
		assert_int_equal(s.why.kind, ERR_INPUT);
		seen_free(&s);
	}
	s = (struct seen){ 0 };
	r.address = no_address;
	transfer(&s, &plain, &r, "http://127.0.0.1:1/");
	assert_int_equal(s.why.kind, ERR_TRUST);
	assert_string_equal(s.why.text, "not there");
	seen_free(&s);
	s = (struct seen){ 0 };
	r.address = NULL;
	transfer(&s, &plain, &r, "http://127.0.0.1:1/");
	assert_int_equal(s.why.kind, ERR_REMOTE);
	seen_free(&s);
}

/* A header with a line end in it is no header. */
static void
headers_that_are_none_do_not_go(void **arg)
{
	const struct fetch_header h[] = { { STR("X-A"), STR("1\r\nX-Evil: 1") },
		{ STR("X-B"), STR("2") }, { STR("Host"), STR("evil.test") } };
	struct fetch_transfer_request r = {
		.method = "GET", .headers = h, .nheaders = 3
	};
	struct server server;
	struct seen s = { 0 };

	(void)arg;
	server_start(&server, OK, false);
	transfer(&s, &plain, &r, "http://127.0.0.1:%u/", server.port);
	assert_null(strstr(buf_cstr(&server.asked), "vil"));
	assert_non_null(strstr(buf_cstr(&server.asked), "X-B: 2"));
	seen_free(&s);
	server_end(&server);
}

/* ---- proxies ---- */

static void
a_proxy_is_asked_for_what_is_elsewhere(void **arg)
{
	struct fetch_transfer_request r = { .method = "GET",
		.address = no_address };
	CLEANUP(buf_free) struct buf proxy = BUF(100);
	struct fetch_setup setup = { 0 };
	struct server server;
	struct seen s = { 0 };

	(void)arg;
	server_start(&server, OK, false);
	buf_addf(&proxy, "http://127.0.0.1:%u", server.port);
	setup.http_proxy = setup.https_proxy = buf_cstr(&proxy);
	setup.no_proxy = "here.test";
	transfer(&s, &setup, &r, "http://there.test/a");
	assert_int_equal(s.status, 200);
	assert_true(s.proxied);
	assert_non_null(strstr(buf_cstr(&server.asked),
	    "GET http://there.test/a HTTP/1.1\r\nHost: there.test\r\n"));
	seen_free(&s);
	/* For https, a tunnel; what it says of itself is no answer. */
	s = (struct seen){ 0 };
	server.answer = "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno";
	transfer(&s, &setup, &r, "https://there.test/a");
	assert_int_equal(s.why.kind, ERR_REMOTE);
	assert_non_null(strstr(s.why.text, "through the proxy"));
	assert_non_null(strstr(
	    buf_cstr(&server.asked), "CONNECT there.test:443 HTTP/1.1\r\n"));
	seen_free(&s);
	server_end(&server);
}

static void
which_proxy_is_for_whom(void **arg)
{
	static const struct {
		const char *no_proxy, *url;
		bool proxied;
	} rows[] = {
		{ NULL, "https://a.test/", true },
		{ "", "https://a.test/", true },
		{ "*", "https://a.test/", false },
		{ "a.test", "https://a.test/", false },
		{ "a.test", "https://b.a.test/", false },
		{ ".a.test", "https://a.test/", false },
		{ "*.a.test", "https://b.a.test/", false },
		{ "a.test", "https://ba.test/", true },
		{ "A.TEST", "https://a.test/", false },
		{ "x, a.test ,y", "https://a.test/", false },
		{ "a.test:443", "https://a.test/", false },
		{ "a.test:444", "https://a.test/", true },
		{ "192.0.2.7", "https://192.0.2.7/", false },
		{ "192.0.2.0/24", "https://192.0.2.7/", false },
		{ "192.0.2.0/30", "https://192.0.2.7/", true },
		{ "192.0.2.0/29", "https://192.0.2.7/", false },
		{ "192.0.2.0/33", "https://192.0.2.7/", true },
		{ "0.0.0.0/0", "https://192.0.2.7/", false },
		{ "2001:db8::/32", "https://[2001:db8::1]/", false },
		{ "[2001:db8::1]", "https://[2001:db8::1]/", false },
		{ "2001:db9::/32", "https://[2001:db8::1]/", true },
		{ "10.0.0.0/8", "https://a.test/", true },
		/* This machine is nobody else's to reach. */
		{ NULL, "http://localhost/", false },
		{ NULL, "http://x.localhost/", false },
		{ NULL, "http://127.9.9.9/", false },
		{ NULL, "http://[::1]/", false },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct fetch_setup s = { .all_proxy = "http://p.test",
			.no_proxy = rows[i].no_proxy };
		struct err e = ERR;
		struct fetch_url u;

		assert_int_equal(
		    fetch_url_parse(&u, a, str_of(rows[i].url), &e), 0);
		if ((transfer_proxy(&s, &u) != NULL) != rows[i].proxied)
			fail_msg("%s for %s", rows[i].no_proxy, rows[i].url);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_kept_or_taken),
		cmocka_unit_test(a_large_body_goes_from_memory_and_from_a_file),
		cmocka_unit_test(a_file_that_became_shorter_is_an_error),
		cmocka_unit_test(a_post_without_a_body_says_that_it_has_none),
		cmocka_unit_test(failures_have_their_kinds),
		cmocka_unit_test(what_takes_may_break_off),
		cmocka_unit_test(urls_and_addresses_that_are_refused),
		cmocka_unit_test(headers_that_are_none_do_not_go),
		cmocka_unit_test(a_proxy_is_asked_for_what_is_elsewhere),
		cmocka_unit_test(which_proxy_is_for_whom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
