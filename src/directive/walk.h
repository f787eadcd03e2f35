/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.h - one list of steps, and what its state holds when.
 *
 * A step runs after the one before it, and again when a later goto leads back
 * to it or before it.  What such a loop writes may be there in its second
 * turn; what a step with a condition writes may never be.
 */
#ifndef DIRECTIVE_WALK_H
#define DIRECTIVE_WALK_H

#include "directive/check.h"
#include "directive/expr.h"

struct walk {
	struct check	*c;
	const struct step *steps;
	size_t		 nsteps;
	size_t		 nreached;	/* steps behind it never run */
	size_t		 at;		/* the step that is looked at */
	size_t		*reach;		/* of each step: those before reach[i]
					   may have run before it */
	struct write	*writes;
	size_t		 nwrites;
	struct str	*keys;		/* of the writes, for suggestions */
};

/* A key that comes into the state. */
struct write {
	struct str	 key;
	size_t		 step;		/* runs in it; 0 for the first one */
	bool		 first;		/* is there before any step */
	bool		 sure;		/* whenever the step has run */
	const struct expr *when;
};

void	walk_begin(struct walk *w, const struct pair *state, size_t nstate);
/* Tell when the state may lack a key that t, or the step's condition, reads.
 * asked: its step asks for the key first, so it may be missing. */
void	walk_read(struct walk *w, struct str key, const struct tree *t,
	    bool asked);
void	walk_read_when(struct walk *w, const struct expr *x,
	    const struct tree *t);
/* Tell when the response may not be there in the end. */
void	walk_response(struct walk *w, const struct tree *owner,
	    struct str response);
bool	walk_asks(const struct expr *x, struct str key);

/* One call: of a step, or a member of a group. */
void	check_call(struct walk *w, const struct call *call,
	    const struct tree *t);
void	check_with(struct walk *w, const struct pair *with, size_t nwith,
	    const struct tree *t, const struct expr *when);
void	check_on_err(struct check *c, const struct tree *t);

#endif
