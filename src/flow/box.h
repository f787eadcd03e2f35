/* SPDX-License-Identifier: Apache-2.0 */
/*
 * box.h - private to flow: what is to be done on a loop, one box for each.
 *
 * loop_post cannot be taken back, and what it points at must then live; a task
 * can be dropped at any time.  And a thread that waits for another in
 * task_take does the urgent tasks of its own loop meanwhile: two that wait for
 * each other go on.
 */
#ifndef FLOW_BOX_H
#define FLOW_BOX_H

#include "loop/loop.h"

struct box;

struct task {
	void		(*fn)(struct task *t);
	void		*arg;
	bool		 urgent;
	bool		 queued;	/* the rest is the box's */
	struct task	*prev, *next;
};

/* On l's own thread. */
struct box *box_of(struct loop *l);
struct loop *box_loop(const struct box *b);
/* Have t->fn called on the loop's thread, soon.  Any thread.  False: it is
 * queued already.  t is out of the queue when fn is called. */
bool	task_post(struct box *b, struct task *t);
/* Forget t, which may be at work: on another thread that is waited for.
 * True: it was queued. */
bool	task_drop(struct box *b, struct task *t);
/* Wait until t is queued, and take it out.  On the box's own thread. */
void	task_take(struct box *b, struct task *t);

#endif
