/* SPDX-License-Identifier: Apache-2.0 */
/* test_attest.h - the result of `subo test` as a statement. */
#ifndef TEST_ATTEST_H
#define TEST_ATTEST_H

#include "bundle/bundle.h"
#include "test_tell.h"

/* Write to path how the cases went on the entries of b: what
 * `subo build --test-result` packs. */
int	test_attest(const char *path, const struct bundle *b,
	    const struct test_report *rep, struct err *e) MUST_CHECK;

#endif
