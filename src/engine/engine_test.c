/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/cache.h"
#include "engine/fixture.h"

#define NO_IMPORTS ((const struct engine_import[]){ { 0 } })

/* Start text, call its export "f", leave the error in e. */
static int
call_f(struct engine *en, const char *text, struct engine_limits lim,
    int64_t *args, size_t nargs, struct err *e)
{
	CLEANUP(code_free) struct code *c = NULL;
	CLEANUP(instance_free) struct instance *in = NULL;

	assert_int_equal(load(&c, en, text, NO_IMPORTS, e), 0);
	if (instance_start(&in, c, &lim, NULL, e) < 0)
		return -1;
	return instance_call(in, "f", args, nargs, e);
}

static void
a_call_takes_and_gives_numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t a, b, want;
	} cases[] = {
		{ "(func (export \"f\") (param i32 i32) (result i32)"
		  " (i32.sub (local.get 0) (local.get 1)))",
		    2, 5, -3 },
		{ "(func (export \"f\") (param i32 i32) (result i32)"
		  " (i32.div_u (local.get 0) (local.get 1)))",
		    -1, 2, INT32_MAX },
		{ "(func (export \"f\") (param i64 i32) (result i64)"
		  " (i64.add (local.get 0)"
		  " (i64.extend_i32_s (local.get 1))))",
		    INT64_C(1) << 40, -1, (INT64_C(1) << 40) - 1 },
	};
	struct engine_limits lim = ENGINE_LIMITS;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (int pool = 0; pool < 2; pool++) {
			struct engine *en =
			    engine((struct engine_options){ .pooling = pool });
			int64_t args[2] = { cases[i].a, cases[i].b };
			struct err e = ERR;

			assert_int_equal(
			    call_f(en, cases[i].text, lim, args, 2, &e), 0);
			assert_true(args[0] == cases[i].want);
			engine_free(&en);
		}
}

static void
a_trap_says_its_cause(void **state)
{
	static const struct {
		const char *body, *want;
		enum err_kind kind;
	} cases[] = {
		{ "unreachable", "unreachable executed", ERR_GUEST },
		{ "(drop (i32.div_s (i32.const 1) (i32.const 0)))",
		    "integer division by zero", ERR_GUEST },
		{ "(drop (i32.load (i32.const 65536)))",
		    "read or wrote outside of its memory", ERR_GUEST },
		{ "(call_indirect (i32.const 0))",
		    "called a null function pointer", ERR_GUEST },
		{ "(call_indirect (i32.const 9))",
		    "called a function that is not in its table", ERR_GUEST },
		{ "(call 0)", "recursed too deeply: its stack passed 512 KiB",
		    ERR_LIMIT },
		{ "(loop (br 0))", "ran longer than 50 ms", ERR_LIMIT },
		{ "(loop (if (i32.eq (memory.grow (i32.const 1))"
		  " (i32.const -1)) (then (unreachable))) (br 0))",
		    "reached its memory limit of 1 MiB (unreachable executed)",
		    ERR_LIMIT },
	};
	struct engine *en = engine((struct engine_options){ 0 });
	struct engine_limits lim = { .memory_bytes = ONE_MIB,
		.deadline_ms = 50 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[400];
		struct err e = ERR;

		(void)snprintf(text, sizeof(text),
		    "(memory (export \"memory\") 1) (table 1 funcref)"
		    "(func (export \"f\") %s)",
		    cases[i].body);
		assert_int_equal(call_f(en, text, lim, NULL, 0, &e), -1);
		assert_string_equal(e.text, cases[i].want);
		assert_int_equal(e.kind, cases[i].kind);
	}
	engine_free(&en);
}

static void
an_interrupted_call_ends(void **state)
{
	struct engine *en = engine((struct engine_options){ 0 });
	struct engine_limits lim = { .memory_bytes = ONE_MIB };
	struct err e = ERR;

	(void)state;
	os_catch_signals();
	raise(SIGINT);
	assert_int_equal(
	    call_f(en, "(func (export \"f\") (loop (br 0)))", lim, NULL, 0, &e),
	    -1);
	assert_int_equal(e.kind, ERR_SIGNAL);
	assert_int_equal(e.sig, SIGINT);
	engine_free(&en);
}

static void
fuel_is_counted_exactly(void **state)
{
	static const char text[] =
	    "(func (export \"f\") (local i32) (local.set 0 (i32.const 1000))"
	    " (loop (br_if 0 (local.tee 0"
	    " (i32.sub (local.get 0) (i32.const 1))))))";
	struct engine *en = engine((struct engine_options){ .fuel = true });
	struct engine_limits lim = ENGINE_LIMITS;
	uint64_t used[2];
	struct err e = ERR;

	(void)state;
	for (int i = 0; i < 2; i++) {
		CLEANUP(code_free) struct code *c = NULL;
		CLEANUP(instance_free) struct instance *in = NULL;

		assert_int_equal(load(&c, en, text, NO_IMPORTS, &e), 0);
		assert_int_equal(instance_start(&in, c, &lim, NULL, &e), 0);
		assert_int_equal(instance_call(in, "f", NULL, 0, &e), 0);
		used[i] = instance_fuel_used(in);
	}
	assert_true(used[0] == used[1] && used[0] >= 1000);
	lim.fuel = used[0];
	assert_int_equal(call_f(en, text, lim, NULL, 0, &e), 0);
	lim.fuel = 500;
	assert_int_equal(call_f(en, text, lim, NULL, 0, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.text, "used up its fuel of 500 instructions");
	engine_free(&en);
}

static void
a_trace_names_functions_as_people_do(void **state)
{
	static const char text[] =
	    "(func $_ZN4core9panicking5panic17h0123456789abcdefE unreachable)"
	    "(func $middle (call 0)) (func $top (export \"f\") (call 1))";
	struct engine *en = engine((struct engine_options){ 0 });
	struct engine_limits lim = ENGINE_LIMITS;
	struct engine_frame f[8];
	struct err e = ERR;

	(void)state;
	{
		CLEANUP(code_free) struct code *c = NULL;
		CLEANUP(instance_free) struct instance *in = NULL;

		assert_int_equal(load(&c, en, text, NO_IMPORTS, &e), 0);
		assert_int_equal(instance_start(&in, c, &lim, NULL, &e), 0);
		assert_int_equal(instance_call(in, "f", NULL, 0, &e), -1);
		assert_int_equal(instance_trace(in, f, COUNT(f)), 3);
		assert_true(str_starts(f[0].func, "core::panicking::panic"));
		assert_true(str_is(f[1].func, "middle"));
		assert_true(str_is(f[2].func, "top"));
		assert_int_equal(f[0].func_index, 0);
		assert_true(f[0].offset > 8 && f[1].offset > f[0].offset);
		assert_int_equal(instance_trace(in, f, 1), 1);
	}
	engine_free(&en);
}

/* ---- imports ---- */

struct caller {
	int magic, calls;
	char seen[8];
};

static int
peek(struct instance *in, void *arg, int64_t *args, struct err *e)
{
	struct caller *c = arg;
	const char *p = instance_memory(in, (uint32_t)args[0], 4);

	assert_int_equal(c->magic, 77);
	c->calls++;
	if (args[1] < 0)
		return err_set(e, ERR_TRUST, "no: %d", (int)args[1]);
	if (p)
		memcpy(c->seen, p, 4);
	args[0] = p ? args[1] * 2 : -1;
	return 0;
}

static const struct engine_import imports[] = {
	{ "env", "peek", "(i32, i64) -> i64", peek, NULL },
	{ "env", "peek", "(i32, i64, i32) -> i64", peek, NULL },
	{ 0 },
};

#define PEEK \
	"(import \"env\" \"peek\" (func $p (param i32 i64) (result i64)))" \
	"(memory (export \"memory\") 1) (data (i32.const 65532) \"abcd\")"

static void
an_import_sees_memory_and_answers(void **state)
{
	static const char text[] =
	    PEEK "(func (export \"f\") (param i32 i64) (result i64)"
		 " (call $p (local.get 0) (local.get 1)))";
	struct engine *en = engine((struct engine_options){ 0 });
	struct engine_limits lim = ENGINE_LIMITS;
	struct caller who = { .magic = 77 };
	struct err e = ERR;

	(void)state;
	{
		CLEANUP(code_free) struct code *c = NULL;
		CLEANUP(instance_free) struct instance *in = NULL;
		int64_t args[2] = { 65532, INT64_C(1) << 40 };

		assert_int_equal(load(&c, en, text, imports, &e), 0);
		assert_int_equal(instance_start(&in, c, &lim, &who, &e), 0);
		assert_int_equal(instance_call(in, "f", args, 2, &e), 0);
		assert_true(args[0] == INT64_C(2) << 40);
		assert_string_equal(who.seen, "abcd");
		/* One byte over the end of memory, and far over. */
		args[0] = 65533;
		args[1] = 1;
		assert_int_equal(instance_call(in, "f", args, 2, &e), 0);
		assert_true(args[0] == -1);
		args[0] = -4;
		assert_int_equal(instance_call(in, "f", args, 2, &e), 0);
		assert_true(args[0] == -1);
		/* Ended by the import: its own error, and a trace. */
		args[1] = -5;
		assert_int_equal(instance_call(in, "f", args, 2, &e), -1);
		assert_int_equal(e.kind, ERR_TRUST);
		assert_string_equal(e.text, "no: -5");
		assert_true(instance_trace(in, NULL, 0) == 0);
		assert_int_equal(who.calls, 4);
	}
	engine_free(&en);
}

static void
a_start_section_may_call_imports(void **state)
{
	static const char text[] =
	    PEEK "(func $s (drop (call $p (i32.const 65532) (i64.const 1))))"
		 "(start $s)";
	struct engine *en = engine((struct engine_options){ 0 });
	struct engine_limits lim = ENGINE_LIMITS;
	struct caller who = { .magic = 77 };
	struct err e = ERR;

	(void)state;
	{
		CLEANUP(code_free) struct code *c = NULL;
		CLEANUP(instance_free) struct instance *in = NULL;

		assert_int_equal(load(&c, en, text, imports, &e), 0);
		assert_int_equal(instance_start(&in, c, &lim, &who, &e), 0);
		assert_string_equal(who.seen, "abcd");
	}
	engine_free(&en);
}

static void
what_cannot_be_linked_is_told(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "(import \"env\" \"pek\" (func (param i32)))",
		    "'m': imports 'env.pek' (i32) -> (), which nobody offers" },
		{ "(import \"env\" \"peek\" (func (param i32) (result i64)))",
		    "'m': imports 'env.peek' as (i32) -> i64, but it is "
		    "(i32, i64, i32) -> i64" },
		{ "(import \"env\" \"peek\" (func (param i32 i64 i32)"
		  " (result i64)))"
		  "(import \"env\" \"peek\" (func (param i32 i64)"
		  " (result i64)))",
		    "'m': imports 'env.peek' both as (i32, i64) -> i64 and as "
		    "(i32, i64, i32) -> i64, and a module can have one of "
		    "them" },
		{ "(import \"env\" \"memory\" (memory 1))",
		    "'m': imports 'env.memory', which is not a function; "
		    "only functions are offered" },
	};
	struct engine *en = engine((struct engine_options){ 0 });

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct code *c = NULL;
		struct err e = ERR;

		assert_int_equal(load(&c, en, cases[i].text, imports, &e), -1);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_string_equal(e.text, cases[i].want);
		assert_null(c);
	}
	engine_free(&en);
}

static void
an_import_may_be_named_twice(void **state)
{
	static const char text[] =
	    "(import \"env\" \"peek\" (func (param i32 i64) (result i64)))"
	    "(import \"env\" \"peek\" (func (param i32 i64) (result i64)))"
	    "(func (export \"f\"))";
	struct engine *en = engine((struct engine_options){ 0 });
	struct code *c = NULL;
	struct err e = ERR;

	(void)state;
	assert_int_equal(load(&c, en, text, imports, &e), 0);
	code_free(&c);
	engine_free(&en);
}

/* ---- starting ---- */

static void
what_cannot_start_is_told(void **state)
{
	static const struct {
		const char *text, *want;
		enum err_kind kind;
	} cases[] = {
		{ "(memory (export \"memory\") 17)",
		    "needs 1088 KiB of memory to start, and its limit is "
		    "1 MiB",
		    ERR_LIMIT },
		{ "(func $s unreachable) (start $s)", "unreachable executed",
		    ERR_GUEST },
		{ "(func $s (loop (br 0))) (start $s)", "ran longer than 50 ms",
		    ERR_LIMIT },
		{ "(memory 1) (data (i32.const 65536) \"x\")",
		    "read or wrote outside of its memory", ERR_GUEST },
	};
	struct engine_limits lim = { .memory_bytes = ONE_MIB,
		.deadline_ms = 50 };
	struct engine *en = engine((struct engine_options){ 0 });

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = ERR;

		assert_int_equal(
		    call_f(en, cases[i].text, lim, NULL, 0, &e), -1);
		assert_string_equal(e.text, cases[i].want);
		assert_int_equal(e.kind, cases[i].kind);
	}
	engine_free(&en);
}

static void
later_features_are_refused(void **state)
{
	static const struct {
		const char *what, *wasm;
		size_t n;
	} cases[] = {
#define WASM(what, bytes) \
	{ what, "\0asm\1\0\0\0" bytes, sizeof("\0asm\1\0\0\0" bytes) - 1 }
		WASM("memory64", "\5\3\1\4\1"),
		WASM("shared memory", "\5\4\1\3\1\1"),
		WASM("two memories", "\5\5\2\0\1\0\1"),
		WASM("tag", "\1\4\1\x60\0\0\15\3\1\0\0"),
		WASM("struct type", "\1\3\1\x5f\0"),
		WASM("tail call", "\1\4\1\x60\0\0\3\2\1\0\12\6\1\4\0\x12\0\13"),
		{ "empty", "", 0 },
		{ "later version", "\0asm\2\0\0\0", 8 },
		{ "component", "\0asm\15\0\1\0", 8 },
		{ "cut", "\0asm\1\0\0\0\5\3\1", 11 },
		{ "text", "(module)", 8 },
	};
	struct engine *en = engine((struct engine_options){ 0 });

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str wasm = { cases[i].wasm, cases[i].n };
		struct code *c = NULL;
		struct err e = ERR;

		if (code_load(&c, en, wasm, STR("m"), NO_IMPORTS, &e) == 0)
			fail_msg("%s was accepted", cases[i].what);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_null(strchr(e.text, '\n'));
	}
	engine_free(&en);
}

static void
a_full_pool_says_so(void **state)
{
	struct engine *en =
	    engine((struct engine_options){ .pooling = true, .instances = 2 });
	struct engine_limits lim = ENGINE_LIMITS;
	struct instance *in[3] = { NULL };
	struct code *c = NULL;
	struct err e = ERR;

	(void)state;
	assert_int_equal(load(&c, en, "(memory 1)", NO_IMPORTS, &e), 0);
	assert_int_equal(instance_start(&in[0], c, &lim, NULL, &e), 0);
	assert_int_equal(instance_start(&in[1], c, &lim, NULL, &e), 0);
	assert_int_equal(instance_start(&in[2], c, &lim, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	instance_free(&in[0]);
	assert_int_equal(instance_start(&in[2], c, &lim, NULL, &e), 0);
	instance_free(&in[1]);
	instance_free(&in[2]);
	code_free(&c);
	engine_free(&en);
}

/* A heap for references takes the place of a memory. */
static void
a_pool_has_room_for_references(void **state)
{
	struct engine *en =
	    engine((struct engine_options){ .pooling = true, .instances = 3 });
	struct engine_limits lim = ENGINE_LIMITS;
	struct instance *in[3] = { NULL };
	struct code *c = NULL;
	struct err e = ERR;

	(void)state;
	assert_int_equal(load(&c, en,
			     "(memory 1) (table 3 externref)"
			     "(func (export \"f\") (param externref)"
			     " (table.set 0 (i32.const 1) (local.get 0)))",
			     NO_IMPORTS, &e),
	    0);
	for (size_t i = 0; i < COUNT(in); i++)
		if (instance_start(&in[i], c, &lim, NULL, &e) < 0)
			fail_msg("%s", e.text);
	for (size_t i = 0; i < COUNT(in); i++)
		instance_free(&in[i]);
	code_free(&c);
	engine_free(&en);
}

static void
a_new_instance_has_clean_memory(void **state)
{
	static const char text[] =
	    "(memory (export \"memory\") 2)"
	    "(func (export \"f\") (param i32) (result i32)"
	    " (i32.load (local.get 0))"
	    " (i32.store (local.get 0) (i32.const 0x5ec7e7)))";
	struct engine *en =
	    engine((struct engine_options){ .pooling = true, .instances = 1 });
	struct engine_limits lim = ENGINE_LIMITS;
	struct err e = ERR;

	(void)state;
	for (int i = 0; i < 20; i++) {
		int64_t args[1] = { i % 2 ? 0 : 131000 };

		assert_int_equal(call_f(en, text, lim, args, 1, &e), 0);
		assert_int_equal(args[0], 0);
	}
	engine_free(&en);
}

/*
 * What an instance wrote - all over its memory, into its table, its globals,
 * into memory it grew - no other one finds, whichever pool they are of: small
 * and large memories are cleared in ways of their own, and there is a pool for
 * the first and one for the rest.
 */
#define DIRTY(pages) \
	"(memory (export \"memory\") " pages " 200)" \
	"(table $t 8 funcref) (global $g (mut i64) (i64.const 0)) (elem " \
	"declare" \
	" func $f)" \
	"(func $f (export \"f\") (param $i i32) (result i32)" \
	" (local $n i32) (local $seen i32)" \
	" (local.set $n (i32.mul (memory.size) (i32.const 65536)))" \
	" (local.set $seen (i32.or (i32.eqz (ref.is_null (table.get $t" \
	"  (i32.const 5)))) (i32.wrap_i64 (global.get $g))))" \
	" (loop $l" \
	"  (local.set $seen (i32.or (local.get $seen)" \
	"   (i32.load (local.get $i))))" \
	"  (i32.store (local.get $i) (i32.const 0x5ec7e7))" \
	"  (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i)" \
	"   (i32.const 508))) (i32.sub (local.get $n) (i32.const 3)))))" \
	" (table.set $t (i32.const 5) (ref.func $f))" \
	" (global.set $g (i64.const -1))" \
	" (local.set $n (memory.grow (i32.const 2)))" \
	" (local.set $n (i32.mul (local.get $n) (i32.const 65536)))" \
	" (local.set $seen (i32.or (local.get $seen)" \
	"  (i32.load offset=70000 (local.get $n))))" \
	" (i32.store offset=70000 (local.get $n) (i32.const 1))" \
	" (local.get $seen))"

static void
dirty_by_hundreds(struct engine *en, const char *text)
{
	struct engine_limits lim = ENGINE_LIMITS;
	struct instance *in[100] = { NULL };
	struct code *c = NULL;
	struct err e = ERR;

	assert_int_equal(load(&c, en, text, NO_IMPORTS, &e), 0);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT(in); i++) {
			int64_t args[1] = { (int64_t)(i + round) % 127 * 4 };

			if (instance_start(&in[i], c, &lim, NULL, &e) < 0 ||
			    instance_call(in[i], "f", args, 1, &e) < 0)
				fail_msg("%zu: %s", i, e.text);
			assert_int_equal(args[0], 0);
		}
		for (size_t i = 0; i < COUNT(in); i++)
			instance_free(&in[i]);
	}
	code_free(&c);
}

static void
no_instance_finds_what_another_wrote(void **state)
{
	struct engine *en = engine(
	    (struct engine_options){ .pooling = true, .instances = 120 });

	(void)state;
	dirty_by_hundreds(en, DIRTY("1"));
	dirty_by_hundreds(en, DIRTY("17"));
	dirty_by_hundreds(en, DIRTY("1"));
	engine_free(&en);
}

/* With little address space there is no pool, and small reservations. */
static void
little_address_space_is_enough(void **state)
{
	struct engine_limits lim = ENGINE_LIMITS;
	struct rlimit old, low;
	int64_t args[1] = { 7 };
	struct engine *en;
	struct err e = ERR;
	int rc;

	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip(); /* its shadow needs more than that */
#endif
	getrlimit(RLIMIT_AS, &old);
	low = old;
	low.rlim_cur = UINT64_C(3) << 30;
	setrlimit(RLIMIT_AS, &low);
	en = engine((struct engine_options){ .pooling = true });
	rc = call_f(en,
	    "(memory (export \"memory\") 16) (func (export \"f\")"
	    " (param i32) (result i32) (local.get 0))",
	    lim, args, 1, &e);
	engine_free(&en);
	setrlimit(RLIMIT_AS, &old);
	assert_int_equal(rc, 0);
	assert_int_equal(args[0], 7);
}

/* ---- threads ---- */

static void *
many_calls(void *arg)
{
	const struct code *c = arg;
	struct engine_limits lim = ENGINE_LIMITS;
	intptr_t wrong = 0;

	for (int i = 0; i < 300; i++) {
		CLEANUP(instance_free) struct instance *in = NULL;
		int64_t args[1] = { i };
		struct err e = ERR;

		if (instance_start(&in, c, &lim, NULL, &e) < 0 ||
		    instance_call(in, "f", args, 1, &e) < 0 || args[0] != i + 1)
			wrong++;
		/* A trap on this thread is none of the others' business. */
		args[0] = -1;
		if (!in || instance_call(in, "f", args, 1, &e) == 0)
			wrong++;
	}
	return (void *)wrong;
}

static void
threads_may_share_code(void **state)
{
	static const char text[] =
	    "(memory (export \"memory\") 1)"
	    "(func (export \"f\") (param i32) (result i32)"
	    " (if (i32.lt_s (local.get 0) (i32.const 0))"
	    "  (then (unreachable)))"
	    " (i32.store (i32.const 8) (local.get 0))"
	    " (i32.add (i32.load (i32.const 8)) (i32.const 1)))";

	(void)state;
	for (int pool = 0; pool < 2; pool++) {
		struct engine *en =
		    engine((struct engine_options){ .pooling = pool });
		struct code *c = NULL;
		pthread_t t[4];
		struct err e = ERR;
		void *wrong;

		assert_int_equal(load(&c, en, text, NO_IMPORTS, &e), 0);
		for (size_t i = 0; i < COUNT(t); i++)
			assert_int_equal(
			    pthread_create(&t[i], NULL, many_calls, c), 0);
		for (size_t i = 0; i < COUNT(t); i++) {
			pthread_join(t[i], &wrong);
			assert_null(wrong);
		}
		code_free(&c);
		engine_free(&en);
	}
}

/* ---- the cache ---- */

static const char seven[] = "(func (export \"f\") (result i32) (i32.const 7))";

/* The one file of code in dir.  False: there is none. */
static bool
only_file(const char *dir, char *path, size_t npath)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	int n = 0;

	assert_non_null(d);
	while ((de = readdir(d)) != NULL) {
		if (!str_ends(str_of(de->d_name), ".code"))
			continue;
		(void)snprintf(path, npath, "%s/%.100s", dir, de->d_name);
		n++;
	}
	closedir(d);
	assert_true(n <= 1);
	return n == 1;
}

static void
run_seven(const char *dir)
{
	struct engine *en = engine((struct engine_options){ .cache_dir = dir });
	struct engine_limits lim = ENGINE_LIMITS;
	int64_t args[1] = { 0 };
	struct err e = ERR;

	assert_int_equal(call_f(en, seven, lim, args, 0, &e), 0);
	assert_int_equal(args[0], 7);
	engine_free(&en);
}

static void
compiled_code_is_kept_and_used(void **state)
{
	char dir[64], path[256];
	struct stat a, b;

	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s/cache", folder);
	run_seven(dir);
	assert_true(only_file(dir, path, sizeof(path)));
	assert_true(cache_check(path));
	assert_int_equal(stat(path, &a), 0);
	assert_int_equal(a.st_mode & 0777, 0600);
	run_seven(dir);
	assert_int_equal(stat(path, &b), 0);
	assert_true(a.st_ino == b.st_ino); /* not written again */
	assert_true(only_file(dir, path, sizeof(path)));
}

static void
kept_code_is_found_by_the_modules_digest(void **state)
{
	CLEANUP(buf_free) struct buf wasm = BUF(1 << 16);
	struct engine_limits lim = ENGINE_LIMITS;
	struct instance *in = NULL;
	struct code *c = NULL;
	struct err e = ERR;
	struct digest d;
	struct engine *en;
	char dir[64];

	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s/known", folder);
	assemble(seven, &wasm);
	d = sign_digest(buf_str(&wasm));
	for (int i = 0; i < 2; i++) {
		int64_t args[1] = { 0 };

		en = engine((struct engine_options){
		    .cache_dir = dir, .pooling = true, .early = i });
		assert_int_equal(
		    code_load_kept(&c, en, &d, STR("m"), NO_IMPORTS, &e), 0);
		assert_true((c != NULL) == (i > 0));
		if (!c)
			assert_int_equal(code_load(&c, en, buf_str(&wasm),
					     STR("m"), NO_IMPORTS, &e),
			    0);
		assert_int_equal(instance_start(&in, c, &lim, NULL, &e), 0);
		assert_int_equal(instance_call(in, "f", args, 0, &e), 0);
		assert_int_equal(args[0], 7);
		instance_free(&in);
		code_free(&c);
		d.b[0] ^= i; /* of no module */
		assert_int_equal(
		    code_load_kept(&c, en, &d, STR("m"), NO_IMPORTS, &e), 0);
		assert_true((c != NULL) == (i == 0));
		code_free(&c);
		engine_free(&en);
	}
}

static void
a_spoiled_file_is_compiled_again(void **state)
{
	char dir[64], path[256];
	struct err e = ERR;

	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s/spoiled", folder);
	run_seven(dir);
	assert_true(only_file(dir, path, sizeof(path)));
	for (int i = 0; i < 6; i++) {
		CLEANUP(buf_free) struct buf b = BUF(8 << 20);

		run_seven(dir);
		assert_true(cache_check(path));
		assert_int_equal(os_read(&b, path, &e), 0);
		switch (i) {
		case 0:
			b.p[b.n / 2] ^= 1;
			break;
		case 1:
			b.p[b.n - 1] ^= 1;
			break;
		case 2:
			b.n = b.n / 2;
			break;
		case 3:
			b.n = 0;
			break;
		case 4:
			buf_addc(&b, 'x');
			break;
		default:
			assert_int_equal(chmod(path, 0620), 0);
			assert_false(cache_check(path));
			continue;
		}
		assert_int_equal(os_replace(path, buf_str(&b), 0600, &e), 0);
		assert_false(cache_check(path));
	}
	run_seven(dir);
	assert_true(cache_check(path));
}

static void
a_folder_of_others_is_not_used(void **state)
{
	char dir[64], path[256];

	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s/open", folder);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(chmod(dir, 0777), 0);
	run_seven(dir);
	assert_false(only_file(dir, path, sizeof(path)));
	/* One that cannot be had at all. */
	run_seven("/dev/null/cache");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_takes_and_gives_numbers),
		cmocka_unit_test(a_trap_says_its_cause),
		cmocka_unit_test(fuel_is_counted_exactly),
		cmocka_unit_test(a_trace_names_functions_as_people_do),
		cmocka_unit_test(an_import_sees_memory_and_answers),
		cmocka_unit_test(a_start_section_may_call_imports),
		cmocka_unit_test(what_cannot_be_linked_is_told),
		cmocka_unit_test(an_import_may_be_named_twice),
		cmocka_unit_test(what_cannot_start_is_told),
		cmocka_unit_test(later_features_are_refused),
		cmocka_unit_test(a_full_pool_says_so),
		cmocka_unit_test(a_pool_has_room_for_references),
		cmocka_unit_test(a_new_instance_has_clean_memory),
		cmocka_unit_test(no_instance_finds_what_another_wrote),
		cmocka_unit_test(little_address_space_is_enough),
		cmocka_unit_test(threads_may_share_code),
		cmocka_unit_test(compiled_code_is_kept_and_used),
		cmocka_unit_test(kept_code_is_found_by_the_modules_digest),
		cmocka_unit_test(a_spoiled_file_is_compiled_again),
		cmocka_unit_test(a_folder_of_others_is_not_used),
		/* Last: the signal stays noted. */
		cmocka_unit_test(an_interrupted_call_ends),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
