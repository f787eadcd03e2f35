/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A deflated entry as a file of gzip (RFC 1952): what deflate made stands in
 * it unchanged, and any gunzip reads it.
 */
#include <string.h>

#include "ship/parts.h"

#define TAIL 8u

/* Magic, deflate, no flags, no time, no level, system not told. */
static const struct str head = { "\x1f\x8b\x08\0\0\0\0\0\0\xff", GZIP_BEFORE };

void
gzip_write(struct buf *out, const struct entry *z)
{
	buf_add(out, head);
	buf_add(out, z->packed);
	entry_put32(out, z->crc);
	entry_put32(out, z->nbytes);
}

bool
gzip_read(struct entry *z, struct str file)
{
	if (file.n < GZIP_MORE || memcmp(file.p, head.p, head.n) != 0)
		return false;
	z->method = ENTRY_DEFLATED;
	z->packed = (struct str){ file.p + head.n, file.n - GZIP_MORE };
	z->crc = entry_get32(file, file.n - TAIL);
	z->nbytes = entry_get32(file, file.n - TAIL + 4);
	return true;
}
