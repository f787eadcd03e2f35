/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.h - private to flow: one run of a sequence, part by part.
 *
 *	flow     the run
 *	seq      one sequence of steps: the run's own, or one that `call` runs
 *	work     one call of the step under way
 *	unit     one run of a work: with forEach one for an element, else all
 *	member   one try of a function, on some loop (member.h)
 *
 * Each of seq, work and unit has a function NAME_run that goes on with it until
 * it is over (true) or waits (false).  When what it waits for has come,
 * flow_climb goes on from there up.  All but members live on the run's loop.
 */
#ifndef FLOW_RUN_H
#define FLOW_RUN_H

#include <stdatomic.h>

#include "flow/app.h"
#include "flow/box.h"
#include "flow/flow.h"
#include "flow/outcome.h"
#include "loop/loop.h"
#include "tree/tree.h"

struct member;

/* ---- what is to run, found before anything runs ---- */

struct plan;
struct target {
	struct app_fn	*fn;		/* or: */
	struct plan	*plan;
};

struct plan {
	const struct step *steps;
	size_t		 nsteps;
	struct str	 response;
	const struct pair *state;	/* what a schedule's begins with */
	size_t		 nstate;
	struct target	**targets;	/* of each step's calls, in */
	struct target	*room;
	size_t		 ncalls;	/* in the largest step */
	struct plan	*next;
};

/* Find all that steps may call.  *out is the first of a list, to be freed also
 * after a failure.  Errors as flow_run. */
int	plan_make(struct plan **out, struct app *a, const struct step *steps,
	    size_t nsteps, struct str response, struct err *e) MUST_CHECK;
void	plan_free(struct plan **p);

/* ---- times ---- */

/* When something must be over; 0: never. */
struct ends {
	uint64_t	hard_ns;	/* of the run or a group; real time */
	uint64_t	soft_ns;	/* of `timeout` around it; by the clock */
};
uint64_t ends_sooner(uint64_t a_ns, uint64_t b_ns);

/* ---- calls that ran ---- */

struct trail {
	struct flow_step *v;
	size_t		 n, cap;
};
void	trail_add(struct trail *t, const struct flow_step *s);
void	trail_move(struct trail *to, struct trail *from);	/* from is freed */

/* ---- the parts ---- */

struct flow {
	struct app	*app;
	struct host	*host;
	struct flow_options opt;
	struct loop	*loop;
	struct box	*box;
	struct flow_result *res;
	void		(*done)(void *arg, int rc, const struct err *why);
	void		*arg;
	struct task	 task;		/* begin, or admit who stands in line */
	struct seq	*root;
	struct trail	 trail;
	int		 rc;
	struct err	*why;		/* when rc is -1 */
	struct plan	*plan;
	bool		 kept;		/* plan is the app's */
	bool		 begun, over, told;
	bool		 at_once;	/* flow_start goes on with it */
	bool		 cancelled;
	unsigned	 ntries;	/* begun, ids of hooks */
	uint64_t	 start_ns, turn_end_ns;
	uint64_t	 fuel;
	uint32_t	 ncalls;
	atomic_uint	 nactive;	/* members that run, and do not wait */
	atomic_uint	 nline;
	struct unit	*line, **line_end;	/* those not yet admitted */
	struct member	*members;	/* all that are under way */
};

/* A pause by the clock.  late_ns: it ends with what is around it, whose end
 * that is. */
struct pause {
	struct loop_timer *timer;
	bool		 late;
	uint64_t	 hit_ns;
};

enum unit_state { UNIT_FREE, UNIT_NEW, UNIT_IN_LINE, UNIT_TRIES, UNIT_TRIED, UNIT_PAUSES,
	UNIT_OVER };

struct unit {
	struct work	*w;
	enum unit_state	 state;
	size_t		 element;
	struct str	 input;
	struct buf	 text;		/* what input points into; of an element */
	unsigned	 attempt;
	uint64_t	 start_ns, end_ns;	/* of the try; end by the clock */
	struct ends	 ends;		/* of the try, its timeout in it */
	unsigned	 id;		/* of the try */
	struct member	*member;
	struct seq	*sub;
	struct request	*branch;	/* of sub */
	struct pause	 pause;
	struct outcome	 out;
	struct unit	*next;		/* in line */
};

struct work {
	struct seq	*s;
	const struct call *call;
	struct target	*to;
	struct trail	 own, *trail;	/* own: of a group's member */
	bool		 aside;		/* it runs on the crew */
	bool		 skipped, over;
	struct failure	*why;		/* the sequence stops */
	struct buf	 input;		/* a copy of what is fed */
	struct str	 name;		/* of the function or handler */
	struct buf	 output;	/* for the state */
	struct unit	*units;		/* NULL until it begins */
	size_t		 nunits, open;
	/* Of forEach. */
	struct arena	*arena;
	struct tree	*list;
	size_t		 next;
	struct buf	*results;	/* JSON, of each element */
};

enum seq_state { SEQ_ENTERS, SEQ_RUNS, SEQ_PAUSES };

struct seq {
	struct flow	*f;
	const struct plan *plan;
	struct request	*req;
	struct unit	*parent;	/* NULL: the run's own */
	struct trail	*trail;
	unsigned	 depth;
	bool		 aside;		/* all its functions run on the crew */
	struct ends	 ends, step_ends;
	uint64_t	 group_end_ns;	/* of the group's timeout; 0: none */
	enum seq_state	 state;
	size_t		 at;		/* index of the step */
	size_t		 next;		/* after a pause */
	uint32_t	*turns;		/* of each step that repeats or leads back */
	struct work	*works;
	size_t		 nworks, open;
	struct pause	 pause;
	struct task	 again;		/* ends a pause of no length */
	struct failure	*why;		/* it failed */
};

struct seq *seq_new(struct flow *f, const struct plan *p, struct request *req,
	    struct unit *parent);
bool	seq_run(struct seq *s);
/* The value it answers with; nothing failed. */
void	seq_answer(const struct seq *s, struct buf *out);
/* Also in the middle: its members end. */
void	seq_free(struct seq **s);

/* Does a condition hold, for this request? */
bool	seq_holds(const struct expr *x, struct request *r);

/* Make a work of a call of s's step, and look at all that it needs of the
 * state, before any of that step runs.  When it cannot begin, w->why says why;
 * when it is not to, it is skipped. */
void	work_begin(struct work *w, struct seq *s, size_t i);
bool	work_run(struct work *w);
/* Store its result.  False: the sequence stops, for *why (which is set once).
 */
bool	work_settle(struct work *w, struct failure **why);
void	work_end(struct work *w);

bool	unit_run(struct unit *u);
void	unit_end(struct unit *u);

/* ---- flow.c ---- */

/* What the run's loop does for it is between these two. */
void	flow_enter(struct flow *f);
void	flow_leave(struct flow *f);
/* u is over, or what it waited for: go on from there. */
void	flow_climb(struct unit *u);
void	flow_climb_seq(struct seq *s);
/* May one more begin now?  False: u stands in line. */
bool	flow_admits(struct flow *f, struct unit *u);
bool	flow_turn_over(const struct flow *f);
/* Count one call or turn of a loop.  -1: there were too many. */
int	flow_count(struct flow *f, struct err *e) MUST_CHECK;
/* Have a task of the run's loop done. */
void	flow_post(struct flow *f, struct task *t);
void	flow_busy(const struct flow *f);
void	flow_idle(const struct flow *f);
void	flow_unlink(struct flow *f, struct member *m);
/* One that ran elsewhere is back, of a run that was cancelled. */
void	flow_back(struct flow *f);
/* A call ended, or was skipped: keep it, and tell the hooks. */
void	flow_note(struct work *w, struct flow_step *s, const struct outcome *o);

/* Wait delay_ns by the clock, at most until ends; then call fn. */
void	pause_start(struct flow *f, struct pause *p, uint64_t delay_ns,
	    const struct ends *ends, void (*fn)(void *arg), void *arg);
void	pause_end(struct pause *p);

#endif
