/* SPDX-License-Identifier: Apache-2.0 */
/* The ways to be called, in the order in which they are tried. */
#include "abi/ways.h"

static const struct way *const table[] = { &way_runnable, &way_input,
	&way_numbers, &way_text, &way_wapc, &way_command };

const struct way *
way_find(const struct code *code)
{
	for (size_t i = 0; i < COUNT(table); i++)
		if (table[i]->fits(code))
			return table[i];
	return NULL;
}

void
way_needs(struct buf *out)
{
	for (size_t i = 0; i < COUNT(table); i++)
		buf_addf(out, "%s%s", i > 0 ? "; or " : "", table[i]->needs);
}
