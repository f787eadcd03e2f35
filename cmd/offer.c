/* SPDX-License-Identifier: Apache-2.0 */
/* A published function: what a registry has of it. */
#include "offer.h"

#include <string.h>

#define MAX_TEXT 128u /* of an annotation that we keep */

/* ---- the reference ---- */

/* A layout's folder is meant from where the Directive lies. */
static int
locate(struct oci_ref *r, struct arena *a, const char *base,
    struct str reference, const struct digest *pinned, struct err *e)
{
	if (oci_ref_parse(r, a, reference, e) < 0)
		return -1;
	if (r->layout && !str_starts(r->dir, "/"))
		r->dir =
		    str_of(arena_printf(a, "%s/" STR_F, base, STR_A(r->dir)));
	if (pinned) {
		r->has_digest = true;
		r->digest = *pinned;
	}
	if (r->tag.n == 0 && !r->has_digest)
		r->tag = STR("latest");
	return 0;
}

int
offer_resolve(struct digest *out, struct oci *oci, const char *base,
    struct str reference, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(oci_close) struct oci_repo *repo = NULL;
	struct oci_desc d;
	struct oci_ref r;

	if (locate(&r, a, base, reference, NULL, e) < 0 ||
	    oci_open(&repo, oci, &r, OCI_PULL, e) < 0 ||
	    oci_resolve(repo, &r, &d, a, e) < 0)
		return -1;
	*out = d.digest;
	return 0;
}

/* ---- the manifest ---- */

static bool
is_module_type(struct str type)
{
	/* The second is Spin's. */
	return str_is(type, OFFER_WASM) ||
	    str_is(type, "application/vnd.wasm.content.layer.v1+wasm");
}

static int
no_function(const struct offer *o, const char *why, struct err *e)
{
	err_set(e, ERR_INPUT, "'" STR_F "' is no function: %s",
	    STR_A(o->ref.text), why);
	return err_hint(e,
	    "'subo publish' and tools of the CNCF layout publish functions; "
	    "'subo pull' fetches bundles");
}

static int
find_layer(const struct offer *o, const struct oci_desc **out, struct err *e)
{
	const struct oci_manifest *m = &o->manifest;
	size_t n = 0;

	*out = NULL;
	if (m->index)
		return no_function(o, "it is an index of several artifacts", e);
	for (size_t i = 0; i < m->nlayers; i++)
		if (is_module_type(m->layers[i].media_type) && n++ == 0)
			*out = &m->layers[i];
	if (n == 1 &&
	    (m->nlayers == 1 || !str_is(m->config.media_type, OFFER_CONFIG)))
		return 0;
	return no_function(o,
	    n == 0	 ? "it has no WebAssembly module"
		: n == 1 ? "beside its module it has other layers"
			 : "it has more than one module",
	    e);
}

/* ---- what the publisher says of it ---- */

/* It goes into the lock and onto a screen: one short printable word. */
bool
offer_is_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n <= MAX_TEXT;
}

static struct str
word(const struct oci_pair *v, size_t n, const char *key)
{
	struct str s = oci_annotation(v, n, key);

	return offer_is_word(s) ? s : STR("");
}

/* The last part of a path, without an ending. */
static struct str
last_part(struct str s)
{
	while (str_ends(s, "/"))
		s.n--;
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '/') {
			s = str_from(s, i);
			break;
		}
	if (str_ends(s, ".wasm"))
		s.n -= 5;
	return s;
}

/* Its own name, its file's, or where it lies. */
static void
take_name(struct offer *o, const struct oci_desc *layer)
{
	const struct oci_manifest *m = &o->manifest;
	const struct str names[] = {
		oci_annotation(m->annotations, m->nannotations, OFFER_NAME),
		last_part(oci_annotation(
		    layer->annotations, layer->nannotations, OCI_TITLE)),
		last_part(o->ref.layout ? o->ref.dir : o->ref.name),
	};
	struct function_info *f = &o->pin.info;

	for (size_t i = 0; i < COUNT(names); i++)
		if (added_label(names[i], &f->ns, &f->name))
			return;
	f->ns = f->name = STR("");
}

static void
take_info(struct offer *o, const struct oci_desc *layer)
{
	const struct oci_manifest *m = &o->manifest;
	struct function_info *f = &o->pin.info;

	take_name(o, layer);
	f->lang = word(m->annotations, m->nannotations, OFFER_LANG);
	f->api_version = word(m->annotations, m->nannotations, OFFER_API);
	f->version = word(m->annotations, m->nannotations, OFFER_VERSION);
}

/* A module alone, with what its manifest says of it. */
static int
read_layer(struct offer *o, struct oci_repo *repo, const struct offer_source *s,
    struct err *e)
{
	const struct oci_desc *layer;

	if (find_layer(o, &layer, e) < 0)
		return -1;
	if (layer->size > MODULE_MAX_BYTES)
		return err_set(e, ERR_LIMIT,
		    "the module of '" STR_F "' is larger than %u MiB",
		    STR_A(o->ref.text), MODULE_MAX_BYTES >> 20);
	if (oci_read(repo, layer, &o->wasm, e) < 0)
		return -1;
	o->pin.module = layer->digest;
	o->pin.nbytes = o->wasm.n;
	take_info(o, layer);
	return s->trust ? offer_verify(o, repo, s->trust, e) : 0;
}

static int
look_inside(struct offer *o, struct err *e)
{
	if (module_read(&o->module, buf_str(&o->wasm), e) < 0)
		return err_wrap(e, "'" STR_F "'", STR_A(o->ref.text));
	o->pin.nbytes = o->wasm.n;
	if (o->pin.info.lang.n == 0)
		o->pin.info.lang = o->module->language;
	pin_permissions(&o->pin, o->arena, o->module);
	return 0;
}

int
offer_fetch(struct offer *o, const struct offer_source *s, struct err *e)
{
	CLEANUP(oci_close) struct oci_repo *repo = NULL;
	int r;

	*o = (struct offer){ .arena = arena_new(),
		.wasm = BUF(MODULE_MAX_BYTES) };
	if (locate(&o->ref, o->arena, s->base, s->reference, s->pinned, e) <
		0 ||
	    oci_open(&repo, s->oci, &o->ref, OCI_PULL, e) < 0)
		return -1;
	o->pin.reference = arena_copy(o->arena, s->reference);
	ui_progress("fetching " STR_F, STR_A(s->reference));
	if (oci_get(repo, &o->ref, &o->manifest, o->arena, e) < 0)
		return -1;
	o->pin.manifest = o->manifest.digest;
	r = offer_is_bundle(&o->manifest) ? offer_read_bundle(o, s, e)
					  : read_layer(o, repo, s, e);
	if (r < 0 || look_inside(o, e) < 0)
		return -1;
	ui_progress(NULL);
	return 0;
}

void
offer_free(struct offer *o)
{
	module_free(&o->module);
	buf_free(&o->wasm);
	if (o->arena)
		arena_free(&o->arena);
}

int
offer_keep(struct offer *o, const char *cache, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(buf_free) struct buf path = BUF(8192);
	struct str what;

	if (pin_keep(cache, buf_str(&o->wasm), &o->pin.module, e) < 0)
		return -1;
	pin_path(&path, cache, &o->pin);
	if (module_validate(world_self(), buf_cstr(&path), e) < 0)
		return err_wrap(
		    e, "the module of '" STR_F "'", STR_A(o->ref.text));
	what = o->pin.info.name.n > 0 ? o->pin.info.name : o->ref.text;
	module_check(o->module, what, ds);
	if (diags_errors(ds) == 0)
		return 0;
	ui_diags(ds);
	return err_set(e, ERR_INPUT,
	    "'" STR_F "' cannot run here: %zu problem%s", STR_A(o->ref.text),
	    diags_errors(ds), diags_errors(ds) == 1 ? "" : "s");
}
