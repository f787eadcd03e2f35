/* SPDX-License-Identifier: Apache-2.0 */
/* Where in the source a function failed. */
#include <string.h>

#include "cmd.h"
#include "module/module.h"
#include "os/os.h"
#include "run.h"

static const struct module_section *
code_section(const struct module *m)
{
	for (size_t i = 0; i < m->nsections; i++)
		if (str_is(m->sections[i].name, "code"))
			return &m->sections[i];
	return NULL;
}

/*
 * What runs was stripped of its debug sections; the compiler's own output
 * still has them.  It speaks for the other only where their code is the same,
 * byte for byte.  *shift is what to add to an offset then.
 */
static bool
same_code(const struct module *a, const struct module *b, size_t *shift)
{
	const struct module_section *x = code_section(a), *y = code_section(b);

	if (!x || !y || x->nbytes != y->nbytes)
		return false;
	*shift = y->at - x->at;
	return memcmp(a->bytes.p + x->at, b->bytes.p + y->at, x->nbytes) == 0;
}

static void
look_up(const struct module *m, size_t shift, const struct abi_result *res,
    struct run_place *places)
{
	for (size_t i = 0; i < res->nframes; i++) {
		CLEANUP(buf_free) struct buf file = BUF(sizeof(places->file));
		unsigned line = 0;

		if (res->frames[i].offset == 0 ||
		    !module_source_line(
			m, res->frames[i].offset + shift, &file, &line))
			continue;
		(void)snprintf(places[i].file, sizeof(places[i].file), "%s",
		    buf_cstr(&file));
		places[i].line = line;
	}
}

static void
look_in_raw(const struct run_target *t, const struct module *m,
    const struct abi_result *res, struct run_place *places)
{
	CLEANUP(buf_free) struct buf file = BUF(RUN_MAX_MODULE);
	CLEANUP(module_free) struct module *raw = NULL;
	struct err ignored = ERR;
	size_t shift;

	if (os_read(&file, t->raw, &ignored) == 0 &&
	    module_read(&raw, buf_str(&file), &ignored) == 0 &&
	    raw->has_debug && same_code(m, raw, &shift))
		look_up(raw, shift, res, places);
}

/* An exported function has a name even where the compiler wrote none. */
static void
name_frames(const struct module *m, const struct abi_result *res,
    struct run_place *places)
{
	for (size_t i = 0; i < res->nframes; i++) {
		struct str name = str_of(res->frames[i].func);
		uint32_t index = res->frames[i].func_index;

		for (size_t k = 0; m && name.n == 0 && k < m->nfuncs; k++)
			if (m->funcs[k].index == index)
				name = m->funcs[k].name;
		(void)snprintf(
		    places[i].func, sizeof(places[i].func), STR_F, STR_A(name));
	}
}

void
run_places(const struct run_target *t, const struct abi_result *res,
    struct run_place places[COUNT(((struct abi_result *)0)->frames)])
{
	CLEANUP(module_free) struct module *m = NULL;
	struct err ignored = ERR;

	memset(places, 0, sizeof(*places) * COUNT(res->frames));
	if (res->nframes == 0)
		return;
	(void)!module_read(&m, t->wasm, &ignored);
	name_frames(m, res, places);
	if (m && m->has_debug)
		look_up(m, 0, res, places);
	else if (m && t->raw)
		look_in_raw(t, m, res, places);
}
