/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which generation of the Runnable interface a module was made for.  Each
 * import that some generations only had narrows it down, and so does the way
 * run_e is written; what is left is told with what left it.
 */
#include <string.h>

#include "module/read.h"

enum age {
	HIVE,
	SEPTEMBER,
	AUTUMN,
	V0_2,
	V0_3,
	V0_4,
	V0_6,
	V0_8,
	V0_9,
	V0_10,
	V0_11,
	V0_12,
	V0_13,
	V0_14,
	V0_15,
	CORE,
	PLUGIN
};

/* A span of ages is written "product from to later", the first's product and
 * from, the last's later. */
static const struct {
	const char *product, *from, *later;
} ages[] = {
	[HIVE] = { "Hive", "(2020-03 to 2020-06)", "" },
	[SEPTEMBER] = { "hive-wasm", "(2020-09 to early 2020-10)", "" },
	[AUTUMN] = { "hive-wasm", "0.0.5 to 0.1 (2020-10 to 2020-12)", "0.1" },
	[V0_2] = { "hive-wasm", "0.2", "0.2" },
	[V0_3] = { "Reactr", "0.3", "0.3" },
	[V0_4] = { "Reactr", "0.4", "0.5" },
	[V0_6] = { "Reactr", "0.6", "0.7" },
	[V0_8] = { "Reactr", "0.8", "0.8" },
	[V0_9] = { "Reactr", "0.9", "0.9" },
	[V0_10] = { "Reactr", "0.10", "0.10" },
	[V0_11] = { "Reactr", "0.11", "0.11" },
	[V0_12] = { "Reactr", "0.12", "0.12" },
	[V0_13] = { "Reactr", "0.13", "0.13" },
	[V0_14] = { "Reactr", "0.14", "0.14" },
	[V0_15] = { "Reactr", "0.15", "0.15" },
	[CORE] = { "E2Core", "0.5", "0.5" },
	[PLUGIN] = { "SDK", "0.16", "0.16" },
};

/* What each import had as parameters, and from when to when.  Names that had
 * one arity only are told without it. */
struct telling {
	const char *name;
	unsigned params;
	enum age from, to;
	bool arities;
};

static const struct telling tellings[] = {
	{ "return_result", 3, AUTUMN, PLUGIN, true },
	{ "return_result", 4, SEPTEMBER, SEPTEMBER, true },
	{ "print", 3, AUTUMN, AUTUMN, true },
	{ "print", 4, SEPTEMBER, SEPTEMBER, true },
	{ "fetch", 5, AUTUMN, AUTUMN, true },
	{ "fetch", 6, SEPTEMBER, SEPTEMBER, true },
	{ "log_msg", 4, V0_2, PLUGIN, false },
	{ "fetch_url", 5, V0_2, V0_2, true },
	{ "fetch_url", 8, V0_3, V0_8, true },
	{ "fetch_url", 6, V0_9, PLUGIN, true },
	{ "cache_set", 6, V0_3, CORE, false },
	{ "cache_get", 5, V0_3, V0_8, true },
	{ "cache_get", 3, V0_9, CORE, true },
	{ "request_get_field", 6, V0_4, V0_8, true },
	{ "request_get_field", 4, V0_9, PLUGIN, true },
	{ "get_static_file", 5, V0_6, V0_8, true },
	{ "get_static_file", 3, V0_9, CORE, true },
	{ "return_error", 4, V0_8, PLUGIN, false },
	{ "get_ffi_result", 2, V0_9, PLUGIN, false },
	{ "resp_set_header", 5, V0_9, PLUGIN, false },
	{ "return_abort", 7, V0_10, CORE, false },
	{ "graphql_query", 5, V0_11, CORE, false },
	{ "db_exec", 4, V0_13, CORE, false },
	{ "add_ffi_var", 5, V0_13, PLUGIN, false },
	{ "request_set_field", 6, V0_13, PLUGIN, false },
	{ "get_secret_value", 3, CORE, CORE, false },
};

/* What is known so far, and what brought each end. */
struct span {
	enum age from, to;
	const char *why_from, *why_to;
	bool torn; /* nothing is left: why_from and why_to exclude each other */
};

static void
narrow(struct span *s, enum age from, enum age to, const char *why)
{
	if (s->torn)
		return;
	if (from > s->to || to < s->from) {
		if (from > s->to)
			s->why_from = why;
		else
			s->why_to = why;
		s->torn = true;
		return;
	}
	if (from > s->from) {
		s->from = from;
		s->why_from = why;
	}
	if (to < s->to) {
		s->to = to;
		s->why_to = why;
	}
}

static unsigned
parameters(struct str type)
{
	unsigned n = 0;
	struct str head;

	str_cut(&type, ')', &head);
	for (size_t i = 0; i < head.n; i++)
		n += head.p[i] == 'i';
	return n;
}

#define SWIFT "_swift"

static void
by_import(struct reader *r, const struct module_import *i, struct span *s)
{
	const struct module_offer *named;
	struct str name = i->name;
	unsigned params = parameters(i->type);
	bool swift = str_ends(name, SWIFT);

	if (!str_is(i->ns, "env") || !offer_exact(i, &named))
		return;
	if (swift) {
		name.n -= strlen(SWIFT);
		params -= 2;
	}
	for (size_t k = 0; k < COUNT(tellings); k++) {
		const struct telling *t = &tellings[k];

		if (!str_is(name, t->name) || t->params != params)
			continue;
		narrow(s, t->from, t->to,
		    t->arities
			? arena_printf(r->a,
			      "imports " STR_F " with %u parameters",
			      STR_A(i->name), swift ? params + 2 : params)
			: arena_printf(r->a, "imports " STR_F, STR_A(i->name)));
	}
}

static void
by_exports(struct reader *r, struct span *s)
{
	struct str run = export_type(r->m, "run_e");

	if (str_is(run, RUN_OLD_TYPE))
		narrow(s, HIVE, HIVE, "run_e gives back a pointer");
	else if (str_is(run, RUN_TWO_TYPE))
		narrow(s, SEPTEMBER, SEPTEMBER, "run_e has 4 parameters");
	else
		narrow(s, AUTUMN, PLUGIN, "run_e has 3 parameters");
	if (str_is(export_type(r->m, "allocate_input"), ALLOCATE_TYPE) &&
	    !str_is(export_type(r->m, "allocate"), ALLOCATE_TYPE))
		narrow(s, HIVE, AUTUMN, "exports allocate_input");
}

static const char *
name_of(struct reader *r, const struct span *s)
{
	const char *later = ages[s->to].later;

	if (s->from == AUTUMN && s->to == PLUGIN)
		return "any Runnable generation since 2020-10";
	if (s->from == s->to && strcmp(ages[s->from].from, later) != 0 &&
	    s->from > V0_2)
		return arena_printf(r->a, "%s %s to %s", ages[s->from].product,
		    ages[s->from].from, later);
	if (s->from == s->to)
		return arena_printf(
		    r->a, "%s %s", ages[s->from].product, ages[s->from].from);
	if (strcmp(ages[s->from].product, ages[s->to].product) == 0)
		return arena_printf(r->a, "%s %s to %s", ages[s->from].product,
		    ages[s->from].from, later);
	return arena_printf(r->a, "%s %s to %s %s", ages[s->from].product,
	    s->from == AUTUMN ? "0.0.5" : ages[s->from].from,
	    ages[s->to].product, later);
}

/* The two ends' reasons as one: "imports a and b". */
static const char *
reasons(struct reader *r, const char *a, const char *b)
{
	static const char common[] = "imports ";
	size_t n = strlen(common);

	if (!a || !b || strcmp(a, b) == 0)
		return a ? a : b ? b : "imports nothing that tells";
	if (strncmp(a, common, n) == 0 && strncmp(b, common, n) == 0)
		b += n;
	return arena_printf(r->a, "%s and %s", a, b);
}

void
generation_find(struct reader *r)
{
	struct span s = { .from = HIVE, .to = PLUGIN };
	struct module *m = r->m;

	if (m->abi != MODULE_ABI_RUNNABLE && m->abi != MODULE_ABI_OLD)
		return;
	by_exports(r, &s);
	/* What tells more than run_e alone is what imports say. */
	if (s.from == AUTUMN)
		s.why_from = NULL;
	for (size_t i = 0; i < m->nimports; i++)
		by_import(r, &m->imports[i], &s);
	m->generation =
	    str_of(s.torn ? "a mixture of generations" : name_of(r, &s));
	m->generation_why = str_of(reasons(r, s.why_from, s.why_to));
}
