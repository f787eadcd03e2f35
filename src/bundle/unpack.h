/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.h - all entries of a bundle unpacked and hashed, on several cores. */
#ifndef BUNDLE_UNPACK_H
#define BUNDLE_UNPACK_H

#include "base/base.h"
#include "bundle/zip.h"
#include "sign/sign.h"

struct unpacked {
	char		*room;		/* owned: mem_free */
	struct str	 data;		/* in it */
	const char	*why;		/* it cannot be unpacked; else NULL */
	struct digest	 digest;	/* of data, when it was asked for */
};

/*
 * Unpack n entries of file, each into one of out, which begins zeroed; its
 * digest goes to *whole.  hash says of which entries the digest is wanted.
 */
void	unpack_all(struct unpacked *out, const struct zip_entry *z, size_t n,
	    struct str file, struct digest *whole,
	    bool (*hash)(struct str name));

#endif
