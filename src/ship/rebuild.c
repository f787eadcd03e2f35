/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle put together again. */
#include <stdlib.h>

#include "bundle/bundle.h"
#include "ship/parts.h"

struct join {
	struct entry *v;
	size_t n, cap;
	uint64_t nbytes;
};

static void
join_free(struct join *j)
{
	mem_free(j->v);
}

static int
add(struct join *j, const struct entry *z, struct err *e)
{
	if (j->n == BUNDLE_MAX_ENTRIES)
		return err_set(e, ERR_LIMIT,
		    "the layers hold more than %u entries", BUNDLE_MAX_ENTRIES);
	j->v = mem_grow(j->v, j->n, &j->cap, sizeof(*j->v));
	j->v[j->n++] = *z;
	j->nbytes += z->packed.n;
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

static int
take_zip(struct join *j, const struct ship_layer *y, struct err *e)
{
	struct str rest = y->data;

	while (!entry_is_end(rest)) {
		struct entry z;
		uint32_t date;

		if (!entry_cut(&rest, &z, &date))
			return wrong(y, "is no archive of a bundle's files", e);
		if (add(j, &z, e) < 0)
			return -1;
	}
	return 0;
}

static int
take(struct join *j, const struct ship_layer *y, struct err *e)
{
	struct entry z = { .name = y->title,
		.method = ENTRY_STORED,
		.packed = y->data,
		.crc = y->crc,
		.nbytes = (uint32_t)y->data.n };

	if (str_is(y->title, LAYER_FILES) &&
	    str_is(str_of(y->media_type), LAYER_ZIP))
		return take_zip(j, y, e);
	if (str_ends(str_of(y->media_type), LAYER_GZIP)) {
		if (!str_ends(z.name, ".gz") || !gzip_read(&z, y->data))
			return wrong(
			    y, "is not the gzip file that we write", e);
		z.name.n -= 3;
	}
	if (z.name.n == 0 || z.name.n > ENTRY_MAX_NAME ||
	    y->data.n > BUNDLE_MAX_ENTRY + GZIP_MORE)
		return wrong(y, "is no entry of a bundle", e);
	return add(j, &z, e);
}

int
ship_rebuild(struct buf *out, const struct ship_layer *layers, size_t n,
    uint32_t date, struct err *e)
{
	CLEANUP(join_free) struct join j = { 0 };

	for (size_t i = 0; i < n; i++)
		if (take(&j, &layers[i], e) < 0)
			return -1;
	if (j.n == 0)
		return err_set(e, ERR_INPUT, "there are no layers");
	if (j.nbytes > SHIP_MAX_BYTES)
		return err_set(e, ERR_LIMIT,
		    "the layers are larger than %u MiB together",
		    (unsigned)(SHIP_MAX_BYTES >> 20));
	qsort(j.v, j.n, sizeof(*j.v), entry_by_name);
	entry_write(out, j.v, j.n, date);
	return buf_over(out)
	    ? err_set(
		  e, ERR_LIMIT, "the bundle is larger than %zu bytes", out->max)
	    : 0;
}
