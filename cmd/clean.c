/* SPDX-License-Identifier: Apache-2.0 */
/* subo clean - see subo-clean(1). */
#include <stdio.h>

#include "cmd.h"
#include "project/project.h"
#include "table.h"

struct lists {
	struct arena *arena;
	struct tree *removed, *kept;
};

static void
tell(void *arg, const char *path, bool kept)
{
	struct lists *l = arg;

	tree_add(l->arena, kept ? l->kept : l->removed,
	    tree_new_text(l->arena, str_of(path)));
	if (cmd_common()->json)
		return;
	if (kept)
		ui_note(
		    "kept %s: not what a build made, or changed since", path);
	else
		ui_note("removed %s", path);
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct lists l = { a, tree_list(a), tree_list(a) };
	struct tree *j;

	if (project_open(&p, argc > 0 ? argv[0] : ".", ds, e) < 0 ||
	    project_clean(p, tell, &l, e) < 0)
		return -1;
	if (!cmd_common()->json)
		return 0;
	j = ui_json(a, "clean", true);
	tree_put(a, j, "removed", l.removed);
	tree_put(a, j, "kept", l.kept);
	ui_json_print(j);
	return 0;
}

const struct cmd cmd_clean = {
	.name = "clean",
	.args = "[dir]",
	.max_args = 1,
	.value = VALUE_DIR,
	.about = "remove what builds made, and only that",
	.group = "Around it",
	.run = run,
};
