/* SPDX-License-Identifier: Apache-2.0 */
/* What `subo inspect --json` prints: see subo-inspect(1). */
#include "cmd.h"
#include "inspect.h"

static void
put_digest(struct arena *a, struct tree *t, const struct digest *d)
{
	char hex[DIGEST_HEX];

	digest_hex(d, hex);
	tree_put_text(a, t, "sha256", str_of(hex));
}

static struct tree *
imports_json(struct arena *a, const struct module *m)
{
	struct tree *list = tree_list(a);

	for (size_t i = 0; i < m->nimports; i++) {
		const struct module_import *im = &m->imports[i];
		const struct module_offer *o = module_offer_find(im, NULL);
		struct tree *t = tree_add(a, list, tree_map(a));

		tree_put_text(a, t, "module", im->ns);
		tree_put_text(a, t, "name", im->name);
		tree_put_text(a, t, "kind", str_of(inspect_kind(im->kind)));
		if (im->kind == MODULE_FUNC)
			tree_put_text(a, t, "signature", im->type);
		tree_put_bool(a, t, "offered", o != NULL);
		if (o && o->capability)
			tree_put_text(
			    a, t, "capability", str_of(o->capability));
	}
	return list;
}

static struct tree *
exports_json(struct arena *a, const struct module *m)
{
	struct tree *list = tree_list(a);

	for (size_t i = 0; i < m->nexports; i++) {
		const struct module_export *x = &m->exports[i];
		struct tree *t = tree_add(a, list, tree_map(a));

		tree_put_text(a, t, "name", x->name);
		tree_put_text(a, t, "kind", str_of(inspect_kind(x->kind)));
		tree_put_int(a, t, "index", x->index);
		if (x->kind == MODULE_FUNC)
			tree_put_text(a, t, "signature", x->type);
	}
	return list;
}

static struct tree *
sections_json(struct arena *a, const struct module *m)
{
	struct tree *list = tree_list(a);

	for (size_t i = 0; i < m->nsections; i++) {
		const struct module_section *s = &m->sections[i];
		struct tree *t = tree_add(a, list, tree_map(a));

		tree_put_text(a, t, "name", s->name);
		tree_put_bool(a, t, "custom", s->id == 0);
		tree_put_int(a, t, "at", (int64_t)s->at);
		tree_put_int(a, t, "bytes", (int64_t)s->nbytes);
	}
	return list;
}

static struct tree *
functions_json(struct arena *a, const struct module *m, size_t top)
{
	struct tree *list = tree_list(a);
	size_t n;
	const struct module_func **v = inspect_biggest(a, m, top, &n);

	for (size_t i = 0; i < n; i++) {
		struct tree *t = tree_add(a, list, tree_map(a));

		tree_put_int(a, t, "index", v[i]->index);
		tree_put_text(a, t, "name", v[i]->name);
		tree_put_int(a, t, "at", (int64_t)v[i]->at);
		tree_put_int(a, t, "bytes", (int64_t)v[i]->nbytes);
	}
	return list;
}

static struct tree *
memory_json(struct arena *a, const struct module *m)
{
	struct tree *t = tree_map(a);

	tree_put_int(a, t, "min_pages", (int64_t)m->memory_min_pages);
	if (m->memory_max_pages > 0)
		tree_put_int(a, t, "max_pages", (int64_t)m->memory_max_pages);
	return t;
}

struct tree *
inspect_module_json(
    struct arena *a, const struct module *m, struct str path, size_t top)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct tree *t = tree_map(a);

	tree_put_text(a, t, "path", path);
	tree_put_int(a, t, "bytes", (int64_t)m->bytes.n);
	put_digest(a, t, &m->digest);
	tree_put_text(a, t, "abi", str_of(module_abi_name(m->abi)));
	tree_put_text(a, t, "abi_why", m->abi_why);
	if (m->generation.n > 0) {
		tree_put_text(a, t, "generation", m->generation);
		tree_put_text(a, t, "generation_why", m->generation_why);
	}
	tree_put_text(a, t, "language", m->language);
	tree_put_text(a, t, "producer", m->producer);
	if (m->has_memory)
		tree_put(a, t, "memory", memory_json(a, m));
	tree_put_bool(a, t, "start", m->has_start);
	tree_put_bool(a, t, "names", m->has_names);
	tree_put_bool(a, t, "debug", m->has_debug);
	tree_put(a, t, "imports", imports_json(a, m));
	tree_put(a, t, "exports", exports_json(a, m));
	tree_put(a, t, "sections", sections_json(a, m));
	tree_put_int(a, t, "function_count", (int64_t)m->nfuncs);
	tree_put(a, t, "functions", functions_json(a, m, top));
	module_check(m, path, ds);
	tree_put(a, t, "problems", ui_diags_json(a, ds));
	return t;
}

/* ---- bundles ---- */

/* Bundles of 2020 and early 2021 do not write it down. */
static struct str
full_name(
    struct arena *a, const struct directive *d, const struct function_info *f)
{
	if (f->fqfn.n > 0)
		return f->fqfn;
	return str_of(arena_printf(a, STR_F "#" STR_F "::" STR_F "@" STR_F,
	    STR_A(d->identifier), STR_A(f->ns), STR_A(f->name),
	    STR_A(f->version.n > 0 ? f->version : d->app_version)));
}

static struct tree *
bundle_function(
    struct arena *a, const struct bundle *b, const struct function_info *f)
{
	CLEANUP(module_free) struct module *m = NULL;
	struct str wasm, name = str_of(bundle_module_name(a, f->ns, f->name));
	struct tree *t = tree_map(a);
	struct err e = ERR;

	tree_put_text(a, t, "name", f->name);
	tree_put_text(a, t, "ns", f->ns);
	tree_put_text(a, t, "fqfn", full_name(a, bundle_directive(b), f));
	tree_put_text(a, t, "version", f->version);
	tree_put_text(a, t, "lang", f->lang);
	tree_put_text(a, t, "api_version", f->api_version);
	if (!bundle_module(b, f, &wasm)) {
		tree_put_text(a, t, "error", STR("its module is missing"));
		return t;
	}
	tree_put_int(a, t, "bytes", (int64_t)wasm.n);
	for (size_t i = 0; i < bundle_count(b); i++)
		if (str_eq(bundle_at(b, i).name, name))
			tree_put_int(a, t, "packed_bytes",
			    (int64_t)bundle_packed_bytes(b, i));
	if (module_read(&m, wasm, &e) < 0) {
		tree_put_text(a, t, "error", str_of(e.text));
		return t;
	}
	put_digest(a, t, &m->digest);
	tree_put_text(a, t, "abi", str_of(module_abi_name(m->abi)));
	if (m->generation.n > 0)
		tree_put_text(a, t, "generation", m->generation);
	tree_put_text(a, t, "language", m->language);
	tree_put_int(a, t, "import_count", (int64_t)m->nimports);
	return t;
}

static struct tree *
calls_json(struct arena *a, const struct step *s)
{
	struct tree *list = tree_list(a);

	for (size_t i = 0; i < s->ncalls; i++) {
		struct tree *t = tree_add(a, list, tree_map(a));

		tree_put_text(a, t, "fn", s->calls[i].fn);
		tree_put_text(a, t, "as", s->calls[i].key);
	}
	return list;
}

/* A list of steps, each a list of what runs side by side. */
static struct tree *
steps_json(struct arena *a, const struct step *steps, size_t nsteps)
{
	struct tree *list = tree_list(a);

	for (size_t i = 0; i < nsteps; i++)
		tree_add(a, list, calls_json(a, &steps[i]));
	return list;
}

static struct tree *
handlers_json(struct arena *a, const struct directive *d)
{
	struct tree *list = tree_list(a);

	for (size_t i = 0; i < d->nhandlers; i++) {
		const struct handler *h = &d->handlers[i];
		struct tree *t = tree_add(a, list, tree_map(a));

		tree_put_text(a, t, "type",
		    h->type == HANDLER_REQUEST ? STR("request")
					       : STR("stream"));
		tree_put_text(a, t, "method", h->method);
		tree_put_text(a, t, "source", h->source);
		tree_put_text(a, t, "resource", h->resource);
		tree_put_text(a, t, "response", h->response);
		tree_put(a, t, "steps", steps_json(a, h->steps, h->nsteps));
	}
	return list;
}

static struct tree *
schedules_json(struct arena *a, const struct directive *d)
{
	struct tree *list = tree_list(a);

	for (size_t i = 0; i < d->nschedules; i++) {
		const struct schedule *s = &d->schedules[i];
		struct tree *t = tree_add(a, list, tree_map(a));

		tree_put_text(a, t, "name", s->name);
		tree_put_int(a, t, "every_s", (int64_t)s->every_s);
		tree_put(a, t, "steps", steps_json(a, s->steps, s->nsteps));
	}
	return list;
}

static struct tree *
statics_json(struct arena *a, const struct bundle *b)
{
	struct tree *list = tree_list(a);

	for (size_t i = 0; i < bundle_count(b); i++) {
		struct bundle_part p = bundle_at(b, i);
		struct tree *t;

		if (!inspect_is_static(p.name))
			continue;
		t = tree_add(a, list, tree_map(a));
		tree_put_text(a, t, "name", p.name);
		tree_put_int(a, t, "bytes", (int64_t)p.data.n);
		tree_put_int(
		    a, t, "packed_bytes", (int64_t)bundle_packed_bytes(b, i));
	}
	return list;
}

struct tree *
inspect_bundle_json(
    struct arena *a, const struct bundle *b, struct str path, uint64_t bytes)
{
	const struct directive *d = bundle_directive(b);
	struct tree *functions = tree_list(a), *t = tree_map(a);

	tree_put_text(a, t, "path", path);
	tree_put_int(a, t, "bytes", (int64_t)bytes);
	put_digest(a, t, bundle_digest(b));
	tree_put_text(a, t, "identifier", d->identifier);
	tree_put_text(a, t, "app_version", d->app_version);
	tree_put_text(a, t, "atmo_version", d->atmo_version);
	tree_put_bool(a, t, "headless", d->headless);
	for (size_t i = 0; i < d->nfunctions; i++)
		tree_add(a, functions, bundle_function(a, b, &d->functions[i]));
	tree_put(a, t, "functions", functions);
	tree_put(a, t, "handlers", handlers_json(a, d));
	tree_put(a, t, "schedules", schedules_json(a, d));
	tree_put(a, t, "static", statics_json(a, b));
	return t;
}
