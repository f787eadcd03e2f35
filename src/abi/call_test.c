/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that stand still: begun, gone on with, ended at any point. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/trial.h"

/* Returns its input, asks, waits for the answer, logs it, and spins as often
 * as the first byte of its input says, in millions. */
static const char guest[] =
    "(module"
    "(import \"env\" \"return_result\" (func $result (param i32 i32 i32)))"
    "(import \"env\" \"log_msg\" (func $log (param i32 i32 i32 i32)))"
    "(import \"env\" \"cache_get\""
    " (func $get (param i32 i32 i32) (result i32)))"
    "(import \"env\" \"get_ffi_result\""
    " (func $take (param i32 i32) (result i32)))"
    "(memory (export \"memory\") 2) (data (i32.const 16) \"key\")"
    "(func (export \"allocate\") (param i32) (result i32)"
    " (i32.const 4096))"
    "(func (export \"run_e\") (param $p i32) (param $n i32)"
    " (param $id i32) (local $i i32)"
    " (call $result (local.get $p) (local.get $n) (local.get $id))"
    " (local.set $i (call $get (i32.const 16) (i32.const 3)"
    "  (local.get $id)))"
    " (drop (call $take (i32.const 256) (local.get $id)))"
    " (call $log (i32.const 256) (local.get $i) (i32.const 3)"
    "  (local.get $id))"
    " (local.set $i (i32.mul (i32.const 1000000)"
    "  (i32.sub (i32.load8_u (local.get $p)) (i32.const 48))))"
    " (loop (local.set $i (i32.sub (local.get $i) (i32.const 1)))"
    "  (br_if 0 (i32.gt_s (local.get $i) (i32.const 0))))))";

struct scene {
	struct engine *en;
	struct code *code;
	struct abi_call *c;
	struct abi_host host;
	struct abi_result res;
	struct err e;
	struct buf log;
	const struct abi_ask *q; /* what waits, if anything does */
	struct buf *out;
	bool within; /* answers while it is asked, and says later */
	unsigned asked, woken, cancelled;
};

static void
answer(struct scene *s, int rc)
{
	const struct abi_ask *q = s->q;

	s->q = NULL;
	buf_add(s->out, STR("late"));
	q->done(q->done_arg, rc);
}

static int
ask(void *arg, const struct abi_ask *q, struct buf *out)
{
	struct scene *s = arg;

	if (q->what == ABI_LOG) {
		buf_addf(&s->log, STR_F "|", STR_A(q->a));
		return ABI_ANSWERED;
	}
	s->asked++;
	s->q = q;
	s->out = out;
	if (s->within)
		answer(s, ABI_ANSWERED);
	return ABI_LATER;
}

static void
cancel(void *arg)
{
	struct scene *s = arg;

	s->cancelled++;
	s->q = NULL;
}

static void
wake(void *arg)
{
	struct scene *s = arg;

	s->woken++;
}

static void
set_up(struct scene *s, struct engine_options opt)
{
	CLEANUP(buf_free) struct buf wasm = BUF(1 << 20);

	*s = (struct scene){ .log = BUF(1 << 20) };
	s->host = (struct abi_host){ .ask = ask,
		.cancel = cancel,
		.arg = s,
		.wake = wake,
		.wake_arg = s };
	assert_true(trial_assemble(str_of(guest), &wasm));
	assert_int_equal(engine_new(&s->en, &opt, &s->e), 0);
	assert_int_equal(code_load(&s->code, s->en, buf_str(&wasm), STR("m"),
			     abi_imports(), &s->e),
	    0);
}

/* Nothing that it is given but the texts needs to live on. */
static int
begin(struct scene *s, struct str body, struct engine_limits lim)
{
	struct abi_host host = s->host;
	struct abi_input in = { .body = body };
	int rc = abi_start(&s->c, s->code, &lim, &host, &in, &s->res, &s->e);

	memset(&host, 0xa5, sizeof(host));
	memset(&in, 0xa5, sizeof(in));
	memset(&lim, 0xa5, sizeof(lim));
	return rc;
}

static void
end(struct scene *s)
{
	abi_end(&s->c);
	abi_result_dispose(&s->res);
}

static void
tear_down(struct scene *s)
{
	end(s);
	buf_free(&s->log);
	code_free(&s->code);
	engine_free(&s->en);
}

static const struct engine_limits usual = ENGINE_LIMITS;

static void
a_call_goes_on_when_its_answer_is_there(void **state)
{
	CLEANUP(tear_down) struct scene s;

	(void)state;
	set_up(&s, (struct engine_options){ 0 });
	assert_int_equal(begin(&s, STR("0 in"), usual), ENGINE_LATER);
	/* Nothing has changed yet. */
	assert_int_equal(abi_resume(s.c, &s.e), ENGINE_LATER);
	assert_true(str_is(s.q->a, "key"));
	assert_int_equal(s.woken, 0);
	answer(&s, ABI_ANSWERED);
	assert_int_equal(s.woken, 1);
	assert_int_equal(abi_resume(s.c, &s.e), 0);
	assert_string_equal(buf_cstr(&s.log), "late|");
	assert_string_equal(buf_cstr(&s.res.output), "0 in");
	assert_int_equal(s.asked, 1);
	assert_int_equal(s.cancelled, 0);
	assert_true(s.res.memory_bytes == 131072 && s.res.wall_ns > 0);
}

static void
an_answer_within_the_question_needs_no_waking(void **state)
{
	CLEANUP(tear_down) struct scene s;

	(void)state;
	set_up(&s, (struct engine_options){ 0 });
	s.within = true;
	assert_int_equal(begin(&s, STR("0"), usual), 0);
	assert_string_equal(buf_cstr(&s.log), "late|");
	assert_int_equal(s.woken, 0);
}

static void
an_ended_call_keeps_what_it_returned(void **state)
{
	CLEANUP(tear_down) struct scene s;
	struct engine_limits lim = usual;

	(void)state;
	set_up(&s, (struct engine_options){ .fuel = true });
	lim.fuel = 1000000;
	assert_int_equal(begin(&s, STR("0 in"), lim), ENGINE_LATER);
	abi_end(&s.c);
	assert_null(s.c);
	assert_int_equal(s.cancelled, 1);
	assert_int_equal(s.woken, 0);
	assert_string_equal(buf_cstr(&s.res.output), "0 in");
	assert_true(s.res.has_output && !s.res.nothing);
	assert_true(s.res.fuel > 0 && s.res.fuel < 1000);
	assert_int_equal(s.res.memory_bytes, 131072);
	/* Once its answer is there, there is nothing to forget. */
	end(&s);
	assert_int_equal(begin(&s, STR("0 in"), lim), ENGINE_LATER);
	answer(&s, ABI_ANSWERED);
	abi_end(&s.c);
	assert_int_equal(s.cancelled, 1);
	abi_end(&s.c);
}

static void
long_calls_take_turns(void **state)
{
	CLEANUP(tear_down) struct scene s;
	struct engine_limits lim = usual;
	unsigned turns = 0;
	int rc;

	(void)state;
	set_up(&s, (struct engine_options){ .pooling = true });
	lim.turn_ms = 2;
	s.within = true;
	rc = begin(&s, STR("x"), lim); /* 72 million */
	for (; rc == ENGINE_TURN; turns++)
		rc = abi_resume(s.c, &s.e);
	assert_int_equal(rc, 0);
	assert_true(turns > 0);
	assert_string_equal(buf_cstr(&s.res.output), "x");
	/* Ended in the middle of one. */
	end(&s);
	assert_int_equal(begin(&s, STR("x"), lim), ENGINE_TURN);
	abi_end(&s.c);
	assert_int_equal(s.cancelled, 0);
	/* In one go. */
	abi_result_dispose(&s.res);
	assert_int_equal(
	    abi_call(s.code, &lim, &s.host, STR("x"), &s.res, &s.e), 0);
	assert_string_equal(buf_cstr(&s.res.output), "x");
}

#define MANY 500

static void
calls_wait_side_by_side(void **state)
{
	struct scene *all = mem_take(MANY * sizeof(*all));
	struct scene s;
	char text[16];

	(void)state;
	set_up(
	    &s, (struct engine_options){ .pooling = true, .instances = MANY });
	for (size_t i = 0; i < MANY; i++) {
		all[i] = (struct scene){
			.code = s.code, .host = s.host, .log = BUF(100)
		};
		all[i].host.arg = all[i].host.wake_arg = &all[i];
		(void)snprintf(text, sizeof(text), "0 %zu", i);
		assert_int_equal(
		    begin(&all[i], str_of(text), usual), ENGINE_LATER);
	}
	for (size_t i = MANY; i-- > 0;) {
		answer(&all[i], ABI_ANSWERED);
		assert_int_equal(abi_resume(all[i].c, &all[i].e), 0);
		(void)snprintf(text, sizeof(text), "0 %zu", i);
		assert_string_equal(buf_cstr(&all[i].res.output), text);
		/* Its place is free before it is ended. */
		assert_int_equal(all[i].woken, 1);
		end(&all[i]);
		buf_free(&all[i].log);
	}
	mem_free(all);
	tear_down(&s);
}

static void
a_finished_call_holds_no_place(void **state)
{
	CLEANUP(tear_down) struct scene s;
	struct abi_call *first;
	struct abi_result res;

	(void)state;
	set_up(&s, (struct engine_options){ .pooling = true, .instances = 1 });
	s.within = true;
	assert_int_equal(begin(&s, STR("0 first"), usual), 0);
	first = s.c;
	res = s.res;
	assert_int_equal(begin(&s, STR("0 next"), usual), 0);
	assert_string_equal(buf_cstr(&res.output), "0 first");
	assert_string_equal(buf_cstr(&s.res.output), "0 next");
	abi_end(&first);
	abi_result_dispose(&res);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_goes_on_when_its_answer_is_there),
		cmocka_unit_test(an_answer_within_the_question_needs_no_waking),
		cmocka_unit_test(an_ended_call_keeps_what_it_returned),
		cmocka_unit_test(long_calls_take_turns),
		cmocka_unit_test(calls_wait_side_by_side),
		cmocka_unit_test(a_finished_call_holds_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
