/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h - for this library's tests: modules from text. */
#ifndef ENGINE_FIXTURE_H
#define ENGINE_FIXTURE_H

#include <unistd.h>

#include "engine/engine.h"
#include "module/module.h"
#include "os/os.h"

#define ONE_MIB		(UINT64_C(1) << 20)

static char folder[] = "/tmp/subo-engine-test.XXXXXX";

/* Text format to a module. */
static inline void
assemble(const char *text, struct buf *wasm)
{
	char in[sizeof(folder) + 8], out[sizeof(folder) + 8];
	struct err e = ERR;

	(void)snprintf(in, sizeof(in), "%s/in", folder);
	(void)snprintf(out, sizeof(out), "%s/out", folder);
	assert_int_equal(os_replace(in, str_of(text), 0600, &e), 0);
	assert_int_equal(module_wat2wasm_child(in, out), 0);
	assert_int_equal(os_read(wasm, out, &e), 0);
}

static inline struct engine *
engine(struct engine_options opt)
{
	struct engine *en = NULL;
	struct err e = ERR;

	assert_int_equal(engine_new(&en, &opt, &e), 0);
	return en;
}

static inline int
load(struct code **c, struct engine *en, const char *text,
    const struct engine_import *imports, struct err *e)
{
	CLEANUP(buf_free) struct buf wasm = BUF(1 << 20);

	assemble(text, &wasm);
	return code_load(c, en, buf_str(&wasm), STR("m"), imports, e);
}

static inline int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static inline int
drop_folder(void **state)
{
	struct err e = ERR;

	(void)state;
	return os_remove_tree(folder, &e);
}

#endif
