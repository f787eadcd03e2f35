/* SPDX-License-Identifier: Apache-2.0 */
/* The logger capability. */
#include "host/gate.h"

ANSWER(answer_log)
{
	const struct host_hooks *k = &c->host->hooks;

	(void)out;
	if (k->log)
		k->log(k->arg, c->fn, q->n, q->a);
	return 0;
}
