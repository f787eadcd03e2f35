/* SPDX-License-Identifier: Apache-2.0 */
/* What an open bundle is asked. */
#include <assert.h>
#include <string.h>

#include "bundle/inside.h"

struct entry *
inside_find(const struct bundle *b, struct str name)
{
	size_t lo = 0, hi = b->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct entry *en = b->sorted[mid];
		int d = str_cmp(name, en->name);

		if (d == 0)
			return en;
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* It was unpacked once and found good, and its packed bytes are the same: there
 * is no other way for it to fail now than a bug. */
static struct str
data_of(const struct bundle *b, struct entry *en)
{
	struct unpacked *u = &b->rooms[en - b->entries];

	if (atomic_load_explicit(&en->ready, memory_order_acquire))
		return en->data;
	pthread_mutex_lock(b->lock);
	if (!atomic_load(&en->ready)) {
		unpack_one(u, en->later);
		assert(!u->why);
		en->data = u->data;
		atomic_store_explicit(&en->ready, true, memory_order_release);
	}
	pthread_mutex_unlock(b->lock);
	return en->data;
}

const struct directive *
bundle_directive(const struct bundle *b)
{
	return b->directive;
}

const struct digest *
bundle_digest(const struct bundle *b)
{
	return &b->digest;
}

const struct digest *
bundle_entry_digest(const struct bundle *b, size_t i)
{
	return &b->entries[i].digest;
}

struct str
bundle_signatures(const struct bundle *b)
{
	return b->signatures;
}

int64_t
bundle_epoch(const struct bundle *b)
{
	const struct entry *en = inside_find(b, STR(DIRECTIVE_NAME));

	return en ? en->epoch_s : b->n > 0 ? b->entries[0].epoch_s : 0;
}

size_t
bundle_count(const struct bundle *b)
{
	return b->n;
}

struct bundle_part
bundle_at(const struct bundle *b, size_t i)
{
	struct entry *en = &b->entries[i];

	return (struct bundle_part){ en->name, data_of(b, en) };
}

struct str
bundle_name_at(const struct bundle *b, size_t i)
{
	return b->entries[i].name;
}

size_t
bundle_packed_bytes(const struct bundle *b, size_t i)
{
	return b->entries[i].npacked;
}

bool
bundle_find(const struct bundle *b, struct str name, struct str *data)
{
	struct entry *en = inside_find(b, name);

	if (en)
		*data = data_of(b, en);
	return en != NULL;
}

bool
bundle_stray(const struct bundle *b, size_t i)
{
	return b->entries[i].stray;
}

static struct str
space_of(const struct function_info *f)
{
	return f->ns.n > 0 ? f->ns : STR("default");
}

static struct entry *
module_of(const struct bundle *b, const struct function_info *f)
{
	for (size_t i = 0; i < b->directive->nfunctions; i++) {
		const struct function_info *g = &b->directive->functions[i];

		if (!str_eq(f->name, g->name) ||
		    !str_eq(space_of(f), space_of(g)))
			continue;
		return b->modules[i];
	}
	return NULL;
}

bool
bundle_module(
    const struct bundle *b, const struct function_info *f, struct str *wasm)
{
	struct entry *en = module_of(b, f);

	if (en)
		*wasm = data_of(b, en);
	return en != NULL;
}

bool
bundle_module_digest(
    const struct bundle *b, const struct function_info *f, struct digest *d)
{
	struct entry *en = module_of(b, f);

	if (en)
		*d = en->digest;
	return en != NULL;
}

struct str
bundle_static_name(struct str name)
{
	static const char *const prefixes[] = { STATIC, "/", "./" };

	for (size_t i = 0; i < COUNT(prefixes); i++)
		if (str_starts(name, prefixes[i]))
			name = str_from(name, strlen(prefixes[i]));
	return name;
}

bool
bundle_static(const struct bundle *b, struct str name, struct str *data)
{
	char path[ZIP_MAX_NAME + sizeof(STATIC)];

	name = bundle_static_name(name);
	if (name.n == 0 || name.n > ZIP_MAX_NAME)
		return false;
	memcpy(path, STATIC, sizeof(STATIC) - 1);
	memcpy(path + sizeof(STATIC) - 1, name.p, name.n);
	return bundle_find(
	    b, (struct str){ path, sizeof(STATIC) - 1 + name.n }, data);
}

char *
bundle_module_name(struct arena *a, struct str ns, struct str name)
{
	if (ns.n == 0 || str_is(ns, "default"))
		return arena_printf(a, STR_F WASM, STR_A(name));
	return arena_printf(a, STR_F "::" STR_F WASM, STR_A(ns), STR_A(name));
}
