/* SPDX-License-Identifier: Apache-2.0 */
/* What a client gets: routes, addresses, fields, errors, the server's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/fixture.h"

#define HANDLER(method, resource, rest) \
	"  - {type: request, method: " method ", resource: \"" resource \
	"\", steps: [" rest "]}\n"

static const char routes[] = "handlers:\n" HANDLER("GET", "/", "{fn: echo}")
    HANDLER("POST", "/echo", "{fn: echo}") HANDLER("GET", "/slashed/",
	"{fn: echo}") HANDLER("POST", "/plain", "{fn: echo}")
	HANDLER("GET", "/plain", "{fn: echo}")
	    HANDLER("POST", "/p/:key", "{fn: param}")
		HANDLER("POST", "/w/*rest", "{fn: param}")
		    HANDLER("POST", "/typed", "{fn: typed}")
			HANDLER("POST", "/fail", "{fn: fail}")
			    HANDLER("POST", "/trap", "{fn: trap}")
				HANDLER("DELETE", "/gone", "{fn: echo}");

/* Made in each test: cmocka has handlers of its own for signals that the engine
 * needs, and puts them there before each. */
static struct stage *
begin(void)
{
	struct stage *st = mem_take(sizeof(*st));

	st->opt.log = SERVE_LOG_PLAIN;
	st->opt.show_digest = true;
	stage_begin(st, 2);
	stage_put(st, routes);
	return st;
}

static void
finish(struct stage **st)
{
	stage_end(*st);
	mem_free(*st);
}

#define STAGE CLEANUP(finish) struct stage *st = begin()

/* upstream.md 3.4: 405 with Allow, automatic OPTIONS, a redirect for a slash at
 * the end, 404 otherwise. */
static void
test_routes(void **state)
{
	static const struct {
		const char *method, *target;
		int status;
		const char *field, *value, *body;
	} cases[] = {
		{ "GET", "/", 200, NULL, NULL, "" },
		{ "POST", "/echo", 200, NULL, NULL, "" },
		{ "GET", "/nowhere", 404, "content-type", "application/json",
		    "{\"status\":404,\"message\":\"not found\"}" },
		{ "GET", "/echo", 405, "allow", "POST, OPTIONS",
		    "{\"status\":405,\"message\":\"method not allowed\"}" },
		{ "DELETE", "/plain", 405, "allow", "POST, GET, HEAD, OPTIONS",
		    NULL },
		{ "OPTIONS", "/plain", 200, "allow", "POST, GET, HEAD, OPTIONS",
		    "" },
		{ "OPTIONS", "/nowhere", 404, NULL, NULL, NULL },
		{ "HEAD", "/plain", 200, NULL, NULL, "" },
		{ "HEAD", "/echo", 405, "allow", "POST, OPTIONS", "" },
		{ "GET", "/plain/", 301, "location", "/plain", "" },
		{ "GET", "/plain/?a=1&b=%20", 301, "location",
		    "/plain?a=1&b=%20", "" },
		{ "POST", "/plain/", 308, "location", "/plain", "" },
		{ "GET", "/slashed?x", 301, "location", "/slashed/?x", "" },
		{ "GET", "/slashed/", 200, NULL, NULL, "" },
		{ "DELETE", "/gone/", 308, "location", "/gone", "" },
		{ "GET", "/health", 200, "content-type", "application/json",
		    "{\"healthy\":true}" },
		{ "POST", "/health", 405, "allow", "GET, HEAD, OPTIONS", NULL },
		{ "GET", "/ready", 200, NULL, NULL, NULL },
	};
	STAGE;
	REPLY;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int status = fetch(&r, st->port, cases[i].method,
		    cases[i].target, "", STR(""));

		if (status != cases[i].status)
			fail_msg("%s %s: %d", cases[i].method, cases[i].target,
			    status);
		if (cases[i].field)
			assert_str(field(&r, cases[i].field), cases[i].value);
		if (cases[i].body)
			assert_str(r.body, cases[i].body);
	}
}

static void
test_a_redirect_never_leads_to_another_server(void **state)
{
	STAGE;
	REPLY;

	(void)state;
	get(&r, st->port, "//evil.example/");
	assert_false(str_starts(field(&r, "location"), "//"));
	assert_int_equal(r.status, 404);
}

static void
test_parameters_stay_as_they_were_sent(void **state)
{
	static const struct {
		const char *target, *asked, *want;
	} cases[] = {
		{ "/p/a%2Fb", "key", "a%2Fb" },
		{ "/p/%C3%A4", "key", "%C3%A4" },
		{ "/w/x/y/../z", "rest", "/x/y/../z" },
	};
	STAGE;
	REPLY;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		fetch(&r, st->port, "POST", cases[i].target, "",
		    str_of(cases[i].asked));
		assert_int_equal(r.status, 200);
		assert_str(r.body, cases[i].want);
	}
}

static void
test_a_request_id_comes_back_or_is_made(void **state)
{
	static const char *const odd[] = { "", "a b", "a,b", "\xC3\xA4",
		"<script>" };
	STAGE;
	char line[300];
	REPLY;

	(void)state;
	fetch(&r, st->port, "GET", "/", "x-REQUEST-id: Abc.1_2-3\r\n", STR(""));
	assert_str(field(&r, "x-request-id"), "Abc.1_2-3");
	for (size_t i = 0; i < COUNT(odd); i++) {
		(void)snprintf(
		    line, sizeof(line), "X-Request-ID: %s\r\n", odd[i]);
		fetch(&r, st->port, "GET", "/", line, STR(""));
		assert_int_equal(field(&r, "x-request-id").n, 32);
	}
	AWAIT(stage_logged(st, " Abc.1_2-3 127.0.0.1 \"GET /\" 200 0 "));
}

/* upstream.md 3.4: octet-stream unless a function says otherwise; its headers
 * on success only. */
static void
test_functions_set_fields_and_errors_take_them_back(void **state)
{
	STAGE;
	REPLY;

	(void)state;
	fetch(&r, st->port, "POST", "/echo", "", STR("hi"));
	assert_str(field(&r, "content-type"), "application/octet-stream");
	assert_str(r.body, "hi");
	fetch(&r, st->port, "POST", "/typed", "", STR("text"));
	assert_str(field(&r, "content-type"), "text/plain");
	assert_str(field(&r, "x-kind"), "typed");
	AWAIT(stage_logged(st, " warn "));
	assert_true(stage_logged(st, " typed: text"));
}

static void
test_errors_of_functions_are_answers(void **state)
{
	STAGE;
	REPLY;

	(void)state;
	fetch(&r, st->port, "POST", "/fail", "", STR("409 taken"));
	assert_int_equal(r.status, 409);
	assert_str(field(&r, "content-type"), "application/json");
	assert_str(r.body, "{\"status\":409,\"message\":\"taken\"}");
	fetch(&r, st->port, "POST", "/fail", "", STR("12 odd"));
	assert_int_equal(r.status, 500);
	assert_str(r.body, "{\"status\":500,\"message\":\"odd\"}");
	fetch(&r, st->port, "POST", "/trap", "", STR("x"));
	assert_int_equal(r.status, 500);
	assert_str(
	    r.body, "{\"status\":500,\"message\":\"a function failed\"}");
	AWAIT(stage_logged(st, "function 'trap' trapped"));
}

static void
test_each_answer_says_which_bundle_and_what_is_wrong(void **state)
{
	STAGE;
	REPLY;

	(void)state;
	get(&r, st->port, "/");
	assert_true(str_starts(field(&r, "x-subo-digest"), "sha256:"));
	assert_int_equal(field(&r, "x-subo-error").n, 0);
	serve_set_note(st->s, "lib.rs:3: no\r\nX-Bad: 1");
	get(&r, st->port, "/nowhere");
	assert_str(field(&r, "x-subo-error"), "lib.rs:3: no  X-Bad: 1");
	assert_int_equal(field(&r, "x-bad").n, 0);
	serve_set_note(st->s, NULL);
	get(&r, st->port, "/");
	assert_int_equal(field(&r, "x-subo-error").n, 0);
	assert_int_equal(field(&r, "server").n, 0);
}

/* upstream.md 3.5, "Headless". */
static void
test_headless_functions_have_addresses(void **state)
{
	static const char address[] = "/com.example.app/default/shout/v0.1.0";
	struct stage st = { .port = 0 };
	REPLY;

	(void)state;
	stage_begin(&st, 1);
	stage_put(&st, "headless: true\n");
	fetch(&r, st.port, "POST", address,
	    "X-Suborbital-State: {\"in\":\"loud\"}\r\nX-Request-ID: q1\r\n",
	    STR("x"));
	assert_int_equal(r.status, 200);
	assert_str(r.body, "LOUD");
	assert_str(field(&r, "x-suborbital-requestid"), "q1");
	assert_str(field(&r, "x-atmo-requestid"), "q1");
	fetch(&r, st.port, "POST", address,
	    "X-Atmo-State: {\"in\":\"old\"}\r\n", STR("x"));
	assert_str(r.body, "OLD");
	fetch(&r, st.port, "POST", "/com.example.app/default/param/v0.1.0",
	    "X-Suborbital-Params: {\"key\":\"v\"}\r\n", STR("key"));
	assert_str(r.body, "v");
	get(&r, st.port, address);
	assert_int_equal(r.status, 405);
	assert_str(field(&r, "allow"), "POST, OPTIONS");
	fetch(&r, st.port, "POST", "/com.example.app/default/none/v0.1.0", "",
	    STR("x"));
	assert_int_equal(r.status, 404);
	stage_end(&st);
}

static void
test_several_apps_are_told_apart_by_their_first_part(void **state)
{
	struct stage st = { .port = 0 };
	REPLY;

	(void)state;
	stage_begin(&st, 2);
	stage_put_as(&st, "com.b", routes);
	get(&r, st.port, "/plain");
	assert_int_equal(r.status, 200);
	stage_put_as(&st, "com.a", routes);
	stage_put_as(
	    &st, "com.c", "handlers:\n" HANDLER("GET", "/c", "{fn: echo}"));
	assert_int_equal(serve_napps(st.s), 3);
	assert_int_equal(get(&r, st.port, "/plain"), 404);
	assert_int_equal(get(&r, st.port, "/com.a/plain"), 200);
	assert_int_equal(get(&r, st.port, "/com.b"), 200);
	assert_int_equal(get(&r, st.port, "/com.c/c"), 200);
	assert_int_equal(get(&r, st.port, "/com.c/plain"), 404);
	assert_int_equal(get(&r, st.port, "/com.d/c"), 404);
	assert_int_equal(get(&r, st.port, "/com.c/c/?q"), 301);
	assert_str(field(&r, "location"), "/com.c/c?q");
	assert_int_equal(get(&r, st.port, "/health"), 200);
	stage_end(&st);
}

static void
test_a_handler_with_the_same_path_wins(void **state)
{
	struct stage st = { .port = 0 };
	REPLY;

	(void)state;
	stage_begin(&st, 1);
	assert_int_equal(get(&r, st.port, "/ready"), 503);
	assert_int_equal(get(&r, st.port, "/x"), 503);
	stage_put(&st,
	    "handlers:\n" HANDLER("GET", "/health", "{fn: echo}")
		HANDLER("GET", "/*any", "{fn: echo}"));
	get(&r, st.port, "/health");
	assert_str(r.body, "");
	get(&r, st.port, "/ready");
	assert_str(r.body, "{\"ready\":true}");
	assert_int_equal(get(&r, st.port, "/any/thing"), 200);
	stage_end(&st);
}

static void
test_counters(void **state)
{
	STAGE;
	REPLY;

	(void)state;
	fetch(&r, st->port, "POST", "/echo", "", STR("hi"));
	get(&r, st->port, "/meta/metrics");
	assert_str(field(&r, "content-type"), "application/json");
	assert_true(body_holds(&r,
	    "{\"scheduler\":{\"totalThreadCount\":2,"
	    "\"totalJobCount\":0,\"workers\":{\"com.example.app#default::echo"
	    "@v0.1.0\":{\"targetThreadCount\":2,"));
	get(&r, st->port, "/metrics");
	assert_true(body_holds(&r,
	    "\nsubo_requests_total{app=\"com.example."
	    "app\",handler=\"POST /echo\",status=\"2xx\"} "));
	assert_true(body_holds(&r, "\nsubo_request_duration_seconds_bucket{"));
	assert_true(body_holds(&r, ",le=\"+Inf\"} "));
	assert_true(body_holds(&r,
	    "\nsubo_function_calls_total{app=\"com."
	    "example.app\",function=\"default::echo\"} "));
	assert_true(body_holds(&r, "\nprocess_resident_memory_bytes "));
}

/* A function that sets two fields, and maybe before them one with a line end.
 */
static void
put_odd(struct stage *st, bool torn)
{
	static const char head[] =
	    "(module (import \"env\" \"return_result\" (func $result (param "
	    "i32 i32 i32))) (import \"env\" \"resp_set_header\" (func $set "
	    "(param i32 i32 i32 i32 i32))) (memory (export \"memory\") 1) "
	    "(data (i32.const 0) \"X-A\") (data (i32.const 16) "
	    "\"a\\0d\\0aSet-Cookie: x\") (data (i32.const 64) "
	    "\"Content-Length\") (data (i32.const 96) \"1\") (data (i32.const "
	    "128) \"X-B\") (func (export \"allocate\") (param i32) (result "
	    "i32) (i32.const 1024)) (func (export \"deallocate\") (param i32 "
	    "i32)) (func (export \"run_e\") (param i32 i32) (param $id i32) ";
	static const char first[] = "(call $set (i32.const 0) (i32.const 3) "
				    "(i32.const 16) (i32.const 16) (local.get "
				    "$id)) ";
	static const char rest[] =
	    "(call $set (i32.const 64) (i32.const 14) (i32.const 96) "
	    "(i32.const 1) (local.get $id)) (call $set (i32.const 128) "
	    "(i32.const 3) (i32.const 96) (i32.const 1) (local.get $id)) "
	    "(call $result (i32.const 64) (i32.const 7) (local.get $id))))";
	CLEANUP(buf_free) struct buf wasm = BUF(1u << 20), wat = BUF(1u << 20);
	char path[] = "/tmp/serve-test-XXXXXX";
	struct digest digest;
	struct bundle *b;
	struct parts p;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	buf_addf(&wat, "%s%s%s", head, torn ? first : "", rest);
	assert_int_equal(write(fd, wat.p, wat.n), (ssize_t)wat.n);
	(void)close(fd);
	stage_wat(&wasm, path);
	unlink(path);
	parts_begin(&p, "com.example.app");
	buf_addf(&p.yaml,
	    "  - {name: odd, namespace: default}\nhandlers:\n" HANDLER(
		"GET", "/odd", "{fn: odd}"));
	parts_add(&p, "Directive.yaml", buf_str(&p.yaml));
	parts_add(&p, "odd.wasm", buf_str(&wasm));
	b = parts_pack(&p, &digest);
	assert_int_equal(serve_put(st->s, &b, &digest, true, &st->e), 0);
}

/* trust F58, F60: fields that would split or frame the answer. */
static void
test_f58_f60_a_function_cannot_write_the_answers_frame(void **state)
{
	struct stage st = { .port = 0 };
	REPLY;

	(void)state;
	stage_begin(&st, 1);
	put_odd(&st, true);
	get(&r, st.port, "/odd");
	assert_int_equal(r.status, 500);
	assert_int_equal(field(&r, "set-cookie").n, 0);
	assert_int_equal(field(&r, "x-a").n, 0);
	put_odd(&st, false);
	get(&r, st.port, "/odd");
	assert_int_equal(r.status, 200);
	assert_str(field(&r, "x-b"), "1");
	assert_str(field(&r, "content-length"), "7");
	assert_str(r.body, "Content");
	stage_end(&st);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_a_redirect_never_leads_to_another_server),
		cmocka_unit_test(test_parameters_stay_as_they_were_sent),
		cmocka_unit_test(test_a_request_id_comes_back_or_is_made),
		cmocka_unit_test(
		    test_functions_set_fields_and_errors_take_them_back),
		cmocka_unit_test(test_errors_of_functions_are_answers),
		cmocka_unit_test(
		    test_each_answer_says_which_bundle_and_what_is_wrong),
		cmocka_unit_test(test_headless_functions_have_addresses),
		cmocka_unit_test(
		    test_several_apps_are_told_apart_by_their_first_part),
		cmocka_unit_test(test_a_handler_with_the_same_path_wins),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(
		    test_f58_f60_a_function_cannot_write_the_answers_frame),
	};

	return stage_tests_end(cmocka_run_group_tests(tests, NULL, NULL));
}
