/* SPDX-License-Identifier: Apache-2.0 */
/* The one file that knows of utf8proc. */
#include <stdlib.h>

#include <utf8proc.h>

#include "bundle/unicode.h"

/* False: it is no UTF-8, or there is no memory.  *out is to be freed. */
static bool
map(struct str *out, struct str name, utf8proc_option_t how)
{
	utf8proc_uint8_t *p = NULL;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)name.p,
	    (utf8proc_ssize_t)name.n, &p, how);

	*out = (struct str){ (const char *)p, n > 0 ? (size_t)n : 0 };
	return n >= 0;
}

bool
unicode_is_composed(struct str name)
{
	struct str out;
	bool good = map(&out, name, UTF8PROC_STABLE | UTF8PROC_COMPOSE) &&
	    str_eq(out, name);

	free((void *)(uintptr_t)out.p);
	return good;
}

static bool
folds(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] >= 0x80 ||
		    (name.p[i] >= 'A' && name.p[i] <= 'Z'))
			return true;
	return false;
}

struct str
unicode_folded(struct arena *a, struct str name)
{
	struct str out, kept = name;

	if (!folds(name))
		return name;
	if (map(&out, name,
		UTF8PROC_STABLE | UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE))
		kept = arena_copy(a, out);
	free((void *)(uintptr_t)out.p);
	return kept;
}
