/* SPDX-License-Identifier: Apache-2.0 */
/* build_sign.h - a bundle that was built is signed by who built it. */
#ifndef BUILD_SIGN_H
#define BUILD_SIGN_H

#include "sign/sign.h"

/*
 * Put a signature of the user's own key (subo-keygen(1)) into the bundle at
 * path, unless it has one.  id: of the key; empty: there is none, or it wants a
 * password, and the bundle stays as it is.  epoch_s: SOURCE_DATE_EPOCH, or 0.
 */
int	build_sign(char id[SIGN_ID], const char *path, int64_t epoch_s,
	    struct err *e) MUST_CHECK;

#endif
