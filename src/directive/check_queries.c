/* SPDX-License-Identifier: Apache-2.0 */
#include "directive/check.h"
#include "directive/rules.h"

static struct str
first_word(struct str text)
{
	struct str w = str_trim(text);
	size_t n = 0;

	while (n < w.n && ((w.p[n] | 0x20) >= 'a' && (w.p[n] | 0x20) <= 'z'))
		n++;
	w.n = n;
	return w;
}

/* ---- one statement ---- */

/* What ends the literal or comment that begins s, or NULL: none begins. */
static const char *
closing(struct str s)
{
	if (str_starts(s, "--"))
		return "\n";
	if (str_starts(s, "/*"))
		return "*/";
	if (str_starts(s, "$$"))
		return "$$";
	if (str_starts(s, "'"))
		return "'";
	if (str_starts(s, "\""))
		return "\"";
	return str_starts(s, "`") ? "`" : NULL;
}

/* Behind the next ';' that ends a statement; empty when there is none. */
static struct str
behind_statement(struct str s)
{
	const char *end;
	size_t at;

	while (s.n > 0 && s.p[0] != ';') {
		end = closing(s);
		if (!end) {
			s = str_from(s, 1);
			continue;
		}
		s = str_from(s, strlen(end) > s.n ? s.n : strlen(end));
		if (!str_find(s, str_of(end), &at))
			return STR("");
		s = str_from(s, at + strlen(end));
	}
	return s.n > 0 ? str_from(s, 1) : STR("");
}

/* Something besides space, comments and more semicolons. */
static bool
says_more(struct str s)
{
	const char *end;
	size_t at;

	for (s = str_trim(s); s.n > 0; s = str_trim(s)) {
		if (s.p[0] == ';') {
			s = str_from(s, 1);
			continue;
		}
		if (!str_starts(s, "--") && !str_starts(s, "/*"))
			return true;
		end = closing(s);
		if (!str_find(s, str_of(end), &at))
			return false;
		s = str_from(s, at + strlen(end));
	}
	return false;
}

static void
check_text(struct check *c, const struct query *q, const struct tree *t)
{
	if (says_more(behind_statement(q->text)))
		tell(&c->tell, RULE(R_QUERY_MANY), tree_get(t, "query"),
		    "the query '%.*s' has more than one statement",
		    SHOW_A(q->name));
}

static void
check_query(struct check *c, const struct query *q, const struct tree *t)
{
	static const struct str types[] = { { "insert", 6 }, { "select", 6 },
		{ "update", 6 }, { "delete", 6 } };
	struct str type;
	struct diag *d;
	size_t i;

	if (q->name.n == 0 && !check_told(t, "name", TREE_TEXT))
		tell(&c->tell, RULE(R_QUERY_NAME), check_spot(t, "name"),
		    "a query has no name");
	if (str_trim(q->text).n == 0 && !check_told(t, "query", TREE_TEXT))
		tell(&c->tell, RULE(R_QUERY_TEXT), check_spot(t, "query"),
		    "the query '%.*s' has no text", SHOW_A(q->name));
	if (q->var_count < 0)
		tell(&c->tell, RULE(R_VAR_COUNT), tree_get(t, "varCount"),
		    "varCount is below zero");
	check_text(c, q, t);
	type = q->type.n > 0 ? q->type : first_word(q->text);
	for (i = 0; i < COUNT(types); i++)
		if (q->type.n > 0 ? str_eq(type, types[i])
				  : str_ieq(type, types[i]))
			return;
	if (q->type.n == 0) {
		if (type.n > 0)
			tell(&c->tell, RULE(R_QUERY_TYPE), tree_get(t, "query"),
			    "the query has no type, and its first word '%.*s' "
			    "says none",
			    SHOW_A(type));
		return;
	}
	d = tell(&c->tell, RULE(R_QUERY_TYPE), tree_get(t, "type"),
	    "unknown type of query '%.*s'", SHOW_A(q->type));
	tell_near(&c->tell, d, q->type, types, COUNT(types));
}

/* The entries at the top come first, then those of capabilities.db. */
static const struct tree *
query_tree(const struct check *c, size_t i)
{
	const struct tree *top = tree_get(c->d->tree, "queries");
	size_t ntop = top && top->kind == TREE_LIST ? top->nitems : 0;

	if (i < ntop)
		return top->items[i];
	top = tree_get(
	    tree_get(tree_get(c->d->tree, "capabilities"), "db"), "queries");
	return top->items[i - ntop];
}

void
check_queries(struct check *c)
{
	size_t i, n = c->d->nqueries;
	struct entry *v = arena_take(c->arena, (n + 1) * sizeof *v);
	const struct tree *t;

	for (i = 0; i < n; i++) {
		t = query_tree(c, i);
		v[i] = (struct entry){ c->d->queries[i].name, i, t };
		if (t->kind == TREE_MAP)
			check_query(c, &c->d->queries[i], t);
	}
	check_names_twice(c, v, n, RULE(R_QUERY_TWICE), "queries");
}
