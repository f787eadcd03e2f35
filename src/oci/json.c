/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that means the same to every reader. */
#include "oci/parts.h"

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
colons(struct str s)
{
	bool in_text = false;
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (in_text && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			in_text = !in_text;
		else if (!in_text && s.p[i] == ':')
			n++;
	}
	return n;
}

int
json_strict(struct tree **out, struct arena *a, struct str text, struct err *e)
{
	if (str_starts(text, "\xef\xbb\xbf"))
		return err_set(
		    e, ERR_REMOTE, "it begins with a byte-order mark");
	if (tree_parse_json(out, a, text, e) < 0) {
		if (e->kind == ERR_INPUT)
			e->kind = ERR_REMOTE;
		return err_wrap(e, "it is not JSON");
	}
	/* Of a key used twice, the tree has the last. */
	if (members(*out) != colons(text))
		return err_set(e, ERR_REMOTE, "a key stands in it twice");
	if ((*out)->kind != TREE_MAP)
		return err_set(e, ERR_REMOTE, "it is no JSON object");
	return 0;
}

struct str
json_text(const struct tree *t, const char *key)
{
	const struct tree *v = tree_get(t, key);

	return v && v->kind == TREE_TEXT ? v->text : STR("");
}
