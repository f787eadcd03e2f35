/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "directive/directive.h"
#include "tree/tree.h"

#define FILE_NAME STR("Directive.yaml")

static const struct str one_step[] = { { "hello", 5 } };

static int
add(struct buf *out, const char *source, const char *method, const char *path,
    struct err *e)
{
	return directive_add_handler(out, str_of(source), FILE_NAME,
	    str_of(method), str_of(path), one_step, 1, e);
}

struct row {
	const char *before, *after;
};

static const struct row additions[] = {
	/* lists below their key, comments, other keys behind */
	{ "# top\n"
	  "identifier: x # id\n"
	  "\n"
	  "handlers:\n"
	  "  - type: request  # first\n"
	  "    resource: /a\n"
	  "    method: GET\n"
	  "    steps:\n"
	  "      - fn: a # last\n"
	  "      # - fn: b\n"
	  "\n"
	  "# schedules come here\n"
	  "schedules: []\n",
	    "# top\n"
	    "identifier: x # id\n"
	    "\n"
	    "handlers:\n"
	    "  - type: request  # first\n"
	    "    resource: /a\n"
	    "    method: GET\n"
	    "    steps:\n"
	    "      - fn: a # last\n"
	    "      # - fn: b\n"
	    "  - type: request\n"
	    "    resource: /new/:id\n"
	    "    method: POST\n"
	    "    steps:\n"
	    "      - fn: hello\n"
	    "\n"
	    "# schedules come here\n"
	    "schedules: []\n" },
	/* lists in their key's column, no line end at the end */
	{ "handlers:\n- type: request\n  resource: /a\n"
	  "  method: GET\n  steps:\n  - fn: a",
	    "handlers:\n- type: request\n  resource: /a\n"
	    "  method: GET\n  steps:\n  - fn: a\n"
	    "- type: request\n  resource: /new/:id\n"
	    "  method: POST\n  steps:\n  - fn: hello" },
	/* CRLF and a wide gap */
	{ "handlers:\r\n-   type: request\r\n    resource: /a\r\n"
	  "# c\r\nx: 1\r\n",
	    "handlers:\r\n-   type: request\r\n    resource: /a\r\n"
	    "-   type: request\r\n    resource: /new/:id\r\n"
	    "    method: POST\r\n    steps:\r\n    - fn: hello\r\n"
	    "# c\r\nx: 1\r\n" },
	/* empty lines between handlers */
	{ "handlers:\n  - resource: /a\n\n  - resource: /b\n\n"
	  "x: 1\n",
	    "handlers:\n  - resource: /a\n\n  - resource: /b\n\n"
	    "  - type: request\n    resource: /new/:id\n"
	    "    method: POST\n    steps:\n      - fn: hello\n\n"
	    "x: 1\n" },
	/* nothing there yet */
	{ "identifier: x\nhandlers: []  # none\nheadless: false\n",
	    "identifier: x\nhandlers:  # none\n"
	    "  - type: request\n    resource: /new/:id\n"
	    "    method: POST\n    steps:\n      - fn: hello\n"
	    "headless: false\n" },
	{ "runnables:\n- name: a\nhandlers:\n",
	    "runnables:\n- name: a\nhandlers:\n"
	    "- type: request\n  resource: /new/:id\n"
	    "  method: POST\n  steps:\n  - fn: hello\n" },
	{ "handlers: ~",
	    "handlers:\n  - type: request\n    resource: /new/:id\n"
	    "    method: POST\n    steps:\n      - fn: hello" },
	{ "identifier: x\n# end\n",
	    "identifier: x\n# end\nhandlers:\n"
	    "  - type: request\n    resource: /new/:id\n"
	    "    method: POST\n    steps:\n      - fn: hello\n" },
	{ "identifier: x",
	    "identifier: x\nhandlers:\n"
	    "  - type: request\n    resource: /new/:id\n"
	    "    method: POST\n    steps:\n      - fn: hello" },
	{ "---\nidentifier: x\n...\n# after\n",
	    "---\nidentifier: x\nhandlers:\n"
	    "  - type: request\n    resource: /new/:id\n"
	    "    method: POST\n    steps:\n      - fn: hello\n"
	    "...\n# after\n" },
	{ "",
	    "handlers:\n  - type: request\n    resource: /new/:id\n"
	    "    method: POST\n    steps:\n      - fn: hello\n" },
	/* flow form */
	{ "handlers: [{resource: /a}] # c\n",
	    "handlers: [{resource: /a}, {type: \"request\", resource: "
	    "\"/new/:id\", method: \"POST\", steps: [{fn: \"hello\"}]}"
	    "] # c\n" },
	{ "{identifier: x}\n",
	    "{identifier: x, handlers: [{type: \"request\", resource: "
	    "\"/new/:id\", method: \"POST\", steps: [{fn: \"hello\"}]}"
	    "]}\n" },
	{ "{handlers: []}\n",
	    "{handlers: [{type: \"request\", resource: \"/new/:id\", "
	    "method: \"POST\", steps: [{fn: \"hello\"}]}]}\n" },
	/* a block of text at the end */
	{ "handlers:\n- response: |\n    text\n\nx: 1\n",
	    "handlers:\n- response: |\n    text\n\n"
	    "- type: request\n  resource: /new/:id\n"
	    "  method: POST\n  steps:\n  - fn: hello\nx: 1\n" },
};

static void
the_rest_of_the_file_stays(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(additions); i++) {
		CLEANUP(buf_free) struct buf out = BUF(100000);
		struct err e = ERR;

		if (add(&out, additions[i].before, "post", "/new/:id", &e) < 0)
			fail_msg("%zu: %s", i, e.text);
		assert_string_equal(buf_cstr(&out), additions[i].after);
	}
}

static void
what_cannot_be_added_is_refused(void **state)
{
	static const struct {
		const char *source, *method, *path;
		enum err_kind kind;
		const char *text;
	} rows[] = {
		{ "a: 1\n", "GET", "x", ERR_USAGE,
		    "the path 'x' does not begin with '/'" },
		{ "a: 1\n", "GET", "/a b", ERR_USAGE,
		    "the path '/a b' has a space or control character" },
		{ "a: 1\n", "GE T", "/a", ERR_USAGE,
		    "'GE T' is not an HTTP method" },
		{ "handlers:\n- {type: request, method: get, resource: /a, "
		  "steps: [{fn: a}]}\n",
		    "GET", "/a", ERR_INPUT,
		    "Directive.yaml:2:3: there is a handler for GET /a "
		    "already" },
		{ "handlers: 5\n", "GET", "/a", ERR_INPUT,
		    "Directive.yaml:1:11: 'handlers' should be a list, and is "
		    "a whole number" },
		{ "- a\n", "GET", "/a", ERR_INPUT,
		    "Directive.yaml:1:1: not a Directive" },
		{ "a: [\n", "GET", "/a", ERR_INPUT,
		    "Directive.yaml:2:1: a value was expected here" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		CLEANUP(buf_free) struct buf out = BUF(100000);
		struct err e = ERR;

		assert_int_equal(
		    add(&out, rows[i].source, rows[i].method, rows[i].path, &e),
		    -1);
		assert_string_equal(e.text, rows[i].text);
		assert_int_equal(e.kind, rows[i].kind);
		assert_int_equal(out.n, 0);
	}
}

static void
a_handler_without_steps_can_be_added(void **state)
{
	CLEANUP(buf_free) struct buf out = BUF(100000);
	struct err e = ERR;

	(void)state;
	assert_int_equal(directive_add_handler(&out, STR("a: 1\n"), FILE_NAME,
			     STR("GET"), STR("/a"), NULL, 0, &e),
	    0);
	assert_string_equal(buf_cstr(&out),
	    "a: 1\nhandlers:\n  - type: request\n    resource: /a\n"
	    "    method: GET\n");
}

static void
steps_are_quoted_where_yaml_needs_it(void **state)
{
	static const struct str steps[] = { { "true", 4 }, { "db::x", 5 },
		{ "a#db::x@v1", 10 }, { "9x", 2 }, { "\xC3\xA9", 2 } };
	CLEANUP(buf_free) struct buf out = BUF(100000);
	struct err e = ERR;

	(void)state;
	assert_int_equal(directive_add_handler(&out, STR(""), FILE_NAME,
			     STR("GET"), STR("/a"), steps, COUNT(steps), &e),
	    0);
	assert_string_equal(buf_cstr(&out),
	    "handlers:\n  - type: request\n    resource: /a\n"
	    "    method: GET\n    steps:\n      - fn: \"true\"\n"
	    "      - fn: db::x\n      - fn: a#db::x@v1\n"
	    "      - fn: \"9x\"\n      - fn: \"\xC3\xA9\"\n");
}

/* ---- the list of functions ---- */

#define TEXT(lit) { lit, sizeof lit - 1 }

static const struct function_info functions[] = {
	{ .name = TEXT("zed"),
	    .ns = TEXT("db"),
	    .lang = TEXT("go"),
	    .tinygo = true,
	    .version = TEXT("v2.0.0") },
	{ .name = TEXT("hello"),
	    .ns = TEXT("default"),
	    .lang = TEXT("rust"),
	    .api_version = TEXT("0.15.1"),
	    .digest = TEXT("0123abcd") },
	{ .name = TEXT("apple"), .ns = TEXT("db"), .lang = TEXT("c") },
};

#define LIST \
	"runnables:\n" \
	"  - name: apple\n" \
	"    namespace: db\n" \
	"    lang: c\n" \
	"    fqfn: x#db::apple@v1.0.0\n" \
	"  - name: zed\n" \
	"    namespace: db\n" \
	"    lang: tinygo\n" \
	"    version: v2.0.0\n" \
	"    fqfn: x#db::zed@v1.0.0\n" \
	"  - name: hello\n" \
	"    namespace: default\n" \
	"    lang: rust\n" \
	"    apiVersion: \"0.15.1\"\n" \
	"    fqfn: x#default::hello@v1.0.0\n" \
	"    digest: \"0123abcd\""

#define TOP "identifier: x\nappVersion: v1.0.0\n"

static void
functions_are_listed_and_the_rest_stays(void **state)
{
	static const struct row rows[] = {
		{ TOP "# c\nhandlers: [] # d\n",
		    TOP "# c\nhandlers: [] # d\n" LIST "\n" },
		{ TOP "headless: true", TOP "headless: true\n" LIST },
		{ TOP "runnables: # old\n- name: a # b\n# c\nheadless: true\n",
		    TOP LIST " # b\n# c\nheadless: true\n" },
		{ TOP "runnables: []   # none\nheadless: true\n",
		    TOP LIST "   # none\nheadless: true\n" },
		{ TOP "runnables:\nheadless: true\n",
		    TOP LIST "\nheadless: true\n" },
		{ TOP "queries:\n- query: |\n    SELECT\n",
		    TOP "queries:\n- query: |\n    SELECT\n" LIST "\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		CLEANUP(directive_free) struct directive *d = NULL;
		CLEANUP(diags_free) struct diags *ds = diags_new();
		CLEANUP(buf_free) struct buf out = BUF(100000);
		struct err e = ERR;

		assert_int_equal(directive_parse(&d, str_of(rows[i].before),
				     FILE_NAME, ds, &e),
		    0);
		if (directive_with_functions(
			&out, d, functions, COUNT(functions), &e) < 0)
			fail_msg("%s", e.text);
		assert_string_equal(buf_cstr(&out), rows[i].after);
	}
}

static void
what_is_listed_reads_back(void **state)
{
	CLEANUP(directive_free) struct directive *d = NULL;
	CLEANUP(directive_free) struct directive *again = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(buf_free) struct buf out = BUF(100000);
	CLEANUP(buf_free) struct buf out2 = BUF(100000);
	struct err e = ERR;

	(void)state;
	assert_int_equal(
	    directive_parse(&d, STR("{identifier: 'a b', appVersion: v1}"),
		FILE_NAME, ds, &e),
	    0);
	assert_int_equal(
	    directive_with_functions(&out, d, functions, COUNT(functions), &e),
	    0);
	assert_int_equal(
	    directive_parse(&again, buf_str(&out), FILE_NAME, ds, &e), 0);
	assert_int_equal(again->nfunctions, 3);
	assert_true(str_is(again->functions[1].name, "zed"));
	assert_true(again->functions[1].tinygo);
	assert_true(str_is(again->functions[1].lang, "go"));
	assert_true(str_is(again->functions[2].fqfn, "a b#default::hello@v1"));
	assert_true(str_is(again->functions[2].digest, "0123abcd"));
	assert_int_equal(directive_with_functions(&out2, again,
			     again->functions, again->nfunctions, &e),
	    0);
	assert_string_equal(buf_cstr(&out), buf_cstr(&out2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rest_of_the_file_stays),
		cmocka_unit_test(what_cannot_be_added_is_refused),
		cmocka_unit_test(a_handler_without_steps_can_be_added),
		cmocka_unit_test(steps_are_quoted_where_yaml_needs_it),
		cmocka_unit_test(functions_are_listed_and_the_rest_stays),
		cmocka_unit_test(what_is_listed_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
