/* SPDX-License-Identifier: Apache-2.0 */
/* deflate.h - checksums and raw deflate streams, without zlib's types. */
#ifndef DEFLATE_H
#define DEFLATE_H

#include "base/base.h"

#define DEFLATE_WINDOW	32768u	/* bytes that a block may look back */

uint32_t deflate_crc(struct str data);
/* The checksum of a and b together; b is nb bytes. */
uint32_t deflate_crc_join(uint32_t a, uint32_t b, size_t nb);

/* Packs blocks; one for each thread. */
struct deflater;
struct deflater	*deflater_new(void);
void		 deflater_free(struct deflater **d);

/*
 * Add data to out as deflate blocks that end on a byte.  before is what comes
 * before it in the same stream, of which the last DEFLATE_WINDOW bytes are
 * looked at.  Streams of blocks packed apart are one stream when joined.
 */
void	deflater_add(struct deflater *d, struct str before, struct str data,
	    bool last, struct buf *out);

/* Unpack a whole stream into exactly nbytes at to.  NULL, or what is wrong. */
const char *deflate_unpack(struct str packed, char *to, size_t nbytes);

/* The version of the packer: another one may make other bytes. */
const char *deflate_version(void);

#endif
