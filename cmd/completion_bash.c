/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "completion.h"
#include "options.h"

/*
 * The words are cut from the line again: bash itself breaks them at ':' and
 * '=', and takes what replies replace from the last such break.
 */
static const char head[] =
    "# bash completion for subo, made by: subo completion bash\n"
    "_subo_values()\n"
    "{\n"
    "	local list= word\n"
    "	case $2 in\n"
    "	*,*) list=${2%,*}, ;;\n"
    "	esac\n"
    "	while read -r word; do\n"
    "		[[ $word != \"${2##*,}\"* ]] || COMPREPLY+=(\"$list$word\")\n"
    "	done < <(\"$3\" internal-complete \"$1\" 2>/dev/null </dev/null)\n"
    "}\n"
    "_subo_files()\n"
    "{\n"
    "	local IFS=$'\\n'\n"
    "	compopt -o filenames 2>/dev/null\n"
    "	COMPREPLY=($(compgen \"$1\" -- \"$2\"))\n"
    "}\n"
    "_subo()\n"
    "{\n"
    "	local line=${COMP_LINE:0:COMP_POINT} cur= prev= cmd= path= kind= n\n"
    "	local commands= options=\n"
    "	local -a words\n"
    "	read -ra words <<<\"$line\"\n"
    "	case $line in\n"
    "	*[[:space:]]) ;;\n"
    "	*)\n"
    "		n=$((${#words[@]} - 1))\n"
    "		cur=${words[n]}\n"
    "		unset \"words[n]\"\n"
    "		;;\n"
    "	esac\n"
    "	n=${#words[@]}\n"
    "	[ \"$n\" -gt 0 ] || return 0\n"
    "	prev=${words[n - 1]}\n"
    "	case $cur in\n"
    "	--*=*)\n"
    "		prev=${cur%%=*}\n"
    "		cur=${cur#*=}\n"
    "		;;\n"
    "	esac\n"
    "	COMPREPLY=()\n"
    "	path=${words[1]-}\n";

static const char tail[] =
    "	case $kind in\n"
    "	none) ;;\n"
    "	file) _subo_files -f \"$cur\" ;;\n"
    "	dir) _subo_files -d \"$cur\" ;;\n"
    "	?*) _subo_values \"$kind\" \"$cur\" \"${words[0]}\" ;;\n"
    "	esac\n"
    "	if [ -z \"$kind\" ]; then\n"
    "		case $cur in\n"
    "		-*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;;\n"
    "		*) COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\")) ;;\n"
    "		esac\n"
    "	fi\n"
    "	case $COMP_WORDBREAKS in\n"
    "	*:*)\n"
    "		case $cur in\n"
    "		*:*)\n"
    "			n=${cur%\"${cur##*:}\"}\n"
    "			COMPREPLY=(\"${COMPREPLY[@]#\"$n\"}\")\n"
    "			;;\n"
    "		esac\n"
    "		;;\n"
    "	esac\n"
    "	return 0\n"
    "}\n"
    "complete -F _subo subo\n";

static const char *
kind_of(enum opt_value value)
{
	const char *asked = completion_kind(value);

	if (asked)
		return asked;
	return value == VALUE_FILE ? "file"
	    : value == VALUE_DIR   ? "dir"
				   : "none";
}

static void
write_options(struct buf *out, const struct cmd_opt *o)
{
	for (; o && o->name; o++)
		if (completion_shows(o))
			buf_addf(out, " --%s", o->name);
}

static void
write_values(struct buf *out, const struct cmd_opt *o)
{
	for (; o && o->name; o++) {
		if (!completion_shows(o) || !completion_wants_value(o))
			continue;
		buf_addf(out, "		--%s", o->name);
		if (o->letter != 0)
			buf_addf(out, " | -%c", o->letter);
		buf_addf(out, ") kind=%s ;;\n", kind_of(o->value));
	}
}

static void
write_names(struct buf *out, const struct cmd *const *list)
{
	for (size_t i = 0; list[i]; i++)
		if (!list[i]->hidden)
			buf_addf(out, " %s", list[i]->name);
}

static void
write_command(struct buf *out, const struct cmd *c, const char *parent)
{
	buf_addf(out, "	'%s%s%s')\n		options='", parent,
	    parent[0] != '\0' ? " " : "", c->name);
	write_options(out, c->opts);
	write_options(out, common_opts);
	buf_add(out, STR("'\n"));
	if (c->subs) {
		buf_add(out, STR("		commands='"));
		write_names(out, c->subs);
		buf_add(out, STR("'\n"));
	}
	/* What an option wants comes before what the command wants. */
	buf_add(out, STR("		case $prev in\n"));
	write_values(out, c->opts);
	if (!c->subs)
		buf_addf(out, "		*) [[ $cur == -* ]] || kind=%s ;;\n",
		    c->max_args > 0 ? kind_of(c->value) : "none");
	buf_add(out, STR("		esac\n		;;\n"));
}

void
completion_bash(struct buf *out)
{
	buf_add(out, str_of(head));
	for (size_t i = 0; cmd_table[i]; i++)
		if (cmd_table[i]->subs && !cmd_table[i]->hidden)
			buf_addf(out,
			    "	if [ \"$path\" = %s ] && [ \"$n\" -gt 2 ]; "
			    "then\n"
			    "		path=\"%s ${words[2]}\"\n	fi\n",
			    cmd_table[i]->name, cmd_table[i]->name);
	buf_add(out, STR("	case $path in\n	'')\n		commands='"));
	write_names(out, cmd_table);
	buf_add(out,
	    STR("'\n		options='--help --version'\n		;;\n"));
	completion_each(out, write_command);
	buf_add(out, STR("	esac\n"));
	buf_add(out, str_of(tail));
}
