/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of a module, each in a fresh instance, one after the other:
 *
 *	abi_bench [FILE.wasm [COUNT [INPUT]]]
 *
 * prints what one costs with instances made on demand and with a pool.
 * Without a file it calls a small module of its own, that echoes its input.
 */
#include <stdio.h>

#include "abi/abi.h"
#include "os/os.h"

#define FILE_MAX (64u << 20)

/* testdata/abi/echo.wat */
static const unsigned char echo[] = {
	0x00,
	0x61,
	0x73,
	0x6d,
	0x01,
	0x00,
	0x00,
	0x00,
	0x01,
	0x11,
	0x03,
	0x60,
	0x03,
	0x7f,
	0x7f,
	0x7f,
	0x00,
	0x60,
	0x01,
	0x7f,
	0x01,
	0x7f,
	0x60,
	0x02,
	0x7f,
	0x7f,
	0x00,
	0x02,
	0x15,
	0x01,
	0x03,
	0x65,
	0x6e,
	0x76,
	0x0d,
	0x72,
	0x65,
	0x74,
	0x75,
	0x72,
	0x6e,
	0x5f,
	0x72,
	0x65,
	0x73,
	0x75,
	0x6c,
	0x74,
	0x00,
	0x00,
	0x03,
	0x04,
	0x03,
	0x01,
	0x02,
	0x00,
	0x05,
	0x03,
	0x01,
	0x00,
	0x02,
	0x06,
	0x07,
	0x01,
	0x7f,
	0x01,
	0x41,
	0x80,
	0x08,
	0x0b,
	0x07,
	0x2a,
	0x04,
	0x06,
	0x6d,
	0x65,
	0x6d,
	0x6f,
	0x72,
	0x79,
	0x02,
	0x00,
	0x08,
	0x61,
	0x6c,
	0x6c,
	0x6f,
	0x63,
	0x61,
	0x74,
	0x65,
	0x00,
	0x01,
	0x0a,
	0x64,
	0x65,
	0x61,
	0x6c,
	0x6c,
	0x6f,
	0x63,
	0x61,
	0x74,
	0x65,
	0x00,
	0x02,
	0x05,
	0x72,
	0x75,
	0x6e,
	0x5f,
	0x65,
	0x00,
	0x03,
	0x0a,
	0x21,
	0x03,
	0x11,
	0x01,
	0x01,
	0x7f,
	0x23,
	0x00,
	0x21,
	0x01,
	0x20,
	0x01,
	0x20,
	0x00,
	0x6a,
	0x24,
	0x00,
	0x20,
	0x01,
	0x0b,
	0x02,
	0x00,
	0x0b,
	0x0a,
	0x00,
	0x20,
	0x00,
	0x20,
	0x01,
	0x20,
	0x02,
	0x10,
	0x00,
	0x0b,
};

static int
calls(const struct code *code, struct str input, size_t n, struct err *e)
{
	struct engine_limits lim = ENGINE_LIMITS;
	struct abi_host host = { 0 };
	struct abi_result res;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = abi_call(code, &lim, &host, input, &res, e);
		abi_result_dispose(&res);
	}
	return rc;
}

static int
measure(struct str wasm, struct str input, size_t n, bool pool, struct err *e)
{
	struct engine_options opt = { .pooling = pool };
	CLEANUP(engine_free) struct engine *en = NULL;
	CLEANUP(code_free) struct code *code = NULL;
	uint64_t ns;

	if (engine_new(&en, &opt, e) < 0 ||
	    code_load(&code, en, wasm, STR("bench"), abi_imports(), e) < 0 ||
	    calls(code, input, n / 10 + 1, e) < 0)
		return -1;
	ns = os_now_ns();
	if (calls(code, input, n, e) < 0)
		return -1;
	ns = os_now_ns() - ns;
	printf("%s: %.2f us a call, %.0f calls a second\n",
	    pool ? "pool" : "on demand", (double)ns / 1e3 / (double)n,
	    1e9 * (double)n / (double)ns);
	return 0;
}

static int
bench(int argc, char **argv, struct err *e)
{
	CLEANUP(buf_free) struct buf file = BUF(FILE_MAX);
	struct str wasm = { (const char *)echo, sizeof(echo) };
	struct str input = STR("hello");
	uint64_t n = 20000;

	if (argc > 1 && os_read(&file, argv[1], e) < 0)
		return -1;
	if (argc > 1)
		wasm = buf_str(&file);
	if (argc > 2 && !str_u64(str_of(argv[2]), 100000000, &n))
		return err_set(e, ERR_USAGE, "'%s' is no count", argv[2]);
	if (argc > 3)
		input = str_of(argv[3]);
	if (measure(wasm, input, n, false, e) < 0)
		return -1;
	return measure(wasm, input, n, true, e);
}

int
main(int argc, char **argv)
{
	struct err e = ERR;

	if (bench(argc, argv, &e) == 0)
		return 0;
	fprintf(stderr, "abi_bench: %s\n", e.text);
	return (int)e.kind;
}
