/* SPDX-License-Identifier: Apache-2.0 */
/* People hand over the wrong file; say which one it is. */
#include <string.h>

#include "module/read.h"

struct look {
	const char *magic;
	size_t n;
	const char *is, *hint;
};

#define LOOK(magic, is, hint) { magic, sizeof(magic) - 1, is, hint }

static const struct look looks[] = {
	LOOK("\177ELF", "it is an ELF file, a program for this machine",
	    "compile for WebAssembly, for example with --target=wasm32-wasi"),
	LOOK("PK\003\004", "it is a zip archive, perhaps a bundle",
	    "a bundle's functions are inside it"),
	LOOK("\037\213", "it is compressed with gzip", "unpack it first"),
	LOOK("(\265/\375", "it is compressed with zstd", "unpack it first"),
	LOOK("!<arch>\n", "it is a static library", "link it first"),
	LOOK("BC\300\336", "it is LLVM bitcode",
	    "link it first, or compile without -flto"),
	LOOK("version https://git-lfs", "it is a Git LFS pointer",
	    "fetch the file itself with `git lfs pull`"),
	LOOK("\317\372\355\376", "it is a Mach-O file, a program for macOS",
	    "compile for WebAssembly"),
	LOOK("MZ", "it is a program for Windows", "compile for WebAssembly"),
	LOOK("#!", "it is a script", "a script is not compiled"),
	LOOK("{", "it is JSON text", ""),
};

static int
not_a_module(struct err *e, const char *is, const char *hint)
{
	err_set(e, ERR_INPUT, "not a WebAssembly module: %s", is);
	if (hint[0] != '\0')
		err_hint(e, "%s", hint);
	return -1;
}

static struct str
skip_space(struct str s)
{
	if (str_starts(s, "\357\273\277"))
		s = str_from(s, 3);
	while (s.n > 0 && strchr(" \t\r\n", s.p[0]))
		s = str_from(s, 1);
	return s;
}

static bool
is_html(struct str s)
{
	struct str head = { s.p, s.n < 5 ? s.n : 5 };

	return str_ieq(head, STR("<html")) || str_ieq(head, STR("<!doc"));
}

static int
what_else(struct str wasm, struct err *e)
{
	struct str s = skip_space(wasm);

	for (size_t i = 0; i < COUNT(looks); i++)
		if (wasm.n >= looks[i].n &&
		    memcmp(wasm.p, looks[i].magic, looks[i].n) == 0)
			return not_a_module(e, looks[i].is, looks[i].hint);
	if (str_starts(s, "(") || str_starts(s, ";;"))
		return not_a_module(e, "it is WebAssembly text",
		    "`subo build` compiles functions with `lang: wat`; "
		    "wat2wasm does it by hand");
	if (is_html(s))
		return not_a_module(e, "it is an HTML page",
		    "perhaps a download answered with an error page");
	return not_a_module(e, "it does not begin with \\0asm", "");
}

/* Core spec 5.5.16; component model, Binary.md: the second half of the
 * version is a layer, 1 for components. */
int
header_check(struct str wasm, struct err *e)
{
	struct str magic = STR("\0asm");
	struct cursor c = { .bytes = wasm, .at = 4, .end = wasm.n, .e = e };
	uint64_t version, layer;

	if (wasm.n == 0)
		return not_a_module(e, "it is empty", "");
	if (memcmp(wasm.p, magic.p, wasm.n < 4 ? wasm.n : 4) != 0)
		return what_else(wasm, e);
	if (wasm.n < 8)
		return err_set(e, ERR_INPUT,
		    "cut off: the first 8 bytes name the format, "
		    "%zu are there",
		    wasm.n);
	version = cursor_fixed(&c, 2, "version");
	layer = cursor_fixed(&c, 2, "version");
	if (layer == 1)
		return not_a_module(e,
		    "it is a component, not a core module; functions are "
		    "core modules",
		    "build a core module, for example for wasm32-wasip1, or "
		    "leave out the step that makes a component of it");
	if (version == 1 && layer == 0)
		return 0;
	return err_set(e, ERR_INPUT,
	    "version 0x%llx of the WebAssembly format; "
	    "version 1 is what can be read",
	    (unsigned long long)(layer << 16 | version));
}
