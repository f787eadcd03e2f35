/* SPDX-License-Identifier: Apache-2.0 */
#include "directive/shape.h"

#define SUGGESTIONS 32u

static bool
is_scalar(const struct tree *t)
{
	return t->kind != TREE_LIST && t->kind != TREE_MAP;
}

static bool
fits(const struct tree *t, enum want want)
{
	switch (want) {
	case WANT_TEXT:
		return is_scalar(t);
	case WANT_FLAG:
		return t->kind == TREE_BOOL;
	case WANT_INT:
		return t->kind == TREE_INT;
	case WANT_MAP:
		return t->kind == TREE_MAP;
	case WANT_LIST:
		return t->kind == TREE_LIST;
	default:
		return true;
	}
}

static const char *
want_name(enum want want)
{
	static const char *const names[] = {
		[WANT_TEXT] = "text",
		[WANT_FLAG] = "true or false",
		[WANT_INT] = "a whole number",
		[WANT_MAP] = "a map",
		[WANT_LIST] = "a list",
		[WANT_ANY] = "anything",
	};

	return names[want];
}

/* YAML 1.1 words that people still write for true and false. */
static const char *
old_flag(struct str s)
{
	static const char *const words[][2] = { { "yes", "true" },
		{ "on", "true" }, { "y", "true" }, { "no", "false" },
		{ "off", "false" }, { "n", "false" } };
	size_t i;

	for (i = 0; i < COUNT(words); i++)
		if (str_ieq(s, str_of(words[i][0])))
			return words[i][1];
	return NULL;
}

static void
tell_type(struct teller *w, const struct shape_rules *rules, struct str key,
    const struct tree *t, enum want want)
{
	const char *flag = NULL;
	struct diag *d;

	if (key.n > 0)
		d = tell(w, rules->type, t, "'%.*s' should be %s, and is %s",
		    SHOW_A(key), want_name(want), tree_kind_name(t->kind));
	else
		d = tell(w, rules->type, t,
		    "an entry of the list should be %s, and is %s",
		    want_name(want), tree_kind_name(t->kind));
	if (want == WANT_FLAG && t->kind == TREE_TEXT)
		flag = old_flag(t->text);
	if (flag)
		tell_repair(w, d, "write '%s'", flag);
	else if (want == WANT_LIST)
		tell_repair(w, d,
		    "write each entry in a line of its own, with '- ' in "
		    "front");
	else if (want == WANT_MAP)
		tell_repair(w, d, "write 'key: value' lines");
}

static const struct shape_key *
find_key(const struct shape *shape, struct str name)
{
	const struct shape_key *k;

	for (k = shape->keys; k->key; k++)
		if (str_is(name, k->key))
			return k;
	return NULL;
}

static bool
is_later(const struct shape *shape, struct str name)
{
	const char *const *l;

	for (l = shape->later; l && *l; l++)
		if (str_is(name, *l))
			return true;
	return false;
}

static void
tell_key(struct teller *w, const struct shape_rules *rules,
    const struct shape *shape, const struct tree *key)
{
	struct str names[SUGGESTIONS];
	const struct shape_key *k;
	struct diag *d;
	size_t n = 0;

	if (is_later(shape, key->text)) {
		tell(w, rules->later, key,
		    "'%.*s' of %s is known, but not in this version",
		    SHOW_A(key->text), shape->what);
		return;
	}
	for (k = shape->keys; k->key && n < SUGGESTIONS; k++)
		names[n++] = str_of(k->key);
	d = tell(w,
	    shape->kind == SHAPE_STRICT && rules->strict ? rules->strict
							 : rules->unknown,
	    key, "unknown key '%.*s' in %s", SHOW_A(key->text), shape->what);
	tell_near(w, d, key->text, names, n);
}

static void check_value(struct teller *w, const struct shape_rules *rules,
    const struct shape_key *k, const struct tree *t);

static void
check_items(struct teller *w, const struct shape_rules *rules,
    const struct shape_key *k, const struct tree *t)
{
	const struct shape_key item = { NULL, k->items, WANT_ANY, k->sub };
	const struct tree *v;
	size_t i;

	for (i = 0; i < t->nitems; i++) {
		v = t->items[i];
		if (!fits(v, k->items))
			tell_type(w, rules, STR(""), v, k->items);
		else
			check_value(w, rules, &item, v);
	}
}

/* The depth of this recursion is the depth of the tables. */
static void
check_value(struct teller *w, const struct shape_rules *rules,
    const struct shape_key *k, const struct tree *t)
{
	if (k->want == WANT_LIST)
		check_items(w, rules, k, t);
	else if (t->kind == TREE_MAP && k->sub)
		shape_check(w, rules, k->sub, t);
}

void
shape_check(struct teller *w, const struct shape_rules *rules,
    const struct shape *shape, const struct tree *t)
{
	const struct shape_key *k;
	const struct tree *v;
	size_t i;

	for (i = 0; i < t->nitems; i++) {
		v = t->items[i];
		k = shape->kind == SHAPE_OPEN ? &shape->keys[0]
					      : find_key(shape, v->key->text);
		if (!k)
			tell_key(w, rules, shape, v->key);
		else if (v->kind == TREE_NULL)
			continue;
		else if (!fits(v, k->want))
			tell_type(w, rules, v->key->text, v, k->want);
		else
			check_value(w, rules, k, v);
	}
}
