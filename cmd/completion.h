/* SPDX-License-Identifier: Apache-2.0 */
/* completion.h - scripts for shells, made from the command table. */
#ifndef COMPLETION_H
#define COMPLETION_H

#include "cmd.h"

void	completion_bash(struct buf *out);
void	completion_zsh(struct buf *out);
void	completion_fish(struct buf *out);

/* What `subo internal-complete` is asked for such a value; NULL: nothing, the
 * shell knows files, and anything is nothing to be guessed. */
const char *completion_kind(enum opt_value value);

/* Options a shell offers: not the old ones. */
bool	completion_shows(const struct cmd_opt *o);
bool	completion_wants_value(const struct cmd_opt *o);

/* Call fn for a command and each of its sub-commands; parent is "" or the
 * command's name.  Hidden ones are left out. */
void	completion_each(struct buf *out, void (*fn)(struct buf *out,
	    const struct cmd *c, const char *parent));

#endif
