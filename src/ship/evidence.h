/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.h - who signed a manifest in cosign's form; private to ship. */
#ifndef SHIP_EVIDENCE_H
#define SHIP_EVIDENCE_H

#include "ship/ship.h"
#include "tree/tree.h"

#define EVIDENCE_MAX	(8u << 20)	/* bytes of what is kept of it */

struct evidence {
	struct arena	*a;
	struct cosign_want keys;
	const struct sign_public *publics;	/* the first of these keys */
	size_t		 npublics;
	struct trust_vouched *vouched;	/* by keys that may count */
	size_t		 nvouched, cap;
	size_t		 strangers;	/* signatures of others */
	struct tree	*kept;		/* those of the former */
};
/* All lives in the arena, and as long as p's keys. */
void	evidence_begin(struct evidence *v, struct arena *a,
	    const struct ship_pull *p, const struct digest *manifest);
/* A payload with its signature, or a bundle without one.  As
 * cosign_check_payload and cosign_check_bundle. */
int	evidence_add(struct evidence *v, struct str text, struct str sig,
	    struct err *e) MUST_CHECK;
/* The file to be kept; empty when there is nothing to keep. */
struct str evidence_text(const struct evidence *v);
/* What such a file holds is added where it is still right. */
void	evidence_read(struct evidence *v, struct str text);
/* The manifest says that d is the digest of the file. */
void	evidence_give(struct evidence *v, struct trust_want *t,
	    const struct digest *d);

#endif
