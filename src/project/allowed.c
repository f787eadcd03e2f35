/* SPDX-License-Identifier: Apache-2.0 */
#include "project/allowed.h"

struct listing {
	struct arena *arena;
	struct strs out;
	size_t cap;
};

static void PRINTF(2, 3)
add(struct listing *l, const char *fmt, ...)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	l->out.v = arena_grow(
	    l->arena, l->out.v, l->out.n, &l->cap, sizeof(*l->out.v));
	l->out.v[l->out.n++] = arena_copy(l->arena, buf_str(&b));
}

static bool
is_in(const struct strs *s, struct str text)
{
	if (!s)
		return true;
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->v[i], text))
			return true;
	return false;
}

/* ---- outbound calls ---- */

static void
add_ports(struct listing *l, const char *what, const char *how,
    const struct port_range *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(l, "%s %s %u-%u", what, how, (unsigned)v[i].from,
		    (unsigned)v[i].to);
}

static void
add_http(struct listing *l, const char *what, const struct http_rules *r)
{
	const struct strs *d = &r->allowed_domains;

	if (!r->enabled)
		return;
	if (d->n == 0 && r->allowed_cidrs.n == 0)
		add(l, "%s to any host", what);
	for (size_t i = 0; i < d->n; i++)
		add(l, "%s to " STR_F, what, STR_A(d->v[i]));
	for (size_t i = 0; i < r->allowed_cidrs.n; i++)
		add(l, "%s to " STR_F, what, STR_A(r->allowed_cidrs.v[i]));
	for (size_t i = 0; i < r->blocked_domains.n; i++)
		add(l, "%s not to " STR_F, what,
		    STR_A(r->blocked_domains.v[i]));
	for (size_t i = 0; i < r->blocked_cidrs.n; i++)
		add(l, "%s not to " STR_F, what, STR_A(r->blocked_cidrs.v[i]));
	add_ports(l, what, "to ports", r->allowed_ports, r->nallowed_ports);
	if (r->nallowed_ports == 0)
		add(l, "%s to the usual ports", what);
	add_ports(l, what, "not to ports", r->blocked_ports, r->nblocked_ports);
	if (r->allow_ips)
		add(l, "%s to addresses", what);
	if (r->allow_private)
		add(l, "%s to private networks", what);
	if (r->allow_http)
		add(l, "%s without TLS", what);
}

static void
add_auth(struct listing *l, const struct capabilities *c)
{
	for (size_t i = 0; c->auth && i < c->nauth_headers; i++)
		add(l, "http with credentials for " STR_F,
		    STR_A(c->auth_headers[i].domain));
}

/* ---- the others ---- */

static void
add_cache(struct listing *l, const struct capabilities *c)
{
	if (!c->cache)
		return;
	if (c->cache_set)
		add(l, "cache: set");
	if (c->cache_get)
		add(l, "cache: get");
	if (c->cache_delete)
		add(l, "cache: delete");
}

static void
add_request(struct listing *l, const struct capabilities *c)
{
	if (!c->request)
		return;
	if (c->field_get)
		add(l, "request: read fields");
	if (c->field_set)
		add(l, "request: change fields");
}

static void
add_secrets(struct listing *l, const struct capabilities *c)
{
	if (!c->secrets)
		return;
	if (c->secrets_all)
		add(l, "secrets: all that the host was given");
	for (size_t i = 0; i < c->secret_env.n; i++)
		add(l, "secrets: variable " STR_F, STR_A(c->secret_env.v[i]));
	for (size_t i = 0; i < c->secret_files.n; i++)
		add(l, "secrets: file " STR_F, STR_A(c->secret_files.v[i]));
}

/* names: of those that are asked for; NULL: all. */
static void
add_capabilities(
    struct listing *l, const struct strs *names, const struct capabilities *c)
{
	if (is_in(names, STR("http"))) {
		add_http(l, "http", &c->http);
		add_auth(l, c);
	}
	if (is_in(names, STR("graphql")))
		add_http(l, "graphql", &c->graphql);
	if (is_in(names, STR("cache")))
		add_cache(l, c);
	if (is_in(names, STR("db")) && c->db)
		add(l, "database: " STR_F,
		    STR_A(
			c->db_type.n > 0 ? c->db_type : STR("none is named")));
	if (is_in(names, STR("file")) && c->file)
		add(l, "static files");
	if (is_in(names, STR("logger")) && c->logger)
		add(l, "logging");
	if (is_in(names, STR("requestHandler")))
		add_request(l, c);
	if (is_in(names, STR("secrets")))
		add_secrets(l, c);
}

struct strs
allowed_texts(
    struct arena *a, const struct module *m, const struct capabilities *caps)
{
	struct listing l = { .arena = a };
	struct strs names = { NULL, 0 };

	if (!m)
		return l.out;
	names.v = arena_take(a, (m->nimports + 1) * sizeof(*names.v));
	for (size_t i = 0; i < m->nimports; i++) {
		const struct module_import *im = &m->imports[i];
		const struct module_offer *o = module_offer_find(im, NULL);

		if (!o || !o->capability)
			continue;
		add(&l, "host call " STR_F " (%s)", STR_A(im->name),
		    o->capability);
		if (!is_in(&names, str_of(o->capability)))
			names.v[names.n++] = str_of(o->capability);
	}
	if (caps)
		add_capabilities(&l, &names, caps);
	return l.out;
}

struct strs
allowed_all(struct arena *a, const struct capabilities *caps)
{
	struct listing l = { .arena = a };

	add_capabilities(&l, NULL, caps);
	return l.out;
}
