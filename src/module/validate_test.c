/* SPDX-License-Identifier: Apache-2.0 */
/* The test program is its own child: see main. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "module/module.h"
#include "module/read.h"
#include "module/wabt.h"
#include "os/os.h"

#define HEAD "\0asm\1\0\0\0"
#define TYPE_V "\1\4\1\x60\0\0"
#define FUNC_1 "\3\2\1\0"

struct world {
	char dir[64], file[80], out[80], program[80];
	struct buf self;
};

static int
enter(void **state)
{
	struct world *w = mem_take(sizeof(*w));
	struct err e = ERR;

	w->self.max = 8192;
	snprintf(w->dir, sizeof(w->dir), "/tmp/subo-module-test.XXXXXX");
	if (!mkdtemp(w->dir) || os_self(&w->self, &e) < 0)
		return -1;
	snprintf(w->file, sizeof(w->file), "%s/in", w->dir);
	snprintf(w->out, sizeof(w->out), "%s/out.wasm", w->dir);
	snprintf(w->program, sizeof(w->program), "%s/program", w->dir);
	*state = w;
	return 0;
}

static int
leave(void **state)
{
	struct world *w = *state;
	struct err e = ERR;
	int result = os_remove_tree(w->dir, &e);

	buf_free(&w->self);
	mem_free(w);
	return result;
}

static int
validate(struct world *w, struct str wasm, struct err *e)
{
	assert_int_equal(os_replace(w->file, wasm, 0600, e), 0);
	return module_validate(buf_cstr(&w->self), w->file, e);
}

static void
must_refuse(
    struct world *w, struct str wasm, enum err_kind kind, const char *text)
{
	struct err e = ERR;

	assert_int_equal(validate(w, wasm, &e), -1);
	if (e.kind != kind || !strstr(e.text, text))
		fail_msg("kind %d: '%s' lacks '%s'", e.kind, e.text, text);
}

static void
wabt_judges_in_a_child(void **state)
{
	struct world *w = *state;
	struct err e = ERR;

	assert_int_equal(
	    validate(w, STR(HEAD TYPE_V FUNC_1 "\12\4\1\2\0\13"), &e), 0);
	must_refuse(w,
	    STR(HEAD "\1\5\1\x60\0\1\x7f" FUNC_1 "\12\11\1\7\0\x43\0\0\0\0\13"),
	    ERR_INPUT,
	    "at byte 0x1d: type mismatch in implicit return, expected [i32] "
	    "but got [f32]");
	must_refuse(w,
	    STR(HEAD TYPE_V FUNC_1 "\7\11\2\1a\0\0\1a\0\0"
				   "\12\4\1\2\0\13"),
	    ERR_INPUT, "duplicate export");
	must_refuse(w, STR("(module)"), ERR_INPUT, "WebAssembly text");
	/* What is broken in a custom section is no fault of the module. */
	assert_int_equal(validate(w,
			     STR(HEAD TYPE_V FUNC_1 "\12\4\1\2\0\13"
						    "\0\7\4name\1\x7f"),
			     &e),
	    0);
}

static void
instructions_of_proposals_are_named(void **state)
{
	static const struct {
		struct str wasm;
		const char *text;
	} cases[] = {
#define BODY(n, code) \
	{ HEAD TYPE_V FUNC_1 "\12" n code "\13", \
		sizeof(HEAD TYPE_V FUNC_1 "\12" n code "\13") - 1 }
		{ BODY("\6\1\4\0", "\x12\0"), "tail call" },
		{ BODY("\6\1\4\0", "\x06\x40"), "exception handling" },
		{ BODY("\7\1\5\0", "\xfe\3\0"), "threads" },
		{ BODY("\6\1\4\0", "\xfb\0"), "garbage collection" },
		{ BODY("\6\1\4\0", "\x14\0"), "typed function references" },
		{ BODY("\7\1\5\0", "\xfd\x80\2"), "relaxed SIMD" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		must_refuse(*state, cases[i].wasm, ERR_INPUT, cases[i].text);
}

static void
leb(struct buf *b, size_t n)
{
	for (; n >= 0x80; n >>= 7)
		buf_addc(b, (char)(n | 0x80));
	buf_addc(b, (char)n);
}

/* A module of one function with this body. */
static void
around(struct buf *wasm, const struct buf *body)
{
	CLEANUP(buf_free) struct buf code = BUF(64 << 20);

	buf_addc(&code, 1);
	leb(&code, body->n);
	buf_add(&code, buf_str(body));
	buf_clear(wasm);
	buf_add(wasm, STR(HEAD TYPE_V FUNC_1 "\12"));
	leb(wasm, code.n);
	buf_add(wasm, buf_str(&code));
}

static void
nest(struct buf *wasm, size_t depth)
{
	CLEANUP(buf_free) struct buf body = BUF(64 << 20);

	buf_addc(&body, 0);
	for (size_t i = 0; i < depth; i++)
		buf_add(&body, STR("\2\x40"));
	for (size_t i = 0; i <= depth; i++)
		buf_addc(&body, 013);
	around(wasm, &body);
}

static void
what_would_crash_wabt_is_kept_from_it(void **state)
{
	CLEANUP(buf_free) struct buf wasm = BUF(64 << 20);
	CLEANUP(buf_free) struct buf body = BUF(64 << 20);
	struct err e = ERR;

	nest(&wasm, MAX_DEPTH);
	if (validate(*state, buf_str(&wasm), &e) < 0)
		fail_msg("%s", e.text);
	nest(&wasm, MAX_DEPTH + 1);
	must_refuse(*state, buf_str(&wasm), ERR_LIMIT,
	    "more than 20000 blocks in each other");
	nest(&wasm, 1000000);
	must_refuse(*state, buf_str(&wasm), ERR_LIMIT, "more than 20000");

	buf_add(&body, STR("\0\x41\0\16"));
	leb(&body, MAX_TARGETS + 1);
	for (size_t i = 0; i < MAX_TARGETS + 2; i++)
		buf_addc(&body, 0);
	buf_addc(&body, 013);
	around(&wasm, &body);
	must_refuse(
	    *state, buf_str(&wasm), ERR_LIMIT, "br_table with 65521 targets");
}

static void
every_operand_of_2_0_is_known_to_the_walk(void **state)
{
	/* In code that is never reached; the walk must come out at the end. */
	CLEANUP(buf_free) struct buf wat = BUF(1 << 20);
	CLEANUP(module_free) struct module *m = NULL;
	struct err e = ERR;
	char *wasm;
	size_t n, nlost = 0;

	(void)state;
	assert_int_equal(
	    os_read(&wat, "testdata/module/instructions.wat", &e), 0);
	if (wabt_assemble("instructions.wat", wat.p, wat.n, &wasm, &n) != 0)
		fail_msg("%s", wasm);
	if (module_read(&m, (struct str){ wasm, n }, &e) < 0 ||
	    code_check(m, &nlost, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(nlost, 0);
	module_free(&m);
	free(wasm);
}

/* As a child that fails would end. */
static void
end_with(
    struct world *w, const char *script, enum err_kind kind, const char *text)
{
	struct err e = ERR;

	assert_int_equal(os_replace(w->program, str_of(script), 0700, &e), 0);
	assert_int_equal(module_validate(w->program, "x.wasm", &e), -1);
	assert_int_equal(e.kind, kind);
	if (!strstr(e.text, text))
		fail_msg("'%s' lacks '%s'", e.text, text);
}

static void
a_child_that_fails_is_an_error_with_its_cause(void **state)
{
	end_with(*state, "#!/bin/sh\nkill -SEGV $$\n", ERR_INPUT,
	    "the validator failed on it (signal 11)");
	end_with(*state, "#!/bin/sh\nkill -ABRT $$\n", ERR_INPUT, "(signal 6)");
	end_with(*state, "#!/bin/sh\nexit 70\n", ERR_LIMIT, "memory");
	end_with(*state, "#!/bin/sh\nexit 55\n", ERR_SYSTEM, "code 55");
	end_with(*state, "#!/bin/sh\necho at byte 0x8: why; exit 3\n",
	    ERR_INPUT, "at byte 0x8: why");
}

static void
a_file_is_checked_in_one_go(void **state)
{
	struct world *w = *state;
	struct diags *ds = diags_new();
	struct err e = ERR;
	static const struct {
		struct str wasm;
		const char *code;
	} cases[] = {
#define BYTES(lit) { "" lit, sizeof(lit) - 1 }
		{ BYTES(""), "M001" },
		{ BYTES("\0asm\2\0\0\0"), "M001" },
		{ BYTES(HEAD "\1\5\1"), "M002" },
		{ BYTES(HEAD TYPE_V FUNC_1 "\12\6\1\4\0\1\1\1"), "M003" },
		{ BYTES(HEAD), "M004" },
		{ BYTES(HEAD "\5\5\1\0\x81\x80\4"), "M016" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
		    os_replace(w->file, cases[i].wasm, 0600, &e), 0);
		assert_int_equal(
		    module_check_file(buf_cstr(&w->self), w->file, ds, &e), 0);
		assert_int_equal(diags_count(ds), i + 1);
		assert_string_equal(diags_at(ds, i)->rule->code, cases[i].code);
	}
	assert_int_equal(module_check_file(NULL, "/absent/x.wasm", ds, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
	diags_free(&ds);
}

static void
text_becomes_a_module_with_names(void **state)
{
	CLEANUP(buf_free) struct buf said = BUF(10000);
	CLEANUP(buf_free) struct buf wasm = BUF(10000);
	CLEANUP(module_free) struct module *m = NULL;
	struct world *w = *state;
	const char *argv[] = { buf_cstr(&w->self), "internal-wat2wasm", w->file,
		w->out, NULL };
	struct os_spawn s = { .argv = argv, .out = &said };
	struct os_exit ex;
	struct err e = ERR;

	assert_int_equal(
	    os_replace(w->file, STR("(module (func $good\n  i32.const 1))\n"),
		0600, &e),
	    0);
	assert_int_equal(os_run(&s, &ex, &e), 0);
	assert_int_equal(ex.code, 3);
	assert_true(str_starts(buf_str(&said), w->file));
	assert_non_null(strstr(said.p, ":2:3: error: type mismatch"));
	assert_non_null(strstr(said.p, "  i32.const 1))\n  ^^^^^^^^^\n"));
	assert_false(os_exists(w->out));

	assert_int_equal(
	    os_replace(
		w->file, STR("(module (func $good (param $a i32)))"), 0600, &e),
	    0);
	assert_int_equal(os_run(&s, &ex, &e), 0);
	assert_int_equal(ex.code, 0);
	assert_int_equal(os_read(&wasm, w->out, &e), 0);
	assert_int_equal(module_read(&m, buf_str(&wasm), &e), 0);
	assert_true(str_is(m->funcs[0].name, "good"));
}

/* The text, run as a program would; gives the exit code. */
static int
to_wasm(struct world *w, struct str wat, struct buf *said)
{
	const char *argv[] = { buf_cstr(&w->self), "internal-wat2wasm", w->file,
		w->out, NULL };
	struct os_spawn s = { .argv = argv, .out = said };
	struct os_exit ex;
	struct err e = ERR;

	buf_clear(said);
	assert_int_equal(os_replace(w->file, wat, 0600, &e), 0);
	assert_int_equal(os_run(&s, &ex, &e), 0);
	return ex.code;
}

static void
text_nested_too_deep_is_refused_with_its_place(void **state)
{
	CLEANUP(buf_free) struct buf said = BUF(10000);
	CLEANUP(buf_free) struct buf wat = BUF(1 << 20);
	const char *inner[] = { "(block ", "(; ( ;)", ";; ((\n", "\"(\\\"(\"" };

	for (size_t k = 0; k < COUNT(inner); k++) {
		buf_clear(&wat);
		buf_add(&wat, STR("(module (func $f\n"));
		for (int i = 0; i < 3000; i++)
			buf_add(&wat, str_of(inner[k]));
		for (int i = 0; k == 0 && i < 3000; i++)
			buf_addc(&wat, ')');
		buf_add(&wat, STR("))"));
		/* Strings have no place there, and wabt says so. */
		assert_int_equal(to_wasm(*state, buf_str(&wat), &said),
		    k == 0	 ? ERR_LIMIT
			: k == 3 ? ERR_INPUT
				 : 0);
		if (k == 0)
			assert_non_null(strstr(said.p,
			    ":2:13987: error: more "
			    "than 2000 brackets in each other"));
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wabt_judges_in_a_child),
		cmocka_unit_test(instructions_of_proposals_are_named),
		cmocka_unit_test(what_would_crash_wabt_is_kept_from_it),
		cmocka_unit_test(every_operand_of_2_0_is_known_to_the_walk),
		cmocka_unit_test(a_child_that_fails_is_an_error_with_its_cause),
		cmocka_unit_test(a_file_is_checked_in_one_go),
		cmocka_unit_test(text_becomes_a_module_with_names),
		cmocka_unit_test(
		    text_nested_too_deep_is_refused_with_its_place),
	};

	if (argc == 3 && strcmp(argv[1], "internal-validate") == 0)
		return module_validate_child(argv[2]);
	if (argc == 4 && strcmp(argv[1], "internal-wat2wasm") == 0)
		return module_wat2wasm_child(argv[2], argv[3]);
	return cmocka_run_group_tests(tests, enter, leave);
}
