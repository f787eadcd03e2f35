/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures: which are there, which hold, and whose are they? */
#include <inttypes.h>
#include <string.h>

#include "trust/policy.h"

/* ---- signatures ---- */

int
judge_take(struct verifying *v, struct str text, const char *where)
{
	while (text.n > 0) {
		if (v->nsigs == COUNT(v->sigs))
			return err_set(v->e, ERR_INPUT,
			    "more than %u signatures are too many",
			    TRUST_MAX_SIGNATURES);
		if (sign_signature_parse(&v->sigs[v->nsigs++], &text, v->e) < 0)
			return err_wrap(v->e, "%s", where);
	}
	return 0;
}

/* Where anybody may add some, those with a known number go before others. */
static void
take_anybodys(
    struct verifying *v, const struct str *texts, size_t n, bool expected)
{
	struct sign_signature s;
	struct err ignored = ERR;

	for (size_t i = 0; i < n; i++) {
		struct str text = texts[i];

		while (v->nsigs < COUNT(v->sigs) && text.n > 0 &&
		    sign_signature_parse(&s, &text, &ignored) == 0)
			if (trust_expects(v->w, s.id) == expected)
				v->sigs[v->nsigs++] = s;
	}
}

int
judge_detached(struct verifying *v, const struct str *texts, size_t n)
{
	if (v->anybodys) {
		take_anybodys(v, texts, n, true);
		take_anybodys(v, texts, n, false);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		if (texts[i].n == 0)
			return err_set(
			    v->e, ERR_INPUT, "a detached signature is empty");
		if (judge_take(v, texts[i], "the detached signature") < 0)
			return -1;
	}
	return 0;
}

static bool
is_number(const struct sign_public *key, const uint8_t id[8])
{
	return memcmp(key->id, id, sizeof(key->id)) == 0;
}

bool
trust_expects(const struct trust_want *w, const uint8_t id[8])
{
	const struct sign_rotation *r;

	for (size_t i = 0; i < w->nkeys; i++)
		if (is_number(&w->keys[i], id))
			return true;
	for (size_t i = 0; w->policy && i < w->policy->nkeys; i++)
		if (is_number(&w->policy->keys[i].key, id))
			return true;
	for (size_t i = 0; (r = rotation_at(w, i)) != NULL; i++)
		if (is_number(&r->next, id))
			return true;
	return false;
}

static struct trust_signer *
signer_with(const struct trust_found *f, const struct sign_public *key)
{
	for (size_t i = 0; i < f->nsigners; i++)
		if (sign_public_eq(&f->signers[i].key, key))
			return &f->signers[i];
	return NULL;
}

int
judge_differs(const struct verifying *v, const char *what)
{
	return err_set(v->e, ERR_TRUST,
	    "its signature was made for another bundle: the %s differs", what);
}

/* The comment is signed: what it says has to be so. */
static int
check_claim(struct verifying *v, struct trust_signer *s)
{
	const struct trust_found *f = v->out;

	s->has_claim = sign_is_claim(s->comment);
	if (!s->has_claim)
		return 0;
	if (sign_claim_parse(&s->claim, f->arena, s->comment, v->e) < 0) {
		v->e->kind = ERR_TRUST;
		return -1;
	}
	if (!digest_eq(&s->claim.sha256, &f->sums.sha256))
		return judge_differs(v, "digest");
	if (s->claim.size != f->sums.nbytes)
		return judge_differs(v, "size");
	if (s->claim.expires != 0 && s->claim.expires <= v->now_s)
		return err_set(v->e, ERR_TRUST,
		    "the signature of key %s has expired", s->id);
	return 0;
}

static int
add_signer(struct verifying *v, const struct sign_public *key,
    const struct sign_signature *sig)
{
	struct trust_found *f = v->out;
	struct trust_signer *s = &f->signers[f->nsigners];

	sign_id(key->id, s->id);
	if (lineage_revoked(&v->line, key))
		return err_set(v->e, ERR_TRUST, "key %s is revoked", s->id);
	if (signer_with(f, key))
		return 0;
	s->key = *key;
	s->comment = arena_copy(f->arena, sig->comment);
	f->nsigners++;
	return check_claim(v, s);
}

/* A key that is known must have made it; one that is not says nothing. */
static int
judge(struct verifying *v, const struct sign_signature *sig)
{
	char id[SIGN_ID];
	bool meant = false;

	for (size_t i = 0; i < v->line.n; i++) {
		const struct sign_public *key = &v->line.v[i].key;

		if (sign_holds(sig, key, &v->out->sums))
			return add_signer(v, key, sig);
		meant = meant || is_number(key, sig->id);
	}
	if (!meant) {
		v->out->nunknown++;
		return 0;
	}
	sign_id(sig->id, id);
	(void)err_set(
	    v->e, ERR_TRUST, "the signature of key %s does not hold", id);
	return err_hint(v->e, "it or its signature was changed: get it again");
}

/* ---- nobody who is known ---- */

/* A key that was said to follow one that is trusted. */
static void
tell_why(struct buf *out, const struct verifying *v,
    const struct sign_signature *sig)
{
	const struct sign_rotation *r;

	for (size_t i = 0; (r = rotation_at(v->w, i)) != NULL; i++)
		if (sign_holds(sig, &r->next, &v->out->sums)) {
			lineage_why(out, &v->line, &r->next);
			return;
		}
}

static int
refuse_unsigned(const struct verifying *v)
{
	CLEANUP(buf_free) struct buf ids = BUF(400), why = BUF(1200);
	char id[SIGN_ID];
	size_t at;

	if (v->nsigs == 0 && v->w->nstrangers > 0) {
		(void)err_set(v->e, ERR_TRUST,
		    "it is signed in cosign's form, and by no key that is "
		    "trusted");
		return err_hint(v->e,
		    "--key cosign.pub, the key of who made it, which they "
		    "gave you by another way");
	}
	if (v->nsigs == 0) {
		(void)err_set(v->e, ERR_TRUST, "nobody signed it");
		return err_hint(
		    v->e, "--allow-unsigned, if that is as it should be");
	}
	for (size_t i = 0; i < v->nsigs; i++) {
		sign_id(v->sigs[i].id, id);
		if (!str_find(buf_str(&ids), str_of(id), &at))
			buf_addf(&ids, "%s%s", ids.n > 0 ? ", " : "", id);
		tell_why(&why, v, &v->sigs[i]);
	}
	(void)err_set(v->e, ERR_TRUST,
	    "it is signed by key %s, and that is not one that is trusted%s",
	    buf_cstr(&ids), buf_cstr(&why));
	return err_hint(v->e,
	    "--key NAME.pub, the key of who made it, which "
	    "they gave you by another way; --rotation NAME.pub, when it "
	    "follows one that is trusted");
}

/* ---- all of them ---- */

static void
find_keys(struct verifying *v, const struct subject *s)
{
	const struct trust_want *w = v->w;
	const struct asked q = { .want = w,
		.named = s != NULL,
		.name = s ? s->name : STR(""),
		.now_s = v->now_s };

	lineage_begin(&v->line, v->out->arena, &q);
	for (size_t i = 0; i < w->nkeys; i++)
		lineage_add(&v->line, &w->keys[i]);
	for (size_t i = 0; w->policy && i < w->policy->nkeys; i++)
		lineage_add(&v->line, &w->policy->keys[i].key);
	lineage_walk(&v->line);
}

int
judge_all(struct verifying *v)
{
	const struct trust_policy *p = v->w->policy;
	struct trust_found *f = v->out;

	/* It may have been read long ago. */
	if (p && p->expires != 0 && p->expires <= v->now_s)
		return err_set(v->e, ERR_TRUST, "the policy has expired");
	find_keys(v, NULL);
	f->signers = arena_take(
	    f->arena, (v->nsigs + v->w->nvouched + 1) * sizeof(*f->signers));
	for (size_t i = 0; i < v->nsigs; i++)
		if (judge(v, &v->sigs[i]) < 0)
			return -1;
	if (judge_vouched(v) < 0)
		return -1;
	return f->nsigners == 0 && !v->w->allow_unsigned ? refuse_unsigned(v)
							 : 0;
}

/* A key that follows another may do so for other names alone. */
static void
keep_named(struct verifying *v)
{
	struct trust_found *f = v->out;
	size_t n = 0;

	for (size_t i = 0; i < f->nsigners; i++) {
		struct trust_signer s = f->signers[i];
		const struct lineage_key *k = lineage_find(&v->line, &s.key);

		if (s.other) {
			f->signers[n++] = s;
			continue;
		}
		if (!k) {
			f->nunknown++;
			continue;
		}
		if (k->depth > 0)
			sign_id(v->line.v[k->root].key.id, s.follows);
		f->signers[n++] = s;
	}
	f->nsigners = n;
}

int
judge_named(struct verifying *v, const struct subject *s)
{
	struct trust_found *f = v->out;

	find_keys(v, s);
	keep_named(v);
	if (f->nsigners == 0)
		return v->w->allow_unsigned ? 0 : refuse_unsigned(v);
	return v->w->policy ? scope_check(f, &v->line.asked, s, v->e) : 0;
}
