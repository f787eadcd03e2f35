/* SPDX-License-Identifier: Apache-2.0 */
/* Names: who asks for one that is being asked for already waits with them. */
#include <string.h>

#include "loop/parts.h"

#define HOST_MAX_BYTES 255u

struct names {
	struct lookup *first;
};

struct lookup {
	struct names *names; /* NULL: nobody can join it any more */
	struct loop_ask *ask;
	struct loop_resolve *asked;
	struct lookup *next;
	char host[HOST_MAX_BYTES + 1];
};

struct loop_resolve {
	struct lookup *lookup; /* NULL once it is answered */
	void (*done)(
	    void *arg, const struct loop_address *a, size_t n, const char *why);
	void *arg;
	struct loop_resolve *next;
};

static void
leave(struct lookup *x)
{
	struct lookup **at;

	if (!x->names)
		return;
	at = &x->names->first;
	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	x->names = NULL;
}

static void *
make(struct loop *l, void *arg)
{
	(void)l;
	(void)arg;
	return mem_take(sizeof(struct names));
}

static void
end(void *made)
{
	struct names *n = made;

	while (n->first)
		leave(n->first);
	mem_free(n);
}

static void
on_answer(void *arg, const struct loop_address *a, size_t n, const char *why)
{
	struct lookup *x = arg;

	leave(x);
	while (x->asked) {
		struct loop_resolve *r = x->asked;

		x->asked = r->next;
		r->lookup = NULL;
		r->done(r->arg, a, n, why);
	}
	mem_free(x);
}

/* What cannot even be asked is answered later, as all else is. */
static void
on_refused(void *arg)
{
	on_answer(arg, NULL, 0, "it is not a host's name");
}

static void
ask(struct lookup *x, struct loop *l, struct str host)
{
	if (host.n > 0 && host.n <= HOST_MAX_BYTES &&
	    !memchr(host.p, 0, host.n)) {
		memcpy(x->host, host.p, host.n);
		x->ask = loop_ask_start(l, x->host, on_answer, x);
	}
	if (!x->ask)
		loop_post(l, on_refused, x);
}

static struct lookup *
look_up(struct loop *l, struct str host)
{
	static const char key[1];
	struct names *n = loop_local(l, key, make, end, NULL);
	struct lookup *x;

	for (x = n->first; x; x = x->next)
		if (str_is(host, x->host))
			return x;
	x = mem_take(sizeof(*x));
	x->names = n;
	x->next = n->first;
	n->first = x;
	ask(x, l, host);
	return x;
}

struct loop_resolve *
loop_resolve_start(struct loop *l, struct str host,
    void (*done)(
	void *arg, const struct loop_address *a, size_t n, const char *why),
    void *arg)
{
	struct loop_resolve *r = mem_take(sizeof(*r)), **at;

	r->lookup = look_up(l, host);
	r->done = done;
	r->arg = arg;
	at = &r->lookup->asked;
	while (*at)
		at = &(*at)->next;
	*at = r;
	return r;
}

void
loop_resolve_end(struct loop_resolve **pr)
{
	struct loop_resolve *r = *pr, **at;
	struct lookup *x;

	if (!r)
		return;
	*pr = NULL;
	x = r->lookup;
	if (x) {
		at = &x->asked;
		while (*at != r)
			at = &(*at)->next;
		*at = r->next;
		/* Nobody waits for it: those that are waited for go first. */
		if (!x->asked && x->ask && loop_ask_cancel(x->ask))
			leave(x);
	}
	mem_free(r);
}
