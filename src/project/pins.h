/* SPDX-License-Identifier: Apache-2.0 */
/* pins.h - functions that others published, among those of a project. */
#ifndef PINS_H
#define PINS_H

#include "project/inputs.h"

/* Read subo.lock, and add what the Directive names to p's functions. */
int	pins_fill(struct project *p, struct diags *ds, struct err *e)
	    MUST_CHECK;
/* Where the Directive and the lock disagree. */
void	pins_check(const struct project *p, struct diags *ds);
/* All that decides what is packed for f, which has a pin. */
int	pins_inputs(const struct project_function *f, struct arena *a,
	    struct inputs *out, struct err *e) MUST_CHECK;
/* Does m ask for what the pin says, and nothing else? */
int	pins_agree(const struct pin *pin, const struct module *m,
	    struct err *e) MUST_CHECK;

#endif
