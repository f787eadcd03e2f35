/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "inspect.h"

#define MAX_COLUMNS 8u
#define MAX_CELL 200u /* bytes; longer ones are cut */

struct rows {
	struct arena *a;
	const char *align;
	size_t ncolumns, n, cap;
	struct str (*v)[MAX_COLUMNS];
	size_t widths[MAX_COLUMNS];
};

struct rows *
rows_new(const char *align)
{
	struct arena *a = arena_new();
	struct rows *r = arena_take(a, sizeof(*r));

	r->a = a;
	r->align = align;
	r->ncolumns = strlen(align);
	assert(r->ncolumns <= MAX_COLUMNS);
	return r;
}

/* Characters, as far as a terminal is concerned: not continuation bytes. */
static size_t
width(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((uint8_t)s.p[i] & 0xc0) != 0x80;
	return n;
}

static struct str
cell(struct rows *r, const char *text)
{
	CLEANUP(buf_free) struct buf b = BUF(4 * MAX_CELL + 16);
	struct str s = str_of(text);
	size_t bad;

	if (s.n > MAX_CELL) {
		s.n = MAX_CELL;
		if (!str_utf8(s, &bad) && bad + 4 > s.n)
			s.n = bad; /* not in the midst of a letter */
		buf_show(&b, s, false);
		buf_add(&b, STR("..."));
	} else {
		buf_show(&b, s, false);
	}
	return arena_copy(r->a, buf_str(&b));
}

void
rows_add(struct rows *r, ...)
{
	va_list ap;

	r->v = arena_grow(r->a, r->v, r->n, &r->cap, sizeof(*r->v));
	va_start(ap, r);
	for (size_t i = 0; i < r->ncolumns; i++) {
		struct str s = cell(r, va_arg(ap, const char *));
		size_t w = width(s);

		r->v[r->n][i] = s;
		r->widths[i] = w > r->widths[i] ? w : r->widths[i];
	}
	va_end(ap);
	r->n++;
}

static void
pad(struct buf *out, size_t n)
{
	buf_addf(out, "%*s", (int)n, "");
}

void
rows_print(struct rows *r, struct buf *out)
{
	for (size_t i = 0; i < r->n; i++) {
		size_t owed = 2; /* spaces, only paid before text */

		for (size_t k = 0; k < r->ncolumns; k++) {
			struct str s = r->v[i][k];
			size_t blank = r->widths[k] - width(s);
			bool right = r->align[k] == 'r';

			owed += right ? blank : 0;
			if (s.n > 0) {
				pad(out, owed);
				buf_add(out, s);
				owed = 0;
			}
			owed += (right ? 0 : blank) + 2;
		}
		buf_addc(out, '\n');
	}
	arena_free(&(struct arena *){ r->a });
}

const char *
rows_text(const char *fmt, ...)
{
	static char texts[8][512];
	static unsigned next;
	char *t = texts[next++ % COUNT(texts)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t, sizeof(texts[0]), fmt, ap);
	va_end(ap);
	return t;
}
