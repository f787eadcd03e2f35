/* SPDX-License-Identifier: Apache-2.0 */
/* connections and authentication. */
#include "directive/check.h"
#include "directive/rules.h"

/* Printable, without spaces, and something besides a scheme and slashes. */
static bool
address_usable(struct str s)
{
	struct str mark = { "://", 3 };
	size_t i, at;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7F)
			return false;
	if (str_find(s, mark, &at)) {
		if (at == 0)
			return false;
		s = str_from(s, at + mark.n);
	}
	return s.n > 0 && s.p[0] != '/' && s.p[0] != ':' && s.p[0] != '?';
}

void
check_address(struct check *c, const struct tree *map, const char *key)
{
	struct str s = tree_text(map, key);

	if (!map || map->kind != TREE_MAP || check_told(map, key, TREE_TEXT) ||
	    address_usable(s))
		return;
	if (s.n == 0)
		tell(&c->tell, RULE(R_ADDRESS),
		    map->nitems > 0 ? check_spot(map, key) : map->key,
		    "'%.*s' has no %s", SHOW_A(map->key->text), key);
	else
		tell(&c->tell, RULE(R_ADDRESS), tree_get(map, key),
		    "'%.*s' is not an address", SHOW_A(s));
}

static void
check_database(struct check *c, const struct tree *t)
{
	static const struct str types[] = { { "mysql", 5 },
		{ "postgresql", 10 }, { "sqlite", 6 } };
	struct str type = tree_text(t, "type");
	struct diag *d;

	if (!t || t->kind != TREE_MAP)
		return;
	if (!str_eq(type, types[0]) && !str_eq(type, types[1]) &&
	    !str_eq(type, types[2]) && !check_told(t, "type", TREE_TEXT)) {
		d = tell(&c->tell, RULE(R_DATABASE), check_spot(t, "type"),
		    type.n > 0 ? "unknown type of database '%.*s'"
			       : "the database has no type%.*s",
		    SHOW_A(type));
		tell_near(&c->tell, d, type, types, COUNT(types));
	}
	if (tree_text(t, "connectionString").n == 0 &&
	    !check_told(t, "connectionString", TREE_TEXT))
		tell(&c->tell, RULE(R_CONNECTION_STRING),
		    check_spot(t, "connectionString"),
		    "the database has no connectionString");
}

void
check_world(struct check *c)
{
	const struct tree *top = c->d->tree;
	const struct tree *links = tree_get(top, "connections");

	check_address(c, tree_get(links, "nats"), "serverAddress");
	check_address(c, tree_get(links, "kafka"), "brokerAddress");
	check_address(c, tree_get(links, "redis"), "serverAddress");
	check_database(c, tree_get(links, "database"));
	check_headers(c, tree_get(tree_get(top, "authentication"), "domains"));
	check_capabilities(c);
}
