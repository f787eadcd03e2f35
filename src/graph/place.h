/* SPDX-License-Identifier: Apache-2.0 */
/* place.h - a layout while it is made. */
#ifndef GRAPH_PLACE_H
#define GRAPH_PLACE_H

#include "graph/layout.h"

#define PLACE_GUTTERS	6u		/* ways up beside the boxes; more share */
#define PLACE_MAX_LANES	24u		/* below one line; more share */

/* A box on the way from the trigger to the answer. */
struct place_item {
	struct box	*box;
	size_t		 line;
};

struct place_line {
	int	up, down;		/* from the middle of its boxes */
	int	mid;
	int	lane_y;			/* of the first way back below it */
	size_t	nlanes;
	int	turn_y;			/* of the line that goes on below */
};

/* A goto's way: a lane below its own line, and, when its target is in a line
 * above, one below that and a gutter. */
struct place_back {
	const struct place_item *from, *to;
	size_t	from_lane, to_lane, gutter;
};

struct place_work {
	struct arena	*arena;
	const struct course *flow;
	const struct metrics *m;
	struct layout	*layout;
	struct place_item *items;
	size_t		 nitems;
	struct place_line *lines;
	size_t		 nlines;
	int		 gutter, indent;	/* where the first line begins,
						   and the others */
	struct place_back *backs;
	size_t		 nbacks;
};

void	place_lanes(struct place_work *w);
void	place_edges(struct place_work *w);

#endif
