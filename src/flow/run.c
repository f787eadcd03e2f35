/* SPDX-License-Identifier: Apache-2.0 */
/* A sequence of steps over one request: state, groups, errors, the answer. */

#include <pthread.h>
#include <stdatomic.h>

#include "flow/app.h"
#include "flow/flow.h"
#include "flow/outcome.h"
#include "os/os.h"

#define GROUP_MS 30000u
#define MAX_MEMBERS 128u /* of a group, at the same time */

struct group {
	struct run *r;
	const struct step *step;
	struct app_fn **fns;
	struct flow_done *done;
	struct str body;
	uint64_t end_ns;
	atomic_size_t next;
};

struct run {
	struct app *app;
	struct host *host;
	struct request *req;
	const struct flow_options *opt;
	struct flow_result *res;
	uint64_t end_ns; /* of the whole run; 0: none */
};

static uint64_t
sooner(uint64_t a_ns, uint64_t b_ns)
{
	if (a_ns == 0 || b_ns == 0)
		return a_ns + b_ns;
	return a_ns < b_ns ? a_ns : b_ns;
}

/* Every alias needs its source: a function that quietly got nothing under a
 * name it was promised would fail somewhere less clear. */
static int
check_with(const struct run *r, const struct call *c, struct err *e)
{
	struct str value;

	for (size_t i = 0; i < c->nwith; i++) {
		if (request_state(r->req, c->with[i].value, &value))
			continue;
		return err_set(e, ERR_INPUT,
		    "step '" STR_F "' wants state key '" STR_F "' as '" STR_F
		    "', and no step has set it",
		    STR_A(c->fn), STR_A(c->with[i].value),
		    STR_A(c->with[i].key));
	}
	return 0;
}

static int
limits_for(const struct run *r, uint64_t end_ns, struct engine_limits *lim,
    struct err *e)
{
	uint64_t now = os_now_ns(), left_ms;

	*lim = r->opt->limits;
	end_ns = sooner(end_ns, r->end_ns);
	if (end_ns == 0)
		return 0;
	if (now >= end_ns)
		return err_set(
		    e, ERR_LIMIT, "its time was over before it began");
	left_ms = (end_ns - now) / 1000000 + 1;
	if (lim->deadline_ms == 0 || left_ms < lim->deadline_ms)
		lim->deadline_ms = (uint32_t)left_ms;
	return 0;
}

static int
call_one(struct run *r, struct app_fn *f, struct str body, uint64_t end_ns,
    struct flow_done *d)
{
	struct host_call hc = {
		.magic = HOST_CALL_MAGIC,
		.host = r->host,
		.request = r->req,
		.fn = d->call->fn,
		.ns = app_fn_ns(f),
		.with = d->call->with,
		.nwith = d->call->nwith,
	};
	struct abi_host ah = { .ask = host_ask, .arg = &hc };
	struct engine_limits lim;
	const struct code *code;
	int rc;

	if (app_code(r->app, f, &code, &d->err) < 0 ||
	    check_with(r, d->call, &d->err) < 0 ||
	    limits_for(r, end_ns, &lim, &d->err) < 0)
		return -1;
	rc = abi_call(code, &lim, &ah, body, &d->res, &d->err);
	host_call_dispose(&hc);
	return rc;
}

static void *
work(void *arg)
{
	struct group *g = arg;
	size_t i;

	while ((i = atomic_fetch_add(&g->next, 1)) < g->step->ncalls)
		g->done[i].rc =
		    call_one(g->r, g->fns[i], g->body, g->end_ns, &g->done[i]);
	return NULL;
}

unsigned
flow_instances(void)
{
	unsigned n = os_cores() * 2;

	return n < MAX_MEMBERS ? n : MAX_MEMBERS;
}

/* The members at once: one on this thread and each other on its own.  Where
 * no thread can be had, those that run take the rest in turn. */
static void
run_members(struct group *g)
{
	size_t most = flow_instances(), want = g->step->ncalls - 1, n = 0;
	pthread_t threads[MAX_MEMBERS];

	if (want > most - 1)
		want = most - 1;
	while (n < want && pthread_create(&threads[n], NULL, work, g) == 0)
		n++;
	work(g);
	while (n > 0)
		pthread_join(threads[--n], NULL);
}

/* Results go to the state in the order of the list, whoever was first. */
static bool
settle(struct run *r, const struct step *s, size_t index, struct app_fn **fns,
    struct flow_done *done)
{
	bool go_on = true;

	for (size_t i = 0; i < s->ncalls; i++) {
		flow_note_step(r->res, &done[i], index);
		if (flow_settle(r->res, r->req, &done[i], app_fn_wasm(fns[i])))
			continue;
		go_on = false;
	}
	return go_on;
}

static bool
run_step(struct run *r, const struct step *s, size_t index, struct app_fn **fns)
{
	struct flow_done *done = mem_take(s->ncalls * sizeof(*done));
	struct buf body = BUF(SIZE_MAX / 2);
	uint32_t ms = r->opt->group_ms ? r->opt->group_ms : GROUP_MS;
	struct group g = { .r = r, .step = s, .fns = fns, .done = done };
	bool go_on;

	for (size_t i = 0; i < s->ncalls; i++)
		done[i].call = &s->calls[i];
	/* A copy: a member may set the body while another reads it, and what a
	 * step sets is for the steps after it. */
	buf_add(&body, request_body(r->req));
	g.body = buf_str(&body);
	if (s->group)
		g.end_ns = os_now_ns() + ms * UINT64_C(1000000);
	if (s->ncalls > 1)
		run_members(&g);
	else
		work(&g);
	go_on = settle(r, s, index, fns, done);
	for (size_t i = 0; i < s->ncalls; i++)
		abi_result_dispose(&done[i].res);
	mem_free(done);
	buf_free(&body);
	return go_on;
}

/* Find and compile all before anything runs: a sequence that cannot end
 * should not begin. */
static int
resolve(struct run *r, const struct step *steps, size_t nsteps,
    struct app_fn ***out, struct err *e)
{
	const struct code *code;
	size_t n = 0;

	for (size_t i = 0; i < nsteps; i++)
		n += steps[i].ncalls;
	*out = arena_take(r->res->arena, (n + 1) * sizeof(struct app_fn *));
	r->res->steps =
	    arena_take(r->res->arena, (n + 1) * sizeof(*r->res->steps));
	n = 0;
	for (size_t i = 0; i < nsteps; i++)
		for (size_t k = 0; k < steps[i].ncalls; k++, n++)
			if (app_find(r->app, steps[i].calls[k].fn, &(*out)[n],
				e) < 0 ||
			    app_code(r->app, (*out)[n], &code, e) < 0)
				return -1;
	return 0;
}

static void
answer(
    struct run *r, const struct step *steps, size_t nsteps, struct str response)
{
	const struct step *last = nsteps > 0 ? &steps[nsteps - 1] : NULL;
	struct str value;

	if (response.n == 0 && last && last->ncalls > 0)
		response = last->calls[last->ncalls - 1].key;
	r->res->status = 200;
	if (request_state(r->req, response, &value))
		buf_add(&r->res->body, value);
	r->res->content_type = flow_content_type(r->res, r->req);
}

static int
run_steps(struct run *r, const struct step *steps, size_t nsteps,
    struct str response, struct err *e)
{
	struct app_fn **fns;

	if (resolve(r, steps, nsteps, &fns, e) < 0)
		return -1;
	for (size_t i = 0; i < nsteps; i++) {
		if (os_check_interrupt(e) < 0)
			return -1;
		if (!run_step(r, &steps[i], i, fns)) {
			/* That is no failure of the function's. */
			if (r->res->error.kind != ERR_SIGNAL)
				return 0;
			*e = r->res->error;
			return -1;
		}
		fns += steps[i].ncalls;
	}
	answer(r, steps, nsteps, response);
	return 0;
}

int
flow_run(struct app *a, struct host *h, struct request *req,
    const struct step *steps, size_t nsteps, struct str response,
    const struct flow_options *opt, struct flow_result *res, struct err *e)
{
	uint64_t start = os_now_ns();
	struct run r = {
		.app = a, .host = h, .req = req, .opt = opt, .res = res
	};
	int rc;

	*res = (struct flow_result){ .arena = arena_new(),
		.body = BUF(FLOW_MAX_BODY) };
	if (opt->total_ms)
		r.end_ns = start + opt->total_ms * UINT64_C(1000000);
	rc = run_steps(&r, steps, nsteps, response, e);
	res->wall_ns = os_now_ns() - start;
	return rc;
}

int
flow_call(struct app *a, struct host *h, struct request *r, struct str fn,
    const struct flow_options *opt, struct flow_result *res, struct err *e)
{
	struct call c = { .fn = fn, .key = fn };
	struct step s = { .calls = &c, .ncalls = 1 };

	return flow_run(a, h, r, &s, 1, fn, opt, res, e);
}

void
flow_result_dispose(struct flow_result *res)
{
	buf_free(&res->body);
	arena_free(&res->arena);
	*res = (struct flow_result){ 0 };
}
