/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled modules: made or loaded, and linked once, so that an instance of
 * one needs no look-up of names.
 */
#include <assert.h>
#include <string.h>

#include "engine/cache.h"
#include "engine/wasmtime_types.h"

#define TYPE_TEXT_MAX 400u
#define PATH_BYTES_MAX 8192u

/* ---- messages ---- */

/* wasmtime's texts have a chain of causes, one a line. */
void
engine_message(wasmtime_error_t *error, char *out, size_t nout)
{
	wasm_name_t m;
	size_t n = 0;
	bool gap = false;

	wasmtime_error_message(error, &m);
	for (size_t i = 0; i < m.size && n + 3 < nout; i++) {
		char c = m.data[i];

		if ((unsigned char)c < ' ') {
			gap = n > 0;
			continue;
		}
		if (gap && c == ' ')
			continue;
		if (gap && out[n - 1] != ':')
			out[n++] = ':';
		if (gap)
			out[n++] = ' ';
		gap = false;
		out[n++] = c;
	}
	out[n] = '\0';
	wasm_name_delete(&m);
	wasmtime_error_delete(error);
}

const char *
engine_bytes(uint64_t n, char out[32])
{
	if (n > 0 && n % (1u << 20) == 0)
		(void)snprintf(
		    out, 32, "%llu MiB", (unsigned long long)(n >> 20));
	else if (n > 0 && n % (1u << 10) == 0)
		(void)snprintf(
		    out, 32, "%llu KiB", (unsigned long long)(n >> 10));
	else
		(void)snprintf(out, 32, "%llu bytes", (unsigned long long)n);
	return out;
}

/* ---- types ---- */

static const char *
kind_name(uint8_t kind)
{
	switch (kind) {
	case WASM_I32:
		return "i32";
	case WASM_I64:
		return "i64";
	case WASM_F32:
		return "f32";
	case WASM_F64:
		return "f64";
	case WASM_EXTERNREF:
		return "externref";
	case WASM_FUNCREF:
		return "funcref";
	default:
		return "v128";
	}
}

static void
list_text(struct buf *b, const wasm_valtype_vec_t *v)
{
	buf_addc(b, '(');
	for (size_t i = 0; i < v->size; i++)
		buf_addf(b, "%s%s", i > 0 ? ", " : "",
		    kind_name(wasm_valtype_kind(v->data[i])));
	buf_addc(b, ')');
}

static struct signature
signature(struct arena *a, const wasm_functype_t *t)
{
	CLEANUP(buf_free) struct buf b = BUF(TYPE_TEXT_MAX);
	const wasm_valtype_vec_t *in = wasm_functype_params(t),
				 *out = wasm_functype_results(t);
	struct signature s = { .plain = in->size <= ENGINE_MAX_ARGS &&
		    out->size <= 1 };

	list_text(&b, in);
	buf_add(&b, STR(" -> "));
	if (out->size == 1)
		buf_addf(&b, "%s", kind_name(wasm_valtype_kind(out->data[0])));
	else
		list_text(&b, out);
	s.text = arena_copy(a, buf_str(&b));
	if (!s.plain)
		return s;
	s.nparams = (uint8_t)in->size;
	s.nresults = (uint8_t)out->size;
	for (size_t i = 0; i < in->size; i++) {
		s.kinds[i] = wasm_valtype_kind(in->data[i]);
		s.plain = s.plain && s.kinds[i] <= WASM_F64;
	}
	if (s.nresults) {
		s.result = wasm_valtype_kind(out->data[0]);
		s.plain = s.plain && s.result <= WASM_F64;
	}
	return s;
}

/* ---- exports ---- */

static int
by_name(const void *a, const void *b)
{
	const struct export *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

const struct export *
code_export(const struct code *c, const char *name)
{
	struct export key = { .name = str_of(name) };

	if (c->nexports == 0)
		return NULL;
	return bsearch(&key, c->exports, c->nexports, sizeof(key), by_name);
}

bool
code_has(const struct code *c, const char *name, const char *type)
{
	const struct export *x = code_export(c, name);

	return x && str_is(x->sig.text, type);
}

bool
code_imports(const struct code *c, const char *name)
{
	for (size_t i = 0; i < c->nbindings; i++)
		if (strcmp(c->bindings[i].import->name, name) == 0)
			return true;
	return false;
}

static void
add_memory(struct code *c, const wasm_memorytype_t *t)
{
	uint64_t max;

	c->has_memory = true;
	c->memory_min = wasmtime_memorytype_minimum(t) * PAGE_BYTES;
	c->memory_max = MEMORY_MAX;
	if (wasmtime_memorytype_maximum(t, &max) &&
	    max < MEMORY_MAX / PAGE_BYTES)
		c->memory_max = max * PAGE_BYTES;
}

static void
read_exports(struct code *c)
{
	wasm_exporttype_vec_t v;

	wasmtime_module_exports(c->module, &v);
	for (size_t i = 0; i < v.size; i++) {
		const wasm_externtype_t *t = wasm_exporttype_type(v.data[i]);
		const wasm_name_t *n = wasm_exporttype_name(v.data[i]);
		struct str name = { n->data, n->size };

		if (wasm_externtype_kind(t) == WASM_EXTERN_MEMORY &&
		    str_is(name, "memory"))
			add_memory(c, wasm_externtype_as_memorytype_const(t));
		if (wasm_externtype_kind(t) != WASM_EXTERN_FUNC)
			continue;
		c->exports = arena_grow(c->arena, c->exports, c->nexports,
		    &c->cap, sizeof(*c->exports));
		c->exports[c->nexports].name = arena_copy(c->arena, name);
		c->exports[c->nexports++].sig =
		    signature(c->arena, wasm_externtype_as_functype_const(t));
	}
	wasm_exporttype_vec_delete(&v);
	if (c->nexports > 0)
		qsort(c->exports, c->nexports, sizeof(*c->exports), by_name);
}

/* ---- imports ---- */

struct wanted {
	struct str ns, name;
	const wasm_externtype_t *type;
	struct signature sig;
};

static const struct engine_import *
find_import(const struct engine_import *table, const struct wanted *w,
    const struct engine_import **same_name)
{
	for (; table->name; table++) {
		if (!str_is(w->ns, table->ns) || !str_is(w->name, table->name))
			continue;
		if (str_is(w->sig.text, table->type))
			return table;
		*same_name = table;
	}
	return NULL;
}

static int
refuse_import(const struct wanted *w, const struct engine_import *same_name,
    struct err *e)
{
	if (wasm_externtype_kind(w->type) != WASM_EXTERN_FUNC)
		return err_set(e, ERR_INPUT,
		    "imports '" STR_F "." STR_F
		    "', which is not a function; only functions are offered",
		    STR_A(w->ns), STR_A(w->name));
	if (same_name)
		return err_set(e, ERR_INPUT,
		    "imports '" STR_F "." STR_F "' as " STR_F ", but it is %s",
		    STR_A(w->ns), STR_A(w->name), STR_A(w->sig.text),
		    same_name->type);
	(void)err_set(e, ERR_INPUT,
	    "imports '" STR_F "." STR_F "' " STR_F ", which nobody offers",
	    STR_A(w->ns), STR_A(w->name), STR_A(w->sig.text));
	return err_hint(e, "see runnable(7) for what a function may import");
}

static int
bind(struct code *c, wasmtime_linker_t *l, const wasm_importtype_t *it,
    const struct engine_import *table, struct binding *b, struct err *e)
{
	const wasm_name_t *ns = wasm_importtype_module(it),
			  *name = wasm_importtype_name(it);
	struct wanted w = { { ns->data, ns->size }, { name->data, name->size },
		wasm_importtype_type(it), { 0 } };
	const struct engine_import *same_name = NULL;
	const wasm_functype_t *ft = wasm_externtype_as_functype_const(w.type);
	wasmtime_error_t *error;
	char text[600];

	if (ft)
		w.sig = signature(c->arena, ft);
	b->import = ft ? find_import(table, &w, &same_name) : NULL;
	if (!b->import)
		return refuse_import(&w, same_name, e);
	assert(w.sig.plain);
	b->sig = w.sig;
	if (b->import->finish)
		error = wasmtime_linker_define_async_func(l, ns->data, ns->size,
		    name->data, name->size, ft, instance_import_async, b, NULL);
	else
		error =
		    wasmtime_linker_define_func_unchecked(l, ns->data, ns->size,
			name->data, name->size, ft, instance_import, b, NULL);
	if (!error)
		return 0;
	engine_message(error, text, sizeof(text));
	return err_set(e, ERR_INPUT, "cannot be linked: %s", text);
}

/* The engine links by name, so a name has one type in a module. */
static int
check_twins(
    struct code *c, const struct engine_import *table, size_t n, struct err *e)
{
	size_t entries = 0;
	bool *used;

	while (table[entries].name)
		entries++;
	used = arena_take(c->arena, entries + 1);
	for (size_t i = 0; i < n; i++)
		used[c->bindings[i].import - table] = true;
	for (size_t i = 0; i < entries; i++) {
		const struct engine_import *a = &table[i];

		for (const struct engine_import *b = a + 1; b->name; b++)
			if (used[i] && used[b - table] &&
			    strcmp(a->name, b->name) == 0 &&
			    strcmp(a->ns, b->ns) == 0)
				return err_set(e, ERR_INPUT,
				    "imports '%s.%s' both as %s and as %s, and "
				    "a module can have one of them",
				    a->ns, a->name, a->type, b->type);
	}
	return 0;
}

static int
bind_all(struct code *c, wasmtime_linker_t *l,
    const struct engine_import *table, struct err *e)
{
	wasm_importtype_vec_t v;
	int rc = 0;

	wasmtime_module_imports(c->module, &v);
	c->bindings = arena_take(c->arena, (v.size + 1) * sizeof(*c->bindings));
	c->nbindings = v.size;
	for (size_t i = 0; i < v.size && rc == 0; i++)
		rc = bind(c, l, v.data[i], table, &c->bindings[i], e);
	if (rc == 0)
		rc = check_twins(c, table, v.size, e);
	wasm_importtype_vec_delete(&v);
	return rc;
}

static int
link_code(struct code *c, const struct engine_import *table, struct err *e)
{
	wasmtime_linker_t *l = wasmtime_linker_new(c->we);
	wasmtime_error_t *error = NULL;
	char text[600];
	int rc;

	/* A module may name the same import twice (Go does). */
	wasmtime_linker_allow_shadowing(l, true);
	rc = bind_all(c, l, table, e);
	if (rc == 0)
		error = wasmtime_linker_instantiate_pre(l, c->module, &c->pre);
	wasmtime_linker_delete(l);
	if (!error)
		return rc;
	engine_message(error, text, sizeof(text));
	return err_set(e, ERR_INPUT, "cannot be linked: %s", text);
}

/* ---- compiling ---- */

static void
keep(struct code *c, const char *path)
{
	wasmtime_error_t *error;
	wasm_byte_vec_t v;

	error = wasmtime_module_serialize(c->module, &v);
	if (error) {
		wasmtime_error_delete(error);
		return;
	}
	cache_keep(c->en->cache_dir, path, (struct str){ v.data, v.size });
	wasm_byte_vec_delete(&v);
}

static bool
load_kept(struct code *c, const char *path)
{
	wasmtime_error_t *error;

	if (!cache_check(path))
		return false;
	error = wasmtime_module_deserialize_file(c->we, path, &c->module);
	if (error)
		wasmtime_error_delete(error);
	return !error;
}

static int
compile(struct code *c, struct str wasm, struct err *e)
{
	wasmtime_error_t *error;
	char text[600];
	struct str t;

	error = wasmtime_module_new(
	    c->we, (const uint8_t *)wasm.p, wasm.n, &c->module);
	if (!error)
		return 0;
	engine_message(error, text, sizeof(text));
	t = str_of(text);
	if (str_starts(t, "WebAssembly translation error: "))
		t = str_from(t, strlen("WebAssembly translation error: "));
	return err_set(e, ERR_INPUT, "the engine refuses it: " STR_F, STR_A(t));
}

static int
load(struct code *c, struct str wasm, struct err *e)
{
	CLEANUP(buf_free) struct buf path = BUF(PATH_BYTES_MAX);

	if (!c->en->cache_dir)
		return compile(c, wasm, e);
	cache_path(&path, c->en->cache_dir, wasm, c->en->settings);
	if (buf_over(&path))
		return compile(c, wasm, e);
	if (load_kept(c, buf_cstr(&path)))
		return 0;
	if (compile(c, wasm, e) < 0)
		return -1;
	keep(c, buf_cstr(&path));
	return 0;
}

/* ---- which of the two pools ---- */

static bool
leb(struct str *s, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; shift < 35 && s->n > 0; shift += 7) {
		uint8_t b = (uint8_t)s->p[0];

		*s = str_from(*s, 1);
		*v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			return true;
	}
	return false;
}

/* How much memory a module begins with, as far as a glance tells: whoever is
 * wrong here is only slower. */
static uint64_t
peek_memory(struct str wasm)
{
	struct str s = str_from(wasm, wasm.n < 8 ? wasm.n : 8);
	uint64_t id, n, count, flags, pages;

	while (leb(&s, &id) && leb(&s, &n) && n <= s.n) {
		if (id != 5) {
			s = str_from(s, n);
			continue;
		}
		if (!leb(&s, &count) || count == 0 || !leb(&s, &flags) ||
		    !leb(&s, &pages))
			return 0;
		return pages * PAGE_BYTES;
	}
	return 0;
}

int
code_load(struct code **out, struct engine *en, struct str wasm,
    struct str name, const struct engine_import *imports, struct err *e)
{
	CLEANUP(code_free) struct code *c = mem_take(sizeof(*c));
	char need[32];

	c->en = en;
	c->arena = arena_new();
	if (engine_for(&c->we, en, peek_memory(wasm), e) < 0 ||
	    load(c, wasm, e) < 0)
		return err_wrap(e, "'" STR_F "'", STR_A(name));
	read_exports(c);
	if (c->memory_min > MEMORY_MAX - PAGE_BYTES)
		return err_set(e, ERR_LIMIT,
		    "'" STR_F "' needs %s of memory, more than there can be",
		    STR_A(name), engine_bytes(c->memory_min, need));
	if (link_code(c, imports, e) < 0)
		return err_wrap(e, "'" STR_F "'", STR_A(name));
	*out = c;
	c = NULL;
	return 0;
}

void
code_free(struct code **pc)
{
	struct code *c = *pc;

	if (!c)
		return;
	if (c->pre)
		wasmtime_instance_pre_delete(c->pre);
	if (c->module)
		wasmtime_module_delete(c->module);
	arena_free(&c->arena);
	mem_free(c);
	*pc = NULL;
}
