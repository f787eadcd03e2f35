/* SPDX-License-Identifier: Apache-2.0 */
/* SLSA provenance 1, as far as it is the same on every machine. */
#include <string.h>

#include "attest/doc.h"

#define BUILD_TYPE "urn:subo:build:1"
#define BUILDER "urn:subo:builder:local"
#define MAX_LISTED 1000u /* files of a function that are listed one by one */

/* ---- what it was built from ---- */

/* Of all sources, as `sha256sum FILES... | sha256sum` gives it. */
static struct digest
sources_digest(const struct attest_function *f)
{
	CLEANUP(digester_free) struct digester *g = digester_new();

	for (size_t i = 0; i < f->nsources; i++) {
		digester_add(g, f->sources[i].digest);
		digester_add(g, STR("  "));
		digester_add(g, f->sources[i].name);
		digester_add(g, STR("\n"));
	}
	return digester_done(g);
}

static void
put_files(struct arena *a, struct tree *t, const struct attest_function *f)
{
	struct tree *files;

	if (f->nsources > MAX_LISTED)
		return;
	files = tree_put(a, tree_put(a, t, "annotations", tree_map(a)), "files",
	    tree_map(a));
	for (size_t i = 0; i < f->nsources; i++)
		tree_put_text(a, files, arena_cstr(a, f->sources[i].name),
		    f->sources[i].digest);
}

static void
add_sources(struct arena *a, struct tree *list, const struct attest_function *f)
{
	struct digest d = sources_digest(f);
	struct tree *t;

	if (f->reference.n > 0) {
		t = doc_resource(a, list, f->entry, &f->digest);
		tree_put_text(a, t, "uri",
		    str_of(
			arena_printf(a, "oci://" STR_F, STR_A(f->reference))));
		return;
	}
	t = doc_resource(a, list, f->entry, &d);
	tree_put_text(a, t, "uri",
	    str_of(arena_printf(a, "file:" STR_F, STR_A(f->folder))));
	put_files(a, t, f);
}

static bool
is_listed(const struct tree *list, struct str uri)
{
	for (size_t i = 0; i < list->nitems; i++)
		if (str_eq(tree_text(list->items[i], "uri"), uri))
			return true;
	return false;
}

/* tools: those that are listed already. */
static void
add_tools(struct arena *a, struct tree *tools, const struct attest_function *f)
{
	for (size_t i = 0; i < f->ntools; i++) {
		const struct attest_tool *v = &f->tools[i];
		struct str uri =
		    str_of(arena_printf(a, "pkg:generic/" STR_F "@" STR_F,
			STR_A(v->name), STR_A(v->version)));
		struct tree *t;

		if (is_listed(tools, uri))
			continue;
		t = tree_add(a, tools, tree_map(a));
		tree_put_text(a, t, "name", v->name);
		tree_put_text(a, t, "uri", uri);
	}
}

/* ---- how ---- */

static void
put_parameters(struct arena *a, struct tree *t, const struct attest_app *app)
{
	struct tree *p = tree_put(a, t, "externalParameters", tree_map(a));

	tree_put_text(a, p, "identifier", app->identifier);
	tree_put_text(a, p, "version", app->version);
	tree_put_bool(a, p, "release", app->release);
	tree_put_bool(a, p, "noOpt", app->no_opt);
	tree_put_bool(a, p, "keepDebug", app->keep_debug);
	tree_put_bool(a, p, "store", app->store);
	if (app->epoch_s > 0)
		tree_put_int(a, p, "sourceDateEpoch", app->epoch_s);
}

int
attest_provenance(struct buf *out, const struct attest_app *app, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *subjects, *predicate, *build, *run, *list, *tools;
	struct tree *t =
	    doc_statement(a, ATTEST_PROVENANCE, &subjects, &predicate);

	for (size_t i = 0; i < app->nentries; i++)
		doc_resource(
		    a, subjects, app->entries[i].name, &app->entries[i].digest);
	build = tree_put(a, predicate, "buildDefinition", tree_map(a));
	tree_put_text(a, build, "buildType", STR(BUILD_TYPE));
	put_parameters(a, build, app);
	list = tree_put(a, build, "resolvedDependencies", tree_list(a));
	tools = tree_list(a);
	for (size_t i = 0; i < app->nfunctions; i++)
		add_sources(a, list, &app->functions[i]);
	for (size_t i = 0; i < app->nfunctions; i++)
		add_tools(a, tools, &app->functions[i]);
	for (size_t i = 0; i < tools->nitems; i++)
		tree_add(a, list, tools->items[i]);
	run = tree_put(a, predicate, "runDetails", tree_map(a));
	tree_put_text(
	    a, tree_put(a, run, "builder", tree_map(a)), "id", STR(BUILDER));
	return doc_finish(out, t, e);
}

/* ---- reading it ---- */

static bool
flag(const struct tree *p, const char *name)
{
	const struct tree *t = tree_get(p, name);

	return t && t->kind == TREE_BOOL && t->num;
}

int
attest_read_build(
    struct attest_build *out, const struct attest_statement *s, struct err *e)
{
	const struct tree *b = tree_get(s->predicate, "buildDefinition"), *p,
			  *epoch;

	*out = (struct attest_build){ 0 };
	if (!str_is(s->predicate_type, ATTEST_PROVENANCE))
		return err_set(e, ERR_INPUT,
		    "it is a statement of another kind: " STR_F,
		    STR_A(s->predicate_type));
	if (!str_is(tree_text(b, "buildType"), BUILD_TYPE))
		return err_set(e, ERR_INPUT,
		    "its build was not one of ours: '" STR_F "'",
		    STR_A(tree_text(b, "buildType")));
	p = tree_get(b, "externalParameters");
	out->release = flag(p, "release");
	out->no_opt = flag(p, "noOpt");
	out->keep_debug = flag(p, "keepDebug");
	out->store = flag(p, "store");
	epoch = tree_get(p, "sourceDateEpoch");
	if (epoch && epoch->kind == TREE_INT && epoch->num > 0)
		out->epoch_s = epoch->num;
	return 0;
}
