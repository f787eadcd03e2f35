/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of referrers, and index.json of a layout. */
#include <string.h>

#include "oci/index.h"

int
index_read(struct tree **out, struct arena *a, struct str bytes, struct err *e)
{
	const struct tree *version, *list;
	struct tree *doc;

	if (bytes.n == 0) {
		doc = tree_map(a);
		tree_put_int(a, doc, "schemaVersion", 2);
		tree_put_text(a, doc, "mediaType", STR(OCI_TYPE_INDEX));
		tree_put(a, doc, "manifests", tree_list(a));
		*out = doc;
		return 0;
	}
	if (json_strict(&doc, a, bytes, e) < 0)
		return -1;
	version = tree_get(doc, "schemaVersion");
	list = tree_get(doc, "manifests");
	if (!version || version->kind != TREE_INT || version->num != 2 ||
	    tree_get(doc, "layers") || tree_get(doc, "config"))
		return err_set(e, ERR_REMOTE, "it is no index");
	if (list && list->kind == TREE_NULL)
		tree_put(a, doc, "manifests", tree_list(a));
	else if (!list || list->kind != TREE_LIST)
		return err_set(e, ERR_REMOTE, "it has no list of manifests");
	*out = doc;
	return 0;
}

struct tree *
index_list(const struct tree *doc)
{
	return tree_get(doc, "manifests");
}

bool
index_lists(const struct tree *doc, const struct digest *d)
{
	const struct tree *list = index_list(doc);
	char text[OCI_DIGEST_TEXT];

	oci_digest_text(d, text);
	for (size_t i = 0; i < list->nitems; i++)
		if (str_is(json_text(list->items[i], "digest"), text))
			return true;
	return false;
}

void
index_add(
    struct tree *doc, struct arena *a, const struct oci_desc *d, struct str tag)
{
	struct tree *t = desc_tree(a, d), *notes;

	if (tag.n > 0) {
		notes = tree_get(t, "annotations");
		if (!notes)
			notes = tree_put(a, t, "annotations", tree_map(a));
		tree_put_text(a, notes, REF_NAME, tag);
	}
	tree_add(a, index_list(doc), t);
}

void
index_referrers(struct oci_referrers *out, struct arena *a,
    const struct tree *doc, const char *artifact_type)
{
	const struct tree *list = index_list(doc);
	struct oci_desc *v =
	    arena_take(a, (out->n + list->nitems + 1) * sizeof(*v));
	size_t n = out->n;

	if (n > 0)
		memcpy(v, out->v, n * sizeof(*v));
	for (size_t i = 0; i < list->nitems; i++) {
		struct err ignored = ERR;

		if (desc_parse(&v[n], a, list->items[i], "", &ignored) < 0 ||
		    !type_is_manifest(v[n].media_type))
			out->skipped++;
		else if (!artifact_type ||
		    str_is(v[n].artifact_type, artifact_type))
			n++;
	}
	out->v = v;
	out->n = n;
}
