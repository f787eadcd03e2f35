/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a module: read, check, strip, look lines up. */
#include <assert.h>
#include <string.h>

#include "module/module.h"
#include "module/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A stripped module is still a module, with the same functions. */
static void
strip(const struct module *m)
{
	CLEANUP(buf_free) struct buf b = BUF(MODULE_MAX_BYTES);
	CLEANUP(module_free) struct module *s = NULL;
	struct err e = ERR;

	module_strip(m, true, &b);
	assert(module_read(&s, buf_str(&b), &e) == 0);
	assert(s->nfuncs == m->nfuncs && s->nimports == m->nimports);
	assert(s->nexports == m->nexports && s->abi == m->abi);
	assert(s->nsections <= m->nsections);
}

static void
lines(const struct module *m, size_t n)
{
	size_t stride = n / 64 + 1;

	for (size_t at = 0; at < n + stride; at += stride) {
		CLEANUP(buf_free) struct buf file = BUF(10000);
		unsigned line = 0;

		if (module_source_line(m, at, &file, &line))
			assert(line > 0 && (file.n > 0 || buf_over(&file)));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(module_free) struct module *m = NULL;
	struct str wasm = { (const char *)data, n };
	struct err e = ERR;
	struct diags *ds;
	size_t nlost;

	if (module_read(&m, wasm, &e) < 0) {
		assert(e.kind == ERR_INPUT || e.kind == ERR_LIMIT);
		assert(strlen(e.text) > 0);
		return 0;
	}
	ds = diags_new();
	module_check(m, STR("x.wasm"), ds);
	diags_free(&ds);
	strip(m);
	lines(m, n);
	if (code_check(m, &nlost, &e) == 0)
		assert(nlost <= m->nfuncs);
	return 0;
}
