/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rust's std for Wasm, built from its source where none is installed.
 *
 * cargo's -Z build-std would build it again for every function, for a minute
 * each time; so one empty crate is built that way, and its libraries become a
 * sysroot that all functions use.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "toolchain/rust.h"

#define SELF "std_for_wasm"

static int
write_crate(struct lang_run *r, const char *dir, struct err *e)
{
	const char *src = arena_printf(r->arena, "%s/src", dir);

	if (os_mkdirs(src, 0755, e) < 0)
		return -1;
	if (os_create(arena_printf(r->arena, "%s/Cargo.toml", dir),
		STR("[package]\n"
		    "name = \"" SELF "\"\n"
		    "version = \"0.0.0\"\n"
		    "edition = \"2021\"\n"
		    "[workspace]\n"),
		0644, e) < 0)
		return -1;
	return os_create(
	    arena_printf(r->arena, "%s/lib.rs", src), STR("\n"), 0644, e);
}

struct moving {
	struct lang_run *r;
	const char *to;
	size_t n;
};

static int
move_library(void *arg, const char *path, const struct stat *st, struct err *e)
{
	struct moving *m = arg;
	const char *name = strrchr(path, '/') + 1;

	if (S_ISDIR(st->st_mode))
		return 1;
	if (!str_ends(str_of(name), ".rlib") ||
	    str_starts(str_of(name), "lib" SELF))
		return 0;
	m->n++;
	if (rename(path, arena_printf(m->r->arena, "%s/%s", m->to, name)) < 0)
		return err_sys(e, "cannot move '%s'", path);
	return 0;
}

static int
collect(struct lang_run *r, const char *deps, const char *to, struct err *e)
{
	struct moving m = { .r = r, .to = to };

	if (os_mkdirs(to, 0755, e) < 0 ||
	    os_walk(deps, move_library, &m, e) < 0)
		return -1;
	if (m.n == 0)
		return err_set(
		    e, ERR_FAILED, "cargo built no standard library");
	return 0;
}

/* Functions with lto need bitcode. */
static char *
std_flags(struct lang_run *r, const char *crate)
{
	CLEANUP(buf_free) struct buf b = BUF(65536);

	buf_add(&b, STR("CARGO_ENCODED_RUSTFLAGS="));
	rust_remap(r, &b, crate, "/rust-std");
	buf_add(&b, STR("-Cembed-bitcode=yes"));
	return arena_cstr(r->arena, buf_str(&b));
}

int
rust_build_std(
    struct lang_run *r, const struct rust *rust, const char *dir, struct err *e)
{
	const char *crate = arena_printf(r->arena, "%s/build", dir);
	const char *to =
	    arena_printf(r->arena, "%s/lib/rustlib/" RUST_TARGET "/lib", dir);
	const char *argv[] = { rust->cargo, "build", "--release", "-Z",
		"build-std=std,panic_abort", "--target", RUST_TARGET,
		"--target-dir", "target" };
	/* build-std is not for the stable compiler without the first one. */
	const char *set[] = { "RUSTC_BOOTSTRAP=1", std_flags(r, crate),
		arena_printf(r->arena, "RUSTC=%s", rust->rustc), NULL };
	struct lang_args a = { 0 };

	for (size_t i = 0; i < COUNT(argv); i++)
		lang_arg(r, &a, argv[i]);
	if (write_crate(r, crate, e) < 0)
		return -1;
	if (lang_exec(r, &a, crate, set, e) < 0)
		return err_wrap(
		    e, "cannot build Rust's standard library for Wasm");
	if (collect(r,
		arena_printf(
		    r->arena, "%s/target/" RUST_TARGET "/release/deps", crate),
		to, e) < 0)
		return -1;
	return os_remove_tree(crate, e);
}
