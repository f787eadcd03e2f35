/* SPDX-License-Identifier: Apache-2.0 */
/* shape.h - which keys a map may have, and what kind their values are. */
#ifndef DIRECTIVE_SHAPE_H
#define DIRECTIVE_SHAPE_H

#include "directive/tell.h"

enum want {
	WANT_TEXT,		/* any scalar, taken as written */
	WANT_FLAG, WANT_INT, WANT_MAP,
	WANT_LIST,		/* of sub's `items` */
	WANT_ANY,
};

struct shape {
	const char		*what;		/* "a handler" */
	const struct shape_key	*keys;		/* ends with a NULL key */
	const char *const	*later;		/* reserved keys; or NULL */
	bool			 open;		/* any key; keys[0] for values */
};

struct shape_key {
	const char		*key;
	enum want		 want;
	enum want		 items;		/* of a list */
	const struct shape	*sub;		/* of a map, or a list's maps */
};

/* The three rules that a walk can tell. */
struct shape_rules {
	const struct diag_rule	*type, *unknown, *later;
};

extern const struct shape shape_directive;
extern const struct shape shape_manifest;

/* Tell each value of another kind and each unknown key in the map t. */
void	shape_check(struct teller *w, const struct shape_rules *rules,
	    const struct shape *shape, const struct tree *t);

#endif
