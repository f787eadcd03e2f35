/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "directive/directive.h"

/* Eight lines, so that a case's steps begin in line 13. */
#define HEAD \
	"identifier: com.example.app\n" \
	"appVersion: v0.1.0\n" \
	"atmoVersion: v0.4.8\n" \
	"capabilities: {http: {enabled: false}}\n" \
	"runnables:\n" \
	"- {name: a, namespace: default}\n" \
	"- {name: b, namespace: default}\n" \
	"handlers:\n"
#define HANDLER \
	HEAD "- type: request\n  method: POST\n  resource: /x\n  steps:\n"
#define FROM 12u /* the line before the steps */

struct row {
	const char *yaml;
	const char *want; /* "D104:2+1": code, line of the steps, column */
};

static void
check_text(struct diags *ds, const char *yaml)
{
	CLEANUP(directive_free) struct directive *d = NULL;
	struct err e = ERR;

	if (directive_parse(&d, str_of(yaml), STR("Directive.yaml"), ds, &e) <
	    0)
		fail_msg("%s", e.text);
	directive_check(d, NULL, 0, ds);
	diags_sort(ds);
}

/* Notes and unused functions aside. */
static void
expect(const char *head, const struct row *rows, size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		CLEANUP(diags_free) struct diags *ds = diags_new();
		CLEANUP(buf_free) struct buf got = BUF(10000);
		CLEANUP(buf_free) struct buf text = BUF(100000);

		buf_addf(&text, "%s%s", head, rows[i].yaml);
		check_text(ds, buf_cstr(&text));
		for (j = 0; j < diags_count(ds); j++) {
			const struct diag *d = diags_at(ds, j);

			if (d->rule->level != DIAG_NOTE)
				buf_addf(&got, "%s%s:%u:%u",
				    got.n > 0 ? " " : "", d->rule->code,
				    d->at.line - FROM, d->at.col);
		}
		if (strcmp(buf_cstr(&got), rows[i].want) != 0)
			print_error("%s\n", rows[i].yaml);
		assert_string_equal(buf_cstr(&got), rows[i].want);
	}
}

static void
a_key_that_no_way_writes_is_an_error(void **state)
{
	static const struct row rows[] = {
		{ "  - {fn: a}\n  - {fn: b, input: a}\n", "" },
		{ "  - {fn: a}\n  - {fn: b, input: c}\n", "D034:2:20" },
		{ "  - {fn: a, input: b}\n  - {fn: b}\n", "D035:1:20" },
		{ "  - {fn: a, forEach: b}\n", "D034:1:22" },
		{ "  - {fn: a, when: state.b}\n", "D034:1:19" },
		{ "  - {fn: a, when: not state.b}\n  - {fn: b}\n",
		    "D035:1:19" },
		{ "  - fn: a\n    repeat: {until: state.a, max: 3}\n", "" },
		{ "  - fn: a\n    repeat: {until: state.c, max: 3}\n",
		    "D034:2:21" },
		{ "  - group: [{fn: a, when: state.b}, {fn: b}]\n"
		  "  response: a\n",
		    "D035:1:27 D104:2:13" },
		{ "  - {name: s, fn: a}\n"
		  "  - {goto: s, when: state.q, max: 2}\n  response: a\n",
		    "D034:2:21" },
	};

	(void)state;
	expect(HANDLER, rows, COUNT(rows));
}

static void
a_key_that_only_some_ways_write_is_a_warning(void **state)
{
	static const struct row rows[] = {
		{ "  - {fn: a, when: method == 'GET'}\n"
		  "  - {fn: b, with: {x: a}}\n",
		    "D104:2:23" },
		{ "  - {fn: a, when: method == 'GET'}\n  - {fn: b}\n"
		  "  response: a\n",
		    "D104:3:13" },
		/* Whoever asks first may read it. */
		{ "  - {fn: a, when: method == 'GET'}\n"
		  "  - {fn: b, when: state.a, with: {x: a}}\n",
		    "" },
		{ "  - {fn: a, when: method == 'GET'}\n"
		  "  - {fn: b, when: state.a != null, input: a}\n",
		    "" },
		/* A condition and its opposite leave no way without. */
		{ "  - {fn: a, when: state.q, as: r}\n"
		  "  - {fn: b, when: not state.q, as: r}\n"
		  "  - {fn: a, input: r}\n",
		    "D034:1:19 D034:2:19" },
		{ "  - {fn: a, when: method == 'GET', as: r}\n"
		  "  - {fn: b, when: method != 'GET', as: r}\n"
		  "  - {fn: a, input: r}\n",
		    "" },
		{ "  - {fn: a, when: query.n < 3, as: r}\n"
		  "  - {fn: b, when: query.n >= 3, as: r}\n"
		  "  - {fn: a, input: r}\n",
		    "D104:3:20" },
		{ "  - group: [{fn: a}, {fn: b}]\n    when: url == '/'\n"
		  "  - {fn: b, as: c, with: {x: a}}\n",
		    "D104:3:30" },
		/* In the second turn only. */
		{ "  - {name: s, fn: a, with: {x: b}}\n  - {fn: b}\n"
		  "  - {goto: s, when: state.a, max: 2}\n  response: b\n",
		    "D104:1:32" },
		{ "  - {fn: a, repeat: {until: state.a, max: 2}, input: a}\n",
		    "D104:1:54" },
		{ "  - {fn: a}\n  - {name: s, fn: b}\n"
		  "  - {goto: s, when: state.b, max: 2}\n"
		  "  - {fn: a, as: c, input: b}\n",
		    "" },
	};

	(void)state;
	expect(HANDLER, rows, COUNT(rows));
}

static void
loops_that_overlap_are_one(void **state)
{
	static const struct row rows[] = {
		{ "  - {name: one, fn: a, input: c}\n"
		  "  - {name: two, fn: b}\n"
		  "  - {goto: one, when: state.a, max: 2}\n"
		  "  - {fn: a, as: c}\n"
		  "  - {goto: two, when: state.a, max: 2}\n  response: a\n",
		    "D104:1:31" },
		{ "  - {name: one, fn: a, input: c}\n"
		  "  - {goto: one, when: state.a, max: 2}\n"
		  "  - {name: two, fn: b}\n"
		  "  - {fn: a, as: c}\n"
		  "  - {goto: two, when: state.a, max: 2}\n  response: a\n",
		    "D035:1:31" },
	};

	(void)state;
	expect(HANDLER, rows, COUNT(rows));
}

static void
a_step_that_is_never_reached_is_told(void **state)
{
	static const struct row rows[] = {
		{ "  - {name: s, fn: a}\n  - {goto: s, max: 3}\n"
		  "  - {fn: b}\n  - {fn: b}\n",
		    "D105:3:5" },
		{ "  - {name: s, fn: a}\n"
		  "  - {goto: s, max: 3, onErr: {code: {508: continue}}}\n"
		  "  - {fn: b}\n",
		    "" },
		{ "  - {name: s, fn: a}\n"
		  "  - {goto: s, max: 3, onErr: {any: continue}}\n"
		  "  - {fn: b}\n",
		    "" },
		{ "  - {name: s, fn: a}\n  - {goto: s, max: 3}\n"
		  "  - {fn: b}\n  response: b\n",
		    "D105:3:5 D041:4:13" },
	};

	(void)state;
	expect(HANDLER, rows, COUNT(rows));
}

static void
a_loop_without_a_bound_is_an_error(void **state)
{
	static const struct row rows[] = {
		{ "  - {name: s, fn: a}\n  - {goto: s, when: state.a}\n"
		  "  response: a\n",
		    "D106:2:12" },
		{ "  - {fn: a, repeat: {until: state.a}}\n", "D106:1:13" },
		{ "  - {fn: a, repeat: {max: 3}}\n", "D106:1:13" },
		{ "  - {fn: a, repeat: {until: state.a, max: 0}}\n",
		    "D102:1:43" },
		{ "  - {fn: a, repeat: {until: state.a, max: 10001}}\n",
		    "D102:1:43" },
		{ "  - {fn: a, repeat: 3}\n", "D001:1:21" },
	};

	(void)state;
	expect(HANDLER, rows, COUNT(rows));
}

static void
a_goto_leads_back_in_its_own_list(void **state)
{
	static const struct row rows[] = {
		{ "  - {fn: a}\n  - {name: s, goto: s, max: 1}\n"
		  "  response: a\n",
		    "D107:2:21" },
		{ "  - {goto: s, max: 1, when: url}\n  - {name: s, fn: a}\n",
		    "D107:1:12" },
		{ "  - {name: x, fn: a}\n  - {goto: s, max: 1, when: url}\n"
		  "  response: a\n",
		    "D107:2:12" },
		{ "  - {name: s, fn: a}\n  - {name: s, fn: b}\n", "D108:2:12" },
		{ "  - {name: s, fn: a}\n  - {goto: s, max: 1, when: url}\n",
		    "D040:0:3" },
		{ "  - {name: s, fn: a}\n"
		  "  - {goto: s, fn: b, max: 1}\n",
		    "D032:2:6" },
	};

	(void)state;
	expect(HANDLER, rows, COUNT(rows));
}

static void
conditions_are_told_where_they_go_wrong(void **state)
{
	static const struct row rows[] = {
		{ "  - {fn: a, when: method = 'x'}\n", "D100:1:26" },
		{ "  - fn: a\n    when: \"method = 'x'\"\n", "D100:2:19" },
		{ "  - fn: a\n    when: \"\\x6dethod = 'x'\"\n", "D100:2:11" },
		{ "  - fn: a\n    when: >\n      method\n      = 'x'\n",
		    "D100:2:11" },
		{ "  - fn: a\n    when: ['x']\n", "D001:2:11" },
		{ "  - fn: a\n    repeat: {until: a b, max: 2}\n",
		    "D100:2:21" },
	};

	(void)state;
	expect(HANDLER, rows, COUNT(rows));
}

static void
times_and_retries_have_ranges(void **state)
{
	static const struct row rows[] = {
		{ "  - {fn: a, timeout: 2s, retry: 3}\n", "" },
		{ "  - {fn: a, timeout: 2}\n", "D101:1:22" },
		{ "  - {fn: a, timeout: 400d}\n", "D101:1:22" },
		{ "  - {fn: a, retry: 101}\n", "D102:1:20" },
		{ "  - {fn: a, retry: -1}\n", "D102:1:20" },
		{ "  - {fn: a, retry: often}\n", "D102:1:20" },
		{ "  - {fn: a, retry: {backoff: 1s}}\n", "D102:1:13" },
		{ "  - {fn: a, retry: {times: 2, on: [trap, 503, timeout]}}"
		  "\n",
		    "" },
		{ "  - {fn: a, retry: {times: 2, on: traps}}\n", "D103:1:35" },
		{ "  - {fn: a, retry: {times: 2, backoff: {initial: 1s, "
		  "max: 1ms}}}\n",
		    "D102:1:59" },
		{ "  - {fn: a, retry: {times: 2, backoff: {factor: 11}}}\n",
		    "D102:1:49" },
		{ "  - {fn: a, retry: {times: 2, backof: 1s}}\n", "D002:1:31" },
		{ "  - {fn: a}\n  - {fn: b, forEach: a, concurrency: 65}\n",
		    "D102:2:38" },
		{ "  - {fn: b, concurrency: 2}\n", "D109:1:13" },
		{ "  - group: [{fn: a}]\n    retry: 2\n  response: a\n",
		    "D109:2:5" },
		{ "  - {fn: a, max: 2}\n", "D109:1:13" },
		{ "  - {fn: a}\n  - group: [{fn: a, as: x}]\n    forEach: a\n"
		  "  response: a\n",
		    "D109:3:5" },
	};

	(void)state;
	expect(HANDLER, rows, COUNT(rows));
}

static void
a_call_names_a_handler_and_never_comes_back(void **state)
{
#define OTHER(steps) \
	"- {type: request, method: get, resource: /o, steps: " steps "}\n"
	static const struct row rows[] = {
		{ "  - {call: GET /o}\n" OTHER("[{fn: a}]"), "" },
		{ "  - {call: get /o, as: x}\n"
		  "  - {fn: a, input: x}\n" OTHER("[{fn: a}]"),
		    "" },
		{ "  - {call: GET /p}\n" OTHER("[{fn: a}]"), "D110:1:12" },
		{ "  - {call: nightly}\n"
		  "schedules: [{name: nightly, every: {days: 1}, steps: [{fn: "
		  "a}]}]\n",
		    "" },
		{ "  - {call: nightly}\n", "D110:1:12" },
		{ "  - {call: ''}\n", "D042:1:12" },
		{ "  - {call: POST /x}\n", "D111:1:12" },
		{ "  - {call: GET /o}\n" OTHER("[{group: [{call: POST /x}]}]"),
		    "D040:2:46 D111:2:70" },
		{ "  - {call: GET /o}\n  - {call: GET /o, as: y}\n" OTHER(
		      "[{fn: a}]"),
		    "" },
		/* What a call gives is there, but not for a request. */
		{ "  - {fn: b}\n  - {call: GET /o, with: {who: b}}\n" OTHER(
		      "[{fn: a, input: who}]"),
		    "D104:3:69" },
		{ "  - {fn: b}\n  - {call: GET /o, with: {who: b}}\n" OTHER(
		      "[{fn: a, when: state.who, with: {x: who}}]"),
		    "" },
		{ "  - {fn: b}\n  - {call: GET /o, with: {b: b}}\n" OTHER(
		      "[{fn: a, input: who}]"),
		    "D034:3:69" },
		{ "  - {call: GET /o, fn: a}\n" OTHER("[{fn: a}]"),
		    "D032:1:6" },
	};

	(void)state;
	expect(HANDLER, rows, COUNT(rows));
}

/* 3.1: forEach {in, fn, as, onErr} existed in 0.2.0 to 0.3.x only. */
static void
the_old_form_of_for_each_is_read_with_a_note(void **state)
{
	static const char yaml[] = HANDLER
	    "  - fn: a\n"
	    "  - forEach: {in: a, fn: b, as: c, onErr: {any: continue}}\n";
	CLEANUP(directive_free) struct directive *d = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	const struct call *c;
	struct err e = ERR;

	(void)state;
	assert_int_equal(
	    directive_parse(&d, str_of(yaml), STR("D"), ds, &e), 0);
	c = &d->handlers[0].steps[1].calls[0];
	assert_true(str_is(c->fn, "b") && str_is(c->key, "c"));
	assert_true(str_is(c->each, "a") && c->concurrency == 1);
	assert_true(c->on_err.has_any);
	directive_check(d, NULL, 0, ds);
	assert_int_equal(diags_count(ds), 1);
	assert_string_equal(diags_at(ds, 0)->rule->code, "D031");
	assert_int_equal(diags_at(ds, 0)->rule->level, DIAG_NOTE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_that_no_way_writes_is_an_error),
		cmocka_unit_test(a_key_that_only_some_ways_write_is_a_warning),
		cmocka_unit_test(loops_that_overlap_are_one),
		cmocka_unit_test(a_step_that_is_never_reached_is_told),
		cmocka_unit_test(a_loop_without_a_bound_is_an_error),
		cmocka_unit_test(a_goto_leads_back_in_its_own_list),
		cmocka_unit_test(conditions_are_told_where_they_go_wrong),
		cmocka_unit_test(times_and_retries_have_ranges),
		cmocka_unit_test(a_call_names_a_handler_and_never_comes_back),
		cmocka_unit_test(the_old_form_of_for_each_is_read_with_a_note),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
