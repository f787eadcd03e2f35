/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts.h - between the files of trace; private to it.
 *
 * A run is bytes: records one after the other, each a kind, figures and texts.
 * They are written as things happen and read only when somebody asks.
 */
#ifndef TRACE_PARTS_H
#define TRACE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "trace/trace.h"

enum record { RECORD_BEGIN = 1, RECORD_STEP, RECORD_STEP_END, RECORD_LOG,
	RECORD_CALL, RECORD_END };

struct ring;

struct trace_run {
	struct trace_run *next;
	struct trace	*t;
	struct ring	*ring;
	pthread_mutex_t	 lock;		/* of data, while it is recorded */
	struct buf	 data;
	uint64_t	 number;	/* when it is over */
	uint64_t	 start_ns, end_ns;	/* os_now_ns */
	int64_t		 start_unix_ms;
	int		 status;
	unsigned	 nsteps, nlost;
};

/* Of one loop: the oldest first. */
struct ring {
	struct ring	*next;
	struct trace	*t;
	pthread_mutex_t	 lock;
	struct trace_run *first, **last, *free;
	size_t		 n, nfree;
	uint64_t	 bytes;
};

struct trace_wait {
	struct trace_wait *next, **at;	/* in t->waits; at NULL: out of it */
	struct trace	*t;
	struct loop	*loop;
	uint64_t	 after;
	void		(*fn)(void *arg);
	void		*arg;
	struct loop_timer *timer;
	bool		 posted;	/* under t->lock */
	bool		 ended;		/* its post frees it */
};

struct otlp;

struct trace {
	struct trace_options opt;
	struct arena	*arena;		/* of opt's texts */
	_Atomic uint64_t newest;
	atomic_uint	 nwaits;
	pthread_mutex_t	 lock;		/* of what follows */
	struct ring	*rings;
	atomic_uint	 nrings;
	struct trace_wait *waits;
	struct otlp	*otlp;		/* or NULL */
};

/* ---- records: write.c writes, read.c reads ---- */

struct reader {
	struct str	rest;
	bool		bad;		/* never, but for a bug */
};
uint8_t	read_kind(struct reader *r);	/* 0: no more */
uint64_t read_num(struct reader *r);
/* kept bytes; *full is how many there were. */
struct str read_text(struct reader *r, size_t *full);

/* A whole run; the caller has its ring's lock, or the run is nobody else's. */
struct tree *run_summary(struct arena *a, const struct trace_run *r);
struct tree *run_tree(struct arena *a, const struct trace_run *r);
/* Does it fit the filter? */
bool	run_fits(const struct trace_run *r, const struct trace_filter *f);

/* ---- otlp.c ---- */

int	otlp_new(struct otlp **out, struct trace *t, struct err *e) MUST_CHECK;
/* A run is over; its ring's lock is held. */
void	otlp_take(struct otlp *o, const struct trace_run *r);
void	otlp_free(struct otlp **o);

#endif
