/* SPDX-License-Identifier: Apache-2.0 */
/* Recording: bytes into memory that is there already. */
#include <assert.h>
#include <string.h>

#include "os/os.h"
#include "trace/parts.h"

#define FREE_MAX 64u

/* ---- what records are made of ---- */

static void
put_num(struct trace_run *r, uint64_t v)
{
	buf_add(&r->data, (struct str){ (const char *)&v, sizeof(v) });
}

static void
put_text(struct trace_run *r, struct str s)
{
	size_t most = r->t->opt.text_bytes;

	put_num(r, s.n);
	if (s.n > most)
		s.n = most;
	put_num(r, s.n);
	buf_add(&r->data, s);
}

static bool
is_secret(struct str name)
{
	static const char *const names[] = { "authorization",
		"proxy-authorization", "cookie", "set-cookie" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (str_ieq(name, str_of(names[i])))
			return true;
	return false;
}

static void
put_pairs(struct trace_run *r, const struct pair_text *v, size_t n, bool hide)
{
	put_num(r, n);
	for (size_t i = 0; i < n; i++) {
		put_text(r, v[i].key);
		put_text(r,
		    hide && is_secret(v[i].key) ? STR("[hidden]") : v[i].value);
	}
}

/* A record is there whole or not at all. */
static size_t
begin(struct trace_run *r, enum record kind)
{
	pthread_mutex_lock(&r->lock);
	buf_addc(&r->data, (char)kind);
	return r->data.n;
}

static void
end(struct trace_run *r, size_t from)
{
	if (buf_over(&r->data)) {
		r->data.n = from - 1;
		r->data.over = false;
		r->nlost++;
	}
	pthread_mutex_unlock(&r->lock);
}

/* ---- runs ---- */

static void *
make_ring(struct loop *l, void *arg)
{
	struct ring *g = mem_take(sizeof(*g));
	struct trace *t = arg;

	(void)l;
	g->t = t;
	g->last = &g->first;
	pthread_mutex_init(&g->lock, NULL);
	pthread_mutex_lock(&t->lock);
	g->next = t->rings;
	t->rings = g;
	atomic_fetch_add(&t->nrings, 1);
	pthread_mutex_unlock(&t->lock);
	return g;
}

static struct trace_run *
take_run(struct ring *g)
{
	struct trace_run *r;

	pthread_mutex_lock(&g->lock);
	r = g->free;
	if (r) {
		g->free = r->next;
		g->nfree--;
	}
	pthread_mutex_unlock(&g->lock);
	if (r)
		return r;
	r = mem_take(sizeof(*r));
	r->ring = g;
	r->t = g->t;
	r->data.max = g->t->opt.run_bytes;
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

struct trace_run *
trace_begin(struct trace *t, struct loop *l, const struct trace_begin *b)
{
	static const struct trace_context none;
	const struct trace_context *c;
	struct trace_run *r;
	size_t at;

	if (!t)
		return NULL;
	c = b->context ? b->context : &none;
	/* The ring is the trace's: it outlives the loop. */
	r = take_run(loop_local(l, t, make_ring, NULL, t));
	buf_clear(&r->data);
	r->start_ns = os_now_ns();
	r->start_unix_ms = os_unix_ms();
	r->status = 0;
	r->nsteps = r->nlost = 0;
	at = begin(r, RECORD_BEGIN);
	put_num(r, b->kind);
	put_text(r, b->id);
	put_text(r, b->app);
	put_text(r, b->digest);
	put_text(r, b->flow);
	put_text(r, b->name);
	put_text(r, b->method);
	put_text(r, b->url);
	put_text(r, b->peer);
	put_text(r, str_of(b->rerun_of));
	put_num(r, b->context != NULL);
	buf_add(&r->data, (struct str){ (const char *)c, sizeof(*c) });
	put_pairs(r, b->headers, b->nheaders, true);
	put_pairs(r, b->params, b->nparams, false);
	put_pairs(r, b->state, b->nstate, false);
	put_text(r, b->body);
	end(r, at);
	return r;
}

void
trace_step_begin(struct trace_run *r, const struct trace_step *s)
{
	size_t at;

	if (!r)
		return;
	at = begin(r, RECORD_STEP);
	r->nsteps++;
	put_num(r, s->id);
	put_text(r, s->fn);
	put_text(r, s->key);
	put_num(r, s->index);
	put_num(r, s->call);
	put_num(r, s->depth);
	put_num(r, s->attempt);
	put_num(r, s->start_ns);
	put_text(r, s->input);
	end(r, at);
}

void
trace_step_end(struct trace_run *r, const struct trace_step_end *s)
{
	size_t at;

	if (!r)
		return;
	at = begin(r, RECORD_STEP_END);
	put_num(r, s->id);
	put_num(r, s->end_ns);
	put_num(r, s->fuel);
	put_num(r, s->memory_bytes);
	put_num(r, (uint64_t)s->skipped | (uint64_t)s->failed << 1);
	put_num(r, (uint64_t)(int64_t)s->code);
	put_text(r, s->error);
	put_text(r, s->trace);
	put_text(r, s->output);
	end(r, at);
}

void
trace_log(struct trace_run *r, unsigned step, int level, struct str text)
{
	size_t at;

	if (!r)
		return;
	at = begin(r, RECORD_LOG);
	put_num(r, step);
	put_num(r, (uint64_t)level);
	put_num(r, os_now_ns());
	put_text(r, text);
	end(r, at);
}

void
trace_call(struct trace_run *r, const struct trace_call *c)
{
	size_t at;

	if (!r)
		return;
	at = begin(r, RECORD_CALL);
	put_num(r, c->step);
	put_text(r, c->what);
	put_text(r, c->method);
	put_text(r, c->url);
	put_text(r, c->body);
	put_num(r, c->start_ns);
	put_num(r, c->end_ns);
	put_num(r, (uint64_t)c->status);
	put_text(r, c->error);
	put_num(r, c->answer_bytes);
	end(r, at);
}

/* ---- the end ---- */

static void
run_free(struct trace_run *r)
{
	buf_free(&r->data);
	pthread_mutex_destroy(&r->lock);
	mem_free(r);
}

static uint64_t
size_of(const struct trace_run *r)
{
	return r->data.cap + sizeof(*r);
}

static void
evict(struct ring *g)
{
	struct trace_run *r = g->first;

	g->first = r->next;
	if (!g->first)
		g->last = &g->first;
	g->n--;
	g->bytes -= size_of(r);
	if (g->nfree >= FREE_MAX) {
		run_free(r);
		return;
	}
	r->next = g->free;
	g->free = r;
	g->nfree++;
}

static void
on_wait(void *arg)
{
	struct trace_wait *w = arg;
	bool ended;

	pthread_mutex_lock(&w->t->lock);
	w->posted = false;
	ended = w->ended;
	pthread_mutex_unlock(&w->t->lock);
	if (ended) {
		mem_free(w);
		return;
	}
	loop_timer_end(&w->timer);
	w->fn(w->arg);
}

/* With the lock. */
static void
leave_list(struct trace_wait *w)
{
	if (!w->at)
		return;
	*w->at = w->next;
	if (w->next)
		w->next->at = w->at;
	w->at = NULL;
	atomic_fetch_sub(&w->t->nwaits, 1);
}

static void
wake(struct trace *t, uint64_t number)
{
	struct trace_wait *next;

	pthread_mutex_lock(&t->lock);
	for (struct trace_wait *w = t->waits; w; w = next) {
		next = w->next;
		if (number <= w->after)
			continue;
		leave_list(w);
		w->posted = true;
		loop_post(w->loop, on_wait, w);
	}
	pthread_mutex_unlock(&t->lock);
}

void
trace_end(struct trace_run **pr, const struct trace_end *e)
{
	struct trace_run *r = *pr;
	struct trace *t;
	struct ring *g;
	size_t at;

	*pr = NULL;
	if (!r)
		return;
	t = r->t;
	g = r->ring;
	at = begin(r, RECORD_END);
	put_num(r, (uint64_t)e->status);
	put_text(r, e->content_type);
	put_pairs(r, e->headers, e->nheaders, true);
	put_pairs(r, e->state, e->nstate, false);
	put_text(r, e->error);
	put_text(r, e->failed_fn);
	put_num(r, e->fuel);
	put_text(r, e->body);
	end(r, at);
	r->status = e->status;
	r->end_ns = os_now_ns();
	r->next = NULL;
	pthread_mutex_lock(&g->lock);
	r->number = atomic_fetch_add(&t->newest, 1) + 1;
	*g->last = r;
	g->last = &r->next;
	g->n++;
	g->bytes += size_of(r);
	if (t->otlp)
		otlp_take(t->otlp, r);
	while (g->n > 1 &&
	    (g->n > t->opt.runs ||
		g->bytes > t->opt.bytes / atomic_load(&t->nrings)))
		evict(g);
	pthread_mutex_unlock(&g->lock);
	if (atomic_load_explicit(&t->nwaits, memory_order_relaxed) > 0)
		wake(t, atomic_load(&t->newest));
}

/* ---- waiting ---- */

static void
on_late(void *arg)
{
	struct trace_wait *w = arg;
	bool mine;

	pthread_mutex_lock(&w->t->lock);
	mine = w->at != NULL;
	leave_list(w);
	pthread_mutex_unlock(&w->t->lock);
	/* Else the post is on its way. */
	if (mine)
		w->fn(w->arg);
}

struct trace_wait *
trace_wait(struct trace *t, struct loop *l, uint64_t after, uint32_t wait_ms,
    void (*fn)(void *arg), void *arg)
{
	struct trace_wait *w = mem_take(sizeof(*w));

	w->t = t;
	w->loop = l;
	w->after = after;
	w->fn = fn;
	w->arg = arg;
	w->timer =
	    loop_timer_start(l, NULL, wait_ms * UINT64_C(1000000), on_late, w);
	pthread_mutex_lock(&t->lock);
	w->next = t->waits;
	w->at = &t->waits;
	if (w->next)
		w->next->at = &w->next;
	t->waits = w;
	atomic_fetch_add(&t->nwaits, 1);
	pthread_mutex_unlock(&t->lock);
	/* One may have ended just before. */
	if (trace_newest(t) > after)
		wake(t, trace_newest(t));
	return w;
}

void
trace_wait_end(struct trace_wait **pw)
{
	struct trace_wait *w = *pw;
	bool posted;

	*pw = NULL;
	if (!w)
		return;
	pthread_mutex_lock(&w->t->lock);
	leave_list(w);
	posted = w->posted;
	w->ended = true;
	pthread_mutex_unlock(&w->t->lock);
	loop_timer_end(&w->timer);
	if (!posted)
		mem_free(w);
}

/* ---- the trace as a whole ---- */

uint64_t
trace_newest(const struct trace *t)
{
	return atomic_load(&t->newest);
}

int
trace_new(struct trace **out, const struct trace_options *opt, struct err *e)
{
	struct trace *t = mem_take(sizeof(*t));

	t->opt = *opt;
	t->opt.runs = opt->runs ? opt->runs : 1000;
	t->opt.bytes = opt->bytes ? opt->bytes : 64u << 20;
	t->opt.text_bytes = opt->text_bytes ? opt->text_bytes : 16u << 10;
	t->opt.run_bytes = opt->run_bytes ? opt->run_bytes : 256u << 10;
	t->arena = arena_new();
	pthread_mutex_init(&t->lock, NULL);
	if (opt->otlp_url && otlp_new(&t->otlp, t, e) < 0) {
		trace_free(&t);
		return -1;
	}
	*out = t;
	return 0;
}

static void
ring_free(struct ring *g)
{
	while (g->first)
		evict(g);
	while (g->free) {
		struct trace_run *r = g->free;

		g->free = r->next;
		run_free(r);
	}
	pthread_mutex_destroy(&g->lock);
	mem_free(g);
}

bool
trace_exports(const struct trace *t)
{
	return t->otlp != NULL;
}

void
trace_free(struct trace **pt)
{
	struct trace *t = *pt;

	*pt = NULL;
	if (!t)
		return;
	otlp_free(&t->otlp);
	while (t->rings) {
		struct ring *g = t->rings;

		t->rings = g->next;
		ring_free(g);
	}
	pthread_mutex_destroy(&t->lock);
	arena_free(&t->arena);
	mem_free(t);
}
