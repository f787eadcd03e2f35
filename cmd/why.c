/* SPDX-License-Identifier: Apache-2.0 */
/* subo why - see subo-why(1). */
#include <stdio.h>

#include "cmd.h"
#include "project/project.h"
#include "table.h"

#define MAX_REASONS (1u << 20)

static struct {
	bool release, no_opt, keep_debug;
} opt;

static const struct cmd_opt opts[] = {
	{ "release", 'r', OPT_FLAG, &opt.release, NULL,
	    "ask for a build with --release", 0 },
	{ "no-opt", 0, OPT_FLAG, &opt.no_opt, NULL,
	    "ask for a build with --no-opt", 0 },
	{ "keep-debug", 0, OPT_FLAG, &opt.keep_debug, NULL,
	    "ask for a build with --keep-debug", 0 },
	{ 0 },
};

static void
print_json(struct arena *a, const struct project_function *f, bool rebuild,
    struct str reasons)
{
	struct tree *j = ui_json(a, "why", true), *list;
	struct str line;

	tree_put_text(a, j, "function", f->info.name);
	tree_put_text(a, j, "ns", f->info.ns);
	tree_put_bool(a, j, "rebuild", rebuild);
	list = tree_put(a, j, "reasons", tree_list(a));
	while (str_cut(&reasons, '\n', &line))
		tree_add(a, list, tree_new_text(a, line));
	ui_json_print(j);
}

static void
print(const struct project_function *f, bool rebuild, struct str reasons)
{
	CLEANUP(buf_free) struct buf shown = BUF(2 * MAX_REASONS);

	if (!rebuild) {
		printf(STR_F " is up to date\n", STR_A(f->info.name));
		return;
	}
	printf(STR_F " would be built:\n", STR_A(f->info.name));
	buf_show(&shown, reasons, true);
	fputs(buf_cstr(&shown), stdout);
}

static const struct project_function *
choose(const struct project *p, const char *name, struct err *e)
{
	CLEANUP(mem_free_at) struct str *names = NULL;
	CLEANUP(buf_free) struct buf list = BUF(450);
	const struct project_function *f;
	struct str near;

	f = name ? project_find(p, str_of(name)) : project_here(p);
	if (f)
		return f;
	if (!name) {
		err_set(e, ERR_USAGE, "which function?");
		err_hint(e, "subo why FUNCTION, or be in its folder");
		return NULL;
	}
	names = mem_take(project_count(p) * sizeof(*names));
	for (size_t i = 0; i < project_count(p); i++) {
		names[i] = project_at(p, i)->info.name;
		buf_addf(&list, "%s" STR_F, i > 0 ? ", " : "", STR_A(names[i]));
	}
	near = diag_nearest(str_of(name), names, project_count(p));
	err_set(e, ERR_MISSING, "no function '%.80s' in this project", name);
	if (near.n > 0)
		err_hint(e, "did you mean '" STR_F "'?", STR_A(near));
	else
		err_hint(e, "there are: %s", buf_cstr(&list));
	return NULL;
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf why = BUF(MAX_REASONS);
	struct toolchain_env env = { 0 };
	struct build_options how = { .env = &env,
		.self = world_self(),
		.release = opt.release,
		.no_opt = opt.no_opt,
		.keep_debug = opt.keep_debug };
	const struct project_function *f;
	bool rebuild;

	if (project_open(&p, ".", ds, e) < 0)
		return -1;
	f = choose(p, argc > 0 ? argv[0] : NULL, e);
	if (!f || world_toolchain(&env, a, e) < 0)
		return -1;
	how.environ = env.env;
	rebuild = project_why(p, &how, f, &why, e);
	if (e->kind != ERR_NONE)
		return -1;
	if (cmd_common()->json)
		print_json(a, f, rebuild, buf_str(&why));
	else
		print(f, rebuild, buf_str(&why));
	return 0;
}

const struct cmd cmd_why = {
	.name = "why",
	.args = "[function]",
	.max_args = 1,
	.value = VALUE_FUNCTION,
	.about = "say what a build would do, and because of which input",
	.group = "Look into it",
	.opts = opts,
	.run = run,
};
