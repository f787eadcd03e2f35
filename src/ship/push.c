/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/bundle.h"
#include "ship/parts.h"

int
ship_push(struct ship_pushed *out, struct oci *o, const struct ship_push *push,
    struct arena *a, struct err *e)
{
	CLEANUP(parcel_free) struct parcel p = { .a = a };

	*out = (struct ship_pushed){ 0 };
	if (parcel_make(&p, push, e) < 0)
		return -1;
	out->bundle = *bundle_digest(p.bundle);
	out->version = arena_copy(a, bundle_directive(p.bundle)->app_version);
	out->signatures = p.nsignatures;
	out->attestations = p.nattestations;
	return parcel_send(&p, out, o, push, e);
}

/* ---- one module ---- */

/* No date: the same module is the same artifact. */
static struct str
module_config(struct arena *a, const struct oci_desc *wasm)
{
	char digest[OCI_DIGEST_TEXT];

	oci_digest_text(&wasm->digest, digest);
	return str_of(arena_printf(a,
	    "{\"architecture\":\"wasm\",\"os\":\"wasip1\","
	    "\"layerDigests\":[\"%s\"]}",
	    digest));
}

static int
check_module(const struct ship_push *push, struct err *e)
{
	static const struct str magic = { "\0asm\1\0\0\0", 8 };
	struct str head = { push->file.p, push->file.n < 8 ? 0 : 8 };

	if (push->file.n > BUNDLE_MAX_ENTRY)
		return err_set(e, ERR_LIMIT, "'%s' is larger than %u MiB",
		    push->name, BUNDLE_MAX_ENTRY >> 20);
	if (str_eq(head, magic))
		return 0;
	return err_set(e, ERR_INPUT,
	    "'%s' is no WebAssembly module: it does not begin with its eight "
	    "bytes",
	    push->name);
}

static struct str
last_part(struct str s)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '/')
			return str_from(s, i);
	return s;
}

int
ship_push_module(struct ship_pushed *out, struct oci *o,
    const struct ship_push *push, struct arena *a, struct err *e)
{
	CLEANUP(parcel_free) struct parcel p = { .a = a };
	CLEANUP(buf_free) struct buf b = BUF(OCI_MAX_MANIFEST);
	struct oci_pair title = { STR(OCI_TITLE),
		last_part(str_of(push->name)) };
	struct oci_desc layer = oci_desc_of(LAYER_WASM, push->file), config;
	struct oci_manifest m = { .media_type = STR(OCI_TYPE_MANIFEST),
		.layers = &layer,
		.nlayers = 1,
		.annotations = push->annotations,
		.nannotations = push->nannotations };
	struct str text = module_config(a, &layer);

	*out = (struct ship_pushed){ .bundle = layer.digest };
	if (check_module(push, e) < 0)
		return -1;
	config = oci_desc_of(SHIP_WASM_CONFIG, text);
	m.config = config;
	layer.annotations = &title;
	layer.nannotations = 1;
	parcel_add_blob(&p, &config, text);
	parcel_add_blob(&p, &layer, push->file);
	oci_manifest_print(&b, &m);
	p.manifest = buf_str(&b);
	p.desc = oci_desc_of(OCI_TYPE_MANIFEST, p.manifest);
	return parcel_send(&p, out, o, push, e);
}

/* ---- more names ---- */

int
ship_tag(struct digest *out, struct oci *o, const struct oci_ref *ref,
    const struct str *tags, size_t ntags, struct arena *a, struct err *e)
{
	CLEANUP(oci_close) struct oci_repo *repo = NULL;
	struct oci_manifest m;

	for (size_t i = 0; i < ntags; i++)
		if (!oci_tag_ok(tags[i])) {
			(void)err_set(e, ERR_USAGE,
			    "'" STR_F "' cannot be a tag", STR_A(tags[i]));
			return err_hint(e,
			    "letters, digits, '_', '.' and '-', at most 128");
		}
	if (oci_open(&repo, o, ref, OCI_PUSH, e) < 0 ||
	    oci_get(repo, ref, &m, a, e) < 0)
		return -1;
	*out = m.digest;
	return oci_put(
	    repo, m.bytes, arena_cstr(a, m.media_type), tags, ntags, e);
}
