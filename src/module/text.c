/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look at WebAssembly text before wabt parses it: its parser calls itself
 * for each bracket and runs out of stack on deep nesting.  Brackets in
 * comments and strings (core spec 6.2) do not count; what is never closed is
 * left to wabt.
 */
#include "module/read.h"

struct scan {
	struct str s;
	size_t i;
	struct place at;
};

static char
peek(const struct scan *c, size_t ahead)
{
	return c->i + ahead < c->s.n ? c->s.p[c->i + ahead] : '\0';
}

static void
next(struct scan *c)
{
	if (c->s.p[c->i++] == '\n') {
		c->at.line++;
		c->at.col = 0;
	}
	c->at.col++;
}

static bool
more(const struct scan *c)
{
	return c->i < c->s.n;
}

static void
line_comment(struct scan *c)
{
	while (more(c) && peek(c, 0) != '\n')
		next(c);
}

/* These nest. */
static void
block_comment(struct scan *c)
{
	size_t depth = 0;

	while (more(c)) {
		bool opens = peek(c, 0) == '(' && peek(c, 1) == ';';
		bool closes = peek(c, 0) == ';' && peek(c, 1) == ')';

		next(c);
		if (opens || closes)
			next(c);
		depth += opens;
		depth -= closes;
		if (depth == 0)
			return;
	}
}

static void
string(struct scan *c)
{
	next(c);
	while (more(c) && peek(c, 0) != '"' && peek(c, 0) != '\n') {
		if (peek(c, 0) == '\\' && c->i + 1 < c->s.n)
			next(c);
		next(c);
	}
	if (more(c))
		next(c);
}

int
text_check(struct str text, const char *name, struct err *e)
{
	struct scan c = { text, 0, { 1, 1 } };
	unsigned depth = 0;

	while (more(&c)) {
		char ch = peek(&c, 0);

		if (ch == ';' && peek(&c, 1) == ';') {
			line_comment(&c);
			continue;
		}
		if (ch == '(' && peek(&c, 1) == ';') {
			block_comment(&c);
			continue;
		}
		if (ch == '"') {
			string(&c);
			continue;
		}
		if (ch == '(' && ++depth > MAX_BRACKETS)
			return err_set(e, ERR_LIMIT,
			    "%s:%u:%u: error: more "
			    "than %u brackets in each other",
			    name, c.at.line, c.at.col, MAX_BRACKETS);
		if (ch == ')' && depth > 0)
			depth--;
		next(&c);
	}
	return 0;
}
