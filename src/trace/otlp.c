/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans by POST to a collector, in batches, from a loop of their own: what the
 * collector does holds nobody up.  What it does not take in time is lost, and
 * counted.
 */
#include <stdio.h>
#include <time.h>

#include "fetch/fetch.h"
#include "os/os.h"
#include "trace/spans.h"

#define BATCH 512u
#define QUEUE 4096u
#define EVERY_NS UINT64_C(5000000000)
#define MINUTE_NS UINT64_C(60000000000)
#define TRIES 4u
#define FLUSH_MS 2000u
#define BODY_BYTES (64u << 20)

struct item {
	struct item *next;
	struct trace_run run; /* a copy, with its bytes */
};

struct otlp {
	struct trace *t;
	struct crew *crew;
	struct loop *loop;
	pthread_mutex_t lock; /* of the queue */
	pthread_cond_t idle;
	struct item *first, **last;
	size_t n;
	uint64_t lost, seen;
	bool posted, ending, done;
	/* On the loop. */
	struct loop_timer *timer;
	struct fetch_call *call;
	struct buf body;
	unsigned tries;
	uint64_t warned_ns;
};

static void pump(struct otlp *o, bool all);

static void
item_free(struct item *x)
{
	buf_free(&x->run.data);
	mem_free(x);
}

static void
warn(struct otlp *o, const char *why)
{
	uint64_t now = os_now_ns();
	CLEANUP(buf_free) struct buf text = BUF(4096);

	if (!o->t->opt.warn || (o->warned_ns && now - o->warned_ns < MINUTE_NS))
		return;
	o->warned_ns = now;
	buf_addf(
	    &text, "spans were not taken by %s: %s", o->t->opt.otlp_url, why);
	o->t->opt.warn(o->t->opt.arg, buf_cstr(&text));
}

/* ---- a batch ---- */

static void
make_body(struct otlp *o, struct item *list)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *t = tree_map(a), *x, *v, *spans;

	x = tree_add(
	    a, tree_put(a, t, "resourceSpans", tree_list(a)), tree_map(a));
	v = tree_put(a, tree_put(a, x, "resource", tree_map(a)), "attributes",
	    tree_list(a));
	v = tree_add(a, v, tree_map(a));
	tree_put_text(a, v, "key", STR("service.name"));
	v = tree_put(a, v, "value", tree_map(a));
	tree_put_text(a, v, "stringValue",
	    str_of(o->t->opt.service ? o->t->opt.service : "subo"));
	x = tree_add(
	    a, tree_put(a, x, "scopeSpans", tree_list(a)), tree_map(a));
	v = tree_put(a, x, "scope", tree_map(a));
	tree_put_text(a, v, "name", STR("subo"));
	spans = tree_put(a, x, "spans", tree_list(a));
	for (; list; list = list->next)
		spans_add(spans, a, &list->run);
	buf_clear(&o->body);
	tree_print_json(&o->body, t, 0);
}

static void
on_timer(void *arg)
{
	struct otlp *o = arg;

	loop_timer_end(&o->timer);
	pump(o, true);
}

static void
set_timer(struct otlp *o, uint64_t ns)
{
	if (!o->timer)
		o->timer = loop_timer_start(o->loop, NULL, ns, on_timer, o);
}

static void
on_sent(void *arg, const struct fetch_answer *a, const struct err *why)
{
	struct otlp *o = arg;
	bool again = !a || a->status == 429 || a->status == 502 ||
	    a->status == 503 || a->status == 504;
	char text[64];

	if (a && a->status >= 200 && a->status < 300) {
		buf_clear(&o->body);
		o->tries = 0;
	} else {
		if (a)
			(void)snprintf(
			    text, sizeof(text), "it answered %d", a->status);
		warn(o, a ? text : why->text);
		if (!again || ++o->tries >= TRIES || o->ending) {
			buf_clear(&o->body);
			o->tries = 0;
		}
	}
	fetch_end(&o->call);
	if (o->body.n > 0)
		set_timer(o, UINT64_C(500000000) << o->tries);
	else
		pump(o, o->ending);
}

static void
send_body(struct otlp *o)
{
	struct fetch_header headers[18] = { { STR("Content-Type"),
	    STR("application/json") } };
	struct fetch_request r = { .method = STR("POST"),
		.url = str_of(o->t->opt.otlp_url),
		.headers = headers,
		.nheaders = 1,
		.body = buf_str(&o->body),
		.has_body = true,
		.total_ms = o->ending ? FLUSH_MS : 10000 };

	for (size_t i = 0;
	    i < o->t->opt.notlp_headers && r.nheaders < COUNT(headers); i++)
		headers[r.nheaders++] = (struct fetch_header){
			str_of(o->t->opt.otlp_headers[i].name),
			str_of(o->t->opt.otlp_headers[i].value)
		};
	o->call = fetch_start(o->loop, &r, on_sent, o);
}

static struct item *
take_batch(struct otlp *o, bool all)
{
	struct item *list = NULL, **end = &list;

	pthread_mutex_lock(&o->lock);
	o->posted = false;
	for (size_t i = 0; (all || o->n >= BATCH || i > 0) && i < BATCH && o->n;
	    i++) {
		struct item *x = o->first;

		o->first = x->next;
		if (!o->first)
			o->last = &o->first;
		o->n--;
		x->next = NULL;
		*end = x;
		end = &x->next;
	}
	pthread_mutex_unlock(&o->lock);
	return list;
}

static void
tell_idle(struct otlp *o)
{
	pthread_mutex_lock(&o->lock);
	o->done = true;
	pthread_cond_signal(&o->idle);
	pthread_mutex_unlock(&o->lock);
}

/* Send the next batch, when there is one. */
static void
pump(struct otlp *o, bool all)
{
	struct item *list, *next;

	if (o->call)
		return;
	if (o->body.n > 0) {
		send_body(o);
		return;
	}
	list = take_batch(o, all || o->ending);
	if (!list) {
		if (o->ending)
			tell_idle(o);
		else
			set_timer(o, EVERY_NS);
		return;
	}
	make_body(o, list);
	for (; list; list = next) {
		next = list->next;
		item_free(list);
	}
	send_body(o);
}

/* ---- what comes in ---- */

static void
on_post(void *arg)
{
	pump(arg, false);
}

void
otlp_take(struct otlp *o, const struct trace_run *r)
{
	struct item *x = NULL;
	bool post;

	pthread_mutex_lock(&o->lock);
	o->seen++;
	if (o->t->opt.sample > 1 && o->seen % o->t->opt.sample != 0) {
		pthread_mutex_unlock(&o->lock);
		return;
	}
	if (o->n < QUEUE) {
		x = mem_take(sizeof(*x));
		x->run = *r;
		x->run.data = (struct buf)BUF(SIZE_MAX / 2);
		buf_add(&x->run.data, buf_str(&r->data));
		*o->last = x;
		o->last = &x->next;
		o->n++;
	} else {
		o->lost++;
	}
	post = !o->posted && (o->n == 1 || o->n >= BATCH);
	o->posted = o->posted || post;
	pthread_mutex_unlock(&o->lock);
	if (post)
		loop_post(o->loop, on_post, o);
}

/* ---- beginning and end ---- */

int
otlp_new(struct otlp **out, struct trace *t, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct otlp *o;
	struct fetch_url u;

	if (fetch_url_parse(&u, a, str_of(t->opt.otlp_url), e) < 0)
		return err_wrap(e, "the collector's address");
	o = mem_take(sizeof(*o));
	o->t = t;
	o->last = &o->first;
	o->body.max = BODY_BYTES;
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->idle, NULL);
	*out = o;
	if (crew_new(&o->crew, 1, e) < 0)
		return -1;
	o->loop = crew_next(o->crew);
	return o->loop ? 0 : err_set(e, ERR_SYSTEM, "no thread is to be had");
}

static void
on_ending(void *arg)
{
	struct otlp *o = arg;

	o->ending = true;
	loop_timer_end(&o->timer);
	pump(o, true);
}

static void
on_last(void *arg)
{
	struct otlp *o = arg;

	fetch_end(&o->call);
	loop_timer_end(&o->timer);
}

static void
flush(struct otlp *o)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += FLUSH_MS / 1000;
	loop_post(o->loop, on_ending, o);
	pthread_mutex_lock(&o->lock);
	while (
	    !o->done && pthread_cond_timedwait(&o->idle, &o->lock, &end) == 0)
		;
	pthread_mutex_unlock(&o->lock);
	loop_post(o->loop, on_last, o);
}

void
otlp_free(struct otlp **po)
{
	struct otlp *o = *po;

	*po = NULL;
	if (!o)
		return;
	if (o->loop)
		flush(o);
	crew_free(&o->crew);
	while (o->first) {
		struct item *x = o->first;

		o->first = x->next;
		item_free(x);
	}
	buf_free(&o->body);
	pthread_mutex_destroy(&o->lock);
	pthread_cond_destroy(&o->idle);
	mem_free(o);
}
