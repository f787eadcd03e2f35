/* SPDX-License-Identifier: Apache-2.0 */
/* What `subo test` runs its cases on: the bundle that was just built. */
#include <stdio.h>
#include <string.h>

#include "build_show.h"
#include "cmd.h"
#include "os/os.h"
#include "project/project.h"
#include "smoke/smoke.h"
#include "test_subject.h"

static int
open_project(
    struct project **p, const char *dir, struct diags *ds, struct err *e)
{
	CLEANUP(project_free) struct project *here = NULL;

	if (project_open(&here, dir, ds, e) < 0) {
		ui_diags(ds);
		return -1;
	}
	/* From inside a function's folder its whole project is built: its
	 * tests may need the others. */
	if (project_here(here) && project_directive(here)) {
		CLEANUP(diags_free) struct diags *again = diags_new();

		return project_open(p, project_root(here), again, e);
	}
	*p = here;
	here = NULL;
	return 0;
}

/* As `subo build` tells it, without a line for each that went well. */
static void
tell_build(void *arg, enum build_what what, const struct project_function *f,
    uint64_t wall_ns, struct str log, const struct err *why)
{
	struct build_show *show = arg;

	if (what == BUILD_DONE)
		show->done++;
	else
		build_show_tell(show, what, f, wall_ns, log, why);
}

static int
build(struct project *p, struct subject *s, struct diags *ds, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct toolchain_env env = { 0 };
	struct build_result res = { 0 };
	struct build_show show = { .arena = a, .p = p, .res = &res };
	struct build_options how = { .env = &env,
		.self = world_self(),
		.release = s->release,
		.tell = tell_build,
		.note = build_show_note,
		.arg = &show };
	int rc;

	if (build_epoch(&how.epoch_s, e) < 0)
		return -1;
	if (world_toolchain(&env, a, e) < 0)
		return -1;
	how.environ = env.env;
	show.lines =
	    arena_take(a, (project_count(p) + 1) * sizeof(*show.lines));
	rc = project_build(p, &how, ds, &res, e);
	ui_progress(NULL);
	/* What a build has to say again and again is for `subo build`. */
	if (diags_errors(ds) > 0 || (res.built > 0 && diags_warnings(ds) > 0))
		ui_diags(ds);
	if (rc < 0)
		return rc;
	if (res.built > 0)
		ui_note("%zu of %zu function%s rebuilt", res.built,
		    project_count(p), project_count(p) == 1 ? "" : "s");
	if (res.bundled)
		snprintf(s->bundle, sizeof(s->bundle), "%s", res.bundle);
	return 0;
}

static void
use_modules(const struct project *p, struct subject *s, struct arena *a)
{
	s->modules =
	    arena_take(a, (project_count(p) + 1) * sizeof(*s->modules));
	for (size_t i = 0; i < project_count(p); i++) {
		const struct project_function *f = project_at(p, i);
		struct smoke_module *m = &s->modules[s->nmodules++];

		m->name = arena_copy(a, f->info.name);
		m->path = arena_cstr(a, str_of(f->wasm));
	}
}

/* The folder of a file; of a folder, itself. */
static const char *
folder_of(const char *path, struct arena *a)
{
	const char *slash = strrchr(path, '/');

	if (os_is_dir(path))
		return path;
	if (!slash)
		return ".";
	return arena_cstr(a, (struct str){ path, (size_t)(slash - path) + 1 });
}

int
subject_find(struct subject *s, const char *target, const char *bundle,
    bool no_build, struct arena *a, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;

	s->root = folder_of(target, a);
	if (bundle || (os_exists(target) && !os_is_dir(target))) {
		snprintf(s->bundle, sizeof(s->bundle), "%s",
		    bundle ? bundle : target);
		return 0;
	}
	if (open_project(&p, target, ds, e) < 0)
		return -1;
	if (!no_build && build(p, s, ds, e) < 0)
		return -1;
	if (no_build)
		snprintf(s->bundle, sizeof(s->bundle), "%s/" PROJECT_BUNDLE,
		    project_root(p));
	/* One function outside of any project has no bundle. */
	if (!s->bundle[0] || (!project_directive(p) && !os_exists(s->bundle))) {
		s->bundle[0] = '\0';
		use_modules(p, s, a);
	}
	return 0;
}
