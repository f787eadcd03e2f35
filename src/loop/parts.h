/* SPDX-License-Identifier: Apache-2.0 */
/* parts.h - between the files of loop; private to it. */
#ifndef LOOP_PARTS_H
#define LOOP_PARTS_H

#include "loop/loop.h"

/* Any thread: let the loop look at its posts and clocks again. */
void	loop_wake(struct loop *l);
/* As loop_run, deaf to interruptions: for a crew's threads. */
void	loop_run_on(struct loop *l);

/* ---- what is kept with a loop ---- */

struct local;

struct local **loop_locals(struct loop *l);
void	locals_end(struct local **list);

/* ---- sockets ---- */

struct watches;			/* of one loop; NULL before the first */

struct watches **loop_watches(struct loop *l);
/* What libuv waits with. */
int	loop_backend(const struct loop *l);
void	watches_end(struct watches **s);
/* Does any ask for anything? */
bool	watches_ask(const struct watches *s);
/* Wait for sockets and libuv, at most so long (-1: for ever), and tell whose
 * socket is ready.  True: libuv has something to do. */
bool	watches_wait(struct watches *s, int ms, size_t *progress);

/* ---- folders (uv_files.c) ---- */

struct loop_fs;

/* Call fn whenever something happened in the folder at path; self: perhaps
 * with the folder itself.  fn must not end it.  NULL: *error is the errno. */
struct loop_fs *loop_fs_start(struct loop *l, const char *path,
	    void (*fn)(void *arg, bool self), void *arg, int *error);
void	loop_fs_end(struct loop_fs **w);	/* NULL is fine */

/* ---- between the files that know libuv ---- */

void	*loop_uv(struct loop *l);		/* a uv_loop_t */
void	loop_called(struct loop *l);		/* something was told */

/* ---- names ---- */

struct loop_ask;

/* Ask the system.  done is called once, later, whatever happens.  NULL: the
 * name cannot be asked for. */
struct loop_ask *loop_ask_start(struct loop *l, const char *host,
	    void (*done)(void *arg, const struct loop_address *a, size_t n,
		    const char *why), void *arg);
/* True: it had not begun, and done will be told so. */
bool	loop_ask_cancel(struct loop_ask *q);

/* ---- virtual timers ---- */

struct clock_timer;

struct clock_timer *clock_timer_start(struct clock *c, struct loop *l,
	    uint64_t delay_ns, void (*fn)(void *arg), void *arg);
void	clock_timer_end(struct clock_timer **t);
/* The clock is idle and its first timer is one of l's: let time jump there and
 * call it.  False: nothing to do now. */
bool	clock_jump(struct clock *c, struct loop *l);

/* The loop has one timer more (or less) of c. */
void	loop_clock_add(struct loop *l, struct clock *c);
void	loop_clock_drop(struct loop *l, struct clock *c);

#endif
