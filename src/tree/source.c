/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/source.h"

size_t
source_bom(struct str text)
{
	return str_starts(text, "\xEF\xBB\xBF") ? 3 : 0;
}

static size_t
char_bytes(unsigned char c)
{
	if (c < 0xC0)
		return 1;
	return c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

static void
step(struct mark *m, struct str text)
{
	unsigned char c = (unsigned char)text.p[m->byte];

	m->byte += (uint32_t)char_bytes(c);
	if (m->byte > text.n)
		m->byte = (uint32_t)text.n;
	m->at.col++;
	if (c == '\n') {
		m->at.line++;
		m->at.col = 1;
	}
}

static struct mark
first(struct str text)
{
	return (struct mark){ (uint32_t)source_bom(text), { 1, 1 } };
}

void
source_open(struct source *s, struct str text)
{
	struct mark m = first(text);
	size_t chars;

	*s = (struct source){ .text = text, .bom = m.byte };
	for (chars = 0;; chars++) {
		if (chars % SOURCE_STRIDE == 0) {
			s->marks = mem_grow(
			    s->marks, s->nmarks, &s->cap, sizeof *s->marks);
			s->marks[s->nmarks++] = m;
		}
		if (m.byte >= text.n)
			return;
		step(&m, text);
	}
}

void
source_close(struct source *s)
{
	mem_free(s->marks);
	s->marks = NULL;
}

struct mark
source_mark(const struct source *s, size_t index)
{
	size_t i = index / SOURCE_STRIDE, rest = index % SOURCE_STRIDE;
	struct mark m;

	if (i >= s->nmarks) {
		i = s->nmarks - 1;
		rest = SOURCE_STRIDE;
	}
	m = s->marks[i];
	while (rest-- > 0 && m.byte < s->text.n)
		step(&m, s->text);
	return m;
}

struct place
source_place(struct str text, size_t byte)
{
	struct mark m = first(text);

	while (m.byte < byte && m.byte < text.n)
		step(&m, text);
	return m.at;
}

static int
refuse(struct str text, size_t byte, const char *what, const char *hint,
    struct err *e)
{
	struct place at = source_place(text, byte);

	err_set(e, ERR_INPUT, "%u:%u: %s", at.line, at.col, what);
	return err_hint(e, "%s", hint);
}

static const char utf8_hint[] = "save the file as UTF-8";

static int
check_encoding(struct str text, struct err *e)
{
	const char *nul;
	size_t at;

	if (str_starts(text, "\xFF\xFE") || str_starts(text, "\xFE\xFF"))
		return refuse(
		    text, 0, "this is UTF-16, not UTF-8", utf8_hint, e);
	nul = text.n > 0 ? memchr(text.p, 0, text.n) : NULL;
	if (nul && nul - text.p < 4)
		return refuse(text, 0,
		    "this is UTF-16, UTF-32 or binary, "
		    "not UTF-8 text",
		    utf8_hint, e);
	if (nul)
		return refuse(text, (size_t)(nul - text.p), "a NUL byte",
		    "remove it; in double quotes it can be written \\0", e);
	if (!str_utf8(text, &at))
		return refuse(
		    text, at, "this is not valid UTF-8", utf8_hint, e);
	return 0;
}

/* Line ends of YAML 1.1 that YAML 1.2 and editors do not know: with them one
 * reader sees a comment where another sees a key. */
static bool
is_odd_break(struct str s)
{
	return str_starts(s, "\xC2\x85") || str_starts(s, "\xE2\x80\xA8") ||
	    str_starts(s, "\xE2\x80\xA9");
}

static const char *
offence(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];

	if (c == '\r' && (s.n < 2 || s.p[1] != '\n'))
		return "a carriage return without a line feed";
	if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
		return "a control character";
	if (c < 0x80)
		return NULL;
	if (is_odd_break(s))
		return "a line break (U+0085, U+2028 or U+2029) that not all "
		       "readers take for one";
	if (c == 0xC2 && s.n > 1 && (unsigned char)s.p[1] < 0xA0)
		return "a control character";
	if (source_bom(s) > 0)
		return "a byte-order mark in the middle of the text";
	return NULL;
}

int
source_check(struct str text, struct err *e)
{
	const char *what;
	size_t i;

	if (check_encoding(text, e) < 0)
		return -1;
	for (i = source_bom(text); i < text.n; i++) {
		what = offence(str_from(text, i));
		if (what)
			return refuse(text, i, what,
			    "remove it; in double quotes it can be written "
			    "as an escape, such as \\u2028",
			    e);
	}
	return 0;
}
