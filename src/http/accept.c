/* SPDX-License-Identifier: Apache-2.0 */
/* Connections, as they come: counted, and spread over the lanes. */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/parts.h"

#define AT_ONCE 16 /* taken, before others have their turn */
#define PAUSE_NS UINT64_C(100000000)

/* ---- how many from one address ---- */

struct address {
	struct in6_addr a;
	unsigned n;
	struct address *next;
};

static struct address **
find_address(struct http *h, const struct in6_addr *a)
{
	uint64_t hash =
	    str_hash(STR_HASH, (struct str){ (const char *)a, sizeof(*a) });
	struct address **at = &h->addresses[hash % COUNT(h->addresses)];

	while (*at && memcmp(&(*at)->a, a, sizeof(*a)) != 0)
		at = &(*at)->next;
	return at;
}

bool
address_enter(struct http *h, const struct in6_addr *a, unsigned max)
{
	struct address **at;
	bool room;

	pthread_mutex_lock(&h->lock);
	at = find_address(h, a);
	if (!*at) {
		*at = mem_take(sizeof(**at));
		(*at)->a = *a;
	}
	room = (*at)->n < max;
	if (room)
		(*at)->n++;
	pthread_mutex_unlock(&h->lock);
	return room;
}

void
address_leave(struct http *h, const struct in6_addr *a)
{
	struct address **at, *gone;

	pthread_mutex_lock(&h->lock);
	at = find_address(h, a);
	assert(*at);
	if (--(*at)->n == 0) {
		gone = *at;
		*at = gone->next;
		mem_free(gone);
	}
	pthread_mutex_unlock(&h->lock);
}

/* ---- taking connections ---- */

struct arrival {
	struct ear *ear;
	int fd;
	socklen_t len; /* 0: no address */
	struct sockaddr_storage sa;
};

static void
refuse_full(struct http_exchange *x)
{
	if (!x->is_tls)
		conn_say(x->fd, 503);
	conn_refused(x, 503);
	conn_linger(x, x->fd);
}

static void
arrive(const struct arrival *a)
{
	struct lane *l = a->ear->lane;
	struct http *h = l->http;
	const struct sockaddr *sa = (const struct sockaddr *)&a->sa;
	unsigned open = atomic_fetch_add(&h->open, 1) + 1;
	struct http_exchange *x = conn_new(l, a->fd, sa, a->len);

	tally(&l->accepted);
	x->is_tls = a->ear->listener->tls;
	x->weight = 0;
	if (open > h->opt.limits.connections) {
		refuse_full(x);
		return;
	}
	if (h->opt.limits.per_address > 0 && !x->is_unix) {
		if (!address_enter(h, &x->address, h->opt.limits.per_address)) {
			refuse_full(x);
			return;
		}
		x->weight = 1;
	}
	tap_add(a->ear->tap, x, sa, a->len);
}

static void
on_arrival(void *arg)
{
	struct arrival *a = arg;
	struct ear *r = a->ear;

	if (r->lane->ended) {
		atomic_fetch_sub(&r->lane->open, 1);
		(void)close(a->fd);
	} else {
		arrive(a);
		tap_run(r->tap);
	}
	mem_free(a);
}

/* To the lane that has the fewest, ours if in doubt. */
static void
place(struct ear *r, const struct arrival *a)
{
	struct lane *lanes = r->lane->http->lanes, *best = r->lane;
	struct arrival *other;

	for (unsigned i = 0; i < r->lane->http->nlanes; i++)
		if (atomic_load_explicit(&lanes[i].open, memory_order_relaxed) <
		    atomic_load_explicit(&best->open, memory_order_relaxed))
			best = &lanes[i];
	atomic_fetch_add(&best->open, 1);
	if (best == r->lane) {
		arrive(a);
		return;
	}
	other = mem_take(sizeof(*other));
	*other = *a;
	other->ear = &r->listener->ears[best->index];
	loop_post(best->loop, on_arrival, other);
}

static void
on_rested(void *arg)
{
	struct ear *r = arg;

	loop_timer_end(&r->pause);
	if (r->watch)
		loop_watch_set(r->watch, LOOP_READ);
}

/* How many came. */
static int
take(struct ear *r, int max)
{
	struct arrival a = { .ear = r };
	int n;

	for (n = 0; n < max; n++) {
		a.len = sizeof(a.sa);
		a.fd = accept4(r->listener->fd, (struct sockaddr *)&a.sa,
		    &a.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (a.fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (a.fd < 0)
			break;
		if (r->listener->is_unix)
			a.len = 0;
		place(r, &a);
	}
	return n;
}

static void
on_knock(void *arg, int events)
{
	struct ear *r = arg;

	(void)events;
	errno = 0;
	(void)take(r, AT_ONCE);
	/* Those that wait stay in the queue until a descriptor is free. */
	if ((tap_is_full(r->tap) || errno == EMFILE || errno == ENFILE ||
		errno == ENOBUFS || errno == ENOMEM) &&
	    !r->pause) {
		loop_watch_set(r->watch, 0);
		r->pause = loop_timer_start(
		    r->lane->loop, NULL, PAUSE_NS, on_rested, r);
	}
	tap_run(r->tap);
}

void
ear_start(struct ear *r)
{
	if (r->listener->tls && tap_start(r->tap) < 0)
		return;
	r->watch = loop_watch_start(
	    r->lane->loop, r->listener->fd, LOOP_READ, on_knock, r);
}

void
ear_end(struct ear *r)
{
	struct listener *s = r->listener;

	if (!r->watch)
		return;
	/* Who is in the queue was told that we are there. */
	while (take(r, AT_ONCE) == AT_ONCE)
		continue;
	loop_watch_end(&r->watch);
	loop_timer_end(&r->pause);
	tap_run(r->tap);
	if (atomic_fetch_sub(&s->nears, 1) > 1)
		return;
	(void)close(s->fd);
	s->fd = -1;
	if (s->path)
		(void)unlink(s->path);
}
