/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h - what a plain scalar means: YAML 1.2, 10.3, the core schema. */
#ifndef TREE_SCHEMA_H
#define TREE_SCHEMA_H

#include "tree/tree.h"

/* Set kind, num and real of a plain scalar from its text. */
void	schema_resolve(struct tree *t);

#endif
