/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions that tests of flow and smoke run, one for each word below.
 * `sh testdata/flow/make.sh` makes WORD.wasm of each; the results are kept, so
 * that tests need no compiler.
 */
#include <stdint.h>

#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name), used))

IMPORT(return_result) void return_result(const void *p, int n, int ident);
IMPORT(return_error)
void return_error(int code, const void *p, int n, int ident);
IMPORT(log_msg) void log_msg(const void *p, int n, int level, int ident);
IMPORT(get_ffi_result) int get_ffi_result(void *p, int ident);
IMPORT(request_get_field)
int request_get_field(int type, const void *k, int n, int ident);
IMPORT(request_set_field)
int request_set_field(int type, const void *k, int n, const void *v, int m,
		      int ident);
IMPORT(resp_set_header)
void resp_set_header(const void *k, int n, const void *v, int m, int ident);
IMPORT(fetch_url)
int fetch_url(int method, const void *u, int n, const void *b, int m,
	      int ident);
IMPORT(cache_get) int cache_get(const void *k, int n, int ident);
IMPORT(get_static_file) int get_static_file(const void *k, int n, int ident);
IMPORT(get_secret_value) int get_secret_value(const void *k, int n, int ident);
IMPORT(db_exec) int db_exec(int type, const void *k, int n, int ident);
IMPORT(add_ffi_var)
int add_ffi_var(const void *k, int n, const void *v, int m, int ident);

enum { PARAM = 3, STATE = 4 };

static unsigned char input[1 << 17], pending[1 << 17];

EXPORT(allocate) void *
allocate(int n)
{
	(void)n;
	return input;
}

EXPORT(deallocate) void
deallocate(void *p, int n)
{
	(void)p;
	(void)n;
}

/* The bytes waiting after a host call, or an error for the caller: 1. */
static int
answer(int size, int ident)
{
	if (size == -1 || size == -2) {
		return_error(599, "refused", 7, ident);
		return 1;
	}
	get_ffi_result(pending, ident);
	if (size >= 0)
		return 0;
	return_error(502, pending, -size, ident);
	return 1;
}

static void
give(int size, int ident)
{
	if (answer(size, ident) == 0)
		return_result(pending, size, ident);
}

#if defined(echo)
static void
run(const unsigned char *in, int n, int ident)
{
	return_result(in, n, ident);
}

#elif defined(shout) /* state "in", in capitals */
static void
run(const unsigned char *in, int n, int ident)
{
	int size = request_get_field(STATE, "in", 2, ident);

	(void)in;
	(void)n;
	if (answer(size, ident))
		return;
	for (int i = 0; i < size; i++)
		if (pending[i] >= 'a' && pending[i] <= 'z')
			pending[i] -= 'a' - 'A';
	return_result(pending, size, ident);
}

#elif defined(fail) /* "409 taken": that error; else its input */
static void
run(const unsigned char *in, int n, int ident)
{
	int code = 0, i = 0;

	while (i < n && in[i] >= '0' && in[i] <= '9')
		code = code * 10 + (in[i++] - '0');
	if (i == 0)
		return_result(in, n, ident);
	else
		return_error(code, in + i + 1, n - i - 1, ident);
}

#elif defined(trap)
__attribute__((noinline)) static void
inner(int n)
{
	volatile int bad = n >= 0;

	if (bad)
		__builtin_trap();
}

static void
run(const unsigned char *in, int n, int ident)
{
	inner(n);
	return_result(in, n, ident);
}

#elif defined(loop)
static void
run(const unsigned char *in, int n, int ident)
{
	volatile int forever = 1;

	while (forever)
		;
	return_result(in, n, ident);
}

#elif defined(put) /* its input to state "note" */
static void
run(const unsigned char *in, int n, int ident)
{
	answer(request_set_field(STATE, "note", 4, in, n, ident), ident);
}

#elif defined(note) /* state "note" */
static void
run(const unsigned char *in, int n, int ident)
{
	(void)in;
	(void)n;
	give(request_get_field(STATE, "note", 4, ident), ident);
}

#elif defined(ask)
static void
run(const unsigned char *in, int n, int ident)
{
	static const char url[] = "https://api.test/x::Accept:text/plain";

	give(fetch_url(3, url, sizeof(url) - 1, in, n, ident), ident);
}

#elif defined(rows)
static void
run(const unsigned char *in, int n, int ident)
{
	add_ffi_var("id", 2, in, n, ident);
	give(db_exec(1, "by-id", 5, ident), ident);
}

#elif defined(typed)
static void
run(const unsigned char *in, int n, int ident)
{
	log_msg("saw ", 4, 3, ident);
	log_msg(in, n, 2, ident);
	resp_set_header("content-type", 12, "text/plain", 10, ident);
	resp_set_header("X-Kind", 6, "typed", 5, ident);
	return_result(in, n, ident);
}

#elif defined(file)
static void
run(const unsigned char *in, int n, int ident)
{
	give(get_static_file(in, n, ident), ident);
}

#elif defined(cached)
static void
run(const unsigned char *in, int n, int ident)
{
	give(cache_get(in, n, ident), ident);
}

#elif defined(secret)
static void
run(const unsigned char *in, int n, int ident)
{
	give(get_secret_value(in, n, ident), ident);
}

#elif defined(param) /* the parameter that its input names */
static void
run(const unsigned char *in, int n, int ident)
{
	give(request_get_field(PARAM, in, n, ident), ident);
}
#endif

EXPORT(run_e) void
run_e(const unsigned char *in, int n, int ident)
{
	run(in, n, ident);
}
