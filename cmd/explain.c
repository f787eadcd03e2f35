/* SPDX-License-Identifier: Apache-2.0 */
/* subo explain - see subo-explain(1). */
#include "cmd.h"
#include "directive/directive.h"
#include "module/module.h"
#include "project/project.h"
#include "smoke/smoke.h"

static const struct cmd_opt opts[] = {
	{ 0 },
};

static const struct diag_rule *const *
tables(void)
{
	static const struct diag_rule *const all[] = { directive_rules,
		manifest_rules, module_rules, project_rules, smoke_rules,
		NULL };

	return all;
}

static const char *
level_word(enum diag_level level)
{
	return level == DIAG_ERROR  ? "error"
	    : level == DIAG_WARNING ? "warning"
				    : "note";
}

static struct tree *
rule_json(struct arena *a, const struct diag_rule *r)
{
	struct tree *t = tree_map(a);

	tree_put_text(a, t, "code", str_of(r->code));
	tree_put_text(a, t, "level", str_of(level_word(r->level)));
	tree_put_text(a, t, "title", str_of(r->title));
	tree_put_text(a, t, "cause", str_of(r->cause));
	tree_put_text(a, t, "repair", str_of(r->repair));
	return t;
}

static void
list_json(struct arena *a)
{
	struct tree *t = ui_json(a, "explain", true);
	struct tree *list = tree_put(a, t, "rules", tree_list(a));

	for (size_t i = 0; tables()[i]; i++)
		for (const struct diag_rule *r = tables()[i]; r->code; r++)
			tree_add(a, list, rule_json(a, r));
	ui_json_print(t);
}

static void
list_text(void)
{
	for (size_t i = 0; tables()[i]; i++)
		for (const struct diag_rule *r = tables()[i]; r->code; r++)
			printf("%s  %-8s %s\n", r->code, level_word(r->level),
			    r->title);
}

/* Text that wraps at 78 columns, each line indented. */
static void
print_wrapped(const char *head, const char *text)
{
	struct str rest = str_of(text), word;
	size_t col = 0;
	bool more = true;

	printf("\n%s%s%s\n", ui_out_colour('B'), head, ui_out_colour('0'));
	while (more) {
		more = str_cut(&rest, ' ', &word);
		if (col > 0 && col + 1 + word.n > 76) {
			printf("\n");
			col = 0;
		}
		printf("%s" STR_F, col > 0 ? " " : "  ", STR_A(word));
		col += word.n + (col > 0 ? 1 : 2);
	}
	printf("\n");
}

static void
print_rule(const struct diag_rule *r)
{
	printf("%s%s%s %s: %s\n", ui_out_colour('B'), r->code,
	    ui_out_colour('0'), level_word(r->level), r->title);
	print_wrapped("cause", r->cause);
	print_wrapped("repair", r->repair);
}

/* The codes that differ from what was written in the fewest letters. */
static int
unknown(const char *code, struct err *e)
{
	CLEANUP(buf_free) struct buf near = BUF(400);
	size_t best = 3, n = 0, d;
	struct str written = str_of(code);

	for (size_t i = 0; tables()[i]; i++)
		for (const struct diag_rule *r = tables()[i]; r->code; r++) {
			d = str_distance(written, str_of(r->code), 3);
			if (d > best || (d == best && (n == 5 || d == 3)))
				continue;
			if (d < best) {
				buf_clear(&near);
				n = 0;
			}
			best = d;
			buf_addf(&near, "%s%s", n++ > 0 ? ", " : "", r->code);
		}
	(void)err_set(e, ERR_MISSING, "there is no code '%.40s'", code);
	if (near.n > 0)
		return err_hint(e, "near it are %s; 'subo explain' lists all",
		    buf_cstr(&near));
	return err_hint(e, "'subo explain' lists all codes");
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	const struct diag_rule *r = NULL;
	struct tree *t;

	if (argc == 0) {
		if (cmd_common()->json)
			list_json(a);
		else
			list_text();
		return 0;
	}
	for (size_t i = 0; tables()[i] && !r; i++)
		r = diag_find(tables()[i], str_of(argv[0]));
	if (!r)
		return unknown(argv[0], e);
	if (!cmd_common()->json) {
		print_rule(r);
		return 0;
	}
	t = ui_json(a, "explain", true);
	tree_put(a, t, "rule", rule_json(a, r));
	ui_json_print(t);
	return 0;
}

const struct cmd cmd_explain = {
	.name = "explain",
	.args = "[code]",
	.max_args = 1,
	.value = VALUE_CODE,
	.about = "tell more about a problem's code, such as D017",
	.group = "Look into it",
	.opts = opts,
	.run = run,
};
