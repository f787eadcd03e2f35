/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled modules: made, or loaded as they were made before. */
#include <string.h>

#include "engine/cache.h"
#include "engine/wasmtime_types.h"
#include "os/os.h"

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

/* ---- compiling ---- */

static void
keep(struct code *c, const char *path)
{
	wasmtime_error_t *error;
	wasm_byte_vec_t v;

	error = wasmtime_module_serialize(c->first->module, &v);
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
	error = wasmtime_module_deserialize_file(
	    c->first->we, path, &c->first->module);
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
	    c->first->we, (const uint8_t *)wasm.p, wasm.n, &c->first->module);
	if (!error)
		return 0;
	engine_message(error, text, sizeof(text));
	t = str_of(text);
	if (str_starts(t, "WebAssembly translation error: "))
		t = str_from(t, strlen("WebAssembly translation error: "));
	return err_set(e, ERR_INPUT, "the engine refuses it: " STR_F, STR_A(t));
}

/* Where code for one of the two engines is kept; false: nowhere. */
static bool
kept_path(struct buf *path, const struct engine *en,
    const struct digest *module, unsigned kind)
{
	char settings[sizeof(en->settings) + 16];

	if (!en->cache_dir)
		return false;
	(void)snprintf(settings, sizeof(settings), "%s%s", en->settings,
	    kind == FOR_LARGE ? " large" : "");
	cache_path(path, en->cache_dir, module, settings);
	return !buf_over(path);
}

static int
load(struct code *c, struct str wasm, struct err *e)
{
	CLEANUP(buf_free) struct buf path = BUF(PATH_BYTES_MAX);
	struct digest module;

	if (!c->en->cache_dir)
		return compile(c, wasm, e);
	module = sign_digest(wasm);
	if (!kept_path(&path, c->en, &module, c->kind))
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

static struct code *
new_code(struct engine *en)
{
	struct code *c = mem_take(sizeof(*c));

	c->en = en;
	c->arena = arena_new();
	c->first = mem_take(sizeof(*c->first));
	c->rest = arena_take(c->arena, sizeof(*c->rest));
	pthread_mutex_init(&c->rest->lock, NULL);
	return c;
}

/* The module is there: all that is to be known of it. */
static int
make_ready(struct code *c, struct str name, const struct engine_import *imports,
    struct err *e)
{
	char need[32];

	code_read_exports(c);
	if (c->memory_min > MEMORY_MAX - PAGE_BYTES)
		return err_set(e, ERR_LIMIT,
		    "'" STR_F "' needs %s of memory, more than there can be",
		    STR_A(name), engine_bytes(c->memory_min, need));
	if (code_link(c, imports, e) < 0)
		return err_wrap(e, "'" STR_F "'", STR_A(name));
	return 0;
}

int
code_load(struct code **out, struct engine *en, struct str wasm,
    struct str name, const struct engine_import *imports, struct err *e)
{
	CLEANUP(code_free) struct code *c = new_code(en);

	c->kind = engine_kind(en, peek_memory(wasm));
	if (engine_pool(&c->first->we, en, FIRST(c->kind), e) < 0 ||
	    load(c, wasm, e) < 0)
		return err_wrap(e, "'" STR_F "'", STR_A(name));
	if (make_ready(c, name, imports, e) < 0)
		return -1;
	*out = c;
	c = NULL;
	return 0;
}

int
code_load_kept(struct code **out, struct engine *en,
    const struct digest *module, struct str name,
    const struct engine_import *imports, struct err *e)
{
	CLEANUP(code_free) struct code *c = new_code(en);

	*out = NULL;
	for (unsigned i = 0; i < KINDS && !c->first->module; i++) {
		CLEANUP(buf_free) struct buf path = BUF(PATH_BYTES_MAX);

		if ((i == FOR_LARGE && !en->two) ||
		    !kept_path(&path, en, module, i) ||
		    !os_exists(buf_cstr(&path)))
			continue;
		c->kind = i;
		if (engine_pool(&c->first->we, en, FIRST(i), e) < 0)
			return err_wrap(e, "'" STR_F "'", STR_A(name));
		(void)load_kept(c, buf_cstr(&path));
	}
	if (!c->first->module)
		return 0;
	if (make_ready(c, name, imports, e) < 0)
		return -1;
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
	linked_free(atomic_load(&c->rest->made));
	linked_free(c->first);
	pthread_mutex_destroy(&c->rest->lock);
	arena_free(&c->arena);
	mem_free(c);
	*pc = NULL;
}
