/* SPDX-License-Identifier: Apache-2.0 */
/* Steps and functions that are found by name, not by a request's route. */
#include "directive/directive.h"
#include "directive/route.h"

/* "POST /path" in two; false: it has no such form. */
static bool
cut_route(struct str name, struct str *method, struct str *resource)
{
	if (!str_cut(&name, ' ', method))
		return false;
	*resource = str_trim(name);
	return method->n > 0 && str_starts(*resource, "/");
}

bool
directive_called(const struct directive *d, struct str name,
    const struct handler **h, const struct schedule **s)
{
	struct str method, resource;
	bool route = cut_route(str_trim(name), &method, &resource);
	size_t i;

	*h = NULL;
	*s = NULL;
	for (i = 0; route && i < d->nhandlers && !*h; i++)
		if (d->handlers[i].type == HANDLER_REQUEST &&
		    str_ieq(d->handlers[i].method, method) &&
		    str_eq(d->handlers[i].resource, resource))
			*h = &d->handlers[i];
	for (i = 0; !route && name.n > 0 && i < d->nschedules && !*s; i++)
		if (str_eq(d->schedules[i].name, str_trim(name)))
			*s = &d->schedules[i];
	return *h || *s;
}

const struct handler *
directive_stream(
    const struct directive *d, struct str source, struct str resource)
{
	bool path = str_is(source, "server");
	const struct handler *h, *loose = NULL;
	size_t i;

	for (i = 0; i < d->nhandlers; i++) {
		h = &d->handlers[i];
		if (h->type != HANDLER_STREAM || !str_eq(h->source, source))
			continue;
		if (str_eq(h->resource, resource))
			return h;
		if (path && !loose && route_matches(h->resource, resource))
			loose = h;
	}
	return loose;
}

/* ---- functions by their own address ---- */

/* What the path names, when it has one of the forms that d offers. */
static bool
read_address(const struct directive *d, struct str path, struct fqfn *ref)
{
	struct str *const parts[] = { &ref->identifier, &ref->ns, &ref->name,
		&ref->version };
	struct str rest = path, part;
	size_t i, at = 0;

	*ref = (struct fqfn){ .ns = STR("") };
	if (d->tenant && str_starts(path, "/ref/")) {
		ref->version = str_from(path, strlen("/ref/"));
		return ref->version.n > 0;
	}
	if (d->tenant && str_starts(path, "/name/")) {
		rest = str_from(path, strlen("/name/"));
		if (!str_cut(&rest, '/', &ref->identifier))
			return false;
		for (i = 0; i < rest.n; i++)
			if (rest.p[i] == '/')
				at = i;
		ref->ns = (struct str){ rest.p, at };
		ref->name = str_from(rest, at > 0 ? at + 1 : rest.n);
		return ref->ns.n > 0 && ref->name.n > 0;
	}
	if (!d->headless)
		return false;
	for (i = 0; route_part(&rest, &part); i++) {
		if (i == 4 || part.n == 0)
			return false;
		*parts[i] = part;
	}
	return i == 4;
}

const struct function_info *
directive_route_function(
    const struct directive *d, struct str method, struct str path, int *status)
{
	const struct function_info *f = NULL, *g;
	struct fqfn ref;
	size_t i;

	*status = 404;
	if (!read_address(d, path, &ref))
		return NULL;
	for (i = 0; i < d->nfunctions && !f; i++) {
		g = &d->functions[i];
		if (ref.name.n == 0
			? g->digest.n > 0 && str_eq(g->digest, ref.version)
			: fqfn_matches(&ref, g, d))
			f = g;
	}
	if (f)
		*status = str_is(method, "POST") ? 200 : 405;
	return *status == 200 ? f : NULL;
}
