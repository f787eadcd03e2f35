/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: its settings, and the ticker behind deadlines.
 *
 * wasm_engine_new_with_config cannot report a failure, it ends the process;
 * so whatever could make it fail (a pool that cannot be reserved) is tried
 * here before.
 */
#include <assert.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "engine/cache.h"
#include "engine/wasmtime_types.h"
#include "os/os.h"

/* macOS can wait on a condition by the wall clock only. */
#ifdef __APPLE__
#define TICK_CLOCK CLOCK_REALTIME
#else
#define TICK_CLOCK CLOCK_MONOTONIC
#endif
#define POOL_DEFAULT 64u
#define POOL_MAX 20000u
/* So much of a used memory is cleared by hand; only what is above goes back to
 * the kernel, which makes all threads of the process wait, and faults the pages
 * in again for the next instance.  Memories of C, AssemblyScript and WAT are of
 * 1 to 3 pages: to clear them whole is fastest.  Of larger ones (Rust's have
 * 17) few pages are written, and the kernel can say which: asking it takes less
 * than one of those faults. */
#define KEEP_RESIDENT (192u << 10)
#define KEEP_SCANNED (1u << 20)
/* And so much in all of a pool, where thousands wait at a time. */
#define KEEP_RESIDENT_ALL (UINT64_C(192) << 20)
#define KEEP_TABLE (64u << 10)
/* Modules with reference types need a heap of references, which takes a memory
 * slot of its own.  They are rare: one heap for so many instances. */
#define PER_HEAP 16u
#define HEAPS_MIN 64u
/* What a pool takes of the address space for a memory: 4 GiB and its guard. */
#define SLOT_BYTES ((UINT64_C(4) << 30) + (UINT64_C(64) << 20))
/* Mappings, of which Linux gives a process a number.  Without them not even
 * malloc gets memory.  In a pool a stack has two and a memory up to three while
 * it lives; on demand they are six. */
#define MAPS_POOL 5u
#define MAPS_DEMAND 6u
#define MAPS_FOR_OTHERS 2000u
#define MAPS_FILE "/proc/sys/vm/max_map_count"
/* Below this much address space 4 GiB for each memory are too many. */
#define ROOMY_BYTES (UINT64_C(64) << 30)

const char *
engine_version(void)
{
	return "wasmtime " WASMTIME_VERSION;
}

/* WebAssembly 2.0 as `subo build` validates it: what came later is off, each
 * by name, whatever the engine's own defaults are or become. */
static void
set_features(wasm_config_t *c)
{
	wasmtime_config_wasm_multi_value_set(c, true);
	wasmtime_config_wasm_bulk_memory_set(c, true);
	wasmtime_config_wasm_reference_types_set(c, true);
	wasmtime_config_wasm_simd_set(c, true);
	wasmtime_config_wasm_relaxed_simd_set(c, false);
	wasmtime_config_wasm_tail_call_set(c, false);
	wasmtime_config_wasm_function_references_set(c, false);
	wasmtime_config_wasm_gc_set(c, false);
	wasmtime_config_wasm_exceptions_set(c, false);
	wasmtime_config_wasm_multi_memory_set(c, false);
	wasmtime_config_wasm_memory64_set(c, false);
	wasmtime_config_wasm_wide_arithmetic_set(c, false);
	wasmtime_config_wasm_custom_page_sizes_set(c, false);
	wasmtime_config_wasm_stack_switching_set(c, false);
	wasmtime_config_shared_memory_set(c, false);
}

static unsigned
heaps(unsigned instances)
{
	unsigned n = instances / PER_HEAP;

	if (n < HEAPS_MIN)
		n = HEAPS_MIN;
	return n < instances ? n : instances;
}

/* How many instances there can be by their mappings. */
static unsigned
most_by_maps(unsigned each)
{
	CLEANUP(buf_free) struct buf text = BUF(32);
	struct err ignored = ERR;
	uint64_t n;

	if (os_read(&text, MAPS_FILE, &ignored) < 0 ||
	    !str_u64(str_trim(buf_str(&text)), UINT32_MAX, &n))
		return POOL_MAX;
	if (n < MAPS_FOR_OTHERS + each)
		return 1;
	n = (n - MAPS_FOR_OTHERS) / each;
	return n < POOL_MAX ? (unsigned)n : POOL_MAX;
}

/* Of our engine's library (engine/lib.rs): it may be another's. */
extern bool engine_pool_scan_pages(wasmtime_pooling_allocation_config_t *c)
    __attribute__((weak));

static bool
can_scan(void)
{
	wasmtime_pooling_allocation_config_t *p;
	bool can;

	if (!engine_pool_scan_pages)
		return false;
	p = wasmtime_pooling_allocation_config_new();
	can = engine_pool_scan_pages(p);
	wasmtime_pooling_allocation_config_delete(p);
	return can;
}

static size_t
keep_resident(unsigned instances, bool scan)
{
	uint64_t share = KEEP_RESIDENT_ALL / instances,
		 most = scan ? KEEP_SCANNED : KEEP_RESIDENT;

	share -= share % 4096;
	return share < most ? share : most;
}

static void
set_pool(wasm_config_t *c, unsigned instances, bool scan)
{
	wasmtime_pooling_allocation_config_t *p =
	    wasmtime_pooling_allocation_config_new();

	if (scan)
		(void)engine_pool_scan_pages(p);

	wasmtime_pooling_allocation_config_total_core_instances_set(
	    p, instances);
	wasmtime_pooling_allocation_config_total_memories_set(
	    p, instances + heaps(instances));
	wasmtime_pooling_allocation_config_total_gc_heaps_set(
	    p, heaps(instances));
	wasmtime_pooling_allocation_config_total_stacks_set(p, instances);
	wasmtime_pooling_allocation_config_total_tables_set(
	    p, instances * TABLES);
	wasmtime_pooling_allocation_config_max_tables_per_module_set(p, TABLES);
	wasmtime_pooling_allocation_config_table_elements_set(
	    p, TABLE_ELEMENTS);
	wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(
	    p, keep_resident(instances, scan));
	wasmtime_pooling_allocation_config_table_keep_resident_set(
	    p, KEEP_TABLE);
	wasmtime_pooling_allocation_config_max_unused_warm_slots_set(
	    p, instances);
	wasmtime_pooling_allocation_strategy_set(c, p);
	wasmtime_pooling_allocation_config_delete(p);
}

static uint64_t
address_space(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_AS, &r) < 0 || r.rlim_cur == RLIM_INFINITY)
		return UINT64_MAX;
	return r.rlim_cur;
}

static bool
pool_fits(unsigned instances, unsigned pools)
{
	uint64_t n = pools *
	    ((instances + heaps(instances)) * SLOT_BYTES +
		(uint64_t)instances * FIBER_BYTES);
	void *p;

	if (address_space() != UINT64_MAX)
		return false;
	p = mmap(NULL, n, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return false;
	munmap(p, n);
	return true;
}

static bool
has_rest(const struct engine *en)
{
	return en->pooling && en->instances > FIRST_INSTANCES;
}

static unsigned
pool_instances(const struct engine *en, unsigned pool)
{
	if (!has_rest(en))
		return en->instances;
	return pool % 2 == 0 ? FIRST_INSTANCES
			     : en->instances - FIRST_INSTANCES;
}

static wasm_config_t *
settings(struct engine *en, unsigned pool)
{
	wasm_config_t *c = wasm_config_new();
	bool roomy = address_space() >= ROOMY_BYTES;

	set_features(c);
	wasmtime_config_consume_fuel_set(c, en->fuel);
	wasmtime_config_epoch_interruption_set(c, true);
	wasmtime_config_max_wasm_stack_set(c, STACK_BYTES);
	wasmtime_config_async_stack_size_set(c, FIBER_BYTES);
	wasmtime_config_parallel_compilation_set(c, true);
	/* Only native debuggers read it, and registering it costs time. */
	wasmtime_config_native_unwind_info_set(c, false);
	if (!roomy) {
		wasmtime_config_memory_reservation_set(c, 1u << 20);
		wasmtime_config_memory_guard_size_set(c, 64u << 10);
	}
	if (en->pooling)
		set_pool(c, pool_instances(en, pool), pool >= FIRST(FOR_LARGE));
	return c;
}

/* ---- traps are signals ---- */

/*
 * wasmtime turns the processor's faults into traps with handlers it installs
 * once in a process.  Whoever replaced them since (a test framework does)
 * would turn the next trap into the end of the process; so each new engine
 * puts them back.  Handlers are the process's own, hence state that is too.
 */
static const int faults[] = { SIGILL, SIGFPE, SIGSEGV, SIGBUS };
static struct sigaction handlers[COUNT(faults)];
static pthread_once_t handlers_once = PTHREAD_ONCE_INIT;

static void
note_handlers(void)
{
	for (size_t i = 0; i < COUNT(faults); i++)
		(void)sigaction(faults[i], NULL, &handlers[i]);
}

static void
arm_handlers(void)
{
	(void)pthread_once(&handlers_once, note_handlers);
	for (size_t i = 0; i < COUNT(faults); i++)
		(void)sigaction(faults[i], &handlers[i], NULL);
}

static void
init_wake(struct engine *en)
{
	pthread_condattr_t a;

	pthread_condattr_init(&a);
#ifndef __APPLE__
	pthread_condattr_setclock(&a, TICK_CLOCK);
#endif
	pthread_cond_init(&en->wake, &a);
	pthread_condattr_destroy(&a);
}

static void
set_room(struct engine *en, const struct engine_options *opt)
{
	unsigned n = opt->instances > 0 ? opt->instances : POOL_DEFAULT,
		 most = most_by_maps(MAPS_POOL);

	en->few_maps = n > most;
	en->instances = en->few_maps ? most : n;
	en->pooling = opt->pooling && pool_fits(en->instances, 1);
	if (en->pooling)
		return;
	en->few_maps = true;
	en->instances = most_by_maps(MAPS_DEMAND);
}

static wasm_engine_t *
made(struct engine *en, unsigned pool)
{
	wasm_engine_t *we;

	pthread_mutex_lock(&en->lock);
	we = en->we[pool];
	pthread_mutex_unlock(&en->lock);
	return we;
}

static int
make_engine(struct engine *en, unsigned pool, struct err *e)
{
	wasm_engine_t *we = wasm_engine_new_with_config(settings(en, pool));

	if (!we)
		return err_set(e, ERR_SYSTEM, "cannot start the engine");
	arm_handlers();
	pthread_mutex_lock(&en->lock);
	en->we[pool] = we;
	pthread_mutex_unlock(&en->lock);
	return 0;
}

unsigned
engine_kind(const struct engine *en, uint64_t memory_min)
{
	return en->two && memory_min > KEEP_RESIDENT ? FOR_LARGE : FOR_SMALL;
}

int
engine_pool(
    wasm_engine_t **out, struct engine *en, unsigned pool, struct err *e)
{
	int rc = 0;

	*out = made(en, pool);
	if (*out)
		return 0;
	pthread_mutex_lock(&en->making[pool]);
	if (!made(en, pool))
		rc = make_engine(en, pool, e);
	pthread_mutex_unlock(&en->making[pool]);
	*out = made(en, pool);
	return rc;
}

/* Signals are for the threads of our caller. */
static int
spawn(pthread_t *t, void *(*run)(void *), void *arg)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	rc = pthread_create(t, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

/* One after the other: the kernel changes the maps of a process for one thread
 * at a time. */
static void *
make_early(void *arg)
{
	struct engine *en = arg;
	struct err ignored = ERR; /* whoever wants it tries again */
	wasm_engine_t *we;

	for (unsigned i = 0; i < (en->two ? KINDS : 1); i++)
		(void)!engine_pool(&we, en, FIRST(i), &ignored);
	return NULL;
}

int
engine_new(struct engine **out, const struct engine_options *opt, struct err *e)
{
	struct err ignored = ERR;
	struct engine *en = mem_take(sizeof(*en));
	char cpu[DIGEST_HEX] = "";

	set_room(en, opt);
	en->fuel = opt->fuel;
	/* A cache is a convenience: where it cannot be had safely, there is
	 * none. */
	if (opt->cache_dir && os_private_dir(opt->cache_dir, &ignored) == 0)
		en->cache_dir = strdup(opt->cache_dir);
	pthread_mutex_init(&en->lock, NULL);
	for (unsigned i = 0; i < POOLS; i++)
		pthread_mutex_init(&en->making[i], NULL);
	init_wake(en);
	if (getrandom(&en->secret, sizeof(en->secret), 0) !=
	    (ssize_t)sizeof(en->secret))
		en->secret = os_now_ns() * UINT64_C(0x9e3779b97f4a7c15);
	if (en->cache_dir)
		cache_machine(cpu);
	(void)snprintf(en->settings, sizeof(en->settings),
	    "%s wasm2 epoch stack=%u fuel=%d roomy=%d cpu=%s", engine_version(),
	    STACK_BYTES, en->fuel, address_space() >= ROOMY_BYTES, cpu);
	en->two = en->pooling && pool_fits(en->instances, KINDS) && can_scan();
	/* Without a pool it takes next to no time, and may fail now. */
	if (!en->pooling && make_engine(en, FIRST(FOR_SMALL), e) < 0) {
		engine_free(&en);
		return -1;
	}
	if (opt->early && en->pooling)
		en->has_maker = spawn(&en->maker, make_early, en) == 0;
	*out = en;
	return 0;
}

/* splitmix64 is one to one: another number for each call of it. */
uint64_t
code_unique(const struct code *c)
{
	uint64_t n =
	    atomic_fetch_add_explicit(&c->en->serial, 1, memory_order_relaxed);
	uint64_t z = c->en->secret + n * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* ---- the ticker ---- */

/* To wake its thread for each call would cost more than the call. */
#define LINGER_TICKS 200u

/* Waiting on the condition, not asleep: whoever frees the engine need not wait
 * for the next tick. */
static void
tick(struct engine *en)
{
	struct timespec end;

	clock_gettime(TICK_CLOCK, &end);
	end.tv_nsec += TICK_MS * 1000000L;
	if (end.tv_nsec >= 1000000000L) {
		end.tv_nsec -= 1000000000L;
		end.tv_sec++;
	}
	(void)pthread_cond_timedwait(&en->wake, &en->lock, &end);
	for (unsigned i = 0; i < POOLS; i++)
		if (en->we[i])
			wasmtime_engine_increment_epoch(en->we[i]);
}

static void *
ticker(void *arg)
{
	struct engine *en = arg;

	unsigned unused = 0;

	pthread_mutex_lock(&en->lock);
	while (!en->stop) {
		if (atomic_exchange(&en->used, false) ||
		    atomic_load(&en->live) > 0)
			unused = 0;
		if (unused++ < LINGER_TICKS) {
			tick(en);
			continue;
		}
		en->idle = true;
		pthread_cond_wait(&en->wake, &en->lock);
		en->idle = false;
		unused = 0;
	}
	pthread_mutex_unlock(&en->lock);
	return NULL;
}

int
engine_tick(struct engine *en, struct err *e)
{
	int rc = 0;

	atomic_fetch_add(&en->live, 1);
	/* Short calls one after the other: it ticks on between them. */
	if (!atomic_load_explicit(&en->used, memory_order_relaxed))
		atomic_store(&en->used, true);
	if (atomic_load(&en->ticking) && !atomic_load(&en->idle))
		return 0;
	pthread_mutex_lock(&en->lock);
	if (!atomic_load(&en->ticking)) {
		rc = spawn(&en->ticker, ticker, en);
		atomic_store(&en->ticking, rc == 0);
	} else if (en->idle) {
		pthread_cond_signal(&en->wake);
	}
	pthread_mutex_unlock(&en->lock);
	if (rc == 0)
		return 0;
	atomic_fetch_sub(&en->live, 1);
	return err_set(
	    e, ERR_SYSTEM, "cannot start a thread: %s", strerror(rc));
}

void
engine_free(struct engine **pen)
{
	struct engine *en = *pen;

	if (!en)
		return;
	assert(atomic_load(&en->live) == 0);
	if (atomic_load(&en->ticking)) {
		pthread_mutex_lock(&en->lock);
		en->stop = true;
		pthread_cond_signal(&en->wake);
		pthread_mutex_unlock(&en->lock);
		pthread_join(en->ticker, NULL);
	}
	if (en->has_maker)
		pthread_join(en->maker, NULL);
	for (unsigned i = 0; i < POOLS; i++) {
		if (en->we[i])
			wasm_engine_delete(en->we[i]);
		pthread_mutex_destroy(&en->making[i]);
	}
	pthread_cond_destroy(&en->wake);
	pthread_mutex_destroy(&en->lock);
	free(en->cache_dir);
	mem_free(en);
	*pen = NULL;
}
