/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a Directive, a tenant, a manifest, a condition, a time: read,
 * check, route, edit. */
#include <assert.h>

#include "directive/directive.h"
#include "tree/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define NAME { "fuzz", 4 }

static const struct str steps[] = { NAME };
static const struct function_info functions[] = {
	{ .name = NAME,
	    .ns = { "ns", 2 },
	    .lang = { "go", 2 },
	    .tinygo = true },
	{ .name = { "it's \"x\"", 8 }, .ns = { "default", 7 } },
};

/* What is added is there, and was not before. */
static void
add(struct str text, const struct directive *old)
{
	CLEANUP(buf_free) struct buf out = BUF(4u << 20);
	CLEANUP(directive_free) struct directive *d = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct err e = ERR;

	if (directive_add_handler(&out, text, STR("D"), STR("get"),
		STR("/fuzz/:id"), steps, COUNT(steps), &e) < 0) {
		assert(out.n == 0 && e.text[0] != '\0');
		return;
	}
	assert(directive_parse(&d, buf_str(&out), STR("D"), ds, &e) == 0);
	assert(d->nhandlers == old->nhandlers + 1);
	assert(directive_add_handler(&out, buf_str(&out), STR("D"), STR("GET"),
		   STR("/fuzz/:id"), NULL, 0, &e) < 0);
}

/* A function of others is there then, under its name, and once. */
static void
set(struct str text)
{
	CLEANUP(buf_free) struct buf out = BUF(4u << 20);
	CLEANUP(buf_free) struct buf again = BUF(4u << 20);
	CLEANUP(directive_free) struct directive *d = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct err e = ERR;
	size_t n = 0;

	if (directive_set_function(&out, text, STR("D"), STR("img::fuzz"),
		STR("host.example/fuzz:v1"), &e) < 0) {
		assert(out.n == 0 && e.text[0] != '\0');
		return;
	}
	assert(directive_parse(&d, buf_str(&out), STR("D"), ds, &e) == 0);
	for (size_t i = 0; i < d->nadded; i++)
		if (str_is(d->added[i].ns, "img") &&
		    str_is(d->added[i].name, "fuzz")) {
			assert(str_is(
			    d->added[i].reference, "host.example/fuzz:v1"));
			n++;
		}
	/* Of a map with too many some are not read. */
	assert(n == 1 || d->nadded >= 4096);
	if (directive_set_function(&again, buf_str(&out), STR("D"),
		STR("img::fuzz"), STR("host.example/fuzz:v2"), &e) < 0)
		assert(e.kind == ERR_INPUT || e.kind == ERR_LIMIT);
}

static void
list(const struct directive *old)
{
	CLEANUP(buf_free) struct buf once = BUF(4u << 20);
	CLEANUP(buf_free) struct buf twice = BUF(4u << 20);
	CLEANUP(directive_free) struct directive *d = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct err e = ERR;

	if (directive_with_functions(
		&once, old, functions, COUNT(functions), &e) < 0)
		return;
	assert(directive_parse(&d, buf_str(&once), STR("D"), ds, &e) == 0);
	assert(d->nfunctions == COUNT(functions) && d->functions[1].tinygo);
	assert(directive_with_functions(
		   &twice, d, functions, COUNT(functions), &e) == 0);
	assert(str_eq(buf_str(&once), buf_str(&twice)));
}

/* Each route is found by its own pattern. */
static void
route(const struct directive *d)
{
	CLEANUP(buf_free) struct buf allow = BUF(1000);
	struct pair params[4];
	size_t i, n;
	int status;

	for (i = 0; i < d->nhandlers && i < 50; i++) {
		const struct handler *h = &d->handlers[i];

		buf_clear(&allow);
		if (directive_route(d, h->method, h->resource, params, 4, &n,
			&status, &allow))
			assert(status == 200 && n <= 4);
		else
			assert(status == 404 || status == 405);
	}
}

/* What has a name is found by it, and all that is asked has an answer. */
static void
look(const struct directive *d)
{
	const struct handler *h;
	const struct schedule *s;
	size_t i;
	int status;

	for (i = 0; i < d->nschedules && i < 50; i++)
		if (directive_called(d, d->schedules[i].name, &h, &s))
			assert(!h != !s);
	for (i = 0; i < d->nhandlers && i < 50; i++) {
		h = directive_stream(
		    d, d->handlers[i].source, d->handlers[i].resource);
		assert(!h || h->type == HANDLER_STREAM);
		if (!directive_route_function(
			d, STR("POST"), d->handlers[i].resource, &status))
			assert(status == 404 || status == 405);
	}
	for (i = 0; i < d->nfunctions && i < 50; i++)
		assert(directive_capabilities(d, &d->functions[i]));
}

static void
tenant(struct str text)
{
	CLEANUP(directive_free) struct directive *d = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);
	struct err e = ERR;

	if (tenant_parse(&d, text, STR("tenant.json"), ds, &e) < 0) {
		assert(e.kind == ERR_INPUT || e.kind == ERR_LIMIT);
		return;
	}
	directive_check(d, NULL, 0, ds);
	directive_check(d, functions, COUNT(functions), ds);
	assert(directive_with_functions(&out, d, functions, 1, &e) < 0);
	route(d);
	look(d);
}

/* Each key leads to the whole text, so that any kind of value comes up. */
static bool
get(void *arg, enum expr_root root, struct str key, struct str *text)
{
	*text = *(const struct str *)arg;
	return root != EXPR_PARAMS && key.n < 5;
}

static void
seen(void *arg, struct str key)
{
	*(size_t *)arg += key.n;
}

static void
condition(struct str text)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct str line = text, head;
	struct expr_world w = { &line, get };
	struct expr *x = NULL;
	struct err e = ERR;
	size_t n = 0;

	/* The first line is the condition, all of it the world. */
	str_cut(&text, '\n', &head);
	if (expr_parse(&x, a, head, &e) < 0) {
		assert(e.kind == ERR_INPUT &&
		    str_starts(str_of(e.text), "column "));
		return;
	}
	expr_state_keys(x, seen, &n);
	assert(expr_holds(x, &w) == expr_holds(x, &w));
}

static void
small(struct str text)
{
	struct str rest = text, head;
	struct err e = ERR;
	uint64_t ns = 0;

	if (duration_parse(&ns, text, &e) == 0)
		assert(ns >= 1000000 && ns <= 366ull * 86400 * 1000000000);
	str_cut(&rest, ' ', &head);
	(void)domain_matches(head, rest);
}

static void
manifest(struct str text)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct function_info f;
	struct err e = ERR;

	if (manifest_parse(&f, a, text, STR("M"), STR("name"), ds, &e) < 0)
		directive_tell(ds, manifest_rules, STR("M"), &e);
	assert(f.name.n > 0 && f.ns.n > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(directive_free) struct directive *d = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(buf_free) struct buf shown = BUF(16u << 20);
	struct str text = { (const char *)data, n };
	struct fqfn f = fqfn_parse(text);
	struct err e = ERR;
	size_t i;

	assert(f.name.n <= n && f.ns.n <= n + 7);
	if (name_check("function", text, &e) < 0)
		assert(e.kind == ERR_USAGE && e.hint[0] != '\0');
	manifest(text);
	tenant(text);
	condition(text);
	small(text);
	if (directive_parse(&d, text, STR("D"), ds, &e) < 0) {
		directive_tell(ds, directive_rules, STR("D"), &e);
		assert(diags_at(ds, 0)->at.line > 0);
		return 0;
	}
	directive_check(d, NULL, 0, ds);
	directive_check(d, functions, COUNT(functions), ds);
	for (i = 0; i < diags_count(ds); i++)
		diag_print(&shown, diags_at(ds, i), text, false);
	route(d);
	look(d);
	list(d);
	add(text, d);
	set(text);
	return 0;
}
