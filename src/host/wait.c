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
void
wait_timer_end(struct waiting *w)
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
	wait_timer_end(w);
	fetch_end(&w->fetch);
	store_end(&w->op);
	w->call->waiting = NULL;
	arena_free(&w->arena);
	w->magic = 0;
	mem_free(w);
}

void
wait_tell(struct waiting *w, int status, struct str answer, const char *error)
{
	const struct host_hooks *k = &w->call->host->hooks;

	if (!k->outbound_end || w->asked.what == 0 || w->start_ns == 0)
		return;
	k->outbound_end(k->arg, w->call, &w->asked, w->start_ns, status, answer,
	    str_of(error));
	w->start_ns = 0;
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

/* The guest is told what failed; who runs it, what to do about it as well. */
int
wait_fail(struct waiting *w, const struct err *why)
{
	const struct host_call *c = w->call;
	CLEANUP(buf_free) struct buf line = BUF(sizeof(*why));

	wait_tell(w, 0, STR(""), why->text);
	/* cache_set has no way to tell its caller why. */
	if (why->hint[0] != '\0')
		buf_addf(&line, "%s; try: %s", why->text, why->hint);
	else if (w->what == ABI_CACHE_SET)
		buf_addf(&line, "cache_set: %s", why->text);
	if (line.n > 0)
		host_log(c, 1, buf_str(&line));
	return wait_end(w, answer_refuse(w->out, why->text));
}

void
wait_stored(void *arg, int rc, const struct err *why)
{
	struct waiting *w = arg;

	assert(w->magic == WAITING_MAGIC);
	if (rc == 0)
		wait_tell(w, 200, buf_str(w->out), NULL);
	if (rc == 0)
		(void)wait_end(w, ABI_ANSWERED);
	else if (why->kind == ERR_MISSING)
		(void)wait_end(w, answer_refuse(w->out, "key not found"));
	else
		(void)wait_fail(w, why);
}

void
host_cancel(void *call)
{
	struct host_call *c = call;

	assert(c->magic == HOST_CALL_MAGIC);
	if (c->waiting)
		wait_free(c->waiting);
}
