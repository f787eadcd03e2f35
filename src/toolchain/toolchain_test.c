/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The templates and the samples in testdata/guests, with real compilers; and
 * compilers that misbehave.  A language whose compiler is not installed is
 * skipped.  Run from the root of the tree.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/os.h"
#include "toolchain/toolchain.h"

#define NAME "greet"

struct world {
	struct arena *arena;
	char *dir; /* of this test, removed afterwards */
	struct toolchain_env env;
};

extern char **environ;

static int
set_up(void **state)
{
	struct world *w = mem_take(sizeof(*w));
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	char dir[] = "/tmp/subo-toolchain.XXXXXX";

	w->arena = arena_new();
	w->dir = arena_cstr(w->arena, str_of(mkdtemp(dir)));
	w->env.path = getenv("PATH");
	w->env.env = (const char *const *)environ;
	w->env.cache_dir = cache
	    ? arena_printf(w->arena, "%s/subo", cache)
	    : arena_printf(w->arena, "%s/.cache/subo", home ? home : "/tmp");
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;
	struct err e = ERR;

	if (os_remove_tree(w->dir, &e) < 0)
		return -1;
	arena_free(&w->arena);
	mem_free(w);
	return 0;
}

/* ---- folders ---- */

static struct str
slurp(struct world *w, const char *path)
{
	CLEANUP(buf_free) struct buf b = BUF(64u << 20);
	struct err e = ERR;

	if (os_read(&b, path, &e) < 0)
		fail_msg("%s", e.text);
	return arena_copy(w->arena, buf_str(&b));
}

static void
spit(const char *path, struct str data, mode_t mode)
{
	struct err e = ERR;

	if (os_replace(path, data, mode, &e) < 0)
		fail_msg("%s", e.text);
}

/* The template's variables, as `create` fills them. */
static char *
filled(struct world *w, struct str text, const char *lang)
{
	static const char *const vars[][2] = { { "{{ .Name }}", NAME },
		{ "{{ .Namespace }}", "default" },
		{ "{{ .Version }}", "v0.1.0" },
		{ "{{ .APIVersion }}", "0.15.1" }, { "{{ .Lang }}", NULL } };
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);

	while (text.n > 0) {
		size_t i;

		for (i = 0; i < COUNT(vars); i++)
			if (str_starts(text, vars[i][0]))
				break;
		if (i == COUNT(vars)) {
			buf_addc(&out, text.p[0]);
			text = str_from(text, 1);
			continue;
		}
		buf_add(&out, str_of(vars[i][1] ? vars[i][1] : lang));
		text = str_from(text, strlen(vars[i][0]));
	}
	return arena_cstr(w->arena, buf_str(&out));
}

struct copying {
	struct world *w;
	const char *from, *to, *lang;
};

static int
copy_one(void *arg, const char *path, const struct stat *st, struct err *e)
{
	struct copying *c = arg;
	char *rel = filled(c->w, str_of(path + strlen(c->from) + 1), c->lang);
	struct str text;
	char *to;

	if (S_ISDIR(st->st_mode))
		return os_mkdirs(
		    arena_printf(c->w->arena, "%s/%s", c->to, rel), 0755, e);
	text = slurp(c->w, path);
	if (str_ends(str_of(rel), ".tmpl")) {
		rel[strlen(rel) - strlen(".tmpl")] = '\0';
		text = str_of(filled(c->w, text, c->lang));
	}
	to = arena_printf(c->w->arena, "%s/%s", c->to, rel);
	spit(to, text, 0644);
	return 0;
}

/* A function's folder below w->dir/where, from a template or a sample. */
static char *
make_folder(
    struct world *w, const char *from, const char *where, const char *lang)
{
	char *to = arena_printf(w->arena, "%s/%s/%s", w->dir, where, NAME);
	struct copying c = { .w = w, .from = from, .to = to, .lang = lang };
	struct err e = ERR;

	if (os_mkdirs(to, 0755, &e) < 0 || os_walk(from, copy_one, &c, &e) < 0)
		fail_msg("%s", e.text);
	return to;
}

static char *
from_template(struct world *w, const char *lang, const char *where)
{
	const struct toolchain *t = toolchain_find(str_of(lang));

	return make_folder(w,
	    arena_printf(w->arena, "templates/%s", toolchain_template(t)),
	    where, lang);
}

static int
count_one(void *arg, const char *path, const struct stat *st, struct err *e)
{
	size_t *n = arg;

	(void)st;
	(void)e;
	*n += !str_ends(str_of(path), "/Cargo.lock");
	return 0;
}

static size_t
count_files(const char *dir)
{
	struct err e = ERR;
	size_t n = 0;

	if (os_walk(dir, count_one, &n, &e) < 0)
		fail_msg("%s", e.text);
	return n;
}

/* ---- compiling ---- */

struct made {
	struct err e;
	int r;
	struct str log, module;
};

static struct made
build(struct world *w, const char *lang, const char *dir, uint32_t ms,
    bool release)
{
	CLEANUP(buf_free) struct buf log = BUF(8u << 20);
	struct made m = { .e = ERR };
	struct toolchain_job job = { .dir = dir,
		.name = NAME,
		.work = arena_printf(w->arena, "%s.work", dir),
		.out = arena_printf(w->arena, "%s.wasm", dir),
		.release = release,
		.timeout_ms = ms };

	m.r = toolchain_compile(
	    toolchain_find(str_of(lang)), &w->env, &job, &log, &m.e);
	m.log = arena_copy(w->arena, buf_str(&log));
	if (m.r == 0)
		m.module = slurp(w, job.out);
	return m;
}

static struct made
compile(struct world *w, const char *lang, const char *dir, uint32_t ms)
{
	return build(w, lang, dir, ms, false);
}

static void
assert_has(struct str text, const char *part)
{
	size_t at;

	if (!str_find(text, str_of(part), &at))
		fail_msg("'%s' is not in: %.*s", part,
		    (int)(text.n < 4000 ? text.n : 4000), text.p);
}

static void
assert_made(const struct made *m)
{
	if (m->r < 0)
		fail_msg("%s: %s\n" STR_F, m->e.text, m->e.hint, STR_A(m->log));
	assert_true(m->module.n > 8);
	assert_memory_equal(m->module.p, "\0asm\1\0\0\0", 8);
	assert_has(m->module, "run_e");
	assert_has(m->module, "return_result");
}

static void
need(struct world *w, const char *lang)
{
	struct toolchain_program progs[TOOLCHAIN_MAX_PROGRAMS];
	size_t n;

	if (toolchain_programs(toolchain_find(str_of(lang)), &w->env, false,
		true, w->arena, progs, &n) > 0) {
		print_message("no compiler of %s here\n", lang);
		skip();
	}
}

/*
 * The template compiles; so does a copy in another folder, to the same bytes,
 * in which no folder of this machine is named; the user's folder gets no file.
 */
static void
template_compiles(struct world *w, const char *lang)
{
	char *one, *two;
	struct made a, b;
	const char *home = getenv("HOME");
	size_t n;

	need(w, lang);
	one = from_template(w, lang, "one");
	two = from_template(w, lang, "a longer one/with a space");
	n = count_files(one);
	a = compile(w, lang, one, 0);
	assert_made(&a);
	assert_int_equal(count_files(one), n);
	assert_false(str_find(a.module, str_of(w->dir), &n));
	if (home && strlen(home) > 1)
		assert_false(str_find(a.module, str_of(home), &n));
	b = compile(w, lang, two, 0);
	assert_made(&b);
	assert_int_equal(a.module.n, b.module.n);
	assert_memory_equal(a.module.p, b.module.p, a.module.n);
}

#define TEMPLATE_TEST(lang) \
	static void template_of_##lang##_compiles_to_same_bytes(void **state) \
	{ \
		template_compiles(*state, #lang); \
	}
TEMPLATE_TEST(rust)
TEMPLATE_TEST(c)
TEMPLATE_TEST(cpp)
TEMPLATE_TEST(assemblyscript)
TEMPLATE_TEST(go)
TEMPLATE_TEST(tinygo)
TEMPLATE_TEST(wat)

static void
debug_lines_name_the_function_not_the_folder(void **state)
{
	struct world *w = *state;
	struct made m;

	need(w, "c");
	m = compile(w, "c", from_template(w, "c", "one"), 0);
	assert_made(&m);
	assert_has(m.module, ".debug_line");
	assert_has(m.module, "lib.c");
}

static void
functions_of_older_sdks_compile_unchanged(void **state)
{
	static const struct {
		const char *lang, *folder, *export;
	} samples[] = {
		{ "rust", "testdata/guests/rust-0.16", "init" },
		{ "rust", "testdata/guests/rust-0.12", "_start" },
		{ "tinygo", "testdata/guests/tinygo-reactr", "_start" },
	};
	struct world *w = *state;

	need(w, "rust");
	need(w, "tinygo");
	for (size_t i = 0; i < COUNT(samples); i++) {
		char *dir = make_folder(w, samples[i].folder,
		    strrchr(samples[i].folder, '/') + 1, "");
		struct made m = compile(w, samples[i].lang, dir, 0);

		assert_made(&m);
		assert_has(m.module, samples[i].export);
	}
}

/* What is shipped is what the lock file says; a change of Cargo.toml is for
 * other builds to write down. */
static void
a_release_holds_rust_to_its_lock_file(void **state)
{
	struct world *w = *state;
	char *dir, *lock;
	struct made m;

	need(w, "rust");
	dir = from_template(w, "rust", "one");
	lock = arena_printf(w->arena, "%s/Cargo.lock", dir);
	spit(lock, STR("version = 3\n"), 0644);
	m = build(w, "rust", dir, 0, true);
	assert_int_equal(m.r, -1);
	assert_int_equal(m.e.kind, ERR_FAILED);
	assert_has(m.log, "--locked");
	m = build(w, "rust", dir, 0, false);
	assert_made(&m);
	m = build(w, "rust", dir, 0, true);
	assert_made(&m);
}

/* With Debian's Rust alone std is built from its source, once. */
static void
rust_without_a_wasm_target_builds_its_std(void **state)
{
	struct world *w = *state;
	struct made m;

	w->env.path = "/usr/bin:/bin";
	need(w, "rust");
	m = compile(w, "rust", from_template(w, "rust", "one"), 0);
	assert_made(&m);
	m = compile(w, "rust",
	    make_folder(w, "testdata/guests/rust-0.16", "old", ""), 0);
	assert_made(&m);
}

static void
wasm_takes_the_module_that_is_there(void **state)
{
	static const char module[] = "\0asm\1\0\0\0run_e return_result";
	struct world *w = *state;
	char *dir = from_template(w, "wasm", "one");
	char *file = arena_printf(w->arena, "%s/" NAME ".wasm", dir);
	struct made m = compile(w, "wasm", dir, 0);

	assert_int_equal(m.r, -1);
	assert_int_equal(m.e.kind, ERR_MISSING);
	spit(file, (struct str){ module, sizeof(module) }, 0644);
	m = compile(w, "wasm", dir, 0);
	assert_made(&m);
	spit(file, STR("<html>"), 0644);
	m = compile(w, "wasm", dir, 0);
	assert_int_equal(m.r, -1);
	assert_int_equal(m.e.kind, ERR_FAILED);
}

static void
a_module_that_is_its_own_output_stays(void **state)
{
	CLEANUP(buf_free) struct buf log = BUF(1000);
	struct world *w = *state;
	char *dir = from_template(w, "wasm", "one");
	char *file = arena_printf(w->arena, "%s/" NAME ".wasm", dir);
	struct toolchain_job job = { .dir = dir,
		.name = NAME,
		.work = arena_printf(w->arena, "%s.work", dir),
		.out = file };
	struct err e = ERR;

	spit(file, STR("whatever"), 0644);
	assert_int_equal(toolchain_compile(toolchain_find(STR("wasm")), &w->env,
			     &job, &log, &e),
	    0);
	assert_true(str_is(slurp(w, file), "whatever"));
}

/* ---- what goes wrong ---- */

static void
an_error_in_the_source_is_told_in_the_compilers_words(void **state)
{
	static const struct {
		const char *lang, *file, *says;
	} cases[] = {
		{ "c", "lib.c", "lib.c:1:" },
		{ "cpp", "lib.cpp", "lib.cpp:1:" },
		{ "rust", "src/lib.rs", "src/lib.rs:1:" },
		{ "assemblyscript", "src/lib.ts", "src/lib.ts" },
		{ "go", "lib.go", "lib.go:1:" },
		{ "tinygo", "lib.go", "lib.go:1:" },
		{ "wat", "lib.wat", "lib.wat:1:" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *lang = cases[i].lang;
		char *dir = from_template(w, lang, lang);
		struct made m;

		need(w, lang);
		spit(arena_printf(w->arena, "%s/%s", dir, cases[i].file),
		    STR("what is this ?\n"), 0644);
		m = compile(w, lang, dir, 0);
		assert_int_equal(m.r, -1);
		assert_int_equal(m.e.kind, ERR_FAILED);
		assert_has(m.log, cases[i].says);
		assert_false(os_exists(arena_printf(w->arena, "%s.wasm", dir)));
	}
}

static void
an_empty_folder_is_told(void **state)
{
	static const char *const langs[] = { "c", "cpp", "rust",
		"assemblyscript", "go", "tinygo", "wat" };
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(langs); i++) {
		char *dir = arena_printf(w->arena, "%s/%s", w->dir, langs[i]);
		struct made m;

		need(w, langs[i]);
		assert_int_equal(mkdir(dir, 0755), 0);
		m = compile(w, langs[i], dir, 0);
		assert_int_equal(m.r, -1);
		assert_int_equal(m.e.kind, ERR_INPUT);
		assert_has(str_of(m.e.text), dir);
	}
}

static void
a_missing_compiler_is_told_with_its_cure(void **state)
{
	struct world *w = *state;
	const struct toolchain *t;

	w->env.path = w->dir;
	w->env.cache_dir = w->dir;
	for (size_t i = 0; (t = toolchain_at(i)) != NULL; i++) {
		const char *lang = toolchain_name(t);
		struct made m;

		if (strcmp(lang, "wasm") == 0)
			continue;
		m = compile(w, lang, from_template(w, lang, lang), 0);
		assert_int_equal(m.r, -1);
		assert_int_equal(m.e.kind, ERR_MISSING);
		assert_has(str_of(m.e.text), "not installed");
		assert_string_equal(m.e.hint, toolchain_install(t, false));
	}
}

/* A compiler of C that is this script. */
static struct made
with_script(struct world *w, const char *script, uint32_t ms)
{
	char *bin = arena_printf(w->arena, "%s/bin", w->dir);
	static const char *const names[] = { "clang-19", "wasm-ld-19" };

	need(w, "c");
	assert_int_equal(mkdir(bin, 0755), 0);
	for (size_t i = 0; i < COUNT(names); i++)
		spit(arena_printf(w->arena, "%s/%s", bin, names[i]),
		    str_of(arena_printf(w->arena, "#!/bin/sh\n%s\n", script)),
		    0755);
	w->env.path = arena_printf(w->arena, "%s:/usr/bin:/bin", bin);
	return compile(w, "c", from_template(w, "c", "one"), ms);
}

static void
a_compiler_that_hangs_is_ended(void **state)
{
	struct made m = with_script(*state, "echo here; sleep 1000", 300);

	assert_int_equal(m.r, -1);
	assert_int_equal(m.e.kind, ERR_LIMIT);
	assert_has(m.log, "here");
	assert_has(str_of(m.e.text), "'clang-19'");
}

static void
a_compiler_that_makes_no_file_is_told(void **state)
{
	struct made m = with_script(*state, "exit 0", 0);

	assert_int_equal(m.r, -1);
	assert_int_equal(m.e.kind, ERR_FAILED);
	assert_has(str_of(m.e.text), "made no file");
}

static void
a_compiler_that_makes_no_module_is_told(void **state)
{
	struct made m = with_script(*state,
	    "while [ $# -gt 1 ]; do [ $1 = -o ] && echo no >\"$2\"; shift; "
	    "done",
	    0);

	assert_int_equal(m.r, -1);
	assert_int_equal(m.e.kind, ERR_FAILED);
	assert_has(str_of(m.e.text), "not a WebAssembly module");
}

static void
a_hundred_megabytes_of_talk_are_cut(void **state)
{
	struct made m = with_script(
	    *state, "head -c 100000000 /dev/zero | tr '\\0' x; exit 3", 0);

	assert_int_equal(m.r, -1);
	assert_int_equal(m.e.kind, ERR_FAILED);
	assert_has(str_of(m.e.text), "exit code 3");
	assert_true(m.log.n < TOOLCHAIN_MAX_OUTPUT + 2000);
	assert_has(str_from(m.log, m.log.n - 1500), "was cut");
}

static void
a_compiler_ended_by_a_signal_is_told(void **state)
{
	struct made m = with_script(*state, "kill -SEGV $$", 0);

	assert_int_equal(m.r, -1);
	assert_int_equal(m.e.kind, ERR_FAILED);
	assert_has(str_of(m.e.text), "signal 11");
}

static void
compilers_see_only_what_they_may(void **state)
{
	static const char *const env[] = { "SUBO_CFLAGS=-DONE -DTWO",
		"PATH=/nowhere", NULL };
	struct world *w = *state;
	struct made m;

	w->env.env = env;
	m = with_script(w, "env; echo args: \"$@\"; exit 1", 0);
	assert_has(m.log, "-DONE -DTWO");
	assert_has(m.log, "/bin:/usr/bin:/bin");
	assert_false(str_find(m.log, STR("HOME="), &(size_t){ 0 }));
	assert_false(str_find(m.log, STR("/nowhere"), &(size_t){ 0 }));
}

/* ---- once for a machine ---- */

/*
 * An npm that takes its time, counts its runs, and installs an asc that
 * writes an empty module.
 */
static const char npm_script[] =
    "#!/bin/sh\n"
    "echo \"$1\" >>\"$SUBO_COUNT\"\n"
    "sleep 0.3\n"
    "[ -e \"$SUBO_COUNT.fail\" ] && { echo no network; exit 1; }\n"
    "d=node_modules/assemblyscript/bin\n"
    "mkdir -p $d && cat >$d/asc.js <<'E'\n"
    "const a = process.argv, o = a[a.indexOf('-o') + 1];\n"
    "require('fs').writeFileSync(o,\n"
    "    '\\0asm\\x01\\0\\0\\0run_e return_result');\n"
    "E\n";

struct npm {
	char *count;
	const char *env[2];
};

static void
fake_npm(struct world *w, struct npm *n)
{
	char *bin = arena_printf(w->arena, "%s/bin", w->dir);

	need(w, "assemblyscript");
	assert_int_equal(mkdir(bin, 0755), 0);
	spit(arena_printf(w->arena, "%s/npm", bin), str_of(npm_script), 0755);
	n->count = arena_printf(w->arena, "%s/count", w->dir);
	n->env[0] = arena_printf(w->arena, "SUBO_COUNT=%s", n->count);
	n->env[1] = NULL;
	w->env.env = n->env;
	w->env.path = arena_printf(w->arena, "%s:%s", bin, w->env.path);
	w->env.cache_dir = arena_printf(w->arena, "%s/cache", w->dir);
}

struct builder {
	struct toolchain_env env;
	struct toolchain_job job;
	int r;
	struct err e;
};

static void *
build_one(void *arg)
{
	CLEANUP(buf_free) struct buf log = BUF(1u << 20);
	struct builder *b = arg;

	b->r = toolchain_compile(toolchain_find(STR("assemblyscript")), &b->env,
	    &b->job, &log, &b->e);
	return NULL;
}

static void
builds_at_one_time_fetch_the_compiler_once(void **state)
{
	struct world *w = *state;
	struct builder b[4] = { 0 };
	pthread_t threads[COUNT(b)];
	struct npm npm;

	fake_npm(w, &npm);
	for (size_t i = 0; i < COUNT(b); i++) {
		char *dir = from_template(
		    w, "assemblyscript", arena_printf(w->arena, "b%zu", i));

		b[i].env = w->env;
		b[i].job = (struct toolchain_job){ .dir = dir,
			.name = NAME,
			.work = arena_printf(w->arena, "%s.work", dir),
			.out = arena_printf(w->arena, "%s.wasm", dir) };
		assert_int_equal(
		    pthread_create(&threads[i], NULL, build_one, &b[i]), 0);
	}
	for (size_t i = 0; i < COUNT(b); i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < COUNT(b); i++)
		if (b[i].r < 0)
			fail_msg("%s", b[i].e.text);
	assert_true(str_is(slurp(w, npm.count), "ci\n"));
}

static void
a_fetch_that_fails_leaves_nothing_and_is_tried_again(void **state)
{
	struct world *w = *state;
	struct npm npm;
	struct made m;
	char *dir, *failing;

	fake_npm(w, &npm);
	dir = from_template(w, "assemblyscript", "one");
	failing = arena_printf(w->arena, "%s.fail", npm.count);
	spit(failing, STR(""), 0644);
	m = compile(w, "assemblyscript", dir, 0);
	assert_int_equal(m.r, -1);
	assert_int_equal(m.e.kind, ERR_FAILED);
	assert_has(m.log, "no network");
	assert_has(str_of(m.e.hint), "network");
	/* Nothing but the lock. */
	assert_int_equal(count_files(w->env.cache_dir), 1);
	assert_int_equal(unlink(failing), 0);
	m = compile(w, "assemblyscript", dir, 0);
	assert_made(&m);
}

static void
packages_of_a_function_are_installed_apart_when_they_change(void **state)
{
	struct world *w = *state;
	struct npm npm;
	struct made m;
	char *dir, *package;
	size_t n;

	fake_npm(w, &npm);
	dir = from_template(w, "assemblyscript", "one");
	package = arena_printf(w->arena, "%s/package.json", dir);
	spit(package, STR("{}"), 0644);
	n = count_files(dir);
	for (size_t i = 0; i < 2; i++) {
		m = compile(w, "assemblyscript", dir, 0);
		assert_made(&m);
	}
	assert_true(str_is(slurp(w, npm.count), "install\n"));
	spit(package, STR("{ }"), 0644);
	m = compile(w, "assemblyscript", dir, 0);
	assert_made(&m);
	assert_true(str_is(slurp(w, npm.count), "install\ninstall\n"));
	assert_int_equal(count_files(dir), n);
	assert_false(os_exists(w->env.cache_dir));
}

/* ---- the table ---- */

static void
languages_are_found_by_all_their_names(void **state)
{
	static const char *const names[][2] = { { "rs", "rust" },
		{ "rust", "rust" }, { "as", "assemblyscript" }, { "c", "c" },
		{ "c++", "cpp" }, { "go", "go" }, { "tinygo", "tinygo" },
		{ "wat", "wat" }, { "wasm", "wasm" } };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct toolchain *t = toolchain_find(str_of(names[i][0]));

		assert_non_null(t);
		assert_string_equal(toolchain_name(t), names[i][1]);
	}
	assert_null(toolchain_find(STR("fortran")));
	assert_null(toolchain_find(STR("")));
}

static void
outputs_and_editor_files_are_no_sources(void **state)
{
	static const struct {
		const char *lang, *path;
		bool source;
	} cases[] = {
		{ "c", "lib.c", true },
		{ "c", "src/deep/x.h", true },
		{ "c", "greet.wasm", false },
		{ "wasm", "greet.wasm", true },
		{ "rust", "target/release/x.rs", false },
		{ "rust", "src/target.rs", true },
		{ "rust", "Cargo.lock", true },
		{ "assemblyscript", "node_modules/x/y.ts", false },
		{ "assemblyscript", "package.json", true },
		{ "go", "greet.test.yaml", false },
		{ "go", "x.snap", false },
		{ "go", "lib.go~", false },
		{ "go", ".#lib.go", false },
		{ "go", "#lib.go#", false },
		{ "go", ".lib.go.swp", false },
		{ "go", ".git/HEAD", false },
		{ "wasm", ".git/greet.wasm", false },
		{ "go", ".runnable.yml", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (toolchain_is_source(toolchain_find(str_of(cases[i].lang)),
			str_of(cases[i].path)) != cases[i].source)
			fail_msg("%s", cases[i].path);
}

static void
versions_are_told_when_asked_for(void **state)
{
	struct world *w = *state;
	const struct toolchain *t = toolchain_find(STR("c"));
	struct toolchain_program progs[TOOLCHAIN_MAX_PROGRAMS];
	size_t n;

	need(w, "c");
	assert_int_equal(
	    toolchain_programs(t, &w->env, false, false, w->arena, progs, &n),
	    0);
	assert_true(n > 0);
	assert_null(progs[0].version);
	assert_int_equal(
	    toolchain_programs(t, &w->env, false, true, w->arena, progs, &n),
	    0);
	assert_non_null(progs[0].version);
	assert_true(strtod(progs[0].version, NULL) >= 14);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(template_of_rust_compiles_to_same_bytes),
		T(template_of_c_compiles_to_same_bytes),
		T(template_of_cpp_compiles_to_same_bytes),
		T(template_of_assemblyscript_compiles_to_same_bytes),
		T(template_of_go_compiles_to_same_bytes),
		T(template_of_tinygo_compiles_to_same_bytes),
		T(template_of_wat_compiles_to_same_bytes),
		T(debug_lines_name_the_function_not_the_folder),
		T(functions_of_older_sdks_compile_unchanged),
		T(a_release_holds_rust_to_its_lock_file),
		T(rust_without_a_wasm_target_builds_its_std),
		T(wasm_takes_the_module_that_is_there),
		T(a_module_that_is_its_own_output_stays),
		T(an_error_in_the_source_is_told_in_the_compilers_words),
		T(an_empty_folder_is_told),
		T(a_missing_compiler_is_told_with_its_cure),
		T(a_compiler_that_hangs_is_ended),
		T(a_compiler_that_makes_no_file_is_told),
		T(a_compiler_that_makes_no_module_is_told),
		T(a_hundred_megabytes_of_talk_are_cut),
		T(a_compiler_ended_by_a_signal_is_told),
		T(compilers_see_only_what_they_may),
		T(builds_at_one_time_fetch_the_compiler_once),
		T(a_fetch_that_fails_leaves_nothing_and_is_tried_again),
		T(packages_of_a_function_are_installed_apart_when_they_change),
		T(languages_are_found_by_all_their_names),
		T(outputs_and_editor_files_are_no_sources),
		T(versions_are_told_when_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
