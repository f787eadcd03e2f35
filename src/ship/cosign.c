/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest signed as cosign does it, both ways: what cosign 2 verifies lies
 * under the tag sha256-HEX.sig, one layer for each signature; what cosign 3
 * verifies is a referrer, a Sigstore bundle.  Both are Ed25519 with the key of
 * the minisign signature, and the same each time: there is no clock in them.
 */
#include <string.h>

#include "bundle/bundle.h"
#include "ship/parts.h"
#include "tree/tree.h"

#define MAX_TEXT (64u << 10)
#define SIMPLE_TYPE "application/vnd.dev.cosign.simplesigning.v1+json"
#define SIMPLE_NOTE "dev.cosignproject.cosign/signature"
#define BUNDLE_TYPE "application/vnd.dev.sigstore.bundle.v0.3+json"
#define PREDICATE "https://sigstore.dev/cosign/sign/v1"
#define INTOTO_TYPE "application/vnd.in-toto+json"
#define IMAGE_CONFIG "application/vnd.oci.image.config.v1+json"
#define TRIES 5u

static struct str
json(struct arena *a, const struct tree *t)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_TEXT);

	tree_print_json(&b, t, 0);
	return arena_copy(a, buf_str(&b));
}

static struct str
base64(struct arena *a, struct str bytes)
{
	CLEANUP(buf_free) struct buf b = BUF(2 * MAX_TEXT);

	buf_add_base64(&b, bytes);
	return arena_copy(a, buf_str(&b));
}

static struct str
sign_text(struct arena *a, const struct sign_secret *key, struct str data)
{
	uint8_t sig[64];

	sign_plain(sig, key, data);
	return base64(a, (struct str){ (const char *)sig, sizeof(sig) });
}

/* The SHA-256 of the key as others write it: SubjectPublicKeyInfo (RFC 8410,
 * 4), which is 12 bytes that are always the same, and the key. */
static struct str
hint(struct arena *a, const struct sign_public *key)
{
	uint8_t spki[44] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65,
		0x70, 0x03, 0x21, 0x00 };
	struct digest d;

	memcpy(spki + 12, key->key, sizeof(key->key));
	d = sign_digest((struct str){ (const char *)spki, sizeof(spki) });
	return base64(a, (struct str){ (const char *)d.b, sizeof(d.b) });
}

/* ---- for cosign 3 ---- */

static struct str
statement(struct arena *a, const struct digest *subject)
{
	struct tree *t = tree_map(a), *list, *s;
	char hex[DIGEST_HEX];

	digest_hex(subject, hex);
	tree_put_text(a, t, "_type", STR("https://in-toto.io/Statement/v1"));
	list = tree_put(a, t, "subject", tree_list(a));
	s = tree_put(a, tree_add(a, list, tree_map(a)), "digest", tree_map(a));
	tree_put_text(a, s, "sha256", str_of(hex));
	tree_put_text(a, t, "predicateType", STR(PREDICATE));
	tree_put(a, t, "predicate", tree_map(a));
	return json(a, t);
}

/* What is signed: DSSE's encoding of the type and the statement. */
static struct str
encoding(struct arena *a, struct str body)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_TEXT);

	buf_addf(
	    &b, "DSSEv1 %zu %s %zu ", strlen(INTOTO_TYPE), INTOTO_TYPE, body.n);
	buf_add(&b, body);
	return arena_copy(a, buf_str(&b));
}

static struct str
sigstore_bundle(struct arena *a, const struct sign_secret *key,
    const struct digest *subject)
{
	struct str body = statement(a, subject);
	struct tree *t = tree_map(a), *m, *list;

	tree_put_text(a, t, "mediaType", STR(BUNDLE_TYPE));
	m = tree_put(a, t, "verificationMaterial", tree_map(a));
	m = tree_put(a, m, "publicKey", tree_map(a));
	tree_put_text(a, m, "hint", hint(a, sign_secret_public(key)));
	m = tree_put(a, t, "dsseEnvelope", tree_map(a));
	tree_put_text(a, m, "payload", base64(a, body));
	tree_put_text(a, m, "payloadType", STR(INTOTO_TYPE));
	list = tree_put(a, m, "signatures", tree_list(a));
	tree_put_text(a, tree_add(a, list, tree_map(a)), "sig",
	    sign_text(a, key, encoding(a, body)));
	return json(a, t);
}

static void
refer_bundle(struct parcel *p, const struct sign_secret *key)
{
	const struct oci_pair notes[] = {
		{ STR("dev.sigstore.bundle.content"), STR("dsse-envelope") },
		{ STR("dev.sigstore.bundle.predicateType"), STR(PREDICATE) },
	};
	const struct referrer r = { .type = BUNDLE_TYPE,
		.layer_type = BUNDLE_TYPE,
		.annotations = notes,
		.nannotations = COUNT(notes) };

	parcel_add_paper(p, &r, sigstore_bundle(p->a, key, &p->desc.digest));
}

/* ---- for cosign 2 ---- */

static struct str
payload(struct arena *a, struct str reference, const struct digest *subject)
{
	struct tree *t = tree_map(a), *c, *m;
	char text[OCI_DIGEST_TEXT];

	oci_digest_text(subject, text);
	c = tree_put(a, t, "critical", tree_map(a));
	m = tree_put(a, c, "identity", tree_map(a));
	tree_put_text(a, m, "docker-reference", reference);
	m = tree_put(a, c, "image", tree_map(a));
	tree_put_text(a, m, "docker-manifest-digest", str_of(text));
	tree_put_text(a, c, "type", STR("cosign container image signature"));
	tree_put(a, t, "optional", tree_new_null(a));
	return json(a, t);
}

void
cosign_make(struct parcel *p, const struct ship_push *push)
{
	struct cosign *c = arena_take(p->a, sizeof(*c));
	const struct oci_ref *r = &push->ref;
	struct str where = r->layout
	    ? bundle_directive(p->bundle)->identifier
	    : str_of(arena_printf(
		  p->a, STR_F "/" STR_F, STR_A(r->host), STR_A(r->name)));

	c->tag = oci_referrers_tag(p->a, &p->desc.digest, ".sig");
	c->payload.data = payload(p->a, where, &p->desc.digest);
	c->payload.desc = oci_desc_of(SIMPLE_TYPE, c->payload.data);
	c->config =
	    (struct blob){ oci_desc_of(IMAGE_CONFIG, OCI_EMPTY), OCI_EMPTY };
	c->note = (struct oci_pair){ STR(SIMPLE_NOTE),
		sign_text(p->a, push->key, c->payload.data) };
	p->cosign = c;
	refer_bundle(p, push->key);
}

/* Others' signatures stay as they are. */
static bool
is_ours(const struct cosign *c, const struct oci_desc *d)
{
	return digest_eq(&d->digest, &c->payload.desc.digest) &&
	    str_eq(oci_annotation(d->annotations, d->nannotations, SIMPLE_NOTE),
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
cosign_mark(struct cosign *c, const struct oci_task *t)
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
cosign_put(struct cosign *c, struct oci_repo *repo, uint64_t *sent,
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
		cosign_mark(c, &again);
	}
	return c->there ? 0
			: err_set(e, ERR_REMOTE,
			      "the signature under the tag '" STR_F
			      "' is not there after it was put there",
			      STR_A(c->tag));
}
