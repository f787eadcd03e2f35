/* SPDX-License-Identifier: Apache-2.0 */
#include "graph_source.h"

#include "check.h"
#include "os/os.h"

/* What is wrong is told as `subo check` tells it. */
static int
refuse(struct diags *ds, struct err *e)
{
	if (cmd_common()->json) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct tree *t = ui_json(a, "graph", false);

		diags_sort(ds);
		tree_put(a, t, "problems", ui_diags_json(a, ds));
		ui_json_print(t);
	} else {
		ui_diags(ds);
	}
	return ui_told(e, ERR_FAILED);
}

static int
open_project(
    struct graph_source *s, const char *dir, struct diags *ds, struct err *e)
{
	struct checked c = { .ds = ds, .what = dir };

	/* The check knows how a file is told that is no YAML at all. */
	if (project_open(&s->project, dir, ds, e) < 0)
		return e->kind == ERR_INPUT && check_project(&c, dir, e) == 0
		    ? refuse(ds, e)
		    : -1;
	s->directive = project_directive(s->project);
	if (!s->directive) {
		(void)err_set(e, ERR_MISSING, "no Directive.yaml in '%s'",
		    ui_path(project_root(s->project)));
		return err_hint(
		    e, "subo create handler /hello --steps NAME makes one");
	}
	project_check(s->project, ds);
	return diags_errors(ds) > 0 ? refuse(ds, e) : 0;
}

static int
open_text(struct graph_source *s, const char *path, struct str text,
    struct diags *ds, struct err *e)
{
	struct checked c = { .ds = ds, .what = path };

	if (directive_parse(&s->parsed, text, str_of(path), ds, e) < 0)
		return check_directive(&c, path, text, e) == 0 ? refuse(ds, e)
							       : -1;
	/* A file alone may list no functions, and is drawn all the same. */
	if (s->parsed->nfunctions > 0)
		directive_check(s->parsed, NULL, 0, ds);
	s->directive = s->parsed;
	return diags_errors(ds) > 0 ? refuse(ds, e) : 0;
}

static int
open_bundle(struct graph_source *s, const char *path, struct str bytes,
    struct diags *ds, struct err *e)
{
	if (bundle_open_bytes(&s->bundle, bytes, path, e) < 0)
		return -1;
	s->directive = bundle_directive(s->bundle);
	directive_check(s->directive, NULL, 0, ds);
	return diags_errors(ds) > 0 ? refuse(ds, e) : 0;
}

int
graph_source_open(
    struct graph_source *s, const char *what, struct diags *ds, struct err *e)
{
	CLEANUP(buf_free) struct buf bytes = BUF(BUNDLE_MAX_BYTES);
	CLEANUP(buf_free) struct buf dir = BUF(8192);

	if (strcmp(check_base(what), PROJECT_DIRECTIVE) == 0 &&
	    os_exists(what)) {
		buf_addf(&dir, "%.*s.", (int)(check_base(what) - what), what);
		return open_project(s, buf_cstr(&dir), ds, e);
	}
	if (os_is_dir(what))
		return open_project(s, what, ds, e);
	if (!os_exists(what)) {
		(void)err_set(e, ERR_MISSING, "no file or folder '%s'", what);
		return err_hint(
		    e, "give a project's folder, a bundle or a Directive.yaml");
	}
	if (os_read(&bytes, what, e) < 0)
		return -1;
	if (str_starts(buf_str(&bytes), "PK"))
		return open_bundle(s, what, buf_str(&bytes), ds, e);
	return open_text(s, what, buf_str(&bytes), ds, e);
}

void
graph_source_close(struct graph_source *s)
{
	project_free(&s->project);
	bundle_free(&s->bundle);
	directive_free(&s->parsed);
}
