/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - the one page, as it is sent.
 *
 * Its parts lie in src/studio/page/ and are laid end to end into the program.
 */
#ifndef STUDIO_PAGE_H
#define STUDIO_PAGE_H

#include "base/base.h"

struct page {
	struct buf	text;
	struct buf	policy;		/* Content-Security-Policy */
	char		etag[80];	/* with its quotes */
};

/* css is added to its style sheet.  ERR_BUG: it lacks the one style or the one
 * script that the policy allows. */
int	page_make(struct page *p, const char *css, struct err *e) MUST_CHECK;
void	page_free(struct page *p);

#endif
