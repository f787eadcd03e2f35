/* SPDX-License-Identifier: Apache-2.0 */
#include "directive/parse.h"
#include "directive/rules.h"

/* n, or max and a problem at the first that is too many. */
static size_t
up_to(struct reader *r, const struct tree *t, size_t max)
{
	size_t n = t->nitems;

	if (n <= max)
		return n;
	tell(&r->tell, RULE(R_TOO_MANY), t->items[max],
	    "'%.*s' has %zu entries, and at most %zu are allowed",
	    SHOW_A(t->key->text), n, max);
	return max;
}

struct pair *
parse_pairs(
    struct reader *r, const struct tree *map, size_t max, size_t *npairs)
{
	size_t i, n = map && map->kind == TREE_MAP ? up_to(r, map, max) : 0;
	struct pair *v = arena_take(r->arena, (n + 1) * sizeof *v);
	const struct tree *t;

	*npairs = 0;
	for (i = 0; i < n; i++) {
		t = map->items[i];
		if (t->kind == TREE_LIST || t->kind == TREE_MAP)
			continue;
		v[*npairs] = (struct pair){ t->key->text, t->text, t->at };
		if (t->kind == TREE_NULL)
			v[*npairs].value = STR("");
		++*npairs;
	}
	return v;
}

/* One entry of a `with` list, as it was before Atmo 0.2.0: "alias: key", in
 * quotes or not. */
static bool
old_pair(const struct tree *t, struct pair *out)
{
	struct str rest = t->text, alias;

	out->at = t->at;
	if (t->kind == TREE_MAP && t->nitems == 1) {
		out->key = t->items[0]->key->text;
		out->value = t->items[0]->text;
		return t->items[0]->kind != TREE_LIST &&
		    t->items[0]->kind != TREE_MAP;
	}
	if (t->kind != TREE_TEXT || !str_cut(&rest, ':', &alias))
		return false;
	out->key = str_trim(alias);
	out->value = str_trim(rest);
	return true;
}

static void
parse_old_with(struct reader *r, const struct tree *list, struct call *c)
{
	size_t i, n = up_to(r, list, PARSE_MAX_WITH);

	c->with = arena_take(r->arena, (n + 1) * sizeof *c->with);
	for (i = 0; i < n; i++)
		if (old_pair(list->items[i], &c->with[c->nwith]))
			c->nwith++;
		else
			tell(&r->tell, RULE(R_TYPE), list->items[i],
			    "an entry of 'with' should be 'alias: key'");
}

static void
parse_with(struct reader *r, const struct tree *t, struct call *c)
{
	size_t i;

	if (!t || t->kind == TREE_NULL)
		return;
	if (t->kind == TREE_LIST) {
		parse_old_with(r, t, c);
		return;
	}
	if (t->kind != TREE_MAP) {
		tell(&r->tell, RULE(R_TYPE), t,
		    "'with' should be a map, and is %s",
		    tree_kind_name(t->kind));
		return;
	}
	c->with = parse_pairs(r, t, PARSE_MAX_WITH, &c->nwith);
	for (i = 0; i < t->nitems; i++)
		if (t->items[i]->kind == TREE_LIST ||
		    t->items[i]->kind == TREE_MAP)
			tell(&r->tell, RULE(R_TYPE), t->items[i],
			    "a value of 'with' should be a state key, and "
			    "is %s",
			    tree_kind_name(t->items[i]->kind));
}

static enum on_err
parse_action(struct str s)
{
	return str_is(s, "continue") ? ON_ERR_CONTINUE : ON_ERR_RETURN;
}

static void
parse_on_err(struct reader *r, const struct tree *t, struct on_err_rule *o)
{
	const struct tree *codes = tree_get(t, "code"), *v;
	size_t i, n = codes && codes->kind == TREE_MAP ? codes->nitems : 0;

	o->has_any = tree_text(t, "any").n > 0;
	o->any = parse_action(tree_text(t, "any"));
	o->has_other = tree_text(t, "other").n > 0;
	o->other = parse_action(tree_text(t, "other"));
	o->codes = arena_take(r->arena, (n + 1) * sizeof *o->codes);
	for (i = 0; i < n; i++) {
		v = codes->items[i];
		if (v->key->kind != TREE_INT || v->key->num < INT32_MIN ||
		    v->key->num > INT32_MAX)
			continue;
		o->codes[o->ncodes].code = (int32_t)v->key->num;
		o->codes[o->ncodes++].action = parse_action(v->text);
	}
}

static void
parse_call(struct reader *r, const struct tree *t, struct call *c)
{
	const struct tree *fn = tree_get(t, "fn");

	c->at = fn ? fn->at : t->at;
	c->fn = tree_text(t, "fn");
	c->key = tree_text(t, "as");
	if (c->key.n == 0)
		c->key = c->fn;
	parse_with(r, tree_get(t, "with"), c);
	parse_on_err(r, tree_get(t, "onErr"), &c->on_err);
}

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

static void
parse_step(
    struct reader *r, const struct tree *t, struct step *s, size_t *ncalls)
{
	const struct tree *fn = tree_get(t, "fn");
	const struct tree *group = tree_get(t, "group");
	size_t i;

	s->at = t->at;
	s->group = group != NULL;
	if (!fn == !group)
		return;
	if (fn)
		s->ncalls = room(r, fn, 1, ncalls);
	else if (group->kind == TREE_LIST)
		s->ncalls = room(r, group, group->nitems, ncalls);
	s->calls = arena_take(r->arena, (s->ncalls + 1) * sizeof *s->calls);
	for (i = 0; i < s->ncalls; i++)
		parse_call(r, fn ? t : group->items[i], &s->calls[i]);
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
	*nsteps = n;
	return steps;
}
