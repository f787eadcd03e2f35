/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests that go to a registry, what refers to them, and their tags. */
#include <stdlib.h>
#include <string.h>

#include "oci/index.h"

#define MAX_LIST \
	(16u << 20) /* bytes of tags, or of referrers, in one answer \
		     */
#define MOST_PAGES 1000u
#define MOST_ROUNDS 5u /* to have our entry in a list that others write too */

/* ---- pages ---- */

/* Link: </v2/...>; rel="next".  False: this was the last. */
static bool
next_page(const struct answer *got, struct arena *a, struct str *url)
{
	struct str link = fetch_reply_header(&got->r, "link"), head, to;
	struct err ignored = ERR;
	size_t at;

	if (!str_cut(&link, '<', &head) || !str_cut(&link, '>', &to))
		return false;
	if (!str_find(link, STR("next"), &at))
		return false;
	return fetch_join(url, a, got->url, to, &ignored) == 0;
}

static int
get(struct answer *out, struct arena *a, struct oci_repo *r, struct str url,
    const char *accept, struct err *e)
{
	struct ask_request q = { .method = "GET",
		.url = url,
		.scope = scope_of(r),
		.accept = accept,
		.answer_bytes = MAX_LIST,
		.follow = true };

	return ask_wait(out, a, r->o, r->site, &q, e);
}

static int
unusable(struct err *e, const struct oci_repo *r, const char *what)
{
	return err_wrap(e, STR_F ": %s of " STR_F, STR_A(r->site->host), what,
	    STR_A(r->name));
}

/* ---- tags ---- */

struct tags {
	struct str *v;
	size_t n, cap;
};

static int
add_tags(struct tags *t, struct arena *a, struct str body, struct err *e)
{
	const struct tree *list;
	struct tree *doc;

	if (json_strict(&doc, a, body, e) < 0)
		return -1;
	list = tree_get(doc, "tags");
	if (!list || list->kind == TREE_NULL)
		return 0;
	for (size_t i = 0; i < list->nitems; i++) {
		struct str tag = list->items[i]->text;

		if (list->items[i]->kind != TREE_TEXT || !oci_tag_ok(tag))
			return err_set(
			    e, ERR_REMOTE, "one of its tags is no tag");
		if (tag_is_referrers(tag))
			continue;
		if (t->n >= OCI_MAX_TAGS)
			return err_set(e, ERR_LIMIT,
			    "there are more than %u tags", OCI_MAX_TAGS);
		t->v = arena_grow(a, t->v, t->n, &t->cap, sizeof(*t->v));
		t->v[t->n++] = tag;
	}
	return 0;
}

int
remote_tags(struct oci_repo *r, const struct str **out, size_t *n,
    struct arena *a, struct err *e)
{
	struct str url = str_of(
	    arena_printf(a, "/v2/" STR_F "/tags/list?n=1000", STR_A(r->name)));
	struct tags tags = { 0 };
	struct answer got;

	for (unsigned page = 0;; page++) {
		if (page >= MOST_PAGES)
			return err_set(e, ERR_REMOTE,
			    STR_F ": its list of tags has no end",
			    STR_A(r->site->host));
		if (get(&got, a, r, url, "application/json", e) < 0)
			return -1;
		if (got.r.status != 200)
			return reply_error(e, r->site, &got.r,
			    arena_printf(
				a, "no tags of " STR_F, STR_A(r->name)));
		if (add_tags(&tags, a, got.r.body, e) < 0)
			return unusable(e, r, "the list of tags");
		if (!next_page(&got, a, &url))
			break;
	}
	*out = tags.v;
	*n = tags.n;
	return 0;
}

/* ---- referrers ---- */

/* The index under the tag that stands for the list; *doc is NULL when there is
 * none. */
static int
read_fallback(struct tree **doc, struct arena *a, struct oci_repo *r,
    const struct digest *subject, struct err *e)
{
	struct str tag = oci_referrers_tag(a, subject, "");
	struct answer got;

	*doc = NULL;
	if (get(&got, a, r, path_of(r, a, "manifests", tag), ACCEPT_MANIFESTS,
		e) < 0)
		return -1;
	if (got.r.status == 404)
		return 0;
	if (got.r.status != 200)
		return reply_error(
		    e, r->site, &got.r, "cannot read the list of referrers");
	if (got.r.body.n == 0)
		return err_set(e, ERR_REMOTE,
		    STR_F ": the list of referrers is empty",
		    STR_A(r->site->host));
	return index_read(doc, a, got.r.body, e) < 0
	    ? unusable(e, r, "the list of referrers")
	    : 0;
}

static bool
is_list(const struct answer *got)
{
	struct str type =
	    type_bare(fetch_reply_header(&got->r, "content-type"));

	return got->r.status == 200 && str_is(type, OCI_TYPE_INDEX);
}

/* *known: does the registry keep such lists? */
static int
read_kept(struct oci_referrers *out, bool *known, struct arena *a,
    struct oci_repo *r, struct str url, const char *artifact_type,
    struct err *e)
{
	struct answer got;
	struct tree *doc;

	*known = true;
	for (unsigned page = 0; page < MOST_PAGES; page++) {
		if (get(&got, a, r, url, OCI_TYPE_INDEX, e) < 0)
			return -1;
		*known = is_list(&got) || page > 0;
		if (got.r.status == 401 || got.r.status == 403 ||
		    got.r.status == 429 || got.r.status >= 500)
			return reply_error(e, r->site, &got.r,
			    "cannot read the list of referrers");
		if (!is_list(&got))
			return 0;
		if (index_read(&doc, a, got.r.body, e) < 0)
			return unusable(e, r, "the list of referrers");
		index_referrers(out, a, doc, artifact_type);
		if (!next_page(&got, a, &url))
			break;
	}
	return 0;
}

int
remote_referrers(struct oci_repo *r, const struct digest *subject,
    const char *artifact_type, struct oci_referrers *out, struct arena *a,
    struct err *e)
{
	char digest[OCI_DIGEST_TEXT];
	struct str url;
	struct tree *doc;
	bool known;

	oci_digest_text(subject, digest);
	url = path_of(r, a, "referrers", str_of(digest));
	if (artifact_type) {
		CLEANUP(buf_free) struct buf b = BUF(4096);

		buf_addf(&b, STR_F "?artifactType=", STR_A(url));
		text_percent(&b, str_of(artifact_type));
		url = arena_copy(a, buf_str(&b));
	}
	if (!r->site->no_referrers) {
		if (read_kept(out, &known, a, r, url, artifact_type, e) < 0)
			return -1;
		if (known)
			return 0;
		r->site->no_referrers = true;
	}
	out->by_tag = true;
	if (read_fallback(&doc, a, r, subject, e) < 0)
		return -1;
	if (doc)
		index_referrers(out, a, doc, artifact_type);
	return 0;
}

/* ---- manifests that go ---- */

static int
put_one(struct oci_repo *r, struct str bytes, struct str type, struct str ref,
    struct answer *got, struct arena *a, struct err *e)
{
	struct fetch_body body = { .data = bytes };
	struct ask_request q = { .method = "PUT",
		.url = path_of(r, a, "manifests", ref),
		.scope = scope_of(r),
		.type = arena_cstr(a, type),
		.body = &body };
	struct digest want = sign_digest(bytes), said;

	if (ask_wait(got, a, r->o, r->site, &q, e) < 0)
		return -1;
	if (got->r.status < 200 || got->r.status > 204)
		return reply_error(e, r->site, &got->r,
		    arena_printf(a, "cannot put the manifest of " STR_F,
			STR_A(r->name)));
	if (oci_digest_parse(
		fetch_reply_header(&got->r, "docker-content-digest"), &said) &&
	    !digest_eq(&want, &said))
		return err_set(e, ERR_REMOTE,
		    STR_F " says that it keeps the manifest under another "
			  "digest",
		    STR_A(r->site->host));
	return 0;
}

static void
nap_over(void *arg)
{
	bool *over = arg;

	*over = true;
}

static int
nap(struct oci *o, unsigned tries, struct err *e)
{
	bool over = false;
	struct loop_timer *t = loop_timer_start(o->loop, NULL,
	    ask_wait_ms(NULL, tries) * UINT64_C(1000000), nap_over, &over);
	int rc = wait_for(o, &over, e);

	loop_timer_end(&t);
	return rc;
}

/* One read, one write, one more read: between the first two, another may have
 * written, and ours would be what is lost, or theirs. */
static int
list_once(struct oci_repo *r, const struct oci_manifest *m, bool *listed,
    struct arena *a, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(OCI_MAX_MANIFEST);
	struct str tag = oci_referrers_tag(a, &m->subject.digest, "");
	struct oci_desc d = desc_of_manifest(m);
	struct answer got;
	struct tree *doc;

	if (read_fallback(&doc, a, r, &m->subject.digest, e) < 0)
		return -1;
	*listed = doc && index_lists(doc, &m->digest);
	if (*listed)
		return 0;
	if (!doc && index_read(&doc, a, STR(""), e) < 0)
		return -1;
	index_add(doc, a, &d, STR(""));
	tree_print_json(&b, doc, 0);
	if (buf_over(&b))
		return err_set(e, ERR_LIMIT,
		    "the list of referrers would be larger than %u bytes",
		    OCI_MAX_MANIFEST);
	return put_one(r, buf_str(&b), STR(OCI_TYPE_INDEX), tag, &got, a, e);
}

static int
list_by_tag(struct oci_repo *r, const struct oci_manifest *m, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	bool listed = false;

	for (unsigned round = 0; round < MOST_ROUNDS; round++) {
		if (round > 1 && nap(r->o, round - 1, e) < 0)
			return -1;
		if (list_once(r, m, &listed, a, e) < 0)
			return -1;
		if (listed)
			return 0;
	}
	return err_set(e, ERR_REMOTE,
	    STR_F ": others write to the list of referrers of " STR_F
		  " at the same time, and our entry is lost",
	    STR_A(r->site->host), STR_A(r->name));
}

int
remote_put(struct oci_repo *r, const struct oci_manifest *m,
    const struct str *tags, size_t ntags, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	char digest[OCI_DIGEST_TEXT];
	struct answer got;
	struct str by_digest;

	oci_digest_text(&m->digest, digest);
	by_digest = str_of(digest);
	if (ntags == 0) {
		tags = &by_digest;
		ntags = 1;
	}
	for (size_t i = 0; i < ntags; i++)
		if (put_one(r, m->bytes, m->media_type, tags[i], &got, a, e) <
		    0)
			return -1;
	if (!m->has_subject || fetch_reply_header(&got.r, "oci-subject").n > 0)
		return 0;
	return list_by_tag(r, m, e);
}
