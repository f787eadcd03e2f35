/* SPDX-License-Identifier: Apache-2.0 */
/* One request: which app, which handler, and the run of its steps. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "os/os.h"
#include "serve/parts.h"

#define FREE_MAX 256u
#define BODY_KEPT (64u << 10) /* its memory, between requests */

/* ---- beginning and end ---- */

static struct ask *
ask_new(struct seat *seat, struct http_exchange *x)
{
	struct ask *a = seat->free;

	if (a) {
		seat->free = a->next;
		seat->nfree--;
	} else {
		a = mem_take(sizeof(*a));
	}
	a->magic = ASK_MAGIC;
	a->seat = seat;
	a->x = x;
	a->app = NULL;
	a->h = NULL;
	a->fn = STR("");
	a->tally = 0;
	a->head = a->later = false;
	a->course.r = NULL;
	a->course.flow = NULL;
	a->course.run = NULL;
	a->course.body = STR("");
	a->course.res.nsteps = 0;
	a->start_ns = http_start_ns(x);
	a->use = use_hold(seat);
	a->nid = id_take(seat, http_header(x, "x-request-id"), a->id);
	atomic_fetch_add_explicit(&seat->s->live, 1, memory_order_relaxed);
	return a;
}

static void
reap(void *arg)
{
	struct ask *a = arg;
	struct seat *seat = a->seat;

	assert(a->magic == ASK_MAGIC);
	a->magic = 0;
	if (a->course.flow)
		course_dispose(&a->course);
	request_free(&a->course.r);
	use_drop(seat, a->use);
	if (a->body.cap > BODY_KEPT)
		buf_free(&a->body);
	if (seat->nfree < FREE_MAX) {
		a->next = seat->free;
		seat->free = a;
		seat->nfree++;
	} else {
		buf_free(&a->body);
		mem_free(a);
	}
	atomic_fetch_sub_explicit(&seat->s->live, 1, memory_order_release);
}

void
ask_note(struct ask *a, int status, size_t bytes)
{
	uint64_t ns = os_now_ns() - a->start_ns;
	unsigned loop = a->seat->index;

	if (a->app)
		tally_note(&a->app->tallies[loop * a->app->ntallies + a->tally],
		    status, ns);
	else
		tally_note(&a->seat->none, status, ns);
	if (a->course.flow)
		fns_count(a->app, loop, &a->course.res);
	if (a->seat->s->opt.log != SERVE_LOG_NONE)
		log_access(a, status, bytes, ns);
}

/* Those that wait are in a list: who left is looked up there. */
static void
begin_waiting(struct ask *a)
{
	struct seat *seat = a->seat;

	a->later = true;
	a->next = seat->waiting;
	a->at = &seat->waiting;
	if (a->next)
		a->next->at = &a->next;
	seat->waiting = a;
	course_enter(a->app, a->h);
}

static void
end_waiting(struct ask *a)
{
	*a->at = a->next;
	if (a->next)
		a->next->at = a->at;
	course_leave(a->app, a->h);
}

void
ask_free(struct ask *a)
{
	if (a->later)
		loop_post(a->seat->loop, reap, a);
	else
		reap(a);
}

/* ---- which app ---- */

/* With several apps a path begins with whose it is; E2Core's forms have that in
 * their second part.  path and url become the app's own. */
static struct serve_app *
choose(const struct site *x, struct str *path, struct str *url)
{
	struct str rest = str_from(*path, path->n > 0), part;
	struct serve_app *a;
	bool more;

	if (x->n == 1)
		return x->apps[0];
	more = str_cut(&rest, '/', &part);
	a = site_find(x, part);
	/* A function's own address has the identifier in it, too. */
	if (a && !a->d->headless) {
		*url = str_from(*url, part.n + 1);
		*path = more ? str_from(*path, part.n + 1) : STR("/");
	}
	if (a)
		return a;
	if (str_is(part, "name") || str_is(part, "workflow")) {
		str_cut(&rest, '/', &part);
		return site_find(x, part);
	}
	for (size_t i = 0; str_is(part, "ref") && i < x->n; i++) {
		int status;

		if (directive_route_function(
			x->apps[i]->d, STR("POST"), *path, &status))
			return x->apps[i];
	}
	return NULL;
}

/* ---- running ---- */

static void
on_done(void *arg, int rc, const struct err *why)
{
	struct ask *a = arg;

	assert(a->magic == ASK_MAGIC);
	end_waiting(a);
	if (a->x) {
		answer_result(a, rc, why);
	} else {
		trail_end(&a->course, 499);
		ask_free(a);
	}
}

/* Functions may run on when the client has left, and what it sent with it. */
static struct str
keep_body(struct ask *a)
{
	struct str body = http_body(a->x);

	buf_clear(&a->body);
	a->body.max = SIZE_MAX / 2;
	buf_add(&a->body, body);
	return buf_str(&a->body);
}

static void
make_request(
    struct ask *a, struct str url, const struct pair *params, size_t nparams)
{
	size_t n = http_nheaders(a->x);
	struct request *r;
	struct http_field f;

	r = request_new_borrowed(http_method(a->x), url,
	    (struct str){ a->id, a->nid }, keep_body(a));
	for (size_t i = 0; i < n; i++) {
		http_header_at(a->x, i, &f);
		request_add_header(r, f.name, f.value);
	}
	for (size_t i = 0; i < nparams; i++)
		request_add_param(r, params[i].key, params[i].value);
	a->course.r = r;
}

static void
start(
    struct ask *a, const struct step *steps, size_t nsteps, struct str response)
{
	struct course *c = &a->course;
	const struct err *why = NULL;
	int rc;

	c->opt.now = true;
	c->flow = flow_start(a->app->app, a->app->host, c->r, steps, nsteps,
	    response, &c->opt, a->seat->loop, &c->res, on_done, a);
	if (flow_over(c->flow, &rc, &why))
		answer_result(a, rc, why);
	else
		begin_waiting(a);
}

static bool
is_traced(const struct ask *a)
{
	const struct trace *t = a->seat->s->opt.trace;
	uint64_t second = a->start_ns / UINT64_C(1000000000);

	if (!t || trace_exports(t))
		return t != NULL;
	if (a->seat->traced_s != second) {
		a->seat->traced_s = second;
		a->seat->ntraced = 0;
	}
	return a->seat->ntraced++ < TRACED_A_SECOND;
}

static void
trace_ask(struct ask *a, struct str flow, struct str name, struct str url,
    const struct pair *params, size_t nparams)
{
	struct trail_of t = { .kind = TRACE_REQUEST,
		.app = a->app,
		.loop = a->seat->loop,
		.flow = flow,
		.name = name,
		.method = http_method(a->x),
		.url = url,
		.peer = http_peer(a->x),
		.id = { a->id, a->nid },
		.traceparent = http_header(a->x, "traceparent"),
		.params = params,
		.nparams = nparams,
		.x = a->x };

	trail_begin(&a->course, &t);
}

static void
run_handler(
    struct ask *a, struct str url, const struct pair *params, size_t nparams)
{
	const struct handler *h = a->h;
	char place[16], name[1024];
	int n;

	course_options(&a->course, a->app, h);
	make_request(a, url, params, nparams);
	if (is_traced(a)) {
		n = snprintf(name, sizeof(name), STR_F " " STR_F,
		    STR_A(h->method), STR_A(h->resource));
		if (n > (int)sizeof(name) - 1)
			n = (int)sizeof(name) - 1;
		trace_ask(a, trail_place(place, 'h', a->tally),
		    (struct str){ name, (size_t)n }, url, params, nparams);
	}
	start(a, h->steps, h->nsteps, h->response);
}

static struct str
either(struct http_exchange *x, const char *name, const char *old)
{
	struct str v = http_header(x, name);

	return v.n > 0 ? v : http_header(x, old);
}

/* X-Suborbital-State and -Params came with Atmo 0.4; before it was X-Atmo-. */
static void
run_addressed(struct ask *a, struct str url, const struct function_info *f)
{
	int n = snprintf(a->address, sizeof(a->address), STR_F "::" STR_F,
	    STR_A(f->ns), STR_A(f->name));

	a->fn = (struct str){ a->address, (size_t)n };
	course_options(&a->course, a->app, NULL);
	make_request(a, url, NULL, 0);
	request_add_maps(a->course.r,
	    either(a->x, "x-suborbital-state", "x-atmo-state"),
	    either(a->x, "x-suborbital-params", "x-atmo-params"));
	a->call = (struct call){ .fn = a->fn, .key = a->fn };
	a->step = (struct step){ .calls = &a->call, .ncalls = 1 };
	if (is_traced(a))
		trace_ask(a, STR(""), a->fn, url, NULL, 0);
	start(a, &a->step, 1, a->fn);
}

/* ---- which handler ---- */

static bool
ends_in_slash(struct str s)
{
	return s.n > 1 && s.p[s.n - 1] == '/';
}

static bool
is_wild(const struct handler *h)
{
	return memchr(h->resource.p, '*', h->resource.n) != NULL;
}

/* A path that has a slash too many or too few leads to the one that fits. */
static bool
redirected(struct ask *a, struct str path)
{
	CLEANUP(buf_free) struct buf to = BUF(1u << 20);
	struct str query = http_target(a->x), head;
	struct http_answer out = { .status = 308 };
	struct fields f;
	bool asked;

	if (ends_in_slash(path) == ends_in_slash(a->h->resource) ||
	    is_wild(a->h))
		return false;
	asked = str_cut(&query, '?', &head);
	if (ends_in_slash(head))
		head.n--;
	/* "//other" would lead to another server. */
	while (head.n > 1 && head.p[1] == '/')
		head = str_from(head, 1);
	buf_add(&to, head);
	if (ends_in_slash(a->h->resource))
		buf_addc(&to, '/');
	if (asked)
		buf_addf(&to, "?" STR_F, STR_A(query));
	if (a->head || str_is(http_method(a->x), "GET"))
		out.status = 301;
	f.n = 0;
	fields_add(&f, STR("Location"), buf_str(&to));
	answer_send(a, &f, &out);
	return true;
}

static const struct handler *
find_handler(struct ask *a, struct str path, struct pair params[PARAMS_MAX],
    size_t *nparams, int *status, struct buf *allow)
{
	struct str method = http_method(a->x);
	const struct handler *h =
	    route_find(a->app, method, path, params, nparams, status, allow);

	/* What is there for GET is there for HEAD: RFC 9110, 9.3.2. */
	a->head = str_is(method, "HEAD");
	if (h || !a->head)
		return h;
	buf_clear(allow);
	return route_find(
	    a->app, STR("GET"), path, params, nparams, status, allow);
}

static void
not_found(struct ask *a, int status, struct buf *allow)
{
	bool options = str_is(http_method(a->x), "OPTIONS");
	size_t at;

	if (status != 405) {
		answer_status(a, 404, STR(""));
		return;
	}
	if (allow->n == 0)
		buf_add(allow, STR("POST"));
	if (str_find(buf_str(allow), STR("GET"), &at) &&
	    !str_find(buf_str(allow), STR("HEAD"), &at))
		buf_add(allow, STR(", HEAD"));
	if (!str_find(buf_str(allow), STR("OPTIONS"), &at))
		buf_add(allow, STR(", OPTIONS"));
	answer_status(a, options ? 200 : 405, buf_str(allow));
}

/* 0: as much as http takes, which is what the one takes that takes most. */
static uint64_t
body_most(const struct serve_app *a, const struct handler *h)
{
	if (!a->bodies)
		return 0;
	if (h && h->limits.v[LIMIT_BODY_BYTES])
		return h->limits.v[LIMIT_BODY_BYTES];
	if (a->d->limits.v[LIMIT_BODY_BYTES])
		return a->d->limits.v[LIMIT_BODY_BYTES];
	return USUAL_BODY;
}

static bool
is_too_large(const struct ask *a)
{
	uint64_t most = body_most(a->app, a->h);

	return most > 0 && http_body(a->x).n > most;
}

static void
route(struct ask *a, struct str path, struct str url)
{
	CLEANUP(buf_free) struct buf allow = BUF(400);
	struct pair params[PARAMS_MAX];
	const struct function_info *f = NULL;
	size_t nparams = 0;
	int status = 404, other = 404;

	a->tally = a->app->ntallies - 1;
	a->h = find_handler(a, path, params, &nparams, &status, &allow);
	/* A pattern does not hide what the server has itself. */
	if (meta_is(path) && (!a->h || !str_eq(a->h->resource, path))) {
		a->h = NULL;
		if (meta_answer(a, path))
			return;
	}
	if (!a->h)
		f = directive_route_function(
		    a->app->d, http_method(a->x), path, &other);
	if (!a->h && !f) {
		if (!static_answer(a, path))
			not_found(a, other == 405 ? other : status, &allow);
		return;
	}
	a->tally =
	    a->h ? (size_t)(a->h - a->app->d->handlers) : a->app->d->nhandlers;
	if (a->h && redirected(a, path))
		return;
	if (is_too_large(a)) {
		answer_status(a, 413, STR(""));
	} else if (!course_fits(a->app, a->h)) {
		atomic_fetch_add(&a->seat->s->overloads, 1);
		answer_status(a, 503, STR(""));
	} else if (a->h) {
		run_handler(a, url, params, nparams);
	} else {
		run_addressed(a, url, f);
	}
}

void
ask_request(void *serve, struct http_exchange *x)
{
	struct serve *s = serve;
	struct str url = http_target(x), query = url, path;
	struct ask *a;

	if (s->opt.hook && s->opt.hook(s->opt.arg, x))
		return;
	a = ask_new(seat_of(s, http_loop(x)), x);
	str_cut(&query, '?', &path);
	if (str_is(path, "*")) {
		answer_status(a, 200,
		    STR("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
		return;
	}
	if (a->use)
		a->app = choose(a->use->site, &path, &url);
	if (a->app && a->app->streams && talk_begin(a, path, url))
		return;
	if (a->app)
		route(a, path, url);
	else if (!meta_answer(a, path))
		answer_status(a, a->use ? 404 : 503, STR(""));
}

/* ---- others that http tells of ---- */

/* A body that is too large for its handler need not be read. */
void
ask_header(void *serve, struct http_exchange *x)
{
	struct serve *s = serve;
	struct seat *seat = seat_of(s, http_loop(x));
	struct str url, query = http_target(x), path;
	struct pair params[PARAMS_MAX];
	uint64_t length = http_body_length(x), most;
	const struct handler *h;
	const struct serve_app *app;
	size_t nparams;
	int status;

	if (length == 0 || length == UINT64_MAX || !seat->now)
		return;
	url = query;
	str_cut(&query, '?', &path);
	app = choose(seat->now->site, &path, &url);
	if (!app || !app->bodies)
		return;
	h = route_find(
	    app, http_method(x), path, params, &nparams, &status, NULL);
	most = body_most(app, h);
	if (most > 0 && length > most)
		answer_status(ask_new(seat, x), 413, STR(""));
}

void
ask_gone(void *serve, struct http_exchange *x)
{
	struct serve *s = serve;
	struct ask *a = seat_of(s, http_loop(x))->waiting;

	while (a && a->x != x)
		a = a->next;
	if (!a) {
		if (s->opt.hook_gone)
			s->opt.hook_gone(s->opt.arg, x);
		return;
	}
	assert(a->magic == ASK_MAGIC);
	tally_add(&s->lost, 1);
	ask_note(a, 499, 0);
	a->x = NULL;
	if (!flow_cancel(a->course.flow))
		return;
	end_waiting(a);
	trail_end(&a->course, 499);
	ask_free(a);
}

void
ask_refused(void *serve, struct str peer, struct str method, struct str target,
    int status)
{
	log_refused(serve, peer, method, target, status);
}
