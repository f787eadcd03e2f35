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
#define PROJECT_LOCK		"subo.lock"
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
	const struct pin	*pin;	/* of a function of others; else NULL */
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

/* ---- functions of others: subo.lock(5) ---- */

struct module;

/* What the reference of a function in the Directive's `functions` stood for
 * when it was added or updated. */
struct pin {
	struct function_info info;	/* name, ns, lang, version, api_version;
					   at is its place in the lock */
	struct str	 reference;	/* as in the Directive */
	struct digest	 manifest;	/* what the registry has under it */
	struct digest	 module;
	uint64_t	 nbytes;	/* of the module */
	struct strs	 capabilities, imports;	/* what it asks for; sorted */
	struct strs	 signers;	/* public keys whose signatures held, as
					   minisign writes them; sorted */
	bool		 missing;	/* the lock has no such entry */
};

struct pins {
	struct arena	*arena;
	struct pin	*v;		/* sorted by namespace and name */
	size_t		 n, cap;
};

const struct pins *project_pins(const struct project *p);

/*
 * file is its name in messages.  out is to be freed in any case.
 *
 * ERR_INPUT  "FILE:LINE:COL: what is wrong"; load: no file is an empty lock
 */
int	pins_parse(struct pins *out, struct str text, struct str file,
	    struct err *e) MUST_CHECK;
int	pins_load(struct pins *out, const char *path, const char *shown,
	    struct err *e) MUST_CHECK;
void	pins_print(const struct pins *s, struct buf *out);
/* No entries: the file is removed. */
int	pins_save(const struct pins *s, const char *path, struct err *e)
	    MUST_CHECK;
void	pins_free(struct pins *s);		/* what is in it */

struct pin *pins_find(const struct pins *s, struct str ns, struct str name);
/* In the place of the entry of that name, or in addition; p is copied. */
void	pins_put(struct pins *s, const struct pin *p);
void	pins_drop(struct pins *s, struct str ns, struct str name);
/* "name", or "space::name". */
void	pin_label(const struct pin *p, struct buf *out);
/* Fill capabilities and imports from what m imports. */
void	pin_permissions(struct pin *p, struct arena *a,
	    const struct module *m);

void	pin_sort(struct strs *s);		/* and each once */

/* Modules by digest, below toolchain_env's cache_dir.  ERR_MISSING: it is not
 * there; ERR_TRUST: what is there is not what was pinned. */
int	pin_keep(const char *cache, struct str wasm, const struct digest *d,
	    struct err *e) MUST_CHECK;
void	pin_path(struct buf *out, const char *cache, const struct pin *p);
int	pin_kept(struct buf *out, const char *cache, const struct pin *p,
	    struct err *e) MUST_CHECK;

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
	bool		 no_attest;	/* pack no SBOM and no provenance */
	const char	*tests;		/* a test result to pack (attest.h), or
					   NULL: none */
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

/* ---- comparing ---- */

struct bundle;

/*
 * Copy what p is built from into the folder to, which is made: all but our own
 * folder, the bundle, and what compilers leave behind.
 */
int	project_copy(const struct project *p, const char *to, struct err *e)
	    MUST_CHECK;

/* The first thing that two bundles do not have in common: of modules first,
 * then of other entries, then of how they are packed. */
struct first_difference {
	struct arena	*arena;		/* owned: all texts */
	size_t		 nentries;	/* how many entries differ; 0: only the
					   packing does */
	struct str	 entry;		/* the first of them */
	struct str	 section;	/* of a module; or empty */
	struct str	 function;	/* of its code section; or empty */
	size_t		 offset;	/* in the entry */
	struct str	 was, now;	/* bytes there in hex, or a line of text;
					   empty: it is only in the other */
	struct str	*causes;	/* what their provenance says of it: "source
					   src/lib.rs of f.wasm is another" */
	size_t		 ncauses, causescap;
};
/* False: there is none. */
bool	project_first_difference(struct first_difference *out,
	    const struct bundle *was, const struct bundle *now);
void	project_difference_free(struct first_difference *d);	/* contents */

/* What changed from one module or bundle to another. */
enum change { CHANGE_NONE, CHANGE_ADDED, CHANGE_REMOVED, CHANGE_CHANGED };
struct changed_texts {			/* sorted */
	struct strs	 added, removed;
};
struct changed_code {			/* one function within a module */
	struct str	 name;
	enum change	 change;
	size_t		 was, now;	/* bytes */
};
struct changed_module {
	struct str	 name;		/* "f", "space::f" */
	enum change	 change;
	size_t		 was, now;	/* bytes of the module; 0: not there */
	size_t		 code_was, code_now;	/* of its code section */
	struct changed_texts imports;	/* "env.cache_get (i32) -> i32" */
	struct changed_texts permissions; /* "host call: cache_get (cache)",
					   "capability: http to a.example.com" */
	struct strs	 sections;	/* of the new one: those that differ */
	struct changed_code *code;	/* by how much they grew, most first */
	size_t		 ncode;
};
struct changed_entry {			/* static files and the like */
	struct str	 name;
	enum change	 change;
	size_t		 was, now;	/* bytes */
};
struct comparison {
	struct arena	*arena;		/* owned */
	struct changed_texts capabilities; /* of the app, used or not */
	struct changed_module *modules;	/* those that differ, by name */
	size_t		 nmodules;
	struct changed_entry *entries;
	size_t		 nentries;
	struct changed_texts handlers;	/* "POST /hello", "schedule nightly" */
	bool		 version_changed;
	struct str	 version_was, version_now;
	size_t		 was, now;	/* bytes of all modules */
	bool		 same;		/* nothing differs */
};
struct module;
void	project_compare_modules(struct comparison *out,
	    const struct module *was, const struct module *now);
/*
 * ERR_INPUT, ERR_LIMIT  a module of one of them cannot be read
 */
int	project_compare_bundles(struct comparison *out,
	    const struct bundle *was, const struct bundle *now,
	    struct err *e) MUST_CHECK;
/* Is something allowed that was not? */
bool	project_widens(const struct changed_texts *permissions);
void	project_comparison_free(struct comparison *c);		/* contents */

/* Remove what builds made, told one by one (path from the root).  kept: it
 * was changed since, or is not known to be ours, and still stands. */
int	project_clean(struct project *p, void (*tell)(void *arg,
	    const char *path, bool kept), void *arg, struct err *e) MUST_CHECK;

#endif
