/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON to a tree.  The only file that knows jansson.
 *
 * jansson has a ceiling for depth but none for the number of values, and a
 * short text can hold very many; so they are counted first.  A key that is
 * there twice has its last value, as with most readers of request bodies.
 */
#include <jansson.h>

#include "tree/source.h"
#include "tree/tree.h"

static int
refuse(struct str text, size_t byte, const char *what, struct err *e)
{
	struct place at = source_place(text, byte);

	return err_set(e, ERR_INPUT, "%u:%u: %s", at.line, at.col, what);
}

static int
over(struct str text, size_t byte, struct err *e)
{
	struct place at = source_place(text, byte);

	return err_set(e, ERR_LIMIT,
	    "%u:%u: nested more than %u deep, or more than %u values", at.line,
	    at.col, TREE_MAX_JSON_DEPTH, TREE_MAX_JSON_NODES);
}

/* The bytes of a string literal, from its quote. */
static size_t
string_bytes(struct str s)
{
	size_t i;

	for (i = 1; i < s.n && s.p[i] != '"'; i++)
		if (s.p[i] == '\\')
			i++;
	return i;
}

static int
check_size(struct str text, struct err *e)
{
	size_t i, depth = 0, nodes = 1;

	for (i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '"')
			i += string_bytes(str_from(text, i));
		else if (c == '[' || c == '{')
			depth++;
		else if ((c == ']' || c == '}') && depth > 0)
			depth--;
		nodes += c == ',' || c == '[' || c == '{';
		if (depth > TREE_MAX_JSON_DEPTH || nodes > TREE_MAX_JSON_NODES)
			return over(text, i, e);
	}
	return 0;
}

/* ---- jansson's values to ours ---- */

struct converter {
	struct arena *arena;
	bool reals; /* whole numbers were read as reals */
};

static struct tree *convert(const struct converter *c, json_t *j);

static struct tree *
convert_real(const struct converter *c, double d)
{
	const double exact = 9007199254740992.0;

	if (c->reals && d > -exact && d < exact && d == (double)(int64_t)d)
		return tree_new_int(c->arena, (int64_t)d);
	return tree_new_real(c->arena, d);
}

static struct tree *
convert_list(const struct converter *c, json_t *j)
{
	struct tree *t = tree_list(c->arena);
	size_t i;

	for (i = 0; i < json_array_size(j); i++)
		tree_add(c->arena, t, convert(c, json_array_get(j, i)));
	return t;
}

static struct tree *
convert_map(const struct converter *c, json_t *j)
{
	struct tree *t = tree_map(c->arena), *v;
	void *it = json_object_iter(j);

	for (; it; it = json_object_iter_next(j, it)) {
		v = convert(c, json_object_iter_value(it));
		v->key = tree_new_text(c->arena,
		    (struct str){ json_object_iter_key(it),
			json_object_iter_key_len(it) });
		tree_add(c->arena, t, v);
	}
	return t;
}

static struct tree *
convert(const struct converter *c, json_t *j)
{
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return convert_map(c, j);
	case JSON_ARRAY:
		return convert_list(c, j);
	case JSON_STRING:
		return tree_new_text(c->arena,
		    (struct str){
			json_string_value(j), json_string_length(j) });
	case JSON_INTEGER:
		return tree_new_int(c->arena, json_integer_value(j));
	case JSON_REAL:
		return convert_real(c, json_real_value(j));
	case JSON_TRUE:
	case JSON_FALSE:
		return tree_new_bool(c->arena, json_is_true(j));
	default:
		return tree_new_null(c->arena);
	}
}

int
tree_parse_json(
    struct tree **out, struct arena *a, struct str text, struct err *e)
{
	const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
	struct converter c = { .arena = a };
	const char *p = text.p ? text.p : "";
	json_error_t why;
	size_t at;
	json_t *j;

	if (text.n > TREE_MAX_JSON)
		return err_set(e, ERR_LIMIT,
		    "1:1: longer than %u bytes of JSON", TREE_MAX_JSON);
	if (!str_utf8(text, &at))
		return refuse(text, at, "this is not valid UTF-8", e);
	if (check_size(text, e) < 0)
		return -1;
	j = json_loadb(p, text.n, flags, &why);
	if (!j && json_error_code(&why) == json_error_numeric_overflow) {
		c.reals = true;
		j = json_loadb(
		    p, text.n, flags | JSON_DECODE_INT_AS_REAL, &why);
	}
	if (!j)
		return refuse(text,
		    why.position > 0 ? (size_t)why.position - 1 : 0, why.text,
		    e);
	*out = convert(&c, j);
	json_decref(j);
	return 0;
}

/* ---- for all readers the same ---- */

static size_t
members(const struct tree *t)
{
	size_t n = t->kind == TREE_MAP ? t->nitems : 0;

	for (size_t i = 0; i < t->nitems; i++)
		n += members(t->items[i]);
	return n;
}

/* Each member of a map has one colon outside of texts. */
static size_t
colons(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			i += string_bytes(str_from(text, i));
		else if (text.p[i] == ':')
			n++;
	}
	return n;
}

int
tree_parse_json_strict(
    struct tree **out, struct arena *a, struct str text, struct err *e)
{
	if (str_starts(text, "\xef\xbb\xbf"))
		return err_set(
		    e, ERR_INPUT, "it begins with a byte-order mark");
	if (tree_parse_json(out, a, text, e) < 0)
		return err_wrap(e, "it is not JSON");
	/* Of a key used twice, the tree has the last. */
	if (members(*out) != colons(text))
		return err_set(e, ERR_INPUT, "a key stands in it twice");
	return 0;
}
