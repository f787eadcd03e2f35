/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a text one of libpq's ways to say where a database is?  It is asked
 * itself only when it connects; this finds what cannot be one, and the part
 * of it that may be shown.
 */
#include "store/sql.h"

static int
bad_address(struct err *e)
{
	return err_set(e, ERR_INPUT,
	    "the connection is not understood, expected "
	    "postgresql://user:password@host:port/database or "
	    "'host=... user=... dbname=...'");
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct str
skip_space(struct str s)
{
	while (s.n > 0 && is_space(s.p[0]))
		s = str_from(s, 1);
	return s;
}

/* The bytes of a value at the front, quoted or not; 0: an open quote. */
static size_t
value_bytes(struct str s)
{
	bool quoted = str_starts(s, "'");
	size_t i;

	for (i = quoted; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (quoted && s.p[i] == '\'')
			return i + 1;
		else if (!quoted && is_space(s.p[i]))
			return i;
	}
	return quoted ? 0 : s.n;
}

static bool
is_key(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 'a' || s.p[i] > 'z') && s.p[i] != '_')
			return false;
	return s.n > 0;
}

/* key=value key='value'...; False: it is not. */
static bool
read_pairs(struct str s, struct str *host, struct str *port)
{
	struct str key, value;

	for (s = skip_space(s); s.n > 0; s = skip_space(s)) {
		if (!str_cut(&s, '=', &key))
			return false;
		key = str_trim(key);
		if (!is_key(key))
			return false;
		s = skip_space(s);
		value = (struct str){ s.p, value_bytes(s) };
		if (value.n == 0 && s.n > 0)
			return false;
		s = str_from(s, value.n);
		if (str_is(key, "host") ||
		    (str_is(key, "hostaddr") && host->n == 0))
			*host = value;
		if (str_is(key, "port"))
			*port = value;
	}
	return true;
}

/* What stands between user:password@ and /database. */
static struct str
host_of_url(struct str s)
{
	struct str head;
	size_t at;

	(void)str_cut(&s, '?', &head);
	/* Not the first slash: a password may hold one by mistake. */
	for (at = head.n; at > 0 && head.p[at - 1] != '@'; at--)
		;
	s = str_from(head, at);
	(void)str_cut(&s, '/', &head);
	return head;
}

int
postgres_address(struct sql *s, struct str text, struct err *e)
{
	struct str host = { 0 }, port = { 0 }, left;
	size_t at;

	if (str_starts(text, "postgres://") ||
	    str_starts(text, "postgresql://")) {
		left = text;
		(void)str_find(left, STR("://"), &at);
		host = host_of_url(str_from(left, at + 3));
		if (str_find(host, STR(" "), &at))
			return bad_address(e);
	} else if (str_find(text, STR("://"), &at) ||
	    !read_pairs(text, &host, &port)) {
		return bad_address(e);
	}
	s->conninfo = arena_cstr(s->arena, text);
	s->kind.where =
	    arena_printf(s->arena, "PostgreSQL at " STR_F "%s" STR_F,
		STR_A(host.n > 0 ? host : STR("its socket")),
		port.n > 0 ? ":" : "", STR_A(port));
	return 0;
}
