/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - from argv to the options of a command's table. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "cmd.h"

/* The options every command has; parsed into main's copy of cmd_common. */
extern const struct cmd_opt common_opts[];

/*
 * Take the options out of argv, leaving the rest in order; "--" ends them.
 * Returns how many are left, or -1 with e filled (ERR_USAGE, the nearest
 * option in its hint).  argv[0] is the first word after the command's name;
 * parent is the command that c is a sub-command of, or "".
 */
int	options_parse(const struct cmd *c, const char *parent, int argc,
	    char **argv, struct err *e) MUST_CHECK;

/* Is arg one of common_opts, as written on a command line? */
bool	options_is_common(const char *arg);

/* Where common_opts point. */
struct cmd_common *options_common(void);
bool	options_help(void);

#endif
