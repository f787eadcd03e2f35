/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a sequence on a loop: how it begins, goes on, and ends. */

#include <assert.h>

#include "flow/member.h"
#include "flow/run.h"
#include "os/os.h"

#define TURN_NS UINT64_C(10000000) /* before others have theirs */
#define MAX_INSTANCES 128u

unsigned
flow_instances(void)
{
	unsigned n = os_cores() * 2;

	return n < MAX_INSTANCES ? n : MAX_INSTANCES;
}

/* ---- time ---- */

uint64_t
ends_sooner(uint64_t a_ns, uint64_t b_ns)
{
	if (a_ns == 0 || b_ns == 0)
		return a_ns + b_ns;
	return a_ns < b_ns ? a_ns : b_ns;
}

void
flow_busy(const struct flow *f)
{
	if (f->opt.clock)
		clock_busy(f->opt.clock);
}

void
flow_idle(const struct flow *f)
{
	if (f->opt.clock)
		clock_idle(f->opt.clock);
}

void
pause_start(struct flow *f, struct pause *p, uint64_t delay_ns,
    const struct ends *ends, void (*fn)(void *arg), void *arg)
{
	struct clock *clock = f->opt.clock;
	uint64_t now = clock_ns(clock), end = now + delay_ns;
	uint64_t most = ends->soft_ns;

	if (!clock)
		most = ends_sooner(most, ends->hard_ns);
	*p = (struct pause){ 0 };
	if (most && most < end) {
		p->late = true;
		p->hit_ns = most == ends->soft_ns ? most : 0;
		end = most > now ? most : now;
	}
	p->timer = loop_timer_start(f->loop, clock, end - now, fn, arg);
}

void
pause_end(struct pause *p)
{
	loop_timer_end(&p->timer);
}

/* ---- calls that ran ---- */

void
trail_add(struct trail *t, const struct flow_step *s)
{
	if (t->n == FLOW_MAX_STEPS)
		return;
	t->v = mem_grow(t->v, t->n, &t->cap, sizeof(*t->v));
	t->v[t->n++] = *s;
}

void
flow_note(struct work *w, struct flow_step *s, const struct outcome *o)
{
	const struct flow_hooks *k = w->s->f->opt.hooks;
	const struct failure *why = w->why ? w->why : o->why;

	s->fn = w->name;
	s->key = w->call->key;
	s->index = w->s->at;
	s->call = (size_t)(w - w->s->works);
	s->depth = w->s->depth;
	s->failed = why != NULL;
	trail_add(w->trail, s);
	if (k && k->end)
		k->end(k->arg, s, buf_str(&o->output), why ? &why->err : NULL,
		    why ? buf_str(&why->trace) : STR(""));
}

void
trail_move(struct trail *to, struct trail *from)
{
	for (size_t i = 0; i < from->n; i++)
		trail_add(to, &from->v[i]);
	mem_free(from->v);
	*from = (struct trail){ 0 };
}

static void
keep_trail(struct flow *f)
{
	struct flow_result *res = f->res;

	res->nsteps = f->trail.n;
	res->steps =
	    arena_take(res->arena, (res->nsteps + 1) * sizeof(*res->steps));
	for (size_t i = 0; i < res->nsteps; i++) {
		struct flow_step *s = &res->steps[i];

		*s = f->trail.v[i];
		s->fn = arena_copy(res->arena, s->fn);
		s->key = arena_copy(res->arena, s->key);
	}
}

int
flow_count(struct flow *f, struct err *e)
{
	if (f->ncalls++ < FLOW_MAX_CALLS)
		return 0;
	return err_set(e, ERR_LIMIT,
	    "passed the limit of %u calls and turns of one run",
	    FLOW_MAX_CALLS);
}

/* ---- who may begin ---- */

bool
flow_turn_over(const struct flow *f)
{
	return os_now_ns() >= f->turn_end_ns;
}

/* A handler's steps stand in line for themselves. */
static bool
has_room(const struct flow *f, const struct unit *u)
{
	if (flow_turn_over(f))
		return false;
	return !u->w->to->fn ||
	    atomic_load(&f->nactive) < app_instances(f->app);
}

bool
flow_admits(struct flow *f, struct unit *u)
{
	if (u->state == UNIT_IN_LINE || (!f->line && has_room(f, u)))
		return true;
	u->state = UNIT_IN_LINE;
	u->next = NULL;
	*f->line_end = u;
	f->line_end = &u->next;
	atomic_fetch_add(&f->nline, 1);
	return false;
}

static void
admit(struct flow *f)
{
	while (f->line && has_room(f, f->line)) {
		struct unit *u = f->line;

		f->line = u->next;
		if (!f->line)
			f->line_end = &f->line;
		atomic_fetch_sub(&f->nline, 1);
		flow_climb(u);
	}
}

/* ---- going on ---- */

static void
cannot(struct flow *f, const struct err *e)
{
	f->rc = -1;
	f->why = mem_take(sizeof(*f->why));
	*f->why = *e;
}

static void
end_run(struct flow *f)
{
	struct flow_result *res = f->res;
	struct failure *why = f->root->why;

	f->over = true;
	keep_trail(f);
	res->fuel = f->fuel;
	if (why && why->err.kind == ERR_SIGNAL) {
		/* That is no failure of the function's. */
		cannot(f, &why->err);
	} else if (why) {
		result_fail(res, why);
	} else {
		res->status = 200;
		seq_answer(f->root, &res->body);
		res->content_type = result_content_type(res, f->root->req);
	}
	seq_free(&f->root);
}

void
flow_climb_seq(struct seq *s)
{
	if (s->f->cancelled)
		return;
	while (seq_run(s)) {
		struct unit *u = s->parent;

		if (!u) {
			end_run(s->f);
			return;
		}
		if (!unit_run(u) || !work_run(u->w))
			return;
		s = u->w->s;
		s->open--;
	}
}

void
flow_climb(struct unit *u)
{
	struct work *w = u->w;

	if (w->s->f->cancelled || !unit_run(u) || !work_run(w))
		return;
	w->s->open--;
	flow_climb_seq(w->s);
}

void
flow_enter(struct flow *f)
{
	flow_busy(f);
	f->turn_end_ns = os_now_ns() + TURN_NS;
}

/* The clock stands for what is queued. */
void
flow_post(struct flow *f, struct task *t)
{
	flow_busy(f);
	if (!task_post(f->box, t))
		flow_idle(f);
}

/* Nothing of the run's surroundings may be touched once it is told. */
void
flow_leave(struct flow *f)
{
	if (!f->over && f->line && (flow_turn_over(f) || has_room(f, f->line)))
		flow_post(f, &f->task);
	flow_idle(f);
	if (!f->over || f->told)
		return;
	f->told = true;
	f->res->wall_ns = os_now_ns() - f->start_ns;
	loop_release(f->loop);
	if (!f->at_once)
		f->done(f->arg, f->rc, f->why);
}

static void
begin(struct flow *f)
{
	f->begun = true;
	if (f->rc < 0)
		f->over = true;
	else
		flow_climb_seq(f->root);
}

/* It begins, or some who stood in line may. */
static void
on_task(struct task *t)
{
	struct flow *f = t->arg;

	flow_enter(f);
	flow_idle(f);
	if (!f->begun)
		begin(f);
	else if (!f->cancelled)
		admit(f);
	flow_leave(f);
}

void
flow_unlink(struct flow *f, struct member *m)
{
	if (m->prev)
		m->prev->next = m->next;
	else
		f->members = m->next;
	if (m->next)
		m->next->prev = m->prev;
}

/* ---- beginning and end ---- */

static int
find_plan(struct flow *f, const struct step *steps, size_t nsteps,
    struct str response, struct err *e)
{
	if (!f->opt.lasting)
		return plan_make(&f->plan, f->app, steps, nsteps, response, e);
	return app_plan(f->app, steps, nsteps, response, &f->plan, &f->kept, e);
}

struct flow *
flow_start(struct app *a, struct host *h, struct request *r,
    const struct step *steps, size_t nsteps, struct str response,
    const struct flow_options *opt, struct loop *l, struct flow_result *res,
    void (*done)(void *arg, int rc, const struct err *why), void *arg)
{
	struct flow *f = mem_take(sizeof(*f));
	struct err e;

	err_clear(&e);
	*res = (struct flow_result){ .arena = arena_new(),
		.body = BUF(FLOW_MAX_BODY) };
	*f = (struct flow){ .app = a,
		.host = h,
		.opt = *opt,
		.loop = l,
		.box = box_of(l),
		.res = res,
		.done = done,
		.arg = arg,
		.task = { .fn = on_task, .arg = f },
		.start_ns = os_now_ns() };
	f->line_end = &f->line;
	if (find_plan(f, steps, nsteps, response, &e) < 0) {
		cannot(f, &e);
	} else {
		f->root = seq_new(f, f->plan, r, NULL);
		f->root->at = opt->first;
		if (opt->total_ms)
			f->root->ends.hard_ns =
			    os_now_ns() + opt->total_ms * UINT64_C(1000000);
	}
	loop_hold(l);
	if (!opt->now) {
		flow_post(f, &f->task);
		return f;
	}
	f->at_once = true;
	flow_enter(f);
	begin(f);
	flow_leave(f);
	f->at_once = f->told;
	return f;
}

bool
flow_over(const struct flow *f, int *rc, const struct err **why)
{
	if (!f->at_once)
		return false;
	*rc = f->rc;
	*why = f->why;
	return true;
}

/* ---- ending early ---- */

static bool
any_elsewhere(const struct flow *f)
{
	for (const struct member *m = f->members; m; m = m->next)
		if (m->letter && !m->back)
			return true;
	return false;
}

bool
flow_cancel(struct flow *f)
{
	f->cancelled = true;
	for (struct member *m = f->members; m; m = m->next)
		member_cancel(m);
	return f->told || !any_elsewhere(f);
}

void
flow_back(struct flow *f)
{
	struct err e = ERR;

	if (any_elsewhere(f))
		return;
	err_set(&e, ERR_LIMIT, "was cancelled");
	cannot(f, &e);
	f->over = true;
}

void
flow_end(struct flow **pf)
{
	struct flow *f = *pf;

	*pf = NULL;
	if (!f)
		return;
	for (struct member *m = f->members; m; m = m->next)
		member_cancel(m);
	seq_free(&f->root);
	if (task_drop(f->box, &f->task))
		flow_idle(f);
	if (!f->told)
		loop_release(f->loop);
	if (!f->kept)
		plan_free(&f->plan);
	mem_free(f->trail.v);
	mem_free(f->why);
	mem_free(f);
}
