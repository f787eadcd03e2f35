/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded run once more, from any of its steps, as it was or edited. */
#include "studio/record.h"
#include "studio/room.h"

struct again {
	struct pending p; /* first */
	struct arena *arena;
	struct serve_rerun what;
};

static void
again_free(struct again **pg)
{
	struct again *g = *pg;

	*pg = NULL;
	if (!g)
		return;
	arena_free(&g->arena);
	mem_free(g);
}

/* The run goes on; who asked for it does not hear of it. */
static void
on_gone(struct pending *p)
{
	p->x = NULL;
}

static void
on_done(void *arg, uint64_t number, int status)
{
	struct again *g = (struct again *)pending_of(arg);
	struct http_exchange *x = g->p.x;
	struct tree *t = answer_new(g->arena, "rerun");

	tree_put_int(g->arena, t, "number", (int64_t)number);
	tree_put_int(g->arena, t, "status", status);
	if (x) {
		http_set_data(x, NULL);
		answer_tree(x, 200, t);
	}
	again_free(&g);
}

/* ---- what is asked for ---- */

static int
ask_step(const struct tree *asked, size_t *step, struct err *e)
{
	const struct tree *t = tree_get(asked, "step");

	if (!t || t->kind == TREE_NULL)
		return 0;
	if (t->kind != TREE_INT || t->num < 0 || t->num >= DIRECTIVE_MAX_STEPS)
		return err_set(e, ERR_USAGE, "'step' is a number from 0 to %u",
		    DIRECTIVE_MAX_STEPS - 1);
	*step = (size_t)t->num;
	return 0;
}

static int
ask_body(const struct tree *asked, const struct record *r, struct str *body,
    struct err *e)
{
	const struct tree *t = tree_get(asked, "body");

	*body = r->body.text;
	if (t && t->kind != TREE_NULL && t->kind != TREE_TEXT)
		return err_set(e, ERR_USAGE, "'body' is a text");
	if (t && t->kind == TREE_TEXT) {
		*body = t->text;
		return 0;
	}
	if (!r->body.cut)
		return 0;
	err_set(e, ERR_LIMIT, "not all of the request's body was kept");
	return err_hint(e, "give the body to be sent");
}

static int
read_state(struct arena *a, const struct tree *map, struct pair **out,
    size_t *n, struct err *e)
{
	struct pair *v;

	if (map->kind != TREE_MAP)
		return err_set(e, ERR_USAGE, "'state' is a map of texts");
	v = arena_take(a, (map->nitems + 1) * sizeof(*v));
	for (size_t i = 0; i < map->nitems; i++) {
		const struct tree *t = map->items[i];

		if (t->kind != TREE_TEXT)
			return err_set(e, ERR_USAGE,
			    "'state' is a map of texts, and '" STR_F "' is %s",
			    STR_A(t->key->text), tree_kind_name(t->kind));
		v[i].key = t->key->text;
		v[i].value = t->text;
	}
	*out = v;
	*n = map->nitems;
	return 0;
}

/* The first try of the step; where it never ran, the end. */
static size_t
place_of(const struct record *r, size_t step)
{
	for (size_t i = 0; i < r->steps->nitems; i++) {
		const struct tree *s = r->steps->items[i];
		const struct tree *at = tree_get(s, "step");
		const struct tree *depth = tree_get(s, "depth");

		if (at && (size_t)at->num == step && (!depth || !depth->num))
			return i;
	}
	return r->steps->nitems;
}

static int
ask_state(const struct tree *asked, const struct record *r,
    const struct directive *d, struct serve_rerun *what, struct err *e)
{
	const struct tree *t = tree_get(asked, "state"), *before;
	const struct step *steps;
	struct pair *state = NULL;
	size_t nsteps;
	int rc;

	if (t && t->kind != TREE_NULL) {
		rc = read_state(r->arena, t, &state, &what->nstate, e);
	} else {
		steps = record_steps(r, d, &nsteps);
		before =
		    record_before(r, place_of(r, what->first), steps, nsteps);
		rc = record_state(r, before, &state, &what->nstate, e);
	}
	what->state = state;
	return rc;
}

static int
ask_all(struct again *g, const struct record *r, const struct directive *d,
    const struct tree *asked, struct err *e)
{
	struct serve_rerun *what = &g->what;

	if (asked->kind != TREE_MAP)
		return err_set(e, ERR_USAGE,
		    "what is sent is {\"step\", \"body\", \"state\"}");
	if (r->flow.n == 0)
		return err_set(e, ERR_INPUT,
		    "no flow ran, so there is nothing to be run again");
	*what = (struct serve_rerun){ .flow = r->flow,
		.method = r->method,
		.url = r->url,
		.rerun_of = r->id,
		.headers = r->headers,
		.params = r->params,
		.nheaders = r->nheaders,
		.nparams = r->nparams };
	if (ask_step(asked, &what->first, e) < 0 ||
	    ask_body(asked, r, &what->body, e) < 0)
		return -1;
	return ask_state(asked, r, d, what, e);
}

static int
prepare(struct studio *st, struct again *g, uint64_t number, struct err *e)
{
	CLEANUP(serve_release) struct serve_app *app = serve_hold(st->serve);
	struct tree *run = trace_show(st->trace, g->arena, number, STR(""));
	struct tree *asked;
	struct record r;

	if (!run)
		return err_set(e, ERR_MISSING,
		    "request %llu is not kept any more",
		    (unsigned long long)number);
	if (!app)
		return err_set(e, ERR_MISSING, "nothing is served yet");
	if (tree_parse_json(&asked, g->arena, http_body(g->p.x), e) < 0)
		return err_wrap(e, "what was sent");
	record_read(&r, g->arena, run);
	return ask_all(
	    g, &r, bundle_directive(serve_app_bundle(app)), asked, e);
}

void
rerun(struct studio *st, struct http_exchange *x, uint64_t number)
{
	struct again *g = mem_take(sizeof(*g));
	struct loop *l = http_loop(x);
	struct err e = ERR;

	g->p = (struct pending){ PENDING_MAGIC, x, on_gone };
	g->arena = arena_new();
	if (prepare(st, g, number, &e) == 0) {
		http_set_data(x, g);
		if (serve_rerun(st->serve, &g->what, l, on_done, g, &e) == 0)
			return;
		http_set_data(x, NULL);
	}
	again_free(&g);
	answer_error(x, &e);
}
