/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CycloneDX 1.5.  Three kinds of components: the functions, each a module with
 * its digest; the compilers that their modules name; and what lock files list.
 */
#include <stdlib.h>
#include <string.h>

#include "attest/doc.h"
#include "attest/producers.h"

struct making {
	const struct attest_app *app;
	struct arena *arena;
	struct tree *components, *graph;
};

/* A name for f that no other has: "module:space::name". */
static struct str
ref_of(struct arena *a, const struct attest_function *f)
{
	return str_of(arena_printf(a, "module:" STR_F "::" STR_F,
	    STR_A(f->ns.n > 0 ? f->ns : STR("default")), STR_A(f->name)));
}

static void
put_hash(
    struct arena *a, struct tree *t, const char *algorithm, struct str content)
{
	struct tree *h =
	    tree_add(a, tree_put(a, t, "hashes", tree_list(a)), tree_map(a));

	tree_put_text(a, h, "alg", str_of(algorithm));
	tree_put_text(a, h, "content", content);
}

static void
add_property(
    struct arena *a, struct tree *list, struct str name, struct str value)
{
	struct tree *p = tree_add(a, list, tree_map(a));

	tree_put_text(a, p, "name", name);
	tree_put_text(a, p, "value", value);
}

/* ---- functions ---- */

static void
put_producers(struct arena *a, struct tree *list, struct str section)
{
	struct producers p = { .rest = section };
	struct producer one;

	while (producers_next(&p, &one))
		add_property(a, list,
		    str_of(arena_printf(
			a, "wasm:producers:" STR_F, STR_A(one.field))),
		    str_of(arena_printf(a, STR_F "%s" STR_F, STR_A(one.name),
			one.version.n > 0 ? " " : "", STR_A(one.version))));
}

static void
add_function(struct making *m, const struct attest_function *f)
{
	struct arena *a = m->arena;
	struct tree *t = tree_add(a, m->components, tree_map(a)), *list;
	char hex[DIGEST_HEX];

	tree_put_text(a, t, "type", STR("application"));
	tree_put_text(a, t, "bom-ref", ref_of(a, f));
	tree_put_text(a, t, "mime-type", STR("application/wasm"));
	tree_put_text(a, t, "group", f->ns.n > 0 ? f->ns : STR("default"));
	tree_put_text(a, t, "name", f->name);
	if (f->version.n > 0)
		tree_put_text(a, t, "version", f->version);
	digest_hex(&f->digest, hex);
	put_hash(a, t, "SHA-256", str_of(hex));
	list = tree_put(a, t, "properties", tree_list(a));
	add_property(a, list, STR("subo:entry"), f->entry);
	if (f->lang.n > 0)
		add_property(a, list, STR("subo:language"), f->lang);
	if (f->reference.n > 0)
		add_property(a, list, STR("subo:reference"), f->reference);
	put_producers(a, list, f->producers);
}

/* ---- libraries ---- */

static void
add_library(struct making *m, const struct attest_library *l)
{
	struct arena *a = m->arena;
	struct tree *t = tree_add(a, m->components, tree_map(a));

	tree_put_text(a, t, "type", STR("library"));
	tree_put_text(a, t, "bom-ref", l->purl);
	tree_put_text(a, t, "name", l->name);
	tree_put_text(a, t, "version", l->version);
	if (l->algorithm && strcmp(l->algorithm, "h1") != 0)
		put_hash(a, t, l->algorithm, l->hash);
	tree_put_text(a, t, "purl", l->purl);
	if (l->algorithm && strcmp(l->algorithm, "h1") == 0)
		add_property(a, tree_put(a, t, "properties", tree_list(a)),
		    STR("golang:go.sum"), l->hash);
}

static int
by_purl(const void *a, const void *b)
{
	const struct attest_library *const *x = a, *const *y = b;
	int d = str_cmp((*x)->purl, (*y)->purl);

	return d != 0 ? d : str_cmp((*y)->hash, (*x)->hash);
}

/* Those of all functions, each once. */
static const struct attest_library **
all_libraries(const struct making *m, size_t *n)
{
	const struct attest_library **v;
	size_t all = 0, kept = 0;

	for (size_t i = 0; i < m->app->nfunctions; i++)
		if (m->app->functions[i].libraries)
			all += m->app->functions[i].libraries->n;
	v = arena_take(m->arena, (all + 1) * sizeof(*v));
	all = 0;
	for (size_t i = 0; i < m->app->nfunctions; i++) {
		const struct attest_libraries *l =
		    m->app->functions[i].libraries;

		for (size_t k = 0; l && k < l->n; k++)
			v[all++] = &l->v[k];
	}
	if (all > 1)
		qsort(v, all, sizeof(*v), by_purl);
	for (size_t i = 0; i < all; i++)
		if (kept == 0 || !str_eq(v[kept - 1]->purl, v[i]->purl))
			v[kept++] = v[i];
	*n = kept;
	return v;
}

/* ---- who needs whom ---- */

static struct tree *
add_node(struct making *m, struct str ref)
{
	struct arena *a = m->arena;
	struct tree *t = tree_add(a, m->graph, tree_map(a));

	tree_put_text(a, t, "ref", ref);
	return tree_put(a, t, "dependsOn", tree_list(a));
}

static void
add_graph(
    struct making *m, const struct attest_library *const *libraries, size_t n)
{
	struct arena *a = m->arena;
	struct tree *list = add_node(m, STR("app"));

	for (size_t i = 0; i < m->app->nfunctions; i++)
		tree_add(a, list,
		    tree_new_text(a, ref_of(a, &m->app->functions[i])));
	for (size_t i = 0; i < m->app->nfunctions; i++) {
		const struct attest_function *f = &m->app->functions[i];

		list = add_node(m, ref_of(a, f));
		for (size_t k = 0; f->libraries && k < f->libraries->ndirect;
		    k++)
			tree_add(
			    a, list, tree_new_text(a, f->libraries->direct[k]));
	}
	for (size_t i = 0; i < n; i++) {
		list = add_node(m, libraries[i]->purl);
		for (size_t k = 0; k < libraries[i]->nneeds; k++)
			tree_add(
			    a, list, tree_new_text(a, libraries[i]->needs[k]));
	}
}

/* ---- the document ---- */

/* A UUID that is made of what it names: RFC 9562, version 8. */
static struct str
serial(struct arena *a, const struct attest_app *app)
{
	CLEANUP(digester_free) struct digester *g = digester_new();
	struct digest d;
	uint8_t *b = d.b;

	digester_field(g, app->identifier);
	digester_field(g, app->version);
	for (size_t i = 0; i < app->nfunctions; i++) {
		digester_field(g, app->functions[i].entry);
		digester_add(g,
		    (struct str){ (const char *)app->functions[i].digest.b,
			sizeof(d.b) });
	}
	d = digester_done(g);
	b[6] = (uint8_t)((b[6] & 0x0fu) | 0x80u);
	b[8] = (uint8_t)((b[8] & 0x3fu) | 0x80u);
	return str_of(arena_printf(a,
	    "urn:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x",
	    b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10],
	    b[11], b[12], b[13], b[14], b[15]));
}

static void
put_head(struct making *m, struct tree *t)
{
	struct arena *a = m->arena;
	struct tree *meta, *tools, *c;

	tree_put_text(a, t, "bomFormat", STR("CycloneDX"));
	tree_put_text(a, t, "specVersion", STR("1.5"));
	tree_put_text(a, t, "serialNumber", serial(a, m->app));
	tree_put_int(a, t, "version", 1);
	meta = tree_put(a, t, "metadata", tree_map(a));
	if (m->app->epoch_s > 0)
		tree_put_text(
		    a, meta, "timestamp", doc_time(a, m->app->epoch_s));
	tools = tree_put(a, meta, "tools", tree_map(a));
	c = tree_add(
	    a, tree_put(a, tools, "components", tree_list(a)), tree_map(a));
	tree_put_text(a, c, "type", STR("application"));
	tree_put_text(a, c, "name", STR("subo"));
	c = tree_put(a, meta, "component", tree_map(a));
	tree_put_text(a, c, "type", STR("application"));
	tree_put_text(a, c, "bom-ref", STR("app"));
	tree_put_text(a, c, "name", m->app->identifier);
	tree_put_text(a, c, "version", m->app->version);
}

int
attest_sbom(struct buf *out, const struct attest_app *app, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct making m = { .app = app, .arena = a };
	struct tree *t = tree_map(a);
	const struct attest_library **libraries;
	size_t n;

	put_head(&m, t);
	m.components = tree_put(a, t, "components", tree_list(a));
	m.graph = tree_put(a, t, "dependencies", tree_list(a));
	libraries = all_libraries(&m, &n);
	for (size_t i = 0; i < app->nfunctions; i++)
		add_function(&m, &app->functions[i]);
	for (size_t i = 0; i < n; i++)
		add_library(&m, libraries[i]);
	add_graph(&m, libraries, n);
	return doc_finish(out, t, e);
}
