/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be done on a loop: tasks that can be dropped and waited for. */

#include <assert.h>
#include <pthread.h>

#include "flow/box.h"

#define BOX_MAGIC 0x626f7820u

struct queue {
	struct task *first, *last;
	size_t n;
};

struct box {
	uint32_t magic;
	struct loop *loop;
	pthread_t thread;
	pthread_mutex_t lock; /* of the rest */
	pthread_cond_t changed;
	struct queue plain, urgent;
	struct task *current; /* at work now */
	bool kicked;	      /* the loop was told */
};

static const char box_key;

static void *
make(struct loop *l, void *arg)
{
	struct box *b = mem_take(sizeof(*b));

	(void)arg;
	b->magic = BOX_MAGIC;
	b->loop = l;
	b->thread = pthread_self();
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->changed, NULL);
	return b;
}

/* Whoever posted last may still hold the lock. */
static void
end(void *made)
{
	struct box *b = made;

	pthread_mutex_lock(&b->lock);
	assert(!b->plain.first && !b->urgent.first);
	pthread_mutex_unlock(&b->lock);
	pthread_cond_destroy(&b->changed);
	pthread_mutex_destroy(&b->lock);
	mem_free(b);
}

struct box *
box_of(struct loop *l)
{
	return loop_local(l, &box_key, make, end, NULL);
}

struct loop *
box_loop(const struct box *b)
{
	return b->loop;
}

/* ---- queues ---- */

static struct queue *
queue_of(struct box *b, const struct task *t)
{
	return t->urgent ? &b->urgent : &b->plain;
}

static void
put(struct queue *q, struct task *t)
{
	t->prev = q->last;
	t->next = NULL;
	if (q->last)
		q->last->next = t;
	else
		q->first = t;
	q->last = t;
	q->n++;
	t->queued = true;
}

static void
take(struct queue *q, struct task *t)
{
	if (t->prev)
		t->prev->next = t->next;
	else
		q->first = t->next;
	if (t->next)
		t->next->prev = t->prev;
	else
		q->last = t->prev;
	q->n--;
	t->queued = false;
}

/* ---- work ---- */

/* Called with the lock, which is given up meanwhile.  t may be gone when its
 * fn returns; what was at work before is at work again. */
static void
work(struct box *b, struct task *t)
{
	struct task *before = b->current;

	take(queue_of(b, t), t);
	b->current = t;
	pthread_mutex_unlock(&b->lock);
	t->fn(t);
	pthread_mutex_lock(&b->lock);
	b->current = before;
	pthread_cond_broadcast(&b->changed);
}

static void drain(void *arg);

static void
kick(struct box *b)
{
	b->kicked = b->plain.n > 0 || b->urgent.n > 0;
	if (b->kicked)
		loop_post(b->loop, drain, b);
}

/* As many as there are now: what they post is for after the loop has looked
 * at its sockets and timers. */
static void
drain(void *arg)
{
	struct box *b = arg;
	size_t n;

	assert(b->magic == BOX_MAGIC);
	pthread_mutex_lock(&b->lock);
	for (n = b->plain.n + b->urgent.n; n > 0; n--) {
		struct task *t =
		    b->urgent.first ? b->urgent.first : b->plain.first;

		if (!t)
			break;
		work(b, t);
	}
	kick(b);
	pthread_mutex_unlock(&b->lock);
}

bool
task_post(struct box *b, struct task *t)
{
	bool fresh;

	pthread_mutex_lock(&b->lock);
	fresh = !t->queued;
	if (fresh)
		put(queue_of(b, t), t);
	/* With the lock held: who takes t without the loop's help may then free
	 * the loop. */
	if (fresh && !b->kicked)
		kick(b);
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
	return fresh;
}

bool
task_drop(struct box *b, struct task *t)
{
	bool own = pthread_equal(b->thread, pthread_self()), was;

	pthread_mutex_lock(&b->lock);
	was = t->queued;
	if (was)
		take(queue_of(b, t), t);
	while (!own && b->current == t)
		pthread_cond_wait(&b->changed, &b->lock);
	pthread_mutex_unlock(&b->lock);
	return was;
}

void
task_take(struct box *b, struct task *t)
{
	pthread_mutex_lock(&b->lock);
	while (!t->queued) {
		if (b->urgent.first)
			work(b, b->urgent.first);
		else
			pthread_cond_wait(&b->changed, &b->lock);
	}
	take(queue_of(b, t), t);
	pthread_mutex_unlock(&b->lock);
}
