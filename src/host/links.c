/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What grants are connected to: caches, databases, values of env(NAME).
 * Nothing is connected here, but what cannot be used is told at once.
 */
#include <string.h>

#include "host/gate.h"
#include "tree/tree.h"

/* Put "FILE:LINE:COL" in front of what e says. */
static int
tell_place(const struct host *h, struct place at, struct err *e)
{
	const struct directive *d = h->directive;

	if (at.line == 0)
		return err_wrap(e, STR_F, STR_A(d->file));
	return err_wrap(e, STR_F ":%u:%u", STR_A(d->file), at.line, at.col);
}

/* Where this has the connection: connections.redis goes before the cache's
 * own, connections.database behind a db that is enabled. */
static const struct tree *
find_link(const struct tree *caps, const struct tree *connections, bool db)
{
	const struct tree *own, *enabled;

	own = tree_get(tree_get(caps, db ? "db" : "cache"),
	    db ? "connectionString" : "redis");
	connections = tree_get(connections, db ? "database" : "redis");
	enabled = tree_get(tree_get(caps, "db"), "enabled");
	if (db && own && enabled && enabled->num != 0)
		return own;
	return connections ? connections : own;
}

static struct place
link_place(const struct host *h, const struct grant *g, bool db)
{
	const struct tree *all = h->directive->tree;
	const struct tree *caps = tree_get(all, "capabilities"), *own,
			  *t = NULL;

	if (g->own) {
		own = tree_get_str(tree_get(caps, "functions"), g->own->fn);
		t = find_link(own, tree_get(own, "connections"), db);
	}
	if (!t)
		t = find_link(caps, tree_get(all, "connections"), db);
	return t ? t->at : (struct place){ 0, 0 };
}

/* "env(NAME)", and nothing beside it, is that variable's value.  Where it is
 * not set who asks for it is told, and others run: but a cache server, whose
 * place something else would take. */
static int
look_up(const struct host *h, struct str *s, struct err *e)
{
	struct str name = *s;
	const char *value = NULL;

	if (!str_starts(*s, "env(") || !str_ends(*s, ")"))
		return 0;
	name = (struct str){ s->p + 4, s->n - 5 };
	if (h->hooks.env && !memchr(name.p, '\0', name.n))
		value = h->hooks.env(h->hooks.arg, arena_cstr(h->arena, name));
	if (!value) {
		err_set(e, ERR_INPUT, "no environment variable '" STR_F "'",
		    STR_A(name));
		return err_hint(
		    e, "set " STR_F " for this program", STR_A(name));
	}
	*s = arena_copy(h->arena, str_of(value));
	return 0;
}

static int
expand(const struct host *h, struct str *s, struct place at, struct err *e)
{
	return look_up(h, s, e) < 0 ? tell_place(h, at, e) : 0;
}

/* ---- headers ---- */

static void
fill_auth(struct host *h, struct grant *g, bool outside)
{
	const struct capabilities *c = g->caps;

	g->auth =
	    arena_take(h->arena, (c->nauth_headers + 1) * sizeof *g->auth);
	if (!c->auth || !outside)
		return;
	for (size_t i = 0; i < c->nauth_headers; i++) {
		const struct auth_header *a = &c->auth_headers[i];
		struct str value = a->value;
		struct err why = ERR;

		if (look_up(h, &value, &why) < 0)
			g->auth[i].missing =
			    arena_cstr(h->arena, str_of(why.text));
		else if (value.n > 0)
			g->auth[i].text =
			    str_of(arena_printf(h->arena, STR_F " " STR_F,
				STR_A(a->header_type), STR_A(value)));
	}
}

/* ---- caches ---- */

static bool
same_cache(const struct capabilities *a, const struct capabilities *b)
{
	return str_eq(a->redis, b->redis) &&
	    str_eq(a->redis_user, b->redis_user) &&
	    str_eq(a->redis_password, b->redis_password);
}

static int
open_kv(struct host *h, struct grant *g, const struct kv_options *opt,
    struct err *e)
{
	struct kv *kv;

	if (kv_open(&kv, opt, e) < 0)
		return -1;
	h->kvs[h->nkvs++] = kv;
	g->kv = kv;
	return 0;
}

static int
open_redis(struct host *h, struct grant *g, struct err *e)
{
	const struct capabilities *c = g->caps;
	struct kv_options opt = { .redis = c->redis,
		.user = c->redis_user,
		.password = c->redis_password };
	struct place at = link_place(h, g, false);

	for (const struct grant *x = h->grants; x < g; x++)
		if (x->kv && same_cache(x->caps, c)) {
			g->kv = x->kv;
			return 0;
		}
	if (expand(h, &opt.redis, at, e) < 0 ||
	    expand(h, &opt.user, at, e) < 0 ||
	    expand(h, &opt.password, at, e) < 0)
		return -1;
	return open_kv(h, g, &opt, e) < 0 ? tell_place(h, at, e) : 0;
}

static int
open_cache(struct host *h, struct grant *g, const char *file, struct err *e)
{
	struct kv_options opt = { .sqlite = file };

	if (!g->caps->cache)
		return 0;
	if (g->caps->redis.n > 0)
		return open_redis(h, g, e);
	if (!file)
		return 0;
	for (const struct grant *x = h->grants; x < g; x++)
		if (x->kv && x->caps->redis.n == 0) {
			g->kv = x->kv;
			return 0;
		}
	return open_kv(h, g, &opt, e);
}

/* ---- databases ---- */

static int
read_query(struct host *h, const struct query *q, struct err *e)
{
	struct sql_statement *s = &h->statements[h->nstatements];
	static const struct {
		const char *word;
		enum sql_kind kind;
	} words[] = { { "insert", SQL_INSERT }, { "select", SQL_SELECT },
		{ "update", SQL_UPDATE }, { "delete", SQL_DELETE } };
	bool known = q->type.n == 0 && sql_kind_of(q->text, &s->kind);

	for (size_t i = 0; i < COUNT(words); i++)
		if (str_ieq(q->type, str_of(words[i].word))) {
			s->kind = words[i].kind;
			known = true;
		}
	s->name = q->name;
	s->text = q->text;
	s->nvars = q->var_count > 0 && q->var_count < 65536
	    ? (unsigned)q->var_count
	    : sql_count_vars(q->text);
	h->nstatements++;
	if (!known)
		err_set(e, ERR_INPUT,
		    "a query is an insert, select, update or delete");
	if (known && sql_check_text(q->text, e) == 0)
		return 0;
	err_wrap(e, "query '" STR_F "'", STR_A(q->name));
	return tell_place(h, q->at, e);
}

static int
read_queries(struct host *h, struct err *e)
{
	const struct directive *d = h->directive;
	bool used = false;

	for (size_t i = 0; i < h->ngrants; i++)
		used = used || h->grants[i].caps->db;
	if (!used)
		return 0;
	h->statements =
	    arena_take(h->arena, (d->nqueries + 1) * sizeof(*h->statements));
	for (size_t i = 0; i < d->nqueries; i++)
		if (read_query(h, &d->queries[i], e) < 0)
			return -1;
	return 0;
}

static int
open_db(struct host *h, struct grant *g, struct err *e)
{
	const struct capabilities *c = g->caps;
	struct sql_options opt = { .type = c->db_type,
		.connection = c->db_connection,
		.statements = h->statements,
		.nstatements = h->nstatements };
	struct place at;
	struct err why = ERR;

	if (!c->db || c->db_connection.n == 0)
		return 0;
	for (const struct grant *x = h->grants; x < g; x++)
		if (x->sql && str_eq(x->caps->db_type, c->db_type) &&
		    str_eq(x->caps->db_connection, c->db_connection)) {
			g->sql = x->sql;
			return 0;
		}
	at = link_place(h, g, true);
	if (look_up(h, &opt.connection, &why) < 0) {
		g->no_sql = arena_cstr(h->arena, str_of(why.text));
		return 0;
	}
	if (sql_open(&g->sql, &opt, e) < 0)
		return tell_place(h, at, e);
	h->sqls[h->nsqls++] = g->sql;
	return 0;
}

/* ---- all of them ---- */

static int
open_all(struct host *h, const struct host_options *opt, struct err *e)
{
	bool outside = !opt->no_outside;

	for (size_t i = 0; i < h->ngrants; i++) {
		struct grant *g = &h->grants[i];

		fill_auth(h, g, outside);
		if (outside &&
		    (open_cache(h, g, opt->cache_file, e) < 0 ||
			open_db(h, g, e) < 0))
			return -1;
	}
	return 0;
}

int
links_open(struct host *h, const struct host_options *opt, struct err *e)
{
	const struct directive *d = h->directive;
	size_t n = 1 + (d ? d->noverrides : 0);

	h->grants = arena_take(h->arena, n * sizeof(*h->grants));
	h->kvs = arena_take(h->arena, n * sizeof(struct kv *));
	h->sqls = arena_take(h->arena, n * sizeof(struct sql *));
	h->ngrants = n;
	h->grants[0].caps = d ? &d->caps : &h->open;
	for (size_t i = 1; i < n; i++) {
		h->grants[i].own = &d->overrides[i - 1];
		h->grants[i].caps = &d->overrides[i - 1].caps;
	}
	if (d && read_queries(h, e) < 0)
		return -1;
	return open_all(h, opt, e);
}

void
links_close(struct host *h)
{
	for (size_t i = 0; i < h->nkvs; i++)
		kv_free(&h->kvs[i]);
	for (size_t i = 0; i < h->nsqls; i++)
		sql_free(&h->sqls[i]);
}

bool
host_has_links(const struct host *h)
{
	return h->nkvs > 0 || h->nsqls > 0;
}

void
host_leave(struct host *h, struct loop *l)
{
	for (size_t i = 0; i < h->nkvs; i++)
		kv_leave(h->kvs[i], l);
	for (size_t i = 0; i < h->nsqls; i++)
		sql_leave(h->sqls[i], l);
}
