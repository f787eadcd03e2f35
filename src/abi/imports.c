/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a module may import, and who answers.  As module_offers has it: a name
 * had other types in other years, and the type an import has says which of
 * them it is.
 */
#include "abi/ways.h"

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

/* NAME_swift is the same with two more parameters at the end, for which Swift
 * has a use and we have none. */
#define TWICE(name, params, more, gives, fn, finish) \
	{ "env", name, params gives, fn, finish }, \
	{ \
		"env", name "_swift", more gives, fn, finish \
	}
#define NOW(name, params, more, gives, fn) \
	TWICE(name, params, more, gives, fn, NULL)
#define LATER(name, params, more, fn, finish) \
	TWICE(name, params, more, I, fn, finish)

/* clang-format off */
static const struct engine_import table[] = {
	/* Today's, from Reactr 0.9 to E2Core 0.5. */
	NOW("return_result", P3, P5, V, env_return_result),
	NOW("return_error", P4, P6, V, env_return_error),
	NOW("return_abort", P7, P9, V, env_return_abort),
	NOW("log_msg", P4, P6, V, env_log_msg),
	LATER("fetch_url", P6, P8, env_fetch_url, env_slot_finish),
	LATER("graphql_query", P5, P7, env_graphql_query, env_slot_finish),
	LATER("cache_set", P6, P8, env_cache_set, env_tell_finish),
	LATER("cache_get", P3, P5, env_cache_get, env_slot_finish),
	NOW("request_get_field", P4, P6, I, env_request_get_field),
	NOW("request_set_field", P6, P8, I, env_request_set_field),
	NOW("resp_set_header", P5, P7, V, env_resp_set_header),
	NOW("get_static_file", P3, P5, I, env_get_static_file),
	LATER("db_exec", P4, P6, env_db_exec, env_db_finish),
	NOW("add_ffi_var", P5, P7, I, env_add_ffi_var),
	NOW("get_ffi_result", P2, P4, I, env_get_ffi_result),
	NOW("get_secret_value", P3, P5, I, env_get_secret_value),
	{ "env", "abort", P4 V, env_abort, NULL },
	/* Up to Reactr 0.8 the answer went to where the guest had room. */
	LATER("fetch_url", P8, P10, env_fetch_url_dest, env_dest_finish),
	LATER("cache_get", P5, P7, env_cache_get_dest, env_dest_finish),
	NOW("request_get_field", P6, P8, I, env_request_get_field_dest),
	NOW("get_static_file", P5, P7, I, env_get_static_file_dest),
	/* 0.2; to the end of 2020; September 2020. */
	LATER("fetch_url", P5, P7, env_fetch, env_dest_finish),
	LATER("fetch", P5, P7, env_fetch, env_dest_finish),
	NOW("print", P3, P5, V, env_print),
	LATER("fetch", P6, P8, env_fetch2, env_dest_finish),
	NOW("print", P4, P6, V, env_print2),
	NOW("return_result", P4, P6, V, env_return_result2),

	{ "wapc", "__guest_request", P2 V, wapc_guest_request, NULL },
	{ "wapc", "__guest_response", P2 V, wapc_guest_response, NULL },
	{ "wapc", "__guest_error", P2 V, wapc_guest_error, NULL },
	{ "wapc", "__host_call", P8 I, wapc_host_call, wapc_host_call_finish },
	{ "wapc", "__host_response_len", "()" I, wapc_host_response_len, NULL },
	{ "wapc", "__host_response", P1 V, wapc_host_response, NULL },
	{ "wapc", "__host_error_len", "()" I, wapc_host_error_len, NULL },
	{ "wapc", "__host_error", P1 V, wapc_host_error, NULL },
	{ "wapc", "__console_log", P2 V, wapc_console_log, NULL },

	{ WASI, "args_get", P2 I, wasi_args_get, NULL },
	{ WASI, "args_sizes_get", P2 I, wasi_args_sizes_get, NULL },
	{ WASI, "environ_get", P2 I, wasi_environ_get, NULL },
	{ WASI, "environ_sizes_get", P2 I, wasi_environ_sizes_get, NULL },
	{ WASI, "clock_res_get", P2 I, wasi_clock_res_get, NULL },
	{ WASI, "clock_time_get", "(i32, i64, i32)" I, wasi_clock_time_get, NULL },
	{ WASI, "poll_oneoff", P4 I, wasi_poll_oneoff,
	    wasi_poll_finish },
	{ WASI, "proc_exit", P1 V, wasi_proc_exit, NULL },
	{ WASI, "proc_raise", P1 I, wasi_no_call, NULL },
	{ WASI, "random_get", P2 I, wasi_random_get, NULL },
	{ WASI, "sched_yield", "()" I, wasi_nothing, NULL },

	{ WASI, "fd_close", P1 I, wasi_fd_close, NULL },
	{ WASI, "fd_fdstat_get", P2 I, wasi_fd_fdstat_get, NULL },
	{ WASI, "fd_fdstat_set_flags", P2 I, wasi_no_file, NULL },
	{ WASI, "fd_fdstat_set_rights", "(i32, i64, i64)" I, wasi_no_file, NULL },
	{ WASI, "fd_filestat_get", P2 I, wasi_fd_filestat_get, NULL },
	{ WASI, "fd_read", P4 I, wasi_fd_read, NULL },
	{ WASI, "fd_seek", "(i32, i64, i32, i32)" I, wasi_fd_seek, NULL },
	{ WASI, "fd_tell", P2 I, wasi_fd_seek, NULL },
	{ WASI, "fd_write", P4 I, wasi_fd_write, NULL },

	{ WASI, "fd_advise", "(i32, i64, i64, i32)" I, wasi_no_file, NULL },
	{ WASI, "fd_allocate", "(i32, i64, i64)" I, wasi_no_file, NULL },
	{ WASI, "fd_datasync", P1 I, wasi_no_file, NULL },
	{ WASI, "fd_filestat_set_size", "(i32, i64)" I, wasi_no_file, NULL },
	{ WASI, "fd_filestat_set_times", "(i32, i64, i64, i32)" I,
	    wasi_no_file, NULL },
	{ WASI, "fd_pread", "(i32, i32, i32, i64, i32)" I, wasi_no_file, NULL },
	{ WASI, "fd_prestat_get", P2 I, wasi_no_file, NULL },
	{ WASI, "fd_prestat_dir_name", P3 I, wasi_no_file, NULL },
	{ WASI, "fd_pwrite", "(i32, i32, i32, i64, i32)" I, wasi_no_file, NULL },
	{ WASI, "fd_readdir", "(i32, i32, i32, i64, i32)" I, wasi_no_file, NULL },
	{ WASI, "fd_renumber", P2 I, wasi_no_file, NULL },
	{ WASI, "fd_sync", P1 I, wasi_no_file, NULL },

	{ WASI, "path_create_directory", P3 I, wasi_no_file, NULL },
	{ WASI, "path_filestat_get", P5 I, wasi_no_file, NULL },
	{ WASI, "path_filestat_set_times",
	    "(i32, i32, i32, i32, i64, i64, i32)" I, wasi_no_file, NULL },
	{ WASI, "path_link", P7 I, wasi_no_file, NULL },
	{ WASI, "path_open", "(i32, i32, i32, i32, i32, i64, i64, i32, i32)" I,
	    wasi_no_file, NULL },
	{ WASI, "path_readlink", P6 I, wasi_no_file, NULL },
	{ WASI, "path_remove_directory", P3 I, wasi_no_file, NULL },
	{ WASI, "path_rename", P6 I, wasi_no_file, NULL },
	{ WASI, "path_symlink", P5 I, wasi_no_file, NULL },
	{ WASI, "path_unlink_file", P3 I, wasi_no_file, NULL },

	{ WASI, "sock_accept", P3 I, wasi_no_call, NULL },
	{ WASI, "sock_recv", P6 I, wasi_no_call, NULL },
	{ WASI, "sock_send", P5 I, wasi_no_call, NULL },
	{ WASI, "sock_shutdown", P2 I, wasi_no_call, NULL },
	{ 0 },
};
/* clang-format on */

const struct engine_import *
abi_imports(void)
{
	return table;
}
