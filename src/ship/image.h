/* SPDX-License-Identifier: Apache-2.0 */
/* image.h - a bundle whose parts come to lie where they belong; private to
 * ship. */
#ifndef SHIP_IMAGE_H
#define SHIP_IMAGE_H

#include "ship/parts.h"

#define IMAGE_NO_LAYER	SIZE_MAX

struct spot {
	struct entry	 z;		/* first: they are sorted by it */
	size_t		 layer;		/* or IMAGE_NO_LAYER: it has its bytes */
	size_t		 at;		/* of its packed bytes, in the bundle */
	size_t		 before;	/* bytes of the layer that come first */
};

struct image {
	struct spot	*v;		/* in the bundle's order */
	size_t		 n, cap;
	uint64_t	 nbytes;
	struct buf	*out;		/* the bundle; borrowed, empty before */
};

/* One layer of many small files? */
bool	image_is_files(const struct ship_layer *y);
/*
 * Which entries are there, and where?  Of layers the sizes count, and of those
 * of small files the bytes, which must live until image_finish.
 * Errors as ship_rebuild.
 */
int	image_plan(struct image *g, struct buf *out,
	    const struct ship_layer *layers, size_t n, struct err *e) MUST_CHECK;
/* Where the bytes of a layer go, and a NUL behind them may; NULL: it is one of
 * small files. */
char	*image_place(const struct image *g, size_t layer);
/* All are there. */
int	image_finish(struct image *g, const struct ship_layer *layers,
	    uint32_t date, struct err *e) MUST_CHECK;
void	image_free(struct image *g);		/* contents */

#endif
