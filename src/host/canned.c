/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers in the outside's place.  Like real ones they may come late, and lead
 * elsewhere: what they lead to is judged, and asked for in the same way.
 */
#include <assert.h>

#include "host/wait.h"
#include "os/os.h"

static bool
find_location(const struct outbound_answer *a, struct str *out)
{
	for (size_t i = 0; i < a->nheaders; i++)
		if (str_ieq(a->headers[i].key, STR("location"))) {
			*out = a->headers[i].value;
			return true;
		}
	return false;
}

/* The question at its next address. */
static int
follow(struct waiting *w, struct str location, struct err *e)
{
	struct outbound *o = &w->asked;
	struct fetch_header *h =
	    arena_take(w->arena, (o->nheaders + 1) * sizeof(*h));
	struct fetch_request r = { .method = o->method,
		.url = o->url,
		.headers = h,
		.nheaders = o->nheaders,
		.body = o->body,
		.has_body = o->body.n > 0 };
	struct fetch_redirect by = { w->canned.status, location, w->hop++,
		FETCH_REDIRECTS };
	struct fetch_url u;
	struct pair *left;

	for (size_t i = 0; i < o->nheaders; i++)
		h[i] = (struct fetch_header){ o->headers[i].key,
			o->headers[i].value };
	if (fetch_follow(&r, w->arena, &by, e) < 0 ||
	    fetch_url_parse(&u, w->arena, r.url, e) < 0 ||
	    outbound_judge(w, &u, w->hop, e) < 0)
		return -1;
	left = arena_take(w->arena, (r.nheaders + 1) * sizeof(*left));
	for (size_t i = 0; i < r.nheaders; i++)
		left[i] = (struct pair){ .key = r.headers[i].name,
			.value = r.headers[i].value };
	*o = (struct outbound){ .what = o->what,
		.method = r.method,
		.url = r.url,
		.headers = left,
		.nheaders = r.nheaders,
		.body = r.body };
	return 0;
}

/* The answer is there.  True: it is the guest's, and w is spent. */
static bool
arrive(struct waiting *w, int *rc)
{
	const struct outbound_answer *a = &w->canned;
	struct err e = ERR;
	struct str to;

	if (w->what == ABI_DB || !fetch_leads_on(a->status) ||
	    !find_location(a, &to)) {
		*rc = wait_end(w, w->read(a->status, a->body, w->out));
		return true;
	}
	if (follow(w, to, &e) == 0)
		return false;
	*rc = outbound_fail(w, &e);
	return true;
}

static int ask(struct waiting *w, int *rc);

static void
on_timer(void *arg)
{
	struct waiting *w = arg;
	int rc;

	assert(w->magic == WAITING_MAGIC);
	wait_timer_end(w);
	if (!arrive(w, &rc))
		(void)ask(w, &rc);
}

/* As outbound_hook, for w->asked. */
static int
ask(struct waiting *w, int *rc)
{
	struct host_call *c = w->call;
	const struct host_hooks *k = &c->host->hooks;
	int said = 0;

	do {
		if (k->outbound)
			said = k->outbound(k->arg, c, &w->asked, &w->canned);
		if (said == 0 && w->hop == 0) {
			w->start_ns = os_now_ns();
			return 0;
		}
		if (said <= 0) {
			*rc = wait_end(
			    w, answer_refuse(w->out, "outbound call refused"));
			return -1;
		}
		if (w->canned.delay_ns > 0 && c->loop) {
			*rc = w->started ? ABI_LATER : wait_begin(w);
			w->timer = loop_timer_start(
			    c->loop, c->clock, w->canned.delay_ns, on_timer, w);
			if (c->clock)
				clock_idle(c->clock);
			return 1;
		}
	} while (!arrive(w, rc));
	return 1;
}

int
outbound_hook(struct waiting *w, const struct outbound *o, int *rc)
{
	w->asked = *o;
	return ask(w, rc);
}
