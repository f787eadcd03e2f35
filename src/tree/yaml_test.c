/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "tree/tree.h"

static int
parse(struct arena *a, struct tree **t, struct str text, struct err *e)
{
	*t = NULL;
	return tree_parse_yaml(t, a, text, e);
}

/* A value as one line: kind, place and span of everything in it. */
static void
describe(struct buf *out, const struct tree *t)
{
	size_t i;

	buf_addf(out, "%u:%u[%zu,%zu)", t->at.line, t->at.col, t->from, t->to);
	if (t->kind != TREE_LIST && t->kind != TREE_MAP) {
		buf_addf(out, "%s" STR_F, t->quoted ? "'" : "", STR_A(t->text));
		return;
	}
	buf_addc(out, t->kind == TREE_MAP ? '{' : '[');
	for (i = 0; i < t->nitems; i++) {
		if (i > 0)
			buf_addc(out, ' ');
		if (t->kind == TREE_MAP)
			buf_addf(out, STR_F "=", STR_A(t->items[i]->key->text));
		describe(out, t->items[i]);
	}
	buf_addc(out, t->kind == TREE_MAP ? '}' : ']');
}

static void
every_value_knows_its_place(void **state)
{
	static const struct {
		const char *yaml, *want;
	} rows[] = {
		{ "a: b # c\n", "1:1[0,4){a=1:4[3,4)b}" },
		{ "\xEF\xBB\xBF"
		  "a: b",
		    "1:1[3,7){a=1:4[6,7)b}" },
		{ "a: \"\xC3\xA9\"\r\nb: 'x'\r\n",
		    "1:1[0,15){a=1:4[3,7)'\xC3\xA9 b=2:4[12,15)'x}" },
		{ "l:\n- a\n- b: c\n\n# x\nm: 1\n",
		    "1:1[0,23){l=2:1[3,13)[2:3[5,6)a 3:3[9,13){b=3:6[12,13)c}] "
		    "m=6:4[22,23)1}" },
		{ "l: [a, {b: c}] # x\n",
		    "1:1[0,14){l=1:4[3,14)[1:5[4,5)a 1:8[7,13){b=1:12[11,12)c}]"
		    "}" },
		{ "a:\nb: |\n  x\n", "1:1[0,12){a=1:3[2,2) b=2:4[6,12)'x\n}" },
		{ "[]", "1:1[0,2)[]" },
		{ "---\nx\n...\n", "2:1[4,5)x" },
		{ "", "0:0[0,0)" },
		{ "# only\n", "0:0[0,0)" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		CLEANUP(buf_free) struct buf got = BUF(10000);
		struct err e = ERR;
		struct tree *t;

		if (parse(a, &t, str_of(rows[i].yaml), &e) < 0)
			fail_msg("%s", e.text);
		describe(&got, t);
		assert_string_equal(buf_cstr(&got), rows[i].want);
	}
}

static void
scalars_follow_the_core_schema(void **state)
{
	static const struct {
		const char *yaml;
		enum tree_kind kind;
		double real;
	} rows[] = {
		{ "~", TREE_NULL, 0 },
		{ "null", TREE_NULL, 0 },
		{ "Null", TREE_NULL, 0 },
		{ "nULL", TREE_TEXT, 0 },
		{ "true", TREE_BOOL, 0 },
		{ "TRUE", TREE_BOOL, 0 },
		{ "yes", TREE_TEXT, 0 },
		{ "no", TREE_TEXT, 0 },
		{ "on", TREE_TEXT, 0 },
		{ "off", TREE_TEXT, 0 },
		{ "12", TREE_INT, 12 },
		{ "-12", TREE_INT, -12 },
		{ "+12", TREE_INT, 12 },
		{ "012", TREE_INT, 12 },
		{ "0o17", TREE_INT, 15 },
		{ "0x1F90", TREE_INT, 8080 },
		{ "0x", TREE_TEXT, 0 },
		{ "0o8", TREE_TEXT, 0 },
		{ "-0x1", TREE_TEXT, 0 },
		{ "9223372036854775807", TREE_INT, 9223372036854775807.0 },
		{ "-9223372036854775808", TREE_INT, -9223372036854775808.0 },
		{ "9223372036854775808", TREE_REAL, 9223372036854775808.0 },
		{ "12:30", TREE_TEXT, 0 },
		{ "1_000", TREE_TEXT, 0 },
		{ "1.5", TREE_REAL, 1.5 },
		{ "1.", TREE_REAL, 1 },
		{ ".5", TREE_REAL, .5 },
		{ "-1e3", TREE_REAL, -1000 },
		{ "1e", TREE_TEXT, 0 },
		{ ".", TREE_TEXT, 0 },
		{ "1.2.3", TREE_TEXT, 0 },
		{ "v1", TREE_TEXT, 0 },
		{ ".inf", TREE_REAL, __builtin_inf() },
		{ "-.INF", TREE_REAL, -__builtin_inf() },
		{ "inf", TREE_TEXT, 0 },
		{ "'1'", TREE_TEXT, 0 },
		{ "\"true\"", TREE_TEXT, 0 },
		{ "=", TREE_TEXT, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct err e = ERR;
		struct tree *t;

		assert_int_equal(parse(a, &t, str_of(rows[i].yaml), &e), 0);
		assert_int_equal(t->kind, rows[i].kind);
		assert_true(t->real == rows[i].real);
	}
}

static const struct {
	const char *yaml;
	size_t n; /* 0: to its NUL */
	const char *text;
} refused[] = {
	{ "a: &x 1", 0, "1:4: anchors ('&') are not allowed" },
	{ "a: *x", 0, "1:4: aliases ('*') are not allowed" },
	{ "a: *nope", 0, "1:4: aliases ('*') are not allowed" },
	{ "a: !env S", 0, "1:4: tags ('!') are not allowed" },
	{ "a: !!str S", 0, "1:4: tags ('!') are not allowed" },
	{ "- ! a", 0, "1:3: tags ('!') are not allowed" },
	{ "- !x [a]", 0, "1:3: tags ('!') are not allowed" },
	{ "- &x {a: 1}", 0, "1:3: anchors ('&') are not allowed" },
	{ "%TAG ! x\n---\na", 0, "1:1: %TAG is not allowed" },
	{ "%YAML 9.9\n---\na", 0, "1:1: a version of YAML that is not known" },
	{ "a: 1\n<<: {b: 1}", 0, "2:1: merge keys ('<<') are not allowed" },
	{ "? [a]\n: b", 0, "1:3: a list or map as a key" },
	{ "{{a: b}: c}", 0, "1:2: a list or map as a key" },
	{ ": b", 0, "1:1: a key was expected here" },
	{ "{? , b: c}", 0, "1:4: a key is missing here" },
	{ "a: 1\nb: 2\na: 3", 0,
	    "3:1: the key 'a' is here twice, first in line 1" },
	{ "a: 1\n\"\\x61\": 2", 0,
	    "2:1: the key 'a' is here twice, first in line 1" },
	{ "{a: 1, 'a': 2}", 0,
	    "1:8: the key 'a' is here twice, first in line 1" },
	{ "\"a\\0b\": 1", 0, "1:1: a NUL in a key" },
	{ "a: 1\n---\nb: 1", 0, "2:1: a second document in one file" },
	{ "a:\n\tb: 1", 0, "2:1: a tab in the indentation" },
	{ "a:\n  - b\n  -\tc: 1", 0, "3:4: a tab in the indentation" },
	{ "\xFF\xFE"
	  "a",
	    0, "1:1: this is UTF-16, not UTF-8" },
	{ "a\0:\0", 4,
	    "1:1: this is UTF-16, UTF-32 or binary, not UTF-8 text" },
	{ "abc: \0", 6, "1:6: a NUL byte" },
	{ "a: 1\nb: \xC3(", 0, "2:4: this is not valid UTF-8" },
	{ "a: \x1B[0m", 0, "1:4: a control character" },
	{ "a: \x7F", 0, "1:4: a control character" },
	{ "a: \xC2\x9B", 0, "1:4: a control character" },
	{ "a: 1\rb: 2", 0, "1:5: a carriage return without a line feed" },
	{ "# x\xE2\x80\xA8"
	  "a: 1",
	    0,
	    "1:4: a line break (U+0085, U+2028 or U+2029) that not "
	    "all readers take for one" },
	{ "a: \xEF\xBB\xBF", 0,
	    "1:4: a byte-order mark in the middle of the text" },
	{ "a: b: c", 0, "1:5: a ': ' where no key can stand" },
	{ "a: [1\nb: 2", 0, "2:2: a ',' or ']' was expected here" },
	{ "a: \"x\nb: 2\n", 0, "1:4: the text ends inside quotes" },
	{ "a: @x", 0, "1:4: a character that no value may begin with" },
};

static void
what_is_not_the_safe_subset_is_refused_with_its_place(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(refused); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct str text = { refused[i].yaml,
			refused[i].n > 0 ? refused[i].n
					 : strlen(refused[i].yaml) };
		struct err e = ERR;
		struct tree *t;

		assert_int_equal(parse(a, &t, text, &e), -1);
		assert_string_equal(e.text, refused[i].text);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_true(e.hint[0] != '\0');
	}
}

static void
repeat(struct buf *b, const char *what, size_t bytes)
{
	while (b->n + strlen(what) <= bytes)
		buf_add(b, str_of(what));
}

static void
ceilings_are_told_with_their_place(void **state)
{
	static const struct {
		const char *unit;
		size_t bytes;
		const char *text;
	} rows[] = {
		{ "[", 100000, "1:33: nested more than 32 deep" },
		{ "- ", 100000, "1:65: nested more than 32 deep" },
		{ "{a: ", 100000, "1:129: nested more than 32 deep" },
		{ "#", TREE_MAX_BYTES + 1, "1:1: longer than 1048576 bytes" },
		{ "-\n", TREE_MAX_BYTES,
		    "200000:2: more than 200000 values in one file" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		CLEANUP(buf_free) struct buf text = BUF(2 * TREE_MAX_BYTES);
		struct err e = ERR;
		struct tree *t;

		repeat(&text, rows[i].unit, rows[i].bytes);
		assert_int_equal(parse(a, &t, buf_str(&text), &e), -1);
		assert_string_equal(e.text, rows[i].text);
		assert_int_equal(e.kind, ERR_LIMIT);
	}
}

static void
blocks_1000_deep_are_refused(void **state)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf text = BUF(8u << 20);
	struct err e = ERR;
	struct tree *t;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		buf_addf(&text, "%*sa:\n", i, "");
	assert_int_equal(parse(a, &t, buf_str(&text), &e), -1);
	assert_string_equal(e.text, "33:33: nested more than 32 deep");
}

static void
depth_32_is_not_too_deep(void **state)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf text = BUF(1000);
	struct err e = ERR;
	struct tree *t;

	(void)state;
	repeat(&text, "[", 32);
	repeat(&text, "]", 64);
	assert_int_equal(parse(a, &t, buf_str(&text), &e), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_knows_its_place),
		cmocka_unit_test(scalars_follow_the_core_schema),
		cmocka_unit_test(
		    what_is_not_the_safe_subset_is_refused_with_its_place),
		cmocka_unit_test(ceilings_are_told_with_their_place),
		cmocka_unit_test(blocks_1000_deep_are_refused),
		cmocka_unit_test(depth_32_is_not_too_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
