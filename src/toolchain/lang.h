/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lang.h - what a language's file gives, and what it may use.
 *
 * Private to src/toolchain.
 */
#ifndef TOOLCHAIN_LANG_H
#define TOOLCHAIN_LANG_H

#include "toolchain/toolchain.h"

#define LANG_MAX_MODULE		(256u << 20)	/* bytes of a made module */
#define LANG_MAX_FILES		2000u		/* sources of one function */
#define LANG_MAX_PATH		4096u

/* Programs being looked for. */
struct lang_look {
	const struct toolchain_env *env;
	struct arena	*arena;
	bool		 tinygo, ask;
	struct toolchain_program *progs;
	size_t		 n;
};

/* One build, as its steps see it. */
struct lang_run {
	const struct toolchain *lang;
	const struct toolchain_env *env;
	const struct toolchain_job *job;
	struct arena	*arena;
	struct buf	*log;
	const char	*made;		/* what the compiler is told to write */
	const char	*last;		/* the program that ran last */
	bool		 tinygo;
};

struct toolchain {
	const char *const *names;	/* its own first; ends with NULL */
	const char	*title;
	const char	*template;	/* folder in templates/ */
	const char *const *variables;
	const char	*install, *install_tinygo;
	bool		 tinygo;	/* always that compiler */
	bool		 wasm_is_source;
	void		(*look)(struct lang_look *l);
	/* Leave the module at r->made, or put it at job->out oneself. */
	int		(*compile)(struct lang_run *r, struct err *e);
};

extern const struct toolchain lang_rust, lang_c, lang_cpp, lang_assemblyscript,
    lang_go, lang_tinygo, lang_wat, lang_wasm;

/* ---- looking (look.c) ---- */

/* The first of names that is on the PATH, and which of them; NULL: none. */
char	*lang_find(const struct toolchain_env *env, struct arena *a,
	    const char *const *names, const char **found);
/* The first file that a glob(7) pattern matches, or NULL. */
char	*lang_first_match(struct arena *a, const char *pattern);
/* Add a program; flag makes it tell its version. */
void	 lang_need(struct lang_look *l, const char *const *names,
	    const char *flag);
/* Add one whose path is known; path NULL: missing.  flag NULL: no version. */
void	 lang_need_at(struct lang_look *l, const char *name, const char *path,
	    const char *flag);
/* The first line a program prints, in the arena, or NULL. */
char	*lang_ask(const struct toolchain_env *env, struct arena *a,
	    const char *const *argv, const char *cwd);
/* A variable of env->env, or NULL. */
const char *lang_env(const struct toolchain_env *env, const char *name);

/* ---- running (exec.c) ---- */

/* An argument list that lives in the run's arena. */
struct lang_args {
	const char	**v;
	size_t		 n, cap;
};
void	lang_arg(struct lang_run *r, struct lang_args *a, const char *arg);
/* Each word of a variable of the environment, as flags have it. */
void	lang_arg_words(struct lang_run *r, struct lang_args *a,
	    const char *variable);

/* Run a command in cwd, its output to the log.  set: variables of its own,
 * "NAME=value", ends with NULL; or NULL. */
int	lang_exec(struct lang_run *r, struct lang_args *a, const char *cwd,
	    const char *const *set, struct err *e) MUST_CHECK;
/* Put file at job->out, whole or not at all. */
int	lang_deliver(struct lang_run *r, const char *file, struct err *e)
	    MUST_CHECK;
/* Files of the function's folder and its src/ with one of the endings, from
 * the folder, in byte order. */
int	lang_sources(struct lang_run *r, const char *const *endings,
	    struct lang_args *out, struct err *e) MUST_CHECK;
/* Does the function's file hold this text?  No such file: false. */
bool	lang_mentions(struct lang_run *r, const char *file, const char *text);
/* job->dir or work, '/', and the rest. */
char	*lang_in_dir(struct lang_run *r, const char *file);
char	*lang_in_work(struct lang_run *r, const char *file);

/* ---- once for a machine (once.c) ---- */

/*
 * A folder below the cache, made by make() the first time: filled under
 * another name, then renamed, with a lock against other builds.
 */
int	lang_once(struct lang_run *r, const char *name,
	    int (*make)(struct lang_run *r, const char *dir, struct err *e),
	    char **out, struct err *e) MUST_CHECK;

#endif
