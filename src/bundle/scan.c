/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict reader.  Readers of ZIP disagree whenever a file says a thing
 * twice in two ways, so a bundle may say each thing only one way: entries
 * touch each other from the first byte on, the directory follows, the end
 * record follows that and closes the file.
 */
#include <string.h>

#include "bundle/bundle.h"
#include "bundle/zip.h"

/* Fields that local header and directory share. */
struct head {
	uint16_t flags, method, time, date, nname, nextra;
	uint32_t crc, npacked, nbytes;
};

struct scan {
	struct str file;
	size_t dir, end; /* where the directory is, and the end record */
	unsigned count;
	struct zip_entry *v;
};

static uint16_t
get16(const struct scan *s, size_t at)
{
	return zip_get16(s->file, at);
}

static uint32_t
get32(const struct scan *s, size_t at)
{
	return zip_get32(s->file, at);
}

static void
get_head(const struct scan *s, size_t at, struct head *h)
{
	h->flags = get16(s, at);
	h->method = get16(s, at + 2);
	h->time = get16(s, at + 4);
	h->date = get16(s, at + 6);
	h->crc = get32(s, at + 8);
	h->npacked = get32(s, at + 12);
	h->nbytes = get32(s, at + 16);
	h->nname = get16(s, at + 20);
	h->nextra = get16(s, at + 22);
}

static int
bad(struct err *e, size_t at, const char *rule, const char *what)
{
	return zip_refuse(e, ERR_INPUT, rule, "at byte %zu: %s", at, what);
}

static int
bad_entry(struct err *e, const struct zip_entry *z, const char *rule,
    const char *what)
{
	return zip_refuse_entry(e, rule, z->name, what);
}

/* ---- the end record ---- */

static int
read_end(struct scan *s, struct err *e)
{
	size_t at;
	uint32_t nbytes;

	if (zip_find_end(&s->end, s->file, e) < 0)
		return -1;
	at = s->end;
	nbytes = get32(s, at + 12);
	s->dir = get32(s, at + 16);
	s->count = get16(s, at + 10);
	if (s->count == UINT16_MAX || nbytes == UINT32_MAX ||
	    s->dir == UINT32_MAX ||
	    (at >= 20 && get32(s, at - 20) == ZIP_END64_LOCATOR))
		return bad(e, at, "zip64", "it is a ZIP64 archive");
	if (get16(s, at + 4) != 0 || get16(s, at + 6) != 0)
		return bad(e, at, "split", "it is a part of a split archive");
	if (get16(s, at + 8) != s->count)
		return bad(e, at, "count", "the two counts of entries differ");
	if (s->dir > at || at - s->dir != nbytes)
		return bad(e, at, "directory",
		    "the directory is not where it is said to be");
	if (s->count > BUNDLE_MAX_ENTRIES)
		return zip_refuse(e, ERR_LIMIT, "entries",
		    "it has more than %u entries", BUNDLE_MAX_ENTRIES);
	return 0;
}

/* ---- one entry ---- */

/* Times and owners of other tools' archives do no harm; a field that renames
 * the entry or tells other sizes would. */
static int
check_extra(const struct scan *s, size_t at, size_t n,
    const struct zip_entry *z, struct err *e)
{
	static const uint16_t harmless[] = { 0x5455, 0x7875, 0x5855, 0x7855,
		0x000a };

	while (n > 0) {
		bool fine = false;
		size_t size = n < 4 ? 0 : 4u + get16(s, at + 2);

		if (n < 4 || size > n)
			return bad_entry(e, z, "extra-field",
			    "its extra field is malformed");
		for (size_t i = 0; i < COUNT(harmless); i++)
			fine = fine || get16(s, at) == harmless[i];
		if (!fine)
			return bad_entry(e, z, "extra-field",
			    "it has an extra field that is not allowed");
		at += size;
		n -= size;
	}
	return 0;
}

/* Folders say nothing that the names in them do not: packers that are no
 * bundlers write them.  One that holds bytes is no folder. */
static bool
is_folder(const struct head *h, struct str name)
{
	return h->nbytes == 0 && h->npacked == 0 && h->crc == 0 && name.n > 1 &&
	    name.p[name.n - 1] == '/';
}

static int
check_head(const struct head *h, const struct zip_entry *z, struct err *e)
{
	unsigned known = ZIP_FLAG_DESCRIPTOR | ZIP_FLAG_UTF8;

	if (h->method == ZIP_DEFLATED)
		known |= ZIP_FLAG_LEVEL;
	if (h->flags & 1u)
		return bad_entry(e, z, "encryption", "it is encrypted");
	if (h->flags & ~known)
		return bad_entry(
		    e, z, "flags", "it has flags that are not allowed");
	if (h->method != ZIP_STORED && h->method != ZIP_DEFLATED)
		return bad_entry(
		    e, z, "method", "it is neither stored nor deflated");
	if (h->method == ZIP_STORED && h->npacked != h->nbytes)
		return bad_entry(
		    e, z, "size", "it is stored, but its sizes differ");
	if (zip_name_check(is_folder(h, z->name)
		    ? (struct str){ z->name.p, z->name.n - 1 }
		    : z->name,
		e) < 0)
		return -1;
	if (!zip_is_ascii(z->name) && !(h->flags & ZIP_FLAG_UTF8))
		return bad_entry(
		    e, z, "utf8-flag", "its name is not marked as UTF-8");
	if (h->nbytes > BUNDLE_MAX_ENTRY)
		return zip_refuse(e, ERR_LIMIT, "size",
		    "entry '" STR_F "' is larger than %u bytes", STR_A(z->name),
		    BUNDLE_MAX_ENTRY);
	if (zip_is_bomb(h->nbytes, h->npacked))
		return zip_refuse(e, ERR_LIMIT, "ratio",
		    "entry '" STR_F "' unpacks to more than %u times its size",
		    STR_A(z->name), ZIP_RATIO);
	return 0;
}

/* What the directory says beside the shared fields. */
static int
check_central(
    const struct scan *s, size_t at, const struct zip_entry *z, struct err *e)
{
	unsigned host = get16(s, at + 4) >> 8;
	uint32_t mode = get32(s, at + 38) >> 16, type = mode >> 12;

	if (get16(s, at + 32) != 0)
		return bad_entry(e, z, "entry-comment", "it has a comment");
	if (get16(s, at + 34) != 0)
		return bad_entry(e, z, "split", "it begins on another disk");
	/* 3 and 19 keep Unix modes there; type 8 is a regular file, 4 a folder.
	 */
	if ((host == 3 || host == 19) && type != 0 && type != 8 &&
	    !(type == 4 && z->name.n > 0 && z->name.p[z->name.n - 1] == '/'))
		return bad_entry(e, z, "mode",
		    "it is no regular file (a link, folder or device)");
	if ((host == 3 || host == 19) && (mode & 07000) != 0)
		return bad_entry(
		    e, z, "mode", "it is set-uid, set-gid or sticky");
	return 0;
}

/* Is what stands from at to next a data descriptor of this entry? */
static bool
is_descriptor(
    const struct scan *s, size_t at, size_t next, const struct head *h)
{
	if (next - at == 16 && get32(s, at) == ZIP_DESCRIPTOR)
		at += 4;
	return next - at == 12 && get32(s, at) == h->crc &&
	    get32(s, at + 4) == h->npacked && get32(s, at + 8) == h->nbytes;
}

/* Does the local header say the same as the directory? */
static int
check_twin(const struct scan *s, size_t at, const struct head *c,
    const struct zip_entry *z, struct err *e)
{
	struct head l;
	bool same, zero;

	get_head(s, at + 6, &l);
	if (l.flags != c->flags || l.method != c->method || l.time != c->time ||
	    l.date != c->date)
		return bad_entry(e, z, "header-mismatch",
		    "its header differs from the directory (flags, method or "
		    "date)");
	same =
	    l.crc == c->crc && l.npacked == c->npacked && l.nbytes == c->nbytes;
	/* What was known when it was written may stand there already: some
	 * packers knew the size. */
	zero = (l.crc == 0 || l.crc == c->crc) &&
	    (l.npacked == 0 || l.npacked == c->npacked) &&
	    (l.nbytes == 0 || l.nbytes == c->nbytes);
	if (!same && !(zero && (l.flags & ZIP_FLAG_DESCRIPTOR)))
		return bad_entry(e, z, "header-mismatch",
		    "its header differs from the directory (checksum or "
		    "sizes)");
	if (l.nname != c->nname ||
	    memcmp(s->file.p + at + ZIP_LOCAL_BYTES, z->name.p, c->nname) != 0)
		return bad_entry(e, z, "header-mismatch",
		    "its header has another name than the directory");
	return check_extra(s, at + ZIP_LOCAL_BYTES + l.nname, l.nextra, z, e);
}

/* The local half: from at to next, every byte accounted for. */
static int
read_local(struct scan *s, size_t at, size_t next, const struct head *c,
    struct zip_entry *z, struct err *e)
{
	size_t room = next - at, head;

	if (room < ZIP_LOCAL_BYTES)
		return bad_entry(e, z, "overlap",
		    "it overlaps what follows, or is cut short");
	if (get32(s, at) != ZIP_LOCAL)
		return bad_entry(e, z, at == 0 ? "prefix" : "no-header",
		    "it has no header where it should begin");
	head = ZIP_LOCAL_BYTES + (size_t)get16(s, at + 26) + get16(s, at + 28);
	if (room < head || room - head < c->npacked)
		return bad_entry(e, z, "overlap",
		    "it overlaps what follows, or is cut short");
	if (check_twin(s, at, c, z, e) < 0)
		return -1;
	z->packed = (struct str){ s->file.p + at + head, c->npacked };
	room -= head + c->npacked;
	if (c->flags & ZIP_FLAG_DESCRIPTOR) {
		if (!is_descriptor(s, next - room, next, c))
			return bad_entry(e, z, "data-descriptor",
			    "its data descriptor is missing or wrong");
		room = 0;
	}
	if (room != 0)
		return bad_entry(
		    e, z, "gap", "bytes that belong to nothing follow it");
	return 0;
}

/* ---- all of them ---- */

/* Length of the directory's record at `at`, or 0 when it is cut. */
static size_t
central_bytes(const struct scan *s, size_t at)
{
	size_t room = s->end - at, n;

	if (room < ZIP_CENTRAL_BYTES || get32(s, at) != ZIP_CENTRAL)
		return 0;
	n = ZIP_CENTRAL_BYTES + (size_t)get16(s, at + 28) + get16(s, at + 30) +
	    get16(s, at + 32);
	return n <= room ? n : 0;
}

static int
read_entry(
    struct scan *s, size_t at, size_t *pos, struct zip_entry *z, struct err *e)
{
	size_t after = at + central_bytes(s, at), next = s->dir;
	struct head h;

	get_head(s, at + 8, &h);
	z->name = (struct str){ s->file.p + at + ZIP_CENTRAL_BYTES, h.nname };
	z->crc = h.crc;
	z->nbytes = h.nbytes;
	z->method = h.method;
	z->time = h.time;
	z->date = h.date;
	z->dir = at;
	if (check_head(&h, z, e) < 0 || check_central(s, at, z, e) < 0 ||
	    check_extra(s, at + ZIP_CENTRAL_BYTES + h.nname, h.nextra, z, e) <
		0)
		return -1;
	if (get32(s, at + 42) != *pos)
		return bad_entry(e, z, *pos == 0 ? "prefix" : "overlap",
		    *pos == 0 ? "it does not begin the file"
			      : "it overlaps another, or leaves a gap");
	if (after < s->end && central_bytes(s, after) > 0)
		next = get32(s, after + 42);
	if (next < *pos || next > s->dir)
		return bad_entry(
		    e, z, "overlap", "what follows it overlaps it");
	if (read_local(s, *pos, next, &h, z, e) < 0)
		return -1;
	*pos = next;
	return 0;
}

static int
read_all(struct scan *s, struct err *e)
{
	size_t at = s->dir, pos = 0, sum = 0;

	for (unsigned i = 0; i < s->count; i++) {
		size_t n = central_bytes(s, at);

		if (n == 0)
			return bad(
			    e, at, "count", "the directory is cut short");
		if (read_entry(s, at, &pos, &s->v[i], e) < 0)
			return -1;
		sum += s->v[i].nbytes;
		if (sum > BUNDLE_MAX_BYTES)
			return zip_refuse(e, ERR_LIMIT, "size",
			    "it unpacks to more than %u bytes",
			    BUNDLE_MAX_BYTES);
		at += n;
	}
	if (at != s->end)
		return bad(e, at, "gap",
		    "bytes that belong to nothing follow the "
		    "directory");
	if (pos != s->dir)
		return bad(e, pos, "gap",
		    "bytes that belong to nothing stand before "
		    "the directory");
	return 0;
}

bool
zip_is_bomb(size_t nbytes, size_t npacked)
{
	return nbytes > ZIP_RATIO_FROM && nbytes / ZIP_RATIO > npacked;
}

/* Folders, and what macOS puts beside each file: no reader of bundles ever
 * looked at these, so they may even be there twice. */
static bool
says_nothing(struct str name)
{
	return name.p[name.n - 1] == '/' || str_starts(name, "__MACOSX/");
}

int
zip_scan(struct zip_entry **out, size_t *nout, struct str file, struct err *e)
{
	CLEANUP(mem_free_at) struct str *names = NULL;
	struct scan s = { .file = file };
	size_t n = 0;

	if (read_end(&s, e) < 0)
		return -1;
	s.v = mem_take(s.count * sizeof(*s.v));
	names = mem_take(s.count * sizeof(*names));
	if (read_all(&s, e) < 0) {
		mem_free(s.v);
		return -1;
	}
	for (unsigned i = 0; i < s.count; i++) {
		struct str name = s.v[i].name;

		if (says_nothing(name))
			continue;
		names[n] = name;
		s.v[n++] = s.v[i];
	}
	if (zip_names_apart(names, n, e) < 0) {
		mem_free(s.v);
		return -1;
	}
	*out = s.v;
	*nout = n;
	return 0;
}
