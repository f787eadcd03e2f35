/* SPDX-License-Identifier: Apache-2.0 */
/* A case's `expect`. */

#include "smoke/shape.h"

static struct want_pair *
take_want_pairs(
    struct reader *rd, const struct tree *map, const char *key, size_t *n)
{
	const struct tree *t = tree_get(map, key);
	struct want_pair *v;

	if (!take_map(rd, t, key, NULL))
		return NULL;
	v = arena_take(rd->s->arena, (t->nitems + 1) * sizeof(*v));
	for (size_t i = 0; i < t->nitems; i++) {
		v[i].name = t->items[i]->key->text;
		take_want(rd, t->items[i], "what is expected here", &v[i].want);
		if (v[i].want.snapshot)
			problem(rd, T_VALUE, t->items[i],
			    "only a body can be a snapshot");
	}
	*n = t->nitems;
	return v;
}

/* A scalar is {contains: it}: for texts that stand among others. */
static void
take_part(struct reader *rd, const struct tree *t, struct want_text *w)
{
	w->given = true;
	w->contains = arena_take(rd->s->arena, sizeof(*w->contains));
	w->contains[w->ncontains++] = t->text;
}

static void
take_error(struct reader *rd, const struct tree *t, struct want_error *w)
{
	static const char *const keys[] = { "code", "message", "trap", NULL };
	const struct tree *trap;

	if (!take_map(rd, t, "error", keys))
		return;
	w->given = true;
	w->has_code = tree_get(t, "code") != NULL;
	take_int(rd, t, "code", INT32_MIN, INT32_MAX, &w->code);
	take_want(rd, tree_get(t, "message"), "message", &w->message);
	trap = tree_get(t, "trap");
	if (!trap)
		return;
	if (w->has_code || w->message.given)
		problem(rd, T_TWICE, trap,
		    "an error that a function returned "
		    "has 'code' and 'message'; a trap has neither");
	if (is_scalar(trap))
		take_part(rd, trap, &w->trap);
	else
		take_want(rd, trap, "trap", &w->trap);
}

static void
take_steps(struct reader *rd, const struct tree *t, struct want *w)
{
	if (!take_list(rd, t, "steps"))
		return;
	w->has_steps = true;
	w->steps =
	    arena_take(rd->s->arena, (t->nitems + 1) * sizeof(*w->steps));
	for (size_t i = 0; i < t->nitems; i++) {
		if (is_scalar(t->items[i]))
			w->steps[w->nsteps++] = t->items[i]->text;
		else
			problem(rd, T_SHAPE, t->items[i],
			    "a step is the name of a function or key");
	}
}

static int
take_level(struct reader *rd, const struct tree *t)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };

	for (size_t i = 0; t && i < COUNT(names); i++)
		if (is_scalar(t) && str_is(t->text, names[i]))
			return (int)i + 1;
	if (t)
		problem(
		    rd, T_VALUE, t, "'level' is error, warn, info or debug");
	return 0;
}

static void
take_log(struct reader *rd, const struct tree *t, struct want_log *w)
{
	static const char *const keys[] = { "level", "fn", "exact", "contains",
		"regex", "json", NULL };
	struct tree text;

	if (is_scalar(t)) {
		take_part(rd, t, &w->text);
		return;
	}
	if (!take_map(rd, t, "a line of log", keys))
		return;
	w->level = take_level(rd, tree_get(t, "level"));
	take_text(rd, t, "fn", &w->fn);
	/* The rest is what any text may have. */
	text = *t;
	text.items =
	    arena_take(rd->s->arena, (t->nitems + 1) * sizeof(struct tree *));
	text.nitems = 0;
	for (size_t i = 0; i < t->nitems; i++)
		if (!str_is(t->items[i]->key->text, "level") &&
		    !str_is(t->items[i]->key->text, "fn"))
			text.items[text.nitems++] = t->items[i];
	take_want(rd, &text, "a line of log", &w->text);
}

static void
take_call(struct reader *rd, const struct tree *t, struct want_call *w)
{
	static const char *const keys[] = { "method", "url", "headers", "body",
		"json", "query", "vars", NULL };

	if (!take_map(rd, t, "an outbound call", keys))
		return;
	take_text(rd, t, "method", &w->method);
	take_text(rd, t, "url", &w->url);
	take_text(rd, t, "query", &w->query);
	w->headers = take_want_pairs(rd, t, "headers", &w->nheaders);
	take_want(rd, tree_get(t, "body"), "body", &w->body);
	if (tree_get(t, "json")) {
		w->body.given = true;
		w->body.json = tree_get(t, "json");
	}
	w->vars = tree_get(t, "vars");
	take_list(rd, w->vars, "vars");
	if ((w->url.n > 0) == (w->query.n > 0))
		problem(rd, T_VALUE, t,
		    "an outbound call has either 'url' or "
		    "'query'");
}

static void
take_lists(struct reader *rd, const struct tree *t, struct want *w)
{
	const struct tree *logs = tree_get(t, "logs");
	const struct tree *calls = tree_get(t, "calls");

	if (take_list(rd, logs, "logs")) {
		w->logs = arena_take(
		    rd->s->arena, (logs->nitems + 1) * sizeof(*w->logs));
		w->nlogs = logs->nitems;
		for (size_t i = 0; i < logs->nitems; i++)
			take_log(rd, logs->items[i], &w->logs[i]);
	}
	if (take_list(rd, calls, "calls")) {
		w->has_calls = true;
		w->calls = arena_take(
		    rd->s->arena, (calls->nitems + 1) * sizeof(*w->calls));
		w->ncalls = calls->nitems;
		for (size_t i = 0; i < calls->nitems; i++)
			take_call(rd, calls->items[i], &w->calls[i]);
	}
}

static void
take_ceilings(struct reader *rd, const struct tree *t, struct want *w)
{
	static const char *const keys[] = { "max", NULL };
	const struct tree *fuel = tree_get(t, "fuel");
	const struct tree *time = tree_get(t, "time");
	int64_t max = 0;

	if (fuel && is_scalar(fuel))
		take_int(rd, t, "fuel", 1, INT64_MAX, &max);
	else if (take_map(rd, fuel, "fuel", keys))
		take_int(rd, fuel, "max", 1, INT64_MAX, &max);
	w->fuel_max = (uint64_t)max;
	if (fuel)
		rd->s->fuel = true;
	if (time && is_scalar(time))
		take_ms(rd, t, "time", &w->time_max_ms);
	else if (take_map(rd, time, "time", keys))
		take_ms(rd, time, "max", &w->time_max_ms);
}

void
take_expect(struct reader *rd, const struct tree *t, struct smoke_case *c)
{
	static const char *const keys[] = { "status", "headers", "body", "json",
		"error", "steps", "state", "logs", "calls", "fuel", "time",
		"reply", NULL };
	struct want *w = &c->want;

	if (!take_map(rd, t, "expect", keys))
		return;
	if (t->nitems == 0)
		problem(rd, T_EXPECT, t, "'expect' is empty");
	take_int(rd, t, "status", 100, 599, &w->status);
	take_want(rd, tree_get(t, "body"), "body", &w->body);
	if (w->body.json && tree_get(t, "json"))
		problem(rd, T_TWICE, tree_get(t, "json"),
		    "give one of 'json' and 'body.json'");
	if (tree_get(t, "json")) {
		w->body.given = true;
		w->body.json = tree_get(t, "json");
	}
	if (w->body.unset) { /* `body:` alone, or null: an empty one */
		w->body.unset = false;
		w->body.has_exact = true;
	}
	w->headers = take_want_pairs(rd, t, "headers", &w->nheaders);
	w->state = take_want_pairs(rd, t, "state", &w->nstate);
	take_text(rd, t, "reply", &w->reply);
	if (w->reply.n > 0 && c->kind != CASE_MESSAGE)
		problem(rd, T_VALUE, tree_get(t, "reply"),
		    "only a message has a 'reply'");
	take_error(rd, tree_get(t, "error"), &w->error);
	take_steps(rd, tree_get(t, "steps"), w);
	take_lists(rd, t, w);
	take_ceilings(rd, t, w);
	if (w->body.snapshot) {
		struct str name = w->body.snapshot_path;

		w->body.snapshot_path = snapshot_path(
		    rd->s->arena, rd->file, name.n ? name : c->name);
	}
}
