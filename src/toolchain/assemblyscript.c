/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AssemblyScript.
 *
 * Which compiler: the function's own node_modules; else, when it has a
 * package.json, what that says, installed in the build's work folder; else
 * one that is fetched from npm once, held to the digests in asc_lock.h.
 * Packages' install scripts are never run.
 */
#include <string.h>

#include "os/os.h"
#include "toolchain/asc_lock.h"
#include "toolchain/lang.h"

#define ASC "node_modules/assemblyscript/bin/asc.js"

static const char *const node_program[] = { "node", "nodejs", NULL };
static const char *const npm_program[] = { "npm", NULL };

static void
look(struct lang_look *l)
{
	lang_need(l, node_program, "--version");
	lang_need(l, npm_program, "--version");
}

static int
run_npm(struct lang_run *r, const char *verb, const char *dir, struct err *e)
{
	const char *argv[] = { lang_find(r->env, r->arena, npm_program, NULL),
		verb, "--ignore-scripts", "--no-audit", "--no-fund",
		"--loglevel=error" };
	static const char *const set[] = { "npm_config_update_notifier=false",
		NULL };
	struct lang_args a = { 0 };

	for (size_t i = 0; i < COUNT(argv); i++)
		lang_arg(r, &a, argv[i]);
	if (lang_exec(r, &a, dir, set, e) == 0)
		return 0;
	if (e->kind == ERR_FAILED)
		err_hint(e,
		    "the AssemblyScript compiler is an npm package: "
		    "the first build needs the network");
	return -1;
}

static int
fetch_compiler(struct lang_run *r, const char *dir, struct err *e)
{
	if (os_create(arena_printf(r->arena, "%s/package.json", dir),
		STR(ASC_PACKAGE), 0644, e) < 0 ||
	    os_create(arena_printf(r->arena, "%s/package-lock.json", dir),
		STR(ASC_LOCK), 0644, e) < 0)
		return -1;
	if (run_npm(r, "ci", dir, e) < 0)
		return err_wrap(e, "cannot fetch AssemblyScript " ASC_VERSION);
	if (!os_exists(arena_printf(r->arena, "%s/" ASC, dir)))
		return err_set(e, ERR_FAILED, "npm installed no '%s'", ASC);
	return 0;
}

static bool
read_file(struct lang_run *r, const char *path, struct str *out)
{
	CLEANUP(buf_free) struct buf b = BUF(16u << 20);
	struct err e = ERR;

	*out = STR("");
	if (os_read(&b, path, &e) < 0)
		return false;
	*out = arena_copy(r->arena, buf_str(&b));
	return true;
}

/* Copy one of npm's files beside its modules.  *new: it was another. */
static int
carry(struct lang_run *r, const char *npm, const char *name, bool *new,
    struct err *e)
{
	const char *there = arena_printf(r->arena, "%s/%s", npm, name);
	struct str ours, theirs;
	bool have = read_file(r, lang_in_dir(r, name), &ours);
	bool had = read_file(r, there, &theirs);

	if (have == had && str_eq(ours, theirs))
		return 0;
	*new = true;
	return have ? os_replace(there, ours, 0644, e) : os_remove(there, e);
}

/* Install the function's packages in the work folder, when they changed. */
static int
install(struct lang_run *r, const char *npm, struct err *e)
{
	static const char *const files[] = { "package.json",
		"package-lock.json", ".npmrc" };
	const char *done = arena_printf(r->arena, "%s/.installed", npm);
	bool locked = os_exists(lang_in_dir(r, "package-lock.json"));
	bool new = !os_exists(done);

	if (os_mkdirs(npm, 0755, e) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(files); i++)
		if ((i != 1 || locked) && carry(r, npm, files[i], &new, e) < 0)
			return -1;
	if (!new)
		return 0;
	if (os_remove(done, e) < 0 ||
	    run_npm(r, locked ? "ci" : "install", npm, e) < 0)
		return -1;
	return os_replace(done, STR(""), 0644, e);
}

struct compiler {
	char *asc;
	char *
	    modules; /* folder of packages outside of the function's, or NULL */
};

static int
find_compiler(struct lang_run *r, struct compiler *c, struct err *e)
{
	char *npm = lang_in_work(r, "npm");
	char *cache;

	c->asc = lang_in_dir(r, ASC);
	if (os_exists(c->asc))
		return 0;
	if (os_exists(lang_in_dir(r, "package.json"))) {
		if (install(r, npm, e) < 0)
			return -1;
		c->modules = arena_printf(r->arena, "%s/node_modules", npm);
		c->asc = arena_printf(r->arena, "%s/" ASC, npm);
		if (os_exists(c->asc))
			return 0;
	}
	if (lang_once(r, "asc-" ASC_VERSION, fetch_compiler, &cache, e) < 0)
		return -1;
	c->asc = arena_printf(r->arena, "%s/" ASC, cache);
	return 0;
}

static int
choose_entry(struct lang_run *r, const char **entry, struct err *e)
{
	static const char *const names[] = { "src/index", "assembly/index",
		"index" };

	for (size_t i = 0; i < COUNT(names); i++) {
		*entry = names[i];
		if (os_exists(lang_in_dir(
			r, arena_printf(r->arena, "%s.ts", names[i]))))
			return 0;
	}
	err_set(e, ERR_INPUT, "'%s' has no src/index.ts", r->job->dir);
	return err_hint(e,
	    "src/index.ts is the glue that create makes; "
	    "the function itself is src/lib.ts");
}

static int
compile(struct lang_run *r, struct err *e)
{
	struct compiler c = { 0 };
	struct lang_args a = { 0 };
	const char *entry, *file;

	if (choose_entry(r, &entry, e) < 0 || find_compiler(r, &c, e) < 0)
		return -1;
	file = arena_printf(r->arena, "%s.ts", entry);
	lang_arg(r, &a, lang_find(r->env, r->arena, node_program, NULL));
	lang_arg(r, &a, c.asc);
	lang_arg(r, &a, file);
	lang_arg(r, &a, "--runtime=incremental");
	lang_arg(r, &a, "-O3");
	lang_arg(r, &a, "--shrinkLevel=1");
	/* Function names, for traces. */
	lang_arg(r, &a, "--debug");
	lang_arg(r, &a, "--noColors");
	if (lang_mentions(r, file, "function abort("))
		lang_arg(r, &a,
		    arena_printf(r->arena, "--use=abort=%s/abort", entry));
	if (c.modules)
		lang_arg(r, &a, arena_printf(r->arena, "--path=%s", c.modules));
	if (lang_mentions(r, "package.json", "\"json-as\""))
		lang_arg(r, &a,
		    arena_printf(r->arena, "--transform=%s/json-as/transform",
			c.modules ? c.modules : "./node_modules"));
	lang_arg(r, &a, "-o");
	lang_arg(r, &a, r->made);
	if (lang_exec(r, &a, r->job->dir, NULL, e) < 0)
		return -1;
	return lang_deliver(r, r->made, e);
}

static const char *const names[] = { "assemblyscript", "as", "asc", NULL };
static const char *const variables[] = { "NODE_OPTIONS", NULL };

const struct toolchain lang_assemblyscript = {
	.names = names,
	.title = "AssemblyScript",
	.template = "assemblyscript",
	.variables = variables,
	.install = "apt-get install --no-install-recommends nodejs npm",
	.look = look,
	.compile = compile,
};
