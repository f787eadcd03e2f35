/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/base.h"

struct str
str_of(const char *cstr)
{
	return (struct str){ cstr, cstr ? strlen(cstr) : 0 };
}

bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
str_is(struct str a, const char *cstr)
{
	return str_eq(a, str_of(cstr));
}

static unsigned char
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

bool
str_ieq(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower((unsigned char)a.p[i]) !=
		    lower((unsigned char)b.p[i]))
			return false;
	return true;
}

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	if (c != 0)
		return c;
	return (a.n > b.n) - (a.n < b.n);
}

bool
str_starts(struct str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

bool
str_ends(struct str s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n && (n == 0 || memcmp(s.p + s.n - n, suffix, n) == 0);
}

bool
str_find(struct str s, struct str needle, size_t *at)
{
	const char *p;

	if (needle.n == 0) {
		*at = 0;
		return true;
	}
	p = s.n > 0 ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
	if (!p)
		return false;
	*at = (size_t)(p - s.p);
	return true;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str
str_trim(struct str s)
{
	while (s.n > 0 && is_space(s.p[0]))
		s = str_from(s, 1);
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str
str_from(struct str s, size_t n)
{
	if (n > s.n)
		n = s.n;
	return (struct str){ n > 0 ? s.p + n : s.p, s.n - n };
}

bool
str_cut(struct str *s, char c, struct str *head)
{
	const char *p = s->n > 0 ? memchr(s->p, c, s->n) : NULL;

	if (!p) {
		*head = *s;
		*s = str_from(*s, s->n);
		return false;
	}
	*head = (struct str){ s->p, (size_t)(p - s->p) };
	*s = str_from(*s, head->n + 1);
	return true;
}

bool
str_u64(struct str s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 20)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint64_t d = (uint64_t)(unsigned char)s.p[i] - '0';

		if (d > 9 || v > (max - d) / 10 || d > max)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}

/* A number and a unit out of a table; the empty unit is the first one. */
struct unit {
	const char *name;
	uint64_t factor;
};

static bool
with_unit(struct str s, const struct unit *units, uint64_t max, uint64_t *out)
{
	size_t digits = 0;
	struct str unit;
	uint64_t v;

	while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
		digits++;
	unit = str_from(s, digits);
	for (; units->name; units++)
		if (str_ieq(unit, str_of(units->name)))
			break;
	if (!units->name)
		return false;
	s.n = digits;
	if (!str_u64(s, max / units->factor, &v))
		return false;
	*out = v * units->factor;
	return true;
}

bool
str_ms(struct str s, uint32_t *out)
{
	static const struct unit units[] = { { "", 1 }, { "ms", 1 },
		{ "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
		{ "d", 86400000 }, { NULL, 0 } };
	uint64_t v;

	if (!with_unit(s, units, 30ull * 86400000, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

bool
str_bytes(struct str s, uint64_t *out)
{
	static const struct unit units[] = { { "", 1 }, { "b", 1 },
		{ "k", 1u << 10 }, { "kb", 1u << 10 }, { "kib", 1u << 10 },
		{ "m", 1u << 20 }, { "mb", 1u << 20 }, { "mib", 1u << 20 },
		{ "g", 1u << 30 }, { "gb", 1u << 30 }, { "gib", 1u << 30 },
		{ NULL, 0 } };

	return with_unit(s, units, 1ull << 50, out);
}

/* Bytes of the well-formed sequence at s, or 0; RFC 3629, section 4. */
static size_t
utf8_sequence(const unsigned char *s, size_t n)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t len;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	if (s[0] == 0xe0)
		lo = 0xa0;
	else if (s[0] == 0xed)
		hi = 0x9f;
	else if (s[0] == 0xf0)
		lo = 0x90;
	else if (s[0] == 0xf4)
		hi = 0x8f;
	if (s[1] < lo || s[1] > hi)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return len;
}

bool
str_utf8(struct str s, size_t *at)
{
	size_t i = 0;

	while (i < s.n) {
		size_t len =
		    utf8_sequence((const unsigned char *)s.p + i, s.n - i);

		if (len == 0) {
			*at = i;
			return false;
		}
		i += len;
	}
	*at = s.n;
	return true;
}

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

size_t
str_distance(struct str a, struct str b, size_t max)
{
	size_t row[129];

	if (a.n >= COUNT(row) || b.n >= COUNT(row))
		return str_eq(a, b) ? 0 : max + 1;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t above = row[j];
			size_t cost = a.p[i - 1] != b.p[j - 1];

			row[j] =
			    least(above + 1, row[j - 1] + 1, diagonal + cost);
			diagonal = above;
		}
	}
	return row[b.n] <= max ? row[b.n] : max + 1;
}

void
buf_show(struct buf *b, struct str s, bool lines)
{
	size_t i = 0;

	while (i < s.n) {
		unsigned char c = (unsigned char)s.p[i];
		size_t len =
		    utf8_sequence((const unsigned char *)s.p + i, s.n - i);
		bool control = c < 0x20 || c == 0x7f;

		/* C1 controls, and the marks that turn the direction of text
		 * round (U+202A to U+202E, U+2066 to U+2069). */
		if (len == 2 && c == 0xc2 && (unsigned char)s.p[i + 1] < 0xa0)
			len = 0;
		if (len == 3 && c == 0xe2) {
			unsigned char d = (unsigned char)s.p[i + 1];
			unsigned char f = (unsigned char)s.p[i + 2];

			if ((d == 0x80 && f >= 0xaa && f <= 0xae) ||
			    (d == 0x81 && f >= 0xa6 && f <= 0xa9))
				len = 0;
		}
		if (control && lines && (c == '\n' || c == '\t'))
			control = false;
		if (len == 0 || control) {
			buf_addf(b, "\\x%02X", c);
			i++;
			continue;
		}
		buf_add(b, (struct str){ s.p + i, len });
		i += len;
	}
}

uint64_t
str_hash(uint64_t h, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (uint8_t)s.p[i]) * UINT64_C(0x100000001b3);
	return h;
}
