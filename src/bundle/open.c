/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "bundle/inside.h"
#include "bundle/notes.h"
#include "os/os.h"
#include "tree/tree.h"

/* A file of entries that deflate made larger, with headers for all. */
#define MAX_FILE (BUNDLE_MAX_BYTES + (32u << 20))

/* What is known of the file already. */
struct opening {
	struct str bytes;
	const char *name;
	enum bundle_level level;
	const struct digest *known; /* bundle_digest; or NULL */
	const char *dir;	    /* of notes; NULL: none are kept */
	bool noted;		    /* there were some, of this bundle */
	bool packed;		    /* bundle_look */
	struct digest *digests;
};

static int
by_name(const void *a, const void *b)
{
	struct entry *const *x = a, *const *y = b;

	return str_cmp((*x)->name, (*y)->name);
}

/* ---- opening ---- */

static bool
modules_wait(const struct opening *o)
{
	return o->noted || o->packed;
}

/* Modules that were found good before wait until they are asked for. */
static void
fill_entry(struct bundle *b, size_t i, const struct opening *o)
{
	const struct zip_entry *z = &b->scanned[i];
	struct entry *en = &b->entries[i];
	bool later = modules_wait(o) && inside_is_module(z->name);

	en->name = arena_copy(b->arena, z->name);
	en->npacked = z->packed.n;
	en->epoch_s = zip_epoch(z->date, z->time);
	en->data = b->rooms[i].data;
	en->digest = later && o->noted ? o->digests[i] : b->rooms[i].digest;
	en->later = later ? z : NULL;
	atomic_init(&en->ready, !later);
}

static void
read_notes(struct bundle *b, struct opening *o, const struct bundle_cut *cut)
{
	if (!o->dir)
		return;
	b->digest = o->known ? *o->known : unpack_digest(cut);
	o->known = &b->digest;
	o->digests = arena_take(b->arena, b->n * sizeof(*o->digests));
	o->noted = notes_read(
	    o->dir, &b->digest, b->scanned, b->n, inside_is_module, o->digests);
}

static int
unpack(struct bundle *b, struct opening *o, struct err *e)
{
	struct unpack_wants wants = { .is_module = inside_is_module };
	struct bundle_cut cut;

	if (bundle_cut(&cut, o->bytes, e) < 0 ||
	    zip_scan(&b->scanned, &b->n, o->bytes, e) < 0)
		return -1;
	if (b->level == BUNDLE_STRICT &&
	    zip_strict(b->scanned, b->n, o->bytes, e) < 0)
		return -1;
	b->signatures = arena_copy(b->arena, cut.comment);
	read_notes(b, o, &cut);
	if (o->known)
		b->digest = *o->known;
	wants.modules = !modules_wait(o);
	wants.file = &cut;
	wants.whole = o->known ? NULL : &b->digest;
	b->entries = arena_take(b->arena, b->n * sizeof(*b->entries));
	b->sorted = arena_take(b->arena, b->n * sizeof(*b->sorted));
	b->rooms = arena_take(b->arena, b->n * sizeof(*b->rooms));
	unpack_all(b->rooms, b->scanned, b->n, &wants);
	for (size_t i = 0; i < b->n; i++) {
		if (b->rooms[i].why)
			return zip_refuse_entry(
			    e, "data", b->scanned[i].name, b->rooms[i].why);
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
			return zip_refuse(e, ERR_INPUT, "directive",
			    "%s:%u:%u: " STR_F, entry, d->at.line, d->at.col,
			    STR_A(d->text));
	}
	return 0;
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

		if (!inside_is_module(b->entries[i].name))
			continue;
		ref = fqfn_parse(inside_reference(&b->entries[i]));
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
	struct entry *en = inside_find(b, STR(DIRECTIVE_NAME));
	struct entry *tenant = en ? NULL : inside_find(b, STR(TENANT_NAME));
	struct str text = en ? en->data : STR("");
	const char *entry = tenant ? TENANT_NAME : DIRECTIVE_NAME;
	struct str file;
	int rc;

	if (!en && !tenant) {
		if (!bare_directive(b, &bare))
			return zip_refuse(e, ERR_INPUT, "directive",
			    "it has no " DIRECTIVE_NAME " or " TENANT_NAME
			    ", and no module");
		text = buf_str(&bare);
	}
	file = str_of(arena_printf(b->arena, "%s/%s", name, entry));
	rc = tenant ? tenant_parse(&b->directive, tenant->data, file, ds, e)
		    : directive_parse(&b->directive, text, file, ds, e);
	if (rc < 0) {
		text = arena_copy(b->arena, str_of(e->text));
		return zip_refuse(e, e->kind, "directive", STR_F, STR_A(text));
	}
	return refuse_errors(ds, entry, e);
}

/* Take the Directive's word for what is in a module, where it says it; any
 * other is unpacked after all. */
static int
take_word(struct bundle *b, struct err *e)
{
	for (size_t i = 0; i < b->n; i++) {
		struct entry *en = &b->entries[i];
		struct unpacked *u = &b->rooms[i];

		if (!inside_is_module(en->name) ||
		    inside_said_digest(b->directive, en, &en->digest))
			continue;
		unpack_one(u, en->later);
		if (u->why)
			return zip_refuse_entry(e, "data", en->name, u->why);
		en->data = u->data;
		en->digest = sign_digest(en->data);
		atomic_store(&en->ready, true);
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
		if (inside_is_module(b->entries[i].name))
			v[n++] = (struct note){ b->entries[i].name,
				b->entries[i].digest };
	notes_write(dir, &b->digest, v, n);
}

static int
open_with(struct bundle **out, struct opening *o, struct err *e)
{
	CLEANUP(bundle_free) struct bundle *b = mem_take(sizeof(*b));

	b->arena = arena_new();
	b->level = o->level;
	b->lock = arena_take(b->arena, sizeof(*b->lock));
	pthread_mutex_init(b->lock, NULL);
	if (unpack(b, o, e) < 0 || read_directive(b, o->name, e) < 0 ||
	    (o->packed && take_word(b, e) < 0) ||
	    inside_add_modules(b, e) < 0 ||
	    (b->level == BUNDLE_STRICT && inside_demand_modules(b, e) < 0))
		return err_wrap(e, "cannot open bundle '%s'", o->name);
	if (o->dir && !o->noted)
		write_notes(b, o->dir);
	if (!modules_wait(o)) {
		mem_free(b->scanned);
		b->scanned = NULL;
	}
	*out = b;
	b = NULL;
	return 0;
}

int
bundle_open_at(struct bundle **out, struct str bytes, const char *name,
    enum bundle_level level, const struct digest *unsigned_digest,
    struct err *e)
{
	struct opening o = { .bytes = bytes,
		.name = name,
		.level = level,
		.known = unsigned_digest };

	return open_with(out, &o, e);
}

int
bundle_look(struct bundle **out, struct str bytes, const char *name,
    enum bundle_level level, const struct digest *unsigned_digest,
    struct err *e)
{
	struct opening o = { .bytes = bytes,
		.name = name,
		.level = level,
		.known = unsigned_digest,
		.packed = true };

	return open_with(out, &o, e);
}

int
bundle_open_bytes(
    struct bundle **out, struct str bytes, const char *name, struct err *e)
{
	return bundle_open_at(out, bytes, name, BUNDLE_TOLERANT, NULL, e);
}

int
bundle_open_noted(struct bundle **out, struct buf *bytes, const char *name,
    const struct bundle_how *how, struct err *e)
{
	CLEANUP(buf_free) struct buf all = *bytes;
	struct opening o = { .bytes = buf_str(&all),
		.name = name,
		.level = how->level,
		.known = how->digest,
		.dir = how->dir };
	struct err ignored = ERR;

	*bytes = (struct buf)BUF(bytes->max);
	if (how->dir && os_private_dir(how->dir, &ignored) < 0)
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
