/* SPDX-License-Identifier: Apache-2.0 */
/* The page itself, the app, its graph, one run. */
#include "graph/graph.h"
#include "studio/record.h"
#include "studio/room.h"

#define GRAPH_BYTES (32u << 20)
#define BEFORE_MOST 300u /* steps that are told what was before them */

void
show_page(struct studio *st, struct http_exchange *x)
{
	const struct http_field fields[] = {
		{ STR("Content-Type"), STR("text/html; charset=utf-8") },
		{ STR("Content-Security-Policy"), buf_str(&st->page.policy) },
		{ STR("X-Content-Type-Options"), STR("nosniff") },
		{ STR("X-Frame-Options"), STR("DENY") },
		{ STR("Referrer-Policy"), STR("no-referrer") },
		{ STR("Cross-Origin-Opener-Policy"), STR("same-origin") },
		{ STR("Cross-Origin-Resource-Policy"), STR("same-origin") },
		{ STR("Cache-Control"), STR("no-cache") },
		{ STR("ETag"), str_of(st->page.etag) },
	};
	bool same = str_is(http_header(x, "If-None-Match"), st->page.etag);

	http_answer(x,
	    &(struct http_answer){ .status = same ? 304 : 200,
		.fields = fields,
		.nfields = COUNT(fields),
		.body = same ? STR("") : buf_str(&st->page.text) });
}

/* ---- the app ---- */

static void
put_handler(
    struct arena *a, struct tree *list, const struct directive *d, size_t i)
{
	const struct handler *h = &d->handlers[i];
	struct tree *t = tree_add(a, list, tree_map(a));

	tree_put_text(a, t, "flow", str_of(arena_printf(a, "h%zu", i)));
	tree_put_bool(a, t, "stream", h->type == HANDLER_STREAM);
	tree_put_text(a, t, "method", h->method);
	tree_put_text(a, t, "resource", h->resource);
	tree_put_int(a, t, "steps", (int64_t)h->nsteps);
}

static void
put_bundle(struct arena *a, struct tree *t, const struct serve_app *app)
{
	const struct directive *d = bundle_directive(serve_app_bundle(app));
	struct tree *list;

	tree_put_text(a, t, "identifier", d->identifier);
	tree_put_text(a, t, "version", d->app_version);
	tree_put_text(a, t, "digest", str_of(serve_app_digest(app)));
	list = tree_put(a, t, "handlers", tree_list(a));
	for (size_t i = 0; i < d->nhandlers; i++)
		put_handler(a, list, d, i);
	list = tree_put(a, t, "schedules", tree_list(a));
	for (size_t i = 0; i < d->nschedules; i++)
		tree_add(a, list, tree_new_text(a, d->schedules[i].name));
}

/* What may be told by another thread meanwhile. */
static void
put_told(struct arena *a, struct tree *t, struct studio *st)
{
	struct tree *tests;

	pthread_mutex_lock(&st->mutex);
	if (st->note.n > 0)
		tree_put_text(a, t, "note", buf_str(&st->note));
	if (st->tested) {
		tests = tree_put(a, t, "tests", tree_map(a));
		tree_put_int(a, tests, "passed", (int64_t)st->passed);
		tree_put_int(a, tests, "failed", (int64_t)st->failed);
		if (st->first_failure.n > 0)
			tree_put_text(a, tests, "firstFailure",
			    buf_str(&st->first_failure));
	}
	pthread_mutex_unlock(&st->mutex);
}

void
show_app(struct studio *st, struct http_exchange *x)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(serve_release) struct serve_app *app = serve_hold(st->serve);
	struct tree *t = answer_new(a, "app");

	tree_put_text(a, t, "session", str_of(st->session));
	tree_put_int(a, t, "newest", (int64_t)trace_newest(st->trace));
	tree_put_int(a, t, "apps", (int64_t)serve_napps(st->serve));
	tree_put_bool(a, t, "saves", st->root.n > 0);
	if (app)
		put_bundle(a, t, app);
	put_told(a, t, st);
	answer_tree(x, 200, t);
}

void
show_graph(struct studio *st, struct http_exchange *x)
{
	CLEANUP(serve_release) struct serve_app *app = serve_hold(st->serve);
	CLEANUP(buf_free) struct buf svg = BUF(GRAPH_BYTES);
	const struct graph_options opt = { .inner = true };
	const struct http_field fields[] = {
		{ STR("Content-Type"), STR("image/svg+xml") },
		{ STR("Cache-Control"), STR("no-store") },
		{ STR("X-Content-Type-Options"), STR("nosniff") },
		{ STR("Content-Security-Policy"), STR("default-src 'none'") },
	};
	struct err e = ERR;
	int rc;

	if (!app)
		rc = err_set(&e, ERR_MISSING, "nothing is served yet");
	else
		rc = graph_svg(
		    &svg, bundle_directive(serve_app_bundle(app)), &opt, &e);
	if (rc == 0 && buf_over(&svg))
		rc = err_set(&e, ERR_LIMIT, "the graph is too big to be shown");
	if (rc < 0)
		answer_error(x, &e);
	else
		http_answer(x,
		    &(struct http_answer){ .status = 200,
			.fields = fields,
			.nfields = COUNT(fields),
			.body = buf_str(&svg) });
}

/* ---- one run ---- */

/* With what the state was before each step, as far as it is the run's own. */
static void
put_before(struct studio *st, struct arena *a, struct tree *run)
{
	CLEANUP(serve_release) struct serve_app *app = serve_hold(st->serve);
	const struct step *steps = NULL;
	size_t nsteps = 0;
	struct record r;

	record_read(&r, a, run);
	if (app)
		steps = record_steps(
		    &r, bundle_directive(serve_app_bundle(app)), &nsteps);
	for (size_t i = 0; i < r.steps->nitems && i < BEFORE_MOST; i++)
		tree_put(a, r.steps->items[i], "before",
		    record_before(&r, i, steps, nsteps));
}

void
show_run(struct studio *st, struct http_exchange *x, uint64_t number)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *run = trace_show(st->trace, a, number, STR("")), *t;
	struct err e = ERR;

	if (!run) {
		err_set(&e, ERR_MISSING, "request %llu is not kept any more",
		    (unsigned long long)number);
		answer_error(x, &e);
		return;
	}
	put_before(st, a, run);
	t = answer_new(a, "trace");
	tree_put(a, t, "run", run);
	answer_tree(x, 200, t);
}
