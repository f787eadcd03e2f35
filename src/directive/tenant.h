/* SPDX-License-Identifier: Apache-2.0 */
/* tenant.h - from tenant.json's tree to one shaped as a Directive's. */
#ifndef DIRECTIVE_TENANT_H
#define DIRECTIVE_TENANT_H

#include "base/base.h"
#include "tree/tree.h"

/* The steps of a workflow or schedule as those of a handler.  Gives an empty
 * list when there are none. */
struct tree	*tenant_steps(struct arena *a, const struct tree *steps);
/* The `connections` of space, a list of {type, name, config}, as the map of a
 * Directive; the first of a type counts. */
struct tree	*tenant_connections(struct arena *a, const struct tree *space);
/* A Directive's tree.  NULL: the steps are used by so many triggers that the
 * whole would be out of proportion. */
struct tree	*tenant_tree(struct arena *a, const struct tree *tenant);

#endif
