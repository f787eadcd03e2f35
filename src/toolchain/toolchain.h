/* SPDX-License-Identifier: Apache-2.0 */
/*
 * toolchain.h - languages: find their compilers, run them on one function.
 *
 * Needs: base, os.
 * One file for a language in src/toolchain, one line in the table.  Recipes
 * follow the notes in each file; every command is an argv array, never a
 * shell's text.
 * Threads: a toolchain_env never changes once made; all else is per call.  C and
 * C++ files of one function are compiled in threads, up to four at once.
 */
#ifndef TOOLCHAIN_H
#define TOOLCHAIN_H

#include "base/base.h"

struct toolchain;

/* What compilers see of the world; made once by the command. */
struct toolchain_env {
	const char	*path;		/* PATH */
	const char *const *env;		/* allowed variables, "NAME=value", for
					   children; ends with NULL */
	const char	*cache_dir;	/* of subo: TinyGo, npm, SDKs lie below */
};

/* What a child's os_spawn.env is: the allowed variables, PATH among them. */
const char *const *toolchain_child_env(struct arena *a,
	    const struct toolchain_env *env);

/* By name or alias (rs, as, go, ts...); NULL: none. */
const struct toolchain	*toolchain_find(struct str name);
const struct toolchain	*toolchain_at(size_t i);	/* NULL past the end */
const char		*toolchain_name(const struct toolchain *t);
const char		*toolchain_title(const struct toolchain *t); /* "C++" */
/* Its folder in templates/: "go" for TinyGo too. */
const char		*toolchain_template(const struct toolchain *t);
/* Names and aliases, for messages and completion: ends with NULL. */
const char *const	*toolchain_aliases(const struct toolchain *t);
/* The environment variables that change what it makes (CFLAGS, RUSTFLAGS...);
 * ends with NULL. */
const char *const	*toolchain_variables(const struct toolchain *t);

/* ---- is it there? ---- */

struct toolchain_program {
	char	*path;			/* where it is, or NULL: missing */
	char	*name;			/* "clang-19" */
	char	*version;		/* "19.1.7", or NULL: not asked */
};

/*
 * The programs a build needs, found on env->path.  ask: also run each with
 * its version option (slow); else only look.  Texts live in the arena.
 * tinygo: for Go, the other compiler.  Returns how many are missing.
 */
#define TOOLCHAIN_MAX_PROGRAMS	8u
size_t	toolchain_programs(const struct toolchain *t,
	    const struct toolchain_env *env, bool tinygo, bool ask,
	    struct arena *a, struct toolchain_program *progs, size_t *nprogs);
/* Another program that is of use (wasm-opt, git), with its version.  False:
 * not there. */
bool	toolchain_tool(const struct toolchain_env *env, const char *name,
	    struct arena *a, struct toolchain_program *out);
/* The one command that installs what is missing on Debian 12. */
const char *toolchain_install(const struct toolchain *t, bool tinygo);

/* ---- compile ---- */

struct toolchain_job {
	const char	*dir;		/* the function's folder, absolute */
	const char	*name;		/* of the function */
	const char	*work;		/* a folder of ours for intermediates; may
					   hold those of an earlier build */
	const char	*out;		/* the module to make */
	bool		 release;
	bool		 tinygo;
	uint32_t	 timeout_ms;	/* of each command; 0: 10 minutes */
};

#define TOOLCHAIN_MAX_OUTPUT	(4u << 20)	/* of a compiler, kept */

/*
 * Make job->out.  All that the commands print, and the commands themselves
 * when verbose, is added to log.
 *
 * ERR_FAILED   a command failed: log tells why
 * ERR_MISSING  a compiler is not installed; hint says how to
 * ERR_LIMIT    a command passed its time
 * ERR_SIGNAL   interrupted
 */
int	toolchain_compile(const struct toolchain *t,
	    const struct toolchain_env *env, const struct toolchain_job *job,
	    struct buf *log, struct err *e) MUST_CHECK;

/* Does a change of this file (path relative to the function's folder) change
 * what is built?  No: outputs, caches, tests, editor files. */
bool	toolchain_is_source(const struct toolchain *t, struct str path);

#endif
