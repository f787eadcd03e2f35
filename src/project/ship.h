/* SPDX-License-Identifier: Apache-2.0 */
/* ship.h - from built modules to the bundle. */
#ifndef SHIP_H
#define SHIP_H

#include "project/inputs.h"

/* Pack the bundle, or leave it when it is what would be packed. */
int	ship(struct surroundings *w, struct diags *ds,
	    struct build_result *res, struct err *e) MUST_CHECK;

#endif
