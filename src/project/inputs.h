/* SPDX-License-Identifier: Apache-2.0 */
/* inputs.h - all that decides what a build of a function makes. */
#ifndef INPUTS_H
#define INPUTS_H

#include "project/find.h"
#include "project/state.h"

#define INPUTS_MAX_LANGS 32u

/* Programs of a language, looked up once for a run. */
struct lang_tools {
	const struct toolchain *lang;
	bool		 tinygo;
	struct inputs	 programs;
};

struct surroundings {
	const struct project *p;
	const struct build_options *opt;
	struct state	*state;
	struct digest	 self;		/* of our own program */
	bool		 has_self;
	char		*wasm_opt;	/* its path, or NULL */
	struct lang_tools langs[INPUTS_MAX_LANGS];
	size_t		 nlangs;
	/* A function whose module inputs_of has just met, and its lstat. */
	const struct project_function *met;
	struct stat	 met_st;
};

int	surroundings_fill(struct surroundings *w, const struct project *p,
	    const struct build_options *opt, struct state *s,
	    struct err *e) MUST_CHECK;

/* They live in the state's arena.  again: look at all files anew. */
int	inputs_of(struct surroundings *w, const struct project_function *f,
	    bool again, struct inputs *out, struct err *e) MUST_CHECK;

/* Is wasm-opt to shrink what is built? */
bool	inputs_shrinks(const struct build_options *opt);

/* Is f as its last build left it?  why gets a line for each thing that is
 * not so; NULL: only the answer is wanted. */
bool	inputs_fresh(struct surroundings *w, const struct project_function *f,
	    const struct inputs *now, struct buf *why);

#endif
