/* SPDX-License-Identifier: Apache-2.0 */
/* capabilities: Directive.yaml(5), CAPABILITIES. */

#include "directive/check.h"
#include "directive/parse.h"
#include "directive/rules.h"

/* ---- hosts ---- */

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

/* A host, with a port or not; or an address. */
static const char *
domain_fault(struct str s)
{
	struct str mark = { "://", 3 }, label, host;
	const char *fault = NULL;
	size_t at;
	bool more = true;

	if (str_find(s, mark, &at))
		return "has a scheme; only the host is compared";
	if (s.n == 0)
		return "is empty";
	if (memchr(s.p, '/', s.n))
		return "has a path; only the host is compared";
	if (s.p[0] == '[' ||
	    (str_find(s, STR(":"), &at) &&
		str_find(str_from(s, at + 1), STR(":"), &at)))
		return NULL;
	str_cut(&s, ':', &host); /* what is left is a port */
	s = host;
	while (more && !fault) {
		more = str_cut(&s, '.', &label);
		fault = label_fault(label);
	}
	return fault;
}

/* A map of domains, each with the header to send there. */
void
check_headers(struct check *c, const struct tree *domains)
{
	const struct tree *t;
	const char *fault;
	size_t i;

	for (i = 0; domains && domains->kind == TREE_MAP && i < domains->nitems;
	    i++) {
		t = domains->items[i];
		if (t->kind != TREE_MAP && t->kind != TREE_NULL)
			continue;
		fault = domain_fault(t->key->text);
		if (fault)
			tell(&c->tell, RULE(R_DOMAIN), t->key, "'%.*s' %s",
			    SHOW_A(t->key->text), fault);
		if (tree_text(t, "value").n == 0 &&
		    !check_told(t, "value", TREE_TEXT))
			tell(&c->tell, RULE(R_AUTH_VALUE), t->key,
			    "'%.*s' has no value", SHOW_A(t->key->text));
	}
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
		else if (str_is(t->text, "*") &&
		    strcmp(key, "allowedDomains") == 0)
			tell(&c->tell, RULE(R_DOMAIN_ALL), t,
			    "'*' in %s matches every host", key);
	}
}

static void
check_cidrs(struct check *c, const struct tree *rules, const char *key)
{
	const struct tree *list = tree_get(rules, key), *t;
	size_t i;

	for (i = 0; list && list->kind == TREE_LIST && i < list->nitems; i++) {
		t = list->items[i];
		if (t->kind == TREE_LIST || t->kind == TREE_MAP ||
		    parse_is_cidr(t->text))
			continue;
		tell(&c->tell, RULE(R_CIDR), t,
		    "'%.*s' is not a network in CIDR form", SHOW_A(t->text));
	}
}

static void
check_ports(struct check *c, const struct tree *rules, const char *key)
{
	const struct tree *list = tree_get(rules, key), *t;
	struct port_range range;
	size_t i;

	for (i = 0; list && list->kind == TREE_LIST && i < list->nitems; i++) {
		t = list->items[i];
		if (t->kind == TREE_LIST || t->kind == TREE_MAP ||
		    parse_port_range(t->text, &range))
			continue;
		tell(&c->tell, RULE(R_PORT), t, "%.*s is not a port",
		    SHOW_A(t->text));
	}
}

/* ---- what is off because it is not written ---- */

static void
check_enabled(struct check *c, const struct tree *caps, const char *key)
{
	const struct tree *t = tree_get(caps, key);

	if (t && t->kind == TREE_MAP && !tree_get(t, "enabled"))
		tell(&c->tell, RULE(R_PART_OFF), t->key ? t->key : t,
		    "'%s' has no 'enabled', so it is off", key);
}

/* keys end with NULL. */
static void
check_rules(struct check *c, const struct tree *part, const struct tree *rules,
    const char *const *keys)
{
	CLEANUP(buf_free) struct buf off = BUF(200);
	const struct tree *enabled = tree_get(part, "enabled");
	size_t i;

	if (!enabled || enabled->kind != TREE_BOOL || !enabled->num)
		return;
	for (i = 0; keys[i]; i++)
		if (!tree_get(rules, keys[i]))
			buf_addf(
			    &off, "%s'%s'", off.n > 0 ? ", " : "", keys[i]);
	if (off.n > 0)
		tell(&c->tell, RULE(R_RULES_OFF), part->key ? part->key : part,
		    "%s not written, so false", buf_cstr(&off));
}

/* ---- the parts ---- */

static void
check_http(struct check *c, const struct tree *caps, const char *key)
{
	static const char *const allows[] = { "allowIPs", "allowPrivate",
		"allowHTTP", NULL };
	const struct tree *http = tree_get(caps, key);
	const struct tree *rules = tree_get(http, "rules");

	if (!http || http->kind != TREE_MAP)
		return;
	check_domains(c, rules, "allowedDomains");
	check_domains(c, rules, "blockedDomains");
	check_cidrs(c, rules, "allowedCIDRs");
	check_cidrs(c, rules, "blockedCIDRs");
	check_ports(c, rules, "allowedPorts");
	check_ports(c, rules, "blockedPorts");
	check_rules(c, http, rules, allows);
}

static void
check_db(struct check *c, const struct tree *caps)
{
	static const struct str types[] = { { "mysql", 5 }, { "pgx", 3 },
		{ "postgresql", 10 }, { "sqlite", 6 } };
	const struct tree *db = tree_get(caps, "db");
	const struct tree *on = tree_get(db, "enabled");
	struct str type = tree_text(db, "dbType");
	struct diag *d;
	size_t i;

	if (!on || on->kind != TREE_BOOL || !on->num)
		return;
	for (i = 0; i < COUNT(types) && !str_eq(type, types[i]); i++)
		;
	if (i == COUNT(types) && !check_told(db, "dbType", TREE_TEXT)) {
		d = tell(&c->tell, RULE(R_DB_TYPE), check_spot(db, "dbType"),
		    type.n > 0 ? "unknown dbType '%.*s'"
			       : "the database has no dbType%.*s",
		    SHOW_A(type));
		tell_near(&c->tell, d, type, types, COUNT(types));
	}
	if (tree_text(db, "connectionString").n == 0 &&
	    !check_told(db, "connectionString", TREE_TEXT))
		tell(&c->tell, RULE(R_CONNECTION_STRING),
		    check_spot(db, "connectionString"),
		    "the database has no connectionString");
}

static void
check_secrets(struct check *c, const struct tree *caps)
{
	const struct tree *files = tree_get(tree_get(caps, "secrets"), "files");
	const struct tree *keys = tree_get(files, "allowedKeys"), *t;
	size_t i;

	if (keys && tree_text(files, "directory").n == 0 &&
	    !check_told(files, "directory", TREE_TEXT))
		tell(&c->tell, RULE(R_SECRET), files->key,
		    "the secrets in files have no directory");
	for (i = 0; keys && keys->kind == TREE_LIST && i < keys->nitems; i++) {
		t = keys->items[i];
		if (t->text.n > 0 && memchr(t->text.p, '/', t->text.n))
			tell(&c->tell, RULE(R_SECRET), t,
			    "'%.*s' is a path, not the name of a file",
			    SHOW_A(t->text));
	}
}

static void
check_parts(struct check *c, const struct tree *caps)
{
	static const char *const parts[] = { "logger", "http", "graphql",
		"auth", "cache", "file", "db", "requestHandler", "secrets" };
	static const char *const cache[] = { "allowSet", "allowGet",
		"allowDelete", NULL };
	static const char *const fields[] = { "allowGetField", "allowSetField",
		NULL };
	const struct tree *t;
	size_t i;

	for (i = 0; i < COUNT(parts); i++)
		check_enabled(c, caps, parts[i]);
	check_http(c, caps, "http");
	check_http(c, caps, "graphql");
	check_headers(c, tree_get(tree_get(caps, "auth"), "headers"));
	t = tree_get(caps, "cache");
	if (t && t->kind == TREE_MAP)
		check_rules(c, t, tree_get(t, "rules"), cache);
	check_address(c, tree_get(t, "redis"), "serverAddress");
	t = tree_get(caps, "requestHandler");
	if (t && t->kind == TREE_MAP)
		check_rules(c, t, t, fields);
	check_db(c, caps);
	check_secrets(c, caps);
}

/* ---- for some functions ---- */

static bool
has_space(const struct check *c, struct str ns)
{
	size_t i;

	for (i = 0; i < c->nfunctions; i++)
		if (str_eq(c->functions[i].ns, ns) ||
		    (c->functions[i].ns.n == 0 && str_is(ns, "default")))
			return true;
	return false;
}

static void
check_override(struct check *c, const struct tree *t)
{
	struct str fn = t->key->text;
	struct diag *d;

	check_parts(c, t);
	if (str_ends(fn, "::*")) {
		fn.n -= 3;
		/* A tenant's namespaces may be empty. */
		if (!has_space(c, fn) && !c->d->tenant)
			tell(&c->tell, RULE(R_OVERRIDE), t->key,
			    "no function is in the namespace '%.*s'",
			    SHOW_A(fn));
		return;
	}
	if (check_find(c, fn))
		return;
	d = tell(&c->tell, RULE(R_OVERRIDE), t->key, "no function '%.*s'",
	    SHOW_A(fn));
	tell_near(&c->tell, d, fn, c->names, c->nfunctions);
}

void
check_capabilities(struct check *c)
{
	const struct tree *caps = tree_get(c->d->tree, "capabilities"), *t;
	const struct tree *http = tree_get(caps, "http");
	size_t i;

	if (!http || http->kind == TREE_NULL)
		tell(&c->tell, RULE(R_OPEN),
		    caps && caps->kind == TREE_MAP ? caps->key : NULL,
		    "nothing says which hosts functions may call, so they may "
		    "call all");
	if (!caps || caps->kind != TREE_MAP)
		return;
	check_parts(c, caps);
	t = tree_get(caps, "functions");
	for (i = 0; t && t->kind == TREE_MAP && i < t->nitems; i++)
		if (t->items[i]->kind == TREE_MAP)
			check_override(c, t->items[i]);
}
