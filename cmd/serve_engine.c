/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of a server: its pool takes as long to reserve as a bundle to
 * read, so both are done at once. */
#include <pthread.h>

#include "serve_parts.h"

struct serve_engine {
	pthread_t thread;
	bool threaded;
	struct buf dir;	    /* of compiled code */
	unsigned instances; /* of its pool */
	struct engine *engine;
	int rc;
	struct err err;
};

static void
make(struct serve_engine *m)
{
	struct engine_options eo = { .pooling = true,
		.instances = m->instances,
		.cache_dir = m->dir.n > 0 ? buf_cstr(&m->dir) : NULL };

	m->rc = engine_new(&m->engine, &eo, &m->err);
}

static void *
run(void *arg)
{
	make(arg);
	return NULL;
}

void
serve_engine_begin(struct serve_life *l)
{
	struct serve_engine *m = mem_take(sizeof(*m));
	struct err ignored = ERR;

	l->making = m;
	m->dir.max = 4096;
	m->instances = serve_instances(&l->options.limits);
	/* Without a folder for it, code is compiled at each start. */
	if (world_cache(&m->dir, "code", &ignored) < 0) {
		buf_clear(&m->dir);
		if (cmd_common()->verbose)
			ui_note("compiled code is not kept: %s", ignored.text);
	}
	m->threaded = pthread_create(&m->thread, NULL, run, m) == 0;
}

static void
wait_for(struct serve_engine *m)
{
	if (m->threaded)
		pthread_join(m->thread, NULL);
	else if (!m->engine)
		make(m);
	m->threaded = false;
}

int
serve_engine_take(struct serve_life *l, struct err *e)
{
	struct serve_engine *m = l->making;
	unsigned want = serve_instances(&l->options.limits);

	wait_for(m);
	/* The Directive wants more than we began with. */
	if (m->rc == 0 && want > m->instances) {
		engine_free(&m->engine);
		m->instances = want;
		make(m);
	}
	if (m->rc < 0) {
		*e = m->err;
		return -1;
	}
	l->engine = m->engine;
	return 0;
}

void
serve_engine_end(struct serve_life *l)
{
	struct serve_engine *m = l->making;

	if (!m)
		return;
	if (m->threaded)
		pthread_join(m->thread, NULL);
	engine_free(&m->engine);
	buf_free(&m->dir);
	mem_free(m);
	l->making = NULL;
}
