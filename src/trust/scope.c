/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy asks of a name: who, how many, in which role, which version. */
#include <string.h>

#include "trust/policy.h"

struct scoping {
	const struct trust_found *f;
	const struct asked *asked;
	const struct subject *s; /* NULL: it is a policy */
	const struct policy_scope *scope;
	struct lineage line; /* from the keys that the scope names */
	struct err *e;
};

static bool
has_role(const struct policy_scope *sc, const struct trust_signer *s)
{
	return sc->any_role || (s->has_claim && sc->roles[s->claim.role]);
}

/* What of the signers counts. */
struct count {
	unsigned keys; /* that follow one another are one */
	unsigned same; /* and were left out for that */
	unsigned wrong_role, wrong_form;
};

static struct count
count(const struct scoping *c)
{
	bool *seen = arena_take(c->f->arena, c->line.n + 1);
	struct count n = { 0 };

	for (size_t i = 0; i < c->f->nsigners; i++) {
		const struct trust_signer *s = &c->f->signers[i];
		const struct lineage_key *k = lineage_find(&c->line, &s->key);

		if (!k || s->other)
			continue;
		if (c->scope->minisign && s->cosign) {
			n.wrong_form++;
			continue;
		}
		if (!has_role(c->scope, s))
			n.wrong_role++;
		else if (seen[k->group])
			n.same++;
		else
			n.keys++;
		if (has_role(c->scope, s))
			seen[k->group] = true;
	}
	return n;
}

static int
check_keys(struct scoping *c)
{
	CLEANUP(buf_free) struct buf why = BUF(1200);
	struct count n = count(c);

	if (n.keys >= c->scope->threshold)
		return 0;
	if (n.wrong_role > 0)
		buf_addf(&why, ", and others in a role it does not take");
	if (n.wrong_form > 0)
		buf_addf(&why, ", and others not in minisign's form");
	if (n.same > 0)
		buf_addf(&why, "; keys that follow one another count as one");
	for (size_t i = 0; i < c->f->nsigners; i++)
		if (!lineage_find(&c->line, &c->f->signers[i].key))
			lineage_why(&why, &c->line, &c->f->signers[i].key);
	return err_set(c->e, ERR_TRUST, "%u of %u keys that %s signed it%s",
	    n.keys, c->scope->threshold,
	    c->s ? "the policy asks for" : "are its roots", buf_cstr(&why));
}

static int
check_version(const struct scoping *c)
{
	struct str have = c->s->version, want = c->scope->min_version;

	if (want.n == 0 || trust_version_cmp(have, want) >= 0)
		return 0;
	if (have.n == 0)
		return err_set(c->e, ERR_TRUST,
		    "the policy asks for version " STR_F
		    " or above, and it does not tell its own",
		    STR_A(want));
	return err_set(c->e, ERR_TRUST,
	    "its version " STR_F " is below the policy's " STR_F, STR_A(have),
	    STR_A(want));
}

static int
check_provenance(const struct scoping *c)
{
	if (!c->scope->provenance)
		return 0;
	if (c->s->bundle)
		return provenance_check(c->s->bundle, c->e);
	return err_set(c->e, ERR_TRUST,
	    "the policy asks for provenance, and only bundles have that");
}

/* Keys of the command line are for any name. */
static int
check_unscoped(struct scoping *c)
{
	const struct trust_want *w = c->asked->want;

	for (size_t i = 0; i < w->nkeys; i++)
		lineage_add(&c->line, &w->keys[i]);
	lineage_walk(&c->line);
	for (size_t i = 0; i < c->f->nsigners; i++)
		if (c->f->signers[i].other ||
		    lineage_find(&c->line, &c->f->signers[i].key))
			return 0;
	if (c->s->name.n == 0)
		return err_set(c->e, ERR_TRUST,
		    "no scope of the policy is for what has no name");
	return err_set(c->e, ERR_TRUST,
	    "no scope of the policy has the name " STR_F, STR_A(c->s->name));
}

int
scope_check(const struct trust_found *f, const struct asked *q,
    const struct subject *s, struct err *e)
{
	struct scoping c = { .f = f,
		.asked = q,
		.s = s,
		.scope = policy_scope(q->want->policy, s->name),
		.e = e };

	lineage_begin(&c.line, f->arena, q);
	if (!c.scope)
		return check_unscoped(&c);
	for (size_t i = 0; i < c.scope->nkeys; i++)
		lineage_add(&c.line, &c.scope->keys[i]->key);
	lineage_walk(&c.line);
	if (check_keys(&c) < 0 || check_version(&c) < 0)
		return -1;
	return check_provenance(&c);
}

int
scope_check_root(const struct trust_found *f, const struct asked *q,
    unsigned threshold, struct err *e)
{
	const struct policy_scope all = { .threshold = threshold,
		.any_role = true };
	struct scoping c = { .f = f, .asked = q, .scope = &all, .e = e };

	lineage_begin(&c.line, f->arena, q);
	for (size_t i = 0; i < q->want->nkeys; i++)
		lineage_add(&c.line, &q->want->keys[i]);
	lineage_walk(&c.line);
	return check_keys(&c);
}
