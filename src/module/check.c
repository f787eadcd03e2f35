/* SPDX-License-Identifier: Apache-2.0 */
#include "module/read.h"
#include "module/rules.h"
#include "os/os.h"

#define MEMORY_LIMIT (64u << 20) /* ENGINE_LIMITS of engine.h */
#define PAGE 65536u
#define MAX_TOLD 20u /* problems with imports, one by one */

struct check {
	const struct module *m;
	struct str file;
	struct diags *ds;
};

#define TELL(k, rule, ...) \
	diags_add((k)->ds, &module_rules[rule], (k)->file, \
	    (struct place){ 0, 0 }, 0, __VA_ARGS__)

static const char *
kind_name(enum module_kind kind)
{
	static const char *const names[] = { "function", "table", "memory",
		"global", "tag" };

	return names[kind];
}

/* A name from the file, fit to be shown. */
static const char *
shown(struct check *k, struct str name)
{
	CLEANUP(buf_free) struct buf b = BUF(120);

	buf_show(&b, name, false);
	return arena_printf(diags_arena(k->ds), "%s%s", buf_cstr(&b),
	    buf_over(&b) ? "..." : "");
}

/* ---- exports ---- */

static void
list_exports(struct check *k, struct buf *out)
{
	const struct module *m = k->m;

	for (size_t i = 0; i < m->nexports && i < 8; i++)
		buf_addf(out, "%s%s", i > 0 ? ", " : "",
		    shown(k, m->exports[i].name));
	if (m->nexports > 8)
		buf_addf(out, " and %zu more", m->nexports - 8);
	if (m->nexports == 0)
		buf_add(out, STR("nothing"));
}

/* An export that was perhaps meant to be run_e. */
static const struct module_export *
meant(const struct module *m)
{
	static const char *const likely[] = { "run", "_run_e", "handle",
		"handler", "handle_request", "main", "execute" };

	for (size_t i = 0; i < m->nexports; i++)
		if (m->exports[i].kind == MODULE_FUNC &&
		    str_distance(m->exports[i].name, STR("run_e"), 2) <= 2)
			return &m->exports[i];
	for (size_t i = 0; i < COUNT(likely); i++)
		if (export_type(m, likely[i]).n > 0)
			return module_find_export(m, likely[i]);
	for (size_t i = 0; i < m->nexports; i++)
		if (str_is(m->exports[i].type, RUN_TYPE))
			return &m->exports[i];
	return NULL;
}

static void
no_entry(struct check *k)
{
	CLEANUP(buf_free) struct buf b = BUF(2000);
	const struct module_export *x = meant(k->m);
	struct diag *d;

	list_exports(k, &b);
	d = TELL(k, NO_ABI, "no run_e: it exports %s", buf_cstr(&b));
	if (!x)
		return;
	if (str_is(x->type, RUN_TYPE))
		diags_repair(k->ds, d, "is '%s' meant? export it as run_e",
		    shown(k, x->name));
	else
		diags_repair(k->ds, d,
		    "is '%s' meant? export it as run_e, "
		    "with type " RUN_TYPE " where it has " STR_F,
		    shown(k, x->name), STR_A(x->type));
}

static void
runnable_exports(struct check *k)
{
	const struct module *m = k->m;
	struct str run = export_type(m, "run_e");
	struct str allocate = export_type(m, "allocate");

	if (!str_is(run, RUN_TYPE) && !str_is(run, RUN_OLD_TYPE) &&
	    !str_is(run, RUN_TWO_TYPE))
		TELL(k, RUN_TYPED, "run_e is " STR_F "; it must be " RUN_TYPE,
		    STR_A(run));
	if (!allocate_name(m) && allocate.n == 0)
		TELL(k, NO_ALLOCATE,
		    "no export 'allocate' of type " ALLOCATE_TYPE);
	else if (!allocate_name(m))
		TELL(k, ALLOCATE_TYPED,
		    "allocate is " STR_F "; it must be " ALLOCATE_TYPE,
		    STR_A(allocate));
	if (export_type(m, "deallocate").n == 0)
		TELL(k, NO_DEALLOCATE,
		    "no export 'deallocate' of type " DEALLOCATE_TYPE);
}

static void
entry_type(struct check *k, const char *name, const char *type)
{
	struct str has = export_type(k->m, name);

	if (!str_is(has, type))
		TELL(k, ENTRY_TYPED, "%s is " STR_F "; it must be %s", name,
		    STR_A(has), type);
}

static void
entry(struct check *k)
{
	const struct module *m = k->m;

	if (export_type(m, "run_e").n > 0) {
		runnable_exports(k);
	} else if (export_type(m, "__guest_call").n > 0) {
		entry_type(k, "__guest_call", GUEST_CALL_TYPE);
	} else if (export_type(m, "_start").n > 0) {
		entry_type(k, "_start", START_TYPE);
	} else {
		no_entry(k);
		return;
	}
	if (!exports_memory(m))
		TELL(k, NO_MEMORY, "no export 'memory' that is a memory");
}

/* ---- imports ---- */

/* Where modules come from that were made for another host. */
static const struct {
	const char *ns, *repair;
} strangers[] = {
	{ "wasi_unstable",
	    "it was built for WASI before its preview 1; "
	    "rebuild it with a current compiler" },
	{ "wbg",
	    "it was built with wasm-bindgen for JavaScript; build for "
	    "wasm32-unknown-unknown without it" },
	{ "__wbindgen_placeholder__",
	    "a crate in it uses wasm-bindgen, which "
	    "needs JavaScript; turn that off (for example the `js` feature of "
	    "getrandom)" },
	{ "gojs",
	    "it was built for JavaScript; build with GOOS=wasip1 "
	    "-buildmode=c-shared, or TinyGo's target wasip1" },
	{ "go",
	    "it was built for JavaScript; build with GOOS=wasip1 "
	    "-buildmode=c-shared" },
	{ "extism:host/env", "Extism's host calls are not offered" },
	{ "spin", "Spin's host calls are not offered" },
};

static void
stranger(struct check *k, struct diag *d, const struct module_import *i)
{
	for (size_t s = 0; s < COUNT(strangers); s++)
		if (str_is(i->ns, strangers[s].ns))
			diags_repair(k->ds, d, "%s", strangers[s].repair);
	if (str_starts(i->name, "emscripten_") ||
	    str_starts(i->name, "_emscripten_"))
		diags_repair(k->ds, d,
		    "it was built with Emscripten for "
		    "JavaScript; build with -sSTANDALONE_WASM, or with clang");
}

/* The same name before it, with another type. */
static void
import_twice(struct check *k, const struct module_import *i)
{
	for (const struct module_import *o = k->m->imports; o < i; o++) {
		if (o->kind != MODULE_FUNC || !str_eq(o->name, i->name) ||
		    !str_eq(o->ns, i->ns) || str_eq(o->type, i->type))
			continue;
		TELL(k, TWO_TYPES,
		    "it imports '%s.%s' as " STR_F " and as " STR_F,
		    shown(k, i->ns), shown(k, i->name), STR_A(o->type),
		    STR_A(i->type));
		return;
	}
}

static void
import_function(struct check *k, const struct module_import *i)
{
	const struct module_offer *near;
	struct diag *d;

	if (module_offer_find(i, &near)) {
		import_twice(k, i);
		return;
	}
	if (near && str_is(i->name, near->name) && str_is(i->ns, near->ns)) {
		CLEANUP(buf_free) struct buf types = BUF(2000);
		bool several = module_offer_types(near, &types);

		TELL(k, TYPED_IMPORT,
		    "nobody offers the import '%s.%s' as " STR_F
		    "; the host's %s %s",
		    shown(k, i->ns), shown(k, i->name), STR_A(i->type),
		    several ? "are" : "is", buf_cstr(&types));
		return;
	}
	d = TELL(k, UNKNOWN_IMPORT, "nobody offers the import '%s.%s' " STR_F,
	    shown(k, i->ns), shown(k, i->name), STR_A(i->type));
	if (near)
		diags_repair(k->ds, d, "did you mean '%s.%s' %s?", near->ns,
		    near->name, near->type);
	stranger(k, d, i);
}

static void
imports(struct check *k)
{
	const struct module *m = k->m;
	size_t before = diags_count(k->ds);

	for (size_t i = 0; i < m->nimports; i++) {
		const struct module_import *im = &m->imports[i];

		if (diags_count(k->ds) - before >= MAX_TOLD) {
			TELL(k, UNKNOWN_IMPORT,
			    "%zu more imports were not "
			    "looked at",
			    m->nimports - i);
			return;
		}
		if (im->kind == MODULE_FUNC)
			import_function(k, im);
		else
			TELL(k, OTHER_IMPORT, "it imports the %s '%s.%s'",
			    kind_name(im->kind), shown(k, im->ns),
			    shown(k, im->name));
	}
}

void
module_check(const struct module *m, struct str file, struct diags *ds)
{
	struct check k = { m, file, ds };

	if (custom_find(m, "linking")) {
		TELL(&k, OBJECT_FILE, "it is an object file: not linked yet");
		return;
	}
	entry(&k);
	imports(&k);
	if (m->memory_min_pages * PAGE > MEMORY_LIMIT)
		TELL(&k, BIG_MEMORY,
		    "it starts with %llu MiB of memory; "
		    "the limit is %u MiB",
		    (unsigned long long)(m->memory_min_pages * PAGE >> 20),
		    MEMORY_LIMIT >> 20);
}

/* ---- a whole file ---- */

static int
told(struct check *k, int rule, const struct err *why, struct err *e)
{
	struct diag *d;

	if (why->kind != ERR_INPUT && why->kind != ERR_LIMIT) {
		*e = *why;
		return -1;
	}
	d = TELL(
	    k, why->kind == ERR_LIMIT ? OVER_LIMIT : rule, "%s", why->text);
	if (why->hint[0] != '\0')
		diags_repair(k->ds, d, "%s", why->hint);
	return 0;
}

int
module_check_file(
    const char *self, const char *path, struct diags *ds, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(MODULE_MAX_BYTES);
	CLEANUP(module_free) struct module *m = NULL;
	struct check k = { NULL, str_of(path), ds };
	struct err why = ERR;

	if (os_read(&b, path, &why) < 0)
		return told(&k, NOT_A_MODULE, &why, e);
	if (header_check(buf_str(&b), &why) < 0)
		return told(&k, NOT_A_MODULE, &why, e);
	if (module_read(&m, buf_str(&b), &why) < 0)
		return told(&k, MALFORMED, &why, e);
	if (self && module_validate(self, path, &why) < 0)
		return told(&k, INVALID, &why, e);
	module_check(m, str_of(path), ds);
	return 0;
}
