/* SPDX-License-Identifier: Apache-2.0 */
/* wait.h - a question whose answer comes later; private to host. */
#ifndef HOST_WAIT_H
#define HOST_WAIT_H

#include "fetch/fetch.h"
#include "host/gate.h"

#define WAITING_MAGIC	0x77616974u

/* Make the guest's answer of what came.  Returns as abi_host.ask. */
typedef int read_answer(int status, struct str body, struct buf *out);

struct waiting {
	uint32_t	 magic;
	struct host_call *call;
	enum abi_what	 what;
	void		(*done)(void *done_arg, int rc);
	void		*done_arg;
	struct buf	*out;
	struct arena	*arena;		/* of the question's texts */
	bool		 started;	/* the guest waits for it */
	/* One of these is under way. */
	struct fetch_call *fetch;
	struct store_op	*op;
	struct loop_timer *timer;
	/* Of outbound HTTP. */
	const struct http_rules *rules;
	struct fetch_policy policy;
	bool		 secure;	/* the first hop */
	bool		 refused;
	struct verdict	 verdict;
	struct fetch_url url;		/* that was refused */
	read_answer	*read;
	/* Of answers in the outside's place. */
	struct outbound	 asked;		/* texts as the guest's */
	uint64_t	 start_ns;	/* it was sent out; 0: it was not */
	struct outbound_answer canned;
	unsigned	 hop;		/* redirects followed */
};

struct waiting *wait_new(struct host_call *c, const struct abi_ask *q,
	    struct buf *out);
/* Something was started: the guest waits from now on.  Returns ABI_LATER. */
int	wait_begin(struct waiting *w);
/* The answer is in out.  Frees w; returns rc for who has not begun to wait. */
int	wait_end(struct waiting *w, int rc);
/* Tell the hook what came of one that left; error may be NULL. */
void	wait_tell(struct waiting *w, int status, struct str answer,
	    const char *error);
/* The same when it failed; why's hint goes to the log. */
int	wait_fail(struct waiting *w, const struct err *why);
/* The timer has done its work: the clock is busy again. */
void	wait_timer_end(struct waiting *w);
/* A store_done, with a waiting as arg: out holds the answer. */
void	wait_stored(void *arg, int rc, const struct err *why);

/* ---- http.c ---- */

/* Where a question wants to go: its URL without the headers. */
struct str outbound_address(const struct abi_ask *q);

/* ---- outbound.c: what fetch_url and graphql_query have in common ---- */

/* Ask the rules, then the hook, then the outside. w is freed at its end. */
int	outbound_http(struct waiting *w, const struct outbound *o);
/* May one more be made by this call?  False: out says no. */
bool	outbound_count(struct host_call *c, struct buf *out);
/* The rules for each hop: may u be asked?  As fetch_policy.url. */
int	outbound_judge(void *w, const struct fetch_url *u, unsigned hop,
	    struct err *e);
/* It failed, maybe since the rules refuse it.  Frees w. */
int	outbound_fail(struct waiting *w, const struct err *why);

/* ---- canned.c: answers in the outside's place ---- */

/* Ask the hook.  1: it answered, *rc is what to return; 0: go on; -1: *rc
 * refuses.  w is spent unless 0. */
int	outbound_hook(struct waiting *w, const struct outbound *o, int *rc);

#endif
