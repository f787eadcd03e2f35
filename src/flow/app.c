/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of a bundle, found by name and compiled once, when needed. */

#include <pthread.h>

#include "abi/abi.h"
#include "diag/diag.h"
#include "flow/app.h"
#include "flow/flow.h"

struct app_fn {
	struct str name, ns;
	struct str wasm;
	const struct function_info *info; /* NULL: it is in no bundle */
	bool there;			  /* the bundle has its module */
	pthread_mutex_t lock; /* held while compiling, guards the rest */
	struct code *code;
	bool command;
	struct err *why; /* it cannot be compiled: no second try */
};

struct app {
	struct engine *en;
	const struct bundle *b;
	struct app_fn *fns; /* as the Directive's functions */
	size_t nfns;
	struct app_fn **added; /* apart, so that none ever moves */
	size_t nadded, cap;
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
	code_free(&f->code);
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
	a->nfns = d ? d->nfunctions : 0;
	a->fns = mem_take((a->nfns + 1) * sizeof(*a->fns));
	for (size_t i = 0; i < a->nfns; i++) {
		const struct function_info *info = &d->functions[i];

		fn_init(&a->fns[i], info->name, info->ns);
		a->fns[i].info = info;
		a->fns[i].there = bundle_module(b, info, &a->fns[i].wasm);
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
	for (size_t i = 0; i < a->nadded; i++) {
		fn_end(a->added[i]);
		mem_free(a->added[i]);
	}
	mem_free(a->added);
	mem_free(a->fns);
	mem_free(a);
}

const struct bundle *
app_bundle(const struct app *a)
{
	return a->b;
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
app_fn_wasm(const struct app_fn *f)
{
	return f->wasm;
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

static int
compile(struct app *a, struct app_fn *f, struct err *e)
{
	if (code_load(&f->code, a->en, f->wasm, f->name, abi_imports(), e) ==
	    0) {
		f->command = is_command(f->code);
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

static int
load_all(struct app *a, struct err *e)
{
	const struct code *c;

	for (size_t i = 0; i < a->nfns; i++)
		if (a->fns[i].there && app_code(a, &a->fns[i], &c, e) < 0)
			return -1;
	for (size_t i = 0; i < a->nadded; i++)
		if (app_code(a, a->added[i], &c, e) < 0)
			return -1;
	return 0;
}

int
app_load(struct app *a, struct str fn, struct err *e)
{
	const struct code *c;
	struct app_fn *f;

	if (fn.n == 0)
		return load_all(a, e);
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
