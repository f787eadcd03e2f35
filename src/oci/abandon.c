/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uploads that nobody goes on with: a registry keeps what it has of them for
 * days, unless it is told (OCI distribution 1.1, "Canceling a blob upload").
 * Who presses Ctrl-C does not wait for long.
 */
#include <string.h>

#include "oci/job.h"
#include "os/os.h"

#define MOST_SESSIONS 64u
#define NS_IN_S UINT64_C(1000000000)
#define PATIENCE_S 2u

struct sweep {
	struct oci *o;
	size_t left;
	bool late;
};

void
abandon_later(struct job *j)
{
	struct oci_repo *r = j->repo;

	if (j->location.n > 0 && r->nsessions < MOST_SESSIONS) {
		r->sessions = arena_grow(r->arena, r->sessions, r->nsessions,
		    &r->cap_sessions, sizeof(*r->sessions));
		r->sessions[r->nsessions++] = arena_copy(r->arena, j->location);
	}
	j->location = STR("");
}

static void
on_late(void *arg)
{
	struct sweep *s = arg;

	s->late = true;
	loop_stop(s->o->loop);
}

/* Whatever it says: one that is gone is what is wanted, and nobody asks twice.
 */
static void
on_gone(void *arg, const struct fetch_reply *r, struct str url,
    const struct err *why)
{
	struct sweep *s = arg;

	(void)r, (void)url, (void)why;
	if (--s->left == 0)
		loop_stop(s->o->loop);
}

static void
turn(struct sweep *s)
{
	struct err ignored = ERR;

	if (loop_run(s->o->loop, &ignored) < 0)
		s->late = true;
}

static void
sweep(struct sweep *s, struct oci_repo *r)
{
	struct ask *asks[MOST_SESSIONS] = { NULL };
	uint64_t until = os_now_ns() + PATIENCE_S * NS_IN_S;

	s->left = r->nsessions;
	for (size_t i = 0; i < r->nsessions; i++) {
		const struct ask_request q = { .method = "DELETE",
			.url = r->sessions[i],
			.scope = scope_of(r),
			.deadline_ns = until,
			.once = true,
			.arg = s,
			.done = on_gone };

		asks[i] = ask_start(s->o, r->site, &q);
	}
	while (s->left > 0 && !s->late)
		turn(s);
	for (size_t i = 0; i < r->nsessions; i++)
		ask_end(&asks[i]);
	r->nsessions = 0;
}

void
abandon(struct oci_repo *r, bool (*more)(const void *arg), const void *arg)
{
	struct sweep s = { .o = r->o };
	struct loop_timer *timer;
	int sig = os_interrupted();

	if (r->nsessions == 0 && !more(arg))
		return;
	/* One signal more ends this too. */
	os_interrupt(0);
	timer = loop_timer_start(
	    r->o->loop, NULL, PATIENCE_S * NS_IN_S, on_late, &s);
	while (more(arg) && !s.late)
		turn(&s);
	if (!s.late)
		sweep(&s, r);
	loop_timer_end(&timer);
	if (sig != 0)
		os_interrupt(sig);
}
