/* SPDX-License-Identifier: Apache-2.0 */
/* The modules that `subo check` looks at. */
#include "check.h"
#include "module/module.h"
#include "os/os.h"

static const struct diag_rule *
module_rule(const char *code)
{
	const struct diag_rule *r = diag_find(module_rules, str_of(code));

	return r ? r : &module_rules[0];
}

/* Tell an error about the module as a problem of the given rule. */
static int
tell_module(
    struct diags *ds, const char *code, const char *shown, const struct err *e)
{
	struct diag *d = diags_add(ds, module_rule(code), str_of(shown),
	    (struct place){ 0 }, 0, "%s", e->text);

	if (e->hint[0] != '\0')
		diags_repair(ds, d, "%s", e->hint);
	return 0;
}

int
check_module(struct diags *ds, struct str wasm, const char *path,
    const char *shown, struct err *e)
{
	CLEANUP(module_free) struct module *m = NULL;
	bool begins = wasm.n >= 4 && memcmp(wasm.p, "\0asm", 4) == 0;
	size_t before = diags_errors(ds);

	if (module_read(&m, wasm, e) < 0) {
		if (e->kind != ERR_INPUT && e->kind != ERR_LIMIT)
			return -1;
		return tell_module(ds,
		    e->kind == ERR_LIMIT ? "M016"
			: begins	 ? "M002"
					 : "M001",
		    shown, e);
	}
	module_check(m, str_of(shown), ds);
	if (diags_errors(ds) > before || !path)
		return 0;
	if (module_validate(world_self(), path, e) == 0)
		return 0;
	if (e->kind != ERR_INPUT && e->kind != ERR_LIMIT)
		return -1;
	return tell_module(
	    ds, e->kind == ERR_LIMIT ? "M016" : "M003", shown, e);
}

/* ---- bundles ---- */

/* The validator reads files, so a bundle's module becomes one for a moment. */
static int
check_packed(
    struct diags *ds, struct str wasm, const char *shown, struct err *e)
{
	CLEANUP(buf_free) struct buf path = BUF(8192);
	struct err ignored = ERR;
	int rc;

	if (world_cache(&path, "check", e) < 0)
		return -1;
	buf_addf(&path, "/%016llx.wasm",
	    (unsigned long long)(os_now_ns() ^ (uintptr_t)wasm.p));
	if (os_replace(buf_cstr(&path), wasm, 0600, e) < 0)
		return -1;
	rc = check_module(ds, wasm, buf_cstr(&path), shown, e);
	(void)!os_remove(buf_cstr(&path), &ignored);
	return rc;
}

static int
check_parts(
    struct checked *c, const struct bundle *b, const char *path, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct bundle_part part;

	for (size_t i = 0; i < bundle_count(b); i++) {
		part = bundle_at(b, i);
		if (!str_ends(part.name, ".wasm") ||
		    str_starts(part.name, "static/"))
			continue;
		if (os_check_interrupt(e) < 0 ||
		    check_packed(c->ds, part.data,
			arena_printf(a, "%s/" STR_F, path, STR_A(part.name)),
			e) < 0)
			return -1;
	}
	return 0;
}

/* A function without module fails when it is run, a module without function is
 * run by nothing. */
static void
check_pairs(struct checked *c, const struct bundle *b, const char *path)
{
	const struct directive *d = bundle_directive(b);
	const struct place nowhere = { 0, 0 };
	struct str wasm;

	for (size_t i = 0; i < d->nfunctions; i++) {
		const struct function_info *f = &d->functions[i];

		if (!bundle_module(b, f, &wasm))
			diags_add(c->ds,
			    diag_find(directive_rules, STR("D120")), d->file,
			    f->at, 0,
			    "the bundle has no module for '" STR_F "::" STR_F
			    "'",
			    STR_A(f->ns), STR_A(f->name));
	}
	for (size_t i = 0; i < bundle_count(b); i++)
		if (bundle_stray(b, i))
			diags_add(c->ds,
			    diag_find(directive_rules, STR("D121")),
			    str_of(path), nowhere, 0,
			    "'" STR_F "' is the module of no function that is "
			    "listed",
			    STR_A(bundle_at(b, i).name));
}

int
check_bundle(
    struct checked *c, const char *path, struct str bytes, struct err *e)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	CLEANUP(directive_free) struct directive *d = NULL;
	const struct directive *own;

	if (bundle_open_bytes(&b, bytes, path, e) < 0)
		return -1;
	own = bundle_directive(b);
	/* Read once more: the first time nobody listened to the warnings. */
	if ((own->tenant ? tenant_parse(&d, own->source, own->file, c->ds, e)
			 : directive_parse(
			       &d, own->source, own->file, c->ds, e)) < 0)
		return -1;
	directive_check(d, NULL, 0, c->ds);
	c->handlers += d->nhandlers;
	c->schedules += d->nschedules;
	c->functions += d->nfunctions;
	check_pairs(c, b, path);
	return check_parts(c, b, path, e);
}
