/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle's layers, each fetched to where it belongs.  They are on their way
 * while signatures are asked for.
 */
#include <string.h>

#include "bundle/bundle.h"
#include "os/os.h"
#include "ship/want.h"
#include "tree/tree.h"

#define SMALL (256u << 10)

int
want_bad(const struct want *w, const char *why, struct err *e)
{
	return err_set(
	    e, ERR_REMOTE, "'" STR_F "': %s", STR_A(w->pull->ref.text), why);
}

/* ---- what there is ---- */

static void
take_layer(struct want *w, size_t i)
{
	const struct oci_desc *d = &w->manifest.layers[i];
	struct ship_layer *y = &w->layers[i];

	y->title = oci_annotation(d->annotations, d->nannotations, OCI_TITLE);
	y->media_type = arena_cstr(w->a, d->media_type);
	y->data.n = d->size; /* without bytes: it is to come */
	y->own.max = d->size;
}

static int
plan(struct want *w, struct err *e)
{
	const struct oci_manifest *m = &w->manifest;
	uint64_t sum = 0;

	w->layers = arena_take(w->a, (m->nlayers + 1) * sizeof(*w->layers));
	for (size_t i = 0; i < m->nlayers; i++) {
		sum += m->layers[i].size;
		if (m->layers[i].size > SHIP_MAX_BYTES || sum > SHIP_MAX_BYTES)
			return err_set(e, ERR_LIMIT,
			    "'" STR_F "' is larger than %u MiB",
			    STR_A(w->pull->ref.text),
			    (unsigned)(SHIP_MAX_BYTES >> 20));
		take_layer(w, i);
	}
	return 0;
}

/* The parts of an earlier bundle that are the same need not travel. */
static void
reuse(struct want *w)
{
	const struct oci_manifest *m = &w->manifest;

	for (size_t k = 0; k < w->had.n; k++) {
		struct digest d = sign_digest(w->had.v[k].data);

		for (size_t i = 0; i < m->nlayers; i++)
			if (m->layers[i].size == w->had.v[k].data.n &&
			    digest_eq(&m->layers[i].digest, &d))
				w->layers[i].data = w->had.v[k].data;
	}
}

static void
read_earlier(struct want *w)
{
	struct err ignored = ERR;
	struct bundle_cut cut;

	w->earlier.max = SHIP_MAX_BYTES;
	w->had_whole.max = SHIP_MAX_BYTES;
	if (!w->exploded || !w->pull->have ||
	    os_read(&w->earlier, w->pull->have, &ignored) < 0 ||
	    bundle_cut(&cut, buf_str(&w->earlier), &ignored) < 0)
		return;
	bundle_unsigned(&w->had_whole, &cut);
	ship_explode(&w->had, buf_str(&w->had_whole));
	reuse(w);
}

/* The first layer with the same bytes, or i. */
static size_t
first_of(const struct oci_manifest *m, size_t i)
{
	size_t k = 0;

	while (m->layers[k].size != m->layers[i].size ||
	    !digest_eq(&m->layers[k].digest, &m->layers[i].digest))
		k++;
	return k;
}

/* ---- on their way ---- */

/* Of layers with the same bytes the first is asked for. */
static void
ask_for(struct want *w, size_t i, struct buf *into)
{
	if (w->layers[i].data.p || first_of(&w->manifest, i) != i)
		return;
	w->tasks[w->ntasks++] = (struct oci_task){ .act = OCI_FETCH,
		.desc = w->manifest.layers[i],
		.fd = -1,
		.into = into };
	w->into[i] = into;
}

/* A place in the bundle is memory like any other, which must not grow. */
static struct buf *
landing(struct want *w, size_t i)
{
	struct buf *b = arena_take(w->a, sizeof(*b));

	*b = (struct buf){ .p = image_place(&w->image, i),
		.cap = w->layers[i].data.n + 1,
		.max = w->layers[i].data.n };
	return b;
}

static int
begin(struct want *w, struct err *e)
{
	return oci_begin(&w->work, w->repo, w->tasks, w->ntasks, e);
}

static int
end(struct want *w, struct err *e)
{
	if (oci_end(&w->work, e) < 0)
		return -1;
	for (size_t i = 0; i < w->ntasks; i++)
		w->out->fetched += w->tasks[i].moved;
	w->ntasks = 0;
	for (size_t i = 0; i < w->manifest.nlayers; i++)
		if (w->into[i] && w->layers[i].data.n > 0)
			w->layers[i].data.p = w->into[i]->p;
	for (size_t i = 0; i < w->manifest.nlayers; i++)
		if (!w->layers[i].data.p)
			w->layers[i].data.p =
			    w->layers[first_of(&w->manifest, i)].data.p;
	return 0;
}

/* Where do all belong?  Only layers of small files have to be there for it. */
static bool
can_plan(const struct want *w)
{
	for (size_t i = 0; i < w->manifest.nlayers; i++)
		if (image_is_files(&w->layers[i]) && !w->layers[i].data.p)
			return false;
	return true;
}

static int
ask_for_all(struct want *w, struct err *e)
{
	const struct oci_manifest *m = &w->manifest;
	struct err why = ERR;

	if (image_plan(&w->image, &w->whole, w->layers, m->nlayers, &why) < 0)
		return want_bad(w, why.text, e);
	for (size_t i = 0; i < m->nlayers; i++)
		if (image_place(&w->image, i))
			ask_for(w, i, landing(w, i));
	return begin(w, e);
}

int
land_begin(struct want *w, struct err *e)
{
	const struct oci_manifest *m = &w->manifest;
	bool at_once;

	if (plan(w, e) < 0)
		return -1;
	read_earlier(w);
	w->whole.max = SHIP_MAX_BYTES + BUNDLE_MAX_COMMENT;
	w->tasks = arena_take(w->a, (m->nlayers + 1) * sizeof(*w->tasks));
	w->into = arena_take(w->a, (m->nlayers + 1) * sizeof(struct buf *));
	w->apart = w->exploded &&
	    (m->nlayers > 1 || !str_is(w->layers[0].title, LAYER_BUNDLE));
	if (w->exploded)
		w->tasks[w->ntasks++] = (struct oci_task){ .act = OCI_FETCH,
			.desc = m->config,
			.fd = -1,
			.into = &w->config };
	at_once = w->apart && can_plan(w);
	for (size_t i = 0; i < m->nlayers && !at_once; i++)
		if (!w->apart || m->layers[i].size <= SMALL ||
		    image_is_files(&w->layers[i]))
			ask_for(w, i, &w->layers[i].own);
	if (at_once)
		return ask_for_all(w, e);
	if (begin(w, e) < 0)
		return -1;
	if (!w->apart)
		return 0;
	return end(w, e) < 0 ? -1 : ask_for_all(w, e);
}

/* ---- all there ---- */

static int
read_config(struct want *w, uint32_t *date, struct err *e)
{
	const struct tree *t, *v, *sums, *crc;
	struct tree *doc;

	if (tree_parse_json(&doc, w->a, buf_str(&w->config), e) < 0)
		return want_bad(w, "its config is no JSON", e);
	t = doc;
	v = tree_get(t, "v");
	if (!str_is(tree_text(t, "type"), "subo-bundle") || !v ||
	    v->kind != TREE_INT || v->num != 1)
		return want_bad(
		    w, "its config is of a kind that is not known", e);
	v = tree_get(t, "date");
	if (v && v->kind == TREE_INT && v->num >= 0 && v->num <= UINT32_MAX)
		*date = (uint32_t)v->num;
	sums = tree_get(t, "crc32");
	for (size_t i = 0; i < w->manifest.nlayers; i++) {
		crc = tree_get_str(sums, w->layers[i].title);
		if (crc && crc->kind == TREE_INT)
			w->layers[i].crc = (uint32_t)crc->num;
	}
	return 0;
}

static void
take_whole(struct want *w)
{
	struct ship_layer *y = &w->layers[0];

	if (y->own.n == 0) {
		buf_add(&w->whole, y->data); /* of an earlier bundle */
		return;
	}
	y->own.max = w->whole.max;
	buf_free(&w->whole);
	w->whole = y->own;
	y->own = (struct buf)BUF(0);
}

/* What was there already, or came twice, to its place. */
static void
bring(struct want *w)
{
	for (size_t i = 0; i < w->manifest.nlayers; i++) {
		struct str data = w->layers[i].data;
		char *place = image_place(&w->image, i);

		if (place && data.n > 0 && place != data.p)
			memcpy(place, data.p, data.n);
	}
}

int
land_end(struct want *w, struct err *e)
{
	uint32_t date = ENTRY_DATE;
	struct err why = ERR;

	if (end(w, e) < 0)
		return -1;
	w->out->layers = w->manifest.nlayers;
	if (w->exploded && read_config(w, &date, e) < 0)
		return -1;
	if (!w->apart) {
		if (!w->out->module)
			take_whole(w);
		return 0;
	}
	bring(w);
	return image_finish(&w->image, w->layers, date, &why) < 0
	    ? want_bad(w, why.text, e)
	    : 0;
}
