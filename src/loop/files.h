/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - what is known of the files below a folder; private to loop. */
#ifndef LOOP_FILES_H
#define LOOP_FILES_H

#include <sys/types.h>

#include "loop/parts.h"

struct folder;

/* A name in a folder, and what was found there. */
struct entry {
	char		*name;		/* owned */
	mode_t		 kind;		/* S_IFREG...; 0: nothing */
	uint64_t	 ino, nbytes, mtime_ns;
	uint64_t	 hash;		/* of what is in it, when hashed */
	bool		 hashed;
	bool		 young;		/* it may change without a later time */
	struct folder	*folder;	/* when it is one that is looked into */
};

/* Find out what is at path.  was: what is known of it, or NULL; *read_bytes is
 * what may be read for its content, and gets less. */
void	entry_look(struct entry *x, const char *path, const struct entry *was,
	    uint64_t *read_bytes);
/* Both are what is told of (files and links), and hold the same? */
bool	entry_same(const struct entry *a, const struct entry *b);
bool	entry_counts(const struct entry *x);

/* The names in the folder at path, sorted, nothing else of them known.  False:
 * it cannot be read. */
bool	entries_list(const char *path, struct entry **v, size_t *n);
/* The names, too; their folders must be gone. */
void	entries_free(struct entry *v, size_t n);

#endif
