/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.h - run compiled modules in a sandbox.
 *
 *	engine    one for the process: settings and the ticker for deadlines
 *	code      one compiled module; any number of threads may start it
 *	instance  one sandbox; one thread at a time
 *
 * Needs: base, os, sign, module.  Only engine/wasmtime*.c know which engine it
 * is.
 * A process that runs guests has the engine's handlers for SIGSEGV, SIGBUS,
 * SIGILL and SIGFPE: they are how a guest's trap is noticed.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include "base/base.h"
#include "sign/sign.h"

struct engine;
struct code;
struct instance;

struct engine_options {
	bool		 pooling;	/* reserve instances up front */
	unsigned	 instances;	/* of the pool, at most 20,000, or what
					   vm.max_map_count has room for; 0: 64 */
	bool		 early;		/* reserve on a thread of its own, from now;
					   else when the first code comes */
	bool		 fuel;		/* count instructions exactly */
	const char	*cache_dir;	/* compiled code; NULL: none is kept.  Must
					   be a folder that only we can write */
};

struct engine_limits {
	uint64_t	memory_bytes;	/* linear memory of one instance */
	uint64_t	fuel;		/* instructions; 0: no limit */
	uint32_t	deadline_ms;	/* wall time from start; 0: none.  It ends
					   a guest that runs; one that waits is its
					   caller's to end */
	uint32_t	turn_ms;	/* running so long without a pause gives
					   ENGINE_TURN; 0: never */
};

#define ENGINE_LIMITS	{ .memory_bytes = 64u << 20, .deadline_ms = 10000 }

int	engine_new(struct engine **out, const struct engine_options *opt,
	    struct err *e) MUST_CHECK;
void	engine_free(struct engine **en);	/* after its code */
const char *engine_version(void);		/* "wasmtime 48.0.8" */

/*
 * What a guest may call.  args holds the parameters, sign-extended; a result
 * goes to args[0].  Returns 0, or -1 with e filled to end the call: the guest
 * traps and instance_call gives that error.  arg is instance_start's.
 *
 * An import with finish may have to wait: fn then returns ENGINE_LATER, the
 * guest stands still, and instance_start or instance_call returns
 * ENGINE_LATER.  instance_resume calls finish with the arguments as fn left
 * them, which returns as fn does; the guest goes on with its result.
 */
#define ENGINE_MAX_ARGS	16u
#define ENGINE_LATER	1	/* an import waits for something */
#define ENGINE_TURN	2	/* its turn is over; it can go on at any time */
struct engine_import {
	const char	*ns, *name;
	const char	*type;		/* "(i32, i32) -> i32" */
	int		(*fn)(struct instance *in, void *arg, int64_t *args,
			    struct err *e);
	int		(*finish)(struct instance *in, void *arg, int64_t *args,
			    struct err *e);	/* NULL: it never waits */
};

/*
 * Compile wasm, or load what was compiled before; link it to imports, a table
 * that ends with a NULL name and must outlive the code.  name is for traces.
 *
 * ERR_INPUT  the engine refuses it, or it imports what the table lacks
 * ERR_LIMIT  it needs more memory than the engine can give
 */
int	code_load(struct code **out, struct engine *en, struct str wasm,
	    struct str name, const struct engine_import *imports,
	    struct err *e) MUST_CHECK;
/* The same when it was compiled before and kept; else *out is NULL, and
 * code_load, which wants all of the module, is to be called.  module is the
 * digest of the module's bytes. */
int	code_load_kept(struct code **out, struct engine *en,
	    const struct digest *module, struct str name,
	    const struct engine_import *imports, struct err *e) MUST_CHECK;
void	code_free(struct code **c);	/* after its instances */
/* Will its instances export a function with this name and type? */
bool	code_has(const struct code *c, const char *name, const char *type);
/* A number that can be foreseen by no guest and comes once in the engine's
 * life. */
uint64_t code_unique(const struct code *c);
/* Does it import something with this name? */
bool	code_imports(const struct code *c, const char *name);

/*
 * A fresh instance; a start section runs.  arg comes back in every import and
 * should point to a struct whose first field is a magic number.
 * The caller frees *out also after a failure, when it may be set: for
 * instance_trace and the accounts, not for calls.
 * Returns 0, -1, or ENGINE_LATER or ENGINE_TURN: then instance_resume.
 *
 * ERR_GUEST  the start section trapped
 * ERR_LIMIT  more memory than lim allows, or a limit passed while starting
 */
int	instance_start(struct instance **out, const struct code *c,
	    const struct engine_limits *lim, void *arg, struct err *e)
	    MUST_CHECK;

/* Is there an exported function with this name and type? */
bool	instance_has(struct instance *in, const char *name, const char *type);

/*
 * Call an export.  args in, result (if any) in args[0].
 * Returns 0, -1, or ENGINE_LATER or ENGINE_TURN: then instance_resume.
 * After a failure the instance is spent and can only be freed; but one whose
 * call was ended by an import may be called again.
 *
 * ERR_GUEST  trapped: text is the cause in a line ("unreachable executed"),
 *            instance_trace then gives the frames
 * ERR_LIMIT  passed its deadline, fuel, or stack; text says which
 * others     as an import left them
 */
int	instance_call(struct instance *in, const char *name, int64_t *args,
	    size_t nargs, struct err *e) MUST_CHECK;

/*
 * Go on with what returned ENGINE_LATER or ENGINE_TURN, on any thread.  Returns
 * as that did; when it returns 0, the result of an instance_call is in
 * args[0].  An instance need not be resumed: instance_free ends it as it is.
 */
int	instance_resume(struct instance *in, int64_t *args, struct err *e)
	    MUST_CHECK;
/* When its deadline is, by os_now_ns; 0: it has none. */
uint64_t instance_deadline_ns(const struct instance *in);

/* len bytes of the guest's memory at ptr, both unsigned; NULL: not all of it
 * is inside.  Valid until the guest runs or its memory grows. */
void	*instance_memory(struct instance *in, uint32_t ptr, uint32_t len);
uint64_t instance_memory_bytes(struct instance *in);	/* its size now */
uint64_t instance_fuel_used(struct instance *in);	/* 0 without fuel */

/* The frames of the trap, innermost first. */
struct engine_frame {
	struct str	func;		/* demangled name, or empty */
	uint32_t	func_index;
	size_t		offset;		/* in the module file; 0: not known */
};
size_t	instance_trace(const struct instance *in, struct engine_frame *frames,
	    size_t max);

void	instance_free(struct instance **in);

#endif
