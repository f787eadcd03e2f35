/* SPDX-License-Identifier: Apache-2.0 */
/* child.h - work on outside bytes in a process with limits. */
#ifndef TEMPLATE_CHILD_H
#define TEMPLATE_CHILD_H

#include "base/base.h"

struct child_limits {
	uint32_t	timeout_ms;
	uint64_t	memory_bytes;	/* address space; 0: as ours */
	uint64_t	file_bytes;	/* of one file it writes */
};

/*
 * Call fn(arg) in a child process and take over result_bytes at result, which
 * fn wrote there, and its error.  The process must have one thread.
 *
 * ERR_LIMIT   it passed its time, or was ended by the kernel
 * ERR_SIGNAL  we were interrupted; the child has ended
 * others      as fn
 */
int	child_call(int (*fn)(void *arg, struct err *e), void *arg, void *result,
	    size_t result_bytes, const struct child_limits *limits,
	    struct err *e) MUST_CHECK;

#endif
