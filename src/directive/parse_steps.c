/* SPDX-License-Identifier: Apache-2.0 */
#include "directive/parse.h"
#include "directive/rules.h"

#define MAX_SHARED 32u /* pairs of a group, which each member gets */

/* How many of the wanted calls there is room for; told once a handler. */
static size_t
room(struct reader *r, const struct tree *at, size_t want, size_t *ncalls)
{
	size_t left = *ncalls < PARSE_MAX_CALLS ? PARSE_MAX_CALLS - *ncalls : 0;

	if (want <= left) {
		*ncalls += want;
		return want;
	}
	if (*ncalls <= PARSE_MAX_CALLS)
		tell(&r->tell, RULE(R_TOO_MANY), at,
		    "more than %u calls in one handler or schedule",
		    PARSE_MAX_CALLS);
	*ncalls = PARSE_MAX_CALLS + 1;
	return left;
}

/* Atmo looked at the `with` and `onErr` beside `group`, and at none of the
 * members'; so what stands there counts for each member that says nothing
 * else. */
static void
inherit(struct reader *r, struct call *c, const struct step *group)
{
	struct pair *with;
	size_t i, j, n = 0;

	if (c->on_err.ncodes == 0 && !c->on_err.has_any && !c->on_err.has_other)
		c->on_err = group->on_err;
	if (c->nwith == 0) {
		c->with = group->with;
		c->nwith = group->nwith;
		return;
	}
	with =
	    arena_take(r->arena, (c->nwith + group->nwith + 1) * sizeof *with);
	for (i = 0; i < c->nwith; i++)
		with[n++] = c->with[i];
	for (i = 0; i < group->nwith; i++) {
		for (j = 0; j < c->nwith; j++)
			if (str_eq(c->with[j].key, group->with[i].key))
				break;
		if (j == c->nwith)
			with[n++] = group->with[i];
	}
	c->with = with;
	c->nwith = n;
}

static void
parse_group(
    struct reader *r, const struct tree *t, struct step *s, size_t *ncalls)
{
	const struct tree *group = tree_get(t, "group");
	struct call shared = { 0 };
	size_t i;

	s->group = true;
	s->when = parse_when(r, t, "when");
	s->timeout_ns = parse_time(r, t, "timeout");
	parse_with(r, tree_get(t, "with"), &shared);
	s->with = shared.with;
	s->nwith = shared.nwith < MAX_SHARED ? shared.nwith : MAX_SHARED;
	if (shared.nwith > MAX_SHARED)
		tell(&r->tell, RULE(R_TOO_MANY), tree_get(t, "with"),
		    "'with' of a group has more than %u entries", MAX_SHARED);
	if (group->kind == TREE_LIST)
		s->ncalls = room(r, group, group->nitems, ncalls);
	s->calls = arena_take(r->arena, (s->ncalls + 1) * sizeof *s->calls);
	for (i = 0; i < s->ncalls; i++) {
		parse_call(r, group->items[i], &s->calls[i]);
		inherit(r, &s->calls[i], s);
	}
}

/* Is it one call: of a function, of a handler, or the old forEach? */
static const struct tree *
called(const struct tree *t)
{
	const struct tree *each = tree_get(t, "forEach");

	if (tree_get(t, "fn"))
		return tree_get(t, "fn");
	if (tree_get(t, "call"))
		return tree_get(t, "call");
	return each && each->kind == TREE_MAP ? each : NULL;
}

static void
parse_repeat(struct reader *r, const struct tree *t, struct step *s)
{
	const struct tree *repeat = tree_get(t, "repeat");

	if (!repeat || repeat->kind != TREE_MAP)
		return;
	s->until = parse_when(r, repeat, "until");
	s->max = parse_count(r, repeat, "max", PARSE_MAX_TURNS, 1);
	s->every_ns = parse_time(r, repeat, "every");
}

static void
parse_goto(struct reader *r, const struct tree *t, struct step *s)
{
	s->target = tree_text(t, "goto");
	s->when = parse_when(r, t, "when");
	s->max = parse_count(r, t, "max", PARSE_MAX_TURNS, 1);
	s->every_ns = parse_time(r, t, "every");
}

static void
parse_step(
    struct reader *r, const struct tree *t, struct step *s, size_t *ncalls)
{
	const struct tree *call = called(t);
	const struct tree *group = tree_get(t, "group");

	s->at = t->at;
	s->name = tree_text(t, "name");
	s->target_index = SIZE_MAX;
	parse_on_err(r, tree_get(t, "onErr"), &s->on_err);
	s->group = group != NULL;
	if (!call == !group) {
		if (!call && tree_get(t, "goto"))
			parse_goto(r, t, s);
		return;
	}
	parse_repeat(r, t, s);
	if (group) {
		parse_group(r, t, s, ncalls);
		return;
	}
	s->ncalls = room(r, call, 1, ncalls);
	s->calls = arena_take(r->arena, (s->ncalls + 1) * sizeof *s->calls);
	if (s->ncalls > 0)
		parse_call(r, t, &s->calls[0]);
}

/* A goto leads to the nearest earlier step of that name. */
static void
find_targets(struct step *steps, size_t nsteps)
{
	size_t i, j;

	for (i = 0; i < nsteps; i++)
		for (j = 0; steps[i].target.n > 0 && j < i; j++)
			if (str_eq(steps[j].name, steps[i].target))
				steps[i].target_index = j;
}

struct step *
parse_steps(struct reader *r, const struct tree *owner, size_t *nsteps)
{
	struct tree **v = NULL;
	size_t i, ncalls = 0, n = parse_list(owner, "steps", &v);
	struct step *steps;

	if (n > DIRECTIVE_MAX_STEPS) {
		tell(&r->tell, RULE(R_TOO_MANY), v[DIRECTIVE_MAX_STEPS],
		    "%zu steps, and at most %u are allowed", n,
		    DIRECTIVE_MAX_STEPS);
		n = DIRECTIVE_MAX_STEPS;
	}
	steps = arena_take(r->arena, (n + 1) * sizeof *steps);
	for (i = 0; i < n; i++)
		parse_step(r, v[i], &steps[i], &ncalls);
	find_targets(steps, n);
	*nsteps = n;
	return steps;
}
