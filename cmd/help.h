/* SPDX-License-Identifier: Apache-2.0 */
/* help.h - help texts, made from the command table. */
#ifndef HELP_H
#define HELP_H

#include "cmd.h"

/* The command of that name in a list, or NULL. */
const struct cmd *help_find(const struct cmd *const *list, const char *name);
/* Fill e (ERR_USAGE) for a name no command has, with the nearest. */
int	help_unknown(const struct cmd *const *list, const char *what,
	    const char *name, struct err *e);
/* `subo help`, and `subo help COMMAND [SUB]`. */
void	help_all(struct buf *out);
int	help_print(const struct buf *text);	/* or as JSON */
void	help_one(struct buf *out, const struct cmd *c, const char *parent);

#endif
