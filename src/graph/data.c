/* SPDX-License-Identifier: Apache-2.0 */
/* The flows as data: subo-json(5), "graph". */
#include "graph/graph.h"
#include "graph/layout.h"
#include "graph/pick.h"
#include "tree/tree.h"

/* A key that has something to say. */
static void
put_text(struct arena *a, struct tree *t, const char *key, struct str s)
{
	if (s.n > 0)
		tree_put_text(a, t, key, s);
}

static void
put_count(struct arena *a, struct tree *t, const char *key, uint64_t n)
{
	if (n > 0)
		tree_put_int(a, t, key, (int64_t)n);
}

static void
put_with(struct arena *a, struct tree *t, const struct call *c)
{
	struct tree *with;
	size_t i;

	if (c->nwith == 0)
		return;
	with = tree_put(a, t, "with", tree_map(a));
	for (i = 0; i < c->nwith; i++)
		tree_put_text(
		    a, with, arena_cstr(a, c->with[i].key), c->with[i].value);
}

static struct tree *
call_tree(struct arena *a, const struct course *f, size_t step, size_t n)
{
	const struct step *s = &f->steps[step];
	const struct call *c = &s->calls[n];
	struct tree *t = tree_map(a);

	tree_put_int(a, t, "call", (int64_t)n);
	put_text(a, t, "fn", c->fn);
	put_text(a, t, "handler", c->handler);
	put_text(a, t, "calls", course_called(a, f->d, c->handler));
	tree_put_text(a, t, "key", c->key);
	put_text(a, t, "input", c->input);
	put_with(a, t, c);
	put_text(a, t, "when", source_when(f, step, s->group ? n : SIZE_MAX));
	put_text(a, t, "each", c->each);
	if (c->each.n > 0)
		put_count(a, t, "concurrency", c->concurrency);
	put_count(a, t, "retry", c->retry.times);
	put_count(a, t, "timeout_ms", c->timeout_ns / 1000000);
	put_text(a, t, "goes_on_after", source_goes_on(a, &c->on_err));
	return t;
}

static void
put_loop(struct arena *a, struct tree *t, const struct course *f, size_t step)
{
	const struct step *s = &f->steps[step];

	put_text(a, t, "until", source_until(f, step));
	if (!s->until && s->target.n == 0)
		return;
	put_count(a, t, "max", s->max);
	put_count(a, t, "every_ms", s->every_ns / 1000000);
	put_text(a, t, "goes_on_after", source_goes_on(a, &s->on_err));
}

static struct tree *
step_tree(struct arena *a, const struct course *f, size_t n)
{
	const struct step *s = &f->steps[n];
	struct tree *t = tree_map(a), *calls;
	size_t i;

	tree_put_int(a, t, "step", (int64_t)n);
	tree_put_text(a, t, "kind",
	    s->group		? STR("group")
		: s->ncalls > 0 ? STR("call")
				: STR("goto"));
	put_text(a, t, "name", s->name);
	if (s->group || s->ncalls == 0)
		put_text(a, t, "when", source_when(f, n, SIZE_MAX));
	if (s->group)
		put_count(a, t, "timeout_ms", s->timeout_ns / 1000000);
	if (s->target.n > 0 && s->target_index < f->nsteps)
		tree_put_int(a, t, "to", (int64_t)s->target_index);
	put_loop(a, t, f, n);
	calls = tree_put(a, t, "calls", tree_list(a));
	for (i = 0; i < s->ncalls; i++)
		tree_add(a, calls, call_tree(a, f, n, i));
	return t;
}

static void
put_trigger(struct arena *a, struct tree *t, const struct course *f)
{
	if (f->s) {
		tree_put_text(a, t, "kind", STR("schedule"));
		tree_put_int(a, t, "every_s", (int64_t)f->s->every_s);
		return;
	}
	if (f->h->type == HANDLER_REQUEST) {
		tree_put_text(a, t, "kind", STR("request"));
		tree_put_text(a, t, "method", f->h->method);
	} else {
		tree_put_text(a, t, "kind", STR("stream"));
		tree_put_text(a, t, "source", f->h->source);
	}
	tree_put_text(a, t, "resource", f->h->resource);
	put_text(a, t, "answer", course_answer(f));
	put_text(a, t, "respond_to", f->h->respond_to);
}

static struct tree *
make_tree(struct arena *a, const struct directive *d, const char *only)
{
	struct tree *list = tree_list(a), *t, *steps;
	struct course f;
	size_t i, k;

	for (i = 0; i < course_count(d); i++) {
		if (!pick_is(d, i, only))
			continue;
		course_at(&f, a, d, i);
		t = tree_add(a, list, tree_map(a));
		tree_put_text(a, t, "flow", str_of(f.id));
		tree_put_text(a, t, "name", f.name);
		put_trigger(a, t, &f);
		steps = tree_put(a, t, "steps", tree_list(a));
		for (k = 0; k < f.nsteps; k++)
			tree_add(a, steps, step_tree(a, &f, k));
	}
	t = tree_map(a);
	tree_put_text(a, t, "identifier", d->identifier);
	tree_put_text(a, t, "version", d->app_version);
	tree_put(a, t, "flows", list);
	return t;
}

struct tree *
graph_tree(struct arena *a, const struct directive *d)
{
	return make_tree(a, d, NULL);
}

int
graph_data(struct tree **out, struct arena *a, const struct directive *d,
    const struct graph_options *opt, struct err *e)
{
	if (pick_check(d, opt->only, e) < 0)
		return -1;
	*out = make_tree(a, d, opt->only);
	return 0;
}
