/* SPDX-License-Identifier: Apache-2.0 */
/* when, repeat, goto and forEach. */
#include "flow/world.h"

/* ---- when ---- */

struct when_case {
	const char *when;
	bool runs;
};

static const struct when_case when_cases[] = {
	{ "method == \"GET\"", true },
	{ "method == \"POST\"", false },
	{ "state.echo == \"v\"", true },
	{ "state.echo", true },
	{ "state.nothing", false },
	{ "not state.nothing", true },
	{ "params.id == \"7\"", true },
	{ "body == \"v\" and params.id != \"7\"", false },
};

static void
a_step_whose_when_does_not_hold_is_skipped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(when_cases); i++) {
		const struct when_case *c = &when_cases[i];
		CLEANUP(buf_free) struct buf text = BUF(1000);
		struct world *w;

		buf_addf(&text,
		    STEPS("      - {fn: echo}\n"
			  "      - {fn: echo, as: x, when: '%s'}\n"
			  "    response: x\n"),
		    c->when);
		w = world_new(buf_cstr(&text), "v");
		request_add_param(w->r, STR("id"), STR("7"));
		world_run(w);
		is_trail(w, c->runs ? "echo x" : "echo x-");
		is_state(w, "x", c->runs ? "v" : NULL);
		is_body(w, c->runs ? "v" : "");
		assert_false(w->res.failed);
		world_end(w);
	}
}

static void
members_and_groups_are_skipped_alike(void **state)
{
	struct world *w =
	    world_new(STEPS("      - group:\n"
			    "          - {fn: echo, as: a, when: method == "
			    "\"POST\"}\n"
			    "          - {fn: echo, as: b}\n"
			    "      - group:\n"
			    "          - {fn: echo, as: c}\n"
			    "          - {fn: trap, as: d}\n"
			    "        when: state.a\n"
			    "    response: b\n"),
		"v");

	(void)state;
	world_run(w);
	is_trail(w, "a- b c- d-");
	is_body(w, "v");
	is_state(w, "c", NULL);
	world_end(w);
}

/* ---- repeat ---- */

static void
a_step_is_repeated_until_its_condition_holds(void **state)
{
	struct world *w = world_clocked(
	    STEPS("      - {fn: tick, repeat: {until: state.n == \"xxx\", "
		  "max: 5, every: 1m}}\n"),
	    "v");

	(void)state;
	world_run(w);
	is_trail(w, "tick tick tick");
	is_body(w, "xxx");
	assert_true(world_seconds(w) > 119.9 && world_seconds(w) < 120.1);
	world_end(w);
}

static void
a_repeat_past_its_max_is_error_508(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {fn: tick, repeat: {until: state.n == "
			    "\"xxxxxx\", max: 3}}\n"
			    "      - {fn: echo}\n"),
		"v");

	(void)state;
	world_run(w);
	is_trail(w, "tick tick tick");
	assert_int_equal(w->res.status, 508);
	assert_true(w->res.returned);
	assert_non_null(strstr(w->res.error.text, "'tick'"));
	assert_non_null(strstr(buf_cstr(&w->res.body), "3 times"));
	world_end(w);
}

static void
on_err_of_code_508_goes_on_past_max(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {fn: tick, repeat: {until: state.n == "
			    "\"xxxxxx\", max: 3}, onErr: {code: {508: "
			    "continue}}}\n"
			    "      - {fn: echo}\n"),
		"v");

	(void)state;
	world_run(w);
	is_trail(w, "tick tick tick echo");
	is_body(w, "v");
	world_end(w);
}

static void
a_group_repeats_as_a_whole(void **state)
{
	struct world *w = world_new(
	    STEPS("      - group:\n"
		  "          - {fn: tick}\n"
		  "          - {fn: echo}\n"
		  "        repeat: {until: state.tick == \"xx\", max: 9}\n"
		  "    response: tick\n"),
	    "v");

	(void)state;
	world_run(w);
	is_trail(w, "tick echo tick echo");
	world_end(w);
}

static void
a_repeat_that_is_skipped_does_not_wait(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {fn: tick, when: state.no, repeat: "
			    "{until: state.n, max: 3}}\n"
			    "      - {fn: echo}\n"),
		"v");

	(void)state;
	world_run(w);
	is_trail(w, "tick- echo");
	world_end(w);
}

/* ---- goto ---- */

static void
goto_leads_back_while_its_when_holds(void **state)
{
	struct world *w =
	    world_clocked(STEPS("      - {fn: echo}\n"
				"      - {fn: tick, name: again}\n"
				"      - {goto: again, when: state.n != "
				"\"xxx\", max: 5, every: 10s}\n"
				"      - {fn: echo, as: last}\n"),
		"v");

	(void)state;
	world_run(w);
	is_trail(w, "echo tick tick tick last");
	assert_true(world_seconds(w) > 19.9 && world_seconds(w) < 20.1);
	assert_int_equal(w->res.steps[4].index, 3);
	world_end(w);
}

static void
goto_past_its_max_is_error_508(void **state)
{
	struct world *w = world_new(STEPS("      - {fn: tick, name: again}\n"
					  "      - {goto: again, max: 2}\n"
					  "    response: tick\n"),
	    "v");

	(void)state;
	world_run(w);
	is_trail(w, "tick tick tick");
	assert_int_equal(w->res.status, 508);
	assert_non_null(strstr(w->res.error.text, "goto 'again'"));
	world_end(w);
}

static void
goto_past_its_max_goes_on_as_on_err_says(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {fn: tick, name: again}\n"
			    "      - {goto: again, max: 2, onErr: {any: "
			    "continue}}\n"
			    "      - {fn: echo}\n"),
		"v");

	(void)state;
	world_run(w);
	is_trail(w, "tick tick tick echo");
	is_body(w, "v");
	world_end(w);
}

/* Each way round is short, and the whole must still let others have theirs. */
static void
ten_thousand_turns_end(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {fn: echo, name: again}\n"
			    "      - {fn: echo, when: state.no}\n"
			    "      - {goto: again, max: 10000, onErr: {any: "
			    "continue}}\n"
			    "    response: echo\n"),
		"v");

	(void)state;
	world_run(w);
	assert_int_equal(w->res.status, 200);
	assert_int_equal(w->res.nsteps, FLOW_MAX_STEPS);
	world_end(w);
}

/* ---- forEach ---- */

struct each_case {
	const char *in;	     /* of state key list */
	const char *results; /* NULL: it fails */
};

static const struct each_case each_cases[] = {
	{ "[]", "[]" },
	{ "[1,2,3]", "[1,2,3]" },
	{ "[\"a\",\"b c\"]", "[\"a\",\"b c\"]" },
	{ "[\"7\",\"true\"]", "[7,true]" },
	{ "[{\"k\":[1]},null,false,1.5]", "[{\"k\":[1]},null,false,1.5]" },
	{ "[\"\"]", "[\"\"]" },
	{ "[\"\\u00e9\\n\"]", "[\"\xc3\xa9\\n\"]" },
	{ "[[1,2],[3]]", "[[1,2],[3]]" },
	{ "{\"a\":1}", NULL },
	{ "text", NULL },
	{ "", NULL },
};

static void
elements_are_fed_and_results_are_an_array(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(each_cases); i++) {
		const struct each_case *c = &each_cases[i];
		struct world *w =
		    world_new(STEPS("      - {fn: echo, as: list}\n"
				    "      - {fn: echo, as: all, forEach: "
				    "list, concurrency: 2}\n"),
			c->in);

		world_run(w);
		if (c->results) {
			is_body(w, c->results);
		} else {
			assert_int_equal(w->res.status, 500);
			assert_int_equal(w->res.error.kind, ERR_INPUT);
			assert_non_null(strstr(w->res.error.text, "'list'"));
		}
		world_end(w);
	}
}

/* Atmo 0.2 and 0.3: each call saw its element in the state, under "__elem",
 * and the request's body. */
static void
elements_are_in_the_state_and_only_there_in_the_old_form(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {fn: echo, as: list}\n"
			    "      - {forEach: {in: list, fn: elem, as: old}}\n"
			    "      - {fn: elem, forEach: list, as: new}\n"
			    "      - {fn: elem, as: none}\n"),
		"[{\"a\":1},\"b\"]");

	(void)state;
	world_run(w);
	is_state(w, "old",
	    "[\"[{\\\"a\\\":1},\\\"b\\\"]|{\\\"a\\\":1}\","
	    "\"[{\\\"a\\\":1},\\\"b\\\"]|b\"]");
	is_state(w, "new", "[\"{\\\"a\\\":1}|{\\\"a\\\":1}\",\"b|b\"]");
	is_state(w, "none", "[{\"a\":1},\"b\"]|");
	world_end(w);
}

static void
an_element_that_fails_stops_the_step(void **state)
{
	struct world *w = world_new(STEPS("      - {fn: echo, as: list}\n"
					  "      - {fn: fail, forEach: list}\n"
					  "      - {fn: echo}\n"),
	    "[\"a\",\"409 taken\",\"b\"]");

	(void)state;
	world_run(w);
	assert_int_equal(w->res.status, 409);
	is_trail(w, "list fail fail!");
	is_state(w, "fail", NULL);
	world_end(w);
}

static void
an_element_that_continues_leaves_its_error(void **state)
{
	struct world *w = world_new(
	    STEPS("      - {fn: echo, as: list}\n"
		  "      - {fn: fail, forEach: list, onErr: {code: {409: "
		  "continue}}}\n"),
	    "[\"a\",\"409 taken\",\"b\"]");

	(void)state;
	world_run(w);
	is_body(w, "[\"a\",{\"code\":409,\"message\":\"taken\"},\"b\"]");
	is_trail(w, "list fail fail! fail");
	world_end(w);
}

static void
each_element_is_tried_again_alone(void **state)
{
	struct world *w = world_clocked(
	    STEPS("      - {fn: echo, as: list}\n"
		  "      - {fn: flaky, forEach: list, retry: {times: 5, "
		  "backoff: 1h}}\n"),
	    "[\"e\",\"t\"]");

	(void)state;
	world_run(w);
	is_body(w, "[\"ok\",\"ok\"]");
	is_trail(w, "list flaky! flaky! flaky flaky");
	world_end(w);
}

static void
elements_wait_side_by_side_as_concurrency_says(void **state)
{
	struct world *w = world_clocked(
	    STEPS("      - {fn: echo, as: list}\n"
		  "      - {fn: ask, forEach: list, concurrency: 4, timeout: "
		  "1m}\n"),
	    "[1,2,3,4,5,6,7,8]");

	(void)state;
	w->delay_ns = 10 * SECOND_NS;
	world_run(w);
	assert_int_equal(w->nasked, 8);
	assert_true(world_seconds(w) > 19.9 && world_seconds(w) < 20.1);
	world_end(w);
}

static void
a_thousand_elements_are_in_order(void **state)
{
	CLEANUP(buf_free) struct buf list = BUF(1u << 20);
	struct world *w;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_addf(&list, "%c%d", i > 0 ? ',' : '[', i);
	buf_addf(&list, "]");
	w = world_new(STEPS("      - {fn: echo, as: list}\n"
			    "      - {fn: echo, forEach: list, concurrency: "
			    "64}\n"),
	    buf_cstr(&list));
	assert_int_equal(crew_new(&w->opt.crew, 3, &w->e), 0);
	world_run(w);
	is_body(w, buf_cstr(&list));
	assert_int_equal(w->res.nsteps, 1001);
	world_end(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_whose_when_does_not_hold_is_skipped),
		cmocka_unit_test(members_and_groups_are_skipped_alike),
		cmocka_unit_test(a_step_is_repeated_until_its_condition_holds),
		cmocka_unit_test(a_repeat_past_its_max_is_error_508),
		cmocka_unit_test(on_err_of_code_508_goes_on_past_max),
		cmocka_unit_test(a_group_repeats_as_a_whole),
		cmocka_unit_test(a_repeat_that_is_skipped_does_not_wait),
		cmocka_unit_test(goto_leads_back_while_its_when_holds),
		cmocka_unit_test(goto_past_its_max_is_error_508),
		cmocka_unit_test(goto_past_its_max_goes_on_as_on_err_says),
		cmocka_unit_test(ten_thousand_turns_end),
		cmocka_unit_test(elements_are_fed_and_results_are_an_array),
		cmocka_unit_test(
		    elements_are_in_the_state_and_only_there_in_the_old_form),
		cmocka_unit_test(an_element_that_fails_stops_the_step),
		cmocka_unit_test(an_element_that_continues_leaves_its_error),
		cmocka_unit_test(each_element_is_tried_again_alone),
		cmocka_unit_test(
		    elements_wait_side_by_side_as_concurrency_says),
		cmocka_unit_test(a_thousand_elements_are_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
