/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of a bundle, found by name and compiled once, when needed. */

#include <pthread.h>
#include <stdatomic.h>

#include "abi/abi.h"
#include "diag/diag.h"
#include "flow/app.h"
#include "flow/flow.h"
#include "flow/run.h"
#include "os/os.h"

struct app_fn {
	struct str name, ns;
	struct str wasm;		  /* of one that was added */
	struct digest digest;		  /* of one of the bundle's */
	const struct function_info *info; /* NULL: it is in no bundle */
	bool there;			  /* the bundle has its module */
	pthread_mutex_t lock; /* held while compiling, guards the rest */
	_Atomic(struct code *) code;
	bool command;
	struct err *why; /* it cannot be compiled: no second try */
};

#define PLANS 1024u /* a power of two */

struct app {
	struct engine *en;
	const struct bundle *b;
	struct app_fn *fns; /* as the Directive's functions */
	size_t nfns;
	pthread_mutex_t plan_lock; /* of adding to: */
	_Atomic(struct plan *) plans[PLANS];
	struct app_fn **added; /* apart, so that none ever moves */
	size_t nadded, cap;
	unsigned instances;
};

static void
fn_init(struct app_fn *f, struct str name, struct str ns)
{
	f->name = name;
	f->ns = ns;
	pthread_mutex_init(&f->lock, NULL);
}

static void
fn_end(struct app_fn *f)
{
	struct code *c = f->code;

	code_free(&c);
	mem_free(f->why);
	pthread_mutex_destroy(&f->lock);
}

int
app_new(
    struct app **out, struct engine *en, const struct bundle *b, struct err *e)
{
	struct app *a = mem_take(sizeof(*a));
	const struct directive *d = b ? bundle_directive(b) : NULL;

	(void)e;
	a->en = en;
	a->b = b;
	a->instances = flow_instances();
	pthread_mutex_init(&a->plan_lock, NULL);
	a->nfns = d ? d->nfunctions : 0;
	a->fns = mem_take((a->nfns + 1) * sizeof(*a->fns));
	for (size_t i = 0; i < a->nfns; i++) {
		const struct function_info *info = &d->functions[i];

		fn_init(&a->fns[i], info->name, info->ns);
		a->fns[i].info = info;
		a->fns[i].there =
		    bundle_module_digest(b, info, &a->fns[i].digest);
	}
	*out = a;
	return 0;
}

void
app_add(struct app *a, struct str name, struct str wasm)
{
	struct app_fn *f = mem_take(sizeof(*f));

	fn_init(f, name, STR("default"));
	f->wasm = wasm;
	f->there = true;
	a->added =
	    mem_grow(a->added, a->nadded, &a->cap, sizeof(struct app_fn *));
	a->added[a->nadded++] = f;
}

void
app_free(struct app **ap)
{
	struct app *a = *ap;

	*ap = NULL;
	if (!a)
		return;
	for (size_t i = 0; i < a->nfns; i++)
		fn_end(&a->fns[i]);
	for (size_t i = 0; i < PLANS; i++) {
		struct plan *p = a->plans[i];

		plan_free(&p);
	}
	pthread_mutex_destroy(&a->plan_lock);
	for (size_t i = 0; i < a->nadded; i++) {
		fn_end(a->added[i]);
		mem_free(a->added[i]);
	}
	mem_free(a->added);
	mem_free(a->fns);
	mem_free(a);
}

unsigned
app_instances(const struct app *a)
{
	return a->instances;
}

const struct bundle *
app_bundle(const struct app *a)
{
	return a->b;
}

/* ---- plans that are kept ---- */

static size_t
slot_of(const struct step *steps)
{
	return (size_t)((uintptr_t)steps * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* The one of these steps, or of none yet.  NULL: there is no more room. */
static _Atomic(struct plan *) *
find_slot(struct app *a, const struct step *steps, struct plan **p)
{
	size_t at = slot_of(steps);

	for (size_t i = 0; i < PLANS; i++) {
		_Atomic(struct plan *) *slot = &a->plans[(at + i) % PLANS];

		*p = atomic_load_explicit(slot, memory_order_acquire);
		if (!*p || (*p)->steps == steps)
			return slot;
	}
	return NULL;
}

int
app_plan(struct app *a, const struct step *steps, size_t nsteps,
    struct str response, struct plan **out, bool *kept, struct err *e)
{
	_Atomic(struct plan *) *slot = find_slot(a, steps, out);
	struct plan *other;

	*kept = slot != NULL;
	if (slot && *out)
		return 0;
	if (plan_make(out, a, steps, nsteps, response, e) < 0) {
		*kept = false;
		return -1;
	}
	pthread_mutex_lock(&a->plan_lock);
	slot = find_slot(a, steps, &other);
	*kept = slot && !other;
	if (*kept)
		atomic_store_explicit(slot, *out, memory_order_release);
	pthread_mutex_unlock(&a->plan_lock);
	return 0;
}

struct str
app_fn_name(const struct app_fn *f)
{
	return f->name;
}

struct str
app_fn_ns(const struct app_fn *f)
{
	return f->ns;
}

struct str
app_fn_wasm(const struct app *a, const struct app_fn *f)
{
	struct str wasm = f->wasm;

	if (f->info)
		(void)bundle_module(a->b, f->info, &wasm);
	return wasm;
}

const struct function_info *
app_fn_info(const struct app_fn *f)
{
	return f->info;
}

bool
app_fn_command(const struct app_fn *f)
{
	return f->command;
}

static int
missing(struct app *a, struct str fn, struct err *e)
{
	struct str *names = mem_take((a->nfns + 1) * sizeof(*names));
	struct str near;

	for (size_t i = 0; i < a->nfns; i++)
		names[i] = a->fns[i].name;
	near = diag_nearest(fn, names, a->nfns);
	mem_free(names);
	err_set(e, ERR_MISSING, "there is no function '" STR_F "'", STR_A(fn));
	if (near.n > 0)
		return err_hint(e, "did you mean '" STR_F "'?", STR_A(near));
	return -1;
}

int
app_find(struct app *a, struct str fn, struct app_fn **out, struct err *e)
{
	const struct directive *d = a->b ? bundle_directive(a->b) : NULL;
	const struct function_info *info;

	for (size_t i = 0; i < a->nadded; i++) {
		*out = a->added[i];
		if (str_eq((*out)->name, fn))
			return 0;
	}
	if (!d)
		return missing(a, fn, e);
	info = directive_find(d, d->functions, d->nfunctions, fn);
	if (!info)
		return missing(a, fn, e);
	*out = &a->fns[info - d->functions];
	if ((*out)->there)
		return 0;
	err_set(e, ERR_MISSING,
	    "the bundle lists function '" STR_F "' but has no module for it",
	    STR_A(fn));
	return err_hint(e, "build the project again: subo build");
}

/* Only those have an environment, and to make one takes time. */
static bool
is_command(const struct code *c)
{
	static const char *const others[][2] = {
		{ "run_e", "(i32, i32, i32) -> ()" },
		{ "run_e", "(i32, i32, i32, i32) -> ()" },
		{ "run_e", "(i32) -> i32" },
		{ "__guest_call", "(i32, i32) -> i32" },
	};

	for (size_t i = 0; i < COUNT(others); i++)
		if (code_has(c, others[i][0], others[i][1]))
			return false;
	return code_has(c, "_start", "() -> ()");
}

/* What was compiled before is found without its module being unpacked. */
static int
load_code(struct code **c, struct app *a, struct app_fn *f, struct err *e)
{
	const struct engine_import *imports = abi_imports();

	if (f->info &&
	    code_load_kept(c, a->en, &f->digest, f->name, imports, e) < 0)
		return -1;
	if (*c)
		return 0;
	return code_load(c, a->en, app_fn_wasm(a, f), f->name, imports, e);
}

static int
compile(struct app *a, struct app_fn *f, struct err *e)
{
	struct code *c = NULL;

	if (load_code(&c, a, f, e) == 0) {
		f->command = is_command(c);
		atomic_store(&f->code, c);
		return 0;
	}
	err_wrap(e, "function '" STR_F "'", STR_A(f->name));
	f->why = mem_take(sizeof(*f->why));
	*f->why = *e;
	return -1;
}

int
app_code(
    struct app *a, struct app_fn *f, const struct code **out, struct err *e)
{
	int rc = 0;

	*out = atomic_load_explicit(&f->code, memory_order_acquire);
	if (*out)
		return 0;
	pthread_mutex_lock(&f->lock);
	if (f->why) {
		*e = *f->why;
		rc = -1;
	} else if (!f->code) {
		rc = compile(a, f, e);
	}
	*out = f->code;
	pthread_mutex_unlock(&f->lock);
	return rc;
}

/* ---- all at once ---- */

#define LOADERS 32u

struct loading {
	struct app *a;
	atomic_size_t next;
	pthread_mutex_t lock; /* of the rest */
	bool failed;
	struct err *e; /* of the first that failed */
};

static struct app_fn *
fn_at(struct app *a, size_t i)
{
	return i < a->nfns ? &a->fns[i] : a->added[i - a->nfns];
}

static void *
load_some(void *arg)
{
	struct loading *l = arg;
	size_t n = l->a->nfns + l->a->nadded, i;
	const struct code *c;
	struct err e = ERR;

	while ((i = atomic_fetch_add(&l->next, 1)) < n) {
		struct app_fn *f = fn_at(l->a, i);

		if (!f->there || app_code(l->a, f, &c, &e) == 0)
			continue;
		pthread_mutex_lock(&l->lock);
		if (!l->failed)
			*l->e = e;
		l->failed = true;
		pthread_mutex_unlock(&l->lock);
		break;
	}
	return NULL;
}

int
app_load_all(struct app *a, unsigned jobs, struct err *e)
{
	struct loading l = { .a = a, .e = e };
	pthread_t threads[LOADERS];
	unsigned n = jobs ? jobs : os_cores(), started = 0;

	if (n > a->nfns + a->nadded)
		n = (unsigned)(a->nfns + a->nadded);
	if (n > LOADERS)
		n = LOADERS;
	pthread_mutex_init(&l.lock, NULL);
	while (started + 1 < n &&
	    pthread_create(&threads[started], NULL, load_some, &l) == 0)
		started++;
	(void)load_some(&l);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&l.lock);
	return l.failed ? -1 : 0;
}

int
app_load(struct app *a, struct str fn, struct err *e)
{
	const struct code *c;
	struct app_fn *f;

	if (fn.n == 0)
		return app_load_all(a, 1, e);
	if (app_find(a, fn, &f, e) < 0)
		return -1;
	return app_code(a, f, &c, e);
}

bool
app_file(void *app, struct str name, struct str *data)
{
	const struct app *a = app;

	return a->b && bundle_static(a->b, name, data);
}
