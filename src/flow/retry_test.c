/* SPDX-License-Identifier: Apache-2.0 */
/* Trying again, and running out of time. */
#include "flow/world.h"

struct retry_case {
	const char *retry;
	const char *body;  /* how it fails: see flaky.wat */
	const char *trail; /* it succeeds the third time */
	double seconds;	   /* that passed by the clock */
};

static const struct retry_case retry_cases[] = {
	{ "{times: 2, backoff: 10s}", "e", "flaky! flaky! flaky", 30 },
	{ "{times: 5, backoff: 10s}", "t", "flaky! flaky! flaky", 30 },
	{ "{times: 1, backoff: 10s}", "e", "flaky! flaky!", 10 },
	{ "{times: 0}", "e", "flaky!", 0 },
	{ "2", "e", "flaky! flaky! flaky", 0.3 },
	{ "{times: 2, backoff: {initial: 1m, factor: 1}}", "e",
	    "flaky! flaky! flaky", 120 },
	{ "{times: 2, backoff: {initial: 1m, factor: 10, max: 90s}}", "e",
	    "flaky! flaky! flaky", 150 },
	{ "{times: 2, backoff: 1s, on: error}", "e", "flaky! flaky! flaky", 3 },
	{ "{times: 2, backoff: 1s, on: error}", "t", "flaky!", 0 },
	{ "{times: 2, backoff: 1s, on: trap}", "t", "flaky! flaky! flaky", 3 },
	{ "{times: 2, backoff: 1s, on: trap}", "e", "flaky!", 0 },
	{ "{times: 2, backoff: 1s, on: [503]}", "e", "flaky! flaky! flaky", 3 },
	{ "{times: 2, backoff: 1s, on: [404, timeout]}", "e", "flaky!", 0 },
	{ "{times: 2, backoff: 1s, on: [404, any]}", "t", "flaky! flaky! flaky",
	    3 },
};

static void
a_failed_call_is_tried_again_as_retry_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(retry_cases); i++) {
		const struct retry_case *c = &retry_cases[i];
		CLEANUP(buf_free) struct buf text = BUF(1000);
		struct world *w;
		size_t n;

		buf_addf(
		    &text, STEPS("      - {fn: flaky, retry: %s}\n"), c->retry);
		w = world_clocked(buf_cstr(&text), c->body);
		world_run(w);
		is_trail(w, c->trail);
		n = w->res.nsteps;
		assert_int_equal(w->res.failed, n < 3);
		assert_int_equal(w->res.steps[n - 1].attempt, n - 1);
		if (n == 3)
			is_body(w, "ok");
		assert_true(world_seconds(w) > c->seconds - 0.001);
		assert_true(world_seconds(w) < c->seconds + 0.001);
		world_end(w);
	}
}

static void
on_err_counts_after_the_last_try(void **state)
{
	struct world *w =
	    world_clocked(STEPS("      - {fn: flaky, retry: 1, onErr: {any: "
				"continue}}\n"
				"      - {fn: echo}\n"
				"    response: flaky\n"),
		"e");

	(void)state;
	world_run(w);
	is_trail(w, "flaky! flaky! echo");
	is_body(w, "{\"code\":503,\"message\":\"busy\"}");
	world_end(w);
}

static void
a_trap_that_is_tried_no_more_tells_where(void **state)
{
	struct world *w =
	    world_clocked(STEPS("      - {fn: trap, retry: 2}\n"), "v");

	(void)state;
	world_run(w);
	is_trail(w, "trap! trap! trap!");
	assert_true(str_starts(w->res.trace, "inner"));
	assert_int_equal(w->res.error.kind, ERR_GUEST);
	world_end(w);
}

/* ---- timeout ---- */

static void
a_call_that_waits_too_long_is_error_504(void **state)
{
	struct world *w =
	    world_clocked(STEPS("      - {fn: ask, timeout: 2s}\n"), "v");

	(void)state;
	w->delay_ns = 3 * SECOND_NS;
	world_run(w);
	assert_int_equal(w->res.status, 504);
	assert_true(w->res.returned);
	assert_int_equal(w->res.code, 504);
	is_body(w, "{\"status\":504,\"message\":\"timed out after 2s\"}");
	assert_true(world_seconds(w) > 1.99 && world_seconds(w) < 2.01);
	assert_int_equal(w->res.steps[0].code, 504);
	world_end(w);
}

static void
a_call_in_time_is_not_touched(void **state)
{
	struct world *w =
	    world_clocked(STEPS("      - {fn: ask, timeout: 2s}\n"), "v");

	(void)state;
	w->delay_ns = SECOND_NS;
	world_run(w);
	is_body(w, "answer");
	assert_true(world_seconds(w) > 0.99 && world_seconds(w) < 1.01);
	world_end(w);
}

static void
each_try_has_the_time_of_its_own(void **state)
{
	struct world *w =
	    world_clocked(STEPS("      - {fn: ask, timeout: 1500ms, onErr: "
				"{code: {504: continue}},\n"
				"         retry: {times: 2, backoff: {initial: "
				"10s, factor: 2}, on: timeout}}\n"),
		"v");

	(void)state;
	w->delay_ns = 3 * SECOND_NS;
	world_run(w);
	is_trail(w, "ask! ask! ask!");
	is_body(w, "{\"code\":504,\"message\":\"timed out after 1s500ms\"}");
	assert_true(world_seconds(w) > 34.4 && world_seconds(w) < 34.6);
	world_end(w);
}

static void
a_guest_that_computes_is_ended_by_its_timeout(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {fn: loop, timeout: 100ms}\n"), "v");
	uint64_t start = os_now_ns();

	(void)state;
	world_run(w);
	assert_int_equal(w->res.status, 504);
	assert_true(w->res.returned);
	assert_true(os_now_ns() - start < 5 * SECOND_NS);
	world_end(w);
}

static void
a_virtual_clock_does_not_time_a_guest_that_computes(void **state)
{
	struct world *w =
	    world_clocked(STEPS("      - {fn: loop, timeout: 100ms}\n"), "v");

	(void)state;
	w->opt.limits.deadline_ms = 300;
	world_run(w);
	assert_int_equal(w->res.status, 500);
	assert_int_equal(w->res.error.kind, ERR_LIMIT);
	assert_true(world_seconds(w) < 0.001);
	world_end(w);
}

static void
a_guest_that_waits_is_ended_by_its_deadline(void **state)
{
	struct world *w = world_new(STEPS("      - {fn: ask}\n"), "v");

	(void)state;
	w->delay_ns = 3600 * SECOND_NS;
	w->opt.limits.deadline_ms = 100;
	world_run(w);
	assert_int_equal(w->res.status, 500);
	assert_int_equal(w->res.error.kind, ERR_LIMIT);
	assert_non_null(strstr(w->res.error.text, "ran longer than 100 ms"));
	world_end(w);
}

static void
the_time_of_the_run_is_real(void **state)
{
	struct world *w = world_new(
	    STEPS("      - {fn: ask, timeout: 1h, onErr: {any: continue}}\n"
		  "      - {fn: echo}\n"),
	    "v");

	(void)state;
	w->delay_ns = 3600 * SECOND_NS;
	w->opt.total_ms = 100;
	w->opt.limits.deadline_ms = 0;
	world_run(w);
	assert_int_equal(w->res.status, 500);
	assert_int_equal(w->res.error.kind, ERR_LIMIT);
	assert_false(w->res.returned);
	is_trail(w, "ask!");
	world_end(w);
}

static void
a_wait_for_the_next_try_ends_with_the_run(void **state)
{
	struct world *w = world_new(
	    STEPS("      - {fn: trap, retry: {times: 1, backoff: 1h}}\n"), "v");

	(void)state;
	w->opt.total_ms = 100;
	world_run(w);
	assert_int_equal(w->res.error.kind, ERR_LIMIT);
	assert_int_equal(w->res.status, 500);
	world_end(w);
}

/* ---- of groups ---- */

static void
a_group_out_of_time_is_error_504_of_who_is_late(void **state)
{
	struct world *w = world_clocked(
	    STEPS("      - group:\n"
		  "          - {fn: ask, onErr: {code: {504: continue}}}\n"
		  "          - {fn: echo}\n"
		  "        timeout: 1m30s\n"
		  "    response: ask\n"),
	    "v");

	(void)state;
	w->delay_ns = 3600 * SECOND_NS;
	world_run(w);
	is_trail(w, "ask! echo");
	is_state(w, "echo", "v");
	is_body(w, "{\"code\":504,\"message\":\"timed out after 1m30s\"}");
	assert_true(world_seconds(w) > 89.9 && world_seconds(w) < 90.1);
	world_end(w);
}

static void
a_group_with_a_timeout_stops_the_handler_with_504(void **state)
{
	struct world *w = world_clocked(STEPS("      - group:\n"
					      "          - {fn: ask}\n"
					      "          - {fn: echo}\n"
					      "        timeout: 1s\n"
					      "    response: ask\n"),
	    "v");

	(void)state;
	w->delay_ns = 3600 * SECOND_NS;
	world_run(w);
	assert_int_equal(w->res.status, 504);
	world_end(w);
}

static void
tries_of_a_member_end_with_its_group(void **state)
{
	struct world *w = world_clocked(
	    STEPS("      - group:\n"
		  "          - {fn: trap, retry: {times: 9, backoff: 40s}}\n"
		  "          - {fn: echo}\n"
		  "        timeout: 1m\n"
		  "    response: trap\n"),
	    "v");

	(void)state;
	world_run(w);
	assert_int_equal(w->res.status, 504);
	is_trail(w, "trap! trap! echo");
	assert_true(world_seconds(w) > 59.9 && world_seconds(w) < 60.1);
	world_end(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_call_is_tried_again_as_retry_says),
		cmocka_unit_test(on_err_counts_after_the_last_try),
		cmocka_unit_test(a_trap_that_is_tried_no_more_tells_where),
		cmocka_unit_test(a_call_that_waits_too_long_is_error_504),
		cmocka_unit_test(a_call_in_time_is_not_touched),
		cmocka_unit_test(each_try_has_the_time_of_its_own),
		cmocka_unit_test(a_guest_that_computes_is_ended_by_its_timeout),
		cmocka_unit_test(
		    a_virtual_clock_does_not_time_a_guest_that_computes),
		cmocka_unit_test(a_guest_that_waits_is_ended_by_its_deadline),
		cmocka_unit_test(the_time_of_the_run_is_real),
		cmocka_unit_test(a_wait_for_the_next_try_ends_with_the_run),
		cmocka_unit_test(
		    a_group_out_of_time_is_error_504_of_who_is_late),
		cmocka_unit_test(
		    a_group_with_a_timeout_stops_the_handler_with_504),
		cmocka_unit_test(tries_of_a_member_end_with_its_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
