/* SPDX-License-Identifier: Apache-2.0 */
/* producers.h - the payload of a producers section, value by value. */
#ifndef PRODUCERS_H
#define PRODUCERS_H

#include "attest/attest.h"

struct producers {
	struct str	 rest;		/* begin with the payload here, all else 0 */
	struct str	 field;
	uint32_t	 nfields, nvalues;
	bool		 begun;
};

struct producer {
	struct str	 field;		/* "language", "processed-by", "sdk" */
	struct str	 name, version;	/* borrowed */
};

/* False: there is no more, or what follows is malformed. */
bool	producers_next(struct producers *p, struct producer *out);

#endif
