/* SPDX-License-Identifier: Apache-2.0 */
/* What `add`, `update` and `build` do with functions of others. */
#include "added.h"

#include <string.h>

#include "os/os.h"

#define MAX_PATH 4096u

static int
cache_folder(const char **out, struct arena *a, struct err *e)
{
	CLEANUP(buf_free) struct buf dir = BUF(MAX_PATH);

	if (world_cache(&dir, "", e) < 0)
		return -1;
	*out = arena_cstr(a, buf_str(&dir));
	return 0;
}

int
added_open(struct added *a, const struct added_opts *o, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();

	a->arena = arena_new();
	a->opts = o;
	if (trusting_open(&a->trusting, &o->trust, e) < 0)
		return -1;
	if (project_open(&a->project, ".", ds, e) < 0) {
		ui_diags(ds);
		return -1;
	}
	if (!project_directive(a->project)) {
		err_set(e, ERR_MISSING,
		    "there is no " PROJECT_DIRECTIVE
		    " here, nor in a folder above");
		return err_hint(e,
		    "a function is added to a project: 'subo "
		    "create project NAME' makes one");
	}
	a->root = project_root(a->project);
	a->lock = arena_printf(a->arena, "%s/" PROJECT_LOCK, a->root);
	a->directive = arena_printf(a->arena, "%s/" PROJECT_DIRECTIVE, a->root);
	if (pins_load(&a->pins, a->lock, ui_path(a->lock), e) < 0)
		return -1;
	return cache_folder(&a->cache, a->arena, e);
}

void
added_close(struct added *a)
{
	if (a->oci)
		oci_free(&a->oci);
	if (a->trusting.arena)
		trusting_close(&a->trusting);
	pins_free(&a->pins);
	project_free(&a->project);
	if (a->arena)
		arena_free(&a->arena);
}

static int
session(struct added *a, struct err *e)
{
	return a->oci ? 0
		      : registry_open(&a->oci, &a->opts->registry, a->arena, e);
}

int
added_resolve(
    struct added *a, struct digest *out, struct str reference, struct err *e)
{
	return session(a, e) < 0
	    ? -1
	    : offer_resolve(out, a->oci, a->root, reference, e);
}

static int
fetch(struct added *a, struct offer *o, struct offer_source *s, struct err *e)
{
	if (session(a, e) < 0)
		return -1;
	s->oci = a->oci;
	s->base = a->root;
	return offer_fetch(o, s, e) < 0 ? -1 : offer_keep(o, a->cache, e);
}

/* Those that the user trusts, and who signed what is pinned. */
static int
trusted(
    struct added *a, struct trust_want *w, const struct pin *old, struct err *e)
{
	const struct trust_want *usual = &a->trusting.want;
	size_t n = usual->nkeys, more = old ? old->signers.n : 0;
	struct sign_public *v =
	    arena_take(a->arena, (n + more + 1) * sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = usual->keys[i];
	for (size_t i = 0; i < more; i++)
		if (sign_public_parse(&v[n++], old->signers.v[i], e) < 0)
			return err_wrap(e, PROJECT_LOCK);
	*w = *usual;
	w->keys = v;
	w->nkeys = n;
	return 0;
}

int
added_fetch(struct added *a, struct offer *o, struct str reference,
    const struct digest *pinned, const struct pin *old, struct err *e)
{
	struct trust_want w;
	struct offer_source s = {
		.reference = reference, .pinned = pinned, .trust = &w
	};

	return trusted(a, &w, old, e) < 0 ? -1 : fetch(a, o, &s, e);
}

/* The lock first: what it has and the Directive lacks is told and repaired
 * by the same command. */
int
added_save(
    struct added *a, struct str label, struct str reference, struct err *e)
{
	CLEANUP(buf_free) struct buf old = BUF(TREE_MAX_BYTES);
	CLEANUP(buf_free) struct buf text = BUF(TREE_MAX_BYTES);
	struct stat st;

	if (label.n > 0) {
		if (os_read(&old, a->directive, e) < 0)
			return -1;
		if (directive_set_function(&text, buf_str(&old),
			str_of(ui_path(a->directive)), label, reference, e) < 0)
			return -1;
	}
	if (pins_save(&a->pins, a->lock, e) < 0)
		return -1;
	if (label.n == 0 || str_eq(buf_str(&old), buf_str(&text)))
		return 0;
	if (stat(a->directive, &st) != 0)
		return err_sys(e, "cannot read '%s'", a->directive);
	return os_replace(a->directive, buf_str(&text), st.st_mode & 0777, e);
}

/* ---- what is missing on this machine ---- */

static int
refetch(struct added *a, const struct pin *pin, struct err *e)
{
	CLEANUP(offer_free) struct offer o = { 0 };
	/* Who made it was agreed to when it was pinned. */
	struct offer_source s = { .reference = pin->reference,
		.pinned = &pin->manifest };

	if (fetch(a, &o, &s, e) < 0)
		return -1;
	if (digest_eq(&o.pin.module, &pin->module))
		return 0;
	return err_set(e, ERR_TRUST,
	    "'" STR_F "' has another module under the manifest that is pinned",
	    STR_A(pin->reference));
}

int
added_fetch_missing(const struct project *p, const struct added_opts *o,
    size_t *n, struct err *e)
{
	CLEANUP(added_close)
	struct added a = { .arena = arena_new(), .opts = o };
	const struct pins *pins = project_pins(p);

	*n = 0;
	a.root = project_root(p);
	if (pins->n > 0 && cache_folder(&a.cache, a.arena, e) < 0)
		return -1;
	for (size_t i = 0; i < pins->n; i++) {
		CLEANUP(buf_free) struct buf bytes = BUF(MODULE_MAX_BYTES);
		struct err ignored = ERR;

		if (pin_kept(&bytes, a.cache, &pins->v[i], &ignored) == 0)
			continue;
		if (refetch(&a, &pins->v[i], e) < 0)
			return -1;
		++*n;
	}
	return 0;
}
