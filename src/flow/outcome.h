/* SPDX-License-Identifier: Apache-2.0 */
/* outcome.h - private to flow: what a call's end means for the sequence. */
#ifndef FLOW_OUTCOME_H
#define FLOW_OUTCOME_H

#include "abi/abi.h"
#include "flow/flow.h"

#define FLOW_MAX_BODY	(64u << 20)	/* of an answer */
#define CODE_TIMEOUT	504
#define CODE_TURNS	508

/* Why a call, or a sequence, did not succeed. */
struct failure {
	struct err	 err;
	struct buf	 fn;		/* the function; may be empty */
	bool		 returned;	/* it said so itself, or that is as good: */
	int32_t		 code;
	struct buf	 message;
	struct buf	 trace;		/* of a trap */
	bool		 late;		/* the time of what is around it is over: */
	uint64_t	 hit_ns;	/* this `timeout`'s end; 0: another's */
};

struct outcome {
	struct failure	*why;		/* NULL: it succeeded, with output */
	struct buf	 output;
	uint64_t	 fuel, memory_bytes;
};

/* A failure to be filled; freed by failure_free. */
struct failure *failure_new(struct str fn);
void	failure_free(struct failure **why);
/* One that counts as an error which the function returned. */
struct failure *failure_returned(struct str fn, int32_t code,
	    const char *message);
/* It passed one of the ends around it: hit_ns, or 0. */
struct failure *failure_late(struct str fn, uint64_t hit_ns, const char *text);

/* What became of a call.  Takes the output from res. */
void	outcome_of(struct outcome *o, struct str fn, int rc,
	    const struct err *e, struct abi_result *res);
void	outcome_clear(struct outcome *o);
/* Add the frames of a trap, with lines where wasm has them. */
void	failure_trace(struct failure *why, const struct abi_result *res,
	    struct str wasm);

/* "timed out after 2s" */
struct failure *failure_timeout(struct str fn, uint64_t timeout_ns);

enum on_err failure_action(const struct on_err_rule *rule,
	    const struct failure *why);
bool	failure_retries(const struct retry *r, const struct failure *why);
/* {"code":409,"message":"taken"} */
void	failure_json(struct buf *out, const struct failure *why);

/* The answer of a run that failed so, and of one that did not. */
void	result_fail(struct flow_result *res, const struct failure *why);
struct str result_content_type(struct flow_result *res,
	    const struct request *r);

#endif
