/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a call with one input: its tries, and what becomes of them. */

#include "flow/member.h"
#include "flow/run.h"
#include "os/os.h"

/* ---- one try ---- */

/* What the steps of a handler begin with. */
static void
fill_branch(struct unit *u)
{
	const struct work *w = u->w;
	const struct plan *p = w->to->plan;
	const struct call *c = w->call;

	for (size_t i = 0; i < p->nstate; i++)
		request_set_state(
		    u->branch, p->state[i].key, p->state[i].value);
	for (size_t i = 0; i < c->nwith; i++) {
		CLEANUP(buf_free) struct buf value = BUF(FLOW_MAX_BODY);

		if (request_get(
			w->s->req, EXPR_STATE, c->with[i].value, &value))
			request_set_state(
			    u->branch, c->with[i].key, buf_str(&value));
	}
}

static bool
start_handler(struct unit *u)
{
	struct seq *s = u->w->s;
	struct failure *why;

	if (s->depth + 1 > FLOW_MAX_DEPTH) {
		why = failure_new(u->w->call->handler);
		err_set(&why->err, ERR_LIMIT,
		    "handlers call each other more than %u deep",
		    FLOW_MAX_DEPTH);
		u->out.why = why;
		return true;
	}
	u->branch = request_branch(s->req, u->input);
	fill_branch(u);
	u->sub = seq_new(s->f, u->w->to->plan, u->branch, u);
	return seq_run(u->sub);
}

/* Its own time counts as that of all that is within it. */
static void
set_ends(struct unit *u)
{
	const struct flow *f = u->w->s->f;
	uint64_t timeout = u->w->call->timeout_ns;

	u->ends = u->w->s->step_ends;
	u->end_ns = timeout ? clock_ns(f->opt.clock) + timeout : 0;
	u->ends.soft_ns = ends_sooner(u->ends.soft_ns, u->end_ns);
}

static bool
passed(uint64_t end_ns, uint64_t now_ns)
{
	return end_ns != 0 && now_ns >= end_ns;
}

/* -1: it cannot begin. */
static int
may_start(struct unit *u)
{
	struct flow *f = u->w->s->f;
	const struct ends *ends = &u->w->s->step_ends;
	struct str name = u->w->name;
	struct err e;
	bool soft = passed(ends->soft_ns, clock_ns(f->opt.clock));

	err_clear(&e);
	if (soft || passed(ends->hard_ns, os_now_ns())) {
		u->out.why = failure_late(name, soft ? ends->soft_ns : 0,
		    "its time was over before it began");
		return -1;
	}
	if (flow_count(f, &e) == 0)
		return 0;
	u->out.why = failure_new(name);
	u->out.why->err = e;
	return -1;
}

static void
tell_begin(const struct unit *u)
{
	const struct work *w = u->w;
	const struct flow_hooks *k = w->s->f->opt.hooks;
	struct flow_step step = { .id = u->id,
		.fn = w->name,
		.key = w->call->key,
		.index = w->s->at,
		.call = (size_t)(w - w->s->works),
		.depth = w->s->depth,
		.attempt = u->attempt,
		.start_ns = u->start_ns };

	if (k && k->begin)
		k->begin(k->arg, &step, u->input);
}

/* True: it is over already. */
static bool
start_try(struct unit *u)
{
	u->state = UNIT_TRIES;
	u->start_ns = os_now_ns();
	u->id = ++u->w->s->f->ntries;
	tell_begin(u);
	set_ends(u);
	if (may_start(u) < 0)
		return true;
	return u->w->to->fn ? member_start(u) : start_handler(u);
}

/* ---- what became of it ---- */

/* A handler's response headers are its caller's too, when it succeeded. */
static void
merge_headers(struct unit *u)
{
	CLEANUP(buf_free) struct buf ignored = BUF(1000);
	struct host_call hc = { .magic = HOST_CALL_MAGIC,
		.host = u->w->s->f->host,
		.request = u->w->s->req,
		.fn = u->w->name };
	struct abi_ask q = { .what = ABI_HEADER_SET };

	for (size_t i = 0; i < request_nheaders(u->branch); i++) {
		request_header_at(u->branch, i, &q.a, &q.b);
		(void)host_ask(&hc, &q, &ignored);
	}
	host_call_dispose(&hc);
}

static void
collect_handler(struct unit *u)
{
	if (u->sub->why) {
		u->out.why = u->sub->why;
		u->sub->why = NULL;
	} else {
		u->out.output.max = FLOW_MAX_BODY;
		seq_answer(u->sub, &u->out.output);
		merge_headers(u);
	}
}

static void
collect_member(struct unit *u)
{
	struct member *m = u->member;

	if (m->late)
		u->out.why =
		    failure_late(u->w->call->fn, m->hit_ns, m->why->text);
	else
		outcome_of(&u->out, u->w->call->fn, m->rc, m->why, &m->res);
	u->out.fuel = m->res.fuel;
	u->out.memory_bytes = m->res.memory_bytes;
	u->w->s->f->fuel += m->res.fuel;
}

/* Whose time was it?  Its own, or its group's, is an error like one that the
 * function returns; that of others is theirs to tell. */
static void
see_timeout(struct unit *u)
{
	const struct seq *s = u->w->s;
	const struct step *step = &s->plan->steps[s->at];
	struct failure *why = u->out.why;
	uint64_t ns = 0;

	if (!why || !why->late || why->hit_ns == 0)
		return;
	if (why->hit_ns == u->end_ns)
		ns = u->w->call->timeout_ns;
	else if (why->hit_ns == s->group_end_ns)
		ns = step->timeout_ns;
	if (ns == 0)
		return;
	failure_free(&u->out.why);
	u->out.why = failure_timeout(u->w->name, ns);
}

static void
note(const struct unit *u)
{
	const struct failure *why = u->out.why;
	struct flow_step step = {
		.id = u->id,
		.start_ns = u->start_ns,
		.attempt = u->attempt,
		.code = why && why->returned ? why->code : 0,
		.fuel = u->out.fuel,
		.wall_ns = os_now_ns() - u->start_ns,
		.memory_bytes = u->out.memory_bytes,
	};

	flow_note(u->w, &step, &u->out);
}

static void
end_try(struct unit *u)
{
	member_free(&u->member);
	seq_free(&u->sub);
	request_free(&u->branch);
}

static bool
has_more_tries(const struct unit *u)
{
	const struct retry *r = &u->w->call->retry;

	return u->out.why && u->attempt < r->times &&
	    failure_retries(r, u->out.why);
}

/* True: another try is to be made. */
static bool
collect(struct unit *u)
{
	bool again;

	if (u->sub)
		collect_handler(u);
	else if (u->member)
		collect_member(u);
	see_timeout(u);
	again = has_more_tries(u);
	if (u->member && u->out.why && (!again || u->w->s->f->opt.hooks) &&
	    !u->out.why->returned)
		failure_trace(u->out.why, &u->member->res,
		    app_fn_wasm(u->w->s->f->app, u->w->to->fn));
	note(u);
	end_try(u);
	return again;
}

/* ---- tries ---- */

static uint64_t
backoff(const struct retry *r, unsigned attempt)
{
	double ns = (double)r->backoff_ns;
	double most = r->backoff_max_ns ? (double)r->backoff_max_ns
					: (double)UINT64_MAX / 4;

	for (unsigned i = 0; i < attempt && ns < most; i++)
		ns *= r->factor >= 1 ? r->factor : 1;
	return (uint64_t)(ns < most ? ns : most);
}

static void
on_pause(void *arg)
{
	struct unit *u = arg;
	struct flow *f = u->w->s->f;

	flow_enter(f);
	flow_climb(u);
	flow_leave(f);
}

/* True: there is no time for another. */
static bool
pause_over(struct unit *u)
{
	bool late = u->pause.late;

	pause_end(&u->pause);
	if (!late) {
		outcome_clear(&u->out);
		u->attempt++;
		return false;
	}
	failure_free(&u->out.why);
	u->out.why = failure_late(u->w->name, u->pause.hit_ns,
	    "its time was over before it could be tried again");
	see_timeout(u);
	return true;
}

/* False: it waits. */
static bool
pause_begin(struct unit *u)
{
	uint64_t ns = backoff(&u->w->call->retry, u->attempt);

	if (ns == 0) {
		outcome_clear(&u->out);
		u->attempt++;
		return true;
	}
	u->state = UNIT_PAUSES;
	pause_start(
	    u->w->s->f, &u->pause, ns, &u->w->s->step_ends, on_pause, u);
	return false;
}

static bool
is_over(struct unit *u)
{
	u->state = UNIT_OVER;
	return true;
}

bool
unit_run(struct unit *u)
{
	if (u->state == UNIT_PAUSES && pause_over(u))
		return is_over(u);
	for (;;) {
		if (u->state != UNIT_TRIES && u->state != UNIT_TRIED) {
			if (!flow_admits(u->w->s->f, u))
				return false;
			if (!start_try(u))
				return false;
		}
		if (!collect(u))
			return is_over(u);
		u->state = UNIT_NEW;
		if (!pause_begin(u))
			return false;
	}
}

void
unit_end(struct unit *u)
{
	end_try(u);
	pause_end(&u->pause);
	outcome_clear(&u->out);
	buf_free(&u->text);
}
