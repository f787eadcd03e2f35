/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "directive/directive.h"

static const char yaml[] =
    "identifier: com.example.app\n"
    "appVersion: v0.1.0\n"
    "atmoVersion: v0.4.8\n"
    "headless: true\n"
    "runnables:\n"
    "- {name: a, namespace: default}\n"
    "- {name: b, namespace: db}\n"
    "schedules:\n"
    "- {name: nightly, every: {days: 1}, steps: [{fn: a}]}\n"
    "handlers:\n"
    "- {type: request, method: post, resource: /x/:id, steps: [{fn: a}]}\n"
    "- {type: stream, source: nats, resource: in.*, steps: [{fn: a}]}\n"
    "- {type: stream, resource: /ws/:room, steps: [{fn: a}]}\n"
    "- {type: stream, resource: /ws/main, steps: [{fn: a}]}\n"
    "- type: request\n"
    "  method: GET\n"
    "  resource: /steps\n"
    "  steps:\n"
    "  - name: again\n"
    "    fn: a\n"
    "    when: method == 'GET'\n"
    "    timeout: 2s\n"
    "    retry: 3\n"
    "  - {fn: b, forEach: a, concurrency: 4, as: list, retry: {times: 5,\n"
    "     backoff: 1s, on: [trap, 503]}}\n"
    "  - {call: POST /x/:id, input: list, as: r, retry: {times: 1, backoff:\n"
    "     {initial: 50ms, max: 1m, factor: 1.5}, on: timeout}}\n"
    "  - {call: nightly, retry: {times: 1, backoff: 1m}}\n"
    "  - {group: [{fn: a, timeout: 1s}], when: state.r, timeout: 5s,\n"
    "     repeat: {until: state.a, max: 7, every: 1s}}\n"
    "  - {goto: again, max: 9, when: url, every: 250ms,\n"
    "     onErr: {code: {508: continue}}}\n"
    "  - {goto: later, max: 1}\n";

struct fixture {
	struct directive *d;
	struct diags *ds;
};

static int
setup(void **state)
{
	struct fixture *f = mem_take(sizeof *f);
	struct err e = ERR;

	f->ds = diags_new();
	*state = f;
	return directive_parse(&f->d, str_of(yaml), STR("D"), f->ds, &e);
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	directive_free(&f->d);
	diags_free(&f->ds);
	mem_free(f);
	return 0;
}

static void
a_call_finds_handlers_and_schedules(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name;
		int handler, schedule;
	} rows[] = {
		{ "POST /x/:id", 0, -1 },
		{ "post  /x/:id ", 0, -1 },
		{ "GET /x/:id", -1, -1 },
		{ "POST /x/7", -1, -1 },
		{ "nightly", -1, 0 },
		{ "Nightly", -1, -1 },
		{ "", -1, -1 },
		{ " ", -1, -1 },
		{ "GET /ws/main", -1, -1 },
	};
	const struct handler *h;
	const struct schedule *s;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		bool found =
		    directive_called(f->d, str_of(rows[i].name), &h, &s);

		if ((h ? h - f->d->handlers : -1) != rows[i].handler ||
		    (s ? s - f->d->schedules : -1) != rows[i].schedule ||
		    found != (h || s))
			fail_msg("'%s'", rows[i].name);
	}
}

static void
a_stream_is_found_by_source_and_topic(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *source, *resource;
		int which;
	} rows[] = {
		{ "nats", "in.*", 1 },
		{ "nats", "in.a", -1 },
		{ "kafka", "in.*", -1 },
		{ "server", "/ws/main", 3 },
		{ "server", "/ws/other", 2 },
		{ "server", "/ws", -1 },
		{ "nats", "/ws/main", -1 },
	};
	const struct handler *h;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		h = directive_stream(
		    f->d, str_of(rows[i].source), str_of(rows[i].resource));
		if ((h ? h - f->d->handlers : -1) != rows[i].which)
			fail_msg("%s %s", rows[i].source, rows[i].resource);
	}
}

static void
a_headless_app_has_an_address_for_each_function(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *method, *path;
		int status, which;
	} rows[] = {
		{ "POST", "/com.example.app/default/a/v0.1.0", 200, 0 },
		{ "POST", "/com.example.app/db/b/v0.1.0", 200, 1 },
		{ "GET", "/com.example.app/db/b/v0.1.0", 405, -1 },
		{ "POST", "/com.example.app/db/b/v0.1.1", 404, -1 },
		{ "POST", "/com.example.app/db/a/v0.1.0", 404, -1 },
		{ "POST", "/other/db/b/v0.1.0", 404, -1 },
		{ "POST", "/com.example.app/db/b", 404, -1 },
		{ "POST", "/com.example.app/db/b/v0.1.0/", 404, -1 },
		{ "POST", "//db/b/v0.1.0", 404, -1 },
		{ "POST", "", 404, -1 },
		/* Only of a tenant. */
		{ "POST", "/name/com.example.app/db/b", 404, -1 },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		int status = 0;
		const struct function_info *fn = directive_route_function(f->d,
		    str_of(rows[i].method), str_of(rows[i].path), &status);

		if (status != rows[i].status ||
		    (fn ? fn - f->d->functions : -1) != rows[i].which)
			fail_msg("%s: %d", rows[i].path, status);
	}
	f->d->headless = false;
	for (i = 0; i < COUNT(rows); i++) {
		int status = 0;

		assert_null(directive_route_function(f->d,
		    str_of(rows[i].method), str_of(rows[i].path), &status));
		assert_int_equal(status, 404);
	}
}

static void
the_keys_of_steps_are_read(void **state)
{
	struct fixture *f = *state;
	const struct step *s = f->d->handlers[4].steps;
	const struct retry *r = &s[0].calls[0].retry;

	assert_int_equal(diags_count(f->ds), 0);
	assert_true(str_is(s[0].name, "again") && s[0].calls[0].when);
	assert_int_equal(s[0].calls[0].timeout_ns, 2000000000);
	assert_true(r->times == 3 && r->any && r->factor == 2);
	assert_int_equal(r->backoff_ns, 100000000);
	assert_int_equal(r->backoff_max_ns, 30000000000);
	assert_true(str_is(s[1].calls[0].each, "a"));
	assert_int_equal(s[1].calls[0].concurrency, 4);
	r = &s[1].calls[0].retry;
	assert_true(r->times == 5 && !r->any && r->on_trap && !r->on_error);
	assert_true(r->non_codes == 1 && r->on_codes[0] == 503);
	assert_true(str_is(s[2].calls[0].handler, "POST /x/:id"));
	assert_true(s[2].calls[0].fn.n == 0);
	assert_true(str_is(s[2].calls[0].input, "list"));
	r = &s[2].calls[0].retry;
	assert_true(r->on_timeout && !r->any && r->factor == 1.5);
	assert_int_equal(r->backoff_ns, 50000000);
	assert_int_equal(r->backoff_max_ns, 60000000000);
	/* Without `as` the result is under the name that was called; and a
	 * first wait above the default ceiling raises it. */
	assert_true(str_is(s[3].calls[0].key, "nightly"));
	assert_int_equal(s[3].calls[0].retry.backoff_max_ns, 60000000000);
}

static void
groups_and_loops_are_read(void **state)
{
	struct fixture *f = *state;
	const struct step *s = f->d->handlers[4].steps;

	assert_true(s[4].group && s[4].when && s[4].until);
	assert_int_equal(s[4].timeout_ns, 5000000000);
	assert_int_equal(s[4].calls[0].timeout_ns, 1000000000);
	assert_true(!s[4].calls[0].when && s[4].max == 7);
	assert_int_equal(s[4].every_ns, 1000000000);
	assert_true(s[5].ncalls == 0 && s[5].when && s[5].max == 9);
	assert_true(str_is(s[5].target, "again"));
	assert_int_equal(s[5].target_index, 0);
	assert_int_equal(s[5].every_ns, 250000000);
	assert_int_equal(s[5].on_err.codes[0].code, 508);
	assert_true(s[6].target_index == SIZE_MAX);
	assert_true(s[0].target_index == SIZE_MAX && !s[0].until);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(a_call_finds_handlers_and_schedules),
		TEST(a_stream_is_found_by_source_and_topic),
		TEST(a_headless_app_has_an_address_for_each_function),
		TEST(the_keys_of_steps_are_read),
		TEST(groups_and_loops_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
