/* SPDX-License-Identifier: Apache-2.0 */
/* minisign's signatures, in the ED form, read more strictly than it does. */
#include <string.h>

#include "sign/crypt.h"
#include "sign/lines.h"
#include "sign/sign.h"

#define RAW_BYTES 74u /* "ED", number, signature */

/* ---- lines ---- */

bool
lines_next(struct str *line, struct str *text)
{
	struct str rest = *text;

	if (!str_cut(&rest, '\n', line) || memchr(line->p, '\r', line->n) ||
	    memchr(line->p, '\0', line->n))
		return false;
	*text = rest;
	return true;
}

bool
lines_untrusted(struct str *comment, struct str *text, struct err *e)
{
	struct str line;

	if (!lines_next(&line, text) || !str_starts(line, LINE_UNTRUSTED) ||
	    line.n >= LINE_MAX_UNTRUSTED) {
		(void)err_set(e, ERR_INPUT,
		    "its first line is no '" LINE_UNTRUSTED "...' of less "
		    "than %u bytes",
		    LINE_MAX_UNTRUSTED);
		return false;
	}
	*comment = str_from(line, strlen(LINE_UNTRUSTED));
	return true;
}

bool
lines_printable(struct str s)
{
	size_t at;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return str_utf8(s, &at);
}

/* ---- reading ---- */

static int
read_signature(struct sign_signature *s, struct str line, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(RAW_BYTES);

	if (line.n != 100 || !buf_add_unbase64(&b, line) || b.n != RAW_BYTES)
		return err_set(e, ERR_INPUT, "its second line is no signature");
	if (memcmp(b.p, "Ed", 2) == 0) {
		err_set(e, ERR_INPUT, "it is of the older form 'Ed'");
		return err_hint(
		    e, "sign again: `subo sign`, or `minisign -S` without -l");
	}
	if (memcmp(b.p, "ED", 2) != 0)
		return err_set(
		    e, ERR_INPUT, "it is made in a way that is not known");
	memcpy(s->id, b.p + 2, sizeof(s->id));
	memcpy(s->signature, b.p + 10, sizeof(s->signature));
	return 0;
}

static int
read_trusted(struct sign_signature *s, struct str line, struct err *e)
{
	if (!str_starts(line, LINE_TRUSTED))
		return err_set(
		    e, ERR_INPUT, "its third line is no '" LINE_TRUSTED "...'");
	s->comment = str_from(line, strlen(LINE_TRUSTED));
	if (s->comment.n > SIGN_MAX_COMMENT || !lines_printable(s->comment))
		return err_set(e, ERR_INPUT,
		    "its trusted comment is longer than %u bytes, or has "
		    "something else than text in it",
		    SIGN_MAX_COMMENT);
	return 0;
}

static int
read_global(struct sign_signature *s, struct str line, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(sizeof(s->global));

	if (line.n != 88 || !buf_add_unbase64(&b, line) ||
	    b.n != sizeof(s->global))
		return err_set(e, ERR_INPUT,
		    "its fourth line is no signature of the comment");
	memcpy(s->global, b.p, sizeof(s->global));
	return 0;
}

int
sign_signature_parse(struct sign_signature *s, struct str *text, struct err *e)
{
	struct str rest = *text, lines[3];

	memset(s, 0, sizeof(*s));
	if (!lines_untrusted(&s->untrusted, &rest, e))
		return -1;
	for (size_t i = 0; i < COUNT(lines); i++)
		if (!lines_next(&lines[i], &rest))
			return err_set(e, ERR_INPUT,
			    "a signature has four lines, each with a newline "
			    "at its end");
	if (read_signature(s, lines[0], e) < 0 ||
	    read_trusted(s, lines[1], e) < 0 || read_global(s, lines[2], e) < 0)
		return -1;
	s->text = (struct str){ text->p, text->n - rest.n };
	*text = rest;
	return 0;
}

/* ---- signing, and looking whether it holds ---- */

static struct str
all_signed(struct buf *b, const uint8_t signature[64], struct str comment)
{
	buf_add(b, (struct str){ (const char *)signature, 64 });
	buf_add(b, comment);
	return buf_str(b);
}

bool
sign_holds(const struct sign_signature *s, const struct sign_public *p,
    const struct sign_sums *sums)
{
	CLEANUP(buf_free) struct buf b = BUF(64 + SIGN_MAX_COMMENT);
	struct str sum = { (const char *)sums->blake2b, sizeof(sums->blake2b) };

	return memcmp(s->id, p->id, sizeof(s->id)) == 0 &&
	    crypt_holds(s->signature, sum, p->key) &&
	    crypt_holds(
		s->global, all_signed(&b, s->signature, s->comment), p->key);
}

int
sign_make(struct buf *out, const struct sign_secret *s,
    const struct sign_sums *sums, struct str comment, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(64 + SIGN_MAX_COMMENT);
	const struct sign_public *p = sign_secret_public(s);
	struct str sum = { (const char *)sums->blake2b, sizeof(sums->blake2b) };
	uint8_t raw[RAW_BYTES] = { 'E', 'D' }, global[64];
	char id[SIGN_ID];

	if (comment.n > SIGN_MAX_COMMENT || !lines_printable(comment))
		return err_set(e, ERR_INPUT,
		    "a trusted comment is at most %u bytes of text",
		    SIGN_MAX_COMMENT);
	memcpy(raw + 2, p->id, sizeof(p->id));
	crypt_sign(raw + 10, sum, sign_secret_seed(s), p->key);
	crypt_sign(global, all_signed(&b, raw + 10, comment),
	    sign_secret_seed(s), p->key);
	sign_id(p->id, id);
	buf_addf(out, LINE_UNTRUSTED "signature by key %s\n", id);
	buf_add_base64(out, (struct str){ (const char *)raw, sizeof(raw) });
	buf_addf(out, "\n" LINE_TRUSTED STR_F "\n", STR_A(comment));
	buf_add_base64(
	    out, (struct str){ (const char *)global, sizeof(global) });
	buf_addc(out, '\n');
	return 0;
}
