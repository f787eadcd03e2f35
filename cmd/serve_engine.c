/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of a server.  Its pools take as long to reserve as a bundle to
 * read, and are reserved meanwhile. */
#include "serve_parts.h"

struct serve_engine {
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
		.early = true,
		.cache_dir = m->dir.n > 0 ? buf_cstr(&m->dir) : NULL };

	m->rc = engine_new(&m->engine, &eo, &m->err);
}

void
serve_engine_begin(struct serve_life *l)
{
	struct err ignored = ERR;
	struct serve_engine *m;

	if (l->making)
		return;
	m = l->making = mem_take(sizeof(*m));
	m->dir.max = 4096;
	m->instances = serve_instances(&l->options.limits);
	/* Without a folder for it, code is compiled at each start. */
	if (world_cache(&m->dir, "code", &ignored) < 0) {
		buf_clear(&m->dir);
		if (cmd_common()->verbose)
			ui_note("compiled code is not kept: %s", ignored.text);
	}
	make(m);
}

int
serve_engine_take(struct serve_life *l, struct err *e)
{
	unsigned want = serve_instances(&l->options.limits);
	struct serve_engine *m;

	serve_engine_begin(l);
	m = l->making;
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

const char *
serve_engine_dir(const struct serve_life *l)
{
	return l->making->dir.n > 0 ? buf_cstr(&l->making->dir) : NULL;
}

void
serve_engine_end(struct serve_life *l)
{
	struct serve_engine *m = l->making;

	if (!m)
		return;
	engine_free(&m->engine);
	buf_free(&m->dir);
	mem_free(m);
	l->making = NULL;
}
