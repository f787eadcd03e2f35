/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - JSON as Go's encoder writes it; private to host. */
#ifndef HOST_JSON_H
#define HOST_JSON_H

#include "base/base.h"
#include "tree/tree.h"

/* By bytes, at every depth; NULL is fine. */
void	json_keys_sort(struct tree *t);
/* RFC 4648, 4; padding is wanted, nothing else is allowed.  False: not so. */
bool	json_unbase64(struct buf *out, struct str text);

#endif
