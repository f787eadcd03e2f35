/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that means the same to every reader. */
#include "oci/parts.h"

int
json_strict(struct tree **out, struct arena *a, struct str text, struct err *e)
{
	if (tree_parse_json_strict(out, a, text, e) < 0) {
		if (e->kind == ERR_INPUT)
			e->kind = ERR_REMOTE;
		return -1;
	}
	if ((*out)->kind != TREE_MAP)
		return err_set(e, ERR_REMOTE, "it is no JSON object");
	return 0;
}

struct str
json_text(const struct tree *t, const char *key)
{
	const struct tree *v = tree_get(t, key);

	return v && v->kind == TREE_TEXT ? v->text : STR("");
}
