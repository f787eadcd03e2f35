/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line of Directive.yaml that would allow what was refused.
 *
 * A part that is written takes the place of its defaults as a whole, so the
 * line has all of the part: what held before, and what is needed.  No secret
 * goes into it: a password or an address of a database stays where it is, and
 * the line says so.
 */
#include <string.h>

#include "host/advice.h"

static const char *const part_names[] = {
	[ABI_LOG] = "logger",
	[ABI_FETCH] = "http",
	[ABI_GRAPHQL] = "graphql",
	[ABI_CACHE_SET] = "cache",
	[ABI_CACHE_GET] = "cache",
	[ABI_FIELD_GET] = "requestHandler",
	[ABI_FIELD_SET] = "requestHandler",
	[ABI_HEADER_SET] = "requestHandler",
	[ABI_FILE] = "file",
	[ABI_DB] = "db",
	[ABI_SECRET] = "secrets",
};

/* ---- trees of parts ---- */

static void
put_list(
    struct arena *a, struct tree *map, const char *key, const struct strs *l)
{
	struct tree *t;

	if (l->n == 0)
		return;
	t = tree_put(a, map, key, tree_list(a));
	for (size_t i = 0; i < l->n; i++)
		tree_add(a, t, tree_new_text(a, l->v[i]));
}

static void
put_ports(struct arena *a, struct tree *map, const char *key,
    const struct port_range *v, size_t n)
{
	struct tree *t;

	if (n == 0)
		return;
	t = tree_put(a, map, key, tree_list(a));
	for (size_t i = 0; i < n; i++)
		tree_add(a, t,
		    v[i].from == v[i].to ? tree_new_int(a, v[i].from)
					 : tree_new_text(a,
					       str_of(arena_printf(a, "%u-%u",
						   v[i].from, v[i].to))));
}

static void
put_true(struct arena *a, struct tree *map, const char *key, bool on)
{
	if (on)
		tree_put_bool(a, map, key, true);
}

static void
put_http(struct arena *a, struct tree *part, const struct http_rules *r)
{
	struct tree *t = tree_map(a);

	put_list(a, t, "allowedDomains", &r->allowed_domains);
	put_list(a, t, "blockedDomains", &r->blocked_domains);
	put_list(a, t, "allowedCIDRs", &r->allowed_cidrs);
	put_list(a, t, "blockedCIDRs", &r->blocked_cidrs);
	put_ports(a, t, "allowedPorts", r->allowed_ports, r->nallowed_ports);
	put_ports(a, t, "blockedPorts", r->blocked_ports, r->nblocked_ports);
	put_true(a, t, "allowIPs", r->allow_ips);
	put_true(a, t, "allowPrivate", r->allow_private);
	put_true(a, t, "allowHTTP", r->allow_http);
	if (t->nitems > 0)
		tree_put(a, part, "rules", t);
}

static void
put_cache(struct arena *a, struct tree *part, const struct capabilities *c)
{
	struct tree *t = tree_put(a, part, "rules", tree_map(a));

	put_true(a, t, "allowSet", c->cache_set);
	put_true(a, t, "allowGet", c->cache_get);
	put_true(a, t, "allowDelete", c->cache_delete);
}

static void
put_db(struct arena *a, struct tree *part, const struct capabilities *c)
{
	tree_put_text(a, part, "dbType", c->db_type);
	if (str_starts(c->db_connection, "env(") ||
	    str_is(c->db_type, "sqlite"))
		tree_put_text(a, part, "connectionString", c->db_connection);
}

static void
put_secrets(struct arena *a, struct tree *part, const struct capabilities *c)
{
	struct tree *t;

	if (c->secret_env.n > 0) {
		t = tree_put(a, part, "env", tree_map(a));
		put_list(a, t, "allowedKeys", &c->secret_env);
	}
	if (c->secret_dir.n > 0) {
		t = tree_put(a, part, "files", tree_map(a));
		tree_put_text(a, t, "directory", c->secret_dir);
		put_list(a, t, "allowedKeys", &c->secret_files);
	}
}

static struct tree *
part_tree(struct arena *a, enum abi_what what, const struct capabilities *c)
{
	struct tree *part = tree_map(a);

	tree_put_bool(a, part, "enabled", true);
	switch (what) {
	case ABI_FETCH:
		put_http(a, part, &c->http);
		break;
	case ABI_GRAPHQL:
		put_http(a, part, &c->graphql);
		break;
	case ABI_CACHE_SET:
	case ABI_CACHE_GET:
		put_cache(a, part, c);
		break;
	case ABI_FIELD_GET:
	case ABI_FIELD_SET:
	case ABI_HEADER_SET:
		put_true(a, part, "allowGetField", c->field_get);
		put_true(a, part, "allowSetField", c->field_set);
		break;
	case ABI_DB:
		put_db(a, part, c);
		break;
	case ABI_SECRET:
		put_secrets(a, part, c);
		break;
	default:
		break;
	}
	return part;
}

/* ---- flow form ---- */

static bool
is_plain(struct str key)
{
	for (size_t i = 0; i < key.n; i++) {
		char c = key.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
			return false;
	}
	return key.n > 0;
}

static void
print_flow(struct buf *b, struct arena *a, const struct tree *t)
{
	bool map = t->kind == TREE_MAP;

	if (!map && t->kind != TREE_LIST) {
		tree_print_json(b, t, 0);
		return;
	}
	buf_addc(b, map ? '{' : '[');
	for (size_t i = 0; i < t->nitems; i++) {
		const struct tree *x = t->items[i];

		if (i > 0)
			buf_add(b, STR(", "));
		if (map && is_plain(x->key->text))
			buf_add(b, x->key->text);
		else if (map)
			tree_print_json(b, tree_new_text(a, x->key->text), 0);
		if (map)
			buf_add(b, STR(": "));
		print_flow(b, a, x);
	}
	buf_addc(b, map ? '}' : ']');
}

/* Keys that are written and that the line does not have. */
static void
add_kept(struct buf *b, const struct tree *written, const struct tree *part)
{
	size_t n = 0;

	for (size_t i = 0; written && i < written->nitems; i++) {
		struct str key = written->items[i]->key->text;

		if (tree_get_str(part, key) || str_is(key, "rules") ||
		    str_is(key, "env") || str_is(key, "files"))
			continue;
		buf_addf(
		    b, "%s" STR_F, n++ == 0 ? "; keep its " : ", ", STR_A(key));
	}
}

static void
add_where(struct buf *b, const struct tree *all, const struct tree *written,
    const struct tree *part)
{
	const struct tree *at = written ? written : all;

	if (!at)
		return;
	buf_addf(b,
	    written ? " (in place of its " STR_F
		    : " (with the rest of its " STR_F,
	    STR_A(at->key ? at->key->text : STR("capabilities")));
	if (at->key && at->key->at.line > 0)
		buf_addf(b, ", line %u", at->key->at.line);
	if (written && written->kind == TREE_MAP)
		add_kept(b, written, part);
	buf_addc(b, ')');
}

/* The tenant form: the app's are the default namespace's, and what is for a
 * namespace stands in it. */
static void
add_tenant(struct buf *out, struct arena *a, const struct host_call *c,
    const char *name, struct tree *part)
{
	const struct capability_override *own = c->grant->own;
	struct tree *line = tree_map(a);
	struct str ns = own ? own->fn : STR("");

	if (str_ends(ns, "::*"))
		ns.n -= 3;
	tree_put(a, line, name, part);
	buf_addf(out, "; to allow it, add to " STR_F ", in ",
	    STR_A(c->host->directive->file));
	if (own)
		buf_addf(out, "the namespace '" STR_F "'", STR_A(ns));
	else
		buf_addf(out, "defaultNamespace");
	buf_addf(out, ": \"capabilities\": ");
	tree_print_json(out, line, 0);
}

void
advice_add(struct buf *out, const struct host_call *c, const struct refusal *r)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	const struct directive *d = c->host->directive;
	const struct capability_override *own = c->grant->own;
	const char *name = part_names[r->what];
	struct capabilities caps = *c->grant->caps;
	const struct tree *all, *written;
	struct tree *part, *line, *t;

	if (!d) {
		buf_addf(out, "; it needs a Directive");
		return;
	}
	advice_allow(&caps, c, r, a);
	part = part_tree(a, r->what, &caps);
	line = t = tree_map(a);
	all = tree_get(d->tree, "capabilities");
	written = tree_get(all, name);
	if (own) {
		t = tree_put(a, t, "functions", tree_map(a));
		t = tree_put(a, t, arena_cstr(a, own->fn), tree_map(a));
		written = tree_get(
		    tree_get_str(tree_get(all, "functions"), own->fn), name);
	}
	if (d->tenant) {
		add_tenant(out, a, c, name, part);
		add_where(out, NULL, written, part);
		return;
	}
	tree_put(a, t, name, part);
	buf_addf(out,
	    "; to allow it, add to " STR_F ": capabilities: ", STR_A(d->file));
	print_flow(out, a, line);
	add_where(out, all, written, part);
}
