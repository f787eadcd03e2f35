/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/pick.h"

#include "diag/diag.h"

#define MAX_NAMES 512u /* that are compared for a suggestion */

bool
pick_is(const struct directive *d, size_t n, const char *only)
{
	struct str want = str_of(only), method;
	const struct handler *h;

	if (!only)
		return true;
	if (n >= d->nhandlers)
		return str_eq(d->schedules[n - d->nhandlers].name, want);
	h = &d->handlers[n];
	if (str_eq(h->resource, want))
		return true;
	return h->type == HANDLER_REQUEST && str_cut(&want, ' ', &method) &&
	    str_ieq(h->method, method) && str_eq(h->resource, str_trim(want));
}

static void
hint_near(const struct directive *d, struct str want, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	size_t n = course_count(d), i;
	struct str *names, near;
	struct course f;

	n = n < MAX_NAMES ? n : MAX_NAMES;
	names = arena_take(a, (n + 1) * sizeof *names);
	for (i = 0; i < n; i++) {
		course_at(&f, a, d, i);
		names[i] = f.name;
	}
	near = want.n > 200 ? STR("") : diag_nearest(want, names, n);
	if (near.n > 0 && near.n <= 200)
		(void)err_hint(e, "did you mean '" STR_F "'?", STR_A(near));
	else
		(void)err_hint(e,
		    "write a handler as 'GET /path', or a schedule's or "
		    "topic's name");
}

int
pick_check(const struct directive *d, const char *only, struct err *e)
{
	size_t i;

	if (!only)
		return 0;
	for (i = 0; i < course_count(d); i++)
		if (pick_is(d, i, only))
			return 0;
	(void)err_set(e, ERR_MISSING,
	    "no handler, topic or schedule is called '%.200s'", only);
	hint_near(d, str_of(only), e);
	return -1;
}

size_t
pick_boxes(const struct course *f)
{
	size_t n = 2, i;

	for (i = 0; i < f->nsteps; i++)
		n += f->steps[i].group ? 1 + f->steps[i].ncalls : 1;
	return n;
}

void
pick_nothing(struct buf *out, const struct directive *d)
{
	if (d->headless)
		buf_addf(out,
		    "Each function: POST /" STR_F "/NAMESPACE/NAME/" STR_F,
		    STR_A(d->identifier), STR_A(d->app_version));
	else
		buf_add(out,
		    STR("Nothing sets a flow off: there are no handlers and "
			"no schedules."));
}
