/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os/os.h"
#include "project/project.h"

#define DIRECTIVE \
	"identifier: com.example.app\nappVersion: v0.1.0\n" \
	"atmoVersion: v0.4.8\n"

/* Write root/path, with the folders it needs. */
static void
put(const char *root, const char *path, const char *text)
{
	char full[512];
	struct err e = ERR;
	char *slash;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	slash = strrchr(full, '/');
	*slash = '\0';
	if (os_mkdirs(full, 0755, &e) < 0)
		fail_msg("%s", e.text);
	*slash = '/';
	if (os_replace(full, str_of(text), 0644, &e) < 0)
		fail_msg("%s", e.text);
}

static int
setup(void **state)
{
	char *root = mem_take(64);

	snprintf(root, 64, "/tmp/subo-find.XXXXXX");
	*state = root;
	return mkdtemp(root) ? 0 : -1;
}

static int
teardown(void **state)
{
	struct err e = ERR;
	int r = os_remove_tree(*state, &e);

	mem_free(*state);
	return r;
}

static struct project *
opened(const char *root, const char *sub, struct diags *ds)
{
	struct project *p = NULL;
	struct err e = ERR;
	char dir[512];

	snprintf(dir, sizeof(dir), "%s/%s", root, sub);
	if (project_open(&p, dir, ds, &e) < 0)
		fail_msg("%s", e.text);
	return p;
}

static void
functions_are_found_at_any_depth(void **state)
{
	static const char *const names[] = { "a", "b", "nested", "deep" };
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	const char *root = *state;

	put(root, "Directive.yaml", DIRECTIVE);
	put(root, "a/.runnable.yml", "lang: wat\n");
	put(root, "b/.module.yaml", "lang: c\nnamespace: db\n");
	put(root, "b/nested/.runnable.yaml", "lang: wat\n");
	put(root, "x/y/z/deep/.runnable.yml", "lang: wat\nname: deep\n");
	put(root, ".hidden/f/.runnable.yml", "lang: wat\n");
	put(root, "node_modules/f/.runnable.yml", "lang: wat\n");
	put(root, "a/target/f/.runnable.yml", "lang: wat\n");
	put(root, ".subo/f/.runnable.yml", "lang: wat\n");
	put(root, "other/Directive.yaml", DIRECTIVE);
	put(root, "other/f/.runnable.yml", "lang: wat\n");
	p = opened(root, ".", ds);
	assert_int_equal(diags_count(ds), 0);
	assert_int_equal(project_count(p), COUNT(names));
	for (size_t i = 0; i < COUNT(names); i++)
		assert_non_null(project_find(p, str_of(names[i])));
	assert_null(project_find(p, STR("f")));
	assert_ptr_equal(
	    project_find(p, STR("db::b")), project_find(p, STR("b")));
	assert_non_null(project_find(p, STR("com.example.app#db::b@v0.1.0")));
	assert_null(project_find(p, STR("other#db::b@v0.1.0")));
	assert_null(project_here(p));
	assert_non_null(project_directive(p));
}

static void
the_root_is_found_upward(void **state)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	const char *root = *state;

	put(root, "Directive.yaml", DIRECTIVE);
	put(root, "a/.runnable.yml", "lang: c\n");
	put(root, "a/b/.runnable.yml", "lang: c\n");
	put(root, "a/b/src/lib.c", "");
	p = opened(root, "a/b/src", ds);
	assert_string_equal(project_root(p), root);
	assert_int_equal(project_count(p), 2);
	assert_ptr_equal(project_here(p), project_find(p, STR("b")));
	assert_string_equal(project_here(p)->rel, "a/b");
	assert_null(strstr(project_here(p)->wasm, ".subo"));
}

static void
one_function_alone_is_a_project(void **state)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	const char *root = *state;

	put(root, ".runnable.yml", "lang: wasm\nname: solo\n");
	p = opened(root, ".", ds);
	assert_int_equal(project_count(p), 1);
	assert_ptr_equal(project_here(p), project_at(p, 0));
	assert_string_equal(project_here(p)->rel, ".");
	assert_null(project_directive(p));
	/* A prebuilt module is the user's: what is packed lies with us. */
	assert_non_null(strstr(project_here(p)->wasm, "/.subo/build/"));
}

static void
nothing_of_ours_is_missing(void **state)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct project *p = NULL;
	struct err e = ERR;

	assert_int_equal(project_open(&p, *state, ds, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
	assert_non_null(strstr(e.hint, "subo create"));
	e = (struct err)ERR;
	assert_int_equal(project_open(&p, "/nonexistent", ds, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
}

static void
problems_of_manifests_are_told(void **state)
{
	static const struct {
		const char *path, *text, *code;
	} cases[] = {
		{ "b/.runnable.yml", "name: a\nlang: wat\n", "P001" },
		{ "a/.runnable.yml2", "lang: c\n", "P002" },
		{ "b/.runnable.yml", "name: ../up\nlang: wat\n", NULL },
		{ "b/.runnable.yml", "name: a/b\nlang: wat\n", NULL },
		{ "b/.runnable.yml", "namespace: ../x\nlang: wat\n", NULL },
		{ "b/.runnable.yml", "lang: cobol\n", NULL },
	};
	const char *root = *state;

	put(root, "Directive.yaml", DIRECTIVE);
	put(root, "a/.runnable.yml", "lang: wat\n");
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(diags_free) struct diags *ds = diags_new();
		CLEANUP(project_free) struct project *p = NULL;
		struct err e = ERR;
		char path[512];
		size_t n = 0;

		put(root, cases[i].path, cases[i].text);
		p = opened(root, ".", ds);
		for (size_t k = 0; k < diags_count(ds); k++)
			n += !cases[i].code ||
			    strcmp(diags_at(ds, k)->rule->code,
				cases[i].code) == 0;
		if (n == 0)
			fail_msg("case %zu: not told", i);
		for (size_t k = 0; k < project_count(p); k++)
			assert_null(strstr(project_at(p, k)->wasm, ".."));
		snprintf(path, sizeof(path), "%s/%s", root, cases[i].path);
		assert_int_equal(os_remove(path, &e), 0);
	}
}

static void
manifests_that_are_not_yaml_are_all_told(void **state)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	const char *root = *state;

	put(root, "Directive.yaml", DIRECTIVE);
	put(root, "a/.runnable.yml", "name: [a\n");
	put(root, "b/.runnable.yml", "lang: wat\n");
	put(root, "c/.runnable.yml", "name: a: b\n");
	p = opened(root, ".", ds);
	assert_int_equal(project_count(p), 1);
	assert_true(str_is(project_at(p, 0)->info.name, "b"));
	assert_int_equal(diags_errors(ds), 2);
	diags_sort(ds);
	assert_string_equal(diags_at(ds, 0)->rule->code, "F000");
	assert_true(str_ends(diags_at(ds, 0)->file, "/a/.runnable.yml"));
	assert_int_equal(diags_at(ds, 1)->at.line, 1);
}

static void
a_function_alone_whose_manifest_is_not_yaml_is_an_error(void **state)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	const char *root = *state;
	struct err e = ERR;

	put(root, ".runnable.yml", "name: [a\n");
	assert_int_equal(project_open(&p, root, ds, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
}

static void
queries_take_the_place_of_the_list(void **state)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	const struct directive *d;
	const char *root = *state;

	put(root, "Directive.yaml",
	    "identifier: com.example.app\nappVersion: v0.1.0\nqueries:\n"
	    "  - name: Old\n    query: |\n      select 1\n\n"
	    "atmoVersion: v0.4.8\n");
	put(root, "Queries.yaml",
	    "queries:\n  - name: New\n    query: \"select \\\"\\u00e9\\\" "
	    "from x\\n where y\"\n");
	p = opened(root, ".", ds);
	assert_int_equal(diags_errors(ds), 0);
	d = project_directive(p);
	assert_int_equal(d->nqueries, 1);
	assert_true(str_is(d->queries[0].name, "New"));
	assert_true(
	    str_is(d->queries[0].text, "select \"\xc3\xa9\" from x\n where y"));
	assert_true(str_is(d->atmo_version, "v0.4.8"));
}

static void
queries_that_are_no_list_are_told(void **state)
{
	static const char *const texts[] = { "", "queries: 1\n", "- a\n",
		"query:\n  - name: a\n" };
	const char *root = *state;

	put(root, "Directive.yaml", DIRECTIVE);
	for (size_t i = 0; i < COUNT(texts); i++) {
		CLEANUP(diags_free) struct diags *ds = diags_new();
		CLEANUP(project_free) struct project *p = NULL;

		put(root, "Queries.yaml", texts[i]);
		p = opened(root, ".", ds);
		assert_int_equal(diags_errors(ds), 1);
		assert_string_equal(diags_at(ds, 0)->rule->code, "P006");
	}
}

/* 2.1 [bug]: Queries.yaml without a Directive was a crash. */
static void
bug_queries_without_a_directive_are_read(void **state)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	const char *root = *state;

	put(root, "a/.runnable.yml", "name: a\nlang: wat\n");
	put(root, "Queries.yaml", "queries: [{name: q, query: select 1}]\n");
	p = opened(root, ".", ds);
	assert_int_equal(diags_errors(ds), 0);
	assert_null(project_directive(p));
	assert_int_equal(project_count(p), 1);
}

static void
connections_take_the_place_of_the_map(void **state)
{
	static const char *const texts[] = {
		"connections:\n  redis: {serverAddress: 'new:1'}\n",
		"connections:\n  - {type: redis, name: r, config: "
		"{serverAddress: 'new:1'}}\n",
	};
	const char *root = *state;

	put(root, "Directive.yaml",
	    "identifier: com.example.app\nappVersion: v0.1.0\nconnections:\n"
	    "  redis: {serverAddress: 'old:1'}\natmoVersion: v0.4.8\n");
	for (size_t i = 0; i < COUNT(texts); i++) {
		CLEANUP(diags_free) struct diags *ds = diags_new();
		CLEANUP(project_free) struct project *p = NULL;

		put(root, "Connections.yaml", texts[i]);
		p = opened(root, ".", ds);
		assert_int_equal(diags_count(ds), 0);
		assert_true(str_is(project_directive(p)->caps.redis, "new:1"));
	}
}

static void
connections_that_are_none_are_told(void **state)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	const char *root = *state;

	put(root, "Directive.yaml", DIRECTIVE);
	put(root, "Connections.yaml", "connections: 1\n");
	p = opened(root, ".", ds);
	assert_int_equal(diags_errors(ds), 1);
	assert_string_equal(diags_at(ds, 0)->rule->code, "P007");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(functions_are_found_at_any_depth),
		TEST(the_root_is_found_upward),
		TEST(one_function_alone_is_a_project),
		TEST(nothing_of_ours_is_missing),
		TEST(problems_of_manifests_are_told),
		TEST(manifests_that_are_not_yaml_are_all_told),
		TEST(a_function_alone_whose_manifest_is_not_yaml_is_an_error),
		TEST(queries_take_the_place_of_the_list),
		TEST(queries_that_are_no_list_are_told),
		TEST(bug_queries_without_a_directive_are_read),
		TEST(connections_take_the_place_of_the_map),
		TEST(connections_that_are_none_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
