/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "module/cursor.h"

#define NAME_MAX_BYTES 100000u /* what wasmtime reads */

void
cursor_fail(
    struct cursor *c, enum err_kind kind, size_t at, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (c->bad)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->bad = true;
	c->at = c->end;
	err_set(c->e, kind, "at byte 0x%zx: %s", at, text);
}

size_t
cursor_left(const struct cursor *c)
{
	return c->end - c->at;
}

static uint8_t
next(const struct cursor *c)
{
	return (uint8_t)c->bytes.p[c->at];
}

uint8_t
cursor_u8(struct cursor *c, const char *what)
{
	uint8_t b;

	if (c->at == c->end) {
		cursor_fail(c, ERR_INPUT, c->at, "%s is cut off", what);
		return 0;
	}
	b = next(c);
	c->at++;
	return b;
}

/* Core spec 5.2.2: no more bytes than the width needs, and no set bits
 * beyond it in the last one. */
static uint64_t
leb(struct cursor *c, unsigned bits, const char *what)
{
	size_t start = c->at;
	uint64_t v = 0;
	uint8_t b;

	for (unsigned shift = 0; shift < bits; shift += 7) {
		b = cursor_u8(c, what);
		if (c->bad)
			return 0;
		if (bits - shift < 7 && (b & 0x7f) >> (bits - shift) != 0)
			break;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
	}
	cursor_fail(c, ERR_INPUT, start, "%s is a number of more than %u bits",
	    what, bits);
	return 0;
}

uint32_t
cursor_u32(struct cursor *c, const char *what)
{
	uint8_t b;

	if (c->at < c->end && (b = next(c)) < 0x80) {
		c->at++;
		return b;
	}
	return (uint32_t)leb(c, 32, what);
}

uint64_t
cursor_u64(struct cursor *c, const char *what)
{
	return leb(c, 64, what);
}

int64_t
cursor_s64(struct cursor *c, const char *what)
{
	uint64_t v = 0;
	size_t start = c->at;
	uint8_t b;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		b = cursor_u8(c, what);
		if (c->bad)
			return 0;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (b & 0x80)
			continue;
		if ((b & 0x40) && shift + 7 < 64)
			v |= UINT64_MAX << (shift + 7);
		return (int64_t)v;
	}
	cursor_fail(
	    c, ERR_INPUT, start, "%s is a number of more than 64 bits", what);
	return 0;
}

uint64_t
cursor_fixed(struct cursor *c, size_t n, const char *what)
{
	struct str s = cursor_bytes(c, n, what);
	uint64_t v = 0;

	for (size_t i = s.n; i > 0; i--)
		v = v << 8 | (uint8_t)s.p[i - 1];
	return v;
}

struct str
cursor_bytes(struct cursor *c, size_t n, const char *what)
{
	struct str s = { 0 };

	if (n > cursor_left(c)) {
		cursor_fail(c, ERR_INPUT, c->at,
		    "%s is cut off: %zu bytes are announced, %zu are there",
		    what, n, cursor_left(c));
		return s;
	}
	s = (struct str){ c->bytes.p + c->at, n };
	c->at += n;
	return s;
}

struct str
cursor_name(struct cursor *c, const char *what)
{
	size_t start = c->at, bad_at;
	uint32_t n = cursor_u32(c, what);
	struct str s = cursor_bytes(c, n, what);

	if (c->bad)
		return s;
	if (s.n > NAME_MAX_BYTES)
		cursor_fail(c, ERR_LIMIT, start, "%s has more than %u bytes",
		    what, NAME_MAX_BYTES);
	else if (!str_utf8(s, &bad_at))
		cursor_fail(c, ERR_INPUT, start, "%s is not UTF-8", what);
	else
		return s;
	return (struct str){ 0 };
}

struct str
cursor_cstr(struct cursor *c, const char *what)
{
	const char *p = c->bytes.p + c->at;
	const char *nul = NULL;
	struct str s;

	if (cursor_left(c) > 0)
		nul = memchr(p, '\0', cursor_left(c));
	if (!nul) {
		cursor_fail(c, ERR_INPUT, c->at, "%s is cut off", what);
		return (struct str){ 0 };
	}
	s = (struct str){ p, (size_t)(nul - p) };
	c->at += s.n + 1;
	return s;
}

struct cursor
cursor_sub(struct cursor *c, size_t n, const char *what)
{
	struct cursor sub = *c;

	cursor_bytes(c, n, what);
	if (c->bad) {
		sub = *c;
		return sub;
	}
	sub.end = c->at;
	return sub;
}

uint32_t
cursor_count(struct cursor *c, size_t min_bytes, uint32_t max, const char *what)
{
	size_t start = c->at;
	uint32_t n = cursor_u32(c, what);

	if (c->bad)
		return 0;
	if (n > cursor_left(c) / min_bytes)
		cursor_fail(c, ERR_INPUT, start,
		    "%lu %s are announced, %zu bytes cannot hold them",
		    (unsigned long)n, what, cursor_left(c));
	else if (n > max)
		cursor_fail(c, ERR_LIMIT, start, "%lu %s, %lu are allowed",
		    (unsigned long)n, what, (unsigned long)max);
	return c->bad ? 0 : n;
}

void
cursor_done(struct cursor *c, const char *what)
{
	if (!c->bad && c->at < c->end)
		cursor_fail(c, ERR_INPUT, c->at, "%zu bytes too many in %s",
		    cursor_left(c), what);
}
