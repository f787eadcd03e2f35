/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.h - what happened: the last requests with their steps.
 *
 *	trace   a ring of runs for each loop; the oldest go
 *	run     one request, message or schedule: what came, each try of a
 *	        function, logs, outbound calls, what was answered
 *
 * While a run is recorded it belongs to one thread but for trace_log and
 * trace_call_*, which any thread may call.  Recording copies bytes into memory
 * that is there already and does nothing else; readers pay for the rest.
 *
 * Needs: base, os, tree, loop, fetch.
 * Sources: W3C Trace Context (2021), OTLP 1.x over HTTP as JSON.
 */
#ifndef TRACE_H
#define TRACE_H

#include "base/base.h"
#include "loop/loop.h"
#include "tree/tree.h"

struct trace;
struct trace_run;

struct trace_options {
	unsigned	runs;		/* kept; 0: 1000 */
	uint64_t	bytes;		/* of all of them; 0: 64 MiB */
	uint32_t	text_bytes;	/* kept of each body, input, output, state
					   value or log line; 0: 16 KiB; what is
					   longer is marked as cut */
	uint32_t	run_bytes;	/* kept of one run; 0: 256 KiB */
	const char	*otlp_url;	/* spans go there by POST, in batches; NULL:
					   nowhere */
	const struct trace_header {
		const char *name, *value;
	}		*otlp_headers;
	size_t		 notlp_headers;
	const char	*service;	/* resource name in spans; NULL: "subo" */
	unsigned	 sample;		/* of OTLP: one of so many runs; 0: all */
	/* An export failed (told once per minute at most); may be NULL. */
	void		(*warn)(void *arg, const char *text);
	void		*arg;
};

int	trace_new(struct trace **out, const struct trace_options *opt,
	    struct err *e) MUST_CHECK;
void	trace_free(struct trace **t);	/* after all runs ended; flushes spans */

/* Do spans of all runs go to an OTLP collector?  Else who records may leave out
 * what nobody could look at. */
bool	trace_exports(const struct trace *t);

/* ---- recording ---- */

enum trace_kind { TRACE_REQUEST, TRACE_MESSAGE, TRACE_SCHEDULE };

/* W3C trace context: 16 and 8 bytes. */
struct trace_context {
	uint8_t		trace_id[16], parent_id[8], span_id[8];
	bool		has_parent, sampled;
};
/* From a traceparent header (empty or malformed: new ids), with a new span. */
void	trace_context_take(struct trace_context *c, struct str traceparent);
/* "00-...-...-01" of its own span: 55 bytes. */
void	trace_context_text(const struct trace_context *c, char out[56]);

struct trace_begin {
	enum trace_kind	 kind;
	struct str	 id;		/* request id */
	struct str	 app;		/* identifier */
	struct str	 digest;	/* hex, of the serving bundle */
	struct str	 flow;		/* "h0", "s2": place in the Directive; empty:
					   a function at its own address, or none */
	struct str	 name;		/* "GET /users/:id", a topic, a schedule */
	struct str	 method, url, peer, body;
	const struct pair_text {
		struct str key, value;
	}		*headers, *params, *state;
	size_t		 nheaders, nparams, nstate;
	const struct trace_context *context;	/* NULL: none */
	const char	*rerun_of;	/* id of the run it repeats; NULL: none */
};

/* t NULL: gives NULL, which all below accept and do nothing. */
struct trace_run *trace_begin(struct trace *t, struct loop *l,
	    const struct trace_begin *b);
/* A try of a function begins; id is flow's, unique in the run. */
struct trace_step {
	unsigned	id;
	struct str	fn, key;
	size_t		index, call;	/* step and its call */
	unsigned	depth, attempt;
	uint64_t	start_ns;	/* os_now_ns */
	struct str	input;
};
void	trace_step_begin(struct trace_run *r, const struct trace_step *s);
struct trace_step_end {
	unsigned	id;
	uint64_t	end_ns;
	uint64_t	fuel, memory_bytes;
	bool		skipped, failed;
	int32_t		code;		/* of a returned error */
	struct str	error, trace;	/* text; frames of a trap */
	struct str	output;
};
void	trace_step_end(struct trace_run *r, const struct trace_step_end *s);
/* Of a step's function; step is its id. */
void	trace_log(struct trace_run *r, unsigned step, int level,
	    struct str text);
struct trace_call {
	unsigned	step;
	struct str	what;		/* "http", "graphql", "db", "cache" */
	struct str	method, url;	/* of a database its query's name */
	struct str	body;
	uint64_t	start_ns, end_ns;
	int		status;		/* 0: it failed: */
	struct str	error;
	uint64_t	answer_bytes;
};
void	trace_call(struct trace_run *r, const struct trace_call *c);
struct trace_end {
	int		status;
	struct str	content_type, body;
	const struct pair_text *headers, *state;	/* as it was at the end */
	size_t		nheaders, nstate;
	struct str	error, failed_fn;
	uint64_t	fuel;
};
/* The run is over and may be read; *r is gone. */
void	trace_end(struct trace_run **r, const struct trace_end *end);

/* ---- reading; any thread ---- */

struct trace_filter {
	uint64_t	after;		/* numbers above this one only */
	struct str	id;		/* only this request id; empty: all */
	struct str	path;		/* name or url holds this; empty: all */
	int		min_status;	/* 0: all */
	size_t		most;		/* the newest so many; 0: all */
};

/*
 * Runs, oldest first, as a list of summaries: number, id, kind, name, method,
 * url, status, start (RFC 3339), ms, steps, error.  Shapes: subo-json(5),
 * "trace".
 */
struct tree *trace_list(struct trace *t, struct arena *a,
	    const struct trace_filter *f);
/* One whole, by number or (number 0) by id; NULL: it is not there. */
struct tree *trace_show(struct trace *t, struct arena *a, uint64_t number,
	    struct str id);
uint64_t trace_newest(const struct trace *t);	/* number; 0: none yet */
/* Have fn called once on l, soon after a run with a number above `after` is
 * there (at once when it is), or after wait_ms.  From l's thread. */
struct trace_wait;
struct trace_wait *trace_wait(struct trace *t, struct loop *l, uint64_t after,
	    uint32_t wait_ms, void (*fn)(void *arg), void *arg);
void	trace_wait_end(struct trace_wait **w);	/* after fn too; NULL is fine */

#endif
