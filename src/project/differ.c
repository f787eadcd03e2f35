/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where two bundles begin to differ, and what their provenance says of why.
 * Modules go first: all else that differs mostly follows from them.
 */
#include <string.h>

#include "attest/attest.h"
#include "bundle/bundle.h"
#include "module/module.h"
#include "project/project.h"
#include "tree/tree.h"

#define SHOWN 16u     /* bytes of a module */
#define MAX_LINE 160u /* bytes of a text */
#define MAX_CAUSES 20u

/* ---- one entry ---- */

static size_t
first_other(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n, i = 0;

	while (i < n && a.p[i] == b.p[i])
		i++;
	return i;
}

static struct str
hex_at(struct arena *a, struct str s, size_t at)
{
	CLEANUP(buf_free) struct buf b = BUF(4 * SHOWN);

	for (size_t i = at; i < s.n && i < at + SHOWN; i++)
		buf_addf(&b, "%s%02x", i > at ? " " : "",
		    (unsigned)(unsigned char)s.p[i]);
	return arena_copy(a, buf_str(&b));
}

/* The line that the byte is in. */
static struct str
line_at(struct arena *a, struct str s, size_t at)
{
	CLEANUP(buf_free) struct buf b = BUF(8 * MAX_LINE);
	size_t from = at < s.n ? at : s.n, to = from;

	while (from > 0 && s.p[from - 1] != '\n' && at - from < MAX_LINE / 2)
		from--;
	while (to < s.n && s.p[to] != '\n' && to - from < MAX_LINE)
		to++;
	buf_show(&b, (struct str){ s.p ? s.p + from : "", to - from }, false);
	return arena_copy(a, buf_str(&b));
}

static const struct module_section *
section_at(const struct module *m, size_t at)
{
	for (size_t i = 0; i < m->nsections; i++)
		if (at < m->sections[i].at + m->sections[i].nbytes)
			return &m->sections[i];
	return NULL;
}

static void
place_in_module(struct first_difference *d, struct str wasm)
{
	CLEANUP(module_free) struct module *m = NULL;
	const struct module_section *s;
	struct err ignored = ERR;

	if (module_read(&m, wasm, &ignored) < 0)
		return;
	s = section_at(m, d->offset);
	if (s)
		d->section = arena_copy(d->arena, s->name);
	for (size_t i = 0; s && i < m->nfuncs; i++) {
		const struct module_func *f = &m->funcs[i];

		if (d->offset < f->at || d->offset >= f->at + f->nbytes)
			continue;
		d->function = f->name.n > 0
		    ? arena_copy(d->arena, f->name)
		    : str_of(arena_printf(d->arena, "#%u", f->index));
	}
}

static bool
is_module(struct str name)
{
	return str_ends(name, ".wasm") && !str_starts(name, "static/");
}

static bool
is_text(struct str s)
{
	return str_utf8(s, &(size_t){ 0 });
}

static void
look_into(
    struct first_difference *d, const struct str *was, const struct str *now)
{
	if (!was || !now) {
		d->was = was ? STR("it is there") : STR("");
		d->now = now ? STR("it is there") : STR("");
		return;
	}
	d->offset = first_other(*was, *now);
	if (is_module(d->entry)) {
		place_in_module(d, d->offset < was->n ? *was : *now);
	} else if (is_text(*was) && is_text(*now)) {
		d->was = line_at(d->arena, *was, d->offset);
		d->now = line_at(d->arena, *now, d->offset);
		return;
	}
	d->was = hex_at(d->arena, *was, d->offset);
	d->now = hex_at(d->arena, *now, d->offset);
}

/* ---- all of them ---- */

struct pair_of {
	struct first_difference *d;
	bool found, modules;
};

static void
look_at(struct pair_of *p, struct str name, const struct str *was,
    const struct str *now)
{
	if (is_module(name) != p->modules || (was && now && str_eq(*was, *now)))
		return;
	p->d->nentries++;
	if (p->found)
		return;
	p->found = true;
	p->d->entry = arena_copy(p->d->arena, name);
	look_into(p->d, was, now);
}

static void
look_at_all(
    struct pair_of *p, const struct bundle *was, const struct bundle *now)
{
	struct str other;

	for (size_t i = 0; i < bundle_count(was); i++) {
		struct bundle_part part = bundle_at(was, i);
		bool there = bundle_find(now, part.name, &other);

		look_at(p, part.name, &part.data, there ? &other : NULL);
	}
	for (size_t i = 0; i < bundle_count(now); i++) {
		struct bundle_part part = bundle_at(now, i);

		if (!bundle_find(was, part.name, &other))
			look_at(p, part.name, NULL, &part.data);
	}
}

/* ---- why ---- */

static void PRINTF(2, 3)
add_cause(struct first_difference *d, const char *fmt, ...)
{
	CLEANUP(buf_free) struct buf text = BUF(2000), shown = BUF(8000);
	va_list ap;

	if (d->ncauses == MAX_CAUSES)
		return;
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	buf_show(&shown, buf_str(&text), false);
	d->causes = arena_grow(
	    d->arena, d->causes, d->ncauses, &d->causescap, sizeof(*d->causes));
	d->causes[d->ncauses++] = arena_copy(d->arena, buf_str(&shown));
}

static const struct tree *
definition(const struct attest_statement *s, const char *part)
{
	return tree_get(tree_get(s->predicate, "buildDefinition"), part);
}

static const struct tree *
dependency(const struct tree *list, struct str name)
{
	for (size_t i = 0; list && i < list->nitems; i++)
		if (str_eq(tree_text(list->items[i], "name"), name))
			return list->items[i];
	return NULL;
}

static const struct tree *
files_of(const struct tree *t)
{
	const struct tree *files =
	    tree_get(tree_get(t, "annotations"), "files");

	return files && files->kind == TREE_MAP ? files : NULL;
}

static void
compare_files(struct first_difference *d, struct str of, const struct tree *was,
    const struct tree *now)
{
	for (size_t i = 0; was && now && i < was->nitems; i++) {
		const struct tree *f = was->items[i];
		const struct tree *g = tree_get_str(now, f->key->text);

		if (!g)
			add_cause(d, "source " STR_F " of " STR_F " is gone",
			    STR_A(f->key->text), STR_A(of));
		else if (!str_eq(f->text, g->text))
			add_cause(d, "source " STR_F " of " STR_F " is another",
			    STR_A(f->key->text), STR_A(of));
	}
	for (size_t i = 0; was && now && i < now->nitems; i++)
		if (!tree_get_str(was, now->items[i]->key->text))
			add_cause(d, "source " STR_F " of " STR_F " is new",
			    STR_A(now->items[i]->key->text), STR_A(of));
}

/* "clang-19 19.1.7" of "pkg:generic/clang-19@19.1.7". */
static struct str
version_of(const struct tree *t)
{
	struct str uri = tree_text(t, "uri"), head;

	str_cut(&uri, '@', &head);
	return uri;
}

static void
compare_dependencies(
    struct first_difference *d, const struct tree *was, const struct tree *now)
{
	for (size_t i = 0; was && i < was->nitems; i++) {
		const struct tree *t = was->items[i];
		struct str name = tree_text(t, "name");
		const struct tree *u = dependency(now, name);
		bool tool = str_starts(tree_text(t, "uri"), "pkg:generic/");

		if (!u)
			add_cause(d,
			    tool ? "the program " STR_F " was not used"
				 : STR_F " was not built",
			    STR_A(name));
		else if (tool && !tree_eq(t, u))
			add_cause(d,
			    STR_F " was " STR_F ", and is " STR_F " here",
			    STR_A(name), STR_A(version_of(t)),
			    STR_A(version_of(u)));
		else if (!tool)
			compare_files(d, name, files_of(t), files_of(u));
	}
}

static void
compare_parameters(
    struct first_difference *d, const struct tree *was, const struct tree *now)
{
	for (size_t i = 0; was && was->kind == TREE_MAP && i < was->nitems;
	    i++) {
		const struct tree *t = was->items[i];
		const struct tree *u = tree_get_str(now, t->key->text);

		if (!u || !tree_eq(t, u))
			add_cause(d,
			    "'" STR_F "' was " STR_F ", and is " STR_F " here",
			    STR_A(t->key->text), STR_A(t->text),
			    STR_A(u ? u->text : STR("not set")));
	}
}

static bool
read_provenance(struct attest_statement *s, const struct bundle *b)
{
	struct err ignored = ERR;
	struct str text;

	return bundle_find(b, STR(BUNDLE_PROVENANCE), &text) &&
	    attest_read(s, text, &ignored) == 0;
}

static void
find_causes(struct first_difference *d, const struct bundle *was,
    const struct bundle *now)
{
	CLEANUP(attest_statement_free) struct attest_statement a = { 0 };
	CLEANUP(attest_statement_free) struct attest_statement b = { 0 };

	if (!read_provenance(&a, was) || !read_provenance(&b, now))
		return;
	compare_parameters(d, definition(&a, "externalParameters"),
	    definition(&b, "externalParameters"));
	compare_dependencies(d, definition(&a, "resolvedDependencies"),
	    definition(&b, "resolvedDependencies"));
}

bool
project_first_difference(struct first_difference *out, const struct bundle *was,
    const struct bundle *now)
{
	struct pair_of p = { .d = out, .modules = true };

	*out = (struct first_difference){ 0 };
	if (digest_eq(bundle_digest(was), bundle_digest(now)))
		return false;
	out->arena = arena_new();
	look_at_all(&p, was, now);
	p.modules = false;
	look_at_all(&p, was, now);
	find_causes(out, was, now);
	return true;
}

void
project_difference_free(struct first_difference *d)
{
	arena_free(&d->arena);
	*d = (struct first_difference){ 0 };
}
