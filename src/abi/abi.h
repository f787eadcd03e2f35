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
 * here too: no files, no sockets; standard output and error become log lines
 * (of a WASI command, output is the result), and only a command has an
 * environment.
 */
#ifndef ABI_H
#define ABI_H

#include "base/base.h"
#include "engine/engine.h"

enum abi_what {
	ABI_LOG,		/* n: level 1 error 2 warn 3 info 4 debug; a: text */
	ABI_FETCH,		/* n: HTTP method number, or ABI_GET...; a:
				   url::Name:value...; b: body */
	ABI_GRAPHQL,		/* a: endpoint; b: query */
	ABI_CACHE_SET,		/* a: key; b: value; n: ttl in seconds */
	ABI_CACHE_GET,		/* a: key */
	ABI_FIELD_GET,		/* n: field type; a: key */
	ABI_FIELD_SET,		/* n: field type; a: key; b: value */
	ABI_HEADER_SET,		/* a: name; b: value, of the response */
	ABI_FILE,		/* a: name */
	ABI_DB,			/* n: query type; a: name; vars */
	ABI_SECRET,		/* a: name */
	ABI_SLEEP,		/* a: 8 bytes, little-endian ns.  Answered: they are
				   over; refused: the call sleeps really */
	ABI_CLOCK,		/* n: WASI clock id; out: 8 bytes, little-endian ns */
	ABI_RANDOM,		/* n: bytes wanted, at most 65536; out: them */
};

struct abi_var {
	struct str	name, value;
};

/* Methods by name, for ABI generations that had one call for each: they mean
 * the same whatever the function's apiVersion is. */
enum { ABI_BY_NAME = 1000, ABI_GET = ABI_BY_NAME, ABI_POST, ABI_HEAD,
	ABI_OPTIONS, ABI_PUT, ABI_PATCH, ABI_DELETE };

struct abi_ask {
	enum abi_what	 what;
	int32_t		 n;
	struct str	 a, b;		/* copies: never guest memory */
	const struct abi_var *vars;
	size_t		 nvars;
	/* For an answer that comes later: call done once, on the thread that
	 * resumes the call, with what ask would have returned. */
	void		(*done)(void *done_arg, int rc);
	void		*done_arg;
};

/* What ask returns. */
#define ABI_ANSWERED	0	/* out has the answer's bytes */
#define ABI_REFUSED	1	/* or failed: out has a text for the guest */
#define ABI_LATER	2	/* q and out stay as they are until done */
#define ABI_MALFORMED	3	/* the question makes no sense: -2, no text */

struct abi_host {
	int	(*ask)(void *arg, const struct abi_ask *q, struct buf *out);
	/* Forget the question that waits: done will not be called, out goes.
	 * NULL: ask never returns ABI_LATER. */
	void	(*cancel)(void *arg);
	void	*arg;
	/* The answer has come: call abi_resume, soon but not from here. */
	void	(*wake)(void *wake_arg);
	void	*wake_arg;
	uint64_t output_bytes;		/* ceiling of a result; 0: 8 MiB */
};

/* What a call is given. */
struct abi_input {
	struct str	 body;
	struct str	 name;		/* the function's: a command's first
					   argument, waPC's operation */
	const struct abi_var *env;	/* of a command */
	size_t		 nenv;
};

struct abi_result {
	bool		has_output, has_error;
	struct buf	output;		/* what return_result gave */
	int32_t		code;		/* of return_error */
	struct buf	message;
	bool		twice;		/* returned more than once; first kept */
	bool		nothing;	/* neither returned a result nor an error */
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
 * with input, end it.  What in points at lives as long as the call.  Returns
 * 0 when it is over, -1, ENGINE_LATER (abi_resume after wake) or ENGINE_TURN
 * (abi_resume at any time, others first); *out is then set.  res may be read
 * after 0 and -1.
 *
 * A function that returned an error (return_error) is not a failure: see res.
 * The caller disposes of res in any case, after abi_end.
 *
 * ERR_GUEST  trapped; res has the frames
 * ERR_LIMIT  passed a limit
 * ERR_INPUT  has no ABI that we know
 */
struct abi_call;
int	abi_start(struct abi_call **out, const struct code *c,
	    const struct engine_limits *lim, const struct abi_host *host,
	    const struct abi_input *in, struct abi_result *res, struct err *e)
	    MUST_CHECK;
int	abi_resume(struct abi_call *c, struct err *e) MUST_CHECK;
/* Over or not; what was returned up to now stays in res.  NULL is fine. */
void	abi_end(struct abi_call **c);

/*
 * The same in one go, for a host that never answers later.
 */
int	abi_call(const struct code *c, const struct engine_limits *lim,
	    const struct abi_host *host, struct str input,
	    struct abi_result *res, struct err *e) MUST_CHECK;
void	abi_result_dispose(struct abi_result *res);

#endif
