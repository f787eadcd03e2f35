/* SPDX-License-Identifier: Apache-2.0 */
/* A sequence of steps over one request: groups, loops, the answer. */

#include "flow/run.h"
#include "os/os.h"

#define GROUP_MS 30000u

/* ---- pauses ---- */

static void
go_on(struct seq *s)
{
	struct flow *f = s->f;

	flow_enter(f);
	flow_climb_seq(s);
	flow_leave(f);
}

static void
on_again(struct task *t)
{
	struct seq *s = t->arg;

	flow_idle(s->f);
	go_on(s);
}

static void
on_pause(void *arg)
{
	struct seq *s = arg;

	go_on(s);
}

/* ---- beginning and end ---- */

struct seq *
seq_new(struct flow *f, const struct plan *p, struct request *req,
    struct unit *parent)
{
	struct seq *s = mem_take(sizeof(*s));

	s->f = f;
	s->plan = p;
	s->req = req;
	s->parent = parent;
	s->turns = mem_take((p->nsteps + 1) * sizeof(*s->turns));
	s->works = mem_take((p->ncalls + 1) * sizeof(*s->works));
	s->trail = &f->trail;
	s->again = (struct task){ .fn = on_again, .arg = s };
	if (!parent)
		return s;
	s->trail = parent->w->trail;
	s->depth = parent->w->s->depth + 1;
	s->aside = parent->w->aside;
	s->ends = parent->ends;
	return s;
}

static void
end_works(struct seq *s)
{
	for (size_t i = 0; i < s->nworks; i++)
		work_end(&s->works[i]);
	s->nworks = 0;
}

void
seq_free(struct seq **ps)
{
	struct seq *s = *ps;

	*ps = NULL;
	if (!s)
		return;
	end_works(s);
	if (task_drop(s->f->box, &s->again))
		flow_idle(s->f);
	pause_end(&s->pause);
	failure_free(&s->why);
	mem_free(s->turns);
	mem_free(s->works);
	mem_free(s);
}

/* ---- conditions ---- */

struct world {
	struct request *req;
	struct arena *arena;
};

static bool
get(void *arg, enum expr_root root, struct str key, struct str *text)
{
	CLEANUP(buf_free) struct buf value = BUF(SIZE_MAX / 2);
	struct world *w = arg;

	if (!request_get(w->req, root, key, &value))
		return false;
	*text = arena_copy(w->arena, buf_str(&value));
	return true;
}

bool
seq_holds(const struct expr *x, struct request *r)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct world w = { .req = r, .arena = a };
	struct expr_world world = { .arg = &w, .get = get };

	return expr_holds(x, &world);
}

/* ---- loops ---- */

/* On to a step, after a while.  True: now. */
static bool
go_to(struct seq *s, size_t next, uint64_t every_ns)
{
	s->next = next;
	if (every_ns == 0 && !flow_turn_over(s->f)) {
		s->at = next;
		return true;
	}
	s->state = SEQ_PAUSES;
	if (every_ns > 0) {
		pause_start(s->f, &s->pause, every_ns, &s->ends, on_pause, s);
	} else {
		flow_post(s->f, &s->again);
	}
	return false;
}

static bool
pause_over(struct seq *s)
{
	bool late = s->pause.late;

	pause_end(&s->pause);
	s->state = SEQ_ENTERS;
	s->at = s->next;
	if (late)
		s->why = failure_late(
		    STR(""), s->pause.hit_ns, "the time of its steps was over");
	return !late;
}

/* It went round too often.  True: the sequence goes on all the same. */
static bool
too_often(struct seq *s, const struct step *step, const char *text)
{
	struct failure *why = failure_returned(
	    step->ncalls > 0 ? s->works[0].name : STR(""), CODE_TURNS, text);

	if (failure_action(&step->on_err, why) == ON_ERR_CONTINUE) {
		failure_free(&why);
		return true;
	}
	s->why = why;
	return false;
}

/* The step at hand is a goto.  False: wait, or s->why. */
static bool
follow(struct seq *s, const struct step *step)
{
	CLEANUP(buf_free) struct buf text = BUF(1000);

	if (step->target_index >= s->at ||
	    (step->when && !seq_holds(step->when, s->req)))
		return go_to(s, s->at + 1, 0);
	if (s->turns[s->at]++ < step->max)
		return go_to(s, step->target_index, step->every_ns);
	buf_addf(&text,
	    "goto '" STR_F "' was followed %u times, and was to be "
	    "again",
	    STR_A(step->target), step->max);
	return too_often(s, step, buf_cstr(&text)) && go_to(s, s->at + 1, 0);
}

static bool
all_skipped(const struct seq *s)
{
	for (size_t i = 0; i < s->nworks; i++)
		if (!s->works[i].skipped)
			return false;
	return true;
}

/* The step at hand is over.  False: wait, or s->why. */
static bool
repeat(struct seq *s, const struct step *step, bool skipped)
{
	CLEANUP(buf_free) struct buf text = BUF(1000);

	if (!step->until || skipped || seq_holds(step->until, s->req)) {
		s->turns[s->at] = 0;
		return go_to(s, s->at + 1, 0);
	}
	if (++s->turns[s->at] < step->max)
		return go_to(s, s->at, step->every_ns);
	s->turns[s->at] = 0;
	buf_addf(&text, "was repeated %u times, and its 'until' did not hold",
	    step->max);
	return too_often(s, step, buf_cstr(&text)) && go_to(s, s->at + 1, 0);
}

/* ---- steps ---- */

static void
set_ends(struct seq *s, const struct step *step)
{
	struct flow_options *opt = &s->f->opt;
	uint32_t ms = opt->group_ms ? opt->group_ms : GROUP_MS;

	s->step_ends = s->ends;
	s->group_end_ns = 0;
	if (!step->group)
		return;
	if (step->timeout_ns) {
		s->group_end_ns = clock_ns(opt->clock) + step->timeout_ns;
		s->step_ends.soft_ns =
		    ends_sooner(s->step_ends.soft_ns, s->group_end_ns);
	} else {
		s->step_ends.hard_ns = ends_sooner(
		    s->step_ends.hard_ns, os_now_ns() + ms * UINT64_C(1000000));
	}
}

/* Nothing of a step runs when not all of it can. */
static void
begin(struct seq *s, const struct step *step)
{
	bool can = true;

	set_ends(s, step);
	s->state = SEQ_RUNS;
	s->nworks = step->ncalls;
	s->open = step->ncalls;
	for (size_t i = 0; i < step->ncalls; i++) {
		work_begin(&s->works[i], s, i);
		can = can && !s->works[i].why;
	}
	for (size_t i = 0; i < step->ncalls; i++) {
		if (!can && !s->works[i].why)
			s->works[i].skipped = true;
		if (work_run(&s->works[i]))
			s->open--;
	}
}

/* Results go to the state in the order of the list, whoever was first. */
static bool
settle(struct seq *s)
{
	bool ok = true;

	for (size_t i = 0; i < s->nworks; i++)
		ok = work_settle(&s->works[i], &s->why) && ok;
	return ok;
}

/* Go on after the step's works.  False: wait, or s->why. */
static bool
end_step(struct seq *s, const struct step *step)
{
	bool skipped = all_skipped(s), ok = settle(s);

	s->state = SEQ_ENTERS;
	if (ok)
		ok = repeat(s, step, skipped);
	end_works(s);
	return ok;
}

/* One step, as far as it goes. */
static bool
run_step(struct seq *s)
{
	const struct step *step = &s->plan->steps[s->at];
	struct err e;

	err_clear(&e);
	if (s->state == SEQ_ENTERS && step->ncalls == 0) {
		if (flow_count(s->f, &e) == 0)
			return follow(s, step);
		s->why = failure_new(STR(""));
		s->why->err = e;
		return false;
	}
	if (s->state == SEQ_ENTERS)
		begin(s, step);
	return s->open == 0 && end_step(s, step);
}

bool
seq_run(struct seq *s)
{
	if (s->state == SEQ_PAUSES && !pause_over(s))
		return true;
	while (s->at < s->plan->nsteps)
		if (!run_step(s))
			return s->why != NULL;
	return true;
}

/* ---- the answer ---- */

void
seq_answer(const struct seq *s, struct buf *out)
{
	struct str key = s->plan->response;

	for (size_t i = s->plan->nsteps; i > 0 && key.n == 0; i--) {
		const struct step *step = &s->plan->steps[i - 1];

		if (step->ncalls > 0)
			key = step->calls[step->ncalls - 1].key;
	}
	(void)request_get(s->req, EXPR_STATE, key, out);
}
