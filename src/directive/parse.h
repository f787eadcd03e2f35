/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse.h - from the tree to plain data.
 *
 * Each entry of a list gives exactly one struct, also when it is not what it
 * should be; so the n-th handler is the n-th value in the tree, where the
 * checks find its places.
 */
#ifndef DIRECTIVE_PARSE_H
#define DIRECTIVE_PARSE_H

#include "directive/tell.h"
#include "directive/directive.h"

#define PARSE_MAX_CALLS	1024u	/* of all steps of one handler */
#define PARSE_MAX_WITH	256u	/* of one call */
#define PARSE_MAX_STATE	1024u	/* of one schedule */
#define PARSE_MAX_FUNCTIONS	4096u

struct reader {
	struct teller	 tell;
	struct arena	*arena;
};

/* The items of the list under key; 0 when it is none. */
size_t		 parse_list(const struct tree *map, const char *key,
		    struct tree ***items);
/* The steps of a handler or schedule, at most DIRECTIVE_MAX_STEPS. */
struct step	*parse_steps(struct reader *r, const struct tree *owner,
		    size_t *nsteps);
/* The scalars of a map, in order, at most max. */
struct pair	*parse_pairs(struct reader *r, const struct tree *map,
		    size_t max, size_t *npairs);
/* Make "LINE:COL: text" in e "FILE:LINE:COL: text"; returns -1. */
int		 parse_name_file(struct err *e, struct str file);
/* A function as `runnables` and manifests have it. */
void		 parse_function(const struct tree *t,
		    struct function_info *f);

#endif
