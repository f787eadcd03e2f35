/* SPDX-License-Identifier: Apache-2.0 */
/* Find the function that `subo run` is to run, and its static files. */
#include <string.h>
#include <sys/stat.h>

#include "cmd.h"
#include "os/os.h"
#include "run.h"

#define MAX_LISTED 20u

void
run_target_dispose(struct run_target *t)
{
	buf_free(&t->file);
	bundle_free(&t->bundle);
	project_free(&t->project);
	arena_free(&t->arena);
}

static int
read_module(struct run_target *t, const char *path, struct err *e)
{
	t->file.max = RUN_MAX_MODULE;
	if (os_read(&t->file, path, e) < 0)
		return -1;
	t->wasm = buf_str(&t->file);
	return 0;
}

static int
from_file(struct run_target *t, const char *path, struct err *e)
{
	struct str name = str_of(path);
	const char *slash = strrchr(path, '/');

	if (slash)
		name = str_of(slash + 1);
	name.n -= strlen(".wasm");
	t->name = arena_copy(t->arena, name);
	t->ns = STR("default");
	return read_module(t, path, e);
}

/* ---- in a bundle ---- */

static struct str
space(const struct function_info *f)
{
	return str_is(f->ns, "default") ? STR("") : f->ns;
}

static int
hint_names(
    const struct function_info *f, size_t n, const char *before, struct err *e)
{
	CLEANUP(buf_free) struct buf list = BUF(1000);

	for (size_t i = 0; i < n && i < MAX_LISTED; i++)
		buf_addf(&list, "%s" STR_F "%s" STR_F, i > 0 ? ", " : "",
		    STR_A(space(&f[i])), space(&f[i]).n > 0 ? "::" : "",
		    STR_A(f[i].name));
	return err_hint(e, "%s: %s%s", before, buf_cstr(&list),
	    n > MAX_LISTED ? ", ..." : "");
}

static int
name_one(
    const struct function_info *f, size_t n, const char *where, struct err *e)
{
	if (n == 0)
		return err_set(e, ERR_MISSING, "%s has no function", where);
	(void)err_set(e, ERR_USAGE, "%s has %zu functions", where, n);
	return hint_names(f, n, "name one", e);
}

static int
unknown(const struct function_info *f, size_t n, const char *what,
    const char *where, struct err *e)
{
	struct str *names = mem_take((n + 1) * sizeof(*names)), near;

	for (size_t i = 0; i < n; i++)
		names[i] = f[i].name;
	near = diag_nearest(str_of(what), names, n);
	mem_free(names);
	(void)err_set(e, ERR_MISSING, "no function '%s' in %s", what, where);
	if (near.n > 0)
		return err_hint(e, "subo run " STR_F, STR_A(near));
	return n > 0 ? hint_names(f, n, "there are", e) : -1;
}

static int
open_trusted(struct bundle **out, const char *path,
    const struct trust_opts *trust, struct err *e)
{
	CLEANUP(trusting_close) struct trusting t = { 0 };
	CLEANUP(buf_free) struct buf bytes = BUF(0);

	if (!trust_opts_given(trust))
		return bundle_open(out, path, e);
	if (trusting_open(&t, trust, e) < 0 || bundle_read(&bytes, path, e) < 0)
		return -1;
	return trusting_verify(out, &bytes, path, &t, e);
}

static int
from_bundle(struct run_target *t, const char *what, const char *path,
    const struct trust_opts *trust, struct err *e)
{
	const struct directive *d;
	const struct function_info *f;

	if (open_trusted(&t->bundle, path, trust, e) < 0)
		return -1;
	d = bundle_directive(t->bundle);
	t->directive = d;
	if (!what && d->nfunctions != 1)
		return name_one(d->functions, d->nfunctions, path, e);
	f = what ? directive_find(d, d->functions, d->nfunctions, str_of(what))
		 : &d->functions[0];
	if (!f)
		return unknown(d->functions, d->nfunctions, what, path, e);
	if (!bundle_module(t->bundle, f, &t->wasm))
		return err_set(e, ERR_INPUT,
		    "%s lacks the module of '" STR_F "'", path, STR_A(f->name));
	t->name = f->name;
	t->ns = f->ns;
	t->info = f;
	return 0;
}

/* ---- in a project ---- */

static int
from_project(
    struct run_target *t, const struct project_function *f, struct err *e)
{
	const char *root = project_root(t->project), *dir;

	t->directive = project_directive(t->project);
	t->name = f->info.name;
	t->ns = f->info.ns;
	t->info = &f->info;
	dir = arena_printf(t->arena, "%s/static", root);
	if (os_is_dir(dir))
		t->static_dir = dir;
	t->raw = arena_printf(t->arena,
	    "%s/.subo/build/" STR_F "." STR_F "/raw.wasm", root,
	    STR_A(f->info.ns), STR_A(f->info.name));
	if (read_module(t, f->wasm, e) == 0)
		return 0;
	if (e->kind != ERR_MISSING)
		return -1;
	(void)err_set(e, ERR_MISSING, "function '" STR_F "' is not built yet",
	    STR_A(f->info.name));
	return err_hint(e, "subo build");
}

static int
choose(struct run_target *t, struct err *e)
{
	size_t n = project_count(t->project);
	struct function_info *f;
	int rc;

	if (n == 1)
		return from_project(t, project_at(t->project, 0), e);
	f = arena_take(t->arena, (n + 1) * sizeof(*f));
	for (size_t i = 0; i < n; i++)
		f[i] = project_at(t->project, i)->info;
	rc = name_one(f, n, "the project", e);
	return rc;
}

static int
missing(struct run_target *t, const char *what, struct err *e)
{
	size_t n = project_count(t->project);
	struct function_info *f = arena_take(t->arena, (n + 1) * sizeof(*f));

	for (size_t i = 0; i < n; i++)
		f[i] = project_at(t->project, i)->info;
	return unknown(f, n, what, "this project", e);
}

static int
open_project(struct run_target *t, const char *dir, struct err *e)
{
	struct diags *ds = diags_new();
	int rc = project_open(&t->project, dir, ds, e);

	/* What is wrong elsewhere in the project is for `subo check`. */
	if (rc < 0 && diags_errors(ds) > 0)
		ui_diags(ds);
	diags_free(&ds);
	return rc;
}

static int
from_folder(struct run_target *t, const char *dir, struct err *e)
{
	const struct project_function *f;

	if (open_project(t, dir, e) < 0)
		return -1;
	f = project_here(t->project);
	return f ? from_project(t, f, e) : choose(t, e);
}

static int
from_name(struct run_target *t, const char *name,
    const struct trust_opts *trust, struct err *e)
{
	const struct project_function *f;
	struct err why = ERR;

	if (open_project(t, ".", &why) < 0) {
		/* A project that cannot be read is not another's bundle: the
		 * rules of an old one must not stand for it. */
		if (why.kind == ERR_MISSING && os_exists(PROJECT_BUNDLE))
			return from_bundle(t, name, PROJECT_BUNDLE, trust, e);
		if (why.kind == ERR_MISSING && os_is_dir(name))
			return from_folder(t, name, e);
		*e = why;
		return -1;
	}
	f = project_find(t->project, str_of(name));
	if (f)
		return from_project(t, f, e);
	if (!os_is_dir(name))
		return missing(t, name, e);
	project_free(&t->project);
	return from_folder(t, name, e);
}

int
run_find(struct run_target *t, const char *what, const char *bundle,
    const struct trust_opts *trust, struct err *e)
{
	*t = (struct run_target){ .arena = arena_new() };
	if (bundle)
		return from_bundle(t, what, bundle, trust, e);
	if (!what)
		return from_folder(t, ".", e);
	if (str_ends(str_of(what), ".wasm"))
		return from_file(t, what, e);
	if (str_ends(str_of(what), ".zip") && os_exists(what))
		return from_bundle(t, NULL, what, trust, e);
	if (strchr(what, '/') && os_exists(what) && !os_is_dir(what)) {
		(void)err_set(e, ERR_USAGE,
		    "'%s' is no function, module (.wasm) or bundle (.zip)",
		    what);
		return err_hint(e, "name the function, or its folder");
	}
	if (strchr(what, '/') || strcmp(what, ".") == 0 ||
	    strcmp(what, "..") == 0)
		return from_folder(t, what, e);
	return from_name(t, what, trust, e);
}

/* ---- static files ---- */

/* The same names as in a bundle, and nothing that leaves the folder. */
static bool
is_below(struct str name)
{
	struct str part;

	if (name.n == 0 || name.n > 1000)
		return false;
	while (name.n > 0) {
		str_cut(&name, '/', &part);
		if (part.n == 0 || str_is(part, ".") || str_is(part, ".."))
			return false;
	}
	return true;
}

static int
read_static(struct buf *b, const struct run_target *t, const char *under,
    struct str name)
{
	struct err ignored = ERR;

	return os_read(b,
	    arena_printf(
		t->arena, "%s/%s" STR_F, t->static_dir, under, STR_A(name)),
	    &ignored);
}

bool
run_file(void *target, struct str name, struct str *data)
{
	CLEANUP(buf_free) struct buf b = BUF(RUN_MAX_MODULE);
	struct run_target *t = target;

	if (!t->static_dir)
		return t->bundle && bundle_static(t->bundle, name, data);
	name = bundle_static_name(name);
	/* In a bundle static/static/a and static/a have one name. */
	if (!is_below(name) ||
	    (read_static(&b, t, "", name) < 0 &&
		read_static(&b, t, "static/", name) < 0))
		return false;
	*data = arena_copy(t->arena, buf_str(&b));
	return true;
}
