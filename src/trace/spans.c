/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run as spans: one of the server, one for each try of a function, one for
 * each outbound call.  OTLP 1.x, the JSON form of its protocol buffers: ids in
 * hex, 64-bit numbers as text.  Names after the semantic conventions of HTTP.
 */
#include <string.h>

#include "trace/spans.h"

enum { INTERNAL = 1, SERVER = 2, CLIENT = 3 };

struct span {
	struct arena *a;
	struct tree *t, *attributes;
};

static int64_t
num(const struct tree *t, const char *key)
{
	const struct tree *v = tree_get(t, key);

	return v ? v->num : 0;
}

static uint64_t
ns_of(const struct tree *t, const char *key)
{
	const struct tree *v = tree_get(t, key);

	return v ? (uint64_t)(v->real * 1e6) : 0;
}

/* The text of a recorded value, or of what is kept of it. */
static struct str
value_of(const struct tree *t)
{
	if (!t)
		return STR("");
	return t->kind == TREE_MAP ? tree_text(t, "text") : t->text;
}

static void
add(struct span *s, const char *key, const char *type, struct tree *v)
{
	struct tree *x = tree_add(s->a, s->attributes, tree_map(s->a)), *y;

	tree_put_text(s->a, x, "key", str_of(key));
	y = tree_put(s->a, x, "value", tree_map(s->a));
	tree_put(s->a, y, type, v);
}

static void
add_text(struct span *s, const char *key, struct str v)
{
	if (v.n > 0)
		add(s, key, "stringValue", tree_new_text(s->a, v));
}

static void
add_int(struct span *s, const char *key, int64_t v)
{
	if (v != 0)
		add(s, key, "intValue",
		    tree_new_text(s->a,
			str_of(arena_printf(s->a, "%lld", (long long)v))));
}

static void
put_time(struct span *s, const char *key, uint64_t ns)
{
	tree_put_text(s->a, s->t, key,
	    str_of(arena_printf(s->a, "%llu", (unsigned long long)ns)));
}

static struct str
new_id(struct arena *a)
{
	struct trace_context c;
	char text[56];

	trace_context_take(&c, STR(""));
	trace_context_text(&c, text);
	return arena_copy(a, (struct str){ text + 36, 16 });
}

static struct span
span_new(struct tree *list, struct arena *a, struct str trace_id,
    struct str parent, struct str id, struct str name, int kind)
{
	struct span s = { .a = a, .t = tree_add(a, list, tree_map(a)) };

	tree_put_text(a, s.t, "traceId", trace_id);
	tree_put_text(a, s.t, "spanId", id);
	if (parent.n > 0)
		tree_put_text(a, s.t, "parentSpanId", parent);
	tree_put_text(a, s.t, "name", name);
	tree_put_int(a, s.t, "kind", kind);
	s.attributes = tree_put(a, s.t, "attributes", tree_list(a));
	return s;
}

static void
put_status(struct span *s, bool failed, struct str why)
{
	struct tree *t;

	if (!failed)
		return;
	t = tree_put(s->a, s->t, "status", tree_map(s->a));
	tree_put_int(s->a, t, "code", 2);
	if (why.n > 0)
		tree_put_text(s->a, t, "message", why);
}

static void
add_calls(struct tree *list, struct arena *a, const struct tree *step,
    struct str trace_id, struct str parent, uint64_t start_ns)
{
	const struct tree *calls = tree_get(step, "calls");

	for (size_t i = 0; calls && i < calls->nitems; i++) {
		const struct tree *c = calls->items[i];
		struct str what = tree_text(c, "what"),
			   method = tree_text(c, "method");
		uint64_t from = start_ns + ns_of(c, "startMs");
		struct span s = span_new(list, a, trace_id, parent, new_id(a),
		    method.n > 0 ? method : what, CLIENT);
		bool http = str_is(what, "http") || str_is(what, "graphql");

		put_time(&s, "startTimeUnixNano", from);
		put_time(&s, "endTimeUnixNano", from + ns_of(c, "ms"));
		add_text(&s, http ? "url.full" : "db.query.summary",
		    tree_text(c, "url"));
		if (http)
			add_text(&s, "http.request.method", method);
		if (http)
			add_int(
			    &s, "http.response.status_code", num(c, "status"));
		put_status(&s,
		    num(c, "status") == 0 || (http && num(c, "status") >= 400),
		    tree_text(c, "error"));
	}
}

static void
add_events(struct span *s, const struct tree *step, uint64_t start_ns)
{
	const struct tree *logs = tree_get(step, "logs");
	struct tree *events;

	if (!logs)
		return;
	events = tree_put(s->a, s->t, "events", tree_list(s->a));
	for (size_t i = 0; i < logs->nitems; i++) {
		const struct tree *l = logs->items[i];
		struct span e = { .a = s->a,
			.t = tree_add(s->a, events, tree_map(s->a)) };

		put_time(&e, "timeUnixNano", start_ns + ns_of(l, "atMs"));
		tree_put_text(s->a, e.t, "name", STR("log"));
		e.attributes =
		    tree_put(s->a, e.t, "attributes", tree_list(s->a));
		add_text(&e, "log.severity", tree_text(l, "level"));
		add_text(&e, "log.message", value_of(tree_get(l, "text")));
	}
}

static void
add_step(struct tree *list, struct arena *a, const struct tree *step,
    struct str trace_id, struct str parent, uint64_t start_ns)
{
	uint64_t from = start_ns + ns_of(step, "startMs");
	struct str id = new_id(a);
	struct span s = span_new(
	    list, a, trace_id, parent, id, tree_text(step, "fn"), INTERNAL);

	put_time(&s, "startTimeUnixNano", from);
	put_time(&s, "endTimeUnixNano", from + ns_of(step, "ms"));
	add_text(&s, "code.function.name", tree_text(step, "fn"));
	add_text(&s, "subo.state.key", tree_text(step, "key"));
	add_int(&s, "subo.attempt", num(step, "attempt"));
	add_int(&s, "subo.fuel", num(step, "fuel"));
	add_int(&s, "subo.error.code", num(step, "code"));
	put_status(&s, num(step, "failed") != 0, tree_text(step, "error"));
	add_events(&s, step, start_ns);
	add_calls(list, a, step, trace_id, id, start_ns);
}

void
spans_add(struct tree *list, struct arena *a, const struct trace_run *r)
{
	uint64_t start_ns = (uint64_t)r->start_unix_ms * 1000000u;
	struct tree *t = run_tree(a, r), *steps = tree_get(t, "steps");
	struct str trace_id = tree_text(t, "traceId"),
		   id = tree_text(t, "spanId"), url = tree_text(t, "url"), path,
		   method = tree_text(t, "method");
	struct span s;

	if (trace_id.n == 0) {
		trace_id = str_of(arena_printf(
		    a, STR_F STR_F, STR_A(new_id(a)), STR_A(new_id(a))));
		id = new_id(a);
	}
	s = span_new(list, a, trace_id, tree_text(t, "parentId"), id,
	    str_of(arena_printf(a, STR_F " " STR_F, STR_A(method),
		STR_A(tree_text(t, "name")))),
	    str_is(tree_text(t, "kind"), "request") ? SERVER : INTERNAL);
	put_time(&s, "startTimeUnixNano", start_ns);
	put_time(&s, "endTimeUnixNano", start_ns + (r->end_ns - r->start_ns));
	str_cut(&url, '?', &path);
	add_text(&s, "http.request.method", method);
	add_text(&s, "url.path", path);
	add_text(&s, "url.query", url);
	add_text(&s, "http.route", tree_text(t, "name"));
	add_text(&s, "client.address", tree_text(t, "peer"));
	add_text(&s, "subo.app", tree_text(t, "app"));
	add_text(&s, "subo.request.id", tree_text(t, "id"));
	add_int(&s, "http.response.status_code", r->status);
	put_status(
	    &s, r->status == 0 || r->status >= 500, tree_text(t, "error"));
	for (size_t i = 0; i < steps->nitems; i++)
		if (num(steps->items[i], "skipped") == 0)
			add_step(
			    list, a, steps->items[i], trace_id, id, start_ns);
}
