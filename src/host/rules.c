/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The capabilities block: Directive.yaml(5), CAPABILITIES.
 *
 * Without it everything is allowed.  A part that is written replaces the
 * default for that part as a whole: it is off unless it says `enabled: true`,
 * and of its rules, once one is written, those left out are refused.
 */
#include "host/gate.h"
#include "tree/tree.h"

static bool
is_true(const struct tree *map, const char *key)
{
	const struct tree *v = tree_get(map, key);

	return v && v->kind == TREE_BOOL && v->num == 1;
}

static bool
part_on(const struct tree *all, const char *part)
{
	const struct tree *t = tree_get(all, part);

	return !t || is_true(t, "enabled");
}

/* rules is the map that a and b are in; both are allowed when neither is
 * written. */
static void
two_rules(const struct tree *rules, const char *const keys[2], bool on,
    bool *allow[2])
{
	bool written = tree_get(rules, keys[0]) || tree_get(rules, keys[1]);

	for (size_t i = 0; i < 2; i++)
		*allow[i] = on && (!written || is_true(rules, keys[i]));
}

void
rules_read(struct rules *r, const struct tree *all)
{
	static const char *const cache_keys[] = { "allowSet", "allowGet" };
	static const char *const field_keys[] = { "allowSetField",
		"allowGetField" };

	r->logger = part_on(all, "logger");
	r->http = part_on(all, "http");
	r->graphql = part_on(all, "graphql");
	r->file = part_on(all, "file");
	r->db = part_on(all, "db");
	r->secrets = part_on(all, "secrets");
	two_rules(tree_get(tree_get(all, "cache"), "rules"), cache_keys,
	    part_on(all, "cache"), (bool *[2]){ &r->cache_set, &r->cache_get });
	two_rules(tree_get(all, "requestHandler"), field_keys,
	    part_on(all, "requestHandler"),
	    (bool *[2]){ &r->field_set, &r->field_get });
}
