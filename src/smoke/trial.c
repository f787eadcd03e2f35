/* SPDX-License-Identifier: Apache-2.0 */
/* One case, run in a world of its own. */

#include "smoke/trial.h"
#include "smoke/show.h"

#define MAX_LOG_BYTES (4u << 20) /* of one case's log, kept */
#define MAX_PARAMS 32u
#define TIMEOUT_MS 10000u

/* Any id does, if it is the same each time. */
#define REQUEST_ID "00000000-0000-4000-8000-000000000000"

static void
on_log(void *arg, struct str fn, int level, struct str text)
{
	struct trial *t = arg;

	if (t->magic != TRIAL_MAGIC)
		return;
	pthread_mutex_lock(&t->lock);
	if (t->nlogs >= SMOKE_MAX_LOGS ||
	    t->log_bytes + text.n > MAX_LOG_BYTES) {
		t->logs_lost++;
	} else {
		t->logs = arena_grow(t->arena, t->logs, t->nlogs, &t->logs_cap,
		    sizeof(*t->logs));
		t->logs[t->nlogs++] = (struct log_line){
			.level = level >= 1 && level <= 4 ? level : 3,
			.fn = arena_copy(t->arena, fn),
			.text = arena_copy(t->arena, text),
		};
		t->log_bytes += text.n;
	}
	pthread_mutex_unlock(&t->lock);
}

/* The first reading is the case's clock; each later one a microsecond more,
 * so that a function which waits for time to pass does not wait for ever. */
static uint64_t
on_clock(void *arg)
{
	struct trial *t = arg;

	if (t->magic != TRIAL_MAGIC)
		return 0;
	return t->c->given.clock_ns +
	    1000 * atomic_fetch_add(&t->clock_reads, 1);
}

/* As the bundle's names: these prefixes are stripped, once each. */
static struct str
bare_name(struct str name)
{
	if (str_starts(name, "static/"))
		name = str_from(name, 7);
	if (str_starts(name, "/"))
		name = str_from(name, 1);
	if (str_starts(name, "./"))
		name = str_from(name, 2);
	return name;
}

static bool
on_file(void *arg, struct str name, struct str *data)
{
	const struct trial *t = arg;
	const struct pairs *files = &t->c->given.files;

	if (t->magic != TRIAL_MAGIC)
		return false;
	for (size_t i = 0; i < files->n; i++) {
		if (!str_eq(bare_name(files->v[i].key), bare_name(name)))
			continue;
		*data = files->v[i].value;
		return true;
	}
	return app_file(t->app, name, data);
}

/* FNV-1a: repeatable, and another for each case. */
static uint64_t
seed_of(struct str name)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)name.p[i]) * UINT64_C(1099511628211);
	return h ? h : 1;
}

static const struct directive *
directive_of(const struct trial *t)
{
	const struct bundle *b = app_bundle(t->app);

	return b ? bundle_directive(b) : NULL;
}

static struct host *
make_host(struct trial *t)
{
	const struct directive *d = directive_of(t);
	const struct given *g = &t->c->given;
	struct host_options opt = {
		.capabilities = d ? tree_get(d->tree, "capabilities") : NULL,
		.file = on_file,
		.file_arg = t,
		.secrets = g->secrets.v,
		.nsecrets = g->secrets.n,
		.hooks = { .arg = t,
		    .log = on_log,
		    .outbound = mock_outbound,
		    .clock = on_clock },
		.random_seed = seed_of(t->c->name),
	};
	struct host *h = host_new(&opt);

	for (size_t i = 0; i < g->cache.n; i++)
		host_cache_set(h, g->cache.v[i].key, g->cache.v[i].value, 0);
	return h;
}

static struct request *
make_request(const struct trial *t)
{
	const struct smoke_case *c = t->c;
	bool timed = c->kind == CASE_SCHEDULE;
	struct request *r = request_new(timed ? STR("SCHED") : c->method,
	    timed ? c->target : c->url, STR(REQUEST_ID), c->body);

	for (size_t i = 0; i < c->headers.n; i++)
		request_add_header(
		    r, c->headers.v[i].key, c->headers.v[i].value);
	for (size_t i = 0; i < c->params.n; i++)
		request_add_param(r, c->params.v[i].key, c->params.v[i].value);
	return r;
}

static void
set_state(struct request *r, const struct pair *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		request_set_state(r, v[i].key, v[i].value);
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

static int
run_request(struct trial *t, struct host *h, struct request *r,
    const struct flow_options *opt, struct flow_result *res, struct err *e)
{
	CLEANUP(buf_free) struct buf allow = BUF(200);
	const struct directive *d = directive_of(t);
	struct pair params[MAX_PARAMS];
	struct str path, query = t->c->url;
	const struct handler *handler;
	size_t nparams = 0;
	int status = 404;

	if (!d)
		return err_set(e, ERR_MISSING,
		    "a request needs a bundle with its handlers");
	str_cut(&query, '?', &path);
	handler = directive_route(d, t->c->method, path, params, MAX_PARAMS,
	    &nparams, &status, &allow);
	if (!handler) {
		not_routed(t, path, status, buf_str(&allow), res);
		return 0;
	}
	for (size_t i = 0; i < nparams; i++)
		request_add_param(r, params[i].key, params[i].value);
	set_state(r, t->c->given.state.v, t->c->given.state.n);
	return flow_run(t->app, h, r, handler->steps, handler->nsteps,
	    handler->response, opt, res, e);
}

static int
run_schedule(struct trial *t, struct host *h, struct request *r,
    const struct flow_options *opt, struct flow_result *res, struct err *e)
{
	const struct directive *d = directive_of(t);
	const struct schedule *s = NULL;

	for (size_t i = 0; d && i < d->nschedules && !s; i++)
		if (str_eq(d->schedules[i].name, t->c->target))
			s = &d->schedules[i];
	if (!s)
		return err_set(e, ERR_MISSING,
		    "there is no schedule '" STR_F "'", STR_A(t->c->target));
	set_state(r, s->state, s->nstate);
	set_state(r, t->c->given.state.v, t->c->given.state.n);
	return flow_run(
	    t->app, h, r, s->steps, s->nsteps, STR(""), opt, res, e);
}

static int
run_kind(struct trial *t, struct host *h, struct request *r,
    struct flow_result *res, struct err *e)
{
	uint32_t ms = t->c->timeout_ms ? t->c->timeout_ms : t->opt->timeout_ms;
	struct flow_options opt = { .limits = ENGINE_LIMITS };

	opt.total_ms = ms ? ms : TIMEOUT_MS;
	opt.limits.deadline_ms = opt.total_ms;
	if (t->opt->memory_bytes)
		opt.limits.memory_bytes = t->opt->memory_bytes;
	if (t->c->kind == CASE_REQUEST)
		return run_request(t, h, r, &opt, res, e);
	if (t->c->kind == CASE_SCHEDULE)
		return run_schedule(t, h, r, &opt, res, e);
	set_state(r, t->c->given.state.v, t->c->given.state.n);
	return flow_call(t->app, h, r, t->c->target, &opt, res, e);
}

int
trial_run(struct trial *t, uint64_t *wall_ns, uint64_t *fuel, struct err *e)
{
	CLEANUP(host_free) struct host *h = make_host(t);
	CLEANUP(request_free) struct request *r = make_request(t);
	CLEANUP(flow_result_dispose) struct flow_result res = { 0 };
	struct err why = ERR;

	t->used_http = arena_take(
	    t->arena, (t->c->given.nhttp + 1) * sizeof(*t->used_http));
	t->used_db =
	    arena_take(t->arena, (t->c->given.ndb + 1) * sizeof(*t->used_db));
	if (run_kind(t, h, r, &res, &why) == 0) {
		check_all(t, &res, r);
		*wall_ns = res.wall_ns;
		*fuel = res.fuel;
		return 0;
	}
	if (why.kind == ERR_SIGNAL) {
		*e = why;
		return -1;
	}
	buf_show(&t->details, str_of(why.text), true);
	if (why.hint[0]) {
		buf_addf(&t->details, "\n    ");
		buf_show(&t->details, str_of(why.hint), true);
	}
	buf_addc(&t->details, '\n');
	return 0;
}
