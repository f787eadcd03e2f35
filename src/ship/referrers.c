/* SPDX-License-Identifier: Apache-2.0 */
/* What refers to a bundle's manifest: signatures, and what was attested. */
#include <string.h>

#include "bundle/bundle.h"
#include "ship/parts.h"

#define SBOM_TYPE "application/vnd.cyclonedx+json"
#define INTOTO_TYPE "application/vnd.in-toto+json"
#define PREDICATE "in-toto.io/predicate-type"

struct kind {
	const char *entry, *type, *title, *predicate;
};

static const struct kind attested[] = {
	{ BUNDLE_SBOM, SBOM_TYPE, "sbom.cdx.json", NULL },
	{ BUNDLE_PROVENANCE, INTOTO_TYPE, "provenance.json",
	    "https://slsa.dev/provenance/v1" },
	{ BUNDLE_TESTS, INTOTO_TYPE, "test-result.json",
	    "https://in-toto.io/attestation/test-result/v0.1" },
};

void
parcel_add_paper(struct parcel *p, const struct referrer *r, struct str data)
{
	CLEANUP(buf_free) struct buf b = BUF(OCI_MAX_MANIFEST);
	struct oci_desc layer = oci_desc_of(r->layer_type, data);
	struct oci_pair title = { STR(OCI_TITLE), str_of(r->title) };
	struct oci_manifest m = { .media_type = STR(OCI_TYPE_MANIFEST),
		.artifact_type = str_of(r->type),
		.config = oci_desc_of(OCI_TYPE_EMPTY, OCI_EMPTY),
		.layers = &layer,
		.nlayers = 1,
		.has_subject = true,
		.subject = { .media_type = p->desc.media_type,
		    .digest = p->desc.digest,
		    .size = p->desc.size },
		.annotations = r->annotations,
		.nannotations = r->nannotations };
	struct paper *paper;

	if (r->inside) {
		layer.has_data = true;
		layer.data = data;
	}
	if (r->title) {
		layer.annotations = &title;
		layer.nannotations = 1;
	}
	oci_manifest_print(&b, &m);
	p->papers = arena_grow(
	    p->a, p->papers, p->npapers, &p->cappapers, sizeof(*p->papers));
	paper = &p->papers[p->npapers++];
	paper->artifact_type = r->type;
	paper->bytes = arena_copy(p->a, buf_str(&b));
	paper->desc = oci_desc_of(OCI_TYPE_MANIFEST, paper->bytes);
	paper->blob = (struct blob){ layer, data };
	paper->blob.desc.nannotations = 0;
}

/* ---- signatures ---- */

static int
refer_signature(
    struct parcel *p, struct str text, const char *name, struct err *e)
{
	const struct referrer r = { .type = SHIP_SIGNATURE,
		.layer_type = SHIP_MINISIG,
		.title = LAYER_BUNDLE ".minisig",
		.inside = true };

	for (struct str rest = text; rest.n > 0; p->nsignatures++) {
		struct sign_signature s;

		if (sign_signature_parse(&s, &rest, e) < 0)
			return err_wrap(e, "a signature of '%s'", name);
	}
	if (text.n > 0)
		parcel_add_paper(p, &r, text);
	return 0;
}

static bool
signed_by(struct str text, const struct sign_public *key)
{
	struct err ignored = ERR;
	struct sign_signature s;

	while (text.n > 0 && sign_signature_parse(&s, &text, &ignored) == 0)
		if (memcmp(s.id, key->id, sizeof(s.id)) == 0)
			return true;
	return false;
}

static int
sign(struct parcel *p, const struct ship_push *push, struct err *e)
{
	const struct directive *d = bundle_directive(p->bundle);
	CLEANUP(buf_free) struct buf comment = BUF(SIGN_MAX_COMMENT);
	CLEANUP(buf_free) struct buf text = BUF(BUNDLE_MAX_COMMENT);
	struct sign_sums sums = sign_sums(&p->whole, 1);
	struct sign_claim c = { .sha256 = sums.sha256,
		.size = sums.nbytes,
		.name = d->identifier,
		.version = d->app_version,
		.created = push->created_s,
		.role = push->role };

	sign_claim_text(&comment, &c);
	if (buf_over(&comment))
		return err_set(e, ERR_LIMIT,
		    "the app's name and version are too long to sign");
	if (sign_make(&text, push->key, &sums, buf_str(&comment), e) < 0)
		return -1;
	return refer_signature(
	    p, arena_copy(p->a, buf_str(&text)), push->name, e);
}

static int
refer_signatures(struct parcel *p, const struct ship_push *push, struct err *e)
{
	const struct sign_public *key =
	    push->key ? sign_secret_public(push->key) : NULL;
	bool is_signed = !key || signed_by(p->comment, key);

	if (refer_signature(p, p->comment, push->name, e) < 0)
		return -1;
	for (size_t i = 0; i < push->ndetached; i++) {
		is_signed = is_signed || signed_by(push->detached[i], key);
		if (refer_signature(p, push->detached[i], push->name, e) < 0)
			return -1;
	}
	return is_signed ? 0 : sign(p, push, e);
}

/* ---- what was attested ---- */

static void
refer_attested(struct parcel *p, const struct kind *k)
{
	struct oci_pair predicate = { STR(PREDICATE), str_of(k->predicate) };
	struct referrer r = { .type = k->type,
		.layer_type = k->type,
		.title = k->title,
		.annotations = &predicate,
		.nannotations = k->predicate ? 1 : 0 };
	struct str data;

	if (!bundle_find(p->bundle, str_of(k->entry), &data))
		return;
	parcel_add_paper(p, &r, data);
	p->nattestations++;
}

int
parcel_refer(struct parcel *p, const struct ship_push *push, struct err *e)
{
	if (refer_signatures(p, push, e) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(attested) && !push->no_attest; i++)
		refer_attested(p, &attested[i]);
	if (push->key)
		parcel_cosign_make(p, push);
	return 0;
}
