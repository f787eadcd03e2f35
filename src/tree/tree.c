/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/tree.h"

struct tree *
tree_get_str(const struct tree *t, struct str key)
{
	size_t i;

	if (!t || t->kind != TREE_MAP)
		return NULL;
	for (i = 0; i < t->nitems; i++)
		if (str_eq(t->items[i]->key->text, key))
			return t->items[i];
	return NULL;
}

struct tree *
tree_get(const struct tree *t, const char *key)
{
	return tree_get_str(t, str_of(key));
}

struct str
tree_text(const struct tree *t, const char *key)
{
	const struct tree *v = tree_get(t, key);

	if (!v || v->kind == TREE_NULL || v->kind == TREE_LIST ||
	    v->kind == TREE_MAP)
		return (struct str){ NULL, 0 };
	return v->text;
}

const char *
tree_kind_name(enum tree_kind k)
{
	static const char *const names[] = {
		[TREE_NULL] = "nothing",
		[TREE_BOOL] = "true or false",
		[TREE_INT] = "a whole number",
		[TREE_REAL] = "a number",
		[TREE_TEXT] = "text",
		[TREE_LIST] = "a list",
		[TREE_MAP] = "a map",
	};

	return names[k];
}

static struct tree *
make(struct arena *a, enum tree_kind kind)
{
	struct tree *t = arena_take(a, sizeof *t);

	t->kind = kind;
	return t;
}

struct tree *
tree_map(struct arena *a)
{
	return make(a, TREE_MAP);
}

struct tree *
tree_list(struct arena *a)
{
	return make(a, TREE_LIST);
}

struct tree *
tree_new_text(struct arena *a, struct str s)
{
	struct tree *t = make(a, TREE_TEXT);

	t->text = arena_copy(a, s);
	t->quoted = true;
	return t;
}

struct tree *
tree_new_int(struct arena *a, int64_t n)
{
	struct tree *t = make(a, TREE_INT);

	t->num = n;
	t->real = (double)n;
	t->text = str_of(arena_printf(a, "%lld", (long long)n));
	return t;
}

struct tree *
tree_new_real(struct arena *a, double d)
{
	struct tree *t = make(a, TREE_REAL);

	t->real = d;
	t->text = str_of(arena_printf(a, "%.17g", d));
	return t;
}

struct tree *
tree_new_bool(struct arena *a, bool b)
{
	struct tree *t = make(a, TREE_BOOL);

	t->num = b;
	t->text = b ? STR("true") : STR("false");
	return t;
}

struct tree *
tree_new_null(struct arena *a)
{
	struct tree *t = make(a, TREE_NULL);

	t->text = STR("");
	return t;
}

static void
append(struct arena *a, struct tree *to, struct tree *v)
{
	to->items = arena_grow(
	    a, to->items, to->nitems, &to->cap, sizeof(struct tree *));
	to->items[to->nitems++] = v;
}

struct tree *
tree_put(struct arena *a, struct tree *map, const char *key, struct tree *v)
{
	size_t i;

	v->key = tree_new_text(a, str_of(key));
	for (i = 0; i < map->nitems; i++) {
		if (!str_is(map->items[i]->key->text, key))
			continue;
		map->items[i] = v;
		return v;
	}
	append(a, map, v);
	return v;
}

struct tree *
tree_put_text(struct arena *a, struct tree *map, const char *key, struct str s)
{
	return tree_put(a, map, key, tree_new_text(a, s));
}

struct tree *
tree_put_int(struct arena *a, struct tree *map, const char *key, int64_t n)
{
	return tree_put(a, map, key, tree_new_int(a, n));
}

struct tree *
tree_put_bool(struct arena *a, struct tree *map, const char *key, bool b)
{
	return tree_put(a, map, key, tree_new_bool(a, b));
}

struct tree *
tree_add(struct arena *a, struct tree *list, struct tree *v)
{
	append(a, list, v);
	return v;
}
