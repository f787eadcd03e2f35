/* SPDX-License-Identifier: Apache-2.0 */
/* A published function that is a bundle: an application with one function. */
#include "bundle/bundle.h"
#include "offer.h"
#include "ship/ship.h"

bool
offer_is_bundle(const struct oci_manifest *m)
{
	return str_is(oci_manifest_type(m), SHIP_TYPE) ||
	    (!m->index && m->nlayers == 1 &&
		str_is(m->layers[0].media_type, "application/zip"));
}

static int
take_function(struct offer *o, const struct bundle *b, struct err *e)
{
	const struct directive *d = bundle_directive(b);
	struct function_info *f = &o->pin.info;
	struct str wasm;

	if (d->nfunctions != 1) {
		err_set(e, ERR_INPUT,
		    "'" STR_F "' is an application of %zu functions, and one "
		    "can be added",
		    STR_A(o->ref.text), d->nfunctions);
		return err_hint(e,
		    "'subo serve' runs it; 'subo publish' in "
		    "its project publishes one function");
	}
	if (!bundle_module(b, &d->functions[0], &wasm))
		return err_set(e, ERR_INPUT,
		    "'" STR_F "' lacks the module of its function",
		    STR_A(o->ref.text));
	buf_add(&o->wasm, wasm);
	f->name = arena_copy(o->arena, d->functions[0].name);
	f->ns = arena_copy(o->arena, d->functions[0].ns);
	f->lang = arena_copy(o->arena, d->functions[0].lang);
	f->api_version = arena_copy(o->arena, d->functions[0].api_version);
	f->version = arena_copy(o->arena,
	    d->functions[0].version.n > 0 ? d->functions[0].version
					  : d->app_version);
	return 0;
}

static void
take_signers(struct offer *o, const struct trust_found *found)
{
	struct strs *s = &o->pin.signers;

	s->v = arena_take(o->arena, (found->nsigners + 1) * sizeof(*s->v));
	for (size_t i = 0; i < found->nsigners; i++)
		s->v[s->n++] = offer_key_text(o->arena, &found->signers[i].key);
	pin_sort(s);
}

int
offer_read_bundle(struct offer *o, const struct offer_source *s, struct err *e)
{
	const struct trust_want anybody = { .allow_unsigned = true };
	struct ship_pull how = { .ref = o->ref,
		.trust = s->trust ? s->trust : &anybody };
	struct ship_pulled got = { 0 };
	int r;

	/* The manifest that was looked at, whatever the tag says by now. */
	how.ref.has_digest = true;
	how.ref.digest = o->manifest.digest;
	r = ship_pull(&got, s->oci, &how, o->arena, e);
	if (r == 0)
		r = take_function(o, got.found.bundle, e);
	if (r == 0) {
		take_signers(o, &got.found);
		o->pin.module = sign_digest(buf_str(&o->wasm));
	}
	ship_pulled_free(&got);
	return r;
}
