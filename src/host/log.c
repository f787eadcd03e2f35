/* SPDX-License-Identifier: Apache-2.0 */
/* The logger capability.  Whoever prints a line makes it fit to be printed. */
#include "host/gate.h"

enum { LEVEL_ERROR = 1, LEVEL_INFO = 3, LEVEL_DEBUG };

ANSWER(answer_log)
{
	bool known = q->n >= LEVEL_ERROR && q->n <= LEVEL_DEBUG;

	(void)out;
	host_log(c, known ? q->n : LEVEL_INFO, q->a);
	return ABI_ANSWERED;
}
