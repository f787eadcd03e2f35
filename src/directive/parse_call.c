/* SPDX-License-Identifier: Apache-2.0 */
/* One call of a step: what runs, with what, and what when it fails. */
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

void
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

void
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

/* `forEach: KEY`, or the map {in, fn, as, onErr} of Atmo 0.2 and 0.3; gives
 * the map that the call is in. */
static const struct tree *
parse_each(struct reader *r, const struct tree *t, struct call *c)
{
	const struct tree *each = tree_get(t, "forEach");

	c->concurrency = 1;
	if (!each || each->kind == TREE_NULL)
		return t;
	if (each->kind == TREE_LIST) {
		tell(&r->tell, RULE(R_TYPE), each,
		    "'forEach' should be a state key, and is a list");
		return t;
	}
	if (each->kind == TREE_MAP) {
		c->each = tree_text(each, "in");
		c->each_old = true;
		t = each;
	} else {
		c->each = each->text;
	}
	if (c->each.n == 0)
		tell(&r->tell, RULE(R_EMPTY_NAME), each->key,
		    "'forEach' names no state key");
	return t;
}

void
parse_call(struct reader *r, const struct tree *step, struct call *c)
{
	const struct tree *t = parse_each(r, step, c);
	const struct tree *fn = tree_get(t, "fn");
	const struct tree *call = tree_get(t, "call");

	c->at = fn ? fn->at : call ? call->at : t->at;
	c->fn = tree_text(t, "fn");
	if (!fn)
		c->handler = str_trim(tree_text(t, "call"));
	c->key = tree_text(t, "as");
	if (c->key.n == 0)
		c->key = c->fn.n > 0 ? c->fn : c->handler;
	if (c->each.n > 0)
		c->concurrency = parse_count(r, step, "concurrency", 64, 1);
	c->input = tree_text(step, "input");
	parse_with(r, tree_get(step, "with"), c);
	c->nwith_own = c->nwith;
	parse_on_err(r, tree_get(t, "onErr"), &c->on_err);
	c->when = parse_when(r, step, "when");
	c->timeout_ns = parse_time(r, step, "timeout");
	parse_retry(r, tree_get(step, "retry"), &c->retry);
}
