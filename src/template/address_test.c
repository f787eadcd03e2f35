/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "template/address.h"
#include "template/name.h"
#include "template/tips.h"

static void
names_that_leave_or_deceive_are_refused(void **state)
{
	static const char *const good[] = { "a", "lib.rs", "{{ .Name }}.c",
		".gitignore", ".github", "git", "a b", "ä", ".git2", "git~x",
		"...", NULL };
	static const char *const bad[] = { "", ".", "..", "a/b", "/", "a\\b",
		".git", ".GIT", ".git ", ".git.", ".git. .", "git~1", "GIT~2",
		".git::$INDEX_ALLOCATION", ".g\xe2\x80\x8cit", "a\xef\xbb\xbf",
		"a\n", "a\r", "\x1b[31m", "a\x7f", "\xff", "\xc2\x9b",
		"a\xe2\x80\xae", NULL };
	char longest[257] = { 0 };

	(void)state;
	for (size_t i = 0; good[i]; i++)
		assert_null(name_fault(str_of(good[i])));
	for (size_t i = 0; bad[i]; i++)
		assert_non_null(name_fault(str_of(bad[i])));
	memset(longest, 'x', 255);
	assert_null(name_fault(str_of(longest)));
	longest[255] = 'x';
	assert_non_null(name_fault(str_of(longest)));
}

static void
names_of_one_folder_differ_in_more_than_case(void **state)
{
	const char *fine[] = { "b", "a", "ab", "A1" };
	const char *clash[] = { "readme", "x", "README" };
	struct err e = ERR;

	(void)state;
	assert_int_equal(names_check(fine, COUNT(fine), &e), 0);
	assert_int_equal(names_check(NULL, 0, &e), 0);
	assert_int_equal(names_check(clash, COUNT(clash), &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
}

static void
an_address_is_taken_apart(void **state)
{
	static const struct {
		const char *text;
		enum address_kind kind;
		const char *url, *ref, *folder;
	} cases[] = {
		{ "https://example.com/a/b", ADDRESS_HTTPS,
		    "https://example.com/a/b", "", "" },
		{ "HTTPS://example.com:8443/a.git@v1.2#x/y/", ADDRESS_HTTPS,
		    "https://example.com:8443/a.git", "v1.2", "x/y" },
		{ "https://h/@scope/x@feature/y#z", ADDRESS_HTTPS,
		    "https://h/@scope/x", "feature/y", "z" },
		{ "https://h/x@pkg@1.0.0", ADDRESS_HTTPS, "https://h/x",
		    "pkg@1.0.0", "" },
		{ "https://[::1]:99/x", ADDRESS_HTTPS, "https://[::1]:99/x", "",
		    "" },
		{ "git@example.com:a/b.git@main#t", ADDRESS_SSH,
		    "git@example.com:a/b.git", "main", "t" },
		{ "ssh://example.com:22/a", ADDRESS_SSH,
		    "ssh://git@example.com:22/a", "", "" },
		{ "ssh://me@example.com/~/a@0123abcd", ADDRESS_SSH,
		    "ssh://me@example.com/~/a", "0123abcd", "" },
		{ "./no/such", ADDRESS_FOLDER, "./no/such", "", "" },
		{ "/no/such@v1#f", ADDRESS_FOLDER, "/no/such", "v1", "f" },
		{ "/tmp@v1", ADDRESS_FOLDER, "/tmp", "v1", "" },
		{ "/tmp", ADDRESS_FOLDER, "/tmp", "", "" },
		{ "file:///no%20such/%41@v1", ADDRESS_FILE, "/no such/A", "v1",
		    "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct address a;
		struct err e = ERR;

		if (address_parse(&a, cases[i].text, &e) < 0)
			fail_msg("%s: %s", cases[i].text, e.text);
		assert_int_equal(a.kind, cases[i].kind);
		assert_string_equal(a.url, cases[i].url);
		assert_string_equal(a.ref, cases[i].ref);
		assert_string_equal(a.folder, cases[i].folder);
	}
}

static void
what_is_not_allowed_is_a_usage_error(void **state)
{
	static const char *const cases[] = { "", "x", "example.com/a/b",
		"ext::sh -c touch% x", "ext::sh", "git://host/x",
		"http://host/x", "HTTP://host/x", "ftp://host/x",
		"git+ssh://host/x", "ssh://-oProxyCommand=x/y",
		"ssh://git@-oProxyCommand=x/y", "-u@host:x", "git@-host:x",
		"git@host:-x", "git@host:", "ssh://u:p@host/x", "ssh://host",
		"https://", "https:///x", "https://host", "https://host/",
		"https://ho st/x", "https://host/x\\y", "https://host/x?t=1",
		"https://host/x@", "https://host/x@-b", "https://host/x@a..b",
		"https://host/x@a b", "https://host/x@a~1", "https://host/x@/a",
		"https://host/x@a/", "https://host/x@a.lock",
		"https://host/x@a//b", "https://host/x@a:b", "https://host/x#",
		"https://host/x#..", "https://host/x#a/../b",
		"https://host/x#/a", "https://host/x#.git/hooks",
		"https://host/x#a\\b", "./a\nb", "./a\x1b[0m",
		"https://u:%00@host/x", "https://u:%zz@host/x",
		"https://u:p/q@host/x", "file://host/x", "file:/x", "file://",
		"file:///a%0ab", NULL };

	(void)state;
	for (size_t i = 0; cases[i]; i++) {
		struct address a;
		struct err e = ERR;

		if (address_parse(&a, cases[i], &e) == 0)
			fail_msg("'%s' is accepted as '%s'", cases[i], a.url);
		assert_int_equal(e.kind, ERR_USAGE);
	}
}

static void
a_password_is_in_no_text(void **state)
{
	static const char *const cases[] = { "https://me:s3cr%3At@host/x",
		"https://me:s3cr%3At@host/x@-bad", "https://me:s3cr%3At@",
		"https://me:s3cr%3At@ho_st!/x", "https://me:s3cr/x@host/y",
		"http://me:s3cr@host/x", "ssh://me:s3cr@host/x",
		"https://me:s3cr@host/x#..", "me:s3cr@host/x", NULL };
	struct address a;
	struct err e = ERR;

	(void)state;
	for (size_t i = 0; cases[i]; i++) {
		e = (struct err)ERR;
		(void)!address_parse(&a, cases[i], &e);
		assert_null(strstr(a.url, "s3cr"));
		assert_null(strstr(e.text, "s3cr"));
		assert_null(strstr(e.hint, "s3cr"));
	}
	assert_int_equal(address_parse(&a, cases[0], &e), 0);
	assert_string_equal(a.user, "me");
	assert_string_equal(a.secret, "s3cr:t");
	assert_string_equal(a.url, "https://host/x");
}

static void
a_long_address_is_refused_not_cut(void **state)
{
	char text[4000] = "https://host/";
	struct address a;
	struct err e = ERR;

	(void)state;
	memset(text + 13, 'x', sizeof(text) - 14);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(address_parse(&a, text, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	memset(text + 13, 'x', 300);
	text[14] = '@';
	text[313] = '\0';
	assert_int_equal(address_parse(&a, text, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
}

static size_t
chosen(const char *ref, struct err *e)
{
	static const char *const names[] = { "HEAD", "refs/heads/main",
		"refs/heads/dead", "refs/tags/v1", "refs/tags/v1^{}",
		"refs/pull/1/head" };
	CLEANUP(tips_free) struct tips t = { 0 };
	uint8_t id[TIPS_ID_BYTES] = { 0 };

	for (size_t i = 0; i < COUNT(names); i++)
		tips_add(&t, names[i], id);
	return tips_choose(&t, ref, e) < 0 ? 0 : t.nwanted;
}

static void
only_what_a_ref_needs_is_fetched(void **state)
{
	struct err e = ERR;

	(void)state;
	assert_int_equal(chosen("", &e), 1);
	assert_int_equal(chosen("main", &e), 1);
	assert_int_equal(chosen("v1", &e), 1);
	assert_int_equal(chosen("dead", &e), 1); /* a branch before a commit */
	assert_int_equal(chosen("beef", &e), 3);
	assert_int_equal(chosen("mian", &e), 0);
	assert_int_equal(e.kind, ERR_MISSING);
	assert_string_equal(e.hint, "did you mean 'main'?");
	assert_int_equal(chosen("pull/1/head", &e), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_leave_or_deceive_are_refused),
		cmocka_unit_test(names_of_one_folder_differ_in_more_than_case),
		cmocka_unit_test(an_address_is_taken_apart),
		cmocka_unit_test(what_is_not_allowed_is_a_usage_error),
		cmocka_unit_test(a_password_is_in_no_text),
		cmocka_unit_test(a_long_address_is_refused_not_cut),
		cmocka_unit_test(only_what_a_ref_needs_is_fetched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
