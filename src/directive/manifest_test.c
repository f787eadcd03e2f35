/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "directive/directive.h"

static void
languages_have_one_name_each(void **state)
{
	static const struct {
		const char *yaml;
		const char *lang;
		bool tinygo;
		const char *codes;
	} rows[] = {
		{ "lang: rust", "rust", false, "" },
		{ "lang: rs", "rust", false, "" },
		{ "lang: c", "c", false, "" },
		{ "lang: c++", "cpp", false, "" },
		{ "lang: cxx", "cpp", false, "" },
		{ "lang: as", "assemblyscript", false, "" },
		{ "lang: go", "go", false, "" },
		{ "lang: tinygo", "go", true, "" },
		{ "lang: go\ntinygo: true", "go", true, "" },
		{ "lang: go\ntinygo: false", "go", false, "" },
		{ "lang: wat", "wat", false, "" },
		{ "lang: wasm", "wasm", false, "" },
		{ "lang: Rust", "rust", false, "" },
		{ "lang: swift", "swift", false, "F008:1:7" },
		{ "lang: js", "javascript", false, "F008:1:7" },
		{ "lang: rsut", "rsut", false, "F007:1:7" },
		{ "lang: rust\ntinygo: true", "rust", true, "F011:2:9" },
		{ "lang: rust\ntinygo: yes", "rust", false, "F001:2:9" },
		{ "name: x", "", false, "F006:0:0" },
		{ "lang:", "", false, "F006:1:6" },
		{ "lang: [c]", "", false, "F001:1:7" },
		{ "lang: c\nnmae: x\ncapabilities: 1", "c", false,
		    "F002:2:1 F003:3:1" },
		{ "lang: c\nname: a/b\nnamespace: -x", "c", false,
		    "F009:2:7 F010:3:12" },
		{ "lang: c\napiVersion: 0.15.1", "c", false, "" },
		{ "lang: c\napiVersion: new", "c", false, "F012:2:13" },
		{ "", "", false, "F004:0:0" },
		{ "- a", "", false, "F004:1:1" },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		CLEANUP(diags_free) struct diags *ds = diags_new();
		CLEANUP(buf_free) struct buf got = BUF(1000);
		struct function_info f;
		struct err e = ERR;

		assert_int_equal(
		    manifest_parse(&f, a, str_of(rows[i].yaml),
			STR(".runnable.yml"), STR("folder"), ds, &e),
		    0);
		for (j = 0; j < diags_count(ds); j++)
			buf_addf(&got, "%s%s:%u:%u", j > 0 ? " " : "",
			    diags_at(ds, j)->rule->code,
			    diags_at(ds, j)->at.line, diags_at(ds, j)->at.col);
		assert_string_equal(buf_cstr(&got), rows[i].codes);
		assert_true(str_is(f.lang, rows[i].lang));
		assert_int_equal(f.tinygo, rows[i].tinygo);
		assert_true(f.name.n > 0 && f.ns.n > 0);
	}
}

static void
what_is_not_said_has_a_default(void **state)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct function_info f;
	struct err e = ERR;

	(void)state;
	assert_int_equal(manifest_parse(&f, a,
			     STR("lang: rust\nversion: 1.0\n"
				 "apiVersion: 0.15.1\nfqfn: q\n"),
			     STR(".runnable.yml"), STR("folder"), ds, &e),
	    0);
	assert_true(str_is(f.name, "folder"));
	assert_true(str_is(f.ns, "default"));
	assert_true(str_is(f.version, "1.0"));
	assert_true(str_is(f.api_version, "0.15.1"));
	assert_true(str_is(f.fqfn, "q"));
	assert_int_equal(manifest_parse(&f, a, STR("a: ["),
			     STR(".runnable.yml"), STR("folder"), ds, &e),
	    -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_string_equal(
	    e.text, ".runnable.yml:1:5: a value was expected here");
	assert_true(str_is(f.name, "folder"));
}

static void
manifests_are_known_by_name(void **state)
{
	static const char *const good[] = { ".runnable.yml", ".runnable.yaml",
		".module.yml", ".module.yaml", ".hive.yml", ".hive.yaml" };
	static const char *const bad[] = { "runnable.yml", ".runnable",
		".Runnable.yml", "x.runnable.yml", ".hive", "" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		assert_true(manifest_is(str_of(good[i])));
	for (i = 0; i < COUNT(bad); i++)
		assert_false(manifest_is(str_of(bad[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(languages_have_one_name_each),
		cmocka_unit_test(what_is_not_said_has_a_default),
		cmocka_unit_test(manifests_are_known_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
