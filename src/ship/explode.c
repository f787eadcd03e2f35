/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle taken apart: which entry travels in which layer. */
#include <stdlib.h>

#include "bundle/bundle.h"
#include "os/os.h"
#include "ship/parts.h"

#define ALONE \
	(64u << 10) /* packed bytes from which a file has its own layer \
		     */

struct split {
	struct entry *v; /* all, as they stand in the bundle */
	bool *alone;
	size_t n, cap, nalone;
	uint32_t date;
};

static void
split_free(struct split *s)
{
	mem_free(s->v);
	mem_free(s->alone);
}

/* What was attested changes with each build, so it must not make all small
 * files travel again. */
static bool
goes_alone(const struct entry *z, size_t from)
{
	return z->packed.n >= from || str_is(z->name, "Directive.yaml") ||
	    (from == ALONE &&
		(str_starts(z->name, "attest/") ||
		    (str_ends(z->name, ".wasm") &&
			!str_starts(z->name, "static/"))));
}

static void
choose(struct split *s, size_t from)
{
	s->nalone = 0;
	for (size_t i = 0; i < s->n; i++) {
		s->alone[i] = goes_alone(&s->v[i], from);
		s->nalone += s->alone[i];
	}
}

/* Only what would come out as it went in travels so.  All that the header of an
 * entry says was looked at; what stands behind the entries must follow from it.
 */
static bool
comes_back(const struct split *s, struct str rest)
{
	CLEANUP(buf_free) struct buf b = BUF(rest.n + 1);

	for (size_t i = 1; i < s->n; i++)
		if (entry_by_name(&s->v[i - 1], &s->v[i]) >= 0)
			return false;
	entry_directory(&b, s->v, s->n, s->date);
	return s->n <= BUNDLE_MAX_ENTRIES && str_eq(buf_str(&b), rest);
}

/* False: it is not framed as we would frame it again. */
static bool
read_entries(struct split *s, struct str whole)
{
	struct str rest = whole;

	for (; !entry_is_end(rest); s->n++) {
		uint32_t date;

		s->v = mem_grow(s->v, s->n, &s->cap, sizeof(*s->v));
		if (!entry_cut(&rest, &s->v[s->n], &date) ||
		    (s->n > 0 && date != s->date))
			return false;
		s->date = date;
	}
	s->alone = mem_take((s->n + 1) * sizeof(*s->alone));
	choose(s, ALONE);
	for (size_t from = ALONE;
	    s->nalone >= SHIP_MAX_LAYERS && from < SHIP_MAX_BYTES; from *= 2)
		choose(s, from + 1);
	return s->nalone < SHIP_MAX_LAYERS && comes_back(s, rest);
}

static struct ship_layer *
add(struct ship_layers *l, const char *type, struct str title)
{
	struct ship_layer *y;

	l->v = arena_grow(l->arena, l->v, l->n, &l->cap, sizeof(*l->v));
	y = &l->v[l->n++];
	y->media_type = type;
	y->title = title;
	return y;
}

static const char *
type_of(struct str name)
{
	if (str_ends(name, ".wasm"))
		return LAYER_WASM;
	if (str_is(name, "Directive.yaml"))
		return LAYER_YAML;
	return str_ends(name, ".json") ? LAYER_JSON : LAYER_FILE;
}

static void
add_alone(struct ship_layers *l, const struct entry *z)
{
	const char *type = type_of(z->name);
	struct ship_layer *y;

	if (z->method == ENTRY_STORED) {
		y = add(l, type, z->name);
		y->data = z->packed;
		y->crc = z->crc;
		return;
	}
	y = add(l, arena_printf(l->arena, "%s" LAYER_GZIP, type),
	    str_of(arena_printf(l->arena, STR_F ".gz", STR_A(z->name))));
	y->own.max = z->packed.n + GZIP_MORE;
	gzip_write(&y->own, z);
	y->data = buf_str(&y->own);
}

static void
add_rest(struct ship_layers *l, const struct split *s)
{
	CLEANUP(mem_free_at)
	struct entry *v = mem_take((s->n + 1) * sizeof(*v));
	struct ship_layer *y;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (!s->alone[i])
			v[n++] = s->v[i];
	if (n == 0)
		return;
	y = add(l, LAYER_ZIP, STR(LAYER_FILES));
	y->own.max = SHIP_MAX_BYTES;
	entry_write(&y->own, v, n, ENTRY_DATE);
	y->data = buf_str(&y->own);
}

static void
explode(struct ship_layers *l, const struct split *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->alone[i])
			add_alone(l, &s->v[i]);
	add_rest(l, s);
	l->date = s->date;
}

static void
drop_layers(struct ship_layers *l)
{
	for (size_t i = 0; i < l->n; i++)
		buf_free(&l->v[i].own);
	l->n = 0;
}

void
ship_explode(struct ship_layers *out, struct str whole)
{
	CLEANUP(split_free) struct split s = { 0 };

	*out = (struct ship_layers){ .arena = arena_new() };
	if (read_entries(&s, whole)) {
		explode(out, &s);
		return;
	}
	out->whole = true;
	add(out, LAYER_ZIP, STR(LAYER_BUNDLE))->data = whole;
}

void
ship_layers_free(struct ship_layers *l)
{
	drop_layers(l);
	if (l->arena)
		arena_free(&l->arena);
}
