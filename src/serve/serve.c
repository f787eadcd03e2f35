/* SPDX-License-Identifier: Apache-2.0 */
/* A server: its making, what is put in, and its end. */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "os/os.h"
#include "serve/parts.h"

#define POLL_NS 2000000l
#define INSTANCES_MAX 20000u

/* ---- limits ---- */

static void
fill_limits(struct serve_options *o)
{
	struct serve_limits *l = &o->limits;

	if (l->function_ms == 0)
		l->function_ms = 10000;
	if (l->request_ms == 0)
		l->request_ms = 60000;
	if (l->memory_bytes == 0)
		l->memory_bytes = 64u << 20;
	if (l->output_bytes == 0)
		l->output_bytes = 8u << 20;
	if (l->requests == 0)
		l->requests = 1024;
	if (l->log_bytes == 0)
		l->log_bytes = 1u << 20;
}

/* Most that the app or one of its handlers takes: who is less is told apart
 * when it is known which handler it is. */
static uint64_t
most_body(const struct directive *d)
{
	uint64_t most = d->limits.v[LIMIT_BODY_BYTES], n;

	for (size_t i = 0; i < d->nhandlers; i++) {
		n = d->handlers[i].limits.v[LIMIT_BODY_BYTES];
		most = n > most ? n : most;
	}
	/* Handlers without a limit of their own have the usual one. */
	if (d->limits.v[LIMIT_BODY_BYTES] == 0 && most < USUAL_BODY)
		return 0;
	return most;
}

void
serve_take_limits(struct serve_options *o, const struct directive *d)
{
	const uint64_t *v = d->limits.v;
	uint64_t body = most_body(d);

#define TAKE(field, which, value) \
	if (!(o->fixed_limits & 1u << which) && o->field == 0 && (value) > 0) \
	o->field = (value)
	TAKE(http.header_bytes, LIMIT_HEADER_BYTES,
	    (uint32_t)v[LIMIT_HEADER_BYTES]);
	TAKE(http.body_bytes, LIMIT_BODY_BYTES, body);
	TAKE(http.connections, LIMIT_CONNECTIONS,
	    (unsigned)v[LIMIT_CONNECTIONS]);
	TAKE(http.header_ms, LIMIT_HEADER_MS, (uint32_t)v[LIMIT_HEADER_MS]);
	TAKE(http.body_ms, LIMIT_BODY_MS, (uint32_t)v[LIMIT_BODY_MS]);
	TAKE(http.idle_ms, LIMIT_IDLE_MS, (uint32_t)v[LIMIT_IDLE_MS]);
	TAKE(http.write_ms, LIMIT_WRITE_MS, (uint32_t)v[LIMIT_WRITE_MS]);
	TAKE(http.message_bytes, LIMIT_MESSAGE_BYTES,
	    (uint32_t)v[LIMIT_MESSAGE_BYTES]);
	TAKE(limits.requests, LIMIT_REQUESTS, (unsigned)v[LIMIT_REQUESTS]);
	TAKE(limits.function_ms, LIMIT_FUNCTION_MS,
	    (uint32_t)v[LIMIT_FUNCTION_MS]);
	TAKE(
	    limits.request_ms, LIMIT_REQUEST_MS, (uint32_t)v[LIMIT_REQUEST_MS]);
	TAKE(limits.memory_bytes, LIMIT_MEMORY_BYTES, v[LIMIT_MEMORY_BYTES]);
	TAKE(limits.output_bytes, LIMIT_OUTPUT_BYTES, v[LIMIT_OUTPUT_BYTES]);
	TAKE(limits.log_bytes, LIMIT_LOG_BYTES, v[LIMIT_LOG_BYTES]);
#undef TAKE
}

/* One for each request that waits, and what some of them have side by side; a
 * call that finds none is answered as an overload is. */
unsigned
serve_instances(const struct serve_limits *lim)
{
	unsigned n = lim->requests ? lim->requests : 1024;

	n += 4 * flow_instances();
	return n < INSTANCES_MAX ? n : INSTANCES_MAX;
}

/* ---- loops ---- */

struct meeting {
	pthread_mutex_t lock;
	pthread_cond_t all;
	unsigned left;
	void (*fn)(struct seat *seat);
};

struct guest {
	struct meeting *m;
	struct seat *seat;
};

static void
attend(void *arg)
{
	struct guest *g = arg;
	struct meeting *m = g->m;

	if (m->fn)
		m->fn(g->seat);
	mem_free(g);
	pthread_mutex_lock(&m->lock);
	m->left--;
	pthread_cond_signal(&m->all);
	pthread_mutex_unlock(&m->lock);
}

void
on_seats(struct serve *s, void (*fn)(struct seat *seat))
{
	struct meeting m = { PTHREAD_MUTEX_INITIALIZER,
		PTHREAD_COND_INITIALIZER, s->nloops, fn };

	for (unsigned i = 0; i < s->nloops; i++) {
		struct guest *g = mem_take(sizeof(*g));

		*g = (struct guest){ &m, &s->seats[i] };
		loop_post(s->seats[i].loop, attend, g);
	}
	pthread_mutex_lock(&m.lock);
	while (m.left > 0)
		pthread_cond_wait(&m.all, &m.lock);
	pthread_mutex_unlock(&m.lock);
	pthread_mutex_destroy(&m.lock);
	pthread_cond_destroy(&m.all);
}

/* ---- making ---- */

static int
make_seats(struct serve *s, struct err *e)
{
	s->nloops = crew_size(s->opt.crew);
	s->seats = mem_take(s->nloops * sizeof(*s->seats));
	for (unsigned i = 0; i < s->nloops; i++) {
		seat_init(&s->seats[i], s, i);
		if (!s->seats[i].loop)
			return err_set(e, ERR_SYSTEM,
			    "cannot start the threads of the server");
	}
	return 0;
}

int
serve_new(struct serve **out, const struct serve_options *opt, struct err *e)
{
	struct serve *s = mem_take(sizeof(*s));
	struct http_options ho = { .limits = opt->http,
		.crew = opt->crew,
		.arg = s,
		.header = ask_header,
		.request = ask_request,
		.gone = ask_gone,
		.refused = ask_refused };

	s->opt = *opt;
	fill_limits(&s->opt);
	if (s->opt.log_level == 0)
		s->opt.log_level = 3;
	s->load.most = s->opt.limits.requests;
	s->start_ns = os_now_ns();
	pthread_mutex_init(&s->put_lock, NULL);
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->line_lock, NULL);
	if (make_seats(s, e) < 0 || http_new(&s->http, &ho, e) < 0) {
		serve_free(&s);
		return -1;
	}
	*out = s;
	return 0;
}

int
serve_listen(struct serve *s, const char *host, uint16_t port,
    const struct http_tls *tls, uint16_t *bound, struct err *e)
{
	return http_listen(s->http, host, port, tls, bound, e);
}

int
serve_reload_tls(struct serve *s, struct err *e)
{
	return http_reload_tls(s->http, e);
}

/* ---- what is put in ---- */

/* One with a in it, in the place of the one that *old is then. */
static struct site *
site_with(const struct site *before, struct serve_app *a, bool sole,
    struct serve_app **old)
{
	size_t n = before ? before->n : 0, at = 0;
	struct site *x = mem_take(sizeof(*x));
	bool placed = false;

	*old = sole && n == 1 ? before->apps[0] : NULL;
	if (!*old && before)
		*old = site_find(before, a->d->identifier);
	atomic_store(&x->refs, 1);
	x->apps = mem_take((n + 1) * sizeof(struct serve_app *));
	for (size_t i = 0; i < n; i++) {
		struct serve_app *other = before->apps[i];

		if (other == *old)
			continue;
		if (!placed &&
		    str_cmp(a->d->identifier, other->d->identifier) < 0) {
			x->apps[at++] = a;
			placed = true;
		}
		x->apps[at++] = app_hold(other);
	}
	if (!placed)
		x->apps[at++] = a;
	x->n = at;
	return x;
}

int
serve_put(struct serve *s, struct bundle **b, const struct digest *digest,
    bool sole, struct err *e)
{
	struct serve_app *a, *old;
	struct site *before, *x;

	if (app_open(&a, s, b, digest, e) < 0)
		return -1;
	pthread_mutex_lock(&s->put_lock);
	before = s->site;
	x = site_with(before, a, sole, &old);
	pthread_mutex_lock(&s->lock);
	s->site = x;
	pthread_mutex_unlock(&s->lock);
	on_seats(s, seat_refresh);
	schedules_swap(s, a, old);
	site_drop(before);
	atomic_fetch_add(&s->swaps, 1);
	pthread_mutex_unlock(&s->put_lock);
	return 0;
}

size_t
serve_napps(const struct serve *cs)
{
	/* It is locked, and left as it is. */
	union {
		const struct serve *in;
		struct serve *out;
	} any = { .in = cs };
	struct serve *s = any.out;
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = s->site ? s->site->n : 0;
	pthread_mutex_unlock(&s->lock);
	return n;
}

struct serve_app *
serve_hold(struct serve *s)
{
	struct serve_app *a;

	pthread_mutex_lock(&s->lock);
	a = s->site ? app_hold(s->site->apps[0]) : NULL;
	pthread_mutex_unlock(&s->lock);
	return a;
}

const struct bundle *
serve_app_bundle(const struct serve_app *a)
{
	return a->bundle;
}

const char *
serve_app_digest(const struct serve_app *a)
{
	return a->digest;
}

void
serve_release(struct serve_app **a)
{
	app_drop(*a);
	*a = NULL;
}

/* A header's value: one line that can be seen. */
static char *
note_text(const char *text)
{
	size_t n = strlen(text);
	char *copy = mem_take(n + 1);

	for (size_t i = 0; i < n; i++)
		copy[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : ' ';
	return copy;
}

void
serve_set_note(struct serve *s, const char *text)
{
	char *copy = text ? note_text(text) : NULL;

	pthread_mutex_lock(&s->lock);
	mem_free(s->note);
	s->note = copy;
	atomic_store(&s->noted, copy != NULL);
	pthread_mutex_unlock(&s->lock);
}

void
serve_set_ready(struct serve *s, bool ready)
{
	atomic_store(&s->ready, ready);
}

/* ---- the end ---- */

static void
pause_a_moment(void)
{
	const struct timespec t = { 0, POLL_NS };

	(void)nanosleep(&t, NULL);
}

static void
close_seat(struct seat *seat)
{
	if (seat->index == 0)
		schedules_end(seat->s);
	talks_close(seat);
}

static bool
is_busy(const struct serve *s)
{
	return http_busy(s->http) > 0 ||
	    atomic_load_explicit(&s->live, memory_order_acquire) > 0;
}

void
serve_stop(struct serve *s, uint32_t grace_ms)
{
	uint64_t end = os_now_ns() + grace_ms * UINT64_C(1000000);

	atomic_store(&s->ending, true);
	http_close(s->http);
	on_seats(s, close_seat);
	while (is_busy(s) && os_now_ns() < end && !os_interrupted())
		pause_a_moment();
	on_seats(s, log_flush);
}

static void
cancel_jobs(struct seat *seat)
{
	struct job *j, *next;

	for (j = seat->jobs; j; j = next) {
		next = j->next;
		job_cancel(j);
	}
}

static void
end_seat(struct seat *seat)
{
	log_flush(seat);
	seat_dispose(seat);
}

/* What runs is cancelled; it is over when it says so. */
static void
end_runs(struct serve *s)
{
	atomic_store(&s->ending, true);
	on_seats(s, close_seat);
	http_free(&s->http);
	on_seats(s, cancel_jobs);
	while (atomic_load(&s->live) > 0)
		pause_a_moment();
	on_seats(s, end_seat);
}

void
serve_free(struct serve **ps)
{
	struct serve *s = *ps;

	*ps = NULL;
	if (!s)
		return;
	if (s->http)
		end_runs(s);
	site_drop(s->site);
	pthread_mutex_destroy(&s->put_lock);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->line_lock);
	mem_free(s->seats);
	mem_free(s->note);
	mem_free(s);
}
