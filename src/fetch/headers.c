/* SPDX-License-Identifier: Apache-2.0 */
/* Which headers of a caller go out. */
#include <string.h>

#include "fetch/call.h"

static const char *const ours[] = { "host", "content-length",
	"transfer-encoding", "connection", "upgrade", "te", "trailer",
	"keep-alive", "expect", "http2-settings" };

/* RFC 9110, 5.6.2. */
bool
header_is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z') &&
		    (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return s.n > 0;
}

bool
header_may_pass(const struct fetch_header *h)
{
	if (!header_is_token(h->name))
		return false;
	for (size_t i = 0; i < h->value.n; i++) {
		uint8_t c = (uint8_t)h->value.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	for (size_t i = 0; i < COUNT(ours); i++)
		if (str_ieq(h->name, str_of(ours[i])))
			return false;
	return h->name.n < 6 ||
	    !str_ieq((struct str){ h->name.p, 6 }, STR("proxy-"));
}
