/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a Directive and as a manifest: read, check, route, edit. */
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
	list(d);
	add(text, d);
	return 0;
}
