/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "module/module.h"
#include "module/wabt.h"

#define P(name, params) "(import \"env\" \"" name "\" (func (param" params ")))"
#define R(name, params) \
	"(import \"env\" \"" name "\" (func (param" params ") (result i32)))"
#define I2 " i32 i32"
#define I3 " i32 i32 i32"
#define I4 I2 I2
#define I5 I2 I3
#define I6 I3 I3
#define I7 I4 I3
#define I8 I4 I4

#define MEMORY "(memory (export \"memory\") 1)"
#define ROOM(name) \
	"(func (export \"" name "\") (param i32) (result i32) i32.const 0)"
#define RUN "(func (export \"run_e\") (param i32 i32 i32))"
#define REST MEMORY ROOM("allocate") RUN

struct known {
	const char *wat, *abi, *generation, *why;
};

/* The rows of runnable(7), EARLIER FORMS, from the first to the last. */
static const struct known cases[] = {
	{ MEMORY ROOM("allocate_input") "(func (export \"run_e\") (param i32) "
					"(result i32) i32.const 0)",
	    "old runnable", "Hive (2020-03 to 2020-06)",
	    "run_e gives back a pointer" },
	{ P("return_result", I4) P("print", I4) R("fetch", I6)
		MEMORY ROOM("allocate_input") "(func (export \"run_e\") (param "
					      "i32 i32 i32 i32))",
	    "old runnable", "hive-wasm (2020-09 to early 2020-10)",
	    "run_e has 4 parameters" },
	{ P("return_result", I4) MEMORY ROOM(
	      "allocate") "(func (export \"run_e\") (param i32 i32 i32 i32))",
	    "old runnable", "hive-wasm (2020-09 to early 2020-10)",
	    "run_e has 4 parameters" },
	{ P("return_result", I3) MEMORY ROOM("allocate_input") RUN,
	    "old runnable", "hive-wasm 0.0.5 to 0.1 (2020-10 to 2020-12)",
	    "exports allocate_input" },
	{ P("return_result", I3) P("print", I3) REST, "runnable",
	    "hive-wasm 0.0.5 to 0.1 (2020-10 to 2020-12)",
	    "imports print with 3 parameters" },
	{ R("fetch", I5) REST, "runnable",
	    "hive-wasm 0.0.5 to 0.1 (2020-10 to 2020-12)",
	    "imports fetch with 5 parameters" },
	{ P("print_swift", I5) REST, "runnable",
	    "hive-wasm 0.0.5 to 0.1 (2020-10 to 2020-12)",
	    "imports print_swift with 5 parameters" },
	{ P("log_msg", I4) R("fetch_url", I5) REST, "runnable", "hive-wasm 0.2",
	    "imports log_msg and fetch_url with 5 parameters" },
	{ R("cache_get", I5) R("fetch_url", I8) REST, "runnable",
	    "Reactr 0.3 to 0.8", "imports cache_get with 5 parameters" },
	{ R("request_get_field", I6) REST, "runnable", "Reactr 0.4 to 0.8",
	    "imports request_get_field with 6 parameters" },
	{ R("get_static_file", I5) REST, "runnable", "Reactr 0.6 to 0.8",
	    "imports get_static_file with 5 parameters" },
	{ R("fetch_url", I8) P("return_error", I4) REST, "runnable",
	    "Reactr 0.8",
	    "imports return_error and fetch_url with 8 parameters" },
	{ R("cache_get", I3) R("get_ffi_result", I2) REST, "runnable",
	    "Reactr 0.9 to E2Core 0.5", "imports cache_get with 3 parameters" },
	{ R("get_ffi_result", I2) R("fetch_url", I6) REST, "runnable",
	    "Reactr 0.9 to SDK 0.16", "imports get_ffi_result" },
	{ P("return_abort", I7) REST, "runnable", "Reactr 0.10 to E2Core 0.5",
	    "imports return_abort" },
	{ R("graphql_query", I5) R("cache_get", I3) REST, "runnable",
	    "Reactr 0.11 to E2Core 0.5", "imports graphql_query" },
	{ R("db_exec", I4) R("add_ffi_var", I5) REST, "runnable",
	    "Reactr 0.13 to E2Core 0.5", "imports db_exec" },
	{ R("request_set_field", I6) R("cache_set", I6) REST, "runnable",
	    "Reactr 0.13 to E2Core 0.5",
	    "imports request_set_field and cache_set" },
	{ R("request_set_field", I6) P("log_msg", I4) REST, "runnable",
	    "Reactr 0.13 to SDK 0.16", "imports request_set_field" },
	{ R("get_secret_value", I3) R("db_exec", I4) REST, "runnable",
	    "E2Core 0.5", "imports get_secret_value" },
	{ P("return_result", I3) REST, "runnable",
	    "any Runnable generation since 2020-10",
	    "imports nothing that tells" },
	{ REST, "runnable", "any Runnable generation since 2020-10",
	    "imports nothing that tells" },
	{ P("log_msg", I4) REST, "runnable", "hive-wasm 0.2 to SDK 0.16",
	    "imports log_msg" },
	{ R("fetch_url", I8) R("get_ffi_result", I2) REST, "runnable",
	    "a mixture of generations",
	    "imports get_ffi_result and fetch_url with 8 parameters" },
	{ R("cache_get_swift", I5) REST, "runnable", "Reactr 0.9 to E2Core 0.5",
	    "imports cache_get_swift with 5 parameters" },
	{ R("cache_get_swift", I7) REST, "runnable", "Reactr 0.3 to 0.8",
	    "imports cache_get_swift with 7 parameters" },
	/* Not offered, so it tells nothing. */
	{ P("fetch_url", I6) REST, "runnable",
	    "any Runnable generation since 2020-10",
	    "imports nothing that tells" },
	{ MEMORY "(func (export \"_start\"))", "command", "", "" },
	{ MEMORY "(func (export \"__guest_call\") (param i32 i32)"
		 " (result i32) i32.const 1)",
	    "wapc", "", "" },
	{ MEMORY, "none", "", "" },
	{ MEMORY RUN, "none", "", "" },
	{ MEMORY ROOM("allocate") "(func (export \"run_e\") (param i64) "
				  "(result i32) i32.const 0)",
	    "none", "", "" },
	/* run_e goes before any other entry. */
	{ REST "(func (export \"_start\"))", "runnable",
	    "any Runnable generation since 2020-10",
	    "imports nothing that tells" },
	/* TinyGo's waPC modules have a _start too. */
	{ MEMORY "(func (export \"_start\"))"
		 "(func (export \"__guest_call\") (param i32 i32)"
		 " (result i32) i32.const 1)",
	    "wapc", "", "" },
};

static void
a_generation_is_known_by_its_imports_and_exports(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct known *k = &cases[i];
		CLEANUP(module_free) struct module *m = NULL;
		struct err e = ERR;
		char *bytes;
		size_t n;

		if (wabt_assemble("t", k->wat, strlen(k->wat), &bytes, &n) != 0)
			fail_msg("%zu: %s", i, bytes);
		if (module_read(&m, (struct str){ bytes, n }, &e) < 0)
			fail_msg("%zu: %s", i, e.text);
		if (strcmp(module_abi_name(m->abi), k->abi) != 0 ||
		    !str_is(m->generation, k->generation) ||
		    !str_is(m->generation_why, k->why))
			fail_msg("%zu: %s; " STR_F ": " STR_F, i,
			    module_abi_name(m->abi), STR_A(m->generation),
			    STR_A(m->generation_why));
		module_free(&m);
		free(bytes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_generation_is_known_by_its_imports_and_exports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
