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
/* The bundle's static files, for host_options.file; arg is the app. */
bool	app_file(void *app, struct str name, struct str *data);

/* One call that ran or was skipped, in the order they ended; members of one
 * group in the order of its list, once all have ended.  Each try, each turn of
 * a loop and each element of a forEach is one. */
struct flow_step {
	struct str	fn, key;
	size_t		index;		/* of its step; a group's members share it */
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

struct flow_options {
	struct engine_limits limits;	/* of each call */
	uint32_t	 group_ms;	/* of a group; 0: 30 s */
	uint32_t	 total_ms;	/* of all steps together; 0: none.  Real
					   time, whatever clock is */
	struct loop	*loop;		/* that flow_run may run, having nothing
					   else to do; NULL: it makes one */
	struct crew	*crew;		/* NULL: all on the run's own loop */
	struct clock	*clock;		/* of timeouts and backoff; NULL: real */
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
struct flow *flow_start(struct app *a, struct host *h, struct request *r,
	    const struct step *steps, size_t nsteps, struct str response,
	    const struct flow_options *opt, struct loop *l,
	    struct flow_result *res,
	    void (*done)(void *arg, int rc, const struct err *why), void *arg);
/* After done too, not from it; before, it cancels, waits for the members that
 * run on other loops, and done is not called.  NULL is fine. */
void	flow_end(struct flow **f);

/* Instances that one run has at once at most, beside those that wait: the
 * members of a group, or concurrency of a forEach, that a crew runs. */
unsigned flow_instances(void);

void	flow_result_dispose(struct flow_result *res);

#endif
