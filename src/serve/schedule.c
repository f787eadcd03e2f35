/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules: each runs once when its app comes, and then every so often, from
 * start to start.  All are on the first loop.  One that an app had before and
 * still has keeps its beat when the app is swapped.
 */
#include <assert.h>
#include <string.h>

#include "os/os.h"
#include "serve/parts.h"

#define SECOND_NS UINT64_C(1000000000)

/* Not twice at once, in an app and in the one that takes its place. */
struct once {
	unsigned refs;
	bool running;
};

struct beat {
	struct work *work;
	const struct schedule *schedule;
	size_t index;
	uint64_t next_ns;
	struct loop_timer *timer;
	struct once *once;
};

/* The schedules of an app. */
struct work {
	struct work *next;
	struct serve_app *app; /* held */
	struct beat *beats;
	size_t n;
};

static void
once_drop(struct once *o)
{
	if (--o->refs == 0)
		mem_free(o);
}

/* ---- one run ---- */

static void
on_over(void *arg, struct job *j, int rc, const struct err *why)
{
	struct once *once = arg;
	struct serve *s = j->seat->s;

	(void)why;
	if (rc < 0 || j->course.res.failed)
		atomic_fetch_add(&s->failed_fires, 1);
	once->running = false;
	once_drop(once);
}

static void
run(struct beat *b)
{
	struct serve_app *a = b->work->app;
	const struct schedule *sc = b->schedule;
	struct job *j = job_new(&a->s->seats[0], a, NULL);
	struct course *c = &j->course;
	char place[16];

	j->name = sc->name;
	j->done = on_over;
	j->arg = b->once;
	b->once->refs++;
	b->once->running = true;
	c->r = request_new(
	    STR("SCHED"), sc->name, (struct str){ j->id, j->nid }, STR(""));
	for (size_t i = 0; i < sc->nstate; i++)
		request_set_state(c->r, sc->state[i].key, sc->state[i].value);
	if (a->s->opt.trace)
		trail_begin(c,
		    &(struct trail_of){ .kind = TRACE_SCHEDULE,
			.app = a,
			.loop = j->seat->loop,
			.flow = trail_place(place, 's', b->index),
			.name = sc->name,
			.method = STR("SCHED"),
			.url = sc->name,
			.id = { j->id, j->nid },
			.state = sc->state,
			.nstate = sc->nstate });
	atomic_fetch_add(&a->s->fired, 1);
	course_start(j, sc->steps, sc->nsteps, STR(""));
}

static void on_beat(void *arg);

static void
wait_for_beat(struct beat *b)
{
	uint64_t now = os_now_ns();

	loop_timer_end(&b->timer);
	b->timer = loop_timer_start(b->work->app->s->seats[0].loop, NULL,
	    b->next_ns > now ? b->next_ns - now : 0, on_beat, b);
}

static void
on_beat(void *arg)
{
	struct beat *b = arg;
	uint64_t now = os_now_ns(), every = b->schedule->every_s * SECOND_NS;

	b->next_ns += every;
	/* The machine slept: those that were missed are not made up for. */
	if (b->next_ns < now)
		b->next_ns = now + every;
	wait_for_beat(b);
	if (b->once->running)
		log_tell(b->work->app->s, 2, STR(""),
		    "schedule '" STR_F "' is skipped: it still runs from the "
		    "time before",
		    STR_A(b->schedule->name));
	else
		run(b);
}

/* ---- swaps ---- */

static struct beat *
same_beat(struct work *w, const struct schedule *sc)
{
	for (size_t i = 0; w && i < w->n; i++)
		if (str_eq(w->beats[i].schedule->name, sc->name) &&
		    w->beats[i].schedule->every_s == sc->every_s)
			return &w->beats[i];
	return NULL;
}

static struct work *
work_new(struct serve_app *a, struct work *old)
{
	const struct directive *d = a->d;
	struct work *w = mem_take(sizeof(*w));

	w->app = app_hold(a);
	w->beats = mem_take((d->nschedules + 1) * sizeof(*w->beats));
	for (size_t i = 0; i < d->nschedules; i++) {
		struct beat *b = &w->beats[w->n], *was;

		if (d->schedules[i].nsteps == 0 || d->schedules[i].every_s == 0)
			continue;
		b->work = w;
		b->schedule = &d->schedules[i];
		b->index = i;
		was = same_beat(old, b->schedule);
		b->next_ns = was ? was->next_ns : os_now_ns();
		b->once = was ? was->once : mem_take(sizeof(*b->once));
		b->once->refs++;
		w->n++;
		wait_for_beat(b);
	}
	return w;
}

static void
work_end(struct work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		loop_timer_end(&w->beats[i].timer);
		once_drop(w->beats[i].once);
	}
	app_drop(w->app);
	mem_free(w->beats);
	mem_free(w);
}

struct swap {
	struct serve *s;
	struct serve_app *app, *old;
};

static void
on_swap(void *arg)
{
	struct swap *x = arg;
	struct work **at = &x->s->works, *old = NULL, *w;

	while (x->old && *at && (*at)->app != x->old)
		at = &(*at)->next;
	if (x->old && *at) {
		old = *at;
		*at = old->next;
	}
	if (x->app && !atomic_load(&x->s->ending)) {
		w = work_new(x->app, old);
		w->next = x->s->works;
		x->s->works = w;
	}
	if (old)
		work_end(old);
	app_drop(x->app);
	app_drop(x->old);
	mem_free(x);
}

/* Upstream does not run them in headless mode. */
void
schedules_swap(struct serve *s, struct serve_app *a, struct serve_app *old)
{
	struct swap *x;

	if (!s->opt.schedules)
		return;
	if (a && (a->d->headless || a->d->nschedules == 0))
		a = NULL;
	if (!a && !old)
		return;
	x = mem_take(sizeof(*x));
	*x = (struct swap){ s, a ? app_hold(a) : NULL,
		old ? app_hold(old) : NULL };
	loop_post(s->seats[0].loop, on_swap, x);
}

void
schedules_end(struct serve *s)
{
	while (s->works) {
		struct work *w = s->works;

		s->works = w->next;
		work_end(w);
	}
}
