/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle.h"
#include "bundle/notes.h"
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
	bool stray;		       /* a module of no function */
	const struct zip_entry *later; /* data is to be unpacked from it */
	atomic_bool ready;	       /* it was: data can be read */
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
	/* What is unpacked when it is asked for. */
	struct buf file;
	struct zip_entry *scanned;
	pthread_mutex_t *lock;
};

/* What is known of the file already. */
struct opening {
	struct str bytes;
	const char *name;
	const char *dir; /* of notes; NULL: none are kept */
	bool noted;	 /* there were some, of this bundle */
	struct digest *digests;
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

/* Modules that were found good before wait until they are asked for. */
static void
fill_entry(struct bundle *b, size_t i, const struct opening *o)
{
	const struct zip_entry *z = &b->scanned[i];
	struct entry *en = &b->entries[i];
	bool later = o->noted && is_module(z->name);

	en->name = arena_copy(b->arena, z->name);
	en->npacked = z->packed.n;
	en->data = b->rooms[i].data;
	en->digest = later ? o->digests[i] : b->rooms[i].digest;
	en->later = later ? z : NULL;
	atomic_init(&en->ready, !later);
}

static void
read_notes(struct bundle *b, struct opening *o)
{
	if (!o->dir)
		return;
	b->digest = sign_digest(o->bytes);
	o->digests = arena_take(b->arena, b->n * sizeof(*o->digests));
	o->noted = notes_read(
	    o->dir, &b->digest, b->scanned, b->n, is_module, o->digests);
}

static int
unpack(struct bundle *b, struct opening *o, struct err *e)
{
	struct unpack_wants wants = { o->dir ? NULL : &b->digest, is_module,
		true };

	if (zip_scan(&b->scanned, &b->n, o->bytes, e) < 0)
		return -1;
	read_notes(b, o);
	wants.modules = !o->noted;
	b->entries = arena_take(b->arena, b->n * sizeof(*b->entries));
	b->sorted = arena_take(b->arena, b->n * sizeof(*b->sorted));
	b->rooms = arena_take(b->arena, b->n * sizeof(*b->rooms));
	unpack_all(b->rooms, b->scanned, b->n, o->bytes, &wants);
	for (size_t i = 0; i < b->n; i++) {
		if (b->rooms[i].why)
			return err_set(e, ERR_INPUT, "entry '" STR_F "': %s",
			    STR_A(b->scanned[i].name), b->rooms[i].why);
		b->sorted[i] = &b->entries[i];
		fill_entry(b, i, o);
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

static void
write_notes(const struct bundle *b, const char *dir)
{
	CLEANUP(mem_free_at)
	struct note *v = mem_take(b->n * sizeof(*v) + 1);
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		if (is_module(b->entries[i].name))
			v[n++] = (struct note){ b->entries[i].name,
				b->entries[i].digest };
	notes_write(dir, &b->digest, v, n);
}

static int
open_with(struct bundle **out, struct opening *o, struct err *e)
{
	CLEANUP(bundle_free) struct bundle *b = mem_take(sizeof(*b));

	b->arena = arena_new();
	b->lock = arena_take(b->arena, sizeof(*b->lock));
	pthread_mutex_init(b->lock, NULL);
	if (unpack(b, o, e) < 0 || read_directive(b, o->name, e) < 0 ||
	    add_modules(b, e) < 0)
		return err_wrap(e, "cannot open bundle '%s'", o->name);
	if (o->dir && !o->noted)
		write_notes(b, o->dir);
	if (!o->noted) {
		mem_free(b->scanned);
		b->scanned = NULL;
	}
	*out = b;
	b = NULL;
	return 0;
}

int
bundle_open_bytes(
    struct bundle **out, struct str bytes, const char *name, struct err *e)
{
	return open_with(
	    out, &(struct opening){ .bytes = bytes, .name = name }, e);
}

int
bundle_open_noted(struct bundle **out, struct buf *bytes, const char *name,
    const char *dir, struct err *e)
{
	CLEANUP(buf_free) struct buf all = *bytes;
	struct opening o = { .bytes = buf_str(&all), .name = name, .dir = dir };
	struct err ignored = ERR;

	*bytes = (struct buf)BUF(bytes->max);
	if (dir && os_private_dir(dir, &ignored) < 0)
		o.dir = NULL;
	if (open_with(out, &o, e) < 0)
		return -1;
	if (o.noted) {
		(*out)->file = all;
		all = (struct buf)BUF(0);
	}
	return 0;
}

int
bundle_read(struct buf *bytes, const char *path, struct err *e)
{
	bytes->max = MAX_FILE;
	if (os_read(bytes, path, e) < 0)
		return err_wrap(e, "cannot open bundle '%s'", path);
	return 0;
}

int
bundle_open(struct bundle **out, const char *path, struct err *e)
{
	CLEANUP(buf_free) struct buf bytes = BUF(0);

	if (bundle_read(&bytes, path, e) < 0)
		return -1;
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
	mem_free((*b)->scanned);
	buf_free(&(*b)->file);
	pthread_mutex_destroy((*b)->lock);
	arena_free(&(*b)->arena);
	mem_free(*b);
	*b = NULL;
}

/* ---- looking ---- */

/* It was unpacked once and found good, and its packed bytes are the same: there
 * is no other way for it to fail now than a bug. */
static struct str
data_of(const struct bundle *b, struct entry *en)
{
	struct unpacked *u = &b->rooms[en - b->entries];

	if (atomic_load_explicit(&en->ready, memory_order_acquire))
		return en->data;
	pthread_mutex_lock(b->lock);
	if (!atomic_load(&en->ready)) {
		unpack_one(u, en->later);
		assert(!u->why);
		en->data = u->data;
		atomic_store_explicit(&en->ready, true, memory_order_release);
	}
	pthread_mutex_unlock(b->lock);
	return en->data;
}

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
	struct entry *en = &b->entries[i];

	return (struct bundle_part){ en->name, data_of(b, en) };
}

struct str
bundle_name_at(const struct bundle *b, size_t i)
{
	return b->entries[i].name;
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
		*data = data_of(b, en);
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

static struct entry *
module_of(const struct bundle *b, const struct function_info *f)
{
	for (size_t i = 0; i < b->directive->nfunctions; i++) {
		const struct function_info *g = &b->directive->functions[i];

		if (!str_eq(f->name, g->name) ||
		    !str_eq(space_of(f), space_of(g)))
			continue;
		return b->modules[i];
	}
	return NULL;
}

bool
bundle_module(
    const struct bundle *b, const struct function_info *f, struct str *wasm)
{
	struct entry *en = module_of(b, f);

	if (en)
		*wasm = data_of(b, en);
	return en != NULL;
}

bool
bundle_module_digest(
    const struct bundle *b, const struct function_info *f, struct digest *d)
{
	struct entry *en = module_of(b, f);

	if (en)
		*d = en->digest;
	return en != NULL;
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
