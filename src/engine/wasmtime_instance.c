/* SPDX-License-Identifier: Apache-2.0 */
/* Instances: started, timed, ended, and their accounts. */
#include <assert.h>
#include <time.h>

#include "engine/wasmtime_types.h"
#include "os/os.h"

/* How often, in ticks, a running guest looks whether it was interrupted. */
#define LOOK_TICKS 20u

/* ---- time ---- */

static uint64_t
ticks_until(uint64_t end_ns, uint64_t now_ns)
{
	uint64_t left = 1;

	if (end_ns > now_ns)
		left += (end_ns - now_ns) / (TICK_MS * 1000000u);
	return end_ns != 0 && left < LOOK_TICKS ? left : LOOK_TICKS;
}

static uint64_t
next_look(const struct instance *in, uint64_t now_ns)
{
	uint64_t end = ticks_until(in->deadline_ns, now_ns),
		 turn = ticks_until(in->run.turn_ns, now_ns);

	return end < turn ? end : turn;
}

static uint64_t
turn_length(const struct instance *in)
{
	return in->lim.turn_ms * UINT64_C(1000000);
}

/*
 * The time of its turn has passed.  Was that its own doing?  A thread that was
 * kept from running has used up nothing; so it has as long again, and what
 * counts is what the processor did for it.
 */
static bool
is_turn_over(struct instance *in)
{
	struct timespec ts;
	uint64_t cpu, before = in->run.cpu_ns;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	cpu = (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
	in->run.cpu_ns = cpu;
	return before != 0 && cpu - before >= turn_length(in) / 2;
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
	*kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
	if (in->run.turn_ns != 0 && now >= in->run.turn_ns) {
		in->run.turn_ns = now + turn_length(in);
		if (is_turn_over(in))
			*kind = WASMTIME_UPDATE_DEADLINE_YIELD;
	}
	*delta = next_look(in, now);
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
	uint64_t most = in->lim.memory_bytes, now = os_now_ns();
	wasmtime_error_t *error;

	if (most > INT64_MAX)
		most = INT64_MAX;
	wasmtime_store_limiter(
	    in->store, (int64_t)most, TABLE_ELEMENTS, 1, TABLES, 1);
	if (in->lim.deadline_ms != 0)
		in->deadline_ns = now + in->lim.deadline_ms * UINT64_C(1000000);
	wasmtime_store_epoch_deadline_callback(in->store, look, in, NULL);
	if (in->lim.turn_ms != 0)
		in->run.turn_ns = now + turn_length(in);
	wasmtime_context_set_epoch_deadline(in->cx, next_look(in, now));
	if (!in->code->en->fuel)
		return;
	in->fuel = in->lim.fuel ? in->lim.fuel : INT64_MAX;
	error = wasmtime_context_set_fuel(in->cx, in->fuel);
	assert(!error);
}

void
instance_find_memory(struct instance *in)
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

int
instance_poll(struct instance *in)
{
	in->run.cpu_ns = 0;
	if (in->lim.turn_ms != 0)
		in->run.turn_ns = os_now_ns() + turn_length(in);
	if (!wasmtime_call_future_poll(in->run.future))
		return in->await.binding ? ENGINE_LATER : ENGINE_TURN;
	wasmtime_call_future_delete(in->run.future);
	in->run.future = NULL;
	return 0;
}

int
instance_started(struct instance *in, struct err *e)
{
	in->up = !in->run.error && !in->run.trap;
	in->spent = !in->up;
	if (!in->up)
		return instance_failure(in, "started", e);
	if (!in->has_memory)
		instance_find_memory(in);
	return 0;
}

/* The tick of a started engine and a place in its pool. */
static int
take_place(const struct code *c, struct err *e)
{
	struct engine *en = c->en;

	if (engine_tick(en, e) < 0)
		return -1;
	if (atomic_load(&en->live) <= en->instances)
		return 0;
	atomic_fetch_sub(&en->live, 1);
	(void)err_set(e, ERR_LIMIT,
	    "%u functions run already, as many as there may be", en->instances);
	if (en->few_maps)
		return err_hint(e, "a higher vm.max_map_count (sysctl)");
	return -1;
}

/* In which pool; *first says whether a place in a first one was taken. */
static int
take_pool(
    const struct linked **k, bool *first, const struct code *c, struct err *e)
{
	atomic_uint *taken = &c->en->in_first[c->kind];
	unsigned before = atomic_fetch_add(taken, 1);

	*first = true;
	*k = c->first;
	if (!c->en->pooling || c->en->instances <= FIRST_INSTANCES ||
	    before < FIRST_INSTANCES)
		return 0;
	atomic_fetch_sub(taken, 1);
	*first = false;
	return code_rest(k, c, e);
}

static void
give_place(const struct instance *in)
{
	struct engine *en = in->code->en;

	if (in->in_first)
		atomic_fetch_sub(&en->in_first[in->code->kind], 1);
	atomic_fetch_sub(&en->live, 1);
}

int
instance_start(struct instance **out, const struct code *c,
    const struct engine_limits *lim, void *arg, struct err *e)
{
	const struct linked *k;
	struct instance *in;
	bool first;
	int rc;

	assert(lim->fuel == 0 || c->en->fuel);
	if (c->memory_min > lim->memory_bytes)
		return refuse_memory(c, lim, e);
	if (take_place(c, e) < 0)
		return -1;
	if (take_pool(&k, &first, c, e) < 0) {
		atomic_fetch_sub(&c->en->live, 1);
		return -1;
	}
	in = mem_take_part(sizeof(*in), offsetof(struct instance, err));
	err_clear(&in->err);
	in->magic = INSTANCE_MAGIC;
	in->code = c;
	in->in_first = first;
	in->lim = *lim;
	in->arg = arg;
	in->store = wasmtime_store_new(k->we, in, NULL);
	in->cx = wasmtime_store_context(in->store);
	set_limits(in);
	*out = in;
	in->run.future = wasmtime_instance_pre_instantiate_async(
	    k->pre, in->cx, &in->inst, &in->run.trap, &in->run.error);
	rc = instance_poll(in);
	return rc == 0 ? instance_started(in, e) : rc;
}

uint64_t
instance_deadline_ns(const struct instance *in)
{
	return in->deadline_ns;
}

void
instance_free(struct instance **pin)
{
	struct instance *in = *pin;

	if (!in)
		return;
	assert(in->magic == INSTANCE_MAGIC && !in->caller);
	if (in->run.future)
		wasmtime_call_future_delete(in->run.future);
	failure_frames_free(&in->trace);
	wasmtime_store_delete(in->store);
	give_place(in);
	in->magic = 0;
	mem_free(in);
	*pin = NULL;
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
