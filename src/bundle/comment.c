/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of the file: its end record, and the comment, where signatures are.
 * All of this is done to bytes that nobody has vouched for yet.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "bundle/bundle.h"
#include "bundle/unpack.h"
#include "bundle/zip.h"

#define COMMENT_AT 20u /* its length, in the end record */

/* ---- refusing ---- */

int
zip_refuse(
    struct err *e, enum err_kind kind, const char *rule, const char *fmt, ...)
{
	char text[1600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(e, kind, "%s [%s]", text, rule);
}

int
zip_refuse_entry(
    struct err *e, const char *rule, struct str name, const char *what)
{
	if (name.n > 80)
		name.n = 80;
	return zip_refuse(
	    e, ERR_INPUT, rule, "entry '" STR_F "': %s", STR_A(name), what);
}

struct str
bundle_rule(const struct err *e)
{
	struct str text = str_of(e->text);
	size_t i = text.n;

	if (i < 3 || text.p[i - 1] != ']')
		return STR("");
	for (i -= 1; i > 0; i--) {
		char c = text.p[i - 1];

		if (c == '[')
			return (struct str){ text.p + i, text.n - 1 - i };
		if (c != '-' && !islower((unsigned char)c) &&
		    !isdigit((unsigned char)c))
			break;
	}
	return STR("");
}

/* ---- the end record ---- */

static bool
ends_at(struct str file, size_t at)
{
	return zip_get32(file, at) == ZIP_END &&
	    zip_get16(file, at + COMMENT_AT) == file.n - at - ZIP_END_BYTES;
}

int
zip_find_end(size_t *at, struct str file, struct err *e)
{
	size_t end, least;

	if (file.n == 0)
		return zip_refuse(e, ERR_INPUT, "end-record", "it is empty");
	if (file.n < ZIP_END_BYTES)
		return zip_refuse(
		    e, ERR_INPUT, "end-record", "it is too short for a bundle");
	end = file.n - ZIP_END_BYTES;
	least = end > ZIP_MAX_COMMENT ? end - ZIP_MAX_COMMENT : 0;
	while (zip_get32(file, end) != ZIP_END) {
		if (end == least)
			return zip_refuse(
			    e, ERR_INPUT, "end-record", "it has no end record");
		end--;
	}
	if (!ends_at(file, end))
		return zip_refuse(e, ERR_INPUT, "trailing-data",
		    "at byte %zu: the end record does not close the file "
		    "(data follow it, or it is cut)",
		    end);
	/* One that is found from the front, or by its comment's length, must
	 * be the same. */
	for (const char *p = file.p + least;
	    (p = memmem(p, (size_t)(file.p + end - p), "PK\5\6", 4)); p++)
		if (ends_at(file, (size_t)(p - file.p)))
			return zip_refuse(e, ERR_INPUT, "end-record",
			    "at byte %zu: it has more than one end record",
			    (size_t)(p - file.p));
	*at = end;
	return 0;
}

/* ---- signatures, by their form ---- */

/* No byte that could begin a record, or move a terminal's cursor. */
static bool
is_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
			return false;
	}
	return true;
}

static int
check_comment(struct str comment, struct err *e)
{
	struct sign_signature one;
	struct err why = ERR;
	size_t n = 0;

	if (comment.n > BUNDLE_MAX_COMMENT)
		return zip_refuse(e, ERR_INPUT, "comment",
		    "its comment is longer than %u bytes", BUNDLE_MAX_COMMENT);
	while (comment.n > 0) {
		if (!is_text(comment) ||
		    sign_signature_parse(&one, &comment, &why) < 0)
			return zip_refuse(e, ERR_INPUT, "comment",
			    "its comment is not made of signatures%s%s",
			    why.text[0] != '\0' ? ": " : "", why.text);
		if (++n > BUNDLE_MAX_SIGNATURES)
			return zip_refuse(e, ERR_INPUT, "comment",
			    "it has more than %u signatures",
			    BUNDLE_MAX_SIGNATURES);
	}
	return 0;
}

int
bundle_cut(struct bundle_cut *out, struct str file, struct err *e)
{
	size_t end;

	if (zip_find_end(&end, file, e) < 0)
		return -1;
	out->head = (struct str){ file.p, end + COMMENT_AT };
	out->comment = str_from(file, end + ZIP_END_BYTES);
	return check_comment(out->comment, e);
}

int
bundle_unsigned_digest(struct digest *out, struct str file, struct err *e)
{
	struct bundle_cut c;

	if (bundle_cut(&c, file, e) < 0)
		return -1;
	*out = unpack_digest(&c);
	return 0;
}

/* ---- putting on, taking off ---- */

void
bundle_unsigned(struct buf *out, const struct bundle_cut *c)
{
	buf_add(out, c->head);
	buf_add(out, (struct str){ "\0", 2 });
}

int
bundle_sealed(
    struct buf *out, struct str file, struct str comment, struct err *e)
{
	struct bundle_cut c;

	if (bundle_cut(&c, file, e) < 0 || check_comment(comment, e) < 0)
		return -1;
	buf_add(out, c.head);
	buf_addc(out, (char)(comment.n & 0xff));
	buf_addc(out, (char)(comment.n >> 8));
	buf_add(out, comment);
	return 0;
}
