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

/* Run fn and put its result in the state under key. */
struct call {
	struct str	 fn;		/* as written: "name", "space::name"... */
	struct str	 key;		/* `as`, or fn; never empty */
	struct pair	*with;		/* name the function sees -> state key */
	size_t		 nwith;
	struct on_err_rule on_err;
	struct place	 at;		/* of fn's text */
};

/* One call, or a group of calls that run side by side. */
struct step {
	bool		 group;
	struct call	*calls;
	size_t		 ncalls;
	struct place	 at;
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

struct query {
	struct str	 name, type, text;
	int64_t		 var_count;	/* 0: count them */
	struct place	 at;
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
	struct handler	*handlers;
	size_t		 nhandlers;
	struct schedule	*schedules;
	size_t		 nschedules;
	struct function_info *functions;
	size_t		 nfunctions;
	struct query	*queries;
	size_t		 nqueries;
};

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

/* The text that goes into a bundle: source with its `runnables` list replaced
 * by functions (sorted by namespace and name, with fqfn, version, digest). */
int		directive_with_functions(struct buf *out,
		    const struct directive *d,
		    const struct function_info *functions, size_t nfunctions,
		    struct err *e) MUST_CHECK;

#endif
