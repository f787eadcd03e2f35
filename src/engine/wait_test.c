/* SPDX-License-Identifier: Apache-2.0 */
/* Guests that stand still and go on. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/fixture.h"

/* ---- a host that lets wait ---- */

#define WORLD_MAGIC 0x776f7264u

struct world {
	uint32_t magic;
	int64_t seen[3];       /* what ask was called with */
	int64_t left, given;   /* as finish found args[2]; what it gives */
	unsigned asked, later; /* how often finish is to say later */
	unsigned finished;
	bool at_once, refuses;
	uint32_t memory; /* a word that finish reads, and where */
	uint32_t at;
};

static int
ask(struct instance *in, void *arg, int64_t *args, struct err *e)
{
	struct world *w = arg;

	(void)in, (void)e;
	assert_true(w->magic == WORLD_MAGIC);
	w->asked++;
	memcpy(w->seen, args, sizeof(w->seen));
	args[2] = 4711;
	if (!w->at_once)
		return ENGINE_LATER;
	args[0] = w->given;
	return 0;
}

static int
finish(struct instance *in, void *arg, int64_t *args, struct err *e)
{
	struct world *w = arg;
	const char *p = instance_memory(in, w->at, 4);

	w->finished++;
	w->left = args[2];
	if (p)
		memcpy(&w->memory, p, 4);
	if (w->later > 0) {
		w->later--;
		return ENGINE_LATER;
	}
	if (w->refuses)
		return err_set(e, ERR_REMOTE, "gone away");
	args[0] = w->given;
	return 0;
}

static int
note(struct instance *in, void *arg, int64_t *args, struct err *e)
{
	(void)in, (void)arg, (void)args, (void)e;
	return 0;
}

static const struct engine_import imports[] = {
	{ "env", "wait", "(i32) -> i32", ask, finish },
	{ "env", "long", "(i64) -> i64", ask, finish },
	{ "env", "float", "(f32) -> f32", ask, finish },
	{ "env", "double", "(f64) -> f64", ask, finish },
	{ "env", "three", "(i32, i64, f64) -> ()", ask, finish },
	{ "env", "note", "() -> ()", note, NULL },
	{ 0 },
};

/* f waits with its parameter, stores before and returns the answer plus one. */
#define WAIT "(import \"env\" \"wait\" (func $w (param i32) (result i32)))"
#define WAITER \
	WAIT "(memory (export \"memory\") 1)" \
	     "(func (export \"f\") (param i32) (result i32)" \
	     " (i32.store (i32.const 8) (local.get 0))" \
	     " (i32.add (call $w (local.get 0)) (i32.const 1)))"
/* spin runs so many rounds and gives their number back. */
#define SPINNER \
	"(func (export \"spin\") (param i32) (result i32) (local $n i32)" \
	" (loop (local.set $n (i32.add (local.get $n) (i32.const 1)))" \
	"  (br_if 0 (i32.lt_u (local.get $n) (local.get 0))))" \
	" (local.get $n))" \
	"(func (export \"ever\") (loop (br 0)))"

static const struct engine_limits usual = ENGINE_LIMITS;

/* Each test runs with a pool and without. */
struct bench {
	struct engine *en;
	struct code *c;
	struct instance *in;
	struct world w;
	struct err e;
	int64_t args[4];
};

static void
set_up(struct bench *b, bool pool, const char *text)
{
	struct engine_options opt = { .pooling = pool, .instances = 2 };

	*b = (struct bench){ .w = { .magic = WORLD_MAGIC, .at = 8 } };
	b->en = engine(opt);
	if (load(&b->c, b->en, text, imports, &b->e) < 0)
		fail_msg("%s", b->e.text);
}

static int
start(struct bench *b, const struct engine_limits *lim)
{
	return instance_start(&b->in, b->c, lim, &b->w, &b->e);
}

static void
tear_down(struct bench *b)
{
	instance_free(&b->in);
	code_free(&b->c);
	engine_free(&b->en);
}

/* ---- waiting ---- */

static void
an_import_may_answer_later(void **state)
{
	(void)state;
	for (int pool = 0; pool < 2; pool++) {
		CLEANUP(tear_down) struct bench b;

		set_up(&b, pool, WAITER);
		assert_int_equal(start(&b, &usual), 0);
		b.args[0] = -5;
		b.w.given = 41;
		assert_int_equal(
		    instance_call(b.in, "f", b.args, 1, &b.e), ENGINE_LATER);
		assert_true(b.w.seen[0] == -5 && b.w.finished == 0);
		/* It says later as often as it likes. */
		b.w.later = 2;
		assert_int_equal(
		    instance_resume(b.in, b.args, &b.e), ENGINE_LATER);
		assert_int_equal(
		    instance_resume(b.in, b.args, &b.e), ENGINE_LATER);
		assert_int_equal(instance_resume(b.in, b.args, &b.e), 0);
		assert_int_equal(b.args[0], 42);
		assert_int_equal(b.w.asked, 1);
		assert_int_equal(b.w.finished, 3);
		/* finish has the arguments as fn left them, and memory. */
		assert_int_equal(b.w.left, 4711);
		assert_int_equal(b.w.memory, (uint32_t)-5);
		/* And again, in the same instance. */
		b.w.at_once = true;
		assert_int_equal(instance_call(b.in, "f", b.args, 1, &b.e), 0);
		assert_int_equal(b.w.asked, 2);
		assert_int_equal(b.w.finished, 3);
	}
}

static void
an_import_that_may_wait_takes_and_gives_every_kind(void **state)
{
	static const char text[] =
	    "(import \"env\" \"wait\" (func $i (param i32) (result i32)))"
	    "(import \"env\" \"long\" (func $l (param i64) (result i64)))"
	    "(import \"env\" \"float\" (func $s (param f32) (result f32)))"
	    "(import \"env\" \"double\" (func $d (param f64) (result f64)))"
	    "(import \"env\" \"three\" (func $t (param i32 i64 f64)))"
	    "(func (export \"i\") (param i32) (result i32)"
	    " (call $i (local.get 0)))"
	    "(func (export \"l\") (param i64) (result i64)"
	    " (call $l (local.get 0)))"
	    "(func (export \"s\") (param f32) (result f32)"
	    " (call $s (local.get 0)))"
	    "(func (export \"d\") (param f64) (result f64)"
	    " (call $d (local.get 0)))"
	    "(func (export \"t\") (param i32 i64 f64)"
	    " (call $t (local.get 0) (local.get 1) (local.get 2)))";
	static const struct {
		const char *name;
		int64_t in, out;
	} cases[] = {
		{ "i", -1, INT32_MIN },
		{ "l", INT64_MIN, -2 },
		{ "s", 0x3fc00000, 0xbf800000 },
		{ "d", INT64_C(0x3ff8000000000000), INT64_MIN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (int at_once = 0; at_once < 2; at_once++) {
			CLEANUP(tear_down) struct bench b;
			int rc;

			set_up(&b, false, text);
			assert_int_equal(start(&b, &usual), 0);
			b.args[0] = cases[i].in;
			b.w.given = cases[i].out;
			b.w.at_once = at_once;
			rc =
			    instance_call(b.in, cases[i].name, b.args, 1, &b.e);
			assert_int_equal(rc, at_once ? 0 : ENGINE_LATER);
			if (rc == ENGINE_LATER)
				assert_int_equal(
				    instance_resume(b.in, b.args, &b.e), 0);
			assert_true(b.w.seen[0] == cases[i].in);
			assert_true(b.args[0] == cases[i].out);
			b.args[0] = 1;
			b.args[1] = -1;
			b.args[2] = INT64_MAX;
			rc = instance_call(b.in, "t", b.args, 3, &b.e);
			assert_int_equal(rc, at_once ? 0 : ENGINE_LATER);
			assert_true(b.w.seen[0] == 1 && b.w.seen[1] == -1 &&
			    b.w.seen[2] == INT64_MAX);
		}
	}
}

static void
a_start_section_may_wait(void **state)
{
	static const char text[] = WAIT
	    "(memory (export \"memory\") 1)(global $g (mut i32) (i32.const 0))"
	    "(func $s (i32.store (i32.const 8) (i32.const 77))"
	    " (global.set $g (call $w (i32.const 3))))(start $s)"
	    "(func (export \"f\") (result i32) (global.get $g))";

	(void)state;
	for (int pool = 0; pool < 2; pool++) {
		CLEANUP(tear_down) struct bench b;

		set_up(&b, pool, text);
		assert_int_equal(start(&b, &usual), ENGINE_LATER);
		b.w.given = 9;
		assert_int_equal(instance_resume(b.in, b.args, &b.e), 0);
		assert_int_equal(b.w.memory, 77);
		assert_int_equal(instance_call(b.in, "f", b.args, 0, &b.e), 0);
		assert_int_equal(b.args[0], 9);
		/* One that fails then never started. */
		instance_free(&b.in);
		b.w.refuses = true;
		assert_int_equal(start(&b, &usual), ENGINE_LATER);
		assert_int_equal(instance_resume(b.in, b.args, &b.e), -1);
		assert_int_equal(b.e.kind, ERR_REMOTE);
	}
}

static void
one_that_waits_may_be_freed(void **state)
{
	static const char starts[] =
	    WAIT "(func $s (drop (call $w (i32.const 3))))(start $s)";

	(void)state;
	for (int pool = 0; pool < 2; pool++) {
		CLEANUP(tear_down) struct bench b;
		struct instance *other = NULL;

		set_up(&b, pool, WAITER);
		/* A place in the pool is free again each time. */
		for (int i = 0; i < 10; i++) {
			assert_int_equal(start(&b, &usual), 0);
			assert_int_equal(
			    instance_call(b.in, "f", b.args, 1, &b.e),
			    ENGINE_LATER);
			assert_int_equal(
			    instance_start(&other, b.c, &usual, &b.w, &b.e), 0);
			instance_free(&b.in);
			instance_free(&other);
		}
		tear_down(&b);
		set_up(&b, pool, starts);
		for (int i = 0; i < 10; i++) {
			assert_int_equal(start(&b, &usual), ENGINE_LATER);
			instance_free(&b.in);
		}
		assert_int_equal(b.w.finished, 0);
	}
}

static void
what_fails_after_waiting_is_told_as_ever(void **state)
{
	static const char text[] =
	    WAIT "(func $deep (param i32) (result i32)"
		 " (if (call $w (local.get 0)) (then (unreachable)))"
		 " (i32.const 0))"
		 "(func $top (export \"f\") (param i32) (result i32)"
		 " (call $deep (local.get 0)))"
		 "(func $over (export \"over\") (param i32) (result i32)"
		 " (drop (call $w (i32.const 0))) (call $over (local.get 0)))";

	(void)state;
	for (int pool = 0; pool < 2; pool++) {
		CLEANUP(tear_down) struct bench b;
		struct engine_frame frames[4];

		set_up(&b, pool, text);
		assert_int_equal(start(&b, &usual), 0);
		/* By its import: it may be called again. */
		b.w.refuses = true;
		assert_int_equal(
		    instance_call(b.in, "f", b.args, 1, &b.e), ENGINE_LATER);
		assert_int_equal(instance_resume(b.in, b.args, &b.e), -1);
		assert_int_equal(b.e.kind, ERR_REMOTE);
		assert_string_equal(b.e.text, "gone away");
		assert_int_equal(instance_trace(b.in, frames, 4), 2);
		/* By a trap, with its frames. */
		b.w.refuses = false;
		b.w.given = 1;
		assert_int_equal(
		    instance_call(b.in, "f", b.args, 1, &b.e), ENGINE_LATER);
		assert_int_equal(instance_resume(b.in, b.args, &b.e), -1);
		assert_int_equal(b.e.kind, ERR_GUEST);
		assert_string_equal(b.e.text, "unreachable executed");
		assert_int_equal(instance_trace(b.in, frames, 4), 2);
		assert_true(str_is(frames[0].func, "deep"));
		assert_true(str_is(frames[1].func, "top"));
		/* By its stack. */
		instance_free(&b.in);
		assert_int_equal(start(&b, &usual), 0);
		b.w.at_once = true;
		assert_int_equal(
		    instance_call(b.in, "over", b.args, 1, &b.e), -1);
		assert_int_equal(b.e.kind, ERR_LIMIT);
		assert_non_null(strstr(b.e.text, "recursed too deeply"));
	}
}

/* The stack of an import is the guest's. */
static int
dig(struct instance *in, void *arg, int64_t *args, struct err *e)
{
	volatile char deep[1 << 20];

	(void)in, (void)arg, (void)e;
	for (size_t i = 0; i < sizeof(deep); i += 1024)
		deep[i] = (char)args[0];
	args[0] = deep[0];
	return 0;
}

static void
an_import_may_use_a_mebibyte_of_stack(void **state)
{
	static const struct engine_import deep[] = {
		{ "env", "dig", "(i32) -> i32", dig, NULL },
		{ "env", "wait", "(i32) -> i32", dig, dig },
		{ 0 },
	};
	static const char text[] =
	    WAIT "(import \"env\" \"dig\" (func $d (param i32) (result i32)))"
		 /* Goes as deep as a guest may, but for a little. */
		 "(func $f (export \"f\") (param i32) (result i32)"
		 " (if (result i32) (local.get 0)"
		 "  (then (call $f (i32.sub (local.get 0) (i32.const 1))))"
		 "  (else (i32.add (call $d (i32.const 3))"
		 "   (call $w (i32.const 4))))))";

	(void)state;
	for (int pool = 0; pool < 2; pool++) {
		struct engine *en =
		    engine((struct engine_options){ .pooling = pool });
		struct code *c = NULL;
		struct instance *in = NULL;
		struct err e = ERR;
		int64_t args[1] = { 5000 };

		assert_int_equal(load(&c, en, text, deep, &e), 0);
		assert_int_equal(instance_start(&in, c, &usual, NULL, &e), 0);
		assert_int_equal(instance_call(in, "f", args, 1, &e), 0);
		assert_int_equal(args[0], 7);
		instance_free(&in);
		code_free(&c);
		engine_free(&en);
	}
}

/* ---- turns and time ---- */

static void
a_long_turn_is_ended_and_goes_on(void **state)
{
	struct engine_limits lim = usual;

	(void)state;
	lim.turn_ms = 5;
	lim.deadline_ms = 0;
	for (int pool = 0; pool < 2; pool++) {
		CLEANUP(tear_down) struct bench b;
		struct instance *other = NULL;
		int64_t args[1] = { 3 };
		unsigned turns = 0;
		int rc;

		set_up(&b, pool, SPINNER);
		assert_int_equal(start(&b, &lim), 0);
		assert_true(instance_deadline_ns(b.in) == 0);
		b.args[0] = 1 << 28;
		rc = instance_call(b.in, "spin", b.args, 1, &b.e);
		for (; rc == ENGINE_TURN; turns++) {
			/* Others have theirs. */
			args[0] = 3;
			assert_int_equal(
			    instance_start(&other, b.c, &lim, NULL, &b.e), 0);
			assert_int_equal(
			    instance_call(other, "spin", args, 1, &b.e), 0);
			assert_int_equal(args[0], 3);
			instance_free(&other);
			rc = instance_resume(b.in, b.args, &b.e);
		}
		assert_int_equal(rc, 0);
		assert_int_equal(b.args[0], 1 << 28);
		assert_true(turns > 1);
		/* And one may be left alone for ever. */
		rc = instance_call(b.in, "ever", b.args, 0, &b.e);
		assert_int_equal(rc, ENGINE_TURN);
	}
}

static void
without_turns_a_guest_runs_on(void **state)
{
	CLEANUP(tear_down) struct bench b;
	struct engine_limits lim = usual;

	(void)state;
	lim.deadline_ms = 100;
	set_up(&b, false, SPINNER);
	assert_int_equal(start(&b, &lim), 0);
	assert_int_equal(instance_call(b.in, "ever", b.args, 0, &b.e), -1);
	assert_int_equal(b.e.kind, ERR_LIMIT);
}

static void
a_deadline_ends_one_that_runs_and_none_that_waits(void **state)
{
	struct engine_limits lim = usual;

	(void)state;
	lim.deadline_ms = 60;
	lim.turn_ms = 5;
	for (int pool = 0; pool < 2; pool++) {
		CLEANUP(tear_down) struct bench b;
		uint64_t before = os_now_ns(), end;
		int rc;

		set_up(&b, pool, WAITER SPINNER);
		assert_int_equal(start(&b, &lim), 0);
		end = instance_deadline_ns(b.in);
		assert_true(end >= before + 60 * UINT64_C(1000000));
		assert_true(end <= os_now_ns() + 60 * UINT64_C(1000000));
		/* Its turns do not make it longer. */
		rc = instance_call(b.in, "ever", b.args, 0, &b.e);
		while (rc == ENGINE_TURN)
			rc = instance_resume(b.in, b.args, &b.e);
		assert_int_equal(rc, -1);
		assert_int_equal(b.e.kind, ERR_LIMIT);
		assert_string_equal(b.e.text, "ran longer than 60 ms");
		assert_true(os_now_ns() >= end);
		/* Waiting is not running. */
		instance_free(&b.in);
		assert_int_equal(start(&b, &lim), 0);
		assert_int_equal(
		    instance_call(b.in, "f", b.args, 1, &b.e), ENGINE_LATER);
		while (os_now_ns() < instance_deadline_ns(b.in))
			usleep(1000);
		b.w.given = 1;
		assert_int_equal(instance_resume(b.in, b.args, &b.e), 0);
		assert_int_equal(b.args[0], 2);
		/* But it does not run on for ever then. */
		rc = instance_call(b.in, "ever", b.args, 0, &b.e);
		while (rc == ENGINE_TURN)
			rc = instance_resume(b.in, b.args, &b.e);
		assert_int_equal(rc, -1);
		assert_string_equal(b.e.text, "ran longer than 60 ms");
	}
}

static void
fuel_is_counted_over_waits_and_turns(void **state)
{
	struct engine_options opt = { .fuel = true };
	struct engine_limits lim = usual;
	CLEANUP(tear_down) struct bench b = { .w = { .magic = WORLD_MAGIC } };
	uint64_t one, two;

	(void)state;
	b.en = engine(opt);
	assert_int_equal(load(&b.c, b.en, WAITER, imports, &b.e), 0);
	lim.fuel = 100000;
	assert_int_equal(start(&b, &lim), 0);
	b.w.at_once = true;
	assert_int_equal(instance_call(b.in, "f", b.args, 1, &b.e), 0);
	one = instance_fuel_used(b.in);
	b.w.at_once = false;
	assert_int_equal(
	    instance_call(b.in, "f", b.args, 1, &b.e), ENGINE_LATER);
	/* It may be asked in the middle. */
	assert_true(instance_fuel_used(b.in) > one);
	assert_true(instance_memory_bytes(b.in) == 65536);
	assert_int_equal(instance_resume(b.in, b.args, &b.e), 0);
	two = instance_fuel_used(b.in);
	assert_true(one > 0 && two == 2 * one);
}

/* ---- threads and numbers ---- */

static void *
resume_elsewhere(void *arg)
{
	struct bench *b = arg;
	int rc = instance_resume(b->in, b->args, &b->e);

	return (void *)(intptr_t)rc;
}

static int
on_a_thread(struct bench *b)
{
	pthread_t t;
	void *rc;

	assert_int_equal(pthread_create(&t, NULL, resume_elsewhere, b), 0);
	assert_int_equal(pthread_join(t, &rc), 0);
	return (int)(intptr_t)rc;
}

static void
a_guest_goes_on_on_any_thread(void **state)
{
	static const char text[] =
	    WAITER "(func (export \"trap\") (drop (call $w (i32.const 1)))"
		   " (unreachable))"
		   "(func (export \"twice\") (result i32)"
		   " (i32.add (call $w (i32.const 1)) (call $w (i32.const "
		   "2))))" SPINNER;
	struct engine_limits lim = usual;

	(void)state;
	lim.turn_ms = 2;
	for (int pool = 0; pool < 2; pool++) {
		CLEANUP(tear_down) struct bench b;
		int rc;

		set_up(&b, pool, text);
		assert_int_equal(start(&b, &lim), 0);
		b.w.given = 20;
		assert_int_equal(instance_call(b.in, "twice", b.args, 0, &b.e),
		    ENGINE_LATER);
		assert_int_equal(on_a_thread(&b), ENGINE_LATER);
		assert_int_equal(on_a_thread(&b), 0);
		assert_int_equal(b.args[0], 40);
		b.args[0] = 1 << 24;
		rc = instance_call(b.in, "spin", b.args, 1, &b.e);
		while (rc == ENGINE_TURN)
			rc = on_a_thread(&b);
		assert_int_equal(rc, 0);
		assert_int_equal(b.args[0], 1 << 24);
		assert_int_equal(
		    instance_call(b.in, "trap", b.args, 0, &b.e), ENGINE_LATER);
		assert_int_equal(on_a_thread(&b), -1);
		assert_string_equal(b.e.text, "unreachable executed");
	}
}

/* The sanitizer's shadow leaves room for fewer. */
#ifdef __SANITIZE_THREAD__
#define MANY 500
#else
#define MANY 10000
#endif

/* Their answers come in another order than their questions. */
static void
wait_by_thousands(struct engine *en, size_t n)
{
	struct instance **in = mem_take(n * sizeof(*in));
	struct world w = { .magic = WORLD_MAGIC };
	struct code *c = NULL;
	struct err e = ERR;
	int64_t args[1];

	assert_int_equal(load(&c, en, WAITER, imports, &e), 0);
	for (size_t i = 0; i < n; i++) {
		if (instance_start(&in[i], c, &usual, &w, &e) < 0)
			fail_msg("%zu: %s", i, e.text);
		args[0] = (int64_t)i;
		assert_int_equal(
		    instance_call(in[i], "f", args, 1, &e), ENGINE_LATER);
	}
	for (size_t i = n; i-- > 0;) {
		w.given = (int64_t)i;
		w.at = 8;
		assert_int_equal(instance_resume(in[i], args, &e), 0);
		assert_int_equal(args[0], i + 1);
		assert_int_equal(w.memory, i);
		instance_free(&in[i]);
	}
	mem_free(in);
	code_free(&c);
}

static void
ten_thousand_may_wait(void **state)
{
	struct engine *en;

	(void)state;
	for (int pool = 0; pool < 2; pool++) {
		en = engine((struct engine_options){
		    .pooling = pool, .instances = MANY });
		wait_by_thousands(en, MANY);
		engine_free(&en);
	}
}

static void
a_pool_that_is_too_large_becomes_smaller(void **state)
{
	struct engine *en = engine((struct engine_options){
	    .pooling = true, .instances = UINT32_MAX });

	(void)state;
	wait_by_thousands(en, 100);
	engine_free(&en);
}

#define MOST 20000u

/* Before the process has no mappings left, which malloc needs too. */
static void
more_than_the_system_has_room_for_are_refused(void **state)
{
	struct instance **in = mem_take((MOST + 1) * sizeof(*in));
	struct engine *en = engine((struct engine_options){ 0 });
	struct code *c = NULL;
	struct err e = ERR;
	size_t n = 0;

	(void)state;
#ifdef __SANITIZE_THREAD__
	skip(); /* its shadow leaves no room for half of them */
#endif
	assert_int_equal(load(&c, en, "(memory 1)", imports, &e), 0);
	while (n <= MOST && instance_start(&in[n], c, &usual, NULL, &e) == 0)
		n++;
	assert_true(n <= MOST);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_non_null(strstr(e.text, "as many as there may be"));
	assert_non_null(strstr(e.hint, "vm.max_map_count"));
	while (n > 0)
		instance_free(&in[--n]);
	assert_int_equal(instance_start(&in[0], c, &usual, NULL, &e), 0);
	instance_free(&in[0]);
	mem_free(in);
	code_free(&c);
	engine_free(&en);
}

/* ---- interruption ---- */

static void
a_signal_ends_a_turn(void **state)
{
	CLEANUP(tear_down) struct bench b;
	struct engine_limits lim = usual;
	int rc;

	(void)state;
	os_catch_signals();
	lim.turn_ms = 2;
	set_up(&b, false, SPINNER);
	assert_int_equal(start(&b, &lim), 0);
	rc = instance_call(b.in, "ever", b.args, 0, &b.e);
	assert_int_equal(rc, ENGINE_TURN);
	raise(SIGINT);
	while (rc == ENGINE_TURN)
		rc = instance_resume(b.in, b.args, &b.e);
	assert_int_equal(rc, -1);
	assert_int_equal(b.e.kind, ERR_SIGNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_import_may_answer_later),
		cmocka_unit_test(
		    an_import_that_may_wait_takes_and_gives_every_kind),
		cmocka_unit_test(a_start_section_may_wait),
		cmocka_unit_test(one_that_waits_may_be_freed),
		cmocka_unit_test(what_fails_after_waiting_is_told_as_ever),
		cmocka_unit_test(an_import_may_use_a_mebibyte_of_stack),
		cmocka_unit_test(a_long_turn_is_ended_and_goes_on),
		cmocka_unit_test(without_turns_a_guest_runs_on),
		cmocka_unit_test(
		    a_deadline_ends_one_that_runs_and_none_that_waits),
		cmocka_unit_test(fuel_is_counted_over_waits_and_turns),
		cmocka_unit_test(a_guest_goes_on_on_any_thread),
		cmocka_unit_test(ten_thousand_may_wait),
		cmocka_unit_test(a_pool_that_is_too_large_becomes_smaller),
		cmocka_unit_test(more_than_the_system_has_room_for_are_refused),
		/* Last: the signal stays noted. */
		cmocka_unit_test(a_signal_ends_a_turn),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
