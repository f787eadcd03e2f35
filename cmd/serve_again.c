/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reference stands for by now: asked on a thread of its own, since
 * signals and files want the loop while a registry takes its time.
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "loop/loop.h"
#include "os/os.h"
#include "serve_parts.h"
#include "ship/ship.h"

#define PATIENCE_MS 60000u

struct serve_again {
	struct serve_life *life;
	struct arena *arena;
	struct oci_options options;
	struct trust_want want;
	struct ship_pull pull;
	struct buf dir, path;
	pthread_t thread;
	bool dropped; /* nobody wants it any more; its thread has ended */
	int rc;
	struct err e;
};

static void
again_free(struct serve_again *g)
{
	if (!g->dropped)
		(void)pthread_join(g->thread, NULL);
	buf_free(&g->dir);
	buf_free(&g->path);
	arena_free(&g->arena);
	mem_free(g);
}

/* ---- what came of it ---- */

static void
serve_it(struct serve_life *l, const struct serve_again *g)
{
	struct serve_file *f = &l->files.v[0];
	const struct serve_file was = *f;
	struct digest served = f->facts.digest;

	f->path = arena_cstr(l->files.arena, buf_str(&g->path));
	serve_reload(l, f, true);
	if (digest_eq(&served, &f->facts.digest)) {
		/* The same, or refused: the other file is not asked for. */
		f->path = was.path;
		f->seen = was.seen;
		f->now = was.now;
	}
}

/* The name of what is refused stands before it already. */
static void
tell_refused(const struct serve_life *l, const struct err *e)
{
	CLEANUP(buf_free) struct buf name = BUF(4096);
	struct serve_file f = l->files.v[0];
	struct err why = *e;

	f.path = l->flags->what;
	buf_addf(&name, "'%s': ", f.path);
	if (str_starts(str_of(e->text), buf_cstr(&name)))
		memmove(
		    why.text, why.text + name.n, strlen(why.text + name.n) + 1);
	serve_tell_refused(&f, &why);
}

static void
tell_failed(const struct serve_life *l, const struct err *e)
{
	const struct serve_file *f = &l->files.v[0];

	if (e->kind == ERR_TRUST || e->kind == ERR_INPUT)
		tell_refused(l, e);
	else
		ui_warn("%s; %s %s goes on serving", e->text,
		    f->facts.identifier, f->facts.version);
}

static void
on_end(void *arg)
{
	struct serve_again *g = arg;
	struct serve_life *l = g->life;
	const struct serve_file *f = &l->files.v[0];

	l->again = NULL;
	loop_release(l->loop);
	if (g->dropped) {
		again_free(g);
		return;
	}
	if (g->rc < 0) {
		tell_failed(l, &g->e);
		again_free(g);
		return;
	}
	if (!str_is(buf_str(&g->path), f->path))
		serve_it(l, g);
	else
		ui_note("%s is what is served already", l->flags->what);
	again_free(g);
}

/* ---- asking ---- */

static void *
ask(void *arg)
{
	struct serve_again *g = arg;
	struct ship_pulled got = { 0 };
	struct oci *o = NULL;

	g->rc = oci_new(&o, &g->options, &g->e);
	if (g->rc == 0)
		g->rc = ship_fetch(&got, &g->path, o, &g->pull,
		    buf_cstr(&g->dir), g->arena, &g->e);
	ship_pulled_free(&got);
	oci_free(&o);
	loop_post(g->life->loop, on_end, g);
	return NULL;
}

static int
prepare(struct serve_again *g, struct serve_life *l, struct err *e)
{
	g->life = l;
	g->arena = arena_new();
	g->dir = (struct buf)BUF(4096);
	g->path = (struct buf)BUF(4096);
	g->want = l->trusting.want;
	g->want.owned = NULL; /* a file's, while it is opened */
	g->want.look = true;  /* loading it opens it */
	g->pull = serve_pull(l);
	g->pull.trust = &g->want;
	registry_options(&g->options, &l->flags->registry, g->arena);
	g->options.progress = NULL;
	g->options.total_ms = PATIENCE_MS;
	if (world_cache(&g->dir, SERVE_KEPT, e) < 0)
		return -1;
	return oci_ref_parse(&g->pull.ref, g->arena, str_of(l->flags->what), e);
}

void
serve_again(struct serve_life *l)
{
	struct serve_again *g;
	struct err e = ERR;

	if (l->again) {
		ui_note("%s is being asked for", l->flags->what);
		return;
	}
	g = mem_take(sizeof(*g));
	if (prepare(g, l, &e) == 0 &&
	    pthread_create(&g->thread, NULL, ask, g) == 0) {
		l->again = g;
		loop_hold(l->loop);
		return;
	}
	ui_warn("%s cannot be asked for: %s", l->flags->what,
	    e.kind != ERR_NONE ? e.text : "there are no more threads");
	buf_free(&g->dir);
	buf_free(&g->path);
	arena_free(&g->arena);
	mem_free(g);
}

void
serve_again_end(struct serve_life *l)
{
	if (!l->again)
		return;
	/* Whatever it waits for, it ends; its post frees it. */
	os_interrupt(SIGTERM);
	(void)pthread_join(l->again->thread, NULL);
	os_interrupt(0);
	l->again->dropped = true;
}
