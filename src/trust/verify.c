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

/* ---- the archive, and its name ---- */

static int
check_names(const struct verifying *v, const struct directive *d)
{
	for (size_t i = 0; i < v->out->nsigners; i++) {
		const struct trust_signer *s = &v->out->signers[i];

		if (!s->has_claim)
			continue;
		if (!str_eq(s->claim.name, d->identifier))
			return judge_differs(v, "name");
		if (!str_eq(s->claim.version, d->app_version))
			return judge_differs(v, "version");
	}
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
	struct subject s;

	if (open_it(v) < 0)
		return -1;
	d = bundle_directive(f->bundle);
	s = (struct subject){ d->identifier, d->app_version, f->bundle };
	if (v->w->policy && policy_revokes(v->w->policy, &f->sums.sha256))
		return err_set(v->e, ERR_TRUST, "this bundle is revoked");
	if (check_names(v, d) < 0 || judge_named(v, &s) < 0)
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
	if (bundle_cut(&v->cut, v->file, v->e) < 0 ||
	    judge_take(v, v->cut.comment, "the signature in it") < 0 ||
	    judge_detached(v, detached, ndetached) < 0 || take_sums(v) < 0 ||
	    judge_all(v) < 0)
		return -1;
	return look_inside(v);
}

static int64_t
now_of(const struct trust_want *w)
{
	return w->now_s ? w->now_s : os_unix_ms() / 1000;
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
		.now_s = now_of(w),
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
		if (s->cosign)
			buf_addf(out, " (cosign)");
		if (s->follows[0] != '\0')
			buf_addf(out, ", which follows %s", s->follows);
	}
	if (f->nsigners == 0)
		buf_addf(out, "%s",
		    f->nunknown > 0 ? "signed by nobody who is known"
				    : "not signed");
}

/* ---- any file ---- */

static int
verify_file(struct verifying *v, const struct trust_file *f)
{
	const struct subject s = { .name = f->name, .version = f->version };
	struct trust_found *out = v->out;

	if (judge_detached(v, f->detached, f->ndetached) < 0)
		return -1;
	out->sums = sign_sums(&f->data, 1);
	if (judge_all(v) < 0)
		return -1;
	if (v->w->policy && policy_revokes(v->w->policy, &out->sums.sha256))
		return err_set(v->e, ERR_TRUST, "it is revoked");
	return judge_named(v, &s);
}

int
trust_verify_file(struct trust_found *out, const struct trust_file *f,
    const struct trust_want *w, struct err *e)
{
	struct verifying v = { .out = out,
		.w = w,
		.file = f->data,
		.anybodys = f->anybodys,
		.now_s = now_of(w),
		.e = e };

	memset(out, 0, sizeof(*out));
	out->arena = arena_new();
	if (verify_file(&v, f) == 0)
		return 0;
	trust_found_free(out);
	return -1;
}
