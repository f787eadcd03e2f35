/* SPDX-License-Identifier: Apache-2.0 */
/* subo inspect - see subo-inspect(1). */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "inspect.h"
#include "os/os.h"
#include "project/project.h"

#define MAX_OUTPUT (256u << 20)

static struct {
	uint64_t top;
} opt = { .top = 10 };

static const struct cmd_opt opts[] = {
	{ "top", 'n', OPT_NUMBER, &opt.top, "N",
	    "show the N biggest functions, 0 for all (default: 10)",
	    VALUE_ANY },
	{ 0 },
};

static int
show_module(struct str wasm, const char *path, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf out = BUF(MAX_OUTPUT);
	CLEANUP(module_free) struct module *m = NULL;
	struct tree *t;

	if (module_read(&m, wasm, e) < 0)
		return err_wrap(e, "'%s'", path);
	if (cmd_common()->json) {
		t = ui_json(a, "inspect", true);
		tree_put(a, t, "module",
		    inspect_module_json(a, m, str_of(path), opt.top));
		ui_json_print(t);
		return 0;
	}
	inspect_module(&out, m, str_of(path), opt.top);
	fwrite(buf_cstr(&out), 1, out.n, stdout);
	return 0;
}

static int
show_bundle(const struct bundle *b, const char *path, uint64_t bytes)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf out = BUF(MAX_OUTPUT);
	struct tree *t;

	if (cmd_common()->json) {
		t = ui_json(a, "inspect", true);
		tree_put(a, t, "bundle",
		    inspect_bundle_json(a, b, str_of(path), bytes));
		ui_json_print(t);
		return 0;
	}
	inspect_bundle(&out, b, str_of(path), bytes);
	fwrite(buf_cstr(&out), 1, out.n, stdout);
	return 0;
}

/* A bundle begins as every zip file does; all else must be a module. */
static int
show_file(const char *path, struct err *e)
{
	CLEANUP(buf_free) struct buf bytes = BUF(BUNDLE_MAX_BYTES);
	CLEANUP(bundle_free) struct bundle *b = NULL;

	if (os_read(&bytes, path, e) < 0)
		return -1;
	if (!str_starts(buf_str(&bytes), "PK"))
		return show_module(buf_str(&bytes), path, e);
	if (bundle_open_bytes(&b, buf_str(&bytes), path, e) < 0)
		return -1;
	return show_bundle(b, path, bytes.n);
}

/* ---- what lies in a project ---- */

static int
not_built(const struct project_function *f, struct err *e)
{
	(void)err_set(e, ERR_MISSING, "function '" STR_F "' is not built yet",
	    STR_A(f->info.name));
	return err_hint(e, "subo build");
}

/* Where the bundle of dir's project is; when only is given and dir is a
 * function's folder, it is set instead, to that function's module. */
static int
find_bundle(struct buf *path, struct buf *only, const char *dir, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	CLEANUP(buf_free) struct buf root = BUF(8192);
	const struct project_function *f;

	if (project_open(&p, dir, ds, e) < 0)
		return -1;
	f = only ? project_here(p) : NULL;
	if (f && (!project_directive(p) || strcmp(f->rel, ".") != 0)) {
		buf_add(only, str_of(ui_path(f->wasm)));
		return os_exists(f->wasm) ? 0 : not_built(f, e);
	}
	buf_addf(&root, "%s/%s", project_root(p), PROJECT_BUNDLE);
	buf_add(path, str_of(ui_path(buf_cstr(&root))));
	if (os_exists(buf_cstr(path)))
		return 0;
	(void)err_set(e, ERR_MISSING, "no bundle '%s'", buf_cstr(path));
	return err_hint(e, "make it with 'subo build'");
}

static int
show_dir(const char *dir, struct err *e)
{
	CLEANUP(buf_free) struct buf path = BUF(8192);
	CLEANUP(buf_free) struct buf only = BUF(8192);

	if (find_bundle(&path, &only, dir, e) < 0)
		return -1;
	return show_file(buf_cstr(only.n > 0 ? &only : &path), e);
}

static int
unknown(const struct directive *d, const char *name, const char *path,
    struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct str *names = arena_take(a, (d->nfunctions + 1) * sizeof(*names));
	struct str near;

	for (size_t i = 0; i < d->nfunctions; i++)
		names[i] = d->functions[i].name;
	near = diag_nearest(str_of(name), names, d->nfunctions);
	(void)err_set(e, ERR_MISSING,
	    "no file '%s', and no function of that "
	    "name in '%s'",
	    name, path);
	if (near.n > 0)
		return err_hint(e, "did you mean '" STR_F "'?", STR_A(near));
	return -1;
}

/* As steps name it; or by its name alone, when only one namespace has it. */
static const struct function_info *
find(const struct directive *d, struct str name)
{
	const struct function_info *f =
	    directive_find(d, d->functions, d->nfunctions, name);
	size_t n = 0;

	for (size_t i = 0; !f && i < d->nfunctions; i++)
		n += str_eq(d->functions[i].name, name);
	for (size_t i = 0; n == 1 && i < d->nfunctions; i++)
		if (str_eq(d->functions[i].name, name))
			f = &d->functions[i];
	return f;
}

static int
show_function(const char *name, struct err *e)
{
	CLEANUP(buf_free) struct buf path = BUF(8192);
	CLEANUP(bundle_free) struct bundle *b = NULL;
	CLEANUP(arena_free) struct arena *a = arena_new();
	const struct function_info *f;
	const struct directive *d;
	struct err why = ERR;
	struct str wasm;

	if (find_bundle(&path, NULL, ".", &why) < 0) {
		(void)err_set(e, ERR_MISSING,
		    "no file '%s', and functions of "
		    "a project are not to be seen here: %s",
		    name, why.text);
		return why.hint[0] != '\0' ? err_hint(e, "%s", why.hint) : -1;
	}
	if (bundle_open(&b, buf_cstr(&path), e) < 0)
		return -1;
	d = bundle_directive(b);
	f = find(d, str_of(name));
	if (!f)
		return unknown(d, name, buf_cstr(&path), e);
	if (!bundle_module(b, f, &wasm))
		return err_set(e, ERR_INPUT, "'%s' lacks the module of '%s'",
		    buf_cstr(&path), name);
	return show_module(wasm,
	    arena_printf(a, "%s: %s", buf_cstr(&path),
		bundle_module_name(a, f->ns, f->name)),
	    e);
}

static int
run(int argc, char **argv, struct err *e)
{
	const char *what = argc > 0 ? argv[0] : ".";

	if (os_is_dir(what))
		return show_dir(what, e);
	if (os_exists(what))
		return show_file(what, e);
	if (strchr(what, '/') || str_ends(str_of(what), ".wasm") ||
	    str_ends(str_of(what), ".zip"))
		return err_set(e, ERR_MISSING, "no file '%s'", what);
	return show_function(what, e);
}

const struct cmd cmd_inspect = {
	.name = "inspect",
	.args = "[file|function|dir]",
	.max_args = 1,
	.value = VALUE_FUNCTION,
	.about = "show what a module or bundle holds",
	.group = "Look into it",
	.opts = opts,
	.run = run,
};
