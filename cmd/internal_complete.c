/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subo internal-complete KIND: what completion scripts ask for.  One word a
 * line; whatever goes wrong is no words, for a shell waits for the answer.
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "module/module.h"
#include "project/project.h"
#include "smoke/smoke.h"

/* Names come from whatever project lies here, and go to a shell. */
static bool
harmless(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9');

		if (!word && (i == 0 || !strchr("-_.", c)))
			return false;
	}
	return name.n > 0;
}

static void
functions(void)
{
	CLEANUP(project_free) struct project *p = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct err e = ERR;

	if (project_open(&p, ".", ds, &e) < 0)
		return;
	for (size_t i = 0; i < project_count(p); i++) {
		const struct function_info *f = &project_at(p, i)->info;

		if (!harmless(f->name) || !harmless(f->ns))
			continue;
		if (str_is(f->ns, "default"))
			printf(STR_F "\n", STR_A(f->name));
		else
			printf(STR_F "::" STR_F "\n", STR_A(f->ns),
			    STR_A(f->name));
	}
}

static void
langs(void)
{
	const struct toolchain *t;

	for (size_t i = 0; (t = toolchain_at(i)) != NULL; i++)
		puts(toolchain_name(t));
}

static void
methods(void)
{
	puts("GET\nHEAD\nPOST\nPUT\nPATCH\nDELETE\nOPTIONS");
}

static void
commands(void)
{
	for (size_t i = 0; cmd_table[i]; i++)
		if (!cmd_table[i]->hidden)
			puts(cmd_table[i]->name);
}

static void
codes(void)
{
	static const struct diag_rule *const tables[] = { directive_rules,
		manifest_rules, module_rules, smoke_rules };

	for (size_t i = 0; i < COUNT(tables); i++)
		for (const struct diag_rule *r = tables[i]; r->code; r++)
			puts(r->code);
}

static void
logs(void)
{
	puts("plain\njson\nnone");
}

static void
levels(void)
{
	puts("error\nwarn\ninfo\ndebug");
}

static int
run(int argc, char **argv, struct err *e)
{
	static const struct {
		const char *kind;
		void (*print)(void);
	} kinds[] = { { "functions", functions }, { "langs", langs },
		{ "methods", methods }, { "commands", commands },
		{ "codes", codes }, { "logs", logs }, { "levels", levels } };

	for (size_t i = 0; argc > 0 && i < COUNT(kinds); i++)
		if (strcmp(argv[0], kinds[i].kind) == 0) {
			kinds[i].print();
			return 0;
		}
	return err_set(e, ERR_USAGE, "nothing to complete");
}

const struct cmd cmd_internal_complete = {
	.name = "internal-complete",
	.args = "KIND",
	.max_args = 1,
	.about = "print words for completion",
	.hidden = true,
	.run = run,
};
