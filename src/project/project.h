/* SPDX-License-Identifier: Apache-2.0 */
/*
 * project.h - the folder a user works in, its build graph and cache.
 *
 * Finds functions at any depth, builds what changed, checks each module,
 * packs the bundle.
 * Needs: base, os, diag, tree, sign, module, directive, toolchain, bundle.
 *
 * What we make lies in .subo/ in the project's root (a CACHEDIR.TAG is in it)
 * except <dir>/<name>.wasm beside each compiled function and the bundle.
 * Threads: a build runs compilers in threads of its own.
 */
#ifndef PROJECT_H
#define PROJECT_H

#include "base/base.h"
#include "diag/diag.h"
#include "directive/directive.h"
#include "sign/sign.h"
#include "toolchain/toolchain.h"

#define PROJECT_BUNDLE		"runnables.wasm.zip"
#define PROJECT_DIRECTIVE	"Directive.yaml"
#define PROJECT_MAX_FUNCTIONS	4096u

struct project;

/* Rules P001...: what is wrong with the project as a whole. */
extern const struct diag_rule project_rules[];

struct project_function {
	struct function_info	 info;
	const struct toolchain	*lang;	/* NULL: the manifest names none */
	const char		*dir;	/* absolute */
	const char		*rel;	/* dir, from the root; "." for the root */
	const char		*manifest;	/* file, absolute */
	const char		*wasm;	/* the module that is packed, absolute */
};

/*
 * Open the project that dir lies in: the nearest folder upward with a
 * Directive.yaml, else dir itself.  Its manifests and Directive are read;
 * what is wrong in them goes to ds.  One function's folder outside of any
 * project is a project too.
 *
 * ERR_MISSING  no such folder, or nothing of ours in it
 * ERR_LIMIT    over a ceiling above
 */
int	project_open(struct project **out, const char *dir, struct diags *ds,
	    struct err *e) MUST_CHECK;
void	project_free(struct project **p);

const char	*project_root(const struct project *p);
/* Its Directive, or NULL when it has none. */
const struct directive *project_directive(const struct project *p);
size_t		 project_count(const struct project *p);	/* functions */
const struct project_function *project_at(const struct project *p, size_t i);
/* By name, "ns::name" or FQFN; NULL: none. */
const struct project_function *project_find(const struct project *p,
		    struct str name);
/* The function whose folder project_open was given, or NULL: a build there
 * is a build of only that one. */
const struct project_function *project_here(const struct project *p);
/* All that `subo check` says of the project but for its modules. */
void		 project_check(const struct project *p, struct diags *ds);

/* ---- building ---- */

enum build_what { BUILD_FRESH, BUILD_START, BUILD_DONE, BUILD_FAILED };

struct build_options {
	const struct toolchain_env *env;
	const char	*self;		/* path of subo, for the validator child;
					   NULL: modules are not validated */
	const char *const *environ;	/* to look variables up in */
	unsigned	 jobs;		/* 0: cores */
	bool		 release, no_opt, no_bundle, force, store, keep_debug;
	const char	*langs;		/* "rust,go": only these, no bundle */
	const char	*make;		/* run `make TARGET` first */
	int64_t		 epoch_s;	/* as bundle_options */
	bool		 unsynced;	/* as bundle_options */
	/* Told as things happen, one call at a time.  log is what the compiler
	 * printed, note a remark ("wasm-opt is not installed"). */
	void		(*tell)(void *arg, enum build_what what,
			    const struct project_function *f, uint64_t wall_ns,
			    struct str log, const struct err *why);
	void		(*note)(void *arg, const char *text);
	void		*arg;
};

struct build_result {
	size_t		selected;	/* set, with fresh, before any starts */
	size_t		built, fresh, failed;
	bool		bundled, bundle_fresh;
	char		bundle[4096];	/* its path */
	struct digest	digest;		/* of the bundle */
	uint64_t	bundle_bytes, wall_ns;
};

/*
 * ERR_FAILED  a compiler failed or a check found problems (told already)
 * ERR_SIGNAL  interrupted; nothing half-made is left
 * others      as told
 */
int	project_build(struct project *p, const struct build_options *opt,
	    struct diags *ds, struct build_result *res, struct err *e)
	    MUST_CHECK;

/*
 * What a build of f would do now, and which input makes it so, a line each
 * added to out: "src/lib.rs changed", "compiler: clang 19.1.4, now 19.1.7".
 * Returns true when it would be rebuilt.
 */
bool	project_why(struct project *p, const struct build_options *opt,
	    const struct project_function *f, struct buf *out, struct err *e);

/* Remove what builds made, told one by one (path from the root).  kept: it
 * was changed since, or is not known to be ours, and still stands. */
int	project_clean(struct project *p, void (*tell)(void *arg,
	    const char *path, bool kept), void *arg, struct err *e) MUST_CHECK;

#endif
