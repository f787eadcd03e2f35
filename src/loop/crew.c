/* SPDX-License-Identifier: Apache-2.0 */
/* Loops with a thread each. */
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "loop/parts.h"
#include "os/os.h"

#define CREW_MAX 256u
#define LEAST 19 /* nice */

struct hand {
	struct loop *loop; /* NULL: not started yet */
	pthread_t thread;
};

struct crew {
	pthread_mutex_t lock;
	unsigned n, next;
	bool idle; /* threads that start get only what others leave */
	struct hand hands[CREW_MAX];
};

int
crew_new(struct crew **out, unsigned n, struct err *e)
{
	struct crew *c = mem_take(sizeof(*c));

	(void)e;
	pthread_mutex_init(&c->lock, NULL);
	c->n = n > 0 ? n : os_cores();
	if (c->n > CREW_MAX)
		c->n = CREW_MAX;
	*out = c;
	return 0;
}

unsigned
crew_size(const struct crew *c)
{
	return c->n;
}

static void *
work(void *loop)
{
	loop_run_on(loop);
	return NULL;
}

/* Of this thread alone: Linux takes a thread's id there.  Elsewhere it would
 * be the whole process. */
static void
yield_to_others(void *unused)
{
	(void)unused;
#ifdef __linux__
	static const struct sched_param none;

	/* Whoever wakes on its core goes first at once, which a nice value does
	 * not do. */
	(void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), LEAST);
	(void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
#endif
}

/* Signals that others send are for the threads of our caller; those that a
 * guest's trap raises must arrive. */
static bool
start(struct crew *c, struct hand *h)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	sigset_t kept, old;
	struct err ignored = ERR;
	int rc;

	if (loop_new(&h->loop, &ignored) < 0)
		return false;
	loop_hold(h->loop);
	if (c->idle)
		loop_post(h->loop, yield_to_others, NULL);
	sigemptyset(&kept);
	for (size_t i = 0; i < COUNT(caught); i++)
		sigaddset(&kept, caught[i]);
	pthread_sigmask(SIG_BLOCK, &kept, &old);
	rc = pthread_create(&h->thread, NULL, work, h->loop);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == 0)
		return true;
	loop_release(h->loop);
	loop_free(&h->loop);
	return false;
}

static struct loop *
loop_of(struct crew *c, struct hand *h)
{
	return h->loop || start(c, h) ? h->loop : NULL;
}

struct loop *
crew_at(struct crew *c, unsigned i)
{
	struct loop *l;

	assert(i < c->n);
	pthread_mutex_lock(&c->lock);
	l = loop_of(c, &c->hands[i]);
	pthread_mutex_unlock(&c->lock);
	return l;
}

void
crew_set_idle(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	c->idle = true;
	for (unsigned i = 0; i < c->n; i++)
		if (c->hands[i].loop)
			loop_post(c->hands[i].loop, yield_to_others, NULL);
	pthread_mutex_unlock(&c->lock);
}

struct loop *
crew_next(struct crew *c)
{
	struct loop *l = NULL;

	pthread_mutex_lock(&c->lock);
	for (unsigned i = 0; i < c->n && !l; i++)
		l = loop_of(c, &c->hands[c->next++ % c->n]);
	pthread_mutex_unlock(&c->lock);
	return l;
}

static void
let_go(void *loop)
{
	loop_release(loop);
}

void
crew_free(struct crew **pc)
{
	struct crew *c = *pc;

	if (!c)
		return;
	for (unsigned i = 0; i < c->n; i++)
		if (c->hands[i].loop)
			loop_post(c->hands[i].loop, let_go, c->hands[i].loop);
	for (unsigned i = 0; i < c->n; i++) {
		if (!c->hands[i].loop)
			continue;
		pthread_join(c->hands[i].thread, NULL);
		loop_free(&c->hands[i].loop);
	}
	pthread_mutex_destroy(&c->lock);
	mem_free(c);
	*pc = NULL;
}
