/* SPDX-License-Identifier: Apache-2.0 */
/* trace_parts.h - what the files of `subo trace` share. */
#ifndef TRACE_CMD_H
#define TRACE_CMD_H

#include "cmd.h"

/*
 * Ask a running server, over its socket.  path is below /_subo/api/.  The
 * answer lives in the arena.
 *
 * ERR_MISSING  no server with a trace runs here, or it has no such run
 * ERR_REMOTE   it does not answer as one
 * ERR_SIGNAL   interrupted
 */
struct trace_peer {
	struct buf	socket;
	struct loop	*loop;
};
int	trace_peer_open(struct trace_peer *p, const char *socket, uint64_t port,
	    struct err *e) MUST_CHECK;
int	trace_peer_ask(struct trace_peer *p, const char *path, uint32_t wait_ms,
	    struct arena *a, struct tree **out, struct err *e) MUST_CHECK;
void	trace_peer_dispose(struct trace_peer *p);

/* A run on one line, and whole. */
void	trace_print_head(void);
void	trace_print_line(const struct tree *run);
void	trace_print_run(const struct tree *run, bool full);

#endif
