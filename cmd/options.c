/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "options.h"

static struct cmd_common common;
static bool help;

/* --json is a flag that may carry "=lines"; parse_long sees to that. */
const struct cmd_opt common_opts[] = {
	{ "help", 'h', OPT_FLAG, &help, NULL, "print help and exit", 0 },
	{ "json", 0, OPT_FLAG, &common.json, NULL,
	    "print one JSON document on standard output", 0 },
	{ "github", 0, OPT_FLAG, &common.github, NULL,
	    "mark errors for GitHub beside the lines of a change", 0 },
	{ "quiet", 'q', OPT_FLAG, &common.quiet, NULL,
	    "print errors and results only", 0 },
	{ "verbose", 'v', OPT_FLAG, &common.verbose, NULL,
	    "print more of what happens", 0 },
	{ 0 },
};

struct cmd_common *
options_common(void)
{
	return &common;
}

const struct cmd_common *
cmd_common(void)
{
	return &common;
}

bool
options_help(void)
{
	return help;
}

static const struct cmd_opt *
find_in(const struct cmd_opt *o, struct str name, char letter)
{
	for (; o && o->name; o++)
		if (letter != 0 ? o->letter == letter : str_is(name, o->name))
			return o;
	return NULL;
}

bool
options_is_common(const char *arg)
{
	struct str s = str_of(arg), name;

	if (str_starts(s, "--")) {
		s = str_from(s, 2);
		str_cut(&s, '=', &name);
		return find_in(common_opts, name, 0) != NULL;
	}
	return s.n == 2 && s.p[0] == '-' &&
	    find_in(common_opts, STR(""), s.p[1]) != NULL;
}

bool
opt_shown(const struct cmd_opt *o)
{
	return o->help && o->kind != OPT_OLD && o->kind != OPT_ALIAS;
}

static const struct cmd_opt *
find(const struct cmd *c, struct str name, char letter)
{
	const struct cmd_opt *o = find_in(c->opts, name, letter);

	if (o && o->kind == OPT_ALIAS)
		o = find_in(c->opts, str_of(o->help), 0);
	return o ? o : find_in(common_opts, name, letter);
}

struct reader {
	const char *parent; /* of a sub-command, else "" */
	int argc;
	char **argv;
	int at;
};

static int
unknown(
    const struct cmd *c, const struct reader *r, struct str name, struct err *e)
{
	const char *space = r->parent[0] != '\0' ? " " : "";
	struct str names[96], near;
	size_t n = 0;

	for (const struct cmd_opt *o = c->opts; o && o->name; o++)
		if (n < COUNT(names) && opt_shown(o))
			names[n++] = str_of(o->name);
	for (const struct cmd_opt *o = common_opts; o->name; o++)
		if (n < COUNT(names))
			names[n++] = str_of(o->name);
	err_set(e, ERR_USAGE, "unknown option '%.80s' for 'subo %s%s%s'",
	    r->argv[r->at], r->parent, space, c->name);
	near = diag_nearest(name, names, n);
	if (near.n > 0)
		return err_hint(e, "did you mean '--" STR_F "'?", STR_A(near));
	return err_hint(e, "see 'subo help %s%s%s'", r->parent, space, c->name);
}

static int
bad_value(
    const struct cmd_opt *o, const char *v, const char *want, struct err *e)
{
	return err_set(
	    e, ERR_USAGE, "--%s wants %s, not '%.80s'", o->name, want, v);
}

static int
take_list(const struct cmd_opt *o, const char *v, struct err *e)
{
	struct opt_list *list = o->into;

	if (list->n == OPT_LIST_MAX)
		return err_set(e, ERR_USAGE, "--%s is given over %d times",
		    o->name, OPT_LIST_MAX);
	list->v[list->n++] = v;
	return 0;
}

static int
take(const struct cmd_opt *o, const char *v, struct err *e)
{
	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)o->into = true;
		return 0;
	case OPT_TEXT:
		*(const char **)o->into = v;
		return 0;
	case OPT_LIST:
		return take_list(o, v, e);
	case OPT_NUMBER:
		if (!str_u64(str_of(v), UINT64_MAX, o->into))
			return bad_value(o, v, "a number", e);
		return 0;
	case OPT_BYTES:
		if (!str_bytes(str_of(v), o->into))
			return bad_value(o, v, "a size such as 64M", e);
		return 0;
	case OPT_MS:
		if (!str_ms(str_of(v), o->into))
			return bad_value(o, v, "a time such as 500ms or 2s", e);
		return 0;
	case OPT_OLD:
	case OPT_ALIAS:
		break;
	}
	err_set(e, ERR_USAGE, "--%s is no longer an option", o->name);
	return err_hint(e, "%s", o->help);
}

static bool
wants_value(const struct cmd_opt *o)
{
	return o->kind != OPT_FLAG && (o->kind != OPT_OLD || o->arg);
}

static int
take_next(struct reader *r, const struct cmd_opt *o, struct err *e)
{
	if (o->kind == OPT_OLD || !wants_value(o))
		return take(o, NULL, e);
	if (r->at + 1 >= r->argc)
		return err_set(e, ERR_USAGE, "--%s wants %s", o->name,
		    o->arg ? o->arg : "a value");
	return take(o, r->argv[++r->at], e);
}

static int
parse_long(const struct cmd *c, struct reader *r, struct err *e)
{
	const char *arg = r->argv[r->at];
	struct str name = str_of(arg + 2), value;
	const struct cmd_opt *o;

	value = name;
	if (!str_cut(&value, '=', &name)) {
		o = find(c, name, 0);
		return o ? take_next(r, o, e) : unknown(c, r, name, e);
	}
	o = find(c, name, 0);
	if (!o)
		return unknown(c, r, name, e);
	if (o->into == &common.json) {
		if (!str_is(value, "lines"))
			return bad_value(o, value.p, "nothing or 'lines'", e);
		common.json = common.json_lines = true;
		return 0;
	}
	if (!wants_value(o))
		return err_set(e, ERR_USAGE, "--%s takes no value", o->name);
	return take(o, value.p, e);
}

static int
parse_short(const struct cmd *c, struct reader *r, struct err *e)
{
	const char *arg = r->argv[r->at];

	for (size_t i = 1; arg[i] != '\0'; i++) {
		const struct cmd_opt *o = find(c, STR(""), arg[i]);

		if (!o)
			return unknown(c, r, str_of(arg + 1), e);
		if (!wants_value(o)) {
			if (take(o, NULL, e) < 0)
				return -1;
			continue;
		}
		if (arg[i + 1] != '\0')
			return take(o, arg + i + 1, e);
		return take_next(r, o, e);
	}
	return 0;
}

int
options_parse(const struct cmd *c, const char *parent, int argc, char **argv,
    struct err *e)
{
	struct reader r = { parent, argc, argv, 0 };
	int left = 0;
	bool ended = false;

	for (; r.at < argc; r.at++) {
		char *arg = argv[r.at];
		int failed = 0;

		if (ended || arg[0] != '-' || arg[1] == '\0')
			argv[left++] = arg;
		else if (strcmp(arg, "--") == 0)
			ended = true;
		else if (arg[1] == '-')
			failed = parse_long(c, &r, e);
		else
			failed = parse_short(c, &r, e);
		if (failed < 0)
			return -1;
	}
	return left;
}
