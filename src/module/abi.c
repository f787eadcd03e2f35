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

/* run_e is there: is it today's, an earlier one, or something else? */
static void
with_run_e(struct reader *r, struct str run)
{
	struct str allocate = export_type(r->m, "allocate");
	bool before = export_type(r->m, "allocate_input").n > 0;

	if (str_is(run, "(i32) -> i32"))
		set(r, MODULE_ABI_OLD,
		    "exports run_e(i32) -> i32, the form "
		    "of early 2020");
	else if (str_is(run, "(i32, i32, i32, i32) -> ()"))
		set(r, MODULE_ABI_OLD,
		    "exports run_e with four parameters, "
		    "the form of September 2020");
	else if (!str_is(run, RUN_TYPE))
		set(r, MODULE_ABI_NONE,
		    arena_printf(r->a,
			"exports run_e, but "
			"as " STR_F ", not " RUN_TYPE,
			STR_A(run)));
	else if (allocate.n == 0 && before)
		set(r, MODULE_ABI_OLD,
		    "exports run_e and allocate_input, "
		    "the form of October 2020");
	else if (allocate.n == 0)
		set(r, MODULE_ABI_NONE, "exports run_e, but no allocate");
	else if (!str_is(allocate, ALLOCATE_TYPE))
		set(r, MODULE_ABI_NONE,
		    arena_printf(r->a,
			"exports run_e, but "
			"allocate as " STR_F ", not " ALLOCATE_TYPE,
			STR_A(allocate)));
	else if (!exports_memory(r->m))
		set(r, MODULE_ABI_NONE,
		    "exports run_e and allocate, but no "
		    "memory");
	else
		set(r, MODULE_ABI_RUNNABLE,
		    "exports run_e(i32, i32, i32), "
		    "allocate and memory");
}

void
abi_find(struct reader *r)
{
	struct str run = export_type(r->m, "run_e");

	if (run.n > 0)
		with_run_e(r, run);
	else if (export_type(r->m, "__guest_call").n > 0)
		set(r, MODULE_ABI_WAPC, "exports __guest_call, waPC's entry");
	else if (export_type(r->m, "_start").n > 0)
		set(r, MODULE_ABI_COMMAND,
		    "exports _start and no run_e: a "
		    "WASI command");
	else
		set(r, MODULE_ABI_NONE,
		    "exports no run_e, _start or "
		    "__guest_call");
}
