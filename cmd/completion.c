/* SPDX-License-Identifier: Apache-2.0 */
/* subo completion - see subo-completion(1). */
#include "completion.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	void (*write)(struct buf *out);
} shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
	{ "fish", completion_fish },
};

const char *
completion_kind(enum opt_value value)
{
	switch (value) {
	case VALUE_FUNCTION:
		return "functions";
	case VALUE_LANG:
		return "langs";
	case VALUE_METHOD:
		return "methods";
	case VALUE_COMMAND:
		return "commands";
	case VALUE_CODE:
		return "codes";
	case VALUE_LOG:
		return "logs";
	case VALUE_LEVEL:
		return "levels";
	case VALUE_ANY:
	case VALUE_FILE:
	case VALUE_DIR:
		break;
	}
	return NULL;
}

bool
completion_shows(const struct cmd_opt *o)
{
	return opt_shown(o);
}

bool
completion_wants_value(const struct cmd_opt *o)
{
	return o->kind != OPT_FLAG;
}

void
completion_each(struct buf *out,
    void (*fn)(struct buf *out, const struct cmd *c, const char *parent))
{
	for (size_t i = 0; cmd_table[i]; i++) {
		const struct cmd *c = cmd_table[i];

		if (c->hidden)
			continue;
		fn(out, c, "");
		for (size_t k = 0; c->subs && c->subs[k]; k++)
			if (!c->subs[k]->hidden)
				fn(out, c->subs[k], c->name);
	}
}

static void
print_json(const char *shell, const struct buf *script)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *t = ui_json(a, "completion", true);

	tree_put_text(a, t, "shell", str_of(shell));
	tree_put_text(a, t, "script", buf_str(script));
	ui_json_print(t);
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);

	for (size_t i = 0; argc > 0 && i < COUNT(shells); i++) {
		if (strcmp(argv[0], shells[i].name) != 0)
			continue;
		shells[i].write(&out);
		if (cmd_common()->json)
			print_json(shells[i].name, &out);
		else
			fputs(buf_cstr(&out), stdout);
		return 0;
	}
	if (argc > 0)
		err_set(e, ERR_USAGE, "no script for a shell '%.40s'", argv[0]);
	else
		err_set(e, ERR_USAGE, "for which shell?");
	return err_hint(e, "subo completion bash, zsh or fish");
}

const struct cmd cmd_completion = {
	.name = "completion",
	.args = "bash|zsh|fish",
	.max_args = 1,
	.about = "print a script that completes commands in a shell",
	.group = "Around it",
	.run = run,
};
