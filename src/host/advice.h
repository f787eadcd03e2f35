/* SPDX-License-Identifier: Apache-2.0 */
/* advice.h - what to change so that a refused call is allowed; private. */
#ifndef HOST_ADVICE_H
#define HOST_ADVICE_H

#include "host/gate.h"
#include "tree/tree.h"

/* Change caps so that they allow what r refused, and as little more as can be
 * said.  Texts live in the arena. */
void	advice_allow(struct capabilities *caps, const struct host_call *c,
	    const struct refusal *r, struct arena *a);

#endif
