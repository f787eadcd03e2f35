/* SPDX-License-Identifier: Apache-2.0 */
/* Apps, and the sites they are in. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "serve/parts.h"

const uint64_t bucket_us[BUCKETS - 1] = { 100, 250, 500, 1000, 2500, 5000,
	10000, 25000, 100000, 500000, 2500000 };

void
tally_add(_Atomic uint64_t *v, uint64_t n)
{
	atomic_store_explicit(v,
	    atomic_load_explicit(v, memory_order_relaxed) + n,
	    memory_order_relaxed);
}

void
tally_note(struct tally *t, int status, uint64_t ns)
{
	size_t b = 0, class = (size_t)status / 100;

	while (b < BUCKETS - 1 && ns > bucket_us[b] * 1000)
		b++;
	tally_add(&t->n[class < CLASSES ? class : CLASSES - 1], 1);
	tally_add(&t->ns, ns);
	tally_add(&t->bucket[b], 1);
}

/* ---- which functions ran ---- */

static struct fn_name *
name_place(const struct serve_app *a, struct str name)
{
	size_t at = str_hash(STR_HASH, name) & (a->nnames - 1);

	while (a->names[at].name.n > 0 && !str_eq(a->names[at].name, name))
		at = (at + 1) & (a->nnames - 1);
	return &a->names[at];
}

static size_t
each_call(struct serve_app *a, const struct step *steps, size_t nsteps)
{
	const struct directive *d = a->d;
	const struct function_info *f;
	size_t n = 0;

	for (size_t i = 0; i < nsteps; i++) {
		n += steps[i].ncalls;
		for (size_t k = 0; a->names && k < steps[i].ncalls; k++) {
			struct str fn = steps[i].calls[k].fn;

			f = fn.n > 0
			    ? directive_find(d, d->functions, d->nfunctions, fn)
			    : NULL;
			if (f)
				*name_place(a, fn) = (struct fn_name){ fn,
					(size_t)(f - d->functions) };
		}
	}
	return n;
}

static size_t
all_calls(struct serve_app *a)
{
	const struct directive *d = a->d;
	size_t n = 0;

	for (size_t i = 0; i < d->nhandlers; i++)
		n += each_call(a, d->handlers[i].steps, d->handlers[i].nsteps);
	for (size_t i = 0; i < d->nschedules; i++)
		n +=
		    each_call(a, d->schedules[i].steps, d->schedules[i].nsteps);
	return n;
}

static void
index_names(struct serve_app *a)
{
	size_t n = all_calls(a);

	a->nnames = 2;
	while (a->nnames < 2 * n)
		a->nnames *= 2;
	a->names = mem_take(a->nnames * sizeof(*a->names));
	(void)all_calls(a);
}

void
fns_count(struct serve_app *a, unsigned loop, const struct flow_result *res)
{
	const struct directive *d = a->d;

	for (size_t i = 0; i < res->nsteps; i++) {
		const struct flow_step *s = &res->steps[i];
		const struct fn_name *name = name_place(a, s->fn);
		size_t at = name->fn;
		struct fn_tally *t;

		if (s->skipped || s->id == 0)
			continue;
		if (name->name.n == 0) {
			const struct function_info *f = directive_find(
			    d, d->functions, d->nfunctions, s->fn);

			if (!f)
				continue;
			at = (size_t)(f - d->functions);
		}
		t = &a->fns[loop * d->nfunctions + at];
		tally_add(&t->calls, 1);
		tally_add(&t->failed, s->failed);
		tally_add(&t->ns, s->wall_ns);
	}
}

void
fn_full_name(struct buf *out, const struct serve_app *a, size_t fn)
{
	const struct function_info *f = &a->d->functions[fn];

	if (f->fqfn.n > 0) {
		buf_add(out, f->fqfn);
		return;
	}
	buf_add(out, a->d->identifier);
	buf_addf(out, "#" STR_F "::" STR_F "@" STR_F, STR_A(f->ns),
	    STR_A(f->name),
	    STR_A(f->version.n > 0 ? f->version : a->d->app_version));
}

/* ---- apps ---- */

struct serve_app *
app_hold(struct serve_app *a)
{
	atomic_fetch_add(&a->refs, 1);
	return a;
}

void
app_drop(struct serve_app *a)
{
	if (!a || atomic_fetch_sub(&a->refs, 1) > 1)
		return;
	app_free(&a->app);
	if (a->host && host_has_links(a->host)) {
		keep_host(a->s, a->host, a->bundle);
		a->bundle = NULL;
	} else {
		host_free(&a->host);
	}
	mem_free(a->exact);
	mem_free(a->names);
	mem_free(a->files);
	mem_free(a->loads);
	mem_free(a->tallies);
	mem_free(a->fns);
	bundle_free(&a->bundle);
	mem_free(a);
}

/* The bundle outlives the host: see keep.c. */
static bool
file_of(void *bundle, struct str name, struct str *data)
{
	return bundle_static(bundle, name, data);
}

static const char *
env_of(void *serve, const char *name)
{
	const struct host_hooks *k = &((struct serve *)serve)->opt.host.hooks;

	return k->env(k->arg, name);
}

static int
open_host(struct serve_app *a, struct err *e)
{
	struct host_options o = a->s->opt.host;

	o.directive = a->d;
	o.file = file_of;
	o.file_arg = a->bundle;
	o.hooks = (struct host_hooks){ .arg = a->s,
		.log = log_function,
		.outbound_end = a->s->opt.trace ? trail_outbound : NULL,
		.env = a->s->opt.host.hooks.env ? env_of : NULL };
	return host_new(&a->host, &o, e);
}

static void
index_limits(struct serve_app *a)
{
	const struct directive *d = a->d;
	bool fixed = a->s->opt.fixed_limits & 1u << LIMIT_REQUESTS;
	const struct limits *l;

	a->loads = mem_take((d->nhandlers + 1) * sizeof(*a->loads));
	for (size_t i = 0; i <= d->nhandlers; i++) {
		l = i < d->nhandlers ? &d->handlers[i].limits : &d->limits;
		if (!fixed)
			a->loads[i].most = (unsigned)l->v[LIMIT_REQUESTS];
		if (l->v[LIMIT_BODY_BYTES] &&
		    !(a->s->opt.fixed_limits & 1u << LIMIT_BODY_BYTES))
			a->bodies = true;
		if (i < d->nhandlers && d->handlers[i].type == HANDLER_STREAM)
			a->streams = true;
	}
}

int
app_open(struct serve_app **out, struct serve *s, struct bundle **b,
    const struct digest *digest, struct err *e)
{
	struct serve_app *a = mem_take(sizeof(*a));
	char hex[DIGEST_HEX];

	atomic_store(&a->refs, 1);
	a->s = s;
	a->bundle = *b;
	*b = NULL;
	a->d = bundle_directive(a->bundle);
	digest_hex(digest, hex);
	(void)snprintf(a->digest, sizeof(a->digest), "sha256:%s", hex);
	a->ntallies = a->d->nhandlers + 2;
	a->tallies = mem_take(s->nloops * a->ntallies * sizeof(struct tally));
	a->fns = mem_take(
	    (s->nloops * a->d->nfunctions + 1) * sizeof(struct fn_tally));
	route_index(a);
	index_names(a);
	index_limits(a);
	static_index(a);
	if (app_new(&a->app, s->opt.engine, a->bundle, e) < 0 ||
	    app_load_all(a->app, 0, e) < 0 || open_host(a, e) < 0) {
		app_drop(a);
		return -1;
	}
	*out = a;
	return 0;
}

/* ---- sites ---- */

struct site *
site_hold(struct site *x)
{
	atomic_fetch_add(&x->refs, 1);
	return x;
}

void
site_drop(struct site *x)
{
	if (!x || atomic_fetch_sub(&x->refs, 1) > 1)
		return;
	for (size_t i = 0; i < x->n; i++)
		app_drop(x->apps[i]);
	mem_free(x->apps);
	mem_free(x);
}

static int
by_identifier(const void *key, const void *item)
{
	const struct serve_app *const *a = item;

	return str_cmp(*(const struct str *)key, (*a)->d->identifier);
}

struct serve_app *
site_find(const struct site *x, struct str identifier)
{
	struct serve_app **found = bsearch(&identifier, x->apps, x->n,
	    sizeof(struct serve_app *), by_identifier);

	return found ? *found : NULL;
}
