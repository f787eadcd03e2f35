/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modules linked: what they export, and their imports bound to ours, once, so
 * that an instance needs no look-up of names.
 */
#include <assert.h>
#include <string.h>

#include "engine/wasmtime_types.h"

#define TYPE_TEXT_MAX 400u

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

void
code_read_exports(struct code *c)
{
	wasm_exporttype_vec_t v;

	wasmtime_module_exports(c->first->module, &v);
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
bind(struct code *c, const wasm_importtype_t *it,
    const struct engine_import *table, struct binding *b, struct err *e)
{
	const wasm_name_t *ns = wasm_importtype_module(it),
			  *name = wasm_importtype_name(it);
	struct wanted w = { { ns->data, ns->size }, { name->data, name->size },
		wasm_importtype_type(it), { 0 } };
	const struct engine_import *same_name = NULL;
	const wasm_functype_t *ft = wasm_externtype_as_functype_const(w.type);

	if (ft)
		w.sig = signature(c->arena, ft);
	b->import = ft ? find_import(table, &w, &same_name) : NULL;
	if (!b->import)
		return refuse_import(&w, same_name, e);
	assert(w.sig.plain);
	b->sig = w.sig;
	return 0;
}

static int
define(wasmtime_linker_t *l, const wasm_importtype_t *it, struct binding *b,
    struct err *e)
{
	const wasm_name_t *ns = wasm_importtype_module(it),
			  *name = wasm_importtype_name(it);
	const wasm_functype_t *ft =
	    wasm_externtype_as_functype_const(wasm_importtype_type(it));
	wasmtime_error_t *error;
	char text[600];

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

	wasmtime_module_imports(c->first->module, &v);
	c->bindings = arena_take(c->arena, (v.size + 1) * sizeof(*c->bindings));
	c->nbindings = v.size;
	for (size_t i = 0; i < v.size && rc == 0; i++)
		rc = bind(c, v.data[i], table, &c->bindings[i], e);
	if (rc == 0)
		rc = check_twins(c, table, v.size, e);
	for (size_t i = 0; i < v.size && rc == 0; i++)
		rc = define(l, v.data[i], &c->bindings[i], e);
	wasm_importtype_vec_delete(&v);
	return rc;
}

static int
make_pre(struct linked *k, wasmtime_linker_t *l, struct err *e)
{
	wasmtime_error_t *error =
	    wasmtime_linker_instantiate_pre(l, k->module, &k->pre);
	char text[600];

	if (!error)
		return 0;
	engine_message(error, text, sizeof(text));
	return err_set(e, ERR_INPUT, "cannot be linked: %s", text);
}

static wasmtime_linker_t *
new_linker(wasm_engine_t *we)
{
	wasmtime_linker_t *l = wasmtime_linker_new(we);

	/* A module may name the same import twice (Go does). */
	wasmtime_linker_allow_shadowing(l, true);
	return l;
}

int
code_link(struct code *c, const struct engine_import *table, struct err *e)
{
	wasmtime_linker_t *l = new_linker(c->first->we);
	int rc = bind_all(c, l, table, e);

	if (rc == 0)
		rc = make_pre(c->first, l, e);
	wasmtime_linker_delete(l);
	return rc;
}

/* ---- more instances than the first pool holds ---- */

/* What was compiled for one pool runs in the others. */
static int
copy_module(struct linked *to, const struct linked *from, struct err *e)
{
	wasmtime_error_t *error;
	wasm_byte_vec_t v;
	char text[600];

	error = wasmtime_module_serialize(from->module, &v);
	if (!error) {
		error = wasmtime_module_deserialize(
		    to->we, (const uint8_t *)v.data, v.size, &to->module);
		wasm_byte_vec_delete(&v);
	}
	if (!error)
		return 0;
	engine_message(error, text, sizeof(text));
	return err_set(e, ERR_SYSTEM, "cannot be started once more: %s", text);
}

static int
define_all(const struct code *c, const struct linked *k, wasmtime_linker_t *l,
    struct err *e)
{
	wasm_importtype_vec_t v;
	int rc = 0;

	wasmtime_module_imports(k->module, &v);
	for (size_t i = 0; i < v.size && rc == 0; i++)
		rc = define(l, v.data[i], &c->bindings[i], e);
	wasm_importtype_vec_delete(&v);
	return rc;
}

void
linked_free(struct linked *k)
{
	if (!k)
		return;
	if (k->pre)
		wasmtime_instance_pre_delete(k->pre);
	if (k->module)
		wasmtime_module_delete(k->module);
	mem_free(k);
}

static struct linked *
make_rest(const struct code *c, struct err *e)
{
	struct linked *k = mem_take(sizeof(*k));
	wasmtime_linker_t *l;
	int rc = engine_pool(&k->we, c->en, REST(c->kind), e);

	if (rc == 0)
		rc = copy_module(k, c->first, e);
	if (rc == 0) {
		l = new_linker(k->we);
		rc = define_all(c, k, l, e);
		if (rc == 0)
			rc = make_pre(k, l, e);
		wasmtime_linker_delete(l);
	}
	if (rc == 0)
		return k;
	linked_free(k);
	return NULL;
}

int
code_rest(const struct linked **out, const struct code *c, struct err *e)
{
	struct rest *r = c->rest;
	struct linked *k = atomic_load_explicit(&r->made, memory_order_acquire);

	if (!k) {
		pthread_mutex_lock(&r->lock);
		k = atomic_load(&r->made);
		if (!k) {
			k = make_rest(c, e);
			atomic_store_explicit(
			    &r->made, k, memory_order_release);
		}
		pthread_mutex_unlock(&r->lock);
	}
	*out = k;
	return k ? 0 : -1;
}
