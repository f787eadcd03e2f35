/* SPDX-License-Identifier: Apache-2.0 */
/* Loops with a thread each. */
#include <pthread.h>
#include <signal.h>

#include "loop/parts.h"
#include "os/os.h"

#define CREW_MAX 256u

struct hand {
	struct loop *loop; /* NULL: not started yet */
	pthread_t thread;
};

struct crew {
	pthread_mutex_t lock;
	unsigned n, next;
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

/* Signals that others send are for the threads of our caller; those that a
 * guest's trap raises must arrive. */
static bool
start(struct hand *h)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	sigset_t kept, old;
	struct err ignored = ERR;
	int rc;

	if (loop_new(&h->loop, &ignored) < 0)
		return false;
	loop_hold(h->loop);
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

struct loop *
crew_next(struct crew *c)
{
	struct loop *l = NULL;

	pthread_mutex_lock(&c->lock);
	for (unsigned i = 0; i < c->n && !l; i++) {
		struct hand *h = &c->hands[c->next++ % c->n];

		if (h->loop || start(h))
			l = h->loop;
	}
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
