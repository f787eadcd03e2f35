/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts.h - what the files of oci share; private to it.
 */
#ifndef OCI_PARTS_H
#define OCI_PARTS_H

#include "fetch/fetch.h"
#include "loop/loop.h"
#include "oci/oci.h"
#include "tree/tree.h"

#define DOCKER_HUB	"docker.io"
#define DOCKER_HUB_API	"registry-1.docker.io"
#define DOCKER_HUB_KEY	"https://index.docker.io/v1/"	/* in docker's config */

/* ---- ref.c ---- */

bool	name_ok(struct str name);
/* HOST or HOST:PORT, in its plain spelling.  ERR_INPUT. */
int	host_parse(struct str *out, struct arena *a, struct str host,
	    struct err *e) MUST_CHECK;

/* ---- json.c, text.c ---- */

/* An object; no byte-order mark, no key twice.  ERR_REMOTE, ERR_LIMIT. */
int	json_strict(struct tree **out, struct arena *a, struct str text,
	    struct err *e) MUST_CHECK;
/* The text under key, or empty: a number is no text. */
struct str json_text(const struct tree *t, const char *key);
/* RFC 4648, 4; padding may be missing.  False: anything else in it. */
bool	text_unbase64(struct buf *out, struct str text);
/* Letters, digits and "-._~" as they are, all else as %XX. */
void	text_percent(struct buf *out, struct str s);
bool	text_printable(struct str s);	/* visible ASCII */

/* ---- doc.c ---- */

/* Without parameters: "application/json; charset=utf-8". */
struct str type_bare(struct str type);
bool	type_is_manifest(struct str type);	/* or an index */
int	desc_parse(struct oci_desc *d, struct arena *a, const struct tree *t,
	    const char *what, struct err *e) MUST_CHECK;

/* ---- challenge.c: WWW-Authenticate (RFC 9110, 11.6.1) ---- */

enum auth { AUTH_UNKNOWN, AUTH_NONE, AUTH_BASIC, AUTH_BEARER };

struct challenge {
	enum auth	 auth;		/* AUTH_NONE: none that we know */
	struct str	 realm, service, scope, error;
};
/* The strongest of all: Bearer before Basic.  Texts live in the arena.
 * ERR_REMOTE: a Bearer without a realm, or one that says a thing twice. */
int	challenge_read(struct challenge *c, struct arena *a,
	    const struct fetch_header *headers, size_t n, struct err *e)
	    MUST_CHECK;
/* What a token server answered.  ERR_REMOTE. */
struct token_answer {
	struct str	 token;
	uint32_t	 expires_s;
};
int	token_parse(struct token_answer *t, struct arena *a, struct str body,
	    struct err *e) MUST_CHECK;

/* ---- config.c, helper.c: credentials ---- */

struct cred {
	struct str	 user, password;
	struct str	 identity;	/* a refresh token */
	struct str	 bearer;	/* ready to be sent */
};
bool	cred_is_empty(const struct cred *c);
/* For host as typed; empty when there are none.  name: the repository, for which
 * some files have credentials of its own; or empty. */
int	cred_find(struct cred *out, struct oci *o, struct str host,
	    struct str name, struct arena *a, struct err *e) MUST_CHECK;

enum helper_does { HELPER_GET, HELPER_STORE, HELPER_ERASE };
/* Run docker-credential-NAME.  HELPER_GET: out is empty when it has none.
 * ERR_MISSING: no such program, ERR_TRUST: it failed. */
int	helper_run(struct oci *o, struct str name, enum helper_does does,
	    struct str server, struct cred *c, struct arena *a, struct err *e)
	    MUST_CHECK;
/* Docker's file.  *doc is NULL when there is none. */
int	config_load(struct tree **doc, struct buf *path, struct oci *o,
	    struct arena *a, struct err *e) MUST_CHECK;
/* The helper for host that it names, or empty. */
struct str config_helper(const struct tree *doc, struct str host);
/* The keys that host may have in a file, the usual one first. */
#define HOST_KEYS 10u
size_t	config_keys(struct str keys[HOST_KEYS], struct arena *a,
	    struct str host);

/* ---- session.c ---- */

struct said;
struct site;

struct oci {
	struct oci_options options;
	struct loop	*loop;
	struct fetch_client *client;
	struct arena	*arena;
	struct site	*sites;
	uint64_t	*said;		/* hashes of notes */
	size_t		 nsaid, cap_said;
	uint64_t	 nrequests;
	size_t		 nleft;		/* workers that hash what nobody waits
					   for, and still look at it */
	struct token_run *tokens;	/* on their way */
	bool		 used_options;	/* user and password have their host */
	struct str	 options_host;
};

/* Tell the user, once. */
void	say(struct oci *o, const char *fmt, ...) PRINTF(2, 3);
/* Run the loop until *over. */
int	wait_for(struct oci *o, const bool *over, struct err *e) MUST_CHECK;

/* ---- site.c: one registry, and what it wants to know ---- */

struct token {
	struct token	*next;
	struct str	 scopes;
	struct str	 value;		/* empty: not there yet */
	uint64_t	 until_ns;
};

struct site {
	struct site	*next;
	struct str	 host;		/* as typed */
	struct str	 address;	/* "host:port" that is asked */
	bool		 secure;	/* https */
	bool		 local;		/* this machine: http, unless it is not
					   what is spoken there */
	bool		 settled;	/* it answered so */
	bool		 tried_https;
	enum auth	 auth;
	struct str	 realm, service;
	bool		 has_cred;	/* looked for */
	struct cred	 cred;
	struct token	*tokens;
	bool		 no_referrers;	/* it keeps no lists of them */
	bool		 has_place;
	enum fetch_place place;
};

/* Made when first asked for. */
struct site *site_of(struct oci *o, struct str host);
/* "https://host:port" */
struct str site_base(const struct site *s, struct arena *a);
bool	site_owns(const struct site *s, const struct fetch_url *u);
/* One that is valid for a while, or NULL. */
struct token *site_token(struct site *s, struct str scopes);
void	site_keep_token(struct oci *o, struct site *s, struct str scopes,
	    struct str value, uint32_t expires_s);
/* It was sent and did not do; a newer one stays. */
void	site_drop_token(struct site *s, struct str scopes, struct str value);
/* May what s sends us to (a redirect, a token server) be at sa?  ERR_TRUST: it is
 * in a private network, and s is not. */
int	site_check_address(const struct site *s, const struct sockaddr *sa,
	    struct err *e) MUST_CHECK;
/* The same for an address that stands in a URL, which a proxy would look up. */
int	site_check_url(const struct site *s, const struct fetch_url *u,
	    struct err *e) MUST_CHECK;
/* Have its credentials looked for. */
int	site_load_cred(struct oci *o, struct site *s, struct str name,
	    struct err *e) MUST_CHECK;

/* ---- ask.c: one request with all that it takes ---- */

/* What the scopes of a token are for. */
struct scope {
	struct str	 name;		/* the repository; empty: none */
	bool		 push;
	struct str	 from;		/* another to pull from; or empty */
};

struct ask;

struct ask_request {
	const char	*method;
	struct str	 url;		/* absolute, or "/v2/..." of the site */
	struct scope	 scope;
	const char	*accept;	/* or NULL */
	const char	*type;		/* Content-Type; or NULL */
	struct str	 range;		/* Content-Range; or empty */
	const struct fetch_body *body;
	uint64_t	 answer_bytes;
	uint64_t	 deadline_ns;	/* 0: by the options, from now on */
	bool		 once;		/* the caller tries again, from before */
	bool		 follow;	/* redirects */
	bool		 bare;		/* of a token: authorization goes as it is,
					   and 401 is an answer */
	struct str	 authorization;
	void		*arg;
	int		(*take)(void *arg, int status, struct str piece,
			    struct err *e);
	void		(*sent)(void *arg, uint64_t bytes);
	/* Before each try; where to go on from, for a Range, or 0.  Or NULL. */
	uint64_t	(*again)(void *arg);
	/* Once, never before ask_start returns: a reply that is final, whatever
	 * its status, and the URL it came from; or NULL and why.  The asker ends
	 * the ask, from done too. */
	void		(*done)(void *arg, const struct fetch_reply *r,
			    struct str url, const struct err *why);
};

struct ask *ask_start(struct oci *o, struct site *s,
	    const struct ask_request *r);
void	ask_end(struct ask **a);	/* over or not; NULL is fine */
/* Did it fail in a way that another try may mend?  Either r or why. */
bool	ask_may_mend(const struct fetch_reply *r, const struct err *why);
/* How long to wait before the next try after so many (1...), with what the
 * answer says on it. */
uint64_t ask_wait_ms(const struct fetch_reply *r, unsigned tries);

/* Fill e for a reply that is not what was asked for: what we did, and what the
 * registry said. */
int	reply_error(struct err *e, const struct site *s,
	    const struct fetch_reply *r, const char *what);
/* The same ask, waited for.  r's texts live in the arena. */
struct answer {
	struct fetch_reply r;
	struct str	 url;
};
int	ask_wait(struct answer *out, struct arena *a, struct oci *o,
	    struct site *s, struct ask_request *r, struct err *e) MUST_CHECK;

/* ---- token.c ---- */

struct token_wait;
/* Get a token for scopes ("a b"), and keep it; who asks for the same at the same
 * time waits for the same.  done is never called before this returns. */
struct token_wait *token_start(struct oci *o, struct site *s, struct str scopes,
	    void (*done)(void *arg, const struct err *why), void *arg);
void	token_end(struct token_wait **t);
/* May realm be told the credentials of s?  ERR_TRUST. */
int	realm_check(const struct oci *o, const struct site *s, struct str realm,
	    struct arena *a, struct err *e) MUST_CHECK;

/* ---- repositories ---- */

struct layout;

struct oci_repo {
	struct oci	*o;
	struct arena	*arena;
	enum oci_access	 access;
	struct str	 name;		/* of a registry's */
	struct site	*site;		/* NULL: a layout */
	struct str	 dir;		/* of a layout */
	struct str	*sessions;	/* URLs of uploads that were left open */
	size_t		 nsessions, cap_sessions;
};

/* A task running: job.c, and send.c for OCI_SEND. */
struct job;
struct job *job_start(struct oci_repo *r, struct oci_task *t,
	    void (*moved)(void *arg, int64_t bytes),
	    void (*done)(void *arg, struct job *j, const struct err *why),
	    void *arg);
void	job_end(struct job **j);

#define ACCEPT_MANIFESTS \
	OCI_TYPE_MANIFEST ", " OCI_TYPE_INDEX \
	", application/vnd.docker.distribution.manifest.v2+json" \
	", application/vnd.docker.distribution.manifest.list.v2+json"
/* "/v2/NAME/manifests/REF" and the like. */
struct str path_of(const struct oci_repo *r, struct arena *a, const char *kind,
	    struct str last);
struct scope scope_of(const struct oci_repo *r);

int	layout_open(struct oci_repo *r, struct err *e) MUST_CHECK;
int	layout_task(struct oci_repo *r, struct oci_task *t, struct err *e)
	    MUST_CHECK;
int	layout_put(struct oci_repo *r, const struct oci_manifest *m,
	    const struct str *tags, size_t ntags, struct err *e) MUST_CHECK;
int	layout_referrers(struct oci_repo *r, const struct digest *subject,
	    const char *artifact_type, struct oci_referrers *out,
	    struct arena *a, struct err *e) MUST_CHECK;
int	layout_tags(struct oci_repo *r, const struct str **out, size_t *n,
	    struct arena *a, struct err *e) MUST_CHECK;

int	remote_put(struct oci_repo *r, const struct oci_manifest *m,
	    const struct str *tags, size_t ntags, struct err *e) MUST_CHECK;
int	remote_referrers(struct oci_repo *r, const struct digest *subject,
	    const char *artifact_type, struct oci_referrers *out,
	    struct arena *a, struct err *e) MUST_CHECK;
int	remote_tags(struct oci_repo *r, const struct str **out, size_t *n,
	    struct arena *a, struct err *e) MUST_CHECK;

/* The descriptor that stands for m in an index. */
struct oci_desc desc_of_manifest(const struct oci_manifest *m);
/* A tag of referrers, which no list shows. */
bool	tag_is_referrers(struct str tag);

#endif
