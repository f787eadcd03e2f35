/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Find and compile all that a sequence may call, and all that its calls of
 * other handlers may, before anything runs: what cannot end should not begin.
 */
#include "flow/run.h"

struct maker {
	struct app *app;
	struct plan *first; /* each sequence once, though it calls itself */
	struct err *e;
};

static struct plan *
find_plan(struct maker *m, const struct step *steps)
{
	for (struct plan *p = m->first; p; p = p->next)
		if (p->steps == steps)
			return p;
	return NULL;
}

static struct plan *
new_plan(const struct step *steps, size_t nsteps)
{
	struct plan *p = mem_take(sizeof(*p));

	p->steps = steps;
	p->nsteps = nsteps;
	return p;
}

/* The plan of what `call` names, whose own calls may not be found yet. */
static int
find_called(struct maker *m, struct str name, struct plan **out)
{
	const struct bundle *b = app_bundle(m->app);
	const struct schedule *s = NULL;
	const struct handler *h = NULL;

	if (!b || !directive_called(bundle_directive(b), name, &h, &s))
		return err_set(m->e, ERR_MISSING,
		    "there is no handler or schedule '" STR_F "'", STR_A(name));
	*out = find_plan(m, h ? h->steps : s->steps);
	if (*out)
		return 0;
	*out = new_plan(h ? h->steps : s->steps, h ? h->nsteps : s->nsteps);
	(*out)->next = m->first->next;
	m->first->next = *out;
	if (h) {
		(*out)->response = h->response;
	} else {
		(*out)->state = s->state;
		(*out)->nstate = s->nstate;
	}
	return 0;
}

static int
find_target(struct maker *m, const struct call *c, struct target *t)
{
	const struct code *code;

	if (c->fn.n == 0)
		return find_called(m, c->handler, &t->plan);
	if (app_find(m->app, c->fn, &t->fn, m->e) < 0)
		return -1;
	return app_code(m->app, t->fn, &code, m->e);
}

/* All of them in one piece. */
static void
take_targets(struct plan *p)
{
	struct target *t;
	size_t n = 0;

	for (size_t i = 0; i < p->nsteps; i++) {
		n += p->steps[i].ncalls;
		if (p->steps[i].ncalls > p->ncalls)
			p->ncalls = p->steps[i].ncalls;
	}
	p->targets = mem_take((p->nsteps + 1) * sizeof(struct target *));
	p->room = t = mem_take((n + 1) * sizeof(*t));
	for (size_t i = 0; i < p->nsteps; i++) {
		p->targets[i] = t;
		t += p->steps[i].ncalls;
	}
}

static int
find_targets(struct maker *m, struct plan *p)
{
	take_targets(p);
	for (size_t i = 0; i < p->nsteps; i++)
		for (size_t k = 0; k < p->steps[i].ncalls; k++)
			if (find_target(m, &p->steps[i].calls[k],
				&p->targets[i][k]) < 0)
				return -1;
	return 0;
}

static struct plan *
next_unfinished(struct maker *m)
{
	for (struct plan *p = m->first; p; p = p->next)
		if (!p->targets)
			return p;
	return NULL;
}

int
plan_make(struct plan **out, struct app *a, const struct step *steps,
    size_t nsteps, struct str response, struct err *e)
{
	struct maker m = { .app = a, .e = e };
	struct plan *p;

	*out = m.first = new_plan(steps, nsteps);
	m.first->response = response;
	while ((p = next_unfinished(&m)) != NULL)
		if (find_targets(&m, p) < 0)
			return -1;
	return 0;
}

void
plan_free(struct plan **pp)
{
	struct plan *p, *next;

	for (p = *pp; p; p = next) {
		next = p->next;
		mem_free(p->targets);
		mem_free(p->room);
		mem_free(p);
	}
	*pp = NULL;
}
