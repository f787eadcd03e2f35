/* SPDX-License-Identifier: Apache-2.0 */
/* The steps that a case means: found as a server finds them, and run. */

#include "smoke/trial.h"

#define MAX_PARAMS 32u

static const struct directive *
directive_of(const struct trial *t)
{
	const struct bundle *b = app_bundle(t->app);

	return b ? bundle_directive(b) : NULL;
}

static void
set_state(struct request *r, const struct pair *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		request_set_state(r, v[i].key, v[i].value);
}

static void
set_given(const struct trial *t, struct request *r)
{
	set_state(r, t->c->given.state.v, t->c->given.state.n);
}

/* The path that was meant, perhaps. */
static void
hint_route(const struct directive *d, struct str path, struct err *e)
{
	CLEANUP(mem_free_at) struct str *names = NULL;
	struct str near;

	names = mem_take((d->nhandlers + 1) * sizeof(*names));
	for (size_t i = 0; i < d->nhandlers; i++)
		names[i] = d->handlers[i].resource;
	near = diag_nearest(path, names, d->nhandlers);
	if (near.n > 0)
		err_set(e, e->kind,
		    "no handler for '" STR_F "'; there is one "
		    "for '" STR_F "'",
		    STR_A(path), STR_A(near));
}

/* What a client gets for a path that no handler takes. */
static void
not_routed(const struct trial *t, struct str path, int status, struct str allow,
    struct flow_result *res)
{
	*res = (struct flow_result){ .arena = arena_new(),
		.failed = true,
		.status = status,
		.body = BUF(1000),
		.content_type = STR("application/json") };
	err_set(&res->error, ERR_MISSING,
	    "no handler for " STR_F " '" STR_F "'%s" STR_F, STR_A(t->c->method),
	    STR_A(path), status == 405 ? ", only for " : "", STR_A(allow));
	if (status == 404)
		hint_route(directive_of(t), path, &res->error);
	buf_addf(&res->body, "{\"status\":%d,\"message\":\"%s\"}", status,
	    status == 405 ? "method not allowed" : "not found");
}

/* ---- functions at addresses of their own ---- */

static struct str
header_of(const struct trial *t, const char *name)
{
	const struct pairs *l = &t->c->headers;

	for (size_t i = 0; i < l->n; i++)
		if (str_ieq(l->v[i].key, str_of(name)))
			return l->v[i].value;
	return STR("");
}

/* Older clients call them X-Atmo-. */
static struct str
map_header(const struct trial *t, const char *name, const char *old)
{
	struct str text = header_of(t, name);

	return text.n > 0 ? text : header_of(t, old);
}

static int
run_addressed(struct trial *t, struct host *h, struct request *r,
    const struct function_info *f, const struct flow_options *opt,
    struct flow_result *res, struct err *e)
{
	struct str fn = str_of(arena_printf(
	    t->arena, STR_F "::" STR_F, STR_A(f->ns), STR_A(f->name)));

	request_add_maps(r, map_header(t, "X-Suborbital-State", "X-Atmo-State"),
	    map_header(t, "X-Suborbital-Params", "X-Atmo-Params"));
	set_given(t, r);
	return flow_call(t->app, h, r, fn, opt, res, e);
}

/* ---- what sets steps off ---- */

static int
run_request(struct trial *t, struct host *h, struct request *r,
    const struct flow_options *opt, struct flow_result *res, struct err *e)
{
	CLEANUP(buf_free) struct buf allow = BUF(200);
	const struct directive *d = directive_of(t);
	const struct function_info *f = NULL;
	struct pair params[MAX_PARAMS];
	struct str path, query = t->c->url;
	const struct handler *handler;
	size_t nparams = 0;
	int status = 404, other = 404;

	str_cut(&query, '?', &path);
	handler = directive_route(d, t->c->method, path, params, MAX_PARAMS,
	    &nparams, &status, &allow);
	if (!handler)
		f = directive_route_function(d, t->c->method, path, &other);
	if (f)
		return run_addressed(t, h, r, f, opt, res, e);
	if (!handler) {
		if (other == 405 && allow.n == 0)
			buf_add(&allow, STR("POST"));
		not_routed(t, path, other == 405 ? other : status,
		    buf_str(&allow), res);
		return 0;
	}
	for (size_t i = 0; i < nparams; i++)
		request_add_param(r, params[i].key, params[i].value);
	set_given(t, r);
	return flow_run(t->app, h, r, handler->steps, handler->nsteps,
	    handler->response, opt, res, e);
}

static int
run_schedule(struct trial *t, struct host *h, struct request *r,
    const struct flow_options *opt, struct flow_result *res, struct err *e)
{
	const struct directive *d = directive_of(t);
	const struct schedule *s = NULL;

	for (size_t i = 0; i < d->nschedules && !s; i++)
		if (str_eq(d->schedules[i].name, t->c->target))
			s = &d->schedules[i];
	if (!s)
		return err_set(e, ERR_MISSING,
		    "there is no schedule '" STR_F "'", STR_A(t->c->target));
	set_state(r, s->state, s->nstate);
	set_given(t, r);
	return flow_run(
	    t->app, h, r, s->steps, s->nsteps, STR(""), opt, res, e);
}

static int
run_message(struct trial *t, struct host *h, struct request *r,
    const struct flow_options *opt, struct flow_result *res, struct err *e)
{
	const struct handler *x =
	    directive_stream(directive_of(t), t->c->source, t->c->target);

	if (!x)
		return err_set(e, ERR_MISSING,
		    "no stream handler for " STR_F " '" STR_F "'",
		    STR_A(t->c->source), STR_A(t->c->target));
	t->reply = x->respond_to.n > 0 ? x->respond_to : t->c->target;
	set_given(t, r);
	return flow_run(
	    t->app, h, r, x->steps, x->nsteps, x->response, opt, res, e);
}

int
target_run(struct trial *t, struct host *h, struct request *r,
    const struct flow_options *opt, struct flow_result *res, struct err *e)
{
	static const char *const what[] = { "function", "request", "schedule",
		"message" };

	if (t->c->kind != CASE_FUNCTION && !directive_of(t))
		return err_set(e, ERR_MISSING,
		    "a %s needs a bundle with its Directive", what[t->c->kind]);
	if (t->c->kind == CASE_REQUEST)
		return run_request(t, h, r, opt, res, e);
	if (t->c->kind == CASE_SCHEDULE)
		return run_schedule(t, h, r, opt, res, e);
	if (t->c->kind == CASE_MESSAGE)
		return run_message(t, h, r, opt, res, e);
	set_given(t, r);
	return flow_call(t->app, h, r, t->c->target, opt, res, e);
}
