/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/world.h"

/* ---- state and answers ---- */

/* Upstream 3.3, [trap]: a step's output goes to the state, and is not fed to
 * the next. */
static void
trap_3_3_each_step_gets_the_body_and_the_last_answers(void **state)
{
	struct world *w = world_new(HANDLER("    steps:\n"
					    "      - fn: echo\n"
					    "      - fn: shout\n"
					    "        with: {in: echo}\n"),
	    "hello");

	(void)state;
	world_run(w);
	assert_false(w->res.failed);
	assert_int_equal(w->res.status, 200);
	is_body(w, "HELLO");
	is_state(w, "echo", "hello");
	is_state(w, "shout", "HELLO");
	assert_int_equal(w->res.nsteps, 2);
	assert_true(str_is(w->res.content_type, "application/octet-stream"));
	world_end(w);
}

static void
response_chooses_the_key(void **state)
{
	struct world *w = world_new(HANDLER("    steps:\n"
					    "      - fn: echo\n"
					    "        as: first\n"
					    "      - fn: fail\n"
					    "    response: first\n"),
	    "text");

	(void)state;
	world_run(w);
	is_body(w, "text");
	is_state(w, "echo", NULL);
	world_end(w);
}

static void
a_function_that_returns_nothing_answers_with_nothing(void **state)
{
	struct world *w =
	    world_new(HANDLER("    steps:\n      - fn: put\n"), "v");

	(void)state;
	world_run(w);
	assert_int_equal(w->res.status, 200);
	is_body(w, "");
	is_state(w, "put", "");
	is_state(w, "note", "v");
	world_end(w);
}

static void
a_header_set_by_a_function_is_the_content_type(void **state)
{
	struct world *w = world_new(
	    HANDLER("    steps:\n      - fn: typed\n      - fn: echo\n"), "v");

	(void)state;
	world_run(w);
	assert_true(str_is(w->res.content_type, "text/plain"));
	world_end(w);
}

/* ---- with ---- */

static void
with_hides_the_name_of_the_source(void **state)
{
	struct world *w = world_new(HANDLER("    steps:\n"
					    "      - fn: put\n"
					    "      - fn: note\n"
					    "        as: seen\n"
					    "        with: {other: put}\n"
					    "      - fn: note\n"
					    "        as: hidden\n"
					    "        with: {in: note}\n"),
	    "v");

	(void)state;
	world_run(w);
	is_state(w, "seen", "v");
	is_state(w, "hidden", "");
	is_state(w, "note", "v");
	world_end(w);
}

static void
what_a_step_with_with_sets_stays_its_own(void **state)
{
	struct world *w = world_new(HANDLER("    steps:\n"
					    "      - fn: echo\n"
					    "      - fn: put\n"
					    "        with: {in: echo}\n"
					    "      - fn: note\n"),
	    "v");

	(void)state;
	world_run(w);
	is_state(w, "put", "");
	is_body(w, "");
	world_end(w);
}

static void
a_missing_source_of_with_is_an_error(void **state)
{
	struct world *w = world_new(HANDLER("    steps:\n"
					    "      - fn: shout\n"
					    "        with: {in: nowhere}\n"),
	    "v");

	(void)state;
	world_run(w);
	assert_true(w->res.failed);
	assert_int_equal(w->res.status, 500);
	assert_non_null(strstr(w->res.error.text, "'nowhere'"));
	assert_null(strstr(buf_cstr(&w->res.body), "nowhere"));
	world_end(w);
}

/* ---- groups ---- */

/* Upstream 3.4, [bug]: it was checked and then ignored. */
static void
bug_3_4_members_of_a_group_each_have_their_own_with(void **state)
{
	struct world *w = world_new(HANDLER("    steps:\n"
					    "      - fn: echo\n"
					    "        as: a\n"
					    "      - fn: param\n"
					    "        as: b\n"
					    "      - group:\n"
					    "          - fn: shout\n"
					    "            as: x\n"
					    "            with: {in: a}\n"
					    "          - fn: shout\n"
					    "            as: y\n"
					    "            with: {in: b}\n"
					    "          - fn: echo\n"
					    "    response: y\n"),
	    "key");

	(void)state;
	request_add_param(w->r, STR("key"), STR("value"));
	world_run(w);
	assert_false(w->res.failed);
	is_state(w, "x", "KEY");
	is_state(w, "y", "VALUE");
	is_body(w, "VALUE");
	assert_int_equal(w->res.nsteps, 5);
	assert_int_equal(w->res.steps[2].index, 2);
	assert_int_equal(w->res.steps[4].index, 2);
	assert_true(str_is(w->res.steps[3].key, "y"));
	world_end(w);
}

static void
a_large_group_runs_each_member_once(void **state)
{
	CLEANUP(buf_free) struct buf text = BUF(1u << 16);
	struct world *w;

	(void)state;
	buf_addf(&text, HANDLER("    steps:\n      - group:\n"));
	for (int i = 0; i < 60; i++)
		buf_addf(&text, "          - {fn: echo, as: k%d}\n", i);
	buf_addf(&text, "    response: k59\n");
	w = world_new(buf_cstr(&text), "v");
	world_run(w);
	assert_int_equal(w->res.nsteps, 60);
	for (size_t i = 0; i < 60; i++) {
		char key[32];

		snprintf(key, sizeof(key), "k%zu", i);
		is_state(w, key, "v");
		assert_true(str_is(w->res.steps[i].key, key));
	}
	world_end(w);
}

static void
a_trap_in_a_group_fails_the_handler(void **state)
{
	struct world *w =
	    world_new(HANDLER("    steps:\n"
			      "      - group:\n"
			      "          - fn: echo\n"
			      "          - fn: trap\n"
			      "            onErr: {any: continue}\n"
			      "      - fn: note\n"
			      "    response: note\n"),
		"v");

	(void)state;
	world_run(w);
	assert_true(w->res.failed);
	assert_false(w->res.returned);
	assert_int_equal(w->res.status, 500);
	assert_int_equal(w->res.error.kind, ERR_GUEST);
	is_state(w, "echo", "v");
	assert_int_equal(w->res.nsteps, 2);
	world_end(w);
}

static void
a_group_ends_at_its_time(void **state)
{
	struct world *w = world_new(HANDLER("    steps:\n"
					    "      - group:\n"
					    "          - fn: echo\n"
					    "          - fn: loop\n"
					    "    response: echo\n"),
	    "v");

	(void)state;
	w->opt.group_ms = 50;
	w->opt.limits.deadline_ms = 0;
	world_run(w);
	assert_true(w->res.failed);
	assert_int_equal(w->res.error.kind, ERR_LIMIT);
	assert_int_equal(w->res.status, 500);
	world_end(w);
}

/* ---- errors ---- */

struct error_case {
	const char *on_err; /* of step fail */
	const char *body;   /* what it returns */
	int status;	    /* 200: the sequence went on */
	const char *answer;
};

static const struct error_case error_cases[] = {
	{ "", "409 taken", 409, "{\"status\":409,\"message\":\"taken\"}" },
	{ "", "1000 odd", 500, "{\"status\":500,\"message\":\"odd\"}" },
	{ "", "199 low", 500, "{\"status\":500,\"message\":\"low\"}" },
	{ "", "599 top", 599, "{\"status\":599,\"message\":\"top\"}" },
	{ "{any: continue}", "409 taken", 200, "done" },
	{ "{any: return}", "409 taken", 409, NULL },
	{ "{code: {409: continue}}", "409 taken", 200, "done" },
	{ "{code: {409: continue}}", "410 gone", 410, NULL },
	{ "{code: {409: continue}, other: return}", "410 gone", 410, NULL },
	{ "{code: {409: return}, other: continue}", "410 gone", 200, "done" },
	{ "{code: {409: return}, other: continue}", "409 taken", 409, NULL },
};

static void
check_error_case(const struct error_case *c, bool group)
{
	CLEANUP(buf_free) struct buf text = BUF(1u << 16);
	struct world *w;

	buf_addf(&text, HANDLER("    steps:\n"));
	if (group)
		buf_addf(&text,
		    "      - group:\n"
		    "          - {fn: put}\n"
		    "          - {fn: fail");
	else
		buf_addf(&text, "      - {fn: fail");
	if (c->on_err[0])
		buf_addf(&text, ", onErr: %s", c->on_err);
	buf_addf(&text, "}\n      - {fn: shout, with: {in: fail}, as: last}\n");
	w = world_new(buf_cstr(&text), c->body);
	world_run(w);
	assert_int_equal(w->res.status, c->status);
	assert_int_equal(w->res.failed, c->status != 200);
	assert_int_equal(w->res.returned, c->status != 200);
	if (c->status == 200) {
		CLEANUP(buf_free) struct buf json = BUF(200);
		struct str v;

		buf_addf(&json, "{\"code\":%.3s,\"message\":\"%s\"}", c->body,
		    c->body + 4);
		is_state(w, "fail", buf_cstr(&json));
		assert_true(request_state(w->r, STR("last"), &v));
	} else {
		assert_true(str_is(w->res.content_type, "application/json"));
		is_state(w, "last", NULL);
		if (c->answer)
			is_body(w, c->answer);
	}
	world_end(w);
}

/* Upstream 3.4, [bug]: after `continue` the key held nothing, and not the
 * error.
 */
static void
bug_3_4_continue_stores_the_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(error_cases); i++)
		check_error_case(&error_cases[i], false);
}

/* Upstream 3.4, [bug]: an error in a group always stopped. */
static void
bug_3_4_on_err_counts_for_members_of_a_group_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(error_cases); i++)
		check_error_case(&error_cases[i], true);
}

/* Upstream 5.1 */
static void
a_returned_error_goes_before_a_trap(void **state)
{
	struct world *w = world_new(STEPS("      - {fn: both, onErr: {code: "
					  "{418: continue}}, as: a}\n"
					  "      - {fn: both}\n"),
	    "v");

	(void)state;
	world_run(w);
	is_state(w, "a", "{\"code\":418,\"message\":\"teapot\"}");
	assert_int_equal(w->res.status, 418);
	assert_true(w->res.returned);
	world_end(w);
}

/* Response headers are for the client only when all went well; what the state
 * was given stays. */
static void
state_set_before_an_error_stays(void **state)
{
	struct world *w = world_new(
	    STEPS(
		"      - {fn: typed}\n      - {fn: put}\n      - {fn: fail}\n"),
	    "404 none");

	(void)state;
	world_run(w);
	assert_int_equal(w->res.status, 404);
	assert_true(str_is(w->res.content_type, "application/json"));
	is_state(w, "note", "404 none");
	world_end(w);
}

static void
a_trap_tells_where_but_not_the_client(void **state)
{
	struct world *w =
	    world_new(HANDLER("    steps:\n      - fn: trap\n"), "v");

	(void)state;
	world_run(w);
	assert_true(w->res.failed);
	assert_int_equal(w->res.status, 500);
	assert_int_equal(w->res.error.kind, ERR_GUEST);
	assert_non_null(strstr(w->res.error.text, "function 'trap' trapped"));
	assert_non_null(strstr(w->res.error.text, "inner"));
	assert_true(str_starts(w->res.trace, "inner"));
	assert_true(str_ends(w->res.trace, "run_e"));
	is_body(w, "{\"status\":500,\"message\":\"a function failed\"}");
	world_end(w);
}

static void
a_function_that_loops_for_ever_is_stopped(void **state)
{
	struct world *w = world_new(
	    HANDLER("    steps:\n      - fn: echo\n      - fn: loop\n"), "v");

	(void)state;
	w->opt.total_ms = 1000;
	world_run(w);
	assert_int_equal(w->res.error.kind, ERR_LIMIT);
	assert_int_equal(w->res.nsteps, 2);
	assert_true(w->res.steps[1].failed);
	assert_true(str_is(w->res.failed_fn, "loop"));
	world_end(w);
}

/* ---- functions ---- */

static void
an_unknown_function_is_missing_before_any_runs(void **state)
{
	struct world *w = world_new(
	    HANDLER("    steps:\n      - fn: put\n      - fn: ecko\n"), "v");

	(void)state;
	assert_int_equal(world_try(w), -1);
	assert_int_equal(w->e.kind, ERR_MISSING);
	assert_non_null(strstr(w->e.hint, "echo"));
	is_state(w, "note", NULL);
	world_end(w);
}

static void
a_function_is_found_by_any_of_its_names(void **state)
{
	static const char *const names[] = { "echo", "default::echo",
		"com.example.app#default::echo@v0.1.0" };
	struct world *w = world_new("", "v");

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		flow_result_dispose(&w->res);
		assert_int_equal(flow_call(w->app, w->h, w->r, str_of(names[i]),
				     &w->opt, &w->res, &w->e),
		    0);
		is_body(w, "v");
	}
	assert_int_equal(app_load(w->app, STR(""), &w->e), 0);
	assert_int_equal(app_load(w->app, STR("nobody"), &w->e), -1);
	world_end(w);
}

static void
a_module_outside_of_any_bundle_runs(void **state)
{
	CLEANUP(buf_free) struct buf wasm = BUF(1u << 20);
	CLEANUP(engine_free) struct engine *en = NULL;
	CLEANUP(app_free) struct app *app = NULL;
	CLEANUP(request_free)
	struct request *r =
	    request_new(STR("POST"), STR("/"), STR("id"), STR("hi"));
	CLEANUP(flow_result_dispose) struct flow_result res = { 0 };
	struct host_options hopt = { 0 };
	CLEANUP(host_free) struct host *h = NULL;
	struct flow_options opt = { .limits = ENGINE_LIMITS };
	struct engine_options eopt = { .fuel = true };
	struct err e = ERR;

	(void)state;
	assert_int_equal(host_new(&h, &hopt, &e), 0);
	assert_int_equal(engine_new(&en, &eopt, &e), 0);
	assert_int_equal(app_new(&app, en, NULL, &e), 0);
	assert_int_equal(os_read(&wasm, "testdata/flow/echo.wasm", &e), 0);
	app_add(app, STR("e.wasm"), buf_str(&wasm));
	app_add(app, STR("bad.wasm"), STR("not a module"));
	assert_int_equal(
	    flow_call(app, h, r, STR("e.wasm"), &opt, &res, &e), 0);
	assert_string_equal(buf_cstr(&res.body), "hi");
	assert_true(res.fuel > 0);
	flow_result_dispose(&res);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		    flow_call(app, h, r, STR("bad.wasm"), &opt, &res, &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
		flow_result_dispose(&res);
	}
}

static void
static_files_come_from_the_bundle(void **state)
{
	struct world *w = world_new(
	    HANDLER("    steps:\n      - fn: file\n"), "static/a.txt");

	(void)state;
	world_run(w);
	is_body(w, "AAA");
	world_end(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    trap_3_3_each_step_gets_the_body_and_the_last_answers),
		cmocka_unit_test(response_chooses_the_key),
		cmocka_unit_test(
		    a_function_that_returns_nothing_answers_with_nothing),
		cmocka_unit_test(
		    a_header_set_by_a_function_is_the_content_type),
		cmocka_unit_test(with_hides_the_name_of_the_source),
		cmocka_unit_test(what_a_step_with_with_sets_stays_its_own),
		cmocka_unit_test(a_missing_source_of_with_is_an_error),
		cmocka_unit_test(
		    bug_3_4_members_of_a_group_each_have_their_own_with),
		cmocka_unit_test(a_large_group_runs_each_member_once),
		cmocka_unit_test(a_trap_in_a_group_fails_the_handler),
		cmocka_unit_test(a_group_ends_at_its_time),
		cmocka_unit_test(bug_3_4_continue_stores_the_error),
		cmocka_unit_test(
		    bug_3_4_on_err_counts_for_members_of_a_group_too),
		cmocka_unit_test(a_returned_error_goes_before_a_trap),
		cmocka_unit_test(state_set_before_an_error_stays),
		cmocka_unit_test(a_trap_tells_where_but_not_the_client),
		cmocka_unit_test(a_function_that_loops_for_ever_is_stopped),
		cmocka_unit_test(
		    an_unknown_function_is_missing_before_any_runs),
		cmocka_unit_test(a_function_is_found_by_any_of_its_names),
		cmocka_unit_test(a_module_outside_of_any_bundle_runs),
		cmocka_unit_test(static_files_come_from_the_bundle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
