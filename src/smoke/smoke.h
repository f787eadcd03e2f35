/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smoke.h - test cases as data: read, run on a bundle in memory, compare,
 * report.
 *
 * Needs: base, os, diag, tree, sign, directive, bundle, engine, abi, host,
 * flow.
 * Format: subo-test(5).
 */
#ifndef SMOKE_H
#define SMOKE_H

#include "base/base.h"
#include "diag/diag.h"
#include "flow/flow.h"

#define SMOKE_MAX_CASES	100000u
#define SMOKE_MAX_FILES	10000u
#define SMOKE_MAX_BYTES	(512u << 20)	/* of all cases, tables unrolled */
#define SMOKE_MAX_LOGS	10000u		/* lines kept of one case */

struct smoke;		/* test files, read and checked */

/* Rules T001..., for `subo explain`. */
extern const struct diag_rule smoke_rules[];

/*
 * Read the test files below root: every .yaml file in tests/, and .test.yaml
 * files at any depth (hidden folders, node_modules, target and the like are
 * skipped).  paths, when not NULL, names files to take instead.  Problems go
 * to ds; a case that has one is left out.
 *
 * ERR_MISSING, ERR_INPUT, ERR_SYSTEM  a file or root cannot be read
 * ERR_LIMIT    over SMOKE_MAX_CASES or SMOKE_MAX_FILES, or tables unroll to
 *              more than SMOKE_MAX_BYTES
 */
int	smoke_read(struct smoke **out, const char *root,
	    const char *const *paths, size_t npaths, struct diags *ds,
	    struct err *e) MUST_CHECK;
size_t	smoke_count(const struct smoke *s);	/* cases, tables unrolled */
/* Does a case look at fuel?  The engine must then count it. */
bool	smoke_wants_fuel(const struct smoke *s);
void	smoke_free(struct smoke **s);

enum smoke_outcome { SMOKE_PASSED, SMOKE_FAILED, SMOKE_SKIPPED };

struct smoke_case_result {
	struct str	file;		/* from the root */
	struct place	at;
	struct str	name;
	enum smoke_outcome outcome;
	struct str	details;	/* of a failure: lines, expected and got */
	struct str	why_skipped;
	uint64_t	wall_ns, fuel;
};

/* A function that is in no bundle. */
struct smoke_module {
	struct str	 name;
	const char	*path;		/* of its module */
};

struct smoke_options {
	const char	*filter;	/* part of "file: name", or NULL; a leading
					   and a trailing * are allowed */
	/* When not NULL: only cases that run a function of the bundle for which
	 * it says yes, and those of which that cannot be told. */
	bool		(*touched)(void *arg, const struct function_info *f);
	bool		 update;	/* write snapshots */
	bool		 fail_fast;
	unsigned	 jobs;		/* 0: cores */
	uint32_t	 timeout_ms;	/* of each case; 0: 10 s */
	uint64_t	 memory_bytes;	/* of each call; 0: 64 MiB */
	unsigned	 width;		/* of the terminal; 0: 80 columns */
	const struct smoke_module *modules;	/* beside those of the bundle */
	size_t		 nmodules;
	/* In the order of the files, one call at a time. */
	void		(*tell)(void *arg, const struct smoke_case_result *r);
	/* A snapshot was written or changed; difference as in details. */
	void		(*snapshot)(void *arg, struct str file, struct str name,
			    struct str difference);
	/* A snapshot that no case has any more; only when all cases ran. */
	void		(*stale)(void *arg, struct str path);
	void		*arg;
};

/* Instances that so many jobs (0: cores) may have at once: a pool must hold
 * them.  A bundle's groups run their members side by side. */
unsigned smoke_instances(unsigned jobs);

struct smoke_totals {
	size_t		passed, failed, skipped;
	size_t		untouched;	/* left out, as opt->touched said */
	size_t		snapshots;	/* written or changed */
	uint64_t	wall_ns;
};

/*
 * Run the cases on a bundle (NULL: only cases that name .wasm files, or what
 * opt->modules has, can run).  What tell is given lives as long as s.
 *
 * ERR_MISSING  nothing matches the filter; hint has near names
 * ERR_SIGNAL   interrupted
 * others       nothing could be run at all
 */
int	smoke_run(struct smoke *s, struct engine *en, const struct bundle *b,
	    const struct smoke_options *opt, struct smoke_totals *totals,
	    struct err *e) MUST_CHECK;

/* Reports, from what tell was given, collected by the caller; smoke_json adds
 * its keys to doc, as subo-json(5) lists them. */
void	smoke_tap(struct buf *out, const struct smoke_case_result *r, size_t n);
void	smoke_junit(struct buf *out, const struct smoke_case_result *r,
	    size_t n, uint64_t wall_ns);
struct tree;
void	smoke_json(struct arena *a, struct tree *doc,
	    const struct smoke_case_result *r, size_t n,
	    const struct smoke_totals *t);

#endif
