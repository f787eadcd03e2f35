/* SPDX-License-Identifier: Apache-2.0 */
#include "directive/check.h"
#include "directive/rules.h"

/* The state keys that are there when a step begins, and all that come. */
struct keys {
	struct str *v;
	size_t n, now; /* v[0..now) are there already */
};

struct walk {
	struct check *c;
	struct keys keys;
};

static bool
key_in(const struct str *v, size_t n, struct str key)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(v[i], key))
			return true;
	return false;
}

/* All keys, in the order in which they come to be. */
static struct keys
gather(struct arena *a, const struct step *steps, size_t nsteps,
    const struct pair *state, size_t nstate)
{
	struct keys k = { 0 };
	size_t i, j, max = nstate;

	for (i = 0; i < nsteps; i++)
		max += steps[i].ncalls;
	k.v = arena_take(a, (max + 1) * sizeof *k.v);
	for (i = 0; i < nstate; i++)
		k.v[k.n++] = state[i].key;
	for (i = 0; i < nsteps; i++)
		for (j = 0; j < steps[i].ncalls; j++)
			if (steps[i].calls[j].key.n > 0)
				k.v[k.n++] = steps[i].calls[j].key;
	k.now = nstate;
	return k;
}

/* ---- one call ---- */

/* A function of the same name in another namespace is nearer than any other
 * spelling. */
static void
suggest_fn(struct check *c, struct diag *d, struct str fn)
{
	struct fqfn ref = fqfn_parse(fn);
	size_t i;

	for (i = 0; d && i < c->nfunctions; i++) {
		if (!str_eq(c->functions[i].name, ref.name))
			continue;
		if (ref.identifier.n > 0 || ref.version.n > 0) {
			tell_repair(&c->tell, d,
			    "the Directive is %.*s at version %.*s; write "
			    "'%.*s'",
			    SHOW_A(c->d->identifier), SHOW_A(c->d->app_version),
			    SHOW_A(c->names[i]));
			return;
		}
		tell_repair(
		    &c->tell, d, "did you mean '%.*s'?", SHOW_A(c->names[i]));
		return;
	}
	tell_near(&c->tell, d, fn, c->names, c->nfunctions);
}

static void
check_fn(struct check *c, const struct call *call, const struct tree *t)
{
	const struct function_info *f;
	struct diag *d;

	if (check_told(t, "fn", TREE_TEXT))
		return;
	if (call->fn.n == 0) {
		tell(&c->tell, RULE(R_EMPTY_NAME), check_spot(t, "fn"),
		    "the step names no function");
		return;
	}
	f = check_find(c, call->fn);
	if (f) {
		c->used[f - c->functions] = true;
		return;
	}
	c->lost = true;
	d = tell(&c->tell, RULE(R_UNKNOWN_FN), check_spot(t, "fn"),
	    "no function '%.*s'", SHOW_A(call->fn));
	suggest_fn(c, d, call->fn);
}

static const struct tree *
with_spot(const struct tree *t, const struct pair *p)
{
	const struct tree *with = tree_get(t, "with"), *v;
	size_t i;

	for (i = 0; i < with->nitems; i++) {
		v = with->items[i];
		if (v->at.line == p->at.line && v->at.col == p->at.col)
			return v->kind == TREE_NULL && v->key ? v->key : v;
	}
	return with;
}

static void
check_with(struct walk *w, const struct call *call, const struct tree *t)
{
	struct teller *tl = &w->c->tell;
	const struct keys *k = &w->keys;
	struct diag *d;
	size_t i, j;

	for (i = 0; i < call->nwith; i++) {
		const struct pair *p = &call->with[i];

		for (j = 0; j < i && !str_eq(call->with[j].key, p->key); j++)
			;
		if (p->key.n == 0 || p->value.n == 0)
			tell(tl, RULE(R_EMPTY_NAME), with_spot(t, p),
			    "an empty name in 'with'");
		else if (j < i)
			tell(tl, RULE(R_WITH_TWICE), with_spot(t, p),
			    "'with' gives '%.*s' twice", SHOW_A(p->key));
		if (p->value.n == 0 || key_in(k->v, k->now, p->value))
			continue;
		if (key_in(k->v, k->n, p->value)) {
			tell(tl, RULE(R_WITH_LATER), with_spot(t, p),
			    "the state has no key '%.*s' yet",
			    SHOW_A(p->value));
			continue;
		}
		d = tell(tl, RULE(R_WITH), with_spot(t, p),
		    "no earlier step gives the state key '%.*s'",
		    SHOW_A(p->value));
		tell_near(tl, d, p->value, k->v, k->now);
	}
}

static void
check_action(struct check *c, const struct tree *t)
{
	static const struct str actions[] = { { "return", 6 },
		{ "continue", 8 } };
	struct diag *d;

	if (!t || t->kind == TREE_LIST || t->kind == TREE_MAP)
		return;
	if (str_eq(t->text, actions[0]) || str_eq(t->text, actions[1]))
		return;
	d = tell(&c->tell, RULE(R_ACTION), t->kind == TREE_NULL ? t->key : t,
	    "unknown action '%.*s'", SHOW_A(t->text));
	tell_near(&c->tell, d, t->text, actions, COUNT(actions));
}

static void
check_on_err(struct check *c, const struct tree *t)
{
	const struct tree *o = tree_get(t, "onErr");
	const struct tree *code = tree_get(o, "code");
	const struct tree *any = tree_get(o, "any"), *other;
	size_t i, ncodes = code && code->kind == TREE_MAP ? code->nitems : 0;

	other = tree_get(o, "other");
	if (any && ncodes > 0)
		tell(&c->tell, RULE(R_ANY_AND_CODE), any->key,
		    "onErr has both 'any' and 'code'");
	if (other && ncodes == 0)
		tell(&c->tell, RULE(R_OTHER_ALONE), other->key,
		    "onErr has 'other' and no 'code'");
	check_action(c, any);
	check_action(c, other);
	for (i = 0; i < ncodes; i++) {
		const struct tree *v = code->items[i];

		if (v->key->kind != TREE_INT || v->key->num < INT32_MIN ||
		    v->key->num > INT32_MAX)
			tell(&c->tell, RULE(R_CODE), v->key,
			    "'%.*s' is not an error code",
			    SHOW_A(v->key->text));
		check_action(c, v);
	}
}

static void
check_call(struct walk *w, const struct call *call, const struct tree *t)
{
	const struct tree *as = tree_get(t, "as");

	if (t->kind != TREE_MAP)
		return;
	check_fn(w->c, call, t);
	if (as && as->kind == TREE_TEXT && as->text.n == 0)
		tell(&w->c->tell, RULE(R_EMPTY_NAME), as, "'as' is empty");
	if (call->nwith > 0)
		check_with(w, call, t);
	check_on_err(w->c, t);
}

/* ---- steps ---- */

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

static void
check_shape(struct check *c, const struct tree *t)
{
	const struct tree *each = tree_get(t, "forEach");
	const struct tree *group = tree_get(t, "group");
	bool fn = tree_get(t, "fn") != NULL;

	if (each && (fn || group))
		tell(&c->tell, RULE(R_LATER_KEY), each->key,
		    "'forEach' of a step is known, but not in this version");
	if (fn && group)
		tell(&c->tell, RULE(R_BOTH), group->key,
		    "the step has both 'fn' and 'group'");
	else if (!fn && !group && each)
		tell(&c->tell, RULE(R_FOR_EACH), each->key,
		    "the step is a forEach, which was removed in Atmo 0.4.0");
	else if (!fn && !group)
		tell(&c->tell, RULE(R_NEITHER), check_spot(t, "fn"),
		    "the step has neither 'fn' nor 'group'");
	else if (group && group->nitems == 0 &&
	    !check_told(t, "group", TREE_LIST))
		tell(&c->tell, RULE(R_NEITHER), group->key,
		    "the group is empty");
}

static void
check_step(struct walk *w, const struct step *s, const struct tree *t)
{
	size_t i, more = 0;
	const struct tree *group = s->group ? tree_get(t, "group") : NULL;

	check_shape(w->c, t);
	for (i = 0; i < s->ncalls; i++) {
		check_call(w, &s->calls[i], group ? group->items[i] : t);
		more += s->calls[i].key.n > 0;
	}
	if (group)
		check_group_keys(w->c, s, t);
	w->keys.now += more;
}

static void
check_response(struct walk *w, const struct tree *owner,
    const struct step *last, struct str response)
{
	struct teller *tl = &w->c->tell;
	struct diag *d;

	if (check_told(owner, "response", TREE_TEXT))
		return;
	if (response.n == 0 && last->group && last->ncalls > 0 &&
	    tree_get(owner, "resource"))
		tell(tl, RULE(R_GROUP_LAST), check_spot(owner, "steps")->key,
		    "the last step is a group, and nothing says which "
		    "member's result is the response");
	if (response.n == 0 || key_in(w->keys.v, w->keys.n, response))
		return;
	d = tell(tl, RULE(R_RESPONSE), tree_get(owner, "response"),
	    "no step gives the state key '%.*s'", SHOW_A(response));
	tell_near(tl, d, response, w->keys.v, w->keys.n);
}

void
check_steps(struct check *c, const struct tree *owner, const struct step *steps,
    size_t nsteps, const struct pair *state, size_t nstate, struct str response)
{
	struct walk w = { .c = c };
	const struct tree *list = tree_get(owner, "steps");
	size_t i;

	if (check_told(owner, "steps", TREE_LIST))
		return;
	if (nsteps == 0) {
		tell(&c->tell, RULE(R_NO_STEPS), check_spot(owner, "steps"),
		    "there are no steps");
		return;
	}
	w.keys = gather(c->arena, steps, nsteps, state, nstate);
	for (i = 0; i < nsteps; i++)
		if (list->items[i]->kind == TREE_MAP)
			check_step(&w, &steps[i], list->items[i]);
	check_response(&w, owner, &steps[nsteps - 1], response);
}
