/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a MySQL server is: a URL, or what Go's driver reads:
 * [user[:password]@][tcp[(host[:port])]|unix(path)]/database[?options].
 */
#include "store/address.h"
#include "store/sql.h"

#define DEFAULT_PORT 3306

static int
bad_address(struct err *e)
{
	return err_set(e, ERR_INPUT,
	    "the connection is not understood, expected "
	    "user:password@tcp(host:port)/database, "
	    "user:password@unix(/path)/database or "
	    "mysql://user:password@host:port/database");
}

/* Options are a=b&c=d.  Those that say how Go's driver gives values mean
 * nothing here. */
static int
read_options(struct address *a, struct str text, struct err *e)
{
	struct str pair, key;

	while (text.n > 0) {
		str_cut(&text, '&', &pair);
		str_cut(&pair, '=', &key);
		if (!str_is(key, "tls"))
			continue;
		a->tls = !str_ieq(pair, STR("false"));
		a->tls_unverified = str_is(pair, "skip-verify");
		if (a->tls && !a->tls_unverified && !str_ieq(pair, STR("true")))
			return err_set(e, ERR_INPUT,
			    "the connection's tls is not understood, expected "
			    "true, false or skip-verify");
	}
	return 0;
}

static int
read_url(struct sql *s, struct str text, struct err *e)
{
	struct address *a = &s->address;
	struct url u;

	if (!address_url(text, &u))
		return bad_address(e);
	a->user = address_decode(s->arena, u.user);
	a->password = address_decode(s->arena, u.password);
	a->database = address_decode(s->arena, u.path);
	if (!a->user || !a->password || !a->database)
		return bad_address(e);
	a->host = arena_cstr(s->arena, u.host);
	a->port = u.port;
	return read_options(a, u.query, e);
}

/* net(where), of which the half in parentheses may be missing. */
static int
read_net(struct sql *s, struct str text, struct err *e)
{
	struct address *a = &s->address;
	struct str net, host = STR("127.0.0.1");
	bool given = str_cut(&text, '(', &net);

	if (given && !str_ends(text, ")"))
		return bad_address(e);
	if (given)
		text.n--;
	if (str_is(net, "unix") && text.n > 0) {
		a->path = arena_cstr(s->arena, text);
		return 0;
	}
	if (net.n > 0 && !str_is(net, "tcp"))
		return bad_address(e);
	if (text.n > 0 && !address_host(text, &host, &a->port))
		return bad_address(e);
	a->host = arena_cstr(s->arena, host);
	return 0;
}

/* As Go's driver: the last / begins the database, the last @ before it ends
 * the password. */
static int
read_dsn(struct sql *s, struct str text, struct err *e)
{
	struct address *a = &s->address;
	struct str left = text, who = { 0 }, user, base;
	size_t slash, at;

	for (slash = text.n; slash > 0 && text.p[slash - 1] != '/'; slash--)
		;
	if (slash == 0)
		return bad_address(e);
	left.n = slash - 1;
	text = str_from(text, slash);
	str_cut(&text, '?', &base);
	for (at = left.n; at > 0 && left.p[at - 1] != '@'; at--)
		;
	if (at > 0)
		who = (struct str){ left.p, at - 1 };
	str_cut(&who, ':', &user);
	a->user = arena_cstr(s->arena, user);
	a->password = arena_cstr(s->arena, who);
	a->database = arena_cstr(s->arena, base);
	if (read_net(s, str_from(left, at), e) < 0)
		return -1;
	return read_options(a, text, e);
}

int
mysql_address(struct sql *s, struct str text, struct err *e)
{
	struct address *a = &s->address;
	size_t at;
	int rc;

	if (str_starts(text, "mysql://"))
		rc = read_url(s, str_from(text, 8), e);
	else if (str_find(text, STR("://"), &at) &&
	    !str_find(text, STR("("), &at))
		rc = bad_address(e);
	else
		rc = read_dsn(s, text, e);
	if (rc < 0)
		return -1;
	if (a->port == 0)
		a->port = DEFAULT_PORT;
	if (a->path)
		s->kind.where =
		    arena_printf(s->arena, "MySQL at '%s'", a->path);
	else
		s->kind.where =
		    arena_printf(s->arena, "MySQL at %s:%u", a->host, a->port);
	return 0;
}
