/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case.h - private to smoke: one test case as plain data.
 *
 * Made by parse.c, never changed after, so that threads may share it.  All
 * texts live in the arena of the struct smoke.
 */
#ifndef SMOKE_CASE_H
#define SMOKE_CASE_H

#include <regex.h>

#include "diag/diag.h"
#include "directive/directive.h"
#include "smoke/smoke.h"
#include "tree/tree.h"

/* What is expected of some bytes; every part that is given must hold. */
struct want_text {
	bool		 given;
	bool		 unset;		/* of a state key: null */
	bool		 has_exact, has_regex, snapshot;
	struct str	 exact;
	struct str	*contains;
	size_t		 ncontains;
	struct str	 regex;
	const struct tree *json;	/* a subset; NULL: not looked at */
	struct str	 snapshot_path;	/* as `subo` would open it */
};

struct want_pair {			/* a header, a state key */
	struct str	 name;
	struct want_text want;
};

struct want_log {
	int		 level;		/* 0: any */
	struct str	 fn;		/* empty: any */
	struct want_text text;
};

struct want_call {			/* an outbound call */
	struct str	 method, url, query;
	struct want_pair *headers;
	size_t		 nheaders;
	struct want_text body;
	const struct tree *vars;	/* of a query; NULL: not looked at */
};

struct want_error {
	bool		 given;		/* the function returns an error */
	bool		 has_code;
	int64_t		 code;
	struct want_text message;
	struct want_text trap;		/* or it fails: text of the failure */
};

struct want {
	int64_t		 status;	/* 0: not given */
	struct want_text body;
	struct want_pair *headers, *state;
	size_t		 nheaders, nstate;
	struct want_error error;
	bool		 has_steps, has_calls;
	struct str	 reply;		/* topic of a message's answer; or empty */
	struct str	*steps;
	size_t		 nsteps;
	struct want_log	*logs;
	size_t		 nlogs;
	struct want_call *calls;
	size_t		 ncalls;
	uint64_t	 fuel_max;	/* 0: not given */
	uint32_t	 time_max_ms;	/* 0: not given */
};

struct pairs {
	struct pair	*v;
	size_t		 n, cap;
};

/* A canned answer to an outbound call. */
struct given_http {
	struct str	 method, url;	/* method empty: any; url may end in '*' */
	int64_t		 status;
	struct pairs	 headers;
	struct str	 body;
	uint64_t	 delay_ns;	/* it comes after so long */
};

struct given_db {
	struct str	 query;
	const struct tree *vars;	/* NULL: whatever they are */
	bool		 failed;
	struct str	 answer;	/* JSON, or the error's text */
	uint64_t	 delay_ns;
};

struct given_cache {
	struct str	 ns;
	struct pairs	 values;
};

struct given {
	struct pairs	 state, cache, files, secrets;
	struct given_cache *caches;	/* of other namespaces */
	size_t		 ncaches, caches_cap;
	struct given_http *http;
	size_t		 nhttp, http_cap;
	struct given_db	*db;
	size_t		 ndb, db_cap;
	uint64_t	 clock_ns;	/* since 1970 */
};

enum case_kind { CASE_FUNCTION, CASE_REQUEST, CASE_SCHEDULE, CASE_MESSAGE };

struct smoke_case {
	struct str	 file;		/* from the root */
	struct place	 at;
	struct str	 name;
	enum case_kind	 kind;
	bool		 skip;
	struct str	 why_skipped;
	struct str	 target;	/* function, schedule or topic; a module's path */
	struct str	 source;	/* of a message: "nats", "kafka", "server" */
	struct str	 method, url;	/* url: path and query */
	struct str	 body;
	struct pairs headers, params;
	struct given	 given;
	struct want	 want;
	uint32_t	 timeout_ms;	/* 0: the run's */
};

struct smoke {
	struct arena	*arena;
	struct smoke_case **cases;
	size_t		 ncases, cap;
	struct pair	*modules;	/* path and bytes of .wasm files named */
	size_t		 nmodules, modules_cap;
	struct str	*snaps;		/* snapshot files that are there */
	size_t		 nsnaps, snaps_cap;
	struct arena	**run_arenas;	/* of the results of runs */
	size_t		 nrun_arenas, run_arenas_cap;
	bool		 fuel;
	size_t		 bytes;		/* of unrolled cases, about */
};

/* Put value under key, in place of what has that key already. */
void	texts_put(struct pairs *l, struct arena *a, struct str key,
	    struct str value, bool fold);

/* The regex of w, compiled; the caller frees it.  False with e filled. */
int	text_regex(regex_t *re, struct str pattern, struct err *e) MUST_CHECK;

#endif
