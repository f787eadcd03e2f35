/* SPDX-License-Identifier: Apache-2.0 */
/* Types: core spec 5.3, and what is beyond WebAssembly 2.0 by name. */
#include <string.h>

#include "module/read.h"

#define SHOWN 64u /* values of a signature that are written out */

static const struct {
	uint8_t code;
	const char *name;
} values[] = {
	{ 0x7f, "i32" },
	{ 0x7e, "i64" },
	{ 0x7d, "f32" },
	{ 0x7c, "f64" },
	{ 0x7b, "v128" },
	{ 0x70, "funcref" },
	{ 0x6f, "externref" },
};

static const char *
value_name(uint8_t code)
{
	for (size_t i = 0; i < COUNT(values); i++)
		if (values[i].code == code)
			return values[i].name;
	return NULL;
}

void
types_value(struct cursor *c, const char *what)
{
	size_t at = c->at;
	uint8_t code = cursor_u8(c, what);

	if (!c->bad && !value_name(code))
		cursor_fail(c, ERR_INPUT, at,
		    "%s of type 0x%02x, which is not in WebAssembly 2.0 "
		    "(garbage-collected types and typed references are not "
		    "supported)",
		    what, code);
}

static void
value_list(struct cursor *c, const char *what)
{
	uint32_t n = cursor_count(c, 1, MAX_VALUES, what);

	for (uint32_t i = 0; i < n && !c->bad; i++)
		types_value(c, what);
}

void
types_read(struct reader *r, struct cursor *c)
{
	uint32_t n = cursor_count(c, 3, MAX_TYPES, "types");
	uint8_t form;

	r->types = arena_take(r->a, n * sizeof(*r->types));
	r->type_texts = arena_take(r->a, n * sizeof(*r->type_texts));
	for (r->ntypes = 0; r->ntypes < n && !c->bad; r->ntypes++) {
		form = cursor_u8(c, "type");
		if (!c->bad && form != 0x60)
			cursor_fail(c, ERR_INPUT, c->at - 1,
			    "type of form 0x%02x, which is not in WebAssembly "
			    "2.0 (garbage-collected types are not supported)",
			    form);
		r->types[r->ntypes] = c->at;
		value_list(c, "parameters");
		value_list(c, "results");
	}
}

void
types_limits(struct cursor *c, uint64_t *min, uint64_t *max, uint64_t ceiling,
    const char *what)
{
	size_t at = c->at;
	uint8_t flags = cursor_u8(c, what);

	*min = *max = 0;
	if (c->bad)
		return;
	if (flags & 4)
		cursor_fail(c, ERR_INPUT, at,
		    "64-bit %s (the memory64 "
		    "proposal) is not supported",
		    what);
	else if (flags & 2)
		cursor_fail(c, ERR_INPUT, at,
		    "shared %s (the threads "
		    "proposal) is not supported",
		    what);
	else if (flags > 1)
		cursor_fail(c, ERR_INPUT, at,
		    "limits of %s of form 0x%02x, "
		    "which is not in WebAssembly 2.0",
		    what, flags);
	*min = cursor_u32(c, what);
	if (flags & 1)
		*max = cursor_u32(c, what);
	if (*min > ceiling)
		cursor_fail(c, ERR_LIMIT, at,
		    "%s of at least %llu, %llu is "
		    "the most",
		    what, (unsigned long long)*min,
		    (unsigned long long)ceiling);
	else if ((flags & 1) && *max < *min)
		cursor_fail(c, ERR_INPUT, at,
		    "%s of at least %llu and at most "
		    "%llu",
		    what, (unsigned long long)*min, (unsigned long long)*max);
}

void
types_table(struct cursor *c)
{
	uint64_t min, max;
	size_t at = c->at;
	uint8_t code = cursor_u8(c, "table");

	if (!c->bad && code != 0x70 && code != 0x6f)
		cursor_fail(c, ERR_INPUT, at,
		    "table of type 0x%02x, which is "
		    "not in WebAssembly 2.0",
		    code);
	types_limits(c, &min, &max, MAX_TABLE_MIN, "table");
}

void
types_global(struct cursor *c)
{
	size_t at;

	types_value(c, "global");
	at = c->at;
	if (cursor_u8(c, "global") > 1)
		cursor_fail(c, ERR_INPUT, at,
		    "global that is neither constant "
		    "nor mutable");
}

static void
show_values(struct buf *out, struct cursor *c, bool brackets)
{
	uint32_t n = cursor_u32(c, "values");

	if (n != 1 || brackets)
		buf_addc(out, '(');
	for (uint32_t i = 0; i < n; i++) {
		const char *name = value_name(cursor_u8(c, "value"));

		if (i < SHOWN)
			buf_addf(out, "%s%s", i > 0 ? ", " : "", name);
	}
	if (n > SHOWN)
		buf_addf(out, ", ... %lu in all", (unsigned long)n);
	if (n != 1 || brackets)
		buf_addc(out, ')');
}

struct str
types_text(struct reader *r, uint32_t type)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	struct err e = ERR;
	struct cursor c = {
		.bytes = r->m->bytes, .end = r->m->bytes.n, .e = &e
	};

	if (r->type_texts[type].n > 0)
		return r->type_texts[type];
	c.at = r->types[type];
	show_values(&b, &c, true);
	buf_add(&b, STR(" -> "));
	show_values(&b, &c, false);
	r->type_texts[type] = arena_copy(r->a, buf_str(&b));
	return r->type_texts[type];
}

bool
types_of(const struct reader *r, uint32_t func, uint32_t *type)
{
	if (func < r->nimported) {
		*type = r->imported[func];
		return true;
	}
	if (func - r->nimported >= r->ndeclared)
		return false;
	*type = r->declared[func - r->nimported];
	return true;
}
