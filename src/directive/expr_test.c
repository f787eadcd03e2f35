/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "directive/directive.h"

/* State key n is JSON or text; the others are what a request has. */
static bool
get(void *arg, enum expr_root root, struct str key, struct str *text)
{
	static const struct {
		enum expr_root root;
		const char *key, *text;
	} all[] = {
		{ EXPR_STATE, "user",
		    "{\"age\": 18, \"name\": \"Ann\", \"tags\": [\"a\", \"b\"],"
		    " \"none\": null, \"empty\": {}}" },
		{ EXPR_STATE, "n", "3" },
		{ EXPR_STATE, "zero", "0" },
		{ EXPR_STATE, "text", "not {json" },
		{ EXPR_STATE, "empty", "" },
		{ EXPR_STATE, "db::getUser", "true" },
		{ EXPR_STATE, "get-user", "1.5" },
		{ EXPR_BODY, "", "[10, {\"k\": \"v\"}]" },
		{ EXPR_PARAMS, "id", "7" },
		{ EXPR_HEADERS, "x-kind", "Blue" },
		{ EXPR_QUERY, "page", "2" },
		{ EXPR_METHOD, "", "POST" },
		{ EXPR_URL, "", "/a?page=2" },
	};
	size_t i;

	assert_int_equal(*(int *)arg, 42);
	for (i = 0; i < COUNT(all); i++) {
		if (all[i].root != root || !str_is(key, all[i].key))
			continue;
		*text = str_of(all[i].text);
		return true;
	}
	return false;
}

static bool
holds(const char *text)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	int mark = 42;
	const struct expr_world w = { &mark, get };
	struct expr *x = NULL;
	struct err e = ERR;

	if (expr_parse(&x, a, str_of(text), &e) < 0)
		fail_msg("%s: %s", text, e.text);
	return expr_holds(x, &w);
}

static void
conditions_hold_as_the_page_says(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
		{ "true", true },
		{ "false", false },
		{ "null", false },
		{ "0", false },
		{ "-1", true },
		{ "''", false },
		{ "'0'", true },
		{ "state.user.age >= 18", true },
		{ "state.user.age > 18", false },
		{ "state.user.age < 18.5", true },
		{ "state.user.name == \"Ann\"", true },
		{ "state[\"user\"]['name'] != 'Ann'", false },
		{ "state.user.tags[1] == 'b'", true },
		{ "state.user.tags[2]", false },
		{ "state.user.tags[2] == null", true },
		{ "state.user.none == null", true },
		{ "state.user.empty", false },
		{ "state.user.tags", true },
		{ "state.nothing", false },
		{ "state.nothing.at.all == null", true },
		{ "not state.nothing", true },
		{ "!state.nothing", true },
		{ "not not state.n", true },
		{ "state['db::getUser'] == true", true },
		{ "state.get-user == 1.5", true },
		{ "state.n == 3 and state.zero == 0", true },
		{ "state.n == 3 && !state.zero", true },
		{ "state.n == 4 or state.zero", false },
		{ "state.n == 4 || state.n == 3", true },
		{ "false and false or true", true },
		{ "true or false and false", true },
		{ "(true or false) and false", false },
		{ "true or true and false or false", true },
		{ "state.text == 'not {json'", true },
		{ "state.empty", false },
		{ "state.empty == ''", true },
		/* Different kinds are unequal and have no order. */
		{ "state.n == '3'", false },
		{ "state.n != '3'", true },
		{ "state.n < '4'", false },
		{ "state.n >= '3'", false },
		{ "null < 1", false },
		{ "true == 1", false },
		{ "'a' < 'b'", true },
		{ "'b' <= 'a'", false },
		{ "1 == 1.0", true },
		{ "body[0] == 10", true },
		{ "body[1].k == 'v'", true },
		/* What a client sends as text stays text. */
		{ "params.id == '7'", true },
		{ "params.id == 7", false },
		{ "headers.X-Kind == 'Blue'", true },
		{ "headers['x-kind'] == 'Blue'", true },
		{ "query.page == '2'", true },
		{ "method == 'POST' and url == '/a?page=2'", true },
		{ "'it\\'s' == \"it's\"", true },
		{ "(state.n == 3) == true", true },
		{ "\n state.n\t==\n3 ", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		if (holds(rows[i].text) != rows[i].want)
			fail_msg("%s", rows[i].text);
}

static void
what_is_no_condition_is_told_with_its_column(void **state)
{
	static const char *const rows[][2] = {
		{ "", "column 1: " },
		{ "   ", "column 4: " },
		{ "state", "column 6: " },
		{ "state.", "column 7: expected a name" },
		{ "state[1]", "column 9: " },
		{ "state.a = 1", "column 9: '=' alone" },
		{ "state.a == ", "column 12: the condition ends" },
		{ "user.age > 1", "column 1: expected state" },
		{ "\xC3\xA4", "column 1: " },
		{ "'\xC3\xA4' x", "column 5: expected and, or" },
		{ "(true", "column 6: expected ')'" },
		{ "'open", "column 1: the text has no end" },
		{ "1 < 2 < 3", "column 7: " },
		{ "01", "column 1: this is no number" },
		{ "1e", "column 1: this is no number" },
		{ "12ab", "column 3: a name cannot begin" },
		{ "state.a[x]", "column 9: between" },
		{ "state.a[1", "column 10: expected ']'" },
		{ "true false", "column 6: " },
		{ "a\xFF", "column 2: not UTF-8" },
		{ "and", "column 1: " },
		{ "nothing", "column 1: " },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct expr *x = NULL;
		struct err e = ERR;

		if (expr_parse(&x, a, str_of(rows[i][0]), &e) == 0 ||
		    e.kind != ERR_INPUT || e.hint[0] == '\0' ||
		    strncmp(e.text, rows[i][1], strlen(rows[i][1])) != 0)
			fail_msg("%s: %s", rows[i][0], e.text);
	}
}

/* n times s, then tail. */
static int
parse_repeated(const char *s, size_t n, const char *tail)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf text = BUF(1u << 16);
	struct expr *x = NULL;
	struct err e = ERR;
	size_t i;

	for (i = 0; i < n; i++)
		buf_add(&text, str_of(s));
	buf_add(&text, str_of(tail));
	return expr_parse(&x, a, buf_str(&text), &e);
}

static void
conditions_have_ceilings(void **state)
{
	(void)state;
	assert_int_equal(parse_repeated("true and ", 400, "true"), 0);
	assert_int_equal(parse_repeated("true and ", 500, "true"), -1);
	assert_int_equal(parse_repeated("(", 32, "true"), -1);
	assert_int_equal(parse_repeated("not ", 32, "true"), 0);
	assert_int_equal(parse_repeated("not ", 33, "true"), -1);
	assert_true(holds("((((((((((true))))))))))"));
}

static void
add_key(void *arg, struct str key)
{
	struct buf *b = arg;

	buf_add(b, key);
	buf_addc(b, ' ');
}

static void
the_state_keys_of_a_condition_are_told(void **state)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf got = BUF(1000);
	struct expr *x = NULL;
	struct err e = ERR;

	(void)state;
	assert_int_equal(
	    expr_parse(&x, a,
		STR("not state.a.b and (params.x == state['c d'] or "
		    "body.state == state.e)"),
		&e),
	    0);
	expr_state_keys(x, add_key, &got);
	/* In whatever order. */
	assert_int_equal(got.n, 8);
	assert_non_null(strstr(buf_cstr(&got), "a "));
	assert_non_null(strstr(buf_cstr(&got), "c d "));
	assert_non_null(strstr(buf_cstr(&got), "e "));
}

static void
times_are_read_with_their_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms; /* 0: refused */
	} rows[] = {
		{ "1ms", 1 },
		{ "250ms", 250 },
		{ "2s", 2000 },
		{ "5m", 300000 },
		{ "1h30m", 5400000 },
		{ "1d", 86400000 },
		{ "366d", 366ull * 86400000 },
		{ "1s500ms", 1500 },
		{ "", 0 },
		{ "0s", 0 },
		{ "5", 0 },
		{ "s", 0 },
		{ "-1s", 0 },
		{ "1.5s", 0 },
		{ "1 s", 0 },
		{ "30m1h", 0 },
		{ "1s1s", 0 },
		{ "367d", 0 },
		{ "366d1ms", 0 },
		{ "99999999999999999999s", 0 },
		{ "1w", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct err e = ERR;
		uint64_t ns = 0;
		int rc = duration_parse(&ns, str_of(rows[i].text), &e);

		assert_int_equal(ns, rows[i].ms * 1000000);
		assert_int_equal(rc, rows[i].ms > 0 ? 0 : -1);
		if (rc < 0)
			assert_true(e.kind == ERR_INPUT && e.hint[0] != '\0');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_hold_as_the_page_says),
		cmocka_unit_test(what_is_no_condition_is_told_with_its_column),
		cmocka_unit_test(conditions_have_ceilings),
		cmocka_unit_test(the_state_keys_of_a_condition_are_told),
		cmocka_unit_test(times_are_read_with_their_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
