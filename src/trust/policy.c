/* SPDX-License-Identifier: Apache-2.0 */
/* The policy: read, and asked. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "os/os.h"
#include "tree/tree.h"
#include "trust/policy.h"

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
		return policy_wrong(r, t, "keys are a map: name: RW...");
	if (t->nitems > TRUST_MAX_KEYS)
		return policy_wrong(
		    r, t, "more than %u keys are too many", TRUST_MAX_KEYS);
	p->keys = arena_take(p->arena, (t->nitems + 1) * sizeof(*p->keys));
	for (size_t i = 0; i < t->nitems; i++) {
		const struct tree *v = t->items[i];
		struct policy_key *k = &p->keys[p->nkeys++];

		k->name = arena_copy(p->arena, v->key->text);
		if (v->kind != TREE_TEXT ||
		    sign_public_parse(&k->key, v->text, &why) < 0)
			return policy_wrong(r, v, "key '" STR_F "': %s",
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
	if (policy_list(r, t, SIGN_ROLES) < 0)
		return -1;
	for (size_t i = 0; i < t->nitems; i++) {
		if (!sign_role_parse(&role, t->items[i]->text))
			return policy_wrong(r, t->items[i],
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
		return policy_wrong(r, at, "a scope has `keys`, names of them");
	if (policy_list(r, t, TRUST_MAX_KEYS) < 0)
		return -1;
	s->keys = arena_take(p->arena, (t->nitems + 1) * sizeof(*s->keys));
	for (size_t i = 0; i < t->nitems; i++) {
		const struct policy_key *k = find_key(p, t->items[i]->text);

		if (!k)
			return policy_wrong(r, t->items[i],
			    "there is no key '" STR_F "' among `keys`",
			    STR_A(t->items[i]->text));
		for (size_t j = 0; j < s->nkeys; j++)
			if (sign_public_eq(&s->keys[j]->key, &k->key))
				return policy_wrong(r, t->items[i],
				    "the same key a second time");
		s->keys[s->nkeys++] = k;
	}
	return 0;
}

/* A signature is asked for in any case; that it is named changes nothing. */
static int
read_require(struct reader *r, struct policy_scope *s, const struct tree *t)
{
	if (!t)
		return 0;
	if (policy_list(r, t, 2) < 0)
		return -1;
	for (size_t i = 0; i < t->nitems; i++) {
		struct str text = t->items[i]->text;

		if (str_is(text, "provenance"))
			s->provenance = true;
		else if (str_is(text, "minisign"))
			s->minisign = true;
		else
			return policy_wrong(r, t->items[i],
			    "what can be required is minisign and provenance");
	}
	return 0;
}

static int
read_scope(struct reader *r, struct policy_scope *s, const struct tree *t)
{
	static const char *const keys[] = { "threshold", "keys", "roles",
		"minVersion", "require" };
	const struct tree *n;

	if (policy_keys(r, t, keys, COUNT(keys)) < 0 ||
	    read_scope_keys(r, s, t, tree_get(t, "keys")) < 0 ||
	    read_roles(r, s, tree_get(t, "roles")) < 0 ||
	    read_require(r, s, tree_get(t, "require")) < 0)
		return -1;
	n = tree_get(t, "threshold");
	s->threshold = 1;
	if (n &&
	    (n->kind != TREE_INT || n->num < 1 || n->num > (int64_t)s->nkeys))
		return policy_wrong(
		    r, n, "a threshold is from 1 to the %zu keys", s->nkeys);
	if (n)
		s->threshold = (unsigned)n->num;
	if (s->nkeys == 0)
		return policy_wrong(r, t, "a scope has at least one key");
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
		return policy_wrong(
		    r, t, "scopes are a map: name prefix: {...}");
	if (t->nitems > TRUST_MAX_SCOPES)
		return policy_wrong(
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

/* ---- all of it ---- */

static int
read_expires(struct reader *r, const struct tree *t, int64_t now_s)
{
	struct trust_policy *p = r->p;

	if (!t)
		return 0;
	if (!read_time(t->text, &p->expires))
		return policy_wrong(
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
		"scopes", "revoked", "rotations" };
	const struct tree *v;

	if (policy_keys(r, t, keys, COUNT(keys)) < 0)
		return -1;
	v = tree_get(t, "version");
	if (!v || v->kind != TREE_INT || v->num < 1)
		return policy_wrong(r, v ? v : t,
		    "a policy has a `version`, a whole number that only grows");
	r->p->version = v->num;
	if (read_keys(r, tree_get(t, "keys")) < 0 ||
	    read_scopes(r, tree_get(t, "scopes")) < 0 ||
	    policy_read_revoked(r, tree_get(t, "revoked")) < 0 ||
	    policy_read_rotations(r, tree_get(t, "rotations")) < 0)
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
trust_policy_holds(struct str text, const struct str *signatures, size_t n,
    const struct trust_want *root, unsigned threshold, struct err *e)
{
	const struct trust_file f = {
		.data = text, .detached = signatures, .ndetached = n
	};
	struct trust_want w = { .keys = root->keys,
		.nkeys = root->nkeys,
		.rotations = root->rotations,
		.nrotations = root->nrotations,
		.now_s = root->now_s ? root->now_s : os_unix_ms() / 1000 };
	const struct asked q = { .want = &w, .named = true, .now_s = w.now_s };
	struct trust_found found;
	int rc;

	if (trust_verify_file(&found, &f, &w, e) < 0)
		return e->kind == ERR_TRUST
		    ? err_hint(e, "--root is the key of who keeps the policy")
		    : -1;
	rc = scope_check_root(&found, &q, threshold, e);
	trust_found_free(&found);
	return rc;
}

int64_t
trust_policy_version(const struct trust_policy *p)
{
	return p->version;
}

int64_t
trust_policy_expires(const struct trust_policy *p)
{
	return p->expires;
}

int
trust_policy_seen(const struct trust_policy *p, const char *memory,
    struct str id, bool allow_downgrade, struct err *e)
{
	int64_t seen;

	if (memory_get_policy(&seen, memory, id, e) < 0)
		return -1;
	if (p->version < seen && !allow_downgrade) {
		(void)err_set(e, ERR_TRUST,
		    "its version %" PRId64 " is below %" PRId64
		    ", which was seen here: it may hide what was revoked since",
		    p->version, seen);
		return err_hint(e,
		    "get the one that is in force now; --allow-downgrade, to "
		    "go back");
	}
	return p->version == seen
	    ? 0
	    : memory_put_policy(memory, id, p->version, e);
}

void
trust_policy_free(struct trust_policy **p)
{
	struct arena *a = *p ? (*p)->arena : NULL;

	*p = NULL;
	arena_free(&a);
}

/* Of "com.example.app", and of "space::name". */
static bool
ends_part(char c)
{
	return c == '.' || c == ':';
}

/* A prefix ends where a part of the name does: "com.example" is none of
 * "com.examples". */
bool
policy_in_scope(struct str prefix, struct str name)
{
	if (prefix.n == 0 || str_eq(prefix, name))
		return true;
	return name.n > prefix.n &&
	    str_eq((struct str){ name.p, prefix.n }, prefix) &&
	    (ends_part(prefix.p[prefix.n - 1]) || ends_part(name.p[prefix.n]));
}

const struct policy_scope *
policy_scope(const struct trust_policy *p, struct str name)
{
	const struct policy_scope *best = NULL;

	for (size_t i = 0; i < p->nscopes; i++) {
		const struct policy_scope *s = &p->scopes[i];

		if (policy_in_scope(s->prefix, name) &&
		    (!best || s->prefix.n > best->prefix.n))
			best = s;
	}
	return best;
}

bool
policy_revokes_key(const struct trust_policy *p, const struct sign_public *key)
{
	char id[SIGN_ID];

	sign_id(key->id, id);
	for (size_t i = 0; i < p->nrevoked_keys; i++) {
		const struct policy_revoked *k = &p->revoked_keys[i];

		if (k->whole ? sign_public_eq(&k->key, key) : str_is(k->id, id))
			return true;
	}
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
