/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/tree.h"

static int
by_key(const void *a, const void *b)
{
	const struct tree *x = *(struct tree *const *)a;
	const struct tree *y = *(struct tree *const *)b;

	return str_cmp(x->key->text, y->key->text);
}

/* The values of a map in the order of their keys; mem_free it. */
static struct tree **
sorted(const struct tree *map)
{
	struct tree **v = mem_take((map->nitems + 1) * sizeof *v);

	if (map->nitems > 0)
		memcpy(v, map->items, map->nitems * sizeof *v);
	qsort(v, map->nitems, sizeof *v, by_key);
	return v;
}

static bool
is_number(const struct tree *t)
{
	return t->kind == TREE_INT || t->kind == TREE_REAL;
}

static bool
same_scalar(const struct tree *a, const struct tree *b)
{
	if (is_number(a) && is_number(b)) {
		if (a->kind == TREE_INT && b->kind == TREE_INT)
			return a->num == b->num;
		return a->real == b->real;
	}
	if (a->kind != b->kind)
		return false;
	if (a->kind == TREE_TEXT)
		return str_eq(a->text, b->text);
	return a->kind == TREE_NULL || a->num == b->num;
}

static bool
same_map(const struct tree *a, const struct tree *b)
{
	CLEANUP(mem_free_at) struct tree **x = sorted(a);
	CLEANUP(mem_free_at) struct tree **y = sorted(b);
	size_t i;

	for (i = 0; i < a->nitems; i++)
		if (!str_eq(x[i]->key->text, y[i]->key->text) ||
		    !tree_eq(x[i], y[i]))
			return false;
	return true;
}

bool
tree_eq(const struct tree *a, const struct tree *b)
{
	size_t i;

	if (a->kind != TREE_LIST && a->kind != TREE_MAP)
		return same_scalar(a, b);
	if (a->kind != b->kind || a->nitems != b->nitems)
		return false;
	if (a->kind == TREE_MAP)
		return same_map(a, b);
	for (i = 0; i < a->nitems; i++)
		if (!tree_eq(a->items[i], b->items[i]))
			return false;
	return true;
}

static bool subset(
    const struct tree *want, const struct tree *have, struct buf *where);

static bool
is_plain_key(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
			    "WXYZ0123456789_-",
			s.p[i]) ||
		    s.p[i] == '\0')
			return false;
	return s.n > 0;
}

static void
add_key(struct buf *where, struct str key)
{
	if (is_plain_key(key)) {
		buf_addc(where, '.');
		buf_add(where, key);
		return;
	}
	buf_add(where, STR("[\""));
	buf_show(where, key, false);
	buf_add(where, STR("\"]"));
}

/* Take the path back to where it was: nothing below differed. */
static void
rewind_to(struct buf *where, size_t n)
{
	if (!where->p)
		return;
	where->n = n;
	where->p[n] = '\0';
}

static bool
subset_map(const struct tree *want, const struct tree *have, struct buf *where)
{
	CLEANUP(mem_free_at) struct tree **v = sorted(have);
	struct tree **found, *item;
	size_t i, mark = where->n;

	for (i = 0; i < want->nitems; i++) {
		item = want->items[i];
		add_key(where, item->key->text);
		found = bsearch(&item, v, have->nitems, sizeof *v, by_key);
		if (!found || !subset(item, *found, where))
			return false;
		rewind_to(where, mark);
	}
	return true;
}

static bool
subset_list(const struct tree *want, const struct tree *have, struct buf *where)
{
	size_t i, mark = where->n;

	if (want->nitems != have->nitems)
		return false;
	for (i = 0; i < want->nitems; i++) {
		buf_addf(where, "[%zu]", i);
		if (!subset(want->items[i], have->items[i], where))
			return false;
		rewind_to(where, mark);
	}
	return true;
}

static bool
subset(const struct tree *want, const struct tree *have, struct buf *where)
{
	if (want->kind == TREE_MAP && have->kind == TREE_MAP)
		return subset_map(want, have, where);
	if (want->kind == TREE_LIST && have->kind == TREE_LIST)
		return subset_list(want, have, where);
	return tree_eq(want, have);
}

bool
tree_subset(const struct tree *want, const struct tree *have, struct buf *where)
{
	struct buf path = BUF(4096);
	bool same;

	buf_addc(&path, '$');
	same = subset(want, have, &path);
	if (!same && where)
		buf_add(where, buf_str(&path));
	buf_free(&path);
	return same;
}
