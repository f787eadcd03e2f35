/* SPDX-License-Identifier: Apache-2.0 */
/* subo build - see subo-build(1). */
#include <stdio.h>

#include "build_show.h"
#include "build_sign.h"
#include "table.h"

static struct {
	uint64_t jobs;
	bool release, no_opt, no_bundle, native, force, store, keep_debug;
	bool no_attest, no_sign;
	const char *langs, *make, *tests;
} opt;

static const struct cmd_opt opts[] = {
	{ "jobs", 'j', OPT_NUMBER, &opt.jobs, "N",
	    "run at most N compilers at once (default: one a core)", 0 },
	{ "release", 'r', OPT_FLAG, &opt.release, NULL,
	    "let compilers optimise, and shrink modules with wasm-opt", 0 },
	{ "no-opt", 0, OPT_FLAG, &opt.no_opt, NULL,
	    "with --release, leave wasm-opt out", 0 },
	{ "no-bundle", 0, OPT_FLAG, &opt.no_bundle, NULL,
	    "build the functions only", 0 },
	{ "langs", 0, OPT_TEXT, &opt.langs, "A,B",
	    "build only functions in these languages, and no bundle",
	    VALUE_LANG },
	{ "make", 0, OPT_TEXT, &opt.make, "TARGET",
	    "run 'make TARGET' in the project first", 0 },
	{ "force", 'f', OPT_FLAG, &opt.force, NULL,
	    "build all, also what has not changed", 0 },
	{ "store", 0, OPT_FLAG, &opt.store, NULL, "do not compress the bundle",
	    0 },
	{ "keep-debug", 0, OPT_FLAG, &opt.keep_debug, NULL,
	    "leave debug sections in the modules", 0 },
	{ "no-attest", 0, OPT_FLAG, &opt.no_attest, NULL,
	    "leave SBOM and provenance out of the bundle", 0 },
	{ "no-sign", 0, OPT_FLAG, &opt.no_sign, NULL,
	    "do not sign, also when there is a key of yours", 0 },
	{ "test-result", 0, OPT_TEXT, &opt.tests, "FILE",
	    "pack what 'subo test --attest FILE' wrote", VALUE_FILE },
	{ "native", 0, OPT_FLAG, &opt.native, NULL,
	    "run the compilers of this machine; there is no other way", 0 },
	{ "docker", 0, OPT_OLD, NULL, NULL,
	    "there are no builder images; 'subo doctor' says what to install",
	    0 },
	{ "mountpath", 0, OPT_OLD, NULL, "DIR",
	    "nothing is mounted: compilers run on this machine", 0 },
	{ "relpath", 0, OPT_OLD, NULL, "DIR",
	    "nothing is mounted: give the folder, 'subo build DIR'", 0 },
	{ "builder-tag", 0, OPT_OLD, NULL, "TAG",
	    "there are no builder images: compilers run on this machine", 0 },
	{ 0 },
};

static int
sign(struct build_show *t, const struct project *p, int64_t epoch_s,
    struct err *e)
{
	const char *path =
	    arena_printf(t->arena, "%s/" PROJECT_BUNDLE, project_root(p));

	return build_sign(t->signer, path, epoch_s, e);
}

static int
build(struct project *p, struct build_show *t, struct diags *ds, struct err *e)
{
	struct toolchain_env env = { 0 };
	struct build_result res = { 0 };
	struct build_options how = { .env = &env,
		.self = world_self(),
		.jobs = opt.jobs > 1024 ? 1024 : (unsigned)opt.jobs,
		.release = opt.release,
		.no_opt = opt.no_opt,
		.no_bundle = opt.no_bundle,
		.force = opt.force,
		.store = opt.store,
		.keep_debug = opt.keep_debug,
		.no_attest = opt.no_attest,
		.tests = opt.tests,
		.langs = opt.langs,
		.make = opt.make,
		.tell = build_show_tell,
		.note = build_show_note,
		.arg = t };
	int r;

	if (build_epoch(&how.epoch_s, e) < 0 ||
	    world_toolchain(&env, t->arena, e) < 0)
		return -1;
	how.environ = env.env;
	t->p = p;
	t->res = &res;
	t->lines = arena_take(t->arena, project_count(p) * sizeof(*t->lines));
	r = project_build(p, &how, ds, &res, e);
	if (r == 0 && res.bundled && !opt.no_sign)
		r = sign(t, p, how.epoch_s, e);
	if (cmd_common()->json) {
		build_show_json(t, ds, e);
		e->told = true;
		return r;
	}
	ui_diags(ds);
	if (r == 0)
		build_show_summary(t);
	return r;
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct build_show t = { .arena = a };

	if (project_open(&p, argc > 0 ? argv[0] : ".", ds, e) < 0) {
		ui_diags(ds);
		return -1;
	}
	return build(p, &t, ds, e);
}

const struct cmd cmd_build = {
	.name = "build",
	.args = "[dir]",
	.max_args = 1,
	.value = VALUE_DIR,
	.about = "compile what changed, check each module, pack the bundle",
	.group = "Work on it",
	.opts = opts,
	.run = run,
};
