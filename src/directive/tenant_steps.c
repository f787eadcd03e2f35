/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps of E2Core's workflows.
 *
 * One is {"executableMod": {"fqmn", "as", "with", "onErr"}, "group": [...],
 * "ForEach": null}; of the last generation {"fqmn", "group": ["fqmn"...]}.  Go
 * writes what is not set as null or "", which here is nothing.
 */
#include "directive/directive.h"
#include "directive/tenant.h"

static bool
is_set(const struct tree *t)
{
	if (!t || t->kind == TREE_NULL)
		return false;
	if (t->kind == TREE_LIST || t->kind == TREE_MAP)
		return t->nitems > 0;
	return t->kind != TREE_TEXT || t->text.n > 0;
}

/* The first of two spellings that is there. */
static const struct tree *
either(const struct tree *t, const char *one, const char *other)
{
	const struct tree *v = tree_get(t, one);

	return is_set(v) ? v : tree_get(t, other);
}

/* Values are copied node by node: a node knows its key, and one step may go
 * into several handlers. */
static void
put_text(
    struct arena *a, struct tree *map, const char *key, const struct tree *v)
{
	if (is_set(v) && v->kind != TREE_LIST && v->kind != TREE_MAP)
		tree_put_text(a, map, key, v->text);
}

/* The keys are known to differ, so nothing is searched for. */
static struct tree *
copy_texts(struct arena *a, const struct tree *t)
{
	struct tree *map = tree_map(a), *v;
	size_t i;

	for (i = 0; i < t->nitems; i++) {
		const struct tree *from = t->items[i];

		if (!is_set(from) || from->kind == TREE_LIST ||
		    from->kind == TREE_MAP)
			continue;
		v = tree_new_text(a, from->text);
		v->key = tree_new_text(a, from->key->text);
		tree_add(a, map, v);
	}
	return map;
}

/* JSON has no numbers for keys. */
static void
put_codes(struct arena *a, struct tree *rule, const struct tree *codes)
{
	struct tree *map = copy_texts(a, codes), *key;
	struct str digits;
	uint64_t n;
	size_t i;

	for (i = 0; i < map->nitems; i++) {
		key = map->items[i]->key;
		digits = str_from(key->text, str_starts(key->text, "-"));
		if (!str_u64(digits, INT32_MAX, &n))
			continue;
		key->kind = TREE_INT;
		key->num = digits.n < key->text.n ? -(int64_t)n : (int64_t)n;
	}
	if (map->nitems > 0)
		tree_put(a, rule, "code", map);
}

static void
put_on_err(struct arena *a, struct tree *step, const struct tree *t)
{
	struct tree *rule = tree_map(a);
	const struct tree *code = tree_get(t, "code");

	if (is_set(code) && code->kind == TREE_MAP)
		put_codes(a, rule, code);
	put_text(a, rule, "any", tree_get(t, "any"));
	put_text(a, rule, "other", tree_get(t, "other"));
	if (rule->nitems > 0)
		tree_put(a, step, "onErr", rule);
}

/* What a module's result is called in the state: its bare name. */
static struct str
key_of(struct str module)
{
	return fqfn_parse(module).name;
}

static void
put_key(struct arena *a, struct tree *step, struct str module)
{
	struct str key = key_of(module);

	if (key.n > 0)
		tree_put_text(a, step, "as", key);
}

/* A key may be told as the module that made it. */
static struct tree *
copy_with(struct arena *a, const struct tree *with)
{
	struct tree *map = copy_texts(a, with);

	for (size_t i = 0; i < map->nitems; i++)
		if (str_starts(map->items[i]->text, "fqmn://"))
			map->items[i]->text = key_of(map->items[i]->text);
	return map;
}

/* The module that runs: a text, or a map around it. */
static void
put_call(struct arena *a, struct tree *step, const struct tree *t)
{
	const struct tree *with = tree_get(t, "with");

	const struct tree *fn = either(t, "fqmn", "fn");

	if (t->kind == TREE_TEXT) {
		put_text(a, step, "fn", t);
		put_key(a, step, t->text);
		return;
	}
	put_text(a, step, "fn", fn);
	put_text(a, step, "as", tree_get(t, "as"));
	if (!tree_get(step, "as") && is_set(fn))
		put_key(a, step, fn->text);
	if (is_set(with) && with->kind == TREE_MAP)
		tree_put(a, step, "with", copy_with(a, with));
	put_on_err(a, step, tree_get(t, "onErr"));
}

static void
put_group(struct arena *a, struct tree *step, const struct tree *group)
{
	struct tree *list = tree_put(a, step, "group", tree_list(a)), *member;
	size_t i;

	for (i = 0; i < group->nitems; i++) {
		member = tree_add(a, list, tree_map(a));
		if (is_set(group->items[i]))
			put_call(a, member, group->items[i]);
	}
}

static void
put_each(struct arena *a, struct tree *step, const struct tree *each)
{
	struct tree *map = tree_map(a);

	put_text(a, map, "in", tree_get(each, "in"));
	put_call(a, map, each);
	tree_put(a, step, "forEach", map);
}

static struct tree *
one_step(struct arena *a, const struct tree *t)
{
	struct tree *step = tree_map(a);
	const struct tree *mod = either(t, "executableMod", "callableFn");
	const struct tree *group = tree_get(t, "group");
	const struct tree *each = either(t, "forEach", "ForEach");

	if (is_set(mod) && is_set(either(mod, "fqmn", "fn")))
		put_call(a, step, mod);
	else if (is_set(either(t, "fqmn", "fn")))
		put_call(a, step, t);
	if (is_set(group) && group->kind == TREE_LIST)
		put_group(a, step, group);
	if (is_set(each) && each->kind == TREE_MAP)
		put_each(a, step, each);
	return step;
}

struct tree *
tenant_steps(struct arena *a, const struct tree *steps)
{
	struct tree *list = tree_list(a);
	size_t i;

	for (i = 0; steps && steps->kind == TREE_LIST && i < steps->nitems; i++)
		tree_add(a, list, one_step(a, steps->items[i]));
	return list;
}
