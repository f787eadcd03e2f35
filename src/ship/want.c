/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures among the referrers of a manifest.  Anybody who may write to the
 * repository can add some, so what is none, or too many, is passed over:
 * whether those that remain are enough is not decided here.
 */
#include "ship/want.h"
#include "bundle/bundle.h"

#define MAX_TEXT BUNDLE_MAX_COMMENT

/* ---- fetching ---- */

static void
choose_papers(struct want *w, const struct oci_referrers *found)
{
	bool somebody = want_somebody(w);

	for (size_t i = 0; i < found->n && w->npapers < SHIP_MAX_REFERRERS; i++)
		if (str_is(found->v[i].artifact_type, SHIP_SIGNATURE) &&
		    found->v[i].size <= WANT_MAX_PAPER)
			w->papers[w->npapers++] =
			    (struct oci_task){ .act = OCI_GET,
				    .desc = found->v[i],
				    .has_digest = true,
				    .optional = true,
				    .arena = w->a };
	w->bundles = &w->papers[w->npapers];
	for (size_t i = 0; i < found->n && somebody; i++)
		want_bundle(w, &found->v[i]);
}

int
want_papers(struct want *w, struct err *e)
{
	struct oci_referrers found;

	if (oci_referrers(w->repo, &w->manifest.digest, NULL, &found, w->a, e) <
	    0)
		return err_wrap(e, "the signatures");
	w->out->skipped = found.skipped;
	w->papers =
	    arena_take(w->a, 2 * SHIP_MAX_REFERRERS * sizeof(*w->papers));
	choose_papers(w, &found);
	if (w->npapers + w->nbundles == 0)
		return 0;
	return oci_do(w->repo, w->papers, w->npapers + w->nbundles, e);
}

static bool
is_signature(const struct want *w, const struct oci_task *t)
{
	const struct oci_manifest *m = &t->manifest;

	return t->found && !m->index && m->has_subject &&
	    digest_eq(&m->subject.digest, &w->manifest.digest) &&
	    str_is(oci_manifest_type(m), SHIP_SIGNATURE) && m->nlayers == 1 &&
	    str_is(m->layers[0].media_type, SHIP_MINISIG) &&
	    m->layers[0].size <= MAX_TEXT && !m->layers[0].foreign;
}

/* Ours stand in the manifest too, which saves asking for them. */
int
want_signatures(struct want *w, struct err *e)
{
	struct oci_task *t = arena_take(w->a, (w->npapers + 1) * sizeof(*t));
	size_t n = 0;

	w->signatures =
	    arena_take(w->a, (w->npapers + 1) * sizeof(*w->signatures));
	for (size_t i = 0; i < w->npapers; i++) {
		const struct oci_desc *d = w->papers[i].manifest.layers;
		struct buf *text = &w->signatures[w->nsignatures];

		if (!is_signature(w, &w->papers[i])) {
			w->out->skipped++;
			continue;
		}
		*text = (struct buf)BUF(MAX_TEXT);
		w->nsignatures++;
		if (d->has_data)
			buf_add(text, d->data);
		else
			t[n++] = (struct oci_task){ .act = OCI_FETCH,
				.desc = *d,
				.fd = -1,
				.into = text };
	}
	return n > 0 && oci_do(w->repo, t, n, e) < 0
	    ? err_wrap(e, "the signatures")
	    : 0;
}

bool
want_expected(const struct want *w, struct str text)
{
	struct err ignored = ERR;
	struct sign_signature s;

	while (text.n > 0 && sign_signature_parse(&s, &text, &ignored) == 0)
		if (trust_expects(w->pull->trust, s.id))
			return true;
	return false;
}

/* ---- choosing ---- */

struct pick {
	struct sign_signature v[BUNDLE_MAX_SIGNATURES];
	size_t n;
	size_t nbytes;
};

static bool
has(const struct pick *k, const struct sign_signature *s)
{
	for (size_t i = 0; i < k->n; i++)
		if (str_eq(k->v[i].text, s->text))
			return true;
	return false;
}

static void
take(struct pick *k, const struct trust_want *only, struct str text)
{
	struct err ignored = ERR;

	while (text.n > 0) {
		struct sign_signature s;

		if (sign_signature_parse(&s, &text, &ignored) < 0)
			return;
		if (k->n == BUNDLE_MAX_SIGNATURES || has(k, &s) ||
		    k->nbytes + s.text.n > BUNDLE_MAX_COMMENT ||
		    (only && !trust_expects(only, s.id)))
			continue;
		k->v[k->n++] = s;
		k->nbytes += s.text.n;
	}
}

static void
put(struct buf *out, const struct pick *k)
{
	for (size_t i = 0; i < k->n; i++)
		buf_add(out, k->v[i].text);
}

/* Does text say all that was picked, and nothing else? */
static bool
covers(struct str text, const struct pick *k)
{
	struct pick own = { .n = 0 };
	CLEANUP(buf_free) struct buf b = BUF(BUNDLE_MAX_COMMENT);

	take(&own, NULL, text);
	put(&b, &own);
	if (own.n != k->n || !str_eq(buf_str(&b), text))
		return false;
	for (size_t i = 0; i < k->n; i++)
		if (!has(&own, &k->v[i]))
			return false;
	return true;
}

/*
 * A bundle comes back with the signatures it was sent with, in their order; a
 * referrer that holds all of them says which that is.  When there are more than
 * a bundle has room for, those of keys that we were given go before others.
 */
void
want_comment(const struct want *w, struct str had, struct buf *out)
{
	struct pick k = { .n = 0 };

	take(&k, NULL, had);
	for (size_t i = 0; i < w->nsignatures; i++)
		take(&k, w->pull->trust, buf_str(&w->signatures[i]));
	for (size_t i = 0; i < w->nsignatures; i++)
		take(&k, NULL, buf_str(&w->signatures[i]));
	for (size_t i = w->nsignatures; i-- > 0;)
		if (covers(buf_str(&w->signatures[i]), &k)) {
			buf_add(out, buf_str(&w->signatures[i]));
			return;
		}
	put(out, &k);
}

void
want_free(struct want *w)
{
	oci_drop(&w->work);
	for (size_t i = 0; w->layers && i < w->manifest.nlayers; i++)
		buf_free(&w->layers[i].own);
	for (size_t i = 0; i < w->nsignatures; i++)
		buf_free(&w->signatures[i]);
	image_free(&w->image);
	buf_free(&w->config);
	buf_free(&w->whole);
	buf_free(&w->earlier);
	buf_free(&w->had_whole);
	if (w->had.arena)
		ship_layers_free(&w->had);
	oci_close(&w->repo);
}
