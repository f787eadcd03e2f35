/* SPDX-License-Identifier: Apache-2.0 */
#include "directive/rules.h"
#include "directive/walk.h"

static void
check_group_keys(struct check *c, const struct step *s, const struct tree *t)
{
	const struct tree *group = tree_get(t, "group");
	size_t i, j;

	for (i = 1; i < s->ncalls; i++) {
		struct str key = s->calls[i].key;

		for (j = 0; j < i && !str_eq(s->calls[j].key, key); j++)
			;
		if (j < i && key.n > 0)
			tell(&c->tell, RULE(R_GROUP_KEY),
			    check_spot(group->items[i],
				tree_get(group->items[i], "as") ? "as" : "fn"),
			    "two members of the group give the key '%.*s'",
			    SHOW_A(key));
	}
}

/* ---- what kind of step it is ---- */

/* Keys that only some kinds of steps read. */
struct only {
	const char *key;
	bool call, group, go;
};

static const struct only only[] = {
	{ "as", true, false, false },
	{ "with", true, true, false },
	{ "input", true, false, false },
	{ "forEach", true, false, false },
	{ "concurrency", true, false, false },
	{ "retry", true, false, false },
	{ "timeout", true, true, false },
	{ "repeat", true, true, false },
	{ "max", false, false, true },
	{ "every", false, false, true },
};

static void
check_effect(struct check *c, const struct step *s, const struct tree *t)
{
	const char *kind = s->group ? "group" : s->ncalls > 0 ? "fn" : "goto";
	const struct tree *v;
	size_t i;

	for (i = 0; i < COUNT(only); i++) {
		v = tree_get(t, only[i].key);
		if (!v ||
		    (s->group		    ? only[i].group
			    : s->ncalls > 0 ? only[i].call
					    : only[i].go))
			continue;
		tell(&c->tell, RULE(R_NO_EFFECT), v->key,
		    "'%s' has no effect beside '%s'", only[i].key, kind);
	}
}

/* The keys that say what a step is, in the order of their standing; a forEach
 * is one only when it is a map. */
static const struct tree *
kinds_of(const struct tree *t, size_t *n, const struct tree **second)
{
	static const char *const kinds[] = { "fn", "call", "group", "goto",
		"forEach" };
	const struct tree *v, *first = NULL;
	size_t i;

	*n = 0;
	for (i = 0; i < COUNT(kinds); i++) {
		v = tree_get(t, kinds[i]);
		if (!v || (i == 4 && v->kind != TREE_MAP))
			continue;
		if (*n == 0)
			first = v;
		if (*n == 1)
			*second = v;
		++*n;
	}
	return first;
}

/* False: nothing more can be said of the step. */
static bool
check_kind(struct check *c, const struct tree *t)
{
	const struct tree *group = tree_get(t, "group"), *first, *second = NULL;
	size_t n;

	first = kinds_of(t, &n, &second);
	if (n > 1)
		tell(&c->tell, RULE(R_BOTH), second->key,
		    "the step has both '%.*s' and '%.*s'",
		    SHOW_A(first->key->text), SHOW_A(second->key->text));
	else if (n == 0)
		tell(&c->tell, RULE(R_NEITHER), check_spot(t, "fn"),
		    "the step has neither 'fn', 'group', 'call' nor 'goto'");
	else if (group && group->nitems == 0 &&
	    !check_told(t, "group", TREE_LIST))
		tell(&c->tell, RULE(R_NEITHER), group->key,
		    "the group is empty");
	return n == 1;
}

/* ---- loops ---- */

static void
check_bound(struct check *c, const struct tree *map, const char *what)
{
	if (!tree_get(map, "max"))
		tell(&c->tell, RULE(R_UNBOUNDED),
		    map->key ? map->key : check_spot(map, what),
		    "the %s has no 'max'", what);
}

static void
check_repeat(struct walk *w, const struct step *s, const struct tree *t)
{
	const struct tree *repeat = tree_get(t, "repeat");

	if (!repeat || repeat->kind != TREE_MAP)
		return;
	check_bound(w->c, repeat, "repeat");
	if (!tree_get(repeat, "until"))
		tell(&w->c->tell, RULE(R_UNBOUNDED), repeat->key,
		    "the repeat has no 'until'");
	/* It is asked when the step has run. */
	w->at++;
	walk_read_when(w, s->until, tree_get(repeat, "until"));
	w->at--;
}

static void
check_goto(struct walk *w, const struct step *s, const struct tree *t)
{
	const struct tree *to = tree_get(t, "goto");
	CLEANUP(mem_free_at)
	struct str *names = mem_take((w->at + 1) * sizeof *names);
	struct diag *d;
	size_t i, n = 0;

	if (check_told(t, "goto", TREE_TEXT))
		return;
	check_bound(w->c, t, "goto");
	walk_read_when(w, s->when, tree_get(t, "when"));
	if (s->target_index != SIZE_MAX)
		return;
	for (i = w->at; i < w->nsteps; i++)
		if (s->target.n > 0 && str_eq(w->steps[i].name, s->target)) {
			tell(&w->c->tell, RULE(R_GOTO), to,
			    i == w->at ? "the goto leads to itself%.*s"
				       : "the step '%.*s' comes later",
			    i == w->at ? 0 : (int)s->target.n, s->target.p);
			return;
		}
	for (i = 0; i < w->at; i++)
		if (w->steps[i].name.n > 0)
			names[n++] = w->steps[i].name;
	d = tell(&w->c->tell, RULE(R_GOTO), to,
	    "no earlier step has the name '%.*s'", SHOW_A(s->target));
	tell_near(&w->c->tell, d, s->target, names, n);
}

/* ---- steps ---- */

static void
check_name(struct walk *w, const struct step *s, const struct tree *t)
{
	const struct tree *name = tree_get(t, "name");
	size_t i;

	if (!name || check_told(t, "name", TREE_TEXT))
		return;
	if (s->name.n == 0)
		tell(&w->c->tell, RULE(R_EMPTY_NAME), check_spot(t, "name"),
		    "'name' is empty");
	for (i = 0; s->name.n > 0 && i < w->at; i++)
		if (str_eq(w->steps[i].name, s->name)) {
			tell(&w->c->tell, RULE(R_STEP_TWICE), name,
			    "the name '%.*s' is there twice", SHOW_A(s->name));
			return;
		}
}

static void
check_step(struct walk *w, const struct step *s, const struct tree *t)
{
	const struct tree *group = s->group ? tree_get(t, "group") : NULL;
	size_t i;

	check_name(w, s, t);
	if (!check_kind(w->c, t))
		return;
	check_effect(w->c, s, t);
	for (i = 0; i < s->ncalls; i++)
		check_call(w, &s->calls[i], group ? group->items[i] : t);
	if (group) {
		check_group_keys(w->c, s, t);
		check_with(w, s->with, s->nwith, t, s->when);
		walk_read_when(w, s->when, tree_get(t, "when"));
	}
	if (group || s->ncalls == 0)
		check_on_err(w->c, t);
	check_repeat(w, s, t);
	if (tree_get(t, "goto"))
		check_goto(w, s, t);
}

static void
check_response(struct walk *w, const struct tree *owner, struct str response)
{
	const struct step *last = &w->steps[w->nsteps - 1];
	const char *what = last->target.n > 0 ? "a goto"
	    : last->group && last->ncalls > 0 ? "a group"
					      : NULL;

	if (check_told(owner, "response", TREE_TEXT))
		return;
	if (response.n == 0 && what && tree_get(owner, "resource"))
		tell(&w->c->tell, RULE(R_GROUP_LAST),
		    check_spot(owner, "steps")->key,
		    "the last step is %s, and nothing says which %sresult is "
		    "the response",
		    what, last->group ? "member's " : "");
	if (response.n > 0)
		walk_response(w, owner, response);
}

void
check_steps(struct check *c, const struct tree *owner, const struct step *steps,
    size_t nsteps, const struct pair *state, size_t nstate, struct str response)
{
	struct walk w = { .c = c, .steps = steps, .nsteps = nsteps };
	const struct tree *list = tree_get(owner, "steps");

	if (check_told(owner, "steps", TREE_LIST))
		return;
	if (nsteps == 0) {
		tell(&c->tell, RULE(R_NO_STEPS), check_spot(owner, "steps"),
		    "there are no steps");
		return;
	}
	walk_begin(&w, state, nstate);
	for (w.at = 0; w.at < nsteps; w.at++)
		if (list->items[w.at]->kind == TREE_MAP)
			check_step(&w, &steps[w.at], list->items[w.at]);
	if (w.nreached < nsteps)
		tell(&c->tell, RULE(R_UNREACHED), list->items[w.nreached],
		    "the step is never reached: the goto before it always "
		    "goes");
	check_response(&w, owner, response);
}
