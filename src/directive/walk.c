/* SPDX-License-Identifier: Apache-2.0 */
#include "directive/walk.h"

#include "directive/rules.h"

enum known { NEVER, LATER, SOMETIMES, ALWAYS };

/* ---- what is written, and when ---- */

static bool
leaves_never(const struct step *s)
{
	const struct on_err_rule *o = &s->on_err;
	size_t i;

	if (s->target_index == SIZE_MAX || s->when)
		return false;
	for (i = 0; i < o->ncodes; i++)
		if (o->codes[i].code == 508)
			return o->codes[i].action != ON_ERR_CONTINUE;
	return !(o->has_any && o->any == ON_ERR_CONTINUE) &&
	    !(o->has_other && o->other == ON_ERR_CONTINUE);
}

/* Behind a goto without a condition nothing runs. */
static size_t
count_reached(const struct walk *w)
{
	size_t i;

	for (i = 0; i < w->nsteps; i++)
		if (leaves_never(&w->steps[i]))
			return i + 1;
	return w->nsteps;
}

/* From where the loop that ends in step i begins; SIZE_MAX: it ends none. */
static size_t
loop_from(const struct walk *w, size_t i)
{
	if (w->steps[i].target.n > 0)
		return w->steps[i].target_index;
	return w->steps[i].until ? i : SIZE_MAX;
}

/*
 * Of a step in a loop, all that the loop runs may have run before.  Loops that
 * overlap are one: behind the end of the later one the end of the earlier one
 * is passed again.  So the later ones come first.
 */
static void
find_reach(struct walk *w)
{
	size_t i, j, from, most;

	for (i = 0; i < w->nsteps; i++)
		w->reach[i] = i;
	for (i = w->nreached; i-- > 0;) {
		from = loop_from(w, i);
		most = i + 1;
		for (j = from; j <= i; j++)
			most = w->reach[j] > most ? w->reach[j] : most;
		for (j = from; j <= i; j++)
			w->reach[j] = most;
	}
}

static void
add(struct walk *w, struct write x)
{
	size_t i;

	if (x.key.n == 0)
		return;
	for (i = 0; i < w->nwrites && !x.sure; i++)
		if (str_eq(w->writes[i].key, x.key) &&
		    expr_opposite(w->writes[i].when, x.when))
			x.sure = true;
	w->keys[w->nwrites] = x.key;
	w->writes[w->nwrites++] = x;
}

static void
add_step(struct walk *w, size_t i)
{
	const struct step *s = &w->steps[i];
	size_t j;

	for (j = 0; j < s->ncalls; j++) {
		const struct expr *own = s->calls[j].when;
		const struct expr *group = s->group ? s->when : NULL;

		add(w,
		    (struct write){ .key = s->calls[j].key,
			.step = i,
			.sure = !own && !group,
			.when = own && group ? NULL
			    : own	     ? own
					     : group });
	}
}

void
walk_begin(struct walk *w, const struct pair *state, size_t nstate)
{
	size_t i, max = nstate;

	for (i = 0; i < w->nsteps; i++)
		max += w->steps[i].ncalls;
	for (i = 0; i < w->c->ngiven; i++)
		max += w->c->given[i].steps == w->steps;
	w->writes = arena_take(w->c->arena, (max + 1) * sizeof *w->writes);
	w->keys = arena_take(w->c->arena, (max + 1) * sizeof *w->keys);
	w->reach = arena_take(w->c->arena, (w->nsteps + 1) * sizeof *w->reach);
	w->nreached = count_reached(w);
	find_reach(w);
	for (i = 0; i < nstate; i++)
		add(w,
		    (struct write){
			.key = state[i].key, .first = true, .sure = true });
	/* Only who calls these steps gives it; a request does not. */
	for (i = 0; i < w->c->ngiven; i++)
		if (w->c->given[i].steps == w->steps)
			add(w,
			    (struct write){
				.key = w->c->given[i].key, .first = true });
	for (i = 0; i < w->nreached; i++)
		add_step(w, i);
}

/* ---- what is read ---- */

static enum known
known_at(const struct walk *w, struct str key, size_t step)
{
	enum known known = NEVER, more;
	size_t i;

	for (i = 0; i < w->nwrites; i++) {
		const struct write *x = &w->writes[i];

		if (!str_eq(x->key, key))
			continue;
		if (x->first || x->step < step)
			more = x->sure ? ALWAYS : SOMETIMES;
		else
			more = step < w->nsteps && x->step < w->reach[step]
			    ? SOMETIMES
			    : LATER;
		known = more > known ? more : known;
	}
	return known;
}

/* The keys that are there before a step, for suggestions. */
static size_t
nbefore(const struct walk *w, size_t step)
{
	size_t n = 0;

	while (
	    n < w->nwrites && (w->writes[n].first || w->writes[n].step < step))
		n++;
	return n;
}

void
walk_read(struct walk *w, struct str key, const struct tree *t, bool asked)
{
	struct teller *tl = &w->c->tell;
	struct diag *d;

	switch (known_at(w, key, w->at)) {
	case ALWAYS:
		break;
	case SOMETIMES:
		if (!asked)
			tell(tl, RULE(R_SOMETIMES), t,
			    "the state key '%.*s' is there only on some ways "
			    "to this step",
			    SHOW_A(key));
		break;
	case LATER:
		tell(tl, RULE(R_WITH_LATER), t,
		    "the state has no key '%.*s' yet", SHOW_A(key));
		break;
	default:
		d = tell(tl, RULE(R_WITH), t,
		    "no earlier step gives the state key '%.*s'", SHOW_A(key));
		tell_near(tl, d, key, w->keys, nbefore(w, w->at));
	}
}

struct reading {
	struct walk *walk;
	const struct tree *t;
	struct str key;
	bool found;
};

static void
read_one(void *arg, struct str key)
{
	struct reading *r = arg;

	walk_read(r->walk, key, r->t, true);
}

void
walk_read_when(struct walk *w, const struct expr *x, const struct tree *t)
{
	struct reading r = { .walk = w, .t = t };

	if (x)
		expr_state_keys(x, read_one, &r);
}

static void
ask_one(void *arg, struct str key)
{
	struct reading *r = arg;

	r->found = r->found || str_eq(r->key, key);
}

bool
walk_asks(const struct expr *x, struct str key)
{
	struct reading r = { .key = key };

	if (x)
		expr_state_keys(x, ask_one, &r);
	return r.found;
}

void
walk_response(struct walk *w, const struct tree *owner, struct str response)
{
	const struct tree *t = tree_get(owner, "response");
	struct teller *tl = &w->c->tell;
	struct diag *d;

	switch (known_at(w, response, w->nsteps)) {
	case ALWAYS:
		break;
	case SOMETIMES:
		tell(tl, RULE(R_SOMETIMES), t,
		    "the state key '%.*s' is there only on some ways to the "
		    "end",
		    SHOW_A(response));
		break;
	default:
		d = tell(tl, RULE(R_RESPONSE), t,
		    "no step gives the state key '%.*s'", SHOW_A(response));
		tell_near(tl, d, response, w->keys, w->nwrites);
	}
}
