/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow.h - run the steps of a handler or schedule.
 *
 *	app     a bundle, ready to run: its functions compiled on first use
 *	flow    one run of a sequence of steps over a request
 *
 * Needs: base, os, diag, tree, sign, module, directive, bundle, loop, engine,
 * abi, host.
 * Semantics: Directive.yaml(5), STEPS; after Atmo 0.4.8 (state, with, groups,
 * onErr, response), its bugs repaired; and what is new there.
 * Threads: an app may be shared.  A run belongs to the thread of its loop; it
 * never blocks it.  Members of a group and elements of a forEach run on the
 * loops of a crew, when there is one.
 */
#ifndef FLOW_H
#define FLOW_H

#include "base/base.h"
#include "bundle/bundle.h"
#include "engine/engine.h"
#include "host/host.h"

struct app;

/* b and en are borrowed and outlive the app.  Nothing is compiled yet.  b may
 * be NULL: then only what app_add brings can run. */
int	app_new(struct app **out, struct engine *en, const struct bundle *b,
	    struct err *e) MUST_CHECK;
/* Bring in a module that is in no bundle, to be found by exactly this name;
 * name and wasm are borrowed.  Before the app is shared, and not after. */
void	app_add(struct app *a, struct str name, struct str wasm);
void	app_free(struct app **a);
const struct bundle *app_bundle(const struct app *a);
/*
 * Compile one function (all: fn empty) now.
 *
 * ERR_MISSING  no such function, or the bundle lacks its module; hint has a
 *              near name
 * others       as code_load
 */
int	app_load(struct app *a, struct str fn, struct err *e) MUST_CHECK;
/* All of them, on so many threads at once (0: cores). */
int	app_load_all(struct app *a, unsigned jobs, struct err *e) MUST_CHECK;
/* The bundle's static files, for host_options.file; arg is the app. */
bool	app_file(void *app, struct str name, struct str *data);

/* One call that ran or was skipped, in the order they ended; members of one
 * group in the order of its list, once all have ended.  Each try, each turn of
 * a loop and each element of a forEach is one. */
struct flow_step {
	unsigned	id;		/* counts tries as they begin, from 1; 0: it
					   did not begin */
	struct str	fn, key;
	size_t		index;		/* of its step; a group's members share it */
	size_t		call;		/* in its step */
	uint64_t	start_ns;	/* os_now_ns; 0: it did not begin */
	unsigned	depth;		/* 0; 1 in the steps of a `call`, and so on */
	unsigned	attempt;	/* 0 is the first */
	bool		skipped;	/* its `when` did not hold */
	bool		failed;		/* returned an error, trapped, or limit */
	int32_t		code;		/* of a returned error */
	uint64_t	fuel, wall_ns, memory_bytes;
};
#define FLOW_MAX_STEPS	10000u		/* kept of one run; more run unseen */
#define FLOW_MAX_CALLS	1000000u	/* of one run, loops and all */
#define FLOW_MAX_DEPTH	16u		/* of `call` in `call` */

/* What came out.  Freed by flow_result_dispose. */
struct flow_result {
	int		 status;	/* HTTP */
	struct buf	 body;
	struct str	 content_type;	/* without one set: octet-stream */
	bool		 failed;	/* an error stopped it */
	struct err	 error;		/* then: ERR_GUEST, ERR_LIMIT... */
	bool		 timed_out;	/* by one of its time limits */
	bool		 no_room;	/* as many functions run as there may */
	struct str	 failed_fn;	/* and the function that did */
	bool		 returned;	/* it returned that error itself: */
	int32_t		 code;
	struct str	 message;
	struct str	 trace;		/* it trapped: frames, a line each */
	struct flow_step *steps;
	size_t		 nsteps;
	uint64_t	 fuel, wall_ns;
	struct arena	*arena;		/* of the texts above */
};

/* Told as it happens, on the run's loop; every member may be NULL.  Texts live
 * during the call.  A call of a handler's steps (`call`) is a try as well. */
struct flow_hooks {
	void	*arg;
	void	(*begin)(void *arg, const struct flow_step *s, struct str input);
	/* why is NULL when it succeeded; trace is a trap's frames. */
	void	(*end)(void *arg, const struct flow_step *s, struct str output,
		    const struct err *why, struct str trace);
};

struct flow_options {
	struct engine_limits limits;	/* of each call */
	uint64_t	 output_bytes;	/* of each call; 0: 8 MiB */
	uint32_t	 group_ms;	/* of a group; 0: 30 s */
	uint32_t	 total_ms;	/* of all steps together; 0: none.  Real
					   time, whatever clock is */
	struct loop	*loop;		/* that flow_run may run, having nothing
					   else to do; NULL: it makes one */
	struct crew	*crew;		/* NULL: all on the run's own loop */
	struct clock	*clock;		/* of timeouts and backoff; NULL: real */
	struct crew	*heavy;		/* calls that compute longer than heavy_ms go
					   on there; NULL: in turns on their loop */
	uint32_t	 heavy_ms;	/* a turn; it leaves after two; 0: 1 ms */
	size_t		 first;		/* begin at this step */
	bool		 lasting;	/* the steps live as long as the app: what is
					   found out about them is kept */
	bool		 now;		/* flow_start goes as far as it can at once */
	const struct flow_hooks *hooks;	/* NULL: none */
};

/*
 * Run steps over r; state and response headers stay in r.  response may be
 * empty: the last step's key answers.  An error inside the functions is in
 * res, with the status an HTTP client gets; response headers are then not for
 * the client.  The caller disposes of res in any case.
 *
 * ERR_MISSING  a step names a function the bundle does not have
 * ERR_INPUT    a module cannot be loaded
 * ERR_SIGNAL   interrupted between two steps
 */
int	flow_run(struct app *a, struct host *h, struct request *r,
	    const struct step *steps, size_t nsteps, struct str response,
	    const struct flow_options *opt, struct flow_result *res,
	    struct err *e) MUST_CHECK;

/* One function alone, as a sequence of one step. */
int	flow_call(struct app *a, struct host *h, struct request *r,
	    struct str fn, const struct flow_options *opt,
	    struct flow_result *res, struct err *e) MUST_CHECK;

/*
 * The same without waiting, for many at once: done is called on l's thread,
 * never before this returns, with 0 and res or as flow_run fails.  All that is
 * pointed at lives until then; opt->loop means nothing here.
 */
struct flow;
/* With opt->now it may be over when this returns: flow_over, and done is not
 * called. */
struct flow *flow_start(struct app *a, struct host *h, struct request *r,
	    const struct step *steps, size_t nsteps, struct str response,
	    const struct flow_options *opt, struct loop *l,
	    struct flow_result *res,
	    void (*done)(void *arg, int rc, const struct err *why), void *arg);
/* Over before flow_start returned?  Then *rc and *why (NULL when 0) are what
 * done would have been told. */
bool	flow_over(const struct flow *f, int *rc, const struct err **why);
/*
 * End it soon, without waiting for what runs on other loops.  True: nothing
 * does, flow_end will not wait, and done is not called.  False: done comes, with
 * -1 and ERR_LIMIT, when that is so; what is pointed at lives until then.
 */
bool	flow_cancel(struct flow *f);
/* After done too, not from it; before, it cancels, waits for the members that
 * run on other loops, and done is not called.  NULL is fine. */
void	flow_end(struct flow **f);

/* Instances that one run has at once at most, beside those that wait: the
 * members of a group, or concurrency of a forEach, that a crew runs. */
unsigned flow_instances(void);

void	flow_result_dispose(struct flow_result *res);

#endif
