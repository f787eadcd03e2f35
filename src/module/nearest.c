/* SPDX-License-Identifier: Apache-2.0 */
/* An import looked up among what is offered, and what it is perhaps meant to
 * be.  Apart from the table: those who only read modules need no guesses. */
#include <assert.h>

#include "module/read.h"

#define MAX_OFFERS 200u /* of one module */

static const struct module_offer *
nearest(const struct module_import *i)
{
	struct str names[MAX_OFFERS] = { 0 };
	const struct module_offer *of[MAX_OFFERS];
	struct str name;
	size_t n = 0;

	for (const struct module_offer *o = module_offers; o->name; o++) {
		if (!str_is(i->ns, o->ns))
			continue;
		assert(n < MAX_OFFERS);
		of[n] = o;
		names[n++] = str_of(o->name);
	}
	name = diag_nearest(i->name, names, n);
	for (size_t k = 0; k < n; k++)
		if (name.n > 0 && str_eq(name, names[k]))
			return of[k];
	/* The right name in another module: wasi_unstable, for one. */
	for (const struct module_offer *o = module_offers; o->name; o++)
		if (str_is(i->name, o->name))
			return o;
	return NULL;
}

const struct module_offer *
module_offer_find(
    const struct module_import *i, const struct module_offer **near)
{
	const struct module_offer *named, *o = offer_exact(i, &named);

	if (near)
		*near = o || i->kind != MODULE_FUNC ? NULL
		    : named			    ? named
						    : nearest(i);
	return o;
}
