/* SPDX-License-Identifier: Apache-2.0 */
/* The server of `subo dev`, which goes on whatever happens to the project. */
#include <stdio.h>
#include <string.h>

#include "dev_parts.h"
#include "os/os.h"

/* Each has an instance reserved, and each of those makes the start of a
 * compiler slower: the kernel copies the map of our memory. */
#define REQUESTS 128u

/* ---- what it is asked ---- */

/* Nothing was built yet, or nothing that could be served. */
static void
answer_nothing(struct dev *d, struct http_exchange *x)
{
	CLEANUP(buf_free) struct buf text = BUF(1u << 16);
	CLEANUP(buf_free) struct buf problem = BUF(1u << 16);
	struct http_field fields[] = {
		{ STR("Content-Type"), STR("text/plain; charset=utf-8") },
		{ STR("Retry-After"), STR("1") },
		{ STR("Cache-Control"), STR("no-store") },
		{ STR("X-Subo-Error"), STR("building") },
	};

	pthread_mutex_lock(&d->lock);
	buf_addf(&problem, "%s", d->problem ? d->problem : "");
	pthread_mutex_unlock(&d->lock);
	buf_addf(&text, "nothing is served yet%s%s\n",
	    problem.n > 0 ? ", the build failed: " : ": building",
	    buf_cstr(&problem));
	if (problem.n > 0)
		fields[3].value = buf_str(&problem);
	http_answer(x,
	    &(struct http_answer){ .status = 503,
		.fields = fields,
		.nfields = COUNT(fields),
		.body = buf_str(&text) });
}

static bool
on_hook(void *arg, struct http_exchange *x)
{
	struct dev *d = arg;

	if (studio_hook(d->studio, x))
		return true;
	if (serve_napps(d->serve) > 0)
		return false;
	answer_nothing(d, x);
	return true;
}

static void
on_gone(void *arg, struct http_exchange *x)
{
	struct dev *d = arg;

	studio_gone(d->studio, x);
}

static const char *
on_env(void *arg, const char *name)
{
	(void)arg;
	return world_env(name);
}

/* ---- its parts ---- */

static int
give_secrets(struct dev *d, struct err *e)
{
	const struct opt_list *given = &d->flags->serve.secrets;

	for (size_t i = 0; i < given->n; i++) {
		struct pair *p = &d->secrets[i];

		p->value = str_of(given->v[i]);
		if (!str_cut(&p->value, '=', &p->key) || p->key.n == 0)
			return err_set(
			    e, ERR_USAGE, "--secret wants NAME=VALUE");
	}
	d->options.host.secrets = d->secrets;
	d->options.host.nsecrets = given->n;
	return 0;
}

/* Limits of the Directive as it is now; one that cannot be read has none. */
static void
take_limits(struct dev *d)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	struct err ignored = ERR;

	d->given = d->options;
	if (project_open(&p, d->root, ds, &ignored) == 0 &&
	    project_directive(p))
		serve_take_limits(&d->options, project_directive(p));
	d->taken = d->options;
	if (d->options.limits.requests == 0)
		d->options.limits.requests = REQUESTS;
	serve_limits_fit(&d->options, serve_memory());
}

static int
make_engine(struct dev *d, struct err *e)
{
	struct engine_options eo = { .pooling = true };

	eo.instances = serve_instances(&d->options.limits);
	if (world_cache(&d->cache_dir, "code", e) < 0)
		return -1;
	eo.cache_dir = buf_cstr(&d->cache_dir);
	return engine_new(&d->engine, &eo, e);
}

static int
make_trace(struct dev *d, struct err *e)
{
	struct trace_options to = { 0 };
	struct studio_options so = { .page = true, .root = d->root };

	if (trace_new(&d->trace, &to, e) < 0)
		return -1;
	so.trace = d->trace;
	return studio_new(&d->studio, &so, e);
}

int
dev_server_options(struct dev *d, struct err *e)
{
	if (serve_where(&d->where, &d->flags->serve, e) < 0 ||
	    serve_limits_given(&d->options, &d->flags->serve, e) < 0)
		return -1;
	return give_secrets(d, e);
}

int
dev_server_begin(struct dev *d, struct err *e)
{
	struct serve_options *o = &d->options;

	take_limits(d);
	if (make_engine(d, e) < 0 || make_trace(d, e) < 0 ||
	    crew_new(&d->crew, d->where.workers, e) < 0 ||
	    crew_new(&d->heavy, d->where.workers, e) < 0)
		return -1;
	crew_set_idle(d->heavy);
	o->engine = d->engine;
	o->crew = d->crew;
	o->heavy = d->heavy;
	o->host.hooks.env = on_env;
	o->host.cache_file = d->flags->serve.cache;
	o->schedules = !d->flags->serve.no_schedules;
	o->log = SERVE_LOG_JSON;
	o->log_level = d->where.log_level;
	o->line = dev_line;
	o->trace = d->trace;
	o->show_digest = true;
	o->hook = on_hook;
	o->hook_gone = on_gone;
	o->arg = d;
	if (serve_new(&d->serve, o, e) < 0)
		return -1;
	studio_attach(d->studio, d->serve);
	return 0;
}

void
dev_server_end(struct dev *d)
{
	struct err ignored = ERR;

	serve_free(&d->serve);
	studio_free(&d->studio);
	crew_free(&d->crew);
	crew_free(&d->heavy);
	trace_free(&d->trace);
	engine_free(&d->engine);
	if (d->socket.n > 0 && os_remove(buf_cstr(&d->socket), &ignored) < 0)
		ui_warn("%s", ignored.text);
	buf_free(&d->socket);
	buf_free(&d->cache_dir);
}

/* ---- swapping ---- */

/* A bundle, or the only function of a folder without a Directive, which then
 * answers whatever it is asked. */
static int
open_built(struct bundle **out, const struct project *p,
    const struct build_result *res, struct err *e)
{
	if (res->bundled)
		return bundle_open(out, res->bundle, e);
	if (!project_directive(p) && project_count(p) == 1)
		return serve_bare(out, project_at(p, 0)->wasm, e);
	err_set(
	    e, ERR_MISSING, "'%s' has no " PROJECT_DIRECTIVE, project_root(p));
	return err_hint(e,
	    "it says which requests call which functions; 'subo create "
	    "project NAME' begins one");
}

/* Who changes them should know when they count. */
static void
compare_limits(struct dev *d, const struct directive *now)
{
	struct serve_options o = d->given;

	serve_take_limits(&o, now);
	if (d->told_limits ||
	    (memcmp(&o.limits, &d->taken.limits, sizeof(o.limits)) == 0 &&
		memcmp(&o.http, &d->taken.http, sizeof(o.http)) == 0))
		return;
	d->told_limits = true;
	dev_talk(d);
	ui_warn("the Directive's limits have changed: they count when 'subo "
		"dev' is started again");
	dev_talked(d);
}

/* The tests of a function alone find it by its name. */
static void
keep_module(
    struct dev *d, const struct project *p, const struct build_result *res)
{
	const struct project_function *f = project_at(p, 0);

	pthread_mutex_lock(&d->lock);
	snprintf(d->bundle, sizeof(d->bundle), "%s",
	    res->bundled ? res->bundle : f->wasm);
	d->module[0] = '\0';
	if (!res->bundled)
		snprintf(
		    d->module, sizeof(d->module), STR_F, STR_A(f->info.name));
	pthread_mutex_unlock(&d->lock);
}

int
dev_swap(struct dev_round *r, struct project *p, const struct build_result *res,
    struct err *e)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	uint64_t begin = os_now_ns();
	struct dev *d = r->d;
	struct digest digest;

	if (open_built(&b, p, res, e) < 0)
		return -1;
	compare_limits(d, bundle_directive(b));
	digest = *bundle_digest(b);
	digest_hex(&digest, r->digest);
	pthread_mutex_lock(&d->lock);
	r->same = strcmp(d->digest, r->digest) == 0;
	pthread_mutex_unlock(&d->lock);
	if (r->same)
		return 0;
	if (serve_put(d->serve, &b, &digest, true, e) < 0)
		return -1;
	r->swapped = true;
	r->swap_ns = os_now_ns() - begin;
	pthread_mutex_lock(&d->lock);
	memcpy(d->digest, r->digest, sizeof(d->digest));
	pthread_mutex_unlock(&d->lock);
	keep_module(d, p, res);
	serve_set_ready(d->serve, true);
	return 0;
}
