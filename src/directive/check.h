/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - one run of all the checks over one Directive. */
#ifndef DIRECTIVE_CHECK_H
#define DIRECTIVE_CHECK_H

#include "directive/directive.h"
#include "directive/tell.h"
#include "tree/tree.h"

/* A key that a `call` of these steps puts into their state. */
struct given_key {
	const struct step *steps;
	struct str	 key;
};

struct check {
	struct teller	 tell;
	const struct directive *d;
	const struct function_info *functions;
	size_t		 nfunctions;
	bool		*used;		/* by a step; one for each function */
	bool		 lost;		/* a step names no function */
	struct str	*names;		/* of functions as steps write them */
	const struct function_info **by_name;	/* sorted, to find them */
	struct given_key *given;	/* check_called finds them */
	size_t		 ngiven, given_cap;
	struct arena	*arena;		/* for the run */
};

/* The n-th value of the list under key at the top. */
const struct tree *check_item(const struct check *c, const char *key,
		    size_t n);
/* The value under key, or the first key of map to point at. */
const struct tree *check_spot(const struct tree *map, const char *key);
/* Did parse tell already that the value under key has the wrong kind? */
bool		 check_told(const struct tree *map, const char *key,
		    enum tree_kind want);

/* As directive_find, for many questions. */
const struct function_info *check_find(const struct check *c, struct str fn);
void	check_handlers(struct check *c);
void	check_schedules(struct check *c);
void	check_steps(struct check *c, const struct tree *owner,
	    const struct step *steps, size_t nsteps, const struct pair *state,
	    size_t nstate, struct str response);
void	check_world(struct check *c);	/* connections, authentication */
void	check_capabilities(struct check *c);
void	check_address(struct check *c, const struct tree *map,
	    const char *key);
/* A map of domains, each with the header to send there. */
void	check_headers(struct check *c, const struct tree *domains);
void	check_queries(struct check *c);
/* The name that an entry of a list has. */
struct entry {
	struct str	 name;
	size_t		 index;
	const struct tree *t;
};
/* Tell each name that v, which this sorts, has twice. */
void	check_names_twice(struct check *c, struct entry *v, size_t n,
	    const struct diag_rule *rule, const char *list);
void	check_routes(struct check *c);
void	check_called(struct check *c);	/* `call` of steps; before them */

#endif
