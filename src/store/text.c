/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a statement's text says about itself, without asking a database.
 *
 * The dialects disagree: in MySQL a backslash escapes a quote and comments do
 * not nest, in PostgreSQL and SQLite it is a byte as any other.  So a text is
 * read as each of them would, and the first way that ends outside of quotes
 * and comments is taken.
 */
#include "store/store.h"

enum dialect { STANDARD, FLAT, MYSQL, NDIALECTS };

struct scan {
	struct str s; /* what is left */
	enum dialect dialect;
	bool dollars; /* has $N: then # is an operator and ? too */
	bool open;    /* ended inside of a quote or comment */
};

/* A piece that is neither space, comment nor quoted. */
enum token { END, WORD, NUMBERED, MARK, SEMICOLON, OPEN, CLOSE, QUOTED, OTHER };

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (unsigned char)c >= 0x80;
}

static void
skip(struct scan *x, size_t n)
{
	x->s = str_from(x->s, n);
}

static void
skip_line(struct scan *x)
{
	while (x->s.n > 0 && x->s.p[0] != '\n')
		skip(x, 1);
}

static void
skip_block(struct scan *x)
{
	size_t depth = 1;

	for (skip(x, 2); depth > 0 && x->s.n > 0;) {
		if (str_starts(x->s, "*/")) {
			depth--;
			skip(x, 2);
		} else if (x->dialect == STANDARD && str_starts(x->s, "/*")) {
			depth++;
			skip(x, 2);
		} else {
			skip(x, 1);
		}
	}
	x->open = x->open || depth > 0;
}

static void
skip_space(struct scan *x)
{
	for (;;) {
		if (x->s.n > 0 && is_space(x->s.p[0]))
			skip(x, 1);
		else if (str_starts(x->s, "--"))
			skip_line(x);
		else if (str_starts(x->s, "/*"))
			skip_block(x);
		else if (str_starts(x->s, "#") && !x->dollars)
			skip_line(x);
		else
			return;
	}
}

/* Past a quoted piece; a doubled quote is one in it. */
static void
skip_quoted(struct scan *x, bool backslash)
{
	char quote = x->s.p[0];

	for (skip(x, 1); x->s.n > 0; skip(x, 1)) {
		if (backslash && x->s.p[0] == '\\' && x->s.n > 1) {
			skip(x, 1);
		} else if (x->s.p[0] == quote) {
			skip(x, 1);
			if (x->s.n == 0 || x->s.p[0] != quote)
				return;
		}
	}
	x->open = true;
}

/* The length of $tag$ at the front, or 0. */
static size_t
dollar_tag(struct str s)
{
	size_t n = 1;

	while (n < s.n && (is_name(s.p[n]) || (n > 1 && is_digit(s.p[n]))))
		n++;
	return n < s.n && s.p[n] == '$' ? n + 1 : 0;
}

static void
skip_dollar_quoted(struct scan *x, size_t ntag)
{
	struct str tag = { x->s.p, ntag };
	size_t at;

	skip(x, ntag);
	if (str_find(x->s, tag, &at)) {
		skip(x, at + ntag);
		return;
	}
	skip(x, x->s.n);
	x->open = true;
}

static void
read_word(struct scan *x, struct str *word)
{
	word->p = x->s.p;
	/* A $ within a name is part of it, not a placeholder. */
	while (x->s.n > 0 &&
	    (is_name(x->s.p[0]) || is_digit(x->s.p[0]) || x->s.p[0] == '$'))
		skip(x, 1);
	word->n = (size_t)(x->s.p - word->p);
}

static void
read_number(struct scan *x, struct str *word)
{
	skip(x, 1);
	word->p = x->s.p;
	while (x->s.n > 0 && is_digit(x->s.p[0]))
		skip(x, 1);
	word->n = (size_t)(x->s.p - word->p);
}

static enum token
next_mark(struct scan *x, struct str *word)
{
	char c = x->s.p[0];
	size_t ntag;

	if ((c == '$' || c == '?') && x->s.n > 1 && is_digit(x->s.p[1])) {
		read_number(x, word);
		return NUMBERED;
	}
	ntag = c == '$' && x->dialect != MYSQL ? dollar_tag(x->s) : 0;
	if (ntag > 0) {
		skip_dollar_quoted(x, ntag);
		return QUOTED;
	}
	skip(x, 1);
	return c == '?' ? MARK : OTHER;
}

static enum token
next(struct scan *x, struct str *word)
{
	bool escapes = x->dialect == MYSQL;
	char c;

	skip_space(x);
	if (x->s.n == 0)
		return END;
	c = x->s.p[0];
	if (is_name(c)) {
		read_word(x, word);
		/* PostgreSQL's E'...' */
		if (word->n == 1 && (c == 'e' || c == 'E') && x->s.n > 0 &&
		    x->s.p[0] == '\'') {
			skip_quoted(x, true);
			return QUOTED;
		}
		return WORD;
	}
	if (c == '\'' || c == '"' || c == '`') {
		skip_quoted(x, escapes && c != '`');
		return QUOTED;
	}
	if (is_digit(c)) {
		read_word(x, word);
		return OTHER;
	}
	if (c == '$' || c == '?')
		return next_mark(x, word);
	skip(x, 1);
	/* In no dialect: what was taken for a quote's end was escaped. */
	x->open = x->open || c == '\\';
	return c == ';' ? SEMICOLON
	    : c == '('	? OPEN
	    : c == ')'	? CLOSE
			: OTHER;
}

/* ---- the whole text ---- */

struct found {
	unsigned highest, nmarks;
	bool second; /* a statement behind a semicolon */
	bool empty, open;
};

static void
read_all(struct scan *x, struct found *f)
{
	bool ended = false;
	enum token t;
	struct str word;
	uint64_t n;

	*f = (struct found){ .empty = true };
	while ((t = next(x, &word)) != END) {
		if (t == SEMICOLON) {
			ended = !f->empty;
			continue;
		}
		f->empty = false;
		f->second = f->second || ended;
		if (t == MARK)
			f->nmarks++;
		if (t == NUMBERED && str_u64(word, 65535, &n) && n > f->highest)
			f->highest = (unsigned)n;
	}
	f->open = x->open;
}

/* The way of reading text that works, or the first. */
static struct scan
choose(struct str text, struct found *f)
{
	struct scan x, first = { .s = text };
	struct found any;

	for (int d = STANDARD; d < NDIALECTS; d++) {
		for (int dollars = 1; dollars >= 0; dollars--) {
			x = (struct scan){ .s = text,
				.dialect = (enum dialect)d,
				.dollars = dollars };
			read_all(&x, &any);
			/* With $N, # and ? are PostgreSQL's operators. */
			if ((any.highest > 0) != (dollars == 1))
				continue;
			if (d == STANDARD || !any.open)
				*f = any;
			x.s = text;
			x.open = false;
			if (d == STANDARD)
				first = x;
			if (!any.open)
				return x;
		}
	}
	return first;
}

unsigned
sql_count_vars(struct str text)
{
	struct found f = { 0 };

	(void)choose(text, &f);
	return f.highest > 0 ? f.highest : f.nmarks;
}

static bool
kind_of_word(struct str word, enum sql_kind *kind)
{
	static const struct {
		const char *word;
		enum sql_kind kind;
	} words[] = {
		{ "insert", SQL_INSERT },
		{ "select", SQL_SELECT },
		{ "update", SQL_UPDATE },
		{ "delete", SQL_DELETE },
	};

	for (size_t i = 0; i < COUNT(words); i++) {
		if (!str_ieq(word, str_of(words[i].word)))
			continue;
		*kind = words[i].kind;
		return true;
	}
	return false;
}

bool
sql_kind_of(struct str text, enum sql_kind *kind)
{
	struct found f = { 0 };
	struct scan x = choose(text, &f);
	struct str word;
	size_t depth = 0;
	enum token t;

	do
		t = next(&x, &word);
	while (t == OPEN || t == SEMICOLON);
	if (t != WORD)
		return false;
	if (!str_ieq(word, STR("with")))
		return kind_of_word(word, kind);
	while ((t = next(&x, &word)) != END) {
		if (t == OPEN)
			depth++;
		else if (t == CLOSE && depth > 0)
			depth--;
		else if (t == WORD && depth == 0 && kind_of_word(word, kind))
			return true;
	}
	return false;
}

int
sql_check_text(struct str text, struct err *e)
{
	struct found f = { 0 };
	size_t at;

	if (!str_utf8(text, &at))
		return err_set(e, ERR_INPUT, "the statement is not UTF-8");
	if (str_find(text, (struct str){ "", 1 }, &at))
		return err_set(e, ERR_INPUT, "the statement has a zero byte");
	(void)choose(text, &f);
	if (f.open)
		return err_set(e, ERR_INPUT,
		    "the statement ends inside of quotes or a comment");
	if (f.empty)
		return err_set(e, ERR_INPUT, "there is no statement");
	if (!f.second)
		return 0;
	err_set(e, ERR_INPUT,
	    "a second statement follows the semicolon, expected one");
	return err_hint(e, "make each statement a query of its own");
}
