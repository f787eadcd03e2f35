/* SPDX-License-Identifier: Apache-2.0 */
/* subo check - see subo-check(1). */
#include "check.h"
#include "module/module.h"
#include "os/os.h"

static struct {
	bool strict;
} opt;

static const struct cmd_opt opts[] = {
	{ "strict", 's', OPT_FLAG, &opt.strict, NULL,
	    "let warnings fail the check", VALUE_ANY },
	{ 0 },
};

/* The folder that a file lies in, as its path says it. */
static const char *
folder(struct buf *out, const char *path)
{
	size_t n = (size_t)(check_base(path) - path);

	buf_add(out, (struct str){ path, n > 1 ? n - 1 : n });
	return n > 0 ? buf_cstr(out) : ".";
}

static bool
is_text(const char *path)
{
	struct str s = str_of(path);

	return str_ends(s, ".yaml") || str_ends(s, ".yml");
}

/* What `subo test` would take for one. */
static bool
is_test(const char *path)
{
	struct str s = str_of(path), dir = s;

	dir.n = (size_t)(check_base(path) - path);
	return str_ends(s, ".test.yaml") || str_ends(s, ".test.yml") ||
	    str_is(dir, "tests/") || str_ends(dir, "/tests/");
}

static int
check_text(struct checked *c, const char *path, struct str text, struct err *e)
{
	CLEANUP(buf_free) struct buf dir = BUF(8192);

	if (manifest_is(str_of(check_base(path))))
		return check_manifest(c, path, text, e);
	if (is_test(path))
		return check_tests(c, path, e);
	/* The Directive of a project is checked against its functions. */
	if (strcmp(check_base(path), PROJECT_DIRECTIVE) == 0)
		return check_project(c, folder(&dir, path), e);
	return check_directive(c, path, text, e);
}

/* The module library knows best what a file is that is no module. */
static int
refuse(struct str bytes, const char *path, struct err *e)
{
	CLEANUP(module_free) struct module *m = NULL;

	if (module_read(&m, bytes, e) < 0)
		return err_wrap(e, "'%s'", path);
	return err_set(e, ERR_BUG, "'%s' is a module after all", path);
}

static int
check_file(struct checked *c, const char *path, struct err *e)
{
	CLEANUP(buf_free) struct buf bytes = BUF(BUNDLE_MAX_BYTES);
	struct str all;

	if (os_read(&bytes, path, e) < 0)
		return -1;
	all = buf_str(&bytes);
	if (is_text(path))
		return check_text(c, path, all, e);
	if (str_starts(all, "PK") || str_ends(str_of(path), ".zip"))
		return check_bundle(c, path, all, e);
	c->module = true;
	if (all.n >= 4 && memcmp(all.p, "\0asm", 4) == 0)
		return check_module(c->ds, all, path, path, e);
	(void)refuse(all, path, e);
	return e->hint[0] != '\0'
	    ? -1
	    : err_hint(e,
		  "give a project's folder, a .wasm or .zip file, or "
		  "a Directive.yaml");
}

static int
check_one(struct checked *c, const char *what, struct err *e)
{
	c->what = what;
	if (os_is_dir(what)) {
		c->what = PROJECT_DIRECTIVE;
		return check_project(c, what, e);
	}
	if (!os_exists(what)) {
		(void)err_set(e, ERR_MISSING, "no file or folder '%s'", what);
		return err_hint(e,
		    "give a project's folder, a bundle, a "
		    "module or a Directive.yaml");
	}
	return check_file(c, what, e);
}

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void
add_count(struct buf *out, size_t n, const char *what)
{
	buf_addf(out, "%s%zu %s%s", out->n > 0 ? ", " : "", n, what, plural(n));
}

/* One line: what was looked at, and what came of it. */
static void
summarize(const struct checked *c)
{
	CLEANUP(buf_free) struct buf line = BUF(400);
	size_t errors = diags_errors(c->ds);
	size_t warnings = diags_warnings(c->ds);

	if (!c->module && c->handlers + c->functions > 0) {
		add_count(&line, c->handlers, "handler");
		if (c->schedules > 0)
			add_count(&line, c->schedules, "schedule");
		add_count(&line, c->functions, "function");
	}
	if (c->cases > 0)
		add_count(&line, c->cases, "case");
	if (errors > 0)
		add_count(&line, errors, "error");
	if (warnings > 0)
		add_count(&line, warnings, "warning");
	if (errors + warnings == 0)
		buf_addf(&line, "%sno problems", line.n > 0 ? ", " : "");
	ui_note("%s: %s", c->what, buf_cstr(&line));
	if (c->unbuilt > 0)
		ui_note("%zu function%s without a module; run 'subo build' to "
			"have %s checked",
		    c->unbuilt, plural(c->unbuilt),
		    c->unbuilt == 1 ? "it" : "them");
}

static int
finish(struct checked *c, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	bool ok = diags_errors(c->ds) == 0 &&
	    !(opt.strict && diags_warnings(c->ds) > 0);
	struct tree *t;

	if (cmd_common()->json) {
		diags_sort(c->ds);
		t = ui_json(a, "check", ok);
		tree_put(a, t, "problems", ui_diags_json(a, c->ds));
		ui_json_print(t);
	} else {
		ui_diags(c->ds);
		summarize(c);
	}
	return ok ? 0 : ui_told(e, ERR_FAILED);
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct checked c = { .ds = ds };
	char here[] = ".", *one[] = { here };
	char **what = argc > 0 ? argv : one;
	int n = argc > 0 ? argc : 1;

	for (int i = 0; i < n; i++) {
		if (check_one(&c, what[i], e) == 0)
			continue;
		if (!cmd_common()->json)
			ui_diags(ds);
		return -1;
	}
	if (n > 1) {
		c.what = "in all";
		c.module = false;
	}
	return finish(&c, e);
}

const struct cmd cmd_check = {
	.name = "check",
	.args = "[dir|bundle|module.wasm|Directive.yaml]...",
	.max_args = 1000,
	.value = VALUE_FILE,
	.about = "find what is wrong with a project, bundle or module",
	.group = "Work on it",
	.opts = opts,
	.run = run,
};
