/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What calls cost, in CPU time, beside the engine's own:
 *
 *	abi_bench [FILE.wasm [COUNT [INPUT]]]
 *
 * Host calls of a module of its own, above the engine's bare host call; and
 * calls of FILE, or of that module, each in a fresh instance, above the same
 * calls made of the bare engine with imports that do nothing.  And what memory
 * a call holds that waits.
 */
#include <stdio.h>
#include <time.h>

#include "abi/trial.h"

#define FILE_MAX (64u << 20)
#define ROUNDS 7
#define LOOPS 5000 /* a call may log 10,000 lines */
#define CALLS 40
#define HOST_CALL_NS 1000.0
#define FRESH_US 25.0
#define WAITERS 10000u
#define WAITER_KIB 50.0

/* run_e does what the first byte of its input says, LOOPS times. */
#define LOOP(letter, body) \
	"(if (i32.eq (i32.load8_u (local.get $p)) (i32.const " letter \
	")) (then (local.set $i (i32.const 5000)) (loop " body \
	" (local.set $i (i32.sub (local.get $i) (i32.const 1)))" \
	" (br_if 0 (local.get $i)))))"
#define TAKE "(drop (call $take (i32.const 256) (local.get $id)))"
static const char guest[] =
    "(module"
    "(import \"env\" \"return_result\" (func $result (param i32 i32 i32)))"
    "(import \"env\" \"log_msg\" (func $log (param i32 i32 i32 i32)))"
    "(import \"env\" \"cache_get\""
    " (func $get (param i32 i32 i32) (result i32)))"
    "(import \"env\" \"request_get_field\""
    " (func $field (param i32 i32 i32 i32) (result i32)))"
    "(import \"env\" \"get_ffi_result\""
    " (func $take (param i32 i32) (result i32)))"
    "(memory (export \"memory\") 2) (data (i32.const 16) \"keyvalue\")"
    "(func (export \"allocate\") (param i32) (result i32)"
    " (i32.const 4096))"
    "(func (export \"run_e\") (param $p i32) (param $n i32)"
    " (param $id i32) (local $i i32)" LOOP("108" /* l */,
	"(call $log (i32.const 16) (i32.const 8) (i32.const 3)"
	" (local.get $id))") LOOP("99" /* c */,
	"(drop (call $get (i32.const 16) (i32.const 3)"
	" (local.get $id))) " TAKE) LOOP("102" /* f */,
	"(drop (call $field (i32.const 2) (i32.const 16)"
	" (i32.const 3) (local.get $id))) " TAKE) "(call $result (local.get "
						  "$p) (local.get $n) "
						  "(local.get $id))))";

static double
cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int
ask(void *arg, const struct abi_ask *q, struct buf *out)
{
	(void)arg;
	if (q->what == ABI_CLOCK || q->what == ABI_RANDOM ||
	    q->what == ABI_SLEEP)
		return ABI_REFUSED;
	if (q->what != ABI_LOG)
		buf_add(out, STR("value"));
	return ABI_ANSWERED;
}

static int
nothing(struct instance *in, void *arg, int64_t *args, struct err *e)
{
	(void)in, (void)arg, (void)e;
	args[0] = 0;
	return 0;
}

#define MAX_IMPORTS 200
struct bare {
	struct engine_import table[MAX_IMPORTS];
};

static void
make_bare(struct bare *b)
{
	const struct engine_import *i = abi_imports();

	for (size_t n = 0; n + 1 < MAX_IMPORTS && i->name; i++, n++) {
		b->table[n] = *i;
		b->table[n].fn = nothing;
		b->table[n].finish = NULL;
	}
}

/* ---- one call ---- */

struct subject {
	const struct code *code;
	struct str input;
	struct err *e;
};

static int
call_whole(const struct subject *s)
{
	struct engine_limits lim = ENGINE_LIMITS;
	struct abi_host host = { .ask = ask };
	struct abi_result res;
	int rc = abi_call(s->code, &lim, &host, s->input, &res, s->e);

	abi_result_dispose(&res);
	return rc;
}

static int
call_export(struct instance *in, const char *name, int64_t *args, size_t n,
    struct err *e)
{
	static const char *const types[] = { "() -> ()", "(i32) -> i32", NULL,
		"(i32, i32, i32) -> ()" };

	if (!instance_has(in, name, types[n]))
		return 0;
	return instance_call(in, name, args, n, e);
}

/* The same exports, and no more than them. */
static int
call_bare(const struct subject *s)
{
	CLEANUP(instance_free) struct instance *in = NULL;
	struct engine_limits lim = ENGINE_LIMITS;
	int64_t args[3] = { (int64_t)s->input.n };
	char *p;

	if (instance_start(&in, s->code, &lim, NULL, s->e) < 0 ||
	    call_export(in, "_start", args, 0, s->e) < 0 ||
	    call_export(in, "init", args, 0, s->e) < 0 ||
	    call_export(in, "allocate", args, 1, s->e) < 0)
		return -1;
	p = instance_memory(in, (uint32_t)args[0], (uint32_t)s->input.n);
	if (p)
		memcpy(p, s->input.p, s->input.n);
	args[1] = (int64_t)s->input.n;
	args[2] = 1;
	return call_export(in, "run_e", args, 3, s->e);
}

/* ---- rounds ---- */

/* The least of some rounds; a call in ns, or -1 with e filled. */
static double
measure(int (*call)(const struct subject *), const struct subject *s, size_t n)
{
	double best = -1;

	for (int round = 0; round < ROUNDS; round++) {
		double ns = cpu_ns();

		for (size_t i = 0; i < n; i++)
			if (call(s) < 0)
				return -1;
		ns = (cpu_ns() - ns) / (double)n;
		if (best < 0 || ns < best)
			best = ns;
	}
	return best;
}

static const char *
verdict(bool ok)
{
	return ok ? "ok" : "OVER";
}

struct pair {
	struct engine *en;
	struct code *whole, *bare;
	struct bare *table;
};

static void
pair_dispose(struct pair *p)
{
	code_free(&p->whole);
	code_free(&p->bare);
	engine_free(&p->en);
	mem_free(p->table);
}

static int
pair_open(struct pair *p, struct str wasm, bool pool, struct err *e)
{
	struct engine_options opt = { .pooling = pool };

	p->table = mem_take(sizeof(*p->table));
	make_bare(p->table);
	if (engine_new(&p->en, &opt, e) < 0 ||
	    code_load(&p->whole, p->en, wasm, STR("bench"), abi_imports(), e) <
		0)
		return -1;
	return code_load(
	    &p->bare, p->en, wasm, STR("bench"), p->table->table, e);
}

/* A question and, for some, the fetching of its answer. */
static int
host_calls(const struct pair *p, struct err *e)
{
	static const struct {
		const char *what, *input;
		unsigned calls;
	} cases[] = {
		{ "log_msg", "l", 1 },
		{ "cache_get and get_ffi_result", "c", 2 },
		{ "request_get_field and get_ffi_result", "f", 2 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct subject s = { p->whole, str_of(cases[i].input), e };
		double whole = measure(call_whole, &s, CALLS) / LOOPS, bare;

		s.code = p->bare;
		bare = measure(call_bare, &s, CALLS) / LOOPS;
		if (whole < 0 || bare < 0)
			return -1;
		whole = (whole - bare) / cases[i].calls;
		printf("host call: %s, each %.0f ns above the engine's own of "
		       "%.0f ns, at most %.0f: %s\n",
		    cases[i].what, whole, bare / cases[i].calls, HOST_CALL_NS,
		    verdict(whole <= HOST_CALL_NS));
	}
	return 0;
}

static int
fresh(const struct pair *p, struct str wasm, struct str input, size_t n,
    struct err *e)
{
	struct subject s = { p->whole, input, e };
	double whole = measure(call_whole, &s, n) / 1e3, bare;

	s.code = p->bare;
	bare = measure(call_bare, &s, n) / 1e3;
	if (whole < 0 || bare < 0)
		return -1;
	printf("fresh instance: one call of a module of %.2f MB takes %.1f us, "
	       "%.1f of them the engine's, at most %.0f: %s\n",
	    (double)wasm.n / 1e6, whole, bare, FRESH_US,
	    verdict(whole <= FRESH_US));
	return 0;
}

static int
on_demand(struct str wasm, struct str input, size_t n, struct err *e)
{
	CLEANUP(pair_dispose) struct pair p = { 0 };
	struct subject s;
	double us;

	if (pair_open(&p, wasm, false, e) < 0)
		return -1;
	s = (struct subject){ p.whole, input, e };
	us = measure(call_whole, &s, n / 10 + 1) / 1e3;
	if (us < 0)
		return -1;
	printf("without a pool: %.1f us\n", us);
	return 0;
}

/* ---- many that wait ---- */

struct crowd {
	struct abi_call *c;
	struct abi_result res;
	const struct abi_ask *q;
	struct buf *out;
};

static int
ask_later(void *arg, const struct abi_ask *q, struct buf *out)
{
	struct crowd *w = arg;

	w->q = q;
	w->out = out;
	return ABI_LATER;
}

static void
no_more(void *arg)
{
	(void)arg;
}

static double
resident_kib(void)
{
	CLEANUP(buf_free) struct buf text = BUF(4096);
	struct err ignored = ERR;
	struct str s, size;
	uint64_t pages = 0;

	if (os_read(&text, "/proc/self/statm", &ignored) < 0)
		return 0;
	s = buf_str(&text);
	(void)str_cut(&s, ' ', &size);
	(void)str_cut(&s, ' ', &size);
	(void)str_u64(size, UINT32_MAX, &pages);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static int
gather(struct crowd *w, const struct code *code, size_t n, struct err *e)
{
	struct engine_limits lim = ENGINE_LIMITS;
	struct abi_input in = { .body = STR("c") };
	struct abi_host host = {
		.ask = ask_later, .cancel = no_more, .wake = no_more
	};

	lim.deadline_ms = 0;
	for (size_t i = 0; i < n; i++) {
		host.arg = &w[i];
		if (abi_start(&w[i].c, code, &lim, &host, &in, &w[i].res, e) !=
		    ENGINE_LATER)
			return -1;
	}
	return 0;
}

static int
waiting(struct str wasm, bool pool, struct err *e)
{
	CLEANUP(engine_free) struct engine *en = NULL;
	CLEANUP(code_free) struct code *code = NULL;
	struct engine_options opt = { .pooling = pool, .instances = WAITERS };
	struct crowd *w = mem_take(WAITERS * sizeof(*w));
	double kib;
	int rc = -1;

	if (engine_new(&en, &opt, e) == 0 &&
	    code_load(&code, en, wasm, STR("bench"), abi_imports(), e) == 0) {
		kib = resident_kib();
		rc = gather(w, code, WAITERS, e);
		kib = (resident_kib() - kib) / WAITERS;
	}
	for (size_t i = 0; i < WAITERS; i++) {
		abi_end(&w[i].c);
		abi_result_dispose(&w[i].res);
	}
	mem_free(w);
	if (rc < 0)
		return -1;
	printf("waiting: each of %u calls %s holds %.1f KiB, at most %.0f: "
	       "%s\n",
	    WAITERS, pool ? "in a pool" : "on demand", kib, WAITER_KIB,
	    verdict(kib <= WAITER_KIB));
	return 0;
}

static int
bench(int argc, char **argv, struct err *e)
{
	CLEANUP(buf_free) struct buf file = BUF(FILE_MAX), own = BUF(1 << 16);
	CLEANUP(pair_dispose) struct pair p = { 0 };
	CLEANUP(pair_dispose) struct pair q = { 0 };
	struct str input = STR("hello");
	uint64_t n = 2000;

	if (!trial_assemble(str_of(guest), &own))
		return err_set(e, ERR_BUG, "cannot be assembled");
	if (argc > 2 && !str_u64(str_of(argv[2]), 100000000, &n))
		return err_set(e, ERR_USAGE, "'%s' is no count", argv[2]);
	if (argc > 3)
		input = str_of(argv[3]);
	if (argc > 1 && os_read(&file, argv[1], e) < 0)
		return -1;
	if (argc <= 1)
		buf_add(&file, buf_str(&own));
	if (pair_open(&p, buf_str(&own), true, e) < 0 ||
	    host_calls(&p, e) < 0 ||
	    pair_open(&q, buf_str(&file), true, e) < 0 ||
	    fresh(&q, buf_str(&file), input, n, e) < 0)
		return -1;
	if (on_demand(buf_str(&file), input, n, e) < 0 ||
	    waiting(buf_str(&own), true, e) < 0)
		return -1;
	return waiting(buf_str(&own), false, e);
}

int
main(int argc, char **argv)
{
	struct err e = ERR;

	if (bench(argc, argv, &e) == 0)
		return 0;
	fprintf(stderr, "abi_bench: %s\n", e.text);
	return (int)e.kind;
}
