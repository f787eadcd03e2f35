/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request as the environment of a command: RFC 3875, 4.1.
 *
 * What cannot stand in an environment (a NUL in a value, a name without a
 * letter) is left out, and so is a header called Proxy: as HTTP_PROXY it would
 * be taken for the setting of that name.
 */
#include <string.h>

#include "host/gate.h"
#include "host/request.h"

struct cgi {
	struct arena *a;
	struct abi_var *v;
	size_t n, cap;
};

static void
put(struct cgi *g, const char *name, struct str value)
{
	if (value.n > 0 && memchr(value.p, '\0', value.n))
		return;
	g->v = arena_grow(g->a, g->v, g->n, &g->cap, sizeof(*g->v));
	g->v[g->n++] =
	    (struct abi_var){ str_of(name), arena_copy(g->a, value) };
}

static bool
is_taken(const struct cgi *g, const char *name)
{
	for (size_t i = 0; i < g->n; i++)
		if (str_is(g->v[i].name, name))
			return true;
	return false;
}

/* "x-first" with "HTTP_" is HTTP_X_FIRST. */
static const char *
name_of(struct cgi *g, const char *prefix, struct str key)
{
	struct str all =
	    str_of(arena_printf(g->a, "%s" STR_F, prefix, STR_A(key)));
	char *p = arena_cstr(g->a, all);

	for (char *at = p; *at; at++) {
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 32);
		else if (!(*at >= 'A' && *at <= 'Z') &&
		    !(*at >= '0' && *at <= '9'))
			*at = '_';
	}
	return p;
}

static void
put_all(struct cgi *g, const char *prefix, const struct pair_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct str key = owned_str(&l->items[i].key);
		const char *name = name_of(g, prefix, key);

		/* The first of two that would be one. */
		if (key.n > 0 && !is_taken(g, name) &&
		    strcmp(name, "HTTP_PROXY") != 0)
			put(g, name, owned_str(&l->items[i].value));
	}
}

static void
put_url(struct cgi *g, struct str url)
{
	CLEANUP(buf_free) struct buf path = BUF(REQUEST_MAX_BYTES);
	struct str rest = url, head;

	(void)str_cut(&rest, '#', &head);
	rest = head;
	(void)str_cut(&rest, '?', &head);
	query_decode(head, false, &path);
	put(g, "REQUEST_URI", url);
	put(g, "PATH_INFO", buf_str(&path));
	put(g, "QUERY_STRING", rest);
}

static struct str
header(const struct request *r, const char *name)
{
	const struct pair_item *x = pairs_find(&r->headers, str_of(name), true);

	return x ? owned_str(&x->value) : STR("");
}

/* Of "name:port" or "[::1]:port". */
static void
put_server(struct cgi *g, const struct request *r)
{
	struct str host = header(r, "host"), rest = host, name;
	size_t at;

	if (str_starts(host, "[") && str_find(host, STR("]"), &at)) {
		name = (struct str){ host.p, at + 1 };
		rest = str_from(host, at + 1);
		(void)str_cut(&rest, ':', &host);
	} else {
		(void)str_cut(&rest, ':', &name);
	}
	put(g, "SERVER_NAME", name.n > 0 ? name : STR("localhost"));
	put(g, "SERVER_PORT", rest.n > 0 ? rest : STR("80"));
}

/* With `with`, its names; what they are made of is hidden. */
static bool
is_source(const struct host_call *c, struct str key)
{
	for (size_t i = 0; i < c->nwith; i++)
		if (str_eq(c->with[i].value, key))
			return true;
	return false;
}

static void
put_state(struct cgi *g, const struct host_call *c, const struct request *r)
{
	struct pair_list view = { 0 };
	struct str value;

	for (size_t i = 0; i < c->nwith; i++)
		if (request_state(r, c->with[i].value, &value))
			pairs_set(&view, c->with[i].key, value, false);
	for (size_t i = 0; i < r->state.n; i++) {
		struct str key = owned_str(&r->state.items[i].key);

		if (!is_source(c, key) && !pairs_find(&view, key, false))
			pairs_set(&view, key,
			    owned_str(&r->state.items[i].value), false);
	}
	put_all(g, "STATE_", &view);
	pairs_clear(&view);
}

static void
put_request(struct cgi *g, const struct request *r)
{
	put_server(g, r);
	put(g, "REQUEST_METHOD", owned_str(&r->method));
	put(g, "REQUEST_ID", owned_str(&r->id));
	put_url(g, owned_str(&r->url));
	if (header(r, "content-type").n > 0)
		put(g, "CONTENT_TYPE", header(r, "content-type"));
	put_all(g, "HTTP_", &r->headers);
	put_all(g, "PARAM_", &r->params);
}

size_t
host_call_cgi(
    struct host_call *c, struct str body, struct arena *a, struct abi_var **env)
{
	bool may = host_call_caps(c)->request && host_call_caps(c)->field_get;
	struct request *r = may ? c->request : NULL;
	struct cgi g = { .a = a };
	char length[24];

	(void)snprintf(length, sizeof(length), "%zu", body.n);
	put(&g, "GATEWAY_INTERFACE", STR("CGI/1.1"));
	put(&g, "SERVER_PROTOCOL", STR("HTTP/1.1"));
	put(&g, "SERVER_SOFTWARE", STR("subo"));
	put(&g, "SCRIPT_NAME", STR(""));
	put(&g, "CONTENT_LENGTH", str_of(length));
	if (r) {
		pthread_mutex_lock(&r->lock);
		put_request(&g, r);
		put_state(&g, c, r);
		pthread_mutex_unlock(&r->lock);
	}
	*env = g.v;
	return g.n;
}
