/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Custom sections: "name" (core spec 7.4) and "producers" (the tool
 * conventions' ProducersSection.md).
 */
#include <string.h>

#include "module/read.h"

#define MAX_PRODUCERS 64u

const struct module_section *
custom_find(const struct module *m, const char *name)
{
	for (size_t i = 0; i < m->nsections; i++)
		if (m->sections[i].id == SEC_CUSTOM &&
		    str_is(m->sections[i].name, name))
			return &m->sections[i];
	return NULL;
}

struct str
custom_data(const struct module *m, const struct module_section *s)
{
	size_t from = (size_t)(s->name.p - m->bytes.p) + s->name.n;

	return (struct str){ m->bytes.p + from, s->at + s->nbytes - from };
}

static void
function_names(struct reader *r, struct cursor *c)
{
	struct module *m = r->m;
	uint32_t n = cursor_count(c, 2, UINT32_MAX, "names");

	for (uint32_t i = 0; i < n && !c->bad; i++) {
		uint32_t func = cursor_u32(c, "function");
		uint32_t len = cursor_u32(c, "name");
		struct str name = cursor_bytes(c, len, "name");

		if (!c->bad && func >= r->nimported &&
		    func - r->nimported < m->nfuncs)
			m->funcs[func - r->nimported].name = name;
	}
}

static void
name_section(struct reader *r)
{
	const struct module_section *s = custom_find(r->m, "name");
	struct err ignored = ERR;
	struct cursor c = { .e = &ignored };
	struct cursor sub;
	uint8_t id;

	if (!s)
		return;
	c.bytes = custom_data(r->m, s);
	c.end = c.bytes.n;
	while (!c.bad && c.at < c.end) {
		id = cursor_u8(&c, "part");
		sub = cursor_sub(&c, cursor_u32(&c, "part"), "part");
		if (id == 1 && !sub.bad) {
			r->m->has_names = true;
			function_names(r, &sub);
		}
	}
}

/*
 * The producers section lists all that had a hand in it, the C compiler of the
 * runtime among others.  What is nearer to the top is nearer to the user.
 */
struct prefer {
	const char *prefix, *language;
};

static const struct prefer makers[] = {
	{ "TinyGo", "Go" },
	{ "Go cmd/compile", "Go" },
	{ "rustc", "Rust" },
	{ "zig", "Zig" },
	{ "", NULL },
};

/* "C11", "C_plus_plus_14": as people write them. */
static const struct prefer languages[] = {
	{ "Rust", "Rust" },
	{ "Swift", "Swift" },
	{ "Zig", "Zig" },
	{ "Go", "Go" },
	{ "C_plus_plus", "C++" },
	{ "C++", "C++" },
	{ "C", "C" },
	{ "", NULL },
};

/* The first row of table that fits, before *best: then *best is that. */
static bool
better(const struct prefer *table, struct str name, size_t *best)
{
	for (size_t i = 0; i < *best; i++) {
		if (str_starts(name, table[i].prefix)) {
			*best = i;
			return true;
		}
	}
	return false;
}

struct made {
	size_t maker, language;	  /* rows of the tables */
	struct str name, version; /* of the maker */
};

static void
producer_values(struct cursor *c, struct str field, struct made *made)
{
	uint32_t n = cursor_count(c, 2, MAX_PRODUCERS, "producers");
	struct str name, version;

	for (uint32_t i = 0; i < n && !c->bad; i++) {
		name = cursor_name(c, "producer");
		version = cursor_name(c, "version");
		if (c->bad)
			return;
		if (str_is(field, "language"))
			better(languages, name, &made->language);
		if (str_is(field, "processed-by") &&
		    better(makers, name, &made->maker)) {
			made->name = name;
			made->version = version;
		}
	}
}

static void
producers(struct reader *r)
{
	const struct module_section *s = custom_find(r->m, "producers");
	struct made made = { COUNT(makers), COUNT(languages), { 0 }, { 0 } };
	struct err ignored = ERR;
	struct cursor c = { .e = &ignored };
	const char *language = NULL;
	uint32_t n;

	if (!s)
		return;
	c.bytes = custom_data(r->m, s);
	c.end = c.bytes.n;
	n = cursor_count(&c, 2, MAX_PRODUCERS, "fields");
	for (uint32_t i = 0; i < n && !c.bad; i++)
		producer_values(&c, cursor_name(&c, "field"), &made);
	if (made.name.n > 0)
		r->m->producer = str_of(
		    arena_printf(r->a, STR_F "%s" STR_F, STR_A(made.name),
			made.version.n > 0 ? " " : "", STR_A(made.version)));
	if (made.maker < COUNT(makers))
		language = makers[made.maker].language;
	if (!language && made.language < COUNT(languages))
		language = languages[made.language].language;
	r->m->language = str_of(language);
}

/* A function that the name section leaves out may have an export's. */
static void
export_names(struct reader *r)
{
	struct module *m = r->m;

	for (size_t i = 0; i < m->nexports; i++) {
		const struct module_export *x = &m->exports[i];
		struct module_func *f;

		if (x->kind != MODULE_FUNC || x->index < r->nimported)
			continue;
		f = &m->funcs[x->index - r->nimported];
		if (f->name.n == 0)
			f->name = x->name;
	}
}

void
names_read(struct reader *r)
{
	name_section(r);
	export_names(r);
	producers(r);
}
