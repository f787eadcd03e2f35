/* SPDX-License-Identifier: Apache-2.0 */
/* A case's `given`: the world its functions see. */

#include "smoke/shape.h"

#define NS_PER_MS UINT64_C(1000000)

static void
take_files(struct reader *rd, const struct tree *t, struct pairs *l)
{
	static const char *const keys[] = { "file", NULL };

	if (!take_map(rd, t, "files", NULL))
		return;
	for (size_t i = 0; i < t->nitems; i++) {
		const struct tree *v = t->items[i];
		struct str data = v->text;

		if (!is_scalar(v)) {
			if (v->kind != TREE_NULL &&
			    !take_map(rd, v, "a file", keys))
				continue;
			data = STR("");
			if (tree_get(v, "file") &&
			    !take_file(rd, tree_get(v, "file"), &data))
				continue;
		}
		texts_put(l, rd->s->arena, v->key->text, data, false);
	}
}

static void
take_http(struct reader *rd, const struct tree *t, struct given_http *g)
{
	static const char *const keys[] = { "method", "url", "status",
		"headers", "body", "json", "file", "delay", NULL };
	uint32_t delay_ms = 0;

	g->status = 200;
	if (!take_map(rd, t, "a canned answer", keys))
		return;
	take_text(rd, t, "method", &g->method);
	take_text(rd, t, "url", &g->url);
	take_int(rd, t, "status", 100, 599, &g->status);
	take_pairs(rd, t, "headers", false, true, &g->headers);
	take_body(rd, t, "body", &g->body);
	take_ms(rd, t, "delay", &delay_ms);
	g->delay_ns = delay_ms * NS_PER_MS;
	if (g->url.n == 0)
		problem(rd, T_VALUE, t, "a canned answer needs its 'url'");
}

/* What the database capability answers: the rows of a select, else the two
 * counters. */
static void
take_db(struct reader *rd, const struct tree *t, struct given_db *g)
{
	static const char *const keys[] = { "query", "vars", "rows", "error",
		"lastInsertID", "rowsAffected", "delay", NULL };
	const struct tree *rows = tree_get(t, "rows");
	uint32_t delay_ms = 0;
	int64_t id = 0, n = 0;

	if (!take_map(rd, t, "a canned answer", keys))
		return;
	take_text(rd, t, "query", &g->query);
	if (g->query.n == 0)
		problem(rd, T_VALUE, t, "a canned answer needs its 'query'");
	g->vars = tree_get(t, "vars");
	take_list(rd, g->vars, "vars");
	take_int(rd, t, "lastInsertID", 0, INT64_MAX, &id);
	take_int(rd, t, "rowsAffected", 0, INT64_MAX, &n);
	take_ms(rd, t, "delay", &delay_ms);
	g->delay_ns = delay_ms * NS_PER_MS;
	if (tree_get(t, "error")) {
		g->failed = true;
		take_text(rd, t, "error", &g->answer);
	} else if (rows) {
		if (take_list(rd, rows, "rows"))
			g->answer = case_json(rd->s->arena, rows);
	} else {
		g->answer = str_of(arena_printf(rd->s->arena,
		    "{\"lastInsertID\":%lld,\"rowsAffected\":%lld}",
		    (long long)id, (long long)n));
	}
}

/* A case's answers come before those of the file's defaults. */
static void
take_answers(struct reader *rd, const struct tree *t, struct given *g)
{
	const struct tree *http = tree_get(t, "http"), *db = tree_get(t, "db");
	struct arena *a = rd->s->arena;
	size_t n;

	if (take_list(rd, http, "http")) {
		struct given_http *v;

		n = http->nitems;
		v = arena_take(a, (n + g->nhttp + 1) * sizeof(*v));
		for (size_t i = 0; i < n; i++)
			take_http(rd, http->items[i], &v[i]);
		for (size_t i = 0; i < g->nhttp; i++)
			v[n + i] = g->http[i];
		g->http = v;
		g->nhttp += n;
	}
	if (take_list(rd, db, "db")) {
		struct given_db *v;

		n = db->nitems;
		v = arena_take(a, (n + g->ndb + 1) * sizeof(*v));
		for (size_t i = 0; i < n; i++)
			take_db(rd, db->items[i], &v[i]);
		for (size_t i = 0; i < g->ndb; i++)
			v[n + i] = g->db[i];
		g->db = v;
		g->ndb += n;
	}
}

/* Each key a namespace, with the keys and values of its cache. */
static void
take_caches(struct reader *rd, const struct tree *t, struct given *g)
{
	struct arena *a = rd->s->arena;

	if (!take_map(rd, t, "caches", NULL))
		return;
	for (size_t i = 0; i < t->nitems; i++) {
		struct given_cache *v;

		g->caches = arena_grow(a, g->caches, g->ncaches, &g->caches_cap,
		    sizeof(*g->caches));
		v = &g->caches[g->ncaches++];
		*v = (struct given_cache){ .ns = t->items[i]->key->text };
		take_pairs(
		    rd, t, arena_cstr(a, v->ns), true, false, &v->values);
	}
}

/* texts_put changes entries in place, and the defaults are everyone's. */
static void
own(struct arena *a, struct pairs *l)
{
	struct pair *v = arena_take(a, (l->n + 1) * sizeof(*v));

	for (size_t i = 0; i < l->n; i++)
		v[i] = l->v[i];
	l->v = v;
	l->cap = l->n;
}

void
take_given(struct reader *rd, const struct tree *t, struct given *g)
{
	static const char *const keys[] = { "state", "cache", "files", "caches",
		"secrets", "clock", "http", "db", NULL };
	const struct tree *clock = tree_get(t, "clock");

	if (!take_map(rd, t, "given", keys))
		return;
	own(rd->s->arena, &g->state);
	own(rd->s->arena, &g->cache);
	own(rd->s->arena, &g->files);
	own(rd->s->arena, &g->secrets);
	/* Nothing is added to what the defaults have: it would move. */
	g->caches_cap = g->ncaches;
	take_caches(rd, tree_get(t, "caches"), g);
	take_pairs(rd, t, "state", true, false, &g->state);
	take_pairs(rd, t, "cache", true, false, &g->cache);
	take_pairs(rd, t, "secrets", false, false, &g->secrets);
	take_files(rd, tree_get(t, "files"), &g->files);
	take_answers(rd, t, g);
	if (clock &&
	    (!is_scalar(clock) || !take_clock(clock->text, &g->clock_ns)))
		problem(rd, T_VALUE, clock,
		    "'clock' is a time in UTC such as "
		    "\"2026-01-02T03:04:05Z\"");
}
