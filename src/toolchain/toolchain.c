/* SPDX-License-Identifier: Apache-2.0 */
/* The table of languages, and what is the same for all of them. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "os/os.h"
#include "toolchain/lang.h"

static const struct toolchain *const table[] = { &lang_rust, &lang_c, &lang_cpp,
	&lang_assemblyscript, &lang_go, &lang_tinygo, &lang_wat, &lang_wasm };

const struct toolchain *
toolchain_find(struct str name)
{
	for (size_t i = 0; i < COUNT(table); i++)
		for (size_t k = 0; table[i]->names[k]; k++)
			if (str_is(name, table[i]->names[k]))
				return table[i];
	return NULL;
}

const struct toolchain *
toolchain_at(size_t i)
{
	return i < COUNT(table) ? table[i] : NULL;
}

const char *
toolchain_name(const struct toolchain *t)
{
	return t->names[0];
}

const char *
toolchain_title(const struct toolchain *t)
{
	return t->title;
}

const char *
toolchain_template(const struct toolchain *t)
{
	return t->template;
}

const char *const *
toolchain_aliases(const struct toolchain *t)
{
	return t->names;
}

const char *const *
toolchain_variables(const struct toolchain *t)
{
	return t->variables;
}

const char *
toolchain_install(const struct toolchain *t, bool tinygo)
{
	return tinygo && t->install_tinygo ? t->install_tinygo : t->install;
}

size_t
toolchain_programs(const struct toolchain *t, const struct toolchain_env *env,
    bool tinygo, bool ask, struct arena *a, struct toolchain_program *progs,
    size_t *nprogs)
{
	struct lang_look l = { .env = env,
		.arena = a,
		.tinygo = tinygo || t->tinygo,
		.ask = ask,
		.progs = progs };
	size_t missing = 0;

	t->look(&l);
	for (size_t i = 0; i < l.n; i++)
		missing += progs[i].path == NULL;
	*nprogs = l.n;
	return missing;
}

/* Say all that is missing at once, so that one command cures it. */
static int
check_programs(struct lang_run *r, struct err *e)
{
	struct toolchain_program progs[TOOLCHAIN_MAX_PROGRAMS];
	CLEANUP(buf_free) struct buf names = BUF(1000);
	size_t n, missing;

	missing = toolchain_programs(
	    r->lang, r->env, r->tinygo, false, r->arena, progs, &n);
	if (missing == 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (!progs[i].path)
			buf_addf(&names, "%s'%s'", names.n > 0 ? ", " : "",
			    progs[i].name);
	err_set(e, ERR_MISSING, "cannot compile %s: %s %s not installed",
	    r->tinygo ? "with TinyGo" : r->lang->title, buf_cstr(&names),
	    missing == 1 ? "is" : "are");
	return err_hint(e, "%s", toolchain_install(r->lang, r->tinygo));
}

int
toolchain_compile(const struct toolchain *t, const struct toolchain_env *env,
    const struct toolchain_job *job, struct buf *log, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct lang_run r = { .lang = t,
		.env = env,
		.job = job,
		.arena = a,
		.log = log,
		.tinygo = job->tinygo || t->tinygo };

	assert(job->dir[0] == '/' && job->work[0] == '/');
	r.made = lang_in_work(&r, "made.wasm");
	if (check_programs(&r, e) < 0)
		return -1;
	if (os_mkdirs(job->work, 0755, e) < 0 || os_remove(r.made, e) < 0)
		return -1;
	return t->compile(&r, e);
}

static bool
is_output_folder(struct str name)
{
	static const char *const names[] = { "target", "node_modules", ".build",
		".git", ".subo", ".cache", ".zig-cache", ".idea", ".vscode",
		"__pycache__", NULL };

	for (size_t i = 0; names[i]; i++)
		if (str_is(name, names[i]))
			return true;
	return false;
}

static bool
is_editor_file(struct str name)
{
	static const char *const endings[] = { "~", ".swp", ".swo", ".swx",
		".bak", ".orig", ".tmp", NULL };

	for (size_t i = 0; endings[i]; i++)
		if (str_ends(name, endings[i]))
			return true;
	return str_starts(name, ".#") || str_starts(name, "#") ||
	    str_is(name, ".DS_Store") || str_is(name, "4913");
}

bool
toolchain_is_source(const struct toolchain *t, struct str path)
{
	struct str rest = path, name = path;

	while (str_cut(&rest, '/', &name))
		if (is_output_folder(name))
			return false;
	if (is_output_folder(name) || is_editor_file(name))
		return false;
	if (str_ends(name, ".test.yaml") || str_ends(name, ".test.yml") ||
	    str_ends(name, ".snap") || str_ends(name, ".wasm.zip"))
		return false;
	return t->wasm_is_source || !str_ends(name, ".wasm");
}
