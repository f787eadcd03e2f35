/* SPDX-License-Identifier: Apache-2.0 */
/* lock.h - our folder in a project, one build at a time. */
#ifndef LOCK_H
#define LOCK_H

#include "project/project.h"

/* Make .subo/ with what belongs in it. */
int	lock_folder(const struct project *p, struct err *e) MUST_CHECK;
/* Wait until no other build runs in p; *fd is for lock_drop. */
int	lock_take(int *fd, const struct project *p,
	    void (*note)(void *arg, const char *text), void *arg,
	    struct err *e) MUST_CHECK;
void	lock_drop(int *fd);		/* for CLEANUP */

#endif
