/* SPDX-License-Identifier: Apache-2.0 */
#include "module/read.h"

static bool
dropped(const struct module_section *s, bool names)
{
	if (s->id != SEC_CUSTOM)
		return false;
	return str_starts(s->name, ".debug_") ||
	    str_is(s->name, "sourceMappingURL") ||
	    str_is(s->name, "external_debug_info") ||
	    (!names && str_is(s->name, "name"));
}

/* Whole sections are copied with their heads, so that what stays is the same
 * bytes, however its sizes were written. */
void
module_strip(const struct module *m, bool names, struct buf *out)
{
	size_t from = 0;  /* what is still to be copied begins here */
	size_t begin = 8; /* of the section, with its head */

	for (size_t i = 0; i < m->nsections; i++) {
		const struct module_section *s = &m->sections[i];

		if (dropped(s, names)) {
			buf_add(out,
			    (struct str){ m->bytes.p + from, begin - from });
			from = s->at + s->nbytes;
		}
		begin = s->at + s->nbytes;
	}
	buf_add(out, (struct str){ m->bytes.p + from, m->bytes.n - from });
}
