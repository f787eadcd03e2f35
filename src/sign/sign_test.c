/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sign/sign.h"

static void
digests_are_sha256(void **state)
{
	static const struct {
		const char *in, *hex;
	} cases[] = {
		/* FIPS 180-4 examples */
		{ "abc",
		    "ba7816bf8f01cfea414140de5dae2223"
		    "b00361a396177a9cb410ff61f20015ad" },
		{ "",
		    "e3b0c44298fc1c149afbf4c8996fb924"
		    "27ae41e4649b934ca495991b7852b855" },
	};
	char hex[DIGEST_HEX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct digest d = sign_digest(str_of(cases[i].in)), back;

		digest_hex(&d, hex);
		assert_string_equal(hex, cases[i].hex);
		assert_true(digest_parse(str_of(hex), &back));
		assert_true(digest_eq(&d, &back));
	}
}

static void
fields_do_not_run_together(void **state)
{
	struct digester *g = digester_new();
	struct digest a, b, c;

	(void)state;
	digester_field(g, STR("ab"));
	digester_field(g, STR("c"));
	a = digester_done(g);
	digester_field(g, STR("a"));
	digester_field(g, STR("bc"));
	b = digester_done(g);
	digester_add(g, STR("abc"));
	c = digester_done(g);
	assert_false(digest_eq(&a, &b));
	b = sign_digest(STR("abc"));
	assert_true(digest_eq(&b, &c));
	digester_free(&g);
}

static void
a_digest_text_is_exactly_64_small_hex_digits(void **state)
{
	struct digest d;
	char text[DIGEST_HEX];

	(void)state;
	memset(text, 'a', 64);
	text[64] = '\0';
	assert_true(digest_parse(str_of(text), &d));
	assert_false(digest_parse((struct str){ text, 63 }, &d));
	text[5] = 'A';
	assert_false(digest_parse(str_of(text), &d));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_are_sha256),
		cmocka_unit_test(fields_do_not_run_together),
		cmocka_unit_test(a_digest_text_is_exactly_64_small_hex_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
