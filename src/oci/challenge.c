/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry wants to see, and what a token server answers.  Commas stand
 * between challenges, between their parameters, and in quotes.
 */
#include <string.h>

#include "oci/parts.h"

#define MAX_TOKEN (64u << 10)
#define EXPIRES_S 60u /* when it does not say */

struct reader {
	struct str s;
	size_t i;
	struct arena *arena;
};

static bool
is_token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static char
next(const struct reader *r)
{
	return r->i < r->s.n ? r->s.p[r->i] : '\0';
}

static void
skip(struct reader *r, const char *set)
{
	while (next(r) != '\0' && strchr(set, next(r)))
		r->i++;
}

static struct str
take_token(struct reader *r)
{
	size_t from = r->i;

	while (is_token_char(next(r)))
		r->i++;
	return (struct str){ r->s.p + from, r->i - from };
}

/* False: its quote is not closed. */
static bool
take_value(struct reader *r, struct str *out)
{
	char *p;
	size_t n = 0;

	if (next(r) != '"') {
		/* A URL without quotes is no token; some send one. */
		for (n = r->i; next(r) && !strchr(" \t,", next(r));)
			r->i++;
		*out = (struct str){ r->s.p + n, r->i - n };
		return true;
	}
	p = arena_take(r->arena, r->s.n - r->i + 1);
	for (r->i++; next(r) != '"'; r->i++) {
		if (next(r) == '\\')
			r->i++;
		if (r->i >= r->s.n)
			return false;
		p[n++] = next(r);
	}
	r->i++;
	*out = (struct str){ p, n };
	return true;
}

static int
keep(struct challenge *c, struct str name, struct str value, struct err *e)
{
	const struct {
		struct str name;
		struct str *at;
	} known[] = { { STR("realm"), &c->realm },
		{ STR("service"), &c->service }, { STR("scope"), &c->scope },
		{ STR("error"), &c->error } };

	for (size_t i = 0; i < COUNT(known); i++) {
		if (!str_ieq(name, known[i].name))
			continue;
		if (known[i].at->n > 0 && !str_eq(*known[i].at, value))
			return err_set(e, ERR_REMOTE,
			    "it asks for credentials with two different " STR_F
			    "s",
			    STR_A(known[i].name));
		*known[i].at = value;
	}
	return 0;
}

static enum auth
auth_of(struct str scheme)
{
	if (str_ieq(scheme, STR("bearer")))
		return AUTH_BEARER;
	return str_ieq(scheme, STR("basic")) ? AUTH_BASIC : AUTH_NONE;
}

static void
better(struct challenge *best, const struct challenge *c)
{
	if (c->auth > best->auth)
		*best = *c;
}

/* The challenges of one header. */
static int
read_one(struct challenge *best, struct reader *r, struct err *e)
{
	struct challenge c = { .auth = AUTH_NONE };
	struct str word, value;
	size_t after;

	for (;;) {
		skip(r, " \t,");
		word = take_token(r);
		if (word.n == 0)
			break;
		after = r->i;
		skip(r, " \t");
		if (next(r) != '=') {
			r->i = after;
			better(best, &c);
			c = (struct challenge){ .auth = auth_of(word) };
			continue;
		}
		skip(r, "= \t");
		if (!take_value(r, &value))
			return err_set(e, ERR_REMOTE,
			    "it asks for credentials with a quote that is not "
			    "closed");
		if (keep(&c, word, value, e) < 0)
			return -1;
	}
	better(best, &c);
	return 0;
}

static bool
plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

int
challenge_read(struct challenge *c, struct arena *a,
    const struct fetch_header *headers, size_t n, struct err *e)
{
	*c = (struct challenge){ .auth = AUTH_NONE };
	for (size_t i = 0; i < n; i++) {
		struct reader r = { .s = headers[i].value, .arena = a };

		if (!str_ieq(headers[i].name, STR("www-authenticate")))
			continue;
		if (read_one(c, &r, e) < 0)
			return -1;
	}
	c->realm = arena_copy(a, c->realm);
	c->service = arena_copy(a, c->service);
	c->scope = arena_copy(a, c->scope);
	c->error = arena_copy(a, c->error);
	if (c->auth == AUTH_BEARER && c->realm.n == 0)
		return err_set(e, ERR_REMOTE,
		    "it asks for a token and does not say where to get one "
		    "(no realm)");
	if (!plain(c->realm) || !plain(c->service) || !plain(c->scope))
		return err_set(e, ERR_REMOTE,
		    "it asks for credentials with control characters");
	return 0;
}

/* ---- tokens ---- */

int
token_parse(
    struct token_answer *t, struct arena *a, struct str body, struct err *e)
{
	const struct tree *expires;
	struct tree *doc;

	*t = (struct token_answer){ .expires_s = EXPIRES_S };
	if (json_strict(&doc, a, body, e) < 0)
		return err_wrap(e, "the token server's answer cannot be used");
	t->token = json_text(doc, "token");
	if (t->token.n == 0)
		t->token = json_text(doc, "access_token");
	if (t->token.n == 0)
		return err_set(
		    e, ERR_REMOTE, "the token server's answer has no token");
	if (t->token.n > MAX_TOKEN)
		return err_set(
		    e, ERR_LIMIT, "a token is longer than %u bytes", MAX_TOKEN);
	if (!text_printable(t->token))
		return err_set(e, ERR_REMOTE,
		    "the token server's answer has a token with spaces or "
		    "control characters");
	expires = tree_get(doc, "expires_in");
	if (expires && expires->kind == TREE_INT && expires->num >= 0)
		t->expires_s =
		    expires->num > 86400 ? 86400u : (uint32_t)expires->num;
	return 0;
}
