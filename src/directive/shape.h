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

enum shape_kind {
	SHAPE_CLOSED,
	SHAPE_STRICT,		/* and an unknown key is an error */
	SHAPE_OPEN,		/* any key; keys[0] for values */
};

struct shape {
	const char		*what;		/* "a handler" */
	const struct shape_key	*keys;		/* ends with a NULL key */
	const char *const	*later;		/* reserved keys; or NULL */
	enum shape_kind		 kind;
};

struct shape_key {
	const char		*key;
	enum want		 want;
	enum want		 items;		/* of a list */
	const struct shape	*sub;		/* of a map, or a list's maps */
};

/* The rules that a walk can tell; strict may be NULL: as unknown. */
struct shape_rules {
	const struct diag_rule	*type, *unknown, *later, *strict;
};

extern const struct shape shape_directive;
extern const struct shape shape_manifest;

/* Tell each value of another kind and each unknown key in the map t. */
void	shape_check(struct teller *w, const struct shape_rules *rules,
	    const struct shape *shape, const struct tree *t);

#endif
