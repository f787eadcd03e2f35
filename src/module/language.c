/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which language a module was written in.  The producers section says it for
 * clang, rustc and Go; others leave no word but have names of their own.
 */
#include "module/read.h"

enum where { EXPORT, IMPORT, CALL, FUNC, SECTION };

struct sign {
	enum where where;
	const char *prefix;
	const char *language, *producer;
	bool sure; /* goes before what the producers section says */
};

/* IMPORT is the module that is imported from, CALL the name in it. */
static const struct sign signs[] = {
	{ FUNC, "tinygo_", "Go", "TinyGo", true },
	{ EXPORT, "tinygo_", "Go", "TinyGo", true },
	{ IMPORT, "gojs", "Go", "TinyGo", true },
	{ SECTION, "go:", "Go", "Go", true },
	{ SECTION, "go.buildid", "Go", "Go", true },
	{ FUNC, "runtime.gcStart", "Go", "Go", true },
	{ FUNC, "runtime.gosched", "Go", "TinyGo", true },
	{ FUNC, "~lib/", "AssemblyScript", "asc", true },
	{ EXPORT, "__pin", "AssemblyScript", "asc", true },
	{ EXPORT, "__rtti_base", "AssemblyScript", "asc", true },
	{ CALL, "return_abort", "AssemblyScript", "asc", true },
	{ EXPORT, "teavm_", "Java", "TeaVM", true },
	{ FUNC, "teavm_", "Java", "TeaVM", true },
	{ EXPORT, "JS_", "JavaScript", "QuickJS", true },
	{ FUNC, "JS_NewRuntime", "JavaScript", "QuickJS", true },
	{ FUNC, "lua_newstate", "Lua", "Lua", true },
	{ FUNC, "swift_", "Swift", "swiftc", true },
	{ EXPORT, "GRAIN$", "Grain", "grainc", true },
	{ IMPORT, "grainRuntime", "Grain", "grainc", true },
	{ FUNC, "rust_begin_unwind", "Rust", "rustc", false },
	{ FUNC, "__rust_", "Rust", "rustc", false },
	{ FUNC, "_ZN4core", "Rust", "rustc", false },
	{ FUNC, "std.", "Zig", "zig", false },
	{ FUNC, "__wasm_call_ctors", "C", "clang", false },
};

static size_t
count(const struct module *m, enum where where)
{
	switch (where) {
	case EXPORT:
		return m->nexports;
	case IMPORT:
	case CALL:
		return m->nimports;
	case FUNC:
		return m->has_names ? m->nfuncs : 0;
	case SECTION:
		break;
	}
	return m->nsections;
}

static struct str
name_at(const struct module *m, enum where where, size_t i)
{
	switch (where) {
	case EXPORT:
		return m->exports[i].name;
	case IMPORT:
		return m->imports[i].ns;
	case CALL:
		return m->imports[i].name;
	case FUNC:
		return m->funcs[i].name;
	case SECTION:
		break;
	}
	return m->sections[i].name;
}

/* The first sign in the table among those of one place that some name has. */
static size_t
look(const struct module *m, enum where where)
{
	size_t best = COUNT(signs);
	size_t n = count(m, where);

	for (size_t i = 0; i < n; i++) {
		struct str name = name_at(m, where, i);

		for (size_t k = 0; k < best; k++)
			if (signs[k].where == where &&
			    str_starts(name, signs[k].prefix))
				best = k;
	}
	return best;
}

void
language_find(struct reader *r)
{
	struct module *m = r->m;
	size_t best = COUNT(signs), k;

	for (enum where w = EXPORT; w <= SECTION; w++) {
		k = look(m, w);
		best = k < best ? k : best;
	}
	if (best == COUNT(signs))
		return;
	if (str_is(m->language, signs[best].language) ||
	    (m->language.n > 0 && !signs[best].sure))
		return;
	/* What the producers section named is the compiler of its runtime. */
	m->language = str_of(signs[best].language);
	m->producer = str_of(signs[best].producer);
}
