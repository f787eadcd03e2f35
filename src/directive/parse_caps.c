/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capabilities, connections and authentication.
 *
 * A part that is written replaces the default as a whole, as in Atmo: what it
 * leaves out is off.  A part that is not written keeps its default.
 */
#include <arpa/inet.h>

#include "directive/parse.h"

#define MAX_LIST 1024u
#define MAX_OVERRIDES 1024u

static bool
flag(const struct tree *map, const char *key)
{
	const struct tree *t = tree_get(map, key);

	return t && t->kind == TREE_BOOL && t->num != 0;
}

/* The map under key, or NULL. */
static const struct tree *
part_of(const struct tree *map, const char *key)
{
	const struct tree *t = tree_get(map, key);

	return t && t->kind == TREE_MAP ? t : NULL;
}

/* Something else than the map that it should be allows nothing, as an empty
 * one would; nothing at all leaves the defaults. */
static const struct tree *
closed_part(const struct tree *map, const char *key)
{
	static const struct tree closed = { .kind = TREE_MAP };
	const struct tree *t = tree_get(map, key);

	if (!t || t->kind == TREE_NULL)
		return NULL;
	return t->kind == TREE_MAP ? t : &closed;
}

static struct strs
texts(struct reader *r, const struct tree *map, const char *key)
{
	struct tree **v = NULL;
	size_t i, n = parse_list_up_to(r, map, key, &v, MAX_LIST);
	struct strs out = { arena_take(r->arena, (n + 1) * sizeof *out.v), 0 };

	for (i = 0; i < n; i++)
		if (v[i]->kind != TREE_LIST && v[i]->kind != TREE_MAP)
			out.v[out.n++] = v[i]->text;
	return out;
}

/* ---- rules for outbound calls ---- */

bool
parse_port_range(struct str s, struct port_range *out)
{
	struct str from;
	uint64_t a, b;
	bool range = str_cut(&s, '-', &from);

	if (!str_u64(str_trim(from), 65535, &a))
		return false;
	b = a;
	if (range && !str_u64(str_trim(s), 65535, &b))
		return false;
	*out = (struct port_range){ (uint16_t)a, (uint16_t)b };
	return a > 0 && a <= b;
}

bool
parse_is_cidr(struct str s)
{
	unsigned char room[16];
	char text[64];
	struct str head;
	uint64_t bits;
	bool sized = str_cut(&s, '/', &head);
	int family =
	    head.n > 0 && memchr(head.p, ':', head.n) ? AF_INET6 : AF_INET;

	if (head.n == 0 || head.n >= sizeof text ||
	    memchr(head.p, '\0', head.n))
		return false;
	memcpy(text, head.p, head.n);
	text[head.n] = '\0';
	if (inet_pton(family, text, room) != 1)
		return false;
	return !sized || str_u64(s, family == AF_INET ? 32 : 128, &bits);
}

static struct port_range *
ports(struct reader *r, const struct tree *map, const char *key, size_t *n)
{
	struct tree **v = NULL;
	size_t i, max = parse_list_up_to(r, map, key, &v, MAX_LIST);
	struct port_range *out = arena_take(r->arena, (max + 1) * sizeof *out);

	*n = 0;
	for (i = 0; i < max; i++)
		*n += parse_port_range(v[i]->text, &out[*n]);
	return out;
}

/* A rule that cannot be read must not be one that is not there: what it was to
 * keep out would come in. */
static bool
is_readable(const struct tree *rules)
{
	static const struct {
		const char *key;
		char kind;
	} lists[] = { { "allowedDomains", 't' }, { "blockedDomains", 't' },
		{ "allowedCIDRs", 'c' }, { "blockedCIDRs", 'c' },
		{ "allowedPorts", 'p' }, { "blockedPorts", 'p' } };
	struct port_range ignored;

	if (rules && rules->kind != TREE_NULL && rules->kind != TREE_MAP)
		return false;
	for (size_t i = 0; i < COUNT(lists); i++) {
		const struct tree *t = tree_get(rules, lists[i].key);

		if (!t || t->kind == TREE_NULL)
			continue;
		if (t->kind != TREE_LIST || t->nitems > MAX_LIST)
			return false;
		for (size_t k = 0; k < t->nitems; k++) {
			struct tree *x = t->items[k];

			if (x->kind == TREE_LIST || x->kind == TREE_MAP ||
			    (lists[i].kind == 'c' && !parse_is_cidr(x->text)) ||
			    (lists[i].kind == 'p' &&
				!parse_port_range(x->text, &ignored)))
				return false;
		}
	}
	return true;
}

static void
parse_http(struct reader *r, const struct tree *caps, const char *key,
    struct http_rules *h)
{
	const struct tree *t = closed_part(caps, key);
	const struct tree *rules = tree_get(t, "rules");

	if (!t)
		return;
	*h = (struct http_rules){ .at = tree_get(caps, key)->key->at,
		.enabled = flag(t, "enabled") && is_readable(rules) };
	h->allowed_domains = texts(r, rules, "allowedDomains");
	h->blocked_domains = texts(r, rules, "blockedDomains");
	h->allowed_cidrs = texts(r, rules, "allowedCIDRs");
	h->blocked_cidrs = texts(r, rules, "blockedCIDRs");
	h->allowed_ports = ports(r, rules, "allowedPorts", &h->nallowed_ports);
	h->blocked_ports = ports(r, rules, "blockedPorts", &h->nblocked_ports);
	h->allow_ips = flag(rules, "allowIPs");
	h->allow_private = flag(rules, "allowPrivate");
	h->allow_http = flag(rules, "allowHTTP");
}

/* ---- headers for domains ---- */

static const struct auth_header *
find_header(const struct capabilities *c, struct str domain)
{
	size_t i;

	for (i = 0; i < c->nauth_headers; i++)
		if (str_ieq(c->auth_headers[i].domain, domain))
			return &c->auth_headers[i];
	return NULL;
}

/* Those of capabilities.auth come first and win over `authentication`. */
static void
add_headers(
    struct reader *r, const struct tree *domains, struct capabilities *c)
{
	size_t i, had = c->nauth_headers;
	struct auth_header *v;
	const struct tree *t;
	struct str type;

	if (!domains || domains->kind != TREE_MAP)
		return;
	v = arena_take(r->arena, (had + domains->nitems + 1) * sizeof *v);
	if (had > 0)
		memcpy(v, c->auth_headers, had * sizeof *v);
	c->auth_headers = v;
	for (i = 0; i < domains->nitems && c->nauth_headers < MAX_LIST; i++) {
		t = domains->items[i];
		if (t->kind != TREE_MAP || find_header(c, t->key->text))
			continue;
		/* Atmo set the default on a copy, so that it was lost. */
		type = tree_text(t, "headerType");
		v[c->nauth_headers++] =
		    (struct auth_header){ .domain = t->key->text,
			    .header_type = type.n > 0 ? type : STR("bearer"),
			    .value = tree_text(t, "value"),
			    .at = t->key->at };
	}
}

/* ---- the other parts ---- */

static void
parse_redis(const struct tree *t, struct capabilities *c)
{
	c->redis = tree_text(t, "serverAddress");
	c->redis_user = tree_text(t, "username");
	c->redis_password = tree_text(t, "password");
}

static void
parse_cache(const struct tree *caps, struct capabilities *c)
{
	const struct tree *t = closed_part(caps, "cache");
	const struct tree *rules = tree_get(t, "rules");

	if (!t)
		return;
	c->cache = flag(t, "enabled");
	c->cache_set = flag(rules, "allowSet");
	c->cache_get = flag(rules, "allowGet");
	c->cache_delete = flag(rules, "allowDelete");
	if (part_of(t, "redis"))
		parse_redis(part_of(t, "redis"), c);
}

static struct str
db_type(struct str written)
{
	return str_is(written, "pgx") || str_is(written, "postgres")
	    ? STR("postgresql")
	    : written;
}

static void
parse_db(const struct tree *caps, struct capabilities *c)
{
	const struct tree *t = closed_part(caps, "db");

	if (!t)
		return;
	c->db = flag(t, "enabled");
	c->db_type = db_type(tree_text(t, "dbType"));
	c->db_connection = tree_text(t, "connectionString");
}

static void
parse_request(const struct tree *caps, struct capabilities *c)
{
	const struct tree *t = closed_part(caps, "requestHandler");

	if (!t)
		return;
	c->request = flag(t, "enabled");
	c->field_get = flag(t, "allowGetField");
	c->field_set = flag(t, "allowSetField");
}

/* Without `env` there are no variables to give; E2Core crashed. */
static void
parse_secrets(struct reader *r, const struct tree *caps, struct capabilities *c)
{
	const struct tree *t = closed_part(caps, "secrets");
	const struct tree *env = part_of(t, "env");
	const struct tree *files = part_of(t, "files");

	if (!t)
		return;
	c->secrets = flag(t, "enabled");
	c->secrets_all =
	    !tree_get(env, "allowedKeys") && !tree_get(files, "allowedKeys");
	c->secret_env = texts(r, env, "allowedKeys");
	c->secret_dir = tree_text(files, "directory");
	c->secret_files = texts(r, files, "allowedKeys");
}

static void
parse_parts(struct reader *r, const struct tree *caps, struct capabilities *c)
{
	const struct tree *t;

	if (closed_part(caps, "logger"))
		c->logger = flag(closed_part(caps, "logger"), "enabled");
	if (closed_part(caps, "file"))
		c->file = flag(closed_part(caps, "file"), "enabled");
	parse_http(r, caps, "http", &c->http);
	parse_http(r, caps, "graphql", &c->graphql);
	t = closed_part(caps, "auth");
	if (t) {
		c->auth = flag(t, "enabled");
		c->auth_headers = NULL;
		c->nauth_headers = 0;
		add_headers(r, tree_get(t, "headers"), c);
	}
	parse_cache(caps, c);
	parse_db(caps, c);
	parse_request(caps, c);
	parse_secrets(r, caps, c);
}

/* ---- all of it ---- */

/* connections.redis goes into the cache; connections.database replaces a db
 * that parts do not enable. */
static void
merge_connections(
    const struct tree *links, const struct tree *parts, struct capabilities *c)
{
	const struct tree *redis = part_of(links, "redis");
	const struct tree *db = part_of(links, "database");

	if (redis)
		parse_redis(redis, c);
	if (!db || flag(part_of(parts, "db"), "enabled"))
		return;
	c->db = true;
	c->db_type = db_type(tree_text(db, "type"));
	c->db_connection = tree_text(db, "connectionString");
}

static void
parse_overrides(struct reader *r, const struct tree *caps, struct directive *d)
{
	const struct tree *t = part_of(caps, "functions"), *v;
	size_t i, n = t ? t->nitems : 0;
	struct capability_override *o;

	n = n < MAX_OVERRIDES ? n : MAX_OVERRIDES;
	d->overrides = arena_take(r->arena, (n + 1) * sizeof *d->overrides);
	for (i = 0; i < n; i++) {
		v = t->items[i];
		if (v->kind != TREE_MAP)
			continue;
		o = &d->overrides[d->noverrides++];
		o->fn = v->key->text;
		o->at = v->key->at;
		o->caps = d->caps;
		if (d->tenant)
			capabilities_default(&o->caps);
		parse_parts(r, v, &o->caps);
		merge_connections(part_of(v, "connections"), v, &o->caps);
		add_headers(r,
		    tree_get(tree_get(v, "authentication"), "domains"),
		    &o->caps);
	}
}

static struct str
address(const struct tree *links, const char *name, const char *key,
    struct place *at)
{
	const struct tree *t = tree_get(tree_get(links, name), key);

	if (!t)
		return STR("");
	*at = t->at;
	return tree_text(tree_get(links, name), key);
}

void
parse_capabilities(struct reader *r, struct directive *d)
{
	const struct tree *caps = part_of(d->tree, "capabilities");
	const struct tree *links = part_of(d->tree, "connections");

	capabilities_default(&d->caps);
	if (closed_part(d->tree, "capabilities") && !caps)
		d->caps = (struct capabilities){ .db = false };
	parse_parts(r, caps, &d->caps);
	merge_connections(links, caps, &d->caps);
	/* Atmo 0.4.3 to 0.4.8 read `authentication` and did nothing with it. */
	add_headers(r, tree_get(tree_get(d->tree, "authentication"), "domains"),
	    &d->caps);
	d->connections.nats =
	    address(links, "nats", "serverAddress", &d->connections.nats_at);
	d->connections.kafka =
	    address(links, "kafka", "brokerAddress", &d->connections.kafka_at);
	parse_overrides(r, caps, d);
}
