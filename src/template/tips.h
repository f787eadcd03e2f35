/* SPDX-License-Identifier: Apache-2.0 */
/* tips.h - the branches and tags of the other side, and which to fetch. */
#ifndef TEMPLATE_TIPS_H
#define TEMPLATE_TIPS_H

#include "base/base.h"

#define TIPS_ID_BYTES	20	/* of a SHA-1 */

struct tip {
	char	*name;		/* "HEAD", "refs/heads/main" */
	uint8_t	 id[TIPS_ID_BYTES];
	bool	 wanted;
};

struct tips {
	struct arena	*arena;
	struct tip	*v;
	size_t		 n, cap, nwanted;
};

void	tips_add(struct tips *t, const char *name,
	    const uint8_t id[TIPS_ID_BYTES]);
void	tips_free(struct tips *t);

/* Could it be the beginning of a commit id? */
bool	tips_is_hex(const char *ref);

/* Mark what ref needs: one branch or tag when it names one, HEAD when it is
 * "", and all when it may be a commit of any.  ERR_MISSING: nothing. */
int	tips_choose(struct tips *t, const char *ref, struct err *e) MUST_CHECK;

/* Fill e, ERR_MISSING: there is no such ref. */
int	tips_missing(const char *ref, struct err *e);

#endif
