/* SPDX-License-Identifier: Apache-2.0 */
/* test_tell.h - what `subo test` says while the cases run. */
#ifndef TEST_TELL_H
#define TEST_TELL_H

#include "smoke/smoke.h"

/* All results, for the reports at the end. */
struct test_report {
	struct smoke_case_result *v;
	size_t		 n, cap, total, nfailed;
	const char	*root;	/* what file names begin from; "" for here */
	bool		 human;	/* failures are told as they come */
};

/* For smoke_options: arg is a struct test_report. */
void	test_tell(void *arg, const struct smoke_case_result *r);
void	test_tell_snapshot(void *arg, struct str file, struct str name,
	    struct str difference);
void	test_tell_stale(void *arg, struct str path);

#endif
