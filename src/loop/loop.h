/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h - event loops: what waits without holding a thread.
 *
 *	loop    timers, sockets and work for one thread; only loop_post may be
 *	        called from another
 *	crew    loops with a thread each
 *	clock   virtual time, for tests: it stands while anything runs, and
 *	        jumps to the next timer when nothing does
 *
 * Needs: base, os.  Only loop/uv*.c know of libuv.
 */
#ifndef LOOP_H
#define LOOP_H

#include <sys/socket.h>

#include "base/base.h"

struct loop;
struct crew;
struct clock;

/* ---- loops ---- */

/* ERR_SYSTEM: the kernel gives no more descriptors. */
int	loop_new(struct loop **out, struct err *e) MUST_CHECK;
/* On its own thread, or after it ended.  Timers and watches must be gone;
 * what loop_local made is ended here. */
void	loop_free(struct loop **l);

/*
 * Run on this thread until loop_stop, or until nothing is left to wait for
 * (timers, watches, work, posts).  A signal that os_interrupted knows ends it
 * too, within 50 ms.
 *
 * ERR_SIGNAL  interrupted
 */
int	loop_run(struct loop *l, struct err *e) MUST_CHECK;
void	loop_stop(struct loop *l);	/* from its own thread */
/* An answer will come from another thread, as a post: loop_run does not end
 * before as many loop_release.  Own thread. */
void	loop_hold(struct loop *l);
void	loop_release(struct loop *l);

/* Have fn called on the loop's thread, in order, soon.  Any thread; the loop
 * must outlive it. */
void	loop_post(struct loop *l, void (*fn)(void *arg), void *arg);

/*
 * Do work on one of the process's four worker threads, then done on the loop's.
 * For what can only block: files, SQLite.
 */
void	loop_work(struct loop *l, void (*work)(void *arg),
	    void (*done)(void *arg), void *arg);

/*
 * One thing of a kind for each loop, made when first asked for: key is any
 * address.  end (may be NULL) runs in loop_free, last made first.  Own
 * thread.
 */
void	*loop_local(struct loop *l, const void *key,
	    void *(*make)(struct loop *l, void *arg), void (*end)(void *made),
	    void *arg);

/* End the one of that key now, if there is one.  Own thread. */
void	loop_local_end(struct loop *l, const void *key);

/* ---- timers ---- */

struct loop_timer;

/* Call fn once, delay_ns from now by clock (NULL: the real one).  The timer is
 * freed by loop_timer_end, from fn too, and not by itself. */
struct loop_timer *loop_timer_start(struct loop *l, struct clock *clock,
	    uint64_t delay_ns, void (*fn)(void *arg), void *arg);
void	loop_timer_end(struct loop_timer **t);	/* NULL is fine */

/* ---- sockets ---- */

enum { LOOP_READ = 1, LOOP_WRITE = 2,
	LOOP_GONE = 4 };	/* the other side will send no more (EPOLLRDHUP) */
struct loop_watch;

/* Call fn whenever fd is ready for what events asks (bits; 0: nothing now).
 * fn may end the watch, or change it.  fd is the caller's and must not be
 * closed before the watch ended.  NULL: fd cannot be watched. */
struct loop_watch *loop_watch_start(struct loop *l, int fd, int events,
	    void (*fn)(void *arg, int events), void *arg);
void	loop_watch_set(struct loop_watch *w, int events);
void	loop_watch_end(struct loop_watch **w);	/* NULL is fine */

/* ---- files ---- */

struct loop_files;
#define LOOP_MAX_FOLDERS 20000u

/*
 * Have fn called when the files below root changed: their content, a new or lost
 * name, a link that leads elsewhere; at any depth, in folders that are made or
 * moved there later too.  Changes of permissions, owners and times alone do not
 * count, nor does a file that is written again with what it held (over 1 MiB its
 * time goes for the content).  Told quiet_ms after the last change of a burst,
 * but not later than 10 times that after its first; the files' paths from root
 * are in changed, each once, each ending in a newline ("" stands for all: too
 * many to tell).  skip says which folders to leave out, by their path from root;
 * symlinks are not followed.  A root that goes is waited for.
 *
 * ERR_MISSING  root is no folder
 * ERR_SYSTEM   it cannot be watched, or no more watches are to be had (hint names
 *              the sysctl)
 * ERR_LIMIT    over LOOP_MAX_FOLDERS.  Of what comes later the rest is looked at
 *              twice a second.
 */
int	loop_files_start(struct loop_files **out, struct loop *l,
	    const char *root, uint32_t quiet_ms,
	    bool (*skip)(void *arg, struct str path),
	    void (*fn)(void *arg, struct str changed), void *arg,
	    struct err *e) MUST_CHECK;
void	loop_files_end(struct loop_files **f);	/* from fn too; NULL is fine */

/* ---- names ---- */

#define LOOP_MAX_ADDRESSES 32u

struct loop_address {
	struct sockaddr_storage sa;	/* with port 0 */
	socklen_t	n;
};

struct loop_resolve;

/* Look host up.  done gets at most LOOP_MAX_ADDRESSES addresses, or none and
 * why; it is never called before this returns, and not after
 * loop_resolve_end.  Questions for one name at the same time are asked once. */
struct loop_resolve *loop_resolve_start(struct loop *l, struct str host,
	    void (*done)(void *arg, const struct loop_address *a, size_t n,
		    const char *why), void *arg);
void	loop_resolve_end(struct loop_resolve **r);	/* after done too */

/* ---- crews ---- */

/* n loops (0: os_cores), each running on its own thread until crew_free.
 * Threads start when crew_next first gives their loop. */
int	crew_new(struct crew **out, unsigned n, struct err *e) MUST_CHECK;
void	crew_free(struct crew **c);	/* waits until they are idle */
unsigned crew_size(const struct crew *c);
/* The i-th of them, i below crew_size; its thread starts.  NULL as crew_next. */
struct loop *crew_at(struct crew *c, unsigned i);
/* Its threads, those to come, get only what others leave (SCHED_IDLE). */
void	crew_set_idle(struct crew *c);
/* The loop whose turn it is; any thread.  When no thread can be had: NULL. */
struct loop *crew_next(struct crew *c);

/* ---- virtual time ---- */

struct clock *clock_new(uint64_t unix_ns);	/* since 1970 */
void	clock_free(struct clock **c);		/* its timers must be gone */
/* Any thread.  NULL: the real time. */
uint64_t clock_unix_ns(const struct clock *c);
uint64_t clock_ns(const struct clock *c);	/* NULL: os_now_ns */
/* Something runs whose end no timer of the clock brings: until as many
 * clock_idle as clock_busy were called, time stands.  Any thread.  A new clock
 * is idle: time jumps as soon as a loop has a timer of it and nothing to do
 * now. */
void	clock_busy(struct clock *c);
void	clock_idle(struct clock *c);

#endif
