/* SPDX-License-Identifier: Apache-2.0 */
/* A module that makes any host calls with any parameters: the host stands. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "abi/abi.h"
#include "module/module.h"
#include "os/os.h"

#define MODULE "testdata/abi/calls.wat"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

/* Answers and refusals of many sizes, as the question happens to be. */
static int
ask(void *arg, const struct abi_ask *q, struct buf *out)
{
	uint32_t sum = (uint32_t)q->what + (uint32_t)q->n;

	(void)arg;
	for (size_t i = 0; i < q->a.n; i++)
		sum = sum * 31 + (uint8_t)q->a.p[i];
	for (size_t i = 0; i < q->nvars; i++)
		sum += (uint32_t)(q->vars[i].name.n ^ q->vars[i].value.n);
	for (uint32_t i = 0; i < sum % 5000; i++)
		buf_addc(out, (char)i);
	return (int)(sum >> 16 & 1);
}

static struct code *
load(void)
{
	char path[] = "/tmp/subo-abi-fuzz.XXXXXX";
	CLEANUP(buf_free) struct buf wasm = BUF(1 << 20);
	struct engine_options opt = { .pooling = true, .instances = 1 };
	struct engine *en = NULL;
	struct code *c = NULL;
	struct err e = ERR;
	int fd = mkstemp(path), rc;

	assert(fd >= 0);
	close(fd);
	rc = module_wat2wasm_child(MODULE, path);
	assert(rc == 0);
	rc = os_read(&wasm, path, &e);
	assert(rc == 0);
	unlink(path);
	rc = engine_new(&en, &opt, &e);
	assert(rc == 0);
	rc = code_load(&c, en, buf_str(&wasm), STR("calls"), abi_imports(), &e);
	assert(rc == 0);
	return c;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	static struct code *code; /* compiled once for all inputs */
	struct engine_limits lim = { .memory_bytes = 1 << 20,
		.deadline_ms = 50 };
	struct abi_host host = { .ask = ask, .output_bytes = 1 << 16 };
	struct abi_result res;
	struct err e = ERR;
	int rc;

	if (!code)
		code = load();
	rc = abi_call(
	    code, &lim, &host, (struct str){ (const char *)data, n }, &res, &e);
	assert(rc == 0 || e.kind == ERR_GUEST || e.kind == ERR_LIMIT);
	assert(res.output.n <= 1 << 16);
	abi_result_dispose(&res);
	return 0;
}
