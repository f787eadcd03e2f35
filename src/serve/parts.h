/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts.h - between the files of serve; private to it.
 *
 *	site    the apps of a moment; a swap makes a new one
 *	seat    what a server has on one loop, for its thread only
 *	use     a seat's hold of a site, and how many requests it has there
 *	course  one run of steps, and what it needs
 *	ask     one request on its way through an app
 *	job     a course that nobody waits for at a connection: a message, a
 *	        schedule, a rerun
 */
#ifndef SERVE_PARTS_H
#define SERVE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "serve/serve.h"

#define CLASSES		6u		/* of a status: 1xx to 5xx; 0: left */
#define BUCKETS		12u		/* of the time a request takes */
#define ID_MAX		128u
#define PARAMS_MAX	32u
#define USUAL_BODY	(16u << 20)	/* http_limits' own */

/* Written by one loop, read by any. */
struct tally {
	_Atomic uint64_t n[CLASSES], ns, bucket[BUCKETS];
};
struct fn_tally {
	_Atomic uint64_t calls, failed, ns;
};
extern const uint64_t bucket_us[BUCKETS - 1];	/* upper ends */
void	tally_add(_Atomic uint64_t *v, uint64_t n);
void	tally_note(struct tally *t, int status, uint64_t ns);

/* ---- apps: app.c, route.c, static.c ---- */

struct exact {
	const struct handler *h;	/* NULL: free */
	uint64_t	 hash;
};

struct fn_name {
	struct str	 name;		/* as steps write it; empty: free */
	size_t		 fn;		/* in the Directive's functions */
};

struct static_file {
	struct str	 name, data;
	char		 etag[40];	/* with its quotes */
};

/* What goes on while requests do: each is 0 but when something waits. */
struct load {
	atomic_uint	 now;
	unsigned	 most;		/* 0: any */
};

struct serve_app {
	atomic_uint	 refs;
	struct serve	*s;
	struct bundle	*bundle;
	const struct directive *d;
	struct app	*app;
	struct host	*host;
	char		 digest[80];	/* "sha256:..." */
	struct exact	*exact;		/* handlers without parameters */
	size_t		 nexact;	/* a power of two */
	struct fn_name	*names;
	size_t		 nnames;	/* a power of two */
	struct static_file *files;
	size_t		 nfiles;
	bool		 streams;	/* there are handlers for websockets */
	bool		 bodies;	/* a handler limits them */
	struct load	*loads;		/* of each handler, then of all */
	/* For each loop: handlers, then functions' addresses, then the rest. */
	struct tally	*tallies;
	size_t		 ntallies;
	struct fn_tally	*fns;		/* for each loop: functions */
};

struct site {
	atomic_uint	 refs;
	struct serve_app **apps;	/* by identifier */
	size_t		 n;
};

struct serve_app *app_hold(struct serve_app *a);
void	app_drop(struct serve_app *a);	/* NULL is fine */
/* Make one of a bundle: *b is taken, also when it fails. */
int	app_open(struct serve_app **out, struct serve *s, struct bundle **b,
	    const struct digest *digest, struct err *e) MUST_CHECK;
/* The functions that a result's steps ran. */
void	fns_count(struct serve_app *a, unsigned loop,
	    const struct flow_result *res);
/* "identifier#ns::name@version" */
void	fn_full_name(struct buf *out, const struct serve_app *a, size_t fn);

struct site *site_hold(struct site *x);
void	site_drop(struct site *x);
struct serve_app *site_find(const struct site *x, struct str identifier);

void	route_index(struct serve_app *a);
/* A handler without parameters, by these very bytes; or NULL. */
const struct handler *route_exact(const struct serve_app *a,
	    struct str method, struct str path);
/* As directive_route, by the index first. */
const struct handler *route_find(const struct serve_app *a, struct str method,
	    struct str path, struct pair params[PARAMS_MAX], size_t *nparams,
	    int *status, struct buf *allow);

void	static_index(struct serve_app *a);

/* ---- seats: seat.c ---- */

struct use {
	struct use	*next;
	struct site	*site;
	size_t		 busy;
};

struct log_text {
	struct buf	 text;		/* lines, each with its end */
	struct loop_timer *timer;
	int64_t		 second;	/* that stamp is of */
	char		 stamp[24];
	size_t		 nstamp;
};

/* More requests a second than so many of a loop are not all recorded: the
 * thousand that are kept would be of the last hundredth of it, and recording
 * takes as long as a third of a request. */
#define TRACED_A_SECOND	500u

struct seat {
	struct serve	*s;
	uint64_t	 traced_s;	/* the second that ntraced is of */
	unsigned	 ntraced;
	struct loop	*loop;
	unsigned	 index;
	struct use	*now, *old;	/* old: those with requests left */
	struct ask	*free;
	size_t		 nfree;
	struct ask	*waiting;	/* for what they run */
	struct job	*jobs;
	struct talk	*talks;		/* websockets */
	uint64_t	 random[2];
	struct tally	 none;		/* what no app answered */
	struct log_text	 log;
};

void	seat_init(struct seat *seat, struct serve *s, unsigned index);
void	seat_dispose(struct seat *seat);
/* NULL: the loop is not one of the server's. */
struct seat *seat_of(struct serve *s, const struct loop *l);
/* Look whether there is a new site. */
void	seat_refresh(struct seat *seat);
struct use *use_hold(struct seat *seat);	/* NULL: there is no app yet */
void	use_drop(struct seat *seat, struct use *u);
uint64_t seat_random(struct seat *seat);

/* ---- the server: serve.c ---- */

struct serve {
	struct serve_options opt;	/* limits filled in */
	struct http	*http;
	unsigned	 nloops;
	struct seat	*seats;
	pthread_mutex_t	 put_lock;	/* one swap at a time */
	pthread_mutex_t	 lock;		/* of what follows */
	struct site	*site;
	char		*note;
	pthread_mutex_t	 line_lock;	/* of opt.line, and: */
	uint64_t	 log_second, log_used, log_lost;
	atomic_bool	 ready, ending, noted;
	atomic_uint	 live;		/* asks and jobs not yet over */
	struct load	 load;		/* requests and messages that wait */
	_Atomic uint64_t overloads, swaps, lost, fired, failed_fires,
			 log_dropped;
	uint64_t	 start_ns;
	struct work	*works;		/* of schedules; on the first loop */
};

/* Run fn for each seat on its loop, and wait until all have.  Not from one of
 * those loops. */
void	on_seats(struct serve *s, void (*fn)(struct seat *seat));

/* ---- the end of hosts: keep.c ---- */

/* Free a host that loops have connections of, and what it borrows, when they
 * have closed them. */
void	keep_host(struct serve *s, struct host *h, struct bundle *b);

/* ---- a run of steps: course.c ---- */

struct course {
	struct request	*r;
	struct flow	*flow;
	struct trace_run *run;
	struct trace_context context;
	struct str	 body;		/* what was answered; for the trace */
	unsigned	 nskipped;
	struct flow_hooks hooks;
	struct flow_options opt;
	struct flow_result res;		/* last: flow_start fills it */
};

/* Limits of the app, or of the handler when it has its own. */
void	course_options(struct course *c, const struct serve_app *a,
	    const struct handler *h);
void	course_dispose(struct course *c);
/* A sane id that came, or a new one.  Returns its length. */
size_t	id_take(struct seat *seat, struct str given, char out[ID_MAX + 1]);
/* Is there room for one more run of h (or NULL)? */
bool	course_fits(const struct serve_app *a, const struct handler *h);
/* It waits from now on; and not any more. */
void	course_enter(struct serve_app *a, const struct handler *h);
void	course_leave(struct serve_app *a, const struct handler *h);
/* What failed, for the log. */
void	course_tell(struct serve *s, const struct course *c, struct str name,
	    int rc, const struct err *why);

#define JOB_MAGIC	0x6a6f6221u
struct job {
	uint32_t	 magic;
	struct job	*next, **at;	/* in its seat's list */
	struct seat	*seat;
	struct serve_app *app;		/* held */
	const struct handler *h;	/* NULL: of a schedule */
	bool		 over, cancelled;
	char		 id[ID_MAX + 1];
	size_t		 nid;
	struct str	 name;		/* for logs */
	/* It is over: course.res has what came, when rc is 0.  The job is freed
	 * after it.  NULL: nobody asks. */
	void		(*done)(void *arg, struct job *j, int rc,
			    const struct err *why);
	void		*arg;
	struct course	 course;
};

/* On the seat's thread.  a is held. */
struct job *job_new(struct seat *seat, struct serve_app *a,
	    const struct handler *h);
void	course_start(struct job *j, const struct step *steps, size_t nsteps,
	    struct str response);
/* End it soon: done is told, perhaps before this returns. */
void	job_cancel(struct job *j);

/* ---- one request: ask.c ---- */

#define ASK_MAGIC	0x61736b21u

struct ask {
	uint32_t	 magic;
	struct ask	*next, **at;	/* free ones, or those that wait */
	struct seat	*seat;
	struct use	*use;
	struct serve_app *app;		/* of the use's site; or NULL */
	struct http_exchange *x;	/* NULL: the client left */
	const struct handler *h;
	struct str	 fn;		/* at its own address; or empty */
	size_t		 tally;
	bool		 head, later;
	size_t		 nid;
	uint64_t	 start_ns;
	struct buf	 body;		/* what came; its memory is kept */
	char		 id[ID_MAX + 1];
	char		 address[2 * DIRECTIVE_NAME_MAX + 8];	/* fn's text */
	struct call	 call;		/* of fn */
	struct step	 step;
	struct course	 course;
};

void	ask_request(void *serve, struct http_exchange *x);
void	ask_header(void *serve, struct http_exchange *x);
void	ask_gone(void *serve, struct http_exchange *x);
void	ask_refused(void *serve, struct str peer, struct str method,
	    struct str target, int status);
/* It is answered: count it, log it.  x may still be read. */
void	ask_note(struct ask *a, int status, size_t bytes);
/* a is gone, soon when its run must not be ended here. */
void	ask_free(struct ask *a);

/* ---- answers: answer.c ---- */

#define FIELDS_MAX	300u		/* more than a request can hold */
struct fields {
	size_t		 n;
	struct http_field v[FIELDS_MAX];
};
void	fields_add(struct fields *f, struct str name, struct str value);
/* Answer with those fields and the server's own; a is gone. */
void	answer_send(struct ask *a, struct fields *f, struct http_answer *out);
/* {"status":404,"message":"not found"}; allow for a 405. */
void	answer_status(struct ask *a, int status, struct str allow);
void	answer_text(struct ask *a, int status, struct str type,
	    struct str body);
/* What became of the flow. */
void	answer_result(struct ask *a, int rc, const struct err *why);

/* ---- what the server has itself: meta.c, metrics.c, static.c, types.c ---- */

bool	meta_answer(struct ask *a, struct str path);
bool	meta_is(struct str path);
void	metrics_text(struct buf *out, struct serve *s);
void	metrics_json(struct buf *out, struct serve *s);
bool	static_answer(struct ask *a, struct str path);
struct str type_of(struct str name);	/* a media type by the extension */

/* ---- log.c ---- */

void	log_access(const struct ask *a, int status, size_t bytes, uint64_t ns);
void	log_refused(struct serve *s, struct str peer, struct str method,
	    struct str target, int status);
void	log_function(void *serve, const struct host_call *c, int level,
	    struct str text);
/* Of the server itself: level 1 error .. 4 debug. */
void	log_tell(struct serve *s, int level, struct str id, const char *fmt,
	    ...) PRINTF(4, 5);
void	log_flush(struct seat *seat);

/* ---- trail.c: into the trace ---- */

struct trail_of {
	enum trace_kind	 kind;
	const struct serve_app *app;
	struct loop	*loop;
	struct str	 flow, name, method, url, peer, id, traceparent;
	const struct pair *params, *state;
	size_t		 nparams, nstate;
	struct http_exchange *x;	/* for its headers; or NULL */
	const struct pair *headers;	/* without x */
	size_t		 nheaders;
	const char	*rerun_of;
};

void	trail_begin(struct course *c, const struct trail_of *t);
void	trail_end(struct course *c, int status);
/* "h0", "s3": the place of a handler or schedule. */
struct str trail_place(char out[16], char kind, size_t index);
void	trail_outbound(void *serve, const struct host_call *c,
	    const struct outbound *o, uint64_t start_ns, int status,
	    struct str answer, struct str error);

/* ---- schedule.c ---- */

/* Those of a take the place of old's; either may be NULL. */
void	schedules_swap(struct serve *s, struct serve_app *a,
	    struct serve_app *old);
void	schedules_end(struct serve *s);	/* on the first loop; what runs goes on */

/* ---- socket.c ---- */

/* Take a when it is for a websocket handler. */
bool	talk_begin(struct ask *a, struct str path, struct str url);
void	talks_close(struct seat *seat);

#endif
