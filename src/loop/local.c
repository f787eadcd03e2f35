/* SPDX-License-Identifier: Apache-2.0 */
/* What others keep with a loop. */
#include "loop/parts.h"

struct local {
	const void *key;
	void *made;
	void (*end)(void *made);
	struct local *next;
};

void *
loop_local(struct loop *l, const void *key,
    void *(*make)(struct loop *l, void *arg), void (*end)(void *made),
    void *arg)
{
	struct local **list = loop_locals(l), *x;

	for (x = *list; x; x = x->next)
		if (x->key == key)
			return x->made;
	x = mem_take(sizeof(*x));
	x->key = key;
	x->end = end;
	/* It may ask for others, which are then ended after it. */
	x->made = make(l, arg);
	x->next = *list;
	*list = x;
	return x->made;
}

void
loop_local_end(struct loop *l, const void *key)
{
	struct local **at = loop_locals(l), *x;

	while (*at && (*at)->key != key)
		at = &(*at)->next;
	x = *at;
	if (!x)
		return;
	*at = x->next;
	if (x->end)
		x->end(x->made);
	mem_free(x);
}

void
locals_end(struct local **list)
{
	while (*list) {
		struct local *x = *list;

		*list = x->next;
		if (x->end)
			x->end(x->made);
		mem_free(x);
	}
}
