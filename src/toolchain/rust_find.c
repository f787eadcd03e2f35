/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which Rust compiles for Wasm here: of all pairs of cargo and rustc on the
 * PATH, the first with a std for Wasm (rustup's target, Debian's
 * libstd-rust-dev-wasm32), else the first with std's source (rustup's
 * rust-src, Debian's rust-web-src), from which it is built once.
 */
#include <stdio.h>

#include "os/os.h"
#include "toolchain/rust.h"

/* Debian's rustc has no rust-lld of its own. */
static char *
find_linker(
    const struct toolchain_env *env, struct arena *a, const char *sysroot)
{
	static const char *const names[] = { "wasm-ld-19", "wasm-ld-18",
		"wasm-ld-17", "wasm-ld-16", "wasm-ld-15", "wasm-ld-14",
		"wasm-ld", NULL };
	char *own = lang_first_match(
	    a, arena_printf(a, "%s/lib/rustlib/*/bin/rust-lld", sysroot));

	return own ? own : lang_find(env, a, names, NULL);
}

static void
examine(const struct toolchain_env *env, struct arena *a, const char *cwd,
    struct rust *r)
{
	static const char *const targets[] = { RUST_TARGET, "wasm32-wasip1" };
	const char *argv[] = { r->rustc, "--print", "sysroot", NULL };
	const char *sysroot = lang_ask(env, a, argv, cwd);
	const char *source;

	if (!sysroot)
		return;
	for (size_t i = 0; i < COUNT(targets) && !r->target; i++) {
		r->std = lang_first_match(a,
		    arena_printf(a, "%s/lib/rustlib/%s/lib/libstd-*.rlib",
			sysroot, targets[i]));
		if (r->std)
			r->target = targets[i];
	}
	source = arena_printf(a, "%s/lib/rustlib/src/rust/library", sysroot);
	if (os_exists(arena_printf(a, "%s/std/Cargo.toml", source)))
		r->source = arena_cstr(a, str_of(source));
	r->linker = find_linker(env, a, sysroot);
}

bool
rust_find(const struct toolchain_env *env, struct arena *a, const char *cwd,
    struct rust *r)
{
	struct str rest = str_of(env->path), dir;
	struct rust from_source = { 0 };

	*r = (struct rust){ 0 };
	while (rest.n > 0) {
		static const char *const cargo[] = { "cargo", NULL };
		static const char *const rustc[] = { "rustc", NULL };
		struct toolchain_env here = *env;
		struct rust c = { 0 };

		str_cut(&rest, ':', &dir);
		if (!str_starts(dir, "/"))
			continue;
		here.path = arena_cstr(a, dir);
		c.cargo = lang_find(&here, a, cargo, NULL);
		c.rustc = lang_find(&here, a, rustc, NULL);
		if (!c.cargo || !c.rustc)
			continue;
		c.first = r->cargo == NULL;
		examine(env, a, cwd, &c);
		if (c.first || c.target)
			*r = c;
		if (c.target)
			return true;
		if (c.source && !from_source.source)
			from_source = c;
	}
	if (from_source.source)
		*r = from_source;
	return r->source != NULL;
}
