/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle.h"
#include "bundle/unpack.h"
#include "bundle/zip.h"
#include "os/os.h"
#include "tree/tree.h"

#define DIRECTIVE_NAME "Directive.yaml"
#define TENANT_NAME "tenant.json"
#define STATIC "static/"
#define WASM ".wasm"
/* A file of entries that deflate made larger, with headers for all. */
#define MAX_FILE (BUNDLE_MAX_BYTES + (32u << 20))

struct entry {
	struct str name, data;
	struct digest digest; /* of a module */
	size_t npacked;
	bool stray; /* a module of no function */
};

struct bundle {
	struct arena *arena;
	struct digest digest;
	struct directive *directive;
	struct unpacked *rooms;
	struct entry *entries;
	size_t n;
	struct entry **sorted;	/* by name */
	struct entry **modules; /* for each function of the Directive */
};

/* ---- finding ---- */

static struct entry *
find(const struct bundle *b, struct str name)
{
	size_t lo = 0, hi = b->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct entry *en = b->sorted[mid];
		int d = str_cmp(name, en->name);

		if (d == 0)
			return en;
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static int
by_name(const void *a, const void *b)
{
	struct entry *const *x = a, *const *y = b;

	return str_cmp((*x)->name, (*y)->name);
}

/* ---- opening ---- */

static bool
is_module(struct str name)
{
	return str_ends(name, WASM) && !str_starts(name, STATIC);
}

static int
unpack(struct bundle *b, struct str bytes, struct err *e)
{
	CLEANUP(mem_free_at) struct zip_entry *scanned = NULL;

	if (zip_scan(&scanned, &b->n, bytes, e) < 0)
		return -1;
	b->entries = arena_take(b->arena, b->n * sizeof(*b->entries));
	b->sorted = arena_take(b->arena, b->n * sizeof(*b->sorted));
	b->rooms = arena_take(b->arena, b->n * sizeof(*b->rooms));
	unpack_all(b->rooms, scanned, b->n, bytes, &b->digest, is_module);
	for (size_t i = 0; i < b->n; i++) {
		const struct zip_entry *z = &scanned[i];

		b->sorted[i] = &b->entries[i];
		if (b->rooms[i].why)
			return err_set(e, ERR_INPUT, "entry '" STR_F "': %s",
			    STR_A(z->name), b->rooms[i].why);
		b->entries[i] =
		    (struct entry){ .name = arena_copy(b->arena, z->name),
			    .data = b->rooms[i].data,
			    .digest = b->rooms[i].digest,
			    .npacked = z->packed.n };
	}
	if (b->n > 1)
		qsort(b->sorted, b->n, sizeof(*b->sorted), by_name);
	return 0;
}

/* Problems that keep it from being read; the others are for a check. */
static int
refuse_errors(const struct diags *ds, const char *entry, struct err *e)
{
	for (size_t i = 0; i < diags_count(ds); i++) {
		const struct diag *d = diags_at(ds, i);

		if (d->rule->level == DIAG_ERROR)
			return err_set(e, ERR_INPUT, "%s:%u:%u: " STR_F, entry,
			    d->at.line, d->at.col, STR_A(d->text));
	}
	return 0;
}

/* The name of a module's entry without ".wasm": a reference to a function. */
static struct str
reference(const struct entry *en)
{
	return (struct str){ en->name.p, en->name.n - (sizeof(WASM) - 1) };
}

/*
 * Bundles of before October 2020 hold modules and nothing else.  They are
 * taken for a headless app of those functions, under the names that a project
 * without a Directive has.
 */
static bool
bare_directive(const struct bundle *b, struct buf *out)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *list = tree_list(a), *f;

	for (size_t i = 0; i < b->n; i++) {
		struct fqfn ref;

		if (!is_module(b->entries[i].name))
			continue;
		ref = fqfn_parse(reference(&b->entries[i]));
		f = tree_add(a, list, tree_map(a));
		tree_put_text(a, f, "name", ref.name);
		tree_put_text(a, f, "namespace", ref.ns);
	}
	buf_add(out,
	    STR("identifier: com.suborbital.app\nappVersion: v0.0.1\n"
		"atmoVersion: v0.0.1\nheadless: true\nrunnables: "));
	tree_print_json(out, list, 0);
	return list->nitems > 0;
}

static int
read_directive(struct bundle *b, const char *name, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(buf_free) struct buf bare = BUF(BUNDLE_MAX_ENTRIES * 2200u);
	struct entry *en = find(b, STR(DIRECTIVE_NAME));
	struct entry *tenant = en ? NULL : find(b, STR(TENANT_NAME));
	struct str text = en ? en->data : STR("");
	const char *entry = tenant ? TENANT_NAME : DIRECTIVE_NAME;
	struct str file;
	int rc;

	if (!en && !tenant) {
		if (!bare_directive(b, &bare))
			return err_set(e, ERR_INPUT,
			    "it has no " DIRECTIVE_NAME " or " TENANT_NAME
			    ", and no module");
		text = buf_str(&bare);
	}
	file = str_of(arena_printf(b->arena, "%s/%s", name, entry));
	rc = tenant ? tenant_parse(&b->directive, tenant->data, file, ds, e)
		    : directive_parse(&b->directive, text, file, ds, e);
	return rc < 0 ? -1 : refuse_errors(ds, entry, e);
}

/* ---- modules ---- */

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
	struct fqfn ref = fqfn_parse(reference(en));
	ptrdiff_t found;

	for (size_t i = 0; i < d->nfunctions; i++)
		if (fqfn_matches(&ref, &d->functions[i], d))
			return (ptrdiff_t)i;
	found = only_one_called(d, reference(en));
	return found >= 0 ? found : by_digest(d, &en->digest);
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
		return err_set(e, ERR_INPUT,
		    "%s:%u:%u: '" STR_F "' is no SHA-256 digest", file,
		    f->at.line, f->at.col, STR_A(f->digest));
	if (!digest_eq(&want, &en->digest))
		return err_set(e, ERR_TRUST,
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
		return err_set(e, ERR_INPUT,
		    "entries '" STR_F "' and '" STR_F "' are modules of the "
		    "same function",
		    STR_A(b->modules[i]->name), STR_A(en->name));
	b->modules[i] = en;
	return check_digest(b->directive, &b->directive->functions[i], en, e);
}

static int
add_modules(struct bundle *b, struct err *e)
{
	b->modules = arena_take(
	    b->arena, b->directive->nfunctions * sizeof(*b->modules));
	for (size_t i = 0; i < b->n; i++) {
		struct entry *en = &b->entries[i];

		if (is_module(en->name) && add_module(b, en, e) < 0)
			return -1;
	}
	return 0;
}

static int
fill(struct bundle *b, struct str bytes, const char *name, struct err *e)
{
	b->arena = arena_new();
	if (unpack(b, bytes, e) < 0 || read_directive(b, name, e) < 0)
		return -1;
	return add_modules(b, e);
}

int
bundle_open_bytes(
    struct bundle **out, struct str bytes, const char *name, struct err *e)
{
	CLEANUP(bundle_free) struct bundle *b = mem_take(sizeof(*b));

	if (fill(b, bytes, name, e) < 0)
		return err_wrap(e, "cannot open bundle '%s'", name);
	*out = b;
	b = NULL;
	return 0;
}

int
bundle_open(struct bundle **out, const char *path, struct err *e)
{
	CLEANUP(buf_free) struct buf bytes = BUF(MAX_FILE);

	if (os_read(&bytes, path, e) < 0)
		return err_wrap(e, "cannot open bundle '%s'", path);
	return bundle_open_bytes(out, buf_str(&bytes), path, e);
}

void
bundle_free(struct bundle **b)
{
	if (!*b)
		return;
	directive_free(&(*b)->directive);
	for (size_t i = 0; (*b)->rooms && i < (*b)->n; i++)
		mem_free((*b)->rooms[i].room);
	arena_free(&(*b)->arena);
	mem_free(*b);
	*b = NULL;
}

/* ---- looking ---- */

const struct directive *
bundle_directive(const struct bundle *b)
{
	return b->directive;
}

const struct digest *
bundle_digest(const struct bundle *b)
{
	return &b->digest;
}

size_t
bundle_count(const struct bundle *b)
{
	return b->n;
}

struct bundle_part
bundle_at(const struct bundle *b, size_t i)
{
	return (struct bundle_part){ b->entries[i].name, b->entries[i].data };
}

size_t
bundle_packed_bytes(const struct bundle *b, size_t i)
{
	return b->entries[i].npacked;
}

bool
bundle_find(const struct bundle *b, struct str name, struct str *data)
{
	struct entry *en = find(b, name);

	if (en)
		*data = en->data;
	return en != NULL;
}

bool
bundle_stray(const struct bundle *b, size_t i)
{
	return b->entries[i].stray;
}

static struct str
space_of(const struct function_info *f)
{
	return f->ns.n > 0 ? f->ns : STR("default");
}

bool
bundle_module(
    const struct bundle *b, const struct function_info *f, struct str *wasm)
{
	for (size_t i = 0; i < b->directive->nfunctions; i++) {
		const struct function_info *g = &b->directive->functions[i];

		if (!str_eq(f->name, g->name) ||
		    !str_eq(space_of(f), space_of(g)))
			continue;
		if (b->modules[i])
			*wasm = b->modules[i]->data;
		return b->modules[i] != NULL;
	}
	return false;
}

struct str
bundle_static_name(struct str name)
{
	static const char *const prefixes[] = { STATIC, "/", "./" };

	for (size_t i = 0; i < COUNT(prefixes); i++)
		if (str_starts(name, prefixes[i]))
			name = str_from(name, strlen(prefixes[i]));
	return name;
}

bool
bundle_static(const struct bundle *b, struct str name, struct str *data)
{
	char path[ZIP_MAX_NAME + sizeof(STATIC)];

	name = bundle_static_name(name);
	if (name.n == 0 || name.n > ZIP_MAX_NAME)
		return false;
	memcpy(path, STATIC, sizeof(STATIC) - 1);
	memcpy(path + sizeof(STATIC) - 1, name.p, name.n);
	return bundle_find(
	    b, (struct str){ path, sizeof(STATIC) - 1 + name.n }, data);
}

char *
bundle_module_name(struct arena *a, struct str ns, struct str name)
{
	if (ns.n == 0 || str_is(ns, "default"))
		return arena_printf(a, STR_F WASM, STR_A(name));
	return arena_printf(a, STR_F "::" STR_F WASM, STR_A(ns), STR_A(name));
}
