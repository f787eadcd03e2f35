/* SPDX-License-Identifier: Apache-2.0 */
/* packers.h - threads that pack entries, block by block, ahead of the writer. */
#ifndef CREW_H
#define CREW_H

#include "bundle/bundle.h"
#include "bundle/zip.h"

/*
 * An entry is cut into blocks of fixed size that are packed apart, each with
 * the 32 KiB before it as its dictionary, so the bytes do not depend on how
 * many threads there are.
 */
#define CREW_BLOCK	(256u << 10)

struct packers;

/* What is to be packed, or an entry to copy that is packed already. */
struct packers_part {
	struct str	name, data;
	const struct zip_entry *earlier;
};

/* One entry as it goes into the file. */
struct packers_entry {
	uint16_t	method;
	uint32_t	crc, npacked, nbytes;
	struct str	whole;		/* when it goes in as one piece */
	const struct packers_block *blocks;	/* else these, joined */
	size_t		nblocks;
};

struct packers_block {
	size_t		part, from, nbytes;
	uint32_t	crc;
	struct buf	out;
	bool		done;
};

/* parts must outlive the crew.  store: pack nothing. */
struct packers	*packers_new(const struct packers_part *parts, size_t nparts,
		    bool store, unsigned jobs);
/* The packed form of part i, which lives until the next call.  Parts are
 * taken in order, each once. */
void		 packers_take(struct packers *c, size_t i, struct packers_entry *out);
void		 packers_free(struct packers **c);

#endif
