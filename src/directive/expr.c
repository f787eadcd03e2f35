/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions, read by recursive descent:
 *
 *	or    = and { ("or" | "||") and }
 *	and   = not { ("and" | "&&") not }
 *	not   = ("not" | "!") not | compare
 *	compare = value [ ("==" | "!=" | "<" | "<=" | ">" | ">=") value ]
 *	value = "(" or ")" | text | number | true | false | null | path
 *	path  = root { "." name | "[" text "]" | "[" index "]" }
 */
#include <errno.h>
#include <stdlib.h>

#include "directive/expr.h"

struct parser {
	struct str all, rest;
	struct arena *arena;
	unsigned depth;
	struct err *e;
};

/* Characters, not bytes, as editors count. */
static size_t
column(const struct parser *p)
{
	size_t i, n = 1;

	for (i = 0; i < (size_t)(p->rest.p - p->all.p); i++)
		n += ((unsigned char)p->all.p[i] & 0xC0) != 0x80;
	return n;
}

static struct expr *
fail(struct parser *p, const char *what)
{
	(void)err_set(p->e, ERR_INPUT, "column %zu: %s", column(p), what);
	(void)err_hint(p->e,
	    "a condition compares paths and values, such as "
	    "'state.user.age >= 18 and method == \"POST\"'; see CONDITIONS in "
	    "Directive.yaml(5)");
	return NULL;
}

static struct expr *
make(struct parser *p, enum expr_op op, struct expr *left, struct expr *right)
{
	struct expr *x = arena_take(p->arena, sizeof *x);

	x->op = op;
	x->left = left;
	x->right = right;
	return x;
}

static struct expr *
make_value(struct parser *p, struct tree *value)
{
	struct expr *x = make(p, OP_VALUE, NULL, NULL);

	x->value = value;
	return x;
}

static void
skip_space(struct parser *p)
{
	while (p->rest.n > 0 && memchr(" \t\r\n", p->rest.p[0], 4))
		p->rest = str_from(p->rest, 1);
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-' ||
	    ((unsigned char)c & 0x80);
}

/* The letters, digits, '-' and '_' in front. */
static struct str
peek_word(const struct parser *p)
{
	struct str w = { p->rest.p, 0 };

	while (w.n < p->rest.n && is_word(w.p[w.n]))
		w.n++;
	return w;
}

/* Take the sign or whole word when it is next. */
static bool
take(struct parser *p, const char *token)
{
	size_t n = strlen(token);

	skip_space(p);
	if (is_word(token[0]) ? !str_is(peek_word(p), token)
			      : !str_starts(p->rest, token))
		return false;
	p->rest = str_from(p->rest, n);
	return true;
}

/* ---- values ---- */

/* Text in either quotes; a backslash keeps the character behind it. */
static bool
read_text(struct parser *p, struct str *out)
{
	char quote = p->rest.p[0];
	char *text = arena_take(p->arena, p->rest.n + 1);
	size_t i, n = 0;

	for (i = 1; i < p->rest.n && p->rest.p[i] != quote; i++) {
		if (p->rest.p[i] == '\\' && i + 1 < p->rest.n)
			i++;
		text[n++] = p->rest.p[i];
	}
	if (i >= p->rest.n)
		return fail(p, "the text has no end") != NULL;
	p->rest = str_from(p->rest, i + 1);
	*out = (struct str){ text, n };
	return true;
}

/* As in JSON, which also keeps strtod from what only it knows. */
static struct expr *
read_number(struct parser *p)
{
	struct tree *value;
	struct err e = ERR;
	struct str s = { p->rest.p, 0 };

	while (s.n < p->rest.n && memchr("+-.0123456789eE", s.p[s.n], 15))
		s.n++;
	if (tree_parse_json(&value, p->arena, s, &e) < 0)
		return fail(p, "this is no number");
	p->rest = str_from(p->rest, s.n);
	if (p->rest.n > 0 && is_word(p->rest.p[0]))
		return fail(p, "a name cannot begin with a digit");
	return make_value(p, value);
}

/* ---- paths ---- */

static bool
read_bracket(struct parser *p, struct expr_part *part)
{
	struct str digits = { NULL, 0 };
	uint64_t n;

	skip_space(p);
	if (p->rest.n > 0 && memchr("\"'", p->rest.p[0], 2)) {
		if (!read_text(p, &part->key))
			return false;
	} else {
		digits = peek_word(p);
		if (!str_u64(digits, 1000000, &n))
			return fail(p,
				   "between '[' and ']' stands a text or the "
				   "number of an element") != NULL;
		part->is_index = true;
		part->index = n;
		p->rest = str_from(p->rest, digits.n);
	}
	if (!take(p, "]"))
		return fail(p, "expected ']'") != NULL;
	return true;
}

/* 1: a part was read; 0: the path ends; -1. */
static int
read_part(struct parser *p, struct expr_part *part)
{
	*part = (struct expr_part){ .is_index = false };
	if (str_starts(p->rest, "[")) {
		p->rest = str_from(p->rest, 1);
		return read_bracket(p, part) ? 1 : -1;
	}
	if (!str_starts(p->rest, "."))
		return 0;
	p->rest = str_from(p->rest, 1);
	part->key = peek_word(p);
	if (part->key.n == 0) {
		fail(p, "expected a name after '.'");
		return -1;
	}
	p->rest = str_from(p->rest, part->key.n);
	return 1;
}

static struct str
lower(struct arena *a, struct str s)
{
	char *text = arena_cstr(a, s);
	size_t i;

	for (i = 0; i < s.n; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] - 'A' + 'a');
	return (struct str){ text, s.n };
}

static struct expr *
read_path(struct parser *p, enum expr_root root, bool keyed)
{
	struct expr *x = make(p, OP_PATH, NULL, NULL);
	struct expr_part part;
	int got;

	x->root = root;
	if (keyed) {
		got = read_part(p, &part);
		if (got < 0)
			return NULL;
		if (got == 0 || part.is_index)
			return fail(
			    p, "expected '.' and a name, or '[\"name\"]'");
		x->key =
		    root == EXPR_HEADERS ? lower(p->arena, part.key) : part.key;
	}
	while ((got = read_part(p, &part)) > 0) {
		x->parts = arena_grow(
		    p->arena, x->parts, x->nparts, &x->cap, sizeof *x->parts);
		x->parts[x->nparts++] = part;
	}
	return got < 0 ? NULL : x;
}

static struct expr *
read_word(struct parser *p)
{
	static const struct {
		const char *name;
		enum expr_root root;
		bool keyed;
	} roots[] = {
		{ "state", EXPR_STATE, true },
		{ "body", EXPR_BODY, false },
		{ "params", EXPR_PARAMS, true },
		{ "headers", EXPR_HEADERS, true },
		{ "query", EXPR_QUERY, true },
		{ "method", EXPR_METHOD, false },
		{ "url", EXPR_URL, false },
	};
	size_t i;

	if (take(p, "true"))
		return make_value(p, tree_new_bool(p->arena, true));
	if (take(p, "false"))
		return make_value(p, tree_new_bool(p->arena, false));
	if (take(p, "null"))
		return make_value(p, tree_new_null(p->arena));
	for (i = 0; i < COUNT(roots); i++)
		if (take(p, roots[i].name))
			return read_path(p, roots[i].root, roots[i].keyed);
	return fail(p,
	    "expected state, body, params, headers, query, method, url, a "
	    "number, true, false, null or a text in quotes");
}

static struct expr *read_or(struct parser *p);

static struct expr *
read_value(struct parser *p)
{
	struct expr *x;
	struct str text;
	char c;

	skip_space(p);
	if (p->rest.n == 0)
		return fail(p, "the condition ends where a value is expected");
	c = p->rest.p[0];
	if (c == '(') {
		p->rest = str_from(p->rest, 1);
		x = read_or(p);
		if (x && !take(p, ")"))
			return fail(p, "expected ')'");
		return x;
	}
	if (c == '"' || c == '\'') {
		if (!read_text(p, &text))
			return NULL;
		return make_value(p, tree_new_text(p->arena, text));
	}
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_number(p);
	return read_word(p);
}

/* ---- what joins them ---- */

static struct expr *
read_compare(struct parser *p)
{
	/* The longer of two that begin alike comes first. */
	static const struct {
		const char *sign;
		enum expr_op op;
	} ops[] = { { "==", OP_EQ }, { "!=", OP_NE }, { "<=", OP_LE },
		{ ">=", OP_GE }, { "<", OP_LT }, { ">", OP_GT } };
	struct expr *left = read_value(p), *right;
	size_t i;

	if (!left)
		return NULL;
	for (i = 0; i < COUNT(ops); i++) {
		if (!take(p, ops[i].sign))
			continue;
		right = read_value(p);
		return right ? make(p, ops[i].op, left, right) : NULL;
	}
	if (str_starts(p->rest, "="))
		return fail(p, "'=' alone compares nothing; write '=='");
	return left;
}

static struct expr *
read_not(struct parser *p)
{
	unsigned nots = 0;
	struct expr *x;

	skip_space(p);
	while (take(p, "not") || take(p, "!"))
		if (++nots > EXPR_MAX_DEPTH)
			return fail(p, "more than 32 levels deep");
	x = read_compare(p);
	while (x && nots-- > 0)
		x = make(p, OP_NOT, x, NULL);
	return x;
}

static struct expr *
read_and(struct parser *p)
{
	struct expr *x = read_not(p), *right;

	while (x && (take(p, "and") || take(p, "&&"))) {
		right = read_not(p);
		x = right ? make(p, OP_AND, x, right) : NULL;
	}
	return x;
}

static struct expr *
read_or(struct parser *p)
{
	struct expr *x, *right;

	if (++p->depth > EXPR_MAX_DEPTH)
		return fail(p, "more than 32 levels deep");
	x = read_and(p);
	while (x && (take(p, "or") || take(p, "||"))) {
		right = read_and(p);
		x = right ? make(p, OP_OR, x, right) : NULL;
	}
	p->depth--;
	return x;
}

int
expr_parse(struct expr **out, struct arena *a, struct str text, struct err *e)
{
	struct parser p = { .arena = a, .e = e };
	struct expr *x;
	size_t at;

	p.all = p.rest = arena_copy(a, text);
	if (text.n > EXPR_MAX_BYTES)
		return err_set(e, ERR_INPUT,
		    "column 1: the condition is longer than %u bytes",
		    EXPR_MAX_BYTES);
	if (!str_utf8(text, &at)) {
		p.rest = str_from(p.rest, at);
		fail(&p, "not UTF-8");
		return -1;
	}
	x = read_or(&p);
	skip_space(&p);
	if (x && p.rest.n > 0)
		x = fail(&p, "expected and, or, or a comparison");
	if (!x)
		return -1;
	*out = x;
	return 0;
}
