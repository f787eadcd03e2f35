/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "bundle/inside.h"
#include "os/os.h"

#define MAX_DIRECTIVE (1u << 20)

struct rewriting {
	const struct bundle *b;
	const struct bundle_normalize *how;
	struct arena *arena;
	struct function_info *functions; /* of the Directive, with digests */
	size_t nfunctions;
	bool *seen; /* those that have a module of their own */
	struct buf directive;
	struct bundle_part *parts;
	size_t nparts;
};

static void
set_digest(struct arena *a, struct function_info *f, const struct digest *d)
{
	char hex[DIGEST_HEX];

	digest_hex(d, hex);
	f->digest = arena_copy(a, str_of(hex));
}

/* The function that entry i, a module, is of. */
static struct function_info *
owner(struct rewriting *r, size_t i)
{
	struct bundle_part p = bundle_at(r->b, i);

	for (size_t k = 0; k < r->nfunctions; k++) {
		struct str wasm;

		if (bundle_module(r->b, &r->functions[k], &wasm) &&
		    wasm.p == p.data.p)
			return &r->functions[k];
	}
	return NULL;
}

static void
take_parts(struct rewriting *r)
{
	size_t n = bundle_count(r->b);

	r->parts = arena_take(r->arena, (n + 1) * sizeof(*r->parts));
	r->parts[0].name = STR("Directive.yaml");
	r->nparts = 1;
	for (size_t i = 0; i < n; i++) {
		struct bundle_part p = bundle_at(r->b, i);
		struct function_info *f;

		if (str_is(p.name, "Directive.yaml"))
			continue;
		f = inside_is_module(p.name) ? owner(r, i) : NULL;
		if (inside_is_module(p.name) && !f) {
			if (r->how->drop)
				r->how->drop(r->how->arg, p.name);
			continue;
		}
		if (f) {
			r->seen[f - r->functions] = true;
			set_digest(r->arena, f, bundle_entry_digest(r->b, i));
			p.name = str_of(
			    bundle_module_name(r->arena, f->ns, f->name));
		}
		r->parts[r->nparts++] = p;
	}
}

static int
make_directive(struct rewriting *r, struct err *e)
{
	const struct directive *d = bundle_directive(r->b);

	for (size_t i = 0; i < r->nfunctions; i++)
		if (!r->seen[i])
			return zip_refuse(e, ERR_INPUT, "module-missing",
			    "the Directive lists function '" STR_F
			    "', and there is no module of it",
			    STR_A(r->functions[i].name));
	if (directive_with_functions(
		&r->directive, d, r->functions, r->nfunctions, e) < 0)
		return -1;
	if (buf_over(&r->directive))
		return err_set(e, ERR_LIMIT, "the Directive is too large");
	r->parts[0].data = buf_str(&r->directive);
	return 0;
}

static int
rewrite(
    struct rewriting *r, const char *path, struct digest *digest, struct err *e)
{
	const struct directive *d = bundle_directive(r->b);
	struct bundle_options opt = { .store = r->how->store,
		.epoch_s = r->how->epoch_s,
		.jobs = r->how->jobs };

	if (d->tenant) {
		zip_refuse(e, ERR_INPUT, "directive",
		    "it has a tenant.json and no Directive.yaml");
		return err_hint(e,
		    "such a bundle runs as it is; to sign or push it, build "
		    "it from its sources");
	}
	r->nfunctions = d->nfunctions;
	r->functions =
	    arena_take(r->arena, (d->nfunctions + 1) * sizeof(*r->functions));
	r->seen = arena_take(r->arena, d->nfunctions + 1);
	if (d->nfunctions > 0)
		memcpy(r->functions, d->functions,
		    d->nfunctions * sizeof(*r->functions));
	/* What was told was held to; what was not is told from now on. */
	take_parts(r);
	if (make_directive(r, e) < 0)
		return -1;
	return bundle_pack(path, r->parts, r->nparts, &opt, digest, e);
}

int
bundle_normalize(const char *path, struct str bytes, const char *name,
    const struct bundle_normalize *how, bool *same, struct digest *digest,
    struct err *e)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct rewriting r = {
		.how = how, .arena = a, .directive = BUF(MAX_DIRECTIVE)
	};
	struct err why = ERR;
	int rc;

	*same = bundle_open_at(&b, bytes, name, BUNDLE_STRICT, NULL, &why) == 0;
	if (*same) {
		*digest = *bundle_digest(b);
		return os_replace(path, bytes, 0644, e);
	}
	if (bundle_open_bytes(&b, bytes, name, e) < 0)
		return -1;
	r.b = b;
	rc = rewrite(&r, path, digest, e);
	buf_free(&r.directive);
	return rc < 0 ? err_wrap(e, "cannot normalize '%s'", name) : 0;
}
