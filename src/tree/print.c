/* SPDX-License-Identifier: Apache-2.0 */
/* Trees as JSON text, RFC 8259. */
#include <math.h>

#include "tree/tree.h"

struct printer {
	struct buf *out;
	unsigned indent;
};

static void
new_line(const struct printer *p, unsigned depth)
{
	if (p->indent == 0)
		return;
	buf_addc(p->out, '\n');
	buf_addf(p->out, "%*s", (int)(p->indent * depth), "");
}

static void
print_char(struct buf *out, unsigned char c)
{
	switch (c) {
	case '"':
		buf_add(out, STR("\\\""));
		break;
	case '\\':
		buf_add(out, STR("\\\\"));
		break;
	case '\n':
		buf_add(out, STR("\\n"));
		break;
	case '\r':
		buf_add(out, STR("\\r"));
		break;
	case '\t':
		buf_add(out, STR("\\t"));
		break;
	default:
		buf_addf(out, "\\u%04x", c);
	}
}

/* The bytes at the front of s that need no escape. */
static size_t
plain_bytes(struct str s)
{
	size_t n = 0;

	while (n < s.n && (unsigned char)s.p[n] >= 0x20 && s.p[n] != '"' &&
	    s.p[n] != '\\' && s.p[n] != 0x7F)
		n++;
	return n;
}

static void
print_valid(struct buf *out, struct str s)
{
	size_t n;

	while (s.n > 0) {
		n = plain_bytes(s);
		buf_add(out, (struct str){ s.p, n });
		s = str_from(s, n);
		if (s.n == 0)
			return;
		print_char(out, (unsigned char)s.p[0]);
		s = str_from(s, 1);
	}
}

static void
print_text(struct buf *out, struct str s)
{
	size_t at;

	buf_addc(out, '"');
	while (!str_utf8(s, &at)) {
		print_valid(out, (struct str){ s.p, at });
		buf_add(out, STR("\xEF\xBF\xBD"));
		s = str_from(s, at + 1);
	}
	print_valid(out, s);
	buf_addc(out, '"');
}

/* The shortest text that reads back as the same number. */
static void
print_real(struct buf *out, double d)
{
	char text[40];
	int digits;

	if (!isfinite(d)) {
		buf_add(out, STR("null"));
		return;
	}
	for (digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	buf_add(out, str_of(text));
	if (!strpbrk(text, ".e"))
		buf_add(out, STR(".0"));
}

static void
print_scalar(const struct printer *p, const struct tree *t)
{
	switch (t->kind) {
	case TREE_BOOL:
		buf_add(p->out, t->num ? STR("true") : STR("false"));
		break;
	case TREE_INT:
		buf_addf(p->out, "%lld", (long long)t->num);
		break;
	case TREE_REAL:
		print_real(p->out, t->real);
		break;
	case TREE_TEXT:
		print_text(p->out, t->text);
		break;
	default:
		buf_add(p->out, STR("null"));
	}
}

static void
print(const struct printer *p, const struct tree *t, unsigned depth)
{
	bool map = t->kind == TREE_MAP;
	size_t i;

	if (!map && t->kind != TREE_LIST) {
		print_scalar(p, t);
		return;
	}
	buf_addc(p->out, map ? '{' : '[');
	for (i = 0; i < t->nitems; i++) {
		if (i > 0)
			buf_addc(p->out, ',');
		new_line(p, depth + 1);
		if (map) {
			print_text(p->out, t->items[i]->key->text);
			buf_add(p->out, p->indent ? STR(": ") : STR(":"));
		}
		print(p, t->items[i], depth + 1);
	}
	if (t->nitems > 0)
		new_line(p, depth);
	buf_addc(p->out, map ? '}' : ']');
}

void
tree_print_json(struct buf *out, const struct tree *t, unsigned indent)
{
	struct printer p = { out, indent };

	print(&p, t, 0);
}
