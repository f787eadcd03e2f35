/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests, indexes and descriptors, read strictly (OCI image 1.1). */
#include <string.h>

#include "oci/parts.h"

#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_LIST "application/vnd.docker.distribution.manifest.list.v2+json"

/* ---- media types ---- */

struct str
type_bare(struct str type)
{
	struct str head;

	(void)str_cut(&type, ';', &head);
	return str_trim(head);
}

static bool
type_is_index(struct str type)
{
	return str_is(type, OCI_TYPE_INDEX) || str_is(type, DOCKER_LIST);
}

bool
type_is_manifest(struct str type)
{
	return type_is_index(type) || str_is(type, OCI_TYPE_MANIFEST) ||
	    str_is(type, DOCKER_MANIFEST);
}

/* "type/subtype", RFC 6838, 4.2. */
static bool
type_ok(struct str t)
{
	struct str head, rest = t;

	if (t.n == 0 || t.n > 255 || !str_cut(&rest, '/', &head))
		return false;
	return head.n > 0 && rest.n > 0 && text_printable(t) &&
	    !memchr(rest.p, '/', rest.n);
}

/* ---- parts ---- */

static int
annotations_parse(const struct oci_pair **out, size_t *n, struct arena *a,
    const struct tree *t, const char *what, struct err *e)
{
	const struct tree *map = tree_get(t, "annotations");
	struct oci_pair *v;

	if (!map || map->kind == TREE_NULL)
		return 0;
	if (map->kind != TREE_MAP)
		return err_set(
		    e, ERR_REMOTE, "the annotations of %s are no map", what);
	v = arena_take(a, (map->nitems + 1) * sizeof(*v));
	for (size_t i = 0; i < map->nitems; i++) {
		if (map->items[i]->kind != TREE_TEXT)
			return err_set(e, ERR_REMOTE,
			    "an annotation of %s is no text", what);
		v[i].key = map->items[i]->key->text;
		v[i].value = map->items[i]->text;
	}
	*out = v;
	*n = map->nitems;
	return 0;
}

static int
data_parse(struct oci_desc *d, struct arena *a, const struct tree *t,
    const char *what, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(OCI_MAX_MANIFEST);
	const struct tree *data = tree_get(t, "data");
	struct digest have;

	if (!data || data->kind == TREE_NULL)
		return 0;
	if (data->kind != TREE_TEXT || !text_unbase64(&b, data->text) ||
	    buf_over(&b))
		return err_set(
		    e, ERR_REMOTE, "the data of %s is not base64", what);
	d->data = arena_copy(a, buf_str(&b));
	have = sign_digest(d->data);
	if (d->data.n != d->size || !digest_eq(&have, &d->digest))
		return err_set(e, ERR_REMOTE,
		    "the data of %s is not what its digest and size say", what);
	d->has_data = true;
	return 0;
}

int
desc_parse(struct oci_desc *d, struct arena *a, const struct tree *t,
    const char *what, struct err *e)
{
	const struct tree *size = tree_get(t, "size"),
			  *urls = tree_get(t, "urls");

	*d = (struct oci_desc){ .media_type = json_text(t, "mediaType"),
		.artifact_type = json_text(t, "artifactType") };
	if (!t || t->kind != TREE_MAP)
		return err_set(e, ERR_REMOTE, "%s is no descriptor", what);
	if (!type_ok(d->media_type))
		return err_set(e, ERR_REMOTE, "%s has no media type", what);
	if (!oci_digest_parse(json_text(t, "digest"), &d->digest))
		return err_set(e, ERR_REMOTE,
		    "the digest of %s is not 'sha256:' and 64 digits in lower "
		    "case",
		    what);
	if (!size || size->kind != TREE_INT || size->num < 0)
		return err_set(e, ERR_REMOTE,
		    "the size of %s is not a whole number from 0 on", what);
	d->size = (uint64_t)size->num;
	d->foreign = urls && urls->kind != TREE_NULL && urls->nitems > 0;
	if (annotations_parse(
		&d->annotations, &d->nannotations, a, t, what, e) < 0)
		return -1;
	return data_parse(d, a, t, what, e);
}

/* ---- documents ---- */

static int
list_parse(struct oci_manifest *m, struct arena *a, const struct tree *t,
    struct err *e)
{
	const char *key = m->index ? "manifests" : "layers";
	const struct tree *list = tree_get(t, key);
	struct oci_desc *v;
	char what[64];

	if (!list || list->kind != TREE_LIST)
		return err_set(e, ERR_REMOTE, "it has no list of %s", key);
	if (list->nitems > OCI_MAX_LAYERS)
		return err_set(e, ERR_LIMIT,
		    "it has %zu %s, over the %u that are read", list->nitems,
		    key, OCI_MAX_LAYERS);
	v = arena_take(a, (list->nitems + 1) * sizeof(*v));
	for (size_t i = 0; i < list->nitems; i++) {
		(void)snprintf(
		    what, sizeof(what), "number %zu of its %s", i + 1, key);
		if (desc_parse(&v[i], a, list->items[i], what, e) < 0)
			return -1;
	}
	m->layers = v;
	m->nlayers = list->nitems;
	return 0;
}

/* One that is read as a manifest here and as an index there would be two
 * (CVE-2021-41190). */
static int
check_kind(const struct oci_manifest *m, const struct tree *t, struct err *e)
{
	const struct tree *version = tree_get(t, "schemaVersion");
	bool layers = tree_get(t, "layers") || tree_get(t, "config") ||
	    tree_get(t, "fsLayers");

	if (!version || version->kind != TREE_INT || version->num != 2)
		return err_set(e, ERR_REMOTE, "its schemaVersion is not 2");
	if (layers && tree_get(t, "manifests"))
		return err_set(e, ERR_REMOTE,
		    "it is a manifest and an index at the same time");
	if (layers == m->index)
		return err_set(e, ERR_REMOTE, "it is no %s, as its type says",
		    m->index ? "index" : "manifest");
	return 0;
}

static int
type_parse(struct oci_manifest *m, const struct tree *t, struct str type,
    struct err *e)
{
	const struct tree *own = tree_get(t, "mediaType");

	type = type_bare(type);
	m->media_type = type;
	if (own &&
	    (own->kind != TREE_TEXT ||
		(type.n > 0 && !str_eq(own->text, type))))
		return err_set(e, ERR_REMOTE,
		    "its media type is '" STR_F "' and was said to be '" STR_F
		    "'",
		    STR_A(own->text), STR_A(type));
	if (own)
		m->media_type = own->text;
	else if (type.n == 0 && tree_get(t, "manifests"))
		m->media_type = STR(OCI_TYPE_INDEX);
	else if (type.n == 0)
		m->media_type = STR(OCI_TYPE_MANIFEST);
	if (!type_is_manifest(m->media_type))
		return err_set(e, ERR_REMOTE,
		    "its media type '" STR_F "' is none that is read here",
		    STR_A(m->media_type));
	m->index = type_is_index(m->media_type);
	return 0;
}

static int
subject_parse(struct oci_manifest *m, struct arena *a, const struct tree *t,
    struct err *e)
{
	const struct tree *subject = tree_get(t, "subject");

	m->has_subject = subject && subject->kind != TREE_NULL;
	return m->has_subject
	    ? desc_parse(&m->subject, a, subject, "its subject", e)
	    : 0;
}

int
oci_manifest_parse(struct oci_manifest *m, struct arena *a, struct str bytes,
    struct str type, struct err *e)
{
	struct tree *t;

	*m = (struct oci_manifest){ 0 };
	if (bytes.n > OCI_MAX_MANIFEST)
		return err_set(e, ERR_LIMIT,
		    "a manifest is longer than %u bytes", OCI_MAX_MANIFEST);
	m->bytes = arena_copy(a, bytes);
	m->digest = sign_digest(bytes);
	if (json_strict(&t, a, m->bytes, e) < 0 ||
	    type_parse(m, t, arena_copy(a, type), e) < 0 ||
	    check_kind(m, t, e) < 0 || list_parse(m, a, t, e) < 0 ||
	    subject_parse(m, a, t, e) < 0 ||
	    annotations_parse(
		&m->annotations, &m->nannotations, a, t, "the manifest", e) < 0)
		return -1;
	m->artifact_type = json_text(t, "artifactType");
	return m->index
	    ? 0
	    : desc_parse(&m->config, a, tree_get(t, "config"), "its config", e);
}

/* ---- looking ---- */

struct str
oci_annotation(const struct oci_pair *v, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(v[i].key, key))
			return v[i].value;
	return STR("");
}

struct str
oci_manifest_type(const struct oci_manifest *m)
{
	return m->artifact_type.n > 0 || m->index ? m->artifact_type
						  : m->config.media_type;
}

struct oci_desc
desc_of_manifest(const struct oci_manifest *m)
{
	return (struct oci_desc){ .media_type = m->media_type,
		.digest = m->digest,
		.size = m->bytes.n,
		.artifact_type = oci_manifest_type(m),
		.annotations = m->annotations,
		.nannotations = m->nannotations };
}
