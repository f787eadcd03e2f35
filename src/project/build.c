/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build: look at all inputs first, in one thread; compile what is stale in
 * many; take down what came of it, in one thread again.
 */
#include <pthread.h>
#include <string.h>

#include "os/os.h"
#include "project/compile.h"
#include "project/inputs.h"
#include "project/lock.h"
#include "project/ship.h"

#define MAX_THREADS 64u
#define MAX_LANGS 32u

struct job {
	const struct project_function *f;
	struct inputs inputs;
	struct outcome o;
	bool begun;
};

struct build {
	struct project *p;
	const struct build_options *opt;
	struct diags *ds;
	struct build_result *res;
	struct state state;
	struct surroundings around;
	struct compile how;
	struct job *jobs; /* those that are stale */
	size_t njobs;
	const struct toolchain *langs[MAX_LANGS];
	size_t nlangs;
	struct err refused; /* by the machine, or not trusted: no compiler's */

	pthread_mutex_t mutex; /* over next, and over talking */
	size_t next;
};

static void
note(struct build *b, const char *text)
{
	if (b->opt->note && text[0] != '\0')
		b->opt->note(b->opt->arg, text);
}

static void
tell(struct build *b, enum build_what what, const struct project_function *f,
    const struct outcome *o)
{
	if (b->opt->tell)
		b->opt->tell(b->opt->arg, what, f, o ? o->wall_ns : 0,
		    o ? buf_str(&o->log) : STR(""),
		    what == BUILD_FAILED ? &o->err : NULL);
}

/* ---- before ---- */

static int
run_make(struct build *b, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf log = BUF(TOOLCHAIN_MAX_OUTPUT);
	const char *argv[] = { "make", "--", b->opt->make, NULL };
	struct os_spawn s = { .argv = argv,
		.cwd = b->p->root,
		.env = toolchain_child_env(a, b->opt->env),
		.out = &log };
	struct os_exit ex;

	if (!b->opt->make)
		return 0;
	if (os_run(&s, &ex, e) < 0)
		return err_wrap(e, "make target '%s'", b->opt->make);
	if (ex.code == 0)
		return 0;
	note(b, buf_cstr(&log));
	return err_set(e, ERR_FAILED, "make target '%s' failed", b->opt->make);
}

static int
read_langs(struct build *b, struct err *e)
{
	struct str rest = str_of(b->opt->langs), one;
	bool more = b->opt->langs != NULL;

	while (more) {
		const struct toolchain *t;

		more = str_cut(&rest, ',', &one);
		one = str_trim(one);
		t = toolchain_find(one);
		if (!t || b->nlangs == MAX_LANGS) {
			err_set(e, ERR_USAGE, "unknown language '" STR_F "'",
			    STR_A(one));
			return err_hint(e, "`subo doctor` lists the languages");
		}
		b->langs[b->nlangs++] = t;
	}
	return 0;
}

static bool
is_selected(const struct build *b, const struct project_function *f)
{
	if (b->p->here && b->p->here != f)
		return false;
	for (size_t i = 0; i < b->nlangs; i++)
		if (b->langs[i] == f->lang)
			return true;
	return b->nlangs == 0;
}

/* Not the whole project: no bundle then, and what the state knows of the
 * rest stays in it. */
static bool
is_partial(const struct build *b)
{
	return b->p->here || b->opt->langs;
}

/* ---- what is stale ---- */

static void
count_failure(struct build *b, const struct err *why)
{
	bool grave = why->kind == ERR_TRUST && b->refused.kind != ERR_TRUST;

	b->res->failed++;
	if (grave || (why->kind == ERR_SYSTEM && b->refused.kind == ERR_NONE))
		b->refused = *why;
}

static int
look_at(struct build *b, const struct project_function *f, struct err *e)
{
	struct job *j = &b->jobs[b->njobs];
	struct outcome failed = { .log = BUF(1) };

	*j = (struct job){ .f = f };
	if (inputs_of(&b->around, f, b->opt->make, &j->inputs, &failed.err) <
	    0) {
		if (failed.err.kind == ERR_SIGNAL) {
			*e = failed.err;
			return -1;
		}
		tell(b, BUILD_FAILED, f, &failed);
		count_failure(b, &failed.err);
		return 0;
	}
	if (!b->opt->force && inputs_fresh(&b->around, f, &j->inputs, NULL)) {
		b->res->fresh++;
		tell(b, BUILD_FRESH, f, NULL);
		return 0;
	}
	b->njobs++;
	return 0;
}

static int
look(struct build *b, struct err *e)
{
	b->jobs = arena_take(b->state.arena, b->p->n * sizeof(*b->jobs));
	for (size_t i = 0; i < b->p->n; i++) {
		if (!is_selected(b, &b->p->v[i]))
			continue;
		b->res->selected++;
		if (look_at(b, &b->p->v[i], e) < 0)
			return -1;
	}
	if (b->res->selected > 0)
		return 0;
	err_set(e, ERR_MISSING, "there is no function to build in '%s'",
	    project_shown(b->p, b->p->root));
	return err_hint(e, "`subo create function NAME --lang LANG` makes one");
}

/* ---- compiling ---- */

static void
compile_one(struct build *b, struct job *j)
{
	compile_function(&b->how, j->f, &j->o);
	pthread_mutex_lock(&b->mutex);
	note(b, j->o.note);
	if (j->o.result == 0)
		tell(b, BUILD_DONE, j->f, &j->o);
	else if (j->o.err.kind != ERR_SIGNAL)
		tell(b, BUILD_FAILED, j->f, &j->o);
	pthread_mutex_unlock(&b->mutex);
}

static void *
work(void *arg)
{
	struct build *b = arg;

	for (;;) {
		struct job *j = NULL;

		pthread_mutex_lock(&b->mutex);
		if (b->next < b->njobs && os_interrupted() == 0) {
			j = &b->jobs[b->next++];
			j->begun = true;
			tell(b, BUILD_START, j->f, NULL);
		}
		pthread_mutex_unlock(&b->mutex);
		if (!j)
			return NULL;
		compile_one(b, j);
	}
}

static void
compile_all(struct build *b)
{
	pthread_t threads[MAX_THREADS];
	unsigned want = b->opt->jobs > 0 ? b->opt->jobs : os_cores(), n = 0;

	b->how = (struct compile){ .p = b->p, .opt = b->opt };
	if (inputs_shrinks(b->opt) && b->njobs > 0) {
		b->how.wasm_opt = b->around.wasm_opt;
		if (!b->how.wasm_opt)
			note(b,
			    "wasm-opt is not installed, so modules are "
			    "not optimised (apt-get install binaryen)");
	}
	if (want > b->njobs)
		want = (unsigned)b->njobs;
	if (want > MAX_THREADS)
		want = MAX_THREADS;
	/* This thread is one of them. */
	while (n + 1 < want && pthread_create(&threads[n], NULL, work, b) == 0)
		n++;
	work(b);
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

/* ---- after ---- */

/* Compilers that write down what they fetched change an input themselves. */
static bool
is_lock_file(struct str path)
{
	static const char *const names[] = { "Cargo.lock", "go.sum",
		"package-lock.json" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (str_ends(path, names[i]))
			return true;
	return false;
}

/* Take the compiler's own changes of inputs into them. */
static void
take_lock_files(struct build *b, struct job *j)
{
	struct inputs again = { 0 }, out = { 0 };
	struct err ignored = ERR;

	if (inputs_of(&b->around, j->f, true, &again, &ignored) < 0)
		return;
	for (size_t i = 0; i < j->inputs.n; i++)
		if (j->inputs.v[i].kind != INPUT_SOURCE ||
		    !is_lock_file(j->inputs.v[i].name))
			inputs_add(b->state.arena, &out, j->inputs.v[i].kind,
			    j->inputs.v[i].name, j->inputs.v[i].value);
	for (size_t i = 0; i < again.n; i++)
		if (again.v[i].kind == INPUT_SOURCE &&
		    is_lock_file(again.v[i].name))
			inputs_add(b->state.arena, &out, again.v[i].kind,
			    again.v[i].name, again.v[i].value);
	inputs_sort(&out);
	j->inputs = out;
}

static void
take_diags(struct build *b, const struct diags *from)
{
	for (size_t i = 0; i < diags_count(from); i++) {
		const struct diag *d = diags_at(from, i);
		struct diag *copy;

		if (d->rule->level == DIAG_NOTE)
			continue;
		copy = diags_add(b->ds, d->rule, d->file, d->at, d->width,
		    STR_F, STR_A(d->text));
		if (copy && d->repair.n > 0)
			diags_repair(b->ds, copy, STR_F, STR_A(d->repair));
	}
}

/* Problems of the whole, but for remarks: those are for `subo check`. */
static void
check(struct build *b)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();

	project_check(b->p, ds);
	take_diags(b, ds);
}

static void
take_outcome(struct build *b, struct job *j)
{
	struct made m = { .ok = j->o.result == 0, .digest = j->o.digest };

	if (!j->begun || j->o.err.kind == ERR_SIGNAL)
		return; /* as if it had not been tried */
	take_diags(b, j->o.ds);
	take_lock_files(b, j);
	m.name = str_of(project_label(b->state.arena, &j->f->info));
	m.out = state_relative(&b->state, j->f->wasm);
	m.inputs = j->inputs;
	state_put_made(&b->state, &m);
	if (m.ok) {
		b->res->built++;
		state_wrote(&b->state, j->f->wasm, &m.digest);
	} else {
		count_failure(b, &j->o.err);
	}
}

static int
take_all(struct build *b, struct err *e)
{
	for (size_t i = 0; i < b->njobs; i++) {
		take_outcome(b, &b->jobs[i]);
		if (b->jobs[i].begun)
			outcome_free(&b->jobs[i].o);
	}
	if (os_check_interrupt(e) < 0)
		return -1;
	if (b->res->failed == 0)
		return 0;
	if (b->refused.kind != ERR_NONE) {
		*e = b->refused;
		return err_wrap(e, "%zu of %zu functions not built",
		    b->res->failed, b->res->selected);
	}
	return err_set(e, ERR_FAILED, "%zu of %zu functions %s not built",
	    b->res->failed, b->res->selected,
	    b->res->failed == 1 ? "was" : "were");
}

static int
bundle(struct build *b, struct err *e)
{
	if (is_partial(b))
		return 0;
	if (!b->opt->no_bundle)
		check(b);
	if (diags_errors(b->ds) > 0)
		return err_set(e, ERR_FAILED,
		    "%zu problem%s; no bundle was made", diags_errors(b->ds),
		    diags_errors(b->ds) == 1 ? "" : "s");
	if (b->opt->no_bundle)
		return 0;
	return ship(&b->around, b->ds, b->res, e);
}

/* What was built stays known, however the rest went. */
static int
save(struct build *b, int r, struct err *e)
{
	struct err ignored = ERR;

	return state_save(&b->state, r < 0 ? &ignored : e) < 0 ? -1 : r;
}

static int
run(struct build *b, struct err *e)
{
	CLEANUP(lock_drop) int lock = -1;

	if (read_langs(b, e) < 0 || lock_folder(b->p, e) < 0)
		return -1;
	if (lock_take(&lock, b->p, b->opt->note, b->opt->arg, e) < 0 ||
	    run_make(b, e) < 0)
		return -1;
	state_load(&b->state, b->p->root);
	b->state.partial = is_partial(b);
	if (surroundings_fill(&b->around, b->p, b->opt, &b->state, e) < 0 ||
	    look(b, e) < 0)
		return -1;
	compile_all(b);
	if (take_all(b, e) == 0)
		return save(b, bundle(b, e), e);
	/* Tell what else is wrong in the same run. */
	if (b->res->failed > 0 && e->kind != ERR_SIGNAL && !is_partial(b) &&
	    !b->opt->no_bundle)
		check(b);
	return save(b, -1, e);
}

int
project_build(struct project *p, const struct build_options *opt,
    struct diags *ds, struct build_result *res, struct err *e)
{
	struct build b = { .p = p, .opt = opt, .ds = ds, .res = res };
	uint64_t start = os_now_ns();
	int r;

	*res = (struct build_result){ 0 };
	pthread_mutex_init(&b.mutex, NULL);
	r = run(&b, e);
	pthread_mutex_destroy(&b.mutex);
	state_free(&b.state);
	p->listed_ns = 0; /* the next one looks again */
	res->wall_ns = os_now_ns() - start;
	return r;
}
