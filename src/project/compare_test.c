/* SPDX-License-Identifier: Apache-2.0 */
/* Two bundles side by side: where they begin to differ, and what changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bundle/bundle.h"
#include "os/os.h"
#include "project/project.h"

#define D(version, more) \
	"identifier: com.example.app\nappVersion: " version \
	"\natmoVersion: v0.4.8\n" more \
	"runnables:\n  - name: f\n    lang: wat\n"
#define PLAIN D("v0.1.0", "")
/* A module with one custom section, "a", of two bytes. */
#define WASM(two) "\0asm\1\0\0\0\0\4\1a" two
#define STATEMENT(file, version) \
	"{\"_type\":\"https://in-toto.io/Statement/" \
	"v1\",\"subject\":[{\"name\":" \
	"\"f.wasm\",\"digest\":{\"sha256\":\"" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}}" \
	"]," \
	"\"predicateType\":\"https://slsa.dev/provenance/v1\",\"predicate\":{" \
	"\"buildDefinition\":{\"externalParameters\":{\"release\":false}," \
	"\"resolvedDependencies\":[{\"name\":\"f.wasm\",\"uri\":\"file:f\"," \
	"\"annotations\":{\"files\":{\"lib.wat\":\"" file "\"}}}," \
	"{\"name\":\"clang\",\"uri\":\"pkg:generic/clang@" version "\"}]}}}"

struct part {
	const char *name;
	struct str data;
};

static struct bundle *
bundle_of(const struct part *v, size_t n, bool store)
{
	char path[] = "/tmp/subo-compare.XXXXXX";
	struct bundle_part parts[8];
	struct bundle_options opt = { .store = store };
	struct bundle *b = NULL;
	struct digest d;
	struct err e = ERR;

	close(mkstemp(path));
	for (size_t i = 0; i < n; i++)
		parts[i] = (struct bundle_part){ str_of(v[i].name), v[i].data };
	if (bundle_pack(path, parts, n, &opt, &d, &e) < 0 ||
	    bundle_open(&b, path, &e) < 0)
		fail_msg("%s", e.text);
	unlink(path);
	return b;
}

#define BUNDLE(...) \
	bundle_of((const struct part[]){ __VA_ARGS__ }, \
	    sizeof((const struct part[]){ __VA_ARGS__ }) / \
		sizeof(struct part), \
	    false)
#define DIRECTIVE(text) { "Directive.yaml", STR(text) }
#define MODULE(two) { "f.wasm", STR(WASM(two)) }
#define FILE_OF(name, text) { name, STR(text) }

static void
the_first_difference_is_in_a_module_when_one_differs(void **state)
{
	CLEANUP(bundle_free)
	struct bundle *was = BUNDLE(
	    DIRECTIVE(PLAIN), MODULE("xx"), FILE_OF("static/a", "one\ntwo\n"));
	CLEANUP(bundle_free)
	struct bundle *now = BUNDLE(DIRECTIVE(D("v0.2.0", "")), MODULE("xy"),
	    FILE_OF("static/a", "one\nTWO\n"));
	CLEANUP(project_difference_free) struct first_difference d = { 0 };

	(void)state;
	assert_true(project_first_difference(&d, was, now));
	assert_int_equal(d.nentries, 3);
	assert_true(str_is(d.entry, "f.wasm"));
	assert_true(str_is(d.section, "a"));
	assert_int_equal(d.offset, 13);
	assert_true(str_is(d.was, "78"));
	assert_true(str_is(d.now, "79"));
	assert_int_equal(d.ncauses, 0);
}

static void
of_texts_the_line_is_told(void **state)
{
	CLEANUP(bundle_free)
	struct bundle *was = BUNDLE(
	    DIRECTIVE(PLAIN), MODULE("xx"), FILE_OF("static/a", "one\ntwo\n"));
	CLEANUP(bundle_free)
	struct bundle *now = BUNDLE(DIRECTIVE(PLAIN), MODULE("xx"),
	    FILE_OF("static/a", "one\ntw\033\n"));
	CLEANUP(project_difference_free) struct first_difference d = { 0 };

	(void)state;
	assert_true(project_first_difference(&d, was, now));
	assert_int_equal(d.nentries, 1);
	assert_true(str_is(d.entry, "static/a"));
	assert_true(str_is(d.was, "two"));
	assert_true(str_is(d.now, "tw\\x1B"));
}

static void
what_is_on_one_side_only_is_a_difference(void **state)
{
	CLEANUP(bundle_free)
	struct bundle *was = BUNDLE(DIRECTIVE(PLAIN), MODULE("xx"));
	CLEANUP(bundle_free)
	struct bundle *now =
	    BUNDLE(DIRECTIVE(PLAIN), MODULE("xx"), FILE_OF("static/a", "one"));
	CLEANUP(project_difference_free) struct first_difference d = { 0 };

	(void)state;
	assert_true(project_first_difference(&d, was, now));
	assert_true(str_is(d.entry, "static/a"));
	assert_int_equal(d.was.n, 0);
	assert_true(d.now.n > 0);
	project_difference_free(&d);
	assert_true(project_first_difference(&d, now, was));
	assert_int_equal(d.now.n, 0);
	project_difference_free(&d);
	assert_false(project_first_difference(&d, was, was));
}

static void
the_same_entries_packed_otherwise_are_told_apart(void **state)
{
	const struct part parts[] = { DIRECTIVE(PLAIN), MODULE("xx"),
		FILE_OF("static/a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") };
	CLEANUP(bundle_free)
	struct bundle *was = bundle_of(parts, COUNT(parts), true);
	CLEANUP(bundle_free)
	struct bundle *now = bundle_of(parts, COUNT(parts), false);
	CLEANUP(project_difference_free) struct first_difference d = { 0 };

	(void)state;
	assert_true(project_first_difference(&d, was, now));
	assert_int_equal(d.nentries, 0);
}

static void
causes_are_read_from_the_provenance(void **state)
{
	static const char *const want[] = {
		"source lib.wat of f.wasm is another",
		"clang was 19.1.4, and is 19.1.7 here",
	};
	CLEANUP(bundle_free)
	struct bundle *was = BUNDLE(DIRECTIVE(PLAIN), MODULE("xx"),
	    FILE_OF(BUNDLE_PROVENANCE, STATEMENT("ab", "19.1.4")));
	CLEANUP(bundle_free)
	struct bundle *now = BUNDLE(DIRECTIVE(PLAIN), MODULE("xy"),
	    FILE_OF(BUNDLE_PROVENANCE, STATEMENT("cd", "19.1.7")));
	CLEANUP(project_difference_free) struct first_difference d = { 0 };

	(void)state;
	assert_true(project_first_difference(&d, was, now));
	assert_int_equal(d.ncauses, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++)
		assert_true(str_is(d.causes[i], want[i]));
}

/* ---- what changed ---- */

#define HTTP(rules) \
	"capabilities: {http: {enabled: true, rules: {" rules "}}}\n"

static bool
widens(const char *from, const char *to)
{
	CLEANUP(bundle_free)
	struct bundle *was =
	    BUNDLE({ "Directive.yaml", str_of(from) }, MODULE("xx"));
	CLEANUP(bundle_free)
	struct bundle *now =
	    BUNDLE({ "Directive.yaml", str_of(to) }, MODULE("xx"));
	CLEANUP(project_comparison_free) struct comparison c = { 0 };
	struct err e = ERR;

	if (project_compare_bundles(&c, was, now, &e) < 0)
		fail_msg("%s", e.text);
	return project_widens(&c.capabilities);
}

static void
a_rule_more_to_allow_or_one_less_to_block_is_wider(void **state)
{
	static const struct {
		const char *from, *to;
		bool wider;
	} cases[] = {
		{ HTTP("allowedDomains: [a.test]"),
		    HTTP("allowedDomains: [a.test, b.test]"), true },
		{ HTTP("allowedDomains: [a.test, b.test]"),
		    HTTP("allowedDomains: [a.test]"), false },
		{ HTTP("allowedDomains: [a.test]"), HTTP(""), true },
		{ HTTP("blockedDomains: [a.test]"), HTTP(""), true },
		{ HTTP(""), HTTP("blockedDomains: [a.test]"), false },
		{ HTTP("allowPrivate: false"), HTTP("allowPrivate: true"),
		    true },
		{ "capabilities: {cache: {enabled: false}}\n",
		    "capabilities: {cache: {enabled: true, rules: "
		    "{allowGet: true}}}\n",
		    true },
		{ "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_free) struct buf a = BUF(4096), b = BUF(4096);

		buf_addf(&a, "%s%s", cases[i].from, PLAIN);
		buf_addf(&b, "%s%s", cases[i].to, PLAIN);
		if (widens(buf_cstr(&a), buf_cstr(&b)) != cases[i].wider)
			fail_msg("%s to %s", cases[i].from, cases[i].to);
	}
}

static void
what_came_and_went_is_listed(void **state)
{
	CLEANUP(bundle_free)
	struct bundle *was = BUNDLE(DIRECTIVE(PLAIN), MODULE("xx"),
	    FILE_OF("static/old", "1"), FILE_OF("static/same", "2"));
	CLEANUP(bundle_free)
	struct bundle *now =
	    BUNDLE(DIRECTIVE(D("v0.2.0", "") "  - name: g\n    lang: wat\n"),
		MODULE("xy"), { "g.wasm", STR(WASM("zz")) },
		FILE_OF("static/new", "1"), FILE_OF("static/same", "2"));
	CLEANUP(project_comparison_free) struct comparison c = { 0 };
	struct err e = ERR;

	(void)state;
	assert_int_equal(project_compare_bundles(&c, was, now, &e), 0);
	assert_false(c.same);
	assert_true(c.version_changed);
	assert_int_equal(c.nmodules, 2);
	assert_int_equal(c.modules[0].change, CHANGE_CHANGED);
	assert_int_equal(c.modules[0].sections.n, 1);
	assert_int_equal(c.modules[1].change, CHANGE_ADDED);
	assert_true(str_is(c.modules[1].name, "g"));
	assert_int_equal(c.was, 14);
	assert_int_equal(c.now, 28);
	assert_int_equal(c.nentries, 3);
	assert_true(str_is(c.entries[0].name, "Directive.yaml"));
	assert_int_equal(c.entries[1].change, CHANGE_ADDED);
	assert_int_equal(c.entries[2].change, CHANGE_REMOVED);
	assert_true(str_is(c.entries[2].name, "static/old"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_first_difference_is_in_a_module_when_one_differs),
		cmocka_unit_test(of_texts_the_line_is_told),
		cmocka_unit_test(what_is_on_one_side_only_is_a_difference),
		cmocka_unit_test(
		    the_same_entries_packed_otherwise_are_told_apart),
		cmocka_unit_test(causes_are_read_from_the_provenance),
		cmocka_unit_test(
		    a_rule_more_to_allow_or_one_less_to_block_is_wider),
		cmocka_unit_test(what_came_and_went_is_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
