/* SPDX-License-Identifier: Apache-2.0 */
/* subo reproduce - see subo-reproduce(1). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attest/attest.h"
#include "build_show.h"
#include "bundle/bundle.h"
#include "os/os.h"
#include "project/project.h"
#include "table.h"

#define MAX_PATH 4096u
#define EPOCH_1980 315532800 /* what a bundle without a date tells */

static struct {
	bool keep, release, no_opt, keep_debug, store;
	uint64_t jobs;
} opt;

struct work {
	struct arena *arena;
	const struct bundle *was;
	const char *bundle; /* as given */
	char *dir;	    /* ours; NULL: not made yet */
	char *copy;	    /* of the project, in it */
	char *rebuilt;	    /* the bundle that came out */
};

/* ---- how it was built ---- */

static int
read_how(struct build_options *how, const struct work *w, struct err *e)
{
	CLEANUP(attest_statement_free) struct attest_statement s = { 0 };
	struct attest_build b = { 0 };
	struct str text;

	if (bundle_find(w->was, STR(BUNDLE_PROVENANCE), &text)) {
		if (attest_read(&s, text, e) < 0 ||
		    attest_read_build(&b, &s, e) < 0)
			return err_wrap(
			    e, "'%s': " BUNDLE_PROVENANCE, w->bundle);
	} else {
		how->no_attest = true;
		b.epoch_s = bundle_epoch(w->was);
		if (b.epoch_s == EPOCH_1980)
			b.epoch_s = 0;
		ui_note("the bundle tells nothing of how it was built; the "
			"options that are given count");
	}
	how->epoch_s = b.epoch_s;
	how->release = b.release || opt.release;
	how->no_opt = b.no_opt || opt.no_opt;
	how->keep_debug = b.keep_debug || opt.keep_debug;
	how->store = b.store || opt.store;
	return 0;
}

/* The result of tests is no product of the sources: it is packed again. */
static int
carry_tests(struct build_options *how, const struct work *w, struct err *e)
{
	struct str text;
	char *path;

	if (!bundle_find(w->was, STR(BUNDLE_TESTS), &text))
		return 0;
	path = arena_printf(w->arena, "%s/test-result.json", w->dir);
	how->tests = path;
	return os_create(path, text, 0600, e);
}

/* ---- building it again ---- */

static int
make_dir(struct work *w, struct err *e)
{
	const char *tmp = world_env("TMPDIR");

	w->dir = arena_printf(w->arena, "%s/subo-reproduce.XXXXXX",
	    tmp && tmp[0] == '/' ? tmp : "/tmp");
	if (mkdtemp(w->dir))
		return 0;
	w->dir = NULL;
	return err_sys(e, "cannot make a folder for the sources");
}

/* Under its own name: languages name things after folders. */
static int
copy_project(struct work *w, const char *dir, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	const char *name;

	if (project_open(&p, dir, ds, e) < 0) {
		ui_diags(ds);
		return -1;
	}
	name = strrchr(project_root(p), '/');
	w->copy = arena_printf(w->arena, "%s%s", w->dir,
	    name && name[1] != '\0' ? name : "/project");
	return project_copy(p, w->copy, e);
}

static int
build_copy(struct work *w, struct build_options *how, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	struct toolchain_env env = { 0 };
	struct build_result res = { 0 };
	struct build_show t = { .arena = w->arena, .res = &res };
	int r;

	if (world_toolchain(&env, w->arena, e) < 0 ||
	    project_open(&p, w->copy, ds, e) < 0)
		return -1;
	how->env = &env;
	how->environ = env.env;
	how->self = world_self();
	how->jobs = opt.jobs > 1024 ? 1024 : (unsigned)opt.jobs;
	how->tell = build_show_tell;
	how->note = build_show_note;
	how->arg = &t;
	t.p = p;
	t.lines = arena_take(w->arena, project_count(p) * sizeof(*t.lines));
	r = project_build(p, how, ds, &res, e);
	ui_progress(NULL);
	if (!cmd_common()->json)
		ui_diags(ds);
	w->rebuilt =
	    arena_printf(w->arena, "%s/" PROJECT_BUNDLE, project_root(p));
	return r < 0 ? err_wrap(e, "the sources cannot be built") : 0;
}

/* ---- telling ---- */

static void
put_hex(
    struct arena *a, struct tree *t, const char *key, const struct digest *d)
{
	char hex[DIGEST_HEX];

	digest_hex(d, hex);
	tree_put_text(a, t, key, str_of(hex));
}

static void
put_difference(
    struct arena *a, struct tree *j, const struct first_difference *d)
{
	struct tree *t = tree_put(a, j, "difference", tree_map(a)), *list;

	tree_put_int(a, t, "entries", (int64_t)d->nentries);
	if (d->nentries > 0) {
		tree_put_text(a, t, "entry", d->entry);
		tree_put_int(a, t, "offset", (int64_t)d->offset);
		tree_put_text(a, t, "was", d->was);
		tree_put_text(a, t, "now", d->now);
	}
	if (d->section.n > 0)
		tree_put_text(a, t, "section", d->section);
	if (d->function.n > 0)
		tree_put_text(a, t, "function", d->function);
	list = tree_put(a, t, "causes", tree_list(a));
	for (size_t i = 0; i < d->ncauses; i++)
		tree_add(a, list, tree_new_text(a, d->causes[i]));
}

static void
tell_json(const struct work *w, const struct bundle *now,
    const struct first_difference *d, const struct err *e)
{
	struct arena *a = w->arena;
	struct tree *j = ui_json(a, "reproduce", !d);

	if (d) {
		tree_put_text(a, j, "code", str_of(err_code(e->kind)));
		tree_put_text(a, j, "message", str_of(e->text));
	}
	tree_put_text(a, j, "path", str_of(w->bundle));
	put_hex(a, j, "sha256", bundle_digest(w->was));
	put_hex(a, j, "rebuilt", bundle_digest(now));
	if (d)
		put_difference(a, j, d);
	if (opt.keep)
		tree_put_text(a, j, "folder", str_of(w->copy));
	ui_json_print(j);
}

static void
show_place(const struct first_difference *d)
{
	CLEANUP(buf_free) struct buf b = BUF(65536);

	buf_addf(&b, "the first difference is in '");
	buf_show(&b, d->entry, false);
	buf_addf(&b, "'");
	if (d->section.n > 0) {
		buf_addf(&b, ", section ");
		buf_show(&b, d->section, false);
	}
	if (d->function.n > 0) {
		buf_addf(&b, ", function ");
		buf_show(&b, d->function, false);
	}
	if (d->was.n > 0 && d->now.n > 0)
		buf_addf(&b, ", at byte %zu", d->offset);
	ui_warn("%s", buf_cstr(&b));
	ui_warn("  in the bundle: " STR_F,
	    STR_A(d->was.n > 0 ? d->was : STR("it is not there")));
	ui_warn("  built now:     " STR_F,
	    STR_A(d->now.n > 0 ? d->now : STR("it is not there")));
}

static void
show_difference(const struct first_difference *d)
{
	if (d->nentries == 0)
		ui_warn("all entries are the same; they are packed in another "
			"way (by another release of zlib, or another date)");
	else
		show_place(d);
	if (d->nentries > 1)
		ui_warn("%zu entries differ in all", d->nentries);
	for (size_t i = 0; i < d->ncauses; i++)
		ui_warn("cause: " STR_F, STR_A(d->causes[i]));
}

static int
compare(struct work *w, struct err *e)
{
	CLEANUP(bundle_free) struct bundle *now = NULL;
	CLEANUP(project_difference_free) struct first_difference d = { 0 };
	char hex[DIGEST_HEX];
	bool differ;

	if (bundle_open(&now, w->rebuilt, e) < 0)
		return -1;
	differ = project_first_difference(&d, w->was, now);
	if (differ) {
		err_set(e, ERR_FAILED,
		    "'%s' is not what these sources make here", w->bundle);
		if (d.ncauses == 0 && !opt.keep)
			err_hint(e, "--keep leaves what was built, to look at");
	}
	if (cmd_common()->json) {
		tell_json(w, now, differ ? &d : NULL, e);
		e->told = differ;
		return differ ? -1 : 0;
	}
	if (differ) {
		show_difference(&d);
		return -1;
	}
	digest_hex(bundle_digest(w->was), hex);
	printf("%s: reproduced, sha256:%s\n", w->bundle, hex);
	return 0;
}

static void
clean_up(const struct work *w)
{
	struct err why = ERR;

	if (!w->dir)
		return;
	if (opt.keep && w->copy)
		ui_note("kept %s", w->copy);
	else if (os_remove_tree(w->dir, &why) < 0)
		ui_warn("%s", why.text);
}

static int
reproduce(struct work *w, const char *dir, struct err *e)
{
	struct build_options how = { 0 };

	if (read_how(&how, w, e) < 0 || make_dir(w, e) < 0 ||
	    carry_tests(&how, w, e) < 0 || copy_project(w, dir, e) < 0 ||
	    build_copy(w, &how, e) < 0)
		return -1;
	return compare(w, e);
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(bundle_free) struct bundle *was = NULL;
	struct work w = { .arena = a };
	int r;

	if (argc == 0) {
		err_set(e, ERR_USAGE, "which bundle?");
		return err_hint(e, "subo reproduce BUNDLE [DIR]");
	}
	w.bundle = argv[0];
	if (bundle_open(&was, w.bundle, e) < 0)
		return -1;
	w.was = was;
	r = reproduce(&w, argc > 1 ? argv[1] : ".", e);
	clean_up(&w);
	return r;
}

static const struct cmd_opt opts[] = {
	{ "keep", 'k', OPT_FLAG, &opt.keep, NULL,
	    "leave the copy of the sources and what was built of it", 0 },
	{ "jobs", 'j', OPT_NUMBER, &opt.jobs, "N",
	    "run at most N compilers at once (default: one a core)", 0 },
	{ "release", 'r', OPT_FLAG, &opt.release, NULL,
	    "it was built with --release (for a bundle without provenance)",
	    0 },
	{ "no-opt", 0, OPT_FLAG, &opt.no_opt, NULL,
	    "it was built with --no-opt", 0 },
	{ "keep-debug", 0, OPT_FLAG, &opt.keep_debug, NULL,
	    "it was built with --keep-debug", 0 },
	{ "store", 0, OPT_FLAG, &opt.store, NULL, "it was built with --store",
	    0 },
	{ 0 },
};

const struct cmd cmd_reproduce = {
	.name = "reproduce",
	.args = "<bundle> [dir]",
	.max_args = 2,
	.value = VALUE_FILE,
	.about = "build a bundle again from its sources, and tell what differs",
	.group = "Ship it",
	.opts = opts,
	.run = run,
};
