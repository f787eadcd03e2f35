/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.h - operations that wait for one of a few connections.
 *
 *	task    what is asked, and its answer
 *	pool    for a loop and a store: the tasks that wait and the lanes
 *	lane    one connection, which does one task at a time
 *	driver  how one kind of database opens a lane and does a task
 *
 * All of it belongs to its loop's thread, except what lane_work does.
 */
#ifndef STORE_LANE_H
#define STORE_LANE_H

#include "store/store.h"

enum ask { ASK_GET, ASK_SET, ASK_DELETE, ASK_SQL };

struct task {
	struct task	*next;
	struct store_op	*op;		/* NULL: nobody waits for it any more */
	enum ask	 ask;
	uint64_t	 deadline_ns;	/* by os_now_ns */
	unsigned	 nagain;
	struct str	 space, key, value;
	uint32_t	 ttl_s;
	const struct sql_statement *statement;
	size_t		 nvalues;
	struct str	*values;
	struct arena	*arena;		/* holds the texts, each ends in NUL */
	struct buf	 out;
};

enum lane_state { LANE_OPENING, LANE_IDLE, LANE_BUSY };

struct pool;

struct lane {
	uint32_t	 magic;
	struct lane	*next;
	struct pool	*pool;
	const struct pool_kind *kind;	/* of the pool, which may end before */
	enum lane_state	 state;
	struct task	*task;
	struct loop_watch *watch;
	struct loop_timer *timer;	/* while it opens */
	bool		 working;	/* a worker thread has it */
	bool		 gone;		/* to be freed when the worker is done */
	int		 stop;		/* atomic: the worker should end now */
	void		(*work)(struct lane *l);
	void		(*worked)(struct lane *l);
};

struct driver {
	const char	*name;
	size_t		 lane_bytes;	/* of a struct that begins with a lane */
	/* Begin; ends with lane_opened, soon or at once. */
	void		(*open)(struct lane *l);
	/* Does an idle lane's connection still stand? */
	bool		(*alive)(struct lane *l);
	/* Do l->task; ends with lane_ended, soon or at once. */
	void		(*run)(struct lane *l);
	/* The task is not wanted any more.  True: lane_ended will be called
	 * all the same; false: the lane is to be closed. */
	bool		(*stop)(struct lane *l);
	/* Give back what it holds; no worker has it. */
	void		(*close)(struct lane *l);
};

/* One store's side, for all loops. */
struct pool_kind {
	const struct driver *driver;
	void		*store;
	char		*where;		/* "host:port", for errors */
	uint32_t	 timeout_ms;
	unsigned	 max_lanes;
};

struct pool {
	const struct pool_kind *kind;
	struct loop	*loop;
	struct task	*first, **last;
	struct lane	*lanes;
	unsigned	 nlanes, nopening;
	size_t		 nwaiting;
	bool		 posted, turning;
};

struct task *task_new(enum ask ask, size_t max_bytes);
void	task_free(struct task **t);

/* Takes task.  out may be NULL. */
struct store_op *pool_submit(const struct pool_kind *kind, struct loop *l,
	    struct task *task, struct buf *out, store_done *done, void *arg);

/* The same for what fails before it is asked: done gets why. */
struct store_op *pool_refuse(struct loop *l, const struct err *why,
	    store_done *done, void *arg);

/* The last a driver does with the lane in that call. */
void	lane_opened(struct lane *l, int rc, const struct err *why);
/* broken: the connection is of no more use. */
void	lane_ended(struct lane *l, int rc, const struct err *why, bool broken);
/* Close the lane, and do its task on another: nothing was changed by it yet.
 * False, and nothing is done: it was tried often enough. */
bool	lane_again(struct lane *l);
/* work on a worker thread, then worked on the loop's, unless the lane was
 * closed meanwhile. */
void	lane_work(struct lane *l, void (*work)(struct lane *l),
	    void (*worked)(struct lane *l));
/* Is there nothing to read from an idle connection, not even its end? */
bool	lane_quiet(int fd);
/* For the worker: is it time to end? */
bool	lane_stopped(struct lane *l);

#endif
