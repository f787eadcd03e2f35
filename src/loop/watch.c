/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets, in an epoll set of their own: a change costs one call of the
 * kernel, where libuv's uv_poll makes three, and there are thousands of
 * sockets.  libuv's set is one member of it, and not the other way round: to
 * put a socket into a set that another one holds takes a lock that all
 * threads share.
 */
#include <assert.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "loop/parts.h"

#define BATCH 64

struct watches {
	int ep;
	size_t nasking; /* those that ask for anything */
	struct epoll_event got[BATCH];
	int at, ngot; /* what of it has still to be told */
};

struct loop_watch {
	struct watches *set;
	int fd, events;
	void (*fn)(void *arg, int events);
	void *arg;
};

static struct watches *
watches_of(struct loop *l)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct watches **at = loop_watches(l), *s = *at;
	int ep;

	if (s)
		return s;
	ep = epoll_create1(EPOLL_CLOEXEC);
	if (ep < 0)
		return NULL;
	s = mem_take(sizeof(*s));
	s->ep = ep;
	ev.data.ptr = s;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, loop_backend(l), &ev) == 0)
		return *at = s;
	close(ep);
	mem_free(s);
	return NULL;
}

void
watches_end(struct watches **ps)
{
	struct watches *s = *ps;

	if (!s)
		return;
	*ps = NULL;
	assert(s->nasking == 0);
	close(s->ep);
	mem_free(s);
}

static int
told(const struct loop_watch *w, uint32_t bits)
{
	int events = 0;

	if (bits & EPOLLIN)
		events |= LOOP_READ;
	if (bits & EPOLLOUT)
		events |= LOOP_WRITE;
	if (bits & EPOLLRDHUP)
		events |= LOOP_GONE;
	/* What is wrong with a socket shows when it is used. */
	if (bits & (EPOLLERR | EPOLLHUP))
		events = w->events;
	return events & w->events;
}

bool
watches_ask(const struct watches *s)
{
	return s && s->nasking > 0;
}

bool
watches_wait(struct watches *s, int ms, size_t *progress)
{
	bool uv = false;

	s->ngot = epoll_wait(s->ep, s->got, BATCH, ms);
	for (s->at = 0; s->at < s->ngot; s->at++) {
		void *who = s->got[s->at].data.ptr;
		struct loop_watch *w = who == s ? NULL : who;
		int events = w ? told(w, s->got[s->at].events) : 0;

		if (who == s)
			uv = true;
		/* One before may have ended it, or asked for less. */
		if (events == 0)
			continue;
		(*progress)++;
		w->fn(w->arg, events);
	}
	return uv;
}

static int
change(struct loop_watch *w, int op, int events)
{
	struct epoll_event ev = { .data.ptr = w };

	if (events & LOOP_READ)
		ev.events |= EPOLLIN;
	if (events & LOOP_WRITE)
		ev.events |= EPOLLOUT;
	if (events & LOOP_GONE)
		ev.events |= EPOLLRDHUP;
	return epoll_ctl(w->set->ep, op, w->fd, &ev);
}

void
loop_watch_set(struct loop_watch *w, int events)
{
	int before = w->events;

	if (events == before)
		return;
	w->events = events;
	w->set->nasking += events != 0;
	w->set->nasking -= before != 0;
	/* One that asks for nothing must be out: a broken connection is told
	 * all the same. */
	(void)change(w,
	    events == 0	      ? EPOLL_CTL_DEL
		: before == 0 ? EPOLL_CTL_ADD
			      : EPOLL_CTL_MOD,
	    events);
}

struct loop_watch *
loop_watch_start(struct loop *l, int fd, int events,
    void (*fn)(void *arg, int events), void *arg)
{
	struct watches *s = watches_of(l);
	struct loop_watch *w;

	if (!s)
		return NULL;
	w = mem_take(sizeof(*w));
	w->set = s;
	w->fd = fd;
	w->fn = fn;
	w->arg = arg;
	w->events = events;
	if (change(w, EPOLL_CTL_ADD, events) < 0) {
		mem_free(w);
		return NULL;
	}
	if (events == 0)
		(void)change(w, EPOLL_CTL_DEL, 0);
	else
		s->nasking++;
	return w;
}

void
loop_watch_end(struct loop_watch **pw)
{
	struct loop_watch *w = *pw;
	struct watches *s;

	if (!w)
		return;
	*pw = NULL;
	loop_watch_set(w, 0);
	s = w->set;
	for (int i = s->at + 1; i < s->ngot; i++)
		if (s->got[i].data.ptr == w)
			s->got[i].data.ptr = NULL;
	mem_free(w);
}
