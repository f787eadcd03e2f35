/* SPDX-License-Identifier: Apache-2.0 */
/* One call of a step: what it runs, what it reads, what after an error. */
#include "directive/rules.h"
#include "directive/walk.h"

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

/* The map that names what is called: the step, or its forEach of old. */
static const struct tree *
names_of(const struct tree *t)
{
	const struct tree *each = tree_get(t, "forEach");

	return each && each->kind == TREE_MAP ? each : t;
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

	for (i = 0; with && i < with->nitems; i++) {
		v = with->items[i];
		if (v->at.line == p->at.line && v->at.col == p->at.col)
			return v->kind == TREE_NULL && v->key ? v->key : v;
	}
	return t;
}

void
check_with(struct walk *w, const struct pair *with, size_t nwith,
    const struct tree *t, const struct expr *when)
{
	struct teller *tl = &w->c->tell;
	size_t i, j;

	for (i = 0; i < nwith; i++) {
		const struct pair *p = &with[i];

		for (j = 0; j < i && !str_eq(with[j].key, p->key); j++)
			;
		if (p->key.n == 0 || p->value.n == 0)
			tell(tl, RULE(R_EMPTY_NAME), with_spot(t, p),
			    "an empty name in 'with'");
		else if (j < i)
			tell(tl, RULE(R_WITH_TWICE), with_spot(t, p),
			    "'with' gives '%.*s' twice", SHOW_A(p->key));
		if (p->value.n > 0)
			walk_read(w, p->value, with_spot(t, p),
			    walk_asks(when, p->value));
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

void
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

/* What stands beside it is read only by a forEach. */
static void
check_each(struct walk *w, const struct call *call, const struct tree *t)
{
	const struct tree *each = tree_get(t, "forEach");
	const struct tree *many = tree_get(t, "concurrency");

	if (each && each->kind == TREE_MAP)
		tell(&w->c->tell, RULE(R_FOR_EACH), each->key,
		    "the step is a forEach as Atmo 0.2 and 0.3 had it");
	if (many && !each)
		tell(&w->c->tell, RULE(R_NO_EFFECT), many->key,
		    "'concurrency' has no effect without 'forEach'");
	if (call->each.n > 0)
		walk_read(w, call->each,
		    each->kind == TREE_MAP ? check_spot(each, "in") : each,
		    walk_asks(call->when, call->each));
	if (call->each.n > 0 && call->input.n > 0)
		tell(&w->c->tell, RULE(R_NO_EFFECT), tree_get(t, "input")->key,
		    "'input' has no effect beside 'forEach', which feeds the "
		    "elements");
}

void
check_call(struct walk *w, const struct call *call, const struct tree *t)
{
	const struct tree *names = names_of(t), *as = tree_get(names, "as");
	struct check *c = w->c;

	if (t->kind != TREE_MAP)
		return;
	if (tree_get(names, "fn") && tree_get(names, "call"))
		tell(&c->tell, RULE(R_BOTH), tree_get(names, "call")->key,
		    "the step has both 'fn' and 'call'");
	if (!tree_get(names, "call") || tree_get(names, "fn"))
		check_fn(c, call, names);
	else if (call->handler.n == 0 && !check_told(names, "call", TREE_TEXT))
		tell(&c->tell, RULE(R_EMPTY_NAME), check_spot(names, "call"),
		    "the step calls nothing");
	if (as && as->kind == TREE_TEXT && as->text.n == 0)
		tell(&c->tell, RULE(R_EMPTY_NAME), as, "'as' is empty");
	if (tree_get(t, "with") && tree_get(t, "with")->kind == TREE_LIST)
		tell(&c->tell, RULE(R_OLD_WITH), tree_get(t, "with")->key,
		    "'with' is a list, as before Atmo 0.2");
	if (tree_get(t, "with"))
		check_with(w, call->with, call->nwith_own, t, call->when);
	check_each(w, call, t);
	if (call->input.n > 0)
		walk_read(w, call->input, tree_get(t, "input"),
		    walk_asks(call->when, call->input));
	walk_read_when(w, call->when, tree_get(t, "when"));
	check_on_err(c, names);
}
