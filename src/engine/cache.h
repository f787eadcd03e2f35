/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.h - compiled code that was kept: plain files, private to engine/.
 *
 * Loading a file of compiled code is running it, so only a file that we wrote
 * is ever given out: it lies in a folder of ours that nobody else may write
 * to, and belongs to us.  Its name is a SHA-256 of what it was made from.  It
 * ends in a checksum of all before it, for the engine accepts a flipped byte
 * silently.  That one is against accidents, so it need not be cryptographic:
 * whoever can write the file can run code as us anyway.
 * Whatever is wrong with a file, the answer is "not there", and the code is
 * compiled again.
 */
#ifndef CACHE_H
#define CACHE_H

#include "base/base.h"
#include "sign/sign.h"

#define CACHE_MAX_BYTES	(1024ull << 20)	/* of all files; the oldest go first */

/* What this machine's processor can: part of the settings. */
void	cache_machine(char hex[DIGEST_HEX]);
/* Add to path the file that code for the module with this digest, made with
 * these settings, is kept in. */
void	cache_path(struct buf *path, const char *dir,
	    const struct digest *module, const char *settings);
/* Is the file there, ours, and whole? */
bool	cache_check(const char *path);
/* Keep code there.  A failure is no failure: there is no file then. */
void	cache_keep(const char *dir, const char *path, struct str code);

#endif
