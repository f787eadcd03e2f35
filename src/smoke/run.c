/* SPDX-License-Identifier: Apache-2.0 */
/* All cases: on a few threads, told in the order of the files. */

#include "os/os.h"
#include "smoke/touch.h"
#include "smoke/trial.h"

#define MAX_THREADS 64u
#define MAX_DETAILS (64u << 10) /* bytes, of one case */
#define MAX_MODULE (64u << 20)

struct outcome {
	bool done;
	struct smoke_case_result r;
	struct str snap_path, snap_difference;
};

struct run {
	struct smoke *s;
	struct app *app;
	struct crew *crew; /* for members of groups */
	const struct smoke_options *opt;
	struct smoke_case **cases; /* those the filter takes */
	size_t ncases;
	struct outcome *outcomes;
	struct smoke_totals *totals;
	atomic_size_t next;
	atomic_bool stop;
	atomic_size_t narenas;
	struct arena *arenas[MAX_THREADS];
	pthread_mutex_t lock; /* of what follows, and of tell */
	size_t told;
	bool quiet; /* fail_fast: a failure was told */
	struct err err;
};

/* ---- what is to run ---- */

static bool
fits(const struct smoke_case *c, struct str filter)
{
	CLEANUP(buf_free) struct buf full = BUF(8192);
	size_t at;

	buf_add(&full, c->file);
	buf_add(&full, STR(": "));
	buf_add(&full, c->name);
	while (str_starts(filter, "*"))
		filter = str_from(filter, 1);
	while (filter.n > 0 && filter.p[filter.n - 1] == '*')
		filter.n--;
	return str_find(buf_str(&full), filter, &at);
}

static int
nothing_fits(const struct smoke *s, struct str filter, struct err *e)
{
	size_t n = s->ncases < 2000 ? s->ncases : 2000;
	CLEANUP(mem_free_at) struct str *names = NULL;
	struct str near;

	names = mem_take((n + 1) * sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = s->cases[i]->name;
	err_set(e, ERR_MISSING, "no case fits the filter '" STR_F "'",
	    STR_A(filter));
	near = diag_nearest(filter, names, n);
	if (near.n > 0)
		return err_hint(e, "did you mean '" STR_F "'?", STR_A(near));
	if (n > 0)
		return err_hint(e,
		    "there are %zu cases; the first is '" STR_F ": " STR_F "'",
		    s->ncases, STR_A(s->cases[0]->file),
		    STR_A(s->cases[0]->name));
	return -1;
}

static int
choose(struct run *run, struct err *e)
{
	struct smoke *s = run->s;
	struct str filter = str_of(run->opt->filter);
	const struct bundle *b = app_bundle(run->app);
	const struct directive *d = b ? bundle_directive(b) : NULL;

	run->cases = mem_take((s->ncases + 1) * sizeof(struct smoke_case *));
	for (size_t i = 0; i < s->ncases; i++) {
		if (filter.n > 0 && !fits(s->cases[i], filter))
			continue;
		if (case_touched(s->cases[i], d, run->opt))
			run->cases[run->ncases++] = s->cases[i];
		else
			run->totals->untouched++;
	}
	if (run->ncases == 0 && run->totals->untouched == 0 && filter.n > 0)
		return nothing_fits(s, filter, e);
	run->outcomes = mem_take((run->ncases + 1) * sizeof(*run->outcomes));
	return 0;
}

static int
add_modules(struct run *run, struct arena *a, struct err *e)
{
	const struct smoke_options *opt = run->opt;
	struct smoke *s = run->s;

	for (size_t i = 0; i < s->nmodules; i++)
		app_add(run->app, s->modules[i].key, s->modules[i].value);
	for (size_t i = 0; i < opt->nmodules; i++) {
		CLEANUP(buf_free) struct buf b = BUF(MAX_MODULE);

		if (os_read(&b, opt->modules[i].path, e) < 0)
			return -1;
		app_add(
		    run->app, opt->modules[i].name, arena_copy(a, buf_str(&b)));
	}
	return 0;
}

/* ---- one case ---- */

static void
keep(struct outcome *o, const struct trial *t, struct arena *a)
{
	o->r.outcome = t->details.n > 0 ? SMOKE_FAILED : SMOKE_PASSED;
	o->r.details = arena_copy(a, buf_str(&t->details));
	if (!t->snapped)
		return;
	o->snap_path = t->c->want.body.snapshot_path;
	o->snap_difference = arena_copy(a, buf_str(&t->snap_difference));
}

static int
run_case(struct run *run, size_t i, struct arena *keeper, struct loop *l,
    struct err *e)
{
	const struct smoke_case *c = run->cases[i];
	struct outcome *o = &run->outcomes[i];
	struct trial t = { .magic = TRIAL_MAGIC,
		.c = c,
		.app = run->app,
		.crew = run->crew,
		.loop = l,
		.opt = run->opt,
		.details = BUF(MAX_DETAILS),
		.snap_difference = BUF(MAX_DETAILS) };
	int rc = 0;

	o->r.file = c->file;
	o->r.at = c->at;
	o->r.name = c->name;
	if (c->skip) {
		o->r.outcome = SMOKE_SKIPPED;
		o->r.why_skipped = c->why_skipped;
		return 0;
	}
	t.arena = arena_new();
	pthread_mutex_init(&t.lock, NULL);
	rc = trial_run(&t, &o->r.wall_ns, &o->r.fuel, e);
	if (rc == 0)
		keep(o, &t, keeper);
	pthread_mutex_destroy(&t.lock);
	arena_free(&t.arena);
	buf_free(&t.details);
	buf_free(&t.snap_difference);
	return rc;
}

/* ---- telling ---- */

static void
tell(struct run *run, const struct outcome *o)
{
	struct smoke_totals *sum = run->totals;
	const struct smoke_options *opt = run->opt;

	sum->passed += o->r.outcome == SMOKE_PASSED;
	sum->failed += o->r.outcome == SMOKE_FAILED;
	sum->skipped += o->r.outcome == SMOKE_SKIPPED;
	if (o->snap_path.n > 0) {
		sum->snapshots++;
		if (opt->snapshot)
			opt->snapshot(opt->arg, o->snap_path, o->r.name,
			    o->snap_difference);
	}
	if (opt->tell)
		opt->tell(opt->arg, &o->r);
	if (opt->fail_fast && o->r.outcome == SMOKE_FAILED) {
		run->quiet = true;
		atomic_store(&run->stop, true);
	}
}

/* Case i is done: tell all that now can be told in order. */
static void
finish(struct run *run, size_t i, const struct err *e)
{
	pthread_mutex_lock(&run->lock);
	if (e->kind != ERR_NONE) {
		if (run->err.kind == ERR_NONE)
			run->err = *e;
		atomic_store(&run->stop, true);
	} else {
		run->outcomes[i].done = true;
	}
	while (!run->quiet && run->told < run->ncases &&
	    run->outcomes[run->told].done)
		tell(run, &run->outcomes[run->told++]);
	pthread_mutex_unlock(&run->lock);
}

static void *
work(void *arg)
{
	CLEANUP(loop_free) struct loop *l = NULL;
	struct run *run = arg;
	struct arena *keeper = arena_new();
	struct err ignored = ERR;
	size_t i;

	/* Without one each case makes its own, and tells why it cannot. */
	(void)!loop_new(&l, &ignored);
	run->arenas[atomic_fetch_add(&run->narenas, 1)] = keeper;
	while (!atomic_load(&run->stop) &&
	    (i = atomic_fetch_add(&run->next, 1)) < run->ncases) {
		struct err e = ERR;

		if (os_check_interrupt(&e) == 0)
			(void)!run_case(run, i, keeper, l, &e);
		finish(run, i, &e);
	}
	return NULL;
}

static unsigned
threads_for(unsigned jobs)
{
	if (jobs == 0)
		jobs = os_cores();
	return jobs < MAX_THREADS ? jobs : MAX_THREADS;
}

unsigned
smoke_instances(unsigned jobs)
{
	return threads_for(jobs) * (flow_instances() + 1);
}

static void
run_all(struct run *run)
{
	unsigned jobs = threads_for(run->opt->jobs);
	pthread_t threads[MAX_THREADS];
	struct smoke *s = run->s;
	size_t n = 0;

	if (jobs > run->ncases)
		jobs = (unsigned)run->ncases;
	while (
	    n + 1 < jobs && pthread_create(&threads[n], NULL, work, run) == 0)
		n++;
	work(run);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	n = atomic_load(&run->narenas);
	for (size_t i = 0; i < n; i++) {
		s->run_arenas = mem_grow(s->run_arenas, s->nrun_arenas,
		    &s->run_arenas_cap, sizeof(struct arena *));
		s->run_arenas[s->nrun_arenas++] = run->arenas[i];
	}
}

/* ---- snapshots of no case ---- */

static int
by_text(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	return str_cmp(*x, *y);
}

static void
tell_stale(const struct run *run)
{
	const struct smoke *s = run->s;
	CLEANUP(mem_free_at) struct str *used = NULL;
	size_t n = 0;

	used = mem_take((s->ncases + 1) * sizeof(*used));
	for (size_t i = 0; i < s->ncases; i++)
		if (s->cases[i]->want.body.snapshot)
			used[n++] = s->cases[i]->want.body.snapshot_path;
	qsort(used, n, sizeof(*used), by_text);
	for (size_t i = 0; i < s->nsnaps; i++)
		if (!bsearch(&s->snaps[i], used, n, sizeof(*used), by_text))
			run->opt->stale(run->opt->arg, s->snaps[i]);
}

int
smoke_run(struct smoke *s, struct engine *en, const struct bundle *b,
    const struct smoke_options *opt, struct smoke_totals *totals, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(app_free) struct app *app = NULL;
	CLEANUP(crew_free) struct crew *crew = NULL;
	CLEANUP(mem_free_at) struct run *run = mem_take(sizeof(*run));
	uint64_t start = os_now_ns();
	int rc = 0;

	*totals = (struct smoke_totals){ 0 };
	run->s = s;
	run->opt = opt;
	run->totals = totals;
	if (app_new(&app, en, b, e) < 0)
		return -1;
	if (crew_new(&crew, 0, e) < 0)
		return -1;
	run->app = app;
	run->crew = crew;
	pthread_mutex_init(&run->lock, NULL);
	rc = add_modules(run, a, e);
	if (rc == 0)
		rc = choose(run, e);
	if (rc == 0 && run->ncases > 0)
		run_all(run);
	if (rc == 0 && run->err.kind != ERR_NONE) {
		*e = run->err;
		rc = -1;
	}
	if (rc == 0 && opt->stale && !str_of(opt->filter).n && !run->quiet)
		tell_stale(run);
	pthread_mutex_destroy(&run->lock);
	mem_free(run->cases);
	mem_free(run->outcomes);
	totals->wall_ns = os_now_ns() - start;
	return rc;
}
