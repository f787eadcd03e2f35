/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - one run as the trace kept it, to be run or asked again.
 *
 * Everything lives in the arena of the tree that trace_show gave.
 */
#ifndef STUDIO_RECORD_H
#define STUDIO_RECORD_H

#include "directive/directive.h"
#include "tree/tree.h"

/* A text as it is kept: whole, or its beginning. */
struct kept {
	struct str	text;
	bool		there, cut;
};

struct record {
	struct arena	*arena;
	struct tree	*run;
	struct str	kind, flow, name, method, url, id, digest;
	struct pair	*headers, *params, *state;
	size_t		nheaders, nparams, nstate;
	bool		state_cut, headers_cut;
	struct kept	body, answer;
	int		status;
	struct tree	*steps;		/* a list, maybe empty */
};

void	record_read(struct record *r, struct arena *a, struct tree *run);
struct kept record_text(struct arena *a, const struct tree *t);
/* Where the values of the state came from when the step at place `at` of the
 * list began (its length: at the end): {key: 0} from the request, {key: id} from
 * that try, {key: [id, ...]} from the elements of a forEach.  steps may be NULL,
 * or what the flow has. */
struct tree *record_before(const struct record *r, size_t at,
	    const struct step *steps, size_t nsteps);
/* The values themselves, for rerun.  ERR_LIMIT: not all of one is kept. */
int	record_state(const struct record *r, const struct tree *before,
	    struct pair **out, size_t *n, struct err *e) MUST_CHECK;
/* The steps of its flow, when d has them; NULL: it has not. */
const struct step *record_steps(const struct record *r,
	    const struct directive *d, size_t *n);

#endif
