/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid.h - a layout on a grid of characters.
 *
 * A cell remembers in which directions lines leave it, so that what meets there
 * becomes the right corner or cross.
 */
#ifndef GRAPH_GRID_H
#define GRAPH_GRID_H

#include "graph/layout.h"

/* A character, or else the ways out of the cell. */
struct cell {
	uint32_t	 c;
	uint8_t		 ways;
	uint8_t		 ink;
	bool		 taken;		/* by the wide character before */
};

struct grid {
	struct cell	*v;		/* w * h, zeroed */
	int		 w, h;
	bool		 ascii, colour;
};

void	grid_box(struct grid *g, const struct box *b, const struct metrics *m);
void	grid_edge(struct grid *g, const struct edge *e);	/* after boxes */
/* Line y, without blanks at its end, and its end. */
void	grid_print(struct buf *out, struct grid *g, int y);
/* What ASCII has in place of c. */
uint32_t grid_ascii(uint32_t c);

#endif
