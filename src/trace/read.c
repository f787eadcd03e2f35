/* SPDX-License-Identifier: Apache-2.0 */
/* What was recorded, as trees: subo-json(5), "trace". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trace/parts.h"

/* ---- records ---- */

uint8_t
read_kind(struct reader *r)
{
	uint8_t kind;

	if (r->rest.n == 0 || r->bad)
		return 0;
	kind = (uint8_t)r->rest.p[0];
	r->rest = str_from(r->rest, 1);
	return kind;
}

static const char *
take(struct reader *r, size_t n)
{
	const char *p = r->rest.p;

	if (n > r->rest.n) {
		r->bad = true;
		r->rest.n = 0;
		return NULL;
	}
	r->rest = str_from(r->rest, n);
	return p;
}

uint64_t
read_num(struct reader *r)
{
	const char *p = take(r, sizeof(uint64_t));
	uint64_t v = 0;

	if (p)
		memcpy(&v, p, sizeof(v));
	return v;
}

struct str
read_text(struct reader *r, size_t *full)
{
	struct str s;

	*full = read_num(r);
	s.n = read_num(r);
	s.p = take(r, s.n);
	return s.p ? s : STR("");
}

/* A short one, of which nothing is ever cut away. */
static struct str
read_name(struct reader *r)
{
	size_t full;

	return read_text(r, &full);
}

/* ---- values ---- */

static struct tree *
text_tree(struct arena *a, struct str s, size_t full)
{
	CLEANUP(buf_free) struct buf code = BUF(SIZE_MAX / 2);
	struct tree *t;
	size_t at;
	bool utf8 = str_utf8(s, &at);

	/* What was cut within a character is still text. */
	if (!utf8 && full > s.n && s.n - at < 4) {
		s.n = at;
		utf8 = true;
	}
	if (utf8 && full == s.n)
		return tree_new_text(a, s);
	t = tree_map(a);
	if (utf8) {
		tree_put_text(a, t, "text", s);
	} else {
		buf_add_base64(&code, s);
		tree_put_text(a, t, "base64", buf_str(&code));
	}
	if (full > s.n)
		tree_put_bool(a, t, "cut", true);
	tree_put_int(a, t, "bytes", (int64_t)full);
	return t;
}

static void
put_value(struct reader *r, struct arena *a, struct tree *t, const char *key)
{
	size_t full;
	struct str s = read_text(r, &full);

	tree_put(a, t, key, text_tree(a, s, full));
}

static void
put_name(struct reader *r, struct arena *a, struct tree *t, const char *key)
{
	struct str s = read_name(r);

	if (s.n > 0)
		tree_put_text(a, t, key, s);
}

static struct tree *
read_pairs(struct reader *r, struct arena *a)
{
	struct tree *t = tree_map(a);
	uint64_t n = read_num(r);

	for (uint64_t i = 0; i < n && !r->bad; i++) {
		struct str key = read_name(r);

		put_value(r, a, t, arena_cstr(a, key));
	}
	return t;
}

static void
put_ms(struct arena *a, struct tree *t, const char *key, uint64_t ns)
{
	tree_put(a, t, key, tree_new_real(a, (double)(ns / 1000) / 1000.0));
}

static uint64_t
since(uint64_t ns, uint64_t start_ns)
{
	return ns > start_ns ? ns - start_ns : 0;
}

static void
put_hex(struct arena *a, struct tree *t, const char *key, const uint8_t *p,
    size_t n)
{
	char *text = arena_take(a, 2 * n + 1);

	for (size_t i = 0; i < n; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", p[i]);
	tree_put_text(a, t, key, str_of(text));
}

static struct str
time_text(struct arena *a, int64_t unix_ms)
{
	time_t s = (time_t)(unix_ms / 1000);
	struct tm tm;

	gmtime_r(&s, &tm);
	return str_of(arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, (int)(unix_ms % 1000)));
}

/* ---- the beginning and the end of a run ---- */

static const char *const kinds[] = { "request", "message", "schedule" };

static void
put_context(struct reader *r, struct arena *a, struct tree *t)
{
	bool has = read_num(r) != 0;
	const char *p = take(r, sizeof(struct trace_context));
	struct trace_context c;

	if (!has || !p)
		return;
	memcpy(&c, p, sizeof(c));
	put_hex(a, t, "traceId", c.trace_id, 16);
	put_hex(a, t, "spanId", c.span_id, 8);
	if (c.has_parent)
		put_hex(a, t, "parentId", c.parent_id, 8);
}

static void
read_begin(struct reader *r, struct arena *a, struct tree *t, bool whole)
{
	uint64_t kind = read_num(r);
	struct tree *came;

	put_name(r, a, t, "id");
	tree_put_text(
	    a, t, "kind", str_of(kinds[kind < COUNT(kinds) ? kind : 0]));
	put_name(r, a, t, "app");
	put_name(r, a, t, "digest");
	put_name(r, a, t, "flow");
	put_name(r, a, t, "name");
	put_name(r, a, t, "method");
	put_name(r, a, t, "url");
	put_name(r, a, t, "peer");
	put_name(r, a, t, "rerunOf");
	if (!whole)
		return;
	put_context(r, a, t);
	came = tree_put(a, t, "request", tree_map(a));
	tree_put(a, came, "headers", read_pairs(r, a));
	tree_put(a, came, "params", read_pairs(r, a));
	tree_put(a, came, "state", read_pairs(r, a));
	put_value(r, a, came, "body");
}

static void
read_end(struct reader *r, struct arena *a, struct tree *t)
{
	struct tree *answer = tree_put(a, t, "response", tree_map(a));
	uint64_t fuel;

	(void)read_num(r);
	put_name(r, a, answer, "contentType");
	tree_put(a, answer, "headers", read_pairs(r, a));
	tree_put(a, answer, "state", read_pairs(r, a));
	put_name(r, a, t, "error");
	put_name(r, a, t, "failedFn");
	fuel = read_num(r);
	if (fuel > 0)
		tree_put_int(a, t, "fuel", (int64_t)fuel);
	put_value(r, a, answer, "body");
}

/* ---- steps ---- */

struct steps {
	struct arena *a;
	const struct trace_run *run;
	struct tree *list;
	struct tree **by_id;
	size_t n;
};

/* Those that were skipped have numbers far from the others'. */
static struct tree *
step_of(struct steps *s, uint64_t id)
{
	if (id < s->n)
		return s->by_id[id];
	for (size_t i = s->list->nitems; i > 0; i--) {
		struct tree *t = s->list->items[i - 1];

		if ((uint64_t)tree_get(t, "id")->num == id)
			return t;
	}
	return NULL;
}

static void
read_step(struct reader *r, struct steps *s)
{
	struct tree *t = tree_add(s->a, s->list, tree_map(s->a));
	uint64_t id = read_num(r), start;

	tree_put_int(s->a, t, "id", (int64_t)id);
	put_name(r, s->a, t, "fn");
	put_name(r, s->a, t, "key");
	tree_put_int(s->a, t, "step", (int64_t)read_num(r));
	tree_put_int(s->a, t, "call", (int64_t)read_num(r));
	tree_put_int(s->a, t, "depth", (int64_t)read_num(r));
	tree_put_int(s->a, t, "attempt", (int64_t)read_num(r));
	start = read_num(r);
	put_ms(s->a, t, "startMs", since(start, s->run->start_ns));
	put_value(r, s->a, t, "input");
	if (id < s->n)
		s->by_id[id] = t;
}

static void
read_step_end(struct reader *r, struct steps *s)
{
	struct tree *t = step_of(s, read_num(r)), *start;
	uint64_t end = read_num(r), fuel = read_num(r), memory = read_num(r);
	uint64_t how = read_num(r);
	int64_t code = (int64_t)read_num(r);

	if (!t)
		t = tree_map(s->a);
	start = tree_get(t, "startMs");
	put_ms(s->a, t, "ms",
	    since(end,
		s->run->start_ns +
		    (uint64_t)((start ? start->real : 0) * 1e6)));
	if (fuel > 0)
		tree_put_int(s->a, t, "fuel", (int64_t)fuel);
	if (memory > 0)
		tree_put_int(s->a, t, "memoryBytes", (int64_t)memory);
	if (how & 1)
		tree_put_bool(s->a, t, "skipped", true);
	if (how & 2)
		tree_put_bool(s->a, t, "failed", true);
	if (code != 0)
		tree_put_int(s->a, t, "code", code);
	put_name(r, s->a, t, "error");
	put_name(r, s->a, t, "trace");
	put_value(r, s->a, t, "output");
}

static struct tree *
list_of(struct steps *s, uint64_t id, const char *key)
{
	struct tree *t = step_of(s, id), *list;

	if (!t)
		t = tree_map(s->a);
	list = tree_get(t, key);
	return list ? list : tree_put(s->a, t, key, tree_list(s->a));
}

static void
read_log(struct reader *r, struct steps *s)
{
	static const char *const levels[] = { "info", "error", "warn", "info",
		"debug" };
	struct tree *list = list_of(s, read_num(r), "logs");
	struct tree *t = tree_add(s->a, list, tree_map(s->a));
	uint64_t level = read_num(r), at = read_num(r);

	tree_put_text(s->a, t, "level", str_of(levels[level < 5 ? level : 0]));
	put_ms(s->a, t, "atMs", since(at, s->run->start_ns));
	put_value(r, s->a, t, "text");
}

static void
read_call(struct reader *r, struct steps *s)
{
	struct tree *list = list_of(s, read_num(r), "calls");
	struct tree *t = tree_add(s->a, list, tree_map(s->a));
	uint64_t start, end;

	put_name(r, s->a, t, "what");
	put_name(r, s->a, t, "method");
	put_name(r, s->a, t, "url");
	put_value(r, s->a, t, "body");
	start = read_num(r);
	end = read_num(r);
	put_ms(s->a, t, "startMs", since(start, s->run->start_ns));
	put_ms(s->a, t, "ms", since(end, start));
	tree_put_int(s->a, t, "status", (int64_t)read_num(r));
	put_name(r, s->a, t, "error");
	tree_put_int(s->a, t, "answerBytes", (int64_t)read_num(r));
}

/* ---- runs ---- */

static void
put_figures(struct arena *a, struct tree *t, const struct trace_run *r)
{
	tree_put_int(a, t, "status", r->status);
	tree_put_text(a, t, "start", time_text(a, r->start_unix_ms));
	put_ms(a, t, "ms", since(r->end_ns, r->start_ns));
}

/* The end record is the last one. */
static void
put_error(struct arena *a, struct tree *t, const struct trace_run *r)
{
	struct tree *all = run_tree(a, r), *error = tree_get(all, "error");

	if (error)
		tree_put_text(a, t, "error", error->text);
}

struct tree *
run_summary(struct arena *a, const struct trace_run *run)
{
	struct reader r = { .rest = buf_str(&run->data) };
	struct tree *t = tree_map(a);

	tree_put_int(a, t, "number", (int64_t)run->number);
	if (read_kind(&r) == RECORD_BEGIN)
		read_begin(&r, a, t, false);
	put_figures(a, t, run);
	tree_put_int(a, t, "steps", run->nsteps);
	if (run->status == 0 || run->status >= 400)
		put_error(a, t, run);
	return t;
}

struct tree *
run_tree(struct arena *a, const struct trace_run *run)
{
	struct reader r = { .rest = buf_str(&run->data) };
	struct tree *t = tree_map(a);
	struct steps s = { .a = a, .run = run, .n = run->nsteps + 2 };
	uint8_t kind;

	s.by_id = arena_take(a, s.n * sizeof(struct tree *));
	s.list = tree_list(a);
	tree_put_int(a, t, "number", (int64_t)run->number);
	while ((kind = read_kind(&r)) != 0) {
		if (kind == RECORD_BEGIN)
			read_begin(&r, a, t, true);
		else if (kind == RECORD_STEP)
			read_step(&r, &s);
		else if (kind == RECORD_STEP_END)
			read_step_end(&r, &s);
		else if (kind == RECORD_LOG)
			read_log(&r, &s);
		else if (kind == RECORD_CALL)
			read_call(&r, &s);
		else
			read_end(&r, a, t);
	}
	put_figures(a, t, run);
	tree_put(a, t, "steps", s.list);
	if (run->nlost > 0)
		tree_put_int(a, t, "lost", run->nlost);
	return t;
}

bool
run_fits(const struct trace_run *run, const struct trace_filter *f)
{
	struct reader r = { .rest = buf_str(&run->data) };
	struct str id, name, url;
	size_t at;

	if (run->number <= f->after || run->status < f->min_status)
		return false;
	if (f->id.n == 0 && f->path.n == 0)
		return true;
	(void)read_kind(&r);
	(void)read_num(&r);
	id = read_name(&r);
	for (int i = 0; i < 3; i++)
		(void)read_name(&r);
	name = read_name(&r);
	(void)read_name(&r);
	url = read_name(&r);
	if (f->id.n > 0 && !str_eq(id, f->id))
		return false;
	return f->path.n == 0 || str_find(name, f->path, &at) ||
	    str_find(url, f->path, &at);
}

/* ---- the rings ---- */

struct gather {
	struct arena *a;
	const struct trace_filter *f;
	struct tree **v;
	size_t n, cap;
};

static int64_t
number_of(const struct tree *t)
{
	return tree_get(t, "number")->num;
}

static int
by_number(const void *a, const void *b)
{
	struct tree *const *x = a, *const *y = b;
	int64_t p = number_of(*x), q = number_of(*y);

	return p < q ? -1 : p > q;
}

static void
gather(struct gather *g, struct ring *ring)
{
	pthread_mutex_lock(&ring->lock);
	for (struct trace_run *r = ring->first; r; r = r->next) {
		if (!run_fits(r, g->f))
			continue;
		g->v = arena_grow(
		    g->a, g->v, g->n, &g->cap, sizeof(struct tree *));
		g->v[g->n++] = run_summary(g->a, r);
	}
	pthread_mutex_unlock(&ring->lock);
}

/* Rings are only ever added, at the front. */
static struct ring *
rings_of(struct trace *t)
{
	struct ring *g;

	pthread_mutex_lock(&t->lock);
	g = t->rings;
	pthread_mutex_unlock(&t->lock);
	return g;
}

struct tree *
trace_list(struct trace *t, struct arena *a, const struct trace_filter *f)
{
	struct gather g = { .a = a, .f = f };
	struct tree *list = tree_list(a);
	size_t from = 0;

	for (struct ring *x = rings_of(t); x; x = x->next)
		gather(&g, x);
	if (g.n > 0)
		qsort(g.v, g.n, sizeof(struct tree *), by_number);
	if (f->most > 0 && g.n > f->most)
		from = g.n - f->most;
	for (size_t i = from; i < g.n; i++)
		tree_add(a, list, g.v[i]);
	return list;
}

struct tree *
trace_show(struct trace *t, struct arena *a, uint64_t number, struct str id)
{
	struct trace_filter f = { .id = number ? STR("") : id };
	struct tree *found = NULL;

	if (number == 0 && id.n == 0)
		return NULL;
	for (struct ring *x = rings_of(t); x; x = x->next) {
		pthread_mutex_lock(&x->lock);
		for (struct trace_run *r = x->first; r; r = r->next)
			if ((number == 0 || r->number == number) &&
			    run_fits(r, &f))
				found = run_tree(a, r);
		pthread_mutex_unlock(&x->lock);
	}
	return found;
}
