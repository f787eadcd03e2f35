/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call: hops, each of which is judged, looked up, judged again by address,
 * and made to the first address that can be reached.
 */
#include <string.h>

#include "fetch/call.h"
#include "os/os.h"

#define NS_PER_MS UINT64_C(1000000)
#define BODY_BYTES (8u << 20)
#define HEADER_BYTES (64u << 10)
#define CONNECT_MS 10000u
#define TOTAL_MS 30000u
#define METHOD_MAX 32u
#define LEAST_CONNECT_MS 250u

struct fetch_call {
	struct loop *loop;
	struct arena *arena;
	struct fetch_request r; /* copies */
	void (*done)(
	    void *arg, const struct fetch_answer *a, const struct err *why);
	void *arg;
	unsigned hop;
	struct fetch_url url;
	struct asking *asking;
	struct loop_address *addresses;
	size_t naddresses, next;
	const struct fetch_header *headers; /* for this hop */
	size_t nheaders;
	struct transfer transfer;
	struct loop_timer *total, *soon;
	struct err why; /* for soon */
	bool told;
};

/* ---- the end ---- */

static void
stop(struct fetch_call *c)
{
	names_end(&c->asking);
	transfer_end(&c->transfer);
	loop_timer_end(&c->total);
	loop_timer_end(&c->soon);
}

static void
fail(struct fetch_call *c, const struct err *why)
{
	struct err e = *why;

	stop(c);
	c->told = true;
	c->done(c->arg, NULL, &e);
}

static void
on_soon(void *arg)
{
	struct fetch_call *c = arg;

	fail(c, &c->why);
}

/* Never from within fetch_start. */
static void
fail_soon(struct fetch_call *c)
{
	c->soon = loop_timer_start(c->loop, NULL, 0, on_soon, c);
}

static void
on_total(void *arg)
{
	struct fetch_call *c = arg;
	struct err e = ERR;

	(void)err_set(&e, ERR_LIMIT, STR_F ":%u: no whole answer within %u ms",
	    STR_A(c->url.host), c->url.port, c->r.total_ms);
	fail(c, &e);
}

static void
succeed(struct fetch_call *c)
{
	struct transfer *t = &c->transfer;
	struct fetch_answer a = { .status = t->status,
		.headers = t->got,
		.nheaders = t->ngot,
		.body = buf_str(&t->answer),
		.url = c->url.text };

	stop(c);
	c->told = true;
	c->done(c->arg, &a, NULL);
}

/* ---- one hop ---- */

static void on_done(struct transfer *t, bool unreached, const struct err *why);
static int begin_hop(struct fetch_call *c, struct str url, struct err *e);

static void
fill_headers(struct fetch_call *c)
{
	CLEANUP(buf_free) struct buf auth = BUF(64u << 10);
	const struct fetch_policy *p = c->r.policy;
	struct fetch_header *h;
	bool given;

	given = p && p->authorize && p->authorize(p->arg, &c->url, &auth);
	h = arena_take(c->arena, (c->r.nheaders + 1) * sizeof(*h));
	c->headers = h;
	c->nheaders = 0;
	for (size_t i = 0; i < c->r.nheaders; i++) {
		struct str name = c->r.headers[i].name;

		if ((given && str_ieq(name, STR("authorization"))) ||
		    (!c->r.has_body && header_is_of_body(name)))
			continue;
		h[c->nheaders++] = c->r.headers[i];
	}
	if (given)
		h[c->nheaders++] = (struct fetch_header){ STR("Authorization"),
			arena_copy(c->arena, buf_str(&auth)) };
}

static void
clear_transfer(struct fetch_call *c)
{
	struct transfer *t = &c->transfer;

	transfer_end(t);
	buf_free(&t->answer);
	arena_free(&t->arena);
	*t = (struct transfer){ .answer = BUF(c->r.body_bytes) };
}

/* One address that swallows everything must not take the time of all. */
static uint32_t
connect_ms(const struct fetch_call *c)
{
	uint32_t each = c->r.connect_ms / (uint32_t)c->naddresses;

	if (c->naddresses == 1 || each >= LEAST_CONNECT_MS)
		return each;
	return c->r.connect_ms < LEAST_CONNECT_MS ? c->r.connect_ms
						  : LEAST_CONNECT_MS;
}

/* To the next address that may be tried. */
static int
try_next(struct fetch_call *c, struct err *e)
{
	struct transfer *t = &c->transfer;

	clear_transfer(c);
	t->texts = c->arena;
	t->method = c->r.method;
	t->url = &c->url;
	t->address = c->addresses[c->next++];
	t->body = c->r.body;
	t->has_body = c->r.has_body;
	t->ca_file = c->r.ca_file;
	t->unix_path = c->r.unix_path;
	t->connect_ms = connect_ms(c);
	t->header_bytes = c->r.header_bytes;
	t->done = on_done;
	t->headers = c->headers;
	t->nheaders = c->nheaders;
	return transfer_start(t, c->loop, e);
}

/* Those the policy lets us connect to. */
static int
judge(
    struct fetch_call *c, const struct loop_address *a, size_t n, struct err *e)
{
	const struct fetch_policy *p = c->r.policy;

	c->addresses = arena_take(c->arena, (n + 1) * sizeof(*a));
	c->naddresses = c->next = 0;
	for (size_t i = 0; i < n; i++) {
		const struct sockaddr *sa = (const struct sockaddr *)&a[i].sa;

		if (p && p->address && p->address(p->arg, &c->url, sa, e) < 0)
			continue;
		c->addresses[c->naddresses++] = a[i];
	}
	return c->naddresses > 0 ? 0 : -1;
}

static void
on_names(void *arg, const struct loop_address *a, size_t n, const char *why)
{
	struct fetch_call *c = arg;
	struct err e = ERR;

	if (n == 0)
		(void)err_set(&e, ERR_REMOTE,
		    "cannot find host '" STR_F "': %s", STR_A(c->url.host),
		    why);
	if (n == 0 || judge(c, a, n, &e) < 0) {
		fail(c, &e);
		return;
	}
	e.kind = ERR_NONE;
	names_end(&c->asking);
	fill_headers(c);
	if (try_next(c, &e) < 0)
		fail(c, &e);
}

static int
begin_hop(struct fetch_call *c, struct str url, struct err *e)
{
	const struct fetch_policy *p = c->r.policy;

	if (fetch_url_parse(&c->url, c->arena, url, e) < 0)
		return -1;
	if (p && p->url && p->url(p->arg, &c->url, c->hop, e) < 0)
		return -1;
	c->asking = names_ask(names_of(c->loop), c->url.host, on_names, c);
	return 0;
}

/* ---- from hop to hop ---- */

static bool
location(const struct transfer *t, struct str *out)
{
	for (size_t i = 0; i < t->ngot; i++)
		if (str_ieq(t->got[i].name, STR("location"))) {
			*out = t->got[i].value;
			return true;
		}
	return false;
}

static int
follow(struct fetch_call *c, struct str to, struct err *e)
{
	struct fetch_redirect by = { .status = c->transfer.status,
		.location = to,
		.hop = c->hop++,
		.max = c->r.redirects };

	c->r.url = c->url.text;
	if (fetch_follow(&c->r, c->arena, &by, e) < 0)
		return -1;
	return begin_hop(c, c->r.url, e);
}

static void
on_done(struct transfer *t, bool unreached, const struct err *why)
{
	struct fetch_call *c = (struct fetch_call *)(void *)((char *)t -
	    offsetof(struct fetch_call, transfer));
	struct err e = *why;
	struct str to;

	if (why->kind != ERR_NONE) {
		if (unreached && c->next < c->naddresses &&
		    try_next(c, &e) == 0)
			return;
		fail(c, &e);
		return;
	}
	if (c->r.redirects == 0 || !fetch_leads_on(t->status) ||
	    !location(t, &to)) {
		succeed(c);
		return;
	}
	if (follow(c, to, &e) < 0)
		fail(c, &e);
}

/* ---- beginning ---- */

static void
copy_request(struct fetch_call *c, const struct fetch_request *r)
{
	struct fetch_header *h;

	c->r = *r;
	c->r.method = arena_copy(c->arena, r->method);
	c->r.body = arena_copy(c->arena, r->body);
	h = arena_take(c->arena, (r->nheaders + 1) * sizeof(*h));
	for (size_t i = 0; i < r->nheaders; i++)
		h[i] = (struct fetch_header){ arena_copy(
						  c->arena, r->headers[i].name),
			arena_copy(c->arena, r->headers[i].value) };
	c->r.headers = h;
	if (r->ca_file)
		c->r.ca_file = arena_cstr(c->arena, str_of(r->ca_file));
	if (r->unix_path)
		c->r.unix_path = arena_cstr(c->arena, str_of(r->unix_path));
	if (c->r.body_bytes == 0)
		c->r.body_bytes = BODY_BYTES;
	if (c->r.header_bytes == 0)
		c->r.header_bytes = HEADER_BYTES;
	if (c->r.connect_ms == 0)
		c->r.connect_ms = CONNECT_MS;
	if (c->r.total_ms == 0)
		c->r.total_ms = TOTAL_MS;
	if (c->r.redirects == 0)
		c->r.redirects = FETCH_REDIRECTS;
	else if (c->r.redirects == FETCH_NO_REDIRECT)
		c->r.redirects = 0;
}

static int
check_method(struct str m, struct err *e)
{
	/* CONNECT would ask for a tunnel. */
	if (m.n <= METHOD_MAX && header_is_token(m) && !str_is(m, "CONNECT"))
		return 0;
	return err_set(
	    e, ERR_INPUT, "not a method: it is a word such as GET or POST");
}

struct fetch_call *
fetch_start(struct loop *l, const struct fetch_request *r,
    void (*done)(
	void *arg, const struct fetch_answer *a, const struct err *why),
    void *arg)
{
	struct fetch_call *c = mem_take(sizeof(*c));

	c->loop = l;
	c->arena = arena_new();
	c->done = done;
	c->arg = arg;
	copy_request(c, r);
	c->transfer.answer = (struct buf)BUF(c->r.body_bytes);
	c->total =
	    loop_timer_start(l, NULL, c->r.total_ms * NS_PER_MS, on_total, c);
	if (check_method(c->r.method, &c->why) < 0 ||
	    begin_hop(c, r->url, &c->why) < 0)
		fail_soon(c);
	return c;
}

void
fetch_end(struct fetch_call **pc)
{
	struct fetch_call *c = *pc;

	if (!c)
		return;
	*pc = NULL;
	stop(c);
	clear_transfer(c);
	buf_free(&c->transfer.answer);
	arena_free(&c->arena);
	mem_free(c);
}
