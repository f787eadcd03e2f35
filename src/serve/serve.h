/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.h - bundles running: requests, messages and schedules set flows off.
 *
 *	serve   a server: its apps, limits, logs and counters
 *	app     (flow.h) one bundle, compiled; put in and swapped while serving
 *
 * What a request finds, in this order: /health, /ready, /meta/metrics and
 * /metrics of the server; the hook; handlers; functions at their own addresses;
 * static files under /static/.  With several apps a path begins with
 * /IDENTIFIER, and what follows is of that app.  A handler with just the path of
 * one of the server's own goes before it.  HEAD is answered as GET is, without
 * the body.
 *
 * Needs: all below it but smoke.
 * Semantics: Directive.yaml(5), subo-serve(1); after Atmo 0.4.8.
 */
#ifndef SERVE_H
#define SERVE_H

#include "base/base.h"
#include "bundle/bundle.h"
#include "engine/engine.h"
#include "flow/flow.h"
#include "host/host.h"
#include "http/http.h"
#include "trace/trace.h"

struct serve;

enum serve_log { SERVE_LOG_NONE, SERVE_LOG_PLAIN, SERVE_LOG_JSON };

struct serve_limits {
	uint32_t	function_ms;	/* one call; 0: 10 s.  Past it: 504 */
	uint32_t	request_ms;	/* all of a request; 0: 60 s.  Past it: 504 */
	uint64_t	memory_bytes;	/* of an instance; 0: 64 MiB */
	uint64_t	output_bytes;	/* of a function; 0: 8 MiB */
	unsigned	requests;	/* under way at once; 0: 1024.  One more gets
					   503 with Retry-After: 1 */
	uint64_t	log_bytes;	/* of functions' logs in a second; 0: 1 MiB.
					   What is over is counted, not kept */
};

struct serve_options {
	struct engine	*engine;	/* a pool of serve_instances() */
	struct crew	*crew;		/* loops that serve */
	struct crew	*heavy;		/* for calls that compute long; NULL: none */
	struct serve_limits limits;
	struct http_limits http;
	/* Of limits that a Directive sets, those the command line set go first:
	 * bits 1 << enum limit_name (directive.h). */
	uint32_t	 fixed_limits;
	struct host_options host;	/* secrets, env, cache_file...: directive,
					   file and hooks' log, outbound are ours */
	bool		 schedules;	/* run them */
	enum serve_log	 log;		/* the access log, and functions' logs */
	int		 log_level;	/* of functions' logs: 1 error .. 4 debug */
	/* Whole lines, without their ends; any thread, one call at a time. */
	void		(*line)(void *arg, struct str line);
	/* In its place, for who writes them on: many lines at once, each with
	 * its end.  NULL: line is called. */
	void		(*lines)(void *arg, struct str text);
	struct trace	*trace;		/* NULL: nothing is kept */
	bool		 show_digest;	/* X-Subo-Digest in each answer */
	/* Takes exchanges for itself (true: it answers).  May be NULL. */
	bool		(*hook)(void *arg, struct http_exchange *x);
	/* Told when one that the hook took is gone. */
	void		(*hook_gone)(void *arg, struct http_exchange *x);
	void		*arg;
};

/* Fill what is 0 in o's limits with what the Directive's `limits` say, but for
 * those that o->fixed_limits names. */
void	serve_take_limits(struct serve_options *o, const struct directive *d);
/* Instances that an engine's pool must have for limits.requests at once. */
unsigned serve_instances(const struct serve_limits *lim);

int	serve_new(struct serve **out, const struct serve_options *opt,
	    struct err *e) MUST_CHECK;
/* Errors as http_listen. */
int	serve_listen(struct serve *s, const char *host, uint16_t port,
	    const struct http_tls *tls, uint16_t *bound, struct err *e)
	    MUST_CHECK;
int	serve_reload_tls(struct serve *s, struct err *e) MUST_CHECK;

/*
 * Put a bundle in, or in place of the one with the same identifier (or of the
 * only one, when `sole`): compiled before it is seen; requests under way finish
 * on the old one, which then ends.  Takes *b, also when it fails: the old one
 * then goes on.  digest is that of the file.  Not from a loop of the crew: when
 * this returns all of them begin requests on the new one.
 *
 * ERR_INPUT, ERR_MISSING, ERR_LIMIT  a module cannot be compiled or is missing;
 *            host_new's
 */
int	serve_put(struct serve *s, struct bundle **b,
	    const struct digest *digest, bool sole, struct err *e) MUST_CHECK;
size_t	serve_napps(const struct serve *s);
/* The bundle of the only or first app, kept until serve_release; any thread. */
struct serve_app;
struct serve_app *serve_hold(struct serve *s);
const struct bundle *serve_app_bundle(const struct serve_app *a);
const char *serve_app_digest(const struct serve_app *a);	/* "sha256:..." */
void	serve_release(struct serve_app **a);

/* Something to put into a header of each answer, shown by browsers and curl -i
 * (X-Subo-Error); NULL: nothing any more.  Any thread; copied. */
void	serve_set_note(struct serve *s, const char *text);

/* Ready or not: what /ready answers (200, 503); at first not. */
void	serve_set_ready(struct serve *s, bool ready);

/*
 * Run steps again as a recorded run had them: a request like it, on l, from
 * step `first` on, with this state.  done is told the number of the new run in
 * the trace.  flow: "h0", "s1".
 *
 * ERR_MISSING  the bundle has no such flow or step any more
 */
struct serve_rerun {
	struct str	flow, method, url, body, rerun_of;
	const struct pair *headers, *params, *state;
	size_t		nheaders, nparams, nstate;
	size_t		first;
};
int	serve_rerun(struct serve *s, const struct serve_rerun *r, struct loop *l,
	    void (*done)(void *arg, uint64_t number, int status), void *arg,
	    struct err *e) MUST_CHECK;

/* Take no more; what runs may finish until grace_ms are over.  Returns when all
 * has ended, or a second signal came. */
void	serve_stop(struct serve *s, uint32_t grace_ms);
void	serve_free(struct serve **s);	/* before the crews */

#endif
