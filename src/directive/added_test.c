/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "directive/directive.h"

#define TOP \
	"identifier: com.example.app\nappVersion: v0.1.0\n" \
	"atmoVersion: v0.4.8\nrunnables: [{name: a}]\n"

static void
a_map_of_functions_names_what_others_published(void **state)
{
	CLEANUP(directive_free) struct directive *d = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct err e = ERR;

	(void)state;
	assert_int_equal(directive_parse(&d,
			     STR(TOP "functions:\n"
				     "  resize: host.example/fns/resize:v1\n"
				     "  img::crop: oci:../crop:v2\n"),
			     STR("D"), ds, &e),
	    0);
	assert_int_equal(diags_count(ds), 0);
	assert_int_equal(d->nadded, 2);
	assert_true(str_is(d->added[0].name, "resize"));
	assert_true(str_is(d->added[0].ns, "default"));
	assert_true(
	    str_is(d->added[0].reference, "host.example/fns/resize:v1"));
	assert_int_equal(d->added[0].at.line, 6);
	assert_int_equal(d->added[0].at.col, 11);
	assert_int_equal(d->added[0].key_at.col, 3);
	assert_true(str_is(d->added[1].ns, "img"));
	assert_true(str_is(d->added[1].name, "crop"));
}

static void
entries_that_cannot_be_are_told_and_left_out(void **state)
{
	static const struct {
		const char *entry, *code;
	} rows[] = {
		{ "../x: r", "D016" },
		{ "a::b::c: r", "D016" },
		{ "'': r", "D016" },
		{ "x: ''", "D001" },
		{ "x: 12", "D001" },
		{ "x: [r]", "D001" },
		{ "x: 'a b'", "D001" },
		{ "x: '-r'", "D001" },
		{ "x: \"a\\x1bb\"", "D001" },
		{ "x:", "D001" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(directive_free) struct directive *d = NULL;
		CLEANUP(diags_free) struct diags *ds = diags_new();
		CLEANUP(buf_free) struct buf b = BUF(1000);
		struct err e = ERR;

		buf_addf(&b, TOP "functions:\n  %s\n", rows[i].entry);
		assert_int_equal(
		    directive_parse(&d, buf_str(&b), STR("D"), ds, &e), 0);
		if (diags_count(ds) != 1 ||
		    strcmp(diags_at(ds, 0)->rule->code, rows[i].code) != 0)
			fail_msg("%s: %zu problems, %s", rows[i].entry,
			    diags_count(ds),
			    diags_count(ds) ? diags_at(ds, 0)->rule->code : "");
		assert_int_equal(d->nadded, 0);
	}
}

/* ---- edits ---- */

static void
set(struct buf *out, const char *text, const char *label, const char *ref)
{
	struct err e = ERR;

	buf_clear(out);
	if (directive_set_function(out, str_of(text), STR("D"), str_of(label),
		str_of(ref), &e) < 0)
		fail_msg("%s: %s", label, e.text);
}

static void
a_function_is_put_in_and_every_other_byte_stays(void **state)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{ "a: 1\n", "a: 1\nfunctions:\n  x: h/r:v1\n" },
		{ "a: 1", "a: 1\nfunctions:\n  x: h/r:v1" },
		{ "a: 1\r\nb: 2\r\n",
		    "a: 1\r\nb: 2\r\nfunctions:\r\n  x: h/r:v1\r\n" },
		{ "a: 1\n...\n", "a: 1\nfunctions:\n  x: h/r:v1\n...\n" },
		{ "functions:\na: 1\n", "functions:\n  x: h/r:v1\na: 1\n" },
		{ "functions: {} # none\na: 1\n",
		    "functions: # none\n  x: h/r:v1\na: 1\n" },
		{ "functions:\n    y: h/y:v1 # why\n# end\na: 1\n",
		    "functions:\n    y: h/y:v1 # why\n    x: h/r:v1\n# end\n"
		    "a: 1\n" },
		{ "functions:\n  x: h/old:v0 # why\na: 1\n",
		    "functions:\n  x: h/r:v1 # why\na: 1\n" },
		{ "functions:\n  x: 'h/r:v1' # why\n",
		    "functions:\n  x: 'h/r:v1' # why\n" },
		{ "functions: {x: h/old}\n", "functions: {x: \"h/r:v1\"}\n" },
		{ "functions: {y: h/y:v1}\n",
		    "functions: {y: h/y:v1, x: \"h/r:v1\"}\n" },
		{ "{a: 1}\n", "{a: 1, functions: {x: \"h/r:v1\"}}\n" },
		{ "{functions: {}}\n", "{functions: {x: \"h/r:v1\"}}\n" },
	};
	CLEANUP(buf_free) struct buf out = BUF(1u << 16);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		set(&out, rows[i].before, "x", "h/r:v1");
		if (strcmp(buf_cstr(&out), rows[i].after) != 0)
			fail_msg(
			    "%s gives:\n%s", rows[i].before, buf_cstr(&out));
	}
	set(&out, "a: 1\n", "img::crop", "oci:dir:v1");
	assert_string_equal(
	    buf_cstr(&out), "a: 1\nfunctions:\n  img::crop: oci:dir:v1\n");
}

static void
no_room_and_no_name_are_errors(void **state)
{
	CLEANUP(buf_free) struct buf out = BUF(1u << 16);
	struct err e = ERR;

	(void)state;
	assert_int_equal(directive_set_function(&out, STR("functions: [x]\n"),
			     STR("D"), STR("x"), STR("r"), &e),
	    -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_string_equal(
	    e.text, "D:1:12: 'functions' should be a map, and is a list");
	e = (struct err)ERR;
	assert_int_equal(directive_set_function(&out, STR("a: 1\n"), STR("D"),
			     STR("../x"), STR("r"), &e),
	    -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(out.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_map_of_functions_names_what_others_published),
		cmocka_unit_test(entries_that_cannot_be_are_told_and_left_out),
		cmocka_unit_test(
		    a_function_is_put_in_and_every_other_byte_stays),
		cmocka_unit_test(no_room_and_no_name_are_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
