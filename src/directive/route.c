/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which handler a request is for.
 *
 * A path is compared part by part.  Where two patterns match, the first part
 * in which they differ decides: a fixed one wins over ":name", and that over
 * "*name".  A slash at the end counts only when both forms have a handler.
 */
#include "directive/route.h"

#include "directive/directive.h"

bool
route_part(struct str *path, struct str *part)
{
	if (path->n == 0 || path->p[0] != '/')
		return false;
	*path = str_from(*path, 1);
	*part = (struct str){ path->p, 0 };
	while (part->n < path->n && path->p[part->n] != '/')
		part->n++;
	*path = str_from(*path, part->n);
	return true;
}

static const char *
part_fault(struct str part, bool last)
{
	bool named = part.n > 0 && (part.p[0] == ':' || part.p[0] == '*');
	size_t i;

	if (part.n == 0 && !last)
		return "has an empty part ('//')";
	if (part.n == 1 && named)
		return "has a parameter without a name";
	if (part.n > 0 && part.p[0] == '*' && !last)
		return "has a '*name' that is not its last part";
	for (i = 1; i < part.n; i++)
		if (part.p[i] == '*' || (named && part.p[i] == ':'))
			return "has ':' or '*' inside a part";
	if (str_is(part, ".") || str_is(part, ".."))
		return "has a '.' or '..' part, which clients remove";
	return NULL;
}

static const char *
char_fault(struct str resource)
{
	size_t i, at;

	for (i = 0; i < resource.n; i++) {
		unsigned char c = (unsigned char)resource.p[i];

		if (c <= ' ' || c == 0x7F)
			return "has a space or control character";
		if (c == '?' || c == '#')
			return "has a query or fragment; only the path is "
			       "compared";
	}
	return str_utf8(resource, &at) ? NULL : "is not UTF-8";
}

const char *
route_fault(struct str resource)
{
	const char *fault = char_fault(resource);
	struct str part;
	size_t nparams = 0;

	if (resource.n > ROUTE_MAX_BYTES)
		return "is longer than 2048 bytes";
	while (!fault && route_part(&resource, &part)) {
		fault = part_fault(part, resource.n == 0);
		nparams += part.n > 0 && (part.p[0] == ':' || part.p[0] == '*');
	}
	if (!fault && nparams > ROUTE_MAX_PARAMS)
		return "has more than 32 parameters";
	return fault;
}

/* ---- matching ---- */

static bool
is_param(struct str part)
{
	return part.n > 1 && part.p[0] == ':';
}

static bool
is_wildcard(struct str part)
{
	return part.n > 1 && part.p[0] == '*';
}

static struct str
without_slash(struct str s)
{
	if (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	return s;
}

struct capture {
	struct pair *v; /* or NULL */
	size_t n, max;
};

static void
capture(struct capture *c, struct str name, struct str value)
{
	if (c->v && c->n < c->max)
		c->v[c->n++] = (struct pair){ .key = name, .value = value };
}

/* loose: a slash at the end of either does not count. */
static bool
matches(struct str pattern, struct str path, bool loose, struct capture *c)
{
	struct str want, have, rest;

	c->n = 0;
	if (loose) {
		pattern = without_slash(pattern);
		path = without_slash(path);
	}
	while (route_part(&pattern, &want)) {
		rest = path.n > 0 || !loose ? path : STR("/");
		if (!route_part(&path, &have) && !(loose && is_wildcard(want)))
			return false;
		if (is_wildcard(want)) {
			capture(c, str_from(want, 1), rest);
			return true;
		}
		if (is_param(want) && have.n > 0)
			capture(c, str_from(want, 1), have);
		else if (!str_eq(want, have))
			return false;
	}
	return path.n == 0;
}

bool
route_matches(struct str pattern, struct str path)
{
	struct capture none = { NULL, 0, 0 };

	return matches(pattern, path, true, &none);
}

static int
rank(struct str part)
{
	return is_wildcard(part) ? 2 : is_param(part) ? 1 : 0;
}

/* Does pattern a win over b, where both match one path? */
static bool
wins(struct str a, struct str b)
{
	struct str x, y;

	while (route_part(&a, &x) && route_part(&b, &y))
		if (rank(x) != rank(y))
			return rank(x) < rank(y);
	return false;
}

/* Is method a new one in the list? */
static bool
is_listed(const struct buf *allow, struct str method)
{
	struct str rest = buf_str(allow), one;
	bool more = rest.n > 0;

	while (more) {
		more = str_cut(&rest, ',', &one);
		if (str_eq(str_trim(one), method))
			return true;
	}
	return false;
}

struct search {
	struct str method, path;
	bool loose;
	const struct handler *best;
	bool known; /* the path, with some method */
	struct buf *allow;
};

static void
search(struct search *s, const struct directive *d)
{
	struct capture none = { NULL, 0, 0 };
	const struct handler *h;
	size_t i;

	for (i = 0; i < d->nhandlers; i++) {
		h = &d->handlers[i];
		if (h->type != HANDLER_REQUEST || h->nsteps == 0 ||
		    !matches(h->resource, s->path, s->loose, &none))
			continue;
		s->known = true;
		if (str_eq(h->method, s->method)) {
			if (!s->best || wins(h->resource, s->best->resource))
				s->best = h;
		} else if (s->allow && !is_listed(s->allow, h->method)) {
			if (s->allow->n > 0)
				buf_add(s->allow, STR(", "));
			buf_add(s->allow, h->method);
		}
	}
}

const struct handler *
directive_route(const struct directive *d, struct str method, struct str path,
    struct pair *params, size_t nparams_max, size_t *nparams, int *status,
    struct buf *allow)
{
	struct capture found = { params, 0, nparams_max };
	struct search s = { .method = method, .path = path, .allow = allow };

	*nparams = 0;
	search(&s, d);
	if (!s.known) {
		s.loose = true;
		search(&s, d);
	}
	if (!s.best) {
		*status = s.known ? 405 : 404;
		return NULL;
	}
	if (allow)
		buf_clear(allow);
	matches(s.best->resource, path, s.loose, &found);
	*nparams = found.n;
	*status = 200;
	return s.best;
}
