/* SPDX-License-Identifier: Apache-2.0 */
/* subo version - see subo(1). */
#include <stdio.h>

#include "cmd.h"
#include "engine/engine.h"

static int
run(int argc, char **argv, struct err *e)
{
	struct arena *a;
	struct tree *t;

	(void)argc;
	(void)argv;
	(void)e;
	if (!cmd_common()->json) {
		printf("subo %s\n", SUBO_VERSION);
		if (cmd_common()->verbose)
			printf("engine %s\n", engine_version());
		return 0;
	}
	a = arena_new();
	t = ui_json(a, "version", true);
	tree_put_text(a, t, "version", str_of(SUBO_VERSION));
	tree_put_text(a, t, "engine", str_of(engine_version()));
	ui_json_print(t);
	arena_free(&a);
	return 0;
}

const struct cmd cmd_version = {
	.name = "version",
	.args = "",
	.about = "print the version",
	.group = "Around it",
	.run = run,
};
