/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes of which a request could mean two.
 *
 * Each route gives a claim for its whole pattern, and one for each parameter:
 * what stands before it, and its name.  Sorted, the claims that collide are
 * neighbours, so 4096 handlers take no longer than they must.  Websockets are
 * reached by GET and claim their paths too.
 */
#include "directive/check.h"
#include "directive/route.h"
#include "directive/rules.h"

struct claim {
	struct str method, before;
	char kind; /* ':' or '*', '=' for a whole pattern */
	struct str name;
	size_t handler;
};

struct claims {
	struct claim *v;
	size_t n, cap;
};

static void
add(struct check *c, struct claims *cs, struct claim claim)
{
	cs->v = arena_grow(c->arena, cs->v, cs->n, &cs->cap, sizeof *cs->v);
	cs->v[cs->n++] = claim;
}

static void
add_route(struct check *c, struct claims *cs, size_t i)
{
	const struct handler *h = &c->d->handlers[i];
	struct str method = h->type == HANDLER_STREAM ? STR("GET") : h->method;
	struct str rest = h->resource, part;

	while (route_part(&rest, &part)) {
		if (part.n < 2 || (part.p[0] != ':' && part.p[0] != '*'))
			continue;
		add(c, cs,
		    (struct claim){ method,
			{ h->resource.p, (size_t)(part.p - h->resource.p) },
			part.p[0], str_from(part, 1), i });
	}
	add(c, cs, (struct claim){ method, h->resource, '=', STR(""), i });
}

static bool
has_route(const struct handler *h)
{
	if (h->type == HANDLER_STREAM && !str_is(h->source, "server"))
		return false;
	if (h->type == HANDLER_REQUEST && h->method.n == 0)
		return false;
	return str_starts(h->resource, "/") && !route_fault(h->resource);
}

static int
by_place(const struct claim *x, const struct claim *y)
{
	int d = str_cmp(x->method, y->method);

	if (d == 0)
		d = str_cmp(x->before, y->before);
	return d != 0 ? d : x->kind - y->kind;
}

static int
by_claim(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int d = by_place(x, y);

	return d != 0 ? d : x->handler < y->handler ? -1 : 1;
}

static void
tell_conflict(
    struct check *c, const struct claim *first, const struct claim *second)
{
	const struct handler *a = &c->d->handlers[first->handler];
	const struct handler *b = &c->d->handlers[second->handler];
	const struct tree *t = check_item(c, "handlers", second->handler);
	const struct tree *t0 = check_item(c, "handlers", first->handler);
	struct diag *d;

	if (second->kind == '=') {
		tell(&c->tell, RULE(R_CONFLICT), check_spot(t, "resource"),
		    "%.*s %.*s has a handler already, in line %u",
		    SHOW_A(second->method), SHOW_A(b->resource),
		    check_spot(t0, "resource")->at.line);
		return;
	}
	d = tell(&c->tell, RULE(R_CONFLICT), check_spot(t, "resource"),
	    "%.*s %.*s conflicts with %.*s in line %u: '%c%.*s' and '%c%.*s' "
	    "stand at the same place",
	    SHOW_A(second->method), SHOW_A(b->resource), SHOW_A(a->resource),
	    check_spot(t0, "resource")->at.line, second->kind,
	    SHOW_A(second->name), first->kind, SHOW_A(first->name));
	tell_repair(&c->tell, d,
	    "use the name '%.*s' in both, or change one of the paths",
	    SHOW_A(first->name));
}

/* The addresses that functions have of their own. */
static struct str *
addresses(const struct check *c)
{
	struct str *v = arena_take(c->arena, (c->nfunctions + 1) * sizeof *v);
	size_t i;

	for (i = 0; i < c->nfunctions; i++) {
		const struct function_info *f = &c->functions[i];

		v[i] = str_of(arena_printf(c->arena,
		    STR_F "/" STR_F "/" STR_F "/" STR_F STR_F STR_F,
		    STR_A(c->d->tenant ? STR("/name") : STR("")),
		    STR_A(c->d->identifier), STR_A(f->ns), STR_A(f->name),
		    STR_A(c->d->tenant ? STR("") : STR("/")),
		    STR_A(c->d->tenant ? STR("") : c->d->app_version)));
	}
	return v;
}

/* Of a headless app or a tenant, where functions have addresses. */
static void
check_hidden(struct check *c)
{
	const struct str *v = addresses(c);
	const struct handler *h;
	size_t i, j;

	for (i = 0; i < c->d->nhandlers; i++) {
		h = &c->d->handlers[i];
		if (h->type != HANDLER_REQUEST || !str_is(h->method, "POST") ||
		    !has_route(h))
			continue;
		for (j = 0; j < c->nfunctions; j++)
			if (route_matches(h->resource, v[j]))
				break;
		if (j < c->nfunctions)
			tell(&c->tell, RULE(R_SHADOWED),
			    check_spot(
				check_item(c, "handlers", i), "resource"),
			    "the path fits the function's address %.*s, too",
			    SHOW_A(v[j]));
	}
}

void
check_routes(struct check *c)
{
	size_t i, first = 0, n = c->d->nhandlers;
	bool *told = arena_take(c->arena, n + 1);
	struct claims cs = { 0 };
	struct claim *x;

	if (c->d->headless || c->d->tenant)
		check_hidden(c);
	for (i = 0; i < n; i++)
		if (has_route(&c->d->handlers[i]))
			add_route(c, &cs, i);
	if (cs.n > 0)
		qsort(cs.v, cs.n, sizeof *cs.v, by_claim);
	for (i = 1; i < cs.n; i++) {
		x = &cs.v[i];
		if (by_place(&cs.v[first], x) != 0) {
			first = i;
			continue;
		}
		if (told[x->handler] ||
		    (x->kind != '=' && str_eq(x->name, cs.v[first].name)))
			continue;
		told[x->handler] = true;
		tell_conflict(c, &cs.v[first], x);
	}
}
