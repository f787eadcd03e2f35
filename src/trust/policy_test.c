/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/trust.h"

#define NOW INT64_C(1800000000) /* 2027-01-15 */
#define KEY \
	"keys: {a: " \
	"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3}\n"

static void
policies_are_read_strictly(void **state)
{
	static const struct {
		const char *text, *because;
		enum err_kind kind;
	} cases[] = {
		{ "", "a map", ERR_INPUT },
		{ "version: 0\n", "version", ERR_INPUT },
		{ "version: 1\nfoo: 2\n", "'foo' is no key", ERR_INPUT },
		{ "version: 1\nkeys: {a: RW}\n", "key 'a'", ERR_INPUT },
		{ "version: 1\nkeys: [a]\n", "map", ERR_INPUT },
		{ "version: 1\nscopes: {x: {}}\n", "`keys`", ERR_INPUT },
		{ "version: 1\nscopes: {x: {keys: []}}\n", "at least one",
		    ERR_INPUT },
		{ "version: 1\nscopes: {x: {keys: [a]}}\n", "no key 'a'",
		    ERR_INPUT },
		{ "version: 1\nexpires: soon\n", "a time is like", ERR_INPUT },
		/* D34 */
		{ "version: 1\nexpires: 2027-01-01\n", "expired", ERR_TRUST },
		{ "version: 1\nexpires: 2027-01-14T00:00:00Z\n", "expired",
		    ERR_TRUST },
		{ "version: 1\nrevoked: {keys: [x]}\n", "16 upper-case hex",
		    ERR_INPUT },
		{ "version: 1\nrevoked: {bundles: [x]}\n", "sha256",
		    ERR_INPUT },
		{ "version: 1\nversion: 2\n", "", ERR_INPUT },
		{ "version: 1\nrotations: x\n", "list", ERR_INPUT },
		{ "version: 1\nrotations: [x]\n", "NEW.pub.minisig",
		    ERR_INPUT },
		{ "version: 1\nrevoked: {keys: [RWx]}\n", "all of a key",
		    ERR_INPUT },
		{ "version: 1\nrevoked: {keys: ['0a2f542cf34912c7']}\n",
		    "16 upper-case hex", ERR_INPUT },
		{ "version: 1\n" KEY "scopes: {x: {keys: [a], require: "
		  "[sbom]}}\n",
		    "minisign and provenance", ERR_INPUT },
		{ "version: 1\n" KEY "scopes: {x: {keys: [a], require: "
		  "provenance}}\n",
		    "list", ERR_INPUT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trust_policy *p = NULL;
		struct err e = ERR;

		if (trust_policy_parse(
			&p, str_of(cases[i].text), "t.yaml", NOW, &e) == 0)
			fail_msg("taken: %s", cases[i].text);
		assert_int_equal(e.kind, cases[i].kind);
		if (!strstr(e.text, cases[i].because) ||
		    !strstr(e.text, "t.yaml"))
			fail_msg("%s: %s", cases[i].text, e.text);
	}
}

static void
versions_have_an_order(void **state)
{
	/* semver.org 2.0.0, 11.4, and some of ours. */
	static const char *const rising[] = { "none", "v0.9.9", "1.0.0-alpha",
		"v1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
		"v1.0.0-beta.2", "1.0.0-beta.11", "v1.0.0-rc.1", "v1.0.0",
		"1.0.1", "v1.2.0", "v1.10.0", "v2.0.0",
		"v18446744073709551616.0.0" };

	(void)state;
	for (size_t i = 0; i < COUNT(rising); i++)
		for (size_t k = 0; k < COUNT(rising); k++) {
			int d = trust_version_cmp(
			    str_of(rising[i]), str_of(rising[k]));

			if ((d > 0) != (i > k) || (d < 0) != (i < k))
				fail_msg("%s, %s: %d", rising[i], rising[k], d);
		}
	assert_int_equal(trust_version_cmp(STR("v1.0.0+a"), STR("1.0.0+b")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_are_read_strictly),
		cmocka_unit_test(versions_have_an_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
