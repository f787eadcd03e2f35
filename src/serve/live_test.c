/* SPDX-License-Identifier: Apache-2.0 */
/* Limits, clients that leave, swaps under load, schedules, and the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/fixture.h"

#define HANDLER(resource, rest) \
	"  - {type: request, method: POST, resource: \"" resource "\", " rest \
	"}\n"

static const char limited[] =
    MAY_FETCH "handlers:\n" HANDLER("/echo", "steps: [{fn: echo}]") HANDLER(
	"/loop", "steps: [{fn: loop}]") HANDLER("/get", "steps: [{fn: get}]")
	HANDLER("/one", "steps: [{fn: get}], limits: {requests: 1}") HANDLER(
	    "/small", "steps: [{fn: echo}], limits: {bodyBytes: 4}")
	    HANDLER("/short", "steps: [{fn: echo}], limits: {outputBytes: 4}")
		HANDLER("/quick",
		    "steps: [{fn: loop}], limits: {functionTime: 30ms}")
		    HANDLER("/typed", "steps: [{fn: typed}]")
			HANDLER("/put", "steps: [{fn: put}, {fn: note}]");

static void
test_what_takes_too_long_is_504(void **state)
{
	struct stage st = { .opt.limits.function_ms = 100 };
	REPLY;

	(void)state;
	stage_begin(&st, 2);
	stage_put(&st, limited);
	fetch(&r, st.port, "POST", "/loop", "", STR("x"));
	assert_int_equal(r.status, 504);
	assert_str(r.body,
	    "{\"status\":504,\"message\":\"a function took too long\"}");
	assert_int_equal(
	    fetch(&r, st.port, "POST", "/quick", "", STR("x")), 504);
	assert_int_equal(
	    fetch(&r, st.port, "POST", "/echo", "", STR("x")), 200);
	AWAIT(stage_logged(&st, "ran longer than 30 ms"));
	stage_end(&st);
}

static void
test_a_request_has_a_time_as_a_whole(void **state)
{
	struct stage st = { .opt.limits.request_ms = 100 };
	struct mute m;
	REPLY;

	(void)state;
	stage_begin(&st, 1);
	stage_put(&st, limited);
	mute_open(&m);
	fetch(&r, st.port, "POST", "/get", "", str_of(m.url));
	assert_int_equal(r.status, 504);
	(void)close(m.fd);
	stage_end(&st);
}

static void
test_one_request_too_many_is_503_soon(void **state)
{
	struct stage st = { .opt.limits.requests = 2 };
	struct mute m;
	int a, b;
	REPLY;

	(void)state;
	stage_begin(&st, 1);
	stage_put(&st, limited);
	mute_open(&m);
	a = begin_fetch(st.port, "POST", "/get", "", str_of(m.url));
	b = begin_fetch(st.port, "POST", "/get", "", str_of(m.url));
	AWAIT(get(&r, st.port, "/metrics") == 200 &&
	    body_holds(&r, "\nsubo_requests_in_flight 2\n"));
	fetch(&r, st.port, "POST", "/echo", "", STR("x"));
	assert_int_equal(r.status, 503);
	assert_str(field(&r, "retry-after"), "1");
	assert_int_equal(get(&r, st.port, "/health"), 200);
	mute_say(mute_take(&m), STR("one"));
	mute_say(mute_take(&m), STR("two"));
	reply_read(&r, a);
	assert_int_equal(r.status, 200);
	reply_read(&r, b);
	assert_int_equal(r.status, 200);
	assert_int_equal(
	    fetch(&r, st.port, "POST", "/echo", "", STR("x")), 200);
	(void)close(a);
	(void)close(b);
	(void)close(m.fd);
	stage_end(&st);
}

static void
test_a_handler_has_limits_of_its_own(void **state)
{
	static const char chunked[] =
	    "POST /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n";
	struct stage st = { .opt.http.body_bytes = 32u << 20 };
	CLEANUP(buf_free) struct buf large = BUF(32u << 20);
	struct mute m;
	int fd;
	REPLY;

	(void)state;
	stage_begin(&st, 1);
	stage_put(&st, limited);
	mute_open(&m);
	assert_int_equal(
	    fetch(&r, st.port, "POST", "/small", "", STR("abcd")), 200);
	assert_int_equal(
	    fetch(&r, st.port, "POST", "/small", "", STR("abcde")), 413);
	/* Where there is no limit, that of others does not raise it. */
	while (large.n <= 16u << 20)
		buf_add(&large, STR("0123456789abcdef"));
	assert_int_equal(
	    fetch(&r, st.port, "POST", "/echo", "", buf_str(&large)), 413);
	fd = dial(st.port);
	say(fd, str_of(chunked));
	reply_read(&r, fd);
	assert_int_equal(r.status, 413);
	(void)close(fd);
	assert_int_equal(
	    fetch(&r, st.port, "POST", "/short", "", STR("abcd")), 200);
	fetch(&r, st.port, "POST", "/short", "", STR("abcde"));
	assert_int_equal(r.status, 500);
	assert_true(body_holds(&r, "a function passed a limit"));
	fd = begin_fetch(st.port, "POST", "/one", "", str_of(m.url));
	AWAIT(get(&r, st.port, "/metrics") == 200 &&
	    body_holds(&r, "\nsubo_requests_in_flight 1\n"));
	assert_int_equal(
	    fetch(&r, st.port, "POST", "/one", "", str_of(m.url)), 503);
	assert_int_equal(
	    fetch(&r, st.port, "POST", "/echo", "", STR("x")), 200);
	(void)close(fd);
	(void)close(m.fd);
	stage_end(&st);
}

static void
test_a_full_engine_is_an_overload(void **state)
{
	struct stage st = { .instances = 1 };
	struct mute m;
	int fd;
	REPLY;

	(void)state;
	stage_begin(&st, 1);
	stage_put(&st, limited);
	mute_open(&m);
	fd = begin_fetch(st.port, "POST", "/get", "", str_of(m.url));
	AWAIT(get(&r, st.port, "/metrics") == 200 &&
	    body_holds(&r, "\nsubo_requests_in_flight 1\n"));
	fetch(&r, st.port, "POST", "/echo", "", STR("x"));
	assert_int_equal(r.status, 503);
	assert_str(field(&r, "retry-after"), "1");
	(void)close(fd);
	(void)close(m.fd);
	stage_end(&st);
}

static void
test_logs_over_the_limit_are_counted_and_not_kept(void **state)
{
	struct stage st = { .opt = { .limits.log_bytes = 1000,
				.log = SERVE_LOG_JSON } };
	REPLY;

	(void)state;
	st.opt.lines = stage_lines;
	stage_begin(&st, 1);
	stage_put(&st, limited);
	for (int i = 0; i < 40; i++)
		fetch(&r, st.port, "POST", "/typed", "", STR("\"quoted\"\n"));
	get(&r, st.port, "/metrics");
	assert_false(body_holds(&r, "\nsubo_log_lines_dropped_total 0\n"));
	AWAIT(stage_logged(&st, "\"level\":\"warn\""));
	assert_true(stage_logged(
	    &st, "\"function\":\"typed\",\"message\":\"\\\"quoted\\\"\\n\"}"));
	assert_true(stage_logged(&st, "\"type\":\"request\""));
	stage_end(&st);
}

static void
test_a_client_that_leaves_ends_its_call(void **state)
{
	struct stage st = { .opt.log = SERVE_LOG_PLAIN };
	CLEANUP(buf_free) struct buf none = BUF(100);
	struct mute m;
	int fd, asked;
	REPLY;

	(void)state;
	stage_begin(&st, 2);
	stage_put(&st, limited);
	mute_open(&m);
	fd = begin_fetch(st.port, "POST", "/get", "", str_of(m.url));
	asked = mute_take(&m);
	(void)close(fd);
	/* The call's own connection closes, though its answer never came. */
	AWAIT(
	    !hear(asked, &none, 10) && recv(asked, &fd, 1, MSG_DONTWAIT) == 0);
	AWAIT(get(&r, st.port, "/metrics") == 200 &&
	    body_holds(&r, "\nsubo_requests_in_flight 0\n") &&
	    body_holds(&r, "\nsubo_clients_gone_total 1\n"));
	AWAIT(stage_logged(&st, "\"POST /get\" 499 "));
	(void)close(asked);
	(void)close(m.fd);
	stage_end(&st);
}

/* ---- swaps ---- */

struct hammer {
	struct stage *st;
	pthread_t thread;
	unsigned good, bad;
	atomic_bool stop;
};

static void *
hammer(void *arg)
{
	struct hammer *h = arg;
	REPLY;

	while (!atomic_load(&h->stop)) {
		fetch(&r, h->st->port, "POST", "/put", "", STR("word"));
		if (r.status == 200 && str_is(r.body, "word"))
			h->good++;
		else
			h->bad++;
	}
	return NULL;
}

static void
test_swaps_under_load_fail_no_request(void **state)
{
	struct stage st = { .port = 0 };
	struct hammer h[4] = { { .st = &st }, { .st = &st }, { .st = &st },
		{ .st = &st } };
	unsigned good = 0;
	REPLY;

	(void)state;
	stage_begin(&st, 2);
	stage_put(&st, limited);
	for (size_t i = 0; i < COUNT(h); i++)
		assert_int_equal(
		    pthread_create(&h[i].thread, NULL, hammer, &h[i]), 0);
	for (int i = 0; i < 50; i++)
		stage_put(&st, limited);
	for (size_t i = 0; i < COUNT(h); i++)
		atomic_store(&h[i].stop, true);
	for (size_t i = 0; i < COUNT(h); i++) {
		pthread_join(h[i].thread, NULL);
		assert_int_equal(h[i].bad, 0);
		good += h[i].good;
	}
	assert_true(good > 50);
	get(&r, st.port, "/metrics");
	assert_true(body_holds(&r, "\nsubo_swaps_total 51\n"));
	stage_end(&st);
}

static void
test_what_waits_ends_on_the_old_app_and_the_next_begins_on_the_new(void **state)
{
	struct stage st = { .port = 0 };
	struct mute m;
	int fd, asked;
	REPLY;

	(void)state;
	stage_begin(&st, 1);
	stage_put(&st, limited);
	mute_open(&m);
	fd = begin_fetch(st.port, "POST", "/get", "", str_of(m.url));
	asked = mute_take(&m);
	stage_put(&st, "handlers:\n" HANDLER("/new", "steps: [{fn: echo}]"));
	assert_int_equal(fetch(&r, st.port, "POST", "/new", "", STR("x")), 200);
	assert_int_equal(
	    fetch(&r, st.port, "POST", "/echo", "", STR("x")), 404);
	mute_say(asked, STR("late"));
	reply_read(&r, fd);
	assert_int_equal(r.status, 200);
	assert_str(r.body, "late");
	(void)close(fd);
	(void)close(m.fd);
	stage_end(&st);
}

static void
test_a_bundle_that_does_not_compile_is_refused(void **state)
{
	struct stage st = { .port = 0 };
	struct digest digest;
	struct bundle *b;
	struct parts p;
	REPLY;

	(void)state;
	stage_begin(&st, 1);
	stage_put(&st, limited);
	parts_begin(&p, "com.example.app");
	buf_addf(&p.yaml,
	    "  - {name: bad, namespace: default}\nhandlers:\n" HANDLER(
		"/echo", "steps: [{fn: bad}]"));
	parts_add(&p, "Directive.yaml", buf_str(&p.yaml));
	parts_add(&p, "bad.wasm", STR("\0asm\1\0\0\0\xff"));
	b = parts_pack(&p, &digest);
	assert_int_equal(serve_put(st.s, &b, &digest, true, &st.e), -1);
	assert_int_equal(st.e.kind, ERR_INPUT);
	assert_null(b);
	assert_int_equal(
	    fetch(&r, st.port, "POST", "/echo", "", STR("x")), 200);
	stage_end(&st);
}

/* ---- schedules: upstream.md 3.5 ---- */

#define HOURLY \
	"schedules:\n  - name: hourly\n    every: {hours: 1}\n" \
	"    state: {in: tick}\n    steps: [{fn: shout}, {fn: typed}]\n"

static bool
has_fired(struct stage *st, int times)
{
	char want[60];
	REPLY;

	(void)snprintf(
	    want, sizeof(want), "\nsubo_schedule_runs_total %d\n", times);
	get(&r, st->port, "/metrics");
	return body_holds(&r, want);
}

static void
test_a_schedule_runs_once_at_the_start_and_not_again_for_a_swap(void **state)
{
	struct stage st = { .opt = {
				.schedules = true, .log = SERVE_LOG_PLAIN } };

	(void)state;
	stage_begin(&st, 2);
	stage_put(&st, HOURLY);
	AWAIT(has_fired(&st, 1));
	AWAIT(stage_logged(&st, " typed: saw "));
	stage_put(&st, HOURLY);
	stage_put(&st, HOURLY "headless: false\n");
	assert_true(has_fired(&st, 1));
	stage_put(&st,
	    "schedules:\n  - name: hourly\n    every: {hours: 2}\n"
	    "    steps: [{fn: trap}]\n");
	AWAIT(has_fired(&st, 2));
	AWAIT(stage_logged(&st, "hourly: function 'trap' trapped"));
	stage_put(&st, HOURLY "headless: true\n");
	assert_true(has_fired(&st, 2));
	stage_end(&st);
}

static void
test_a_schedule_does_not_run_twice_at_once(void **state)
{
	struct stage st = { .opt = {
				.schedules = true, .log = SERVE_LOG_PLAIN } };
	char yaml[600];
	struct mute m;

	(void)state;
	mute_open(&m);
	stage_begin(&st, 1);
	(void)snprintf(yaml, sizeof(yaml),
	    MAY_FETCH
	    "schedules:\n  - name: slow\n    every: {seconds: 1}\n"
	    "    state: {u: \"%s\"}\n    steps: [{fn: get, input: u}]\n",
	    m.url);
	stage_put(&st, yaml);
	(void)mute_take(&m);
	AWAIT(stage_logged(&st, "schedule 'slow' is skipped"));
	assert_true(has_fired(&st, 1));
	(void)close(m.fd);
	stage_end(&st);
}

/* ---- the end ---- */

struct stopping {
	struct stage *st;
	uint32_t grace_ms;
	atomic_bool over;
};

static void *
stop(void *arg)
{
	struct stopping *x = arg;

	serve_stop(x->st->s, x->grace_ms);
	atomic_store(&x->over, true);
	return NULL;
}

static void
test_a_stop_waits_for_what_runs(void **state)
{
	struct stage st = { .port = 0 };
	struct stopping x = { .st = &st, .grace_ms = 10000 };
	pthread_t thread;
	struct mute m;
	int fd, asked;
	REPLY;

	(void)state;
	stage_begin(&st, 2);
	stage_put(&st, limited);
	mute_open(&m);
	fd = begin_fetch(st.port, "POST", "/get", "", str_of(m.url));
	asked = mute_take(&m);
	assert_int_equal(pthread_create(&thread, NULL, stop, &x), 0);
	(void)usleep(50000);
	assert_false(atomic_load(&x.over));
	mute_say(asked, STR("at last"));
	reply_read(&r, fd);
	assert_int_equal(r.status, 200);
	assert_str(r.body, "at last");
	pthread_join(thread, NULL);
	(void)close(fd);
	(void)close(m.fd);
	stage_end(&st);
}

static void
test_a_stop_ends_with_its_grace(void **state)
{
	struct stage st = { .port = 0 };
	struct mute m;
	int fd, loops;
	REPLY;

	(void)state;
	stage_begin(&st, 2);
	stage_put(&st, limited);
	mute_open(&m);
	fd = begin_fetch(st.port, "POST", "/get", "", str_of(m.url));
	loops = begin_fetch(st.port, "POST", "/loop", "", STR("x"));
	(void)close(mute_take(&m) >= 0 ? m.fd : -1);
	serve_stop(st.s, 20);
	stage_end(&st);
	(void)close(fd);
	(void)close(loops);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_takes_too_long_is_504),
		cmocka_unit_test(test_a_request_has_a_time_as_a_whole),
		cmocka_unit_test(test_one_request_too_many_is_503_soon),
		cmocka_unit_test(test_a_handler_has_limits_of_its_own),
		cmocka_unit_test(test_a_full_engine_is_an_overload),
		cmocka_unit_test(
		    test_logs_over_the_limit_are_counted_and_not_kept),
		cmocka_unit_test(test_a_client_that_leaves_ends_its_call),
		cmocka_unit_test(test_swaps_under_load_fail_no_request),
		cmocka_unit_test(
		    test_what_waits_ends_on_the_old_app_and_the_next_begins_on_the_new),
		cmocka_unit_test(
		    test_a_bundle_that_does_not_compile_is_refused),
		cmocka_unit_test(
		    test_a_schedule_runs_once_at_the_start_and_not_again_for_a_swap),
		cmocka_unit_test(test_a_schedule_does_not_run_twice_at_once),
		cmocka_unit_test(test_a_stop_waits_for_what_runs),
		cmocka_unit_test(test_a_stop_ends_with_its_grace),
	};

	return stage_tests_end(cmocka_run_group_tests(tests, NULL, NULL));
}
