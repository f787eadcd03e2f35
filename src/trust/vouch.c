/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signed in another form than minisign's.  That what they signed is this
 * file is checked here, that they did so by whoever asks.
 */
#include <string.h>

#include "trust/policy.h"

const struct sign_public *
trust_keys(size_t *n, const struct trust_want *w, struct arena *a)
{
	size_t most = w->nkeys + w->nrotations;
	const struct sign_rotation *r;
	struct sign_public *v;

	if (w->policy)
		most += w->policy->nkeys + w->policy->nrotations;
	v = arena_take(a, (most + 1) * sizeof(*v));
	*n = 0;
	for (size_t i = 0; i < w->nkeys; i++)
		v[(*n)++] = w->keys[i];
	for (size_t i = 0; w->policy && i < w->policy->nkeys; i++)
		v[(*n)++] = w->policy->keys[i].key;
	for (size_t i = 0; (r = rotation_at(w, i)) != NULL; i++)
		v[(*n)++] = r->next;
	return v;
}

static bool
is_there(const struct trust_found *f, const struct trust_signer *s)
{
	for (size_t i = 0; i < f->nsigners; i++) {
		const struct trust_signer *o = &f->signers[i];

		if (o->other == s->other &&
		    (s->other ? strcmp(o->id, s->id) == 0
			      : sign_public_eq(&o->key, &s->key)))
			return true;
	}
	return false;
}

static int
add(struct verifying *v, const struct trust_vouched *b)
{
	struct trust_found *f = v->out;
	struct trust_signer s = { .cosign = true, .comment = STR("") };
	const struct lineage_key *k = NULL;

	if (!digest_eq(&b->sha256, &f->sums.sha256))
		return judge_differs(v, "digest");
	if (b->key)
		k = lineage_find(&v->line, b->key);
	if (b->key && !k) {
		f->nunknown++;
		return 0;
	}
	if (k) {
		s.key = k->key;
		sign_id(s.key.id, s.id);
		if (lineage_revoked(&v->line, &s.key))
			return err_set(
			    v->e, ERR_TRUST, "key %s is revoked", s.id);
	} else {
		s.other = true;
		(void)snprintf(s.id, sizeof(s.id), "%s", b->other);
	}
	if (!is_there(f, &s))
		f->signers[f->nsigners++] = s;
	return 0;
}

int
judge_vouched(struct verifying *v)
{
	v->out->nunknown += v->w->nstrangers;
	for (size_t i = 0; i < v->w->nvouched; i++)
		if (add(v, &v->w->vouched[i]) < 0)
			return -1;
	return 0;
}
