/* SPDX-License-Identifier: Apache-2.0 */
/* A document that must hold another: the first place where it does not. */

#include "smoke/trial.h"

#define MAX_VALUE 120u /* bytes shown of a value */

static void
put_value(struct buf *why, const struct tree *t)
{
	CLEANUP(buf_free) struct buf b = BUF(1u << 20);
	struct str json;

	tree_print_json(&b, t, 0);
	json = buf_str(&b);
	if (json.n > MAX_VALUE)
		json.n = MAX_VALUE;
	buf_show(why, json, false);
	if (json.n < b.n)
		buf_addf(why, "...");
}

static bool
differ(const struct tree *want, const struct tree *have, struct buf *why)
{
	buf_addf(why, "expected ");
	put_value(why, want);
	buf_addf(why, ", got ");
	if (have)
		put_value(why, have);
	else
		buf_addf(why, "nothing");
	return false;
}

static void
cut_back(struct buf *b, size_t n)
{
	b->n = n;
	if (b->p)
		b->p[n] = 0;
}

static bool
map_has(const struct tree *want, const struct tree *have, struct buf *where,
    struct buf *why)
{
	size_t n = where->n;

	for (size_t i = 0; i < want->nitems; i++) {
		struct str key = want->items[i]->key->text;

		buf_addc(where, '.');
		buf_show(where, key, false);
		if (!json_has(
			want->items[i], tree_get_str(have, key), where, why))
			return false;
		cut_back(where, n);
	}
	return true;
}

static bool
list_has(const struct tree *want, const struct tree *have, struct buf *where,
    struct buf *why)
{
	size_t n = where->n;

	for (size_t i = 0; i < want->nitems && i < have->nitems; i++) {
		buf_addf(where, "[%zu]", i);
		if (!json_has(want->items[i], have->items[i], where, why))
			return false;
		cut_back(where, n);
	}
	if (want->nitems == have->nitems)
		return true;
	buf_addf(
	    why, "expected %zu elements, got %zu", want->nitems, have->nitems);
	return false;
}

bool
json_has(const struct tree *want, const struct tree *have, struct buf *where,
    struct buf *why)
{
	if (have && want->kind == TREE_MAP && have->kind == TREE_MAP)
		return map_has(want, have, where, why);
	if (have && want->kind == TREE_LIST && have->kind == TREE_LIST)
		return list_has(want, have, where, why);
	if (have && tree_eq(want, have))
		return true;
	return differ(want, have, why);
}
