/* SPDX-License-Identifier: Apache-2.0 */
/* How a module wants to be called, from its exports: runnable(7). */
#include "module/read.h"

static const char *const names[] = {
	[MODULE_ABI_NONE] = "none",
	[MODULE_ABI_RUNNABLE] = "runnable",
	[MODULE_ABI_COMMAND] = "command",
	[MODULE_ABI_WAPC] = "wapc",
	[MODULE_ABI_OLD] = "old runnable",
};

const char *
module_abi_name(enum module_abi abi)
{
	return names[abi];
}

struct str
export_type(const struct module *m, const char *name)
{
	const struct module_export *x = module_find_export(m, name);

	return x && x->kind == MODULE_FUNC ? x->type : (struct str){ 0 };
}

bool
exports_memory(const struct module *m)
{
	const struct module_export *x = module_find_export(m, "memory");

	return x && x->kind == MODULE_MEMORY;
}

static void
set(struct reader *r, enum module_abi abi, const char *why)
{
	r->m->abi = abi;
	r->m->abi_why = str_of(why);
}

const char *
allocate_name(const struct module *m)
{
	static const char *const names_of_it[] = { "allocate",
		"allocate_input" };

	for (size_t i = 0; i < COUNT(names_of_it); i++)
		if (str_is(export_type(m, names_of_it[i]), ALLOCATE_TYPE))
			return names_of_it[i];
	return NULL;
}

/* run_e can be called so; what else is needed? */
static void
callable(struct reader *r, const char *run, enum module_abi abi)
{
	const char *name = allocate_name(r->m);
	struct str odd = export_type(r->m, "allocate");

	if (!name && odd.n > 0)
		set(r, MODULE_ABI_NONE,
		    arena_printf(r->a,
			"exports run_e, but "
			"allocate as " STR_F ", not " ALLOCATE_TYPE,
			STR_A(odd)));
	else if (!name)
		set(r, MODULE_ABI_NONE, "exports run_e, but no allocate");
	else if (!exports_memory(r->m))
		set(r, MODULE_ABI_NONE,
		    arena_printf(
			r->a, "exports run_e and %s, but no memory", name));
	else
		set(r, abi,
		    arena_printf(
			r->a, "exports run_e%s, %s and memory", run, name));
}

/* run_e is there: is it today's, an earlier one, or something else? */
static void
with_run_e(struct reader *r, struct str run)
{
	const char *name = allocate_name(r->m);

	if (str_is(run, RUN_OLD_TYPE))
		callable(r, RUN_OLD_TYPE, MODULE_ABI_OLD);
	else if (str_is(run, RUN_TWO_TYPE))
		callable(r, "(i32, i32, i32, i32)", MODULE_ABI_OLD);
	else if (!str_is(run, RUN_TYPE))
		set(r, MODULE_ABI_NONE,
		    arena_printf(r->a,
			"exports run_e, but "
			"as " STR_F ", not " RUN_TYPE,
			STR_A(run)));
	else
		callable(r, "(i32, i32, i32)",
		    name && str_is(str_of(name), "allocate_input")
			? MODULE_ABI_OLD
			: MODULE_ABI_RUNNABLE);
}

/* An entry of one type only. */
static void
with_entry(struct reader *r, const char *name, const char *type,
    enum module_abi abi, const char *why)
{
	struct str has = export_type(r->m, name);

	if (!str_is(has, type))
		set(r, MODULE_ABI_NONE,
		    arena_printf(r->a, "exports %s, but as " STR_F ", not %s",
			name, STR_A(has), type));
	else if (!exports_memory(r->m))
		set(r, MODULE_ABI_NONE,
		    arena_printf(r->a, "exports %s, but no memory", name));
	else
		set(r, abi, why);
}

void
abi_find(struct reader *r)
{
	struct str run = export_type(r->m, "run_e");

	if (run.n > 0)
		with_run_e(r, run);
	else if (export_type(r->m, "__guest_call").n > 0)
		with_entry(r, "__guest_call", GUEST_CALL_TYPE, MODULE_ABI_WAPC,
		    "exports __guest_call, waPC's entry");
	else if (export_type(r->m, "_start").n > 0)
		with_entry(r, "_start", START_TYPE, MODULE_ABI_COMMAND,
		    "exports _start and no run_e: a WASI command");
	else
		set(r, MODULE_ABI_NONE,
		    "exports no run_e, _start or "
		    "__guest_call");
}
