/* SPDX-License-Identifier: Apache-2.0 */
/* What a module may import, and who answers.  As module_offers has it. */
#include "abi/call.h"

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

static const struct engine_import table[] = {
	{ "env", "return_result", P3 V, env_return_result },
	{ "env", "return_error", P4 V, env_return_error },
	{ "env", "return_abort", P7 V, env_return_abort },
	{ "env", "abort", P4 V, env_abort },
	{ "env", "log_msg", P4 V, env_log_msg },
	{ "env", "fetch_url", P6 I, env_fetch_url },
	{ "env", "graphql_query", P5 I, env_graphql_query },
	{ "env", "cache_set", P6 I, env_cache_set },
	{ "env", "cache_get", P3 I, env_cache_get },
	{ "env", "request_get_field", P4 I, env_request_get_field },
	{ "env", "request_set_field", P6 I, env_request_set_field },
	{ "env", "resp_set_header", P5 V, env_resp_set_header },
	{ "env", "get_static_file", P3 I, env_get_static_file },
	{ "env", "db_exec", P4 I, env_db_exec },
	{ "env", "add_ffi_var", P5 I, env_add_ffi_var },
	{ "env", "get_ffi_result", P2 I, env_get_ffi_result },
	{ "env", "get_secret_value", P3 I, env_get_secret_value },

	{ WASI, "args_get", P2 I, wasi_nothing },
	{ WASI, "args_sizes_get", P2 I, wasi_sizes_get },
	{ WASI, "environ_get", P2 I, wasi_nothing },
	{ WASI, "environ_sizes_get", P2 I, wasi_sizes_get },
	{ WASI, "clock_res_get", P2 I, wasi_clock_res_get },
	{ WASI, "clock_time_get", "(i32, i64, i32)" I, wasi_clock_time_get },
	{ WASI, "poll_oneoff", P4 I, wasi_poll_oneoff },
	{ WASI, "proc_exit", P1 V, wasi_proc_exit },
	{ WASI, "proc_raise", P1 I, wasi_no_call },
	{ WASI, "random_get", P2 I, wasi_random_get },
	{ WASI, "sched_yield", "()" I, wasi_nothing },

	{ WASI, "fd_close", P1 I, wasi_fd_close },
	{ WASI, "fd_fdstat_get", P2 I, wasi_fd_fdstat_get },
	{ WASI, "fd_fdstat_set_flags", P2 I, wasi_no_file },
	{ WASI, "fd_fdstat_set_rights", "(i32, i64, i64)" I, wasi_no_file },
	{ WASI, "fd_filestat_get", P2 I, wasi_fd_filestat_get },
	{ WASI, "fd_read", P4 I, wasi_fd_read },
	{ WASI, "fd_seek", "(i32, i64, i32, i32)" I, wasi_fd_seek },
	{ WASI, "fd_tell", P2 I, wasi_fd_seek },
	{ WASI, "fd_write", P4 I, wasi_fd_write },

	{ WASI, "fd_advise", "(i32, i64, i64, i32)" I, wasi_no_file },
	{ WASI, "fd_allocate", "(i32, i64, i64)" I, wasi_no_file },
	{ WASI, "fd_datasync", P1 I, wasi_no_file },
	{ WASI, "fd_filestat_set_size", "(i32, i64)" I, wasi_no_file },
	{ WASI, "fd_filestat_set_times", "(i32, i64, i64, i32)" I,
	    wasi_no_file },
	{ WASI, "fd_pread", "(i32, i32, i32, i64, i32)" I, wasi_no_file },
	{ WASI, "fd_prestat_get", P2 I, wasi_no_file },
	{ WASI, "fd_prestat_dir_name", P3 I, wasi_no_file },
	{ WASI, "fd_pwrite", "(i32, i32, i32, i64, i32)" I, wasi_no_file },
	{ WASI, "fd_readdir", "(i32, i32, i32, i64, i32)" I, wasi_no_file },
	{ WASI, "fd_renumber", P2 I, wasi_no_file },
	{ WASI, "fd_sync", P1 I, wasi_no_file },

	{ WASI, "path_create_directory", P3 I, wasi_no_file },
	{ WASI, "path_filestat_get", P5 I, wasi_no_file },
	{ WASI, "path_filestat_set_times",
	    "(i32, i32, i32, i32, i64, i64, i32)" I, wasi_no_file },
	{ WASI, "path_link", P7 I, wasi_no_file },
	{ WASI, "path_open", "(i32, i32, i32, i32, i32, i64, i64, i32, i32)" I,
	    wasi_no_file },
	{ WASI, "path_readlink", P6 I, wasi_no_file },
	{ WASI, "path_remove_directory", P3 I, wasi_no_file },
	{ WASI, "path_rename", P6 I, wasi_no_file },
	{ WASI, "path_symlink", P5 I, wasi_no_file },
	{ WASI, "path_unlink_file", P3 I, wasi_no_file },

	{ WASI, "sock_accept", P3 I, wasi_no_call },
	{ WASI, "sock_recv", P6 I, wasi_no_call },
	{ WASI, "sock_send", P5 I, wasi_no_call },
	{ WASI, "sock_shutdown", P2 I, wasi_no_call },
	{ 0 },
};

const struct engine_import *
abi_imports(void)
{
	return table;
}
