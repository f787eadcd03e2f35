/* SPDX-License-Identifier: Apache-2.0 */
/* What index.json of a layout lists: manifests, and what refers to them. */
#include <string.h>

#include "oci/layout.h"

struct str
layout_tag(const struct tree *entry)
{
	return json_text(tree_get(entry, "annotations"), REF_NAME);
}

/* *m has no bytes when d is none that can be read as a manifest. */
static int
look(struct oci_manifest *m, struct oci_repo *r, const struct oci_desc *d,
    struct arena *a, struct err *e)
{
	struct oci_task t = { .act = OCI_GET,
		.desc = *d,
		.has_digest = true,
		.optional = true,
		.arena = a };

	*m = (struct oci_manifest){ 0 };
	if (!type_is_manifest(d->media_type) || !layout_has(r, a, d))
		return 0;
	if (layout_read(&t, r, d, a, e) < 0)
		return -1;
	if (t.found)
		*m = t.manifest;
	return 0;
}

/* ---- which one ---- */

static struct tree *
named(const struct tree *doc, const struct oci_task *t)
{
	const struct tree *list = index_list(doc);
	char digest[OCI_DIGEST_TEXT];

	oci_digest_text(&t->desc.digest, digest);
	for (size_t i = 0; i < list->nitems; i++) {
		struct tree *x = list->items[i];

		if (t->has_digest ? str_is(json_text(x, "digest"), digest)
				  : str_eq(layout_tag(x), t->tag))
			return x;
	}
	return NULL;
}

/* One manifest may have several names, and those are several entries. */
struct only {
	struct tree *entry;
	bool many;
};

static void
count(struct only *o, struct tree *x)
{
	if (!o->entry)
		o->entry = x;
	else if (!str_eq(json_text(o->entry, "digest"), json_text(x, "digest")))
		o->many = true;
}

/* Without a tag: referrers say of themselves what they are. */
static int
untagged(struct only *o, struct oci_repo *r, const struct tree *list,
    struct arena *a, struct err *e)
{
	for (size_t i = 0; i < list->nitems && !o->many; i++) {
		struct err ignored = ERR;
		struct oci_manifest m;
		struct oci_desc d;

		if (layout_tag(list->items[i]).n > 0 ||
		    desc_parse(&d, a, list->items[i], "", &ignored) < 0)
			continue;
		if (look(&m, r, &d, a, e) < 0)
			return -1;
		if (m.bytes.n > 0 && !m.has_subject)
			count(o, list->items[i]);
	}
	return 0;
}

int
layout_pick(struct tree **entry, struct oci_repo *r, const struct tree *doc,
    const struct oci_task *t, struct arena *a, struct err *e)
{
	const struct tree *list = index_list(doc);
	struct only o = { 0 };

	*entry = NULL;
	if (t->has_digest || t->tag.n > 0) {
		*entry = named(doc, t);
		return 0;
	}
	for (size_t i = 0; i < list->nitems; i++) {
		struct str tag = layout_tag(list->items[i]);

		if (tag.n > 0 && !tag_is_referrers(tag))
			count(&o, list->items[i]);
	}
	if (!o.entry && list->nitems == 1)
		o.entry = list->items[0];
	if (!o.entry && untagged(&o, r, list, a, e) < 0)
		return -1;
	*entry = o.many ? NULL : o.entry;
	return 0;
}

/* ---- all of them ---- */

int
layout_tags(struct oci_repo *r, const struct str **out, size_t *n,
    struct arena *a, struct err *e)
{
	const struct tree *list;
	struct tree *doc;
	struct str *v;

	if (layout_index(&doc, a, r, e) < 0)
		return -1;
	list = index_list(doc);
	v = arena_take(a, (list->nitems + 1) * sizeof(*v));
	for (size_t i = 0; i < list->nitems; i++) {
		struct str tag = layout_tag(list->items[i]);

		if (oci_tag_ok(tag) && !tag_is_referrers(tag))
			v[(*n)++] = tag;
	}
	*out = v;
	return 0;
}

/* Nobody keeps a list: each manifest says what it refers to. */
int
layout_referrers(struct oci_repo *r, const struct digest *subject,
    const char *artifact_type, struct oci_referrers *out, struct arena *a,
    struct err *e)
{
	struct oci_referrers all = { 0 };
	struct tree *doc;
	struct oci_desc *v;

	if (layout_index(&doc, a, r, e) < 0)
		return -1;
	index_referrers(&all, a, doc, NULL);
	out->skipped = all.skipped;
	v = arena_take(a, (all.n + 1) * sizeof(*v));
	for (size_t i = 0; i < all.n; i++) {
		struct oci_manifest m;
		struct str type;

		if (look(&m, r, &all.v[i], a, e) < 0)
			return -1;
		type = oci_manifest_type(&m);
		/* What is not there at all may be in another place. */
		out->skipped += m.bytes.n == 0 && layout_has(r, a, &all.v[i]);
		if (!m.has_subject || !digest_eq(&m.subject.digest, subject) ||
		    (artifact_type && !str_is(type, artifact_type)))
			continue;
		v[out->n] = all.v[i];
		v[out->n++].artifact_type = type;
	}
	out->v = v;
	return 0;
}
