/* SPDX-License-Identifier: Apache-2.0 */
/* WASI commands: runnable(7), COMMANDS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/trial.h"

/* clang-format off */
/* $put writes; $code writes a number below 100 and a bar to standard output;
 * $say writes to standard error. */
#define WASI(name, params) \
	"(import \"wasi_snapshot_preview1\" \"" name "\" (func $" name \
	" (param" params ") (result i32)))"
#define I2 " i32 i32"
#define I4 I2 I2
#define HEAD \
	WASI("fd_read", I4) WASI("fd_write", I4) WASI("fd_close", " i32") \
	WASI("fd_seek", " i32 i64 i32 i32") WASI("fd_tell", I2) \
	WASI("fd_fdstat_get", I2) WASI("fd_filestat_get", I2) \
	WASI("fd_prestat_get", I2) WASI("environ_get", I2) \
	WASI("environ_sizes_get", I2) WASI("args_get", I2) \
	WASI("args_sizes_get", I2) WASI("random_get", I2) \
	WASI("poll_oneoff", I4) WASI("sock_shutdown", I2) \
	WASI("fd_sync", " i32") \
	"(import \"wasi_snapshot_preview1\" \"proc_exit\"" \
	" (func $exit (param i32)))" \
	"(import \"env\" \"cache_get\"" \
	" (func $cache_get (param i32 i32 i32) (result i32)))" \
	"(memory (export \"memory\") 2)" \
	"(func $put (param $fd i32) (param $p i32) (param $n i32)" \
	" (i32.store @8 (local.get $p)) (i32.store @12 (local.get $n))" \
	" (drop (call $fd_write (local.get $fd) @8 @1 @16)))" \
	"(func $code (param $v i32)" \
	" (i32.store8 @20 (i32.add @48 (i32.div_u (local.get $v) @10)))" \
	" (i32.store8 @21 (i32.add @48 (i32.rem_u (local.get $v) @10)))" \
	" (i32.store8 @22 @124) (call $put @1 @20 @3))" \
	"(func $say (param $p i32) (param $n i32)" \
	" (call $put @2 (local.get $p) (local.get $n)))"
/* clang-format on */

/* ---- input and output ---- */

static void
the_body_is_standard_input_and_output_the_answer(void **state)
{
	static const size_t sizes[] = { 0, 1, 6, 7, 8, 1000, 64000,
		TRIAL_OUTPUT };
	static char body[TRIAL_OUTPUT];

	(void)state;
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (char)(i * 7);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		CLEANUP(trial_dispose)
		struct trial t = { .input = { body, sizes[i] } };

		trial_run_file(&t, "command-echo");
		if (t.rc != 0)
			fail_msg("%zu: %s", i, t.e.text);
		assert_true(t.res.has_output);
		assert_false(t.res.has_error);
		assert_true(str_eq(buf_str(&t.res.output), t.input));
		assert_string_equal(buf_cstr(&t.log), "");
	}
}

static void
more_output_than_it_may_ends_a_command(void **state)
{
	static char body[TRIAL_OUTPUT + 1];
	CLEANUP(trial_dispose)
	struct trial t = { .input = { body, sizeof(body) } };

	(void)state;
	trial_run_file(&t, "command-echo");
	assert_int_equal(t.rc, -1);
	assert_int_equal(t.e.kind, ERR_LIMIT);
	assert_string_equal(t.e.text,
	    "wrote more than the 100000 bytes it may to standard output");
	assert_false(t.res.has_output);
}

static void
the_name_is_its_argument_and_its_environment_is_what_was_given(void **state)
{
	static const struct abi_var env[] = {
		{ { "REQUEST_METHOD", 14 }, { "PUT", 3 } },
		/* These have no form with a NUL at the end. */
		{ { "A=B", 3 }, { "x", 1 } },
		{ { "", 0 }, { "x", 1 } },
		{ { "A\0B", 3 }, { "x", 1 } },
		{ { "NUL", 3 }, { "x\0y", 3 } },
		{ { "EMPTY", 5 }, { "", 0 } },
		{ { "Q", 1 }, { "a=b", 3 } },
	};
	static const char want[] =
	    "1hello\0003REQUEST_METHOD=PUT\0EMPTY=\0Q=a=b";
	CLEANUP(trial_dispose)
	struct trial t = { .name = "hello", .env = env, .nenv = COUNT(env) };
	CLEANUP(trial_dispose) struct trial bare = { 0 };

	(void)state;
	trial_run_file(&t, "command-env");
	assert_int_equal(t.rc, 0);
	assert_int_equal(t.res.output.n, sizeof(want));
	assert_memory_equal(t.res.output.p, want, sizeof(want));
	trial_run_file(&bare, "command-env");
	assert_int_equal(bare.rc, 0);
	assert_int_equal(bare.res.output.n, 3);
	assert_memory_equal(bare.res.output.p, "1\0000", 3);
}

static void
a_huge_environment_is_refused_to_the_command(void **state)
{
	static char value[1 << 20];
	static const struct abi_var env[] = { { { "A", 1 },
	    { value, sizeof(value) } } };
	CLEANUP(trial_dispose) struct trial t = { .env = env, .nenv = 1 };

	(void)state;
	memset(value, 'x', sizeof(value));
	trial_run_body(&t, HEAD,
	    "(func (export \"_start\") (call $code "
	    "(call $environ_sizes_get @256 @260))(call $code "
	    "(call $environ_get @256 @512)))",
	    "");
	assert_int_equal(t.rc, 0);
	assert_string_equal(buf_cstr(&t.res.output), "61|61|");
}

/* ---- the end ---- */

static void
the_exit_code_is_the_error(void **state)
{
	static const struct {
		const char *text, *body;
		int32_t code; /* 0: no error */
		const char *message, *output, *log;
	} cases[] = {
		{ "done", "(call $put @1 @256 @4)", 0, "", "done", "" },
		{ "done", "(call $put @1 @256 @4)(call $exit @0)", 0, "",
		    "done", "" },
		{ "", "(call $exit @0)", 0, "", "", "" },
		{ "", "", 0, "", "", "" },
		{ "", "(call $exit @3)", 3, "exit code 3", "", "" },
		{ "", "(call $exit @-1)", -1, "exit code -1", "", "" },
		{ "half", "(call $put @1 @256 @4)(call $exit @1)", 1,
		    "exit code 1", "", "" },
		{ "one\\0alast line\\0a", "(call $say @256 @14)(call $exit @2)",
		    2, "last line", "", "2:one|2:last line|" },
		{ "one\\0alast", "(call $say @256 @8)(call $exit @2)", 2,
		    "last", "", "2:one|2:last|" },
		{ "why\\0a\\0a \\0d\\0a", "(call $say @256 @8)(call $exit @2)",
		    2, "why", "", "2:why|2: \r|" },
		{ " \\0a", "(call $say @256 @2)(call $exit @9)", 9,
		    "exit code 9", "", "2: |" },
		/* Written by and by. */
		{ "ab", "(call $say @256 @1)(call $say @256 @2)(call $exit @4)",
		    4, "aab", "", "2:aab|" },
		/* What it said is no error when it ends well. */
		{ "warning\\0a", "(call $say @256 @8)(call $put @1 @256 @7)", 0,
		    "", "warning", "2:warning|" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(trial_dispose) struct trial t = { 0 };
		CLEANUP(buf_free) struct buf body = BUF(1 << 16);

		buf_addf(&body,
		    "(data (i32.const 256) \"%s\")"
		    "(func (export \"_start\") %s)",
		    cases[i].text, cases[i].body);
		trial_run_body(&t, HEAD, buf_cstr(&body), "");
		if (t.rc != 0)
			fail_msg("%zu: %s", i, t.e.text);
		assert_int_equal(t.res.has_error, cases[i].code != 0);
		assert_int_equal(t.res.has_output, cases[i].code == 0);
		assert_int_equal(t.res.code, cases[i].code);
		if (strcmp(buf_cstr(&t.res.message), cases[i].message) != 0)
			fail_msg("%zu: %s", i, buf_cstr(&t.res.message));
		assert_string_equal(buf_cstr(&t.res.output), cases[i].output);
		assert_string_equal(buf_cstr(&t.log), cases[i].log);
	}
}

static void
a_long_complaint_keeps_its_end(void **state)
{
	CLEANUP(trial_dispose) struct trial t = { 0 };

	(void)state;
	trial_run_body(&t, HEAD,
	    "(func (export \"_start\") (local $i i32) "
	    "(memory.fill @1024 @120 @70000)(call $say @1024 @70000)"
	    "(loop (call $say @1024 @1000) (local.set $i (i32.add "
	    "(local.get $i) @1)) (br_if 0 (i32.lt_u "
	    "(local.get $i) @50)))(call $say @256 @5)(call $exit @1))",
	    "(data @256 \"\\0awhy\\0a\")");
	assert_int_equal(t.rc, 0);
	assert_string_equal(buf_cstr(&t.res.message), "why");
}

static void
a_trap_is_a_failure_whatever_was_written(void **state)
{
	CLEANUP(trial_dispose) struct trial t = { 0 };

	(void)state;
	trial_run_body(&t, HEAD,
	    "(func (export \"_start\") (call $put @1 @256 @4)"
	    "(call $say @256 @4)unreachable)",
	    "(data @256 \"half\")");
	assert_int_equal(t.rc, -1);
	assert_int_equal(t.e.kind, ERR_GUEST);
	assert_string_equal(t.e.text, "unreachable executed");
	assert_false(t.res.has_output);
	assert_int_equal(t.res.output.n, 0);
	assert_true(t.res.nframes > 0);
	assert_string_equal(buf_cstr(&t.log), "2:half|");
}

/* AssemblyScript aborts by a call of its own before it traps: that is an error
 * of the function, and what was written before is no result. */
static void
an_abort_of_a_command_is_its_error(void **state)
{
	CLEANUP(trial_dispose) struct trial t = { 0 };

	(void)state;
	trial_run_body(&t,
	    "(import \"env\" \"abort\" (func $abort (param i32 i32 i32 "
	    "i32)))" HEAD,
	    "(func (export \"_start\") (call $put @1 @256 @4)"
	    "(call $abort @0 @0 @7 @9) unreachable)",
	    "(data @256 \"half\")");
	assert_int_equal(t.rc, 0);
	assert_true(t.res.has_error);
	assert_int_equal(t.res.code, -1);
	assert_string_equal(buf_cstr(&t.res.message), "abort");
	assert_false(t.res.has_output);
	assert_int_equal(t.res.output.n, 0);
}

/* ---- the descriptors ---- */

static void
descriptors_are_a_stream_each_and_no_more(void **state)
{
	static const struct {
		const char *body, *want; /* errno of each call */
	} cases[] = {
		{ "(call $code (call $fd_seek @0 (i64.const 0) @0 @256))"
		  "(call $code (call $fd_tell @0 @256))(call $code "
		  "(call $fd_tell @3 @256))",
		    "70|70|08|" },
		{ "(call $code (call $fd_fdstat_get @0 @256))(call $code "
		  "(call $fd_fdstat_get @3 @256))(call $code "
		  "(call $fd_fdstat_get @0 @131064))(call $code "
		  "(call $fd_filestat_get @1 @256))(call $code "
		  "(call $fd_filestat_get @1 @-1))",
		    "00|08|21|00|21|" },
		{ "(call $code (call $fd_prestat_get @3 @256))(call $code "
		  "(call $sock_shutdown @0 @0))(call $code "
		  "(call $fd_sync @0))",
		    "08|52|08|" },
		/* Reading from what is for writing, and the other way. */
		{ "(call $code (call $fd_read @1 @256 @0 @280))(call $code "
		  "(call $fd_write @0 @256 @0 @280))",
		    "08|08|" },
		/* Closed is closed. */
		{ "(call $code (call $fd_close @0))(call $code "
		  "(call $fd_close @0))(call $code "
		  "(call $fd_read @0 @256 @0 @280))(call $code "
		  "(call $fd_seek @0 (i64.const 0) @0 @256))(call $code "
		  "(call $fd_fdstat_get @0 @256))(call $code "
		  "(call $fd_close @2))(call $code "
		  "(call $fd_write @2 @256 @0 @280))(call $code "
		  "(call $fd_close @3))(call $code (call $fd_close @-1))",
		    "00|08|08|08|08|00|08|08|08|" },
		/* Vectors: none, at the end, past it; of very many the
		 * first 1024 are written. */
		{ "(call $code (call $fd_write @2 @256 @0 @280))(call $code "
		  "(call $fd_write @2 @131064 @1 @280))(call $code "
		  "(call $fd_write @2 @131065 @1 @280))(call $code "
		  "(call $fd_write @2 @256 @-1 @280))(call $code "
		  "(call $fd_write @2 @-8 @1 @280))(call $code "
		  "(call $fd_write @2 @256 @0 @131069))",
		    "00|00|21|00|21|21|" },
		{ "(call $code (call $fd_read @0 @131064 @1 @280))(call $code"
		  " (call $fd_read @0 @131065 @1 @280))(call $code "
		  "(call $fd_read @0 @256 @0 @-2))",
		    "00|21|21|" },
		/* Where the texts of the environment go. */
		{ "(call $code (call $args_sizes_get @-1 @256))(call $code "
		  "(call $args_sizes_get @256 @131069))(call $code "
		  "(call $args_get @131069 @256))(call $code "
		  "(call $args_get @256 @131071))(call $code "
		  "(call $args_get @256 @131068))(call $code "
		  "(call $environ_get @-1 @-1))",
		    "21|21|21|21|00|00|" },
		{ "(call $code (call $random_get @256 @-1))(call $code "
		  "(call $random_get @0 @131072))(call $code "
		  "(call $random_get @131072 @0))(call $code "
		  "(call $random_get @131072 @1))",
		    "21|00|00|21|" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(trial_dispose)
		struct trial t = { .name = "fn", .input = STR("abc") };
		CLEANUP(buf_free) struct buf body = BUF(1 << 16);

		buf_addf(&body, "(func (export \"_start\") %s)", cases[i].body);
		trial_run_body(&t, HEAD, buf_cstr(&body), "");
		if (t.rc != 0 ||
		    strcmp(buf_cstr(&t.res.output), cases[i].want) != 0)
			fail_msg("%zu: %d %s '%s'", i, t.rc, t.e.text,
			    buf_cstr(&t.res.output));
	}
}

/* What went before a bad vector has happened, and its count is told: of three,
 * 2 bytes each, the one in the middle is nowhere. */
static void
a_bad_vector_ends_the_list_and_not_what_was_done(void **state)
{
	CLEANUP(trial_dispose) struct trial t = { .input = STR("abcdef") };

	(void)state;
	trial_run_body(&t, HEAD,
	    "(func (export \"_start\") (i32.store @256 @300)"
	    "(i32.store @260 @2)(i32.store @264 @-1)(i32.store @268 @2)"
	    "(i32.store @272 @310)(i32.store @276 @2)(call $code "
	    "(call $fd_read @0 @256 @3 @280))(call $code "
	    "(i32.load @280))(call $code "
	    "(call $fd_write @1 @256 @3 @280))(call $code "
	    "(i32.load @280))(call $code "
	    "(call $fd_read @0 @256 @1 @280))(call $put @1 @300 @2))",
	    "");
	assert_int_equal(t.rc, 0);
	assert_string_equal(buf_cstr(&t.res.output), "00|02|ab00|02|00|cd");
}

/* A host with other calls on its thread: a sleep of an hour is cut short. */
static void
a_sleeping_command_holds_no_thread(void **state)
{
	CLEANUP(trial_dispose) struct trial t = { 0 };

	(void)state;
	trial_run_body(&t, HEAD,
	    "(func (export \"_start\") (i64.store @512 (i64.const 77))"
	    "(i32.store @528 @1)(i64.store @536 "
	    "(i64.const 3600000000000))(call $code "
	    "(call $poll_oneoff @512 @1024 @1 @2000))(call $code "
	    "(i32.load @2000))(call $code (i32.load @1024)))",
	    "");
	assert_int_equal(t.rc, 0);
	assert_string_equal(buf_cstr(&t.res.output), "00|01|77|");
}

/* A host whose time is virtual says when a sleep is over: at once. */
static void
a_sleep_takes_none_of_the_real_time_where_the_host_says_so(void **state)
{
	CLEANUP(trial_dispose) struct trial t = { .no_time = true };

	(void)state;
	trial_run_body(&t, HEAD,
	    "(func (export \"_start\") (i64.store @512 (i64.const 77))"
	    "(i32.store @528 @1)(i64.store @536 "
	    "(i64.const 3600000000000))(call $code "
	    "(call $poll_oneoff @512 @1024 @1 @2000))(call $code "
	    "(i32.load @2000)))",
	    "");
	assert_int_equal(t.rc, 0);
	assert_string_equal(buf_cstr(&t.res.output), "00|01|");
	assert_true(t.slept_ns == UINT64_C(3600000000000));
}

/* It has no ident to prove itself with. */
static void
a_command_has_no_calls_of_a_runnable(void **state)
{
	CLEANUP(trial_dispose) struct trial t = { 0 };

	(void)state;
	trial_run_body(&t, HEAD,
	    "(func (export \"_start\") (call $code (i32.sub @0 "
	    "(call $cache_get @256 @1 @0))))",
	    "(data @256 \"k\")");
	assert_int_equal(t.rc, 0);
	assert_string_equal(buf_cstr(&t.res.output), "01|");
	assert_string_equal(buf_cstr(&t.asks), "");
}

/* upstream.md 5.3: no environment, no arguments; the output is the log. */
static void
a_runnable_has_no_input_arguments_or_environment(void **state)
{
	static const struct abi_var env[] = { { { "A", 1 }, { "b", 1 } } };
	CLEANUP(trial_dispose)
	struct trial t = {
		.name = "fn", .input = STR("abc"), .env = env, .nenv = 1
	};

	(void)state;
	trial_run_body(&t, HEAD,
	    "(func (export \"allocate\") (param i32)"
	    " (result i32) @4096)(func (export \"run_e\")"
	    " (param i32 i32 i32) (i32.store @256 @300) "
	    "(i32.store @260 @2)(call $code "
	    "(call $fd_read @0 @256 @1 @280))(call $code "
	    "(i32.load @280))(call $code "
	    "(call $args_sizes_get @256 @260))(call $code "
	    "(i32.load @256))(call $code "
	    "(call $environ_sizes_get @256 @260))(call $code "
	    "(i32.load @256)))",
	    "");
	assert_int_equal(t.rc, 0);
	assert_true(t.res.nothing);
	assert_string_equal(buf_cstr(&t.log), "3:00|00|00|00|00|00||");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_body_is_standard_input_and_output_the_answer),
		cmocka_unit_test(more_output_than_it_may_ends_a_command),
		cmocka_unit_test(
		    the_name_is_its_argument_and_its_environment_is_what_was_given),
		cmocka_unit_test(a_huge_environment_is_refused_to_the_command),
		cmocka_unit_test(the_exit_code_is_the_error),
		cmocka_unit_test(a_long_complaint_keeps_its_end),
		cmocka_unit_test(a_trap_is_a_failure_whatever_was_written),
		cmocka_unit_test(an_abort_of_a_command_is_its_error),
		cmocka_unit_test(descriptors_are_a_stream_each_and_no_more),
		cmocka_unit_test(
		    a_bad_vector_ends_the_list_and_not_what_was_done),
		cmocka_unit_test(a_sleeping_command_holds_no_thread),
		cmocka_unit_test(
		    a_sleep_takes_none_of_the_real_time_where_the_host_says_so),
		cmocka_unit_test(a_command_has_no_calls_of_a_runnable),
		cmocka_unit_test(
		    a_runnable_has_no_input_arguments_or_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
