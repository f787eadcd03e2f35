/* SPDX-License-Identifier: Apache-2.0 */
#include "completion.h"
#include "options.h"

static const char head[] =
    "# fish completion for subo, made by: subo completion fish\n"
    "function __subo_values\n"
    "	set -l words (commandline -opc)\n"
    "	set -l cur (commandline -ct | string replace -r '^--[a-z-]+=' '')\n"
    "	set -l done (string match -r '^.*,' -- $cur)\n"
    "	for value in (command $words[1] internal-complete $argv[1] "
    "2>/dev/null)\n"
    "		string join -- '' $done $value\n"
    "	end\n"
    "end\n"
    "function __subo_at\n"
    "	set -l words (commandline -opc)\n"
    "	set -l last (math (count $argv) + 1)\n"
    "	test (count $words) -ge $last; or return 1\n"
    "	set -l have $words[2..$last]\n"
    "	test \"$have\" = \"$argv\"\n"
    "end\n"
    "function __subo_just\n"
    "	set -l words (commandline -opc)\n"
    "	test (count $words) -eq (math (count $argv) + 1)\n"
    "	and begin\n"
    "		test (count $argv) -eq 0; or __subo_at $argv\n"
    "	end\n"
    "end\n"
    "complete -c subo -f\n"
    "complete -c subo -n __subo_just -l help -d 'print help'\n"
    "complete -c subo -n __subo_just -l version -d 'print the version'\n";

static void
add_quoted(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *text);
	}
}

/* Options come after all words of the command. */
static void
add_condition(struct buf *out, const struct cmd *c, const char *parent)
{
	buf_addf(out, "complete -c subo -n '__subo_at %s%s%s'", parent,
	    parent[0] != '\0' ? " " : "", c->name);
}

static void
add_value(struct buf *out, enum opt_value value)
{
	const char *kind = completion_kind(value);

	if (kind)
		buf_addf(out, " -a '(__subo_values %s)'", kind);
	else if (value == VALUE_DIR)
		buf_add(out, STR(" -a '(__fish_complete_directories)'"));
}

static void
add_options(struct buf *out, const struct cmd *c, const char *parent,
    const struct cmd_opt *o)
{
	for (; o && o->name; o++) {
		if (!completion_shows(o))
			continue;
		add_condition(out, c, parent);
		buf_addf(out, " -l %s", o->name);
		if (o->letter != 0)
			buf_addf(out, " -s %c", o->letter);
		if (completion_wants_value(o)) {
			buf_add(out,
			    o->value == VALUE_FILE ? STR(" -r -F")
						   : STR(" -x"));
			add_value(out, o->value);
		}
		buf_add(out, STR(" -d '"));
		add_quoted(out, o->help);
		buf_add(out, STR("'\n"));
	}
}

static void
add_command(struct buf *out, const struct cmd *c, const char *parent)
{
	buf_addf(out, "complete -c subo -n '__subo_just%s%s' -a %s -d '",
	    parent[0] != '\0' ? " " : "", parent, c->name);
	add_quoted(out, c->about);
	buf_add(out, STR("'\n"));
	if (c->subs)
		return;
	add_options(out, c, parent, c->opts);
	add_options(out, c, parent, common_opts);
	if (c->max_args == 0 || c->value == VALUE_ANY)
		return;
	add_condition(out, c, parent);
	if (c->value == VALUE_FILE)
		buf_add(out, STR(" -F"));
	add_value(out, c->value);
	buf_addc(out, '\n');
}

void
completion_fish(struct buf *out)
{
	buf_add(out, str_of(head));
	completion_each(out, add_command);
}
