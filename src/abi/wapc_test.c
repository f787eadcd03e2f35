/* SPDX-License-Identifier: Apache-2.0 */
/* waPC modules: runnable(7), WAPC. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/trial.h"

/* A literal with its NULs, as testdata/abi/wapc-call.wat cuts it. */
#define BYTES(lit) { lit, sizeof(lit) - 1 }

static void
a_guest_is_called_by_operation_and_payload(void **state)
{
	static const struct {
		const char *operation;
		struct str payload;
		const char *output, *message, *log;
	} cases[] = {
		{ "e", BYTES("hello"), "hello", "", "" },
		{ "echo", BYTES(""), "", "", "" },
		{ "f", BYTES("why"), NULL, "why", "" },
		{ "f", BYTES(""), NULL, "", "" },
		{ "q", BYTES("x"), NULL, "the operation 'q' failed", "" },
		{ "r", BYTES("x"), "x", "the operation 'r' failed", "" },
		{ "l", BYTES("a\nb"), NULL, NULL, "3:a\nb|" },
		{ "other", BYTES("x"), NULL, NULL, "" },
		{ "", BYTES("x"), NULL, NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(trial_dispose)
		struct trial t = { .name = cases[i].operation,
			.input = cases[i].payload };

		trial_run_file(&t, "wapc-call");
		if (t.rc != 0)
			fail_msg("%zu: %s", i, t.e.text);
		assert_int_equal(t.res.has_output, cases[i].output != NULL);
		assert_string_equal(buf_cstr(&t.res.output),
		    cases[i].output ? cases[i].output : "");
		/* An error without text is one all the same. */
		assert_int_equal(t.res.has_error,
		    cases[i].operation[0] == 'f' ||
			cases[i].operation[0] == 'q' ||
			cases[i].operation[0] == 'r');
		assert_int_equal(t.res.code, t.res.has_error ? 500 : 0);
		assert_string_equal(buf_cstr(&t.res.message),
		    cases[i].message ? cases[i].message : "");
		assert_string_equal(buf_cstr(&t.log), cases[i].log);
	}
}

static const struct {
	struct str call; /* binding, namespace, operation, payload */
	const char *ask, *output, *log;
} host_calls[] = {
	{ BYTES("key\0cache\0get\0"), "cache_get 0 key |", "+value", "" },
	{ BYTES("absent\0cache\0get\0"), "cache_get 0 absent |",
	    "-key not found", "" },
	{ BYTES("key\0cache\0set\0value"), "cache_set 0 key value|", "+", "" },
	{ BYTES("key\0cache\0set:60\0value"), "cache_set 60 key value|", "+",
	    "" },
	{ BYTES("key\0cache\0set:-1\0value"), "",
	    "-no operation 'set:-1' in namespace 'cache'", "" },
	{ BYTES("key\0cache\0set:9999999999\0value"), "",
	    "-no operation 'set:9999999999' in namespace 'cache'", "" },
	{ BYTES("http://x/::A:b\0http\0GET\0"), "fetch 1000 http://x/::A:b |",
	    "+fetched", "" },
	{ BYTES("u\0http\0POST\0b"), "fetch 1001 u b|", "+fetched", "" },
	{ BYTES("u\0http\0HEAD\0"), "fetch 1002 u |", "+fetched", "" },
	{ BYTES("u\0http\0OPTIONS\0"), "fetch 1003 u |", "+fetched", "" },
	{ BYTES("u\0http\0PUT\0b"), "fetch 1004 u b|", "+fetched", "" },
	{ BYTES("u\0http\0PATCH\0b"), "fetch 1005 u b|", "+fetched", "" },
	{ BYTES("u\0http\0DELETE\0"), "fetch 1006 u |", "+fetched", "" },
	{ BYTES("u\0http\0get\0"), "",
	    "-no operation 'get' in namespace 'http'", "" },
	{ BYTES("http://g\0graphql\0query\0{q}"), "graphql 0 http://g {q}|",
	    "+graph", "" },
	{ BYTES("method\0request\0get:meta\0"), "field 0 method |", "+PUT",
	    "" },
	{ BYTES("k\0request\0get:body\0"), "field 1 k |", "+PUT", "" },
	{ BYTES("k\0request\0get:header\0"), "field 2 k |", "+PUT", "" },
	{ BYTES("k\0request\0get:params\0"), "field 3 k |", "+PUT", "" },
	{ BYTES("k\0request\0get:state\0"), "field 4 k |", "+PUT", "" },
	{ BYTES("k\0request\0get:query\0"), "field 5 k |", "+PUT", "" },
	{ BYTES("k\0request\0set:state\0v"), "set_field 4 k v|", "+", "" },
	{ BYTES("body\0request\0set:meta\0v"), "set_field 0 body v|", "+", "" },
	{ BYTES("k\0request\0set:query\0v"), "",
	    "-no operation 'set:query' in namespace 'request'", "" },
	{ BYTES("X-A\0response\0header\0b"), "header 0 X-A b|", "+", "" },
	{ BYTES("a.txt\0file\0get\0"), "file 0 a.txt |", "+file", "" },
	{ BYTES("s\0secret\0get\0"), "secret 0 s |", "+secret", "" },
	{ BYTES("q\0db\0select\0"), "db 1 q |", "+[]", "" },
	{ BYTES("q\0db\0insert\0one\0two\0"), "db 0 q  =one =two|", "+[]", "" },
	{ BYTES("q\0db\0update\0one\0two"), "db 2 q  =one =two|", "+[]", "" },
	{ BYTES("q\0db\0delete\0\0"), "db 3 q  =|", "+[]", "" },
	{ BYTES("\0log\0warn\0careful"), "", "+", "2:careful|" },
	{ BYTES("\0log\0error\0bad"), "", "+", "1:bad|" },
	{ BYTES("\0log\0debug\0x"), "", "+", "4:x|" },
	{ BYTES("\0nothing\0at all\0"), "",
	    "-no operation 'at all' in namespace 'nothing'", "" },
	{ BYTES("\0\0\0"), "", "-no operation '' in namespace ''", "" },
	{ BYTES("\0a\33[2J\0b\0"), "",
	    "-no operation 'b' in namespace 'a\\x1B[2J'", "" },
};

static void
run_host_calls(bool later, bool cancelled)
{
	for (size_t i = 0; i < COUNT(host_calls); i++) {
		CLEANUP(trial_dispose)
		struct trial t = { .name = "c",
			.input = host_calls[i].call,
			.later = later,
			.cancelled = cancelled };

		trial_run_file(&t, "wapc-call");
		if (cancelled && t.rc == ENGINE_LATER) {
			assert_int_equal(t.ncancelled, 1);
			continue;
		}
		if (t.rc != 0)
			fail_msg("%zu: %d %s", i, t.rc, t.e.text);
		if (strcmp(buf_cstr(&t.asks), host_calls[i].ask) != 0 ||
		    strcmp(buf_cstr(&t.res.output), host_calls[i].output) != 0)
			fail_msg("%zu: asked '%s', gave '%s'", i,
			    buf_cstr(&t.asks), buf_cstr(&t.res.output));
		assert_string_equal(buf_cstr(&t.log), host_calls[i].log);
	}
}

static void
a_host_call_is_asked_by_namespace_and_operation(void **state)
{
	(void)state;
	run_host_calls(false, false);
}

static void
a_host_call_may_have_to_wait(void **state)
{
	(void)state;
	run_host_calls(true, false);
}

static void
a_guest_that_waits_can_be_ended(void **state)
{
	(void)state;
	run_host_calls(true, true);
}

/* ---- what a guest can do wrong ---- */

#define C(n) " (i32.const " n ")"
#define HEAD \
	"(import \"wapc\" \"__guest_request\" (func $request" \
	" (param i32 i32)))" \
	"(import \"wapc\" \"__guest_response\" (func $response" \
	" (param i32 i32)))" \
	"(import \"wapc\" \"__guest_error\" (func $error (param i32 i32)))" \
	"(import \"wapc\" \"__host_call\" (func $call" \
	" (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))" \
	"(import \"wapc\" \"__host_response_len\" (func $len (result i32)))" \
	"(import \"wapc\" \"__host_response\" (func $answer (param i32)))" \
	"(import \"wapc\" \"__host_error_len\" (func $why_len (result i32)))" \
	"(import \"wapc\" \"__host_error\" (func $why (param i32)))" \
	"(import \"wapc\" \"__console_log\" (func $log (param i32 i32)))" \
	"(import \"env\" \"return_result\" (func $result" \
	" (param i32 i32 i32)))" \
	"(memory (export \"memory\") 2)" \
	"(data (i32.const 16) \"cachegetkeyset\")"
#define GUEST_CALL \
	"(func (export \"__guest_call\") (param $no i32) (param $np i32)" \
	" (result i32) "
/* cache_get of "key" */
#define GET \
	"(drop (call $call" C("24") C("3") C("16") C("5") C("21") C("3") \
	    C("0") C("0") "))"

static void
a_range_outside_of_memory_ends_the_call_or_is_refused(void **state)
{
	static const struct {
		const char *body;
		int rc;
		const char *want; /* part of the error, or the output */
	} cases[] = {
		{ "(call $request" C("131072") C("0") ")", -1,
		    "__guest_request: handed back memory outside of its own: "
		    "2 bytes at 0x00020000" },
		{ "(call $request" C("0") C("131070") ")", -1,
		    "3 bytes at 0x0001fffe" },
		{ "(call $request" C("131070")
			C("131069") ")"
				    "(call $response" C("131069") C("3") ")",
		    0, "abc" },
		/* They overlap: the payload is written last. */
		{ "(call $request" C("100") C("101") ")"
						     "(call $response" C("100")
							 C("4") ")",
		    0, "oabc" },
		{ "(call $response" C("131070") C("3") ")", -1,
		    "__guest_response: handed back memory outside" },
		{ "(call $response" C("0") C("-1") ")", -1,
		    "4294967295 bytes" },
		{ "(call $response" C("-1") C("0") ")", 0, "" },
		{ "(call $response" C("0") C("100001") ")", -1,
		    "returned 100001 bytes, more than the 100000 it may" },
		{ "(call $error" C("131070") C("3") ")", -1, "__guest_error" },
		{ "(call $log" C("131070") C("3") ")", 0, "" },
		{ GET "(call $answer" C("131069") ")", -1,
		    "__host_response: handed back memory outside of its own: "
		    "5 bytes at 0x0001fffd" },
		{ GET "(call $answer" C("131067") ")"
						  "(call $response" C("131067")
						      C("5") ")",
		    0, "value" },
		/* An error's text where there is an answer, and nothing where
		 * nothing was asked. */
		{ GET "(call $why" C("-1") ")(call $answer" C(
		      "100") ")"
			     "(call $response" C("100") C("5") ")",
		    0, "value" },
		{ "(call $answer" C("-1") ")(call $why" C("-1") ")", 0, "" },
		/* Of two responses the first counts. */
		{ "(call $response" C("16") C("5") ")"
						   "(call $response" C("21")
						       C("3") ")",
		    0, "cache" },
		/* What is the business of Runnables. */
		{ "(call $result" C("16") C("5") C("0") ")", 0, "" },
		{ "(call $result" C("16") C("5") C("-1") ")", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(trial_dispose)
		struct trial t = { .name = "op", .input = STR("abc") };
		CLEANUP(buf_free) struct buf body = BUF(1 << 16);

		buf_addf(&body, GUEST_CALL "%s (i32.const 1))", cases[i].body);
		trial_run_body(&t, HEAD, buf_cstr(&body), "");
		assert_int_equal(t.rc, cases[i].rc);
		if (t.rc < 0
			? !strstr(t.e.text, cases[i].want)
			: strcmp(buf_cstr(&t.res.output), cases[i].want) != 0)
			fail_msg("%zu: '%s' '%s'", i, t.e.text,
			    buf_cstr(&t.res.output));
	}
}

static void
a_host_call_with_a_bad_range_is_an_error_of_the_host(void **state)
{
	/* Where one of the eight is wrong. */
	static const char *const calls[] = {
		C("131070") C("3") C("16") C("5") C("21") C("3") C("0") C("0"),
		C("24") C("-1") C("16") C("5") C("21") C("3") C("0") C("0"),
		C("24") C("3") C("-4") C("5") C("21") C("3") C("0") C("0"),
		C("24") C("3") C("16") C("-5") C("21") C("3") C("0") C("0"),
		C("24") C("3") C("16") C("5") C("-2") C("3") C("0") C("0"),
		C("24") C("3") C("16") C("5") C("21") C("70000") C("0") C("0"),
		C("24") C("3") C("16") C("5") C("21") C("3") C("-1") C("1"),
		C("24") C("3") C("16") C("5") C("21") C("3") C("0") C("131073"),
		/* A binding of more than 64 KiB. */
		C("0") C("65537") C("16") C("5") C("21") C("3") C("0") C("0"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++) {
		CLEANUP(trial_dispose) struct trial t = { .name = "op" };
		CLEANUP(buf_free) struct buf body = BUF(1 << 16);

		buf_addf(&body,
		    GUEST_CALL "(if (call $call %s) (then unreachable))"
			       "(call $why (i32.const 1024))"
			       "(call $response (i32.const 1024)"
			       " (call $why_len)) (i32.const 1))",
		    calls[i]);
		trial_run_body(&t, HEAD, buf_cstr(&body), "");
		if (t.rc != 0 || !strstr(buf_cstr(&t.res.output), "too long"))
			fail_msg("%zu: %s '%s'", i, t.e.text,
			    buf_cstr(&t.res.output));
		assert_string_equal(buf_cstr(&t.asks), "");
	}
}

static void
in_another_kind_of_function_its_calls_do_nothing(void **state)
{
	static const char *const guests[] = {
		"(func (export \"allocate\") (param i32) (result i32)" C(
		    "64") ")(func (export \"run_e\") (param i32 i32 i32)"
			  " (call $all))",
		"(func (export \"_start\") (call $all))",
		/* A start section runs before the call does. */
		"(start $all)" GUEST_CALL C("1") ")",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(guests); i++) {
		CLEANUP(trial_dispose) struct trial t = { .name = "op" };

		trial_run_body(&t, HEAD,
		    "(func $all (call $request" C("-1")
			C("-1") ")"
				"(call $error" C("-1")
				    C("1") ")"
					   "(call $log" C("16")
					       C("5") ")"
						      "(call $answer" C("-1") ")(call $why" C(
							  "-1") ")"
								"(if (i32.add "
								"(call $len) "
								"(call "
								"$why_len))"
								" (then "
								"unreachable))"
								")",
		    guests[i]);
		if (i == 2) { /* it is waPC's, only early */
			assert_int_equal(t.rc, -1);
			assert_int_equal(t.e.kind, ERR_GUEST);
			continue;
		}
		if (t.rc != 0)
			fail_msg("%zu: %s", i, t.e.text);
		assert_false(t.res.has_error);
		assert_string_equal(buf_cstr(&t.asks), "");
		assert_string_equal(buf_cstr(&t.log), "");
	}
}

static void
a_clean_exit_is_success_and_any_other_a_failure(void **state)
{
	static const struct {
		const char *code;
		int rc;
	} cases[] = { { "0", 0 }, { "1", -1 }, { "-1", -1 } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(trial_dispose) struct trial t = { .name = "op" };
		CLEANUP(buf_free) struct buf body = BUF(1 << 16);

		buf_addf(&body,
		    GUEST_CALL "(call $response" C("16")
			C("5") ")"
			       "(call $exit (i32.const %s)) unreachable)",
		    cases[i].code);
		trial_run_body(&t,
		    "(import \"wasi_snapshot_preview1\" \"proc_exit\""
		    " (func $exit (param i32)))" HEAD,
		    buf_cstr(&body), "");
		assert_int_equal(t.rc, cases[i].rc);
		assert_false(t.res.has_error);
		assert_string_equal(buf_cstr(&t.res.output), "cache");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guest_is_called_by_operation_and_payload),
		cmocka_unit_test(
		    a_host_call_is_asked_by_namespace_and_operation),
		cmocka_unit_test(a_host_call_may_have_to_wait),
		cmocka_unit_test(a_guest_that_waits_can_be_ended),
		cmocka_unit_test(
		    a_range_outside_of_memory_ends_the_call_or_is_refused),
		cmocka_unit_test(
		    a_host_call_with_a_bad_range_is_an_error_of_the_host),
		cmocka_unit_test(
		    in_another_kind_of_function_its_calls_do_nothing),
		cmocka_unit_test(
		    a_clean_exit_is_success_and_any_other_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
