/* SPDX-License-Identifier: Apache-2.0 */
/* A server: its making and ending, and what can be asked of a request. */
#include <assert.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "http/parts.h"
#include "os/os.h"

/* ---- making ---- */

static void
fill(struct http_limits *m)
{
	static const struct http_limits usual = { .header_bytes = 16u << 10,
		.header_fields = 100,
		.body_bytes = 16u << 20,
		.connections = 10000,
		.header_ms = 10000,
		.body_ms = 60000,
		.idle_ms = 60000,
		.write_ms = 30000,
		.message_bytes = 1u << 20 };

#define FILL(field) m->field = m->field ? m->field : usual.field
	FILL(header_bytes);
	FILL(header_fields);
	FILL(body_bytes);
	FILL(connections);
	FILL(header_ms);
	FILL(body_ms);
	FILL(idle_ms);
	FILL(write_ms);
	FILL(message_bytes);
#undef FILL
}

struct meeting {
	pthread_mutex_t lock;
	pthread_cond_t all;
	unsigned left;
	void (*fn)(struct lane *l);
};

struct seat {
	struct meeting *m;
	struct lane *l;
};

static void
attend(void *arg)
{
	struct seat *s = arg;
	struct meeting *m = s->m;

	m->fn(s->l);
	mem_free(s);
	pthread_mutex_lock(&m->lock);
	m->left--;
	pthread_cond_signal(&m->all);
	pthread_mutex_unlock(&m->lock);
}

void
lane_each(struct http *h, void (*fn)(struct lane *l))
{
	struct meeting m = { PTHREAD_MUTEX_INITIALIZER,
		PTHREAD_COND_INITIALIZER, h->nlanes, fn };

	for (unsigned i = 0; i < h->nlanes; i++) {
		struct seat *s = mem_take(sizeof(*s));

		s->m = &m;
		s->l = &h->lanes[i];
		loop_post(s->l->loop, attend, s);
	}
	pthread_mutex_lock(&m.lock);
	while (m.left > 0)
		pthread_cond_wait(&m.all, &m.lock);
	pthread_mutex_unlock(&m.lock);
	pthread_mutex_destroy(&m.lock);
	pthread_cond_destroy(&m.all);
}

static void
start_plain(struct lane *l)
{
	(void)tap_start(l->plain);
}

/* Those that have not begun. */
static int
drop_lanes(struct http *h)
{
	while (h->nlanes > 0)
		tap_free(&h->lanes[--h->nlanes].plain);
	return -1;
}

static int
make_lanes(struct http *h, const struct mhd *m, struct err *e)
{
	for (unsigned i = 0; i < crew_size(h->opt.crew); i++) {
		struct lane *l = &h->lanes[i];

		l->loop = crew_at(h->opt.crew, i);
		if (!l->loop) {
			(void)err_set(e, ERR_SYSTEM,
			    "cannot start the threads of the server");
			return drop_lanes(h);
		}
		l->http = h;
		l->index = i;
		l->mhd = m;
		if (tap_new(&l->plain, l, NULL, e) < 0)
			return drop_lanes(h);
		h->nlanes = i + 1;
	}
	lane_each(h, start_plain);
	for (unsigned i = 0; i < h->nlanes; i++)
		if (!h->lanes[i].plain->watch)
			return err_set(e, ERR_SYSTEM,
			    "cannot start the server: too many open files");
	return 0;
}

int
http_new(struct http **out, const struct http_options *opt, struct err *e)
{
	struct http *h;
	const struct mhd *m;

	if (lane_library(&m, e) < 0)
		return -1;
	h = mem_take(sizeof(*h));
	h->opt = *opt;
	fill(&h->opt.limits);
	pthread_mutex_init(&h->lock, NULL);
	h->lanes = mem_take(crew_size(opt->crew) * sizeof(*h->lanes));
	if (make_lanes(h, m, e) < 0) {
		http_free(&h);
		return -1;
	}
	*out = h;
	return 0;
}

/* ---- ending ---- */

static void
end_ears(struct lane *l)
{
	for (struct listener *s = l->http->listeners; s; s = s->next)
		ear_end(&s->ears[l->index]);
}

/* Idle, and nothing on its way in. */
static void
close_idle(struct lane *l)
{
	struct http_exchange *x, *next;
	int rest;

	for (x = l->list; x; x = next) {
		next = x->next;
		rest = 0;
		if (x->phase == PHASE_IDLE && !x->fresh &&
		    ioctl(x->fd, FIONREAD, &rest) == 0 && rest == 0)
			conn_cut(x);
	}
}

static void
on_close(void *arg)
{
	struct lane *l = arg;

	end_ears(l);
	close_idle(l);
}

void
http_close(struct http *h)
{
	atomic_store(&h->closing, true);
	for (unsigned i = 0; i < h->nlanes; i++)
		loop_post(h->lanes[i].loop, on_close, &h->lanes[i]);
}

static void
end_lane(struct lane *l)
{
	struct http_exchange *x, *next;

	l->ended = true;
	for (x = l->list; x; x = next) {
		next = x->next;
		if (x->phase == PHASE_WAIT && !x->answered)
			exchange_gone(x);
		else if (x->phase == PHASE_SOCKET && x->socket)
			socket_end(x->socket);
		else if (x->phase != PHASE_LINGER)
			conn_cut(x);
	}
	for (struct tap *t = l->taps; t; t = t->next)
		tap_run(t);
	while (l->taps) {
		struct tap *t = l->taps;

		tap_free(&t);
	}
	while (l->list) {
		int fd = l->list->fd;

		loop_watch_end(&l->list->watch);
		conn_free(l->list);
		(void)close(fd);
	}
	sweep_end(l);
	while ((x = l->spare)) {
		l->spare = x->next;
		buf_free(&x->body);
		buf_free(&x->target);
		mem_free(x->fields);
		mem_free(x);
	}
}

void
http_free(struct http **ph)
{
	struct http *h = *ph;
	struct listener *s;

	if (!h)
		return;
	*ph = NULL;
	atomic_store(&h->closing, true);
	lane_each(h, end_ears);
	/* A connection that was handed on comes before this. */
	lane_each(h, end_lane);
	while ((s = h->listeners)) {
		h->listeners = s->next;
		listener_free(s);
	}
	pthread_mutex_destroy(&h->lock);
	mem_free(h->lanes);
	mem_free(h);
}

/* ---- counting ---- */

unsigned
http_busy(const struct http *h)
{
	unsigned n = 0;

	for (unsigned i = 0; i < h->nlanes; i++)
		n += atomic_load_explicit(
		    &h->lanes[i].busy, memory_order_relaxed);
	return n;
}

void
http_count(const struct http *h, struct http_counts *c)
{
	*c = (struct http_counts){ .open = atomic_load(&h->open) };
	for (unsigned i = 0; i < h->nlanes; i++) {
		c->accepted += atomic_load(&h->lanes[i].accepted);
		c->refused += atomic_load(&h->lanes[i].refused);
		c->requests += atomic_load(&h->lanes[i].requests);
	}
}

/* ---- a request ---- */

struct str
http_method(const struct http_exchange *x)
{
	return x->method;
}

struct str
http_target(const struct http_exchange *x)
{
	struct str ignored;

	return strict_path(buf_str(&x->target), &ignored);
}

struct str
http_host(const struct http_exchange *x)
{
	return x->host;
}

struct str
http_header(const struct http_exchange *x, const char *name)
{
	struct str want = str_of(name);

	for (size_t i = 0; i < x->nfields; i++)
		if (x->fields[i].name.n == want.n &&
		    str_ieq(x->fields[i].name, want))
			return x->fields[i].value;
	return (struct str){ NULL, 0 };
}

size_t
http_nheaders(const struct http_exchange *x)
{
	return x->nfields;
}

void
http_header_at(const struct http_exchange *x, size_t i, struct http_field *f)
{
	assert(i < x->nfields);
	*f = x->fields[i];
}

struct str
http_body(const struct http_exchange *x)
{
	return buf_str(&x->body);
}

uint64_t
http_body_length(const struct http_exchange *x)
{
	return x->length;
}

struct str
http_peer(const struct http_exchange *x)
{
	return str_of(x->peer);
}

bool
http_is_local(const struct http_exchange *x)
{
	return x->local;
}

bool
http_is_unix(const struct http_exchange *x)
{
	return x->is_unix;
}

bool
http_is_tls(const struct http_exchange *x)
{
	return x->is_tls;
}

struct loop *
http_loop(const struct http_exchange *x)
{
	return x->lane->loop;
}

uint64_t
http_start_ns(const struct http_exchange *x)
{
	return x->start_ns;
}

void
http_set_data(struct http_exchange *x, void *data)
{
	x->data = data;
}

void *
http_data(const struct http_exchange *x)
{
	return x->data;
}
