/* SPDX-License-Identifier: Apache-2.0 */
/*
 * module.h - what is in a wasm file: is it valid, what does it import and
 * export, which way of being called does it follow, where do its bytes go.
 *
 * Needs: base, os, diag, sign.  Only module/wabt.cc knows of wabt, and it runs
 * in a child process: wabt 1.0.32 can crash or eat memory on hostile modules.
 * The reader here is our own and bounded; it understands the binary format
 * of WebAssembly 2.0 (core spec, chapter 5) far enough for the above.
 *
 * A struct module never changes once read; threads may share it.
 */
#ifndef MODULE_H
#define MODULE_H

#include "base/base.h"
#include "diag/diag.h"
#include "sign/sign.h"

#define MODULE_MAX_BYTES	(64u << 20)
#define MODULE_MAX_IMPORTS	10000u
#define MODULE_MAX_EXPORTS	100000u
#define MODULE_MAX_FUNCS	1000000u

enum module_kind { MODULE_FUNC, MODULE_TABLE, MODULE_MEMORY, MODULE_GLOBAL,
	MODULE_TAG };

/* A signature as text, ABI style: "iii)i" would be hard to read, so
 * "(i32, i32) -> i32"; no result is "(i32) -> ()". */
struct module_import {
	struct str	 ns, name;
	enum module_kind kind;
	struct str	 type;		/* of a function; else empty */
};

struct module_export {
	struct str	 name;
	enum module_kind kind;
	uint32_t	 index;
	struct str	 type;		/* of a function; else empty */
};

struct module_section {
	struct str	name;		/* "code", "data", or a custom one's */
	uint8_t		id;
	size_t		at, nbytes;	/* payload, in the file */
};

struct module_func {
	uint32_t	index;		/* in the index space, imports first */
	struct str	name;		/* from the name section, or an export */
	size_t		at, nbytes;	/* its body in the file */
};

/* How a module wants to be called. */
enum module_abi {
	MODULE_ABI_NONE,	/* none that we know */
	MODULE_ABI_RUNNABLE,	/* run_e(ptr, size, ident), allocate */
	MODULE_ABI_COMMAND,	/* a WASI command: _start and no run_e */
	MODULE_ABI_WAPC,	/* __guest_call */
	MODULE_ABI_OLD,		/* a Runnable of 2020: another run_e, or
				   allocate_input */
};

struct module {
	struct str		 bytes;		/* borrowed from the caller */
	struct digest		 digest;
	struct module_import	*imports;
	struct module_export	*exports;
	struct module_section	*sections;
	struct module_func	*funcs;		/* defined ones, in file order */
	size_t			 nimports, nexports, nsections, nfuncs;
	uint64_t		 memory_min_pages, memory_max_pages; /* own one; max
							0 when none is given */
	bool			 has_memory, has_start, has_names, has_debug;
	enum module_abi		 abi;
	struct str		 abi_why;	/* one sentence */
	/* Of a Runnable, also an old one; else empty: which generation of the
	 * interface it was made for, "Reactr 0.9 to 0.15", and what tells so,
	 * "imports get_ffi_result and cache_get with 3 parameters". */
	struct str		 generation, generation_why;
	struct str		 language;	/* from producers or names; or empty */
	struct str		 producer;	/* "rustc 1.95.0", or empty */
};

/*
 * Read wasm, which must outlive *out.
 *
 * ERR_INPUT  not a module (what it is instead is told: empty, text, a
 *            component, an ELF file...), or malformed: "at byte 0x14: ..."
 * ERR_LIMIT  over a ceiling above
 */
int	module_read(struct module **out, struct str wasm, struct err *e)
	    MUST_CHECK;
void	module_free(struct module **m);

const struct module_export *module_find_export(const struct module *m,
	    const char *name);
const char *module_abi_name(enum module_abi abi);	/* "runnable"... */

/*
 * Validate with wabt in a child: self is the path of subo itself, which is
 * started as `subo internal-validate FILE`.  The profile is WebAssembly 2.0:
 * MVP, sign extension, saturating conversions, multi-value, bulk memory,
 * reference types, SIMD; no threads, GC, exceptions, memory64, tail calls.
 *
 * ERR_INPUT   not valid: "at byte 0x24: type mismatch..."
 * ERR_LIMIT   the validator passed its time (20 s) or memory (1 GiB)
 * ERR_SYSTEM  it could not be started
 */
int	module_validate(const char *self, const char *path, struct err *e)
	    MUST_CHECK;
/* The child's side: reads the file, prints one line, gives the exit code. */
int	module_validate_child(const char *path);

/*
 * What a host of ours offers to modules: the one table that check, build,
 * inspect and the engine side (abi.h) share.  Ends with a NULL name.
 */
struct module_offer {
	const char	*ns;		/* "env", "wasi_snapshot_preview1" */
	const char	*name;
	const char	*type;		/* as module_import.type */
	const char	*capability;	/* "cache", or NULL: always allowed */
};
extern const struct module_offer module_offers[];

/* The offer for an import, or NULL.  near, when not NULL, gets an offer with
 * the same ns and name but another type, or one with a near name. */
const struct module_offer *module_offer_find(const struct module_import *i,
	    const struct module_offer **near);
/* Add all types that an offer's name has: "A, B or C".  True: several. */
bool	module_offer_types(const struct module_offer *offer, struct buf *out);

/*
 * All that keeps m from running here, as problems M001...: no known ABI, a
 * missing or mistyped export, imports nobody offers, memory over the limit.
 */
extern const struct diag_rule module_rules[];
void	module_check(const struct module *m, struct str file,
	    struct diags *ds);

/*
 * All of it for one file: read, validate in a child of self (NULL: do not),
 * check.  What is wrong with the module is told in ds.
 *
 * ERR_MISSING, ERR_SYSTEM...  the file cannot be read, or wabt not started
 */
int	module_check_file(const char *self, const char *path,
	    struct diags *ds, struct err *e) MUST_CHECK;

/*
 * Add to out the module without its debug sections (.debug_*, source maps;
 * name only when names is false).  Other custom sections stay, producers and
 * target_features among them; what stays is the same bytes.
 */
void	module_strip(const struct module *m, bool names, struct buf *out);

/*
 * The place in the user's source of a code offset (from the start of the
 * file), from DWARF 2 to 5 line tables in the module.  False: it has none for
 * it.  file is added to, as the compiler was given it: a path relative to
 * where the compiler ran stays so.
 */
bool	module_source_line(const struct module *m, size_t offset,
	    struct buf *file, unsigned *line);

/* Text format to binary with wabt, in a child as module_validate.  Errors
 * read "PATH:LINE:COL: ...". Used by `subo internal-wat2wasm IN OUT`. */
int	module_wat2wasm_child(const char *in, const char *out);

#endif
