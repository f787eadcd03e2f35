/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of a canonical bundle: all that stands in its headers follows from
 * the entries and one date (APPNOTE 6.3.10, 4.3), which is why it can be taken
 * apart and put together again.
 */
#include "ship/parts.h"

#define LOCAL 0x04034b50u
#define CENTRAL 0x02014b50u
#define END 0x06054b50u
#define LOCAL_BYTES 30u
#define CENTRAL_BYTES 46u
#define END_BYTES 22u
#define NEEDS 20u
#define MADE_BY (3u << 8 | 20u) /* Unix, 2.0 */
#define MODE 0100644u
#define UTF8 0x0800u

static unsigned
get16(struct str s, size_t at)
{
	const unsigned char *p = (const unsigned char *)s.p + at;

	return (unsigned)p[0] | (unsigned)p[1] << 8;
}

uint32_t
entry_get32(struct str s, size_t at)
{
	return get16(s, at) | (uint32_t)get16(s, at + 2) << 16;
}

static void
put16(struct buf *b, unsigned v)
{
	buf_addc(b, (char)(v & 0xff));
	buf_addc(b, (char)(v >> 8 & 0xff));
}

void
entry_put32(struct buf *b, uint32_t v)
{
	put16(b, v & 0xffff);
	put16(b, v >> 16);
}

static unsigned
flags(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] >= 0x80)
			return UTF8;
	return 0;
}

bool
entry_cut(struct str *rest, struct entry *out, uint32_t *date)
{
	struct str s = *rest;
	uint32_t npacked;
	size_t nname;

	if (s.n < LOCAL_BYTES || entry_get32(s, 0) != LOCAL ||
	    get16(s, 4) != NEEDS || get16(s, 28) != 0)
		return false;
	nname = get16(s, 26);
	npacked = entry_get32(s, 18);
	if (nname == 0 || nname > ENTRY_MAX_NAME || s.n - LOCAL_BYTES < nname ||
	    s.n - LOCAL_BYTES - nname < npacked)
		return false;
	*out = (struct entry){ .name = { s.p + LOCAL_BYTES, nname },
		.packed = { s.p + LOCAL_BYTES + nname, npacked },
		.method = get16(s, 8),
		.crc = entry_get32(s, 14),
		.nbytes = entry_get32(s, 22) };
	*date = entry_get32(s, 10);
	if (get16(s, 6) != flags(out->name) ||
	    (out->method != ENTRY_STORED && out->method != ENTRY_DEFLATED) ||
	    (out->method == ENTRY_STORED && out->nbytes != npacked))
		return false;
	*rest = str_from(s, LOCAL_BYTES + nname + npacked);
	return true;
}

bool
entry_is_end(struct str rest)
{
	return rest.n >= 4 && entry_get32(rest, 0) == CENTRAL;
}

int
entry_by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	bool fx = str_is(x->name, "Directive.yaml");
	bool fy = str_is(y->name, "Directive.yaml");

	if (fx != fy)
		return fx ? -1 : 1;
	return str_cmp(x->name, y->name);
}

/* The fields that both headers share. */
static void
put_head(struct buf *b, const struct entry *z, uint32_t date)
{
	put16(b, NEEDS);
	put16(b, flags(z->name));
	put16(b, z->method);
	entry_put32(b, date);
	entry_put32(b, z->crc);
	entry_put32(b, (uint32_t)z->packed.n);
	entry_put32(b, z->nbytes);
	put16(b, (unsigned)z->name.n);
	put16(b, 0); /* extra fields */
}

static void
put_central(struct buf *b, const struct entry *z, uint32_t date, size_t at)
{
	entry_put32(b, CENTRAL);
	put16(b, MADE_BY);
	put_head(b, z, date);
	put16(b, 0); /* comment */
	put16(b, 0); /* disk */
	put16(b, 0); /* internal attributes */
	entry_put32(b, MODE << 16);
	entry_put32(b, (uint32_t)at);
	buf_add(b, z->name);
}

void
entry_directory(struct buf *out, const struct entry *v, size_t n, uint32_t date)
{
	size_t from = out->n, at = 0;

	for (size_t i = 0; i < n; i++) {
		put_central(out, &v[i], date, at);
		at += LOCAL_BYTES + v[i].name.n + v[i].packed.n;
	}
	from = out->n - from;
	entry_put32(out, END);
	put16(out, 0); /* this disk */
	put16(out, 0); /* the directory's */
	put16(out, (unsigned)n);
	put16(out, (unsigned)n);
	entry_put32(out, (uint32_t)from);
	entry_put32(out, (uint32_t)at);
	put16(out, 0); /* comment */
}

size_t
entry_local_bytes(const struct entry *z)
{
	return LOCAL_BYTES + z->name.n;
}

size_t
entry_central_bytes(const struct entry *z)
{
	return CENTRAL_BYTES + z->name.n;
}

size_t
entry_end_bytes(void)
{
	return END_BYTES;
}

void
entry_local(struct buf *out, const struct entry *z, uint32_t date)
{
	entry_put32(out, LOCAL);
	put_head(out, z, date);
	buf_add(out, z->name);
}

void
entry_write(struct buf *out, const struct entry *v, size_t n, uint32_t date)
{
	size_t size = END_BYTES;

	/* At once: growing would copy what is there. */
	for (size_t i = 0; i < n; i++)
		size += entry_local_bytes(&v[i]) + entry_central_bytes(&v[i]) +
		    v[i].packed.n;
	(void)buf_room(out, size);
	for (size_t i = 0; i < n; i++) {
		entry_local(out, &v[i], date);
		buf_add(out, v[i].packed);
	}
	entry_directory(out, v, n, date);
}
