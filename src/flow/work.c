/* SPDX-License-Identifier: Apache-2.0 */
/* One call of a step: what it is fed, its elements, what it leaves. */

#include "flow/run.h"

/* ---- before its step runs ---- */

static void
cannot(struct work *w, const char *wants, struct str key)
{
	w->why = failure_new(w->name);
	err_set(&w->why->err, ERR_INPUT,
	    "step '" STR_F "' wants state key '" STR_F
	    "' %s, and no step has set it",
	    STR_A(w->name), STR_A(key), wants);
}

/* Every alias needs its source: a function that quietly got nothing under a
 * name it was promised would fail somewhere less clear. */
static bool
has_with(struct work *w)
{
	CLEANUP(buf_free) struct buf as = BUF(1000);
	struct str ignored;

	for (size_t i = 0; i < w->call->nwith; i++) {
		const struct pair *p = &w->call->with[i];

		if (request_state(w->s->req, p->value, &ignored))
			continue;
		buf_addf(&as, "as '" STR_F "'", STR_A(p->key));
		cannot(w, buf_cstr(&as), p->value);
		return false;
	}
	return true;
}

static bool
read_list(struct work *w, struct str text)
{
	struct err ignored = ERR;
	struct str key = w->call->each;
	struct tree *t;

	w->arena = arena_new();
	if (tree_parse_json(&t, w->arena, text, &ignored) < 0 ||
	    t->kind != TREE_LIST) {
		w->why = failure_new(w->name);
		err_set(&w->why->err, ERR_INPUT,
		    "step '" STR_F "' goes through state key '" STR_F
		    "', which is not a JSON array",
		    STR_A(w->name), STR_A(key));
		return false;
	}
	w->list = t;
	w->results = mem_take((w->list->nitems + 1) * sizeof(*w->results));
	return true;
}

/* A copy: one function may set the body, or the state, while another of the
 * same step reads it; what a step sets is for the steps after it. */
static bool
has_input(struct work *w)
{
	const struct call *c = w->call;
	struct str text = request_body(w->s->req), list;

	if (c->each.n > 0 && !request_state(w->s->req, c->each, &list)) {
		cannot(w, "for its elements", c->each);
		return false;
	}
	if (c->each.n > 0 && (!read_list(w, list) || !c->each_old))
		return w->list != NULL;
	if (c->input.n > 0 && !request_state(w->s->req, c->input, &text)) {
		cannot(w, "as its input", c->input);
		return false;
	}
	w->input.max = SIZE_MAX / 2;
	buf_add(&w->input, text);
	return true;
}

static void
note(struct work *w)
{
	struct flow_step step = { .skipped = w->skipped };
	struct outcome none = { 0 };

	flow_note(w, &step, &none);
}

void
work_begin(struct work *w, struct seq *s, size_t i)
{
	const struct step *step = &s->plan->steps[s->at];
	const struct call *c = &step->calls[i];

	*w = (struct work){ .s = s,
		.call = c,
		.to = &s->plan->targets[s->at][i],
		.name = c->fn.n > 0 ? c->fn : c->handler,
		.aside = s->aside || step->group || c->each.n > 0 };
	w->trail = step->group ? &w->own : s->trail;
	w->skipped =
	    (step->group && step->when && !seq_holds(step->when, s->req)) ||
	    (c->when && !seq_holds(c->when, s->req));
	if (w->skipped || !has_with(w) || !has_input(w))
		note(w);
}

/* ---- its units ---- */

static bool
next_element(struct work *w, struct unit *u)
{
	size_t n = w->list ? w->list->nitems : 1;
	const struct tree *t;

	if (w->next >= n || w->why)
		return false;
	u->w = w;
	u->state = UNIT_NEW;
	u->attempt = 0;
	u->element = w->next++;
	u->input = buf_str(&w->input);
	w->open++;
	if (!w->list)
		return true;
	t = w->list->items[u->element];
	u->text.max = SIZE_MAX / 2;
	buf_clear(&u->text);
	if (t->kind == TREE_TEXT)
		buf_add(&u->text, t->text);
	else
		tree_print_json(&u->text, t, 0);
	/* The old form's body is the request's. */
	if (!w->call->each_old)
		u->input = buf_str(&u->text);
	return true;
}

/* Output that is JSON as that, any other as text. */
static void
add_result(struct buf *out, struct str output)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct err ignored = ERR;
	struct tree *t;

	out->max = SIZE_MAX / 2;
	if (tree_parse_json(&t, a, output, &ignored) == 0)
		buf_add(out, str_trim(output));
	else
		tree_print_json(out, tree_new_text(a, output), 0);
}

static void
harvest(struct work *w, struct unit *u)
{
	struct buf *to = w->list ? &w->results[u->element] : &w->output;
	struct failure *why = u->out.why;

	u->state = UNIT_FREE;
	w->open--;
	to->max = FLOW_MAX_BODY;
	if (why && failure_action(&w->call->on_err, why) == ON_ERR_RETURN) {
		u->out.why = NULL;
		if (w->why)
			failure_free(&why);
		else
			w->why = why;
	} else if (why) {
		failure_json(to, why);
	} else if (w->list) {
		add_result(to, buf_str(&u->out.output));
	} else {
		*to = u->out.output;
		u->out.output = (struct buf){ 0 };
	}
	outcome_clear(&u->out);
}

static void
join(struct work *w)
{
	w->output.max = FLOW_MAX_BODY;
	buf_addc(&w->output, '[');
	for (size_t i = 0; i < w->list->nitems; i++) {
		if (i > 0)
			buf_addc(&w->output, ',');
		buf_add(&w->output, buf_str(&w->results[i]));
	}
	buf_addc(&w->output, ']');
	if (!buf_over(&w->output))
		return;
	w->why = failure_new(w->name);
	err_set(&w->why->err, ERR_LIMIT,
	    "the results of step '" STR_F "' are together more than %u MiB",
	    STR_A(w->name), FLOW_MAX_BODY >> 20);
}

static void
make_units(struct work *w)
{
	uint32_t most = w->call->concurrency ? w->call->concurrency : 1;

	w->nunits = 1;
	if (w->list)
		w->nunits = w->list->nitems < most ? w->list->nitems : most;
	w->units = mem_take((w->nunits + 1) * sizeof(*w->units));
}

bool
work_run(struct work *w)
{
	if (w->over || w->skipped || (w->why && !w->units)) {
		w->over = true;
		return true;
	}
	if (!w->units)
		make_units(w);
	for (size_t i = 0; i < w->nunits; i++) {
		struct unit *u = &w->units[i];

		if (u->state == UNIT_OVER)
			harvest(w, u);
		while (
		    u->state == UNIT_FREE && next_element(w, u) && unit_run(u))
			harvest(w, u);
	}
	if (w->open > 0)
		return false;
	if (w->list && !w->why)
		join(w);
	w->over = true;
	return true;
}

/* ---- after it ---- */

bool
work_settle(struct work *w, struct failure **why)
{
	if (w->trail == &w->own)
		trail_move(w->s->trail, &w->own);
	if (w->skipped)
		return true;
	if (!w->why) {
		request_set_state(w->s->req, w->call->key, buf_str(&w->output));
		return true;
	}
	if (*why)
		failure_free(&w->why);
	*why = *why ? *why : w->why;
	w->why = NULL;
	return false;
}

void
work_end(struct work *w)
{
	for (size_t i = 0; i < w->nunits; i++)
		if (w->units[i].w)
			unit_end(&w->units[i]);
	mem_free(w->units);
	for (size_t i = 0; w->list && i < w->list->nitems; i++)
		buf_free(&w->results[i]);
	mem_free(w->results);
	arena_free(&w->arena);
	failure_free(&w->why);
	buf_free(&w->input);
	buf_free(&w->output);
	mem_free(w->own.v);
}
