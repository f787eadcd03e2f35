/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded run once more, from one of its steps on. */
#include <string.h>

#include "serve/parts.h"
#include "tree/tree.h"

struct again {
	struct serve *s;
	void (*done)(void *arg, uint64_t number, int status);
	void *arg;
};

/* What it became in the trace: ids of jobs are their own. */
static uint64_t
number_of(struct trace *t, struct str id)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct trace_filter f = { .id = id, .most = 1 };
	struct tree *list = trace_list(t, a, &f), *n;

	if (!list || list->kind != TREE_LIST || list->nitems == 0)
		return 0;
	n = tree_get(list->items[list->nitems - 1], "number");
	return n && n->kind == TREE_INT ? (uint64_t)n->num : 0;
}

static void
on_over(void *arg, struct job *j, int rc, const struct err *why)
{
	struct again *g = arg;
	struct trace *t = g->s->opt.trace;
	struct str id = { j->id, j->nid };

	(void)why;
	g->done(g->arg, t ? number_of(t, id) : 0,
	    rc < 0 ? 500 : j->course.res.status);
	mem_free(g);
}

/* ---- which steps ---- */

struct flow_at {
	const struct handler *h;
	const struct step *steps;
	size_t nsteps;
	struct str response, name;
	enum trace_kind kind;
};

static int
find(struct flow_at *f, const struct directive *d, const struct serve_rerun *r,
    struct err *e)
{
	char kind = r->flow.n > 0 ? r->flow.p[0] : ' ';
	uint64_t at = 0;
	bool number = str_u64(
	    str_from(r->flow, r->flow.n > 0), DIRECTIVE_MAX_HANDLERS, &at);

	if (number && kind == 'h' && at < d->nhandlers) {
		const struct handler *h = &d->handlers[at];

		*f = (struct flow_at){ .h = h,
			.steps = h->steps,
			.nsteps = h->nsteps,
			.response = h->response,
			.name = h->resource,
			.kind = h->type == HANDLER_STREAM ? TRACE_MESSAGE
							  : TRACE_REQUEST };
	} else if (number && kind == 's' && at < d->nschedules) {
		const struct schedule *s = &d->schedules[at];

		*f = (struct flow_at){ .steps = s->steps,
			.nsteps = s->nsteps,
			.name = s->name,
			.kind = TRACE_SCHEDULE };
	} else {
		return err_set(e, ERR_MISSING,
		    "the app has no flow '" STR_F "' any more", STR_A(r->flow));
	}
	if (r->first < f->nsteps)
		return 0;
	return err_set(e, ERR_MISSING,
	    "flow '" STR_F "' has no step %zu any more: it has %zu",
	    STR_A(r->flow), r->first, f->nsteps);
}

/* ---- the run ---- */

static void
fill(struct request *r, const struct serve_rerun *from)
{
	for (size_t i = 0; i < from->nheaders; i++)
		request_add_header(
		    r, from->headers[i].key, from->headers[i].value);
	for (size_t i = 0; i < from->nparams; i++)
		request_add_param(
		    r, from->params[i].key, from->params[i].value);
	for (size_t i = 0; i < from->nstate; i++)
		request_set_state(r, from->state[i].key, from->state[i].value);
}

static void
start(struct job *j, const struct flow_at *f, const struct serve_rerun *r)
{
	CLEANUP(buf_free) struct buf name = BUF(2000), of = BUF(200);
	struct course *c = &j->course;

	j->name = f->name;
	c->r = request_new(
	    r->method, r->url, (struct str){ j->id, j->nid }, r->body);
	fill(c->r, r);
	c->opt.first = r->first;
	if (f->kind == TRACE_REQUEST)
		buf_addf(&name, STR_F " ", STR_A(f->h->method));
	buf_add(&name, f->name);
	buf_add(&of, r->rerun_of);
	if (j->seat->s->opt.trace)
		trail_begin(c,
		    &(struct trail_of){ .kind = f->kind,
			.app = j->app,
			.loop = j->seat->loop,
			.flow = r->flow,
			.name = buf_str(&name),
			.method = r->method,
			.url = r->url,
			.id = { j->id, j->nid },
			.params = r->params,
			.nparams = r->nparams,
			.state = r->state,
			.nstate = r->nstate,
			.headers = r->headers,
			.nheaders = r->nheaders,
			.rerun_of = of.n > 0 ? buf_cstr(&of) : NULL });
	course_start(j, f->steps, f->nsteps, f->response);
}

int
serve_rerun(struct serve *s, const struct serve_rerun *r, struct loop *l,
    void (*done)(void *arg, uint64_t number, int status), void *arg,
    struct err *e)
{
	struct seat *seat = seat_of(s, l);
	struct flow_at f = { .h = NULL };
	struct again *g;
	struct job *j;

	if (!seat || !seat->now)
		return err_set(e, ERR_MISSING, "no app is served here");
	if (find(&f, seat->now->site->apps[0]->d, r, e) < 0)
		return -1;
	g = mem_take(sizeof(*g));
	*g = (struct again){ s, done, arg };
	j = job_new(seat, seat->now->site->apps[0], f.h);
	j->done = on_over;
	j->arg = g;
	start(j, &f, r);
	return 0;
}
