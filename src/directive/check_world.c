/* SPDX-License-Identifier: Apache-2.0 */
/* connections, authentication and capabilities. */
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

static void
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
		{ "postgresql", 10 } };
	struct str type = tree_text(t, "type");
	struct diag *d;

	if (!t || t->kind != TREE_MAP)
		return;
	if (!str_eq(type, types[0]) && !str_eq(type, types[1]) &&
	    !check_told(t, "type", TREE_TEXT)) {
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

/* A map of domains, each with the header to send there. */
static void
check_headers(struct check *c, const struct tree *domains)
{
	const struct tree *t;
	size_t i;

	for (i = 0; domains && domains->kind == TREE_MAP && i < domains->nitems;
	    i++) {
		t = domains->items[i];
		if (t->kind != TREE_MAP && t->kind != TREE_NULL)
			continue;
		if (tree_text(t, "value").n == 0 &&
		    !check_told(t, "value", TREE_TEXT))
			tell(&c->tell, RULE(R_AUTH_VALUE), t->key,
			    "'%.*s' has no value", SHOW_A(t->key->text));
	}
}

static const char *
label_fault(struct str label)
{
	size_t i;

	if (label.n == 0)
		return "has an empty label";
	if (str_is(label, "*"))
		return NULL;
	for (i = 0; i < label.n; i++) {
		unsigned char ch = (unsigned char)label.p[i];

		if (ch == '*')
			return "has '*' inside a label";
		if (ch <= ' ' || ch == 0x7F || strchr("/\\@?#[]", ch))
			return "has a character that no host name has";
	}
	return NULL;
}

static const char *
domain_fault(struct str s)
{
	struct str mark = { "://", 3 }, label;
	const char *fault = NULL;
	size_t at;
	bool more = true;

	if (str_find(s, mark, &at))
		return "has a scheme; only the host is compared";
	if (s.n == 0)
		return "is empty";
	if (str_ends(s, "/"))
		return "has a path; only the host is compared";
	while (more && !fault) {
		more = str_cut(&s, '.', &label);
		fault = label_fault(label);
	}
	return fault;
}

static void
check_domains(struct check *c, const struct tree *rules, const char *key)
{
	const struct tree *list = tree_get(rules, key), *t;
	const char *fault;
	size_t i;

	for (i = 0; list && list->kind == TREE_LIST && i < list->nitems; i++) {
		t = list->items[i];
		if (t->kind == TREE_LIST || t->kind == TREE_MAP)
			continue;
		fault = domain_fault(t->text);
		if (fault)
			tell(&c->tell, RULE(R_DOMAIN), t, "'%.*s' %s",
			    SHOW_A(t->text), fault);
		else if (str_is(t->text, "*"))
			tell(&c->tell, RULE(R_DOMAIN_ALL), t,
			    "'*' in %s matches every host", key);
	}
}

static void
check_ports(struct check *c, const struct tree *rules, const char *key)
{
	const struct tree *list = tree_get(rules, key), *t;
	size_t i;

	for (i = 0; list && list->kind == TREE_LIST && i < list->nitems; i++) {
		t = list->items[i];
		if (t->kind == TREE_INT && (t->num < 1 || t->num > 65535))
			tell(&c->tell, RULE(R_PORT), t, "%.*s is not a port",
			    SHOW_A(t->text));
	}
}

static void
check_http(struct check *c, const struct tree *http)
{
	const struct tree *rules = tree_get(http, "rules");

	check_domains(c, rules, "allowedDomains");
	check_domains(c, rules, "blockedDomains");
	check_ports(c, rules, "allowedPorts");
	check_ports(c, rules, "blockedPorts");
}

static void
check_capabilities(struct check *c, const struct tree *caps)
{
	const struct tree *db = tree_get(caps, "db");
	struct str type = tree_text(db, "dbType");

	check_http(c, tree_get(caps, "http"));
	check_http(c, tree_get(caps, "graphql"));
	check_headers(c, tree_get(tree_get(caps, "auth"), "headers"));
	check_address(
	    c, tree_get(tree_get(caps, "cache"), "redis"), "serverAddress");
	if (type.n > 0 && !str_is(type, "mysql") && !str_is(type, "pgx") &&
	    !str_is(type, "postgresql"))
		tell(&c->tell, RULE(R_DB_TYPE), tree_get(db, "dbType"),
		    "unknown dbType '%.*s'", SHOW_A(type));
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
	check_capabilities(c, tree_get(top, "capabilities"));
}
