/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One try of a function.  On the run's own loop it begins at once; on a loop of
 * the crew a letter brings it there, and its end comes back as a task.
 */
#include <assert.h>

#include "flow/member.h"
#include "os/os.h"

#define TURN_MS 10u
#define HEAVY_MS 1u

/* Who first takes it out of SENT decides: opened, it is the run's to free;
 * dropped, the other loop's. */
enum { SENT, OPENED, DROPPED };
struct letter {
	atomic_int state;
	struct member *m;
	struct loop *loop; /* it was sent to */
	struct box *box;   /* of that loop; before it is opened */
};

/* ---- the run is told ---- */

/* Some stand in line for those that run, and not for those that wait. */
static void
set_active(struct member *m, bool active)
{
	struct flow *f = m->f;

	if (m->active == active)
		return;
	m->active = active;
	if (active)
		atomic_fetch_add(&f->nactive, 1);
	else
		atomic_fetch_sub(&f->nactive, 1);
	if (active || atomic_load(&f->nline) == 0)
		return;
	flow_post(f, &f->task);
}

static void
finish(struct member *m, int rc, const struct err *why)
{
	m->rc = rc;
	if (rc < 0) {
		m->why = mem_take(sizeof(*m->why));
		*m->why = *why;
	}
	abi_end(&m->call);
	loop_timer_end(&m->real);
	loop_timer_end(&m->virtual);
	task_drop(m->box, &m->go);
	host_call_dispose(&m->hc);
	set_active(m, false);
	m->over = true;
}

/* On its loop, after it ended there. */
static void
tell(struct member *m)
{
	struct flow *f = m->f;
	struct unit *u = m->u;

	if (m->letter) {
		task_post(f->box, &m->ended);
		return;
	}
	flow_enter(f);
	u->state = UNIT_TRIED;
	flow_climb(u);
	flow_leave(f);
}

static void
on_ended(struct task *t)
{
	struct member *m = t->arg;
	struct flow *f = m->f;
	struct unit *u = m->u;

	assert(m->magic == MEMBER_MAGIC);
	m->back = true;
	flow_enter(f);
	u->state = UNIT_TRIED;
	if (f->cancelled)
		flow_back(f);
	else
		flow_climb(u);
	flow_leave(f);
}

/* ---- times ---- */

static uint64_t
left(uint64_t end_ns, uint64_t now_ns)
{
	return end_ns > now_ns ? end_ns - now_ns : 0;
}

/* In real time: its own limit, and what is around it. */
static uint64_t
real_end(const struct member *m)
{
	uint64_t end = ends_sooner(m->deadline_ns, m->ends.hard_ns);

	return m->f->opt.clock ? end : ends_sooner(end, m->ends.soft_ns);
}

/* Its time is over, by end_ns. */
static void
expire(struct member *m, uint64_t end_ns)
{
	uint32_t ms = m->lim.deadline_ms;
	struct err e = ERR;

	if (end_ns == m->deadline_ns && ms % 1000 == 0) {
		err_set(&e, ERR_LIMIT, "ran longer than %u s", ms / 1000);
	} else if (end_ns == m->deadline_ns) {
		err_set(&e, ERR_LIMIT, "ran longer than %u ms", ms);
	} else {
		m->late = true;
		m->hit_ns = end_ns == m->ends.soft_ns ? end_ns : 0;
		err_set(&e, ERR_LIMIT, "the time of its %s was over",
		    m->hit_ns ? "step" : "handler or group");
	}
	finish(m, -1, &e);
}

static void
on_real(void *arg)
{
	struct member *m = arg;

	assert(m->magic == MEMBER_MAGIC);
	expire(m, real_end(m));
	tell(m);
}

static void
on_virtual(void *arg)
{
	struct member *m = arg;

	assert(m->magic == MEMBER_MAGIC);
	expire(m, m->ends.soft_ns);
	tell(m);
}

/* Only who waits needs timers: a guest that runs is looked after in turns. */
static void
start_timers(struct member *m)
{
	struct clock *clock = m->f->opt.clock;
	struct loop *l = box_loop(m->box);
	uint64_t end = real_end(m);

	if (end && !m->real)
		m->real = loop_timer_start(
		    l, NULL, left(end, os_now_ns()), on_real, m);
	if (clock && m->ends.soft_ns && !m->virtual)
		m->virtual = loop_timer_start(l, clock,
		    left(m->ends.soft_ns, clock_ns(clock)), on_virtual, m);
}

/* ---- at work ---- */

static void
wake(void *arg)
{
	struct member *m = arg;

	assert(m->magic == MEMBER_MAGIC);
	if (!m->over)
		task_post(m->box, &m->go);
}

static void on_letter(void *arg);

/* False: there is no other loop to be had. */
static bool
hand_over(struct member *m, struct crew *c)
{
	struct loop *l = c ? crew_next(c) : NULL;

	if (!l)
		return false;
	m->letter = mem_take(sizeof(*m->letter));
	m->letter->m = m;
	m->letter->loop = l;
	set_active(m, true);
	loop_post(l, on_letter, m->letter);
	return true;
}

/* Its turn is over.  True: so is its time. */
static bool
next_turn(struct member *m)
{
	uint64_t end = real_end(m);

	if (end && os_now_ns() >= end) {
		expire(m, end);
		return true;
	}
	loop_timer_end(&m->real);
	loop_timer_end(&m->virtual);
	/* It computes long: others of its loop need not stand behind it. */
	if (m->letter || !hand_over(m, m->f->opt.heavy))
		task_post(m->box, &m->go);
	return false;
}

/* Begin, or go on.  True: it is over. */
static bool
step(struct member *m)
{
	struct err e;
	int rc;

	err_clear(&e);
	set_active(m, true);
	if (m->call)
		rc = abi_resume(m->call, &e);
	else
		rc = abi_start(
		    &m->call, m->code, &m->lim, &m->ah, &m->in, &m->res, &e);
	if (rc == ENGINE_TURN)
		return next_turn(m);
	if (rc == ENGINE_LATER) {
		start_timers(m);
		set_active(m, false);
		return false;
	}
	finish(m, rc, &e);
	return true;
}

static void
on_go(struct task *t)
{
	struct member *m = t->arg;

	assert(m->magic == MEMBER_MAGIC);
	if (step(m))
		tell(m);
}

/* ---- beginning and end ---- */

static void
on_letter(void *arg)
{
	struct letter *l = arg;
	struct member *m;
	int sent = SENT;

	l->box = box_of(l->loop);
	m = l->m;
	if (!atomic_compare_exchange_strong(&l->state, &sent, OPENED)) {
		mem_free(l);
		return;
	}
	m->box = l->box;
	m->hc.loop = l->loop;
	on_go(&m->go);
}

static void
on_cancel(struct task *t)
{
	struct member *m = t->arg;
	struct err e = ERR;

	assert(m->magic == MEMBER_MAGIC);
	if (m->over)
		return;
	err_set(&e, ERR_LIMIT, "was ended");
	finish(m, -1, &e);
	tell(m);
}

static void
set_limits(struct member *m)
{
	const struct flow *f = m->f;

	m->lim = f->opt.limits;
	m->lim.turn_ms = TURN_MS;
	if (f->opt.heavy)
		m->lim.turn_ms = f->opt.heavy_ms ? f->opt.heavy_ms : HEAVY_MS;
	m->ends = m->u->ends;
	if (m->lim.deadline_ms)
		m->deadline_ns =
		    os_now_ns() + m->lim.deadline_ms * UINT64_C(1000000);
}

static void
set_host(struct member *m)
{
	const struct work *w = m->u->w;
	const struct app_fn *fn = w->to->fn;
	struct abi_var *env;

	m->hc = (struct host_call){ .magic = HOST_CALL_MAGIC,
		.host = m->f->host,
		.request = w->s->req,
		.fn = w->call->fn,
		.ns = app_fn_ns(fn),
		.info = app_fn_info(fn),
		.with = w->call->with,
		.nwith = w->call->nwith,
		.has_elem = w->list != NULL,
		.elem = buf_str(&m->u->text),
		.loop = m->f->loop,
		.clock = m->f->opt.clock,
		.step = m->u->id };
	m->ah = (struct abi_host){ .ask = host_ask,
		.cancel = host_cancel,
		.arg = &m->hc,
		.wake = wake,
		.wake_arg = m,
		.output_bytes = m->f->opt.output_bytes };
	m->in.body = m->u->input;
	m->in.name = app_fn_name(fn);
	if (!app_fn_command(fn))
		return;
	m->arena = arena_new();
	m->in.nenv = host_call_cgi(&m->hc, m->u->input, m->arena, &env);
	m->in.env = env;
}

static struct member *
member_new(struct unit *u)
{
	struct member *m = mem_take_part(sizeof(*m),
	    offsetof(struct member, res) + offsetof(struct abi_result, frames));
	struct flow *f = u->w->s->f;

	m->magic = MEMBER_MAGIC;
	m->f = f;
	m->u = u;
	m->box = f->box;
	m->go = (struct task){ .fn = on_go, .arg = m };
	m->ended = (struct task){ .fn = on_ended, .arg = m };
	m->cancel = (struct task){ .fn = on_cancel, .arg = m, .urgent = true };
	m->next = f->members;
	if (m->next)
		m->next->prev = m;
	f->members = m;
	/* The clock stands while it is under way, but for what the host asks
	 * that only the clock brings. */
	flow_busy(f);
	set_limits(m);
	set_host(m);
	return m;
}

bool
member_start(struct unit *u)
{
	struct member *m = member_new(u);
	struct err e;

	err_clear(&e);
	u->member = m;
	if (app_code(m->f->app, u->w->to->fn, &m->code, &e) < 0) {
		finish(m, -1, &e);
		return true;
	}
	return !(u->w->aside && hand_over(m, m->f->opt.crew)) && step(m);
}

void
member_cancel(struct member *m)
{
	int sent = SENT;

	if (!m->letter || m->back || m->dropped)
		return;
	if (atomic_compare_exchange_strong(&m->letter->state, &sent, DROPPED)) {
		m->letter = NULL;
		m->dropped = true;
	} else {
		task_post(m->letter->box, &m->cancel);
	}
}

/* Bring back one that is at work on another loop. */
static void
fetch(struct member *m)
{
	member_cancel(m);
	if (!m->letter)
		return;
	task_take(m->f->box, &m->ended);
	m->back = true;
}

void
member_free(struct member **pm)
{
	struct member *m = *pm;
	struct err e;

	err_clear(&e);
	*pm = NULL;
	if (!m)
		return;
	if (m->letter && !m->back)
		fetch(m);
	/* It may have ended by itself before it was told to. */
	if (m->letter)
		task_drop(m->letter->box, &m->cancel);
	if (!m->over) {
		err_set(&e, ERR_LIMIT, "was ended");
		finish(m, -1, &e);
	}
	flow_idle(m->f);
	flow_unlink(m->f, m);
	mem_free(m->letter);
	mem_free(m->why);
	arena_free(&m->arena);
	abi_result_dispose(&m->res);
	m->magic = 0;
	mem_free(m);
}
