/* SPDX-License-Identifier: Apache-2.0 */
/* One ask, waited for, with an answer that outlives it. */
#include "oci/parts.h"

struct waited {
	struct oci *o;
	struct answer *out;
	struct arena *arena;
	struct err *e;
	bool over, ok;
};

static void
on_waited(void *arg, const struct fetch_reply *r, struct str url,
    const struct err *why)
{
	struct waited *w = arg;
	struct fetch_header *h;

	w->over = true;
	loop_stop(w->o->loop);
	if (!r) {
		*w->e = *why;
		return;
	}
	w->ok = true;
	h = arena_take(w->arena, (r->nheaders + 1) * sizeof(*h));
	for (size_t i = 0; i < r->nheaders; i++) {
		h[i].name = arena_copy(w->arena, r->headers[i].name);
		h[i].value = arena_copy(w->arena, r->headers[i].value);
	}
	*w->out = (struct answer){ .r = *r };
	w->out->r.headers = h;
	w->out->r.body = arena_copy(w->arena, r->body);
	w->out->url = arena_copy(w->arena, url);
}

int
ask_wait(struct answer *out, struct arena *arena, struct oci *o, struct site *s,
    struct ask_request *r, struct err *e)
{
	struct waited w = { .o = o, .out = out, .arena = arena, .e = e };
	struct ask *a;
	int rc;

	r->arg = &w;
	r->done = on_waited;
	a = ask_start(o, s, r);
	rc = wait_for(o, &w.over, e);
	ask_end(&a);
	return rc < 0 || !w.ok ? -1 : 0;
}
