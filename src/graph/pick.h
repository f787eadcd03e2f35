/* SPDX-License-Identifier: Apache-2.0 */
/* pick.h - which flows are drawn. */
#ifndef GRAPH_PICK_H
#define GRAPH_PICK_H

#include "graph/layout.h"

#define PICK_MAX_BOXES	20000u	/* in one picture; later flows are left out */

/* Is the n-th flow meant by only ("GET /x", "/x", a topic or a name)?  NULL
 * means all. */
bool	pick_is(const struct directive *d, size_t n, const char *only);
/* ERR_MISSING  only names no flow */
int	pick_check(const struct directive *d, const char *only, struct err *e)
	    MUST_CHECK;
/* What to say in place of a picture of d, which has no flows. */
void	pick_nothing(struct buf *out, const struct directive *d);
/* Boxes that the flow has at most. */
size_t	pick_boxes(const struct course *f);

#endif
