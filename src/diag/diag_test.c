/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "diag/diag.h"

static const struct diag_rule rules[] = {
	{ "X001", DIAG_ERROR, "a thing", "because", "do that" },
	{ "X002", DIAG_WARNING, "other", "", "" },
	{ NULL, 0, NULL, NULL, NULL },
};

static void
a_problem_is_printed_with_its_line_marked(void **state)
{
	struct diags *ds = diags_new();
	CLEANUP(buf_free) struct buf out = BUF(4096);
	struct diag *d;

	(void)state;
	d = diags_add(ds, &rules[0], STR("f.yaml"), (struct place){ 2, 3 }, 4,
	    "no '%s'", "abcd");
	diag_print(&out, d, STR("one\n  abcd: x\nthree\n"), false);
	assert_string_equal(buf_cstr(&out),
	    "f.yaml:2:3: error[X001]: no 'abcd'\n"
	    "    2 |   abcd: x\n"
	    "      |   ^^^^\n"
	    "  cause: because\n"
	    "  repair: do that\n");
	buf_clear(&out);
	diags_repair(ds, d, "did you mean '%s'?", "abc");
	diag_print(&out, d, STR(""), false);
	assert_string_equal(buf_cstr(&out),
	    "f.yaml:2:3: error[X001]: no 'abcd'\n"
	    "  cause: because\n"
	    "  repair: did you mean 'abc'?\n");
	diags_free(&ds);
}

static void
the_mark_counts_characters_not_bytes(void **state)
{
	struct diags *ds = diags_new();
	CLEANUP(buf_free) struct buf out = BUF(4096);
	struct diag *d =
	    diags_add(ds, &rules[1], STR("f"), (struct place){ 1, 3 }, 1, "x");

	(void)state;
	diag_print(&out, d, STR("\xc3\xa9\xc3\xa9y\r\n"), false);
	assert_string_equal(buf_cstr(&out),
	    "f:1:3: warning[X002]: x\n"
	    "    1 | \xc3\xa9\xc3\xa9y\n"
	    "      |   ^\n");
	diags_free(&ds);
}

static void
problems_are_counted_and_ordered_by_place(void **state)
{
	struct diags *ds = diags_new();

	(void)state;
	diags_add(ds, &rules[0], STR("b"), (struct place){ 1, 1 }, 0, "3");
	diags_add(ds, &rules[1], STR("a"), (struct place){ 9, 1 }, 0, "2");
	diags_add(ds, &rules[0], STR("a"), (struct place){ 2, 5 }, 0, "1");
	diags_sort(ds);
	assert_int_equal(diags_errors(ds), 2);
	assert_int_equal(diags_warnings(ds), 1);
	assert_true(str_is(diags_at(ds, 0)->text, "1"));
	assert_true(str_is(diags_at(ds, 1)->text, "2"));
	assert_true(str_is(diags_at(ds, 2)->text, "3"));
	diags_free(&ds);
}

static void
only_near_names_are_suggested(void **state)
{
	static const struct str names[] = { { "greet", 5 }, { "farewell", 8 },
		{ "db", 2 } };
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ "greeet", "greet" },
		{ "Greet", "greet" },
		{ "farwel", "farewell" },
		{ "something", "" },
		{ "dv", "db" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str s =
		    diag_nearest(str_of(cases[i].in), names, COUNT(names));

		assert_true(str_is(s, cases[i].want));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_problem_is_printed_with_its_line_marked),
		cmocka_unit_test(the_mark_counts_characters_not_bytes),
		cmocka_unit_test(problems_are_counted_and_ordered_by_place),
		cmocka_unit_test(only_near_names_are_suggested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
