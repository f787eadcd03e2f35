/* SPDX-License-Identifier: Apache-2.0 */
/* subo doctor - see subo-doctor(1). */
#include <stdio.h>
#include <sys/stat.h>

#include "cmd.h"
#include "engine/engine.h"
#include "os/os.h"
#include "table.h"

#define MAX_ASKED 32

static const struct cmd_opt opts[] = { { 0 } };

struct patient {
	const struct toolchain *lang;
	struct toolchain_program progs[TOOLCHAIN_MAX_PROGRAMS];
	size_t n, missing;
};

struct visit {
	struct arena *arena;
	struct toolchain_env env;
	struct patient *v;
	size_t n, missing;
	uint64_t cache_bytes;
	struct toolchain_program tools[2];
};

static int
add_size(void *arg, const char *path, const struct stat *st, struct err *e)
{
	uint64_t *sum = arg;

	(void)path;
	(void)e;
	*sum += (uint64_t)st->st_blocks * 512;
	return 0;
}

static int
choose(int argc, char **argv, struct visit *d, struct err *e)
{
	size_t all = 0;

	while (toolchain_at(all))
		all++;
	d->n = argc > 0 ? (size_t)argc : all;
	d->v = arena_take(d->arena, d->n * sizeof(*d->v));
	for (size_t i = 0; i < d->n; i++) {
		d->v[i].lang = argc > 0 ? toolchain_find(str_of(argv[i]))
					: toolchain_at(i);
		if (d->v[i].lang)
			continue;
		err_set(e, ERR_USAGE, "no language '%.80s'", argv[i]);
		return err_hint(e, "'subo doctor' alone lists them all");
	}
	return 0;
}

static int
examine(struct visit *d, struct err *e)
{
	static const char *const tools[] = { "wasm-opt", "git" };
	struct err ignored = ERR;

	for (size_t i = 0; i < d->n; i++) {
		struct patient *p = &d->v[i];

		ui_progress("looking for %s", toolchain_title(p->lang));
		p->missing = toolchain_programs(
		    p->lang, &d->env, false, true, d->arena, p->progs, &p->n);
		d->missing += p->missing > 0;
		if (os_check_interrupt(e) < 0)
			return -1;
	}
	for (size_t i = 0; i < COUNT(tools); i++)
		toolchain_tool(&d->env, tools[i], d->arena, &d->tools[i]);
	/* Another subo may be at work in there: a sum, not an inventory. */
	if (os_walk(d->env.cache_dir, add_size, &d->cache_bytes, &ignored) < 0)
		d->cache_bytes = 0;
	ui_progress(NULL);
	return os_check_interrupt(e);
}

/* ---- JSON ---- */

static void
put_program(
    struct visit *d, struct tree *list, const struct toolchain_program *p)
{
	struct tree *t = tree_add(d->arena, list, tree_map(d->arena));

	tree_put_text(d->arena, t, "name", str_of(p->name));
	tree_put_bool(d->arena, t, "found", p->path != NULL);
	if (p->path)
		tree_put_text(d->arena, t, "path", str_of(p->path));
	if (p->version)
		tree_put_text(d->arena, t, "version", str_of(p->version));
}

static void
put_patient(struct visit *d, struct tree *list, const struct patient *p)
{
	struct arena *a = d->arena;
	struct tree *t = tree_add(a, list, tree_map(a));
	struct tree *progs;

	tree_put_text(a, t, "name", str_of(toolchain_name(p->lang)));
	tree_put_text(a, t, "title", str_of(toolchain_title(p->lang)));
	tree_put_bool(a, t, "ok", p->missing == 0);
	progs = tree_put(a, t, "programs", tree_list(a));
	for (size_t i = 0; i < p->n; i++)
		put_program(d, progs, &p->progs[i]);
	if (p->missing > 0)
		tree_put_text(
		    a, t, "install", str_of(toolchain_install(p->lang, false)));
}

static void
print_json(struct visit *d, bool ok)
{
	struct arena *a = d->arena;
	struct tree *j = ui_json(a, "doctor", ok);
	struct tree *list = tree_put(a, j, "languages", tree_list(a)), *t;

	for (size_t i = 0; i < d->n; i++)
		put_patient(d, list, &d->v[i]);
	list = tree_put(a, j, "tools", tree_list(a));
	for (size_t i = 0; i < COUNT(d->tools); i++)
		put_program(d, list, &d->tools[i]);
	tree_put_text(a, j, "engine", str_of(engine_version()));
	t = tree_put(a, j, "cache", tree_map(a));
	tree_put_text(a, t, "path", str_of(d->env.cache_dir));
	tree_put_int(a, t, "bytes", (int64_t)d->cache_bytes);
	ui_json_print(j);
}

/* ---- a table ---- */

static void
print_program(
    const char *name, const char *state, const struct toolchain_program *p)
{
	printf("%-15s %s%-8s%s ", name,
	    ui_out_colour(*state == 'm' ? 'r' : 'g'), state,
	    ui_out_colour('0'));
	if (!p)
		puts("nothing needed");
	else if (!p->path)
		printf("%s%s is missing%s\n", ui_out_colour('r'), p->name,
		    ui_out_colour('0'));
	else
		printf("%s%s%s %s%s%s\n", p->name, p->version ? " " : "",
		    p->version ? p->version : "", ui_out_colour('d'), p->path,
		    ui_out_colour('0'));
}

static void
print_patient(const struct patient *p)
{
	const char *state = p->missing > 0 ? "missing" : "ok";

	print_program(
	    toolchain_title(p->lang), state, p->n > 0 ? &p->progs[0] : NULL);
	for (size_t i = 1; i < p->n; i++)
		print_program("", "", &p->progs[i]);
	if (p->missing > 0)
		printf("%-24s install: %s\n", "",
		    toolchain_install(p->lang, false));
}

static void
print_table(struct visit *d)
{
	static const char *const why[] = {
		"shrinks modules: apt-get install binaryen",
		"not needed: templates are fetched without it",
	};

	printf("%-15s %-8s PROGRAMS\n", "LANGUAGE", "STATE");
	for (size_t i = 0; i < d->n; i++)
		print_patient(&d->v[i]);
	putchar('\n');
	for (size_t i = 0; i < COUNT(d->tools); i++) {
		const struct toolchain_program *p = &d->tools[i];

		printf("%-15s %s\n", p->name,
		    p->path ? (p->version ? p->version : p->path) : why[i]);
	}
	printf("%-15s %s\n", "engine", engine_version());
	printf("%-15s %s, %s\n", "cache", d->env.cache_dir,
	    ui_bytes(d->cache_bytes));
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct visit d = { .arena = a };
	bool ok;

	if (choose(argc, argv, &d, e) < 0 ||
	    world_toolchain(&d.env, a, e) < 0 || examine(&d, e) < 0)
		return -1;
	/* Nobody needs all languages: only one that was named is a failure. */
	ok = argc == 0 || d.missing == 0;
	if (cmd_common()->json)
		print_json(&d, ok);
	else
		print_table(&d);
	return ok ? 0 : ui_told(e, ERR_FAILED);
}

const struct cmd cmd_doctor = {
	.name = "doctor",
	.args = "[LANG...]",
	.max_args = MAX_ASKED,
	.value = VALUE_LANG,
	.about = "which compilers are here, and how to install the others",
	.group = "Around it",
	.opts = opts,
	.run = run,
};
