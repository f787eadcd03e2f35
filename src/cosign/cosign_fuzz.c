/* SPDX-License-Identifier: Apache-2.0 */
/* Key files, payloads and bundles in cosign's forms, from whoever. */
#include <assert.h>
#include <string.h>

#include "cosign/forms.h"
#include "tree/tree.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
public_key(struct str text)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	struct cosign_key k, again;
	struct err e = ERR;

	if (cosign_key_parse(&k, text, &e) < 0) {
		assert(e.kind == ERR_INPUT && e.text[0] != '\0');
		return;
	}
	cosign_key_text(&b, &k);
	assert(cosign_key_parse(&again, buf_str(&b), &e) == 0);
	assert(cosign_key_eq(&k, &again));
}

/* Only what is refused before any time goes into the password, or else it
 * would take all of it. */
static void
secret_key(struct str text)
{
	struct sign_secret *s = NULL;
	struct err e = ERR;
	size_t at;

	if (str_find(text, STR("ciphertext"), &at) ||
	    str_find(text, STR("Y2lwaGVydGV4d"), &at) ||
	    cosign_secret_parse(&s, text, STR("x"), &e) == 0)
		sign_secret_free(&s);
}

/* A bundle in which s signed text as its statement. */
static struct str
signed_bundle(struct arena *a, const struct sign_secret *s, struct str text)
{
	CLEANUP(buf_free) struct buf b = BUF(4 * COSIGN_MAX_TEXT);
	CLEANUP(buf_free) struct buf body = BUF(4 * COSIGN_MAX_TEXT);
	struct tree *t = tree_map(a), *m, *list;

	form_encoding(&b, text);
	buf_add_base64(&body, text);
	tree_put_text(a, t, "mediaType", STR(COSIGN_BUNDLE));
	m = tree_put(a, t, "dsseEnvelope", tree_map(a));
	tree_put_text(a, m, "payload", buf_str(&body));
	tree_put_text(a, m, "payloadType", STR(FORM_INTOTO));
	list = tree_put(a, m, "signatures", tree_list(a));
	tree_put_text(a, tree_add(a, list, tree_map(a)), "sig",
	    cosign_sign(a, s, buf_str(&b)));
	buf_clear(&b);
	tree_print_json(&b, t, 0);
	return arena_copy(a, buf_str(&b));
}

static void
forms(struct str text)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	const uint8_t seed[32] = { 7 }, id[8] = { 1 };
	CLEANUP(sign_secret_free) struct sign_secret *s = NULL;
	const struct cosign_key *by;
	struct cosign_key k;
	struct cosign_want w = {
		.manifest = sign_digest(STR("m")), .keys = &k, .nkeys = 1
	};
	struct err e = ERR;

	assert(sign_secret_from_seed(&s, id, seed, &e) == 0);
	k = cosign_key_of(sign_secret_public(s));
	if (cosign_check_bundle(&by, text, &w, &e) < 0)
		assert(e.kind == ERR_INPUT || e.kind == ERR_TRUST);
	e = (struct err)ERR;
	assert(cosign_check_payload(&by, text, STR("AAAA"), &w, &e) == 0);
	assert(!by);
	/* And as if we had signed it: what is behind the signature. */
	if (cosign_check_payload(&by, text, cosign_sign(a, s, text), &w, &e) <
	    0)
		assert(e.kind == ERR_TRUST && by);
	e = (struct err)ERR;
	if (cosign_check_bundle(&by, signed_bundle(a, s, text), &w, &e) < 0)
		assert(e.kind == (by ? ERR_TRUST : ERR_INPUT));
	else
		assert(by);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct str text = { (const char *)data, n };

	public_key(text);
	secret_key(text);
	forms(text);
	return 0;
}
