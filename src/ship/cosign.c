/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest signed as cosign does it, both ways: what cosign 2 verifies lies
 * under the tag sha256-HEX.sig, one layer for each signature; what cosign 3
 * verifies is a referrer, a Sigstore bundle.  Both are Ed25519 with the key of
 * the minisign signature, and the same each time: there is no clock in them.
 */
#include "cosign/cosign.h"
#include "bundle/bundle.h"
#include "ship/parts.h"

#define IMAGE_CONFIG "application/vnd.oci.image.config.v1+json"
#define TRIES 5u

/* ---- for cosign 3 ---- */

static void
refer_bundle(struct parcel *p, const struct sign_secret *key)
{
	const struct oci_pair notes[] = {
		{ STR("dev.sigstore.bundle.content"), STR("dsse-envelope") },
		{ STR("dev.sigstore.bundle.predicateType"),
		    STR(COSIGN_PREDICATE) },
	};
	const struct referrer r = { .type = COSIGN_BUNDLE,
		.layer_type = COSIGN_BUNDLE,
		.annotations = notes,
		.nannotations = COUNT(notes) };

	parcel_add_paper(p, &r, cosign_bundle(p->a, key, &p->desc.digest));
}

/* ---- for cosign 2 ---- */

void
parcel_cosign_make(struct parcel *p, const struct ship_push *push)
{
	struct cosign *c = arena_take(p->a, sizeof(*c));
	const struct oci_ref *r = &push->ref;
	struct str where = r->layout
	    ? bundle_directive(p->bundle)->identifier
	    : str_of(arena_printf(
		  p->a, STR_F "/" STR_F, STR_A(r->host), STR_A(r->name)));

	c->tag = oci_referrers_tag(p->a, &p->desc.digest, ".sig");
	c->payload.data = cosign_payload(p->a, where, &p->desc.digest);
	c->payload.desc = oci_desc_of(COSIGN_PAYLOAD, c->payload.data);
	c->config =
	    (struct blob){ oci_desc_of(IMAGE_CONFIG, OCI_EMPTY), OCI_EMPTY };
	c->note = (struct oci_pair){ STR(COSIGN_NOTE),
		cosign_sign(p->a, push->key, c->payload.data) };
	p->cosign = c;
	refer_bundle(p, push->key);
}

/* Others' signatures stay as they are. */
static bool
is_ours(const struct cosign *c, const struct oci_desc *d)
{
	return digest_eq(&d->digest, &c->payload.desc.digest) &&
	    str_eq(oci_annotation(d->annotations, d->nannotations, COSIGN_NOTE),
		c->note.value);
}

static bool
lists(const struct cosign *c, const struct oci_manifest *m)
{
	for (size_t i = 0; i < m->nlayers; i++)
		if (is_ours(c, &m->layers[i]))
			return true;
	return false;
}

void
parcel_cosign_mark(struct cosign *c, const struct oci_task *t)
{
	c->found = t->found && !t->manifest.index;
	c->old = t->manifest;
	c->there = c->found && lists(c, &c->old);
}

static struct str
with_ours(struct arena *a, const struct cosign *c)
{
	CLEANUP(buf_free) struct buf b = BUF(OCI_MAX_MANIFEST);
	struct oci_manifest m = { .media_type = STR(OCI_TYPE_MANIFEST),
		.config = c->config.desc };
	struct oci_desc *v;

	if (c->found)
		m = c->old;
	v = arena_take(a, (m.nlayers + 1) * sizeof(*v));
	for (size_t i = 0; i < m.nlayers; i++)
		v[i] = m.layers[i];
	v[m.nlayers] = c->payload.desc;
	v[m.nlayers].annotations = &c->note;
	v[m.nlayers].nannotations = 1;
	m.layers = v;
	m.nlayers++;
	oci_manifest_print(&b, &m);
	return arena_copy(a, buf_str(&b));
}

/* Two who sign at a time may each overwrite the other: read it again. */
int
parcel_cosign_put(struct cosign *c, struct oci_repo *repo, uint64_t *sent,
    struct arena *a, struct err *e)
{
	for (unsigned i = 0; i < TRIES && !c->there; i++) {
		struct str bytes = with_ours(a, c);
		struct oci_task again = { .act = OCI_GET,
			.tag = c->tag,
			.optional = true,
			.arena = a };

		if (oci_put(repo, bytes, OCI_TYPE_MANIFEST, &c->tag, 1, e) <
			0 ||
		    oci_do(repo, &again, 1, e) < 0)
			return -1;
		*sent += bytes.n;
		parcel_cosign_mark(c, &again);
	}
	return c->there ? 0
			: err_set(e, ERR_REMOTE,
			      "the signature under the tag '" STR_F
			      "' is not there after it was put there",
			      STR_A(c->tag));
}
