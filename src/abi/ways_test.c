/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of 2020, what runs before a call, what is not loaded at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/trial.h"

static bool
output_is(const struct trial *t, struct str want)
{
	return t->res.has_output && str_eq(buf_str(&t->res.output), want);
}

/* ---- the forms of 2020 ---- */

#define RESULT(params) \
	"(import \"env\" \"return_result\" (func $result (param" params ")))"
#define MEMORY "(memory (export \"memory\") 1)"
/* Room at the very end of memory: one byte more than was asked for is none. */
#define ROOM(name) \
	"(func (export \"" name "\") (param i32) (result i32)" \
	" (i32.sub (i32.const 65536) (local.get 0)))"
#define AT(name, at) \
	"(func (export \"" name "\") (param i32) (result i32) " C(at) ")"
#define RUN_TEXT(body) \
	"(func (export \"run_e\") (param $p i32) (result i32) " body ")"
#define RUN_2(body) \
	"(func (export \"run_e\") (param $p i32) (param $n i32)" \
	" (param $id i32) (param $no i32) " body ")"
#define RUN_1(body) \
	"(func (export \"run_e\") (param $p i32) (param $n i32)" \
	" (param $id i32) " body ")"
#define P "(local.get $p)"
#define N "(local.get $n)"
#define ID "(local.get $id)"
#define NO "(local.get $no)"
#define C(n) "(i32.const " n ")"

/* upstream.md 5.4: hosts wrote the NUL one byte past what was allocated. */
static void
bug_5_4_the_nul_of_2020_has_room_of_its_own(void **state)
{
	static const char *const guests[] = {
		MEMORY ROOM("allocate_input") RUN_TEXT(P),
		/* With size given, SDKs read up to the NUL all the same. */
		RESULT(" i32 i32 i32 i32") MEMORY ROOM("allocate_input")
		    RUN_2("(if (i32.load8_u (i32.add " P " " N
			  ")) (then unreachable))"
			  "(call $result " P " " N " " ID " " NO ")"),
		RESULT(" i32 i32 i32 i32") MEMORY ROOM("allocate")
		    RUN_2("(if (i32.load8_u (i32.add " P " " N
			  ")) (then unreachable))"
			  "(call $result " P " " N " " ID " " NO ")"),
		RESULT(" i32 i32 i32") MEMORY ROOM("allocate_input")
		    RUN_1("(if (i32.load8_u (i32.add " P " " N
			  ")) (then unreachable))"
			  "(call $result " P " " N " " ID ")"),
	};
	static const size_t sizes[] = { 0, 1, 5, 64000, 65535 };
	static char body[65536];

	(void)state;
	memset(body, 'x', sizeof(body));
	for (size_t i = 0; i < COUNT(guests); i++) {
		for (size_t k = 0; k < COUNT(sizes); k++) {
			CLEANUP(trial_dispose)
			struct trial t = { .input = { body, sizes[k] } };

			trial_run_body(&t, guests[i], "", "");
			if (t.rc != 0 || !output_is(&t, t.input))
				fail_msg("guest %zu, %zu bytes: %d %s", i,
				    sizes[k], t.rc, t.e.text);
		}
	}
}

/* upstream.md 5.4: run_e gives back a pointer to text that ends with a NUL. */
static void
trap_5_4_a_pointer_to_text_is_read_to_its_nul(void **state)
{
	static const struct {
		const char *guest;
		int rc;
		const char *want; /* the output, or part of the error */
	} cases[] = {
		{ "(data (i32.const 9) \"hi\\00there\")" RUN_TEXT(C("9")), 0,
		    "hi" },
		{ RUN_TEXT(C("0")), 0, "" },
		{ "(data (i32.const 65533) \"ab\")" RUN_TEXT(C("65533")), 0,
		    "ab" },
		{ "(data (i32.const 65533) \"abc\")" RUN_TEXT(C("65533")), -1,
		    "its text at 0x0000fffd does not end" },
		{ RUN_TEXT(C("65536")), -1, "text at 0x00010000" },
		{ RUN_TEXT(C("-1")), -1, "text at 0xffffffff" },
		{ RUN_TEXT("unreachable"), -1, "unreachable" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(trial_dispose) struct trial t = { .input = STR("in") };

		trial_run_body(&t, MEMORY AT("allocate_input", "1024"),
		    cases[i].guest, "");
		assert_int_equal(t.rc, cases[i].rc);
		if (t.rc == 0)
			assert_true(output_is(&t, str_of(cases[i].want)));
		else if (!strstr(t.e.text, cases[i].want))
			fail_msg("%zu: %s", i, t.e.text);
	}
}

/* The guest's text begins at 16; trial.h has the ceiling. */
static void
a_text_answer_has_the_ceiling_of_any_other(void **state)
{
	static const struct {
		const char *bytes;
		int rc;
	} cases[] = { { "100000", 0 }, { "100001", -1 }, { "196592", -1 } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(trial_dispose) struct trial t = { .input = STR("in") };
		char fill[200];

		(void)snprintf(fill, sizeof(fill),
		    "(memory.fill (i32.const 16) (i32.const 65)"
		    " (i32.const %s)) (i32.const 16))",
		    cases[i].bytes);
		trial_run_body(&t,
		    "(memory (export \"memory\") 3)"
		    "(func (export \"allocate\") (param i32) (result i32)"
		    " (i32.const 0))"
		    "(func (export \"run_e\") (param i32) (result i32)",
		    fill, "");
		assert_int_equal(t.rc, cases[i].rc);
		assert_int_equal(t.e.kind, t.rc == 0 ? 0 : ERR_LIMIT);
		assert_int_equal(t.res.output.n, t.rc == 0 ? 100000 : 0);
	}
}

/* upstream.md 5.4: both numbers stand for the call; one is not enough. */
static void
trap_5_4_both_numbers_of_2020_09_must_be_right(void **state)
{
	static const struct {
		const char *id, *no;
		bool counts;
	} cases[] = {
		{ ID, NO, true },
		{ "(i32.xor " ID " " C("1") ")", NO, false },
		{ ID, "(i32.xor " NO " " C("1") ")", false },
		{ NO, ID, false },
		{ C("0"), C("0"), false },
		{ ID, ID, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(trial_dispose) struct trial t = { .input = STR("in") };
		CLEANUP(buf_free) struct buf text = BUF(1 << 16);

		buf_addf(&text,
		    RESULT(
			" i32 i32 i32 i32") "(import \"env\" \"print\""
					    " (func $print (param i32 i32 i32 "
					    "i32)))"
					    "(import \"env\" \"fetch\" (func "
					    "$fetch"
					    " (param i32 i32 i32 i32 i32 i32) "
					    "(result i32)))" MEMORY ROOM(
						"allocate") "(func (export "
							    "\"run_e\") (param "
							    "$p i32) (param $n "
							    "i32)"
							    " (param $id i32) "
							    "(param $no i32)"
							    " (call $print " P
							    " " N " %s %s)"
							    " (i32.store8 "
							    "(i32.const 0) "
							    "(i32.add "
							    "(i32.const 65)"
							    "  (call $fetch " P
							    " " N
							    " (i32.const 16) "
							    "(i32.const 99)"
							    "  %s %s)))"
							    " (call $result "
							    "(i32.const 0) "
							    "(i32.const 1) %s "
							    "%s))",
		    cases[i].id, cases[i].no, cases[i].id, cases[i].no,
		    cases[i].id, cases[i].no);
		trial_run_body(&t, buf_cstr(&text), "", "");
		if (t.rc != 0)
			fail_msg("%zu: %s", i, t.e.text);
		assert_int_equal(t.res.has_output, cases[i].counts);
		assert_int_equal(t.res.nothing, !cases[i].counts);
		assert_string_equal(buf_cstr(&t.asks),
		    cases[i].counts ? "fetch 1000 in |" : "");
		assert_string_equal(
		    buf_cstr(&t.log), cases[i].counts ? "3:in|" : "");
		/* 7 bytes were fetched: 'A' + 7. */
		assert_string_equal(
		    buf_cstr(&t.res.output), cases[i].counts ? "H" : "");
	}
}

/* upstream.md 5.1: allocate was named allocate_input before 2020-10. */
static void
trap_5_1_room_has_two_names_and_the_later_one_counts(void **state)
{
#define TELL_AT \
	"(i32.store8 " C("0") " (i32.add " C("48") " (i32.div_u " P \
						   " " C("100") ")))"
#define TELL_1 RUN_1(TELL_AT "(call $result " C("0") " " C("1") " " ID ")")
#define TELL_2 \
	RUN_2(TELL_AT "(call $result " C("0") " " C("1") " " ID " " NO ")")
#define TELL_TEXT RUN_TEXT(TELL_AT C("0"))
	static const struct {
		const char *guest, *want;
	} cases[] = {
		{ RESULT(" i32 i32 i32") MEMORY AT("allocate", "100")
			AT("allocate_input", "200") TELL_1,
		    "1" },
		{ RESULT(" i32 i32 i32") MEMORY AT("allocate_input", "200")
			TELL_1,
		    "2" },
		{ RESULT(" i32 i32 i32 i32") MEMORY AT("allocate", "100")
			AT("allocate_input", "200") TELL_2,
		    "1" },
		{ RESULT(" i32 i32 i32 i32") MEMORY AT("allocate_input", "200")
			TELL_2,
		    "2" },
		{ MEMORY AT("allocate", "100") AT("allocate_input", "200")
			TELL_TEXT,
		    "1" },
		/* One of another type is none. */
		{ RESULT(" i32 i32 i32") MEMORY
		    "(func (export \"allocate\") (param i64) (result i32)"
		    " unreachable)" AT("allocate_input", "200") TELL_1,
		    "2" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(trial_dispose) struct trial t = { .input = STR("in") };

		trial_run_body(&t, cases[i].guest, "", "");
		if (t.rc != 0 || !output_is(&t, str_of(cases[i].want)))
			fail_msg("%zu: %s '%s'", i, t.e.text,
			    buf_cstr(&t.res.output));
	}
}

/* upstream.md 5.1: the WAT template's deallocate has one parameter, others
 * have none or trap: nobody calls it. */
static void
trap_5_1_deallocate_may_be_anything(void **state)
{
	static const char *const guests[] = {
		"",
		"(func (export \"deallocate\") (param i32) unreachable)",
		"(func (export \"deallocate\") (param i32 i32) unreachable)",
		"(global (export \"deallocate\") i32 (i32.const 1))",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(guests); i++) {
		CLEANUP(trial_dispose) struct trial t = { .input = STR("in") };

		trial_run_body(&t,
		    RESULT(" i32 i32 i32") MEMORY ROOM("allocate")
			RUN_1("(call $result " P " " N " " ID ")"),
		    guests[i], "");
		assert_int_equal(t.rc, 0);
		assert_true(output_is(&t, STR("in")));
	}
}

/* ---- what runs before ---- */

#define FUNCTION(name, digit) \
	"(func (export \"" name "\") (i32.store8 (global.get $at) " C( \
	    digit) ") (global.set $at (i32.add (global.get $at) " C("1") ")))"

/* upstream.md 5.1: of 154 modules 35 register their function in init only, 36
 * have neither; TinyGo's and Grain's have _start; whatever exists is called. */
static void
trap_5_1_initialisers_are_called_as_they_exist(void **state)
{
	static const struct {
		const char *head, *tail;
	} ways[] = {
		{ RESULT(" i32 i32 i32"),
		    ROOM("allocate") RUN_1("(call $result " C(
			"64") " (i32.sub (global.get"
			      " $at) " C("64") ") " ID ")") },
		{ RESULT(" i32 i32 i32 i32"),
		    ROOM("allocate_input") RUN_2("(call $result " C(
			"64") " (i32.sub (global.get"
			      " $at) " C("64") ") " ID " " NO ")") },
		{ "", ROOM("allocate_input") RUN_TEXT(C("64")) },
		{ "(import \"wapc\" \"__guest_response\" (func $response"
		  " (param i32 i32)))",
		    "(func (export \"__guest_call\") (param i32 i32)"
		    " (result i32) (call $response " C(
			"64") " (i32.sub (global.get $at) " C("64") ")) " C("1") ")" },
	};
	static const struct {
		const char *funcs, *want, *wapc;
	} cases[] = {
		{ "", "", "" },
		{ FUNCTION("_start", "49"), "1", "1" },
		{ FUNCTION("init", "50"), "2", "2" },
		{ FUNCTION("_start", "49") FUNCTION("init", "50"), "12", "12" },
		{ FUNCTION("init", "50") FUNCTION("_start", "49"), "12", "12" },
		{ FUNCTION("_initialize", "51"), "3", "3" },
		{ FUNCTION("_initialize", "51") FUNCTION("_start", "49"), "3",
		    "3" },
		{ FUNCTION("_initialize", "51") FUNCTION("init", "50"), "32",
		    "32" },
		{ "(start $s) (func $s (i32.store8 (global.get $at) " C(
		      "52") ") (global.set $at (i32.add (global.get "
			    "$at) " C("1") ")))" FUNCTION("init", "50"),
		    "42", "42" },
		{ FUNCTION("wapc_init", "53") FUNCTION("_start", "49"), "1",
		    "15" },
		/* Only pre-initialised files have it, and no host calls it.
		 */
		{ FUNCTION("wizer.initialize", "54"), "", "" },
		{ "(func (export \"_start\") (call $exit " C("0") "))" FUNCTION(
		      "init", "50"),
		    "2", "2" },
		/* Of another type it is something else. */
		{ "(func (export \"init\") (param i32) unreachable)", "", "" },
	};

	(void)state;
	for (size_t w = 0; w < COUNT(ways); w++) {
		for (size_t i = 0; i < COUNT(cases); i++) {
			CLEANUP(trial_dispose) struct trial t = { 0 };
			CLEANUP(buf_free) struct buf head = BUF(1 << 16);
			const char *want =
			    w == 3 ? cases[i].wapc : cases[i].want;

			buf_addf(&head,
			    "%s"
			    "(import \"wasi_snapshot_preview1\""
			    " \"proc_exit\" (func $exit (param i32)))"
			    "(global $at (mut i32) (i32.const 64))" MEMORY,
			    ways[w].head);
			trial_run_body(
			    &t, buf_cstr(&head), cases[i].funcs, ways[w].tail);
			if (t.rc != 0 || !output_is(&t, str_of(want)))
				fail_msg("way %zu, case %zu: %d %s '%s'", w, i,
				    t.rc, t.e.text, buf_cstr(&t.res.output));
		}
	}
}

/* upstream.md 5.1: a second result blocked the host for ever; here the first
 * counts, in each way to be called. */
static void
bug_5_1_a_second_result_does_not_block(void **state)
{
	static const char *const guests[] = {
		RESULT(" i32 i32 i32") MEMORY
		    ROOM("allocate") "(data (i32.const 9) \"first\")" RUN_1(
			"(call $result " C("9") " " C(
			    "5") " " ID ")"
				 "(call $result " C("9") " " C("1") " " ID ")"),
		RESULT(" i32 i32 i32 i32") MEMORY ROOM(
		    "allocate_input") "(data (i32.const 9) "
				      "\"first\")" RUN_2(
					  "(call $result " C("9") " " C(
					      "5") " " ID " " NO ")"
						   "(call $result " C(
						       "9") " " C("1") " " ID
								       " " NO
								       ")"),
		"(import \"wapc\" \"__guest_response\" (func $response"
		" (param i32 i32)))" MEMORY "(data (i32.const 9) \"first\")"
		"(func (export \"__guest_call\") (param i32 i32) (result i32)"
		" (call $response " C("9") " " C(
		    "5") ")"
			 " (call $response " C("9") " " C("1") ") " C("1") ")",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(guests); i++) {
		CLEANUP(trial_dispose) struct trial t = { 0 };

		trial_run_body(&t, guests[i], "", "");
		assert_int_equal(t.rc, 0);
		assert_true(output_is(&t, STR("first")));
		assert_true(t.res.twice);
	}
}

/* upstream.md 5.1: it could not be told from success. */
static void
trap_5_1_an_error_of_code_0_without_text_is_an_error(void **state)
{
	CLEANUP(trial_dispose) struct trial t = { 0 };

	(void)state;
	trial_run_body(&t,
	    "(import \"env\" \"return_error\""
	    " (func $error (param i32 i32 i32 i32)))" MEMORY ROOM("allocate"),
	    RUN_1("(call $error " C("0") " " C("0") " " C("0") " " ID ")"), "");
	assert_int_equal(t.rc, 0);
	assert_true(t.res.has_error);
	assert_int_equal(t.res.code, 0);
	assert_false(t.res.nothing);
}

/* ---- what cannot be loaded ---- */

/* upstream.md 5.4: fetch_url (iiiiii)v of an abandoned commit is refused, as
 * is what nobody ever offered: with its name and type. */
static void
trap_5_4_an_import_nobody_offered_is_refused_with_its_name_and_type(
    void **state)
{
	static const struct {
		const char *guest, *name, *type;
	} cases[] = {
		{ "(import \"env\" \"fetch_url\" (func"
		  " (param i32 i32 i32 i32 i32 i32)))",
		    "fetch_url", "(i32, i32, i32, i32, i32, i32) -> ()" },
		{ "(import \"env\" \"cache_get\" (func"
		  " (param i32 i32 i32 i32) (result i32)))",
		    "cache_get", "(i32, i32, i32, i32) -> i32" },
		{ "(import \"env\" \"cache_delete\" (func (param i32)))",
		    "cache_delete", "(i32) -> ()" },
		{ "(import \"wasi_unstable\" \"fd_write\" (func"
		  " (param i32 i32 i32 i32) (result i32)))",
		    "wasi_unstable", "(i32, i32, i32, i32) -> i32" },
		{ "(import \"wapc\" \"__host_call\" (func))", "__host_call",
		    "() -> ()" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(trial_dispose) struct trial t = { 0 };

		trial_run_body(
		    &t, cases[i].guest, MEMORY ROOM("allocate") RUN_1(""), "");
		assert_int_equal(t.rc, -3);
		assert_int_equal(t.e.kind, ERR_INPUT);
		if (!strstr(t.e.text, cases[i].name) ||
		    !strstr(t.e.text, cases[i].type))
			fail_msg("%zu: %s", i, t.e.text);
	}
}

/* ---- the guest of the fuzz target ---- */

static void
the_fuzz_guest_makes_every_call_there_is(void **state)
{
	CLEANUP(buf_free) struct buf text = BUF(1 << 16), wasm = BUF(1 << 16);
	CLEANUP(module_free) struct module *m = NULL;
	struct err e = ERR;
	size_t noffers = 0;

	(void)state;
	assert_int_equal(os_read(&text, "testdata/abi/calls.wat", &e), 0);
	assert_true(trial_assemble(buf_str(&text), &wasm));
	assert_int_equal(module_read(&m, buf_str(&wasm), &e), 0);
	for (const struct module_offer *o = module_offers; o->name; o++) {
		size_t i = 0;

		noffers++;
		while (i < m->nimports &&
		    !(str_is(m->imports[i].ns, o->ns) &&
			str_is(m->imports[i].name, o->name) &&
			str_is(m->imports[i].type, o->type)))
			i++;
		if (i == m->nimports)
			fail_msg("%s.%s %s", o->ns, o->name, o->type);
	}
	assert_int_equal(m->nimports, noffers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bug_5_4_the_nul_of_2020_has_room_of_its_own),
		cmocka_unit_test(trap_5_4_a_pointer_to_text_is_read_to_its_nul),
		cmocka_unit_test(a_text_answer_has_the_ceiling_of_any_other),
		cmocka_unit_test(
		    trap_5_4_both_numbers_of_2020_09_must_be_right),
		cmocka_unit_test(
		    trap_5_1_room_has_two_names_and_the_later_one_counts),
		cmocka_unit_test(trap_5_1_deallocate_may_be_anything),
		cmocka_unit_test(
		    trap_5_1_initialisers_are_called_as_they_exist),
		cmocka_unit_test(bug_5_1_a_second_result_does_not_block),
		cmocka_unit_test(
		    trap_5_1_an_error_of_code_0_without_text_is_an_error),
		cmocka_unit_test(
		    trap_5_4_an_import_nobody_offered_is_refused_with_its_name_and_type),
		cmocka_unit_test(the_fuzz_guest_makes_every_call_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
