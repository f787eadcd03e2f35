/* SPDX-License-Identifier: Apache-2.0 */
/* svg.h - the parts of a flow as SVG. */
#ifndef GRAPH_SVG_H
#define GRAPH_SVG_H

#include "graph/layout.h"

extern const struct metrics svg_metrics;
extern const char svg_css[];

/* Text or an attribute's value; lines are kept apart. */
void	svg_add(struct buf *out, struct str s);
void	svg_box(struct buf *out, const struct course *f, const struct box *b);
void	svg_edge(struct buf *out, const struct course *f, const struct edge *e);

#endif
