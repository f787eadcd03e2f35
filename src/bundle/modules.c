/* SPDX-License-Identifier: Apache-2.0 */
/* Modules, and the functions that the Directive lists: each names the other. */
#include <string.h>

#include "bundle/inside.h"

bool
inside_is_module(struct str name)
{
	return str_ends(name, WASM) && !str_starts(name, STATIC);
}

struct str
inside_reference(const struct entry *en)
{
	return (struct str){ en->name.p, en->name.n - (sizeof(WASM) - 1) };
}

/* The one function of that name in any namespace, or -1: bundles of older
 * tools name no namespace. */
static ptrdiff_t
only_one_called(const struct directive *d, struct str name)
{
	ptrdiff_t found = -1;

	for (size_t i = 0; i < d->nfunctions; i++) {
		if (!str_eq(d->functions[i].name, name))
			continue;
		if (found >= 0)
			return -1;
		found = (ptrdiff_t)i;
	}
	return found;
}

/* The function whose digest is that of the module, or -1. */
static ptrdiff_t
by_digest(const struct directive *d, const struct digest *have)
{
	struct digest want;

	for (size_t i = 0; i < d->nfunctions; i++)
		if (digest_parse(d->functions[i].digest, &want) &&
		    digest_eq(&want, have))
			return (ptrdiff_t)i;
	return -1;
}

static ptrdiff_t
function_of(const struct directive *d, const struct entry *en)
{
	struct fqfn ref = fqfn_parse(inside_reference(en));
	ptrdiff_t found;

	for (size_t i = 0; i < d->nfunctions; i++)
		if (fqfn_matches(&ref, &d->functions[i], d))
			return (ptrdiff_t)i;
	found = only_one_called(d, inside_reference(en));
	return found >= 0 ? found : by_digest(d, &en->digest);
}

bool
inside_said_digest(
    const struct directive *d, const struct entry *en, struct digest *out)
{
	struct fqfn ref = fqfn_parse(inside_reference(en));

	for (size_t i = 0; i < d->nfunctions; i++)
		if (fqfn_matches(&ref, &d->functions[i], d))
			return digest_parse(d->functions[i].digest, out);
	return false;
}

static int
check_digest(const struct directive *d, const struct function_info *f,
    const struct entry *en, struct err *e)
{
	const char *file = d->tenant ? TENANT_NAME : DIRECTIVE_NAME;
	struct digest want;

	if (f->digest.n == 0)
		return 0;
	if (!digest_parse(f->digest, &want))
		return zip_refuse(e, ERR_INPUT, "digest",
		    "%s:%u:%u: '" STR_F "' is no SHA-256 digest", file,
		    f->at.line, f->at.col, STR_A(f->digest));
	if (!digest_eq(&want, &en->digest))
		return zip_refuse(e, ERR_TRUST, "digest",
		    "entry '" STR_F "' is not the module that %s names: its "
		    "digest differs",
		    STR_A(en->name), file);
	return 0;
}

/* A module that no function lists can be run by nobody, and is for a check to
 * tell; Atmo refused the bundle. */
static int
add_module(struct bundle *b, struct entry *en, struct err *e)
{
	ptrdiff_t i = function_of(b->directive, en);

	en->stray = i < 0;
	if (en->stray)
		return 0;
	if (b->modules[i])
		return zip_refuse(e, ERR_INPUT, "module-twice",
		    "entries '" STR_F "' and '" STR_F "' are modules of the "
		    "same function",
		    STR_A(b->modules[i]->name), STR_A(en->name));
	b->modules[i] = en;
	return check_digest(b->directive, &b->directive->functions[i], en, e);
}

int
inside_add_modules(struct bundle *b, struct err *e)
{
	b->modules = arena_take(
	    b->arena, b->directive->nfunctions * sizeof(*b->modules));
	for (size_t i = 0; i < b->n; i++) {
		struct entry *en = &b->entries[i];

		if (inside_is_module(en->name) && add_module(b, en, e) < 0)
			return -1;
	}
	return 0;
}

/* The other direction, and the names: what the canonical form asks of modules
 * beside add_modules. */
static int
demand_module(const struct bundle *b, size_t i, struct err *e)
{
	const struct function_info *f = &b->directive->functions[i];
	const struct entry *en = b->modules[i];
	const char *want = bundle_module_name(b->arena, f->ns, f->name);

	if (!en)
		return zip_refuse(e, ERR_INPUT, "module-missing",
		    "the Directive lists function '" STR_F
		    "', and there is no module of it",
		    STR_A(f->name));
	if (f->digest.n == 0)
		return zip_refuse(e, ERR_INPUT, "digest",
		    "the Directive tells no digest of the module of '" STR_F
		    "'",
		    STR_A(f->name));
	if (!str_is(en->name, want))
		return zip_refuse(e, ERR_INPUT, "module-name",
		    "entry '" STR_F "' should be called '%s'", STR_A(en->name),
		    want);
	return 0;
}

int
inside_demand_modules(const struct bundle *b, struct err *e)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->entries[i].stray)
			return zip_refuse_entry(e, "module-not-listed",
			    b->entries[i].name,
			    "it is a module of no function that the Directive "
			    "lists");
	for (size_t i = 0; i < b->directive->nfunctions; i++)
		if (demand_module(b, i, e) < 0)
			return -1;
	return 0;
}
