/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signed the manifest in cosign's way.  Both places are looked at, and each
 * signature says for itself whether it counts: one of a stranger neither helps
 * nor hides ours.
 */
#include "bundle/bundle.h"
#include "ship/want.h"

#define PREDICATE "dev.sigstore.bundle.predicateType"

/* A payload under the tag, or a bundle: what is there to be checked. */
struct piece {
	struct str sig; /* of a payload */
	struct buf text;
};

struct vouching {
	struct want *w;
	struct piece *v;
	size_t n;
	struct oci_task *tasks;
	size_t ntasks;
	struct err *e;
};

static void
vouching_free(struct vouching *v)
{
	for (size_t i = 0; i < v->n; i++)
		buf_free(&v->v[i].text);
}

/* ---- what is asked for ---- */

/* Bundles hold statements of many kinds; where it is told which, those of
 * others need not be fetched, and are no signatures of the manifest. */
static bool
is_other_kind(const struct oci_pair *v, size_t n)
{
	struct str kind = oci_annotation(v, n, PREDICATE);

	return kind.n > 0 && !str_is(kind, COSIGN_PREDICATE);
}

bool
want_somebody(const struct want *w)
{
	size_t n;

	(void)trust_keys(&n, w->pull->trust, w->a);
	return n > 0 || w->pull->ncosign > 0 || !w->pull->trust->allow_unsigned;
}

void
want_bundle(struct want *w, const struct oci_desc *d)
{
	if (w->nbundles == SHIP_MAX_REFERRERS || d->size > WANT_MAX_PAPER ||
	    !str_is(d->artifact_type, COSIGN_BUNDLE) ||
	    is_other_kind(d->annotations, d->nannotations))
		return;
	w->bundles[w->nbundles++] = (struct oci_task){ .act = OCI_GET,
		.desc = *d,
		.has_digest = true,
		.optional = true,
		.arena = w->a };
}

static void
take(struct vouching *v, const struct oci_desc *d, struct str sig)
{
	struct piece *p = &v->v[v->n++];

	*p = (struct piece){ .sig = sig, .text = BUF(COSIGN_MAX_TEXT) };
	if (d->has_data)
		buf_add(&p->text, d->data);
	else
		v->tasks[v->ntasks++] = (struct oci_task){
			.act = OCI_FETCH, .desc = *d, .fd = -1, .into = &p->text
		};
}

static void
take_bundle(struct vouching *v, const struct oci_task *t)
{
	const struct oci_manifest *m = &t->manifest;
	struct want *w = v->w;

	if (t->found && is_other_kind(m->annotations, m->nannotations))
		return;
	if (t->found && !m->index && m->has_subject && m->nlayers == 1 &&
	    digest_eq(&m->subject.digest, &w->manifest.digest) &&
	    str_is(m->layers[0].media_type, COSIGN_BUNDLE) &&
	    !m->layers[0].foreign && m->layers[0].size <= COSIGN_MAX_TEXT)
		take(v, &m->layers[0], STR(""));
	else
		w->out->skipped++;
}

static void
take_payloads(struct vouching *v, const struct oci_manifest *m)
{
	for (size_t i = 0; i < m->nlayers; i++) {
		const struct oci_desc *d = &m->layers[i];
		struct str sig = oci_annotation(
		    d->annotations, d->nannotations, COSIGN_NOTE);

		if (i < SHIP_MAX_REFERRERS && sig.n > 0 && !d->foreign &&
		    str_is(d->media_type, COSIGN_PAYLOAD) &&
		    d->size <= COSIGN_MAX_TEXT)
			take(v, d, sig);
		else
			v->w->out->skipped++;
	}
}

/* ---- all of it ---- */

static int
check(struct vouching *v, const struct piece *p)
{
	struct want *w = v->w;

	if (evidence_add(&w->evidence, buf_str(&p->text), p->sig, v->e) == 0)
		return 0;
	if (v->e->kind != ERR_INPUT)
		return err_wrap(v->e, "'" STR_F "'", STR_A(w->pull->ref.text));
	/* Anybody may have put it there. */
	err_clear(v->e);
	w->out->skipped++;
	return 0;
}

/* A policy may ask for more than one who signed; else minisign's signature of
 * one who is expected is enough. */
static bool
needs_tag(const struct want *w)
{
	if (w->pull->trust->policy)
		return true;
	for (size_t i = 0; i < w->nsignatures; i++)
		if (want_expected(w, buf_str(&w->signatures[i])))
			return false;
	return true;
}

static int
ask(struct vouching *v)
{
	int rc =
	    v->ntasks > 0 ? oci_do(v->w->repo, v->tasks, v->ntasks, v->e) : 0;

	v->ntasks = 0;
	return rc;
}

static int
gather(struct vouching *v)
{
	struct want *w = v->w;
	struct oci_task *tag;

	for (size_t i = 0; i < w->nbundles; i++)
		take_bundle(v, &w->bundles[i]);
	if (!needs_tag(w))
		return ask(v);
	tag = &v->tasks[v->ntasks++];
	*tag = (struct oci_task){ .act = OCI_GET,
		.tag = oci_referrers_tag(w->a, &w->manifest.digest, ".sig"),
		.optional = true,
		.arena = w->a };
	if (ask(v) < 0)
		return -1;
	if (!tag->found || tag->manifest.index)
		return 0;
	/* Its memory is that of the next tasks. */
	const struct oci_manifest m = tag->manifest;

	take_payloads(v, &m);
	return ask(v);
}

int
want_vouched(struct want *w, struct err *e)
{
	const size_t most = 2 * SHIP_MAX_REFERRERS + 1;
	CLEANUP(vouching_free) struct vouching v = { .w = w, .e = e };

	if (!want_somebody(w))
		return 0;
	v.v = arena_take(w->a, most * sizeof(*v.v));
	v.tasks = arena_take(w->a, most * sizeof(*v.tasks));
	evidence_begin(&w->evidence, w->a, w->pull, &w->manifest.digest);
	if (gather(&v) < 0)
		return err_wrap(e, "the signatures in cosign's form");
	for (size_t i = 0; i < v.n; i++)
		if (check(&v, &v.v[i]) < 0)
			return -1;
	w->out->strangers = w->evidence.strangers;
	w->out->evidence = evidence_text(&w->evidence);
	return 0;
}

/* What the manifest that they signed says of the file. */
int
want_vouch(struct want *w, struct trust_want *t, struct err *e)
{
	const struct oci_manifest *m = &w->manifest;
	struct str said =
	    oci_annotation(m->annotations, m->nannotations, SHIP_DIGEST);
	struct digest d = m->layers[0].digest;
	bool any = w->evidence.nvouched > 0;

	if (any && !w->out->module && said.n > 0 && !oci_digest_parse(said, &d))
		return want_bad(
		    w, "its manifest does not say the bundle's digest", e);
	if (any && !w->out->module && said.n == 0 &&
	    bundle_unsigned_digest(&d, buf_str(&w->out->file), e) < 0)
		return -1;
	evidence_give(&w->evidence, t, &d);
	return 0;
}
