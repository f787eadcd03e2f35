/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "module/module.h"
#include "module/wabt.h"
#include "os/os.h"

#define BYTES(lit) { "" lit, sizeof(lit) - 1 }
#define HEAD "\0asm\1\0\0\0"
#define TYPE_V "\1\4\1\x60\0\0" /* one type: () -> () */
#define FUNC_1 "\3\2\1\0"
#define CODE_1 "\12\4\1\2\0\13"

/* A fixture in text form as a module; the bytes are freed by the caller. */
static struct str
assemble(const char *path)
{
	CLEANUP(buf_free) struct buf b = BUF(1 << 20);
	struct err e = ERR;
	char *out;
	size_t n;

	assert_int_equal(os_read(&b, path, &e), 0);
	assert_int_equal(wabt_assemble(path, b.p, b.n, &out, &n), 0);
	return (struct str){ out, n };
}

static void
a_module_is_read_as_it_was_written(void **state)
{
	struct str wasm = assemble("testdata/module/runnable.wat");
	CLEANUP(module_free) struct module *m = NULL;
	struct err e = ERR;
	struct digest want;

	(void)state;
	assert_int_equal(module_read(&m, wasm, &e), 0);
	assert_int_equal(m->nimports, 3);
	assert_true(str_is(m->imports[1].ns, "env"));
	assert_true(str_is(m->imports[1].name, "cache_get"));
	assert_true(str_is(m->imports[1].type, "(i32, i32, i32) -> i32"));
	assert_true(str_is(m->imports[2].type, "(i32, i64, i32, i32) -> i32"));
	assert_int_equal(m->nexports, 5);
	assert_true(str_is(
	    module_find_export(m, "run_e")->type, "(i32, i32, i32) -> ()"));
	assert_int_equal(module_find_export(m, "version")->kind, MODULE_GLOBAL);
	assert_null(module_find_export(m, "absent"));
	assert_int_equal(m->memory_min_pages, 1);
	assert_int_equal(m->memory_max_pages, 4);
	assert_true(m->has_memory && m->has_start && m->has_names);
	assert_false(m->has_debug);
	assert_int_equal(m->nfuncs, 4);
	assert_int_equal(m->funcs[0].index, 3);
	assert_true(str_is(m->funcs[0].name, "start"));
	assert_true(str_is(m->funcs[1].name, "allocate"));
	assert_true(str_is(m->funcs[3].name, "run_e"));
	assert_int_equal(m->abi, MODULE_ABI_RUNNABLE);
	assert_true(str_is(
	    m->abi_why, "exports run_e(i32, i32, i32), allocate and memory"));
	want = sign_digest(wasm);
	assert_true(digest_eq(&m->digest, &want));
	module_free(&m);
	free((char *)(uintptr_t)wasm.p);
}

static void
sections_cover_the_file_without_gaps(void **state)
{
	struct str wasm = assemble("testdata/module/runnable.wat");
	CLEANUP(module_free) struct module *m = NULL;
	struct err e = ERR;
	size_t end = 8;

	(void)state;
	assert_int_equal(module_read(&m, wasm, &e), 0);
	for (size_t i = 0; i < m->nsections; i++) {
		/* An id, a size of one to five bytes, the payload. */
		assert_in_range(m->sections[i].at - end, 2, 6);
		end = m->sections[i].at + m->sections[i].nbytes;
	}
	assert_int_equal(end, wasm.n);
	assert_true(str_is(m->sections[0].name, "type"));
	assert_true(str_is(m->sections[m->nsections - 1].name, "name"));
	module_free(&m);
	free((char *)(uintptr_t)wasm.p);
}

static void
producers_and_language_come_from_the_compiler(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1 << 20);
	CLEANUP(module_free) struct module *m = NULL;
	struct err e = ERR;

	(void)state;
	assert_int_equal(os_read(&b, "testdata/module/dwarf4.wasm", &e), 0);
	assert_int_equal(module_read(&m, buf_str(&b), &e), 0);
	assert_true(str_is(m->language, "C"));
	assert_true(str_is(m->producer, "Debian clang 19.1.7 (3~deb12u1)"));
	assert_true(m->has_debug);
	assert_true(str_is(m->funcs[2].name, "run_e"));
}

static void
the_runtime_s_compiler_is_not_the_language(void **state)
{
	static const struct {
		struct str wasm;
		const char *language, *producer;
	} cases[] = {
		{ BYTES(
		      HEAD "\0\x3f\11producers\2\10language\1\3C11\0"
			   "\14processed-by\2\5clang\00214\6TinyGo\0060.41.1"),
		    "Go", "TinyGo 0.41.1" },
		{ BYTES(HEAD "\0\x3b\11producers\2\10language\2\3C99\0"
			     "\14C_plus_plus_\0\14processed-by\1\3abc\0"),
		    "C++", "abc" },
		{ BYTES(HEAD TYPE_V "\2\24\1\3env\14return_abort\0\0"),
		    "AssemblyScript", "asc" },
		{ BYTES(HEAD), "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(module_free) struct module *m = NULL;
		struct err e = ERR;

		if (module_read(&m, cases[i].wasm, &e) < 0)
			fail_msg("%zu: %s", i, e.text);
		if (!str_is(m->language, cases[i].language) ||
		    !str_is(m->producer, cases[i].producer))
			fail_msg("%zu: " STR_F ", " STR_F, i,
			    STR_A(m->language), STR_A(m->producer));
	}
}

struct refused {
	struct str wasm;
	enum err_kind kind;
	const char *text; /* part of the message */
};

static void
refuse(const struct refused *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		/* Exactly as long, so that a sanitizer sees one byte more. */
		char *copy = malloc(cases[i].wasm.n > 0 ? cases[i].wasm.n : 1);
		struct module *m = NULL;
		struct err e = ERR;

		assert_non_null(copy);
		memcpy(copy, cases[i].wasm.p, cases[i].wasm.n);
		if (module_read(
			&m, (struct str){ copy, cases[i].wasm.n }, &e) == 0)
			fail_msg("case %zu (%s) was read", i, cases[i].text);
		assert_null(m);
		if (!strstr(e.text, cases[i].text) || e.kind != cases[i].kind)
			fail_msg("case %zu (%s): %s", i, cases[i].text, e.text);
		free(copy);
	}
}

static void
what_is_no_module_is_named(void **state)
{
	static const struct refused cases[] = {
		{ BYTES(""), ERR_INPUT, "it is empty" },
		{ BYTES("\0as"), ERR_INPUT, "cut off" },
		{ BYTES("\0asm\1\0"), ERR_INPUT, "cut off" },
		{ BYTES("\0asm\2\0\0\0"), ERR_INPUT, "version 0x2" },
		{ BYTES("\0asm\15\0\1\0"), ERR_INPUT, "it is a component" },
		{ BYTES("\177ELF\2\1\1"), ERR_INPUT, "it is an ELF file" },
		{ BYTES("PK\3\4rest"), ERR_INPUT, "it is a zip archive" },
		{ BYTES("\37\213\10"), ERR_INPUT, "gzip" },
		{ BYTES("(module)"), ERR_INPUT, "WebAssembly text" },
		{ BYTES("\n ;; a\n(module)"), ERR_INPUT, "WebAssembly text" },
		{ BYTES("<!DOCTYPE html>"), ERR_INPUT, "an HTML page" },
		{ BYTES("<HTML>"), ERR_INPUT, "an HTML page" },
		{ BYTES("version https://git-lfs.github.com/spec/v1"),
		    ERR_INPUT, "a Git LFS pointer" },
		{ BYTES("hello"), ERR_INPUT, "does not begin with" },
	};

	(void)state;
	refuse(cases, COUNT(cases));
}

static void
a_malformed_module_is_refused_with_its_place(void **state)
{
	static const struct refused cases[] = {
		{ BYTES(HEAD "\1"), ERR_INPUT, "at byte 0x9: size" },
		{ BYTES(HEAD "\1\5\1\x60\0\0"), ERR_INPUT,
		    "at byte 0xa: the type section is cut off: 5 bytes are "
		    "announced, 4 are there" },
		{ BYTES(HEAD "\1\5\1\x60\0\0\0"), ERR_INPUT,
		    "1 bytes too many in the type section" },
		{ BYTES(HEAD FUNC_1 TYPE_V), ERR_INPUT,
		    "function of type 0, there are 0 types" },
		{ BYTES(HEAD TYPE_V TYPE_V), ERR_INPUT,
		    "the type section is there twice" },
		{ BYTES(HEAD "\7\1\0" TYPE_V), ERR_INPUT,
		    "the type section comes too late" },
		{ BYTES(HEAD "\1\7\x81\x80\x80\x80\x80\0\0"), ERR_INPUT,
		    "more than 32 bits" },
		{ BYTES(HEAD "\1\6\xff\xff\xff\xff\x1f\0"), ERR_INPUT,
		    "more than 32 bits" },
		{ BYTES(HEAD "\1\5\xff\xff\xff\xff\xf"), ERR_INPUT,
		    "4294967295 types are announced, 0 bytes cannot" },
		{ BYTES(HEAD TYPE_V "\3\6\xff\xff\xff\xff\xf\0"), ERR_INPUT,
		    "4294967295 functions are announced" },
		{ BYTES(HEAD TYPE_V FUNC_1), ERR_INPUT, "no code section" },
		{ BYTES(HEAD TYPE_V FUNC_1 "\12\1\0"), ERR_INPUT,
		    "1 functions are declared, 0 have code" },
		{ BYTES(HEAD TYPE_V FUNC_1 "\12\4\1\7\0\13"), ERR_INPUT,
		    "function is cut off" },
		{ BYTES(HEAD "\16\0"), ERR_INPUT, "unknown kind 14" },
		{ BYTES(HEAD "\0\2\5a"), ERR_INPUT,
		    "name of a custom section is cut off" },
		{ BYTES(HEAD "\0\3\2\xff\xfe"), ERR_INPUT, "not UTF-8" },
		{ BYTES(HEAD "\7\5\1\1a\0\0"), ERR_INPUT,
		    "export of function 0" },
		{ BYTES(HEAD "\7\5\1\1a\7\0"), ERR_INPUT,
		    "export of kind 0x07" },
		{ BYTES(HEAD "\2\6\1\1a\1b\5"), ERR_INPUT,
		    "import of kind 0x05" },
		{ BYTES(HEAD TYPE_V FUNC_1 "\10\1\5" CODE_1), ERR_INPUT,
		    "start function 5" },
		{ BYTES(HEAD "\5\4\1\1\5\2"), ERR_INPUT,
		    "memory of at least 5 and at most 2" },
		{ BYTES(HEAD TYPE_V FUNC_1 "\12\6\1\4\1\1\x55\13"), ERR_INPUT,
		    "local variable of type 0x55" },
	};

	(void)state;
	refuse(cases, COUNT(cases));
}

static void
proposals_past_2_0_are_called_by_name(void **state)
{
	static const struct refused cases[] = {
		{ BYTES(HEAD "\5\3\1\4\1"), ERR_INPUT, "memory64" },
		{ BYTES(HEAD "\5\4\1\3\1\1"), ERR_INPUT, "threads" },
		{ BYTES(HEAD "\5\5\2\0\1\0\1"), ERR_INPUT, "multi-memory" },
		{ BYTES(HEAD "\15\3\1\0\0"), ERR_INPUT, "exception handling" },
		{ BYTES(HEAD "\2\10\1\1a\1b\4\0\0"), ERR_INPUT,
		    "exception handling" },
		{ BYTES(HEAD "\1\4\1\x5f\0\0"), ERR_INPUT,
		    "garbage-collected" },
		{ BYTES(HEAD "\1\5\1\x60\1\x6e\0"), ERR_INPUT,
		    "not in WebAssembly 2.0" },
	};

	(void)state;
	refuse(cases, COUNT(cases));
}

static void
leb(struct buf *b, uint32_t n)
{
	for (; n >= 0x80; n >>= 7)
		buf_addc(b, (char)(n | 0x80));
	buf_addc(b, (char)n);
}

static void
section(struct buf *b, char id, const struct buf *payload)
{
	buf_addc(b, id);
	leb(b, (uint32_t)payload->n);
	buf_add(b, buf_str(payload));
}

static void
repeat(struct buf *b, struct str s, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_add(b, s);
}

static void
must_pass_limit(const struct buf *wasm, const char *text)
{
	const struct refused c = { buf_str(wasm), ERR_LIMIT, text };

	refuse(&c, 1);
}

static void
ceilings_are_those_of_the_engine(void **state)
{
	CLEANUP(buf_free) struct buf wasm = BUF(64 << 20);
	CLEANUP(buf_free) struct buf part = BUF(64 << 20);

	(void)state;
	buf_add(&wasm, STR(HEAD));
	buf_add(&part, STR("\1\x60\0\xe9\7")); /* 1001 results */
	repeat(&part, STR("\x7f"), 1001);
	section(&wasm, 1, &part);
	must_pass_limit(&wasm, "1001 results, 1000 are allowed");

	buf_clear(&wasm);
	buf_clear(&part);
	buf_add(&wasm, STR(HEAD TYPE_V));
	leb(&part, 1000001);
	repeat(&part, STR("\0"), 1000001);
	section(&wasm, 3, &part);
	must_pass_limit(&wasm, "1000001 functions");

	buf_clear(&wasm);
	buf_clear(&part);
	buf_add(&wasm, STR(HEAD TYPE_V));
	leb(&part, MODULE_MAX_IMPORTS + 1);
	repeat(&part, STR("\1a\1b\0\0"), MODULE_MAX_IMPORTS + 1);
	section(&wasm, 2, &part);
	must_pass_limit(&wasm, "10001 imports");

	buf_clear(&wasm);
	buf_add(&wasm, STR(HEAD TYPE_V FUNC_1 "\12\10\1\6\1\xe0\xd4\3\x7f\13"));
	must_pass_limit(&wasm, "more than 50000 local variables");

	buf_clear(&wasm);
	buf_clear(&part);
	buf_add(&wasm, STR(HEAD TYPE_V FUNC_1));
	buf_addc(&part, 1);
	leb(&part, 7654322);
	repeat(&part, STR("\0"), 7654322);
	section(&wasm, 10, &part);
	must_pass_limit(&wasm, "a function of 7654322 bytes");

	buf_clear(&wasm);
	buf_add(&wasm, STR(HEAD));
	repeat(&wasm, STR("\0\2\1x"), 10001);
	must_pass_limit(&wasm, "more than 10000 sections");

	buf_clear(&wasm);
	buf_add(&wasm, STR(HEAD "\5\5\1\0\x81\x80\4"));
	must_pass_limit(&wasm, "memory of at least 65537");

	buf_clear(&wasm);
	buf_add(&wasm, STR(HEAD));
	repeat(&wasm, STR("\0\0\0\0\0\0\0\0"), MODULE_MAX_BYTES / 8 - 1);
	assert_false(buf_over(&wasm));
	wasm.max++;
	buf_addc(&wasm, 0);
	must_pass_limit(&wasm, "a module may have");
}

static void
a_broken_name_section_is_no_fault(void **state)
{
	struct str wasm =
	    BYTES(HEAD TYPE_V FUNC_1 CODE_1 "\0\14\4name\1\5\2\0\1a\xff");
	CLEANUP(module_free) struct module *m = NULL;
	struct err e = ERR;

	(void)state;
	assert_int_equal(module_read(&m, wasm, &e), 0);
	assert_true(str_is(m->funcs[0].name, "a"));
}

static void
every_cut_of_a_module_is_refused_or_whole_in_itself(void **state)
{
	struct str wasm = assemble("testdata/module/runnable.wat");

	(void)state;
	for (size_t n = 0; n < wasm.n; n++) {
		char *copy = malloc(n > 0 ? n : 1);
		struct module *m = NULL;
		struct err e = ERR;

		assert_non_null(copy);
		memcpy(copy, wasm.p, n);
		/* Only at the end of a section can it be whole. */
		if (module_read(&m, (struct str){ copy, n }, &e) == 0)
			assert_true(n == 8 ||
			    m->sections[m->nsections - 1].at +
				    m->sections[m->nsections - 1].nbytes ==
				n);
		else
			assert_true(e.text[0] != '\0');
		module_free(&m);
		free(copy);
	}
	free((char *)(uintptr_t)wasm.p);
}

static void
a_long_type_is_shortened(void **state)
{
	CLEANUP(buf_free) struct buf wasm = BUF(1 << 20);
	CLEANUP(buf_free) struct buf part = BUF(1 << 20);
	CLEANUP(module_free) struct module *m = NULL;
	struct err e = ERR;

	(void)state;
	buf_add(&wasm, STR(HEAD));
	buf_add(&part, STR("\1\x60\x64")); /* 100 parameters */
	repeat(&part, STR("\x7e"), 100);
	buf_add(&part, STR("\2\x7d\x7c"));
	section(&wasm, 1, &part);
	buf_add(&wasm, STR("\2\7\1\1a\1b\0\0"));
	assert_int_equal(module_read(&m, buf_str(&wasm), &e), 0);
	assert_true(str_starts(m->imports[0].type, "(i64, i64, "));
	assert_true(
	    str_ends(m->imports[0].type, ", ... 100 in all) -> (f32, f64)"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_module_is_read_as_it_was_written),
		cmocka_unit_test(sections_cover_the_file_without_gaps),
		cmocka_unit_test(producers_and_language_come_from_the_compiler),
		cmocka_unit_test(the_runtime_s_compiler_is_not_the_language),
		cmocka_unit_test(what_is_no_module_is_named),
		cmocka_unit_test(a_malformed_module_is_refused_with_its_place),
		cmocka_unit_test(proposals_past_2_0_are_called_by_name),
		cmocka_unit_test(ceilings_are_those_of_the_engine),
		cmocka_unit_test(a_broken_name_section_is_no_fault),
		cmocka_unit_test(
		    every_cut_of_a_module_is_refused_or_whole_in_itself),
		cmocka_unit_test(a_long_type_is_shortened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
