/* SPDX-License-Identifier: Apache-2.0 */
/* ${name} in a case, from a row of its table. */

#include "smoke/shape.h"

static bool
has_vars(const struct tree *t)
{
	size_t at;

	if (t->key && str_find(t->key->text, STR("${"), &at))
		return true;
	if (t->kind == TREE_TEXT)
		return str_find(t->text, STR("${"), &at);
	for (size_t i = 0; i < t->nitems; i++)
		if (has_vars(t->items[i]))
			return true;
	return false;
}

static const struct tree *
lookup(struct reader *rd, const struct tree *at, struct str name,
    const struct tree *row)
{
	const struct tree *v = tree_get_str(row, name);
	CLEANUP(mem_free_at) struct str *names = NULL;
	size_t n = row ? row->nitems : 0;
	struct str near;

	if (v)
		return v;
	names = mem_take((n + 1) * sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = row->items[i]->key->text;
	near = diag_nearest(name, names, n);
	if (near.n > 0)
		problem(rd, T_VARIABLE, at,
		    "no variable '" STR_F "'; did you mean '" STR_F "'?",
		    STR_A(name), STR_A(near));
	else
		problem(rd, T_VARIABLE, at, "no variable '" STR_F "'%s",
		    STR_A(name), row ? "" : ": the case has no 'each'");
	return NULL;
}

/* "${name}" and nothing else: the value keeps its kind. */
static bool
whole(struct str text, struct str *name)
{
	size_t end;

	if (!str_starts(text, "${") || !str_find(text, STR("}"), &end))
		return false;
	*name = (struct str){ text.p + 2, end - 2 };
	return end == text.n - 1;
}

static struct str
fill_text(struct reader *rd, const struct tree *t, const struct tree *row)
{
	CLEANUP(buf_free) struct buf out = BUF(TREE_MAX_BYTES);
	struct str rest = t->text;
	size_t at, end;

	while (str_find(rest, STR("${"), &at)) {
		const struct tree *v;
		struct str name;

		if (at > 0 && rest.p[at - 1] == '$') {
			buf_add(&out, (struct str){ rest.p, at - 1 });
			buf_add(&out, STR("${"));
			rest = str_from(rest, at + 2);
			continue;
		}
		buf_add(&out, (struct str){ rest.p, at });
		rest = str_from(rest, at + 2);
		if (!str_find(rest, STR("}"), &end)) {
			problem(rd, T_VARIABLE, t, "'${' without its '}'");
			return t->text;
		}
		name = (struct str){ rest.p, end };
		rest = str_from(rest, end + 1);
		v = lookup(rd, t, name, row);
		if (!v)
			return t->text;
		if (v->kind >= TREE_LIST)
			problem(rd, T_VARIABLE, t,
			    "variable '" STR_F "' is %s, and cannot stand "
			    "inside a text",
			    STR_A(name), tree_kind_name(v->kind));
		else
			buf_add(&out, v->text);
	}
	buf_add(&out, rest);
	if (buf_over(&out))
		problem(rd, T_VARIABLE, t, "the text becomes over %u bytes",
		    TREE_MAX_BYTES);
	return arena_copy(rd->s->arena, buf_str(&out));
}

static struct tree *
copy_of(struct reader *rd, const struct tree *t)
{
	struct tree *c = arena_take(rd->s->arena, sizeof(*c));

	*c = *t;
	rd->s->bytes += sizeof(*c) + t->text.n + t->nitems * sizeof(c);
	return c;
}

static struct tree *
fill_scalar(struct reader *rd, struct tree *t, const struct tree *row)
{
	const struct tree *v;
	struct str name;
	struct tree *c;

	if (whole(t->text, &name)) {
		v = lookup(rd, t, name, row);
		if (!v)
			return t;
		c = copy_of(rd, v);
		c->key = t->key;
		return c;
	}
	c = copy_of(rd, t);
	c->text = fill_text(rd, t, row);
	c->quoted = true;
	return c;
}

struct tree *
vars_fill(struct reader *rd, struct tree *t, const struct tree *row)
{
	struct tree *c;

	if (!has_vars(t) || rd->s->bytes > SMOKE_MAX_BYTES)
		return t;
	if (t->kind == TREE_TEXT) {
		c = fill_scalar(rd, t, row);
	} else {
		c = copy_of(rd, t);
		c->items = arena_take(
		    rd->s->arena, (t->nitems + 1) * sizeof(struct tree *));
		c->cap = t->nitems;
		for (size_t i = 0; i < t->nitems; i++)
			c->items[i] = vars_fill(rd, t->items[i], row);
	}
	if (t->key) {
		c->key = copy_of(rd, t->key);
		c->key->text = fill_text(rd, t->key, row);
	}
	return c;
}
