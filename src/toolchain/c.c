/* SPDX-License-Identifier: Apache-2.0 */
/*
 * C and C++ with Debian's clang and wasi-libc.
 *
 * Every file is compiled, then all are linked without -O: given -O at the
 * link, clang runs a wasm-opt that happens to be on the PATH, so that the
 * bytes depend on the machine.  Paths in debug information begin with the
 * function's name, not with the user's folder.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "os/os.h"
#include "toolchain/lang.h"

#define AT_ONCE 4u /* files of one function */
#define LIBC "/usr/lib/wasm32-wasi/libc.a"
#define LIBCXX "/usr/lib/wasm32-wasi/libc++.a"

static const char *const versions[] = { "19", "18", "17", "16", "15", "14" };

/* The library of helpers that belongs to one clang. */
static char *
builtins(struct arena *a, const char *version)
{
	return lang_first_match(a,
	    arena_printf(a,
		"/usr/lib/llvm-%s/lib/clang/*/lib/wasi/"
		"libclang_rt.builtins-wasm32.a",
		version));
}

struct clang {
	const char *name; /* "clang-19"; what to install when path is NULL */
	char *path, *builtins;
	const char *version; /* "19", or "" for a clang without number */
};

/*
 * The newest clang that can link for Wasm, else any, whose own message then
 * says what it lacks.
 */
static struct clang
find_clang(const struct toolchain_env *env, struct arena *a, const char *prog)
{
	const char *plain[] = { prog, NULL };
	struct clang any = { .name = arena_printf(a, "%s-19", prog),
		.version = "19" };

	for (size_t i = 0; i < COUNT(versions); i++) {
		const char *names[] = {
			arena_printf(a, "%s-%s", prog, versions[i]), NULL
		};
		struct clang c = { .name = names[0], .version = versions[i] };

		c.path = lang_find(env, a, names, NULL);
		if (!c.path)
			continue;
		c.builtins = builtins(a, versions[i]);
		if (c.builtins)
			return c;
		if (!any.path)
			any = c;
	}
	if (!any.path) {
		any.path = lang_find(env, a, plain, NULL);
		if (any.path)
			any = (struct clang){ prog, any.path, NULL, "" };
	}
	return any;
}

static void
need_file(struct lang_look *l, const char *name, const char *path)
{
	lang_need_at(l, name, path && os_exists(path) ? path : NULL, NULL);
}

static void
look_for(struct lang_look *l, const char *prog)
{
	struct clang c = find_clang(l->env, l->arena, prog);
	const char *linkers[] = { arena_printf(l->arena, "wasm-ld-%s",
				      c.version[0] ? c.version : "19"),
		"wasm-ld", NULL };

	lang_need_at(l, c.name, c.path, "--version");
	lang_need(l, linkers, "--version");
	/* Without a number in its name it may bring a sysroot of its own. */
	if (c.version[0] == '\0')
		return;
	need_file(l, "wasi-libc", LIBC);
	need_file(l,
	    arena_printf(l->arena, "libclang-rt-%s-dev-wasm32", c.version),
	    c.builtins);
}

static void
look_c(struct lang_look *l)
{
	look_for(l, "clang");
}

static void
look_cpp(struct lang_look *l)
{
	struct clang c = find_clang(l->env, l->arena, "clang++");

	look_for(l, "clang++");
	if (c.version[0] != '\0')
		need_file(l,
		    arena_printf(l->arena, "libc++-%s-dev-wasm32", c.version),
		    LIBCXX);
}

static bool
is_cpp(const char *file)
{
	return !str_ends(str_of(file), ".c");
}

static int
compile_file(struct lang_run *r, const char *cc, const char *file,
    const char *object, struct err *e)
{
	/* What __DATE__ and __TIME__ say must not be when it was compiled. */
	static const char *const date[] = { "SOURCE_DATE_EPOCH=315532800",
		NULL };
	struct lang_args a = { 0 };
	const char *name = r->job->name;
	bool cpp = is_cpp(file);

	lang_arg(r, &a, cc);
	lang_arg(r, &a, "--target=wasm32-wasi");
	lang_arg(r, &a, "-O2");
	lang_arg(r, &a, "-g");
	lang_arg(r, &a, "-Wall");
	lang_arg(
	    r, &a, arena_printf(r->arena, "-fdebug-compilation-dir=%s", name));
	lang_arg(r, &a,
	    arena_printf(
		r->arena, "-ffile-prefix-map=%s=%s", r->job->dir, name));
	if (cpp) {
		/* Debian's libc++abi has no unwinder. */
		lang_arg(r, &a, "-std=c++17");
		lang_arg(r, &a, "-fno-exceptions");
	}
	lang_arg_words(r, &a, cpp ? "SUBO_CXXFLAGS" : "SUBO_CFLAGS");
	lang_arg(r, &a, "-c");
	lang_arg(r, &a, file);
	lang_arg(r, &a, "-o");
	lang_arg(r, &a, object);
	return lang_exec(r, &a, r->job->dir,
	    lang_env(r->env, "SOURCE_DATE_EPOCH") ? NULL : date, e);
}

/*
 * Files are compiled side by side: most functions are one file of the user's
 * and one of glue, and take half the time so.  Each has a run of its own, for
 * arenas and buffers belong to one thread.
 */
struct unit {
	struct lang_run run;
	struct buf log;
	struct err err;
	const char *cc, *file, *object;
	int result;
	bool started;
	pthread_t thread;
};

static void *
compile_unit(void *arg)
{
	struct unit *u = arg;

	u->result = compile_file(&u->run, u->cc, u->file, u->object, &u->err);
	return NULL;
}

static void
start_unit(struct unit *u, struct lang_run *r)
{
	u->run = *r;
	u->run.arena = arena_new();
	u->log = (struct buf)BUF(TOOLCHAIN_MAX_OUTPUT);
	u->run.log = &u->log;
	u->started = pthread_create(&u->thread, NULL, compile_unit, u) == 0;
	if (!u->started)
		compile_unit(u);
}

/* The first failure, in the order of the files, is the one that is told. */
static int
end_unit(struct unit *u, struct lang_run *r, int before, struct err *e)
{
	if (u->started)
		pthread_join(u->thread, NULL);
	/* Every file's errors, unless the first have filled the log. */
	if (before == 0 || r->log->n + u->log.n <= TOOLCHAIN_MAX_OUTPUT)
		buf_add(r->log, buf_str(&u->log));
	buf_free(&u->log);
	arena_free(&u->run.arena);
	if (u->result < 0 && before == 0)
		*e = u->err;
	return before < 0 ? before : u->result;
}

static int
compile_units(struct lang_run *r, struct unit *units, size_t n, struct err *e)
{
	int result = 0;

	for (size_t i = 0; i < n && result == 0; i += AT_ONCE) {
		size_t end = i + AT_ONCE < n ? i + AT_ONCE : n;

		for (size_t k = i; k < end; k++)
			start_unit(&units[k], r);
		for (size_t k = i; k < end; k++)
			result = end_unit(&units[k], r, result, e);
	}
	return result;
}

static int
link_files(struct lang_run *r, const char *cc, const struct lang_args *objects,
    struct err *e)
{
	struct lang_args a = { 0 };

	lang_arg(r, &a, cc);
	lang_arg(r, &a, "--target=wasm32-wasi");
	lang_arg(r, &a, "-mexec-model=reactor");
	/* A stack that runs over traps instead of writing into the data. */
	lang_arg(r, &a, "-Wl,--stack-first");
	lang_arg(r, &a, "-o");
	lang_arg(r, &a, r->made);
	for (size_t i = 0; i < objects->n; i++)
		lang_arg(r, &a, objects->v[i]);
	lang_arg_words(r, &a, "SUBO_LDFLAGS");
	return lang_exec(r, &a, r->job->work, NULL, e);
}

static int
compile_all(
    struct lang_run *r, bool cpp, const char *const *endings, struct err *e)
{
	struct clang cc = find_clang(r->env, r->arena, "clang");
	struct clang cxx = cpp ? find_clang(r->env, r->arena, "clang++") : cc;
	struct lang_args files = { 0 }, objects = { 0 };
	struct unit *units;

	if (lang_sources(r, endings, &files, e) < 0)
		return -1;
	if (files.n == 0) {
		err_set(e, ERR_INPUT, "'%s' holds no %s file", r->job->dir,
		    r->lang->title);
		return err_hint(e,
		    "sources lie in the function's folder or "
		    "its src/");
	}
	units = arena_take(r->arena, files.n * sizeof(*units));
	for (size_t i = 0; i < files.n; i++) {
		char *o = arena_printf(r->arena, "%s/%zu.o", r->job->work, i);

		lang_arg(r, &objects, o);
		units[i].cc = is_cpp(files.v[i]) ? cxx.path : cc.path;
		units[i].file = files.v[i];
		units[i].object = o;
	}
	if (compile_units(r, units, files.n, e) < 0)
		return -1;
	if (link_files(r, cxx.path, &objects, e) < 0)
		return -1;
	return lang_deliver(r, r->made, e);
}

static int
compile_c(struct lang_run *r, struct err *e)
{
	static const char *const endings[] = { ".c", NULL };

	return compile_all(r, false, endings, e);
}

static int
compile_cpp(struct lang_run *r, struct err *e)
{
	static const char *const endings[] = { ".c", ".cc", ".cpp", ".cxx",
		NULL };

	return compile_all(r, true, endings, e);
}

static const char *const c_names[] = { "c", NULL };
static const char *const cpp_names[] = { "cpp", "c++", "cxx", "cc", NULL };
static const char *const variables[] = { "SUBO_CFLAGS", "SUBO_CXXFLAGS",
	"SUBO_LDFLAGS", "SOURCE_DATE_EPOCH", NULL };

#define INSTALL \
	"apt-get install --no-install-recommends clang-19 lld-19 wasi-libc " \
	"libclang-rt-19-dev-wasm32"

const struct toolchain lang_c = {
	.names = c_names,
	.title = "C",
	.template = "c",
	.variables = variables,
	.install = INSTALL,
	.look = look_c,
	.compile = compile_c,
};

const struct toolchain lang_cpp = {
	.names = cpp_names,
	.title = "C++",
	.template = "cpp",
	.variables = variables,
	.install = INSTALL " libc++-19-dev-wasm32 libc++abi-19-dev-wasm32",
	.look = look_cpp,
	.compile = compile_cpp,
};
