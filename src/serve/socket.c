/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Websockets of `stream` handlers.  Each message is a run of the handler that
 * the app has now; those of one connection are answered in order, one at a
 * time.
 */
#include <assert.h>
#include <string.h>

#include "serve/parts.h"
#include "tree/tree.h"

#define QUEUE_MAX 64u
#define QUEUE_BYTES (4u << 20)
#define GOING_AWAY 1001 /* RFC 6455, 7.4.1 */
#define TRY_LATER 1013	/* registered by IANA */
#define MAGIC 0x74616c6bu

struct message {
	struct message *next;
	struct buf text;
};

struct talk {
	uint32_t magic;
	struct talk *next, **at; /* in its seat's list */
	struct seat *seat;
	struct http_socket *socket;
	struct str app, path, url, peer;
	struct arena *arena;
	struct message *first, **last;
	size_t n, bytes;
	struct job *job; /* the message under way */
};

static void next_message(struct talk *t);

/* ---- answers ---- */

static void
send_error(struct talk *t, int code, struct str message)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf text = BUF(1u << 20);
	struct tree *m = tree_map(a);

	tree_put_int(a, m, "code", code);
	tree_put_text(a, m, "message", message);
	tree_print_json(&text, m, 0);
	(void)http_send(t->socket, true, buf_str(&text));
}

static void
answer(struct talk *t, const struct job *j, int rc)
{
	const struct flow_result *res = &j->course.res;
	struct str body = buf_str(&res->body);
	size_t at;

	if (rc == 0 && !res->failed) {
		(void)http_send(t->socket, str_utf8(body, &at), body);
	} else if (rc == 0 && res->returned) {
		send_error(t, res->code, res->message);
	} else if (rc == 0 && res->timed_out) {
		send_error(t, 504, STR("a function took too long"));
	} else if (rc == 0 && res->no_room) {
		send_error(t, 503, STR("too many requests at once"));
	} else {
		send_error(t, 500,
		    rc == 0 && res->error.kind == ERR_LIMIT
			? STR("a function passed a limit")
			: STR("a function failed"));
	}
}

static void
on_over(void *arg, struct job *j, int rc, const struct err *why)
{
	struct talk *t = arg;

	(void)why;
	assert(t->magic == MAGIC);
	t->job = NULL;
	answer(t, j, rc);
	next_message(t);
}

/* ---- messages ---- */

/* As the app is now; NULL: it has no such handler any more. */
static const struct handler *
find(const struct talk *t, struct serve_app **app)
{
	const struct site *x = t->seat->now->site;

	*app = x->n == 1 ? x->apps[0] : site_find(x, t->app);
	if (!*app)
		return NULL;
	return directive_stream((*app)->d, STR("server"), t->path);
}

static void
run(struct talk *t, struct serve_app *a, const struct handler *h,
    struct str body)
{
	struct job *j = job_new(t->seat, a, h);
	struct course *c = &j->course;
	char place[16];

	j->name = h->resource;
	j->done = on_over;
	j->arg = t;
	c->r = request_new(
	    STR("GET"), t->url, (struct str){ j->id, j->nid }, body);
	if (a->s->opt.trace)
		trail_begin(c,
		    &(struct trail_of){ .kind = TRACE_MESSAGE,
			.app = a,
			.loop = t->seat->loop,
			.flow = trail_place(
			    place, 'h', (size_t)(h - a->d->handlers)),
			.name = h->resource,
			.method = STR("GET"),
			.url = t->url,
			.peer = t->peer,
			.id = { j->id, j->nid } });
	t->job = j;
	course_start(j, h->steps, h->nsteps, h->response);
}

static void
next_message(struct talk *t)
{
	const struct handler *h;
	struct serve_app *app;

	while (t->first && !t->job) {
		struct message *m = t->first;

		h = find(t, &app);
		t->first = m->next;
		if (!t->first)
			t->last = &t->first;
		t->n--;
		t->bytes -= m->text.n;
		if (!h) {
			http_socket_close(t->socket, GOING_AWAY);
		} else if (!course_fits(app, h)) {
			atomic_fetch_add(&t->seat->s->overloads, 1);
			send_error(t, 503, STR("too many requests at once"));
		} else {
			run(t, app, h, buf_str(&m->text));
		}
		buf_free(&m->text);
		mem_free(m);
	}
}

static void
on_message(void *arg, struct http_socket *socket, bool text, struct str data)
{
	struct talk *t = arg;
	struct message *m;

	(void)text;
	assert(t->magic == MAGIC);
	if (t->n >= QUEUE_MAX || t->bytes + data.n > QUEUE_BYTES + t->n) {
		http_socket_close(socket, TRY_LATER);
		return;
	}
	m = mem_take(sizeof(*m));
	m->text.max = SIZE_MAX / 2;
	buf_add(&m->text, data);
	*t->last = m;
	t->last = &m->next;
	t->n++;
	t->bytes += data.n;
	next_message(t);
}

/* ---- connections ---- */

static void
on_opened(void *arg, struct http_socket *socket)
{
	struct talk *t = arg;

	t->socket = socket;
	if (atomic_load(&t->seat->s->ending))
		http_socket_close(socket, GOING_AWAY);
}

static void
talk_free(struct talk *t)
{
	*t->at = t->next;
	if (t->next)
		t->next->at = t->at;
	while (t->first) {
		struct message *m = t->first;

		t->first = m->next;
		buf_free(&m->text);
		mem_free(m);
	}
	t->magic = 0;
	arena_free(&t->arena);
	mem_free(t);
}

static void
on_closed(void *arg, struct http_socket *socket)
{
	struct talk *t = arg;

	(void)socket;
	assert(t->magic == MAGIC);
	if (t->job) {
		t->job->done = NULL;
		job_cancel(t->job);
	}
	talk_free(t);
}

static struct talk *
talk_new(struct ask *a, struct str path, struct str url)
{
	struct talk *t = mem_take(sizeof(*t));
	struct seat *seat = a->seat;

	t->magic = MAGIC;
	t->seat = seat;
	t->arena = arena_new();
	t->app = arena_copy(t->arena, a->app->d->identifier);
	t->path = arena_copy(t->arena, path);
	t->url = arena_copy(t->arena, url);
	t->peer = arena_copy(t->arena, http_peer(a->x));
	t->last = &t->first;
	t->next = seat->talks;
	t->at = &seat->talks;
	if (t->next)
		t->next->at = &t->next;
	seat->talks = t;
	return t;
}

bool
talk_begin(struct ask *a, struct str path, struct str url)
{
	const struct handler *h =
	    directive_stream(a->app->d, STR("server"), path);
	struct http_socket_calls calls = {
		.message = on_message, .closed = on_closed, .opened = on_opened
	};
	struct http_exchange *x = a->x;
	struct talk *t;
	bool upgrade = http_is_upgrade(x);
	size_t nparams;
	struct pair params[PARAMS_MAX];
	int status;

	if (!h || h->nsteps == 0)
		return false;
	/* An address may have a handler for requests, too. */
	if (!upgrade &&
	    route_find(
		a->app, http_method(x), path, params, &nparams, &status, NULL))
		return false;
	a->h = h;
	a->tally = (size_t)(h - a->app->d->handlers);
	t = talk_new(a, path, url);
	calls.arg = t;
	ask_note(a, upgrade ? 101 : 426, 0);
	if (http_upgrade(x, &calls) < 0)
		talk_free(t);
	ask_free(a);
	return true;
}

void
talks_close(struct seat *seat)
{
	struct talk *t, *next;

	for (t = seat->talks; t; t = next) {
		next = t->next;
		if (t->socket)
			http_socket_close(t->socket, GOING_AWAY);
	}
}
