/* SPDX-License-Identifier: Apache-2.0 */
/* Writing manifests: their digest is their name, so one order for ever. */
#include "oci/index.h"

struct oci_desc
oci_desc_of(const char *media_type, struct str data)
{
	return (struct oci_desc){ .media_type = str_of(media_type),
		.digest = sign_digest(data),
		.size = data.n };
}

static void
put_annotations(
    struct arena *a, struct tree *t, const struct oci_pair *v, size_t n)
{
	struct tree *map = tree_map(a);

	for (size_t i = 0; i < n; i++)
		tree_put_text(a, map, arena_cstr(a, v[i].key), v[i].value);
	if (n > 0)
		tree_put(a, t, "annotations", map);
}

struct tree *
desc_tree(struct arena *a, const struct oci_desc *d)
{
	CLEANUP(buf_free) struct buf data = BUF(2 * OCI_MAX_MANIFEST);
	struct tree *t = tree_map(a);
	char digest[OCI_DIGEST_TEXT];

	oci_digest_text(&d->digest, digest);
	tree_put_text(a, t, "mediaType", d->media_type);
	tree_put_text(a, t, "digest", str_of(digest));
	tree_put_int(a, t, "size", (int64_t)d->size);
	if (d->has_data) {
		buf_add_base64(&data, d->data);
		tree_put_text(a, t, "data", buf_str(&data));
	}
	put_annotations(a, t, d->annotations, d->nannotations);
	if (d->artifact_type.n > 0)
		tree_put_text(a, t, "artifactType", d->artifact_type);
	return t;
}

void
oci_manifest_print(struct buf *out, const struct oci_manifest *m)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct tree *t = tree_map(a), *list = tree_list(a);

	tree_put_int(a, t, "schemaVersion", 2);
	tree_put_text(a, t, "mediaType", m->media_type);
	if (m->artifact_type.n > 0)
		tree_put_text(a, t, "artifactType", m->artifact_type);
	if (!m->index)
		tree_put(a, t, "config", desc_tree(a, &m->config));
	for (size_t i = 0; i < m->nlayers; i++)
		tree_add(a, list, desc_tree(a, &m->layers[i]));
	tree_put(a, t, m->index ? "manifests" : "layers", list);
	if (m->has_subject)
		tree_put(a, t, "subject", desc_tree(a, &m->subject));
	put_annotations(a, t, m->annotations, m->nannotations);
	tree_print_json(out, t, 0);
}
