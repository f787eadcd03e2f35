/* SPDX-License-Identifier: Apache-2.0 */
/* Names outside of ASCII: which may stand in a bundle, and which of them are
 * one file to a file system that folds letter case or takes letters apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundle/bundle.h"
#include "bundle/zip.h"

static void
names_are_in_composed_form(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {
		{ "static/caf\xc3\xa9.txt", true },
		{ "static/cafe\xcc\x81.txt", false },
		/* No composed form: the mark stays by its letter. */
		{ "static/q\xcc\x87.txt", true },
		/* Marks in an order of their own. */
		{ "static/q\xcc\xa3\xcc\x87.txt", true },
		{ "static/q\xcc\x87\xcc\xa3.txt", false },
		{ "static/\xed\x95\x9c\xea\xb8\x80", true },  /* hangul */
		{ "static/\xe1\x84\x92\xe1\x85\xa1", false }, /* its parts */
		{ "static/\xe0\xa4\x95\xe0\xa4\xbc",
		    true }, /* Devanagari: never
			       composed */
		{ "static/\xe0\xa5\x98", false },
		{ "static/\xe2\x84\xab", false },	 /* angstrom sign */
		{ "static/\xf0\x9f\x98\x80.png", true }, /* emoji */
		{ "static/\xe2\x9d\xa4\xef\xb8\x8f.png", true }, /* and one that
							    is told to be */
		{ "static/\xef\xac\x81.txt", true }, /* fi: NFC keeps it */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = ERR;

		if ((zip_name_check(str_of(cases[i].name), &e) == 0) !=
		    cases[i].good)
			fail_msg("%s: %s", cases[i].name, e.text);
	}
}

static void
names_that_differ_only_in_case_are_one(void **state)
{
	static const struct {
		const char *a, *b, *rule; /* "": both can be there */
	} cases[] = {
		{ "static/A", "static/a", "name-twice" },
		{ "static/\xc3\x84.txt", "static/\xc3\xa4.TXT", "name-twice" },
		{ "static/stra\xc3\x9f"
		  "e",
		    "static/STRASSE", "name-twice" },
		/* The two small sigmas. */
		{ "static/\xcf\x83", "static/\xcf\x82", "name-twice" },
		{ "static/\xd0\x96", "static/\xd0\xb6", "name-twice" },
		{ "static/i", "static/\xc4\xb1", "" }, /* dotless */
		{ "static/a", "static/\xc3\xa4", "" },
		{ "static/\xc3\x84", "static/\xc3\xa4/x", "folder" },
		{ "STATIC/a", "static/a/b", "folder" },
		{ "static/a.b", "static/a/b", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (int turned = 0; turned < 2; turned++) {
			const struct str v[2] = { str_of(turned ? cases[i].b
								: cases[i].a),
				str_of(turned ? cases[i].a : cases[i].b) };
			struct err e = ERR;
			int rc = zip_names_apart(v, 2, &e);

			if ((rc == 0) != (cases[i].rule[0] == '\0') ||
			    (rc < 0 && !str_is(bundle_rule(&e), cases[i].rule)))
				fail_msg("case %zu: %s", i, e.text);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_in_composed_form),
		cmocka_unit_test(names_that_differ_only_in_case_are_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
