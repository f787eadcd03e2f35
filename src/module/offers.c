/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our host offers.  env: all that Hive, Reactr, Sat and E2Core ever
 * offered, each with the types it had, runnable(7); and the abort that
 * AssemblyScript calls when nothing else is set.  Builds with Wasmer and
 * WasmEdge had everything twice: NAME_swift has two more parameters, which
 * are for Swift's own use.
 * wasi_snapshot_preview1: all of the witx file of that name.
 * wapc: the protocol's, https://wapc.io/docs/spec.
 */
#include <string.h>

#include "module/read.h"

#define WASI "wasi_snapshot_preview1"
#define V " -> ()"
#define I " -> i32"
#define P1 "(i32)"
#define P2 "(i32, i32)"
#define P3 "(i32, i32, i32)"
#define P4 "(i32, i32, i32, i32)"
#define P5 "(i32, i32, i32, i32, i32)"
#define P6 "(i32, i32, i32, i32, i32, i32)"
#define P7 "(i32, i32, i32, i32, i32, i32, i32)"
#define P8 "(i32, i32, i32, i32, i32, i32, i32, i32)"
#define P9 "(i32, i32, i32, i32, i32, i32, i32, i32, i32)"
#define P10 "(i32, i32, i32, i32, i32, i32, i32, i32, i32, i32)"

/* A function of env and its double. */
#define TWICE(name, params, more, gives, capability) \
	{ "env", name, params gives, capability }, \
	{ \
		"env", name "_swift", more gives, capability \
	}

const struct module_offer module_offers[] = {
	/* Today's, from Reactr 0.9 to E2Core 0.5. */
	TWICE("return_result", P3, P5, V, NULL),
	TWICE("return_error", P4, P6, V, NULL),
	TWICE("return_abort", P7, P9, V, NULL),
	TWICE("log_msg", P4, P6, V, "logger"),
	TWICE("fetch_url", P6, P8, I, "http"),
	TWICE("graphql_query", P5, P7, I, "graphql"),
	TWICE("cache_set", P6, P8, I, "cache"),
	TWICE("cache_get", P3, P5, I, "cache"),
	TWICE("request_get_field", P4, P6, I, "requestHandler"),
	TWICE("request_set_field", P6, P8, I, "requestHandler"),
	TWICE("resp_set_header", P5, P7, V, "requestHandler"),
	TWICE("get_static_file", P3, P5, I, "file"),
	TWICE("db_exec", P4, P6, I, "db"),
	TWICE("add_ffi_var", P5, P7, I, NULL),
	TWICE("get_ffi_result", P2, P4, I, NULL),
	TWICE("get_secret_value", P3, P5, I, "secrets"),
	{ "env", "abort", P4 V, NULL },
	/* Up to Reactr 0.8 the answer went to where the guest had room. */
	TWICE("fetch_url", P8, P10, I, "http"),
	TWICE("cache_get", P5, P7, I, "cache"),
	TWICE("request_get_field", P6, P8, I, "requestHandler"),
	TWICE("get_static_file", P5, P7, I, "file"),
	/* 0.2; to the end of 2020; September 2020. */
	TWICE("fetch_url", P5, P7, I, "http"),
	TWICE("fetch", P5, P7, I, "http"),
	TWICE("print", P3, P5, V, "logger"),
	TWICE("fetch", P6, P8, I, "http"),
	TWICE("print", P4, P6, V, "logger"),
	TWICE("return_result", P4, P6, V, NULL),

	{ "wapc", "__guest_request", P2 V, NULL },
	{ "wapc", "__guest_response", P2 V, NULL },
	{ "wapc", "__guest_error", P2 V, NULL },
	{ "wapc", "__host_call", P8 I, NULL },
	{ "wapc", "__host_response_len", "()" I, NULL },
	{ "wapc", "__host_response", P1 V, NULL },
	{ "wapc", "__host_error_len", "()" I, NULL },
	{ "wapc", "__host_error", P1 V, NULL },
	{ "wapc", "__console_log", P2 V, "logger" },

	{ WASI, "args_get", P2 I, NULL },
	{ WASI, "args_sizes_get", P2 I, NULL },
	{ WASI, "environ_get", P2 I, NULL },
	{ WASI, "environ_sizes_get", P2 I, NULL },
	{ WASI, "clock_res_get", P2 I, NULL },
	{ WASI, "clock_time_get", "(i32, i64, i32)" I, NULL },
	{ WASI, "fd_advise", "(i32, i64, i64, i32)" I, NULL },
	{ WASI, "fd_allocate", "(i32, i64, i64)" I, NULL },
	{ WASI, "fd_close", P1 I, NULL },
	{ WASI, "fd_datasync", P1 I, NULL },
	{ WASI, "fd_fdstat_get", P2 I, NULL },
	{ WASI, "fd_fdstat_set_flags", P2 I, NULL },
	{ WASI, "fd_fdstat_set_rights", "(i32, i64, i64)" I, NULL },
	{ WASI, "fd_filestat_get", P2 I, NULL },
	{ WASI, "fd_filestat_set_size", "(i32, i64)" I, NULL },
	{ WASI, "fd_filestat_set_times", "(i32, i64, i64, i32)" I, NULL },
	{ WASI, "fd_pread", "(i32, i32, i32, i64, i32)" I, NULL },
	{ WASI, "fd_prestat_get", P2 I, NULL },
	{ WASI, "fd_prestat_dir_name", P3 I, NULL },
	{ WASI, "fd_pwrite", "(i32, i32, i32, i64, i32)" I, NULL },
	{ WASI, "fd_read", P4 I, NULL },
	{ WASI, "fd_readdir", "(i32, i32, i32, i64, i32)" I, NULL },
	{ WASI, "fd_renumber", P2 I, NULL },
	{ WASI, "fd_seek", "(i32, i64, i32, i32)" I, NULL },
	{ WASI, "fd_sync", P1 I, NULL },
	{ WASI, "fd_tell", P2 I, NULL },
	{ WASI, "fd_write", P4 I, NULL },
	{ WASI, "path_create_directory", P3 I, NULL },
	{ WASI, "path_filestat_get", P5 I, NULL },
	{ WASI, "path_filestat_set_times",
	    "(i32, i32, i32, i32, i64, i64, i32)" I, NULL },
	{ WASI, "path_link", P7 I, NULL },
	{ WASI, "path_open", "(i32, i32, i32, i32, i32, i64, i64, i32, i32)" I,
	    NULL },
	{ WASI, "path_readlink", P6 I, NULL },
	{ WASI, "path_remove_directory", P3 I, NULL },
	{ WASI, "path_rename", P6 I, NULL },
	{ WASI, "path_symlink", P5 I, NULL },
	{ WASI, "path_unlink_file", P3 I, NULL },
	{ WASI, "poll_oneoff", P4 I, NULL },
	{ WASI, "proc_exit", P1 V, NULL },
	{ WASI, "proc_raise", P1 I, NULL },
	{ WASI, "random_get", P2 I, NULL },
	{ WASI, "sched_yield", "()" I, NULL },
	{ WASI, "sock_accept", P3 I, NULL },
	{ WASI, "sock_recv", P6 I, NULL },
	{ WASI, "sock_send", P5 I, NULL },
	{ WASI, "sock_shutdown", P2 I, NULL },
	{ 0 },
};

const struct module_offer *
offer_exact(const struct module_import *i, const struct module_offer **named)
{
	*named = NULL;
	if (i->kind != MODULE_FUNC)
		return NULL;
	for (const struct module_offer *o = module_offers; o->name; o++) {
		if (!str_is(i->name, o->name) || !str_is(i->ns, o->ns))
			continue;
		if (str_is(i->type, o->type))
			return o;
		if (!*named)
			*named = o;
	}
	return NULL;
}

bool
module_offer_types(const struct module_offer *offer, struct buf *out)
{
	const struct module_offer *prev = NULL;
	size_t n = 0;

	for (const struct module_offer *o = module_offers; o->name; o++) {
		if (strcmp(o->ns, offer->ns) != 0 ||
		    strcmp(o->name, offer->name) != 0)
			continue;
		if (prev)
			buf_addf(out, "%s%s", n++ > 0 ? ", " : "", prev->type);
		prev = o;
	}
	if (prev)
		buf_addf(out, "%s%s", n > 0 ? " or " : "", prev->type);
	return n > 0;
}
