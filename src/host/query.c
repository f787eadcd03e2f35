/* SPDX-License-Identifier: Apache-2.0 */
/* The query part of an address: a=b&c=d, percent-encoded. */
#include "host/request.h"

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void
query_decode(struct str s, bool plus, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		int hi, lo;

		if (plus && s.p[i] == '+') {
			buf_addc(out, ' ');
			continue;
		}
		hi = s.p[i] == '%' && s.n - i > 2 ? hex(s.p[i + 1]) : -1;
		lo = hi >= 0 ? hex(s.p[i + 2]) : -1;
		if (lo < 0) {
			buf_addc(out, s.p[i]);
			continue;
		}
		buf_addc(out, (char)(hi << 4 | lo));
		i += 2;
	}
}

bool
query_get(struct str url, struct str key, struct buf *out)
{
	CLEANUP(buf_free) struct buf name = BUF(1u << 16);
	struct str head, pair, left;

	if (!str_cut(&url, '?', &head))
		return false;
	(void)str_cut(&url, '#', &head); /* what is behind it is no query */
	while (head.n > 0) {
		str_cut(&head, '&', &pair);
		str_cut(&pair, '=', &left);
		buf_clear(&name);
		query_decode(left, true, &name);
		if (!str_eq(buf_str(&name), key))
			continue;
		query_decode(pair, true, out);
		return true;
	}
	return false;
}
