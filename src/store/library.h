/* SPDX-License-Identifier: Apache-2.0 */
/*
 * library.h - clients' libraries that are opened when first used: linked to,
 * they and what they need would cost each start of subo several times what
 * all else does.
 */
#ifndef STORE_LIBRARY_H
#define STORE_LIBRARY_H

#include "base/base.h"

struct library_call {
	const char	*name;
	size_t		 at;		/* of its pointer in the struct */
};

/* Open file (a soname) and fill calls, a struct of pointers to functions.
 * ERR_SYSTEM: it is not installed; the hint names package. */
int	library_open(const char *file, const char *package,
	    const struct library_call *table, size_t n, void *calls,
	    struct err *e) MUST_CHECK;

#endif
