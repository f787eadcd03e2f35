/* SPDX-License-Identifier: Apache-2.0 */
/* touch.h - private to smoke. */
#ifndef SMOKE_TOUCH_H
#define SMOKE_TOUCH_H

#include "smoke/case.h"

/* Does the case run a function that opt->touched takes?  d may be NULL. */
bool	case_touched(const struct smoke_case *c, const struct directive *d,
	    const struct smoke_options *opt);

#endif
