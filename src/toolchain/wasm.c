/* SPDX-License-Identifier: Apache-2.0 */
/* A module that was built elsewhere: <name>.wasm in the function's folder. */
#include "os/os.h"
#include "toolchain/lang.h"

static void
look(struct lang_look *l)
{
	(void)l;
}

static bool
same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 &&
	    sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static int
compile(struct lang_run *r, struct err *e)
{
	const char *given =
	    arena_printf(r->arena, "%s/%s.wasm", r->job->dir, r->job->name);

	if (!os_exists(given)) {
		err_set(e, ERR_MISSING, "no module '%s'", given);
		return err_hint(e, "copy the prebuilt module there");
	}
	if (same_file(given, r->job->out))
		return 0;
	return lang_deliver(r, given, e);
}

static const char *const names[] = { "wasm", "prebuilt", NULL };
static const char *const variables[] = { NULL };

const struct toolchain lang_wasm = {
	.names = names,
	.title = "Wasm",
	.template = "wasm",
	.variables = variables,
	.install = "nothing to install",
	.wasm_is_source = true,
	.look = look,
	.compile = compile,
};
