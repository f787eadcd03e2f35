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
#define OUTPUT_DEFAULT	(8u << 20)

enum { LEVEL_ERROR = 1, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG };

/*
 * ---- ways to be called ----
 *
 * A way is the exports that make a module one of its kind, and the steps of a
 * call: each is an export to be called.  ways.c has them in the order in which
 * they are tried; a module that fits none is no function.
 */

/* What proc_exit means when a step was ended by it. */
enum on_exit {
	EXIT_FAILS,	/* the call failed with "exited with code n" */
	EXIT_CLEAN,	/* code 0 is as good as returning, others fail */
	EXIT_TOLD,	/* after looks at c->exited and c->exit_code */
};

#define STEP_GO		0
#define STEP_SKIP	1
struct step {
	const char	*name, *type;	/* an export that is not there, or has
					   another type, is skipped */
	size_t		 nargs;		/* parameters in type */
	enum on_exit	 on_exit;
	/* Fill args, zeroed, with the parameters.  Returns STEP_GO, STEP_SKIP,
	 * or -1 with e filled.  NULL: nothing to fill. */
	int		(*before)(struct abi_call *c, int64_t *args,
			    struct err *e);
	/* args[0] is the result.  Returns 0, or -1 with e filled, which ends
	 * the call.  NULL: nothing to look at. */
	int		(*after)(struct abi_call *c, int64_t *args,
			    struct err *e);
};

struct way {
	const char	*needs;		/* the exports that make one, for the
					   error of a module that has none */
	bool		(*fits)(const struct code *code);
	const struct step *steps;	/* ends with a NULL name */
};

/* The initialisers of every way but a command's, in their order: _initialize,
 * else _start, then init.  before_start skips _start beside _initialize. */
#define INITIALISERS \
	{ "_initialize", "() -> ()", 0, EXIT_CLEAN, NULL, NULL }, \
	{ "_start", "() -> ()", 0, EXIT_CLEAN, call_before_start, NULL }, \
	{ "init", "() -> ()", 0, EXIT_CLEAN, NULL, NULL }
int	call_before_start(struct abi_call *c, int64_t *args, struct err *e);

extern const struct way way_runnable;
const struct way *way_find(const struct code *code);	/* NULL: none fits */
/* What a module may export to be a function, for an error's text. */
void	way_needs(struct buf *out);

/* ---- the call ---- */

/* What a host call asks.  It stays as it is while its answer is awaited. */
struct question {
	struct abi_ask	 ask;
	struct buf	 a, b;		/* what ask.a and ask.b point into */
	struct buf	*out;		/* where the answer goes */
	int		 rc;		/* what the host said, when it has */
	bool		 asking;	/* within ask */
	bool		 waiting;	/* for done */
	uint32_t	 dest;		/* where in the guest, and at most how */
	int32_t		 max;		/* much, of those forms that bring an
					   answer at once */
};

struct abi_call {
	uint32_t	 magic;
	const struct code *code;
	struct abi_host	 host;
	struct abi_input input;
	struct abi_result *res;
	struct instance	*in;		/* NULL when the call is over */
	bool		 over;
	const struct way *way;
	const struct step *step;	/* the next, or the one under way */
	bool		 stepping;	/* step is under way */
	int64_t		 args[ENGINE_MAX_ARGS];	/* of step, and its result */
	int64_t		 input_ptr;	/* the input in the guest's memory */
	bool		 input_nul;	/* it ends with a NUL there */
	uint64_t	 start_ns;
	uint64_t	 output_max;
	uint32_t	 deadline_ms;	/* of the limits; 0: none */
	uint64_t	 deadline_ns;	/* the same as a time */
	int32_t		 ident;		/* what the guest proves itself with */
	int32_t		 number;	/* the second of them, in 2020-09 */
	struct question	 q;
	/* What get_ffi_result will fetch. */
	bool		 has_pending;
	bool		 pending_error;	/* and it is an error's text */
	struct buf	 pending;
	/* An answer that goes, or went, straight to the guest.  One that was
	 * too long for its place is kept with its question, as text: the
	 * guest asks again. */
	struct buf	 aside, kept_key;
	bool		 has_kept;
	struct buf	 ignored;	/* what the host says to a cache_set */
	struct buf	 text;		/* of one log line */
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
	/* What a way needs beside all that.  NULL, or a struct of its own from
	 * mem_take, freed at the end with mem_free. */
	void		*own;
	struct arena	*arena;		/* for own; NULL until arena_new */
};

/* arg of an import. */
struct abi_call *call_of(void *arg);

/*
 * Put a question to the host that is answered at once.  Returns ABI_ANSWERED,
 * ABI_REFUSED or ABI_MALFORMED.
 */
int	call_ask(struct abi_call *c, const struct abi_ask *q, struct buf *out);

/*
 * Put c->q.ask to the host; its texts are in c->q.a and c->q.b, or live as long
 * as the call.  Returns 0 when c->q.rc is the answer's code, or ENGINE_LATER:
 * then the import's finish is called when it is.  So an import that may wait
 * ends with
 *
 *	return call_put(c, &out) == ENGINE_LATER ?
 *	    ENGINE_LATER : my_finish(in, arg, args, e);
 *
 * out must live in c.
 */
int	call_put(struct abi_call *c, struct buf *out) MUST_CHECK;
/* Empty c->q for the next question. */
void	call_clear(struct abi_call *c, enum abi_what what, int32_t n);

void	call_log(struct abi_call *c, int level, struct str text);
/* Bytes for standard output (0) or error (1): a log line for each line. */
void	call_write(struct abi_call *c, int which, struct str text);
void	call_flush(struct abi_call *c);	/* lines that did not end */
/* The function's result or error: the first counts, the rest is told in
 * res->twice.  -1: the result is longer than it may be. */
int	call_result(struct abi_call *c, struct str bytes, struct err *e)
	    MUST_CHECK;
void	call_error(struct abi_call *c, int32_t code, struct str text);
/* Copy bytes to what the guest's allocator gave, args[0].  who is for errors:
 * the allocator's name. */
int	call_hand_over(struct abi_call *c, struct str bytes, const char *who,
	    struct err *e) MUST_CHECK;

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
IMPORT(env_return_result2);	/* with the two numbers of 2020-09 */
IMPORT(env_return_error);
IMPORT(env_return_abort);
IMPORT(env_abort);
IMPORT(env_log_msg);
IMPORT(env_print);
IMPORT(env_print2);
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
/* The forms that bring the answer to a destination. */
IMPORT(env_fetch);
IMPORT(env_fetch2);
IMPORT(env_fetch_url_dest);
IMPORT(env_cache_get_dest);
IMPORT(env_request_get_field_dest);
IMPORT(env_get_static_file_dest);
/* How waiting ones finish. */
IMPORT(env_slot_finish);
IMPORT(env_tell_finish);
IMPORT(env_dest_finish);
IMPORT(env_db_finish);

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
IMPORT(wasi_poll_finish);
IMPORT(wasi_proc_exit);
IMPORT(wasi_random_get);

#endif
