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
    struct str v[SHIP_MAX_REFERRERS], size_t *n, struct err *e)
{
	struct oci_referrers refs = { 0 };

	*n = 0;
	if (oci_referrers(
		repo, &o->pin.manifest, SHIP_SIGNATURE, &refs, o->arena, e) < 0)
		return -1;
	for (size_t i = 0; i < refs.n && *n < SHIP_MAX_REFERRERS; i++) {
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

static int
check_signers(struct offer *o, const struct trust_found *f, struct err *e)
{
	struct strs *s = &o->pin.signers;

	s->v = arena_take(o->arena, (f->nsigners + 1) * sizeof(*s->v));
	for (size_t i = 0; i < f->nsigners; i++) {
		if (check_claim(o, &f->signers[i], e) < 0)
			return -1;
		s->v[s->n++] = offer_key_text(o->arena, &f->signers[i].key);
	}
	pin_sort(s);
	return 0;
}

static int
refuse(const struct offer *o, struct err *e)
{
	if (str_starts(str_of(e->hint), "--"))
		(void)err_hint(e,
		    "give the publisher's key with --key FILE; or take "
		    "it as it is, this time, with --allow-unsigned");
	return err_wrap(e, "'" STR_F "'", STR_A(o->pin.reference));
}

int
offer_verify(struct offer *o, struct oci_repo *repo, const struct trust_want *w,
    struct err *e)
{
	CLEANUP(buf_free) struct buf label = BUF(256);
	struct str v[SHIP_MAX_REFERRERS];
	struct trust_file f = { .data = buf_str(&o->wasm),
		.detached = v,
		.anybodys = true,
		.version = o->pin.info.version };
	struct trust_found found;
	int rc;

	if (read_all(o, repo, v, &f.ndetached, e) < 0)
		return -1;
	pin_label(&o->pin, &label);
	f.name = buf_str(&label);
	if (trust_verify_file(&found, &f, w, e) < 0)
		return refuse(o, e);
	rc = check_signers(o, &found, e);
	trust_found_free(&found);
	return rc;
}
