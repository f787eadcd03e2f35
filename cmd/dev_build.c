/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rounds: build, swap.  Each has a thread of its own, one at a time; what
 * changes meanwhile is for the next.
 */
#include <stdio.h>
#include <string.h>

#include "build_show.h"
#include "dev_parts.h"
#include "os/os.h"

#define MAX_PENDING (64u << 10)
#define MAX_PROBLEM 400u

/* ---- what is wrong, in a line ---- */

static void
add_line(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n && out->n < MAX_PROBLEM; i++) {
		unsigned char c = (unsigned char)s.p[i];

		buf_addc(out, c < ' ' || c > '~' ? '?' : (char)c);
	}
}

/* The first line of a compiler's that speaks of an error. */
static struct str
telling_line(struct str log)
{
	struct str line, first = { 0 };
	size_t at;

	while (str_cut(&log, '\n', &line) || line.n > 0) {
		if (str_find(line, STR("error"), &at))
			return str_trim(line);
		if (first.n == 0)
			first = str_trim(line);
	}
	return first;
}

static void
note_failure(struct dev_round *r, const struct project_function *f,
    struct str log, const struct err *why)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX_PROBLEM + 1);
	struct str line = telling_line(log);

	if (r->problem)
		return;
	add_line(&text, f->info.name);
	buf_addf(&text, ": ");
	add_line(&text, line.n > 0 ? line : str_of(why->text));
	r->problem = arena_cstr(r->arena, buf_str(&text));
}

static void
note_end(struct dev_round *r, const struct diags *ds, const struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX_PROBLEM + 1);

	for (size_t i = 0; i < diags_count(ds) && !r->problem; i++) {
		const struct diag *d = diags_at(ds, i);

		if (d->rule->level != DIAG_ERROR)
			continue;
		add_line(&text, d->file);
		buf_addf(&text, ":%u:%u: ", d->at.line, d->at.col);
		add_line(&text, d->text);
		r->problem = arena_cstr(r->arena, buf_str(&text));
	}
	if (r->problem)
		return;
	add_line(&text, str_of(e->text));
	r->problem = arena_cstr(r->arena, buf_str(&text));
}

/* ---- building ---- */

struct teller {
	struct dev_round *r;
	struct build_show show;
};

static void
add_function(struct dev_round *r, const struct project_function *f, bool failed,
    uint64_t wall_ns, struct str log)
{
	struct arena *a = r->arena;
	struct tree *t = tree_add(a, r->functions, tree_map(a));

	tree_put_text(a, t, "name", f->info.name);
	tree_put_text(a, t, "ns", f->info.ns);
	tree_put_text(a, t, "outcome", failed ? STR("failed") : STR("built"));
	tree_put(a, t, "ms", tree_new_real(a, (double)wall_ns / 1e6));
	tree_put_text(a, t, "log", log);
}

/* Failures as `subo build` tells them, the rest in the one line at the end. */
static void
on_tell(void *arg, enum build_what what, const struct project_function *f,
    uint64_t wall_ns, struct str log, const struct err *why)
{
	struct teller *t = arg;
	struct dev_round *r = t->r;

	if (what == BUILD_FAILED)
		note_failure(r, f, log, why);
	if (what == BUILD_DONE && r->nbuilt++ < 5)
		buf_addf(&r->built, "%s" STR_F, r->nbuilt > 1 ? ", " : "",
		    STR_A(f->info.name));
	if (what == BUILD_DONE || what == BUILD_FAILED)
		add_function(r, f, what == BUILD_FAILED, wall_ns, log);
	if (what == BUILD_DONE) {
		t->show.done++;
		return;
	}
	dev_talk(r->d);
	build_show_tell(&t->show, what, f, wall_ns, log, why);
	dev_talked(r->d);
}

static void
on_note(void *arg, const char *text)
{
	struct teller *t = arg;

	dev_talk(t->r->d);
	build_show_note(&t->show, text);
	dev_talked(t->r->d);
}

static void
take_outputs(struct dev_round *r, const struct project *p)
{
	size_t nroot = strlen(project_root(p)) + 1, cap = 0;

	for (size_t i = 0; i < project_count(p); i++) {
		r->outputs = arena_grow(r->arena, r->outputs, r->noutputs, &cap,
		    sizeof(*r->outputs));
		r->outputs[r->noutputs++] = arena_cstr(
		    r->arena, str_of(project_at(p, i)->wasm + nroot));
	}
}

static int
build_project(struct dev_round *r, struct project *p, struct diags *ds,
    struct build_result *res, struct err *e)
{
	const struct dev_flags *flags = r->d->flags;
	struct toolchain_env env = { 0 };
	struct teller t = { .r = r,
		.show = { .arena = r->arena, .p = p, .res = res } };
	struct build_options how = { .env = &env,
		.unsynced = true,
		.self = world_self(),
		.jobs = flags->jobs > 1024 ? 1024 : (unsigned)flags->jobs,
		.release = flags->release,
		.tell = on_tell,
		.note = on_note,
		.arg = &t };

	if (build_epoch(&how.epoch_s, e) < 0 ||
	    world_toolchain(&env, r->arena, e) < 0)
		return -1;
	how.environ = env.env;
	t.show.lines = arena_take(
	    r->arena, (project_count(p) + 1) * sizeof(*t.show.lines));
	return project_build(p, &how, ds, res, e);
}

static int
build_and_swap(struct dev_round *r, struct diags *ds, struct err *e)
{
	CLEANUP(project_free) struct project *p = NULL;
	struct build_result res = { 0 };
	int rc;

	if (project_open(&p, r->d->root, ds, e) < 0)
		return -1;
	take_outputs(r, p);
	rc = build_project(r, p, ds, &res, e);
	r->build_ns = os_now_ns() - r->begin_ns;
	return rc < 0 ? rc : dev_swap(r, p, &res, e);
}

static void
tell_failure(struct dev_round *r, struct diags *ds, const struct err *e)
{
	struct dev *d = r->d;

	note_end(r, ds, e);
	dev_talk(d);
	ui_progress(NULL);
	if (!cmd_common()->json)
		ui_diags(ds);
	ui_warn("%s", e->text);
	if (e->hint[0] != '\0')
		fprintf(stderr, "  try: %s\n", e->hint);
	dev_talked(d);
}

/* ---- the thread ---- */

static void round_over(void *arg);

static void *
run_round(void *arg)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct dev_round *r = arg;
	struct dev *d = r->d;
	struct err e = ERR;

	r->failed = build_and_swap(r, ds, &e) < 0;
	if (r->failed && e.kind != ERR_SIGNAL)
		tell_failure(r, ds, &e);
	r->problems = ui_diags_json(r->arena, ds);
	loop_post(d->loop, round_over, r);
	return NULL;
}

static void
free_round(struct dev_round *r)
{
	struct arena *a = r->arena;

	buf_free(&r->built);
	arena_free(&a);
}

/* Those who look at the page, those who look at answers, and the next. */
static void
show_problem(struct dev *d, struct dev_round *r)
{
	const char *problem = r->failed ? r->problem : NULL;
	struct str s = str_of(problem);

	r->mended = !r->failed && d->problem;
	pthread_mutex_lock(&d->lock);
	mem_free(d->problem);
	d->problem = NULL;
	if (problem) {
		d->problem = mem_take(s.n + 1);
		memcpy(d->problem, s.p, s.n);
	}
	pthread_mutex_unlock(&d->lock);
	serve_set_note(d->serve, problem);
	studio_note(d->studio, problem);
}

static void begin_round(struct dev *d);

static void
join(struct dev *d)
{
	if (!d->building)
		return;
	pthread_join(d->builder, NULL);
	d->building = false;
	loop_release(d->loop);
}

/* Also when the loop is freed: then only to be cleared away. */
static void
round_over(void *arg)
{
	struct dev_round *r = arg;
	struct dev *d = r->d;
	bool swapped = r->swapped;

	join(d);
	if (d->ending) {
		free_round(r);
		return;
	}
	show_problem(d, r);
	dev_tell_round(d, r);
	if (r->noutputs > 0) {
		arena_free(&d->outputs_arena);
		d->outputs = r->outputs;
		d->noutputs = r->noutputs;
		d->outputs_arena = r->arena;
		r->arena = arena_new();
	}
	free_round(r);
	if (d->pending_any)
		begin_round(d);
	if (swapped || d->cases_changed)
		dev_test(d, false);
}

static void
begin_round(struct dev *d)
{
	struct arena *a = arena_new();
	struct dev_round *r = arena_take(a, sizeof(*r));

	r->d = d;
	r->arena = a;
	r->asked = d->pending_asked;
	r->built = (struct buf)BUF(1000);
	r->functions = tree_list(a);
	r->begin_ns = os_now_ns();
	if (!buf_over(&d->pending))
		r->changed = arena_copy(a, buf_str(&d->pending));
	buf_free(&d->pending);
	d->pending = (struct buf)BUF(MAX_PENDING);
	d->pending_any = d->pending_asked = false;
	if (pthread_create(&d->builder, NULL, run_round, r) != 0) {
		ui_warn("cannot build: no thread can be had");
		free_round(r);
		return;
	}
	d->building = true;
	loop_hold(d->loop);
}

void
dev_build(struct dev *d, struct str changed, bool asked)
{
	if (changed.n == 0)
		d->pending.over = true;
	buf_add(&d->pending, changed);
	d->pending_any = true;
	d->pending_asked = d->pending_asked || asked;
	if (!d->building)
		begin_round(d);
}

void
dev_build_end(struct dev *d)
{
	join(d);
	buf_free(&d->pending);
	arena_free(&d->outputs_arena);
}
