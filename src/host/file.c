/* SPDX-License-Identifier: Apache-2.0 */
/* The file capability: static files, by name. */
#include <string.h>

#include "host/gate.h"

ANSWER(answer_file)
{
	struct str data;

	if (c->host->file && q->a.n > 0 && !memchr(q->a.p, '\0', q->a.n) &&
	    c->host->file(c->host->file_arg, q->a, &data)) {
		buf_add(out, data);
		return 0;
	}
	return answer_refuse(out, "file does not exist");
}
