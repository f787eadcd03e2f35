/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directive.h - what an application is made of and what sets it off.
 *
 * Reads, checks and edits Directive.yaml, and reads .runnable.yml.
 * Needs: base, diag, tree.
 * Formats: Directive.yaml(5) and runnable.yml(5), after Atmo 0.4.8; the pages
 * say under CAVEATS where we differ.
 *
 * A struct directive is plain data and never changes once parsed, so any
 * number of threads may read it.  Every str in it lives as long as it does.
 */
#ifndef DIRECTIVE_H
#define DIRECTIVE_H

#include "base/base.h"
#include "diag/diag.h"

#define DIRECTIVE_MAX_STEPS	256u	/* in one handler or schedule */
#define DIRECTIVE_MAX_HANDLERS	4096u
#define DIRECTIVE_NAME_MAX	64u	/* bytes of a function's name */

enum on_err { ON_ERR_RETURN, ON_ERR_CONTINUE };

struct pair {
	struct str	key, value;
	struct place	at;
};

struct on_err_code {
	int32_t		code;
	enum on_err	action;
};

/* What to do when the function returns an error. */
struct on_err_rule {
	struct on_err_code *codes;
	size_t		 ncodes;
	bool		 has_any, has_other;
	enum on_err	 any, other;
};

/* Try again after a failure: Directive.yaml(5), RETRY. */
struct retry {
	uint32_t	 times;		/* tries after the first, 0 to 100 */
	uint64_t	 backoff_ns;	/* before the second try */
	uint64_t	 backoff_max_ns;
	double		 factor;	/* of each wait to the one before: 1 to 10 */
	bool		 any;		/* on whatever goes wrong; else on: */
	bool		 on_trap, on_timeout, on_error;	/* any returned error */
	int32_t		*on_codes;	/* or one of these */
	size_t		 non_codes;
};

struct expr;		/* a condition, see below */

/* Run fn, or the steps of a handler, and put the result in the state under
 * key.  A step that is no group has one. */
struct call {
	struct str	 fn;		/* as written: "name", "space::name"...;
					   empty: it runs handler */
	struct str	 handler;	/* `call`: "POST /path", or a schedule's name */
	struct str	 key;		/* `as`, or fn, or handler; never empty */
	struct str	 input;		/* state key that is fed in place of the
					   body; empty: the body */
	struct str	 each;		/* forEach: state key of a JSON array, whose
					   elements are fed one by one */
	bool		 each_old;	/* its form of Atmo 0.2: elements are seen in
					   state only, as "__elem"; fed is the body */
	uint32_t	 concurrency;	/* of forEach: calls at a time, 1 to 64 */
	struct pair	*with;		/* name the function sees -> state key */
	size_t		 nwith;
	size_t		 nwith_own;	/* the first ones; the others are of its
					   group */
	struct on_err_rule on_err;
	struct expr	*when;		/* NULL: always; false: skipped */
	struct retry	 retry;
	uint64_t	 timeout_ns;	/* of each try; 0: none */
	struct place	 at;		/* of fn's text */
};

/* One call, a group of calls that run side by side, or a way back. */
struct step {
	bool		 group;
	struct call	*calls;
	size_t		 ncalls;	/* 0: a goto */
	struct pair	*with;		/* of a group: its calls have it too */
	size_t		 nwith;
	struct str	 name;		/* a goto's target; may be empty */
	struct expr	*when;		/* of a group or a goto; a call has its own */
	uint64_t	 timeout_ns;	/* of a group as a whole; 0: none */
	/* `repeat`: the step again, until the condition holds or max is reached,
	 * every_ns apart.  Past max it fails with code 508. */
	struct expr	*until;		/* NULL: no repeat */
	/* `goto`: back to the step of that name, max times at most; then it
	 * fails with code 508. */
	struct str	 target;
	size_t		 target_index;	/* found by the parser; SIZE_MAX: none */
	uint32_t	 max;		/* of repeat or goto, 1 to 10,000 */
	uint64_t	 every_ns;
	struct on_err_rule on_err;	/* of a goto or repeat past max: code 508 */
	struct place	 at;
};

/* Ceilings of an app or a handler: Directive.yaml(5), LIMITS.  0: not set. */
enum limit_name { LIMIT_HEADER_BYTES, LIMIT_BODY_BYTES, LIMIT_CONNECTIONS,
	LIMIT_REQUESTS, LIMIT_HEADER_MS, LIMIT_BODY_MS, LIMIT_IDLE_MS,
	LIMIT_WRITE_MS, LIMIT_FUNCTION_MS, LIMIT_REQUEST_MS, LIMIT_MEMORY_BYTES,
	LIMIT_OUTPUT_BYTES, LIMIT_LOG_BYTES, LIMIT_MESSAGE_BYTES, LIMITS };
struct limits {
	uint64_t	v[LIMITS];	/* bytes, milliseconds or a count */
	struct place	at;
};

enum handler_type { HANDLER_REQUEST, HANDLER_STREAM };

struct handler {
	enum handler_type type;
	struct str	 source;	/* stream: "server", "nats", "kafka" */
	struct str	 method;	/* upper case: "GET" */
	struct str	 resource;	/* "/set/:key" */
	struct str	 response;	/* state key to answer with; may be empty */
	struct str	 respond_to;
	struct step	*steps;
	size_t		 nsteps;
	struct limits	 limits;	/* bodyBytes, functionTime, requestTime,
					   memory, outputBytes, requests only */
	struct place	 at;
};

struct schedule {
	struct str	 name;
	uint64_t	 every_s;	/* seconds from start to start */
	struct pair	*state;		/* what the state starts with */
	size_t		 nstate;
	struct step	*steps;
	size_t		 nsteps;
	struct place	 at;
};

/* A function as the Directive's `runnables` or a manifest describes it. */
struct function_info {
	struct str	 name, ns, lang, version, api_version, fqfn;
	struct str	 draft_version, fqfn_uri;
	struct str	 digest;	/* hex SHA-256 of the module; may be empty */
	bool		 tinygo;	/* lang go, compiled by TinyGo */
	struct place	 at;
};

/* A function that others published: Directive.yaml(5), FUNCTIONS OF OTHERS. */
struct added_function {
	struct str	 ns, name;	/* as steps of this app call it */
	struct str	 reference;	/* where it was published */
	struct place	 at, key_at;	/* of the reference; of the name */
};

struct query {
	struct str	 name, type, text;
	int64_t		 var_count;	/* 0: count them */
	struct place	 at;
};

/* ---- what functions may reach: Directive.yaml(5), CAPABILITIES ---- */

struct strs {
	struct str	*v;
	size_t		 n;
};

struct port_range {
	uint16_t	 from, to;
};

struct http_rules {
	bool		 enabled;
	struct strs	 allowed_domains, blocked_domains;
	struct strs	 allowed_cidrs, blocked_cidrs;	/* "10.0.0.0/8", "::1/128" */
	struct port_range *allowed_ports, *blocked_ports;
	size_t		 nallowed_ports, nblocked_ports;
	bool		 allow_ips, allow_private, allow_http;
	struct place	 at;		/* of the part; 0,0: not written */
};

/* "Authorization: HEADER_TYPE VALUE" for requests to host[:port]. */
struct auth_header {
	struct str	 domain, header_type, value;	/* value may be env(NAME) */
	struct place	 at;
};

/* Each part is whole: as written, or the default of a part not written. */
struct capabilities {
	bool		 logger, file;
	struct http_rules http, graphql;
	bool		 auth;
	struct auth_header *auth_headers;
	size_t		 nauth_headers;
	bool		 cache, cache_set, cache_get, cache_delete;
	struct str	 redis, redis_user, redis_password;	/* redis empty: none */
	bool		 db;
	struct str	 db_type;	/* "mysql", "postgresql", "sqlite"; or empty */
	struct str	 db_connection;	/* may be env(NAME) */
	bool		 request, field_get, field_set;
	bool		 secrets;
	bool		 secrets_all;	/* no list is written: every one that the
					   host was given */
	struct strs	 secret_env;	/* environment variables */
	struct str	 secret_dir;	/* folder with a file for each; or empty */
	struct strs	 secret_files;
};

/* Parts that are different for some functions. */
struct capability_override {
	struct str	 fn;		/* a reference, or "ns::*" for a namespace */
	struct capabilities caps;	/* all parts, those of the app included */
	struct place	 at;
};

struct connections {
	struct str	 nats, kafka;	/* addresses; empty: none */
	struct place	 nats_at, kafka_at;
};

struct directive {
	struct arena	*arena;		/* all of it lives here */
	struct str	 file;		/* for messages; as given to parse */
	struct str	 source;	/* the YAML text */
	struct tree	*tree;		/* all of it, for parts read elsewhere:
					   capabilities, connections... */
	struct str	 identifier;	/* "com.example.app" */
	struct str	 app_version;	/* semver with a leading v: "v0.1.0" */
	struct str	 atmo_version;
	bool		 headless;
	bool		 tenant;	/* it was a tenant.json */
	struct handler	*handlers;
	size_t		 nhandlers;
	struct schedule	*schedules;
	size_t		 nschedules;
	struct function_info *functions;
	size_t		 nfunctions;
	struct added_function *added;	/* `functions`, a map */
	size_t		 nadded;
	struct query	*queries;
	size_t		 nqueries;
	struct capabilities caps;	/* with connections.redis and .database and
					   `authentication` put in */
	struct capability_override *overrides;
	size_t		 noverrides;
	struct connections connections;
	struct limits	 limits;	/* of the app */
};

/* What a function may: its override when there is one, else the app's.  The
 * override with the function's own name goes before one of its namespace. */
const struct capabilities *directive_capabilities(const struct directive *d,
	    const struct function_info *f);
/* What one may that has no Directive: all but a database. */
void	capabilities_default(struct capabilities *c);
/* Does pattern stand for host?  Labels from the right, '*' is one of them, a
 * leading "*." any number; in any case, without the dot at the end. */
bool	domain_matches(struct str pattern, struct str host);
/* Is its apiVersion 0.12 or earlier, where HTTP methods had other numbers?  f
 * may be NULL: no. */
bool	function_old_methods(const struct function_info *f);

/*
 * Parse yaml, which is copied.  The caller frees *out.  What has the wrong
 * shape (a list where a map is expected...) is a problem in ds, like the
 * rules of directive_check, and the rest is still read.
 *
 * ERR_INPUT, ERR_LIMIT  as tree_parse_yaml: not YAML at all.  The text begins
 *                       "FILE:LINE:COL: "
 */
int	directive_parse(struct directive **out, struct str yaml,
	    struct str file, struct diags *ds, struct err *e) MUST_CHECK;
void	directive_free(struct directive **d);

/* Rules D001...; the table that `subo explain` prints. */
extern const struct diag_rule directive_rules[];

/*
 * Tell in ds what e says of file, as the first rule of table ("D000", "F000":
 * not readable as YAML).  e is what directive_parse, manifest_parse or
 * tree_parse_yaml left: its LINE:COL becomes the place.
 */
void	directive_tell(struct diags *ds, const struct diag_rule *table,
	    struct str file, const struct err *e);

/*
 * Every rule of Directive.yaml(5), all problems in one run.  functions are
 * those that exist (of the project or of the bundle), and take the place of
 * the file's own `runnables` list; NULL checks against that list.
 */
void	directive_check(const struct directive *d,
	    const struct function_info *functions, size_t nfunctions,
	    struct diags *ds);

/* ---- conditions: Directive.yaml(5), CONDITIONS ---- */

/*
 * A small expression: paths (state.key.a[0], state["k"], body.x, params.id,
 * headers.accept, query.q, method, url), text, numbers, true, false, null; == !=
 * < <= > >=, and or not (&& || !), brackets.  A path that leads nowhere is null;
 * null, false, 0, "", [] and {} are false where a truth is asked for.  Values
 * of different kinds are unequal, and neither less than the other; a state
 * value that is JSON is that value, any other is text.  At most 4096 bytes and
 * 32 levels deep.  Lives in the arena.
 *
 * ERR_INPUT  "column N: what is wrong"
 */
int	expr_parse(struct expr **out, struct arena *a, struct str text,
	    struct err *e) MUST_CHECK;

enum expr_root { EXPR_STATE, EXPR_BODY, EXPR_PARAMS, EXPR_HEADERS, EXPR_QUERY,
	EXPR_METHOD, EXPR_URL };
struct expr_world {
	void	*arg;
	/* The text of what a path begins with: a state key, a parameter... (key
	 * is empty for body, method and url).  False: there is none. */
	bool	(*get)(void *arg, enum expr_root root, struct str key,
		    struct str *text);
};
bool	expr_holds(const struct expr *x, const struct expr_world *w);
/* Each state key that x looks at. */
void	expr_state_keys(const struct expr *x,
	    void (*fn)(void *arg, struct str key), void *arg);

/* "250ms", "2s", "5m", "1h30m": 1 ms to 366 days.  ERR_INPUT. */
int	duration_parse(uint64_t *ns, struct str text, struct err *e) MUST_CHECK;

/* ---- names ---- */

/* identifier#namespace::name@version, lenient as upstream: cut at the first
 * '#', then the first "::", then the first '@'.  Missing parts are empty but
 * ns, which is then "default".  Also /identifier/namespace/name/version and
 * fqmn://tenant/namespace/name@ref.  Never fails. */
struct fqfn {
	struct str	identifier, ns, name, version;
};
struct fqfn	fqfn_parse(struct str text);
/* Does a function of this app answer to the reference? */
bool		fqfn_matches(const struct fqfn *ref,
		    const struct function_info *f,
		    const struct directive *d);
/* The function that a step's fn means, or NULL. */
const struct function_info *directive_find(const struct directive *d,
		    const struct function_info *functions, size_t nfunctions,
		    struct str fn);
/* A name for a function, namespace or project: a to z, 0 to 9, '-' and '_',
 * a letter first, 1 to DIRECTIVE_NAME_MAX.  ERR_USAGE says what is wrong and
 * hints at a name that would do. */
int		name_check(const char *what, struct str name, struct err *e)
		    MUST_CHECK;

/* "name" or "space::name", as the keys of `functions` are written.  False: no
 * function can be called so. */
bool		added_label(struct str label, struct str *ns,
		    struct str *name);

/* ---- routes ---- */

/*
 * The request handler for a method and path (without query).  Static segments
 * win over :params, and those over *wildcards; a slash at the end matters only
 * when both forms have a handler.  params are filled from the path as it is
 * (nothing is percent-decoded), and their values borrow from it: at most
 * nparams_max; a wildcard's value keeps its leading slash.
 *
 * Returns the handler, or NULL with *status 404, or 405 and the methods that
 * are known for the path, comma-separated, in allow.
 */
const struct handler *directive_route(const struct directive *d,
		    struct str method, struct str path, struct pair *params,
		    size_t nparams_max, size_t *nparams, int *status,
		    struct buf *allow);

/*
 * The function that a path calls which no handler has: of a headless app
 * POST /identifier/namespace/name/version; of one in the tenant form also POST
 * /name/identifier/namespace/name and /ref/digest.  NULL: none; *status as
 * directive_route.
 */
const struct function_info *directive_route_function(
		    const struct directive *d, struct str method,
		    struct str path, int *status);
/* The steps that `call` names: "METHOD /resource", or a schedule.  False: there
 * is none.  One of the two is set. */
bool		directive_called(const struct directive *d, struct str name,
		    const struct handler **h, const struct schedule **s);
/* The stream handler of a source ("nats", "kafka", "server") and topic or
 * path, or NULL. */
const struct handler *directive_stream(const struct directive *d,
		    struct str source, struct str resource);

/* ---- other forms ---- */

/* A tenant.json of subo 0.6 and E2Core as a directive: modules become
 * functions, workflows become handlers (POST /workflow/identifier/ns/name) and
 * schedules, namespaces' capabilities become overrides.  Problems and errors
 * as directive_parse. */
int		tenant_parse(struct directive **out, struct str json,
		    struct str file, struct diags *ds, struct err *e)
		    MUST_CHECK;

/* ---- manifests ---- */

/* Is this the file name of a manifest: .runnable.yml/.yaml, .module.yml...? */
bool		manifest_is(struct str file_name);

/*
 * Read a function's manifest.  default_name is its folder's name.  Texts live
 * in the arena.  Problems (codes F001...) go to ds: unknown key or language,
 * bad name; info is filled as far as can be.
 *
 * ERR_INPUT, ERR_LIMIT  as directive_parse
 */
extern const struct diag_rule manifest_rules[];
int		manifest_parse(struct function_info *info, struct arena *a,
		    struct str yaml, struct str file, struct str default_name,
		    struct diags *ds, struct err *e) MUST_CHECK;

/* ---- edits and output ---- */

/* Give in out the text of source with a handler added at the end of
 * `handlers:`, in the file's own indentation and line ends; every other byte
 * stays.  The list is made when there is none. */
int		directive_add_handler(struct buf *out, struct str source,
		    struct str file, struct str method, struct str resource,
		    const struct str *steps, size_t nsteps, struct err *e)
		    MUST_CHECK;

/* Give in out the text of source with label: reference below `functions:`,
 * in the place of what the label was, or added at the end.  ERR_INPUT: the
 * file has no room for it; ERR_USAGE: the label is no name. */
int		directive_set_function(struct buf *out, struct str source,
		    struct str file, struct str label, struct str reference,
		    struct err *e) MUST_CHECK;

/* The text that goes into a bundle: source with its `runnables` list replaced
 * by functions (sorted by namespace and name, with fqfn, version, digest). */
int		directive_with_functions(struct buf *out,
		    const struct directive *d,
		    const struct function_info *functions, size_t nfunctions,
		    struct err *e) MUST_CHECK;

#endif
