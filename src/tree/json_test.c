/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "tree/tree.h"

static void
json_reads_and_prints_the_same(void **state)
{
	static const char *const same[] = {
		"null",
		"true",
		"12",
		"-9223372036854775808",
		"1.5",
		"1.0",
		"1e+300",
		"0.1",
		"\"\"",
		"\"a\\\"b\\\\c\\n\\r\\t\\u0000\\u001f\\u007f\"",
		"\"\xC3\xA9\xF0\x9F\x98\x80\"",
		"[]",
		"{}",
		"[1,[2,{\"a\":[]}]]",
		"{\"b\":1,\"a\":{\"\":null}}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(same); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		CLEANUP(buf_free) struct buf out = BUF(10000);
		struct err e = ERR;
		struct tree *t;

		if (tree_parse_json(&t, a, str_of(same[i]), &e) < 0)
			fail_msg("%s: %s", same[i], e.text);
		tree_print_json(&out, t, 0);
		assert_string_equal(buf_cstr(&out), same[i]);
	}
}

static void
json_that_is_wrong_is_told_with_its_place(void **state)
{
	static const char *const bad[][2] = {
		{ "", "1:1: unexpected token near end of file" },
		{ "{\"a\":1,\n \"b\" 2}", "2:6: ':' expected near '2'" },
		{ "[1,]", "1:4: unexpected token near ']'" },
		{ "{} x", "1:4: end of file expected near 'x'" },
		{ "[\"\xFF\"]", "1:3: this is not valid UTF-8" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct err e = ERR;
		struct tree *t;

		assert_int_equal(
		    tree_parse_json(&t, a, str_of(bad[i][0]), &e), -1);
		assert_string_equal(e.text, bad[i][1]);
		assert_int_equal(e.kind, ERR_INPUT);
	}
}

static void
json_past_a_ceiling_is_a_limit(void **state)
{
	static const char *const units[] = { "[", "{\"a\":", "1,", "[]," };
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(units); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		CLEANUP(buf_free) struct buf text = BUF(8u << 20);
		struct err e = ERR;
		struct tree *t;

		buf_addc(&text, '[');
		for (j = 0; j < 600000; j++)
			buf_add(&text, str_of(units[i]));
		assert_int_equal(
		    tree_parse_json(&t, a, buf_str(&text), &e), -1);
		assert_int_equal(e.kind, ERR_LIMIT);
	}
}

static void
a_number_too_big_for_an_integer_becomes_a_real(void **state)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct err e = ERR;
	struct tree *t;

	(void)state;
	assert_int_equal(
	    tree_parse_json(&t, a, STR("[18446744073709551616, 7]"), &e), 0);
	assert_int_equal(t->items[0]->kind, TREE_REAL);
	assert_true(t->items[0]->real == 18446744073709551616.0);
	assert_int_equal(t->items[1]->kind, TREE_INT);
	assert_int_equal(t->items[1]->num, 7);
}

static void
a_key_that_is_there_twice_has_its_last_value(void **state)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct err e = ERR;
	struct tree *t;

	(void)state;
	assert_int_equal(
	    tree_parse_json(&t, a, STR("{\"a\":1,\"a\":2}"), &e), 0);
	assert_int_equal(t->nitems, 1);
	assert_int_equal(tree_get(t, "a")->num, 2);
}

static void
made_trees_print_as_json(void **state)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf out = BUF(10000);
	struct tree *t = tree_map(a), *list;

	(void)state;
	tree_put_text(a, t, "bad", STR("a\xFF\xC3z"));
	tree_put_int(a, t, "n", -5);
	tree_put_bool(a, t, "yes", true);
	tree_put(a, t, "nan", tree_new_real(a, __builtin_nan("")));
	list = tree_put(a, t, "list", tree_list(a));
	tree_add(a, list, tree_new_null(a));
	tree_add(a, list, tree_map(a));
	tree_put_int(a, t, "n", 6);
	tree_print_json(&out, t, 2);
	assert_string_equal(buf_cstr(&out),
	    "{\n  \"bad\": \"a\xEF\xBF\xBD\xEF\xBF\xBDz\",\n  \"n\": 6,\n"
	    "  \"yes\": true,\n  \"nan\": null,\n  \"list\": [\n    null,\n"
	    "    {}\n  ]\n}");
	assert_true(str_is(tree_text(t, "n"), "6"));
	assert_true(str_is(tree_text(t, "list"), ""));
	assert_null(tree_get(list, "n"));
	assert_null(tree_get(NULL, "n"));
}

static void
values_are_compared_as_json(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "1", "1.0", true },
		{ "1", "\"1\"", false },
		{ "{\"a\":1,\"b\":[2]}", "{\"b\":[2],\"a\":1}", true },
		{ "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
		{ "{\"a\":1,\"c\":2}", "{\"a\":1,\"b\":2}", false },
		{ "[1,2]", "[2,1]", false },
		{ "null", "false", false },
		{ "true", "true", true },
		{ "true", "false", false },
		{ "[]", "{}", false },
		{ "9007199254740993", "9007199254740992", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct err e = ERR;
		struct tree *x, *y;

		assert_int_equal(
		    tree_parse_json(&x, a, str_of(rows[i].a), &e), 0);
		assert_int_equal(
		    tree_parse_json(&y, a, str_of(rows[i].b), &e), 0);
		assert_int_equal(tree_eq(x, y), rows[i].same);
		assert_int_equal(tree_eq(y, x), rows[i].same);
	}
}

static void
a_subset_names_the_first_difference(void **state)
{
	static const struct {
		const char *want, *have, *where; /* NULL: it is one */
	} rows[] = {
		{ "{}", "{\"a\":1}", NULL },
		{ "{\"a\":{\"b\":1}}", "{\"a\":{\"c\":2,\"b\":1.0}}", NULL },
		{ "{\"a\":1,\"user\":{\"name\":\"x\"}}",
		    "{\"user\":{\"name\":\"y\"},\"a\":1}", "$.user.name" },
		{ "{\"a\":[1,{\"b\":2}]}", "{\"a\":[1,{\"b\":3}]}",
		    "$.a[1].b" },
		{ "[1]", "[1,2]", "$" },
		{ "{\"a\":1}", "{\"b\":1}", "$.a" },
		{ "{\"a b\":1}", "{}", "$[\"a b\"]" },
		{ "{\"a\":1}", "5", "$" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		CLEANUP(buf_free) struct buf where = BUF(1000);
		struct err e = ERR;
		struct tree *x, *y;
		bool ok;

		assert_int_equal(
		    tree_parse_json(&x, a, str_of(rows[i].want), &e), 0);
		assert_int_equal(
		    tree_parse_json(&y, a, str_of(rows[i].have), &e), 0);
		ok = tree_subset(x, y, &where);
		assert_int_equal(ok, rows[i].where == NULL);
		assert_string_equal(
		    buf_cstr(&where), rows[i].where ? rows[i].where : "");
		assert_int_equal(tree_subset(x, y, NULL), ok);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_reads_and_prints_the_same),
		cmocka_unit_test(json_that_is_wrong_is_told_with_its_place),
		cmocka_unit_test(json_past_a_ceiling_is_a_limit),
		cmocka_unit_test(
		    a_number_too_big_for_an_integer_becomes_a_real),
		cmocka_unit_test(a_key_that_is_there_twice_has_its_last_value),
		cmocka_unit_test(made_trees_print_as_json),
		cmocka_unit_test(values_are_compared_as_json),
		cmocka_unit_test(a_subset_names_the_first_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
