/* SPDX-License-Identifier: Apache-2.0 */
/* Each handler by itself; what two of them share is in routes.c. */
#include "directive/check.h"
#include "directive/names.h"
#include "directive/route.h"
#include "directive/rules.h"

static bool
has_connection(const struct check *c, struct str source)
{
	const struct tree *links = tree_get(c->d->tree, "connections");
	const struct tree *t = tree_get_str(links, source);

	return t && t->kind == TREE_MAP;
}

static void
check_source(struct check *c, const struct handler *h, const struct tree *t)
{
	static const struct str sources[] = { { "server", 6 }, { "nats", 4 },
		{ "kafka", 5 } };
	struct diag *d;

	if (check_told(t, "source", TREE_TEXT) || str_is(h->source, "server"))
		return;
	if (str_is(h->source, "nats") || str_is(h->source, "kafka")) {
		if (!has_connection(c, h->source))
			tell(&c->tell, RULE(R_NO_CONNECTION),
			    tree_get(t, "source"), "no connection '%.*s'",
			    SHOW_A(h->source));
		return;
	}
	d = tell(&c->tell, RULE(R_SOURCE), tree_get(t, "source"),
	    "unknown source '%.*s'", SHOW_A(h->source));
	tell_near(&c->tell, d, h->source, sources, COUNT(sources));
}

static void
check_path(struct check *c, struct str resource, const struct tree *t)
{
	const char *fault;
	struct diag *d;

	if (!str_starts(resource, "/")) {
		d = tell(&c->tell, RULE(R_SLASH), t,
		    "the resource '%.*s' does not begin with '/'",
		    SHOW_A(resource));
		tell_repair(
		    &c->tell, d, "write 'resource: /%.*s'", SHOW_A(resource));
		return;
	}
	fault = route_fault(resource);
	if (fault)
		tell(&c->tell, RULE(R_PATTERN), t, "the resource '%.*s' %s",
		    SHOW_A(resource), fault);
}

static void
check_resource(struct check *c, const struct handler *h, const struct tree *t)
{
	bool topic = h->type == HANDLER_STREAM && !str_is(h->source, "server");

	if (check_told(t, "resource", TREE_TEXT))
		return;
	if (h->resource.n == 0)
		tell(&c->tell, RULE(R_RESOURCE), check_spot(t, "resource"),
		    "a handler has no resource");
	else if (!topic)
		check_path(c, h->resource, tree_get(t, "resource"));
}

static void
check_method(struct check *c, const struct handler *h, const struct tree *t)
{
	static const struct str known[] = { { "GET", 3 }, { "HEAD", 4 },
		{ "POST", 4 }, { "PUT", 3 }, { "PATCH", 5 }, { "DELETE", 6 },
		{ "OPTIONS", 7 }, { "CONNECT", 7 }, { "TRACE", 5 } };
	const struct tree *method = tree_get(t, "method");
	struct diag *d;
	size_t i;

	if (check_told(t, "method", TREE_TEXT))
		return;
	if (h->method.n == 0) {
		tell(&c->tell, RULE(R_METHOD), check_spot(t, "method"),
		    "a request handler has no method");
		return;
	}
	if (!token_usable(h->method)) {
		tell(&c->tell, RULE(R_METHOD), method,
		    "'%.*s' is not an HTTP method", SHOW_A(h->method));
		return;
	}
	for (i = 0; i < COUNT(known); i++)
		if (str_eq(h->method, known[i]))
			return;
	d = tell(&c->tell, RULE(R_ODD_METHOD), method, "unusual method '%.*s'",
	    SHOW_A(h->method));
	tell_near(&c->tell, d, h->method, known, COUNT(known));
}

/* False: what else a handler needs cannot be said. */
static bool
check_type(struct check *c, const struct tree *t)
{
	static const struct str types[] = { { "request", 7 }, { "stream", 6 } };
	struct str type = tree_text(t, "type");
	struct diag *d;

	if (str_eq(type, types[0]) || str_eq(type, types[1]))
		return true;
	if (check_told(t, "type", TREE_TEXT))
		return false;
	d = tell(&c->tell, RULE(R_TYPE_OF_HANDLER), check_spot(t, "type"),
	    type.n > 0 ? "unknown type of handler '%.*s'"
		       : "a handler has no type%.*s",
	    SHOW_A(type));
	tell_near(&c->tell, d, type, types, COUNT(types));
	return false;
}

static void
check_handler(struct check *c, const struct handler *h, const struct tree *t)
{
	bool known = check_type(c, t);

	check_resource(c, h, t);
	if (known && h->type == HANDLER_STREAM) {
		check_source(c, h, t);
	} else if (known) {
		check_method(c, h, t);
		if (h->respond_to.n > 0)
			tell(&c->tell, RULE(R_RESPOND_TO),
			    tree_get(t, "respondTo"),
			    "a request handler has 'respondTo'");
	}
	check_steps(c, t, h->steps, h->nsteps, NULL, 0, h->response);
}

void
check_handlers(struct check *c)
{
	const struct tree *t;
	size_t i;

	for (i = 0; i < c->d->nhandlers; i++) {
		t = check_item(c, "handlers", i);
		if (t->kind == TREE_MAP)
			check_handler(c, &c->d->handlers[i], t);
	}
}
