/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one function that says who made a bundle.  In this order: the end record
 * and its comment, both hashes in one pass, signatures, comments, and only then
 * the archive, its Directive and modules, and the policy for its name.
 */
#include <inttypes.h>
#include <string.h>

#include "os/os.h"
#include "trust/policy.h"

struct verifying {
	struct trust_found *out;
	const struct trust_want *w;
	const char *name;
	int64_t now_s;
	struct str file;
	struct bundle_cut cut;
	struct sign_signature sigs[TRUST_MAX_SIGNATURES];
	size_t nsigs;
	struct err *e;
};

/* ---- signatures ---- */

static int
take_signatures(struct verifying *v, struct str text, const char *where)
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

static int
take_all(struct verifying *v, const struct str *detached, size_t ndetached)
{
	if (take_signatures(v, v->cut.comment, "the signature in it") < 0)
		return -1;
	for (size_t i = 0; i < ndetached; i++) {
		if (detached[i].n == 0)
			return err_set(
			    v->e, ERR_INPUT, "a detached signature is empty");
		if (take_signatures(v, detached[i], "the detached signature") <
		    0)
			return -1;
	}
	return 0;
}

/* The key with this number, or NULL.  n counts through all that are known. */
static const struct sign_public *
known_key(const struct verifying *v, size_t n)
{
	const struct trust_policy *p = v->w->policy;

	if (n < v->w->nkeys)
		return &v->w->keys[n];
	n -= v->w->nkeys;
	return p && n < p->nkeys ? &p->keys[n].key : NULL;
}

static struct trust_signer *
signer_with(const struct trust_found *f, const struct sign_public *key)
{
	for (size_t i = 0; i < f->nsigners; i++)
		if (sign_public_eq(&f->signers[i].key, key))
			return &f->signers[i];
	return NULL;
}

static int
claim_differs(const struct verifying *v, const char *what)
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
		return claim_differs(v, "digest");
	if (s->claim.size != f->sums.nbytes)
		return claim_differs(v, "size");
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
	if (v->w->policy && policy_revokes_key(v->w->policy, key))
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
	const struct sign_public *key;
	char id[SIGN_ID];
	bool meant = false;

	for (size_t i = 0; (key = known_key(v, i)) != NULL; i++) {
		if (sign_holds(sig, key, &v->out->sums))
			return add_signer(v, key, sig);
		meant = meant || memcmp(key->id, sig->id, sizeof(sig->id)) == 0;
	}
	if (!meant) {
		v->out->nunknown++;
		return 0;
	}
	sign_id(sig->id, id);
	(void)err_set(
	    v->e, ERR_TRUST, "the signature of key %s does not hold", id);
	return err_hint(
	    v->e, "the bundle or its signature was changed: get it again");
}

/* ---- nobody who is known ---- */

static int
refuse_unsigned(const struct verifying *v)
{
	CLEANUP(buf_free) struct buf ids = BUF(400);
	char id[SIGN_ID];
	size_t at;

	if (v->nsigs == 0) {
		(void)err_set(v->e, ERR_TRUST, "nobody signed it");
		return err_hint(
		    v->e, "--allow-unsigned, if that is as it should be");
	}
	for (size_t i = 0; i < v->nsigs; i++) {
		sign_id(v->sigs[i].id, id);
		if (!str_find(buf_str(&ids), str_of(id), &at))
			buf_addf(&ids, "%s%s", ids.n > 0 ? ", " : "", id);
	}
	(void)err_set(v->e, ERR_TRUST,
	    "it is signed by key %s, and that is not one that is trusted",
	    buf_cstr(&ids));
	return err_hint(v->e,
	    "--key NAME.pub, the key of who made it, which "
	    "they gave you by another way");
}

/* ---- the archive, and its name ---- */

static int
check_names(const struct verifying *v, const struct directive *d)
{
	for (size_t i = 0; i < v->out->nsigners; i++) {
		const struct trust_signer *s = &v->out->signers[i];

		if (!s->has_claim)
			continue;
		if (!str_eq(s->claim.name, d->identifier))
			return claim_differs(v, "name");
		if (!str_eq(s->claim.version, d->app_version))
			return claim_differs(v, "version");
	}
	return 0;
}

static bool
has_role(const struct policy_scope *sc, const struct trust_signer *s)
{
	return sc->any_role || (s->has_claim && sc->roles[s->claim.role]);
}

static int
check_scope(const struct verifying *v, const struct directive *d)
{
	const struct policy_scope *sc =
	    policy_scope(v->w->policy, d->identifier);
	unsigned n = 0, wrong_role = 0;

	if (!sc) {
		/* Keys of the command line are for any name. */
		for (size_t i = 0; i < v->w->nkeys; i++)
			if (signer_with(v->out, &v->w->keys[i]))
				return 0;
		return err_set(v->e, ERR_TRUST,
		    "no scope of the policy has the name " STR_F,
		    STR_A(d->identifier));
	}
	for (size_t i = 0; i < sc->nkeys; i++) {
		const struct trust_signer *s =
		    signer_with(v->out, &sc->keys[i]->key);

		if (s && has_role(sc, s))
			n++;
		else if (s)
			wrong_role++;
	}
	if (n < sc->threshold)
		return err_set(v->e, ERR_TRUST,
		    "%u of %u keys that the policy asks for signed it%s", n,
		    sc->threshold,
		    wrong_role > 0 ? ", and others in a role it does not take"
				   : "");
	if (sc->min_version.n > 0 &&
	    trust_version_cmp(d->app_version, sc->min_version) < 0)
		return err_set(v->e, ERR_TRUST,
		    "its version " STR_F " is below the policy's " STR_F,
		    STR_A(d->app_version), STR_A(sc->min_version));
	return 0;
}

/* What ran here before was not older, nor signed when this is not. */
static int
check_memory(const struct verifying *v, const struct directive *d)
{
	bool is_signed = v->out->nsigners > 0;
	struct seen s, now = { .known = true };
	struct str version;

	if (memory_get(&s, v->w->memory, d->identifier, v->e) < 0)
		return -1;
	version = str_of(s.version);
	if (s.was_signed && !is_signed && !v->w->allow_downgrade) {
		(void)err_set(v->e, ERR_TRUST,
		    STR_F " was signed before, and is not now",
		    STR_A(d->identifier));
		return err_hint(v->e, "--allow-downgrade, if that is meant");
	}
	if (s.known && trust_version_cmp(d->app_version, version) < 0 &&
	    !v->w->allow_downgrade) {
		(void)err_set(v->e, ERR_TRUST,
		    "its version " STR_F " is below " STR_F
		    ", which was seen here",
		    STR_A(d->app_version), STR_A(version));
		return err_hint(v->e, "--allow-downgrade, to go back");
	}
	if (s.known && s.was_signed == is_signed &&
	    str_eq(version, d->app_version))
		return 0;
	now.was_signed = is_signed;
	(void)snprintf(
	    now.version, sizeof(now.version), STR_F, STR_A(d->app_version));
	return memory_put(v->w->memory, d->identifier, &now, v->e);
}

static int
open_it(struct verifying *v)
{
	CLEANUP(buf_free) struct buf copy = BUF(SIZE_MAX / 2);
	struct trust_found *f = v->out;
	struct bundle_how how = { .digest = &f->sums.sha256,
		.level = f->nsigners > 0 ? BUNDLE_STRICT : BUNDLE_TOLERANT,
		.dir = v->w->notes };

	if (v->w->look)
		return bundle_look(
		    &f->bundle, v->file, v->name, how.level, how.digest, v->e);
	if (v->w->owned) {
		copy = *v->w->owned;
		*v->w->owned = (struct buf)BUF(copy.max);
	} else {
		buf_add(&copy, v->file);
	}
	return bundle_open_noted(&f->bundle, &copy, v->name, &how, v->e);
}

static int
look_inside(struct verifying *v)
{
	struct trust_found *f = v->out;
	const struct directive *d;

	if (open_it(v) < 0)
		return -1;
	d = bundle_directive(f->bundle);
	if (v->w->policy && policy_revokes(v->w->policy, &f->sums.sha256))
		return err_set(v->e, ERR_TRUST, "this bundle is revoked");
	if (check_names(v, d) < 0)
		return -1;
	if (v->w->policy && f->nsigners > 0 && check_scope(v, d) < 0)
		return -1;
	return check_memory(v, d);
}

static int
take_sums(struct verifying *v)
{
	const struct str pieces[] = { v->cut.head, { "\0", 2 } };
	struct sign_sums *sums = &v->out->sums;

	if (v->nsigs > 0) {
		*sums = sign_sums(pieces, COUNT(pieces));
		return 0;
	}
	/* Nothing is signed: the other hash says nothing. */
	*sums = (struct sign_sums){ .nbytes = v->cut.head.n + 2 };
	return bundle_unsigned_digest(&sums->sha256, v->file, v->e);
}

static int
verify(struct verifying *v, const struct str *detached, size_t ndetached)
{
	struct trust_found *f = v->out;

	if (bundle_cut(&v->cut, v->file, v->e) < 0 ||
	    take_all(v, detached, ndetached) < 0 || take_sums(v) < 0)
		return -1;
	f->signers = arena_take(f->arena, (v->nsigs + 1) * sizeof(*f->signers));
	for (size_t i = 0; i < v->nsigs; i++)
		if (judge(v, &v->sigs[i]) < 0)
			return -1;
	if (f->nsigners == 0 && !v->w->allow_unsigned)
		return refuse_unsigned(v);
	return look_inside(v);
}

int
trust_verify(struct trust_found *out, struct str file, const char *name,
    const struct str *detached, size_t ndetached, const struct trust_want *w,
    struct err *e)
{
	struct verifying v = { .out = out,
		.w = w,
		.name = name,
		.file = file,
		.now_s = w->now_s ? w->now_s : os_unix_ms() / 1000,
		.e = e };

	memset(out, 0, sizeof(*out));
	out->arena = arena_new();
	if (verify(&v, detached, ndetached) == 0) {
		if (w->look)
			bundle_free(&out->bundle);
		return 0;
	}
	trust_found_free(out);
	return err_wrap(e, "'%s'", name);
}

void
trust_found_free(struct trust_found *f)
{
	bundle_free(&f->bundle);
	arena_free(&f->arena);
	memset(f, 0, sizeof(*f));
}

void
trust_found_text(struct buf *out, const struct trust_found *f)
{
	for (size_t i = 0; i < f->nsigners; i++) {
		const struct trust_signer *s = &f->signers[i];

		buf_addf(out, "%s%s", i == 0 ? "signed by " : ", ", s->id);
		if (s->has_claim)
			buf_addf(out, " (%s)", sign_role_name(s->claim.role));
	}
	if (f->nsigners == 0)
		buf_addf(out, "%s",
		    f->nunknown > 0 ? "signed by nobody who is known"
				    : "not signed");
}

/* ---- any file ---- */

static int
judge_file(struct trust_signer *out, struct str text,
    const struct sign_public *keys, size_t nkeys, const struct sign_sums *sums,
    struct err *e)
{
	struct sign_signature s;

	while (text.n > 0) {
		if (sign_signature_parse(&s, &text, e) < 0)
			return -1;
		for (size_t i = 0; i < nkeys; i++) {
			if (!sign_holds(&s, &keys[i], sums))
				continue;
			memset(out, 0, sizeof(*out));
			out->key = keys[i];
			sign_id(keys[i].id, out->id);
			out->comment = s.comment;
			return 1;
		}
	}
	return 0;
}

int
trust_verify_file(struct trust_signer *out, struct str file,
    const struct str *detached, size_t ndetached,
    const struct sign_public *keys, size_t nkeys, struct err *e)
{
	struct sign_sums sums = sign_sums(&file, 1);

	for (size_t i = 0; i < ndetached; i++) {
		int rc = judge_file(out, detached[i], keys, nkeys, &sums, e);

		if (rc != 0)
			return rc < 0 ? -1 : 0;
	}
	return err_set(e, ERR_TRUST,
	    "no signature of a key that was given "
	    "holds for these bytes");
}
