/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and answers, by bytes on a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/fixture.h"

#define R(text) STR(text)
#define B(text) { "" text, sizeof(text) - 1 } /* in a table */

/* ---- what is doubtful is refused ---- */

struct bad {
	const char *name;
	struct str bytes;
	int status, other; /* other: as good; 0: none */
};

#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST /echo HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

/* Names with a number are the rows of the list of bad inputs, HTTP/1 server. */
static const struct bad bads[] = {
	{ "F01 cl-te",
	    B(POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
		   "0\r\n\r\n"),
	    400, 0 },
	{ "F02 te-cl-order",
	    B(POST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
		   "0\r\n\r\n"),
	    400, 0 },
	{ "F03 cl-two",
	    B(POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx"), 400, 0 },
	{ "F04 cl-twice-same",
	    B(POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx"), 400, 0 },
	{ "F05 cl-minus", B(POST "Content-Length: -5\r\n\r\nhello"), 400, 0 },
	{ "F06 cl-plus", B(POST "Content-Length: +5\r\n\r\nhello"), 400, 0 },
	{ "F08 cl-hex", B(POST "Content-Length: 0x5\r\n\r\nhello"), 400, 0 },
	{ "F09 cl-empty", B(POST "Content-Length: \r\n\r\nhello"), 400, 0 },
	{ "F10 cl-space", B(POST "Content-Length: 5 5\r\n\r\nhello"), 400, 0 },
	{ "cl-list", B(POST "Content-Length: 5, 5\r\n\r\nhello"), 400, 0 },
	{ "cl-huge", B(POST "Content-Length: 99999999999999999999\r\n\r\n"),
	    400, 413 },
	{ "F12 te-xchunked",
	    B(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), 501, 400 },
	{ "te-gzip-chunked",
	    B(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 501,
	    400 },
	{ "te-identity", B(POST "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
	    501, 400 },
	{ "F14 te-chunked-not-last",
	    B(POST "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"), 501,
	    400 },
	{ "F16 te-vtab",
	    B(POST "Transfer-Encoding: \x0b"
		   "chunked\r\n\r\n0\r\n\r\n"),
	    400, 0 },
	{ "F17 te-space-before-colon",
	    B(POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), 400, 0 },
	{ "F18 te-dup",
	    B(POST
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"
		"\r\n0\r\n\r\n"),
	    400, 0 },
	{ "te-of-1.0",
	    B("POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
	      "\r\n0\r\n\r\n"),
	    400, 0 },
	{ "F19 obs-fold", B(GET "X: a\r\n b\r\n\r\n"), 400, 0 },
	{ "obs-fold-tab", B(GET "X: a\r\n\tb\r\nY: c\r\n\r\n"), 400, 0 },
	{ "obs-fold-length", B(POST "Content-Length:\r\n 5\r\n\r\nhello"), 400,
	    0 },
	{ "F20 name-tab-first", B("GET / HTTP/1.1\r\n\tHost: a\r\n\r\n"), 400,
	    0 },
	{ "name-space-first", B("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400, 0 },
	{ "name-empty", B(GET ": x\r\n\r\n"), 400, 0 },
	{ "name-none", B(GET "no colon\r\n\r\n"), 400, 0 },
	{ "name-brackets", B(GET "X(y): z\r\n\r\n"), 400, 0 },
	{ "name-high", B(GET "X\xe9: z\r\n\r\n"), 400, 0 },
	{ "F22 bare-lf", B("GET / HTTP/1.1\nHost: a\n\n"), 400, 0 },
	{ "bare-lf-one", B("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"), 400, 0 },
	{ "bare-lf-request-line", B("GET / HTTP/1.1\nHost: a\r\n\r\n"), 400,
	    0 },
	{ "bare-lf-end", B("GET / HTTP/1.1\r\nHost: a\r\n\n"), 400, 0 },
	{ "bare-lf-last", B("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400, 0 },
	{ "bare-cr", B("GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n"), 400, 0 },
	{ "F24 nul-header", B(GET "X: a\0b\r\n\r\n"), 400, 0 },
	{ "nul-header-end", B(GET "X: a\0\r\n\r\n"), 400, 0 },
	{ "nul-name", B(GET "X\0Y: a\r\n\r\n"), 400, 0 },
	{ "nul-target", B("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0 },
	{ "nul-query", B("GET /a?b\0c HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0 },
	{ "nul-method", B("GE\0T / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 501 },
	{ "control-value", B(GET "X: a\x01\r\n\r\n"), 400, 0 },
	{ "delete-value", B(GET "X: a\x7f\r\n\r\n"), 400, 0 },
	{ "F28 chunk-size-plus", B(CHUNKED "+5\r\nhello\r\n0\r\n\r\n"), 400,
	    0 },
	{ "chunk-size-minus", B(CHUNKED "-5\r\nhello\r\n0\r\n\r\n"), 400, 0 },
	{ "chunk-size-0x", B(CHUNKED "0x5\r\nhello\r\n0\r\n\r\n"), 400, 0 },
	{ "chunk-size-empty", B(CHUNKED "\r\nhello\r\n0\r\n\r\n"), 400, 0 },
	{ "chunk-size-space", B(CHUNKED " 5\r\nhello\r\n0\r\n\r\n"), 400, 0 },
	{ "chunk-size-wrap",
	    B(CHUNKED "10000000000000005\r\nhello\r\n0\r\n\r\n"), 413, 400 },
	{ "F30 chunk-no-crlf", B(CHUNKED "5\r\nhelloX0\r\n\r\n"), 400, 0 },
	{ "chunk-longer-than-said", B(CHUNKED "3\r\nhello\r\n0\r\n\r\n"), 400,
	    0 },
	{ "trailer-no-colon", B(CHUNKED "0\r\nnonsense\r\n\r\n"), 400, 0 },
	{ "F38 method-lower", B("get / HTTP/1.1\r\nHost: a\r\n\r\n"), 501,
	    400 },
	{ "method-unknown", B("BREW / HTTP/1.1\r\nHost: a\r\n\r\n"), 501, 0 },
	{ "method-trace", B("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"), 501, 0 },
	{ "method-connect", B("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), 501,
	    400 },
	{ "method-odd", B("G{}T / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 501 },
	{ "F39 no-host", B("GET / HTTP/1.1\r\n\r\n"), 400, 0 },
	{ "F40 two-hosts", B(GET "Host: b\r\n\r\n"), 400, 0 },
	{ "two-hosts-same", B(GET "Host: a\r\n\r\n"), 400, 0 },
	{ "host-with-path", B("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400, 0 },
	{ "host-with-user", B("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), 400, 0 },
	{ "host-list", B("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400, 0 },
	{ "F44 preface-h2", B("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505, 400 },
	{ "version-1.2", B("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), 505, 400 },
	{ "version-0.9", B("GET / HTTP/0.9\r\nHost: a\r\n\r\n"), 505, 400 },
	{ "version-3", B("GET / HTTP/3.0\r\nHost: a\r\n\r\n"), 505, 400 },
	{ "version-lower", B("GET / http/1.1\r\nHost: a\r\n\r\n"), 400, 505 },
	{ "version-long", B("GET / HTTP/1.10\r\nHost: a\r\n\r\n"), 400, 505 },
	{ "version-none", B("GET /\r\nHost: a\r\n\r\n"), 400, 505 },
	{ "line-no-space", B("GET\r\nHost: a\r\n\r\n"), 400, 0 },
	{ "line-two-spaces", B("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0 },
	{ "line-space-in-target", B("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
	    400, 0 },
	{ "line-space-at-end", B("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"), 400,
	    0 },
	{ "line-tab", B("GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0 },
	{ "line-space-first", B(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0 },
	{ "line-rubbish", B("\x16\x03\x01\x02\x00\x01\r\n\r\n"), 400, 0 },
	{ "F52 expect-unknown",
	    B(POST "Expect: foo\r\nContent-Length: 5\r\n\r\n"), 417, 0 },
	{ "F56 path-pct-bad", B("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"), 400,
	    0 },
	{ "path-pct-short", B("GET /% HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0 },
	{ "path-pct-one", B("GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0 },
	{ "path-pct-nul", B("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0 },
	{ "query-pct-nul", B("GET /?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n"), 400,
	    0 },
	{ "path-control", B("GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0 },
	{ "path-fragment", B("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0 },
	{ "path-relative", B("GET a HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0 },
	{ "star-of-get", B("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0 },
	{ "absolute-ftp", B("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400,
	    0 },
	{ "absolute-no-host", B("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"),
	    400, 0 },
	{ "absolute-user", B("GET http://u@b/x HTTP/1.1\r\nHost: a\r\n\r\n"),
	    400, 0 },
};

static void
test_what_is_doubtful_is_refused_and_closes(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	struct site *s = *state;
	unsigned before = atomic_load(&s->requests);

	for (size_t i = 0; i < COUNT(bads); i++) {
		const struct bad *t = &bads[i];
		int status;

		atomic_store(&s->refused, 0);
		status = one_shot(s->port, t->bytes, &b);
		if (status != t->status && (!t->other || status != t->other))
			fail_msg("%s: %d, not %d:\n%s", t->name, status,
			    t->status, buf_cstr(&b));
		if (atomic_load(&s->refused) != status)
			fail_msg("%s: told %d, answered %d", t->name,
			    atomic_load(&s->refused), status);
		if (!holds(&b, "Connection: close\r\n"))
			fail_msg("%s: does not say that it closes", t->name);
	}
	assert_int_equal(atomic_load(&s->requests), before);
	assert_healthy(s->port);
}

/* One answer, whole, and nothing after it. */
static void
test_a_refusal_is_one_well_formed_answer(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	struct site *s = *state;

	for (size_t i = 0; i < COUNT(bads); i++) {
		struct str rest, length = { 0 };
		uint64_t n = 0;
		size_t at;

		(void)one_shot(s->port, bads[i].bytes, &b);
		rest = buf_str(&b);
		assert_true(str_find(rest, STR("\r\n\r\n"), &at));
		length = str_from(rest, at + 4);
		if (!str_find(rest, STR("Content-Length: "), &at))
			fail_msg("%s: no length", bads[i].name);
		rest = str_from(rest, at + 16);
		assert_true(str_find(rest, STR("\r"), &at));
		assert_true(str_u64((struct str){ rest.p, at }, 10000, &n));
		if (n != length.n)
			fail_msg("%s: %zu bytes said, %zu there:\n%s",
			    bads[i].name, (size_t)n, length.n, buf_cstr(&b));
	}
}

static void
test_no_byte_less_than_all_is_a_request(void **state)
{
	static const char text[] =
	    POST "Content-Length: 5\r\nX: y\r\n\r\nhello";
	struct site *s = *state;
	unsigned before = atomic_load(&s->requests);

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		struct linger hard = { 1, 0 };
		int fd = dial(s->port);

		assert_true(say(fd, (struct str){ text, n }));
		/* A reset, every other time. */
		if (n % 2 == 0)
			(void)setsockopt(
			    fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		(void)close(fd);
	}
	assert_healthy(s->port);
	assert_int_equal(atomic_load(&s->requests), before + 1);
}

/* ---- limits ---- */

static void
add_many(struct buf *b, char c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addc(b, c);
}

static void
test_f34_header_64k(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20), out = BUF(1u << 20);
	struct site *s = *state;

	buf_add(&b, R(GET "X: "));
	add_many(&b, 'x', 65536);
	buf_add(&b, R("\r\n\r\n"));
	assert_int_equal(one_shot(s->port, buf_str(&b), &out), 431);
	assert_int_equal(atomic_load(&s->refused), 431);
	assert_healthy(s->port);
}

static void
test_a_header_just_over_the_limit_is_refused_and_one_below_is_not(void **state)
{
	struct site *s = *state;

	for (int over = 0; over < 2; over++) {
		CLEANUP(buf_free)
		struct buf b = BUF(1u << 20), out = BUF(1u << 20);

		buf_add(&b, R(GET "Connection: close\r\nX: "));
		add_many(&b, 'x', 16384 - b.n - 4 + (size_t)over);
		buf_add(&b, R("\r\n\r\n"));
		assert_int_equal(
		    one_shot(s->port, buf_str(&b), &out), over ? 431 : 200);
	}
}

static void
test_f35_many_fields(void **state)
{
	struct site *s = *state;

	for (int n = 100; n <= 101; n++) {
		CLEANUP(buf_free)
		struct buf b = BUF(1u << 20), out = BUF(1u << 20);

		buf_add(&b, R(GET "Connection: close\r\n"));
		for (int i = 2; i < n; i++)
			buf_addf(&b, "X%d: y\r\n", i);
		buf_add(&b, R("\r\n"));
		assert_int_equal(
		    one_shot(s->port, buf_str(&b), &out), n > 100 ? 431 : 200);
	}
}

static void
test_many_small_fields_are_431_too(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20), out = BUF(1u << 20);
	struct site *s = *state;

	buf_add(&b, R(GET));
	for (int i = 0; i < 3000; i++)
		buf_add(&b, R("a:\r\n"));
	buf_add(&b, R("\r\n"));
	assert_int_equal(one_shot(s->port, buf_str(&b), &out), 431);
	assert_healthy(s->port);
}

static void
test_f36_uri_64k(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20), out = BUF(1u << 20);
	struct site *s = *state;

	buf_add(&b, R("GET /"));
	add_many(&b, 'x', 65536);
	buf_add(&b, R(" HTTP/1.1\r\nHost: a\r\n\r\n"));
	assert_int_equal(one_shot(s->port, buf_str(&b), &out), 414);
	assert_healthy(s->port);
}

static void
test_a_query_of_many_parts_and_a_large_cookie_are_fine(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20), out = BUF(1u << 20);
	struct site *s = *state;

	buf_add(&b, R("GET /echo?"));
	for (int i = 0; i < 3000; i++)
		buf_add(&b, R("&a"));
	buf_add(&b, R(" HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: "));
	for (int i = 0; i < 50; i++)
		buf_addf(&b, "name%d=value; ", i);
	buf_add(&b, R("\r\n\r\n"));
	assert_int_equal(one_shot(s->port, buf_str(&b), &out), 200);
	assert_true(holds(&out, "GET /echo?&a&a&a"));
	assert_true(holds(&out, "name49=value"));
}

static void
test_a_body_over_the_limit_is_413_before_it_is_read(void **state)
{
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);
	struct site *s = *state;

	assert_int_equal(
	    one_shot(s->port, R(POST "Content-Length: 70000\r\n\r\n"), &out),
	    413);
	assert_int_equal(atomic_load(&s->refused), 413);
	/* And it is not asked for. */
	assert_int_equal(one_shot(s->port,
			     R(POST "Content-Length: 70000\r\n"
				    "Expect: 100-continue\r\n\r\n"),
			     &out),
	    413);
	assert_false(holds(&out, "100 Continue"));
	assert_healthy(s->port);
}

static void
test_chunks_over_the_limit_are_413(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20), out = BUF(1u << 20);
	struct site *s = *state;

	buf_add(&b, R(CHUNKED));
	for (int i = 0; i < 9; i++) {
		buf_add(&b, R("2000\r\n"));
		add_many(&b, 'x', 0x2000);
		buf_add(&b, R("\r\n"));
	}
	assert_int_equal(one_shot(s->port, buf_str(&b), &out), 413);
	assert_int_equal(atomic_load(&s->refused), 413);
	assert_healthy(s->port);
}

/* Whatever the header of a request took: an answer comes. */
static void
test_a_long_header_of_an_answer_comes_or_is_500(void **state)
{
	struct site *s = *state;

	for (size_t in = 10; in < 15000; in += 1700)
		for (int out = 1000; out < 60000; out += 2900) {
			CLEANUP(buf_free)
			struct buf b = BUF(1u << 20), got = BUF(1u << 20);
			int status;

			buf_addf(&b,
			    "GET /long/%d HTTP/1.1\r\nHost: a\r\n"
			    "Connection: close\r\nX: ",
			    out);
			add_many(&b, 'x', in);
			buf_add(&b, R("\r\nCookie: a=b; c=d\r\n\r\n"));
			status = one_shot(s->port, buf_str(&b), &got);
			if (status != 200 && status != 500)
				fail_msg("%zu in, %d out: %d", in, out, status);
			if (out < 8000)
				assert_int_equal(status, 200);
			assert_int_equal(status == 200, got.n > (size_t)out);
		}
}

/* ---- good requests ---- */

struct good {
	const char *name;
	struct str bytes;
	const char *has, *hasnt; /* of the answer; NULL: nothing */
};

#define LAST "Connection: close\r\n\r\n"

static const struct good goods[] = {
	{ "get", B(GET LAST), "\r\n\r\nhello", "chunked" },
	{ "date", B(GET LAST), "\r\nDate: ", NULL },
	{ "http-1.0", B("GET / HTTP/1.0\r\n\r\n"), "\r\n\r\nhello",
	    "Keep-Alive" },
	{ "http-1.0-host", B("GET /echo HTTP/1.0\r\nHost: h\r\n\r\n"),
	    "GET /echo h \n", NULL },
	{ "crlf-first", B("\r\n" GET LAST), "\r\n\r\nhello", NULL },
	{ "body",
	    B("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" LAST
	      "hello"),
	    "POST /echo a hello\n", NULL },
	{ "body-zero",
	    B("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n" LAST),
	    "POST /echo a \n", NULL },
	{ "get-with-body",
	    B("GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" LAST
	      "hello"),
	    "GET /echo a hello\n", NULL },
	{ "chunks",
	    B("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
	      "chunked\r\n" LAST "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"),
	    "POST /echo a hello\n", NULL },
	{ "F32 chunk-trailer-host",
	    B("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
	      "chunked\r\n" LAST
	      "1\r\nx\r\n0\r\nHost: evil\r\nContent-Length: 9\r\n\r\n"),
	    "POST /echo a x\n", "evil" },
	{ "te-upper",
	    B("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
	      "Chunked\r\n" LAST "1\r\nx\r\n0\r\n\r\n"),
	    "POST /echo a x\n", NULL },
	{ "F26 high-bytes",
	    B("GET /echo HTTP/1.1\r\nHost: a\r\nX: \xe9\xff\r\n" LAST),
	    "X=\xe9\xff\n", NULL },
	{ "value-trimmed",
	    B("GET /echo HTTP/1.1\r\nHost: a\r\nX: \t y z \t\r\n" LAST),
	    "X=y z\n", NULL },
	{ "value-empty", B("GET /echo HTTP/1.1\r\nHost: a\r\nX:\r\n" LAST),
	    "X=\n", NULL },
	{ "F42 abs-uri-host: the target wins",
	    B("GET http://b:8/echo?q HTTP/1.1\r\nHost: a\r\n" LAST),
	    "GET /echo?q b:8 ", NULL },
	{ "absolute-bare", B("GET http://b HTTP/1.1\r\nHost: a\r\n" LAST),
	    "\r\n\r\nhello", NULL },
	{ "target-as-sent",
	    B("GET /echo/%2F/../a+b//%e9?x=%41&y+z HTTP/1.1\r\nHost: "
	      "a\r\n" LAST),
	    "GET /echo/%2F/../a+b//%e9?x=%41&y+z a ", NULL },
	{ "star", B("OPTIONS * HTTP/1.1\r\nHost: a\r\n" LAST), "hello", NULL },
	{ "head", B("HEAD / HTTP/1.1\r\nHost: a\r\n" LAST),
	    "Content-Length: 5\r\n", "hello" },
	{ "expect",
	    B("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
	      "Expect: 100-continue\r\n" LAST "hi"),
	    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", NULL },
	{ "expect-no-body",
	    B("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n" LAST),
	    "\r\n\r\nhello", NULL },
	{ "F54 upgrade-h2c",
	    B("POST /echo HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n"
	      "HTTP2-Settings: AAMAAABk\r\nContent-Length: 2\r\n"
	      "Connection: Upgrade, HTTP2-Settings, close\r\n\r\nhi"),
	    "POST /echo a hi\n", "101" },
	{ "upgrade-nonsense",
	    B("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: \xff, /,,\r\n" LAST),
	    "\r\n\r\nhello", NULL },
	{ "later", B("GET /later HTTP/1.1\r\nHost: a\r\n" LAST), "late", NULL },
	{ "early", B("GET /early HTTP/1.1\r\nHost: a\r\n" LAST), "404 Not",
	    NULL },
	{ "early-body",
	    B("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"),
	    "404 Not", NULL },
	{ "status-204", B("GET /status/204 HTTP/1.1\r\nHost: a\r\n" LAST),
	    "204 No Content", "body" },
	{ "status-304", B("GET /status/304 HTTP/1.1\r\nHost: a\r\n" LAST),
	    "304 Not Modified", "\r\n\r\nbody" },
	{ "F58 guest-crlf-header",
	    B("GET /status/200 HTTP/1.1\r\nHost: a\r\n" LAST),
	    "X-Good: yes\tand no\r\n", "Set-Cookie" },
	{ "F60 guest-length", B("GET /status/201 HTTP/1.1\r\nHost: a\r\n" LAST),
	    "Content-Length: 4\r\n", "chunked" },
	{ "guest-connection", B("GET /status/201 HTTP/1.1\r\nHost: a\r\n" LAST),
	    "\r\n\r\nbody", "upgrade" },
	{ "guest-status", B("GET /status/42 HTTP/1.1\r\nHost: a\r\n" LAST),
	    "HTTP/1.1 500 ", NULL },
};

static void
test_good_requests_are_answered(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	struct site *s = *state;

	for (size_t i = 0; i < COUNT(goods); i++) {
		const struct good *t = &goods[i];

		(void)one_shot(s->port, t->bytes, &b);
		if (t->has && !holds(&b, t->has))
			fail_msg("%s: no '%s' in:\n%s", t->name, t->has,
			    buf_cstr(&b));
		if (t->hasnt && holds(&b, t->hasnt))
			fail_msg("%s: '%s' in:\n%s", t->name, t->hasnt,
			    buf_cstr(&b));
	}
}

/* However the bytes come, the request is the same. */
static void
test_a_request_byte_by_byte_is_the_same(void **state)
{
	struct site *s = *state;

	for (size_t i = 0; i < COUNT(goods); i++) {
		CLEANUP(buf_free) struct buf b = BUF(1u << 20);
		int fd = dial(s->port), on = 1;

		(void)setsockopt(
		    fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof(on));
		for (size_t k = 0; k < goods[i].bytes.n; k++)
			(void)say(fd, (struct str){ goods[i].bytes.p + k, 1 });
		assert_true(hear_all(fd, &b));
		(void)close(fd);
		if (goods[i].has && !holds(&b, goods[i].has))
			fail_msg("%s: no '%s' in:\n%s", goods[i].name,
			    goods[i].has, buf_cstr(&b));
	}
}

static void
test_a_bad_request_byte_by_byte_is_refused_too(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	struct site *s = *state;
	unsigned before = atomic_load(&s->requests);

	for (size_t i = 0; i < COUNT(bads); i++) {
		int fd = dial(s->port), on = 1, status;

		(void)setsockopt(
		    fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof(on));
		for (size_t k = 0; k < bads[i].bytes.n; k++)
			if (!say(fd, (struct str){ bads[i].bytes.p + k, 1 }))
				break;
		buf_clear(&b);
		assert_true(hear_all(fd, &b));
		(void)close(fd);
		status = status_of(&b);
		if (status != bads[i].status &&
		    (!bads[i].other || status != bads[i].other))
			fail_msg("%s: %d, not %d:\n%s", bads[i].name, status,
			    bads[i].status, buf_cstr(&b));
	}
	assert_int_equal(atomic_load(&s->requests), before);
}

static void
test_a_connection_is_kept(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	static const char *const paths[] = { "/", "/later", "/early",
		"/status/204", "/echo", "/status/500", "/" };
	struct site *s = *state;
	struct http_counts before, after;
	int fd = dial(s->port);

	http_count(s->h, &before);
	for (size_t i = 0; i < COUNT(paths); i++) {
		buf_clear(&b);
		buf_addf(&b, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", paths[i]);
		assert_true(say(fd, buf_str(&b)));
		buf_clear(&b);
		assert_true(hear_for(fd, &b, "\r\n\r\n"));
		assert_false(holds(&b, "Connection: close"));
	}
	http_count(s->h, &after);
	assert_int_equal(after.requests - before.requests, COUNT(paths));
	assert_true(after.accepted - before.accepted <= 1);
	(void)close(fd);
}

/* The answers come in the order of the requests. */
static void
pipeline(struct site *s, const char *(*path)(int i))
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20), out = BUF(8u << 20);
	struct str rest;
	int fd = dial(s->port);

	for (int i = 0; i < 100; i++)
		buf_addf(&b, "GET %s?%d HTTP/1.1\r\nHost: a\r\n%s\r\n", path(i),
		    i, i == 99 ? "Connection: close\r\n" : "");
	assert_true(say(fd, buf_str(&b)));
	assert_true(hear_all(fd, &out));
	(void)close(fd);
	rest = buf_str(&out);
	for (int i = 0; i < 100; i++) {
		char want[40];
		size_t at;

		(void)snprintf(want, sizeof(want), "?%d a", i);
		if (strcmp(path(i), "/echo") != 0)
			continue;
		if (!str_find(rest, str_of(want), &at))
			fail_msg("no %s, or not in its turn", want);
		rest = str_from(rest, at);
	}
}

static const char *
always_echo(int i)
{
	(void)i;
	return "/echo";
}

static const char *
other_echo(int i)
{
	return i % 2 ? "/echo" : "/bytes/70000";
}

static void
test_f50_pipeline_100(void **state)
{
	pipeline(*state, always_echo);
	pipeline(*state, other_echo);
}

static void
test_pipelined_requests_wait_for_one_that_is_answered_later(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	struct site *s = *state;
	size_t late, hello;

	(void)one_shot(s->port,
	    R("GET /later HTTP/1.1\r\nHost: a\r\n\r\n"
	      "GET /later HTTP/1.1\r\nHost: a\r\n\r\n" GET LAST),
	    &b);
	assert_true(str_find(buf_str(&b), STR("late"), &late));
	assert_true(str_find(buf_str(&b), STR("hello"), &hello));
	assert_true(late < hello);
}

static void
test_half_closed_is_answered_when_it_can_be_at_once(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	struct site *s = *state;

	for (int i = 0; i < 50; i++) {
		int fd = dial(s->port);

		assert_true(say(fd, R(GET "\r\n")));
		(void)shutdown(fd, SHUT_WR);
		buf_clear(&b);
		assert_true(hear_all(fd, &b));
		(void)close(fd);
		assert_true(holds(&b, "hello"));
	}
}

/* The end may come together with the last bytes. */
static void
test_half_a_request_and_the_end_is_closed_soon(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	static const struct str halves[] = {
		B("GET"),
		B(GET),
		B(POST "Content-Length: 5\r\n\r\n"),
		B(POST "Content-Length: 5\r\n\r\nhe"),
		B(CHUNKED "5\r\nhe"),
		B(CHUNKED "0\r\n"),
	};
	struct site *s = *state;

	for (size_t i = 0; i < 10 * COUNT(halves); i++) {
		int fd = dial(s->port);

		assert_true(say(fd, halves[i % COUNT(halves)]));
		(void)shutdown(fd, SHUT_WR);
		buf_clear(&b);
		assert_true(hear_all(fd, &b));
		(void)close(fd);
		assert_int_not_equal(status_of(&b), 200);
	}
	assert_healthy(s->port);
}

/* ---- who goes away ---- */

static void
test_a_client_that_leaves_while_it_waits_is_told(void **state)
{
	struct site *s = *state;

	for (int how = 0; how < 3; how++) {
		unsigned before = atomic_load(&s->gone);
		unsigned asked = atomic_load(&s->requests);
		struct linger hard = { 1, 0 };
		int fd = dial(s->port);

		assert_true(
		    say(fd, R("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")));
		await(&s->requests, asked + 1);
		if (how == 0)
			(void)setsockopt(
			    fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		if (how == 2)
			(void)shutdown(fd, SHUT_WR);
		else
			(void)close(fd);
		await(&s->gone, before + 1);
		if (how == 2)
			(void)close(fd);
	}
	assert_healthy(s->port);
}

static void
test_a_client_that_leaves_during_a_long_answer_frees_it(void **state)
{
	struct site *s = *state;
	unsigned before = atomic_load(&s->ended);
	int fd = dial(s->port);
	CLEANUP(buf_free) struct buf b = BUF(16u << 20);

	assert_true(
	    say(fd, R("GET /bytes/8388608 HTTP/1.1\r\nHost: a\r\n\r\n")));
	assert_true(hear(fd, &b, PATIENCE_MS));
	(void)close(fd);
	await(&s->ended, before + 1);
	assert_healthy(s->port);
}

static void
test_a_large_answer_comes_whole(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(16u << 20);
	struct site *s = *state;
	unsigned before = atomic_load(&s->ended);
	size_t at;

	assert_int_equal(
	    one_shot(s->port,
		R("GET /bytes/8388608 HTTP/1.1\r\nHost: a\r\n" LAST), &b),
	    200);
	assert_true(str_find(buf_str(&b), STR("\r\n\r\n"), &at));
	assert_int_equal(b.n - at - 4, 8388608);
	await(&s->ended, before + 1);
}

/* ---- set-up ---- */

static int
set_up(void **state)
{
	static const struct http_limits limits = { .body_bytes = 65536 };
	static struct site s;

	site_open(&s, 2, &limits);
	site_listen(&s);
	*state = &s;
	return 0;
}

static int
tear_down(void **state)
{
	site_close(*state);
	return 0;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_doubtful_is_refused_and_closes),
		cmocka_unit_test(test_a_refusal_is_one_well_formed_answer),
		cmocka_unit_test(test_no_byte_less_than_all_is_a_request),
		cmocka_unit_test(test_f34_header_64k),
		cmocka_unit_test(
		    test_a_header_just_over_the_limit_is_refused_and_one_below_is_not),
		cmocka_unit_test(test_f35_many_fields),
		cmocka_unit_test(test_many_small_fields_are_431_too),
		cmocka_unit_test(test_f36_uri_64k),
		cmocka_unit_test(
		    test_a_query_of_many_parts_and_a_large_cookie_are_fine),
		cmocka_unit_test(
		    test_a_body_over_the_limit_is_413_before_it_is_read),
		cmocka_unit_test(test_chunks_over_the_limit_are_413),
		cmocka_unit_test(
		    test_a_long_header_of_an_answer_comes_or_is_500),
		cmocka_unit_test(test_good_requests_are_answered),
		cmocka_unit_test(test_a_request_byte_by_byte_is_the_same),
		cmocka_unit_test(
		    test_a_bad_request_byte_by_byte_is_refused_too),
		cmocka_unit_test(test_a_connection_is_kept),
		cmocka_unit_test(test_f50_pipeline_100),
		cmocka_unit_test(
		    test_pipelined_requests_wait_for_one_that_is_answered_later),
		cmocka_unit_test(
		    test_half_closed_is_answered_when_it_can_be_at_once),
		cmocka_unit_test(
		    test_half_a_request_and_the_end_is_closed_soon),
		cmocka_unit_test(
		    test_a_client_that_leaves_while_it_waits_is_told),
		cmocka_unit_test(
		    test_a_client_that_leaves_during_a_long_answer_frees_it),
		cmocka_unit_test(test_a_large_answer_comes_whole),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
