/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rust, with cargo.
 *
 * Debug lines are asked for whatever the profile says: they are taken off
 * when a module is packed, and traces need them.  Undefined functions are
 * imports of "env", which rustc 1.96 and later must be told: SDKs from before
 * have no #[link(wasm_import_module)].
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "toolchain/rust.h"

static const char *const cargo_program[] = { "cargo", NULL };
static const char *const rustc_program[] = { "rustc", NULL };

static void
look(struct lang_look *l)
{
	struct rust r;
	bool can;

	if (!l->ask) {
		lang_need(l, cargo_program, NULL);
		lang_need(l, rustc_program, NULL);
		return;
	}
	can = rust_find(l->env, l->arena, "/", &r);
	lang_need_at(l, "cargo", r.cargo, "--version");
	lang_need_at(l, "rustc", r.rustc, "--version");
	if (!r.rustc)
		return;
	lang_need_at(l, can && !r.target ? "std's source" : RUST_TARGET,
	    r.target ? r.std : r.source, NULL);
	lang_need_at(l, "wasm-ld", r.linker, "--version");
}

/* A name for the folder of this compiler's std: "rust-std2-1.96.0-ac68faa20".
 */
static char *
std_name(struct lang_run *r, const struct rust *rust)
{
	const char *argv[] = { rust->rustc, "--version", NULL };
	const char *line = lang_ask(r->env, r->arena, argv, r->job->dir);
	char *name = arena_printf(
	    r->arena, "rust-std2-%.60s", line ? line + strcspn(line, " ") : "");

	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '.')
			*p = '-';
	return name;
}

static int
make_std(struct lang_run *r, const char *dir, struct err *e)
{
	struct rust rust;

	if (!rust_find(r->env, r->arena, r->job->dir, &rust))
		return err_set(e, ERR_MISSING, "no source of Rust's std");
	return rust_build_std(r, &rust, dir, e);
}

static char *
cargo_home(struct lang_run *r)
{
	const char *given = lang_env(r->env, "CARGO_HOME");
	const char *home = lang_env(r->env, "HOME");

	return given ? arena_cstr(r->arena, str_of(given))
		     : arena_printf(r->arena, "%s/.cargo", home ? home : "");
}

static void
remap_one(struct buf *b, const char *from, const char *to)
{
	char real[PATH_MAX];

	buf_addf(b, "--remap-path-prefix=%s=%s\037", from, to);
	/* rustc sees its folder without symlinks. */
	if (realpath(from, real) && strcmp(real, from) != 0)
		buf_addf(b, "--remap-path-prefix=%s=%s\037", real, to);
}

void
rust_remap(struct lang_run *r, struct buf *b, const char *from, const char *to)
{
	remap_one(b, from, to);
	remap_one(b, cargo_home(r), "/cargo");
}

/* RUSTFLAGS and ours, apart by 0x1f, so that a path may hold spaces. */
static char *
flags(struct lang_run *r, const struct rust *rust, const char *sysroot)
{
	CLEANUP(buf_free) struct buf b = BUF(65536);
	struct str given = str_of(lang_env(r->env, "RUSTFLAGS"));

	buf_add(&b, STR("CARGO_ENCODED_RUSTFLAGS="));
	while (given.n > 0) {
		struct str word;

		str_cut(&given, ' ', &word);
		if (word.n > 0)
			buf_addf(&b, STR_F "\037", STR_A(word));
	}
	if (sysroot)
		buf_addf(&b, "--sysroot=%s\037", sysroot);
	if (rust->linker)
		buf_addf(&b, "-Clinker=%s\037", rust->linker);
	rust_remap(r, &b, r->job->dir, r->job->name);
	rust_remap(r, &b, r->job->work, "/target");
	buf_add(&b, STR("-Clink-arg=--allow-undefined"));
	return arena_cstr(r->arena, buf_str(&b));
}

struct pick {
	struct lang_run *r;
	const char *own; /* the file that the function's name suggests */
	char *one;
	size_t n;
};

static int
pick_module(void *arg, const char *path, const struct stat *st, struct err *e)
{
	struct pick *p = arg;
	const char *name = strrchr(path, '/') + 1;

	(void)e;
	if (S_ISDIR(st->st_mode))
		return 1;
	if (!str_ends(str_of(name), ".wasm"))
		return 0;
	if (p->n++ == 0 || strcmp(name, p->own) == 0)
		p->one = arena_cstr(p->r->arena, str_of(path));
	return 0;
}

static int
drop_module(void *arg, const char *path, const struct stat *st, struct err *e)
{
	(void)arg;
	if (S_ISDIR(st->st_mode))
		return 1;
	return str_ends(str_of(path), ".wasm") ? os_remove(path, e) : 0;
}

/* The crate's name is the user's, so look what came out. */
static int
deliver(struct lang_run *r, const char *made, struct err *e)
{
	struct pick p = { .r = r };
	char *own = arena_printf(r->arena, "%s.wasm", r->job->name);

	for (char *c = own; *c; c++)
		if (*c == '-')
			*c = '_';
	p.own = own;
	if (os_is_dir(made) && os_walk(made, pick_module, &p, e) < 0)
		return -1;
	if (p.n == 0) {
		err_set(e, ERR_FAILED, "'cargo' ended well but made no file");
		return err_hint(e,
		    "Cargo.toml needs: [lib] "
		    "crate-type = [\"cdylib\"]");
	}
	return lang_deliver(r, p.one, e);
}

static int
run_cargo(struct lang_run *r, const struct rust *rust, const char *sysroot,
    struct err *e)
{
	const char *target = rust->target ? rust->target : RUST_TARGET;
	const char *folder = lang_in_work(r, "target");
	const char *made =
	    arena_printf(r->arena, "%s/%s/release", folder, target);
	const char *argv[] = { rust->cargo, "build", "--lib", "--release",
		"--target", target, "--target-dir", folder };
	const char *set[] = { flags(r, rust, sysroot),
		"CARGO_PROFILE_RELEASE_DEBUG=1",
		"CARGO_PROFILE_RELEASE_STRIP=false", "CARGO_TERM_COLOR=never",
		rust->first ? NULL
			    : arena_printf(r->arena, "RUSTC=%s", rust->rustc),
		NULL };
	struct lang_args a = { 0 };

	for (size_t i = 0; i < COUNT(argv); i++)
		lang_arg(r, &a, argv[i]);
	/* What is shipped is what the lock file says. */
	if (r->job->release && os_exists(lang_in_dir(r, "Cargo.lock")))
		lang_arg(r, &a, "--locked");
	if (os_is_dir(made) && os_walk(made, drop_module, NULL, e) < 0)
		return -1;
	if (lang_exec(r, &a, r->job->dir, set, e) < 0)
		return -1;
	return deliver(r, made, e);
}

static int
compile(struct lang_run *r, struct err *e)
{
	struct rust rust;
	char *sysroot = NULL;

	if (!os_exists(lang_in_dir(r, "Cargo.toml")))
		return err_set(
		    e, ERR_INPUT, "'%s' has no Cargo.toml", r->job->dir);
	if (!rust_find(r->env, r->arena, r->job->dir, &rust)) {
		err_set(e, ERR_MISSING,
		    "cannot compile Rust: '%s' has no standard library "
		    "for " RUST_TARGET,
		    rust.rustc);
		return err_hint(e, "%s", toolchain_install(r->lang, false));
	}
	if (!rust.target &&
	    lang_once(r, std_name(r, &rust), make_std, &sysroot, e) < 0)
		return -1;
	return run_cargo(r, &rust, sysroot, e);
}

static const char *const names[] = { "rust", "rs", NULL };
static const char *const variables[] = { "RUSTFLAGS", "RUSTUP_TOOLCHAIN",
	"RUSTC", "RUSTC_WRAPPER", NULL };

const struct toolchain lang_rust = {
	.names = names,
	.title = "Rust",
	.template = "rust",
	.variables = variables,
	.install = "rustup target add " RUST_TARGET
		   ", or without rustup: apt-get install "
		   "--no-install-recommends rustc-web cargo-web rust-web-src "
		   "lld-19",
	.look = look,
	.compile = compile,
};
