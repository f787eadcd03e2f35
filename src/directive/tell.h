/* SPDX-License-Identifier: Apache-2.0 */
/* tell.h - problems of one file, with place and width from its tree. */
#ifndef DIRECTIVE_TELL_H
#define DIRECTIVE_TELL_H

#include "base/base.h"
#include "diag/diag.h"
#include "tree/tree.h"

#define TELL_MAX	1000u	/* problems of one file */

struct teller {
	struct diags	*ds;
	struct str	 file, source;
	const struct diag_rule *more;	/* told once when TELL_MAX is reached */
	size_t		 ntold;
};

/* A name in a message: what an outsider wrote is cut to 80 bytes. */
#define SHOW_A(s)	(int)((s).n > 80 ? 80 : (s).n), (s).p ? (s).p : ""

/*
 * Tell a problem of t: at its value, or the file as a whole when t is NULL; a
 * map or list is marked at its first line.  NULL: too many were told.
 */
struct diag	*tell(struct teller *w, const struct diag_rule *rule,
		    const struct tree *t, const char *fmt, ...) PRINTF(4, 5);
/* Set the repair of d, which may be NULL. */
void		 tell_repair(struct teller *w, struct diag *d,
		    const char *fmt, ...) PRINTF(3, 4);
/* "did you mean 'X'?" when a name is near; else the rule's repair stays. */
void		 tell_near(struct teller *w, struct diag *d,
		    struct str written, const struct str *names,
		    size_t nnames);

#endif
