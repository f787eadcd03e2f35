/* SPDX-License-Identifier: Apache-2.0 */
/* rust.h - which Rust compiles for Wasm here.  Private to src/toolchain. */
#ifndef TOOLCHAIN_RUST_H
#define TOOLCHAIN_RUST_H

#include "toolchain/lang.h"

#define RUST_TARGET	"wasm32-unknown-unknown"

struct rust {
	char		*cargo, *rustc;
	bool		 first;		/* the pair that the PATH gives */
	const char	*target;	/* whose std is installed, or NULL */
	char		*std;		/* where that is */
	char		*source;	/* of std, to build it from, or NULL */
	char		*linker;	/* or NULL: rustc's own */
};

/* False: no pair that can; then r holds the first pair there is, if any.
 * cwd: a rust-toolchain.toml there counts. */
bool	rust_find(const struct toolchain_env *env, struct arena *a,
	    const char *cwd, struct rust *r);
/* Add flags, each ended by 0x1f, that keep this machine's paths out of what
 * is made: from becomes to, and cargo's folder /cargo. */
void	rust_remap(struct lang_run *r, struct buf *b, const char *from,
	    const char *to);
/* Make dir a sysroot with a std for Wasm, from rust->source. */
int	rust_build_std(struct lang_run *r, const struct rust *rust,
	    const char *dir, struct err *e) MUST_CHECK;

#endif
