/* SPDX-License-Identifier: Apache-2.0 */
/* The policy: read, and asked. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "tree/tree.h"
#include "trust/policy.h"

struct reader {
	struct trust_policy *p;
	const char *file;
	struct err *e;
};

static int wrong(const struct reader *r, const struct tree *at, const char *fmt,
    ...) PRINTF(3, 4);

static int
wrong(const struct reader *r, const struct tree *at, const char *fmt, ...)
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
static int
check_keys(const struct reader *r, const struct tree *t,
    const char *const *keys, size_t nkeys)
{
	if (t->kind != TREE_MAP)
		return wrong(
		    r, t, "a map is expected, not %s", tree_kind_name(t->kind));
	for (size_t i = 0; i < t->nitems; i++) {
		struct str key = t->items[i]->key->text;
		bool known = false;

		for (size_t k = 0; k < nkeys && !known; k++)
			known = str_is(key, keys[k]);
		/* What is not known might forbid what would be allowed. */
		if (!known)
			return wrong(r, t->items[i]->key,
			    "'" STR_F "' is no key of a policy", STR_A(key));
	}
	return 0;
}

static int
check_list(const struct reader *r, const struct tree *t, size_t most)
{
	if (t->kind != TREE_LIST)
		return wrong(r, t, "a list is expected, not %s",
		    tree_kind_name(t->kind));
	if (t->nitems > most)
		return wrong(r, t, "more than %zu are too many", most);
	for (size_t i = 0; i < t->nitems; i++)
		if (t->items[i]->kind == TREE_MAP ||
		    t->items[i]->kind == TREE_LIST || t->items[i]->text.n == 0)
			return wrong(r, t->items[i], "text is expected");
	return 0;
}

/* ---- times ---- */

/* "2027-01-31" or "2027-01-31T12:00:00Z". */
static bool
read_time(struct str s, int64_t *out)
{
	CLEANUP(buf_free) struct buf b = BUF(40);
	struct tm tm = { 0 };
	const char *end;

	buf_add(&b, s);
	end = strptime(buf_cstr(&b), "%Y-%m-%d", &tm);
	if (end && *end == 'T')
		end = strptime(end, "T%H:%M:%SZ", &tm);
	*out = end && *end == '\0' ? (int64_t)timegm(&tm) : -1;
	return *out > 0;
}

/* ---- keys ---- */

static int
read_keys(struct reader *r, const struct tree *t)
{
	struct trust_policy *p = r->p;
	struct err why = ERR;

	if (!t)
		return 0;
	if (t->kind != TREE_MAP)
		return wrong(r, t, "keys are a map: name: RW...");
	if (t->nitems > TRUST_MAX_KEYS)
		return wrong(
		    r, t, "more than %u keys are too many", TRUST_MAX_KEYS);
	p->keys = arena_take(p->arena, (t->nitems + 1) * sizeof(*p->keys));
	for (size_t i = 0; i < t->nitems; i++) {
		const struct tree *v = t->items[i];
		struct policy_key *k = &p->keys[p->nkeys++];

		k->name = arena_copy(p->arena, v->key->text);
		if (v->kind != TREE_TEXT ||
		    sign_public_parse(&k->key, v->text, &why) < 0)
			return wrong(r, v, "key '" STR_F "': %s",
			    STR_A(k->name),
			    v->kind == TREE_TEXT ? why.text
						 : "text is expected");
	}
	return 0;
}

static const struct policy_key *
find_key(const struct trust_policy *p, struct str name)
{
	for (size_t i = 0; i < p->nkeys; i++)
		if (str_eq(p->keys[i].name, name))
			return &p->keys[i];
	return NULL;
}

/* ---- scopes ---- */

static int
read_roles(struct reader *r, struct policy_scope *s, const struct tree *t)
{
	enum sign_role role;

	s->any_role = !t;
	if (!t)
		return 0;
	if (check_list(r, t, SIGN_ROLES) < 0)
		return -1;
	for (size_t i = 0; i < t->nitems; i++) {
		if (!sign_role_parse(&role, t->items[i]->text))
			return wrong(r, t->items[i],
			    "a role is publisher, ci or release");
		s->roles[role] = true;
	}
	return 0;
}

static int
read_scope_keys(struct reader *r, struct policy_scope *s, const struct tree *at,
    const struct tree *t)
{
	struct trust_policy *p = r->p;

	if (!t)
		return wrong(r, at, "a scope has `keys`, names of them");
	if (check_list(r, t, TRUST_MAX_KEYS) < 0)
		return -1;
	s->keys = arena_take(p->arena, (t->nitems + 1) * sizeof(*s->keys));
	for (size_t i = 0; i < t->nitems; i++) {
		const struct policy_key *k = find_key(p, t->items[i]->text);

		if (!k)
			return wrong(r, t->items[i],
			    "there is no key '" STR_F "' among `keys`",
			    STR_A(t->items[i]->text));
		for (size_t j = 0; j < s->nkeys; j++)
			if (sign_public_eq(&s->keys[j]->key, &k->key))
				return wrong(r, t->items[i],
				    "the same key a second time");
		s->keys[s->nkeys++] = k;
	}
	return 0;
}

static int
read_scope(struct reader *r, struct policy_scope *s, const struct tree *t)
{
	static const char *const keys[] = { "threshold", "keys", "roles",
		"minVersion" };
	const struct tree *n;

	if (check_keys(r, t, keys, COUNT(keys)) < 0 ||
	    read_scope_keys(r, s, t, tree_get(t, "keys")) < 0 ||
	    read_roles(r, s, tree_get(t, "roles")) < 0)
		return -1;
	n = tree_get(t, "threshold");
	s->threshold = 1;
	if (n &&
	    (n->kind != TREE_INT || n->num < 1 || n->num > (int64_t)s->nkeys))
		return wrong(
		    r, n, "a threshold is from 1 to the %zu keys", s->nkeys);
	if (n)
		s->threshold = (unsigned)n->num;
	if (s->nkeys == 0)
		return wrong(r, t, "a scope has at least one key");
	s->min_version = arena_copy(r->p->arena, tree_text(t, "minVersion"));
	return 0;
}

static int
read_scopes(struct reader *r, const struct tree *t)
{
	struct trust_policy *p = r->p;

	if (!t)
		return 0;
	if (t->kind != TREE_MAP)
		return wrong(r, t, "scopes are a map: name prefix: {...}");
	if (t->nitems > TRUST_MAX_SCOPES)
		return wrong(
		    r, t, "more than %u scopes are too many", TRUST_MAX_SCOPES);
	p->scopes = arena_take(p->arena, (t->nitems + 1) * sizeof(*p->scopes));
	for (size_t i = 0; i < t->nitems; i++) {
		struct policy_scope *s = &p->scopes[p->nscopes++];
		struct str prefix = t->items[i]->key->text;

		s->prefix = str_is(prefix, "*") ? (struct str){ 0 }
						: arena_copy(p->arena, prefix);
		if (read_scope(r, s, t->items[i]) < 0)
			return -1;
	}
	return 0;
}

/* ---- what was taken back ---- */

static int
read_revoked_keys(struct reader *r, const struct tree *t)
{
	struct trust_policy *p = r->p;

	if (!t)
		return 0;
	if (check_list(r, t, TRUST_MAX_KEYS) < 0)
		return -1;
	p->revoked_keys =
	    arena_take(p->arena, (t->nitems + 1) * sizeof(*p->revoked_keys));
	for (size_t i = 0; i < t->nitems; i++) {
		if (t->items[i]->text.n != SIGN_ID - 1)
			return wrong(
			    r, t->items[i], "a key's number has 16 hex digits");
		p->revoked_keys[p->nrevoked_keys++] =
		    arena_copy(p->arena, t->items[i]->text);
	}
	return 0;
}

static int
read_revoked(struct reader *r, const struct tree *t)
{
	static const char *const keys[] = { "keys", "bundles" };
	struct trust_policy *p = r->p;
	const struct tree *list;

	if (!t)
		return 0;
	if (check_keys(r, t, keys, COUNT(keys)) < 0 ||
	    read_revoked_keys(r, tree_get(t, "keys")) < 0)
		return -1;
	list = tree_get(t, "bundles");
	if (!list)
		return 0;
	if (check_list(r, list, 10000) < 0)
		return -1;
	p->revoked =
	    arena_take(p->arena, (list->nitems + 1) * sizeof(*p->revoked));
	for (size_t i = 0; i < list->nitems; i++) {
		struct str text = list->items[i]->text;

		if (str_starts(text, "sha256:"))
			text = str_from(text, strlen("sha256:"));
		if (!digest_parse(text, &p->revoked[p->nrevoked++]))
			return wrong(r, list->items[i],
			    "a bundle's digest is sha256: and 64 hex digits");
	}
	return 0;
}

/* ---- all of it ---- */

static int
read_expires(struct reader *r, const struct tree *t, int64_t now_s)
{
	struct trust_policy *p = r->p;

	if (!t)
		return 0;
	if (!read_time(t->text, &p->expires))
		return wrong(
		    r, t, "a time is like 2027-01-31 or 2027-01-31T12:00:00Z");
	if (p->expires > now_s)
		return 0;
	(void)err_set(r->e, ERR_TRUST, "%s:%u:%u: the policy expired on " STR_F,
	    r->file, t->at.line, t->at.col, STR_A(t->text));
	return err_hint(r->e, "get the one that is in force now");
}

static int
read_policy(struct reader *r, const struct tree *t, int64_t now_s)
{
	static const char *const keys[] = { "version", "expires", "keys",
		"scopes", "revoked" };
	const struct tree *v;

	if (check_keys(r, t, keys, COUNT(keys)) < 0)
		return -1;
	v = tree_get(t, "version");
	if (!v || v->kind != TREE_INT || v->num < 1)
		return wrong(r, v ? v : t,
		    "a policy has a `version`, a whole number that only grows");
	r->p->version = v->num;
	if (read_keys(r, tree_get(t, "keys")) < 0 ||
	    read_scopes(r, tree_get(t, "scopes")) < 0 ||
	    read_revoked(r, tree_get(t, "revoked")) < 0)
		return -1;
	return read_expires(r, tree_get(t, "expires"), now_s);
}

int
trust_policy_parse(struct trust_policy **out, struct str text, const char *file,
    int64_t now_s, struct err *e)
{
	CLEANUP(trust_policy_free) struct trust_policy *p = NULL;
	struct arena *a = arena_new();
	struct reader r = { .file = file, .e = e };
	struct tree *t;

	p = arena_take(a, sizeof(*p));
	p->arena = a;
	r.p = p;
	if (tree_parse_yaml(&t, a, text, e) < 0)
		return err_wrap(e, "%s", file);
	if (read_policy(&r, t, now_s) < 0)
		return -1;
	*out = p;
	p = NULL;
	return 0;
}

int
trust_policy_holds(struct str text, struct str signature,
    const struct sign_public *root, struct err *e)
{
	struct trust_signer ignored;

	return trust_verify_file(&ignored, text, &signature, 1, root, 1, e);
}

int64_t
trust_policy_version(const struct trust_policy *p)
{
	return p->version;
}

void
trust_policy_free(struct trust_policy **p)
{
	struct arena *a = *p ? (*p)->arena : NULL;

	*p = NULL;
	arena_free(&a);
}

/* A prefix ends where a part of the name does: "com.example" is none of
 * "com.examples". */
static bool
in_scope(struct str prefix, struct str name)
{
	if (prefix.n == 0 || str_eq(prefix, name))
		return true;
	return name.n > prefix.n &&
	    str_eq((struct str){ name.p, prefix.n }, prefix) &&
	    (prefix.p[prefix.n - 1] == '.' || name.p[prefix.n] == '.');
}

const struct policy_scope *
policy_scope(const struct trust_policy *p, struct str name)
{
	const struct policy_scope *best = NULL;

	for (size_t i = 0; i < p->nscopes; i++) {
		const struct policy_scope *s = &p->scopes[i];

		if (in_scope(s->prefix, name) &&
		    (!best || s->prefix.n > best->prefix.n))
			best = s;
	}
	return best;
}

bool
policy_revokes_key(const struct trust_policy *p, const struct sign_public *k)
{
	char id[SIGN_ID];

	sign_id(k->id, id);
	for (size_t i = 0; i < p->nrevoked_keys; i++)
		if (str_is(p->revoked_keys[i], id))
			return true;
	return false;
}

bool
policy_revokes(const struct trust_policy *p, const struct digest *d)
{
	for (size_t i = 0; i < p->nrevoked; i++)
		if (digest_eq(&p->revoked[i], d))
			return true;
	return false;
}
