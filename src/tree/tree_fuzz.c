/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as YAML and as JSON; what is read prints and reads back equal. */
#include <assert.h>
#include <math.h>

#include "tree/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* JSON has no word for infinity. */
static bool
is_finite(const struct tree *t)
{
	size_t i;

	if (t->kind == TREE_REAL && !isfinite(t->real))
		return false;
	for (i = 0; i < t->nitems; i++)
		if (!is_finite(t->items[i]))
			return false;
	return true;
}

static void
check_places(const struct tree *t, size_t n)
{
	size_t i;

	assert(t->from <= t->to && t->to <= n);
	assert(t->at.line > 0 && t->at.col > 0);
	for (i = 0; i < t->nitems; i++) {
		assert(t->items[i]->from >= t->from);
		assert(t->items[i]->to <= t->to);
		check_places(t->items[i], n);
	}
}

static void
check_round(const struct tree *t)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf text = BUF(64u << 20);
	CLEANUP(buf_free) struct buf where = BUF(1000);
	struct err e = ERR;
	struct tree *back;

	if (!is_finite(t))
		return;
	tree_print_json(&text, t, (unsigned)(t->nitems % 3));
	assert(!buf_over(&text));
	assert(tree_parse_json(&back, a, buf_str(&text), &e) == 0);
	assert(tree_eq(t, back) && tree_eq(back, t));
	assert(tree_subset(t, back, &where) && where.n == 0);
}

static void
check_error(const struct err *e)
{
	struct str text = str_of(e->text), line, col;
	uint64_t n;

	assert(e->kind == ERR_INPUT || e->kind == ERR_LIMIT);
	assert(str_cut(&text, ':', &line) && str_cut(&text, ':', &col));
	assert(str_u64(line, UINT32_MAX, &n) && n > 0);
	assert(str_u64(col, UINT32_MAX, &n) && n > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct str text = { (const char *)data, n };
	struct err e = ERR;
	struct tree *t;

	if (tree_parse_yaml(&t, a, text, &e) < 0) {
		check_error(&e);
	} else {
		if (t->at.line > 0)
			check_places(t, n);
		check_round(t);
	}
	if (tree_parse_json(&t, a, text, &e) < 0)
		check_error(&e);
	else
		check_round(t);
	return 0;
}
