/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ways.h - the ways to be called beside today's, and what only they import;
 * private to abi.  They are tried in this order, after way_runnable:
 * way_input, way_numbers, way_text, way_wapc, way_command.
 */
#ifndef ABI_WAYS_H
#define ABI_WAYS_H

#include "abi/call.h"

/* old.c: run_e of 2020, from the latest form to the first. */
extern const struct way way_input;	/* as today, but allocate_input */
extern const struct way way_numbers;	/* two numbers in place of the ident */
extern const struct way way_text;	/* text in, a pointer to text out */

/* wapc.c: __guest_call. */
extern const struct way way_wapc;
IMPORT(wapc_guest_request);
IMPORT(wapc_guest_response);
IMPORT(wapc_guest_error);
IMPORT(wapc_host_call);
IMPORT(wapc_host_call_finish);
IMPORT(wapc_host_response_len);
IMPORT(wapc_host_response);
IMPORT(wapc_host_error_len);
IMPORT(wapc_host_error);
IMPORT(wapc_console_log);

/* command.c: _start, with standard input and output.  The state of one call;
 * NULL: the module is no command. */
extern const struct way way_command;
#define TAIL_BYTES	4096u	/* of standard error, for the message */
struct piece;			/* of standard output */
struct command {
	size_t		 read;		/* of the input */
	bool		 closed[3];
	struct piece	*first, *last;
	size_t		 written;
	char		 tail[2 * TAIL_BYTES];
	size_t		 ntail;
};
struct command *command_of(struct abi_call *c);
/* What it wrote to standard output.  -1: more than it may. */
int	command_output(struct abi_call *c, struct str text, struct err *e)
	    MUST_CHECK;
/* What it wrote to standard error. */
void	command_complains(struct command *m, struct str text);

/* wasi.c */
IMPORT(wasi_args_get);
IMPORT(wasi_args_sizes_get);
IMPORT(wasi_environ_get);
IMPORT(wasi_environ_sizes_get);

#endif
