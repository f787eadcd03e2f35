/* SPDX-License-Identifier: Apache-2.0 */
/* allowed.h - what a function may reach, as lines of text to compare. */
#ifndef ALLOWED_H
#define ALLOWED_H

#include "directive/directive.h"
#include "module/module.h"

/*
 * The host calls that m imports, and for each capability they need what caps
 * (NULL: not known) let it reach.  What is blocked is a line with " not to ":
 * with one less it may do more.  m NULL: nothing.
 */
struct strs	allowed_texts(struct arena *a, const struct module *m,
		    const struct capabilities *caps);

/* All that caps allow. */
struct strs	allowed_all(struct arena *a, const struct capabilities *caps);

#endif
