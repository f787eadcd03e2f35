/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle as it is sent: layers, a small config, a manifest. */
#include <pthread.h>

#include "bundle/bundle.h"
#include "ship/parts.h"
#include "tree/tree.h"

#define MAX_DOCUMENT OCI_MAX_MANIFEST

/* ---- annotations ---- */

static bool
has(const struct notes *t, const char *key)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_is(t->v[i].key, key))
			return true;
	return false;
}

static void
add_note(struct notes *t, struct str key, struct str value)
{
	t->v = arena_grow(t->a, t->v, t->n, &t->cap, sizeof(*t->v));
	t->v[t->n++] = (struct oci_pair){ key, value };
}

void
notes_add(struct notes *t, const char *key, struct str value)
{
	if (value.n > 0 && !has(t, key))
		add_note(t, str_of(key), value);
}

void
notes_first(struct notes *t, const struct oci_pair *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_note(t, v[i].key, v[i].value);
}

/* Those that were only there to keep ours out. */
static void
drop_empty(struct notes *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].value.n > 0)
			t->v[n++] = t->v[i];
	t->n = n;
}

/* ---- the config ---- */

static void
put_digest(struct arena *a, struct tree *t, const struct digest *d)
{
	char text[OCI_DIGEST_TEXT];

	oci_digest_text(d, text);
	tree_put_text(a, t, "digest", str_of(text));
}

static struct tree *
functions(const struct parcel *p)
{
	const struct directive *d = bundle_directive(p->bundle);
	struct tree *list = tree_list(p->a);

	for (size_t i = 0; i < d->nfunctions; i++) {
		const struct function_info *f = &d->functions[i];
		struct tree *t = tree_add(p->a, list, tree_map(p->a));
		struct digest digest;

		tree_put_text(p->a, t, "namespace", f->ns);
		tree_put_text(p->a, t, "name", f->name);
		if (f->lang.n > 0)
			tree_put_text(p->a, t, "lang", f->lang);
		if (bundle_module_digest(p->bundle, f, &digest))
			put_digest(p->a, t, &digest);
	}
	return list;
}

/* CRC-32 of entries that are not packed: no layer says it. */
static struct tree *
checksums(const struct parcel *p)
{
	struct tree *t = tree_map(p->a);

	for (size_t i = 0; i < p->layers.n; i++) {
		const struct ship_layer *y = &p->layers.v[i];

		if (y->own.n == 0)
			tree_put_int(p->a, t, arena_cstr(p->a, y->title),
			    (int64_t)y->crc);
	}
	return t;
}

static void
make_config(struct parcel *p)
{
	const struct directive *d = bundle_directive(p->bundle);
	CLEANUP(buf_free) struct buf b = BUF(MAX_DOCUMENT);
	struct tree *t = tree_map(p->a), *sums;
	struct oci_desc desc;
	struct str text;

	tree_put_text(p->a, t, "type", STR("subo-bundle"));
	tree_put_int(p->a, t, "v", 1);
	tree_put_text(p->a, t, "identifier", d->identifier);
	tree_put_text(p->a, t, "appVersion", d->app_version);
	if (!p->layers.whole) {
		tree_put_int(p->a, t, "date", (int64_t)p->layers.date);
		sums = checksums(p);
		if (sums->nitems > 0)
			tree_put(p->a, t, "crc32", sums);
	}
	tree_put(p->a, t, "functions", functions(p));
	tree_print_json(&b, t, 0);
	text = arena_copy(p->a, buf_str(&b));
	desc = oci_desc_of(SHIP_CONFIG, text);
	parcel_add_blob(p, &desc, text);
}

/* ---- the manifest ---- */

void
parcel_add_blob(struct parcel *p, const struct oci_desc *d, struct str data)
{
	p->blobs = arena_grow(
	    p->a, p->blobs, p->nblobs, &p->capblobs, sizeof(*p->blobs));
	p->blobs[p->nblobs++] = (struct blob){ *d, data };
}

static struct oci_desc *
make_layers(struct parcel *p)
{
	struct oci_desc *v = arena_take(p->a, (p->layers.n + 1) * sizeof(*v));

	for (size_t i = 0; i < p->layers.n; i++) {
		const struct ship_layer *y = &p->layers.v[i];
		struct oci_pair *title = arena_take(p->a, sizeof(*title));

		*title = (struct oci_pair){ STR(OCI_TITLE), y->title };
		v[i] = oci_desc_of(y->media_type, y->data);
		v[i].annotations = title;
		v[i].nannotations = 1;
	}
	return v;
}

static void
make_manifest(struct parcel *p, const struct oci_desc *layers,
    const struct ship_push *push)
{
	const struct directive *d = bundle_directive(p->bundle);
	CLEANUP(buf_free) struct buf b = BUF(MAX_DOCUMENT);
	struct notes t = { .a = p->a };
	struct oci_manifest m = { .media_type = STR(OCI_TYPE_MANIFEST),
		.artifact_type = STR(SHIP_TYPE),
		.config = p->blobs[0].desc,
		.layers = layers,
		.nlayers = p->layers.n };
	char digest[OCI_DIGEST_TEXT];

	for (size_t i = 0; i < p->layers.n; i++)
		parcel_add_blob(p, &layers[i], p->layers.v[i].data);
	oci_digest_text(bundle_digest(p->bundle), digest);
	notes_first(&t, push->annotations, push->nannotations);
	notes_add(&t, OCI_TITLE, d->identifier);
	notes_add(&t, "org.opencontainers.image.version", d->app_version);
	notes_add(&t, SHIP_DIGEST, arena_copy(p->a, str_of(digest)));
	notes_add(&t, SHIP_SIZE, str_of(arena_printf(p->a, "%zu", p->whole.n)));
	drop_empty(&t);
	m.annotations = t.v;
	m.nannotations = t.n;
	oci_manifest_print(&b, &m);
	p->manifest = arena_copy(p->a, buf_str(&b));
	p->desc = oci_desc_of(OCI_TYPE_MANIFEST, p->manifest);
	p->desc.artifact_type = STR(SHIP_TYPE);
}

/* The bundle is looked through while it is taken apart: each takes as long. */
struct opening {
	struct parcel *p;
	const struct ship_push *push;
	pthread_t thread;
	bool runs;
	int rc;
	struct err e;
};

static void *
open_strict(void *arg)
{
	struct opening *o = arg;
	CLEANUP(buf_free) struct buf copy = BUF(o->p->whole.n);
	const struct bundle_how how = { .level = BUNDLE_STRICT,
		.dir = o->push->notes };

	buf_add(&copy, o->p->whole);
	o->rc =
	    bundle_open_noted(&o->p->bundle, &copy, o->push->name, &how, &o->e);
	return NULL;
}

static void
open_start(struct opening *o)
{
	o->runs = pthread_create(&o->thread, NULL, open_strict, o) == 0;
	if (!o->runs)
		(void)open_strict(o);
}

static int
open_done(struct opening *o, struct err *e)
{
	if (o->runs)
		(void)pthread_join(o->thread, NULL);
	if (o->rc == 0)
		return 0;
	*e = o->e;
	if (e->kind == ERR_INPUT && e->hint[0] == '\0')
		(void)err_hint(e,
		    "only a canonical bundle travels: 'subo build' makes one, "
		    "and 'subo bundle normalize %s' makes one of this",
		    o->push->name);
	return -1;
}

int
parcel_make(struct parcel *p, const struct ship_push *push, struct err *e)
{
	struct opening o = { .p = p, .push = push };
	const struct oci_desc *layers;
	struct bundle_cut cut;

	if (push->file.n > SHIP_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "'%s' is larger than %u MiB",
		    push->name, (unsigned)(SHIP_MAX_BYTES >> 20));
	if (bundle_cut(&cut, push->file, e) < 0)
		return err_wrap(e, "'%s'", push->name);
	p->whole = push->file;
	p->comment = cut.comment;
	if (cut.comment.n > 0) {
		p->own.max = push->file.n;
		bundle_unsigned(&p->own, &cut);
		p->whole = buf_str(&p->own);
	}
	open_start(&o);
	ship_explode(&p->layers, p->whole);
	layers = make_layers(p);
	if (open_done(&o, e) < 0)
		return -1;
	make_config(p);
	make_manifest(p, layers, push);
	return parcel_refer(p, push, e);
}

void
parcel_free(struct parcel *p)
{
	ship_layers_free(&p->layers);
	bundle_free(&p->bundle);
	buf_free(&p->own);
}
