/* SPDX-License-Identifier: Apache-2.0 */
/* call.h - one call of a function, as its imports see it; private to abi. */
#ifndef ABI_CALL_H
#define ABI_CALL_H

#include "abi/abi.h"

#define CALL_MAGIC	0x63616c6cu
#define NAME_MAX_BYTES	(64u << 10)	/* of a key, name or address */
#define SLOT_MAX_BYTES	(64u << 20)	/* of an answer waiting to be fetched */
#define VARS_MAX	1000u		/* for one database call */
#define VARS_MAX_BYTES	(16u << 20)
#define LOG_MAX_BYTES	(1u << 20)	/* of one call's log */
#define LOG_MAX_LINES	10000u
#define LINE_MAX_BYTES	4096u		/* of standard output or error, when no
					   newline comes */
#define MESSAGE_MAX	(64u << 10)	/* of a returned error's text */

enum { LEVEL_ERROR = 1, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG };

struct call {
	uint32_t	 magic;
	const struct abi_host *host;
	struct abi_result *res;
	uint64_t	 output_max;
	uint32_t	 deadline_ms;	/* of the limits; 0: none */
	uint64_t	 deadline_ns;	/* the same as a time */
	int32_t		 ident;
	/* What get_ffi_result will fetch. */
	bool		 has_pending;
	struct buf	 pending;
	/* What add_ffi_var collected, names and values by turns. */
	struct arena	*var_arena;
	struct abi_var	*vars;
	size_t		 nvars, cap_vars, var_bytes;
	/* Log. */
	size_t		 log_bytes, log_lines;
	bool		 log_full;
	struct buf	 lines[2];	/* begun on standard output, error */
	/* proc_exit. */
	bool		 exited;
	int32_t		 exit_code;
};

/* Put a question to the host.  0: answered; 1: refused. */
int	call_ask(struct call *c, const struct abi_ask *q, struct buf *out);

void	call_log(struct call *c, int level, struct str text);
/* Bytes for standard output (0) or error (1): a log line for each line. */
void	call_write(struct call *c, int which, struct str text);
void	call_flush(struct call *c);	/* lines that did not end */

/* A copy of the guest's bytes.  False: not all are inside its memory, or more
 * than out may hold. */
bool	guest_read(struct instance *in, int64_t ptr, int64_t len,
	    struct buf *out);
bool	guest_put32(struct instance *in, int64_t ptr, uint32_t v);
bool	guest_put64(struct instance *in, int64_t ptr, uint64_t v);
bool	guest_get32(struct instance *in, int64_t ptr, uint32_t *v);
bool	guest_get64(struct instance *in, int64_t ptr, uint64_t *v);

/* ---- the imports; the table is in imports.c ---- */

#define IMPORT(name) \
	int name(struct instance *in, void *arg, int64_t *args, struct err *e)

IMPORT(env_return_result);
IMPORT(env_return_error);
IMPORT(env_return_abort);
IMPORT(env_abort);
IMPORT(env_log_msg);
IMPORT(env_fetch_url);
IMPORT(env_graphql_query);
IMPORT(env_cache_set);
IMPORT(env_cache_get);
IMPORT(env_request_get_field);
IMPORT(env_request_set_field);
IMPORT(env_resp_set_header);
IMPORT(env_get_static_file);
IMPORT(env_db_exec);
IMPORT(env_add_ffi_var);
IMPORT(env_get_ffi_result);
IMPORT(env_get_secret_value);

IMPORT(wasi_sizes_get);		/* of arguments, of the environment */
IMPORT(wasi_nothing);		/* success, and nothing to tell */
IMPORT(wasi_no_file);		/* wants a file, and none is open */
IMPORT(wasi_no_call);		/* what we never do */
IMPORT(wasi_clock_res_get);
IMPORT(wasi_clock_time_get);
IMPORT(wasi_fd_close);
IMPORT(wasi_fd_fdstat_get);
IMPORT(wasi_fd_filestat_get);
IMPORT(wasi_fd_read);
IMPORT(wasi_fd_seek);
IMPORT(wasi_fd_write);
IMPORT(wasi_poll_oneoff);
IMPORT(wasi_proc_exit);
IMPORT(wasi_random_get);

#endif
