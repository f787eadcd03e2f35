/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "oci/oci.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define D "sha256:" HEX

static void
references_are_read_as_people_write_them(void **arg)
{
	static const struct {
		const char *text, *host, *name, *tag, *whole;
		bool digest;
	} rows[] = {
		{ "reg.example/a", "reg.example", "a", "", "reg.example/a", 0 },
		{ "reg.example/a/b:1.0", "reg.example", "a/b", "1.0",
		    "reg.example/a/b:1.0", 0 },
		{ "reg.example:5000/a/b:1", "reg.example:5000", "a/b", "1",
		    "reg.example:5000/a/b:1", 0 },
		{ "localhost/a", "localhost", "a", "", "localhost/a", 0 },
		{ "localhost:80/a", "localhost:80", "a", "", "localhost:80/a",
		    0 },
		{ "127.0.0.1:5000/a:b", "127.0.0.1:5000", "a", "b",
		    "127.0.0.1:5000/a:b", 0 },
		{ "[::1]:5000/a:b", "[::1]:5000", "a", "b", "[::1]:5000/a:b",
		    0 },
		{ "REG.Example/a", "reg.example", "a", "", "reg.example/a", 0 },
		{ "a", "docker.io", "library/a", "", "docker.io/library/a", 0 },
		{ "a:1", "docker.io", "library/a", "1", "docker.io/library/a:1",
		    0 },
		{ "team/a", "docker.io", "team/a", "", "docker.io/team/a", 0 },
		{ "docker.io/a", "docker.io", "library/a", "",
		    "docker.io/library/a", 0 },
		{ "index.docker.io/t/a", "docker.io", "t/a", "",
		    "docker.io/t/a", 0 },
		{ "reg.example/a@" D, "reg.example", "a", "",
		    "reg.example/a@" D, 1 },
		{ "reg.example/a:t@" D, "reg.example", "a", "t",
		    "reg.example/a:t@" D, 1 },
		{ "reg.example/a.b_c__d-e---f/0:_X.-", "reg.example",
		    "a.b_c__d-e---f/0", "_X.-",
		    "reg.example/a.b_c__d-e---f/0:_X.-", 0 },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct oci_ref r, again;
		struct err e = ERR;

		if (oci_ref_parse(&r, a, str_of(rows[i].text), &e) < 0)
			fail_msg("%s: %s", rows[i].text, e.text);
		assert_false(r.layout);
		assert_true(str_is(r.host, rows[i].host));
		assert_true(str_is(r.name, rows[i].name));
		assert_true(str_is(r.tag, rows[i].tag));
		assert_int_equal(r.has_digest, rows[i].digest);
		assert_true(str_is(r.text, rows[i].whole));
		/* What is written whole means the same. */
		assert_int_equal(oci_ref_parse(&again, a, r.text, &e), 0);
		assert_true(str_eq(again.text, r.text));
	}
}

static void
layouts_are_folders(void **arg)
{
	static const struct {
		const char *text, *dir, *tag;
		bool digest;
	} rows[] = { { "oci:d", "d", "", 0 }, { "oci:/x/y:1", "/x/y", "1", 0 },
		{ "oci:./a b:t", "./a b", "t", 0 },
		{ "oci:a:b/c", "a:b/c", "", 0 }, { "oci:d@" D, "d", "", 1 },
		{ "oci:d:t@" D, "d", "t", 1 } };

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct err e = ERR;
		struct oci_ref r;

		assert_int_equal(
		    oci_ref_parse(&r, a, str_of(rows[i].text), &e), 0);
		assert_true(r.layout);
		assert_true(str_is(r.dir, rows[i].dir));
		assert_true(str_is(r.tag, rows[i].tag));
		assert_int_equal(r.has_digest, rows[i].digest);
		assert_true(str_is(r.text, rows[i].text));
	}
}

static void
what_is_no_reference_says_why(void **arg)
{
	static const struct {
		const char *text, *why;
	} rows[] = { { "", "it is empty" }, { "oci:", "it names no folder" },
		{ "oci::t", "it names no folder" },
		{ "https://reg.example/a", "it is a URL" },
		{ "oci://reg.example/a", "it is a URL" },
		{ "reg.example", "it has no repository" },
		{ "reg.example:5000", "5000" },
		{ "reg.example/", "a repository's name" },
		{ "reg.example/A", "in lower case" },
		{ "LOCAL/a", "in lower case" },
		{ "reg.example/a//b", "a repository's name" },
		{ "reg.example/a/", "a repository's name" },
		{ "reg.example/a..b", "a repository's name" },
		{ "reg.example/a___b", "a repository's name" },
		{ "reg.example/-a", "a repository's name" },
		{ "reg.example/a-", "a repository's name" },
		{ "reg.example/../a", "a repository's name" },
		{ "reg.example/a b", "a repository's name" },
		{ "reg.example/a:", "a tag has" },
		{ "reg.example/a:-x", "a tag has" },
		{ "reg.example/a:x y", "a tag has" },
		{ "reg.example/a@", "sha256:" },
		{ "reg.example/a@" HEX, "sha256:" },
		{ "reg.example/a@sha256:0123", "sha256:" },
		{ "reg.example/a@sha256:0123456789ABCDEF0123456789abcdef"
		  "0123456789abcdef0123456789abcdef",
		    "lower case" },
		{ "reg.example/a@sha512:" HEX HEX, "only sha256" },
		{ "user@reg.example/a", "sha256:" },
		{ "R./a", "dot at the end" }, { "reg.example:0/a", "no host" },
		{ "reg.example:99999/a", "no host" },
		{ "reg..example/a", "no host" },
		{ "r\xc3\xa9g.example/a", "no host" },
		{ "reg.example/a\n", "control character" } };

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct err e = ERR;
		struct oci_ref r;

		if (oci_ref_parse(&r, a, str_of(rows[i].text), &e) == 0)
			fail_msg("'%s' is taken", rows[i].text);
		assert_int_equal(e.kind, ERR_INPUT);
		if (!strstr(e.text, rows[i].why))
			fail_msg("'%s': %s", rows[i].text, e.text);
	}
}

static void
ceilings_of_a_reference(void **arg)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf b = BUF(10000);
	struct err e = ERR;
	struct oci_ref r;

	(void)arg;
	buf_add(&b, STR("r.example/"));
	while (b.n < 255)
		buf_addc(&b, 'a');
	assert_int_equal(oci_ref_parse(&r, a, buf_str(&b), &e), 0);
	buf_addc(&b, 'a');
	assert_int_equal(oci_ref_parse(&r, a, buf_str(&b), &e), -1);
	assert_non_null(strstr(e.text, "longer than 255"));
	buf_clear(&b);
	buf_add(&b, STR("r.example/a:"));
	for (int i = 0; i < 128; i++)
		buf_addc(&b, 't');
	assert_int_equal(oci_ref_parse(&r, a, buf_str(&b), &e), 0);
	buf_addc(&b, 't');
	assert_int_equal(oci_ref_parse(&r, a, buf_str(&b), &e), -1);
	while (b.n <= OCI_MAX_REF)
		buf_addc(&b, 't');
	assert_int_equal(oci_ref_parse(&r, a, buf_str(&b), &e), -1);
	assert_non_null(strstr(e.text, "too long"));
}

static void
a_reference_with_another_tag_or_pinned(void **arg)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct err e = ERR;
	struct oci_ref r;
	struct digest d;

	(void)arg;
	assert_int_equal(
	    oci_ref_parse(&r, a, STR("reg.example/a:1@" D), &e), 0);
	assert_true(oci_digest_parse(STR(D), &d));
	assert_true(str_is(oci_ref_tagged(&r, a, STR("2")), "reg.example/a:2"));
	assert_true(str_is(oci_ref_pinned(&r, a, &d), "reg.example/a@" D));
}

static void
what_looks_like_a_reference(void **arg)
{
	static const struct {
		const char *text;
		bool yes;
	} rows[] = { { "oci:x", true }, { "reg.example/a", true },
		{ "localhost/a", true }, { "localhost:5000/a:1", true },
		{ "127.0.0.1:5000/a", true }, { "./reg.example/a", false },
		{ "../a/b", false }, { "/abs/a", false }, { "a", false },
		{ "runnables.wasm.zip", false }, { "team/a", false },
		{ "reg.example", false }, { "reg.example/", false },
		{ "", false } };

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    oci_ref_looks(str_of(rows[i].text)), rows[i].yes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_are_read_as_people_write_them),
		cmocka_unit_test(layouts_are_folders),
		cmocka_unit_test(what_is_no_reference_says_why),
		cmocka_unit_test(ceilings_of_a_reference),
		cmocka_unit_test(a_reference_with_another_tag_or_pinned),
		cmocka_unit_test(what_looks_like_a_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
