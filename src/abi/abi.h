/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abi.h - how a function is called.
 *
 * Turns "call this function with these bytes" into exports and imports of the
 * Runnable ABI (runnable(7)), and the guest's host calls, with pointers into
 * its memory, into questions of plain bytes for the host.
 * Needs: base, os, module, engine.
 *
 * One adapter for an import name and type; module_offers (module.h) is the
 * list, this library must answer each of them.  WASI preview 1 is answered
 * here too: no files, no environment, no sockets; standard output and error
 * become log lines.
 */
#ifndef ABI_H
#define ABI_H

#include "base/base.h"
#include "engine/engine.h"

enum abi_what {
	ABI_LOG,		/* n: level 1 error 2 warn 3 info 4 debug; a: text */
	ABI_FETCH,		/* n: HTTP method; a: url::headers; b: body */
	ABI_GRAPHQL,		/* a: endpoint; b: query */
	ABI_CACHE_SET,		/* a: key; b: value; n: ttl in seconds */
	ABI_CACHE_GET,		/* a: key */
	ABI_FIELD_GET,		/* n: field type; a: key */
	ABI_FIELD_SET,		/* n: field type; a: key; b: value */
	ABI_HEADER_SET,		/* a: name; b: value, of the response */
	ABI_FILE,		/* a: name */
	ABI_DB,			/* n: query type; a: name; vars */
	ABI_SECRET,		/* a: name */
	ABI_CLOCK,		/* n: WASI clock id; out: 8 bytes, little-endian ns */
	ABI_RANDOM,		/* n: bytes wanted, at most 65536; out: them */
};

struct abi_var {
	struct str	name, value;
};

struct abi_ask {
	enum abi_what	 what;
	int32_t		 n;
	struct str	 a, b;		/* copies: never guest memory */
	const struct abi_var *vars;
	size_t		 nvars;
};

/* The answer's bytes go to out (bounded).  0: done; 1: refused or failed, out
 * holds the error's text for the guest. */
struct abi_host {
	int	(*ask)(void *arg, const struct abi_ask *q, struct buf *out);
	void	*arg;
	uint64_t output_bytes;		/* ceiling of a result; 0: 8 MiB */
};

struct abi_result {
	bool		has_output, has_error;
	struct buf	output;		/* what return_result gave */
	int32_t		code;		/* of return_error */
	struct buf	message;
	bool		twice;		/* returned more than once; first kept */
	uint64_t	fuel, memory_bytes, wall_ns;	/* what it used */
	size_t		nframes;	/* of a trap */
	struct abi_frame {
		char	 func[200];	/* "" when it has no name */
		uint32_t func_index;
		size_t	 offset;
	} frames[16];
};

/* The imports that every module may have, for code_load. */
const struct engine_import *abi_imports(void);

/*
 * Start a fresh instance, run its initialisers as they exist, call it once
 * with input, end it.  A function that returned an error (return_error) is
 * not a failure: see res.  The caller disposes of res in any case.
 *
 * ERR_GUEST  trapped; res has the frames
 * ERR_LIMIT  passed a limit
 * ERR_INPUT  has no ABI that we know
 */
int	abi_call(const struct code *c, const struct engine_limits *lim,
	    const struct abi_host *host, struct str input,
	    struct abi_result *res, struct err *e) MUST_CHECK;
void	abi_result_dispose(struct abi_result *res);

#endif
