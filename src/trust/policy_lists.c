/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of a policy: what was taken back, and which keys follow others. */
#include <stdio.h>
#include <string.h>

#include "trust/policy.h"

int
policy_wrong(
    const struct reader *r, const struct tree *at, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(r->e, ERR_INPUT, "%s:%u:%u: %s", r->file, at->at.line,
	    at->at.col, text);
}

/* A map with these keys and no other. */
int
policy_keys(const struct reader *r, const struct tree *t,
    const char *const *keys, size_t nkeys)
{
	if (t->kind != TREE_MAP)
		return policy_wrong(
		    r, t, "a map is expected, not %s", tree_kind_name(t->kind));
	for (size_t i = 0; i < t->nitems; i++) {
		struct str key = t->items[i]->key->text;
		bool known = false;

		for (size_t k = 0; k < nkeys && !known; k++)
			known = str_is(key, keys[k]);
		/* What is not known might forbid what would be allowed. */
		if (!known)
			return policy_wrong(r, t->items[i]->key,
			    "'" STR_F "' is no key of a policy", STR_A(key));
	}
	return 0;
}

int
policy_list(const struct reader *r, const struct tree *t, size_t most)
{
	if (t->kind != TREE_LIST)
		return policy_wrong(r, t, "a list is expected, not %s",
		    tree_kind_name(t->kind));
	if (t->nitems > most)
		return policy_wrong(r, t, "more than %zu are too many", most);
	for (size_t i = 0; i < t->nitems; i++)
		if (t->items[i]->kind == TREE_MAP ||
		    t->items[i]->kind == TREE_LIST || t->items[i]->text.n == 0)
			return policy_wrong(r, t->items[i], "text is expected");
	return 0;
}

/* ---- what was taken back ---- */

/* As sign_id writes it. */
static bool
is_number(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') &&
		    !(s.p[i] >= 'A' && s.p[i] <= 'F'))
			return false;
	return s.n == SIGN_ID - 1;
}

static int
read_revoked_keys(struct reader *r, const struct tree *t)
{
	struct trust_policy *p = r->p;
	struct err ignored = ERR;

	if (!t)
		return 0;
	if (policy_list(r, t, TRUST_MAX_KEYS) < 0)
		return -1;
	p->revoked_keys =
	    arena_take(p->arena, (t->nitems + 1) * sizeof(*p->revoked_keys));
	for (size_t i = 0; i < t->nitems; i++) {
		struct policy_revoked *k = &p->revoked_keys[p->nrevoked_keys++];
		struct str text = t->items[i]->text;

		k->whole = str_starts(text, "RW");
		if (k->whole ? sign_public_parse(&k->key, text, &ignored) < 0
			     : !is_number(text))
			return policy_wrong(r, t->items[i],
			    "a key's number has 16 upper-case hex digits; all "
			    "of a key is the second line of its file");
		k->id = arena_copy(p->arena, text);
	}
	return 0;
}

int
policy_read_revoked(struct reader *r, const struct tree *t)
{
	static const char *const keys[] = { "keys", "bundles" };
	struct trust_policy *p = r->p;
	const struct tree *list;

	if (!t)
		return 0;
	if (policy_keys(r, t, keys, COUNT(keys)) < 0 ||
	    read_revoked_keys(r, tree_get(t, "keys")) < 0)
		return -1;
	list = tree_get(t, "bundles");
	if (!list)
		return 0;
	if (policy_list(r, list, 10000) < 0)
		return -1;
	p->revoked =
	    arena_take(p->arena, (list->nitems + 1) * sizeof(*p->revoked));
	for (size_t i = 0; i < list->nitems; i++) {
		struct str text = list->items[i]->text;

		if (str_starts(text, "sha256:"))
			text = str_from(text, strlen("sha256:"));
		if (!digest_parse(text, &p->revoked[p->nrevoked++]))
			return policy_wrong(r, list->items[i],
			    "a bundle's digest is sha256: and 64 hex digits");
	}
	return 0;
}

/* ---- keys that follow others ---- */

/* The lines of NEW.pub, and then those of NEW.pub.minisig. */
static int
read_rotation(struct reader *r, const struct tree *t)
{
	struct trust_policy *p = r->p;
	struct str key, statement = t->text, line;
	struct err why = ERR;

	str_cut(&statement, '\n', &line);
	str_cut(&statement, '\n', &line);
	key = (struct str){ t->text.p, t->text.n - statement.n };
	if (trust_rotation_parse(&p->rotations[p->nrotations++], p->arena, key,
		statement, &why) == 0)
		return 0;
	return policy_wrong(r, t,
	    "a rotation is the lines of NEW.pub and then those of "
	    "NEW.pub.minisig: %s",
	    why.text);
}

int
policy_read_rotations(struct reader *r, const struct tree *t)
{
	struct trust_policy *p = r->p;

	if (!t)
		return 0;
	if (policy_list(r, t, TRUST_MAX_ROTATIONS) < 0)
		return -1;
	p->rotations =
	    arena_take(p->arena, (t->nitems + 1) * sizeof(*p->rotations));
	for (size_t i = 0; i < t->nitems; i++)
		if (read_rotation(r, t->items[i]) < 0)
			return -1;
	return 0;
}
