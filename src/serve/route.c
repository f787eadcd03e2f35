/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes by a table: most handlers have no parameters, and a path that is one
 * of theirs, byte for byte, wins over every pattern (directive.h).
 */
#include <string.h>

#include "serve/parts.h"

static bool
is_plain(const struct handler *h)
{
	return h->type == HANDLER_REQUEST && h->nsteps > 0 &&
	    h->resource.n > 0 && !memchr(h->resource.p, ':', h->resource.n) &&
	    !memchr(h->resource.p, '*', h->resource.n);
}

static uint64_t
hash_of(struct str method, struct str path)
{
	return str_hash(str_hash(STR_HASH, method), path);
}

const struct handler *
route_exact(const struct serve_app *a, struct str method, struct str path)
{
	uint64_t hash = hash_of(method, path);
	size_t at = hash & (a->nexact - 1);

	for (; a->exact[at].h; at = (at + 1) & (a->nexact - 1)) {
		const struct handler *h = a->exact[at].h;

		if (a->exact[at].hash == hash && str_eq(h->resource, path) &&
		    str_eq(h->method, method))
			return h;
	}
	return NULL;
}

void
route_index(struct serve_app *a)
{
	size_t n = 2;

	while (n < a->d->nhandlers * 2)
		n *= 2;
	a->nexact = n;
	a->exact = mem_take(n * sizeof(*a->exact));
	for (size_t i = 0; i < a->d->nhandlers; i++) {
		const struct handler *h = &a->d->handlers[i];
		uint64_t hash = hash_of(h->method, h->resource);
		size_t at = hash & (n - 1);

		/* Of two that are the same, the first one counts. */
		if (!is_plain(h) || route_exact(a, h->method, h->resource))
			continue;
		while (a->exact[at].h)
			at = (at + 1) & (n - 1);
		a->exact[at] = (struct exact){ h, hash };
	}
}

const struct handler *
route_find(const struct serve_app *a, struct str method, struct str path,
    struct pair params[PARAMS_MAX], size_t *nparams, int *status,
    struct buf *allow)
{
	const struct handler *h = route_exact(a, method, path);

	*nparams = 0;
	if (h)
		return h;
	return directive_route(
	    a->d, method, path, params, PARAMS_MAX, nparams, status, allow);
}
