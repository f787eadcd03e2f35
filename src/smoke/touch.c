/* SPDX-License-Identifier: Apache-2.0 */
/* Which cases run a function that changed. */
#include "smoke/touch.h"

#define MAX_DEPTH 16u /* of handlers that call handlers */
#define MAX_PARAMS 64u

struct touch {
	const struct directive *d;
	const struct smoke_options *opt;
};

static bool
fn_touched(const struct touch *t, struct str fn)
{
	const struct function_info *f =
	    directive_find(t->d, t->d->functions, t->d->nfunctions, fn);

	/* What is in no bundle is given with the run: who can tell? */
	return !f || t->opt->touched(t->opt->arg, f);
}

/* In doubt it does: to run a case too many does no harm. */
static bool
steps_touched(const struct touch *t, const struct step *steps, size_t nsteps,
    unsigned depth)
{
	const struct handler *h;
	const struct schedule *s;

	if (depth > MAX_DEPTH)
		return true;
	for (size_t i = 0; i < nsteps; i++)
		for (size_t k = 0; k < steps[i].ncalls; k++) {
			const struct call *c = &steps[i].calls[k];

			h = NULL;
			s = NULL;
			if (c->fn.n > 0
				? fn_touched(t, c->fn)
				: !directive_called(t->d, c->handler, &h, &s))
				return true;
			if (h &&
			    steps_touched(t, h->steps, h->nsteps, depth + 1))
				return true;
			if (s &&
			    steps_touched(t, s->steps, s->nsteps, depth + 1))
				return true;
		}
	return false;
}

static bool
request_touched(const struct touch *t, const struct smoke_case *c)
{
	struct pair params[MAX_PARAMS];
	struct str path, query = c->url;
	const struct function_info *f;
	const struct handler *h;
	size_t nparams = 0;
	int status = 404;

	str_cut(&query, '?', &path);
	h = directive_route(
	    t->d, c->method, path, params, MAX_PARAMS, &nparams, &status, NULL);
	if (h)
		return steps_touched(t, h->steps, h->nsteps, 0);
	f = directive_route_function(t->d, c->method, path, &status);
	return !f || t->opt->touched(t->opt->arg, f);
}

static bool
schedule_touched(const struct touch *t, struct str name)
{
	for (size_t i = 0; i < t->d->nschedules; i++) {
		const struct schedule *s = &t->d->schedules[i];

		if (str_eq(s->name, name))
			return steps_touched(t, s->steps, s->nsteps, 0);
	}
	return true;
}

bool
case_touched(const struct smoke_case *c, const struct directive *d,
    const struct smoke_options *opt)
{
	struct touch t = { d, opt };
	const struct handler *h;

	if (!opt->touched || !d)
		return true;
	switch (c->kind) {
	case CASE_FUNCTION:
		return fn_touched(&t, c->target);
	case CASE_REQUEST:
		return request_touched(&t, c);
	case CASE_SCHEDULE:
		return schedule_touched(&t, c->target);
	case CASE_MESSAGE:
		h = directive_stream(d, c->source, c->target);
		return !h || steps_touched(&t, h->steps, h->nsteps, 0);
	}
	return true;
}
