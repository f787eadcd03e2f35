/* SPDX-License-Identifier: Apache-2.0 */
/* One call on an event loop: what it asks of the outside is waited for. */
#include "host/host.h"
#include "loop/loop.h"
#include "os/os.h"
#include "run.h"

struct waiter {
	struct loop *loop;
	bool woken, late;
};

static void
on_wake(void *arg)
{
	struct waiter *w = arg;

	w->woken = true;
	loop_stop(w->loop);
}

static void
on_late(void *arg)
{
	struct waiter *w = arg;

	w->late = true;
	loop_stop(w->loop);
}

/* Until the answer is there: 0, or its time or the user ends it. */
static int
wait_for(struct waiter *w, uint64_t end_ns, uint32_t limit_ms, struct err *e)
{
	struct loop_timer *timer = NULL;
	uint64_t now = os_now_ns();
	int rc = 0;

	if (end_ns != 0)
		timer = loop_timer_start(
		    w->loop, NULL, end_ns > now ? end_ns - now : 0, on_late, w);
	rc = loop_run(w->loop, e);
	loop_timer_end(&timer);
	if (rc < 0 || w->woken)
		return rc;
	if (!w->late)
		return err_set(e, ERR_BUG, "an answer will never come");
	return err_set(
	    e, ERR_LIMIT, "passed its time of %u ms while it waited", limit_ms);
}

int
run_call(struct run *r, const struct code *code,
    const struct engine_limits *lim, struct host_call *hc, struct err *e)
{
	CLEANUP(loop_free) struct loop *l = NULL;
	CLEANUP(host_call_dispose) struct host_call call = *hc;
	CLEANUP(abi_end) struct abi_call *c = NULL;
	struct waiter w = { 0 };
	struct abi_host ah = { .ask = host_ask,
		.cancel = host_cancel,
		.arg = &call,
		.wake = on_wake,
		.wake_arg = &w };
	struct abi_input in = { .body = buf_str(&r->input),
		.name = r->target.name };
	uint64_t end_ns = 0;
	struct abi_var *env;
	int rc;

	if (loop_new(&l, e) < 0)
		return -1;
	w.loop = call.loop = l;
	if (lim->deadline_ms != 0)
		end_ns = os_now_ns() + lim->deadline_ms * UINT64_C(1000000);
	in.nenv = host_call_cgi(&call, in.body, r->arena, &env);
	in.env = env;
	r->ran = true;
	rc = abi_start(&c, code, lim, &ah, &in, &r->res, e);
	while (rc == ENGINE_LATER || rc == ENGINE_TURN) {
		if (rc == ENGINE_LATER &&
		    wait_for(&w, end_ns, lim->deadline_ms, e) < 0)
			return -1;
		w.woken = false;
		rc = abi_resume(c, e);
	}
	return rc;
}
