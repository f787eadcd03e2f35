/* SPDX-License-Identifier: Apache-2.0 */
/* The least change of capabilities that allows what was refused. */
#include <string.h>

#include "host/advice.h"

#define ROUNDS 12 /* one for each rule, and some */

static void
add_text(struct strs *l, struct arena *a, struct str s)
{
	struct str *v = arena_take(a, (l->n + 1) * sizeof(*v));

	for (size_t i = 0; i < l->n; i++)
		v[i] = l->v[i];
	v[l->n++] = arena_copy(a, s);
	l->v = v;
}

/* All but those that are about this host, or this address. */
static struct strs
without(const struct strs *l, struct arena *a, const struct fetch_url *u,
    const struct sockaddr *sa)
{
	struct strs out = { arena_take(a, (l->n + 1) * sizeof(*out.v)), 0 };

	for (size_t i = 0; i < l->n; i++)
		if (sa ? !rules_in_range(l->v[i], sa)
		       : !rules_match(l->v[i], u->host, u->port))
			out.v[out.n++] = l->v[i];
	return out;
}

/* ---- ports ---- */

static void
allow_port(struct http_rules *r, struct arena *a, uint16_t port)
{
	struct port_range *v =
	    arena_take(a, (r->nallowed_ports + 1) * sizeof(*v));

	for (size_t i = 0; i < r->nallowed_ports; i++)
		v[i] = r->allowed_ports[i];
	v[r->nallowed_ports++] = (struct port_range){ port, port };
	r->allowed_ports = v;
}

/* Cut port out of the blocked ranges. */
static void
unblock_port(struct http_rules *r, struct arena *a, uint16_t port)
{
	struct port_range *v =
	    arena_take(a, (2 * r->nblocked_ports + 1) * sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < r->nblocked_ports; i++) {
		struct port_range x = r->blocked_ports[i];

		if (port < x.from || port > x.to) {
			v[n++] = x;
			continue;
		}
		if (x.from < port)
			v[n++] = (struct port_range){ x.from, port - 1 };
		if (x.to > port)
			v[n++] = (struct port_range){ port + 1, x.to };
	}
	r->blocked_ports = v;
	r->nblocked_ports = n;
	/* The last range gone, every port would be free. */
	if (port != 80 && port != 443)
		allow_port(r, a, port);
}

/* ---- addresses ---- */

static void
allow_address(struct http_rules *r, struct arena *a, const struct verdict *v)
{
	struct str address = str_of(v->address);
	bool v6 = memchr(address.p, ':', address.n) != NULL;

	add_text(&r->allowed_cidrs, a,
	    str_of(
		arena_printf(a, STR_F "/%d", STR_A(address), v6 ? 128 : 32)));
}

static void
unblock_address(struct http_rules *r, struct arena *a, const struct verdict *v)
{
	struct sockaddr_storage sa;

	if (rules_read_address(str_of(v->address), &sa))
		r->blocked_cidrs =
		    without(&r->blocked_cidrs, a, NULL, (struct sockaddr *)&sa);
}

static void
lift(struct http_rules *r, struct arena *a, const struct fetch_url *u,
    const struct verdict *v)
{
	switch (v->rule) {
	case RULE_HTTP:
		r->allow_http = true;
		break;
	case RULE_BLOCKED_PORT:
		unblock_port(r, a, u->port);
		break;
	case RULE_PORT:
		allow_port(r, a, u->port);
		break;
	case RULE_IP:
		r->allow_ips = true;
		break;
	case RULE_PRIVATE:
		r->allow_private = true;
		break;
	case RULE_DOMAIN:
		add_text(&r->allowed_domains, a, u->host);
		break;
	case RULE_BLOCKED_DOMAIN:
		r->blocked_domains = without(&r->blocked_domains, a, u, NULL);
		break;
	case RULE_CIDR:
		allow_address(r, a, v);
		break;
	case RULE_BLOCKED_CIDR:
		unblock_address(r, a, v);
		break;
	}
}

static void
allow_http(struct http_rules *r, const struct refusal *f, struct arena *a)
{
	struct verdict v;

	if (!r->enabled && f->url && r->allowed_domains.n == 0)
		add_text(&r->allowed_domains, a, f->url->host);
	r->enabled = true;
	if (!f->url)
		return;
	if (f->verdict)
		lift(r, a, f->url, f->verdict);
	for (int i = 0; i < ROUNDS && !rules_allow_url(r, f->url, &v); i++)
		lift(r, a, f->url, &v);
}

/* ---- the other parts ---- */

/* Of a function's own part the app's database is the nearest; without any, one
 * that needs no server. */
static void
allow_db(struct capabilities *caps, const struct host_call *c)
{
	const struct capabilities *app = &c->host->directive->caps;

	caps->db = true;
	if (caps->db_connection.n > 0)
		return;
	caps->db_type = STR("sqlite");
	caps->db_connection = STR("app.db");
	if (app->db_connection.n > 0) {
		caps->db_type = app->db_type;
		caps->db_connection = app->db_connection;
	}
}

static void
allow_secret(struct capabilities *caps, struct str name, struct arena *a)
{
	caps->secrets = true;
	if (name.n == 0)
		return;
	for (size_t i = 0; i < caps->secret_env.n; i++)
		if (str_eq(caps->secret_env.v[i], name))
			return;
	for (size_t i = 0; i < caps->secret_files.n; i++)
		if (str_eq(caps->secret_files.v[i], name))
			return;
	add_text(&caps->secret_env, a, name);
}

void
advice_allow(struct capabilities *caps, const struct host_call *c,
    const struct refusal *r, struct arena *a)
{
	caps->logger = caps->logger || r->what == ABI_LOG;
	caps->file = caps->file || r->what == ABI_FILE;
	caps->cache_set = caps->cache_set || r->what == ABI_CACHE_SET;
	caps->cache_get = caps->cache_get || r->what == ABI_CACHE_GET;
	caps->field_set = caps->field_set || r->what == ABI_FIELD_SET;
	caps->field_get = caps->field_get || r->what == ABI_FIELD_GET;
	if (r->what == ABI_FETCH)
		allow_http(&caps->http, r, a);
	if (r->what == ABI_GRAPHQL)
		allow_http(&caps->graphql, r, a);
	if (r->what == ABI_DB)
		allow_db(caps, c);
	if (r->what == ABI_SECRET)
		allow_secret(caps, r->subject, a);
}
