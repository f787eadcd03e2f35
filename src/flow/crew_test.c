/* SPDX-License-Identifier: Apache-2.0 */
/* Many runs on one loop, members on others, and ends before the end. */
#include <signal.h>
#include <sys/wait.h>

#include "flow/world.h"

#define GROUP_OF_ASKS \
	STEPS("      - group:\n" \
	      "          - {fn: ask, as: a}\n" \
	      "          - {fn: ask, as: b}\n" \
	      "          - {fn: ask, as: c}\n" \
	      "          - {fn: echo, as: d}\n" \
	      "    response: d\n")

/* ---- members ---- */

static void
members_of_a_group_run_on_the_crew(void **state)
{
	struct world *w = world_new(GROUP_OF_ASKS, "v");

	(void)state;
	assert_int_equal(crew_new(&w->opt.crew, 4, &w->e), 0);
	world_run(w);
	is_trail(w, "a b c d");
	is_body(w, "v");
	is_state(w, "b", "answer");
	assert_int_equal(w->nasked, 3);
	assert_int_equal(w->nelsewhere, 3);
	world_end(w);
}

static void
a_lone_step_stays_on_the_loop_of_its_run(void **state)
{
	struct world *w = world_new(STEPS("      - {fn: ask}\n"), "v");

	(void)state;
	assert_int_equal(crew_new(&w->opt.crew, 4, &w->e), 0);
	world_run(w);
	assert_int_equal(w->nasked, 1);
	assert_int_equal(w->nelsewhere, 0);
	world_end(w);
}

static void
steps_of_a_called_member_run_on_the_crew_too(void **state)
{
	struct world *w = world_new(
	    STEPS("      - group:\n"
		  "          - {call: POST /o, as: a}\n"
		  "          - {call: POST /o, as: b}\n"
		  "    response: b\n") "  - type: request\n    resource: /o\n  "
				       "  method: POST\n"
				       "    steps:\n      - {fn: ask}\n      - "
				       "{fn: ask, as: x}\n",
	    "v");

	(void)state;
	assert_int_equal(crew_new(&w->opt.crew, 4, &w->e), 0);
	world_run(w);
	is_trail(w, "ask x a ask x b");
	assert_int_equal(w->nelsewhere, 4);
	world_end(w);
}

static void
time_stands_while_a_member_of_the_crew_computes(void **state)
{
	struct world *w =
	    world_clocked(STEPS("      - group:\n"
				"          - {fn: burn, as: a, input: rounds}\n"
				"          - {fn: ask, as: b, timeout: 2h}\n"
				"        timeout: 3h\n"
				"    response: b\n"),
		"v");

	(void)state;
	request_set_state(w->r, STR("rounds"), STR("20000000"));
	w->delay_ns = 3600 * SECOND_NS;
	assert_int_equal(crew_new(&w->opt.crew, 3, &w->e), 0);
	world_run(w);
	is_body(w, "answer");
	assert_true(world_seconds(w) > 3599.9 && world_seconds(w) < 3600.1);
	world_end(w);
}

/* Those that run at once are as many as flow_instances, so that who sizes the
 * pool can know. */
static void
members_stand_in_line_for_instances(void **state)
{
	struct engine_options opt = { .pooling = true,
		.instances = flow_instances() + 1 };
	CLEANUP(buf_free) struct buf text = BUF(1u << 16);
	struct world *w;

	(void)state;
	buf_addf(&text, STEPS("      - group:\n"));
	for (int i = 0; i < 200; i++)
		buf_addf(&text, "          - {fn: echo, as: k%d}\n", i);
	buf_addf(&text, "    response: k199\n");
	w = world_make(buf_cstr(&text), "v", &opt);
	assert_int_equal(crew_new(&w->opt.crew, 4, &w->e), 0);
	for (int i = 0; i < 5; i++) {
		world_run(w);
		is_body(w, "v");
		assert_int_equal(w->res.nsteps, 200);
	}
	world_end(w);
}

static void
those_that_wait_leave_their_place_in_line(void **state)
{
	CLEANUP(buf_free) struct buf text = BUF(1u << 16);
	struct world *w;

	(void)state;
	buf_addf(&text, STEPS("      - group:\n"));
	for (int i = 0; i < 200; i++)
		buf_addf(&text, "          - {fn: ask, as: k%d}\n", i);
	buf_addf(&text, "    response: k199\n");
	for (int crew = 0; crew < 2; crew++) {
		w = world_clocked(buf_cstr(&text), "v");
		w->delay_ns = 60 * SECOND_NS;
		if (crew)
			assert_int_equal(crew_new(&w->opt.crew, 4, &w->e), 0);
		world_run(w);
		is_body(w, "answer");
		assert_true(world_seconds(w) < 60.1);
		world_end(w);
	}
}

/* ---- many runs ---- */

struct run {
	struct world *w;
	struct loop *loop;
	const char *body;
	struct request *r;
	struct flow *flow;
	struct flow_result res;
	bool done;
	int rc;
	char why[400];
	/* Ended before its end. */
	unsigned rounds;
	pthread_mutex_t *lock;
	pthread_cond_t *changed;
	size_t *nended;
};

static void
on_done(void *arg, int rc, const struct err *why)
{
	struct run *x = arg;

	(void)snprintf(
	    x->why, sizeof(x->why), "%.300s", why ? why->text : "no error");
	x->done = true;
	x->rc = rc;
}

static void
start(struct run *x)
{
	const struct handler *h = &bundle_directive(x->w->b)->handlers[0];

	x->r = request_new(
	    STR("GET"), STR("/x"), STR("id"), str_of(x->body ? x->body : "v"));
	x->flow = flow_start(x->w->app, x->w->h, x->r, h->steps, h->nsteps,
	    h->response, &x->w->opt, x->loop, &x->res, on_done, x);
	assert_false(x->done);
}

static void
end(struct run *x)
{
	flow_end(&x->flow);
	flow_result_dispose(&x->res);
	request_free(&x->r);
}

static void
a_hundred_runs_wait_at_once_on_one_loop(void **state)
{
	struct world *w = world_clocked(
	    STEPS("      - {fn: ask}\n      - {fn: ask, as: b}\n"), "v");
	CLEANUP(loop_free) struct loop *l = NULL;
	struct run *runs = mem_take(100 * sizeof(*runs));

	(void)state;
	w->delay_ns = 30 * SECOND_NS;
	assert_int_equal(loop_new(&l, &w->e), 0);
	for (size_t i = 0; i < 100; i++) {
		runs[i].w = w;
		runs[i].loop = l;
		start(&runs[i]);
	}
	assert_int_equal(loop_run(l, &w->e), 0);
	for (size_t i = 0; i < 100; i++) {
		assert_true(runs[i].done);
		assert_int_equal(runs[i].rc, 0);
		assert_string_equal(buf_cstr(&runs[i].res.body), "answer");
		end(&runs[i]);
	}
	assert_true(world_seconds(w) > 59.9 && world_seconds(w) < 60.1);
	mem_free(runs);
	world_end(w);
}

static void
a_run_that_computes_lets_others_have_their_turn(void **state)
{
	struct world *loops = world_new(STEPS("      - {fn: loop}\n"), "v");
	struct world *echoes = world_new(STEPS("      - {fn: echo}\n"), "v");
	CLEANUP(loop_free) struct loop *l = NULL;
	struct run a = { .w = loops }, b = { .w = echoes };

	(void)state;
	loops->opt.limits.deadline_ms = 1000;
	assert_int_equal(loop_new(&l, &loops->e), 0);
	a.loop = b.loop = l;
	start(&a);
	start(&b);
	assert_int_equal(loop_run(l, &loops->e), 0);
	assert_true(a.done && b.done);
	assert_true(a.res.failed);
	assert_false(b.res.failed);
	assert_true(b.res.wall_ns < a.res.wall_ns);
	end(&a);
	end(&b);
	world_end(loops);
	world_end(echoes);
}

static void
done_is_told_of_what_cannot_begin(void **state)
{
	struct world *w = world_new(STEPS("      - {fn: nobody}\n"), "v");
	CLEANUP(loop_free) struct loop *l = NULL;
	struct run x = { .w = w };

	(void)state;
	assert_int_equal(loop_new(&l, &w->e), 0);
	x.loop = l;
	start(&x);
	assert_int_equal(loop_run(l, &w->e), 0);
	assert_true(x.done);
	assert_int_equal(x.rc, -1);
	end(&x);
	world_end(w);
}

/* ---- ends before the end ---- */

static void
count_down(void *arg)
{
	struct run *x = arg;

	if (x->rounds-- > 0) {
		loop_post(x->loop, count_down, x);
		return;
	}
	end(x);
	loop_stop(x->loop);
}

/* None of these comes to an end by itself. */
static const char *const endless[] = {
	STEPS("      - {fn: ask}\n"),
	STEPS("      - {fn: loop}\n"),
	STEPS("      - {fn: trap, retry: {times: 100, backoff: 1h}}\n"),
	STEPS("      - {fn: tick, repeat: {until: state.no, max: 9, every: "
	      "1h}}\n"),
	STEPS("      - {fn: tick, repeat: {until: state.no, max: 10000}}\n"
	      "      - {fn: ask}\n"),
	STEPS("      - {fn: echo, name: a}\n"
	      "      - {goto: a, max: 9, every: 1h}\n      - {fn: echo}\n"),
	STEPS("      - group:\n"
	      "          - {fn: ask, as: a}\n"
	      "          - {fn: loop, as: b}\n"
	      "          - {fn: echo, as: c}\n"
	      "          - {fn: trap, as: d, retry: {times: 9, backoff: 1h}}\n"
	      "          - {fn: ask, as: e, timeout: 1h}\n"
	      "    response: c\n"),
	STEPS("      - {fn: echo, as: list}\n"
	      "      - {call: POST /o, forEach: list, concurrency: 3, timeout: "
	      "1h}\n") "  - type: request\n    resource: /o\n    method: POST\n"
		       "    steps:\n      - {fn: echo}\n      - {fn: ask}\n",
};

static void
end_after(const char *handlers, unsigned rounds, bool crew)
{
	struct world *w = world_new(handlers, "v");
	CLEANUP(loop_free) struct loop *l = NULL;
	struct run x = { .w = w, .rounds = rounds, .body = "[1,2,3,4,5]" };

	w->delay_ns = 3600 * SECOND_NS;
	if (crew)
		assert_int_equal(crew_new(&w->opt.crew, 2, &w->e), 0);
	w->opt.limits.deadline_ms = 0;
	assert_int_equal(loop_new(&l, &w->e), 0);
	x.loop = l;
	start(&x);
	loop_post(l, count_down, &x);
	assert_int_equal(loop_run(l, &w->e), 0);
	if (x.done)
		fail_msg("after %u rounds, crew %d: %s\n%s", rounds, crew,
		    x.why, handlers);
	world_end(w);
}

static void
a_run_can_be_ended_at_any_stage(void **state)
{
	static const unsigned rounds[] = { 0, 1, 2, 3, 5, 9, 40 };

	(void)state;
	for (size_t i = 0; i < COUNT(endless); i++)
		for (size_t k = 0; k < COUNT(rounds); k++)
			for (int crew = 0; crew < 2; crew++)
				end_after(endless[i], rounds[k], crew == 1);
}

/* ---- runs on the loops of the crew ---- */

static void
end_there(void *arg)
{
	struct run *x = arg;

	if (x->rounds-- > 0) {
		loop_post(x->loop, end_there, x);
		return;
	}
	flow_end(&x->flow);
	pthread_mutex_lock(x->lock);
	++*x->nended;
	pthread_cond_broadcast(x->changed);
	pthread_mutex_unlock(x->lock);
}

static void
start_there(void *arg)
{
	struct run *x = arg;

	start(x);
	loop_post(x->loop, end_there, x);
}

/* Each loop then waits for members on the others, which do the same. */
static void
runs_that_end_each_waiting_for_the_others_loop_do_end(void **state)
{
	enum { N = 40 };
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
	struct world *w = world_new(GROUP_OF_ASKS, "v");
	struct run runs[N] = { 0 };
	size_t nended = 0;

	(void)state;
	w->delay_ns = 3600 * SECOND_NS;
	assert_int_equal(crew_new(&w->opt.crew, 4, &w->e), 0);
	for (size_t i = 0; i < N; i++) {
		runs[i] = (struct run){ .w = w,
			.loop = crew_next(w->opt.crew),
			.rounds = (unsigned)(i % 7),
			.lock = &lock,
			.changed = &changed,
			.nended = &nended };
		loop_post(runs[i].loop, start_there, &runs[i]);
	}
	pthread_mutex_lock(&lock);
	while (nended < N)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	for (size_t i = 0; i < N; i++) {
		assert_false(runs[i].done);
		end(&runs[i]);
	}
	world_end(w);
}

/* ---- bounds and interruption ---- */

static void
a_million_turns_are_too_many(void **state)
{
	struct world *w = world_new(
	    STEPS("      - {call: POST /o, as: x, repeat: {until: state.no, "
		  "max: 10000}}\n") "  - type: request\n    resource: /o\n    "
				    "method: POST\n"
				    "    steps:\n      - {fn: echo, name: a, "
				    "when: state.no}\n"
				    "      - {goto: a, max: 10000, onErr: "
				    "{any: continue}}\n",
	    "v");

	(void)state;
	world_run(w);
	assert_int_equal(w->res.status, 500);
	assert_int_equal(w->res.error.kind, ERR_LIMIT);
	assert_non_null(strstr(w->res.error.text, "1000000 calls"));
	world_end(w);
}

static int
interrupted_child(void)
{
	struct world *w = world_new(STEPS("      - {fn: loop}\n"), "v");
	bool ok;

	w->opt.limits.deadline_ms = 60000;
	os_catch_signals();
	ok = world_try(w) < 0 && w->e.kind == ERR_SIGNAL && w->e.sig == SIGINT;
	world_end(w);
	return ok ? 0 : 1;
}

static void
an_interruption_ends_a_run_that_computes(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(interrupted_child());
	assert_true(pid > 0);
	usleep(500000);
	kill(pid, SIGINT);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) || WTERMSIG(status) == SIGINT);
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interruption_ends_a_run_that_computes),
		cmocka_unit_test(members_of_a_group_run_on_the_crew),
		cmocka_unit_test(a_lone_step_stays_on_the_loop_of_its_run),
		cmocka_unit_test(steps_of_a_called_member_run_on_the_crew_too),
		cmocka_unit_test(
		    time_stands_while_a_member_of_the_crew_computes),
		cmocka_unit_test(members_stand_in_line_for_instances),
		cmocka_unit_test(those_that_wait_leave_their_place_in_line),
		cmocka_unit_test(a_hundred_runs_wait_at_once_on_one_loop),
		cmocka_unit_test(
		    a_run_that_computes_lets_others_have_their_turn),
		cmocka_unit_test(done_is_told_of_what_cannot_begin),
		cmocka_unit_test(a_run_can_be_ended_at_any_stage),
		cmocka_unit_test(
		    runs_that_end_each_waiting_for_the_others_loop_do_end),
		cmocka_unit_test(a_million_turns_are_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
