/* SPDX-License-Identifier: Apache-2.0 */
/* WebAssembly text, with wabt's wat2wasm. */
#include <string.h>

#include "os/os.h"
#include "toolchain/lang.h"

static const char *const program[] = { "wat2wasm", NULL };

static void
look(struct lang_look *l)
{
	lang_need(l, program, "--version");
}

/* lib.wat, <name>.wat, or the only one there is. */
static int
choose(struct lang_run *r, const char **file, struct err *e)
{
	static const char *const endings[] = { ".wat", NULL };
	const char *own = arena_printf(r->arena, "%s.wat", r->job->name);
	struct lang_args files = { 0 };

	if (lang_sources(r, endings, &files, e) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++)
		if (files.n == 1 || strcmp(files.v[i], "lib.wat") == 0 ||
		    strcmp(files.v[i], own) == 0) {
			*file = files.v[i];
			return 0;
		}
	if (files.n == 0)
		err_set(e, ERR_INPUT, "'%s' holds no .wat file", r->job->dir);
	else
		err_set(e, ERR_INPUT,
		    "'%s' holds %zu .wat files, and none is lib.wat",
		    r->job->dir, files.n);
	return err_hint(e, "name the function's text lib.wat");
}

static int
compile(struct lang_run *r, struct err *e)
{
	struct lang_args a = { 0 };
	const char *file = NULL;

	if (choose(r, &file, e) < 0)
		return -1;
	lang_arg(r, &a, lang_find(r->env, r->arena, program, NULL));
	lang_arg(r, &a, "--debug-names");
	lang_arg(r, &a, "-o");
	lang_arg(r, &a, r->made);
	lang_arg(r, &a, file);
	if (lang_exec(r, &a, r->job->dir, NULL, e) < 0)
		return -1;
	return lang_deliver(r, r->made, e);
}

static const char *const names[] = { "wat", NULL };
static const char *const variables[] = { NULL };

const struct toolchain lang_wat = {
	.names = names,
	.title = "WAT",
	.template = "wat",
	.variables = variables,
	.install = "apt-get install --no-install-recommends wabt",
	.look = look,
	.compile = compile,
};
