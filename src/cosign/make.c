/* SPDX-License-Identifier: Apache-2.0 */
/* Both forms are the same each time: there is no clock in them. */
#include <string.h>

#include "cosign/forms.h"
#include "tree/tree.h"

static struct str
json(struct arena *a, const struct tree *t)
{
	CLEANUP(buf_free) struct buf b = BUF(COSIGN_MAX_TEXT);

	tree_print_json(&b, t, 0);
	return arena_copy(a, buf_str(&b));
}

static struct str
base64(struct arena *a, struct str bytes)
{
	CLEANUP(buf_free) struct buf b = BUF(2 * COSIGN_MAX_TEXT);

	buf_add_base64(&b, bytes);
	return arena_copy(a, buf_str(&b));
}

struct str
cosign_sign(struct arena *a, const struct sign_secret *s, struct str payload)
{
	uint8_t sig[64];

	sign_plain(sig, s, payload);
	return base64(a, (struct str){ (const char *)sig, sizeof(sig) });
}

/* ---- for cosign 2 ---- */

struct str
cosign_payload(
    struct arena *a, struct str reference, const struct digest *manifest)
{
	struct tree *t = tree_map(a), *c, *m;
	char hex[DIGEST_HEX];

	digest_hex(manifest, hex);
	c = tree_put(a, t, "critical", tree_map(a));
	m = tree_put(a, c, "identity", tree_map(a));
	tree_put_text(a, m, "docker-reference", reference);
	m = tree_put(a, c, "image", tree_map(a));
	tree_put_text(a, m, "docker-manifest-digest",
	    str_of(arena_printf(a, "sha256:%s", hex)));
	tree_put_text(a, c, "type", STR(FORM_PAYLOAD));
	tree_put(a, t, "optional", tree_new_null(a));
	return json(a, t);
}

/* ---- for cosign 3 ---- */

static struct str
statement(struct arena *a, const struct digest *manifest)
{
	struct tree *t = tree_map(a), *list, *s;
	char hex[DIGEST_HEX];

	digest_hex(manifest, hex);
	tree_put_text(a, t, "_type", STR(FORM_STATEMENT));
	list = tree_put(a, t, "subject", tree_list(a));
	s = tree_put(a, tree_add(a, list, tree_map(a)), "digest", tree_map(a));
	tree_put_text(a, s, "sha256", str_of(hex));
	tree_put_text(a, t, "predicateType", STR(COSIGN_PREDICATE));
	tree_put(a, t, "predicate", tree_map(a));
	return json(a, t);
}

void
form_encoding(struct buf *out, struct str body)
{
	buf_addf(out, "DSSEv1 %zu %s %zu ", strlen(FORM_INTOTO), FORM_INTOTO,
	    body.n);
	buf_add(out, body);
}

struct str
cosign_bundle(
    struct arena *a, const struct sign_secret *s, const struct digest *manifest)
{
	CLEANUP(buf_free) struct buf signed_ = BUF(2 * COSIGN_MAX_TEXT);
	struct cosign_key key = cosign_key_of(sign_secret_public(s));
	struct digest hint = cosign_key_digest(&key);
	struct str body = statement(a, manifest);
	struct tree *t = tree_map(a), *m, *list;

	form_encoding(&signed_, body);
	tree_put_text(a, t, "mediaType", STR(COSIGN_BUNDLE));
	m = tree_put(a, t, "verificationMaterial", tree_map(a));
	m = tree_put(a, m, "publicKey", tree_map(a));
	tree_put_text(a, m, "hint",
	    base64(a, (struct str){ (const char *)hint.b, sizeof(hint.b) }));
	m = tree_put(a, t, "dsseEnvelope", tree_map(a));
	tree_put_text(a, m, "payload", base64(a, body));
	tree_put_text(a, m, "payloadType", STR(FORM_INTOTO));
	list = tree_put(a, m, "signatures", tree_list(a));
	tree_put_text(a, tree_add(a, list, tree_map(a)), "sig",
	    cosign_sign(a, s, buf_str(&signed_)));
	return json(a, t);
}
