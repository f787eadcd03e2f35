/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/world.h"

#define OPEN \
	"enabled: true, rules: {allowHTTP: true, allowIPs: true, " \
	"allowPrivate: true}"

/* ---- a server on loopback ---- */

#define SLOTS 64

struct server {
	int fd;
	unsigned port;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint nrequests;
	int held[SLOTS]; /* connections that get no answer */
	size_t nheld;
};

static void
send_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		s = str_from(s, (size_t)n);
	}
}

static void
answer(int fd, int status, const char *header, struct str body)
{
	CLEANUP(buf_free) struct buf out = BUF(32 << 20);

	buf_addf(&out,
	    "HTTP/1.1 %d Text\r\nContent-Length: %zu\r\n"
	    "Connection: close\r\n%s\r\n",
	    status, body.n, header);
	buf_add(&out, body);
	send_all(fd, buf_str(&out));
}

/* "GET /x?to=URL HTTP/1.1": what stands behind to=. */
static void
redirect(int fd, struct str head)
{
	CLEANUP(buf_free) struct buf header = BUF(4096);
	struct str line, to;

	str_cut(&head, '\r', &line);
	(void)str_cut(&line, '=', &to);
	(void)str_cut(&line, ' ', &to);
	buf_addf(&header, "Location: " STR_F "\r\n", STR_A(to));
	answer(fd, 302, buf_cstr(&header), STR("moved"));
}

/* True: the connection is kept, without an answer. */
static bool
serve(struct server *s, int fd, struct str request)
{
	struct str head = request, rest = request;
	size_t at;

	(void)str_cut(&rest, ' ', &head);
	if (str_starts(rest, "/hold"))
		return true;
	atomic_fetch_add(&s->nrequests, 1);
	if (str_starts(rest, "/redirect"))
		redirect(fd, request);
	else if (str_starts(rest, "/404"))
		answer(fd, 404, "", STR("no such thing"));
	else if (str_starts(rest, "/empty"))
		answer(fd, 204, "", STR(""));
	else if (str_starts(rest, "/graphql") &&
	    str_find(request, STR("\r\n\r\n{\"query\":\"{ me }\"}"), &at))
		answer(fd, 200, "Content-Type: application/json\r\n",
		    STR("{\"data\":{\"z\":1,\"me\":\"Ada\"}}"));
	else
		answer(fd, 200, "", request);
	return false;
}

/* A request with its body. */
static bool
whole(struct str s)
{
	uint64_t n = 0;
	struct str head;
	size_t end, at;

	if (!str_find(s, STR("\r\n\r\n"), &end))
		return false;
	if (str_find(s, STR("Content-Length: "), &at) && at < end) {
		struct str rest = str_from(s, at + 16);

		str_cut(&rest, '\r', &head);
		(void)str_u64(head, 1 << 20, &n);
	}
	return s.n >= end + 4 + n;
}

static void
talk(struct server *s, int fd)
{
	CLEANUP(buf_free) struct buf in = BUF(1 << 20);
	struct timeval limit = { .tv_sec = 5 };
	char chunk[4096];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	while (!whole(buf_str(&in))) {
		ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

		if (n <= 0)
			break;
		buf_add(&in, (struct str){ chunk, (size_t)n });
	}
	if (in.n > 0 && serve(s, fd, buf_str(&in)) && s->nheld < SLOTS)
		s->held[s->nheld++] = fd;
	else
		close(fd);
}

static void *
accept_all(void *arg)
{
	struct server *s = arg;
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	while (!atomic_load(&s->stop)) {
		if (poll(&p, 1, 20) == 1)
			talk(s, accept(s->fd, NULL, NULL));
	}
	return NULL;
}

static void
start(struct server *s)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t n = sizeof(sa);

	memset(s, 0, sizeof(*s));
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(listen(s->fd, 64), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&sa, &n), 0);
	s->port = ntohs(sa.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, accept_all, s), 0);
}

static void
stop(struct server *s)
{
	atomic_store(&s->stop, true);
	pthread_join(s->thread, NULL);
	for (size_t i = 0; i < s->nheld; i++)
		close(s->held[i]);
	close(s->fd);
}

static int
fetch(struct world *w, int method, const char *fmt, unsigned port,
    const char *body)
{
	char url[1024];
	struct str f = str_of(fmt), head;
	bool has = str_cut(&f, '@', &head);

	if (has)
		(void)snprintf(url, sizeof(url), STR_F "%u" STR_F, STR_A(head),
		    port, STR_A(f));
	else
		(void)snprintf(url, sizeof(url), "%s", fmt);
	return world_ask(w, ABI_FETCH, method, url, body);
}

/* ---- how a function asks ---- */

/* upstream.md 5.2: the two tables mean different things by one number, and
 * only apiVersion tells which is meant. */
static void
trap_method_numbers_depend_on_the_api_version(void **state)
{
	static const struct {
		const char *version; /* NULL: no function is known */
		int n;
		const char *want; /* NULL: malformed */
	} cases[] = {
		{ "0.15.1", 0, "GET" },
		{ "0.15.1", 1, "HEAD" },
		{ "0.15.1", 2, "OPTIONS" },
		{ "0.15.1", 3, "POST" },
		{ "0.15.1", 4, "PUT" },
		{ "0.15.1", 5, "PATCH" },
		{ "0.15.1", 6, "DELETE" },
		{ "0.15.1", 7, NULL },
		{ "0.15.1", -1, NULL },
		{ "0.13.0", 1, "HEAD" },
		{ "", 3, "POST" },
		{ NULL, 3, "POST" },
		{ "0.12.0", 0, "GET" },
		{ "0.12.0", 1, "GET" },
		{ "v0.8", 2, "POST" },
		{ "0.12.9", 3, "PATCH" },
		{ "0.3.0", 4, "DELETE" },
		{ "0.12.0", 5, "PATCH" },
		{ "0.12.0", 7, NULL },
		{ "0.12.0", INT32_MIN, NULL },
		{ "0.12.0", ABI_GET, "GET" },
		{ "0.15.0", ABI_POST, "POST" },
		{ "0.15.0", ABI_DELETE, "DELETE" },
		{ "0.15.0", ABI_DELETE + 1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct function_info f = { .name = STR("f"),
			.ns = STR("default"),
			.api_version = str_of(cases[i].version) };
		struct world w = { .hook = 1, .answer = { .status = 200 } };
		struct str method;
		int rc;

		world_open_caps(&w, NULL);
		w.call.info = cases[i].version ? &f : NULL;
		rc = fetch(&w, cases[i].n, "http://a.test/", 0, "");
		assert_int_equal(
		    rc, cases[i].want ? ABI_ANSWERED : ABI_MALFORMED);
		struct str told = buf_str(&w.told);
		str_cut(&told, ' ', &method);
		assert_true(str_eq(method, str_of(cases[i].want)));
		assert_int_equal(w.out.n, 0);
		world_close(&w);
	}
}

/* upstream.md 5.2: a colon in a value, or two in a URL, gave -2. */
static void
bug_headers_and_urls_may_hold_colons(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: malformed */
	} cases[] = {
		{ "http://a.test/", "GET http://a.test/|" },
		{ "http://a.test/::A:b", "GET http://a.test/ [A=b]|" },
		{ "http://a.test/::A:b::C:d",
		    "GET http://a.test/ [A=b] "
		    "[C=d]|" },
		{ "http://a.test::A:b", "GET http://a.test [A=b]|" },
		{ "http://a.test/::A: b c ", "GET http://a.test/ [A=b c]|" },
		{ "http://a.test/::A:", "GET http://a.test/ [A=]|" },
		{ "http://a.test/::A:::B:c", "GET http://a.test/ [A=] [B=c]|" },
		{ "http://a.test/::When:12:30:00",
		    "GET http://a.test/ [When=12:30:00]|" },
		{ "http://a.test/::Referer:http://b.test:80/::B:c",
		    "GET http://a.test/ [Referer=http://b.test:80/] [B=c]|" },
		{ "http://a.test/::For:2001:db8::1::B:c",
		    "GET http://a.test/ [For=2001:db8::1] [B=c]|" },
		{ "http://[2001:db8::1]:8080/x::A:b",
		    "GET http://[2001:db8::1]:8080/x [A=b]|" },
		{ "http://[::a]/x", "GET http://[::a]/x|" },
		{ "http://[::a]::A:b", "GET http://[::a] [A=b]|" },
		{ "http://a.test/std::vec/x::A:b",
		    "GET http://a.test/std::vec/x [A=b]|" },
		{ "http://a.test/?ip=fe80::1&x=y",
		    "GET http://a.test/?ip=fe80::1&x=y|" },
		{ "http://a.test/::A", NULL },
		{ "http://a.test/::A:b::C", NULL },
		{ "http://a.test/::A::B:c", NULL },
		{ "http://a.test/::", NULL },
		{ "http://a.test/::A:b::", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = { .hook = 1, .answer = { .status = 200 } };
		int rc;

		world_open_caps(&w, NULL);
		rc = fetch(&w, 0, cases[i].text, 0, "");
		if (rc != (cases[i].want ? ABI_ANSWERED : ABI_MALFORMED))
			fail_msg(
			    "%s: %d %s", cases[i].text, rc, buf_cstr(&w.out));
		assert_string_equal(
		    buf_cstr(&w.told), cases[i].want ? cases[i].want : "");
		world_close(&w);
	}
}

static void
a_body_without_a_type_is_bytes(void **state)
{
	static const struct {
		const char *text, *body, *want;
	} cases[] = {
		{ "http://a.test/", "x",
		    "POST http://a.test/ "
		    "[Content-Type=application/octet-stream] x|" },
		{ "http://a.test/::content-TYPE:text/plain", "x",
		    "POST http://a.test/ [content-TYPE=text/plain] x|" },
		{ "http://a.test/", "", "POST http://a.test/|" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = { .hook = 1, .answer = { .status = 200 } };

		world_open_caps(&w, NULL);
		assert_int_equal(
		    fetch(&w, 3, cases[i].text, 0, cases[i].body), 0);
		assert_string_equal(buf_cstr(&w.told), cases[i].want);
		world_close(&w);
	}
}

static void
a_status_above_299_is_an_error_with_the_body(void **state)
{
	static const struct {
		int status, rc;
		const char *want;
	} cases[] = {
		{ 200, ABI_ANSWERED, "text" },
		{ 204, ABI_ANSWERED, "text" },
		{ 299, ABI_ANSWERED, "text" },
		{ 300, ABI_REFUSED, "300: text" },
		{ 302, ABI_REFUSED, "302: text" },
		{ 404, ABI_REFUSED, "404: text" },
		{ 500, ABI_REFUSED, "500: text" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = { .hook = 1,
			.answer = {
			    .status = cases[i].status, .body = STR("text") } };

		world_open_caps(&w, NULL);
		EXPECT(&w, cases[i].rc, cases[i].want, ABI_FETCH, 0,
		    "http://a.test/", "");
		world_close(&w);
	}
}

static void
what_is_no_url_is_told(void **state)
{
	static const char *const urls[] = { "", "a.test", "ftp://a.test/",
		"http://", "http://u:p@a.test/", "file:///etc/passwd" };

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		struct world w = { .hook = 1 };

		world_open_caps(&w, NULL);
		assert_int_equal(
		    world_ask(&w, ABI_FETCH, 0, urls[i], ""), ABI_REFUSED);
		assert_true(w.out.n > 1);
		assert_int_equal(w.nouts, 0);
		world_close(&w);
	}
}

static void
the_hook_may_refuse(void **state)
{
	static const enum abi_what whats[] = { ABI_FETCH, ABI_GRAPHQL, ABI_DB };

	(void)state;
	for (size_t i = 0; i < COUNT(whats); i++) {
		struct world w = { .hook = -1, .opt = { .no_outside = true } };

		world_open(&w,
		    "identifier: a.b.c\n"
		    "queries: [{name: q, query: \"select 1\"}]\n"
		    "capabilities: {db: {enabled: true}}\n");
		EXPECT(&w, ABI_REFUSED, "outbound call refused", whats[i], 1,
		    whats[i] == ABI_DB ? "q" : "http://a.test/", "");
		assert_int_equal(w.nouts, 1);
		world_close(&w);
	}
}

/* trust.md G60 */
static void
the_outbound_calls_of_one_call_are_bounded(void **state)
{
	struct world w = {
		.hook = 1, .answer = { .status = 200 }, .opt = { .fetches = 3 }
	};

	(void)state;
	world_open_caps(&w, NULL);
	for (int i = 0; i < 3; i++)
		EXPECT(&w, 0, "", ABI_FETCH, 0, "http://a.test/", "");
	EXPECT(&w, 1, "more than 3 outbound calls", ABI_FETCH, 0,
	    "http://a.test/", "");
	EXPECT(&w, 1, "more than 3 outbound calls", ABI_GRAPHQL, 0,
	    "http://a.test/", "");
	assert_int_equal(w.nouts, 3);
	world_close(&w);
}

/* ---- canned answers that come later ---- */

static void
a_canned_answer_comes_when_the_clock_says(void **state)
{
	struct world w = { .hook = 1,
		.answer = { .status = 200,
		    .body = STR("late"),
		    .delay_ns = UINT64_C(3600000000000) } };
	struct clock *clock = clock_new(1000);

	(void)state;
	world_loop(&w);
	world_open_caps(&w, NULL);
	w.call.clock = clock;
	clock_busy(clock);
	EXPECT(&w, 0, "late", ABI_FETCH, 0, "http://a.test/", "");
	assert_true(clock_unix_ns(clock) >= UINT64_C(3600000001000));
	EXPECT(&w, 0, "late", ABI_FETCH, 0, "http://a.test/", "");
	assert_true(clock_unix_ns(clock) >= UINT64_C(7200000001000));
	clock_idle(clock);
	world_close(&w);
	clock_free(&clock);
}

static void
count(void *arg)
{
	++*(int *)arg;
}

static void
end(void *arg)
{
	loop_stop(arg);
}

/* The clock stands after the question is forgotten, as before it was put. */
static void
a_canned_answer_may_be_cancelled(void **state)
{
	struct world w = { .hook = 1,
		.answer = { .status = 200, .delay_ns = 1000000000 } };
	struct clock *clock = clock_new(1000);
	struct abi_ask q = { .what = ABI_FETCH,
		.a = STR("http://a.test/"),
		.done = world_done,
		.done_arg = &w };
	struct loop_timer *virtual, *real;
	struct err e = ERR;
	int fired = 0;

	(void)state;
	world_loop(&w);
	world_open_caps(&w, NULL);
	w.call.clock = clock;
	clock_busy(clock);
	assert_int_equal(host_ask(&w.call, &q, &w.out), ABI_LATER);
	host_cancel(&w.call);
	host_cancel(&w.call);
	virtual = loop_timer_start(w.loop, clock, 1, count, &fired);
	real = loop_timer_start(w.loop, NULL, 20000000, end, w.loop);
	assert_int_equal(loop_run(w.loop, &e), 0);
	assert_int_equal(fired, 0);
	assert_false(w.done);
	clock_idle(clock);
	loop_timer_end(&real);
	real = loop_timer_start(w.loop, clock, 2, end, w.loop);
	assert_int_equal(loop_run(w.loop, &e), 0);
	assert_int_equal(fired, 1);
	loop_timer_end(&real);
	loop_timer_end(&virtual);
	world_close(&w);
	clock_free(&clock);
}

/* ---- GraphQL ---- */

static void
a_graphql_reply_is_its_data_with_sorted_keys(void **state)
{
	static const struct {
		int status;
		const char *body;
		int rc;
		const char *want;
	} cases[] = {
		{ 200,
		    "{\"extensions\":1,\"data\":{\"z\":{\"d\":1,\"c\":[{"
		    "\"b\":1,\"a\":null}]},\"a\":\"x\"}}",
		    0,
		    "{\"data\":{\"a\":\"x\",\"z\":{\"c\":[{\"a\":null,\"b\":1}"
		    "],\"d\":1}}}" },
		{ 200, "{}", 0, "{\"data\":null}" },
		{ 200, "{\"data\":{},\"errors\":[]}", 0, "{\"data\":{}}" },
		{ 200, "{\"errors\":[{\"path\":\"me\",\"message\":\"no\"}]}", 1,
		    "graphQL error; path: me, message: no" },
		{ 200,
		    "{\"errors\":[{\"path\":[\"me\",0,\"name\"],"
		    "\"message\":\"no\"},{\"message\":\"more\"}]}",
		    1, "graphQL error; path: me.0.name, message: no" },
		{ 200, "{\"errors\":[{\"message\":\"no\"}]}", 1,
		    "graphQL error; path: , message: no" },
		{ 200, "<html>", 1, "failed to Unmarshal response" },
		{ 200, "[]", 1, "failed to Unmarshal response" },
		{ 500, "broken", 1, "non-200 HTTP response code; broken" },
		{ 301, "", 1, "non-200 HTTP response code; " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = { .hook = 1,
			.answer = { .status = cases[i].status,
			    .body = str_of(cases[i].body) } };

		world_open_caps(&w, NULL);
		EXPECT(&w, cases[i].rc, cases[i].want, ABI_GRAPHQL, 0,
		    "http://a.test/q", "{ me \"x\" }");
		assert_string_equal(buf_cstr(&w.told),
		    "POST http://a.test/q [Content-Type=application/json] "
		    "{\"query\":\"{ me \\\"x\\\" }\"}|");
		world_close(&w);
	}
}

static void
graphql_has_rules_of_its_own(void **state)
{
	struct world w = { .hook = 1, .answer = { .status = 200 } };

	(void)state;
	world_open_caps(
	    &w, "graphql: {enabled: true, rules: {allowedDomains: [a.test]}}");
	EXPECT(&w, 1,
	    "failed to requestIsAllowed: requests to this domain are "
	    "disallowed",
	    ABI_GRAPHQL, 0, "https://b.test/", "{ me }");
	EXPECT(&w, 0, "", ABI_FETCH, 0, "http://b.test/", "");
	world_close(&w);
}

/* ---- the outside ---- */

static void
open_outside(struct world *w, struct server *s, const char *caps)
{
	char all[1024];
	struct str text = str_of(caps), head;

	start(s);
	world_loop(w);
	w->hook = 9;
	/* '@' is the server's port. */
	if (str_cut(&text, '@', &head)) {
		(void)snprintf(all, sizeof(all), STR_F "%u" STR_F, STR_A(head),
		    s->port, STR_A(text));
		caps = all;
	}
	world_open_caps(w, caps);
}

static void
close_outside(struct world *w, struct server *s)
{
	world_close(w);
	stop(s);
}

static void
a_fetch_reaches_a_server_and_its_answer_the_function(void **state)
{
	struct world w = { 0 };
	struct server s;
	const char *out;

	(void)state;
	open_outside(&w, &s, "http: {" OPEN "}");
	assert_int_equal(fetch(&w, 5,
			     "http://127.0.0.1:@/x?a=b::X-One:1::"
			     "X-Two:a:b",
			     s.port, "the body"),
	    ABI_ANSWERED);
	out = buf_cstr(&w.out);
	assert_true(str_starts(buf_str(&w.out), "PATCH /x?a=b HTTP/1.1\r\n"));
	assert_non_null(strstr(out, "\r\nX-One: 1\r\n"));
	assert_non_null(strstr(out, "\r\nX-Two: a:b\r\n"));
	assert_non_null(
	    strstr(out, "\r\nContent-Type: application/octet-stream\r\n"));
	assert_true(str_ends(buf_str(&w.out), "\r\n\r\nthe body"));
	assert_int_equal(
	    fetch(&w, 0, "http://127.0.0.1:@/404", s.port, ""), ABI_REFUSED);
	assert_string_equal(buf_cstr(&w.out), "404: no such thing");
	assert_int_equal(
	    fetch(&w, 0, "http://127.0.0.1:@/empty", s.port, ""), ABI_ANSWERED);
	assert_int_equal(w.out.n, 0);
	assert_int_equal(atomic_load(&s.nrequests), 3);
	close_outside(&w, &s);
}

static void
a_graphql_query_reaches_a_server(void **state)
{
	struct world w = { 0 };
	struct server s;
	char url[64];

	(void)state;
	open_outside(&w, &s, "graphql: {" OPEN "}");
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/graphql", s.port);
	EXPECT(&w, 0, "{\"data\":{\"me\":\"Ada\",\"z\":1}}", ABI_GRAPHQL, 0,
	    url, "{ me }");
	close_outside(&w, &s);
}

/* upstream.md 7: Reactr did not look where a redirect leads. */
static void
bug_targets_of_redirects_are_judged(void **state)
{
	static const struct {
		const char *rules, *to;
		int rc;
		const char *want; /* how the answer begins */
	} cases[] = {
		{ "allowedDomains: [127.0.0.1]", "http://127.0.0.1:@/x", 0,
		    "GET /x HTTP" },
		{ "allowedDomains: [127.0.0.1]", "/y", 0, "GET /y HTTP" },
		{ "allowedDomains: [127.0.0.1]", "http://localhost:@/x", 1,
		    "failed to requestIsAllowed: requests to this domain are "
		    "disallowed" },
		{ "blockedDomains: [localhost]", "http://LOCALHOST.:@/x", 1,
		    "failed to requestIsAllowed: requests to this domain are "
		    "disallowed" },
		{ "allowedPorts: [@]", "http://127.0.0.1:9/x", 1,
		    "failed to requestIsAllowed: requests to this port are "
		    "disallowed" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char caps[400], url[400];
		struct str to = str_of(cases[i].to), head;
		struct world w = { 0 };
		struct server s;

		(void)snprintf(caps, sizeof(caps),
		    "http: {enabled: true, rules: {%s, allowHTTP: true, "
		    "allowIPs: true, allowPrivate: true}}",
		    cases[i].rules);
		open_outside(&w, &s, caps);
		(void)snprintf(url, sizeof(url),
		    "http://127.0.0.1:%u/redirect?to=", s.port);
		if (str_cut(&to, '@', &head))
			(void)snprintf(url + strlen(url),
			    sizeof(url) - strlen(url), STR_F "%u" STR_F,
			    STR_A(head), s.port, STR_A(to));
		else
			(void)snprintf(url + strlen(url),
			    sizeof(url) - strlen(url), STR_F, STR_A(head));
		assert_int_equal(
		    world_ask(&w, ABI_FETCH, 0, url, ""), cases[i].rc);
		if (!str_starts(buf_str(&w.out), cases[i].want))
			fail_msg("%s: %s", url, buf_cstr(&w.out));
		assert_int_equal(w.log.n > 0, cases[i].rc != 0);
		close_outside(&w, &s);
	}
}

/* A redirect to this machine by a function that may go outside only. */
static void
a_redirect_to_another_scheme_is_an_error(void **state)
{
	static const char *const to[] = { "file:///etc/passwd",
		"gopher://127.0.0.1/", "http://u:p@127.0.0.1/", "http://" };

	(void)state;
	for (size_t i = 0; i < COUNT(to); i++) {
		struct world w = { 0 };
		struct server s;
		char url[400];

		open_outside(&w, &s, "http: {" OPEN "}");
		(void)snprintf(url, sizeof(url),
		    "http://127.0.0.1:%u/redirect?to=%s", s.port, to[i]);
		assert_int_equal(world_ask(&w, ABI_FETCH, 0, url, ""), 1);
		assert_int_equal(atomic_load(&s.nrequests), 1);
		close_outside(&w, &s);
	}
}

/* The name says nothing; the address that it has is judged. */
static void
addresses_of_a_name_are_judged_before_they_are_connected_to(void **state)
{
	static const struct {
		const char *rules, *rule;
	} cases[] = {
		{ "allowedCIDRs: [10.0.0.0/8]", "http.rules.allowedCIDRs" },
		{ "allowPrivate: true, blockedCIDRs: [127.0.0.0/8, \"::1\"]",
		    "http.rules.blockedCIDRs" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = { 0 };
		struct server s;
		char caps[400];

		(void)snprintf(caps, sizeof(caps),
		    "http: {enabled: true, rules: {allowHTTP: true, %s}}",
		    cases[i].rules);
		open_outside(&w, &s, caps);
		assert_int_equal(
		    fetch(&w, 0, "http://localhost:@/", s.port, ""), 1);
		assert_string_equal(buf_cstr(&w.out),
		    "failed to requestIsAllowed: requests to this IP address "
		    "range are disallowed");
		assert_non_null(strstr(buf_cstr(&w.log), cases[i].rule));
		assert_int_equal(atomic_load(&s.nrequests), 0);
		close_outside(&w, &s);
	}
}

/* upstream.md 3.1, 7: the type's default was lost; a value may be env(NAME). */
static void
bug_auth_goes_to_its_host_as_bearer(void **state)
{
	static const struct {
		const char *auth, *want; /* NULL: none */
	} cases[] = {
		{ "\"127.0.0.1:@\": {value: tok}", "bearer tok" },
		{ "\"127.0.0.1:@\": {headerType: Token, value: env(KEY)}",
		    "Token sesame" },
		{ "\"127.0.0.1\": {value: tok}", NULL },
		{ "\"localhost:@\": {value: tok}", NULL },
		{ "\"127.0.0.1:1\": {value: tok}", NULL },
	};
	static const char *const env[] = { "KEY=sesame", NULL };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = { .env = env };
		struct server s;
		char caps[400];
		const char *at;

		(void)snprintf(caps, sizeof(caps),
		    "auth: {enabled: true, headers: {%s}}", cases[i].auth);
		open_outside(&w, &s, caps);
		assert_int_equal(
		    fetch(&w, 0, "http://127.0.0.1:@/::Authorization:own",
			s.port, ""),
		    0);
		at = strstr(buf_cstr(&w.out), "Authorization: ");
		assert_non_null(at);
		assert_true(str_starts(str_of(at + 15),
		    cases[i].want ? cases[i].want : "own\r\n"));
		close_outside(&w, &s);
	}
}

/* upstream.md 3.5: Atmo read `authentication` and did nothing with it. */
static void
bug_authentication_of_domains_works(void **state)
{
	static const char *const env[] = { "KEY=sesame", NULL };
	struct world w = { .env = env, .hook = 9 };
	struct server s;
	char yaml[400];

	(void)state;
	start(&s);
	world_loop(&w);
	(void)snprintf(yaml, sizeof(yaml),
	    "authentication: {domains: {\"127.0.0.1:%u\": "
	    "{value: env(KEY)}}}\n",
	    s.port);
	world_open(&w, yaml);
	assert_int_equal(fetch(&w, 0, "http://127.0.0.1:@/", s.port, ""), 0);
	assert_non_null(
	    strstr(buf_cstr(&w.out), "\r\nAuthorization: bearer sesame\r\n"));
	close_outside(&w, &s);
}

/* Who calls another server, or none, does not need it. */
static void
a_variable_of_auth_that_is_not_set_is_told_to_who_needs_it(void **state)
{
	struct world w = { 0 };
	struct server s;

	(void)state;
	open_outside(&w, &s,
	    "auth: {enabled: true, headers: {\"127.0.0.1:@\": "
	    "{value: env(NONE)}}}");
	assert_int_equal(fetch(&w, 0, "http://localhost:@/", s.port, ""), 0);
	assert_int_equal(fetch(&w, 0, "http://127.0.0.1:@/", s.port, ""), 1);
	assert_string_equal(buf_cstr(&w.out), "no environment variable 'NONE'");
	assert_int_equal(atomic_load(&s.nrequests), 1);
	close_outside(&w, &s);
}

/* trust.md G52 */
static void
auth_does_not_follow_a_redirect_to_another_host(void **state)
{
	struct world w = { 0 };
	struct server s;
	char url[200];

	(void)state;
	open_outside(&w, &s,
	    "auth: {enabled: true, headers: {\"127.0.0.1:@\": {value: tok}}}");
	(void)snprintf(url, sizeof(url),
	    "http://127.0.0.1:%u/redirect?to=http://localhost:%u/x", s.port,
	    s.port);
	assert_int_equal(world_ask(&w, ABI_FETCH, 0, url, ""), 0);
	assert_true(str_starts(buf_str(&w.out), "GET /x HTTP"));
	assert_null(strstr(buf_cstr(&w.out), "tok"));
	close_outside(&w, &s);
}

static void
auth_that_is_disabled_is_not_sent(void **state)
{
	struct world w = { 0 };
	struct server s;

	(void)state;
	open_outside(&w, &s,
	    "auth: {enabled: false, headers: {\"127.0.0.1:@\": {value: "
	    "env(NONE)}}}");
	assert_int_equal(fetch(&w, 0, "http://127.0.0.1:@/", s.port, ""), 0);
	assert_null(strstr(buf_cstr(&w.out), "Authorization"));
	close_outside(&w, &s);
}

/* trust.md G48, G50 */
static void
a_function_does_not_frame_the_request(void **state)
{
	struct world w = { 0 };
	struct server s;

	(void)state;
	open_outside(&w, &s, "http: {" OPEN "}");
	assert_int_equal(
	    fetch(&w, 3,
		"http://127.0.0.1:@/::Host:internal::Content-Length:99::"
		"Transfer-Encoding:chunked::Connection:keep-alive::X-Ok:1",
		s.port, "abc"),
	    0);
	assert_null(strstr(buf_cstr(&w.out), "internal"));
	assert_null(strstr(buf_cstr(&w.out), "Length: 99"));
	assert_null(strstr(buf_cstr(&w.out), "chunked"));
	assert_non_null(strstr(buf_cstr(&w.out), "X-Ok: 1"));
	close_outside(&w, &s);
}

/* trust.md H44 */
static void
a_failed_fetch_logs_no_secret(void **state)
{
	struct world w = { 0 };
	struct server s;

	(void)state;
	open_outside(&w, &s, "http: {" OPEN "}");
	stop(&s);
	assert_int_equal(fetch(&w, 0,
			     "http://127.0.0.1:@/hunter2?k=hunter2::"
			     "X-Key:hunter2",
			     s.port, ""),
	    1);
	assert_true(w.out.n > 1);
	assert_null(strstr(buf_cstr(&w.log), "hunter2"));
	assert_null(strstr(buf_cstr(&w.out), "hunter2"));
	world_close(&w);
}

static void
limits_of_size_and_time_hold(void **state)
{
	struct world w = { .opt = { .fetch_bytes = 100, .fetch_ms = 200 } };
	struct server s;
	char body[301];

	(void)state;
	memset(body, 'x', 300);
	body[300] = '\0';
	open_outside(&w, &s, "http: {" OPEN "}");
	assert_int_equal(fetch(&w, 3, "http://127.0.0.1:@/", s.port, body), 1);
	assert_true(w.out.n > 1);
	assert_int_equal(
	    fetch(&w, 0, "http://127.0.0.1:@/hold", s.port, ""), 1);
	assert_true(w.out.n > 1);
	close_outside(&w, &s);
}

static void
an_answer_that_the_guest_cannot_hold_is_an_error(void **state)
{
	struct world w = { .hook = 1,
		.answer = { .status = 200, .body = STR("a long text") } };

	(void)state;
	world_open_caps(&w, NULL);
	buf_free(&w.out);
	w.out = (struct buf)BUF(8);
	assert_int_equal(world_ask(&w, ABI_FETCH, 0, "http://a.test/", ""), 1);
	world_close(&w);
}

static void
a_fetch_may_be_cancelled(void **state)
{
	struct world w = { 0 };
	struct server s;
	char url[64];

	(void)state;
	open_outside(&w, &s, "http: {" OPEN "}");
	(void)snprintf(url, sizeof(url), "http://localhost:%u/hold", s.port);
	for (int ms = 0; ms < 40; ms += 13) {
		struct abi_ask q = { .what = ABI_FETCH,
			.a = str_of(url),
			.done = world_done,
			.done_arg = &w };
		struct loop_timer *t;
		struct err e = ERR;

		assert_int_equal(host_ask(&w.call, &q, &w.out), ABI_LATER);
		t = loop_timer_start(
		    w.loop, NULL, (uint64_t)ms * 1000000, end, w.loop);
		assert_int_equal(loop_run(w.loop, &e), 0);
		loop_timer_end(&t);
		host_cancel(&w.call);
		assert_false(w.done);
	}
	assert_int_equal(fetch(&w, 0, "http://127.0.0.1:@/", s.port, ""), 0);
	close_outside(&w, &s);
}

static void
without_a_loop_the_outside_is_refused(void **state)
{
	struct world w = { .hook = 9 };

	(void)state;
	world_open_caps(&w, NULL);
	EXPECT(&w, 1, "nothing outside can be reached from here", ABI_FETCH, 0,
	    "http://127.0.0.1/", "");
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trap_method_numbers_depend_on_the_api_version),
		cmocka_unit_test(bug_headers_and_urls_may_hold_colons),
		cmocka_unit_test(a_body_without_a_type_is_bytes),
		cmocka_unit_test(a_status_above_299_is_an_error_with_the_body),
		cmocka_unit_test(what_is_no_url_is_told),
		cmocka_unit_test(the_hook_may_refuse),
		cmocka_unit_test(the_outbound_calls_of_one_call_are_bounded),
		cmocka_unit_test(a_canned_answer_comes_when_the_clock_says),
		cmocka_unit_test(a_canned_answer_may_be_cancelled),
		cmocka_unit_test(a_graphql_reply_is_its_data_with_sorted_keys),
		cmocka_unit_test(graphql_has_rules_of_its_own),
		cmocka_unit_test(
		    a_fetch_reaches_a_server_and_its_answer_the_function),
		cmocka_unit_test(a_graphql_query_reaches_a_server),
		cmocka_unit_test(bug_targets_of_redirects_are_judged),
		cmocka_unit_test(a_redirect_to_another_scheme_is_an_error),
		cmocka_unit_test(
		    addresses_of_a_name_are_judged_before_they_are_connected_to),
		cmocka_unit_test(bug_auth_goes_to_its_host_as_bearer),
		cmocka_unit_test(bug_authentication_of_domains_works),
		cmocka_unit_test(
		    a_variable_of_auth_that_is_not_set_is_told_to_who_needs_it),
		cmocka_unit_test(
		    auth_does_not_follow_a_redirect_to_another_host),
		cmocka_unit_test(auth_that_is_disabled_is_not_sent),
		cmocka_unit_test(a_function_does_not_frame_the_request),
		cmocka_unit_test(a_failed_fetch_logs_no_secret),
		cmocka_unit_test(limits_of_size_and_time_hold),
		cmocka_unit_test(
		    an_answer_that_the_guest_cannot_hold_is_an_error),
		cmocka_unit_test(a_fetch_may_be_cancelled),
		cmocka_unit_test(without_a_loop_the_outside_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
