/* SPDX-License-Identifier: Apache-2.0 */
/* Questions whose answer comes later. */
#include <assert.h>

#include "host/wait.h"

struct waiting *
wait_new(struct host_call *c, const struct abi_ask *q, struct buf *out)
{
	struct waiting *w = mem_take(sizeof(*w));

	w->magic = WAITING_MAGIC;
	w->call = c;
	w->what = q->what;
	w->done = q->done;
	w->done_arg = q->done_arg;
	w->out = out;
	w->arena = arena_new();
	return w;
}

int
wait_begin(struct waiting *w)
{
	assert(!w->call->waiting && w->done);
	w->started = true;
	w->call->waiting = w;
	return ABI_LATER;
}

/* A canned answer is brought by the clock alone, so time may pass. */
static void
end_timer(struct waiting *w)
{
	if (!w->timer)
		return;
	loop_timer_end(&w->timer);
	if (w->call->clock)
		clock_busy(w->call->clock);
}

static void
wait_free(struct waiting *w)
{
	end_timer(w);
	fetch_end(&w->fetch);
	store_end(&w->op);
	w->call->waiting = NULL;
	arena_free(&w->arena);
	w->magic = 0;
	mem_free(w);
}

int
wait_end(struct waiting *w, int rc)
{
	void (*done)(void *, int) = w->started ? w->done : NULL;
	void *arg = w->done_arg;

	if (buf_over(w->out))
		rc = answer_refuse(w->out, "the answer is too large");
	wait_free(w);
	if (done)
		done(arg, rc);
	return rc;
}

void
wait_stored(void *arg, int rc, const struct err *why)
{
	struct waiting *w = arg;

	assert(w->magic == WAITING_MAGIC);
	if (rc == 0)
		(void)wait_end(w, ABI_ANSWERED);
	else
		(void)wait_end(w,
		    answer_refuse(w->out,
			why->kind == ERR_MISSING ? "key not found"
						 : why->text));
}

void
host_cancel(void *call)
{
	struct host_call *c = call;

	assert(c->magic == HOST_CALL_MAGIC);
	if (c->waiting)
		wait_free(c->waiting);
}
