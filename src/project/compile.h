/* SPDX-License-Identifier: Apache-2.0 */
/* compile.h - one function: compile, check, shrink, put in place. */
#ifndef COMPILE_H
#define COMPILE_H

#include "project/find.h"

/* Shared by all threads of a build, and never changed by them. */
struct compile {
	const struct project *p;
	const struct build_options *opt;
	const char	*wasm_opt;	/* its path, or NULL: not to be used */
};

struct outcome {
	int		result;		/* 0, or -1 and err says why */
	struct err	err;
	struct buf	log;		/* what the compiler printed */
	struct diags	*ds;		/* what is wrong with the module */
	struct digest	digest;		/* of what stands at f->wasm now */
	uint64_t	wall_ns;
	char		note[256];	/* or "" */
};

void	compile_function(const struct compile *c,
	    const struct project_function *f, struct outcome *o);
void	outcome_free(struct outcome *o);

#endif
