/* SPDX-License-Identifier: Apache-2.0 */
/* input, and call: the steps of another handler or a schedule. */
#include "flow/world.h"

#define OTHER(path, steps) \
	"  - type: request\n    resource: " path "\n    method: POST\n" \
	"    steps:\n" steps

/* ---- input ---- */

static void
input_feeds_a_state_key(void **state)
{
	struct world *w = world_new(STEPS("      - {fn: echo}\n"
					  "      - {fn: shout, with: {in: "
					  "echo}}\n"
					  "      - {fn: echo, as: x, input: "
					  "shout}\n"
					  "      - {fn: echo, as: y}\n"
					  "    response: x\n"),
	    "hello");

	(void)state;
	world_run(w);
	is_body(w, "HELLO");
	is_state(w, "y", "hello");
	world_end(w);
}

static void
input_that_no_step_has_set_is_an_error(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {fn: tick, when: state.no}\n"
			    "      - {fn: echo, input: tick, retry: 3}\n"),
		"hello");

	(void)state;
	world_run(w);
	assert_int_equal(w->res.status, 500);
	assert_int_equal(w->res.error.kind, ERR_INPUT);
	assert_non_null(strstr(w->res.error.text, "'tick'"));
	assert_null(strstr(buf_cstr(&w->res.body), "tick"));
	is_trail(w, "tick- echo!");
	world_end(w);
}

/* ---- call ---- */

static void
call_runs_the_steps_of_another_handler(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {fn: echo, as: mine}\n"
			    "      - {call: POST /other, as: theirs, with: "
			    "{in: mine}}\n"
			    "      - {fn: echo, as: last, input: theirs}\n")
			  OTHER("/other",
			      "      - {fn: tick}\n"
			      "      - {fn: shout}\n"
			      "      - {fn: tick, as: t}\n"
			      "    response: shout\n"),
		"hello");

	(void)state;
	world_run(w);
	is_body(w, "HELLO");
	is_trail(w, "mine tick shout t theirs last");
	assert_int_equal(w->res.steps[0].depth, 0);
	assert_int_equal(w->res.steps[1].depth, 1);
	assert_int_equal(w->res.steps[4].depth, 0);
	assert_true(str_is(w->res.steps[4].fn, "POST /other"));
	/* Its state is its own. */
	is_state(w, "tick", NULL);
	is_state(w, "n", NULL);
	is_state(w, "in", NULL);
	world_end(w);
}

static void
a_called_handler_sees_only_what_with_gives(void **state)
{
	struct world *w = world_new(
	    STEPS("      - {fn: put}\n"
		  "      - {call: POST /other, as: x}\n"
		  "      - {call: POST /other, as: y, with: {note: "
		  "note}}\n"
		  "    response: x\n") OTHER("/other", "      - {fn: note}\n"),
	    "hello");

	(void)state;
	world_run(w);
	is_body(w, "");
	is_state(w, "y", "hello");
	world_end(w);
}

static void
a_called_handler_has_the_request_and_its_input(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {fn: param, as: p}\n"
			    "      - {call: POST /other, as: x, input: p}\n")
			  OTHER("/other", "      - {fn: param}\n"),
		"id");

	(void)state;
	request_add_param(w->r, STR("id"), STR("which"));
	request_add_param(w->r, STR("which"), STR("value"));
	world_run(w);
	is_body(w, "value");
	world_end(w);
}

static void
an_error_of_a_called_handler_is_the_steps_own(void **state)
{
	struct world *w = world_new(
	    STEPS("      - {call: POST /other, as: x, onErr: {code: {409: "
		  "continue}}}\n"
		  "      - {call: POST /other, as: y}\n") OTHER("/other",
		"      - {fn: fail}\n"
		"      - {fn: echo}\n"),
	    "409 taken");

	(void)state;
	world_run(w);
	is_state(w, "x", "{\"code\":409,\"message\":\"taken\"}");
	assert_int_equal(w->res.status, 409);
	assert_int_equal(w->res.code, 409);
	assert_true(w->res.returned);
	assert_true(str_is(w->res.failed_fn, "fail"));
	is_trail(w, "fail! x! fail! y!");
	world_end(w);
}

static void
a_trap_in_a_called_handler_tells_where(void **state)
{
	struct world *w = world_new(
	    STEPS("      - {call: POST /other, as: x, onErr: {any: "
		  "continue}}\n") OTHER("/other", "      - {fn: trap}\n"),
	    "v");

	(void)state;
	world_run(w);
	assert_int_equal(w->res.status, 500);
	assert_true(str_is(w->res.failed_fn, "trap"));
	assert_true(str_starts(w->res.trace, "inner"));
	world_end(w);
}

static void
response_headers_of_a_called_handler_are_merged(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {call: POST /other}\n")
			  OTHER("/other", "      - {fn: typed}\n"),
		"v");

	(void)state;
	world_run(w);
	assert_true(str_is(w->res.content_type, "text/plain"));
	assert_int_equal(request_nheaders(w->r), 2);
	world_end(w);
}

static void
response_headers_of_one_that_failed_are_not(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {call: POST /other, onErr: {any: "
			    "continue}}\n"
			    "      - {fn: echo}\n") OTHER("/other",
			  "      - {fn: typed}\n"
			  "      - {fn: fail}\n"),
		"409 taken");

	(void)state;
	world_run(w);
	assert_int_equal(w->res.status, 200);
	assert_true(str_is(w->res.content_type, "application/octet-stream"));
	world_end(w);
}

static void
a_schedule_is_called_by_its_name(void **state)
{
	struct world *w = world_new(
	    STEPS("      - {call: nightly, as: x}\n") "schedules:\n  - name: "
						      "nightly\n    every: "
						      "{hours: 1}\n"
						      "    state: {in: from "
						      "the schedule}\n"
						      "    steps:\n      - "
						      "{fn: shout}\n",
	    "v");

	(void)state;
	world_run(w);
	is_body(w, "FROM THE SCHEDULE");
	world_end(w);
}

static void
what_call_names_is_found_before_anything_runs(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {fn: put}\n"
			    "      - {call: POST /other}\n") OTHER("/other",
			  "      - {fn: echo}\n"
			  "      - {call: POST /nowhere}\n"),
		"v");

	(void)state;
	assert_int_equal(world_try(w), -1);
	assert_int_equal(w->e.kind, ERR_MISSING);
	assert_non_null(strstr(w->e.text, "'POST /nowhere'"));
	is_state(w, "note", NULL);
	world_end(w);
}

static void
handlers_that_call_themselves_end(void **state)
{
	struct world *w = world_new(STEPS("      - {fn: echo}\n"
					  "      - {call: GET /x, as: x}\n"),
	    "v");

	(void)state;
	world_run(w);
	assert_int_equal(w->res.status, 500);
	assert_int_equal(w->res.error.kind, ERR_LIMIT);
	assert_non_null(strstr(w->res.error.text, "more than 16 deep"));
	world_end(w);
}

static void
a_handler_that_calls_itself_on_a_condition_is_fine(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {fn: tick}\n"
			    "      - {call: GET /x, as: x, when: state.n != "
			    "\"xxx\", with: {n: n}}\n"
			    "      - {fn: note, when: state.no}\n"
			    "    response: tick\n"),
		"v");

	(void)state;
	world_run(w);
	is_body(w, "x");
	is_state(w, "x", "xx");
	world_end(w);
}

static void
the_time_of_a_call_is_that_of_all_it_runs(void **state)
{
	struct world *w = world_clocked(
	    STEPS("      - {call: POST /other, as: x, timeout: 90s, onErr: "
		  "{code: {504: continue}}, retry: {times: 1, on: timeout, "
		  "backoff: 1s}}\n") OTHER("/other",
		"      - {fn: ask, onErr: {any: continue}}\n"
		"      - {fn: ask, as: b, onErr: {any: "
		"continue}}\n"),
	    "v");

	(void)state;
	w->delay_ns = 60 * SECOND_NS;
	world_run(w);
	is_trail(w, "ask b! x! ask b! x!");
	is_body(w, "{\"code\":504,\"message\":\"timed out after 1m30s\"}");
	assert_true(world_seconds(w) > 180.9 && world_seconds(w) < 181.1);
	world_end(w);
}

static void
calls_run_side_by_side_in_groups_and_for_each(void **state)
{
	struct world *w = world_clocked(
	    STEPS("      - {fn: echo, as: list}\n"
		  "      - group:\n"
		  "          - {call: POST /other, as: all, forEach: list, "
		  "concurrency: 3}\n"
		  "          - {call: POST /other, as: one}\n"
		  "    response: all\n") OTHER("/other",
		"      - {fn: ask}\n"
		"      - {fn: echo}\n"),
	    "[1,2,3]");

	(void)state;
	w->delay_ns = 60 * SECOND_NS;
	world_run(w);
	is_body(w, "[1,2,3]");
	is_state(w, "one", "[1,2,3]");
	assert_true(world_seconds(w) > 59.9 && world_seconds(w) < 60.1);
	assert_int_equal(w->res.nsteps, 1 + 3 * 4);
	world_end(w);
}

/* ---- commands ---- */

static void
a_command_has_the_request_as_its_environment(void **state)
{
	struct world *w = world_new(STEPS("      - {fn: echo}\n"
					  "      - {fn: cgi}\n"),
	    "hello");
	struct str out;
	size_t at;

	(void)state;
	world_run(w);
	assert_int_equal(w->res.status, 200);
	out = buf_str(&w->res.body);
	assert_true(str_find(out, STR("REQUEST_METHOD=GET"), &at));
	assert_true(str_find(out, STR("CONTENT_LENGTH=5"), &at));
	assert_true(str_find(out, STR("STATE_ECHO=hello"), &at));
	world_end(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(input_feeds_a_state_key),
		cmocka_unit_test(input_that_no_step_has_set_is_an_error),
		cmocka_unit_test(call_runs_the_steps_of_another_handler),
		cmocka_unit_test(a_called_handler_sees_only_what_with_gives),
		cmocka_unit_test(
		    a_called_handler_has_the_request_and_its_input),
		cmocka_unit_test(an_error_of_a_called_handler_is_the_steps_own),
		cmocka_unit_test(a_trap_in_a_called_handler_tells_where),
		cmocka_unit_test(
		    response_headers_of_a_called_handler_are_merged),
		cmocka_unit_test(response_headers_of_one_that_failed_are_not),
		cmocka_unit_test(a_schedule_is_called_by_its_name),
		cmocka_unit_test(what_call_names_is_found_before_anything_runs),
		cmocka_unit_test(handlers_that_call_themselves_end),
		cmocka_unit_test(
		    a_handler_that_calls_itself_on_a_condition_is_fine),
		cmocka_unit_test(the_time_of_a_call_is_that_of_all_it_runs),
		cmocka_unit_test(calls_run_side_by_side_in_groups_and_for_each),
		cmocka_unit_test(a_command_has_the_request_as_its_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
