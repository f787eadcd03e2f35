/* SPDX-License-Identifier: Apache-2.0 */
/* Calls into a guest, and its calls out: values, imports, going on. */
#include <assert.h>
#include <string.h>

#include "engine/wasmtime_types.h"

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

static void
to_val(wasmtime_val_t *val, uint8_t kind, int64_t v)
{
	static const wasmtime_valkind_t kinds[] = {
		[WASM_I32] = WASMTIME_I32,
		[WASM_I64] = WASMTIME_I64,
		[WASM_F32] = WASMTIME_F32,
		[WASM_F64] = WASMTIME_F64,
	};

	memset(val, 0, sizeof(*val));
	val->kind = kinds[kind];
	if (kind == WASM_I32 || kind == WASM_F32)
		val->of.i32 = (int32_t)v;
	else
		val->of.i64 = v;
}

static int64_t
from_val(const wasmtime_val_t *val)
{
	if (val->kind == WASMTIME_I32)
		return val->of.i32;
	if (val->kind == WASMTIME_F32)
		return (int64_t)(uint32_t)val->of.i32;
	return val->of.i64;
}

/* ---- calls out ---- */

static struct instance *
instance_of(wasmtime_caller_t *caller)
{
	struct instance *in =
	    wasmtime_context_get_data(wasmtime_caller_context(caller));

	assert(in->magic == INSTANCE_MAGIC);
	return in;
}

static int
ask(struct instance *in, const struct engine_import *im,
    wasmtime_caller_t *caller, int64_t *args)
{
	wasmtime_caller_t *outer = in->caller;
	int rc;

	in->caller = caller;
	if (!in->has_memory)
		instance_find_memory(in);
	in->err.kind = ERR_NONE;
	rc = im->fn(in, in->arg, args, &in->err);
	in->caller = outer;
	return rc;
}

static wasm_trap_t *
refuse(struct instance *in)
{
	assert(in->err.kind != ERR_NONE);
	in->ended = ENDED_BY_IMPORT;
	return wasmtime_trap_new("ended", strlen("ended"));
}

wasm_trap_t *
instance_import(void *binding, wasmtime_caller_t *caller,
    wasmtime_val_raw_t *raw, size_t nraw)
{
	const struct binding *b = binding;
	struct instance *in = instance_of(caller);
	int64_t args[ENGINE_MAX_ARGS] = { 0 };
	int rc;

	assert(nraw >= b->sig.nparams && nraw >= b->sig.nresults);
	for (size_t i = 0; i < b->sig.nparams; i++)
		args[i] = from_raw(&raw[i], b->sig.kinds[i]);
	rc = ask(in, b->import, caller, args);
	if (rc < 0)
		return refuse(in);
	assert(rc == 0);
	if (b->sig.nresults > 0)
		to_raw(&raw[0], b->sig.result, args[0]);
	return NULL;
}

/* What fn or finish returned.  False: the guest goes on standing still. */
static bool
settle(struct instance *in, int rc)
{
	struct awaited *w = &in->await;

	if (rc == ENGINE_LATER)
		return false;
	if (rc < 0)
		*w->trap = refuse(in);
	else if (w->binding->sig.nresults > 0)
		to_val(w->result, w->binding->sig.result, w->args[0]);
	w->binding = NULL;
	return true;
}

static bool
is_settled(void *env)
{
	struct instance *in = env;

	return in->await.binding == NULL;
}

void
instance_import_async(void *binding, wasmtime_caller_t *caller,
    const wasmtime_val_t *params, size_t nparams, wasmtime_val_t *results,
    size_t nresults, wasm_trap_t **trap, wasmtime_async_continuation_t *next)
{
	const struct binding *b = binding;
	struct instance *in = instance_of(caller);
	struct awaited *w = &in->await;

	assert(nparams == b->sig.nparams && nresults == b->sig.nresults);
	memset(w, 0, sizeof(*w));
	w->binding = b;
	w->result = results;
	w->trap = trap;
	for (size_t i = 0; i < nparams; i++)
		w->args[i] = from_val(&params[i]);
	(void)settle(in, ask(in, b->import, caller, w->args));
	next->callback = is_settled;
	next->env = in;
	next->finalizer = NULL;
}

/* ---- calls in ---- */

bool
instance_has(struct instance *in, const char *name, const char *type)
{
	return code_has(in->code, name, type);
}

int
instance_called(struct instance *in, int64_t *args, struct err *e)
{
	const struct running *r = &in->run;

	if (r->error || r->trap)
		return instance_failure(in, "called", e);
	if (r->export->sig.nresults > 0)
		args[0] = from_val(&r->result);
	return 0;
}

static int
call(struct instance *in, const struct export *x, int64_t *args, struct err *e)
{
	struct running *r = &in->run;
	wasmtime_extern_t f;
	int rc;

	if (!wasmtime_instance_export_get(
		in->cx, &in->inst, x->name.p, x->name.n, &f))
		return err_set(e, ERR_BUG, "an export went away");
	r->export = x;
	r->func = f.of.func;
	r->error = NULL;
	r->trap = NULL;
	for (size_t i = 0; i < x->sig.nparams; i++)
		to_val(&r->params[i], x->sig.kinds[i], args[i]);
	r->future = wasmtime_func_call_async(in->cx, &r->func, r->params,
	    x->sig.nparams, &r->result, x->sig.nresults, &r->trap, &r->error);
	rc = instance_poll(in);
	return rc == 0 ? instance_called(in, args, e) : rc;
}

int
instance_call(struct instance *in, const char *name, int64_t *args,
    size_t nargs, struct err *e)
{
	const struct export *x = code_export(in->code, name);

	assert(in->magic == INSTANCE_MAGIC && in->up && !in->spent);
	assert(!in->run.future);
	if (!x)
		return err_set(e, ERR_INPUT, "exports no function '%s'", name);
	if (!x->sig.plain || x->sig.nparams != nargs)
		return err_set(e, ERR_INPUT,
		    "exports '%s' as " STR_F ", which cannot be called with "
		    "%zu values",
		    name, STR_A(x->sig.text), nargs);
	return call(in, x, args, e);
}

int
instance_resume(struct instance *in, int64_t *args, struct err *e)
{
	const struct binding *b = in->await.binding;
	int rc;

	assert(in->magic == INSTANCE_MAGIC && in->run.future);
	if (b) {
		in->err.kind = ERR_NONE;
		rc = b->import->finish(in, in->arg, in->await.args, &in->err);
		if (!settle(in, rc))
			return ENGINE_LATER;
	}
	rc = instance_poll(in);
	if (rc != 0)
		return rc;
	return in->run.export ? instance_called(in, args, e)
			      : instance_started(in, e);
}
