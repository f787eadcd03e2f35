/* SPDX-License-Identifier: Apache-2.0 */
/* stage.h - a folder that appears whole or not at all. */
#ifndef TEMPLATE_STAGE_H
#define TEMPLATE_STAGE_H

#include "base/base.h"

/* Filled under a name beside dest, synced, then renamed. */
struct stage {
	char		*dest, *tmp;	/* owned */
	unsigned	 nentries;
	uint64_t	 nbytes;
};

/*
 * ERR_USAGE    dest is there already
 * ERR_MISSING  the folder it shall be in is not there
 */
int	stage_open(struct stage *s, const char *dest, struct err *e)
	    MUST_CHECK;
/*
 * Paths are relative, their parts checked as in name.h.  dir may exist.
 *
 * ERR_INPUT   a name that is not allowed, or two that are the same
 * ERR_LIMIT   over a ceiling of template.h
 * ERR_SIGNAL  interrupted
 */
int	stage_dir(struct stage *s, const char *path, struct err *e) MUST_CHECK;
int	stage_file(struct stage *s, const char *path, struct str data,
	    bool executable, struct err *e) MUST_CHECK;
/* How many more bytes fit. */
size_t	stage_room(const struct stage *s);
int	stage_commit(struct stage *s, struct err *e) MUST_CHECK;
void	stage_drop(struct stage *s);	/* for CLEANUP; after commit nothing */

#endif
