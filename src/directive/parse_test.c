/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "directive/directive.h"

static const char whole[] =
    "identifier: com.example.app\n"
    "appVersion: v0.1.0\n"
    "atmoVersion: v0.4.8\n"
    "headless: true\n"
    "handlers:\n"
    "  - type: request\n"
    "    method: get\n"
    "    resource: /user/:id\n"
    "    steps:\n"
    "      - group:\n"
    "          - fn: db::get-user\n"
    "            as: user\n"
    "            onErr:\n"
    "              code: {404: continue, -1: return}\n"
    "              other: continue\n"
    "          - fn: count\n"
    "      - fn: render\n"
    "        with: {person: user, n: count}\n"
    "        onErr: {any: continue}\n"
    "    response: render\n"
    "  - type: stream\n"
    "    resource: /ws\n"
    "    respondTo: other\n"
    "    steps: [{fn: old, with: ['a: b', c: d]}]\n"
    "schedules:\n"
    "  - name: s\n"
    "    every: {seconds: 1, minutes: 2, hours: 3, days: 4}\n"
    "    state: {k: v, n: 5, none: ~}\n"
    "    steps: [{fn: count}]\n"
    "queries:\n"
    "  - {name: q, type: select, query: SELECT 1, varCount: 2}\n"
    "runnables:\n"
    "  - {name: count, namespace: default, lang: tinygo, version: 1.0,\n"
    "     apiVersion: 0.15.1, fqfn: f, fqfnUri: u, draftVersion: d,\n"
    "     digest: '00ff'}\n";

struct fixture {
	struct directive *d;
	struct diags *ds;
};

static void
open_fixture(struct fixture *f, const char *yaml)
{
	struct err e = ERR;

	f->ds = diags_new();
	f->d = NULL;
	if (directive_parse(
		&f->d, str_of(yaml), STR("Directive.yaml"), f->ds, &e) < 0)
		fail_msg("%s", e.text);
}

static void
close_fixture(struct fixture *f)
{
	directive_free(&f->d);
	diags_free(&f->ds);
}

static void
the_top_is_read(void **state)
{
	CLEANUP(close_fixture) struct fixture f;

	(void)state;
	open_fixture(&f, whole);
	assert_int_equal(diags_count(f.ds), 0);
	assert_true(str_is(f.d->file, "Directive.yaml"));
	assert_true(str_is(f.d->source, whole));
	assert_true(str_is(f.d->identifier, "com.example.app"));
	assert_true(str_is(f.d->app_version, "v0.1.0"));
	assert_true(str_is(f.d->atmo_version, "v0.4.8"));
	assert_true(f.d->headless);
	assert_int_equal(f.d->nhandlers, 2);
	assert_int_equal(f.d->nschedules, 1);
	assert_int_equal(f.d->nqueries, 1);
	assert_int_equal(f.d->nfunctions, 1);
	assert_true(str_is(f.d->queries[0].text, "SELECT 1"));
	assert_int_equal(f.d->queries[0].var_count, 2);
}

static void
a_group_has_members_with_rules_of_their_own(void **state)
{
	CLEANUP(close_fixture) struct fixture f;
	const struct handler *h;
	const struct call *c;

	(void)state;
	open_fixture(&f, whole);
	h = &f.d->handlers[0];
	assert_true(str_is(h->method, "GET"));
	assert_true(str_is(h->response, "render"));
	assert_int_equal(h->nsteps, 2);
	assert_true(h->steps[0].group);
	assert_int_equal(h->steps[0].ncalls, 2);
	c = &h->steps[0].calls[0];
	assert_true(str_is(c->fn, "db::get-user"));
	assert_true(str_is(c->key, "user"));
	assert_int_equal(c->at.line, 11);
	assert_int_equal(c->at.col, 17);
	assert_int_equal(c->on_err.ncodes, 2);
	assert_int_equal(c->on_err.codes[0].code, 404);
	assert_int_equal(c->on_err.codes[0].action, ON_ERR_CONTINUE);
	assert_int_equal(c->on_err.codes[1].code, -1);
	assert_int_equal(c->on_err.codes[1].action, ON_ERR_RETURN);
	assert_true(c->on_err.has_other && !c->on_err.has_any);
	assert_int_equal(c->on_err.other, ON_ERR_CONTINUE);
	assert_true(str_is(h->steps[0].calls[1].key, "count"));
	assert_int_equal(h->steps[0].calls[1].on_err.any, ON_ERR_RETURN);
}

static void
with_maps_names_to_state_keys_in_both_forms(void **state)
{
	CLEANUP(close_fixture) struct fixture f;
	const struct call *c;

	(void)state;
	open_fixture(&f, whole);
	c = &f.d->handlers[0].steps[1].calls[0];
	assert_false(f.d->handlers[0].steps[1].group);
	assert_int_equal(c->nwith, 2);
	assert_true(str_is(c->with[0].key, "person"));
	assert_true(str_is(c->with[0].value, "user"));
	assert_true(c->on_err.has_any);
	assert_int_equal(c->on_err.any, ON_ERR_CONTINUE);
	c = &f.d->handlers[1].steps[0].calls[0];
	assert_int_equal(c->nwith, 2);
	assert_true(str_is(c->with[0].key, "a"));
	assert_true(str_is(c->with[0].value, "b"));
	assert_true(str_is(c->with[1].key, "c"));
	assert_true(str_is(c->with[1].value, "d"));
}

static void
streams_schedules_and_functions_are_read(void **state)
{
	CLEANUP(close_fixture) struct fixture f;
	const struct function_info *fn;
	const struct schedule *s;

	(void)state;
	open_fixture(&f, whole);
	assert_int_equal(f.d->handlers[1].type, HANDLER_STREAM);
	assert_true(str_is(f.d->handlers[1].source, "server"));
	assert_true(str_is(f.d->handlers[1].respond_to, "other"));
	s = &f.d->schedules[0];
	assert_int_equal(s->every_s, 1 + 120 + 3 * 3600 + 4 * 86400);
	assert_int_equal(s->nstate, 3);
	assert_true(str_is(s->state[1].value, "5"));
	assert_true(str_is(s->state[2].value, ""));
	fn = &f.d->functions[0];
	assert_true(str_is(fn->lang, "go") && fn->tinygo);
	assert_true(str_is(fn->version, "1.0"));
	assert_true(str_is(fn->api_version, "0.15.1"));
	assert_true(str_is(fn->draft_version, "d"));
	assert_true(str_is(fn->fqfn_uri, "u"));
	assert_true(str_is(fn->digest, "00ff"));
}

static void
what_has_the_wrong_kind_is_left_out_and_the_rest_is_read(void **state)
{
	CLEANUP(close_fixture) struct fixture f;

	(void)state;
	open_fixture(&f,
	    "identifier: {}\nheadless: 1\nqueries: x\n"
	    "handlers:\n- ~\n- 5\n- steps: [5, {fn: [a], with: 5, onErr: 5},"
	    " {group: [5, {fn: b}]}, {fn: a, group: []}, {group: 5}]\n"
	    "schedules:\n- every: {days: -1, hours: x}\n  state: [a]\n"
	    "runnables: {a: 1}\nappVersion: v1\n");
	assert_true(str_is(f.d->app_version, "v1"));
	assert_int_equal(f.d->identifier.n, 0);
	assert_int_equal(f.d->nhandlers, 3);
	assert_int_equal(f.d->handlers[0].nsteps, 0);
	assert_int_equal(f.d->handlers[2].nsteps, 5);
	assert_int_equal(f.d->handlers[2].steps[0].ncalls, 0);
	assert_int_equal(f.d->handlers[2].steps[1].ncalls, 1);
	assert_int_equal(f.d->handlers[2].steps[2].ncalls, 2);
	assert_int_equal(f.d->handlers[2].steps[3].ncalls, 0);
	assert_int_equal(f.d->handlers[2].steps[4].ncalls, 0);
	assert_int_equal(f.d->schedules[0].every_s, 0);
	assert_int_equal(f.d->nfunctions, 0);
	assert_true(diags_errors(f.ds) > 10);
	directive_check(f.d, NULL, 0, f.ds);
}

static void
ceilings_cut_and_tell(void **state)
{
	CLEANUP(close_fixture) struct fixture f;
	CLEANUP(buf_free) struct buf text = BUF(1u << 20);
	int i;

	(void)state;
	buf_add(&text, STR("handlers:\n"));
	for (i = 0; i < 4100; i++)
		buf_add(&text, STR("- {type: request}\n"));
	buf_add(&text, STR("schedules:\n- steps:\n"));
	for (i = 0; i < 300; i++)
		buf_add(&text,
		    STR("  - group: [{fn: a}, {fn: b}, {fn: c}, {fn: "
			"d}, {fn: e}]\n"));
	open_fixture(&f, buf_cstr(&text));
	assert_int_equal(f.d->nhandlers, DIRECTIVE_MAX_HANDLERS);
	assert_int_equal(f.d->schedules[0].nsteps, DIRECTIVE_MAX_STEPS);
	assert_int_equal(f.d->schedules[0].steps[204].ncalls, 4);
	assert_int_equal(f.d->schedules[0].steps[205].ncalls, 0);
	assert_true(str_is(str_of(diags_at(f.ds, 0)->rule->code), "D033"));
	assert_int_equal(diags_at(f.ds, 0)->at.line, 4098);
}

static void
an_error_names_file_line_and_column(void **state)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct directive *d = NULL;
	struct err e = ERR;

	(void)state;
	assert_int_equal(directive_parse(&d, STR("a: *x\n"),
			     STR("app/Directive.yaml"), ds, &e),
	    -1);
	assert_string_equal(
	    e.text, "app/Directive.yaml:1:4: aliases ('*') are not allowed");
	assert_int_equal(e.kind, ERR_INPUT);
	directive_tell(ds, directive_rules, STR("app/Directive.yaml"), &e);
	assert_true(
	    str_is(diags_at(ds, 0)->text, "aliases ('*') are not allowed"));
	assert_int_equal(diags_at(ds, 0)->at.col, 4);
	assert_true(str_starts(diags_at(ds, 0)->repair, "write the value"));
	assert_null(d);
	directive_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_top_is_read),
		cmocka_unit_test(a_group_has_members_with_rules_of_their_own),
		cmocka_unit_test(with_maps_names_to_state_keys_in_both_forms),
		cmocka_unit_test(streams_schedules_and_functions_are_read),
		cmocka_unit_test(
		    what_has_the_wrong_kind_is_left_out_and_the_rest_is_read),
		cmocka_unit_test(ceilings_cut_and_tell),
		cmocka_unit_test(an_error_names_file_line_and_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
