/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our host offers.  env: Reactr 0.15.1, get_secret_value of Sat 0.2, and
 * the abort that AssemblyScript calls when nothing else is set.
 * wasi_snapshot_preview1: all of the witx file of that name.
 */
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

const struct module_offer module_offers[] = { { "env", "return_result", P3 V,
						  NULL },
	{ "env", "return_error", P4 V, NULL },
	{ "env", "return_abort", P7 V, NULL },
	{ "env", "log_msg", P4 V, "logger" },
	{ "env", "fetch_url", P6 I, "http" },
	{ "env", "graphql_query", P5 I, "graphql" },
	{ "env", "cache_set", P6 I, "cache" },
	{ "env", "cache_get", P3 I, "cache" },
	{ "env", "request_get_field", P4 I, "requestHandler" },
	{ "env", "request_set_field", P6 I, "requestHandler" },
	{ "env", "resp_set_header", P5 V, "requestHandler" },
	{ "env", "get_static_file", P3 I, "file" },
	{ "env", "db_exec", P4 I, "db" }, { "env", "add_ffi_var", P5 I, NULL },
	{ "env", "get_ffi_result", P2 I, NULL },
	{ "env", "get_secret_value", P3 I, "secrets" },
	{ "env", "abort", P4 V, NULL }, { WASI, "args_get", P2 I, NULL },
	{ WASI, "args_sizes_get", P2 I, NULL },
	{ WASI, "environ_get", P2 I, NULL },
	{ WASI, "environ_sizes_get", P2 I, NULL },
	{ WASI, "clock_res_get", P2 I, NULL },
	{ WASI, "clock_time_get", "(i32, i64, i32)" I, NULL },
	{ WASI, "fd_advise", "(i32, i64, i64, i32)" I, NULL },
	{ WASI, "fd_allocate", "(i32, i64, i64)" I, NULL },
	{ WASI, "fd_close", P1 I, NULL }, { WASI, "fd_datasync", P1 I, NULL },
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
	{ WASI, "fd_sync", P1 I, NULL }, { WASI, "fd_tell", P2 I, NULL },
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
	{ WASI, "poll_oneoff", P4 I, NULL }, { WASI, "proc_exit", P1 V, NULL },
	{ WASI, "proc_raise", P1 I, NULL }, { WASI, "random_get", P2 I, NULL },
	{ WASI, "sched_yield", "()" I, NULL },
	{ WASI, "sock_accept", P3 I, NULL }, { WASI, "sock_recv", P6 I, NULL },
	{ WASI, "sock_send", P5 I, NULL },
	{ WASI, "sock_shutdown", P2 I, NULL }, { 0 } };

static const struct module_offer *
nearest(const struct module_import *i)
{
	struct str names[COUNT(module_offers)];
	const struct module_offer *of[COUNT(module_offers)];
	struct str name;
	size_t n = 0;

	for (const struct module_offer *o = module_offers; o->name; o++) {
		if (!str_is(i->ns, o->ns))
			continue;
		of[n] = o;
		names[n++] = str_of(o->name);
	}
	name = diag_nearest(i->name, names, n);
	for (size_t k = 0; k < n; k++)
		if (name.n > 0 && str_eq(name, names[k]))
			return of[k];
	/* The right name in another module: wasi_unstable, for one. */
	for (const struct module_offer *o = module_offers; o->name; o++)
		if (str_is(i->name, o->name))
			return o;
	return NULL;
}

const struct module_offer *
module_offer_find(
    const struct module_import *i, const struct module_offer **near)
{
	const struct module_offer *other = NULL;

	if (near)
		*near = NULL;
	if (i->kind != MODULE_FUNC)
		return NULL;
	for (const struct module_offer *o = module_offers; o->name; o++) {
		if (!str_is(i->name, o->name) || !str_is(i->ns, o->ns))
			continue;
		if (str_is(i->type, o->type))
			return o;
		other = o;
	}
	if (near)
		*near = other ? other : nearest(i);
	return NULL;
}
