/* SPDX-License-Identifier: Apache-2.0 */
#include "host/json.h"

static int
by_key(const void *a, const void *b)
{
	const struct tree *const *x = a, *const *y = b;

	return str_cmp((*x)->key->text, (*y)->key->text);
}

void
json_keys_sort(struct tree *t)
{
	if (!t)
		return;
	if (t->kind == TREE_MAP && t->nitems > 1)
		qsort(t->items, t->nitems, sizeof(struct tree *), by_key);
	for (size_t i = 0; i < t->nitems; i++)
		json_keys_sort(t->items[i]);
}

static int
digit(char c)
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
json_unbase64(struct buf *out, struct str text)
{
	unsigned pad = 0;

	if (text.n % 4 != 0)
		return false;
	while (pad < 2 && pad < text.n && text.p[text.n - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < text.n; i += 4) {
		unsigned skip = i + 4 == text.n ? pad : 0;
		uint32_t v = 0;

		for (unsigned k = 0; k < 4; k++) {
			int d = k < 4 - skip ? digit(text.p[i + k]) : 0;

			if (d < 0)
				return false;
			v = v << 6 | (uint32_t)d;
		}
		for (unsigned k = 0; k < 3 - skip; k++)
			buf_addc(out, (char)(v >> (16 - 8 * k)));
	}
	return !buf_over(out);
}
