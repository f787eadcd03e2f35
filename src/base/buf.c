/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/base.h"

/* Room for n more bytes and a NUL; false past the ceiling. */
static bool
room(struct buf *b, size_t n)
{
	size_t cap = b->cap > 0 ? b->cap : 64;

	if (b->over || n > b->max || b->n > b->max - n) {
		b->over = true;
		return false;
	}
	if (b->n + n < b->cap)
		return true;
	while (cap <= b->n + n)
		cap *= 2;
	b->p = mem_grow(b->p, cap - 1, &b->cap, 1);
	return true;
}

char *
buf_room(struct buf *b, size_t n)
{
	if (b->over || n > b->max || b->n > b->max - n) {
		b->over = true;
		return NULL;
	}
	if (b->n + n >= b->cap) {
		b->cap = b->cap * 2 > b->n + n ? b->cap * 2 : b->n + n + 1;
		b->p = mem_resize(b->p, b->cap);
	}
	b->p[b->n] = '\0';
	return b->p + b->n;
}

void
buf_add(struct buf *b, struct str s)
{
	if (!room(b, s.n))
		return;
	if (s.n > 0)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
	b->p[b->n] = '\0';
}

void
buf_addc(struct buf *b, char c)
{
	buf_add(b, (struct str){ &c, 1 });
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

void
buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || !room(b, (size_t)n))
		return;
	vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	b->n += (size_t)n;
}

struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}

const char *
buf_cstr(const struct buf *b)
{
	return b->p ? b->p : "";
}

bool
buf_over(const struct buf *b)
{
	return b->over;
}

void
buf_clear(struct buf *b)
{
	b->n = 0;
	b->over = false;
	if (b->p)
		b->p[0] = '\0';
}

void
buf_free(struct buf *b)
{
	mem_free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
	b->over = false;
}

void
buf_add_base64(struct buf *b, struct str bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < bytes.n && !buf_over(b); i += 3) {
		size_t n = bytes.n - i < 3 ? bytes.n - i : 3;
		uint32_t bits = 0;
		char four[5] = "====";

		for (size_t k = 0; k < n; k++)
			bits |= (uint32_t)(uint8_t)bytes.p[i + k]
			    << (16 - 8 * k);
		for (size_t k = 0; k <= n; k++)
			four[k] = digits[bits >> (18 - 6 * k) & 63];
		buf_add(b, (struct str){ four, 4 });
	}
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool
buf_add_unbase64(struct buf *b, struct str text)
{
	size_t pad = 0;

	if (text.n % 4 != 0)
		return false;
	while (pad < 2 && pad < text.n && text.p[text.n - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < text.n; i += 4) {
		size_t gone = i + 4 == text.n ? pad : 0;
		uint32_t bits = 0;

		for (size_t k = 0; k < 4 - gone; k++) {
			int v = base64_value(text.p[i + k]);

			if (v < 0)
				return false;
			bits |= (uint32_t)v << (18 - 6 * k);
		}
		if ((bits & ((1u << (8 * gone)) - 1)) != 0)
			return false;
		for (size_t k = 0; k < 3 - gone; k++)
			buf_addc(b, (char)(bits >> (16 - 8 * k)));
	}
	return !buf_over(b);
}
