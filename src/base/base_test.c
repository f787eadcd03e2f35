/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"

static void
an_error_keeps_its_kind_when_wrapped(void **state)
{
	struct err e = ERR;

	(void)state;
	assert_int_equal(err_set(&e, ERR_INPUT, "line %d", 3), -1);
	assert_int_equal(err_wrap(&e, "cannot read '%s'", "a.yaml"), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_string_equal(e.text, "cannot read 'a.yaml': line 3");
	assert_int_equal(err_hint(&e, "do %s", "this"), -1);
	assert_string_equal(e.hint, "do this");
	err_set(&e, ERR_LIMIT, "again");
	assert_string_equal(e.hint, "");
}

static void
a_long_error_is_cut_not_overrun(void **state)
{
	struct err e = ERR;
	char big[8000];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_set(&e, ERR_INPUT, "%s", big);
	err_wrap(&e, "%s", big);
	assert_true(strlen(e.text) < sizeof(e.text));
}

static void
strings_are_cut_at_the_first_mark(void **state)
{
	struct str s = STR("a:b:c"), head;

	(void)state;
	assert_true(str_cut(&s, ':', &head));
	assert_true(str_is(head, "a") && str_is(s, "b:c"));
	assert_true(str_cut(&s, ':', &head));
	assert_false(str_cut(&s, ':', &head));
	assert_true(str_is(head, "c") && s.n == 0);
}

static void
numbers_have_a_maximum_and_no_sign(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool ok;
		uint64_t want;
	} cases[] = {
		{ "0", 9, true, 0 },
		{ "10", 9, false, 0 },
		{ "9", 9, true, 9 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "", 9, false, 0 },
		{ "-1", 9, false, 0 },
		{ "+1", 9, false, 0 },
		{ " 1", 9, false, 0 },
		{ "0x1", 9, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t v = 0;

		assert_int_equal(
		    str_u64(str_of(cases[i].text), cases[i].max, &v),
		    cases[i].ok);
		assert_int_equal(v, cases[i].want);
	}
}

static void
sizes_and_times_have_units(void **state)
{
	uint64_t n = 0;
	uint32_t ms = 0;

	(void)state;
	assert_true(str_bytes(STR("64M"), &n));
	assert_int_equal(n, 64u << 20);
	assert_true(str_bytes(STR("2GiB"), &n));
	assert_int_equal(n, 2ull << 30);
	assert_false(str_bytes(STR("64X"), &n));
	assert_false(str_bytes(STR("M"), &n));
	assert_false(str_bytes(STR("99999999999G"), &n));
	assert_true(str_ms(STR("2s"), &ms));
	assert_int_equal(ms, 2000);
	assert_true(str_ms(STR("250"), &ms));
	assert_int_equal(ms, 250);
	assert_false(str_ms(STR("31d"), &ms));
}

static void
only_well_formed_utf8_passes(void **state)
{
	static const char *const good[] = { "", "a", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80" };
	static const char *const bad[] = { "\x80", "\xc0\xaf", "\xc3",
		"\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe0\x80\x80",
		"\xf4\x90\x80\x80" };
	size_t at;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(str_utf8(str_of(good[i]), &at));
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_false(str_utf8(str_of(bad[i]), &at));
		assert_int_equal(at, 0);
	}
	assert_false(str_utf8(STR("ab\xff"), &at));
	assert_int_equal(at, 2);
}

static void
distance_counts_edits(void **state)
{
	(void)state;
	assert_int_equal(str_distance(STR("greet"), STR("greeet"), 3), 1);
	assert_int_equal(str_distance(STR("kitten"), STR("sitting"), 5), 3);
	assert_int_equal(str_distance(STR("abc"), STR("xyz"), 1), 2);
	assert_int_equal(str_distance(STR(""), STR("abc"), 5), 3);
}

static void
buf_past_its_ceiling_is_over(void **state)
{
	struct buf b = BUF(8);

	(void)state;
	buf_add(&b, STR("12345"));
	assert_false(buf_over(&b));
	buf_add(&b, STR("6789"));
	assert_true(buf_over(&b));
	assert_string_equal(buf_cstr(&b), "12345");
	buf_add(&b, STR("6"));
	assert_int_equal(b.n, 5);
	buf_clear(&b);
	buf_addf(&b, "%d", 12345678);
	assert_false(buf_over(&b));
	assert_string_equal(buf_cstr(&b), "12345678");
	buf_free(&b);
}

static void
a_buffer_grows_and_stays_terminated(void **state)
{
	struct buf b = BUF(1u << 20);

	(void)state;
	assert_string_equal(buf_cstr(&b), "");
	for (int i = 0; i < 10000; i++)
		buf_addf(&b, "%d,", i);
	assert_int_equal(strlen(b.p), b.n);
	assert_true(str_ends(buf_str(&b), "9999,"));
	buf_free(&b);
}

static void
nothing_shown_can_steer_a_terminal(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "plain", "plain" },
		{ "\033[31mred", "\\x1B[31mred" },
		{ "a\nb", "a\\x0Ab" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "\xff", "\\xFF" },
		{ "\xc2\x9b", "\\xC2\\x9B" },
		{ "\xe2\x80\xae", "\\xE2\\x80\\xAE" },
		{ "\x7f", "\\x7F" },
	};
	struct buf b = BUF(100);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&b);
		buf_show(&b, str_of(cases[i].in), false);
		assert_string_equal(buf_cstr(&b), cases[i].out);
	}
	buf_clear(&b);
	buf_show(&b, STR("a\n\tb\r"), true);
	assert_string_equal(buf_cstr(&b), "a\n\tb\\x0D");
	buf_free(&b);
}

static void
an_arena_gives_zeroed_memory_of_any_size(void **state)
{
	struct arena *a = arena_new();
	size_t cap = 0;
	int *v = NULL;

	(void)state;
	for (size_t n = 0; n < 20000; n += 977) {
		char *p = arena_take(a, n + 1);

		assert_int_equal((uintptr_t)p % 16, 0);
		assert_int_equal(p[0] | p[n], 0);
		memset(p, 0xff, n + 1);
	}
	for (size_t i = 0; i < 1000; i++) {
		v = arena_grow(a, v, i, &cap, sizeof(*v));
		v[i] = (int)i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(v[i], i);
	assert_string_equal(arena_printf(a, "%s-%d", "x", 7), "x-7");
	arena_free(&a);
	assert_null(a);
}

/* RFC 4648, 10 */
static void
base64_is_padded(void **state)
{
	static const struct {
		const char *bytes, *want;
	} cases[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfd", "//79" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_free) struct buf b = BUF(100);

		buf_add_base64(&b, str_of(cases[i].bytes));
		assert_string_equal(buf_cstr(&b), cases[i].want);
	}
}

/* The published values of FNV-1a, 64 bits. */
static void
a_hash_is_fnv_1a(void **state)
{
	(void)state;
	assert_true(str_hash(STR_HASH, STR("")) == STR_HASH);
	assert_true(
	    str_hash(STR_HASH, STR("a")) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(
	    str_hash(STR_HASH, STR("foobar")) == UINT64_C(0x85944171f73967e8));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_keeps_its_kind_when_wrapped),
		cmocka_unit_test(a_long_error_is_cut_not_overrun),
		cmocka_unit_test(strings_are_cut_at_the_first_mark),
		cmocka_unit_test(numbers_have_a_maximum_and_no_sign),
		cmocka_unit_test(sizes_and_times_have_units),
		cmocka_unit_test(only_well_formed_utf8_passes),
		cmocka_unit_test(distance_counts_edits),
		cmocka_unit_test(buf_past_its_ceiling_is_over),
		cmocka_unit_test(a_buffer_grows_and_stays_terminated),
		cmocka_unit_test(nothing_shown_can_steer_a_terminal),
		cmocka_unit_test(base64_is_padded),
		cmocka_unit_test(a_hash_is_fnv_1a),
		cmocka_unit_test(an_arena_gives_zeroed_memory_of_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
