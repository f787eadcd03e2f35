/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "module/module.h"
#include "os/os.h"

/* Where instructions of the fixtures stand: wasm-objdump -d. */
static const struct {
	size_t offset;
	const char *place;
} places[] = {
	{ 0x7b, NULL },		  /* the number of functions */
	{ 0x7d, "src/trap.c:8" }, /* allocate */
	{ 0x8b, "src/trap.c:11" },
	{ 0x8e, NULL },		   /* between two functions */
	{ 0xaf, "src/trap.h:4" },  /* i32.div_s, inlined */
	{ 0xc2, "src/trap.c:33" }, /* unreachable */
	{ 0xc3, "src/trap.c:33" }, /* line 0: of no line itself */
	{ 0xcd, "src/trap.c:34" }, /* call */
	{ 0xdf, NULL },		   /* past the code */
	{ 0xffffffff, NULL },
};

static void
lines_of(const char *path)
{
	CLEANUP(buf_free) struct buf wasm = BUF(1 << 20);
	CLEANUP(module_free) struct module *m = NULL;
	struct err e = ERR;
	unsigned line;

	assert_int_equal(os_read(&wasm, path, &e), 0);
	assert_int_equal(module_read(&m, buf_str(&wasm), &e), 0);
	for (size_t i = 0; i < COUNT(places); i++) {
		CLEANUP(buf_free) struct buf b = BUF(1000);
		bool has = module_source_line(m, places[i].offset, &b, &line);

		if (has)
			buf_addf(&b, ":%u", line);
		if (has != (places[i].place != NULL) ||
		    (has && strcmp(buf_cstr(&b), places[i].place) != 0))
			fail_msg("%s at 0x%zx: %s", path, places[i].offset,
			    buf_cstr(&b));
	}
}

static void
dwarf_4_and_5_give_the_same_places(void **state)
{
	(void)state;
	lines_of("testdata/module/dwarf4.wasm");
	lines_of("testdata/module/dwarf5.wasm");
}

/*
 * Made by hand: one function of 20 bytes, and a line program with a sequence
 * of a dropped function, at address 0, before its own.
 */
#define LINES \
	"\x3f\0\0\0" \
	"\4\0" \
	"\x1b\0\0\0" \
	"\1\1\1" \
	"\xfb" \
	"\16" \
	"\15" \
	"\0\1\1\1\1\0\0\0\1\0\0\1" \
	"\0" \
	"x.c\0\0\0\0" \
	"\0" \
	"\0\5\2\0\0\0\0" \
	"\3\4\1" \
	"\2\x20" \
	"\0\1\1" \
	"\0\5\2\2\0\0\0" \
	"\3\6\1" \
	"\2\x10" \
	"\0\1\1"

#define CODE "\12\x16\1\x14\0\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\13"

static void
a_dropped_function_owns_no_code(void **state)
{
	static const char wasm[] = "\0asm\1\0\0\0"
				   "\1\4\1\x60\0\0"
				   "\3\2\1\0" CODE "\0\x4f\13.debug_line" LINES;
	CLEANUP(module_free) struct module *m = NULL;
	CLEANUP(buf_free) struct buf b = BUF(1000);
	struct err e = ERR;
	unsigned line = 0;

	(void)state;
	if (module_read(&m, (struct str){ wasm, sizeof(wasm) - 1 }, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(m->has_debug);
	assert_true(module_source_line(m, m->funcs[0].at + 3, &b, &line));
	assert_string_equal(buf_cstr(&b), "x.c");
	assert_int_equal(line, 7);
}

/* Any byte changed to any of a few values, and any cut: no crash, no hang. */
static void
damaged_line_tables_do_no_harm(void **state)
{
	CLEANUP(buf_free) struct buf wasm = BUF(1 << 20);
	static const char values[] = { 0, 1, 0x7f, (char)0x80, (char)0xff };
	struct err e = ERR;
	unsigned line;
	char was;

	(void)state;
	assert_int_equal(os_read(&wasm, "testdata/module/dwarf5.wasm", &e), 0);
	for (size_t i = 0x440; i < wasm.n * COUNT(values); i++) {
		CLEANUP(buf_free) struct buf b = BUF(1000);
		struct module *m = NULL;
		size_t at = i % wasm.n;

		was = wasm.p[at];
		wasm.p[at] = values[i / wasm.n];
		if (module_read(&m, buf_str(&wasm), &e) == 0)
			(void)module_source_line(m, 0xc2, &b, &line);
		module_free(&m);
		wasm.p[at] = was;
	}
}

static void
without_debug_sections_there_is_no_line(void **state)
{
	CLEANUP(buf_free) struct buf wasm = BUF(1 << 20);
	CLEANUP(buf_free) struct buf small = BUF(1 << 20);
	CLEANUP(buf_free) struct buf file = BUF(1000);
	CLEANUP(module_free) struct module *m = NULL;
	CLEANUP(module_free) struct module *s = NULL;
	struct err e = ERR;
	unsigned line;

	(void)state;
	assert_int_equal(os_read(&wasm, "testdata/module/dwarf4.wasm", &e), 0);
	assert_int_equal(module_read(&m, buf_str(&wasm), &e), 0);
	module_strip(m, true, &small);
	assert_int_equal(module_read(&s, buf_str(&small), &e), 0);
	assert_false(module_source_line(s, 0xc2, &file, &line));
	assert_true(s->has_names);
	assert_false(s->has_debug);
	assert_true(str_eq(s->producer, m->producer));
}

/* wasm-ld writes sizes with five bytes; a copy must keep them so. */
static void
stripping_keeps_all_other_bytes(void **state)
{
#define KEPT1 \
	"\0asm\1\0\0\0" \
	"\1\x84\x80\x80\0\1\x60\0\0" \
	"\0\2\1x"
#define KEPT2 \
	"\3\2\1\0" \
	"\12\x84\x80\x80\x80\0\1\2\0\13"
#define NAME "\0\x8b\0\4name\1\4\1\0\1f"
#define KEPT3 "\0\3\1y!"
	static const char wasm[] =
	    KEPT1 "\0\x8d\0\13.debug_infoz" KEPT2
		  "\0\21\20sourceMappingURL" NAME KEPT3 "\0\13\12.debug_str"
		  "\0\13\12.debug_str";
	static const char with[] = KEPT1 KEPT2 NAME KEPT3;
	static const char without[] = KEPT1 KEPT2 KEPT3;
	CLEANUP(module_free) struct module *m = NULL;
	CLEANUP(buf_free) struct buf a = BUF(1000);
	CLEANUP(buf_free) struct buf b = BUF(1000);
	struct err e = ERR;

	(void)state;
	if (module_read(&m, (struct str){ wasm, sizeof(wasm) - 1 }, &e) < 0)
		fail_msg("%s", e.text);
	module_strip(m, true, &a);
	module_strip(m, false, &b);
	assert_int_equal(a.n, sizeof(with) - 1);
	assert_memory_equal(a.p, with, a.n);
	assert_int_equal(b.n, sizeof(without) - 1);
	assert_memory_equal(b.p, without, b.n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dwarf_4_and_5_give_the_same_places),
		cmocka_unit_test(a_dropped_function_owns_no_code),
		cmocka_unit_test(damaged_line_tables_do_no_harm),
		cmocka_unit_test(without_debug_sections_there_is_no_line),
		cmocka_unit_test(stripping_keeps_all_other_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
