/* SPDX-License-Identifier: Apache-2.0 */
/* What a case expects, read from its `expect`. */

#include "smoke/shape.h"

#define MAX_REGEX 1000u	  /* bytes of an expression */
#define MAX_REPEATS 5000u /* product of all {n,m} in one */

void
texts_put(struct pairs *l, struct arena *a, struct str key, struct str value,
    bool fold)
{
	struct pair *p = NULL;

	for (size_t i = 0; i < l->n && !p; i++)
		if (fold ? str_ieq(l->v[i].key, key) : str_eq(l->v[i].key, key))
			p = &l->v[i];
	if (!p) {
		l->v = arena_grow(a, l->v, l->n, &l->cap, sizeof(*l->v));
		p = &l->v[l->n++];
		*p = (struct pair){ .key = key };
	}
	p->value = value;
}

/* regcomp unrolls a{9}{9}{9}, and a back-reference makes matching take time
 * without a bound: neither is needed to look at an answer. */
static bool
is_tame(struct str p)
{
	uint64_t product = 1;

	for (size_t i = 0; i < p.n; i++) {
		uint64_t n = 0, most = 1;

		if (p.p[i] == '\\' && i + 1 < p.n) {
			i++;
			if (p.p[i] >= '1' && p.p[i] <= '9')
				return false;
			continue;
		}
		if (p.p[i] != '{')
			continue;
		for (; i < p.n && p.p[i] != '}'; i++) {
			bool digit = p.p[i] >= '0' && p.p[i] <= '9';

			n = digit ? n * 10 + (uint64_t)(p.p[i] - '0') : 0;
			most = n > most ? n : most;
			if (most > MAX_REPEATS)
				return false;
		}
		product *= most;
		if (product > MAX_REPEATS)
			return false;
	}
	return true;
}

int
text_regex(regex_t *re, struct str pattern, struct err *e)
{
	char text[MAX_REGEX + 1], why[200];
	int rc;

	if (pattern.n > MAX_REGEX || memchr(pattern.p, 0, pattern.n))
		return err_set(e, ERR_INPUT,
		    "longer than %u bytes, or with a "
		    "NUL byte",
		    MAX_REGEX);
	if (!is_tame(pattern))
		return err_set(e, ERR_INPUT,
		    "back-references and more than "
		    "%u repeats are not allowed",
		    MAX_REPEATS);
	memcpy(text, pattern.p, pattern.n);
	text[pattern.n] = 0;
	rc = regcomp(re, text, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
	if (rc == 0)
		return 0;
	regerror(rc, re, why, sizeof(why));
	return err_set(e, ERR_INPUT, "%s", why);
}

static void
take_contains(struct reader *rd, const struct tree *t, struct want_text *w)
{
	size_t n = t->kind == TREE_LIST ? t->nitems : 1;

	w->contains = arena_take(rd->s->arena, n * sizeof(*w->contains) + 1);
	for (size_t i = 0; i < n; i++) {
		const struct tree *v = t->kind == TREE_LIST ? t->items[i] : t;

		if (is_scalar(v))
			w->contains[w->ncontains++] = v->text;
		else
			problem(rd, T_SHAPE, v,
			    "'contains' is text or a list of texts");
	}
}

static void
take_regex(struct reader *rd, const struct tree *t, struct want_text *w)
{
	struct err e = ERR;
	regex_t re;

	if (!is_scalar(t)) {
		problem(rd, T_SHAPE, t, "'regex' is text");
		return;
	}
	if (text_regex(&re, t->text, &e) < 0) {
		problem(rd, T_REGEX, t, "%s", e.text);
		return;
	}
	regfree(&re);
	w->has_regex = true;
	w->regex = t->text;
}

static void
take_snapshot(struct reader *rd, const struct tree *t, struct want_text *w)
{
	if (t->kind == TREE_BOOL) {
		w->snapshot = t->num != 0;
	} else if (is_scalar(t) && t->text.n > 0) {
		w->snapshot = true;
		w->snapshot_path = t->text;
	} else {
		problem(rd, T_SHAPE, t, "'snapshot' is true or a name");
	}
}

void
take_want(struct reader *rd, const struct tree *t, const char *what,
    struct want_text *w)
{
	static const char *const keys[] = { "exact", "contains", "regex",
		"json", "snapshot", NULL };
	const struct tree *v;

	if (!t)
		return;
	w->given = true;
	if (t->kind == TREE_NULL) {
		w->unset = true;
		return;
	}
	if (is_scalar(t)) {
		w->has_exact = true;
		w->exact = t->text;
		return;
	}
	if (!take_map(rd, t, what, keys))
		return;
	w->has_exact = tree_get(t, "exact") != NULL;
	take_text(rd, t, "exact", &w->exact);
	w->json = tree_get(t, "json");
	if ((v = tree_get(t, "contains")))
		take_contains(rd, v, w);
	if ((v = tree_get(t, "regex")))
		take_regex(rd, v, w);
	if ((v = tree_get(t, "snapshot")))
		take_snapshot(rd, v, w);
}
