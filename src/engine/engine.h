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

struct engine;
struct code;
struct instance;

struct engine_options {
	bool		 pooling;	/* reserve instances up front */
	unsigned	 instances;	/* of the pool; 0: 64 */
	bool		 fuel;		/* count instructions exactly */
	const char	*cache_dir;	/* compiled code; NULL: none is kept.  Must
					   be a folder that only we can write */
};

struct engine_limits {
	uint64_t	memory_bytes;	/* linear memory of one instance */
	uint64_t	fuel;		/* instructions; 0: no limit */
	uint32_t	deadline_ms;	/* wall time from start; 0: none */
};

#define ENGINE_LIMITS	{ .memory_bytes = 64u << 20, .deadline_ms = 10000 }

int	engine_new(struct engine **out, const struct engine_options *opt,
	    struct err *e) MUST_CHECK;
void	engine_free(struct engine **en);	/* after its code */
const char *engine_version(void);		/* "wasmtime 48.0.8" */

/*
 * What a guest may call.  args holds the parameters, sign-extended; a result
 * goes to args[0].  Returns 0, or -1 with e filled to end the call: the guest
 * traps and engine_call gives that error.  arg is instance_start's.
 */
#define ENGINE_MAX_ARGS	16u
struct engine_import {
	const char	*ns, *name;
	const char	*type;		/* "(i32, i32) -> i32" */
	int		(*fn)(struct instance *in, void *arg, int64_t *args,
			    struct err *e);
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
void	code_free(struct code **c);	/* after its instances */

/*
 * A fresh instance; a start section runs.  arg comes back in every import and
 * should point to a struct whose first field is a magic number.
 * The caller frees *out also after a failure, when it may be set: for
 * instance_trace and the accounts, not for calls.
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
