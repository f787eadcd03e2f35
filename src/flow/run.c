/* SPDX-License-Identifier: Apache-2.0 */
/* A run that its caller waits for, on a loop of its own. */

#include "flow/flow.h"
#include "loop/loop.h"

struct answer {
	struct loop *loop;
	bool came;
	int rc;
	struct err *e;
};

static void
on_done(void *arg, int rc, const struct err *why)
{
	struct answer *a = arg;

	a->came = true;
	a->rc = rc;
	if (rc < 0)
		*a->e = *why;
	loop_stop(a->loop);
}

int
flow_run(struct app *a, struct host *h, struct request *r,
    const struct step *steps, size_t nsteps, struct str response,
    const struct flow_options *opt, struct flow_result *res, struct err *e)
{
	CLEANUP(loop_free) struct loop *own = NULL;
	struct loop *l = opt->loop;
	struct flow_options o = *opt;
	struct answer answer = { .e = e };
	struct flow *f;
	int rc;

	*res = (struct flow_result){ 0 };
	if (!l && loop_new(&own, e) < 0)
		return -1;
	if (own)
		l = own;
	answer.loop = l;
	/* What is over at once is told all the same. */
	o.now = false;
	f = flow_start(
	    a, h, r, steps, nsteps, response, &o, l, res, on_done, &answer);
	rc = loop_run(l, e);
	flow_end(&f);
	return answer.came ? answer.rc : rc;
}

int
flow_call(struct app *a, struct host *h, struct request *r, struct str fn,
    const struct flow_options *opt, struct flow_result *res, struct err *e)
{
	struct call c = { .fn = fn, .key = fn };
	struct step s = { .calls = &c, .ncalls = 1 };

	return flow_run(a, h, r, &s, 1, fn, opt, res, e);
}

void
flow_result_dispose(struct flow_result *res)
{
	buf_free(&res->body);
	arena_free(&res->arena);
	*res = (struct flow_result){ 0 };
}
