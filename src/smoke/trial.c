/* SPDX-License-Identifier: Apache-2.0 */
/* One case, run in a world of its own. */

#include "smoke/trial.h"
#include "smoke/show.h"

#define MAX_LOG_BYTES (4u << 20) /* of one case's log, kept */
#define TIMEOUT_MS 10000u

#define LONGEST_SLEEP_NS (UINT64_C(366) * 86400 * 1000000000)

/* Any id does, if it is the same each time. */
#define REQUEST_ID "00000000-0000-4000-8000-000000000000"

static void
on_log(void *arg, const struct host_call *c, int level, struct str text)
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
			.fn = arena_copy(t->arena, c->fn),
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
	return clock_unix_ns(t->clock) + atomic_load(&t->slept_ns) +
	    1000 * atomic_fetch_add(&t->clock_reads, 1);
}

/* Who sleeps finds that the time has passed; none of it was waited for. */
static void
on_sleep(void *arg, uint64_t ns)
{
	struct trial *t = arg;

	if (t->magic == TRIAL_MAGIC)
		atomic_fetch_add(&t->slept_ns,
		    ns < LONGEST_SLEEP_NS ? ns : LONGEST_SLEEP_NS);
}

static bool
on_file(void *arg, struct str name, struct str *data)
{
	const struct trial *t = arg;
	const struct pairs *files = &t->c->given.files;

	if (t->magic != TRIAL_MAGIC)
		return false;
	for (size_t i = 0; i < files->n; i++) {
		if (!str_eq(bundle_static_name(files->v[i].key),
			bundle_static_name(name)))
			continue;
		*data = files->v[i].value;
		return true;
	}
	return app_file(t->app, name, data);
}

/* Repeatable, and another for each case. */
static uint64_t
seed_of(struct str name)
{
	uint64_t h = str_hash(STR_HASH, name);

	return h ? h : 1;
}

/* env(NAME) of the Directive is a secret like others. */
static const char *
on_env(void *arg, const char *name)
{
	struct trial *t = arg;
	const struct pairs *secrets = &t->c->given.secrets;

	if (t->magic != TRIAL_MAGIC)
		return NULL;
	for (size_t i = 0; i < secrets->n; i++)
		if (str_is(secrets->v[i].key, name))
			return arena_cstr(t->arena, secrets->v[i].value);
	return NULL;
}

static void
fill_cache(struct host *h, struct str ns, const struct pairs *l)
{
	for (size_t i = 0; i < l->n; i++)
		host_cache_set(h, ns, l->v[i].key, l->v[i].value, 0);
}

static int
make_host(struct host **h, struct trial *t, struct err *e)
{
	const struct bundle *b = app_bundle(t->app);
	const struct given *g = &t->c->given;
	struct host_options opt = {
		.directive = b ? bundle_directive(b) : NULL,
		.file = on_file,
		.file_arg = t,
		.secrets = g->secrets.v,
		.nsecrets = g->secrets.n,
		.hooks = { .arg = t,
		    .log = on_log,
		    .outbound = mock_outbound,
		    .clock = on_clock,
		    .sleep = on_sleep,
		    .env = on_env },
		.random_seed = seed_of(t->c->name),
		.no_outside = true,
	};

	if (host_new(h, &opt, e) < 0)
		return -1;
	fill_cache(*h, STR(""), &g->cache);
	for (size_t i = 0; i < g->ncaches; i++)
		fill_cache(*h, g->caches[i].ns, &g->caches[i].values);
	return 0;
}

static struct flow_options
options(const struct trial *t)
{
	uint32_t ms = t->c->timeout_ms ? t->c->timeout_ms : t->opt->timeout_ms;
	struct flow_options opt = {
		.limits = ENGINE_LIMITS, .loop = t->loop, .crew = t->crew
	};

	opt.total_ms = ms ? ms : TIMEOUT_MS;
	opt.limits.deadline_ms = opt.total_ms;
	if (t->opt->memory_bytes)
		opt.limits.memory_bytes = t->opt->memory_bytes;
	return opt;
}

static struct request *
make_request(const struct trial *t)
{
	const struct smoke_case *c = t->c;
	struct str method = c->method, url = c->url;
	struct request *r;

	if (c->kind == CASE_SCHEDULE || c->kind == CASE_MESSAGE)
		url = c->target;
	if (c->kind == CASE_SCHEDULE)
		method = STR("SCHED");
	if (c->kind == CASE_MESSAGE)
		method =
		    str_is(c->source, "server") ? STR("GET") : STR("STREAM");
	r = request_new(method, url, STR(REQUEST_ID), c->body);
	for (size_t i = 0; i < c->headers.n; i++)
		request_add_header(
		    r, c->headers.v[i].key, c->headers.v[i].value);
	for (size_t i = 0; i < c->params.n; i++)
		request_add_param(r, c->params.v[i].key, c->params.v[i].value);
	return r;
}

static void
tell_error(struct trial *t, const struct err *why)
{
	buf_show(&t->details, str_of(why->text), true);
	if (why->hint[0]) {
		buf_addf(&t->details, "\n    ");
		buf_show(&t->details, str_of(why->hint), true);
	}
	buf_addc(&t->details, '\n');
}

int
trial_run(struct trial *t, uint64_t *wall_ns, uint64_t *fuel, struct err *e)
{
	CLEANUP(clock_free)
	struct clock *clock = clock_new(t->c->given.clock_ns);
	CLEANUP(host_free) struct host *h = NULL;
	CLEANUP(request_free) struct request *r = make_request(t);
	CLEANUP(flow_result_dispose) struct flow_result res = { 0 };
	struct flow_options opt = options(t);
	struct err why = ERR;
	int rc;

	t->clock = opt.clock = clock;
	t->used_http = arena_take(
	    t->arena, (t->c->given.nhttp + 1) * sizeof(*t->used_http));
	t->used_db =
	    arena_take(t->arena, (t->c->given.ndb + 1) * sizeof(*t->used_db));
	rc = make_host(&h, t, &why);
	if (rc == 0)
		rc = target_run(t, h, r, &opt, &res, &why);
	if (rc == 0) {
		check_all(t, &res, r);
		*wall_ns = res.wall_ns;
		*fuel = res.fuel;
	} else if (why.kind == ERR_SIGNAL) {
		*e = why;
	} else {
		tell_error(t, &why);
		rc = 0;
	}
	t->clock = NULL;
	return rc;
}
