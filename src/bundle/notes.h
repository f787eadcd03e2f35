/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notes.h - what was found in a bundle the last time, private to bundle/.
 *
 * A text file, named for the digest of the bundle's bytes and the rules it was
 * read by: a line for each module, its digest and its entry's name.  It is
 * believed only when it is ours alone and of the same entries; whatever is
 * wrong with it, the answer is "not there", and the bundle is read whole.
 */
#ifndef BUNDLE_NOTES_H
#define BUNDLE_NOTES_H

#include "base/base.h"
#include "bundle/zip.h"
#include "sign/sign.h"

#define NOTES_MAX_FILES	4096u	/* in the folder; the oldest go first */

struct note {
	struct str	name;		/* of an entry */
	struct digest	digest;		/* of what it unpacks to */
};

/* Digests of those of the n entries that are modules, into digests[i];
 * false: there are no notes, or not of these. */
bool	notes_read(const char *dir, const struct digest *bundle,
	    const struct zip_entry *z, size_t n, bool (*module)(struct str),
	    struct digest *digests);
/* A failure is no failure: there are no notes then. */
void	notes_write(const char *dir, const struct digest *bundle,
	    const struct note *v, size_t n);

#endif
