/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `call`: is what it names there, and does no chain of calls come back?
 *
 * Handlers and schedules are the nodes, numbered in this order; each is looked
 * at once, depth first, with a stack of its own.
 */
#include "directive/check.h"
#include "directive/rules.h"

struct edge {
	size_t to;
	const struct call *call;
	const struct tree *t; /* the call's text */
};

struct node {
	struct edge *edges;
	size_t n, cap;
	size_t next;   /* edge to look at */
	bool on, done; /* on the way; looked at */
};

struct graph {
	struct check *c;
	struct node *nodes;
	size_t n;
	struct str *names;
};

static void
tell_unknown(struct graph *g, const struct call *call, const struct tree *t)
{
	struct teller *tl = &g->c->tell;
	struct diag *d = tell(tl, RULE(R_CALL), t,
	    "no request handler or schedule '%.*s'", SHOW_A(call->handler));

	tell_near(tl, d, call->handler, g->names, g->n);
}

static void
add_given(struct check *c, const struct step *steps, const struct call *call)
{
	for (size_t i = 0; i < call->nwith; i++) {
		c->given = arena_grow(c->arena, c->given, c->ngiven,
		    &c->given_cap, sizeof *c->given);
		c->given[c->ngiven++] =
		    (struct given_key){ steps, call->with[i].key };
	}
}

static void
add_call(struct graph *g, struct node *from, const struct call *call,
    const struct tree *t)
{
	const struct directive *d = g->c->d;
	const struct handler *h;
	const struct schedule *s;
	const struct tree *each = tree_get(t, "forEach");

	if (call->handler.n == 0 || t->kind != TREE_MAP)
		return;
	if (each && each->kind == TREE_MAP)
		t = each;
	t = check_spot(t, "call");
	if (!directive_called(d, call->handler, &h, &s)) {
		tell_unknown(g, call, t);
		return;
	}
	add_given(g->c, h ? h->steps : s->steps, call);
	from->edges = arena_grow(
	    g->c->arena, from->edges, from->n, &from->cap, sizeof *from->edges);
	from->edges[from->n++] =
	    (struct edge){ h ? (size_t)(h - d->handlers)
			     : d->nhandlers + (size_t)(s - d->schedules),
		    call, t };
}

static void
add_steps(struct graph *g, size_t i, const struct tree *owner,
    const struct step *steps, size_t nsteps)
{
	const struct tree *list = tree_get(owner, "steps"), *t;
	size_t j, k;

	for (j = 0; j < nsteps; j++) {
		t = list->items[j];
		if (t->kind != TREE_MAP)
			continue;
		for (k = 0; k < steps[j].ncalls; k++)
			add_call(g, &g->nodes[i], &steps[j].calls[k],
			    steps[j].group ? tree_get(t, "group")->items[k]
					   : t);
	}
}

static void
fill(struct graph *g)
{
	const struct directive *d = g->c->d;
	size_t i;

	for (i = 0; i < d->nhandlers; i++)
		if (d->handlers[i].type == HANDLER_REQUEST)
			g->names[i] = str_of(arena_printf(g->c->arena,
			    "%.*s %.*s", SHOW_A(d->handlers[i].method),
			    SHOW_A(d->handlers[i].resource)));
	for (i = 0; i < d->nschedules; i++)
		g->names[d->nhandlers + i] = d->schedules[i].name;
	for (i = 0; i < d->nhandlers; i++)
		add_steps(g, i, check_item(g->c, "handlers", i),
		    d->handlers[i].steps, d->handlers[i].nsteps);
	for (i = 0; i < d->nschedules; i++)
		add_steps(g, d->nhandlers + i, check_item(g->c, "schedules", i),
		    d->schedules[i].steps, d->schedules[i].nsteps);
}

/* All that can be reached from first. */
static void
follow(struct graph *g, size_t first, size_t *stack)
{
	struct node *node;
	struct edge *e;
	size_t depth = 1;

	stack[0] = first;
	g->nodes[first].on = true;
	while (depth > 0) {
		node = &g->nodes[stack[depth - 1]];
		if (node->next == node->n) {
			node->on = false;
			node->done = true;
			depth--;
			continue;
		}
		e = &node->edges[node->next++];
		if (g->nodes[e->to].on) {
			tell(&g->c->tell, RULE(R_CALL_CYCLE), e->t,
			    "calling '%.*s' comes back to this step",
			    SHOW_A(e->call->handler));
		} else if (!g->nodes[e->to].done) {
			g->nodes[e->to].on = true;
			stack[depth++] = e->to;
		}
	}
}

void
check_called(struct check *c)
{
	struct graph g = { .c = c, .n = c->d->nhandlers + c->d->nschedules };
	size_t i, *stack;

	g.nodes = arena_take(c->arena, (g.n + 1) * sizeof *g.nodes);
	g.names = arena_take(c->arena, (g.n + 1) * sizeof *g.names);
	stack = arena_take(c->arena, (g.n + 1) * sizeof *stack);
	fill(&g);
	for (i = 0; i < g.n; i++)
		if (!g.nodes[i].done)
			follow(&g, i, stack);
}
