/* SPDX-License-Identifier: Apache-2.0 */
/* What changed from one bundle, or module, to another. */
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle.h"
#include "module/module.h"
#include "project/allowed.h"
#include "project/project.h"

/* ---- texts ---- */

static int
by_text(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	return str_cmp(*x, *y);
}

static bool
has(const struct strs *s, struct str text)
{
	return s->n > 0 &&
	    bsearch(&text, s->v, s->n, sizeof(text), by_text) != NULL;
}

/* Those of a that b has not; both are sorted. */
static struct strs
without(struct arena *a, const struct strs *from, const struct strs *what)
{
	struct strs out = { arena_take(a, (from->n + 1) * sizeof(*out.v)), 0 };

	for (size_t i = 0; i < from->n; i++)
		if (!has(what, from->v[i]) &&
		    (out.n == 0 || !str_eq(out.v[out.n - 1], from->v[i])))
			out.v[out.n++] = arena_copy(a, from->v[i]);
	return out;
}

static struct changed_texts
compare_texts(struct arena *a, struct strs *was, struct strs *now)
{
	struct changed_texts out;

	if (was->n > 1)
		qsort(was->v, was->n, sizeof(*was->v), by_text);
	if (now->n > 1)
		qsort(now->v, now->n, sizeof(*now->v), by_text);
	out.added = without(a, now, was);
	out.removed = without(a, was, now);
	return out;
}

static void
add(struct arena *a, struct strs *to, const char *text)
{
	to->v[to->n++] = arena_copy(a, str_of(text));
}

/* ---- one module ---- */

/* A module that may be missing, and what it may do. */
struct side {
	const struct module *m;
	const struct capabilities *caps; /* NULL: not known */
};

static struct strs
imports_of(struct arena *a, const struct module *m)
{
	size_t n = m ? m->nimports : 0;
	struct strs out = { arena_take(a, (n + 1) * sizeof(*out.v)), 0 };

	for (size_t i = 0; i < n; i++) {
		const struct module_import *im = &m->imports[i];

		add(a, &out,
		    arena_printf(a, STR_F "." STR_F "%s" STR_F, STR_A(im->ns),
			STR_A(im->name), im->type.n > 0 ? " " : "",
			STR_A(im->type)));
	}
	return out;
}

static const struct module_section *
code_section(const struct module *m)
{
	for (size_t i = 0; m && i < m->nsections; i++)
		if (m->sections[i].id == 10)
			return &m->sections[i];
	return NULL;
}

static int
func_by_name(const void *a, const void *b)
{
	const struct module_func *const *x = a, *const *y = b;
	int d = str_cmp((*x)->name, (*y)->name);

	return d != 0
	    ? d
	    : ((*x)->index > (*y)->index) - ((*x)->index < (*y)->index);
}

/* Those that have a name, by it. */
static const struct module_func **
named(struct arena *a, const struct module *m, size_t *n)
{
	size_t all = m ? m->nfuncs : 0;
	const struct module_func **v = arena_take(a, (all + 1) * sizeof(*v));

	*n = 0;
	for (size_t i = 0; i < all; i++)
		if (m->funcs[i].name.n > 0)
			v[(*n)++] = &m->funcs[i];
	if (*n > 1)
		qsort(v, *n, sizeof(*v), func_by_name);
	return v;
}

static int
by_growth(const void *a, const void *b)
{
	const struct changed_code *x = a, *y = b;
	int64_t dx = (int64_t)x->now - (int64_t)x->was;
	int64_t dy = (int64_t)y->now - (int64_t)y->was;

	if (dx != dy)
		return dx < dy ? 1 : -1;
	return str_cmp(x->name, y->name);
}

static bool
same_body(const struct module *a, const struct module_func *f,
    const struct module *b, const struct module_func *g)
{
	return f->nbytes == g->nbytes &&
	    memcmp(a->bytes.p + f->at, b->bytes.p + g->at, f->nbytes) == 0;
}

/* Functions within the module, by name.  Only with names on both sides can it
 * be told which is which. */
static void
compare_code(struct arena *a, struct changed_module *c, const struct side *was,
    const struct side *now)
{
	size_t n, k, i = 0, j = 0;
	const struct module_func **v = named(a, was->m, &n);
	const struct module_func **w = named(a, now->m, &k);

	if (n == 0 || k == 0)
		return;
	c->code = arena_take(a, (n + k) * sizeof(*c->code));
	while (i < n || j < k) {
		int d = i == n ? 1
		    : j == k   ? -1
			       : str_cmp(v[i]->name, w[j]->name);
		struct changed_code *to = &c->code[c->ncode];

		to->name = arena_copy(a, d <= 0 ? v[i]->name : w[j]->name);
		to->was = d <= 0 ? v[i]->nbytes : 0;
		to->now = d >= 0 ? w[j]->nbytes : 0;
		to->change = d < 0 ? CHANGE_REMOVED
		    : d > 0	   ? CHANGE_ADDED
				   : CHANGE_CHANGED;
		if (d != 0 || !same_body(was->m, v[i], now->m, w[j]))
			c->ncode++;
		i += d <= 0;
		j += d >= 0;
	}
	if (c->ncode > 1)
		qsort(c->code, c->ncode, sizeof(*c->code), by_growth);
}

static bool
same_section(const struct module *a, const struct module_section *s,
    const struct module *b)
{
	for (size_t i = 0; i < b->nsections; i++) {
		const struct module_section *t = &b->sections[i];

		if (str_eq(s->name, t->name) && s->nbytes == t->nbytes &&
		    memcmp(a->bytes.p + s->at, b->bytes.p + t->at, t->nbytes) ==
			0)
			return true;
	}
	return false;
}

/* The names of those that are not the same in both. */
static struct strs
changed_sections(
    struct arena *a, const struct module *was, const struct module *now)
{
	struct strs out = { NULL, 0 };

	if (!was || !now)
		return out;
	out.v = arena_take(a, (now->nsections + 1) * sizeof(*out.v));
	for (size_t i = 0; i < now->nsections; i++)
		if (!same_section(now, &now->sections[i], was))
			out.v[out.n++] = arena_copy(a, now->sections[i].name);
	return out;
}

static void
compare_module(struct arena *a, struct changed_module *c,
    const struct side *was, const struct side *now)
{
	const struct module_section *s = code_section(was->m);
	const struct module_section *t = code_section(now->m);
	struct strs old = imports_of(a, was->m), new = imports_of(a, now->m);

	c->change = !was->m ? CHANGE_ADDED
	    : !now->m	    ? CHANGE_REMOVED
			    : CHANGE_CHANGED;
	c->was = was->m ? was->m->bytes.n : 0;
	c->now = now->m ? now->m->bytes.n : 0;
	c->code_was = s ? s->nbytes : 0;
	c->code_now = t ? t->nbytes : 0;
	c->imports = compare_texts(a, &old, &new);
	old = allowed_texts(a, was->m, was->caps);
	new = allowed_texts(a, now->m, now->caps);
	c->permissions = compare_texts(a, &old, &new);
	c->sections = changed_sections(a, was->m, now->m);
	compare_code(a, c, was, now);
}

void
project_compare_modules(
    struct comparison *out, const struct module *was, const struct module *now)
{
	struct side a = { was, NULL }, b = { now, NULL };

	*out = (struct comparison){
		.arena = arena_new(), .was = was->bytes.n, .now = now->bytes.n
	};
	out->same = digest_eq(&was->digest, &now->digest);
	if (out->same)
		return;
	out->modules = arena_take(out->arena, sizeof(*out->modules));
	out->nmodules = 1;
	compare_module(out->arena, out->modules, &a, &b);
}

/* ---- bundles ---- */

struct both {
	struct comparison *out;
	const struct bundle *was, *now;
	size_t cap_modules, cap_entries;
};

static const struct function_info *
function_of(const struct bundle *b, const struct function_info *like)
{
	const struct directive *d = bundle_directive(b);

	for (size_t i = 0; i < d->nfunctions; i++)
		if (str_eq(d->functions[i].name, like->name) &&
		    str_eq(d->functions[i].ns, like->ns))
			return &d->functions[i];
	return NULL;
}

static int
read_side(struct side *s, struct module **m, const struct bundle *b,
    const struct function_info *f, struct err *e)
{
	struct str wasm;

	if (!f || !bundle_module(b, f, &wasm))
		return 0;
	if (module_read(m, wasm, e) < 0)
		return err_wrap(e, "module of '" STR_F "'", STR_A(f->name));
	s->m = *m;
	s->caps = directive_capabilities(bundle_directive(b), f);
	return 0;
}

static bool
is_same(const struct changed_module *c, const struct side *was,
    const struct side *now)
{
	return was->m && now->m &&
	    digest_eq(&was->m->digest, &now->m->digest) &&
	    c->permissions.added.n == 0 && c->permissions.removed.n == 0;
}

static int
compare_function(struct both *b, const struct function_info *f,
    const struct function_info *g, struct err *e)
{
	struct comparison *out = b->out;
	CLEANUP(module_free) struct module *m = NULL;
	CLEANUP(module_free) struct module *n = NULL;
	struct side was = { 0 }, now = { 0 };
	struct changed_module c = { 0 };

	if (read_side(&was, &m, b->was, f, e) < 0 ||
	    read_side(&now, &n, b->now, g, e) < 0)
		return -1;
	out->was += was.m ? was.m->bytes.n : 0;
	out->now += now.m ? now.m->bytes.n : 0;
	if (!was.m && !now.m)
		return 0;
	compare_module(out->arena, &c, &was, &now);
	if (is_same(&c, &was, &now))
		return 0;
	if (!f)
		f = g;
	c.name = f->ns.n == 0 || str_is(f->ns, "default")
	    ? arena_copy(out->arena, f->name)
	    : str_of(arena_printf(
		  out->arena, STR_F "::" STR_F, STR_A(f->ns), STR_A(f->name)));
	out->modules = arena_grow(out->arena, out->modules, out->nmodules,
	    &b->cap_modules, sizeof(*out->modules));
	out->modules[out->nmodules++] = c;
	return 0;
}

static int
compare_functions(struct both *b, struct err *e)
{
	const struct directive *was = bundle_directive(b->was);
	const struct directive *now = bundle_directive(b->now);

	for (size_t i = 0; i < was->nfunctions; i++)
		if (compare_function(b, &was->functions[i],
			function_of(b->now, &was->functions[i]), e) < 0)
			return -1;
	for (size_t i = 0; i < now->nfunctions; i++)
		if (!function_of(b->was, &now->functions[i]) &&
		    compare_function(b, NULL, &now->functions[i], e) < 0)
			return -1;
	return 0;
}

static void
compare_entry(struct both *b, struct str name, const struct str *was,
    const struct str *now)
{
	struct comparison *out = b->out;
	struct changed_entry *c;

	if ((str_ends(name, ".wasm") && !str_starts(name, "static/")) ||
	    (was && now && str_eq(*was, *now)))
		return;
	out->entries = arena_grow(out->arena, out->entries, out->nentries,
	    &b->cap_entries, sizeof(*out->entries));
	c = &out->entries[out->nentries++];
	*c = (struct changed_entry){ .name = arena_copy(out->arena, name),
		.change = !was ? CHANGE_ADDED
		    : !now     ? CHANGE_REMOVED
			       : CHANGE_CHANGED,
		.was = was ? was->n : 0,
		.now = now ? now->n : 0 };
}

static void
compare_entries(struct both *b)
{
	struct str other;

	for (size_t i = 0; i < bundle_count(b->was); i++) {
		struct bundle_part p = bundle_at(b->was, i);
		bool there = bundle_find(b->now, p.name, &other);

		compare_entry(b, p.name, &p.data, there ? &other : NULL);
	}
	for (size_t i = 0; i < bundle_count(b->now); i++) {
		struct bundle_part p = bundle_at(b->now, i);

		if (!bundle_find(b->was, p.name, &other))
			compare_entry(b, p.name, NULL, &p.data);
	}
}

/* What sets functions off: "POST /hello", "stream nats orders". */
static struct strs
handlers_of(struct arena *a, const struct directive *d)
{
	struct strs out = { arena_take(a,
				(d->nhandlers + d->nschedules + 1) *
				    sizeof(*out.v)),
		0 };

	for (size_t i = 0; i < d->nhandlers; i++) {
		const struct handler *h = &d->handlers[i];

		if (h->type == HANDLER_STREAM)
			add(a, &out,
			    arena_printf(a, "stream " STR_F " " STR_F,
				STR_A(h->source), STR_A(h->resource)));
		else
			add(a, &out,
			    arena_printf(a, STR_F " " STR_F, STR_A(h->method),
				STR_A(h->resource)));
	}
	for (size_t i = 0; i < d->nschedules; i++)
		add(a, &out,
		    arena_printf(
			a, "schedule " STR_F, STR_A(d->schedules[i].name)));
	return out;
}

static int
module_by_name(const void *a, const void *b)
{
	const struct changed_module *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

static int
entry_by_name(const void *a, const void *b)
{
	const struct changed_entry *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

static void
sort(struct comparison *out)
{
	if (out->nmodules > 1)
		qsort(out->modules, out->nmodules, sizeof(*out->modules),
		    module_by_name);
	if (out->nentries > 1)
		qsort(out->entries, out->nentries, sizeof(*out->entries),
		    entry_by_name);
}

int
project_compare_bundles(struct comparison *out, const struct bundle *was,
    const struct bundle *now, struct err *e)
{
	const struct directive *d = bundle_directive(was);
	const struct directive *f = bundle_directive(now);
	struct both b = { .out = out, .was = was, .now = now };
	struct strs old, new;

	*out = (struct comparison){ .arena = arena_new() };
	out->same = digest_eq(bundle_digest(was), bundle_digest(now));
	if (compare_functions(&b, e) < 0)
		return -1;
	compare_entries(&b);
	sort(out);
	old = allowed_all(out->arena, &d->caps);
	new = allowed_all(out->arena, &f->caps);
	out->capabilities = compare_texts(out->arena, &old, &new);
	old = handlers_of(out->arena, d);
	new = handlers_of(out->arena, f);
	out->handlers = compare_texts(out->arena, &old, &new);
	out->version_changed = !str_eq(d->app_version, f->app_version);
	out->version_was = arena_copy(out->arena, d->app_version);
	out->version_now = arena_copy(out->arena, f->app_version);
	return 0;
}

bool
project_widens(const struct changed_texts *permissions)
{
	const struct strs *more = &permissions->added;
	const struct strs *less = &permissions->removed;
	size_t at;

	for (size_t i = 0; i < more->n; i++)
		if (!str_find(more->v[i], STR(" not to "), &at))
			return true;
	for (size_t i = 0; i < less->n; i++)
		if (str_find(less->v[i], STR(" not to "), &at))
			return true;
	return false;
}

void
project_comparison_free(struct comparison *c)
{
	arena_free(&c->arena);
	*c = (struct comparison){ 0 };
}
