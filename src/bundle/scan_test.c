/* SPDX-License-Identifier: Apache-2.0 */
/* Archives that two readers could see differently, one fault in each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bundle/bundle.h"
#include "bundle/deflate.h"
#include "bundle/zip.h"

#define DIRECTIVE \
	"identifier: com.example.app\nappVersion: v0.1.0\n" \
	"atmoVersion: v0.4.8\nrunnables:\n  - name: f\n    lang: wat\n"
#define WASM_MAGIC "\0asm\1\0\0\0"
#define MAX_RAW (8u << 20)

/* One header's fields, and all that may be spoilt around them. */
struct head {
	uint32_t sig;
	unsigned version, flags, method, time, date;
	uint32_t crc, npacked, nbytes;
	struct str name, extra;
};

struct raw_entry {
	struct head local, central;
	struct str data, before, after; /* after: a descriptor, or junk */
	unsigned made_by, comment, disk;
	uint32_t mode;
	long offset_by;
};

struct raw {
	struct raw_entry v[4];
	unsigned n;
	struct str prefix, before_dir, after_dir, comment, tail;
	int count_by, total_by;
	long dir_by, dir_bytes_by;
	unsigned disk;
};

static void
put16(struct buf *b, unsigned v)
{
	buf_addc(b, (char)(v & 255));
	buf_addc(b, (char)(v >> 8 & 255));
}

static void
put32(struct buf *b, uint32_t v)
{
	put16(b, v & 0xffff);
	put16(b, v >> 16);
}

static void
put_head(struct buf *b, const struct head *h)
{
	put16(b, h->version);
	put16(b, h->flags);
	put16(b, h->method);
	put16(b, h->time);
	put16(b, h->date);
	put32(b, h->crc);
	put32(b, h->npacked);
	put32(b, h->nbytes);
	put16(b, (unsigned)h->name.n);
	put16(b, (unsigned)h->extra.n);
}

static struct raw_entry
entry(const char *name, struct str data)
{
	struct head h = { .version = 20,
		.date = 33,
		.crc = deflate_crc(data),
		.npacked = (uint32_t)data.n,
		.nbytes = (uint32_t)data.n,
		.name = str_of(name) };
	struct raw_entry en = {
		.data = data, .made_by = 3 << 8 | 20, .mode = 0100644
	};

	en.local = en.central = h;
	en.local.sig = ZIP_LOCAL;
	en.central.sig = ZIP_CENTRAL;
	return en;
}

static struct raw
good(void)
{
	struct raw r = { .n = 3 };

	r.v[0] = entry("Directive.yaml", STR(DIRECTIVE));
	r.v[1] = entry("f.wasm", STR(WASM_MAGIC));
	r.v[2] = entry("static/a.txt", STR("hello"));
	return r;
}

static void
build(struct buf *b, const struct raw *r)
{
	uint32_t at[4], dir, end;

	buf_add(b, r->prefix);
	for (unsigned i = 0; i < r->n; i++) {
		const struct raw_entry *en = &r->v[i];

		buf_add(b, en->before);
		at[i] = (uint32_t)b->n;
		put32(b, en->local.sig);
		put_head(b, &en->local);
		buf_add(b, en->local.name);
		buf_add(b, en->local.extra);
		buf_add(b, en->data);
		buf_add(b, en->after);
	}
	buf_add(b, r->before_dir);
	dir = (uint32_t)b->n;
	for (unsigned i = 0; i < r->n; i++) {
		const struct raw_entry *en = &r->v[i];

		put32(b, en->central.sig);
		put16(b, en->made_by);
		put_head(b, &en->central);
		put16(b, en->comment);
		put16(b, en->disk);
		put16(b, 0);
		put32(b, en->mode << 16);
		put32(b, (uint32_t)((long)at[i] + en->offset_by));
		buf_add(b, en->central.name);
		buf_add(b, en->central.extra);
		for (unsigned k = 0; k < en->comment; k++)
			buf_addc(b, '!');
	}
	end = (uint32_t)b->n;
	buf_add(b, r->after_dir);
	put32(b, ZIP_END);
	put16(b, r->disk);
	put16(b, r->disk);
	put16(b, (unsigned)((int)r->n + r->count_by));
	put16(b, (unsigned)((int)r->n + r->count_by + r->total_by));
	put32(b, (uint32_t)((long)(end - dir) + r->dir_bytes_by));
	put32(b, (uint32_t)((long)dir + r->dir_by));
	put16(b, (unsigned)r->comment.n);
	buf_add(b, r->comment);
	buf_add(b, r->tail);
}

static void
rename_both(struct raw *r, struct str name)
{
	r->v[2].local.name = r->v[2].central.name = name;
}

static void
flags_both(struct raw *r, unsigned flags)
{
	r->v[2].local.flags = r->v[2].central.flags = flags;
}

static void
method_both(struct raw *r, unsigned method)
{
	r->v[2].local.method = r->v[2].central.method = method;
}

/* Make the last entry deflate, packed as given, saying nbytes. */
static void
deflated(struct raw *r, struct str packed, uint32_t nbytes, uint32_t crc)
{
	struct raw_entry *en = &r->v[2];

	en->data = packed;
	method_both(r, ZIP_DEFLATED);
	en->local.npacked = en->central.npacked = (uint32_t)packed.n;
	en->local.nbytes = en->central.nbytes = nbytes;
	en->local.crc = en->central.crc = crc;
}

/* "hello", deflated with a fixed code. */
#define HELLO STR("\xcb\x48\xcd\xc9\xc9\x07\x00")

#define SPOIL(name, ...) \
	static void name(struct raw *r) \
	{ \
		__VA_ARGS__; \
	}

/* ---- framing ---- */
SPOIL(prefix, r->prefix = STR("dex\n"))
SPOIL(prefix_hidden, r->prefix = STR("dex\n"); r->v[0].offset_by = -4)
SPOIL(gap, r->v[1].before = STR("gap"))
SPOIL(gap_before_dir, r->before_dir = STR("APK Sig Block 42"))
SPOIL(gap_after_dir, r->after_dir = STR("x"))
SPOIL(gap_after_dir_counted, r->after_dir = STR("x"); r->dir_bytes_by = 1)
SPOIL(tail, r->tail = STR("x"))
SPOIL(count_high, r->count_by = 1)
SPOIL(count_low, r->count_by = -1)
SPOIL(counts_differ, r->total_by = 1)
SPOIL(dir_offset, r->dir_by = 4)
SPOIL(dir_bytes, r->dir_bytes_by = -30)
SPOIL(dir_huge, r->dir_bytes_by = 0x7fffffff)
SPOIL(zip64_count, r->count_by = 0xffff - 3)
SPOIL(split, r->disk = 1)
SPOIL(
    comment_end, r->comment = STR("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"))
SPOIL(
    zip64_locator, r->after_dir = STR("PK\6\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"))
SPOIL(ghost, r->v[2].offset_by = -40)
/* Two of the directory's entries share one header. */
SPOIL(ghost_same, r->v[2].offset_by = -44)
SPOIL(offset_out, r->v[2].offset_by = 100000)
SPOIL(no_local, r->v[2].local.sig = 0x04034b51)
SPOIL(no_central, r->v[2].central.sig = 0x02014b51)

/* ---- two headers ---- */
SPOIL(other_name, r->v[2].local.name = STR("static/b.txt"))
SPOIL(longer_name, r->v[2].local.name = STR("static/a.txt.wasm"))
SPOIL(other_method, r->v[2].local.method = 8)
SPOIL(other_flags, r->v[2].local.flags = ZIP_FLAG_UTF8)
SPOIL(other_crc, r->v[2].local.crc ^= 1)
SPOIL(other_size, r->v[2].local.nbytes++)
SPOIL(zero_sizes,
    r->v[2].local.crc = r->v[2].local.nbytes = r->v[2].local.npacked = 0)
SPOIL(other_date, r->v[2].local.date++)
SPOIL(crc_both, r->v[2].local.crc ^= 1; r->v[2].central.crc ^= 1)
SPOIL(stored_sizes, r->v[2].local.nbytes++; r->v[2].central.nbytes++)
SPOIL(size_beyond, r->v[2].local.nbytes = r->v[2].local.npacked = 0x3fffffff;
    r->v[2].central.nbytes = r->v[2].central.npacked = 0x3ffffff)

/* ---- kinds of entries ---- */
SPOIL(encrypted, flags_both(r, 1))
SPOIL(patched, flags_both(r, 0x20))
SPOIL(masked, flags_both(r, 0x2000))
SPOIL(level_of_stored, flags_both(r, 2))
SPOIL(lzma, method_both(r, 14))
SPOIL(has_comment, r->v[2].comment = 3)
SPOIL(has_disk, r->v[2].disk = 1)
SPOIL(symlink_mode, r->v[2].mode = 0120777)
SPOIL(dir_mode, r->v[2].mode = 0040755)
SPOIL(device_mode, r->v[2].mode = 0020666)
SPOIL(unicode_path, r->v[2].central.extra = STR("\x75\x70\5\0\1abcd"))
SPOIL(unicode_path_local, r->v[2].local.extra = STR("\x75\x70\5\0\1abcd"))
SPOIL(zip64_extra, r->v[2].central.extra = STR("\1\0\4\0abcd"))
SPOIL(cut_extra, r->v[2].central.extra = STR("UT\x9\0ab"))
SPOIL(odd_extra, r->v[2].central.extra = STR("UT\0"))

SPOIL(setuid, r->v[2].mode = 0104755)
SPOIL(setgid, r->v[2].mode = 0102755)
SPOIL(sticky, r->v[2].mode = 0101755)
SPOIL(commented, r->comment = STR("untrusted comment: PK is no signature"))
SPOIL(comment_crlf, r->comment = STR("untrusted comment: a\r\n"))

/* ---- names ---- */
SPOIL(name_slip, rename_both(r, STR("a/../f.txt")))
SPOIL(name_abs, rename_both(r, STR("/etc/cron.d/x")))
SPOIL(name_drive, rename_both(r, STR("C:x")))
SPOIL(name_backslash, rename_both(r, STR("..\\x")))
SPOIL(name_double, rename_both(r, STR("static//a")))
SPOIL(name_folder, rename_both(r, STR("static/")))
#define EMPTY_FOLDER(name) \
	rename_both(r, STR(name)); \
	r->v[2].data = STR(""); \
	r->v[2].local.crc = r->v[2].central.crc = 0; \
	r->v[2].local.nbytes = r->v[2].central.nbytes = 0; \
	r->v[2].local.npacked = r->v[2].central.npacked = 0
SPOIL(folder_only, EMPTY_FOLDER("/"))
SPOIL(folder_dots, EMPTY_FOLDER("../"))
SPOIL(name_empty, rename_both(r, STR("")))
SPOIL(name_nul, rename_both(r, STR("a.txt\0.wasm")))
SPOIL(name_control, rename_both(r, STR("a\033[31m")))
SPOIL(name_latin1, rename_both(r, STR("caf\xe9")))
SPOIL(name_unmarked, rename_both(r, STR("caf\xc3\xa9")))
SPOIL(name_bidi,
    rename_both(r,
	STR("a\xe2\x80\xae"
	    "b"));
    flags_both(r, ZIP_FLAG_UTF8))
SPOIL(name_apart, rename_both(r, STR("cafe\xcc\x81"));
    flags_both(r, ZIP_FLAG_UTF8))
SPOIL(name_apart_cyrillic, rename_both(r, STR("\xd0\xb8\xcc\x86"));
    flags_both(r, ZIP_FLAG_UTF8))
SPOIL(name_apart_hangul, rename_both(r, STR("\xe1\x84\x80\xe1\x85\xa1"));
    flags_both(r, ZIP_FLAG_UTF8))
SPOIL(name_apart_kana, rename_both(r, STR("\xe3\x81\x8b\xe3\x82\x99"));
    flags_both(r, ZIP_FLAG_UTF8))
SPOIL(name_kelvin, rename_both(r, STR("\xe2\x84\xaa"));
    flags_both(r, ZIP_FLAG_UTF8))
SPOIL(name_tag, rename_both(r, STR("a\xf3\xa0\x81\xa1"));
    flags_both(r, ZIP_FLAG_UTF8))
SPOIL(name_twice, rename_both(r, STR("f.wasm")))
SPOIL(name_case, rename_both(r, STR("directive.YAML")))
SPOIL(name_below, rename_both(r, STR("f.wasm/x")))
SPOIL(name_below_case, rename_both(r, STR("F.WASM/x")))

/* ---- data ---- */
SPOIL(deflate_junk, deflated(r, STR("\xff\xff\xff"), 5, 0))
SPOIL(deflate_empty, deflated(r, STR(""), 5, 0))
SPOIL(deflate_short,
    deflated(r, STR("\xcb\x48\xcd\xc9\xc9\x07\x00zz"), 5, 0x3610a686))
SPOIL(deflate_cut, deflated(r, STR("\xcb\x48\xcd\xc9"), 5, 0x3610a686))
SPOIL(deflate_more, deflated(r, HELLO, 4, 0x3610a686))
SPOIL(deflate_less, deflated(r, HELLO, 6, 0x3610a686))
SPOIL(deflate_sum, deflated(r, HELLO, 5, 0x3610a687))
SPOIL(bomb, deflated(r, HELLO, 5u << 20, 0))
SPOIL(large, deflated(r, HELLO, BUNDLE_MAX_ENTRY + 1, 0))
SPOIL(descriptor_missing, flags_both(r, ZIP_FLAG_DESCRIPTOR))
SPOIL(descriptor_wrong, flags_both(r, ZIP_FLAG_DESCRIPTOR);
    r->v[2].after = STR("PK\7\x8\x87\xa6\x10\x36\5\0\0\0\5\0\0\0"))
SPOIL(descriptor_long, flags_both(r, ZIP_FLAG_DESCRIPTOR);
    r->v[2].after = STR("PK\7\x8\x86\xa6\x10\x36\5\0\0\0\5\0\0\0\0"))

/* ---- what is in it ---- */
SPOIL(no_directive,
    r->v[0].local.name = r->v[0].central.name = STR("Directive.yml");
    r->n = 1)
SPOIL(no_entries, r->n = 0)

#define CASE(f, k, t, r) { #f, f, k, t, r }
static const struct fault {
	const char *name;
	void (*spoil)(struct raw *r);
	enum err_kind kind;
	const char *text, *rule;
} faults[] = {
	CASE(prefix, ERR_INPUT, "does not begin the file", "prefix"),
	CASE(prefix_hidden, ERR_INPUT, "no header where", "prefix"),
	CASE(gap, ERR_INPUT, "belong to nothing", "gap"),
	CASE(gap_before_dir, ERR_INPUT, "belong to nothing", "gap"),
	CASE(gap_after_dir, ERR_INPUT, "directory is not where", "directory"),
	CASE(gap_after_dir_counted, ERR_INPUT, "follow the directory", "gap"),
	CASE(tail, ERR_INPUT, "does not close the file", "trailing-data"),
	CASE(count_high, ERR_INPUT, "directory is cut", "count"),
	CASE(count_low, ERR_INPUT, "belong to nothing", "gap"),
	CASE(counts_differ, ERR_INPUT, "counts of entries differ", "count"),
	CASE(dir_offset, ERR_INPUT, "directory is not where", "directory"),
	CASE(dir_bytes, ERR_INPUT, "directory is not where", "directory"),
	CASE(dir_huge, ERR_INPUT, "directory is not where", "directory"),
	CASE(zip64_count, ERR_INPUT, "ZIP64", "zip64"),
	CASE(zip64_locator, ERR_INPUT, "ZIP64", "zip64"),
	CASE(split, ERR_INPUT, "split archive", "split"),
	CASE(comment_end, ERR_INPUT, "more than one end record", "end-record"),
	CASE(ghost, ERR_INPUT, "'f.wasm'", "overlap"),
	CASE(ghost_same, ERR_INPUT, "overlaps", "overlap"),
	CASE(offset_out, ERR_INPUT, "overlaps", "overlap"),
	CASE(no_local, ERR_INPUT, "no header", "no-header"),
	CASE(no_central, ERR_INPUT, "belong to nothing", "gap"),
	CASE(other_name, ERR_INPUT, "another name", "header-mismatch"),
	CASE(longer_name, ERR_INPUT, "'static/a.txt'", "header-mismatch"),
	CASE(other_method, ERR_INPUT, "differs from the directory",
	    "header-mismatch"),
	CASE(other_flags, ERR_INPUT, "differs from the directory",
	    "header-mismatch"),
	CASE(other_crc, ERR_INPUT, "differs from the directory",
	    "header-mismatch"),
	CASE(other_size, ERR_INPUT, "differs from the directory",
	    "header-mismatch"),
	CASE(zero_sizes, ERR_INPUT, "differs from the directory",
	    "header-mismatch"),
	CASE(other_date, ERR_INPUT, "differs from the directory",
	    "header-mismatch"),
	CASE(crc_both, ERR_INPUT, "checksum is wrong", "data"),
	CASE(stored_sizes, ERR_INPUT, "sizes differ", "size"),
	CASE(size_beyond, ERR_INPUT, "overlaps what follows", "overlap"),
	CASE(encrypted, ERR_INPUT, "encrypted", "encryption"),
	CASE(patched, ERR_INPUT, "flags", "flags"),
	CASE(masked, ERR_INPUT, "flags", "flags"),
	CASE(level_of_stored, ERR_INPUT, "flags", "flags"),
	CASE(lzma, ERR_INPUT, "neither stored nor deflated", "method"),
	CASE(has_comment, ERR_INPUT, "comment", "entry-comment"),
	CASE(has_disk, ERR_INPUT, "another disk", "split"),
	CASE(symlink_mode, ERR_INPUT, "no regular file", "mode"),
	CASE(dir_mode, ERR_INPUT, "no regular file", "mode"),
	CASE(device_mode, ERR_INPUT, "no regular file", "mode"),
	CASE(setuid, ERR_INPUT, "set-uid", "mode"),
	CASE(setgid, ERR_INPUT, "set-uid", "mode"),
	CASE(sticky, ERR_INPUT, "set-uid", "mode"),
	CASE(commented, ERR_INPUT, "not made of signatures", "comment"),
	CASE(comment_crlf, ERR_INPUT, "not made of", "comment"),
	CASE(unicode_path, ERR_INPUT, "extra field", "extra-field"),
	CASE(unicode_path_local, ERR_INPUT, "extra field", "extra-field"),
	CASE(zip64_extra, ERR_INPUT, "extra field", "extra-field"),
	CASE(cut_extra, ERR_INPUT, "malformed", "extra-field"),
	CASE(odd_extra, ERR_INPUT, "malformed", "extra-field"),
	CASE(name_slip, ERR_INPUT, "'.' or '..' part", "name"),
	CASE(name_abs, ERR_INPUT, "empty part", "name"),
	CASE(name_drive, ERR_INPUT, "colon", "name"),
	CASE(name_backslash, ERR_INPUT, "backslash", "name"),
	CASE(name_double, ERR_INPUT, "empty part", "name"),
	CASE(name_folder, ERR_INPUT, "empty part", "name"),
	CASE(folder_only, ERR_INPUT, "empty part", "name"),
	CASE(folder_dots, ERR_INPUT, "not allowed", "name"),
	CASE(name_empty, ERR_INPUT, "is empty", "name"),
	CASE(name_nul, ERR_INPUT, "control character", "name"),
	CASE(name_control, ERR_INPUT, "control character", "name"),
	CASE(name_latin1, ERR_INPUT, "not UTF-8", "name"),
	CASE(name_unmarked, ERR_INPUT, "not marked as UTF-8", "utf8-flag"),
	CASE(name_bidi, ERR_INPUT, "cannot be seen", "name"),
	CASE(name_apart, ERR_INPUT, "composed form", "name"),
	CASE(name_apart_cyrillic, ERR_INPUT, "composed form", "name"),
	CASE(name_apart_hangul, ERR_INPUT, "composed form", "name"),
	CASE(name_apart_kana, ERR_INPUT, "composed form", "name"),
	CASE(name_kelvin, ERR_INPUT, "composed form", "name"),
	CASE(name_tag, ERR_INPUT, "cannot be seen", "name"),
	CASE(name_twice, ERR_INPUT, "is there twice", "name-twice"),
	CASE(name_case, ERR_INPUT, "letter case", "name-twice"),
	CASE(name_below, ERR_INPUT, "a file and a folder", "folder"),
	CASE(name_below_case, ERR_INPUT, "a file and a folder", "folder"),
	CASE(deflate_junk, ERR_INPUT, "'static/a.txt': invalid", "data"),
	CASE(deflate_empty, ERR_INPUT, "cut short", "data"),
	CASE(deflate_short, ERR_INPUT, "end before its packed size", "data"),
	CASE(deflate_cut, ERR_INPUT, "cut short", "data"),
	CASE(deflate_more, ERR_INPUT, "more than its size", "data"),
	CASE(deflate_less, ERR_INPUT, "less than its size", "data"),
	CASE(deflate_sum, ERR_INPUT, "checksum is wrong", "data"),
	CASE(bomb, ERR_LIMIT, "200 times", "ratio"),
	CASE(large, ERR_LIMIT, "larger than", "size"),
	CASE(descriptor_missing, ERR_INPUT, "data descriptor",
	    "data-descriptor"),
	CASE(descriptor_wrong, ERR_INPUT, "data descriptor", "data-descriptor"),
	CASE(descriptor_long, ERR_INPUT, "data descriptor", "data-descriptor"),
	CASE(no_directive, ERR_INPUT, "no Directive.yaml", "directive"),
	CASE(no_entries, ERR_INPUT, "no Directive.yaml", "directive"),
};

static void
each_fault_is_refused(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		CLEANUP(buf_free) struct buf b = BUF(MAX_RAW);
		CLEANUP(bundle_free) struct bundle *out = NULL;
		struct raw r = good();
		struct err e = ERR;

		faults[i].spoil(&r);
		build(&b, &r);
		if (bundle_open_bytes(&out, buf_str(&b), "x.zip", &e) == 0 ||
		    e.kind != faults[i].kind ||
		    !strstr(e.text, faults[i].text) ||
		    !str_is(bundle_rule(&e), faults[i].rule)) {
			print_error("%s: kind %d: %s\n", faults[i].name,
			    (int)e.kind, e.text);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

SPOIL(nothing, (void)r)
SPOIL(times, r->v[1].central.extra = STR("UT\5\0\3abcd");
    r->v[1].local.extra = STR("UT\x9\0\3abcdefgh"))
SPOIL(deflated_hello, deflated(r, HELLO, 5, 0x3610a686))
SPOIL(descriptor, flags_both(r, ZIP_FLAG_DESCRIPTOR);
    r->v[2].local.crc = r->v[2].local.nbytes = r->v[2].local.npacked = 0;
    r->v[2].after = STR("PK\7\x8\x86\xa6\x10\x36\5\0\0\0\5\0\0\0"))
SPOIL(descriptor_bare, flags_both(r, ZIP_FLAG_DESCRIPTOR);
    r->v[2].after = STR("\x86\xa6\x10\x36\5\0\0\0\5\0\0\0"))
SPOIL(descriptor_size, flags_both(r, ZIP_FLAG_DESCRIPTOR);
    r->v[2].local.crc = r->v[2].local.npacked = 0;
    r->v[2].after = STR("\x86\xa6\x10\x36\5\0\0\0\5\0\0\0"))
SPOIL(folder, EMPTY_FOLDER("static/"); r->v[2].mode = 0040755)
SPOIL(dos_made, r->v[2].made_by = 20; r->v[2].mode = 0)
SPOIL(utf8_names,
    rename_both(r,
	STR("\xd0\xb9\xea\xb0\x80\xe3\x81\x8c\xe1\xba\xb9\xcc\x81"
	    "\xf0\x9f\x9a\x80"));
    flags_both(r, ZIP_FLAG_UTF8))
SPOIL(utf8_name, rename_both(r, STR("static/caf\xc3\xa9"));
    flags_both(r, ZIP_FLAG_UTF8))

static void
harmless_differences_are_accepted(void **state)
{
	static void (*const cases[])(struct raw *r) = { nothing, times,
		deflated_hello, descriptor, descriptor_bare, descriptor_size,
		dos_made, utf8_name, utf8_names };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_free) struct buf b = BUF(MAX_RAW);
		CLEANUP(bundle_free) struct bundle *out = NULL;
		struct raw r = good();
		struct err e = ERR;

		cases[i](&r);
		build(&b, &r);
		if (bundle_open_bytes(&out, buf_str(&b), "x.zip", &e) < 0)
			fail_msg("case %zu: %s", i, e.text);
		assert_int_equal(bundle_count(out), 3);
		assert_true(str_is(bundle_at(out, 2).data, "hello"));
	}
}

/* ---- the canonical form: those are opened, but not at the strict level ----
 */

SPOIL(flag_level, deflated(r, HELLO, 5, 0x3610a686); flags_both(r, 2))
SPOIL(flag_utf8, flags_both(r, ZIP_FLAG_UTF8))
SPOIL(needs_63, r->v[2].local.version = r->v[2].central.version = 63)
SPOIL(needs_differ, r->v[2].local.version = 10)
SPOIL(made_63, r->v[2].made_by = 3 << 8 | 63)
SPOIL(mode_755, r->v[2].mode = 0100755)
SPOIL(mode_0, r->v[2].mode = 0)
SPOIL(date_other, r->v[2].local.date = r->v[2].central.date = 34)
SPOIL(date_none,
    for (int i = 0; i < 3; i++) r->v[i].local.date = r->v[i].central.date = 0)
SPOIL(date_feb_30,
    for (int i = 0; i < 3; i++) r->v[i].local.date = r->v[i].central.date = 2
	    << 5 |
	30)
SPOIL(time_25,
    for (int i = 0; i < 3; i++) r->v[i].local.time = r->v[i].central.time = 25
	<< 11)
SPOIL(order, struct raw_entry x = r->v[1]; r->v[1] = r->v[2]; r->v[2] = x)
SPOIL(order_first, struct raw_entry x = r->v[0]; r->v[0] = r->v[1]; r->v[1] = x)
SPOIL(folder_first, struct raw_entry x; EMPTY_FOLDER("static/");
    r->v[2].mode = 0040755; x = r->v[2]; r->v[2] = r->v[1]; r->v[1] = x)

static void
other_writers_are_read_but_not_canonical(void **state)
{
#define STRICT(f, r) { #f, f, r }
	static const struct {
		const char *name;
		void (*spoil)(struct raw *r);
		const char *rule;
	} cases[] = {
		STRICT(times, "extra-field"),
		STRICT(descriptor, "data-descriptor"),
		STRICT(descriptor_bare, "data-descriptor"),
		STRICT(descriptor_size, "data-descriptor"),
		STRICT(folder, "folder"),
		STRICT(folder_first, "folder"),
		STRICT(dos_made, "version"),
		STRICT(flag_level, "flags"),
		STRICT(flag_utf8, "flags"),
		STRICT(needs_63, "version"),
		STRICT(needs_differ, "version"),
		STRICT(made_63, "version"),
		STRICT(mode_755, "mode"),
		STRICT(mode_0, "mode"),
		STRICT(date_other, "date"),
		STRICT(date_none, "date"),
		STRICT(date_feb_30, "date"),
		STRICT(time_25, "date"),
		STRICT(order, "order"),
		STRICT(order_first, "order"),
		/* Of these the framing is as it should be. */
		STRICT(nothing, "digest"),
		STRICT(deflated_hello, "digest"),
		STRICT(utf8_name, "digest"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_free) struct buf b = BUF(MAX_RAW);
		CLEANUP(bundle_free) struct bundle *out = NULL;
		struct raw r = good();
		struct err e = ERR;

		cases[i].spoil(&r);
		build(&b, &r);
		if (bundle_open_bytes(&out, buf_str(&b), "x.zip", &e) < 0)
			fail_msg("%s: %s", cases[i].name, e.text);
		bundle_free(&out);
		if (bundle_open_at(&out, buf_str(&b), "x.zip", BUNDLE_STRICT,
			NULL, &e) == 0)
			fail_msg("%s is taken", cases[i].name);
		assert_int_equal(e.kind, ERR_INPUT);
		if (!str_is(bundle_rule(&e), cases[i].rule))
			fail_msg("%s: %s", cases[i].name, e.text);
	}
}

/* Two readers, of which one takes the end record that is found first from the
 * front of the last 64 KiB, see two archives. */
static void
two_archives_glued_are_refused(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(2 * MAX_RAW);
	struct raw r = good();
	struct bundle *out = NULL;
	struct err e = ERR;
	size_t first;

	(void)state;
	build(&b, &r);
	first = b.n;
	build(&b, &r);
	assert_int_equal(bundle_open_bytes(&out, buf_str(&b), "x", &e), -1);
	/* The same with all of the second as the first one's comment. */
	b.p[first - 2] = (char)((b.n - first) & 255);
	b.p[first - 1] = (char)((b.n - first) >> 8);
	assert_int_equal(bundle_open_bytes(&out, buf_str(&b), "x", &e), -1);
	assert_true(str_is(bundle_rule(&e), "end-record"));
}

SPOIL(macos, rename_both(r, STR("__MACOSX/static/._a.txt")))

static void
what_says_nothing_is_passed_over(void **state)
{
	static void (*const cases[])(struct raw *r) = { folder, macos };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_free) struct buf b = BUF(MAX_RAW);
		CLEANUP(bundle_free) struct bundle *out = NULL;
		struct raw r = good();
		struct err e = ERR;

		cases[i](&r);
		build(&b, &r);
		if (bundle_open_bytes(&out, buf_str(&b), "x.zip", &e) < 0)
			fail_msg("case %zu: %s", i, e.text);
		assert_int_equal(bundle_count(out), 2);
	}
}

static void
a_bundle_cut_anywhere_is_refused(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_RAW);
	struct raw r = good();

	(void)state;
	build(&b, &r);
	for (size_t n = 0; n < b.n; n++) {
		struct bundle *out = NULL;
		struct err e = ERR;

		assert_int_equal(bundle_open_bytes(
				     &out, (struct str){ b.p, n }, "x.zip", &e),
		    -1);
		assert_int_equal(e.kind, ERR_INPUT);
	}
}

static void
too_many_entries_are_a_limit(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_RAW);
	struct bundle *out = NULL;
	struct raw r = { .count_by = BUNDLE_MAX_ENTRIES + 1 };
	struct err e = ERR;

	(void)state;
	build(&b, &r);
	assert_int_equal(bundle_open_bytes(&out, buf_str(&b), "x.zip", &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_is_refused),
		cmocka_unit_test(harmless_differences_are_accepted),
		cmocka_unit_test(what_says_nothing_is_passed_over),
		cmocka_unit_test(other_writers_are_read_but_not_canonical),
		cmocka_unit_test(two_archives_glued_are_refused),
		cmocka_unit_test(a_bundle_cut_anywhere_is_refused),
		cmocka_unit_test(too_many_entries_are_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
