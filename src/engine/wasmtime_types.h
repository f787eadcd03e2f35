/* SPDX-License-Identifier: Apache-2.0 */
/* wasmtime_types.h - what the three wasmtime*.c files share; only for them. */
#ifndef WASMTIME_TYPES_H
#define WASMTIME_TYPES_H

#include <pthread.h>
#include <stdatomic.h>

#include <wasm.h>
#include <wasmtime.h>

#include "engine/engine.h"

#define STACK_BYTES	(512u << 10)	/* of a guest */
/* A guest's stack and below it that of the imports it calls.  Only what is used
 * costs memory, and an import may go deep: readers of JSON and SQL recurse. */
#define FIBER_BYTES	(STACK_BYTES + (1536u << 10))
#define TABLE_ELEMENTS	100000		/* in each table of an instance */
#define TABLES		8
#define MEMORY_MAX	(UINT64_C(4) << 30)
#define PAGE_BYTES	65536u

/*
 * Of a pool there are four.  How a used memory is best cleared depends on its
 * size: large ones have pools of their own, where the system makes that a
 * difference.  And to reserve a pool takes milliseconds for each thousand
 * instances, so there are first ones that are small and made at the start, and
 * the rest, for when more instances live at a time than those hold.
 */
enum { FOR_SMALL, FOR_LARGE, KINDS };
#define POOLS		4u
#define FIRST(kind)	(2u * (kind))
#define REST(kind)	(2u * (kind) + 1)
#define FIRST_INSTANCES	64u

struct engine {
	wasm_engine_t	*we[POOLS];	/* under lock */
	pthread_mutex_t	 making[POOLS];	/* held while one is made */
	pthread_t	 maker;		/* makes the first ones early */
	bool		 has_maker;
	bool		 two;		/* large memories have pools of their own */
	atomic_uint	 in_first[KINDS];	/* instances */
	bool		 pooling, fuel;
	unsigned	 instances;	/* at most so many at a time */
	bool		 few_maps;	/* or there could be more */
	char		*cache_dir;	/* or NULL */
	char		 settings[240];	/* what compiled code depends on */
	/* The ticker: a thread that advances the engine's epoch while any
	 * instance lives.  It starts with the first. */
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake;
	pthread_t	 ticker;
	atomic_bool	 ticking;
	bool		 stop;		/* under lock */
	atomic_bool	 idle;		/* set under lock: it waits for a call */
	atomic_bool	 used;		/* since its last tick */
	uint64_t	 secret;	/* of code_unique */
	_Atomic uint64_t serial;
	atomic_uint	 live;		/* instances */
};

#define TICK_MS		1u

int	engine_tick(struct engine *en, struct err *e) MUST_CHECK;
/* What code with so much memory at first is: FOR_SMALL or FOR_LARGE. */
unsigned engine_kind(const struct engine *en, uint64_t memory_min);
/* One of the pools; made when it is first asked for. */
int	engine_pool(wasm_engine_t **out, struct engine *en, unsigned pool,
	    struct err *e) MUST_CHECK;

/* A function's type, flat. */
struct signature {
	uint8_t		nparams, nresults;
	uint8_t		kinds[ENGINE_MAX_ARGS];	/* of parameters */
	uint8_t		result;
	bool		plain;		/* numbers only, at most one result */
	struct str	text;		/* "(i32) -> i32" */
};

struct export {
	struct str	 name;
	struct signature sig;
};

struct binding {
	const struct engine_import *import;
	struct signature sig;
};

/* A module ready to start in one of the pools. */
struct linked {
	wasm_engine_t	*we;		/* one of the engine's */
	wasmtime_module_t *module;
	wasmtime_instance_pre_t *pre;
};

struct rest {
	pthread_mutex_t	 lock;		/* held while it is made */
	_Atomic(struct linked *) made;	/* NULL: it was not needed yet */
};

struct code {
	struct engine	*en;
	unsigned	 kind;
	struct linked	*first;
	struct rest	*rest;
	struct arena	*arena;		/* of the two tables' contents */
	struct export	*exports;	/* functions, by name */
	size_t		 nexports, cap;
	struct binding	*bindings;	/* as many as the module imports */
	size_t		 nbindings;
	bool		 has_memory;	/* exports one as "memory" */
	uint64_t	 memory_min, memory_max;	/* bytes */
};

const struct export *code_export(const struct code *c, const char *name);
void	code_read_exports(struct code *c);
int	code_link(struct code *c, const struct engine_import *table,
	    struct err *e) MUST_CHECK;
void	linked_free(struct linked *k);		/* NULL is fine */
/* The code in the pool for the rest; made when it is first asked for. */
int	code_rest(const struct linked **out, const struct code *c,
	    struct err *e) MUST_CHECK;

#define INSTANCE_MAGIC	0x696e7374u
#define MAX_FRAMES	20u

/* Why the guest was ended, when it was not by its own fault. */
enum ended { ENDED_NO, ENDED_BY_IMPORT, ENDED_BY_TIME, ENDED_BY_SIGNAL };

/* The one thing that an instance is doing, starting or a call: wasmtime's
 * future, and what must not move as long as that lives. */
struct running {
	wasmtime_call_future_t *future;	/* NULL: it does nothing */
	const struct export *export;	/* called; NULL: it starts */
	wasmtime_func_t	 func;
	wasmtime_val_t	 params[ENGINE_MAX_ARGS], result;
	wasmtime_error_t *error;
	wasm_trap_t	*trap;
	uint64_t	 turn_ns;	/* when its turn is over; 0: never */
	uint64_t	 cpu_ns;	/* of its thread, when that was looked at; 0:
					   it was not in this turn */
};

/* An import that was called and has not answered yet. */
struct awaited {
	const struct binding *binding;	/* NULL: none is awaited */
	int64_t		 args[ENGINE_MAX_ARGS];
	wasmtime_val_t	*result;
	wasm_trap_t	**trap;
};

struct instance {
	uint32_t	 magic;
	bool		 in_first;	/* it has a place in a first pool */
	const struct code *code;
	wasmtime_store_t *store;
	wasmtime_context_t *cx;
	wasmtime_instance_t inst;
	bool		 up;		/* inst is valid */
	bool		 spent;
	struct running	 run;
	struct awaited	 await;
	wasmtime_caller_t *caller;	/* of the import being answered */
	wasmtime_memory_t memory;
	bool		 has_memory;	/* memory is valid */
	void		*arg;
	struct engine_limits lim;
	uint64_t	 fuel, deadline_ns;	/* deadline 0: none */
	enum ended	 ended;
	struct trace	*trace;		/* of the last failure, or NULL */
	struct err	 err;		/* last: as an import left it */
};

/* Where a call ended.  Made ready only for who asks: a function that traps
 * where nobody minds should not pay for names. */
struct trace {
	wasmtime_error_t *error;	/* one of the two */
	wasm_trap_t	*trap;
	bool		 ready;		/* what follows is */
	char		*text;		/* what frames' names point into */
	wasm_frame_vec_t vec;
	struct engine_frame frames[MAX_FRAMES];
	size_t		 nframes;
};
void	failure_frames_keep(struct instance *in, wasmtime_error_t *error,
	    wasm_trap_t *trap);
void	failure_frames_free(struct trace **t);

/* An import was called: the two callbacks that wasmtime knows, of one that
 * never waits and of one that may. */
wasm_trap_t *instance_import(void *binding, wasmtime_caller_t *caller,
	    wasmtime_val_raw_t *raw, size_t nraw);
void	instance_import_async(void *binding, wasmtime_caller_t *caller,
	    const wasmtime_val_t *params, size_t nparams,
	    wasmtime_val_t *results, size_t nresults, wasm_trap_t **trap,
	    wasmtime_async_continuation_t *next);

/* Find the memory that the guest exports, once there is one. */
void	instance_find_memory(struct instance *in);
/* Go on with in->run until it is over or stands still.  Returns 0 when it is
 * over, with in->run.error and trap as they are then, or ENGINE_LATER or
 * ENGINE_TURN. */
int	instance_poll(struct instance *in);
/* in->run is over: fill e from how it ended, or args with its result. */
int	instance_called(struct instance *in, int64_t *args, struct err *e);
int	instance_started(struct instance *in, struct err *e);

/* wasmtime's message in one line, bounded; error is deleted. */
void	engine_message(wasmtime_error_t *error, char *out, size_t nout);
/* "64 MiB", "10 s": for messages. */
const char *engine_bytes(uint64_t n, char out[32]);

/* Fill e from how in->run ended, keep its frames.  What was to be done to it,
 * "called", is for failures of the engine's own. */
int	instance_failure(struct instance *in, const char *what, struct err *e);

#endif
