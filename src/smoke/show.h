/* SPDX-License-Identifier: Apache-2.0 */
/* show.h - private to smoke: differences, made for reading. */
#ifndef SMOKE_SHOW_H
#define SMOKE_SHOW_H

#include "base/base.h"

/* "what:" and both texts, in two columns when they are text and fit width. */
void	show_difference(struct buf *out, const char *what, struct str want,
	    struct str got, unsigned width);
/* The bytes, indented, terminal-safe, cut to a sensible length. */
void	show_bytes(struct buf *out, struct str s);
/* In quotes, on one line, cut to a sensible length. */
void	show_quoted(struct buf *out, struct str s);

#endif
