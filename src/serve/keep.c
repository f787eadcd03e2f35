/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a host that has connections: each loop closes its own, and the
 * last one has it freed on a worker thread, for what a database still works at
 * is waited for.
 */
#include "serve/parts.h"

struct leaving {
	atomic_uint refs;
	struct host *host;
	struct bundle *bundle;
};

struct order {
	struct loop *loop;
	struct leaving *what;
};

static void
free_host(void *arg)
{
	struct leaving *w = arg;

	host_free(&w->host);
	bundle_free(&w->bundle);
	mem_free(w);
}

static void
nothing(void *arg)
{
	(void)arg;
}

static void
on_leave(void *arg)
{
	struct order *o = arg;

	host_leave(o->what->host, o->loop);
	if (atomic_fetch_sub(&o->what->refs, 1) == 1)
		loop_work(o->loop, free_host, nothing, o->what);
	mem_free(o);
}

/* Loops of crew and heavy, in a row; NULL: there is no such thread. */
static struct loop *
loop_at(const struct serve *s, unsigned i)
{
	unsigned n = crew_size(s->opt.crew);

	return i < n ? crew_at(s->opt.crew, i) : crew_at(s->opt.heavy, i - n);
}

void
keep_host(struct serve *s, struct host *h, struct bundle *b)
{
	unsigned n = crew_size(s->opt.crew) +
	    (s->opt.heavy ? crew_size(s->opt.heavy) : 0);
	struct leaving *w = mem_take(sizeof(*w));

	w->host = h;
	w->bundle = b;
	atomic_store(&w->refs, n);
	for (unsigned i = 0; i < n; i++) {
		struct order *o = mem_take(sizeof(*o));

		o->loop = loop_at(s, i);
		o->what = w;
		if (o->loop) {
			loop_post(o->loop, on_leave, o);
			continue;
		}
		mem_free(o);
		if (atomic_fetch_sub(&w->refs, 1) == 1)
			free_host(w);
	}
}
