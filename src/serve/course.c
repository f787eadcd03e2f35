/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of steps: their limits and ids, and those that no client waits for. */
#include <assert.h>
#include <string.h>

#include "os/os.h"
#include "serve/parts.h"

/* ---- limits ---- */

static uint64_t
limit_of(const struct serve_app *a, const struct handler *h,
    enum limit_name which, uint64_t usual)
{
	if (a->s->opt.fixed_limits & 1u << which)
		return usual;
	if (h && h->limits.v[which])
		return h->limits.v[which];
	return a->d->limits.v[which] ? a->d->limits.v[which] : usual;
}

void
course_options(
    struct course *c, const struct serve_app *a, const struct handler *h)
{
	const struct serve_options *o = &a->s->opt;
	const struct serve_limits *l = &o->limits;

	/* A function at its own address has its one step made for it. */
	c->opt = (struct flow_options){
		.crew = o->crew, .heavy = o->heavy, .lasting = h != NULL
	};
	c->opt.limits.memory_bytes =
	    limit_of(a, h, LIMIT_MEMORY_BYTES, l->memory_bytes);
	c->opt.limits.deadline_ms =
	    (uint32_t)limit_of(a, h, LIMIT_FUNCTION_MS, l->function_ms);
	c->opt.total_ms =
	    (uint32_t)limit_of(a, h, LIMIT_REQUEST_MS, l->request_ms);
	c->opt.output_bytes =
	    limit_of(a, h, LIMIT_OUTPUT_BYTES, l->output_bytes);
}

static bool
load_fits(struct load *l)
{
	return l->most == 0 ||
	    atomic_load_explicit(&l->now, memory_order_relaxed) < l->most;
}

/* Which of the app's loads: the handler's own, then all of them. */
static struct load *
load_of(const struct serve_app *a, const struct handler *h)
{
	return &a->loads[h ? (size_t)(h - a->d->handlers) : a->d->nhandlers];
}

bool
course_fits(const struct serve_app *a, const struct handler *h)
{
	return load_fits(&a->s->load) && load_fits(load_of(a, NULL)) &&
	    load_fits(load_of(a, h));
}

void
course_enter(struct serve_app *a, const struct handler *h)
{
	atomic_fetch_add(&a->s->load.now, 1);
	atomic_fetch_add(&load_of(a, NULL)->now, 1);
	if (h)
		atomic_fetch_add(&load_of(a, h)->now, 1);
}

void
course_leave(struct serve_app *a, const struct handler *h)
{
	atomic_fetch_sub(&a->s->load.now, 1);
	atomic_fetch_sub(&load_of(a, NULL)->now, 1);
	if (h)
		atomic_fetch_sub(&load_of(a, h)->now, 1);
}

/* ---- ids ---- */

static bool
is_sane(struct str id)
{
	if (id.n == 0 || id.n > ID_MAX)
		return false;
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

size_t
id_take(struct seat *seat, struct str given, char out[ID_MAX + 1])
{
	static const char hex[] = "0123456789abcdef";
	uint64_t v = 0;

	if (is_sane(given)) {
		memcpy(out, given.p, given.n);
		out[given.n] = '\0';
		return given.n;
	}
	for (size_t i = 0; i < 32; i++) {
		if (i % 16 == 0)
			v = seat_random(seat);
		out[i] = hex[v & 15];
		v >>= 4;
	}
	out[32] = '\0';
	return 32;
}

/* ---- their end ---- */

void
course_dispose(struct course *c)
{
	flow_end(&c->flow);
	flow_result_dispose(&c->res);
	request_free(&c->r);
}

void
course_tell(struct serve *s, const struct course *c, struct str name, int rc,
    const struct err *why)
{
	const struct flow_result *res = &c->res;
	struct str id = request_id(c->r);

	if (rc == 0 && !res->failed)
		return;
	/* That is an answer like others. */
	if (rc == 0 && res->returned && res->code >= 200 && res->code <= 599)
		return;
	if (rc < 0)
		why = why ? why : &res->error;
	else
		why = &res->error;
	log_tell(s, 1, id, STR_F ": %s", STR_A(name), why->text);
	if (rc == 0 && res->trace.n > 0) {
		struct str rest = res->trace, line;
		bool more = true;

		while (more) {
			more = str_cut(&rest, '\n', &line);
			log_tell(s, 1, id, "    at " STR_F, STR_A(line));
		}
	}
}

/* ---- jobs ---- */

static void
link_job(struct job *j)
{
	struct seat *seat = j->seat;

	j->next = seat->jobs;
	j->at = &seat->jobs;
	if (j->next)
		j->next->at = &j->next;
	seat->jobs = j;
}

struct job *
job_new(struct seat *seat, struct serve_app *a, const struct handler *h)
{
	struct job *j = mem_take(sizeof(*j));

	j->magic = JOB_MAGIC;
	j->seat = seat;
	j->app = app_hold(a);
	j->h = h;
	j->nid = id_take(seat, STR(""), j->id);
	course_options(&j->course, a, h);
	link_job(j);
	atomic_fetch_add(&seat->s->live, 1);
	return j;
}

static void
reap(void *arg)
{
	struct job *j = arg;
	struct serve *s = j->seat->s;

	assert(j->magic == JOB_MAGIC);
	*j->at = j->next;
	if (j->next)
		j->next->at = j->at;
	course_dispose(&j->course);
	j->magic = 0;
	app_drop(j->app);
	mem_free(j);
	atomic_fetch_sub(&s->live, 1);
}

static void
over(struct job *j, int rc, const struct err *why)
{
	struct course *c = &j->course;
	int status = rc < 0 ? 500 : c->res.status;

	j->over = true;
	if (j->cancelled)
		status = 499;
	else
		course_tell(j->seat->s, c, j->name, rc, why);
	fns_count(j->app, j->seat->index, &c->res);
	c->body = rc < 0 ? STR("") : buf_str(&c->res.body);
	trail_end(c, status);
	if (j->done)
		j->done(j->arg, j, rc, why);
	/* Its flow must not be ended from within. */
	loop_post(j->seat->loop, reap, j);
}

static void
on_done(void *arg, int rc, const struct err *why)
{
	struct job *j = arg;

	assert(j->magic == JOB_MAGIC);
	course_leave(j->app, j->h);
	over(j, rc, why);
}

void
course_start(
    struct job *j, const struct step *steps, size_t nsteps, struct str response)
{
	struct course *c = &j->course;

	course_enter(j->app, j->h);
	c->flow = flow_start(j->app->app, j->app->host, c->r, steps, nsteps,
	    response, &c->opt, j->seat->loop, &c->res, on_done, j);
}

void
job_cancel(struct job *j)
{
	struct err e = ERR;

	if (j->over || j->cancelled)
		return;
	j->cancelled = true;
	if (!flow_cancel(j->course.flow))
		return;
	(void)err_set(&e, ERR_LIMIT, "was cancelled");
	course_leave(j->app, j->h);
	over(j, -1, &e);
}
