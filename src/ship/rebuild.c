/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle put together again.  How large each layer is says where in it the
 * layer's bytes come to lie, so they can be fetched to their place: what gzip
 * has before and behind them falls on what is written last, the headers.
 */
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle.h"
#include "ship/image.h"

static int
add(struct image *g, const struct spot *s, struct err *e)
{
	if (g->n == BUNDLE_MAX_ENTRIES)
		return err_set(e, ERR_LIMIT,
		    "the layers hold more than %u entries", BUNDLE_MAX_ENTRIES);
	g->v = mem_grow(g->v, g->n, &g->cap, sizeof(*g->v));
	g->v[g->n++] = *s;
	g->nbytes += s->z.packed.n;
	return 0;
}

static int
wrong(const struct ship_layer *y, const char *why, struct err *e)
{
	CLEANUP(buf_free) struct buf title = BUF(512);

	buf_show(&title, y->title, false);
	return err_set(
	    e, ERR_INPUT, "the layer '%s' %s", buf_cstr(&title), why);
}

bool
image_is_files(const struct ship_layer *y)
{
	return str_is(y->title, LAYER_FILES) &&
	    str_is(str_of(y->media_type), LAYER_ZIP);
}

static bool
is_gzip(const struct ship_layer *y)
{
	return str_ends(str_of(y->media_type), LAYER_GZIP);
}

static int
take_files(struct image *g, const struct ship_layer *y, struct err *e)
{
	struct str rest = y->data;

	while (!entry_is_end(rest)) {
		struct spot s = { .layer = IMAGE_NO_LAYER };
		uint32_t date;

		if (!entry_cut(&rest, &s.z, &date))
			return wrong(y, "is no archive of a bundle's files", e);
		if (add(g, &s, e) < 0)
			return -1;
	}
	return 0;
}

static int
take(struct image *g, const struct ship_layer *layers, size_t i, struct err *e)
{
	const struct ship_layer *y = &layers[i];
	struct spot s = { .layer = i,
		.z = { .name = y->title,
		    .method = ENTRY_STORED,
		    .packed = y->data,
		    .nbytes = (uint32_t)y->data.n } };

	if (image_is_files(y))
		return take_files(g, y, e);
	if (is_gzip(y)) {
		if (!str_ends(s.z.name, ".gz") || y->data.n < GZIP_MORE)
			return wrong(
			    y, "is not the gzip file that we write", e);
		s.z.name.n -= 3;
		s.z.packed.n -= GZIP_MORE;
		s.before = GZIP_BEFORE;
	}
	if (s.z.name.n == 0 || s.z.name.n > ENTRY_MAX_NAME ||
	    y->data.n > BUNDLE_MAX_ENTRY + GZIP_MORE)
		return wrong(y, "is no entry of a bundle", e);
	return add(g, &s, e);
}

/* A header before each, a directory behind all. */
static int
lay_out(struct image *g, struct err *e)
{
	size_t at = 0, behind = entry_end_bytes();

	for (size_t i = 0; i < g->n; i++) {
		at += entry_local_bytes(&g->v[i].z);
		g->v[i].at = at;
		at += g->v[i].z.packed.n;
		behind += entry_central_bytes(&g->v[i].z);
	}
	if (!buf_room(g->out, at + behind + GZIP_MORE))
		return err_set(e, ERR_LIMIT,
		    "the bundle is larger than %zu bytes", g->out->max);
	g->out->n = at;
	return 0;
}

int
image_plan(struct image *g, struct buf *out, const struct ship_layer *layers,
    size_t n, struct err *e)
{
	*g = (struct image){ .out = out };
	for (size_t i = 0; i < n; i++)
		if (take(g, layers, i, e) < 0)
			return -1;
	if (g->n == 0)
		return err_set(e, ERR_INPUT, "there are no layers");
	if (g->nbytes > SHIP_MAX_BYTES)
		return err_set(e, ERR_LIMIT,
		    "the layers are larger than %u MiB together",
		    (unsigned)(SHIP_MAX_BYTES >> 20));
	qsort(g->v, g->n, sizeof(*g->v), entry_by_name);
	return lay_out(g, e);
}

char *
image_place(const struct image *g, size_t layer)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].layer == layer)
			return g->out->p + g->v[i].at - g->v[i].before;
	return NULL;
}

/* In their order: a header falls on what gzip has behind the entry before. */
static int
finish_one(struct image *g, struct spot *s, const struct ship_layer *layers,
    uint32_t date, struct err *e)
{
	CLEANUP(buf_free) struct buf head = BUF(ENTRY_MAX_NAME + 64);
	char *at = g->out->p + s->at;
	size_t npacked = s->z.packed.n;

	if (s->layer == IMAGE_NO_LAYER)
		memcpy(at, s->z.packed.p, npacked);
	else if (s->before == 0)
		s->z.crc = layers[s->layer].crc;
	else if (!gzip_read(&s->z,
		     (struct str){ at - s->before, npacked + GZIP_MORE }))
		return wrong(
		    &layers[s->layer], "is not the gzip file that we write", e);
	s->z.packed = (struct str){ at, npacked };
	entry_local(&head, &s->z, date);
	memcpy(at - head.n, head.p, head.n);
	return 0;
}

int
image_finish(struct image *g, const struct ship_layer *layers, uint32_t date,
    struct err *e)
{
	CLEANUP(mem_free_at)
	struct entry *all = mem_take(g->n * sizeof(*all));

	for (size_t i = 0; i < g->n; i++) {
		if (finish_one(g, &g->v[i], layers, date, e) < 0)
			return -1;
		all[i] = g->v[i].z;
	}
	entry_directory(g->out, all, g->n, date);
	return buf_over(g->out)
	    ? err_set(e, ERR_LIMIT, "the bundle is larger than %zu bytes",
		  g->out->max)
	    : 0;
}

void
image_free(struct image *g)
{
	mem_free(g->v);
	g->v = NULL;
}

int
ship_rebuild(struct buf *out, const struct ship_layer *layers, size_t n,
    uint32_t date, struct err *e)
{
	CLEANUP(image_free) struct image g = { 0 };

	if (image_plan(&g, out, layers, n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char *place = image_place(&g, i);

		if (place && layers[i].data.n > 0)
			memcpy(place, layers[i].data.p, layers[i].data.n);
	}
	return image_finish(&g, layers, date, e);
}
