/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of a published function: minisign's, over the module's bytes, each
 * a referrer of its manifest.
 */
#include <inttypes.h>
#include <string.h>

#include "offer.h"
#include "ship/ship.h"

#define MAX_DOCUMENT (64u << 10)
#define MAX_MINISIG 4096u
#define OURS "subo-function/1"

/* What a trusted comment of ours says: the module under that name and version
 * and no other. */
static void
claim(struct buf *out, const struct pin *p)
{
	CLEANUP(buf_free) struct buf label = BUF(256);
	char hex[DIGEST_HEX];

	pin_label(p, &label);
	digest_hex(&p->module, hex);
	buf_addf(out,
	    OURS "\tsha256=%s\tsize=%" PRIu64 "\tname=%s\tversion=" STR_F, hex,
	    p->nbytes, buf_cstr(&label), STR_A(p->info.version));
}

/* ---- sending ---- */

static void
print_manifest(struct buf *out, const struct oci_desc *subject, struct str text)
{
	struct oci_desc layer = oci_desc_of(SHIP_MINISIG, text);
	struct oci_pair title = { STR(OCI_TITLE), STR("module.wasm.minisig") };
	struct oci_manifest m = { .media_type = STR(OCI_TYPE_MANIFEST),
		.artifact_type = STR(SHIP_SIGNATURE),
		.config = oci_desc_of(OCI_TYPE_EMPTY, OCI_EMPTY),
		.layers = &layer,
		.nlayers = 1,
		.has_subject = true,
		.subject = *subject };

	layer.annotations = &title;
	layer.nannotations = 1;
	oci_manifest_print(out, &m);
}

int
offer_sign(struct oci_repo *repo, const struct pin *p, struct str wasm,
    const struct oci_desc *subject, const struct sign_secret *key,
    struct err *e)
{
	CLEANUP(buf_free) struct buf comment = BUF(SIGN_MAX_COMMENT);
	CLEANUP(buf_free) struct buf text = BUF(MAX_MINISIG);
	CLEANUP(buf_free) struct buf manifest = BUF(MAX_DOCUMENT);
	struct sign_sums sums = sign_sums(&wasm, 1);

	claim(&comment, p);
	if (sign_make(&text, key, &sums, buf_str(&comment), e) < 0)
		return -1;
	struct oci_task tasks[] = {
		{ .act = OCI_SEND,
		    .desc = oci_desc_of(OCI_TYPE_EMPTY, OCI_EMPTY),
		    .data = OCI_EMPTY },
		{ .act = OCI_SEND,
		    .desc = oci_desc_of(SHIP_MINISIG, buf_str(&text)),
		    .data = buf_str(&text) },
	};

	print_manifest(&manifest, subject, buf_str(&text));
	if (oci_do(repo, tasks, COUNT(tasks), e) < 0)
		return -1;
	return oci_put(repo, buf_str(&manifest), OCI_TYPE_MANIFEST, NULL, 0, e);
}

/* ---- fetching ---- */

/* The text of one referrer, or nothing: what is no signature is passed over. */
static int
read_one(struct offer *o, struct oci_repo *repo, const struct oci_desc *d,
    struct str *out, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX_MINISIG);
	struct oci_task get = { .act = OCI_GET,
		.desc = *d,
		.has_digest = true,
		.optional = true,
		.arena = o->arena };

	*out = STR("");
	if (oci_do(repo, &get, 1, e) < 0)
		return -1;
	if (!get.found || get.manifest.nlayers != 1 ||
	    !str_is(get.manifest.layers[0].media_type, SHIP_MINISIG) ||
	    get.manifest.layers[0].size > MAX_MINISIG)
		return 0;
	if (oci_read(repo, &get.manifest.layers[0], &text, e) < 0)
		return -1;
	*out = arena_copy(o->arena, buf_str(&text));
	return 0;
}

static int
read_all(struct offer *o, struct oci_repo *repo,
    struct str v[TRUST_MAX_SIGNATURES], size_t *n, struct err *e)
{
	struct oci_referrers refs = { 0 };

	*n = 0;
	if (oci_referrers(
		repo, &o->pin.manifest, SHIP_SIGNATURE, &refs, o->arena, e) < 0)
		return -1;
	for (size_t i = 0; i < refs.n && *n < TRUST_MAX_SIGNATURES; i++) {
		if (read_one(o, repo, &refs.v[i], &v[*n], e) < 0)
			return -1;
		*n += v[*n].n > 0;
	}
	return 0;
}

/* ---- verifying ---- */

struct str
offer_key_text(struct arena *a, const struct sign_public *key)
{
	CLEANUP(buf_free) struct buf file = BUF(SIGN_MAX_FILE);
	struct str rest, comment;

	sign_public_text(&file, key);
	rest = buf_str(&file);
	str_cut(&rest, '\n', &comment);
	return arena_copy(a, str_trim(rest));
}

static int
check_claim(const struct offer *o, const struct trust_signer *s, struct err *e)
{
	CLEANUP(buf_free) struct buf want = BUF(SIGN_MAX_COMMENT);

	/* One that somebody signed as a file says nothing more. */
	if (!str_starts(s->comment, "subo-"))
		return 0;
	claim(&want, &o->pin);
	if (str_eq(s->comment, buf_str(&want)))
		return 0;
	err_set(e, ERR_TRUST,
	    "'" STR_F "' was signed by %s as something else: " STR_F,
	    STR_A(o->pin.reference), s->id, STR_A(s->comment));
	return err_hint(e,
	    "whoever has the registry may have moved it; ask "
	    "who published it");
}

/* Does it say that it is of a key that is trusted?  Then it must hold. */
static bool
is_known(struct str text, const struct trust_want *w)
{
	struct sign_signature s;
	struct err ignored = ERR;

	if (sign_signature_parse(&s, &text, &ignored) < 0)
		return false;
	for (size_t i = 0; i < w->nkeys; i++)
		if (memcmp(s.id, w->keys[i].id, sizeof(s.id)) == 0)
			return true;
	return false;
}

static int
refuse(const struct offer *o, size_t n, struct err *e)
{
	err_set(e, ERR_TRUST, "'" STR_F "' %s", STR_A(o->pin.reference),
	    n == 0 ? "is not signed"
		   : "is signed, but by no key that is trusted here");
	return err_hint(e,
	    "give the publisher's key with --key FILE; or take "
	    "it as it is, this time, with --allow-unsigned");
}

int
offer_verify(struct offer *o, struct oci_repo *repo, const struct trust_want *w,
    struct err *e)
{
	struct str v[TRUST_MAX_SIGNATURES], *keys;
	struct trust_signer who;
	struct err why = ERR;
	size_t n;

	if (read_all(o, repo, v, &n, e) < 0)
		return -1;
	keys = arena_take(o->arena, (n + 1) * sizeof(*keys));
	for (size_t i = 0; i < n; i++) {
		err_clear(&why);
		if (trust_verify_file(&who, buf_str(&o->wasm), &v[i], 1,
			w->keys, w->nkeys, &why) < 0) {
			if (!is_known(v[i], w))
				continue;
			*e = why;
			return err_wrap(
			    e, "'" STR_F "'", STR_A(o->pin.reference));
		}
		if (check_claim(o, &who, e) < 0)
			return -1;
		keys[o->pin.signers.n++] = offer_key_text(o->arena, &who.key);
	}
	o->pin.signers.v = keys;
	pin_sort(&o->pin.signers);
	return o->pin.signers.n > 0 || w->allow_unsigned ? 0 : refuse(o, n, e);
}
