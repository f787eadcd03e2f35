/* SPDX-License-Identifier: Apache-2.0 */
/* Static files: names, types, what the client has already, ranges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/fixture.h"
#include "serve/parts.h"

static void
test_names_mean_one_file_or_none(void **state)
{
	static const struct {
		const char *target;
		int status;
	} cases[] = {
		{ "/static/a.txt", 200 },
		{ "/static/%61.txt", 200 },
		{ "/static/a%2etxt", 200 },
		{ "/static/sub/b%20c.html", 200 },
		{ "/static/a.txt?version=1", 200 },
		{ "/static/empty.bin", 200 },
		{ "/static/", 404 },
		{ "/static", 404 },
		{ "/static/sub", 404 },
		{ "/static/sub/", 404 },
		{ "/static/none", 404 },
		{ "/static/a.txt/", 404 },
		{ "/static//a.txt", 404 },
		{ "/static/./a.txt", 404 },
		{ "/static/sub/../a.txt", 404 },
		{ "/static/sub/%2e%2e/a.txt", 404 },
		{ "/static/..%2fDirective.yaml", 404 },
		{ "/static/../Directive.yaml", 404 },
		{ "/static/%2e%2e/Directive.yaml", 404 },
		{ "/static/sub%2fb%20c.html", 404 },
		{ "/static/sub%5cb%20c.html", 404 },
		{ "/static/%2561.txt", 404 },
		{ "/static/%ff", 404 },
		{ "/static/%c0%ae%c0%ae/x", 404 },
	};
	struct stage st = { .port = 0 };
	REPLY;

	(void)state;
	stage_begin(&st, 1);
	stage_put(&st, "");
	for (size_t i = 0; i < COUNT(cases); i++)
		if (get(&r, st.port, cases[i].target) != cases[i].status)
			fail_msg("%s: %d", cases[i].target, r.status);
	/* What is no code at all, or a NUL, is refused before. */
	assert_int_equal(get(&r, st.port, "/static/%zz"), 400);
	assert_int_equal(get(&r, st.port, "/static/a.txt%00"), 400);
	assert_int_equal(
	    fetch(&r, st.port, "POST", "/static/a.txt", "", STR("x")), 405);
	assert_str(field(&r, "allow"), "GET, HEAD, OPTIONS");
	stage_end(&st);
}

static void
test_what_the_client_has_and_what_it_wants_of_it(void **state)
{
	static const struct {
		const char *method, *fields; /* %s: the file's tag */
		int status;
		const char *body, *range;
	} cases[] = {
		{ "GET", "", 200, "0123456789", "" },
		{ "HEAD", "", 200, "", "" },
		{ "GET", "If-None-Match: %s\r\n", 304, "", "" },
		{ "GET", "If-None-Match: \"x\", W/%s\r\n", 304, "", "" },
		{ "GET", "If-None-Match: *\r\n", 304, "", "" },
		{ "GET", "If-None-Match: \"x\"\r\n", 200, "0123456789", "" },
		{ "GET", "If-Match: %s\r\n", 200, "0123456789", "" },
		{ "GET", "If-Match: W/%s\r\n", 412, "", "" },
		{ "GET", "If-Match: \"x\"\r\n", 412, "", "" },
		{ "GET", "Range: bytes=0-3\r\n", 206, "0123", "bytes 0-3/10" },
		{ "GET", "Range: bytes=8-\r\n", 206, "89", "bytes 8-9/10" },
		{ "GET", "Range: bytes=8-99\r\n", 206, "89", "bytes 8-9/10" },
		{ "GET", "Range: bytes=-3\r\n", 206, "789", "bytes 7-9/10" },
		{ "GET", "Range: bytes=-99\r\n", 206, "0123456789",
		    "bytes 0-9/10" },
		{ "GET", "Range: bytes=10-\r\n", 416, "", "bytes */10" },
		{ "GET", "Range: bytes=-0\r\n", 416, "", "bytes */10" },
		{ "GET", "Range: bytes=3-2\r\n", 200, "0123456789", "" },
		{ "GET", "Range: bytes=a-b\r\n", 200, "0123456789", "" },
		{ "GET", "Range: bytes=\r\n", 200, "0123456789", "" },
		{ "GET", "Range: lines=0-1\r\n", 200, "0123456789", "" },
		{ "GET", "Range: bytes=99999999999999999999-\r\n", 200,
		    "0123456789", "" },
		/* More than one: all of it will do. */
		{ "GET", "Range: bytes=0-1,3-4\r\n", 200, "0123456789", "" },
		{ "HEAD", "Range: bytes=0-3\r\n", 200, "", "" },
		{ "GET", "Range: bytes=0-1\r\nIf-Range: %s\r\n", 206, "01",
		    "bytes 0-1/10" },
		{ "GET", "Range: bytes=0-1\r\nIf-Range: \"x\"\r\n", 200,
		    "0123456789", "" },
		{ "GET", "Range: bytes=0-1\r\nIf-Range: W/%s\r\n", 200,
		    "0123456789", "" },
	};
	struct stage st = { .port = 0 };
	char tag[100], fields[300];
	REPLY;

	(void)state;
	stage_begin(&st, 1);
	stage_put(&st, "");
	get(&r, st.port, "/static/a.txt");
	assert_int_equal(field(&r, "etag").n, 34);
	(void)snprintf(tag, sizeof(tag), STR_F, STR_A(field(&r, "etag")));
	assert_str(field(&r, "content-type"), "text/plain; charset=utf-8");
	assert_str(field(&r, "accept-ranges"), "bytes");
	assert_str(field(&r, "x-content-type-options"), "nosniff");
	assert_str(field(&r, "cache-control"), "no-cache");
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_free) struct buf b = BUF(300);
		struct str rest = str_of(cases[i].fields), head;
		size_t at;

		head = rest;
		if (str_find(rest, STR("%s"), &at)) {
			head.n = at;
			buf_add(&b, head);
			buf_addf(&b, "%s", tag);
			buf_add(&b, str_from(rest, at + 2));
		} else {
			buf_add(&b, rest);
		}
		(void)snprintf(fields, sizeof(fields), "%s", buf_cstr(&b));
		fetch(&r, st.port, cases[i].method, "/static/a.txt", fields,
		    STR(""));
		if (r.status != cases[i].status)
			fail_msg("%s: %d", fields, r.status);
		assert_str(r.body, cases[i].body);
		assert_str(field(&r, "content-range"), cases[i].range);
	}
	stage_end(&st);
}

static void
test_types(void **state)
{
	static const struct {
		const char *name, *type;
	} cases[] = {
		{ "7z", "application/octet-stream" },
		{ "a.7z", "application/x-7z-compressed" },
		{ "a.HTML", "text/html; charset=utf-8" },
		{ "a.b.js", "text/javascript; charset=utf-8" },
		{ "a.svg", "image/svg+xml" },
		{ "a.wasm", "application/wasm" },
		{ "a.zst", "application/zstd" },
		{ "a.zzz", "application/octet-stream" },
		{ "a.", "application/octet-stream" },
		{ ".css", "text/css; charset=utf-8" },
		{ "x/.css", "text/css; charset=utf-8" },
		{ "css/a", "application/octet-stream" },
		{ "a.averyveryverylongone", "application/octet-stream" },
		{ "", "application/octet-stream" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_str(type_of(str_of(cases[i].name)), cases[i].type);
}

/* ---- the index of routes ---- */

static void
fill_routes(struct buf *yaml)
{
	static const char *const methods[] = { "GET", "POST", "PUT" };
	static const char *const shapes[] = { "/", "/r%u", "/r%u/", "/r%u/x",
		"/r%u/:a", "/r%u/x/:b", "/r%u/*w", "/:a/r%u" };

	buf_addf(yaml,
	    "identifier: com.example.app\nappVersion: v0.1.0\n"
	    "atmoVersion: v0.4.8\nhandlers:\n");
	for (unsigned i = 0; i < 200; i++) {
		const char *method = methods[i % COUNT(methods)];
		const char *shape = shapes[i / 3 % COUNT(shapes)], *rest;
		CLEANUP(buf_free) struct buf path = BUF(100);
		unsigned n = i % 37;

		rest = strstr(shape, "%u");
		buf_addf(&path, "%.*s", (int)(rest ? rest - shape : 99), shape);
		if (rest)
			buf_addf(&path, "%u%s", n, rest + 2);
		buf_addf(yaml,
		    "  - {type: %s, method: %s, resource: \"%s\", steps: [{fn: "
		    "a}]}\n",
		    i % 50 == 49 ? "stream" : "request", method,
		    buf_cstr(&path));
	}
}

/* The index is a shortcut: it never says anything else. */
static void
test_the_index_agrees_with_the_directive_on_each_route(void **state)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE" };
	static const char *const paths[] = { "/", "/r%u", "/r%u/", "/r%u/x",
		"/r%u/x/", "/r%u/y", "/r%u/x/y", "/q/r%u", "//r%u", "/R%u",
		"/r%u//", "" };
	CLEANUP(buf_free) struct buf yaml = BUF(1u << 20);
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct serve_app a = { .s = NULL };
	struct directive *d = NULL;
	struct err e = ERR;
	unsigned found = 0;

	(void)state;
	fill_routes(&yaml);
	assert_int_equal(
	    directive_parse(&d, buf_str(&yaml), STR("x"), ds, &e), 0);
	assert_int_equal(d->nhandlers, 200);
	a.d = d;
	route_index(&a);
	for (unsigned i = 0; i < 40 * COUNT(paths) * COUNT(methods); i++) {
		const char *shape = paths[i / 40 % COUNT(paths)], *rest;
		struct str method = str_of(methods[i / 40 / COUNT(paths)]);
		CLEANUP(buf_free) struct buf path = BUF(100);
		CLEANUP(buf_free) struct buf b1 = BUF(100), b2 = BUF(100);
		struct pair p1[PARAMS_MAX], p2[PARAMS_MAX];
		const struct handler *h1, *h2;
		int s1 = 200, s2 = 200;
		size_t n1, n2;

		rest = strstr(shape, "%u");
		buf_addf(&path, "%.*s", (int)(rest ? rest - shape : 99), shape);
		if (rest)
			buf_addf(&path, "%u%s", i % 40, rest + 2);
		h1 = directive_route(
		    d, method, buf_str(&path), p1, PARAMS_MAX, &n1, &s1, &b1);
		h2 = route_find(&a, method, buf_str(&path), p2, &n2, &s2, &b2);
		assert_ptr_equal(h1, h2);
		assert_int_equal(s1, s2);
		assert_int_equal(n1, n2);
		assert_string_equal(buf_cstr(&b1), buf_cstr(&b2));
		found += h1 != NULL;
	}
	assert_true(found > 100);
	mem_free(a.exact);
	directive_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_mean_one_file_or_none),
		cmocka_unit_test(
		    test_what_the_client_has_and_what_it_wants_of_it),
		cmocka_unit_test(test_types),
		cmocka_unit_test(
		    test_the_index_agrees_with_the_directive_on_each_route),
	};

	return stage_tests_end(cmocka_run_group_tests(tests, NULL, NULL));
}
