/* SPDX-License-Identifier: Apache-2.0 */
#include "directive/names.h"

#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "directive/directive.h"

static void
full_names_are_cut_leniently(void **state)
{
	static const struct {
		const char *text, *identifier, *ns, *name, *version;
	} rows[] = {
		{ "hello", "", "default", "hello", "" },
		{ "db::getUser", "", "db", "getUser", "" },
		{ "com.x#db::getUser@v1.2.3", "com.x", "db", "getUser",
		    "v1.2.3" },
		{ "com.x#hello@v1", "com.x", "default", "hello", "v1" },
		{ "hello@v1@v2", "", "default", "hello", "v1@v2" },
		{ "a::b::c", "", "a", "b::c", "" },
		{ "a#b#c", "a", "default", "b#c", "" },
		{ "", "", "default", "", "" },
		{ "#", "", "default", "", "" },
		{ "::", "", "", "", "" },
		{ "@", "", "default", "", "" },
		{ "/com.x/db/getUser/v1", "com.x", "db", "getUser", "v1" },
		{ "/com.x/db/getUser", "", "default", "/com.x/db/getUser", "" },
		{ "/a/b/c/d/e", "", "default", "/a/b/c/d/e", "" },
		{ "//b/c/d", "", "default", "//b/c/d", "" },
		{ "fqmn://t/ns/name@ref", "t", "ns", "name", "ref" },
		{ "fqmn://t/name", "", "default", "fqmn://t/name", "" },
		{ "fqmn://t/ns/more/name", "t", "ns/more", "name", "" },
		{ "/name/ns/name", "", "ns", "name", "" },
		{ "/name/ns/more/name", "", "ns/more", "name", "" },
		{ "/ref/00ff", "", "", "", "00ff" },
		/* What is malformed is no FQMN, and so no function's name. */
		{ "fqmn://t/ns//name", "", "default", "fqmn://t/ns//name", "" },
		{ "fqmn://t/ns/name/", "", "default", "fqmn://t/ns/name/", "" },
		{ "fqmn:///ns/name", "", "default", "fqmn:///ns/name", "" },
		{ "fqmn://t/ns/name@", "", "default", "fqmn://t/ns/name", "" },
		{ "/name/x", "", "default", "/name/x", "" },
		{ "/ref/", "", "default", "/ref/", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct fqfn f = fqfn_parse(str_of(rows[i].text));

		assert_true(str_is(f.identifier, rows[i].identifier));
		assert_true(str_is(f.ns, rows[i].ns));
		assert_true(str_is(f.name, rows[i].name));
		assert_true(str_is(f.version, rows[i].version));
	}
}

static void
a_reference_means_one_function(void **state)
{
	static const struct {
		const char *fn;
		int want; /* index, or -1 */
	} rows[] = {
		{ "x", 0 },
		{ "default::x", 0 },
		{ "other::x", 1 },
		{ "y", -1 },
		{ "other::y", 2 },
		{ "com.app#x", 0 },
		{ "com.app#other::y@v1.0.0", 2 },
		{ "com.other#x", -1 },
		{ "x@v2.0.0", -1 },
		{ "x@v1.0.0", 0 },
		{ "x@abcd", 0 },
		{ "y@abcd", -1 },
		{ "/com.app/other/x/v1.0.0", 1 },
		{ "", -1 },
	};
	const struct function_info fns[] = {
		{ .name = STR("x"),
		    .ns = STR("default"),
		    .digest = STR("abcd") },
		{ .name = STR("x"), .ns = STR("other") },
		{ .name = STR("y"), .ns = STR("other") },
	};
	struct directive d = { .identifier = STR("com.app"),
		.app_version = STR("v1.0.0") };
	const struct function_info *f;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		f = directive_find(&d, fns, 3, str_of(rows[i].fn));
		assert_ptr_equal(
		    f, rows[i].want < 0 ? NULL : &fns[rows[i].want]);
	}
	assert_null(directive_find(&d, NULL, 0, STR("x")));
}

static void
names_are_checked_and_better_ones_given(void **state)
{
	static const struct {
		const char *name, *fault, *hint; /* NULL: it is fine */
	} rows[] = {
		{ "hello", NULL, NULL },
		{ "get-user_2", NULL, NULL },
		{ "a", NULL, NULL },
		{ "", "is empty", "such as 'hello'" },
		{ "-rf", "begins with a dash", "'rf' would do" },
		{ "GetUser", "has a capital letter", "'getuser' would do" },
		{ "../etc", "has a slash", "'etc' would do" },
		{ "a/b", "has a slash", "'a-b' would do" },
		{ "a b", "has a character other than", "'a-b' would do" },
		{ "a\nb", "has a character other than", "'a-b' would do" },
		{ "9lives", "does not begin with a letter",
		    "'lives' would do" },
		{ "_x", "does not begin with a letter", "'x' would do" },
		{ "..", "has a character other than", "such as 'hello'" },
		{ "caf\xC3\xA9", "has a character other than",
		    "'caf' would do" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct err e = ERR;
		int rc = name_check("function", str_of(rows[i].name), &e);

		assert_int_equal(rc, rows[i].fault ? -1 : 0);
		if (rc == 0)
			continue;
		assert_int_equal(e.kind, ERR_USAGE);
		assert_non_null(strstr(e.text, rows[i].fault));
		assert_non_null(strstr(e.hint, rows[i].hint));
		assert_null(strchr(e.text, '\n'));
	}
}

static void
a_name_of_300_letters_is_refused_and_cut(void **state)
{
	char long_name[301];
	struct err e = ERR;

	(void)state;
	memset(long_name, 'a', 300);
	long_name[300] = '\0';
	assert_int_equal(name_check("project", str_of(long_name), &e), -1);
	assert_non_null(strstr(e.text, "longer than 64"));
	assert_true(strlen(e.text) < 200);
	long_name[64] = '\0';
	assert_int_equal(name_check("project", str_of(long_name), &e), 0);
}

static void
versions_are_semantic_with_a_v(void **state)
{
	static const char *const good[] = { "v1", "v1.2", "v1.2.3", "v0.0.0",
		"v1.2.3-rc.1", "v1.2.3+b.01", "v1.2.3-a-b+c", "v1.2.3-0" };
	static const char *const bad[] = { "", "v", "1.2.3", "V1", "v01", "v1.",
		"v1.2.", "v1.2.3.4", "v1-rc", "v1.2-rc", "v1.2.3-", "v1.2.3-01",
		"v1.2.3-a..b", "v1.2.3+", "v1.2.3_x", "v9999999999.0.0",
		"v1.2.3 ", "v-1" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		assert_true(version_usable(str_of(good[i])));
	for (i = 0; i < COUNT(bad); i++)
		assert_false(version_usable(str_of(bad[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_names_are_cut_leniently),
		cmocka_unit_test(a_reference_means_one_function),
		cmocka_unit_test(names_are_checked_and_better_ones_given),
		cmocka_unit_test(a_name_of_300_letters_is_refused_and_cut),
		cmocka_unit_test(versions_are_semantic_with_a_v),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
