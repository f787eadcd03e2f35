/* SPDX-License-Identifier: Apache-2.0 */
#include "completion.h"
#include "options.h"

static const char head[] =
    "#compdef subo\n"
    "# zsh completion for subo, made by: subo completion zsh\n"
    "_subo_values()\n"
    "{\n"
    "	local -a list\n"
    "	list=(${(f)\"$(_call_program values ${_subo_program:-subo}"
    " internal-complete $1 2>/dev/null)\"})\n"
    "	compset -P '*,'\n"
    "	compadd -a list\n"
    "}\n"
    "_subo()\n"
    "{\n"
    "	local _subo_program=$words[1] cmd=$words[2]\n"
    "	local -a names\n"
    "	if (( CURRENT == 2 )); then\n";

/* Text inside '...' that _arguments and _describe read: ':' and brackets
 * mean something to them, and a quote to the shell. */
static void
add_quoted(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			buf_add(out, STR("'\\''"));
			continue;
		}
		if (*text == ':' || *text == '[' || *text == ']' ||
		    *text == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *text);
	}
}

static void
add_names(struct buf *out, const struct cmd *const *list, const char *tabs)
{
	buf_addf(out, "%snames=(\n", tabs);
	for (size_t i = 0; list[i]; i++) {
		if (list[i]->hidden)
			continue;
		buf_addf(out, "%s	'%s:", tabs, list[i]->name);
		add_quoted(out, list[i]->about);
		buf_add(out, STR("'\n"));
	}
	buf_addf(out, "%s)\n%s_describe command names\n", tabs, tabs);
}

static void
add_action(struct buf *out, enum opt_value value)
{
	const char *kind = completion_kind(value);

	/* Without the space _arguments adds words before the kind. */
	if (kind)
		buf_addf(out, " _subo_values %s", kind);
	else if (value == VALUE_FILE)
		buf_add(out, STR("_files"));
	else if (value == VALUE_DIR)
		buf_add(out, STR("_files -/"));
}

static void
add_option(struct buf *out, const struct cmd_opt *o)
{
	bool value = completion_wants_value(o);
	const char *mark = value ? "=" : "";

	if (o->kind == OPT_LIST)
		buf_addf(out, "		    '*--%s=[", o->name);
	else if (o->letter != 0)
		buf_addf(out, "		    '(-%c --%s)'{-%c%s,--%s%s}'[",
		    o->letter, o->name, o->letter, value ? "+" : "", o->name,
		    mark);
	else
		buf_addf(out, "		    '--%s%s[", o->name, mark);
	add_quoted(out, o->help);
	buf_addc(out, ']');
	if (value) {
		buf_addc(out, ':');
		add_quoted(out, o->arg ? o->arg : "value");
		buf_addc(out, ':');
		add_action(out, o->value);
	}
	buf_add(out, STR("' \\\n"));
}

static void
add_options(struct buf *out, const struct cmd_opt *o)
{
	for (; o && o->name; o++)
		if (completion_shows(o))
			add_option(out, o);
}

static void
add_command(struct buf *out, const struct cmd *c, const char *parent)
{
	if (c->subs)
		return;
	buf_addf(out, "	'%s%s%s')\n		_arguments -s -S \\\n", parent,
	    parent[0] != '\0' ? " " : "", c->name);
	add_options(out, c->opts);
	add_options(out, common_opts);
	if (c->max_args > 0) {
		buf_add(out, STR("		    '*:"));
		add_quoted(out, c->args);
		buf_addc(out, ':');
		add_action(out, c->value);
		buf_add(out, STR("'\n"));
	} else {
		buf_add(out, STR("		    && return 0\n"));
	}
	buf_add(out, STR("		;;\n"));
}

void
completion_zsh(struct buf *out)
{
	buf_add(out, str_of(head));
	add_names(out, cmd_table, "		");
	buf_add(out, STR("		return\n	fi\n"));
	for (size_t i = 0; cmd_table[i]; i++) {
		const struct cmd *c = cmd_table[i];

		if (!c->subs || c->hidden)
			continue;
		buf_addf(out,
		    "	if [[ $cmd == %s ]]; then\n"
		    "		if (( CURRENT == 3 )); then\n",
		    c->name);
		add_names(out, c->subs, "			");
		buf_add(out,
		    STR("			return\n		fi\n"
			"		cmd=\"$cmd $words[3]\"\n"
			"		shift words\n"
			"		(( CURRENT-- ))\n	fi\n"));
	}
	buf_add(out,
	    STR("	shift words\n	(( CURRENT-- ))\n"
		"	case $cmd in\n"));
	completion_each(out, add_command);
	/* Autoloaded the file is the function's body; sourced it registers. */
	buf_add(out,
	    STR("	esac\n}\n"
		"if [[ $funcstack[1] == _subo ]]; then\n	_subo \"$@\"\n"
		"else\n	compdef _subo subo\nfi\n"));
}
