/* SPDX-License-Identifier: Apache-2.0 */
/* Runs that begin at once, that are told of, that compute long, or are
 * cancelled. */
#include "flow/world.h"

#include "loop/loop.h"

struct started {
	struct world *w;
	struct loop *l;
	struct flow *f;
	bool done;
	int rc;
	struct err why;
};

static void
on_done(void *arg, int rc, const struct err *why)
{
	struct started *s = arg;

	s->done = true;
	s->rc = rc;
	if (rc < 0)
		s->why = *why;
	loop_stop(s->l);
}

static struct started *
start(const char *handlers, const char *body)
{
	struct started *s = mem_take(sizeof(*s));

	s->w = world_new(handlers, body);
	assert_int_equal(loop_new(&s->l, &s->w->e), 0);
	return s;
}

static void
go(struct started *s)
{
	struct world *w = s->w;
	const struct handler *h = &bundle_directive(w->b)->handlers[0];

	s->f = flow_start(w->app, w->h, w->r, h->steps, h->nsteps, h->response,
	    &w->opt, s->l, &w->res, on_done, s);
}

static void
finish(struct started *s)
{
	flow_end(&s->f);
	loop_free(&s->l);
	crew_free(&s->w->opt.heavy);
	world_end(s->w);
	mem_free(s);
}

/* ---- at once ---- */

static void
what_need_not_wait_is_over_at_once(void **state)
{
	struct started *s =
	    start(STEPS("      - {fn: echo}\n"
			"      - {fn: shout, with: {in: echo}}\n"),
		"hi");
	const struct err *why = &s->why;
	int rc = 1;

	(void)state;
	s->w->opt.now = true;
	go(s);
	assert_true(flow_over(s->f, &rc, &why));
	assert_int_equal(rc, 0);
	assert_null(why);
	assert_false(s->done);
	is_body(s->w, "HI");
	finish(s);
}

static void
one_that_waits_is_not(void **state)
{
	struct started *s = start(STEPS("      - {fn: ask}\n"), "hi");
	const struct err *why;
	int rc;

	(void)state;
	s->w->opt.now = true;
	s->w->delay_ns = 5000000;
	go(s);
	assert_false(flow_over(s->f, &rc, &why));
	assert_int_equal(loop_run(s->l, &s->w->e), 0);
	assert_true(s->done);
	assert_int_equal(s->rc, 0);
	is_body(s->w, "answer");
	finish(s);
}

static void
a_run_that_cannot_begin_is_over_too(void **state)
{
	struct started *s = start(STEPS("      - {fn: nobody}\n"), "");
	const struct err *why = NULL;
	int rc = 0;

	(void)state;
	s->w->opt.now = true;
	go(s);
	assert_true(flow_over(s->f, &rc, &why));
	assert_int_equal(rc, -1);
	assert_int_equal(why->kind, ERR_MISSING);
	finish(s);
}

static void
steps_that_last_are_looked_up_once(void **state)
{
	struct started *s = start(STEPS("      - {fn: echo}\n"), "hi");
	const struct err *why;
	int rc;

	(void)state;
	s->w->opt.now = s->w->opt.lasting = true;
	for (int i = 0; i < 3; i++) {
		flow_result_dispose(&s->w->res);
		go(s);
		assert_true(flow_over(s->f, &rc, &why));
		assert_int_equal(rc, 0);
		is_body(s->w, "hi");
		flow_end(&s->f);
	}
	finish(s);
}

/* ---- first ---- */

static void
it_can_begin_at_a_later_step(void **state)
{
	struct world *w =
	    world_new(STEPS("      - {fn: fail}\n      - {fn: trap}\n"
			    "      - {fn: echo, as: c}\n"),
		"later");

	(void)state;
	w->opt.first = 2;
	world_run(w);
	is_body(w, "later");
	is_trail(w, "c");
	assert_int_equal(w->res.steps[0].index, 2);
	world_end(w);
}

/* ---- hooks ---- */

static void
on_begin(void *arg, const struct flow_step *s, struct str input)
{
	buf_addf(arg, "[%u " STR_F "/" STR_F " %zu.%zu d%u t%u <" STR_F "> ",
	    s->id, STR_A(s->fn), STR_A(s->key), s->index, s->call, s->depth,
	    s->attempt, STR_A(input));
	assert_true(s->start_ns > 0);
}

static void
on_end(void *arg, const struct flow_step *s, struct str output,
    const struct err *why, struct str trace)
{
	buf_addf(arg, "%u%s%s%s%s>" STR_F "] ", s->id, s->skipped ? "-" : "",
	    s->failed ? "!" : "", why ? "w" : "", trace.n > 0 ? "t" : "",
	    STR_A(output));
}

static void
is_told(const char *handlers, const char *want)
{
	CLEANUP(buf_free) struct buf told = BUF(100000);
	const struct flow_hooks hooks = { &told, on_begin, on_end };
	struct world *w = world_clocked(handlers, "in");

	w->opt.hooks = &hooks;
	world_run(w);
	assert_string_equal(buf_cstr(&told), want);
	world_end(w);
}

#define CALLING \
	STEPS("      - {call: POST /o}\n") \
	"  - type: request\n    resource: /o\n    method: POST\n" \
	"    steps:\n      - {fn: echo}\n"

static void
hooks_are_told_each_try_with_what_went_in_and_came_out(void **state)
{
	(void)state;
	is_told(STEPS("      - {fn: echo, as: a}\n"
		      "      - {fn: echo, when: state.a == \"no\"}\n"
		      "      - {fn: put, input: a}\n"),
	    "[1 echo/a 0.0 d0 t0 <in> 1>in] 0->] "
	    "[2 put/put 2.0 d0 t0 <in> 2>] ");
	is_told(STEPS("      - {fn: trap, retry: {times: 1, backoff: 1h}}\n"),
	    "[1 trap/trap 0.0 d0 t0 <in> 1!wt>] "
	    "[2 trap/trap 0.0 d0 t1 <in> 2!wt>] ");
	is_told(CALLING,
	    "[1 POST /o/POST /o 0.0 d0 t0 <in> "
	    "[2 echo/echo 0.0 d1 t0 <in> 2>in] 1>in] ");
}

static void
group_members_say_which_they_are(void **state)
{
	(void)state;
	is_told(STEPS("      - group:\n          - {fn: echo, as: a}\n"
		      "          - {fn: echo, as: b}\n    response: b\n"),
	    "[1 echo/a 0.0 d0 t0 <in> 1>in] [2 echo/b 0.1 d0 t0 <in> 2>in] ");
}

/* ---- heavy ---- */

static void
an_endless_loop_leaves_its_loop_and_is_cut(void **state)
{
	struct started *s = start(STEPS("      - {fn: loop}\n"), "");
	const struct err *why;
	int rc;

	(void)state;
	assert_int_equal(crew_new(&s->w->opt.heavy, 1, &s->w->e), 0);
	s->w->opt.now = true;
	s->w->opt.limits.deadline_ms = 200;
	go(s);
	/* Had it stayed, this would be after its end. */
	assert_false(flow_over(s->f, &rc, &why));
	assert_false(s->done);
	assert_int_equal(loop_run(s->l, &s->w->e), 0);
	assert_true(s->done);
	assert_true(s->w->res.failed);
	assert_true(s->w->res.timed_out);
	finish(s);
}

static void
others_of_its_loop_go_on_meanwhile(void **state)
{
	struct started *s = start(STEPS("      - {fn: loop}\n"), "");
	struct request *r =
	    request_new(STR("GET"), STR("/"), STR("2"), STR("me"));
	struct call c = { .fn = STR("echo"), .key = STR("echo") };
	struct step step = { .calls = &c, .ncalls = 1 };
	struct flow_options opt = { .limits = ENGINE_LIMITS, .now = true };
	struct flow_result res;
	const struct err *why;
	struct flow *f;
	int rc;

	(void)state;
	assert_int_equal(crew_new(&s->w->opt.heavy, 1, &s->w->e), 0);
	s->w->opt.now = true;
	s->w->opt.limits.deadline_ms = 60000;
	go(s);
	f = flow_start(s->w->app, s->w->h, r, &step, 1, c.key, &opt, s->l, &res,
	    on_done, s);
	assert_true(flow_over(f, &rc, &why));
	assert_string_equal(buf_cstr(&res.body), "me");
	flow_end(&f);
	flow_result_dispose(&res);
	request_free(&r);
	finish(s);
}

/* ---- cancelled ---- */

static void
one_that_runs_elsewhere_tells_when_it_came_back(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct started *s = start(STEPS("      - {fn: loop}\n"), "");

		assert_int_equal(crew_new(&s->w->opt.heavy, 2, &s->w->e), 0);
		s->w->opt.now = true;
		/* Some end by themselves at about the same time. */
		s->w->opt.limits.deadline_ms = i % 2 ? 4 : 60000;
		go(s);
		if (!flow_cancel(s->f)) {
			assert_int_equal(loop_run(s->l, &s->w->e), 0);
			assert_true(s->done);
			assert_int_equal(s->rc, -1);
		}
		finish(s);
	}
}

static void
one_that_only_waits_is_cancelled_at_once(void **state)
{
	struct started *s = start(STEPS("      - {fn: ask}\n"), "");

	(void)state;
	s->w->opt.now = true;
	s->w->delay_ns = 3600 * SECOND_NS;
	go(s);
	assert_true(flow_cancel(s->f));
	finish(s);
}

/* ---- who asks ---- */

struct asked {
	char id[40];
	unsigned step;
	void *tag;
};

static void
on_log(void *arg, const struct host_call *c, int level, struct str text)
{
	struct asked *a = arg;

	(void)level;
	(void)text;
	(void)snprintf(
	    a->id, sizeof(a->id), STR_F, STR_A(request_id(c->request)));
	a->step = c->step;
	a->tag = request_tag(c->request);
}

static void
a_log_line_says_whose_it_is(void **state)
{
	struct world *w = world_new(
	    STEPS("      - {fn: echo}\n      - {fn: typed}\n"), "text");
	struct asked a = { .step = 0 };
	struct host_options ho = { .directive = bundle_directive(w->b),
		.hooks = { .arg = &a, .log = on_log } };

	(void)state;
	host_free(&w->h);
	assert_int_equal(host_new(&w->h, &ho, &w->e), 0);
	request_set_tag(w->r, w);
	world_run(w);
	assert_string_equal(a.id, "id");
	assert_int_equal(a.step, 2);
	assert_ptr_equal(a.tag, w);
	world_end(w);
}

static void
all_functions_are_loaded_side_by_side(void **state)
{
	struct world *w = world_new(STEPS("      - {fn: echo}\n"), "x");

	(void)state;
	assert_int_equal(app_load_all(w->app, 4, &w->e), 0);
	world_run(w);
	is_body(w, "x");
	world_end(w);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_need_not_wait_is_over_at_once),
		cmocka_unit_test(one_that_waits_is_not),
		cmocka_unit_test(a_run_that_cannot_begin_is_over_too),
		cmocka_unit_test(steps_that_last_are_looked_up_once),
		cmocka_unit_test(it_can_begin_at_a_later_step),
		cmocka_unit_test(
		    hooks_are_told_each_try_with_what_went_in_and_came_out),
		cmocka_unit_test(group_members_say_which_they_are),
		cmocka_unit_test(an_endless_loop_leaves_its_loop_and_is_cut),
		cmocka_unit_test(others_of_its_loop_go_on_meanwhile),
		cmocka_unit_test(
		    one_that_runs_elsewhere_tells_when_it_came_back),
		cmocka_unit_test(one_that_only_waits_is_cancelled_at_once),
		cmocka_unit_test(a_log_line_says_whose_it_is),
		cmocka_unit_test(all_functions_are_loaded_side_by_side),
	};

	(void)argc;
	(void)argv;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
