/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/label.h"

struct range {
	uint32_t from, to;
};

static bool
within(const struct range *v, size_t n, uint32_t c)
{
	size_t low = 0, high = n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (c > v[mid].to)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && c >= v[low].from;
}

/* Unicode: general categories Cc and Cf as far as they are drawn as nothing
 * or turn the direction, and what XML 1.0, 2.2 does not allow. */
static const struct range unseen[] = {
	{ 0x0000, 0x001f },
	{ 0x007f, 0x009f },
	{ 0x00ad, 0x00ad },
	{ 0x061c, 0x061c },
	{ 0x180e, 0x180e },
	{ 0x200b, 0x200f },
	{ 0x2028, 0x202e },
	{ 0x2060, 0x206f },
	{ 0xfdd0, 0xfdef },
	{ 0xfeff, 0xfeff },
	{ 0xfff0, 0xfffc },
	{ 0xfffe, 0xffff },
	{ 0xe0000, 0xe0fff },
};

/* Those that stand on the character before. */
static const struct range joined[] = {
	{ 0x0300, 0x036f },
	{ 0x0483, 0x0489 },
	{ 0x0591, 0x05bd },
	{ 0x0610, 0x061a },
	{ 0x064b, 0x065f },
	{ 0x0e31, 0x0e31 },
	{ 0x0e34, 0x0e3a },
	{ 0x0e47, 0x0e4e },
	{ 0x1ab0, 0x1aff },
	{ 0x1dc0, 0x1dff },
	{ 0x20d0, 0x20ff },
	{ 0x302a, 0x302d },
	{ 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f },
};

/* East Asian width W and F (UAX #11), in blocks. */
static const struct range wide[] = {
	{ 0x1100, 0x115f },
	{ 0x231a, 0x231b },
	{ 0x23e9, 0x23f3 },
	{ 0x25fd, 0x25fe },
	{ 0x2614, 0x2615 },
	{ 0x2648, 0x2653 },
	{ 0x26a1, 0x26a1 },
	{ 0x26aa, 0x26ab },
	{ 0x26bd, 0x26be },
	{ 0x26c4, 0x26c5 },
	{ 0x26ce, 0x26ce },
	{ 0x26d4, 0x26d4 },
	{ 0x26ea, 0x26ea },
	{ 0x26f2, 0x26f3 },
	{ 0x26f5, 0x26f5 },
	{ 0x26fa, 0x26fa },
	{ 0x26fd, 0x26fd },
	{ 0x2705, 0x2705 },
	{ 0x270a, 0x270b },
	{ 0x2728, 0x2728 },
	{ 0x274c, 0x274c },
	{ 0x274e, 0x274e },
	{ 0x2753, 0x2757 },
	{ 0x2795, 0x2797 },
	{ 0x27b0, 0x27bf },
	{ 0x2b1b, 0x2b1c },
	{ 0x2b50, 0x2b55 },
	{ 0x2e80, 0xa4cf },
	{ 0xa960, 0xa97c },
	{ 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },
	{ 0xfe10, 0xfe19 },
	{ 0xfe30, 0xfe6f },
	{ 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },
	{ 0x16fe0, 0x18aff },
	{ 0x1b000, 0x1b2ff },
	{ 0x1f004, 0x1f004 },
	{ 0x1f0cf, 0x1f0cf },
	{ 0x1f18e, 0x1f19a },
	{ 0x1f1e6, 0x1f64f },
	{ 0x1f680, 0x1f6ff },
	{ 0x1f7e0, 0x1f7eb },
	{ 0x1f90c, 0x1f9ff },
	{ 0x1fa70, 0x1faff },
	{ 0x20000, 0x3fffd },
};

/* Bytes of the sequence that begins with c; 0: none does. */
static size_t
sequence(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

uint32_t
label_next(struct str *s)
{
	const unsigned char *p = (const unsigned char *)s->p;
	size_t n = sequence(*p), at, i;
	uint32_t c = *p;

	if (n == 0 || n > s->n || !str_utf8((struct str){ s->p, n }, &at)) {
		*s = str_from(*s, 1);
		return 0xfffd;
	}
	if (n > 1)
		c &= 0x7fu >> n;
	for (i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fu);
	*s = str_from(*s, n);
	if (c == '\n' || c == '\t' || c == '\r')
		return ' ';
	if (within(unseen, COUNT(unseen), c) || (c & 0xfffe) == 0xfffe)
		return 0xfffd;
	return c;
}

unsigned
label_width(uint32_t c)
{
	if (c < 0x300)
		return 1;
	if (within(joined, COUNT(joined), c))
		return 0;
	return within(wide, COUNT(wide), c) ? 2 : 1;
}

unsigned
label_cols(struct str s)
{
	unsigned cols = 0;

	while (s.n > 0)
		cols += label_width(label_next(&s));
	return cols;
}

void
label_add_char(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_addc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_addc(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_addc(out, (char)(0xe0 | c >> 12));
		} else {
			buf_addc(out, (char)(0xf0 | c >> 18));
			buf_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_addc(out, (char)(0x80 | (c & 0x3f)));
}

struct str
label_fit(struct arena *a, struct str s, unsigned cols)
{
	CLEANUP(buf_free) struct buf out = BUF(1u << 16);
	size_t whole = 0; /* bytes that leave room for an ellipsis */
	unsigned used = 0, marks = 0, w;
	uint32_t c;

	while (s.n > 0) {
		c = label_next(&s);
		w = label_width(c);
		/* A pile of accents would grow into the lines around it. */
		marks = w > 0 ? 0 : marks + 1;
		if (marks > 2)
			continue;
		if (used + w > cols) {
			out.n = whole;
			buf_add(&out, STR(LABEL_ELLIPSIS));
			break;
		}
		used += w;
		label_add_char(&out, c);
		if (used < cols)
			whole = out.n;
	}
	return arena_copy(a, buf_str(&out));
}

void
label_add_time(struct buf *out, uint64_t ns)
{
	static const struct {
		uint64_t ms;
		const char *name;
	} units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "m" },
		{ 1000, "s" }, { 1, "ms" } };
	uint64_t left = ns / 1000000;
	size_t i;

	if (left == 0)
		buf_add(out, STR("0s"));
	for (i = 0; i < COUNT(units); i++) {
		if (left >= units[i].ms)
			buf_addf(out, "%llu%s",
			    (unsigned long long)(left / units[i].ms),
			    units[i].name);
		left %= units[i].ms;
	}
}
