/* SPDX-License-Identifier: Apache-2.0 */
/* What a request asks for: the parameters of its query. */
#include <string.h>

#include "studio/room.h"

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;
	int n = at ? (int)(at - digits) : -1;

	return n > 15 ? n - 6 : n;
}

/* Percent-encoding and '+', as forms are sent; what is neither stays. */
static void
decode(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '%' && s.n - i > 2 && hex(s.p[i + 1]) >= 0 &&
		    hex(s.p[i + 2]) >= 0) {
			c = (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]));
			i += 2;
		} else if (c == '+') {
			c = ' ';
		}
		buf_addc(out, c);
	}
}

bool
ask_text(struct str query, const char *name, struct buf *out)
{
	struct str pair, key;

	while (query.n > 0) {
		str_cut(&query, '&', &pair);
		str_cut(&pair, '=', &key);
		if (!str_is(key, name))
			continue;
		decode(pair, out);
		return true;
	}
	return false;
}

int
ask_number(struct str query, const char *name, uint64_t max, uint64_t def,
    uint64_t *out, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(64);

	*out = def;
	if (!ask_text(query, name, &text) || text.n == 0)
		return 0;
	if (!buf_over(&text) && str_u64(buf_str(&text), max, out))
		return 0;
	return err_set(e, ERR_USAGE, "'%s' is a number from 0 to %llu", name,
	    (unsigned long long)max);
}
