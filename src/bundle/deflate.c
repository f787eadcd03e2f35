/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <limits.h>

#define ZLIB_CONST
#include <zlib.h>

#include "bundle/deflate.h"

#define LEVEL 6
#define RAW_BITS (-15)
#define MEM_LEVEL 8

struct deflater {
	z_stream z;
	unsigned char chunk[65536];
};

uint32_t
deflate_crc(struct str data)
{
	return (uint32_t)crc32_z(0, (const Bytef *)data.p, data.n);
}

uint32_t
deflate_crc_join(uint32_t a, uint32_t b, size_t nb)
{
	return (uint32_t)crc32_combine(a, b, (z_off_t)nb);
}

struct deflater *
deflater_new(void)
{
	struct deflater *d = mem_take(sizeof(*d));
	int r = deflateInit2(
	    &d->z, LEVEL, Z_DEFLATED, RAW_BITS, MEM_LEVEL, Z_DEFAULT_STRATEGY);

	assert(r == Z_OK);
	return d;
}

void
deflater_free(struct deflater **d)
{
	if (!*d)
		return;
	deflateEnd(&(*d)->z);
	mem_free(*d);
	*d = NULL;
}

void
deflater_add(struct deflater *d, struct str before, struct str data, bool last,
    struct buf *out)
{
	int r = deflateReset(&d->z), flush = last ? Z_FINISH : Z_SYNC_FLUSH;

	assert(r == Z_OK && data.n <= UINT_MAX);
	if (before.n > DEFLATE_WINDOW)
		before = str_from(before, before.n - DEFLATE_WINDOW);
	if (before.n > 0) {
		r = deflateSetDictionary(
		    &d->z, (const Bytef *)before.p, (uInt)before.n);
		assert(r == Z_OK);
	}
	d->z.next_in = (const Bytef *)data.p;
	d->z.avail_in = (uInt)data.n;
	do {
		d->z.next_out = d->chunk;
		d->z.avail_out = sizeof(d->chunk);
		r = deflate(&d->z, flush);
		assert(r != Z_STREAM_ERROR);
		buf_add(out,
		    (struct str){ (const char *)d->chunk,
			sizeof(d->chunk) - d->z.avail_out });
	} while (d->z.avail_out == 0);
	assert(d->z.avail_in == 0);
}

static void
end_inflate(z_stream *z)
{
	inflateEnd(z);
}

const char *
deflate_unpack(struct str packed, char *to, size_t nbytes)
{
	CLEANUP(end_inflate) z_stream z = { 0 };
	unsigned char none;
	int r = inflateInit2(&z, RAW_BITS);

	assert(r == Z_OK && packed.n <= UINT_MAX && nbytes <= UINT_MAX);
	z.next_in = (const Bytef *)packed.p;
	z.avail_in = (uInt)packed.n;
	z.next_out = nbytes > 0 ? (Bytef *)to : &none;
	z.avail_out = (uInt)nbytes;
	r = inflate(&z, Z_FINISH);
	if (r == Z_STREAM_END && z.avail_in > 0)
		return "its data end before its packed size";
	if (r == Z_STREAM_END && z.avail_out > 0)
		return "it unpacks to less than its size";
	if (r == Z_STREAM_END)
		return NULL;
	if (r == Z_BUF_ERROR && z.avail_out == 0)
		return "it unpacks to more than its size";
	if (r == Z_BUF_ERROR)
		return "its data are cut short";
	return z.msg ? z.msg : "its data are no deflate stream";
}

const char *
deflate_version(void)
{
	return zlibVersion();
}
