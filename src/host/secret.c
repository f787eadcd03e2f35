/* SPDX-License-Identifier: Apache-2.0 */
/* The secrets capability: values by name, and nothing of our environment. */
#include "host/gate.h"

ANSWER(answer_secret)
{
	const struct host *h = c->host;

	for (size_t i = 0; i < h->nsecrets; i++) {
		if (!str_eq(h->secrets[i].key, q->a))
			continue;
		buf_add(out, h->secrets[i].value);
		return 0;
	}
	return answer_refuse(out, "key not found");
}
