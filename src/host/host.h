/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.h - what a function may ask for: one file for a capability, one gate.
 *
 *	host      what an app's functions share: cache, static files, secrets,
 *	          capability rules.  Threads may share it.
 *	request   one run through a handler: what the steps read and write.
 *	          Members of a group share it; it locks itself.
 *
 * Needs: base, os, tree, abi.
 */
#ifndef HOST_H
#define HOST_H

#include "abi/abi.h"
#include "base/base.h"

struct host;
struct request;
struct tree;
struct pair;		/* directive.h: key, value */

/* Where a host call's side of things goes; every member may be NULL. */
struct host_hooks {
	void	*arg;
	/* A line of log: level 1 error .. 4 debug; fn is the function. */
	void	(*log)(void *arg, struct str fn, int level, struct str text);
	/* An outbound call is about to be made (fetch, graphql, db).  Return 1:
	 * answered, out has the answer; 2: answered, out has an error's text;
	 * 0: go on and make it; -1: refuse it. */
	int	(*outbound)(void *arg, struct str fn, const struct abi_ask *q,
		    struct buf *out);
	/* The clock, when it is not the real one: ns since 1970. */
	uint64_t (*clock)(void *arg);
};

struct host_options {
	const struct tree *capabilities; /* of the Directive; NULL: permissive */
	/* A static file by name; NULL: none.  data lives as long as arg. */
	bool	(*file)(void *arg, struct str name, struct str *data);
	void	*file_arg;
	const struct pair *secrets;
	size_t	 nsecrets;
	struct host_hooks hooks;
	uint64_t random_seed;		/* not 0: random bytes are repeatable */
};


struct host *host_new(const struct host_options *opt);
void	host_free(struct host **h);
/* For tests: put into, or look at, the cache of the namespace "default".
 * ttl 0 is for ever. */
void	host_cache_set(struct host *h, struct str key, struct str value,
	    uint32_t ttl_s);
bool	host_cache_get(struct host *h, struct str key, struct buf *out);

/* ---- requests ---- */

enum field { FIELD_META, FIELD_BODY, FIELD_HEADER, FIELD_PARAM, FIELD_STATE,
	FIELD_QUERY };

struct request *request_new(struct str method, struct str url, struct str id,
	    struct str body);
void	request_free(struct request **r);
/* Headers' names are lower-cased, the first value is kept. */
void	request_add_header(struct request *r, struct str name,
	    struct str value);
void	request_add_param(struct request *r, struct str name,
	    struct str value);
struct str request_body(const struct request *r);

/* State, in the order keys were first set.  Values are copied. */
void	request_set_state(struct request *r, struct str key, struct str value);
bool	request_state(const struct request *r, struct str key,
	    struct str *value);
size_t	request_nstate(const struct request *r);
void	request_state_at(const struct request *r, size_t i, struct str *key,
	    struct str *value);
/* Response headers set by functions: later ones win. */
size_t	request_nheaders(const struct request *r);
void	request_header_at(const struct request *r, size_t i, struct str *name,
	    struct str *value);

/*
 * The view one call has of the request: with `with`, state keys have other
 * names (Directive.yaml(5), WITH), and what it sets stays in the view.
 */
struct host_call {
	uint32_t	 magic;
	struct host	*host;
	struct request	*request;	/* NULL: none, as for a bare job */
	struct str	 fn;		/* its name, for logs */
	struct str	 ns;		/* its namespace: caches are apart */
	const struct pair *with;	/* alias -> state key */
	size_t		 nwith;
	struct pair_list *set;		/* private: what it set under `with` */
};
#define HOST_CALL_MAGIC	0x686f7374u

/* The gate: for abi_host.ask, with a struct host_call as arg. */
int	host_ask(void *call, const struct abi_ask *q, struct buf *out);
void	host_call_dispose(struct host_call *c);

#endif
