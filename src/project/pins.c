/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions that others published: the Directive names them, subo.lock pins
 * them, and a folder of the user's keeps their modules by digest.
 */
#include <stdlib.h>
#include <string.h>

#include "module/module.h"
#include "os/os.h"
#include "project/pins.h"

#define KEPT "functions"

/* ---- what a module asks for ---- */

static int
by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void
pin_sort(struct strs *s)
{
	size_t kept = 0;

	if (s->n > 1)
		qsort(s->v, s->n, sizeof(*s->v), by_text);
	for (size_t i = 0; i < s->n; i++)
		if (kept == 0 || !str_eq(s->v[kept - 1], s->v[i]))
			s->v[kept++] = s->v[i];
	s->n = kept;
}

void
pin_permissions(struct pin *p, struct arena *a, const struct module *m)
{
	p->imports.v = arena_take(a, (m->nimports + 1) * sizeof(struct str));
	p->capabilities.v =
	    arena_take(a, (m->nimports + 1) * sizeof(struct str));
	p->imports.n = p->capabilities.n = 0;
	for (size_t i = 0; i < m->nimports; i++) {
		const struct module_import *im = &m->imports[i];
		const struct module_offer *o = module_offer_find(im, NULL);

		p->imports.v[p->imports.n++] = str_of(arena_printf(
		    a, STR_F "." STR_F, STR_A(im->ns), STR_A(im->name)));
		if (o && o->capability)
			p->capabilities.v[p->capabilities.n++] =
			    str_of(o->capability);
	}
	pin_sort(&p->imports);
	pin_sort(&p->capabilities);
}

static bool
strs_eq(const struct strs *a, const struct strs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!str_eq(a->v[i], b->v[i]))
			return false;
	return true;
}

/* A lock that shows a reviewer less than what is packed is worse than none. */
int
pins_agree(const struct pin *pin, const struct module *m, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct pin have = *pin;

	pin_permissions(&have, a, m);
	if (strs_eq(&have.imports, &pin->imports) &&
	    strs_eq(&have.capabilities, &pin->capabilities))
		return 0;
	err_set(e, ERR_TRUST,
	    "the permissions in " PROJECT_LOCK " are not those of the module");
	return err_hint(e,
	    "somebody changed the lock: see what version "
	    "control says of it, then run 'subo update'");
}

/* ---- the modules that are kept ---- */

static void
kept_path(struct buf *out, const char *cache, const struct digest *d)
{
	char hex[DIGEST_HEX];

	digest_hex(d, hex);
	buf_addf(out, "%s/" KEPT "/%s.wasm", cache, hex);
}

void
pin_path(struct buf *out, const char *cache, const struct pin *p)
{
	kept_path(out, cache, &p->module);
}

int
pin_keep(
    const char *cache, struct str wasm, const struct digest *d, struct err *e)
{
	CLEANUP(buf_free) struct buf path = BUF(PROJECT_MAX_PATH);

	buf_addf(&path, "%s/" KEPT, cache);
	if (os_private_dir(buf_cstr(&path), e) < 0)
		return -1;
	buf_clear(&path);
	kept_path(&path, cache, d);
	return os_replace(buf_cstr(&path), wasm, 0644, e);
}

int
pin_kept(struct buf *out, const char *cache, const struct pin *p, struct err *e)
{
	CLEANUP(buf_free) struct buf path = BUF(PROJECT_MAX_PATH);
	CLEANUP(buf_free) struct buf label = BUF(256);
	struct digest have;

	pin_label(p, &label);
	kept_path(&path, cache, &p->module);
	if (!os_exists(buf_cstr(&path))) {
		err_set(e, ERR_MISSING,
		    "the module of '%s' is not on this machine",
		    buf_cstr(&label));
		return err_hint(e, "'subo add' fetches all that is pinned");
	}
	if (os_read(out, buf_cstr(&path), e) < 0)
		return -1;
	have = sign_digest(buf_str(out));
	if (out->n == p->nbytes && digest_eq(&have, &p->module))
		return 0;
	err_set(e, ERR_TRUST,
	    "'%s', the module of '%s', is not the one that is pinned "
	    "in " PROJECT_LOCK ": it was changed on this machine",
	    buf_cstr(&path), buf_cstr(&label));
	return err_hint(e, "'subo add' fetches it again");
}

/* ---- in a project ---- */

static const struct added_function *
find_added(const struct directive *d, struct str ns, struct str name)
{
	for (size_t i = 0; d && i < d->nadded; i++)
		if (str_eq(d->added[i].name, name) &&
		    str_eq(d->added[i].ns, ns))
			return &d->added[i];
	return NULL;
}

/* One more function, whose module is not compiled here. */
static int
add(struct project *p, const struct added_function *f, struct diags *ds,
    struct err *e)
{
	struct pin *pin = pins_find(&p->pins, f->ns, f->name);
	struct project_function fn = { .pin = pin,
		.lang = toolchain_find(STR("wasm")) };

	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->v[i].info.name, f->name) &&
		    str_eq(p->v[i].info.ns, f->ns)) {
			diags_add(ds, rule_twice, p->directive->file, f->key_at,
			    (unsigned)f->name.n,
			    "function '" STR_F "' is also in %s",
			    STR_A(f->name), project_shown(p, p->v[i].manifest));
			return 0;
		}
	if (p->n == PROJECT_MAX_FUNCTIONS)
		return err_set(e, ERR_LIMIT,
		    "project '%s' has more than %u functions", p->root,
		    PROJECT_MAX_FUNCTIONS);
	if (!pin) {
		pin = arena_take(p->arena, sizeof(*pin));
		pin->info =
		    (struct function_info){ .ns = f->ns, .name = f->name };
		pin->missing = true;
		fn.pin = pin;
	}
	fn.info = pin->info;
	fn.info.at = f->key_at;
	fn.dir =
	    arena_printf(p->arena, "%s/" PROJECT_OURS "/build/" STR_F "." STR_F,
		p->root, STR_A(f->ns), STR_A(f->name));
	fn.rel = PROJECT_LOCK;
	fn.manifest = project_path(p, PROJECT_LOCK, NULL);
	fn.wasm = arena_printf(p->arena, "%s/module.wasm", fn.dir);
	p->first =
	    arena_grow(p->arena, p->first, p->n, &p->firstcap, sizeof(size_t));
	p->first[p->n] = p->nfiles;
	p->v = arena_grow(p->arena, p->v, p->n, &p->cap, sizeof(fn));
	p->v[p->n++] = fn;
	return 0;
}

int
pins_fill(struct project *p, struct diags *ds, struct err *e)
{
	const char *path = project_path(p, PROJECT_LOCK, NULL);
	const struct directive *d = p->directive;

	if (pins_load(&p->pins, path, project_shown(p, path), e) < 0)
		return -1;
	for (size_t i = 0; i < d->nadded; i++)
		if (add(p, &d->added[i], ds, e) < 0)
			return -1;
	return 0;
}

void
pins_check(const struct project *p, struct diags *ds)
{
	struct str lock =
	    str_of(project_shown(p, project_path(p, PROJECT_LOCK, NULL)));
	const struct directive *d = p->directive;

	for (size_t i = 0; i < d->nadded; i++) {
		const struct added_function *f = &d->added[i];
		const struct pin *pin = pins_find(&p->pins, f->ns, f->name);

		if (!pin)
			diags_add(ds, rule_not_pinned, d->file, f->key_at,
			    (unsigned)f->name.n,
			    "'" STR_F "' is not pinned in " PROJECT_LOCK,
			    STR_A(f->name));
		else if (!str_eq(pin->reference, f->reference))
			diags_add(ds, rule_other_pin, d->file, f->at,
			    (unsigned)f->reference.n,
			    "" PROJECT_LOCK " has '" STR_F "' from '" STR_F "'",
			    STR_A(f->name), STR_A(pin->reference));
	}
	for (size_t i = 0; i < p->pins.n; i++) {
		const struct pin *pin = &p->pins.v[i];

		if (!find_added(d, pin->info.ns, pin->info.name))
			diags_add(ds, rule_stray_pin, lock, pin->info.at, 0,
			    "'" STR_F "' is not below `functions` of the "
			    "Directive",
			    STR_A(pin->info.name));
	}
}

const struct pins *
project_pins(const struct project *p)
{
	return &p->pins;
}

int
pins_inputs(const struct project_function *f, struct arena *a,
    struct inputs *out, struct err *e)
{
	char hex[DIGEST_HEX];

	if (f->pin->missing) {
		err_set(e, ERR_FAILED, "it is not pinned in " PROJECT_LOCK);
		return err_hint(
		    e, "'subo update " STR_F "' pins it", STR_A(f->info.name));
	}
	digest_hex(&f->pin->module, hex);
	inputs_add(a, out, INPUT_SOURCE, STR(PROJECT_LOCK), str_of(hex));
	return 0;
}
