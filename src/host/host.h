/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.h - what a function may ask for: one file for a capability, one gate.
 *
 *	host      what an app's functions share: cache, static files, secrets,
 *	          capability rules.  Threads may share it.
 *	request   one run through a handler: what the steps read and write.
 *	          Members of a group share it; it locks itself.
 *
 * What a function asks of the outside (fetch_url, graphql_query, db_exec, a
 * cache that is not in memory) is answered later, on the loop of its call.
 *
 * Needs: base, os, tree, directive, loop, fetch, store, abi.
 */
#ifndef HOST_H
#define HOST_H

#include "abi/abi.h"
#include "base/base.h"
#include "directive/directive.h"
#include "loop/loop.h"

struct host;
struct host_call;
struct request;

/* An outbound call, after the rules allowed it. */
struct outbound {
	enum abi_what	 what;		/* ABI_FETCH, ABI_GRAPHQL or ABI_DB */
	struct str	 method, url;
	const struct pair *headers;	/* as the function gave them */
	size_t		 nheaders;
	struct str	 body;
	struct str	 query;		/* ABI_DB: its name; */
	const struct abi_var *vars;	/* and values */
	size_t		 nvars;
};

/* An answer in the outside's place; texts live as long as the hook's arg. */
struct outbound_answer {
	int		 status;	/* HTTP; of a database 200, or 0: an error */
	const struct pair *headers;
	size_t		 nheaders;
	struct str	 body;		/* of a database JSON, or the error's text */
	uint64_t	 delay_ns;	/* it comes after so long, by the clock */
};

/* Where a host call's side of things goes; every member may be NULL. */
struct host_hooks {
	void	*arg;
	/* A line of log: level 1 error .. 4 debug; c says whose. */
	void	(*log)(void *arg, const struct host_call *c, int level,
		    struct str text);
	/* An outbound call is about to be made.  Return 1: answered by *a; 0: go
	 * on and make it; -1: refuse it. */
	int	(*outbound)(void *arg, const struct host_call *c,
		    const struct outbound *o, struct outbound_answer *a);
	/* One that was made is over.  status 0: it failed, error says why. */
	void	(*outbound_end)(void *arg, const struct host_call *c,
		    const struct outbound *o, uint64_t start_ns, int status,
		    struct str answer, struct str error);
	/* The clock, when it is not the real one: ns since 1970. */
	uint64_t (*clock)(void *arg);
	/* An environment variable, or NULL: for env(NAME) and secrets. */
	const char *(*env)(void *arg, const char *name);
	/* A function sleeps by clock.  NULL: by the real one. */
	void	(*sleep)(void *arg, uint64_t ns);
};

struct host_options {
	const struct directive *directive;	/* capabilities and queries; NULL:
					   permissive, without a database */
	/* A static file by name; NULL: none.  data lives as long as arg. */
	bool	(*file)(void *arg, struct str name, struct str *data);
	void	*file_arg;
	const struct pair *secrets;	/* before those of env and files */
	size_t	 nsecrets;
	struct host_hooks hooks;
	uint64_t random_seed;		/* not 0: random bytes are repeatable */
	bool	 no_outside;		/* connect to no database or cache server:
					   caches are in memory, and a database call
					   that no hook answers is refused */
	const char *cache_file;		/* SQLite file for the cache; NULL: memory */
	uint64_t fetch_bytes;		/* most of an answer; 0: 8 MiB */
	uint32_t fetch_ms;		/* most of its time; 0: 30 s */
	unsigned fetches;		/* outbound calls of one function call;
					   0: 1000 */
	const char *ca_file;		/* NULL: the system's */
};

/* ERR_INPUT: a database, cache or env(NAME) of the Directive cannot be used;
 * the text begins with its place. */
int	host_new(struct host **out, const struct host_options *opt,
	    struct err *e) MUST_CHECK;
void	host_free(struct host **h);	/* after the loops it was used on, or when
					   it left each and nothing of it is left in
					   their workers' hands (30 s at most) */
/* Does it have anything on its loops (connections)? */
bool	host_has_links(const struct host *h);
/* Close what it has on l, on its thread, with no call of it under way. */
void	host_leave(struct host *h, struct loop *l);
/* For tests: put into, or look at, the cache in memory.  ns empty is "default";
 * ttl 0 is for ever. */
void	host_cache_set(struct host *h, struct str ns, struct str key,
	    struct str value, uint32_t ttl_s);
bool	host_cache_get(struct host *h, struct str ns, struct str key,
	    struct buf *out);

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
/* State and parameters from the headers that clients of headless apps send:
 * JSON maps of texts; what is not one is left out. */
void	request_add_maps(struct request *r, struct str state_json,
	    struct str params_json);
struct str request_body(const struct request *r);
struct str request_id(const struct request *r);
struct str request_method(const struct request *r);
struct str request_url(const struct request *r);
/* The caller's own, for hooks: c->request's.  NULL at first; a branch has
 * it too. */
void	request_set_tag(struct request *r, void *tag);
void	*request_tag(const struct request *r);
/* Give the body that belongs to somebody else and outlives r, uncopied. */
struct request *request_new_borrowed(struct str method, struct str url,
	    struct str id, struct str body);
/* One value by an expression's root; false: there is none.  Copied. */
bool	request_get(struct request *r, enum expr_root root, struct str key,
	    struct buf *out);
/* The JSON form of upstream, {"method","url","request_id","body":base64...}.
 * NULL: text is not one (method, url and request_id must be there). */
struct request *request_from_json(struct str text);
/* A request of its own that begins as r does (method, url, headers, params),
 * with no state and this body: for `call`. */
struct request *request_branch(struct request *r, struct str body);

/* State, in the order keys were first set.  Values are copied. */
void	request_set_state(struct request *r, struct str key, struct str value);
bool	request_state(const struct request *r, struct str key,
	    struct str *value);
size_t	request_nstate(const struct request *r);
void	request_state_at(const struct request *r, size_t i, struct str *key,
	    struct str *value);
/* Response headers set by functions: later ones win. */
/* Did a function try to set what is no header, as one with a line end in it? */
bool	request_bad_header(const struct request *r);
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
	const struct function_info *info;	/* its capabilities; NULL: the app's */
	const struct pair *with;	/* alias -> state key */
	size_t		 nwith;
	bool		 has_elem;	/* of a forEach: what it sees in state as */
	struct str	 elem;		/* "__elem" (Atmo 0.2) */
	struct loop	*loop;		/* its call's; NULL: nothing can wait, and the
					   outside is refused */
	struct clock	*clock;		/* virtual time, or NULL */
	unsigned	 step;		/* flow's id of the try, for hooks; or 0 */
	const struct grant *grant;	/* private: what it may */
	struct pair_list *set;		/* private: what it set under `with` */
	struct waiting	*waiting;	/* private: the question under way */
	unsigned	 nfetches;	/* private */
};
#define HOST_CALL_MAGIC	0x686f7374u

/* The gate: for abi_host.ask and .cancel, with a struct host_call as arg.  A
 * refusal is logged with the line that would allow it.
 *
 * Who runs the call keeps its clock busy.  While the call waits for a canned
 * answer that comes later (outbound_answer.delay_ns) the gate has the clock
 * idle; it is busy again before done is called, and after host_cancel. */
int	host_ask(void *call, const struct abi_ask *q, struct buf *out);
void	host_cancel(void *call);
void	host_call_dispose(struct host_call *c);
/* The CGI variables (RFC 3875, 4.1) of a command that answers the request:
 * REQUEST_METHOD, PATH_INFO, QUERY_STRING, CONTENT_LENGTH, HTTP_*..., and for
 * each param and state key PARAM_<NAME>, STATE_<NAME>.  As the call may see it:
 * nothing of the request when it may not read fields, and the state under the
 * names of `with`.  Texts live in the arena. */
size_t	host_call_cgi(struct host_call *c, struct str body, struct arena *a,
	    struct abi_var **env);

#endif
