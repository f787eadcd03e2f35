/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching: the manifest says which layers, the layers make the bundle, its
 * digest says that it is the one that was sent, and its signatures who made it.
 */
#include <stdio.h>
#include <string.h>

#include "bundle/bundle.h"
#include "os/os.h"
#include "ship/want.h"

/* ---- what it is ---- */

static bool
is_module(const struct oci_manifest *m)
{
	return str_is(m->config.media_type, SHIP_WASM_CONFIG) &&
	    m->nlayers == 1 && str_is(m->layers[0].media_type, LAYER_WASM);
}

static bool
is_zip(const struct oci_desc *d)
{
	struct str title =
	    oci_annotation(d->annotations, d->nannotations, OCI_TITLE);

	return str_is(d->media_type, LAYER_ZIP) || str_ends(title, ".zip") ||
	    str_is(d->media_type, "application/vnd.suborbital.bundle+zip");
}

static int
no_bundle(const struct want *w, const char *why, struct err *e)
{
	(void)err_set(e, ERR_INPUT, "'" STR_F "' is no bundle: %s",
	    STR_A(w->pull->ref.text), why);
	return err_hint(e,
	    "'subo push' sends bundles; one layer of type " LAYER_ZIP
	    " is read too");
}

static int
classify(struct want *w, struct err *e)
{
	const struct oci_manifest *m = &w->manifest;

	if (m->index)
		return no_bundle(w, "it is an index of several artifacts", e);
	for (size_t i = 0; i < m->nlayers; i++)
		if (m->layers[i].foreign)
			return err_set(e, ERR_TRUST,
			    "'" STR_F "': a layer is said to lie somewhere "
			    "else; such are never fetched",
			    STR_A(w->pull->ref.text));
	w->out->module = is_module(m);
	w->exploded = str_is(m->config.media_type, SHIP_CONFIG) &&
	    str_is(oci_manifest_type(m), SHIP_TYPE);
	if (w->exploded && m->nlayers > 0 && m->nlayers <= SHIP_MAX_LAYERS + 1u)
		return 0;
	if (w->out->module || (m->nlayers == 1 && is_zip(&m->layers[0])))
		return 0;
	return no_bundle(w,
	    m->nlayers == 1 ? "its layer has another type"
			    : "its layers are not ours",
	    e);
}

/* ---- all of it ---- */

/* The signatures become its comment, as they were. */
static int
seal(struct want *w, struct err *e)
{
	CLEANUP(buf_free) struct buf comment = BUF(BUNDLE_MAX_COMMENT);
	struct buf *b = &w->whole;
	struct bundle_cut cut;

	if (bundle_cut(&cut, buf_str(b), e) < 0)
		return -1;
	want_comment(w, cut.comment, &comment);
	if (str_eq(buf_str(&comment), cut.comment)) {
		w->out->file = *b;
		*b = (struct buf)BUF(0);
		return 0;
	}
	w->out->file = (struct buf)BUF(SHIP_MAX_BYTES + BUNDLE_MAX_COMMENT);
	if (cut.comment.n > 0)
		return bundle_sealed(
		    &w->out->file, buf_str(b), buf_str(&comment), e);
	/* In place: it may be half a gigabyte. */
	w->out->file = *b;
	*b = (struct buf)BUF(0);
	b = &w->out->file;
	b->n -= 2;
	buf_addc(b, (char)(comment.n & 0xff));
	buf_addc(b, (char)(comment.n >> 8));
	buf_add(b, buf_str(&comment));
	return 0;
}

/* Is it what the manifest says it is?  Without the annotation nothing was said,
 * and the layers' own digests are all there is. */
static int
check_digest(struct want *w, const struct digest *have, struct err *e)
{
	const struct oci_manifest *m = &w->manifest;
	struct str said =
	    oci_annotation(m->annotations, m->nannotations, SHIP_DIGEST);
	struct digest want;

	if (said.n == 0 && !w->exploded)
		return 0;
	if (!oci_digest_parse(said, &want))
		return want_bad(
		    w, "its manifest does not say the bundle's digest", e);
	if (digest_eq(&want, have))
		return 0;
	return want_bad(w,
	    "the layers make another bundle than the one that was sent: its "
	    "digest differs",
	    e);
}

static int
verify(struct want *w, struct err *e)
{
	struct trust_found *f = &w->out->found;
	struct trust_want t = *w->pull->trust;
	const char *name = arena_cstr(w->a, w->pull->ref.text);
	struct str file = buf_str(&w->out->file);
	struct err ignored = ERR;
	struct digest have;

	if (want_vouch(w, &t, e) < 0)
		return -1;
	if (trust_verify(f, file, name, NULL, 0, &t, e) == 0) {
		w->out->bundle = f->sums.sha256;
		return check_digest(w, &f->sums.sha256, e);
	}
	/* Where the layers are not the bundle that was sent, no signature
	 * could hold. */
	if (bundle_unsigned_digest(&have, file, &ignored) == 0 &&
	    check_digest(w, &have, &ignored) < 0)
		*e = ignored;
	return -1;
}

/* Verify it, and write it meanwhile. */
static int
settle(
    struct want *w, int (*check)(struct want *w, struct err *e), struct err *e)
{
	CLEANUP(keep_drop) struct keep k = { .f = { .fd = -1 } };
	const char *path = NULL;

	if (w->pull->into)
		path = w->pull->into(w->pull->arg, w->out);
	if (path && keep_start(&k, path, buf_str(&w->out->file), e) < 0)
		return -1;
	if (check(w, e) < 0)
		return -1;
	w->out->unchanged = k.same;
	return path ? keep_place(&k, e) : 0;
}

/* While layers come, who signed it. */
static int
fetch(struct want *w, struct err *e)
{
	if (land_begin(w, e) < 0 || want_papers(w, e) < 0)
		return -1;
	if (want_signatures(w, e) < 0 || want_vouched(w, e) < 0)
		return -1;
	return land_end(w, e);
}

static int
pull_bundle(struct want *w, struct err *e)
{
	if (fetch(w, e) < 0 || seal(w, e) < 0)
		return -1;
	return settle(w, verify, e);
}

/* Signed as any file is. */
static int
verify_module(struct want *w, struct err *e)
{
	struct str *texts =
	    arena_take(w->a, (w->nsignatures + 1) * sizeof(*texts));
	struct trust_want t = *w->pull->trust;
	const struct trust_file f = { .data = buf_str(&w->out->file),
		.detached = texts,
		.ndetached = w->nsignatures,
		.anybodys = true,
		.name = oci_ref_last(&w->pull->ref) };

	for (size_t i = 0; i < w->nsignatures; i++)
		texts[i] = buf_str(&w->signatures[i]);
	if (want_vouch(w, &t, e) < 0)
		return -1;
	if (trust_verify_file(&w->out->found, &f, &t, e) < 0)
		return err_wrap(e, "'" STR_F "'", STR_A(w->pull->ref.text));
	return 0;
}

static int
pull_module(struct want *w, struct err *e)
{
	if (fetch(w, e) < 0)
		return -1;
	w->out->file = w->layers[0].own;
	w->layers[0].own = (struct buf)BUF(0);
	w->out->bundle = w->manifest.layers[0].digest;
	return settle(w, verify_module, e);
}

int
ship_pull(struct ship_pulled *out, struct oci *o, const struct ship_pull *pull,
    struct arena *a, struct err *e)
{
	CLEANUP(want_free)
	struct want w = {
		.out = out, .pull = pull, .a = a, .config = BUF(OCI_MAX_CONFIG)
	};

	*out = (struct ship_pulled){ 0 };
	if (oci_open(&w.repo, o, &pull->ref, OCI_PULL, e) < 0 ||
	    oci_get(w.repo, &pull->ref, &w.manifest, a, e) < 0)
		return -1;
	out->manifest = w.manifest.digest;
	out->document = w.manifest.bytes;
	if (classify(&w, e) < 0)
		return -1;
	return out->module ? pull_module(&w, e) : pull_bundle(&w, e);
}

void
ship_pulled_free(struct ship_pulled *p)
{
	buf_free(&p->file);
	trust_found_free(&p->found);
}
