/* SPDX-License-Identifier: Apache-2.0 */
/* Sections: core spec 5.5. */
#include "module/read.h"

static uint32_t
type_index(struct reader *r, struct cursor *c)
{
	size_t at = c->at;
	uint32_t type = cursor_u32(c, "type of a function");

	if (!c->bad && type >= r->ntypes)
		cursor_fail(c, ERR_INPUT, at,
		    "function of type %lu, there are "
		    "%lu types",
		    (unsigned long)type, (unsigned long)r->ntypes);
	return type;
}

static void
one_memory(struct reader *r, struct cursor *c, bool own)
{
	uint64_t min, max;
	size_t at = c->at;

	types_limits(c, &min, &max, 65536, "memory");
	if (r->m->has_memory || r->nimported_memories > 0)
		cursor_fail(c, ERR_INPUT, at,
		    "a second memory (the "
		    "multi-memory proposal) is not supported");
	if (own) {
		r->m->has_memory = true;
		r->m->memory_min_pages = min;
		r->m->memory_max_pages = max;
	} else {
		r->nimported_memories++;
	}
}

static void
import_kind(struct reader *r, struct cursor *c, struct module_import *i)
{
	size_t at = c->at;
	uint8_t kind = cursor_u8(c, "import");
	uint32_t type;

	i->kind = (enum module_kind)kind;
	switch (kind) {
	case MODULE_FUNC:
		type = type_index(r, c);
		if (c->bad)
			return;
		i->type = types_text(r, type);
		r->imported[r->nimported++] = type;
		return;
	case MODULE_TABLE:
		types_table(c);
		return;
	case MODULE_MEMORY:
		one_memory(r, c, false);
		return;
	case MODULE_GLOBAL:
		types_global(c);
		return;
	case MODULE_TAG:
		cursor_fail(c, ERR_INPUT, at,
		    "import of an exception tag (the "
		    "exception handling proposal) is not supported");
		return;
	default:
		cursor_fail(c, ERR_INPUT, at, "import of kind 0x%02x", kind);
	}
}

static void
imports(struct reader *r, struct cursor *c)
{
	struct module *m = r->m;
	uint32_t n = cursor_count(c, 4, MODULE_MAX_IMPORTS, "imports");

	m->imports = arena_take(r->a, n * sizeof(*m->imports));
	r->imported = arena_take(r->a, n * sizeof(*r->imported));
	while (m->nimports < n && !c->bad) {
		struct module_import *i = &m->imports[m->nimports++];

		i->ns = cursor_name(c, "module name of an import");
		i->name = cursor_name(c, "name of an import");
		import_kind(r, c, i);
	}
}

static void
functions(struct reader *r, struct cursor *c)
{
	uint32_t n = cursor_count(c, 1, MODULE_MAX_FUNCS, "functions");

	r->declared = arena_take(r->a, n * sizeof(*r->declared));
	while (r->ndeclared < n && !c->bad)
		r->declared[r->ndeclared++] = type_index(r, c);
}

static void
export_one(struct reader *r, struct cursor *c, struct module_export *x)
{
	uint32_t type;
	uint8_t kind;
	size_t at;

	x->name = cursor_name(c, "name of an export");
	at = c->at;
	kind = cursor_u8(c, "export");
	x->kind = (enum module_kind)kind;
	x->index = cursor_u32(c, "index of an export");
	if (c->bad)
		return;
	if (kind > MODULE_TAG)
		cursor_fail(c, ERR_INPUT, at, "export of kind 0x%02x", kind);
	if (kind != MODULE_FUNC)
		return;
	if (types_of(r, x->index, &type))
		x->type = types_text(r, type);
	else
		cursor_fail(c, ERR_INPUT, at,
		    "export of function %lu, there "
		    "is no such function",
		    (unsigned long)x->index);
}

static void
exports(struct reader *r, struct cursor *c)
{
	struct module *m = r->m;
	uint32_t n = cursor_count(c, 3, MODULE_MAX_EXPORTS, "exports");

	m->exports = arena_take(r->a, n * sizeof(*m->exports));
	while (m->nexports < n && !c->bad)
		export_one(r, c, &m->exports[m->nexports++]);
}

static void
start(struct reader *r, struct cursor *c)
{
	size_t at = c->at;
	uint32_t type, func = cursor_u32(c, "start function");

	r->m->has_start = true;
	if (!c->bad && !types_of(r, func, &type))
		cursor_fail(c, ERR_INPUT, at,
		    "start function %lu, there is no "
		    "such function",
		    (unsigned long)func);
}

static void
locals(struct cursor *body)
{
	size_t at = body->at;
	uint32_t n = cursor_count(body, 2, UINT32_MAX, "groups of locals");
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n && !body->bad; i++) {
		sum += cursor_u32(body, "locals");
		if (sum > MAX_LOCALS)
			cursor_fail(body, ERR_LIMIT, at,
			    "a function has more "
			    "than %u local variables",
			    MAX_LOCALS);
		types_value(body, "local variable");
	}
}

static void
body_one(struct reader *r, struct cursor *c)
{
	struct module *m = r->m;
	struct module_func *f = &m->funcs[m->nfuncs];
	size_t at = c->at;
	uint32_t n = cursor_u32(c, "size of a function");
	struct cursor body = cursor_sub(c, n, "function");

	if (!c->bad && n > MAX_BODY)
		cursor_fail(c, ERR_LIMIT, at,
		    "a function of %lu bytes, %u are "
		    "allowed",
		    (unsigned long)n, MAX_BODY);
	if (c->bad)
		return;
	f->index = r->nimported + (uint32_t)m->nfuncs;
	f->at = body.at;
	f->nbytes = n;
	locals(&body);
	c->bad = body.bad;
	m->nfuncs++;
}

static void
code(struct reader *r, struct cursor *c)
{
	size_t at = c->at;
	uint32_t n = cursor_count(c, 1, MODULE_MAX_FUNCS, "function bodies");

	r->has_code = true;
	if (!c->bad && n != r->ndeclared)
		cursor_fail(c, ERR_INPUT, at,
		    "%lu functions are declared, "
		    "%lu have code",
		    (unsigned long)r->ndeclared, (unsigned long)n);
	if (c->bad)
		return;
	r->m->funcs = arena_take(r->a, n * sizeof(*r->m->funcs));
	for (uint32_t i = 0; i < n && !c->bad; i++)
		body_one(r, c);
}

static void
tables(struct cursor *c)
{
	uint32_t n = cursor_count(c, 3, MAX_TABLES, "tables");

	for (uint32_t i = 0; i < n && !c->bad; i++)
		types_table(c);
}

static void
memories(struct reader *r, struct cursor *c)
{
	uint32_t n = cursor_count(c, 2, UINT32_MAX, "memories");

	for (uint32_t i = 0; i < n && !c->bad; i++)
		one_memory(r, c, true);
}

/* What is inside globals and segments is the validator's business; only the
 * ceilings are looked at. */
static void
skip(struct cursor *c, size_t min_bytes, uint32_t max, const char *what)
{
	cursor_count(c, min_bytes, max, what);
	if (!c->bad)
		c->at = c->end;
}

void
section_read(struct reader *r, uint8_t id, struct cursor *c)
{
	switch ((enum section_id)id) {
	case SEC_TYPE:
		types_read(r, c);
		break;
	case SEC_IMPORT:
		imports(r, c);
		break;
	case SEC_FUNCTION:
		functions(r, c);
		break;
	case SEC_TABLE:
		tables(c);
		break;
	case SEC_MEMORY:
		memories(r, c);
		break;
	case SEC_GLOBAL:
		skip(c, 4, MAX_GLOBALS, "globals");
		break;
	case SEC_EXPORT:
		exports(r, c);
		break;
	case SEC_START:
		start(r, c);
		break;
	case SEC_ELEMENT:
		skip(c, 2, MAX_SEGMENTS, "element segments");
		break;
	case SEC_CODE:
		code(r, c);
		break;
	case SEC_DATA:
		skip(c, 2, MAX_SEGMENTS, "data segments");
		break;
	case SEC_DATA_COUNT:
		cursor_u32(c, "number of data segments");
		break;
	case SEC_CUSTOM:
	case SEC_TAG:
		break;
	}
}
