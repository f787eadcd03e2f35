/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Go, and TinyGo on the same source.
 *
 * TinyGo is the one that scripts/tinygo built, with its target "subo", or
 * else one on the PATH.  A source with //go:wasmexport becomes a reactor; the
 * older SDKs export from a library and register in main, which only the
 * command model runs.
 */
#include <string.h>

#include "os/os.h"
#include "toolchain/lang.h"

#define TINYGO_VERSION "0.41.1"

static const char *const go_program[] = { "go", NULL };
static const char *const tinygo_program[] = { "tinygo", NULL };
static const char *const wasm_opt[] = { "wasm-opt", NULL };
static const char *const wasm_ld[] = { "wasm-ld-19", "wasm-ld", NULL };

struct tinygo {
	char *path;
	char *root; /* NULL: one that knows its own */
};

static struct tinygo
find_tinygo(const struct toolchain_env *env, struct arena *a)
{
	const char *given = lang_env(env, "SUBO_TINYGO");
	struct tinygo t = { 0 };
	size_t cut;
	char *prefix;

	t.path = given ? arena_cstr(a, str_of(given))
		       : arena_printf(a, "%s/tinygo-%s/bin/tinygo",
			     env->cache_dir, TINYGO_VERSION);
	if (!os_exists(t.path)) {
		t.path = given ? NULL : lang_find(env, a, tinygo_program, NULL);
		return t;
	}
	prefix = arena_cstr(a, str_of(t.path));
	cut = strlen(prefix);
	if (str_ends(str_of(prefix), "/bin/tinygo"))
		prefix[cut - strlen("/bin/tinygo")] = '\0';
	if (os_exists(arena_printf(a, "%s/root/targets/subo.json", prefix)))
		t.root = arena_printf(a, "%s/root", prefix);
	return t;
}

/* //go:wasmexport came with 1.24; Debian 12 has 1.19. */
static bool
is_new_enough(const char *version)
{
	struct str rest = str_of(version), major, minor;
	uint64_t a, b;

	str_cut(&rest, '.', &major);
	str_cut(&rest, '.', &minor);
	return str_u64(major, 999, &a) && str_u64(minor, 999, &b) &&
	    (a > 1 || b >= 24);
}

static void
look(struct lang_look *l)
{
	struct toolchain_program *go = &l->progs[l->n];
	struct tinygo t;

	lang_need(l, go_program, "version");
	if (go->version && !is_new_enough(go->version)) {
		go->name = arena_printf(l->arena, "go 1.24 or newer (%s is %s)",
		    go->path, go->version);
		go->path = NULL;
	}
	if (!l->tinygo)
		return;
	t = find_tinygo(l->env, l->arena);
	lang_need_at(l, "tinygo", t.path, "version");
	lang_need(l, wasm_opt, "--version");
	if (t.root || !t.path)
		lang_need(l, wasm_ld, "--version");
}

static int
compile_go(struct lang_run *r, struct err *e)
{
	static const char *const set[] = { "GOOS=wasip1", "GOARCH=wasm",
		"CGO_ENABLED=0", NULL };
	static const char *const flags[] = { "build", "-trimpath",
		"-buildvcs=false", "-buildmode=c-shared",
		"-ldflags=-w -buildid=", "-o", NULL };
	struct lang_args a = { 0 };

	lang_arg(r, &a, lang_find(r->env, r->arena, go_program, NULL));
	for (size_t i = 0; flags[i]; i++)
		lang_arg(r, &a, flags[i]);
	lang_arg(r, &a, r->made);
	lang_arg(r, &a, ".");
	return lang_exec(r, &a, r->job->dir, set, e);
}

struct hunt {
	struct lang_run *r;
	size_t files;
	bool found;
};

static int
look_inside(void *arg, const char *path, const struct stat *st, struct err *e)
{
	struct hunt *h = arg;
	const char *rel = path + strlen(h->r->job->dir) + 1;

	(void)e;
	if (S_ISDIR(st->st_mode))
		return h->found ||
		    !toolchain_is_source(h->r->lang, str_of(rel));
	if (h->found || !S_ISREG(st->st_mode) || h->files >= LANG_MAX_FILES ||
	    !str_ends(str_of(rel), ".go"))
		return 0;
	h->files++;
	h->found = lang_mentions(h->r, rel, "//go:wasmexport ");
	return 0;
}

static int
is_reactor(struct lang_run *r, bool *yes, struct err *e)
{
	struct hunt h = { .r = r };

	if (os_walk(r->job->dir, look_inside, &h, e) < 0)
		return -1;
	*yes = h.found;
	return 0;
}

/* Written when the lengths in reflect.SliceHeader were of another type. */
static bool
has_old_sdk(struct lang_run *r)
{
	return lang_mentions(r, "go.mod", "github.com/suborbital/");
}

static int
compile_tinygo(struct lang_run *r, struct err *e)
{
	struct tinygo t = find_tinygo(r->env, r->arena);
	const char *opt = lang_find(r->env, r->arena, wasm_opt, NULL);
	const char *set[3] = { arena_printf(r->arena, "WASMOPT=%s", opt) };
	struct lang_args a = { 0 };
	bool reactor = false;

	if (is_reactor(r, &reactor, e) < 0)
		return -1;
	if (t.root)
		set[1] = arena_printf(r->arena, "TINYGOROOT=%s", t.root);
	lang_arg(r, &a, t.path);
	lang_arg(r, &a, "build");
	lang_arg(r, &a, t.root ? "-target=subo" : "-target=wasip1");
	if (reactor)
		lang_arg(r, &a, "-buildmode=c-shared");
	if (t.root && has_old_sdk(r))
		lang_arg(r, &a, "-tags=uintptrslices");
	lang_arg(r, &a, "-opt=z");
	/* Its debug information names folders of this machine, and there is
	 * no flag against that.  Function names stay. */
	lang_arg(r, &a, "-no-debug");
	lang_arg(r, &a, "-o");
	lang_arg(r, &a, r->made);
	lang_arg(r, &a, ".");
	return lang_exec(r, &a, r->job->dir, set, e);
}

static int
compile(struct lang_run *r, struct err *e)
{
	if (!os_exists(lang_in_dir(r, "go.mod"))) {
		err_set(e, ERR_INPUT, "'%s' has no go.mod", r->job->dir);
		return err_hint(
		    e, "run there: go mod init example.com/%s", r->job->name);
	}
	if ((r->tinygo ? compile_tinygo(r, e) : compile_go(r, e)) < 0)
		return -1;
	return lang_deliver(r, r->made, e);
}

static const char *const go_names[] = { "go", "golang", NULL };
static const char *const tinygo_names[] = { "tinygo", NULL };
static const char *const variables[] = { "GOFLAGS", "GOTOOLCHAIN", "GOROOT",
	"SUBO_TINYGO", NULL };

#define INSTALL_GO \
	"scripts/deps guests (in subo's source), or any Go from 1.24 on"
#define INSTALL_TINYGO \
	"apt-get install --no-install-recommends clang-19 lld-19 " \
	"llvm-19-dev libclang-19-dev wasi-libc libclang-rt-19-dev-wasm32 " \
	"binaryen && scripts/tinygo"

const struct toolchain lang_go = {
	.names = go_names,
	.title = "Go",
	.template = "go",
	.variables = variables,
	.install = INSTALL_GO,
	.install_tinygo = INSTALL_TINYGO,
	.look = look,
	.compile = compile,
};

const struct toolchain lang_tinygo = {
	.names = tinygo_names,
	.title = "TinyGo",
	.template = "go",
	.variables = variables,
	.install = INSTALL_TINYGO,
	.install_tinygo = INSTALL_TINYGO,
	.tinygo = true,
	.look = look,
	.compile = compile,
};
