/* SPDX-License-Identifier: Apache-2.0 */
/* A module as `subo inspect` shows it. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "inspect.h"

#define PAGE 65536u

const char *
inspect_kind(enum module_kind kind)
{
	static const char *const names[] = { "function", "table", "memory",
		"global", "tag" };

	return names[kind];
}

static int
by_size(const void *a, const void *b)
{
	const struct module_func *const *x = a, *const *y = b;

	if ((*x)->nbytes != (*y)->nbytes)
		return (*x)->nbytes < (*y)->nbytes ? 1 : -1;
	return (*x)->index < (*y)->index ? -1 : 1;
}

const struct module_func **
inspect_biggest(struct arena *a, const struct module *m, size_t top, size_t *n)
{
	const struct module_func **v =
	    arena_take(a, (m->nfuncs + 1) * sizeof(const void *));

	for (size_t i = 0; i < m->nfuncs; i++)
		v[i] = &m->funcs[i];
	qsort(v, m->nfuncs, sizeof(const void *), by_size);
	*n = top > 0 && top < m->nfuncs ? top : m->nfuncs;
	return v;
}

static const char *
pages(uint64_t n)
{
	return rows_text("%llu page%s (%llu KiB)", (unsigned long long)n,
	    n == 1 ? "" : "s", (unsigned long long)(n * (PAGE / 1024)));
}

static const char *
memory(const struct module *m)
{
	if (!m->has_memory)
		return "none of its own";
	if (m->memory_max_pages == 0)
		return rows_text(
		    "%s at the start, no maximum", pages(m->memory_min_pages));
	return rows_text("%s at the start, %s at most",
	    pages(m->memory_min_pages), pages(m->memory_max_pages));
}

static const char *
percent(size_t part, size_t whole)
{
	return rows_text(
	    "%.1f %%", whole > 0 ? 100.0 * (double)part / (double)whole : 0.0);
}

static const char *
text(struct str s)
{
	return rows_text(STR_F, STR_A(s));
}

static void
heading(struct buf *out, const char *name, size_t n)
{
	buf_addf(out, "\n%s%s%s (%zu)\n", ui_out_colour('B'), name,
	    ui_out_colour('0'), n);
}

/* What runs before the function does, in that order. */
static const char *
start(const struct module *m)
{
	static const char *const names[] = { "_initialize", "_start", "init",
		"wapc_init" };
	CLEANUP(buf_free) struct buf b = BUF(200);
	bool wapc = m->abi == MODULE_ABI_WAPC;
	bool ours =
	    wapc || m->abi == MODULE_ABI_RUNNABLE || m->abi == MODULE_ABI_OLD;

	if (m->has_start)
		buf_add(&b, STR("a start section runs"));
	for (size_t i = 0; ours && i < COUNT(names); i++) {
		/* Beside _initialize there is no _start. */
		if (!module_find_export(m, names[i]) ||
		    (i == 1 && module_find_export(m, names[0])) ||
		    (i == 3 && !wapc))
			continue;
		buf_addf(&b, "%s%s()", b.n > 0 ? ", then " : "", names[i]);
	}
	return b.n > 0 ? rows_text("%s", buf_cstr(&b))
		       : "nothing runs by itself";
}

static void
summary(struct buf *out, const struct module *m, struct str path)
{
	struct rows *r = rows_new("ll");
	char hex[DIGEST_HEX];

	digest_hex(&m->digest, hex);
	rows_add(r, "module", text(path));
	rows_add(r, "size",
	    rows_text("%zu bytes (%s)", m->bytes.n, ui_bytes(m->bytes.n)));
	rows_add(r, "sha256", hex);
	rows_add(r, "called as",
	    rows_text(
		"%s: " STR_F, module_abi_name(m->abi), STR_A(m->abi_why)));
	if (m->generation.n > 0)
		rows_add(r, "generation",
		    rows_text(STR_F ": " STR_F, STR_A(m->generation),
			STR_A(m->generation_why)));
	if (m->language.n > 0)
		rows_add(r, "language", text(m->language));
	if (m->producer.n > 0)
		rows_add(r, "made by", text(m->producer));
	rows_add(r, "memory", memory(m));
	rows_add(r, "at the start", start(m));
	rows_add(r, "for traces",
	    m->has_debug       ? "source lines"
		: m->has_names ? "names of functions"
			       : "nothing (stripped)");
	rows_print(r, out);
}

/* What the host says to an import. */
static const char *
answer(const struct module_import *i)
{
	const struct module_offer *near, *o = module_offer_find(i, &near);

	if (o)
		return o->capability
		    ? rows_text("offered, with capability %s", o->capability)
		    : "offered";
	if (near && str_is(i->ns, near->ns) && str_is(i->name, near->name)) {
		CLEANUP(buf_free) struct buf types = BUF(2000);
		bool several = module_offer_types(near, &types);

		return rows_text("NOT OFFERED: the host's %s %s",
		    several ? "are" : "is", buf_cstr(&types));
	}
	return "NOT OFFERED";
}

/* By module, in the order in which each is first imported from. */
static void
imports(struct buf *out, const struct module *m)
{
	struct rows *r = rows_new("lll");
	CLEANUP(arena_free) struct arena *a = arena_new();
	bool *shown = arena_take(a, m->nimports + 1);

	heading(out, "Imports", m->nimports);
	for (size_t i = 0; i < m->nimports; i++) {
		for (size_t k = i; k < m->nimports; k++) {
			const struct module_import *im = &m->imports[k];

			if (shown[k] || !str_eq(im->ns, m->imports[i].ns))
				continue;
			shown[k] = true;
			rows_add(r,
			    rows_text(STR_F "." STR_F, STR_A(im->ns),
				STR_A(im->name)),
			    im->kind == MODULE_FUNC ? text(im->type)
						    : inspect_kind(im->kind),
			    answer(im));
		}
	}
	rows_print(r, out);
}

static void
exports(struct buf *out, const struct module *m)
{
	struct rows *r = rows_new("ll");

	heading(out, "Exports", m->nexports);
	for (size_t i = 0; i < m->nexports; i++) {
		const struct module_export *x = &m->exports[i];

		rows_add(r, text(x->name),
		    x->kind == MODULE_FUNC ? text(x->type)
					   : inspect_kind(x->kind));
	}
	rows_print(r, out);
}

static void
sections(struct buf *out, const struct module *m)
{
	struct rows *r = rows_new("lrr");

	heading(out, "Sections", m->nsections);
	for (size_t i = 0; i < m->nsections; i++) {
		const struct module_section *s = &m->sections[i];

		rows_add(r,
		    s->id == 0 ? rows_text("\"" STR_F "\"", STR_A(s->name))
			       : text(s->name),
		    rows_text("%zu", s->nbytes),
		    percent(s->nbytes, m->bytes.n));
	}
	rows_print(r, out);
}

static void
functions(struct buf *out, const struct module *m, size_t top)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct rows *r = rows_new("rrrl");
	size_t n;
	const struct module_func **v = inspect_biggest(a, m, top, &n);

	heading(out,
	    n < m->nfuncs ? rows_text("The biggest %zu functions", n)
			  : "Functions",
	    m->nfuncs);
	for (size_t i = 0; i < n; i++)
		rows_add(r, rows_text("#%u", v[i]->index),
		    rows_text("%zu", v[i]->nbytes),
		    percent(v[i]->nbytes, m->bytes.n), text(v[i]->name));
	rows_print(r, out);
}

static void
problems(struct buf *out, const struct module *m, struct str path)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct rows *r = rows_new("ll");

	module_check(m, path, ds);
	if (diags_count(ds) > 0)
		heading(out, "Problems", diags_count(ds));
	for (size_t i = 0; i < diags_count(ds); i++)
		rows_add(r, diags_at(ds, i)->rule->code,
		    text(diags_at(ds, i)->text));
	rows_print(r, out);
}

void
inspect_module(
    struct buf *out, const struct module *m, struct str path, size_t top)
{
	summary(out, m, path);
	imports(out, m);
	exports(out, m);
	sections(out, m);
	functions(out, m, top);
	problems(out, m, path);
}
