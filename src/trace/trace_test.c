/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "os/os.h"
#include "trace/trace.h"

struct world {
	struct trace *t;
	struct loop *l;
	struct arena *a;
};

static struct world *
make(const struct trace_options *opt)
{
	struct world *w = mem_take(sizeof(*w));
	struct err e = ERR;

	w->a = arena_new();
	assert_int_equal(trace_new(&w->t, opt, &e), 0);
	assert_int_equal(loop_new(&w->l, &e), 0);
	return w;
}

static void
end(struct world *w)
{
	loop_free(&w->l);
	trace_free(&w->t);
	arena_free(&w->a);
	mem_free(w);
}

static void
record(struct world *w, const char *id, int status, struct str body)
{
	struct pair_text header = { STR("Cookie"), STR("secret") };
	struct trace_begin b = { .id = str_of(id),
		.name = STR("GET /x"),
		.method = STR("GET"),
		.url = STR("/x?a=1"),
		.body = body,
		.headers = &header,
		.nheaders = 1 };
	struct trace_run *r = trace_begin(w->t, w->l, &b);
	struct trace_step s = { .id = 1,
		.fn = STR("f"),
		.key = STR("k"),
		.start_ns = os_now_ns(),
		.input = body };
	struct trace_step_end se = {
		.id = 1, .end_ns = os_now_ns(), .output = STR("out"), .fuel = 7
	};
	struct trace_end e = { .status = status, .body = STR("answer") };

	trace_step_begin(r, &s);
	trace_log(r, 1, 2, STR("a line"));
	trace_step_end(r, &se);
	trace_end(&r, &e);
	assert_null(r);
}

static size_t
count(struct world *w, const struct trace_filter *f)
{
	return trace_list(w->t, w->a, f)->nitems;
}

static void
a_run_is_kept_with_all_that_was_told(void **state)
{
	struct world *w = make(&(struct trace_options){ 0 });
	struct tree *t, *step;

	(void)state;
	record(w, "one", 200, STR("hello"));
	t = trace_show(w->t, w->a, 0, STR("one"));
	assert_non_null(t);
	assert_int_equal(tree_get(t, "number")->num, 1);
	assert_int_equal(tree_get(t, "status")->num, 200);
	assert_true(str_is(tree_text(tree_get(t, "request"), "body"), "hello"));
	assert_true(str_is(
	    tree_text(tree_get(tree_get(t, "request"), "headers"), "Cookie"),
	    "[hidden]"));
	step = tree_get(t, "steps")->items[0];
	assert_true(str_is(tree_text(step, "output"), "out"));
	assert_int_equal(tree_get(step, "fuel")->num, 7);
	assert_true(str_is(
	    tree_text(tree_get(step, "logs")->items[0], "text"), "a line"));
	assert_true(
	    str_is(tree_text(tree_get(t, "response"), "body"), "answer"));
	assert_null(trace_show(w->t, w->a, 2, STR("")));
	end(w);
}

static void
what_is_long_is_cut_and_marked(void **state)
{
	struct world *w = make(&(struct trace_options){ .text_bytes = 4 });
	struct tree *body;

	(void)state;
	record(w, "cut", 200, STR("12345678"));
	body = tree_get(
	    tree_get(trace_show(w->t, w->a, 1, STR("")), "request"), "body");
	assert_true(str_is(tree_text(body, "text"), "1234"));
	assert_int_equal(tree_get(body, "cut")->num, 1);
	assert_int_equal(tree_get(body, "bytes")->num, 8);
	end(w);
}

static void
what_is_no_text_is_base64(void **state)
{
	struct world *w = make(&(struct trace_options){ 0 });
	struct tree *body;

	(void)state;
	record(w, "bin", 200, (struct str){ "\xff\x00", 2 });
	body = tree_get(
	    tree_get(trace_show(w->t, w->a, 1, STR("")), "request"), "body");
	assert_true(str_is(tree_text(body, "base64"), "/wA="));
	end(w);
}

static void
a_run_over_its_limit_loses_records_not_itself(void **state)
{
	struct world *w = make(&(struct trace_options){ .run_bytes = 1000 });
	struct trace_begin b = { .id = STR("big") };
	struct trace_run *r = trace_begin(w->t, w->l, &b);
	struct trace_end e = { .status = 200 };
	struct tree *t;

	(void)state;
	for (int i = 0; i < 100; i++)
		trace_log(r, 1, 3, STR("some text that fills it up"));
	trace_end(&r, &e);
	t = trace_show(w->t, w->a, 1, STR(""));
	assert_non_null(t);
	assert_true(tree_get(t, "lost")->num > 0);
	assert_int_equal(tree_get(t, "status")->num, 200);
	end(w);
}

static void
the_oldest_go(void **state)
{
	struct world *w = make(&(struct trace_options){ .runs = 3 });
	struct trace_filter all = { 0 }, some = { .after = 4 },
			    last = { .most = 1 }, bad = { .min_status = 500 };
	char id[8];

	(void)state;
	for (int i = 1; i <= 5; i++) {
		(void)snprintf(id, sizeof(id), "r%d", i);
		record(w, id, i == 4 ? 500 : 200, STR(""));
	}
	assert_int_equal(trace_newest(w->t), 5);
	assert_int_equal(count(w, &all), 3);
	assert_int_equal(count(w, &some), 1);
	assert_int_equal(count(w, &last), 1);
	assert_int_equal(count(w, &bad), 1);
	assert_int_equal(
	    count(w, &(struct trace_filter){ .id = STR("r3") }), 1);
	assert_int_equal(
	    count(w, &(struct trace_filter){ .path = STR("/x?a") }), 3);
	assert_int_equal(
	    count(w, &(struct trace_filter){ .path = STR("nope") }), 0);
	assert_null(trace_show(w->t, w->a, 1, STR("")));
	end(w);
}

static void
nothing_is_recorded_without_a_trace(void **state)
{
	struct trace_begin b = { 0 };
	struct trace_run *r = trace_begin(NULL, NULL, &b);

	(void)state;
	assert_null(r);
	trace_step_begin(r, &(struct trace_step){ 0 });
	trace_log(r, 0, 1, STR("x"));
	trace_end(&r, &(struct trace_end){ 0 });
}

/* ---- waiting ---- */

static void
on_wait(void *arg)
{
	(*(int *)arg)++;
}

static void
who_waits_is_told_once(void **state)
{
	struct world *w = make(&(struct trace_options){ 0 });
	struct trace_wait *x, *late, *gone;
	struct err e = ERR;
	int told = 0, timed = 0, never = 0;

	(void)state;
	x = trace_wait(w->t, w->l, 0, 60000, on_wait, &told);
	late = trace_wait(w->t, w->l, 99, 10, on_wait, &timed);
	gone = trace_wait(w->t, w->l, 0, 60000, on_wait, &never);
	record(w, "a", 200, STR(""));
	/* Ended while its message is under way. */
	trace_wait_end(&gone);
	assert_int_equal(loop_run(w->l, &e), 0);
	assert_int_equal(told, 1);
	assert_int_equal(timed, 1);
	assert_int_equal(never, 0);
	trace_wait_end(&x);
	trace_wait_end(&late);
	end(w);
}

/* ---- many threads ---- */

#define THREADS 4
#define EACH 300

struct worker {
	struct world *w;
	pthread_t thread;
};

static void *
work(void *arg)
{
	struct worker *k = arg;
	struct world own = *k->w;
	struct err e = ERR;

	assert_int_equal(loop_new(&own.l, &e), 0);
	for (int i = 0; i < EACH; i++)
		record(&own, "t", 200, STR("body"));
	loop_free(&own.l);
	return NULL;
}

static void
loops_record_at_the_same_time(void **state)
{
	struct world *w =
	    make(&(struct trace_options){ .runs = THREADS * EACH });
	struct worker k[THREADS];
	struct trace_filter f = { 0 };
	struct tree *list;

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		k[i].w = w;
		pthread_create(&k[i].thread, NULL, work, &k[i]);
	}
	for (int i = 0; i < 20; i++)
		(void)trace_list(w->t, w->a, &f);
	for (int i = 0; i < THREADS; i++)
		pthread_join(k[i].thread, NULL);
	list = trace_list(w->t, w->a, &f);
	assert_int_equal(list->nitems, THREADS * EACH);
	for (size_t i = 0; i < list->nitems; i++)
		assert_int_equal(
		    tree_get(list->items[i], "number")->num, i + 1);
	end(w);
}

/* ---- traceparent ---- */

static void
a_traceparent_is_kept_or_made(void **state)
{
	static const struct {
		const char *text;
		bool kept, sampled;
	} cases[] = {
		{ "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		    true, true },
		{ "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
		    true, false },
		{ "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
		    true, true },
		{ "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
		    false, true },
		{ "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		    false, true },
		{ "00-00000000000000000000000000000000-b7ad6b7169203331-01",
		    false, true },
		{ "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
		    false, true },
		{ "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		    false, true },
		{ "00-0af7651916cd43dd8448eb211c8031-b7ad6b7169203331-01",
		    false, true },
		{ "", false, true },
		{ "nonsense", false, true },
	};
	char text[56];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trace_context c;

		trace_context_take(&c, str_of(cases[i].text));
		assert_int_equal(c.has_parent, cases[i].kept);
		assert_int_equal(c.sampled, cases[i].sampled);
		trace_context_text(&c, text);
		assert_int_equal(strlen(text), 55);
		if (cases[i].kept)
			assert_memory_equal(text + 3, cases[i].text + 3, 32);
		/* Its span is its own. */
		if (cases[i].kept)
			assert_memory_not_equal(
			    text + 36, cases[i].text + 36, 16);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_is_kept_with_all_that_was_told),
		cmocka_unit_test(what_is_long_is_cut_and_marked),
		cmocka_unit_test(what_is_no_text_is_base64),
		cmocka_unit_test(a_run_over_its_limit_loses_records_not_itself),
		cmocka_unit_test(the_oldest_go),
		cmocka_unit_test(nothing_is_recorded_without_a_trace),
		cmocka_unit_test(who_waits_is_told_once),
		cmocka_unit_test(loops_record_at_the_same_time),
		cmocka_unit_test(a_traceparent_is_kept_or_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
