/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi/trial.h"

/* A host that notes what it is asked and answers by a table. */
struct told {
	struct buf log;	 /* "level:text|" */
	struct buf asks; /* "what n a b|" */
	size_t nlogs;
	int rc;
	const char *answer;
	uint64_t clock_ns;
};

static int
ask(void *arg, const struct abi_ask *q, struct buf *out)
{
	struct told *t = arg;

	switch (q->what) {
	case ABI_LOG:
		t->nlogs++;
		buf_addf(&t->log, "%d:" STR_F "|", q->n, STR_A(q->a));
		return 0;
	case ABI_CLOCK:
		if (t->clock_ns == 0)
			return 1;
		for (int i = 0; i < 64; i += 8)
			buf_addc(out, (char)(t->clock_ns >> i));
		return 0;
	case ABI_RANDOM:
		for (int i = 0; i < q->n; i++)
			buf_addc(out, 'R');
		return 0;
	case ABI_SLEEP:
		return 1;
	default:
		buf_addf(&t->asks, "%d %d " STR_F " " STR_F, q->what, q->n,
		    STR_A(q->a), STR_A(q->b));
		for (size_t i = 0; i < q->nvars; i++)
			buf_addf(&t->asks, " " STR_F "=" STR_F,
			    STR_A(q->vars[i].name), STR_A(q->vars[i].value));
		buf_addc(&t->asks, '|');
		if (t->answer)
			buf_add(out, str_of(t->answer));
		return t->rc;
	}
}

struct outcome {
	int rc;
	struct err e;
	struct abi_result res;
	struct told told;
};

static void
dispose(struct outcome *o)
{
	abi_result_dispose(&o->res);
	buf_free(&o->told.log);
	buf_free(&o->told.asks);
}

static void
call_wasm(struct str wasm, const char *input, struct outcome *o)
{
	struct engine_limits lim = { .memory_bytes = 64 << 20,
		.deadline_ms = 10000 };
	struct engine_options opt = { 0 };
	struct engine *en = NULL;
	struct code *code = NULL;
	struct abi_host host = {
		.ask = ask, .arg = &o->told, .output_bytes = 100000
	};

	o->e.kind = ERR_NONE;
	o->told.log = (struct buf)BUF(64 << 20);
	o->told.asks = (struct buf)BUF(1 << 20);
	assert_int_equal(engine_new(&en, &opt, &o->e), 0);
	if (code_load(&code, en, wasm, STR("m"), abi_imports(), &o->e) < 0)
		fail_msg("%s", o->e.text);
	if (o->told.rc == 99) /* a short one */
		lim.deadline_ms = 100;
	o->rc = abi_call(code, &lim, &host, str_of(input), &o->res, &o->e);
	code_free(&code);
	engine_free(&en);
}

static void
call_text(struct str text, const char *input, struct outcome *o)
{
	CLEANUP(buf_free) struct buf wasm = BUF(1 << 20);

	assert_true(trial_assemble(text, &wasm));
	call_wasm(buf_str(&wasm), input, o);
}

static void
call_file(const char *name, const char *input, struct outcome *o)
{
	CLEANUP(buf_free) struct buf text = BUF(1 << 16);
	struct err e = ERR;
	char path[200];

	(void)snprintf(path, sizeof(path), "testdata/abi/%s.wat", name);
	assert_int_equal(os_read(&text, path, &e), 0);
	call_text(buf_str(&text), input, o);
}

/* run_e with this body; $p $n $id are its parameters, and there are locals $a
 * and $b, and 256 for answers. */
static void
call_body(const char *body, const char *input, struct outcome *o)
{
	static const char head[] =
	    "(module"
	    "(import \"env\" \"return_result\""
	    " (func $result (param i32 i32 i32)))"
	    "(import \"env\" \"return_error\""
	    " (func $error (param i32 i32 i32 i32)))"
	    "(import \"env\" \"return_abort\""
	    " (func $abort (param i32 i32 i32 i32 i32 i32 i32)))"
	    "(import \"env\" \"abort\""
	    " (func $as_abort (param i32 i32 i32 i32)))"
	    "(import \"env\" \"log_msg\" (func $log (param i32 i32 i32 i32)))"
	    "(import \"env\" \"fetch_url\" (func $fetch"
	    " (param i32 i32 i32 i32 i32 i32) (result i32)))"
	    "(import \"env\" \"cache_set\" (func $set"
	    " (param i32 i32 i32 i32 i32 i32) (result i32)))"
	    "(import \"env\" \"cache_get\" (func $get"
	    " (param i32 i32 i32) (result i32)))"
	    "(import \"env\" \"request_set_field\" (func $set_field"
	    " (param i32 i32 i32 i32 i32 i32) (result i32)))"
	    "(import \"env\" \"db_exec\" (func $db"
	    " (param i32 i32 i32 i32) (result i32)))"
	    "(import \"env\" \"add_ffi_var\" (func $var"
	    " (param i32 i32 i32 i32 i32) (result i32)))"
	    "(import \"env\" \"get_ffi_result\" (func $take"
	    " (param i32 i32) (result i32)))"
	    "(import \"wasi_snapshot_preview1\" \"fd_write\""
	    " (func $write (param i32 i32 i32 i32) (result i32)))"
	    "(import \"wasi_snapshot_preview1\" \"fd_read\""
	    " (func $read (param i32 i32 i32 i32) (result i32)))"
	    "(import \"wasi_snapshot_preview1\" \"environ_sizes_get\""
	    " (func $env (param i32 i32) (result i32)))"
	    "(import \"wasi_snapshot_preview1\" \"clock_time_get\""
	    " (func $clock (param i32 i64 i32) (result i32)))"
	    "(import \"wasi_snapshot_preview1\" \"random_get\""
	    " (func $random (param i32 i32) (result i32)))"
	    "(import \"wasi_snapshot_preview1\" \"poll_oneoff\""
	    " (func $poll (param i32 i32 i32 i32) (result i32)))"
	    "(import \"wasi_snapshot_preview1\" \"path_open\" (func $open"
	    " (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"
	    "(import \"wasi_snapshot_preview1\" \"proc_exit\""
	    " (func $exit (param i32)))"
	    "(memory (export \"memory\") 2)"
	    "(data (i32.const 16) \"keyvaluehttp://x/::A:b::Bad\")"
	    /* "hi\u20ac\U0001f600" in UTF-16 after its length, and "f" */
	    "(data (i32.const 96) \"\\0a\\00\\00\\00h\\00i\\00\\ac\\20"
	    "\\3d\\d8\\00\\de\\02\\00\\00\\00f\\00\")"
	    "(func (export \"allocate\") (param i32) (result i32)"
	    " (i32.const 4096))"
	    /* Logs its parameter: a size code, as text in decimal. */
	    WAT_SAY(
		"4") "(func (export \"run_e\") (param $p i32) (param $n i32)"
		     " (param $id i32) (local $a i32) (local $b i32) ";
	CLEANUP(buf_free) struct buf text = BUF(1 << 16);

	buf_addf(&text, "%s%s))", head, body);
	call_text(buf_str(&text), input, o);
}

#define ID "(local.get $id)"
#define GET "(call $get (i32.const 16) (i32.const 3) " ID ")"
#define SAY(value) "(call $say " value " " ID ")"

/* ---- results ---- */

static void
each_way_to_end_is_told_apart(void **state)
{
	static const struct {
		const char *file;
		int rc;
		enum err_kind kind;
		const char *output;  /* NULL: none */
		const char *message; /* of a returned error, or NULL */
		const char *text;    /* of e */
	} cases[] = {
		{ "echo", 0, 0, "hello", NULL, "" },
		{ "nothing", 0, 0, NULL, NULL, "" },
		{ "twice", 0, 0, "first", NULL, "" },
		{ "ident", 0, 0, NULL, NULL, "" },
		{ "error", 0, 0, NULL, "no name", "" },
		{ "error-trap", 0, 0, NULL, "why", NULL },
		{ "trap", -1, ERR_GUEST, NULL, NULL, "unreachable executed" },
		{ "outside", -1, ERR_GUEST, NULL, NULL,
		    "return_result: handed back memory outside of its own: "
		    "4 bytes at 0xfffffff0" },
		{ "recurse", -1, ERR_LIMIT, NULL, NULL,
		    "recursed too deeply: its stack passed 512 KiB" },
		{ "grow", -1, ERR_LIMIT, NULL, NULL,
		    "reached its memory limit of 64 MiB "
		    "(unreachable executed)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(dispose) struct outcome o = { 0 };

		call_file(cases[i].file, "hello", &o);
		assert_int_equal(o.rc, cases[i].rc);
		assert_int_equal(o.e.kind, cases[i].kind);
		if (cases[i].text)
			assert_string_equal(o.e.text, cases[i].text);
		assert_int_equal(o.res.has_output, cases[i].output != NULL);
		assert_string_equal(buf_cstr(&o.res.output),
		    cases[i].output ? cases[i].output : "");
		assert_int_equal(o.res.has_error, cases[i].message != NULL);
		assert_string_equal(buf_cstr(&o.res.message),
		    cases[i].message ? cases[i].message : "");
		assert_int_equal(
		    o.res.twice, strcmp(cases[i].file, "twice") == 0);
		assert_true(o.res.wall_ns > 0);
		assert_true(o.res.memory_bytes >= 131072);
	}
}

/* upstream 5.1: "a module that returns twice blocks the Go host for ever" */
static void
bug_5_1_a_second_result_blocks_nothing(void **state)
{
	CLEANUP(dispose) struct outcome o = { 0 };

	(void)state;
	call_file("twice", "", &o);
	assert_int_equal(o.rc, 0);
	assert_string_equal(buf_cstr(&o.res.output), "first");
	assert_true(o.res.twice);
}

static void
a_trap_leaves_its_frames(void **state)
{
	CLEANUP(dispose) struct outcome o = { 0 };

	(void)state;
	call_file("trap", "", &o);
	assert_int_equal(o.res.nframes, 3);
	assert_string_equal(o.res.frames[0].func, "inner");
	assert_string_equal(o.res.frames[1].func, "outer");
	assert_string_equal(o.res.frames[2].func, "run_e");
}

static void
an_endless_loop_ends_in_time(void **state)
{
	CLEANUP(dispose) struct outcome o = { .told.rc = 99 };

	(void)state;
	call_file("loop", "", &o);
	assert_int_equal(o.rc, -1);
	assert_int_equal(o.e.kind, ERR_LIMIT);
	assert_string_equal(o.e.text, "ran longer than 100 ms");
}

static void
output_has_a_ceiling(void **state)
{
	static const struct {
		const char *size;
		int rc;
	} cases[] = { { "100000", 0 }, { "100001", -1 }, { "131072", -1 } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(dispose) struct outcome o = { 0 };
		char body[200];

		(void)snprintf(body, sizeof(body),
		    "(call $result (i32.const 0) (i32.const %s) " ID ")",
		    cases[i].size);
		call_body(body, "", &o);
		assert_int_equal(o.rc, cases[i].rc);
		if (o.rc < 0)
			assert_int_equal(o.e.kind, ERR_LIMIT);
		else
			assert_int_equal(o.res.output.n, 100000);
	}
}

static void
an_abort_is_a_returned_error(void **state)
{
	static const struct {
		const char *body, *want;
	} cases[] = {
		{ "(call $abort (i32.const 16) (i32.const 3) (i32.const 19)"
		  " (i32.const 5) (i32.const 7) (i32.const 9) " ID
		  ") unreachable",
		    "key, at value:7:9" },
		{ "(call $as_abort (i32.const 100) (i32.const 114)"
		  " (i32.const 2) (i32.const 3)) unreachable",
		    "hi\xe2\x82\xac\xf0\x9f\x98\x80, at f:2:3" },
		{ "(call $as_abort (i32.const 0) (i32.const 0xfffffff0)"
		  " (i32.const 2) (i32.const 3)) unreachable",
		    "abort" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(dispose) struct outcome o = { 0 };

		call_body(cases[i].body, "", &o);
		assert_int_equal(o.rc, 0);
		assert_true(o.res.has_error);
		assert_int_equal(o.res.code, -1);
		assert_string_equal(buf_cstr(&o.res.message), cases[i].want);
		assert_true(o.res.nframes > 0);
	}
}

static void
an_exit_is_success_only_with_zero(void **state)
{
	static const struct {
		const char *body;
		int rc;
		const char *text, *output;
	} cases[] = {
		{ "(call $result (i32.const 16) (i32.const 3) " ID ")"
		  "(call $exit (i32.const 0))",
		    0, "", "key" },
		{ "(call $exit (i32.const 0))", 0, "", "" },
		{ "(call $result (i32.const 16) (i32.const 3) " ID ")"
		  "(call $exit (i32.const 3))",
		    -1, "exited with code 3", "key" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(dispose) struct outcome o = { 0 };

		call_body(cases[i].body, "", &o);
		assert_int_equal(o.rc, cases[i].rc);
		assert_string_equal(o.e.text, cases[i].text);
		assert_string_equal(buf_cstr(&o.res.output), cases[i].output);
	}
}

/* ---- answers to fetch ---- */

static void
size_codes_follow_the_rules(void **state)
{
	static const struct {
		const char *what, *body;
		int rc;
		const char *answer, *log, *asks, *output;
	} cases[] = {
		{ "an answer is fetched",
		    SAY("(local.tee $a " GET ")") SAY(
			"(call $take (i32.const 256) " ID
			")") "(call $result (i32.const 256) (local.get $a) " ID
			     ")",
		    0, "value", "4:5|4:0|", "4 0 key |", "value" },
		{ "an error's text is fetched",
		    SAY("(local.tee $a " GET ")")
			SAY("(call $take (i32.const 256) " ID
			    ")") "(call $result (i32.const 256) (i32.sub "
				 "(i32.const 0)"
				 " (local.get $a)) " ID ")",
		    1, "key not found", "4:-13|4:0|", "4 0 key |",
		    "key not found" },
		{ "an error without text has one", SAY(GET), 1, "", "4:-13|",
		    "4 0 key |", "" },
		{ "an error of one letter has another", SAY(GET), 1, "x",
		    "4:-13|", "4 0 key |", "" },
		{ "nothing is asked while an answer waits",
		    SAY(GET) SAY(GET) SAY("(call $take (i32.const 256) " ID ")")
			SAY(GET),
		    0, "ab", "4:2|4:-1|4:0|4:2|", "4 0 key |4 0 key |", "" },
		{ "an empty answer waits too",
		    SAY(GET) SAY(GET) SAY("(call $take (i32.const 256) " ID ")")
			SAY(GET),
		    0, "", "4:0|4:-1|4:0|4:0|", "4 0 key |4 0 key |", "" },
		{ "there is nothing to fetch twice",
		    SAY(GET) SAY("(call $take (i32.const 256) " ID ")")
			SAY("(call $take (i32.const 256) " ID ")"),
		    0, "ab", "4:2|4:0|4:-1|", "4 0 key |", "" },
		{ "a wrong ident asks nothing",
		    SAY("(call $get (i32.const 16) (i32.const 3)"
			" (i32.xor " ID " (i32.const 1)))"),
		    0, "ab", "4:-1|", "", "" },
		{ "a name outside of memory asks nothing",
		    SAY("(call $get (i32.const 16) (i32.const -1) " ID ")") SAY(
			"(call $get (i32.const 131071) (i32.const 2) " ID ")")
			SAY("(call $get (i32.const -16) (i32.const 3) " ID ")"),
		    0, "ab", "4:-1|4:-1|4:-1|", "", "" },
		{ "a name of more than 64 KiB asks nothing",
		    SAY("(call $get (i32.const 0) (i32.const 65537) " ID ")"),
		    0, "ab", "4:-1|", "", "" },
		{ "an answer that does not fit is gone",
		    SAY(GET) SAY("(call $take (i32.const 131071) " ID ")")
			SAY(GET),
		    0, "ab", "4:2|4:-1|4:2|", "4 0 key |4 0 key |", "" },
		{ "cache_set leaves nothing",
		    SAY("(call $set (i32.const 16) (i32.const 3)"
			" (i32.const 19) (i32.const 5) (i32.const 60) " ID ")")
			SAY("(call $take (i32.const 256) " ID ")"),
		    0, "", "4:0|4:-1|", "3 60 key value|", "" },
		{ "a refused cache_set is -2",
		    SAY("(call $set (i32.const 16) (i32.const 3)"
			" (i32.const 19) (i32.const 5) (i32.const 60) " ID ")"),
		    1, "no", "4:-2|", "3 60 key value|", "" },
		{ "request_set_field leaves an empty answer",
		    SAY("(call $set_field (i32.const 4) (i32.const 16)"
			" (i32.const 3) (i32.const 19) (i32.const 5) " ID ")")
			SAY(GET) SAY("(call $take (i32.const 256) " ID ")"),
		    0, "", "4:0|4:-1|4:0|", "6 4 key value|", "" },
		{ "fetch_url with headers",
		    SAY("(call $fetch (i32.const 3) (i32.const 24)"
			" (i32.const 14) (i32.const 19) (i32.const 5) " ID ")"),
		    0, "ok", "4:2|", "1 3 http://x/::A:b value|", "" },
		{ "what makes no sense is -2, and nothing waits",
		    SAY("(call $fetch (i32.const 7) (i32.const 24)"
			" (i32.const 9) (i32.const 0) (i32.const 0) " ID ")")
			SAY("(call $take (i32.const 256) " ID ")"),
		    ABI_MALFORMED, "", "4:-2|4:-1|", "1 7 http://x/ |", "" },
		{ "db_exec takes the variables and drops them",
		    SAY("(call $var (i32.const 16) (i32.const 3)"
			" (i32.const 19) (i32.const 5) " ID ")")
			SAY("(call $db (i32.const 1) (i32.const 16)"
			    " (i32.const 3) " ID ")")
			    SAY("(call $db (i32.const 1) (i32.const 16)"
				" (i32.const 3) " ID ")")
				SAY("(call $take (i32.const 256) " ID ")")
				    SAY("(call $db (i32.const 0) (i32.const 16)"
					" (i32.const 3) " ID ")"),
		    0, "[]", "4:0|4:2|4:-1|4:0|4:2|",
		    "9 1 key  key=value|9 0 key |", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(dispose)
		struct outcome o = { .told = { .rc = cases[i].rc,
					 .answer = cases[i].answer } };

		call_body(cases[i].body, "", &o);
		if (strcmp(buf_cstr(&o.told.log), cases[i].log) != 0 ||
		    strcmp(buf_cstr(&o.told.asks), cases[i].asks) != 0 ||
		    strcmp(buf_cstr(&o.res.output), cases[i].output) != 0)
			fail_msg("%s: log '%s', asked '%s', gave '%s'",
			    cases[i].what, buf_cstr(&o.told.log),
			    buf_cstr(&o.told.asks), buf_cstr(&o.res.output));
	}
}

/* ---- log ---- */

static void
what_is_printed_becomes_log_lines(void **state)
{
	CLEANUP(dispose) struct outcome o = { .told.answer = "Ada" };

	(void)state;
	call_file("log", "text", &o);
	assert_string_equal(buf_cstr(&o.told.log), "2:text|3:printed|3:half|");
	assert_string_equal(buf_cstr(&o.res.output), "Ada");
}

static void
a_flood_costs_a_bounded_log(void **state)
{
	static const char *const files[] = { "flood", "stdout-flood" };

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		CLEANUP(dispose) struct outcome o = { 0 };

		call_file(files[i], "", &o);
		assert_int_equal(o.rc, 0);
		assert_true(o.told.log.n <= (1 << 20) + 8192);
		assert_true(o.told.nlogs <= 10001);
		assert_true(str_ends(buf_str(&o.told.log),
		    "|2:its log passed 1 MiB or 10000 lines: "
		    "the rest is dropped|"));
	}
}

static void
lines_are_counted_too(void **state)
{
	CLEANUP(dispose) struct outcome o = { 0 };

	(void)state;
	call_body("(loop (call $log (i32.const 16) (i32.const 3)"
		  " (i32.const 9) " ID ") (br_if 0 (i32.lt_u (local.tee $a"
		  " (i32.add (local.get $a) (i32.const 1)))"
		  " (i32.const 12000))))",
	    "", &o);
	assert_int_equal(o.told.nlogs, 10001);
	assert_true(str_starts(buf_str(&o.told.log), "3:key|3:key|"));
}

/* ---- WASI ---- */

static void
wasi_gives_only_clock_chance_and_log(void **state)
{
	CLEANUP(dispose) struct outcome o = { .told.clock_ns = 12345678901 };

	(void)state;
	call_body(
	    SAY("(call $env (i32.const 256) (i32.const 260))") SAY(
		"(i32.load (i32.const 256))") SAY("(i32.load (i32.const 260))")
		SAY("(call $clock (i32.const 0) (i64.const 1) (i32.const 256))")
		    SAY("(i32.wrap_i64 (i64.div_u (i64.load (i32.const 256))"
			" (i64.const 1000000)))")
			SAY("(call $clock (i32.const 4) (i64.const 1) "
			    "(i32.const 256))") SAY("(call $clock (i32.const "
						    "0) (i64.const 1)"
						    " (i32.const 131070))")
			    SAY("(call $random (i32.const 256) (i32.const "
				"70000))") SAY("(i32.load8_u (i32.const "
					       "70255))")
				SAY("(call $random (i32.const 256) (i32.const "
				    "-1))") SAY("(call $read (i32.const 0) "
						"(i32.const 80000) "
						"(i32.const 1)"
						" (i32.const 264))")
				    SAY("(call $write (i32.const 3) (i32.const "
					"256) (i32.const 1)"
					" (i32.const 264))")
					SAY("(call $write (i32.const 1) "
					    "(i32.const 131068)"
					    " (i32.const 1) (i32.const 264))")
					    SAY("(call $open (i32.const 3) "
						"(i32.const 0) (i32.const 16)"
						" (i32.const 3) (i32.const 0) "
						"(i64.const 0) (i64.const 0)"
						" (i32.const 0) (i32.const "
						"256))"),
	    "", &o);
	assert_string_equal(buf_cstr(&o.told.log),
	    "4:0|4:0|4:0|"
	    "4:0|4:12345|4:28|4:21|"
	    "4:0|4:82|4:21|"
	    "4:0|4:8|4:21|"
	    "4:8|");
}

static void
a_sleep_ends_with_the_deadline(void **state)
{
	/* One subscription to the monotonic clock, 300 s, at 512. */
	static const char body[] =
	    "(i64.store (i32.const 512) (i64.const 77))"
	    "(i32.store (i32.const 528) (i32.const 1))"
	    "(i64.store (i32.const 536) (i64.const %s))" SAY(
		"(call $poll (i32.const 512) (i32.const 1024) (i32.const 1)"
		" (i32.const 2000))") SAY("(i32.load (i32.const 2000))")
		SAY("(i32.load (i32.const 1024))") "(loop (br_if 0 (i32.eqz "
						   "(i32.load (i32.const "
						   "2000)))))";
	char text[1000];

	(void)state;
	{
		CLEANUP(dispose) struct outcome o = { .told.rc = 99 };

		(void)snprintf(text, sizeof(text), body, "300000000000");
		call_body(text, "", &o);
		assert_int_equal(o.rc, -1);
		assert_int_equal(o.e.kind, ERR_LIMIT);
		assert_string_equal(o.e.text, "ran longer than 100 ms");
		assert_true(o.res.wall_ns < UINT64_C(20000000000));
	}
	{
		CLEANUP(dispose) struct outcome o = { 0 };

		(void)snprintf(text, sizeof(text), body, "3000000");
		call_body(text, "", &o);
		assert_int_equal(o.rc, 0);
		assert_string_equal(buf_cstr(&o.told.log), "4:0|4:1|4:77|");
		assert_true(o.res.wall_ns >= 3000000);
	}
}

/* ---- initialisers ---- */

#define FUNCTION(name, digit) \
	"(func (export \"" name \
	"\") (i32.store8 (global.get $n) (i32.const " digit \
	")) (global.set $n (i32.add (global.get $n) (i32.const 1))))"

/* upstream 5.1: "35 of the 154 prebuilt modules examined register their
 * Runnable only in init, and 36 more have neither; so call whatever exists" */
static void
trap_5_1_initialisers_run_as_they_exist(void **state)
{
	static const struct {
		const char *funcs, *want;
	} cases[] = {
		{ "", "" },
		{ FUNCTION("_start", "49"), "1" },
		{ FUNCTION("init", "50"), "2" },
		{ FUNCTION("_start", "49") FUNCTION("init", "50"), "12" },
		{ FUNCTION("_initialize", "51") FUNCTION("init", "50"), "32" },
		{ FUNCTION("_initialize", "51") FUNCTION("_start", "49"), "3" },
		{ "(func (export \"_start\") (call $exit (i32.const "
		  "0)))" FUNCTION("init", "50"),
		    "2" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(dispose) struct outcome o = { 0 };
		CLEANUP(buf_free) struct buf text = BUF(1 << 16);
		buf_addf(&text,
		    "(import \"env\" \"return_result\""
		    " (func $result (param i32 i32 i32)))"
		    "(import \"wasi_snapshot_preview1\" \"proc_exit\""
		    " (func $exit (param i32)))"
		    "(memory (export \"memory\") 1)"
		    "(global $n (mut i32) (i32.const 64))"
		    "(func (export \"allocate\") (param i32) (result i32)"
		    " (i32.const -5)) %s"
		    "(func (export \"run_e\") (param i32 i32 i32)"
		    " (call $result (i32.const 64)"
		    " (i32.sub (global.get $n) (i32.const 64))"
		    " (local.get 2)))",
		    cases[i].funcs);
		call_text(buf_str(&text), "", &o);
		assert_int_equal(o.rc, 0);
		assert_string_equal(buf_cstr(&o.res.output), cases[i].want);
	}
}

static void
what_is_no_function_is_refused(void **state)
{
	static const char *const cases[] = {
		"(memory (export \"memory\") 1)",
		"(func (export \"_start\") (param i32))",
		"(func (export \"run_e\") (param i32 i32 i32))",
		"(func (export \"allocate\") (param i32) (result i32)"
		" (i32.const 0))"
		"(func (export \"run_e\") (param i64) (result i32)"
		" (i32.const 0))",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(dispose) struct outcome o = { 0 };
		call_text(str_of(cases[i]), "", &o);
		assert_int_equal(o.rc, -1);
		assert_int_equal(o.e.kind, ERR_INPUT);
		assert_non_null(strstr(o.e.text, "run_e"));
	}
}

static void
a_bad_allocate_is_told(void **state)
{
	CLEANUP(dispose) struct outcome o = { 0 };

	(void)state;
	call_text(STR("(memory (export \"memory\") 1)"
		      "(func (export \"allocate\") (param i32) (result i32)"
		      " (i32.const 65534))"
		      "(func (export \"run_e\") (param i32 i32 i32))"),
	    "abc", &o);
	assert_int_equal(o.rc, -1);
	assert_int_equal(o.e.kind, ERR_GUEST);
	assert_string_equal(o.e.text,
	    "allocate: handed back memory outside of its own: "
	    "3 bytes at 0x0000fffe");
}

/* ---- the table ---- */

static void
every_offer_is_answered_and_no_other(void **state)
{
	const struct engine_import *i;
	const struct module_offer *o;
	size_t noffers = 0, nimports = 0;

	(void)state;
	for (o = module_offers; o->name; o++, noffers++) {
		for (i = abi_imports(); i->name; i++)
			if (strcmp(i->ns, o->ns) == 0 &&
			    strcmp(i->name, o->name) == 0 &&
			    strcmp(i->type, o->type) == 0)
				break;
		if (!i->name)
			fail_msg("%s.%s %s", o->ns, o->name, o->type);
		assert_non_null(i->fn);
	}
	for (i = abi_imports(); i->name; i++)
		nimports++;
	assert_int_equal(nimports, noffers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_to_end_is_told_apart),
		cmocka_unit_test(bug_5_1_a_second_result_blocks_nothing),
		cmocka_unit_test(a_trap_leaves_its_frames),
		cmocka_unit_test(an_endless_loop_ends_in_time),
		cmocka_unit_test(output_has_a_ceiling),
		cmocka_unit_test(an_abort_is_a_returned_error),
		cmocka_unit_test(an_exit_is_success_only_with_zero),
		cmocka_unit_test(size_codes_follow_the_rules),
		cmocka_unit_test(what_is_printed_becomes_log_lines),
		cmocka_unit_test(a_flood_costs_a_bounded_log),
		cmocka_unit_test(lines_are_counted_too),
		cmocka_unit_test(wasi_gives_only_clock_chance_and_log),
		cmocka_unit_test(a_sleep_ends_with_the_deadline),
		cmocka_unit_test(trap_5_1_initialisers_run_as_they_exist),
		cmocka_unit_test(what_is_no_function_is_refused),
		cmocka_unit_test(a_bad_allocate_is_told),
		cmocka_unit_test(every_offer_is_answered_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
