/* SPDX-License-Identifier: Apache-2.0 */
/* route.h - patterns such as "/user/:id" and "/files/" with "*path" after. */
#ifndef DIRECTIVE_ROUTE_H
#define DIRECTIVE_ROUTE_H

#include "base/base.h"

#define ROUTE_MAX_BYTES		2048u
#define ROUTE_MAX_PARAMS	32u

/* What keeps a resource with a leading '/' from being a route, or NULL. */
const char	*route_fault(struct str resource);

/* The next part of a path, without its '/'; false at the end. */
bool		 route_part(struct str *path, struct str *part);

/* Does a path fit the pattern, a slash at the end or not? */
bool		 route_matches(struct str pattern, struct str path);

#endif
