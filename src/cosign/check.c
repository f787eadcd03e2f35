/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures first; what they are over is read only when one holds. */
#include <string.h>

#include "cosign/forms.h"
#include "tree/tree.h"

#define MAX_SIGNATURE 128u /* bytes; of P-256 72 */

/* cosign 3 takes Ed25519 as it is, and makes Ed25519ph of it. */
static bool
holds_25519(struct str signature, struct str data, const uint8_t *public)
{
	const uint8_t *s = (const uint8_t *)signature.p;

	return signature.n == 64 &&
	    (sign_plain_holds(s, data, public) ||
		sign_hashed_holds(s, data, public));
}

static const struct cosign_key *
signer(struct str data, struct str signature, const struct cosign_want *w)
{
	for (size_t i = 0; i < w->nkeys; i++) {
		const struct cosign_key *k = &w->keys[i];

		if (k->p256 ? sign_p256_holds(signature, data, k->bytes)
			    : holds_25519(signature, data, k->bytes))
			return k;
	}
	return NULL;
}

static int
not_so(struct err *e, const char *what)
{
	return err_set(e, ERR_TRUST,
	    "a trusted key signed something else in cosign's way: %s", what);
}

/* ---- a payload ---- */

static int
check_payload(struct str text, const struct digest *manifest, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	const struct tree *critical;
	struct err why = ERR;
	struct str said;
	struct digest d;
	struct tree *t;

	if (tree_parse_json_strict(&t, a, text, &why) < 0)
		return not_so(e, why.text);
	critical = tree_get(t, "critical");
	if (!str_is(tree_text(critical, "type"), FORM_PAYLOAD))
		return not_so(e, "its type is not '" FORM_PAYLOAD "'");
	said = tree_text(tree_get(critical, "image"), "docker-manifest-digest");
	if (!str_starts(said, "sha256:") ||
	    !digest_parse(str_from(said, strlen("sha256:")), &d) ||
	    !digest_eq(&d, manifest))
		return not_so(e, "another manifest");
	return 0;
}

int
cosign_check_payload(const struct cosign_key **by, struct str payload,
    struct str signature, const struct cosign_want *w, struct err *e)
{
	CLEANUP(buf_free) struct buf sig = BUF(MAX_SIGNATURE);

	*by = NULL;
	if (payload.n > COSIGN_MAX_TEXT || !buf_add_unbase64(&sig, signature))
		return 0;
	*by = signer(payload, buf_str(&sig), w);
	return *by ? check_payload(payload, &w->manifest, e) : 0;
}

/* ---- a bundle ---- */

/* DSSE allows either alphabet of base64, in one text one. */
static bool
unbase64(struct buf *out, struct str text)
{
	CLEANUP(buf_free) struct buf b = BUF(2 * COSIGN_MAX_TEXT);
	bool plain = false, for_urls = false;

	buf_add(&b, text);
	for (size_t i = 0; i < b.n; i++) {
		plain = plain || b.p[i] == '+' || b.p[i] == '/';
		for_urls = for_urls || b.p[i] == '-' || b.p[i] == '_';
		if (b.p[i] == '-')
			b.p[i] = '+';
		else if (b.p[i] == '_')
			b.p[i] = '/';
	}
	return !(plain && for_urls) && text.n > 0 && !buf_over(&b) &&
	    buf_add_unbase64(out, buf_str(&b));
}

static int
check_statement(struct str text, const struct digest *manifest, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	const struct tree *subject;
	struct err why = ERR;
	struct digest d;
	struct tree *t;

	if (tree_parse_json_strict(&t, a, text, &why) < 0)
		return not_so(e, why.text);
	if (!str_is(tree_text(t, "_type"), FORM_STATEMENT) ||
	    !str_is(tree_text(t, "predicateType"), COSIGN_PREDICATE))
		return not_so(e, "a statement of another type");
	subject = tree_get(t, "subject");
	if (!subject || subject->kind != TREE_LIST || subject->nitems != 1)
		return not_so(e, "its statement has not exactly one subject");
	if (!digest_parse(
		tree_text(tree_get(subject->items[0], "digest"), "sha256"),
		&d) ||
	    !digest_eq(&d, manifest))
		return not_so(e, "another manifest");
	return 0;
}

static int
no_bundle(struct err *e, const char *why)
{
	return err_set(e, ERR_INPUT, "it is no Sigstore bundle: %s", why);
}

static int
read_envelope(struct buf *body, struct buf *sig, struct str text, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	const struct tree *dsse, *list;
	struct err why = ERR;
	struct tree *t;

	if (text.n > COSIGN_MAX_TEXT)
		return no_bundle(e, "it is too large");
	if (tree_parse_json_strict(&t, a, text, &why) < 0)
		return no_bundle(e, why.text);
	if (!str_is(tree_text(t, "mediaType"), COSIGN_BUNDLE))
		return no_bundle(e, "its mediaType is not " COSIGN_BUNDLE);
	dsse = tree_get(t, "dsseEnvelope");
	list = tree_get(dsse, "signatures");
	if (!str_is(tree_text(dsse, "payloadType"), FORM_INTOTO))
		return no_bundle(e, "its payloadType is not " FORM_INTOTO);
	if (!list || list->kind != TREE_LIST || list->nitems != 1)
		return no_bundle(e, "it has not exactly one signature");
	if (!unbase64(body, tree_text(dsse, "payload")) ||
	    !unbase64(sig, tree_text(list->items[0], "sig")))
		return no_bundle(e, "its payload or signature is no base64");
	return 0;
}

int
cosign_check_bundle(const struct cosign_key **by, struct str text,
    const struct cosign_want *w, struct err *e)
{
	CLEANUP(buf_free) struct buf body = BUF(COSIGN_MAX_TEXT);
	CLEANUP(buf_free) struct buf sig = BUF(MAX_SIGNATURE);
	CLEANUP(buf_free) struct buf signed_ = BUF(2 * COSIGN_MAX_TEXT);

	*by = NULL;
	if (read_envelope(&body, &sig, text, e) < 0)
		return -1;
	form_encoding(&signed_, buf_str(&body));
	*by = signer(buf_str(&signed_), buf_str(&sig), w);
	return *by ? check_statement(buf_str(&body), &w->manifest, e) : 0;
}
