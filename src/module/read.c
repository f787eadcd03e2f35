/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a module: core spec 5.5.2. */
#include <stdio.h>
#include <string.h>

#include "module/read.h"

/* The public part comes first, so that one pointer serves for both. */
struct holder {
	struct module m;
	struct arena *a;
};

/* By id: its name, and where it has its place; 0 is anywhere. */
static const struct {
	const char *name;
	unsigned rank;
} known[SECTION_IDS] = {
	[SEC_CUSTOM] = { "custom", 0 },
	[SEC_TYPE] = { "type", 1 },
	[SEC_IMPORT] = { "import", 2 },
	[SEC_FUNCTION] = { "function", 3 },
	[SEC_TABLE] = { "table", 4 },
	[SEC_MEMORY] = { "memory", 5 },
	[SEC_TAG] = { "tag", 6 },
	[SEC_GLOBAL] = { "global", 7 },
	[SEC_EXPORT] = { "export", 8 },
	[SEC_START] = { "start", 9 },
	[SEC_ELEMENT] = { "element", 10 },
	[SEC_DATA_COUNT] = { "data count", 11 },
	[SEC_CODE] = { "code", 12 },
	[SEC_DATA] = { "data", 13 },
};

struct frame {
	struct reader r;
	size_t cap;    /* of r.m->sections */
	unsigned rank; /* of the section before */
};

static void
one_section(struct frame *f, struct cursor *c)
{
	struct module *m = f->r.m;
	size_t at = c->at;
	uint8_t id = cursor_u8(c, "section");
	uint32_t n = cursor_u32(c, "size of a section");
	struct module_section *s;
	struct cursor sub;
	char name[40];

	if (!c->bad && id >= SECTION_IDS)
		cursor_fail(c, ERR_INPUT, at, "section of unknown kind %u", id);
	if (!c->bad && id == SEC_TAG)
		cursor_fail(c, ERR_INPUT, at,
		    "exception tags (the exception "
		    "handling proposal) are not supported");
	if (!c->bad && m->nsections == MAX_SECTIONS)
		cursor_fail(
		    c, ERR_LIMIT, at, "more than %u sections", MAX_SECTIONS);
	if (c->bad)
		return;
	if (known[id].rank != 0 && known[id].rank <= f->rank)
		cursor_fail(c, ERR_INPUT, at, "the %s section %s",
		    known[id].name,
		    known[id].rank == f->rank ? "is there twice"
					      : "comes too late");
	snprintf(name, sizeof(name), "the %s section", known[id].name);
	sub = cursor_sub(c, n, name);
	if (c->bad)
		return;
	if (known[id].rank != 0)
		f->rank = known[id].rank;
	m->sections = arena_grow(
	    f->r.a, m->sections, m->nsections, &f->cap, sizeof(*m->sections));
	s = &m->sections[m->nsections++];
	*s = (struct module_section){ str_of(known[id].name), id, sub.at, n };
	if (id == SEC_CUSTOM) {
		s->name = cursor_name(&sub, "name of a custom section");
	} else {
		section_read(&f->r, id, &sub);
		cursor_done(&sub, name);
	}
	c->bad = sub.bad;
}

static int
sections(struct frame *f, struct str wasm, struct err *e)
{
	struct cursor c = { .bytes = wasm, .at = 8, .end = wasm.n, .e = e };

	while (!c.bad && c.at < c.end)
		one_section(f, &c);
	if (!c.bad && f->r.ndeclared > 0 && !f->r.has_code)
		cursor_fail(&c, ERR_INPUT, wasm.n,
		    "%lu functions are declared "
		    "and there is no code section",
		    (unsigned long)f->r.ndeclared);
	return c.bad ? -1 : 0;
}

static int
read_all(struct holder *h, struct str wasm, struct err *e)
{
	struct frame f = { .r = { .a = h->a, .m = &h->m } };

	h->m.bytes = wasm;
	if (sections(&f, wasm, e) < 0)
		return -1;
	h->m.digest = sign_digest(wasm);
	h->m.has_debug = custom_find(&h->m, ".debug_line") != NULL;
	names_read(&f.r);
	abi_find(&f.r);
	generation_find(&f.r);
	language_find(&f.r);
	return 0;
}

int
module_read(struct module **out, struct str wasm, struct err *e)
{
	struct holder *h;

	if (wasm.n > MODULE_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "%zu bytes, a module may have %u",
		    wasm.n, MODULE_MAX_BYTES);
	if (header_check(wasm, e) < 0)
		return -1;
	h = mem_take(sizeof(*h));
	h->a = arena_new();
	*out = &h->m;
	if (read_all(h, wasm, e) == 0)
		return 0;
	module_free(out);
	return -1;
}

void
module_free(struct module **m)
{
	struct holder *h;

	if (!*m)
		return;
	/* m is its first member: module_read made all of it. */
	h = (struct holder *)(void *)*m;
	arena_free(&h->a);
	mem_free(h);
	*m = NULL;
}

const struct module_export *
module_find_export(const struct module *m, const char *name)
{
	for (size_t i = 0; i < m->nexports; i++)
		if (str_is(m->exports[i].name, name))
			return &m->exports[i];
	return NULL;
}
