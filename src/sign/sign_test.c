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

static void
take_hex(uint8_t out[32], const char *hex)
{
	struct digest d;

	assert_true(digest_parse((struct str){ hex, 64 }, &d));
	memcpy(out, d.b, sizeof(d.b));
}

/* RFC 8032, 7.3: of Ed25519ph, which is no signature of the plain kind. */
static void
the_hashed_form_holds_as_the_standard_has_it(void **state)
{
	static const char *const key =
	    "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf";
	static const char *const sig =
	    "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
	    "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406";
	uint8_t k[32], s[64];

	(void)state;
	take_hex(k, key);
	take_hex(s, sig);
	take_hex(s + 32, sig + 64);
	assert_true(sign_hashed_holds(s, STR("abc"), k));
	assert_false(sign_hashed_holds(s, STR("abd"), k));
	assert_false(sign_plain_holds(s, STR("abc"), k));
	s[0] ^= 1;
	assert_false(sign_hashed_holds(s, STR("abc"), k));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_are_sha256),
		cmocka_unit_test(fields_do_not_run_together),
		cmocka_unit_test(a_digest_text_is_exactly_64_small_hex_digits),
		cmocka_unit_test(the_hashed_form_holds_as_the_standard_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
