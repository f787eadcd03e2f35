/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer.  One set of parts has one set of bytes: names in byte order
 * behind Directive.yaml, a fixed date, no extra fields, nothing written before
 * its size is known.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bundle/bundle.h"
#include "bundle/deflate.h"
#include "bundle/packers.h"
#include "bundle/zip.h"
#include "os/os.h"

#define FIRST "Directive.yaml"
#define MADE_BY (3u << 8 | 20u) /* Unix, 2.0 */
#define NEEDS 20u
#define MODE 0100644u
#define EPOCH_1980 315532800
#define DATE_1980 (1u << 5 | 1u)	       /* 1980-01-01, MS-DOS form */
#define DATE_2107 (127u << 9 | 12u << 5 | 31u) /* the last it can tell */
#define TIME_LAST (23u << 11 | 59u << 5 | 29u)
#define MAX_CENTRAL (BUNDLE_MAX_ENTRIES * (ZIP_CENTRAL_BYTES + ZIP_MAX_NAME))
#define MAX_DIRECTIVE (1u << 20)
#define MAX_EARLIER (BUNDLE_MAX_BYTES + (32u << 20))
#define CHUNK (256u << 10) /* bytes; larger pieces are written at once */

struct writer {
	struct os_new_file f;
	struct digester *digester;
	struct buf central;
	struct buf out; /* what waits to be written */
	uint32_t at;	/* bytes so far; the ceilings keep it below 4 GiB */
	uint16_t time, date;
};

static void
put16(struct buf *b, unsigned v)
{
	buf_addc(b, (char)(v & 0xff));
	buf_addc(b, (char)(v >> 8 & 0xff));
}

static void
put32(struct buf *b, uint32_t v)
{
	put16(b, v & 0xffff);
	put16(b, v >> 16);
}

/* ---- what may be packed ---- */

static int
by_name(const void *a, const void *b)
{
	const struct packers_part *x = a, *y = b;
	bool fx = str_is(x->name, FIRST), fy = str_is(y->name, FIRST);

	if (fx != fy)
		return fx ? -1 : 1;
	return str_cmp(x->name, y->name);
}

static int
check_sizes(const struct packers_part *parts, size_t n, struct err *e)
{
	uint64_t sum = 0;

	if (n > BUNDLE_MAX_ENTRIES)
		return err_set(e, ERR_LIMIT, "%zu entries are more than %u", n,
		    BUNDLE_MAX_ENTRIES);
	for (size_t i = 0; i < n; i++) {
		size_t most = str_is(parts[i].name, FIRST) ? MAX_DIRECTIVE
							   : BUNDLE_MAX_ENTRY;
		size_t nbytes = parts[i].earlier ? parts[i].earlier->nbytes
						 : parts[i].data.n;

		sum += nbytes;
		if (nbytes > most)
			return err_set(e, ERR_LIMIT,
			    "'" STR_F "' is larger than %zu bytes",
			    STR_A(parts[i].name), most);
	}
	if (sum > BUNDLE_MAX_BYTES)
		return err_set(e, ERR_LIMIT,
		    "all entries together are larger than %u bytes",
		    BUNDLE_MAX_BYTES);
	return 0;
}

static int
check_parts(const struct packers_part *parts, size_t n, struct err *e)
{
	CLEANUP(mem_free_at)
	struct str *names = mem_take(n * sizeof(*names));

	if (n == 0 || !str_is(parts[0].name, FIRST))
		return err_set(e, ERR_INPUT, "there is no " FIRST);
	if (check_sizes(parts, n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		names[i] = parts[i].name;
		if (zip_name_check(names[i], e) < 0)
			return -1;
	}
	return zip_names_apart(names, n, e);
}

/* ---- writing ---- */

static void
set_date(struct writer *w, int64_t epoch_s)
{
	time_t t = (time_t)epoch_s;
	struct tm tm;

	w->date = DATE_1980;
	if (epoch_s < EPOCH_1980 || !gmtime_r(&t, &tm))
		return;
	w->date = DATE_2107;
	w->time = TIME_LAST;
	if (tm.tm_year > 80 + 127)
		return;
	w->date = (uint16_t)((tm.tm_year - 80) << 9 | (tm.tm_mon + 1) << 5 |
	    tm.tm_mday);
	w->time = (uint16_t)(tm.tm_hour << 11 | tm.tm_min << 5 | tm.tm_sec / 2);
}

static int
flush(struct writer *w, struct err *e)
{
	struct str data = buf_str(&w->out);

	digester_add(w->digester, data);
	if (os_new_file_write(&w->f, data, e) < 0)
		return -1;
	buf_clear(&w->out);
	return 0;
}

static int
put(struct writer *w, struct str data, struct err *e)
{
	w->at += (uint32_t)data.n;
	if (w->out.n + data.n <= CHUNK) {
		buf_add(&w->out, data);
		return 0;
	}
	if (flush(w, e) < 0)
		return -1;
	digester_add(w->digester, data);
	return os_new_file_write(&w->f, data, e);
}

/* The fields that both headers share. */
static void
put_head(struct buf *b, const struct writer *w, struct str name,
    const struct packers_entry *z)
{
	put16(b, NEEDS);
	put16(b, zip_is_ascii(name) ? 0 : ZIP_FLAG_UTF8);
	put16(b, z->method);
	put16(b, w->time);
	put16(b, w->date);
	put32(b, z->crc);
	put32(b, z->npacked);
	put32(b, z->nbytes);
	put16(b, (unsigned)name.n);
	put16(b, 0); /* extra fields */
}

static int
put_entry(struct writer *w, struct str name, const struct packers_entry *z,
    struct err *e)
{
	CLEANUP(buf_free)
	struct buf local = BUF(ZIP_LOCAL_BYTES + ZIP_MAX_NAME);
	uint32_t at = w->at;

	put32(&local, ZIP_LOCAL);
	put_head(&local, w, name, z);
	buf_add(&local, name);

	put32(&w->central, ZIP_CENTRAL);
	put16(&w->central, MADE_BY);
	put_head(&w->central, w, name, z);
	put16(&w->central, 0); /* comment */
	put16(&w->central, 0); /* disk */
	put16(&w->central, 0); /* internal attributes */
	put32(&w->central, MODE << 16);
	put32(&w->central, at);
	buf_add(&w->central, name);

	if (put(w, buf_str(&local), e) < 0 || put(w, z->whole, e) < 0)
		return -1;
	for (size_t i = 0; i < z->nblocks; i++)
		if (put(w, buf_str(&z->blocks[i].out), e) < 0)
			return -1;
	return 0;
}

static int
put_end(struct writer *w, size_t nparts, struct err *e)
{
	uint32_t dir = w->at;
	struct buf *b = &w->central;
	size_t n = b->n;

	put32(b, ZIP_END);
	put16(b, 0); /* this disk */
	put16(b, 0); /* the directory's */
	put16(b, (unsigned)nparts);
	put16(b, (unsigned)nparts);
	put32(b, (uint32_t)n);
	put32(b, dir);
	put16(b, 0); /* comment */
	if (put(w, buf_str(b), e) < 0)
		return -1;
	return flush(w, e);
}

static void
writer_close(struct writer *w)
{
	os_new_file_drop(&w->f);
	digester_free(&w->digester);
	buf_free(&w->central);
	buf_free(&w->out);
}

static int
write_all(struct writer *w, const struct packers_part *parts, size_t nparts,
    const struct bundle_options *opt, struct err *e)
{
	CLEANUP(packers_free)
	struct packers *crew =
	    packers_new(parts, nparts, opt->store, opt->jobs);

	for (size_t i = 0; i < nparts; i++) {
		struct packers_entry z;

		if (os_check_interrupt(e) < 0)
			return -1;
		packers_take(crew, i, &z);
		if (put_entry(w, parts[i].name, &z, e) < 0)
			return -1;
	}
	return put_end(w, nparts, e);
}

/* ---- what was packed before ---- */

struct earlier {
	struct buf bytes;
	struct zip_entry *v;
	size_t n;
};

static void
earlier_free(struct earlier *old)
{
	buf_free(&old->bytes);
	mem_free(old->v);
}

static int
read_earlier(
    struct earlier *old, const struct bundle_options *opt, struct err *e)
{
	struct digest have;

	if (os_read(&old->bytes, opt->earlier, e) < 0)
		return -1;
	if (bundle_unsigned_digest(&have, buf_str(&old->bytes), e) < 0)
		return -1;
	if (!digest_eq(&have, opt->earlier_digest))
		return err_set(
		    e, ERR_FAILED, "'%s' has changed meanwhile", opt->earlier);
	return zip_scan(&old->v, &old->n, buf_str(&old->bytes), e);
}

static int
take_parts(struct packers_part *to, const struct bundle_part *parts,
    size_t nparts, const bool *same, const struct earlier *old, struct err *e)
{
	for (size_t i = 0; i < nparts; i++) {
		to[i].name = parts[i].name;
		if (!same || !same[i]) {
			to[i].data = parts[i].data;
			continue;
		}
		for (size_t k = 0; k < old->n && !to[i].earlier; k++)
			if (str_eq(old->v[k].name, parts[i].name))
				to[i].earlier = &old->v[k];
		if (!to[i].earlier)
			return err_set(e, ERR_FAILED,
			    "the earlier bundle has no '" STR_F "'",
			    STR_A(parts[i].name));
	}
	return 0;
}

int
bundle_pack(const char *path, const struct bundle_part *parts, size_t nparts,
    const struct bundle_options *opt, struct digest *digest, struct err *e)
{
	CLEANUP(mem_free_at)
	struct packers_part *sorted = mem_take(nparts * sizeof(*sorted));
	CLEANUP(earlier_free)
	struct earlier old = { .bytes = BUF(MAX_EARLIER) };
	CLEANUP(writer_close)
	struct writer w = { .f = { .fd = -1 },
		.central = BUF(MAX_CENTRAL + ZIP_END_BYTES),
		.out = BUF(CHUNK) };

	if (opt->earlier && read_earlier(&old, opt, e) < 0)
		return err_wrap(e, "cannot pack '%s'", path);
	if (take_parts(sorted, parts, nparts, opt->earlier ? opt->same : NULL,
		&old, e) < 0)
		return err_wrap(e, "cannot pack '%s'", path);
	if (nparts > 1)
		qsort(sorted, nparts, sizeof(*sorted), by_name);
	if (check_parts(sorted, nparts, e) < 0)
		return err_wrap(e, "cannot pack '%s'", path);
	w.digester = digester_new();
	set_date(&w, opt->epoch_s);
	if (os_new_file_open(&w.f, path, 0644, e) < 0 ||
	    write_all(&w, sorted, nparts, opt, e) < 0)
		return -1;
	*digest = digester_done(w.digester);
	return opt->unsynced ? os_new_file_place(&w.f, e)
			     : os_new_file_commit(&w.f, e);
}

const char *
bundle_packer(void)
{
	return deflate_version();
}
