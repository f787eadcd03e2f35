/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers and schedules as one kind of thing, and what the file says of their
 * steps. */
#include "graph/layout.h"

size_t
course_count(const struct directive *d)
{
	return d->nhandlers + d->nschedules;
}

static const struct tree *
item(const struct tree *map, const char *key, size_t n)
{
	const struct tree *t = tree_get(map, key);

	return t && t->kind == TREE_LIST && n < t->nitems ? t->items[n] : NULL;
}

static struct str
handler_name(struct arena *a, const struct handler *h)
{
	if (h->type == HANDLER_STREAM)
		return h->resource;
	return str_of(arena_printf(
	    a, STR_F " " STR_F, STR_A(h->method), STR_A(h->resource)));
}

void
course_at(
    struct course *f, struct arena *a, const struct directive *d, size_t n)
{
	*f = (struct course){ .d = d };
	if (n < d->nhandlers) {
		f->h = &d->handlers[n];
		f->tree = item(d->tree, "handlers", n);
		f->steps = f->h->steps;
		f->nsteps = f->h->nsteps;
		f->name = handler_name(a, f->h);
		snprintf(f->id, sizeof f->id, "h%zu", n);
		return;
	}
	n -= d->nhandlers;
	f->s = &d->schedules[n];
	f->tree = item(d->tree, "schedules", n);
	f->steps = f->s->steps;
	f->nsteps = f->s->nsteps;
	f->name = f->s->name;
	snprintf(f->id, sizeof f->id, "s%zu", n);
}

struct str
course_called(struct arena *a, const struct directive *d, struct str name)
{
	const struct handler *h = NULL;
	const struct schedule *s = NULL;

	if (name.n == 0 || !directive_called(d, name, &h, &s))
		return STR("");
	if (h)
		return str_of(
		    arena_printf(a, "h%zu", (size_t)(h - d->handlers)));
	return str_of(arena_printf(a, "s%zu", (size_t)(s - d->schedules)));
}

struct str
course_answer(const struct course *f)
{
	const struct step *last;

	if (f->h && f->h->response.n > 0)
		return f->h->response;
	if (f->nsteps == 0)
		return STR("");
	last = &f->steps[f->nsteps - 1];
	return last->group || last->ncalls == 0 ? STR("") : last->calls[0].key;
}

/* ---- what struct directive does not keep ---- */

struct str
source_when(const struct course *f, size_t step, size_t call)
{
	const struct tree *t = item(f->tree, "steps", step);

	if (call != SIZE_MAX)
		t = item(t, "group", call);
	return str_trim(tree_text(t, "when"));
}

struct str
source_until(const struct course *f, size_t step)
{
	const struct tree *t = item(f->tree, "steps", step);

	return str_trim(tree_text(tree_get(t, "repeat"), "until"));
}

struct str
source_goes_on(struct arena *a, const struct on_err_rule *r)
{
	CLEANUP(buf_free) struct buf out = BUF(8192);
	size_t i;

	if (r->has_any)
		return r->any == ON_ERR_CONTINUE ? STR("any error") : STR("");
	if (r->has_other && r->other == ON_ERR_CONTINUE)
		buf_add(&out, STR("any error"));
	for (i = 0; i < r->ncodes; i++) {
		if ((r->codes[i].action == ON_ERR_CONTINUE) ==
		    (r->has_other && r->other == ON_ERR_CONTINUE))
			continue;
		if (out.n > 0)
			buf_add(&out, STR(", "));
		if (r->codes[i].action != ON_ERR_CONTINUE)
			buf_add(&out, STR("not "));
		buf_addf(&out, "%d", (int)r->codes[i].code);
	}
	return arena_copy(a, buf_str(&out));
}
