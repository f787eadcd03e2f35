/* SPDX-License-Identifier: Apache-2.0 */
/* What a condition says of a world. */
#include "directive/expr.h"

struct run {
	const struct expr_world *world;
	struct arena *arena;
};

static const struct tree *
null_of(struct run *r)
{
	return tree_new_null(r->arena);
}

/* What a function wrote, or a body, is JSON when it can be; a header or a
 * parameter is text, so "007" stays that. */
static const struct tree *
root_value(struct run *r, const struct expr *x)
{
	bool json = x->root == EXPR_STATE || x->root == EXPR_BODY;
	struct str text = { NULL, 0 };
	struct err e = ERR;
	struct tree *t;

	if (!r->world->get(r->world->arg, x->root, x->key, &text))
		return null_of(r);
	if (json && tree_parse_json(&t, r->arena, text, &e) == 0)
		return t;
	return tree_new_text(r->arena, text);
}

static const struct tree *
path_value(struct run *r, const struct expr *x)
{
	const struct tree *t = root_value(r, x);
	size_t i;

	for (i = 0; t && i < x->nparts; i++) {
		const struct expr_part *p = &x->parts[i];

		if (!p->is_index)
			t = tree_get_str(t, p->key);
		else if (t->kind == TREE_LIST && p->index < t->nitems)
			t = t->items[p->index];
		else
			t = NULL;
	}
	return t ? t : null_of(r);
}

static bool
is_number(const struct tree *t)
{
	return t->kind == TREE_INT || t->kind == TREE_REAL;
}

static bool
is_true(const struct tree *t)
{
	switch (t->kind) {
	case TREE_NULL:
		return false;
	case TREE_BOOL:
	case TREE_INT:
		return t->num != 0;
	case TREE_REAL:
		return t->real != 0;
	case TREE_TEXT:
		return t->text.n > 0;
	default:
		return t->nitems > 0;
	}
}

/* Less 0, equal, more 0; false: they have no order. */
static bool
order(const struct tree *a, const struct tree *b, int *out)
{
	if (a->kind == TREE_TEXT && b->kind == TREE_TEXT) {
		*out = str_cmp(a->text, b->text);
		return true;
	}
	if (!is_number(a) || !is_number(b))
		return false;
	if (a->kind == TREE_INT && b->kind == TREE_INT)
		*out = (a->num > b->num) - (a->num < b->num);
	else
		*out = (a->real > b->real) - (a->real < b->real);
	return true;
}

static bool
compare(enum expr_op op, const struct tree *a, const struct tree *b)
{
	int d;

	if (op == OP_EQ || op == OP_NE)
		return tree_eq(a, b) == (op == OP_EQ);
	if (!order(a, b, &d))
		return false;
	switch (op) {
	case OP_LT:
		return d < 0;
	case OP_LE:
		return d <= 0;
	case OP_GT:
		return d > 0;
	default:
		return d >= 0;
	}
}

static bool holds(struct run *r, const struct expr *x);

/* A condition as a value is whether it holds. */
static const struct tree *
value_of(struct run *r, const struct expr *x)
{
	if (x->op == OP_VALUE)
		return x->value;
	if (x->op == OP_PATH)
		return path_value(r, x);
	return tree_new_bool(r->arena, holds(r, x));
}

/* `a and b and c...` hangs to the left, as deep as it is long. */
static bool
chain(struct run *r, const struct expr *x)
{
	enum expr_op op = x->op;
	const struct expr *first = x;
	size_t n = 0, i, j;

	for (; first->op == op; first = first->left)
		n++;
	if (holds(r, first) == (op == OP_OR))
		return op == OP_OR;
	for (i = n; i > 0; i--) {
		const struct expr *at = x;

		for (j = 1; j < i; j++)
			at = at->left;
		if (holds(r, at->right) == (op == OP_OR))
			return op == OP_OR;
	}
	return op == OP_AND;
}

static bool
holds(struct run *r, const struct expr *x)
{
	switch (x->op) {
	case OP_VALUE:
	case OP_PATH:
		return is_true(value_of(r, x));
	case OP_NOT:
		return !holds(r, x->left);
	case OP_AND:
	case OP_OR:
		return chain(r, x);
	default:
		return compare(
		    x->op, value_of(r, x->left), value_of(r, x->right));
	}
}

bool
expr_holds(const struct expr *x, const struct expr_world *w)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct run r = { w, a };

	return holds(&r, x);
}

void
expr_state_keys(
    const struct expr *x, void (*fn)(void *arg, struct str key), void *arg)
{
	for (; x; x = x->left) {
		if (x->op == OP_PATH && x->root == EXPR_STATE)
			fn(arg, x->key);
		if (x->right)
			expr_state_keys(x->right, fn, arg);
	}
}

/* ---- two conditions beside each other ---- */

static bool
same_path(const struct expr *a, const struct expr *b)
{
	size_t i;

	if (a->root != b->root || !str_eq(a->key, b->key) ||
	    a->nparts != b->nparts)
		return false;
	for (i = 0; i < a->nparts; i++)
		if (a->parts[i].is_index != b->parts[i].is_index ||
		    a->parts[i].index != b->parts[i].index ||
		    !str_eq(a->parts[i].key, b->parts[i].key))
			return false;
	return true;
}

static bool
same(const struct expr *a, const struct expr *b)
{
	for (; a && b && a->op == b->op; a = a->left, b = b->left) {
		if (a->op == OP_VALUE)
			return tree_eq(a->value, b->value);
		if (a->op == OP_PATH)
			return same_path(a, b);
		if (a->right && !same(a->right, b->right))
			return false;
	}
	return false;
}

bool
expr_opposite(const struct expr *a, const struct expr *b)
{
	if (!a || !b)
		return false;
	if (a->op == OP_NOT && same(a->left, b))
		return true;
	if (b->op == OP_NOT && same(b->left, a))
		return true;
	/* Not so '<' and '>=': where there is no order neither holds. */
	return ((a->op == OP_EQ && b->op == OP_NE) ||
		   (a->op == OP_NE && b->op == OP_EQ)) &&
	    same(a->left, b->left) && same(a->right, b->right);
}
