/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual time: a list of timers, and a jump when nothing runs. */
#include <assert.h>
#include <pthread.h>

#include "loop/parts.h"
#include "os/os.h"

#define NS_PER_MS UINT64_C(1000000)

struct clock_timer {
	struct clock *clock;
	struct loop *loop;
	uint64_t at_ns, seq;
	void (*fn)(void *arg);
	void *arg;
	size_t slot; /* in the heap, from 1; 0: not there */
};

struct clock {
	pthread_mutex_t lock;
	uint64_t unix_ns, seq;
	size_t busy;
	/* A heap by time, then in order of start. */
	struct clock_timer **heap;
	size_t n, cap;
};

static struct clock_timer *
first(const struct clock *c)
{
	return c->n > 0 ? c->heap[0] : NULL;
}

struct clock *
clock_new(uint64_t unix_ns)
{
	struct clock *c = mem_take(sizeof(*c));

	pthread_mutex_init(&c->lock, NULL);
	c->unix_ns = unix_ns;
	return c;
}

void
clock_free(struct clock **pc)
{
	struct clock *c = *pc;

	if (!c)
		return;
	assert(c->n == 0);
	pthread_mutex_destroy(&c->lock);
	mem_free(c->heap);
	mem_free(c);
	*pc = NULL;
}

uint64_t
clock_unix_ns(const struct clock *c)
{
	pthread_mutex_t *lock;
	uint64_t now;

	if (!c)
		return (uint64_t)os_unix_ms() * NS_PER_MS;
	lock = (pthread_mutex_t *)(uintptr_t)&c->lock;
	pthread_mutex_lock(lock);
	now = c->unix_ns;
	pthread_mutex_unlock(lock);
	return now;
}

uint64_t
clock_ns(const struct clock *c)
{
	return c ? clock_unix_ns(c) : os_now_ns();
}

void
clock_busy(struct clock *c)
{
	pthread_mutex_lock(&c->lock);
	c->busy++;
	pthread_mutex_unlock(&c->lock);
}

/* The loop whose timer is next may be asleep. */
void
clock_idle(struct clock *c)
{
	struct loop *l = NULL;

	pthread_mutex_lock(&c->lock);
	assert(c->busy > 0);
	if (--c->busy == 0 && first(c))
		l = first(c)->loop;
	if (l)
		loop_wake(l);
	pthread_mutex_unlock(&c->lock);
}

/* ---- timers ---- */

static bool
before(const struct clock_timer *a, const struct clock_timer *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->seq < b->seq;
}

static void
set(struct clock *c, size_t i, struct clock_timer *t)
{
	c->heap[i] = t;
	t->slot = i + 1;
}

static void
rise(struct clock *c, size_t i, struct clock_timer *t)
{
	for (; i > 0 && before(t, c->heap[(i - 1) / 2]); i = (i - 1) / 2)
		set(c, i, c->heap[(i - 1) / 2]);
	set(c, i, t);
}

static void
sink(struct clock *c, size_t i, struct clock_timer *t)
{
	size_t k;

	while ((k = 2 * i + 1) < c->n) {
		if (k + 1 < c->n && before(c->heap[k + 1], c->heap[k]))
			k++;
		if (!before(c->heap[k], t))
			break;
		set(c, i, c->heap[k]);
		i = k;
	}
	set(c, i, t);
}

static void
put(struct clock *c, struct clock_timer *t)
{
	c->heap = mem_grow(c->heap, c->n, &c->cap, sizeof(*c->heap));
	c->n++;
	rise(c, c->n - 1, t);
}

static void
take(struct clock *c, struct clock_timer *t)
{
	size_t i = t->slot - 1;
	struct clock_timer *last = c->heap[--c->n];

	t->slot = 0;
	if (last == t)
		return;
	if (i > 0 && before(last, c->heap[(i - 1) / 2]))
		rise(c, i, last);
	else
		sink(c, i, last);
}

struct clock_timer *
clock_timer_start(struct clock *c, struct loop *l, uint64_t delay_ns,
    void (*fn)(void *arg), void *arg)
{
	struct clock_timer *t = mem_take(sizeof(*t));

	t->clock = c;
	t->loop = l;
	t->fn = fn;
	t->arg = arg;
	pthread_mutex_lock(&c->lock);
	t->at_ns = c->unix_ns + delay_ns;
	if (t->at_ns < delay_ns)
		t->at_ns = UINT64_MAX;
	t->seq = c->seq++;
	put(c, t);
	pthread_mutex_unlock(&c->lock);
	loop_clock_add(l, c);
	return t;
}

void
clock_timer_end(struct clock_timer **pt)
{
	struct clock_timer *t = *pt;
	struct clock *c = t->clock;
	struct loop *next = NULL;
	bool waited;

	pthread_mutex_lock(&c->lock);
	waited = t->slot > 0;
	if (waited)
		take(c, t);
	/* Another loop's timer may be first now. */
	if (waited && c->busy == 0 && first(c) && first(c)->loop != t->loop)
		next = first(c)->loop;
	if (next)
		loop_wake(next);
	pthread_mutex_unlock(&c->lock);
	if (waited)
		loop_clock_drop(t->loop, c);
	mem_free(t);
	*pt = NULL;
}

/* The clock is busy while the timer's function runs: what that starts counts
 * before time may go on. */
bool
clock_jump(struct clock *c, struct loop *l)
{
	struct clock_timer *t;
	void (*fn)(void *arg);
	void *arg;

	pthread_mutex_lock(&c->lock);
	t = c->busy == 0 ? first(c) : NULL;
	if (!t || t->loop != l) {
		pthread_mutex_unlock(&c->lock);
		return false;
	}
	if (t->at_ns > c->unix_ns)
		c->unix_ns = t->at_ns;
	take(c, t);
	c->busy++;
	fn = t->fn;
	arg = t->arg;
	pthread_mutex_unlock(&c->lock);
	loop_clock_drop(l, c);
	fn(arg);
	clock_idle(c);
	return true;
}
