/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that follow others.  Who follows whom is walked from the keys that are
 * trusted forward, link by link; what is not reached so is not trusted.
 */
#include <string.h>
#include <time.h>

#include "trust/policy.h"

/* ---- one statement ---- */

static int
no_statement(const struct sign_signature *s, struct err *e)
{
	(void)err_set(e, ERR_INPUT,
	    "its signature is none with which a key names the one that follows "
	    "it: its trusted comment is '" STR_F "'",
	    STR_A(s->comment));
	return err_hint(e, "subo sign NEW.pub --key OLD.key --rotate");
}

int
trust_rotation_parse(struct sign_rotation *r, struct arena *a, struct str key,
    struct str statement, struct err *e)
{
	struct sign_sums sums = sign_sums(&key, 1);
	struct sign_signature s;
	struct sign_public next;

	if (sign_public_parse(&next, key, e) < 0 ||
	    sign_signature_parse(&s, &statement, e) < 0)
		return -1;
	if (statement.n > 0)
		return err_set(
		    e, ERR_INPUT, "more than one signature is beside the key");
	if (!sign_is_rotation(s.comment))
		return no_statement(&s, e);
	if (sign_rotation_parse(r, a, s.comment, e) < 0)
		return -1;
	if (!sign_holds(&s, &r->old, &sums))
		return err_set(e, ERR_TRUST,
		    "the signature of the key that it follows does not hold");
	if (!sign_public_eq(&r->next, &next) ||
	    memcmp(r->next.id, next.id, sizeof(next.id)) != 0)
		return err_set(e, ERR_TRUST,
		    "what is signed names another key as the one that follows");
	if (sign_public_eq(&r->next, &r->old))
		return err_set(e, ERR_INPUT, "a key does not follow itself");
	return 0;
}

bool
trust_has_rotation(struct str statement)
{
	struct sign_signature s;
	struct err ignored = ERR;

	return sign_signature_parse(&s, &statement, &ignored) == 0 &&
	    sign_is_rotation(s.comment);
}

/* All statements that are given, counted through; NULL: no more. */
const struct sign_rotation *
rotation_at(const struct trust_want *w, size_t i)
{
	if (i < w->nrotations)
		return &w->rotations[i];
	i -= w->nrotations;
	return w->policy && i < w->policy->nrotations ? &w->policy->rotations[i]
						      : NULL;
}

/* ---- walking ---- */

void
lineage_begin(struct lineage *l, struct arena *a, const struct asked *q)
{
	*l = (struct lineage){ .arena = a, .asked = *q };
}

static void
unite(struct lineage *l, size_t a, size_t b)
{
	size_t keep = l->v[a].group, drop = l->v[b].group;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].group == drop)
			l->v[i].group = keep;
}

/* Its place; a number is no key: under another it is of the same group. */
static size_t
add(struct lineage *l, const struct sign_public *key,
    const struct lineage_key *as)
{
	size_t at = l->n;

	for (size_t i = 0; i < l->n; i++)
		if (sign_public_eq(&l->v[i].key, key) &&
		    memcmp(l->v[i].key.id, key->id, sizeof(key->id)) == 0)
			return i;
	l->v = arena_grow(l->arena, l->v, l->n, &l->cap, sizeof(*l->v));
	l->v[at] = *as;
	l->v[at].key = *key;
	l->n++;
	for (size_t i = 0; i < at; i++)
		if (sign_public_eq(&l->v[i].key, key))
			unite(l, i, at);
	return at;
}

void
lineage_add(struct lineage *l, const struct sign_public *key)
{
	const struct lineage_key as = { .root = l->n, .group = l->n };

	(void)add(l, key, &as);
}

/* By any number that somebody gives it: revocation beats everything. */
static bool
is_revoked(const struct lineage *l, const struct sign_public *key)
{
	const struct trust_policy *p = l->asked.want->policy;
	const struct sign_rotation *r;

	if (!p || p->nrevoked_keys == 0)
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (sign_public_eq(&l->v[i].key, key) &&
		    policy_revokes_key(p, &l->v[i].key))
			return true;
	for (size_t i = 0; (r = rotation_at(l->asked.want, i)) != NULL; i++)
		if ((sign_public_eq(&r->next, key) &&
			policy_revokes_key(p, &r->next)) ||
		    (sign_public_eq(&r->old, key) &&
			policy_revokes_key(p, &r->old)))
			return true;
	return false;
}

static bool
fits(const struct lineage *l, const struct sign_rotation *r)
{
	const struct asked *q = &l->asked;

	return r->not_before <= q->now_s &&
	    (!q->named || policy_in_scope(r->scope, q->name));
}

/* What r says of the key at i, when that is the old one. */
static void
follow(struct lineage *l, size_t i, const struct sign_rotation *r)
{
	struct lineage_key as = l->v[i];

	if (!sign_public_eq(&as.key, &r->old) || !fits(l, r))
		return;
	as.depth++;
	unite(l, i, add(l, &r->next, &as));
}

/* Keys are added at the end as they are reached, so those that take fewest
 * links come first. */
void
lineage_walk(struct lineage *l)
{
	const struct sign_rotation *r;

	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].depth == TRUST_MAX_CHAIN ||
		    is_revoked(l, &l->v[i].key))
			continue;
		for (size_t k = 0; (r = rotation_at(l->asked.want, k)) != NULL;
		    k++)
			follow(l, i, r);
	}
}

const struct lineage_key *
lineage_find(const struct lineage *l, const struct sign_public *key)
{
	for (size_t i = 0; i < l->n; i++)
		if (sign_public_eq(&l->v[i].key, key))
			return &l->v[i];
	return NULL;
}

bool
lineage_revoked(const struct lineage *l, const struct sign_public *key)
{
	return is_revoked(l, key);
}

/* ---- why not ---- */

/* The statement by which key follows another, one that is known before others;
 * NULL: none. */
static const struct sign_rotation *
statement_of(const struct lineage *l, const struct sign_public *key)
{
	const struct sign_rotation *r, *other = NULL;

	for (size_t i = 0; (r = rotation_at(l->asked.want, i)) != NULL; i++) {
		if (!sign_public_eq(&r->next, key))
			continue;
		if (lineage_find(l, &r->old))
			return r;
		other = other ? other : r;
	}
	return other;
}

static void
tell_day(struct buf *out, int64_t s)
{
	time_t t = (time_t)s;
	char day[40];
	struct tm tm;

	if (gmtime_r(&t, &tm) && strftime(day, sizeof(day), "%F", &tm) > 0)
		buf_addf(out, ", but only from %s on", day);
	else
		buf_addf(out, ", but not for ages");
}

/* The old key of r was reached: what is in the way then? */
static void
tell_link(struct buf *out, const struct lineage *l,
    const struct sign_rotation *r, const struct lineage_key *old)
{
	if (is_revoked(l, &r->old))
		buf_addf(out, ", which is revoked");
	else if (r->not_before > l->asked.now_s)
		tell_day(out, r->not_before);
	else if (!fits(l, r))
		buf_addf(
		    out, ", but only for names in " STR_F, STR_A(r->scope));
	else if (old->depth == TRUST_MAX_CHAIN)
		buf_addf(out,
		    ", but at most %u in a row may follow one another",
		    TRUST_MAX_CHAIN);
}

void
lineage_why(
    struct buf *out, const struct lineage *l, const struct sign_public *key)
{
	const struct sign_rotation *r = statement_of(l, key);
	const struct lineage_key *old = NULL;
	char next[SIGN_ID], before[SIGN_ID];

	for (size_t n = 0; r && !old; n++) {
		if (n > TRUST_MAX_CHAIN) {
			buf_addf(out, ", and so on");
			return;
		}
		sign_id(r->next.id, next);
		sign_id(r->old.id, before);
		buf_addf(out, "%s %s follows %s", n == 0 ? "; key" : ", and",
		    next, before);
		if (sign_public_eq(&r->old, key)) {
			buf_addf(out, ", which is a circle");
			return;
		}
		old = lineage_find(l, &r->old);
		if (old) {
			tell_link(out, l, r, old);
			return;
		}
		r = statement_of(l, &r->old);
		if (!r)
			buf_addf(out, ", which is not trusted");
	}
}
