/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles that were fetched before, in a folder: DIR/HEX.wasm.zip, and beside
 * it DIR/HEX.json, the manifest that HEX is the digest of and that names the
 * bundle's own.  So what is found there is what was asked for, whoever wrote
 * it.  DIR/HEX.cosign.json holds what was signed of the manifest.
 */
#include <stdio.h>
#include <string.h>

#include "bundle/bundle.h"
#include "os/os.h"
#include "ship/evidence.h"
#include "ship/parts.h"

#define ENDING ".wasm.zip"

struct kept {
	char *zip, *json, *cosign;
};

static struct kept
places(struct arena *a, const char *dir, const struct digest *manifest)
{
	char hex[DIGEST_HEX];

	digest_hex(manifest, hex);
	return (struct kept){ arena_printf(a, "%s/%s" ENDING, dir, hex),
		arena_printf(a, "%s/%s.json", dir, hex),
		arena_printf(a, "%s/%s.cosign.json", dir, hex) };
}

/* What the manifest says of the bundle.  False: nothing that can be held to. */
static bool
said(const struct kept *k, const struct digest *manifest, struct digest *out)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf b = BUF(OCI_MAX_MANIFEST);
	struct err ignored = ERR;
	struct oci_manifest m;

	if (os_read(&b, k->json, &ignored) < 0 ||
	    oci_manifest_parse(&m, a, buf_str(&b), STR(""), &ignored) < 0)
		return false;
	return digest_eq(&m.digest, manifest) &&
	    oci_digest_parse(
		oci_annotation(m.annotations, m.nannotations, SHIP_DIGEST),
		out);
}

static void
vouch(struct trust_want *t, const struct kept *k, const struct digest *manifest,
    const struct ship_pull *p, struct arena *a)
{
	CLEANUP(buf_free) struct buf b = BUF(EVIDENCE_MAX);
	struct err ignored = ERR;
	struct digest d = { { 0 } };
	struct evidence v;

	evidence_begin(&v, a, p, manifest);
	if (said(k, manifest, &d) && os_read(&b, k->cosign, &ignored) == 0)
		evidence_read(&v, buf_str(&b));
	evidence_give(&v, t, &d);
}

void
ship_kept(struct trust_want *t, const char *path, const struct ship_pull *p,
    struct arena *a)
{
	const char *slash = strrchr(path, '/');
	struct str hex = str_of(slash ? slash + 1 : path);
	struct digest manifest;
	struct kept k;

	t->nvouched = 0;
	t->nstrangers = 0;
	hex.n = str_ends(hex, ENDING) ? hex.n - strlen(ENDING) : 0;
	if (!slash || !digest_parse(hex, &manifest))
		return;
	k = places(a,
	    arena_cstr(a, (struct str){ path, (size_t)(slash - path) }),
	    &manifest);
	vouch(t, &k, &manifest, p, a);
}

/* False: it has to be fetched.  So too when its signatures are not enough:
 * there may be others by now. */
static bool
take(struct ship_pulled *out, const struct kept *k,
    const struct digest *manifest, const struct ship_pull *p, struct arena *a)
{
	struct trust_want t = *p->trust;
	struct err ignored = ERR;
	struct digest want;

	*out = (struct ship_pulled){ .manifest = *manifest,
		.file = BUF(SHIP_MAX_BYTES + BUNDLE_MAX_COMMENT) };
	vouch(&t, k, manifest, p, a);
	if (said(k, manifest, &want) &&
	    os_read(&out->file, k->zip, &ignored) == 0 &&
	    trust_verify(&out->found, buf_str(&out->file), k->zip, NULL, 0, &t,
		&ignored) == 0 &&
	    digest_eq(&want, &out->found.sums.sha256)) {
		out->bundle = want;
		return true;
	}
	ship_pulled_free(out);
	return false;
}

/* The manifest first: without it the bundle is not believed. */
struct keeping {
	const struct kept *k;
	int rc;
	struct err *e;
};

static const char *
keep(void *arg, const struct ship_pulled *p)
{
	struct keeping *g = arg;

	if (p->module)
		return NULL;
	g->rc = os_replace(g->k->json, p->document, 0600, g->e);
	return g->rc < 0 ? NULL : g->k->zip;
}

/* Only where it was needed: what it vouches for is less than the file, which
 * may have signatures of its own. */
static int
keep_evidence(const struct ship_pulled *p, const struct kept *k, struct err *e)
{
	for (size_t i = 0; i < p->found.nsigners; i++)
		if (p->found.signers[i].cosign)
			return os_replace(k->cosign, p->evidence, 0600, e);
	return 0;
}

static int
which(struct digest *out, struct oci *o, const struct ship_pull *p,
    struct arena *a, struct err *e)
{
	CLEANUP(oci_close) struct oci_repo *repo = NULL;
	struct oci_desc d;

	*out = p->ref.digest;
	if (p->ref.has_digest)
		return 0;
	if (oci_open(&repo, o, &p->ref, OCI_PULL, e) < 0 ||
	    oci_resolve(repo, &p->ref, &d, a, e) < 0)
		return -1;
	*out = d.digest;
	return 0;
}

int
ship_fetch(struct ship_pulled *out, struct buf *path, struct oci *o,
    const struct ship_pull *p, const char *dir, struct arena *a, struct err *e)
{
	struct ship_pull pinned = *p;
	struct digest manifest;
	struct keeping g;
	struct kept k;

	*out = (struct ship_pulled){ 0 };
	if (os_private_dir(dir, e) < 0 || which(&manifest, o, p, a, e) < 0)
		return -1;
	k = places(a, dir, &manifest);
	buf_addf(path, "%s", k.zip);
	if (take(out, &k, &manifest, p, a))
		return 0;
	g = (struct keeping){ .k = &k, .e = e };
	pinned.into = keep;
	pinned.arg = &g;
	pinned.ref.has_digest = true;
	pinned.ref.digest = manifest;
	if (ship_pull(out, o, &pinned, a, e) < 0 || g.rc < 0)
		return -1;
	if (out->module)
		return err_set(e, ERR_INPUT,
		    "'" STR_F "' is a single module, not a bundle",
		    STR_A(p->ref.text));
	return keep_evidence(out, &k, e);
}
