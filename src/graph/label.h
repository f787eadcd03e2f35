/* SPDX-License-Identifier: Apache-2.0 */
/*
 * label.h - texts from outside, made fit to be drawn, and how wide they are.
 *
 * What would not be seen, or would move what stands around it (controls, bad
 * UTF-8, changes of direction, characters without width), is drawn as U+FFFD.
 */
#ifndef GRAPH_LABEL_H
#define GRAPH_LABEL_H

#include "base/base.h"

#define LABEL_ELLIPSIS	"\xe2\x80\xa6"

/* Cut the next character off s, which is not empty, as it is to be drawn. */
uint32_t	label_next(struct str *s);
/* Columns that a terminal gives it: 0 (it joins the one before), 1 or 2. */
unsigned	label_width(uint32_t c);
unsigned	label_cols(struct str s);
void		label_add_char(struct buf *out, uint32_t c);
/* s, made fit, in at most cols columns; what is cut ends in an ellipsis. */
struct str	label_fit(struct arena *a, struct str s, unsigned cols);
/* "1h30m", "250ms" */
void		label_add_time(struct buf *out, uint64_t ns);

#endif
