/* SPDX-License-Identifier: Apache-2.0 */
/* outcome.h - private to flow: what a call's end means for the sequence. */
#ifndef FLOW_OUTCOME_H
#define FLOW_OUTCOME_H

#include "abi/abi.h"
#include "flow/flow.h"

#define FLOW_MAX_BODY	(64u << 20)	/* of an answer */

/* One call that ran, until its result is stored. */
struct flow_done {
	const struct call *call;
	struct abi_result  res;
	struct err	   err;
	int		   rc;		/* 0, or -1 and err is filled */
};

/* Add it to res->steps, where there is room for all. */
void	flow_note_step(struct flow_result *res, const struct flow_done *d,
	    size_t index);
/* Store the result in the state, or follow onErr.  False: the sequence stops,
 * and res says why (the first to stop it is kept). */
bool	flow_settle(struct flow_result *res, struct request *r,
	    const struct flow_done *d, struct str wasm);
struct str flow_content_type(struct flow_result *res, const struct request *r);

#endif
