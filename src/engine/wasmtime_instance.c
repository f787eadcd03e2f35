/* SPDX-License-Identifier: Apache-2.0 */
/* Instances: started, called, answered, ended. */
#include <assert.h>
#include <string.h>

#include "engine/wasmtime_types.h"
#include "os/os.h"

/* How often, in ticks, a running guest looks whether it was interrupted. */
#define LOOK_TICKS 20u

/* ---- time ---- */

static uint64_t
ticks_until(uint64_t deadline_ns, uint64_t now_ns)
{
	uint64_t left = (deadline_ns - now_ns) / (TICK_MS * 1000000u) + 1;

	return deadline_ns != 0 && left < LOOK_TICKS ? left : LOOK_TICKS;
}

/* The epoch says when to look; what counts is the clock, so a ticker that
 * was kept from running makes no one late. */
static wasmtime_error_t *
look(wasmtime_context_t *cx, void *data, uint64_t *delta,
    wasmtime_update_deadline_kind_t *kind)
{
	struct instance *in = data;
	uint64_t now = os_now_ns();

	(void)cx;
	if (os_interrupted() != 0)
		in->ended = ENDED_BY_SIGNAL;
	else if (in->deadline_ns != 0 && now >= in->deadline_ns)
		in->ended = ENDED_BY_TIME;
	if (in->ended != ENDED_NO)
		return wasmtime_error_new("ended");
	*delta = ticks_until(in->deadline_ns, now);
	*kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
	return NULL;
}

/* ---- starting ---- */

static int
refuse_memory(
    const struct code *c, const struct engine_limits *lim, struct err *e)
{
	char need[32], most[32];

	(void)err_set(e, ERR_LIMIT,
	    "needs %s of memory to start, and its limit is %s",
	    engine_bytes(c->memory_min, need),
	    engine_bytes(lim->memory_bytes, most));
	return err_hint(e, "give it a higher memory limit");
}

static void
set_limits(struct instance *in)
{
	uint64_t most = in->lim.memory_bytes;
	wasmtime_error_t *error;

	if (most > INT64_MAX)
		most = INT64_MAX;
	wasmtime_store_limiter(
	    in->store, (int64_t)most, TABLE_ELEMENTS, 1, TABLES, 1);
	if (in->lim.deadline_ms != 0)
		in->deadline_ns =
		    os_now_ns() + in->lim.deadline_ms * UINT64_C(1000000);
	wasmtime_store_epoch_deadline_callback(in->store, look, in, NULL);
	wasmtime_context_set_epoch_deadline(
	    in->cx, ticks_until(in->deadline_ns, os_now_ns()));
	if (!in->code->en->fuel)
		return;
	in->fuel = in->lim.fuel ? in->lim.fuel : INT64_MAX;
	error = wasmtime_context_set_fuel(in->cx, in->fuel);
	assert(!error);
}

static void
find_memory(struct instance *in)
{
	wasmtime_extern_t x;
	bool found;

	if (in->up)
		found = wasmtime_instance_export_get(
		    in->cx, &in->inst, "memory", 6, &x);
	else
		found = in->caller &&
		    wasmtime_caller_export_get(in->caller, "memory", 6, &x);
	if (!found || x.kind != WASMTIME_EXTERN_MEMORY)
		return;
	in->memory = x.of.memory;
	in->has_memory = true;
}

static int
instantiate(struct instance *in, struct err *e)
{
	wasmtime_error_t *error;
	wasm_trap_t *trap = NULL;
	char text[600];

	error = wasmtime_instance_pre_instantiate(
	    in->code->pre, in->cx, &in->inst, &trap);
	in->up = !error && !trap;
	if (in->up) {
		find_memory(in);
		return 0;
	}
	in->spent = true;
	if (!error || in->ended != ENDED_NO)
		return instance_failure(in, error, trap, e);
	engine_message(error, text, sizeof(text));
	return err_set(e, ERR_LIMIT, "cannot be started: %s", text);
}

int
instance_start(struct instance **out, const struct code *c,
    const struct engine_limits *lim, void *arg, struct err *e)
{
	struct instance *in;

	assert(lim->fuel == 0 || c->en->fuel);
	if (c->memory_min > lim->memory_bytes)
		return refuse_memory(c, lim, e);
	if (engine_tick(c->en, e) < 0)
		return -1;
	if (c->en->pooling && atomic_load(&c->en->live) > c->en->instances) {
		atomic_fetch_sub(&c->en->live, 1);
		return err_set(e, ERR_LIMIT,
		    "%u functions run already, as many as there may be",
		    c->en->instances);
	}
	in = mem_take(sizeof(*in));
	in->magic = INSTANCE_MAGIC;
	in->code = c;
	in->lim = *lim;
	in->arg = arg;
	in->store = wasmtime_store_new(c->en->we, in, NULL);
	in->cx = wasmtime_store_context(in->store);
	set_limits(in);
	*out = in;
	return instantiate(in, e);
}

void
instance_free(struct instance **pin)
{
	struct instance *in = *pin;

	if (!in)
		return;
	assert(in->magic == INSTANCE_MAGIC && !in->caller);
	trace_free(&in->trace);
	wasmtime_store_delete(in->store);
	atomic_fetch_sub(&in->code->en->live, 1);
	in->magic = 0;
	mem_free(in);
	*pin = NULL;
}

/* ---- values ---- */

/* wasmtime wants the upper half of a 32-bit value clear. */
static void
to_raw(wasmtime_val_raw_t *raw, uint8_t kind, int64_t v)
{
	if (kind == WASM_I32 || kind == WASM_F32)
		v = (int64_t)(uint32_t)v;
	raw->i64 = v;
}

static int64_t
from_raw(const wasmtime_val_raw_t *raw, uint8_t kind)
{
	if (kind == WASM_I32)
		return raw->i32;
	if (kind == WASM_F32)
		return (int64_t)(uint32_t)raw->i64;
	return raw->i64;
}

/* ---- calls in and out ---- */

wasm_trap_t *
instance_import(void *binding, wasmtime_caller_t *caller,
    wasmtime_val_raw_t *raw, size_t nraw)
{
	const struct binding *b = binding;
	struct instance *in =
	    wasmtime_context_get_data(wasmtime_caller_context(caller));
	wasmtime_caller_t *outer = in->caller;
	int64_t args[ENGINE_MAX_ARGS] = { 0 };
	int rc;

	assert(in->magic == INSTANCE_MAGIC);
	assert(nraw >= b->sig.nparams && nraw >= b->sig.nresults);
	for (size_t i = 0; i < b->sig.nparams; i++)
		args[i] = from_raw(&raw[i], b->sig.kinds[i]);
	in->caller = caller;
	if (!in->has_memory)
		find_memory(in);
	in->err.kind = ERR_NONE;
	rc = b->import->fn(in, in->arg, args, &in->err);
	in->caller = outer;
	if (rc < 0) {
		assert(in->err.kind != ERR_NONE);
		in->ended = ENDED_BY_IMPORT;
		return wasmtime_trap_new("ended", strlen("ended"));
	}
	if (b->sig.nresults > 0)
		to_raw(&raw[0], b->sig.result, args[0]);
	return NULL;
}

bool
instance_has(struct instance *in, const char *name, const char *type)
{
	const struct export *x = code_export(in->code, name);

	return x && str_is(x->sig.text, type);
}

static int
call(struct instance *in, const struct export *x, int64_t *args, struct err *e)
{
	wasmtime_val_raw_t raw[ENGINE_MAX_ARGS];
	wasmtime_error_t *error;
	wasm_trap_t *trap = NULL;
	wasmtime_extern_t f;
	size_t n;

	if (!wasmtime_instance_export_get(
		in->cx, &in->inst, x->name.p, x->name.n, &f))
		return err_set(e, ERR_BUG, "an export went away");
	for (size_t i = 0; i < x->sig.nparams; i++)
		to_raw(&raw[i], x->sig.kinds[i], args[i]);
	n = x->sig.nparams > 0 ? x->sig.nparams : 1;
	error = wasmtime_func_call_unchecked(in->cx, &f.of.func, raw, n, &trap);
	if (error || trap)
		return instance_failure(in, error, trap, e);
	if (x->sig.nresults > 0)
		args[0] = from_raw(&raw[0], x->sig.result);
	return 0;
}

int
instance_call(struct instance *in, const char *name, int64_t *args,
    size_t nargs, struct err *e)
{
	const struct export *x = code_export(in->code, name);

	assert(in->magic == INSTANCE_MAGIC && in->up && !in->spent);
	if (!x)
		return err_set(e, ERR_INPUT, "exports no function '%s'", name);
	if (!x->sig.plain || x->sig.nparams != nargs)
		return err_set(e, ERR_INPUT,
		    "exports '%s' as " STR_F ", which cannot be called with "
		    "%zu values",
		    name, STR_A(x->sig.text), nargs);
	return call(in, x, args, e);
}

/* ---- memory, accounts ---- */

void *
instance_memory(struct instance *in, uint32_t ptr, uint32_t len)
{
	size_t size;

	if (!in->has_memory)
		return NULL;
	size = wasmtime_memory_data_size(in->cx, &in->memory);
	if (ptr > size || len > size - ptr)
		return NULL;
	return wasmtime_memory_data(in->cx, &in->memory) + ptr;
}

uint64_t
instance_memory_bytes(struct instance *in)
{
	if (!in->has_memory)
		return 0;
	return wasmtime_memory_data_size(in->cx, &in->memory);
}

uint64_t
instance_fuel_used(struct instance *in)
{
	wasmtime_error_t *error;
	uint64_t left = 0;

	if (!in->code->en->fuel)
		return 0;
	error = wasmtime_context_get_fuel(in->cx, &left);
	assert(!error);
	return in->fuel - left;
}
