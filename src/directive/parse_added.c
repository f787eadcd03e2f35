/* SPDX-License-Identifier: Apache-2.0 */
/* `functions`: those that others published, by the names that steps use. */
#include "directive/names.h"
#include "directive/parse.h"
#include "directive/rules.h"

#define MAX_REFERENCE 1024u

/* What it names only a registry knows; but it is one word that can be shown. */
static bool
is_reference(struct str s)
{
	size_t at;

	if (s.n == 0 || s.n > MAX_REFERENCE || s.p[0] == '-' ||
	    !str_utf8(s, &at))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

bool
added_label(struct str label, struct str *ns, struct str *name)
{
	static const struct str colons = { "::", 2 };
	size_t at;

	*ns = STR("default");
	*name = label;
	if (str_find(label, colons, &at)) {
		*ns = (struct str){ label.p, at };
		*name = str_from(label, at + colons.n);
	}
	return name_usable(*name) && name_usable(*ns);
}

static bool
parse_one(struct reader *r, const struct tree *t, struct added_function *f)
{
	f->reference = t->kind == TREE_TEXT ? t->text : STR("");
	f->at = t->at;
	f->key_at = t->key->at;
	if (!added_label(t->key->text, &f->ns, &f->name)) {
		tell(&r->tell, RULE(R_FUNCTION_NAME), t->key,
		    "'%.*s' cannot be a function's name", SHOW_A(t->key->text));
		return false;
	}
	if (is_reference(f->reference))
		return true;
	tell_repair(&r->tell,
	    tell(&r->tell, RULE(R_TYPE), t,
		"'%.*s' wants a reference, where the function was published",
		SHOW_A(t->key->text)),
	    "write '%.*s: HOST/PATH:TAG', or let `subo add` do so",
	    SHOW_A(t->key->text));
	return false;
}

void
parse_added(struct reader *r, struct directive *d)
{
	const struct tree *map = tree_get(d->tree, "functions");
	size_t n = map && map->kind == TREE_MAP ? map->nitems : 0;

	if (n > PARSE_MAX_FUNCTIONS) {
		tell(&r->tell, RULE(R_TOO_MANY), map,
		    "'functions' has %zu entries, and at most %u are allowed",
		    n, PARSE_MAX_FUNCTIONS);
		n = PARSE_MAX_FUNCTIONS;
	}
	d->added = arena_take(r->arena, (n + 1) * sizeof *d->added);
	for (size_t i = 0; i < n; i++)
		if (parse_one(r, map->items[i], &d->added[d->nadded]))
			d->nadded++;
}
