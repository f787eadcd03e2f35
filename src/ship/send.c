/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending a parcel.  One round asks what the tags stand for now, and what
 * refers to the manifest: when all is there, that was all.  Otherwise the blobs
 * go, then the manifest under its digest, then its referrers, and its tags
 * last: whoever follows a tag finds something whole, with its signatures.
 */
#include "ship/parts.h"

struct round {
	struct parcel *p;
	struct ship_pushed *out;
	struct oci_repo *repo;
	struct str tags[SHIP_MAX_TAGS];
	size_t ntags;
	struct oci_task asked[SHIP_MAX_TAGS + 2];
	struct oci_task *sends;
	size_t nsends, capsends;
};

/* ---- tags ---- */

static bool
has_tag(const struct round *r, struct str tag)
{
	for (size_t i = 0; i < r->ntags; i++)
		if (str_eq(r->tags[i], tag))
			return true;
	return false;
}

static int
add_tag(struct round *r, struct str tag, struct err *e)
{
	if (!oci_tag_ok(tag)) {
		(void)err_set(
		    e, ERR_USAGE, "'" STR_F "' cannot be a tag", STR_A(tag));
		return err_hint(
		    e, "letters, digits, '_', '.' and '-', at most 128");
	}
	if (has_tag(r, tag))
		return 0;
	if (r->ntags == SHIP_MAX_TAGS)
		return err_set(
		    e, ERR_LIMIT, "more than %u tags", SHIP_MAX_TAGS);
	r->tags[r->ntags++] = tag;
	return 0;
}

static int
take_tags(struct round *r, const struct ship_push *push, struct err *e)
{
	if (push->ref.has_digest) {
		(void)err_set(e, ERR_USAGE,
		    "'" STR_F "': a digest cannot be chosen",
		    STR_A(push->ref.text));
		return err_hint(e, "leave '@sha256:...' away");
	}
	if (push->ref.tag.n > 0 || push->ntags == 0)
		if (add_tag(r,
			push->ref.tag.n > 0 ? push->ref.tag : STR("latest"),
			e) < 0)
			return -1;
	for (size_t i = 0; i < push->ntags; i++)
		if (add_tag(r, push->tags[i], e) < 0)
			return -1;
	return 0;
}

static const struct str *
copy_tags(const struct round *r)
{
	struct str *v = arena_take(r->p->a, (r->ntags + 1) * sizeof(*v));

	for (size_t i = 0; i < r->ntags; i++)
		v[i] = r->tags[i];
	return v;
}

/* ---- what is there ---- */

static void
mark(struct parcel *p, const struct oci_desc *v, size_t n)
{
	for (size_t i = 0; i < p->npapers; i++)
		for (size_t k = 0; k < n && !p->papers[i].there; k++)
			p->papers[i].there =
			    digest_eq(&v[k].digest, &p->papers[i].desc.digest);
}

static bool
all_papers(const struct parcel *p)
{
	for (size_t i = 0; i < p->npapers; i++)
		if (!p->papers[i].there)
			return false;
	return true;
}

/* Drop the tags that stand for it already. */
static void
keep_other_tags(struct round *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->ntags; i++)
		if (!r->asked[i].found ||
		    !digest_eq(
			&r->asked[i].manifest.digest, &r->p->desc.digest))
			r->tags[n++] = r->tags[i];
	r->ntags = n;
}

/* Where the registry keeps no lists, the index under the tag tells it all. */
static size_t
ask_for_papers(struct round *r, size_t n)
{
	struct parcel *p = r->p;

	if (p->npapers > 0)
		r->asked[n++] = (struct oci_task){ .act = OCI_GET,
			.tag = oci_referrers_tag(p->a, &p->desc.digest, ""),
			.optional = true,
			.arena = p->a };
	if (p->cosign)
		r->asked[n++] = (struct oci_task){ .act = OCI_GET,
			.tag = p->cosign->tag,
			.optional = true,
			.arena = p->a };
	return n;
}

static int
look_at_papers(struct round *r, size_t n, bool there, struct err *e)
{
	struct parcel *p = r->p;
	struct oci_referrers found;

	if (p->npapers > 0 && r->asked[n].found)
		mark(p, r->asked[n].manifest.layers,
		    r->asked[n].manifest.nlayers);
	if (p->cosign)
		parcel_cosign_mark(p->cosign, &r->asked[n + 1]);
	if (!there || all_papers(p))
		return 0;
	if (oci_referrers(r->repo, &p->desc.digest, NULL, &found, p->a, e) < 0)
		return -1;
	mark(p, found.v, found.n);
	return 0;
}

static int
ask(struct round *r, struct err *e)
{
	struct parcel *p = r->p;
	size_t n = r->ntags;
	bool there = false;

	for (size_t i = 0; i < n; i++)
		r->asked[i] = (struct oci_task){ .act = OCI_GET,
			.tag = r->tags[i],
			.optional = true,
			.arena = p->a };
	if (oci_do(r->repo, r->asked, ask_for_papers(r, n), e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		there |= r->asked[i].found &&
		    digest_eq(&r->asked[i].manifest.digest, &p->desc.digest);
	keep_other_tags(r);
	if (look_at_papers(r, n, there, e) < 0)
		return -1;
	r->out->unchanged = there && r->ntags == 0 && all_papers(p) &&
	    (!p->cosign || p->cosign->there);
	return 0;
}

/* ---- blobs ---- */

/* What a manifest that a tag stood for has is there. */
static bool
known(const struct round *r, size_t nasked, const struct digest *d)
{
	for (size_t i = 0; i < r->nsends; i++)
		if (digest_eq(&r->sends[i].desc.digest, d))
			return true;
	for (size_t i = 0; i < nasked; i++) {
		const struct oci_manifest *m = &r->asked[i].manifest;

		if (!r->asked[i].found || m->index)
			continue;
		if (digest_eq(&m->config.digest, d))
			return true;
		for (size_t k = 0; k < m->nlayers; k++)
			if (digest_eq(&m->layers[k].digest, d))
				return true;
	}
	return false;
}

static void
add_send(struct round *r, size_t nasked, const struct blob *b)
{
	if (known(r, nasked, &b->desc.digest))
		return;
	r->sends = arena_grow(
	    r->p->a, r->sends, r->nsends, &r->capsends, sizeof(*r->sends));
	r->sends[r->nsends++] = (struct oci_task){
		.act = OCI_SEND, .desc = b->desc, .data = b->data, .fd = -1
	};
}

static int
send_blobs(struct round *r, size_t nasked, struct err *e)
{
	const struct blob empty = { oci_desc_of(OCI_TYPE_EMPTY, OCI_EMPTY),
		OCI_EMPTY };
	struct parcel *p = r->p;

	for (size_t i = 0; i < p->nblobs; i++)
		add_send(r, nasked, &p->blobs[i]);
	for (size_t i = 0; i < p->npapers; i++)
		if (!p->papers[i].there) {
			add_send(r, nasked, &empty);
			add_send(r, nasked, &p->papers[i].blob);
		}
	if (p->cosign && !p->cosign->there) {
		add_send(r, nasked, &p->cosign->config);
		add_send(r, nasked, &p->cosign->payload);
	}
	if (r->nsends > 0 && oci_do(r->repo, r->sends, r->nsends, e) < 0)
		return -1;
	for (size_t i = 0; i < r->nsends; i++) {
		r->out->sent += r->sends[i].moved;
		for (size_t k = 1; k < p->nblobs && !r->sends[i].found; k++)
			r->out->layers_sent += digest_eq(
			    &r->sends[i].desc.digest, &p->blobs[k].desc.digest);
	}
	return 0;
}

/* ---- manifests ---- */

static int
put(struct round *r, struct str bytes, const struct str *tags, size_t ntags,
    struct err *e)
{
	r->out->sent += bytes.n * (ntags > 1 ? ntags : 1);
	return oci_put(r->repo, bytes, OCI_TYPE_MANIFEST, tags, ntags, e);
}

static int
put_all(struct round *r, struct err *e)
{
	struct parcel *p = r->p;
	bool first = !all_papers(p) || (p->cosign && !p->cosign->there);

	if (first && put(r, p->manifest, NULL, 0, e) < 0)
		return -1;
	for (size_t i = 0; i < p->npapers; i++)
		if (!p->papers[i].there &&
		    put(r, p->papers[i].bytes, NULL, 0, e) < 0)
			return -1;
	if (p->cosign &&
	    parcel_cosign_put(p->cosign, r->repo, &r->out->sent, p->a, e) < 0)
		return -1;
	return r->ntags == 0 ? 0 : put(r, p->manifest, r->tags, r->ntags, e);
}

static void
tell(struct ship_pushed *out, const struct parcel *p)
{
	out->manifest = p->desc.digest;
	out->layers = p->nblobs - 1;
	out->cosign = p->cosign != NULL;
	for (size_t i = 1; i < p->nblobs; i++)
		out->size += p->blobs[i].desc.size;
}

int
parcel_send(struct parcel *p, struct ship_pushed *out, struct oci *o,
    const struct ship_push *push, struct err *e)
{
	CLEANUP(oci_close) struct oci_repo *repo = NULL;
	struct round *r = arena_take(p->a, sizeof(*r));
	size_t nasked;

	*r = (struct round){ .p = p, .out = out };
	tell(out, p);
	if (take_tags(r, push, e) < 0 ||
	    oci_open(&repo, o, &push->ref, OCI_PUSH, e) < 0)
		return -1;
	r->repo = repo;
	nasked = r->ntags;
	out->tags = copy_tags(r);
	out->ntags = r->ntags;
	if (ask(r, e) < 0)
		return -1;
	if (out->unchanged)
		return 0;
	if (send_blobs(r, nasked, e) < 0)
		return -1;
	return put_all(r, e);
}
