/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.h - all entries of a bundle unpacked and hashed, on several cores. */
#ifndef BUNDLE_UNPACK_H
#define BUNDLE_UNPACK_H

#include "base/base.h"
#include "bundle/bundle.h"
#include "bundle/zip.h"

struct unpacked {
	char		*room;		/* owned: mem_free */
	struct str	 data;		/* in it */
	const char	*why;		/* it cannot be unpacked; else NULL */
	struct digest	 digest;	/* of data, when it was asked for */
};

struct unpack_wants {
	const struct bundle_cut *file;	/* its digest, without signatures, */
	struct digest	*whole;		/* goes here; NULL: not wanted */
	bool		(*is_module)(struct str name);
	bool		 modules;	/* unpack and hash those too */
};

/* Unpack n entries, each into one of out, which begins zeroed. */
void	unpack_all(struct unpacked *out, const struct zip_entry *z, size_t n,
	    const struct unpack_wants *w);
/* One of them. */
void	unpack_one(struct unpacked *out, const struct zip_entry *z);
/* What bundle_digest is. */
struct digest unpack_digest(const struct bundle_cut *file);

#endif
