/* SPDX-License-Identifier: Apache-2.0 */
/* trial.h - private to smoke: one case while it runs, and what it did. */
#ifndef SMOKE_TRIAL_H
#define SMOKE_TRIAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "smoke/case.h"

struct log_line {
	int		 level;
	struct str	 fn, text;
};

struct outcall {		/* an outbound call */
	bool		 answered;
	struct str	 fn, method, url, body, query;
	struct pairs	 headers;
	struct str	*vars;
	size_t		 nvars;
};

struct trial {
	uint32_t	 magic;
	const struct smoke_case *c;
	struct app	*app;
	struct crew	*crew;		/* of all cases */
	struct loop	*loop;		/* of this thread's */
	const struct smoke_options *opt;
	struct arena	*arena;		/* of all below; lock it */
	pthread_mutex_t	 lock;		/* members of a group come here */
	struct log_line	*logs;
	size_t		 nlogs, logs_cap, log_bytes, logs_lost;
	struct outcall	*calls;
	size_t		 ncalls, calls_cap;
	size_t		*used_http, *used_db;	/* times each was given */
	struct clock	*clock;		/* virtual time */
	_Atomic uint64_t clock_reads, slept_ns;
	struct str	 reply;		/* topic that its answer goes to */
	struct buf	 details;	/* what is wrong; empty: passed */
	bool		 snapped;	/* a snapshot was written */
	struct buf	 snap_difference;
};
#define TRIAL_MAGIC	0x74726961u

/* The steps that the case means, run: target.c. */
int	target_run(struct trial *t, struct host *h, struct request *r,
	    const struct flow_options *opt, struct flow_result *res,
	    struct err *e) MUST_CHECK;

/* Run the case: fills details.  -1: it could not go on at all (interrupted). */
int	trial_run(struct trial *t, uint64_t *wall_ns, uint64_t *fuel,
	    struct err *e) MUST_CHECK;

/* The host's hook: answers from given, or records that nothing does. */
int	mock_outbound(void *arg, const struct host_call *c,
	    const struct outbound *o, struct outbound_answer *a);

/* All that the case expects, compared; differences go to details. */
void	check_all(struct trial *t, const struct flow_result *res,
	    const struct request *r);
/* Does got hold all that w says?  What it lacks goes to why (or NULL), as
 * `what`. */
bool	check_text(struct trial *t, struct buf *why, const char *what,
	    const struct want_text *w, struct str got);
void	check_calls(struct trial *t);
/* With a snapshot; -1 never: what goes wrong is in details. */
void	check_snapshot(struct trial *t, struct str got);
/* Does have (JSON) say all that want does?  Else where and how they differ. */
bool	json_has(const struct tree *want, const struct tree *have,
	    struct buf *where, struct buf *why);

#endif
