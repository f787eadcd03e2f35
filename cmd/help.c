/* SPDX-License-Identifier: Apache-2.0 */
/* subo help - see subo(1). */
#include <stdio.h>
#include <string.h>

#include "help.h"
#include "options.h"
#include "table.h"

const struct cmd *
help_find(const struct cmd *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp((*list)->name, name) == 0)
			return *list;
	return NULL;
}

int
help_unknown(const struct cmd *const *list, const char *what, const char *name,
    struct err *e)
{
	struct str names[64], near;
	size_t n = 0;

	for (; *list; list++)
		if (!(*list)->hidden && n < COUNT(names))
			names[n++] = str_of((*list)->name);
	near = diag_nearest(str_of(name), names, n);
	err_set(e, ERR_USAGE, "no %s '%.80s'", what, name);
	if (near.n > 0)
		return err_hint(e, "did you mean '" STR_F "'?", STR_A(near));
	return err_hint(e, "see 'subo help'");
}

static void
heading(struct buf *out, const char *text)
{
	buf_addf(
	    out, "\n%s%s%s\n", ui_out_colour('B'), text, ui_out_colour('0'));
}

void
help_all(struct buf *out)
{
	const char *group = "";

	buf_add(out,
	    STR("usage: subo COMMAND [options] [arguments]\n\n"
		"Build, test, ship and run small WebAssembly "
		"functions.\n"));
	for (size_t i = 0; cmd_table[i]; i++) {
		const struct cmd *c = cmd_table[i];

		if (c->hidden)
			continue;
		if (c->group && strcmp(group, c->group) != 0) {
			group = c->group;
			heading(out, group);
		}
		buf_addf(out, "  %-12s %s\n", c->name, c->about);
	}
	heading(out, "Begin with");
	buf_add(out,
	    STR("  subo create project hello\n"
		"  cd hello && subo dev\n\n"
		"'subo help COMMAND' tells more; so does "
		"'man subo-COMMAND'.\n"));
}

static void
option_line(struct buf *out, const struct cmd_opt *o)
{
	char left[80], letter[8] = "    ";

	if (!opt_shown(o))
		return;
	if (o->letter != 0)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name,
	    o->arg ? " " : "", o->arg ? o->arg : "");
	buf_addf(out, "  %-26s %s%s\n", left, o->help,
	    o->kind == OPT_LIST ? "; may be given again" : "");
}

/* `subo ci init` has a --github that says something else. */
static bool
has_own(const struct cmd *c, const char *name)
{
	for (const struct cmd_opt *o = c->opts; o && o->name; o++)
		if (strcmp(o->name, name) == 0)
			return true;
	return false;
}

void
help_one(struct buf *out, const struct cmd *c, const char *parent)
{
	const char *space = parent[0] != '\0' ? " " : "";

	buf_addf(out, "usage: subo %s%s%s [options]%s%s\n\n%s\n", parent, space,
	    c->name, c->args && c->args[0] != '\0' ? " " : "",
	    c->args ? c->args : "", c->about);
	if (c->subs) {
		heading(out, "Commands");
		for (size_t i = 0; c->subs[i]; i++)
			if (!c->subs[i]->hidden)
				buf_addf(out, "  %-26s %s\n", c->subs[i]->name,
				    c->subs[i]->about);
	}
	heading(out, "Options");
	for (const struct cmd_opt *o = c->opts; o && o->name; o++)
		option_line(out, o);
	for (const struct cmd_opt *o = common_opts; o->name; o++)
		if (!has_own(c, o->name))
			option_line(out, o);
	buf_addf(out, "\nThe whole page: man subo-%s\n",
	    parent[0] != '\0' ? parent : c->name);
}

int
help_print(const struct buf *text)
{
	CLEANUP(arena_free) struct arena *a = NULL;
	struct tree *t;

	if (!cmd_common()->json) {
		fputs(buf_cstr(text), stdout);
		return 0;
	}
	a = arena_new();
	t = ui_json(a, "help", true);
	tree_put_text(a, t, "text", buf_str(text));
	ui_json_print(t);
	return 0;
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);
	const struct cmd *c;

	if (argc == 0) {
		help_all(&out);
		return help_print(&out);
	}
	c = help_find(cmd_table, argv[0]);
	if (!c)
		return help_unknown(cmd_table, "command", argv[0], e);
	if (argc > 1 && c->subs) {
		const struct cmd *sub = help_find(c->subs, argv[1]);

		if (!sub)
			return help_unknown(c->subs, "sub-command", argv[1], e);
		help_one(&out, sub, c->name);
	} else {
		help_one(&out, c, "");
	}
	return help_print(&out);
}

const struct cmd cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.max_args = 2,
	.value = VALUE_COMMAND,
	.about = "explain a command",
	.group = "Around it",
	.run = run,
};
