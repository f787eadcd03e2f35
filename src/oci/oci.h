/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci.h - registries, and layouts on disk, that hold manifests and blobs.
 *
 *	oci_ref		what a person types: "host/name:tag", "oci:DIR:tag"
 *	oci		a session: one pool of connections, its tokens
 *	oci_repo	one repository in a registry, or one layout; which of the
 *			two it is makes no difference to who uses it
 *	oci_task	one blob or manifest to send or fetch; many go at once
 *
 * Follows the OCI distribution and image specifications 1.1.  Every byte that
 * comes is counted and hashed on its way: what does not match its descriptor is
 * ERR_REMOTE, and nothing of it is handed on as whole.  Credentials go to the
 * scheme, host and port they belong to and nowhere else.
 *
 * Everything here waits until it is done, on a loop of its own; a signal that
 * os_interrupted knows ends it with ERR_SIGNAL.  One thread for a session.
 *
 * Kinds of error, the same for all that may ask a registry:
 * ERR_INPUT    what the caller gave is wrong
 * ERR_MISSING  no such repository, manifest or blob
 * ERR_TRUST    credentials are asked for or refused; a certificate that does not
 *              hold; plain http where https must be; a redirect that is not safe
 * ERR_REMOTE   it answers wrongly, refuses, or breaks off for good
 * ERR_LIMIT    a ceiling was passed, or the time is up
 * ERR_SYSTEM   the disk or the machine refused
 *
 * Needs: base, os, tree, sign, loop, fetch.
 */
#ifndef OCI_H
#define OCI_H

#include "base/base.h"
#include "sign/sign.h"

#define OCI_MAX_MANIFEST	(4u << 20)	/* bytes */
#define OCI_MAX_CONFIG		(4u << 20)	/* bytes */
#define OCI_MAX_LAYERS		512u		/* of a manifest, or an index */
#define OCI_MAX_BLOB		(UINT64_C(4) << 30)
#define OCI_MAX_TAGS		100000u
#define OCI_MAX_REF		4096u		/* bytes of a reference */
#define OCI_PARALLEL		16u		/* tasks at once */
#define OCI_TRIES		5u		/* of a request */

#define OCI_TYPE_MANIFEST	"application/vnd.oci.image.manifest.v1+json"
#define OCI_TYPE_INDEX		"application/vnd.oci.image.index.v1+json"
#define OCI_TYPE_EMPTY		"application/vnd.oci.empty.v1+json"
#define OCI_TITLE		"org.opencontainers.image.title"
/* The empty blob, "{}", that OCI_TYPE_EMPTY describes; it must be sent too. */
#define OCI_EMPTY		STR("{}")

/* ---- references ---- */

struct oci_ref {
	bool		 layout;	/* oci:DIR */
	struct str	 dir;		/* of a layout */
	struct str	 host;		/* "host" or "host:port", lower case;
					   "docker.io" when none was typed */
	struct str	 name;		/* "team/app"; empty for a layout */
	struct str	 tag;		/* or empty */
	bool		 has_digest;	/* then the tag only informs */
	struct digest	 digest;
	struct str	 text;		/* all of it, with what was left out */
};

/* Texts live in the arena.  Neither tag nor digest is a fine reference, whose
 * tag is empty: the caller says what is meant.  ERR_INPUT, with a hint. */
int	oci_ref_parse(struct oci_ref *r, struct arena *a, struct str text,
	    struct err *e) MUST_CHECK;
/* Does text begin like a reference and not like a file: "oci:", or a host with
 * a dot, a port or "localhost", and a slash?  Says nothing on what is on disk. */
bool	oci_ref_looks(struct str text);
bool	oci_tag_ok(struct str tag);
/* The last part of the repository's name, or of the layout's folder. */
struct str oci_ref_last(const struct oci_ref *r);
/* r with another tag and no digest; or with a digest and no tag. */
struct str oci_ref_tagged(const struct oci_ref *r, struct arena *a,
	    struct str tag);
struct str oci_ref_pinned(const struct oci_ref *r, struct arena *a,
	    const struct digest *d);
/* "sha256:..." and back; false: another algorithm, upper case, a bad length. */
#define OCI_DIGEST_TEXT	72	/* bytes, with its NUL */
void	oci_digest_text(const struct digest *d, char out[OCI_DIGEST_TEXT]);
bool	oci_digest_parse(struct str text, struct digest *d);

/* ---- descriptors and manifests ---- */

struct oci_pair {
	struct str	 key, value;
};

struct oci_desc {
	struct str	 media_type;
	struct digest	 digest;
	uint64_t	 size;		/* bytes */
	struct str	 artifact_type;	/* or empty */
	const struct oci_pair *annotations;
	size_t		 nannotations;
	bool		 has_data;	/* its content stands in it, and matches */
	struct str	 data;		/* decoded */
	bool		 foreign;	/* it has urls: such a layer is never fetched */
};

/* A manifest or an index: what it says, and its exact bytes. */
struct oci_manifest {
	struct str	 media_type;
	bool		 index;
	struct str	 artifact_type;	/* as it says; or empty */
	struct oci_desc	 config;	/* not of an index */
	const struct oci_desc *layers;	/* or the manifests of an index */
	size_t		 nlayers;
	bool		 has_subject;
	struct oci_desc	 subject;
	const struct oci_pair *annotations;
	size_t		 nannotations;
	/* Set by oci_manifest_parse only. */
	struct digest	 digest;
	struct str	 bytes;
};

/*
 * Strict: UTF-8 JSON without a byte-order mark, no key twice, sizes that are
 * whole and not negative, digests of lower-case SHA-256, mediaType equal to
 * type (what the answer or descriptor said; empty: not known).  The OCI types
 * and docker's schema 2 are read.  Texts live in the arena, bytes are copied
 * there.  ERR_REMOTE, or ERR_LIMIT when over a ceiling above.
 */
int	oci_manifest_parse(struct oci_manifest *m, struct arena *a,
	    struct str bytes, struct str type, struct err *e) MUST_CHECK;
/* The bytes of one of ours, in one fixed order; the same m, the same bytes.
 * An annotation list that is empty is left out. */
void	oci_manifest_print(struct buf *out, const struct oci_manifest *m);
/* A descriptor of data. */
struct oci_desc oci_desc_of(const char *media_type, struct str data);
/* The value of an annotation, or empty. */
struct str oci_annotation(const struct oci_pair *v, size_t n, const char *key);
/* artifactType, or else its config's media type. */
struct str oci_manifest_type(const struct oci_manifest *m);

/* ---- sessions ---- */

/* What the environment says; cmd/registry.c fills it.  Each may be NULL. */
struct oci_world {
	const char	*docker_config;	/* the folder: $DOCKER_CONFIG, ~/.docker */
	const char	*docker_auth;	/* $DOCKER_AUTH_CONFIG: JSON, no file */
	const char	*auth_file;	/* $REGISTRY_AUTH_FILE, or containers' */
	const char	*ca_file, *ca_dir;
	const char	*http_proxy, *https_proxy, *all_proxy, *no_proxy;
	const char	*const *environment;	/* of credential helpers */
	const char	*agent;		/* "subo/1.0" */
};

struct oci_options {
	struct oci_world world;
	struct str	 user, password;	/* go before all others; for the
					   host of the first oci_open only */
	bool		 insecure_http;	/* plain http to any host, not only to a
					   loopback one */
	uint64_t	 chunk_bytes;	/* send larger blobs in parts of so many;
					   0: at once, or as the registry wants */
	uint32_t	 total_ms;	/* for one request with its repetitions;
					   0: 15 minutes */
	void		*arg;
	/* Something the user should know, once each: a registry's Warning, a
	 * file of secrets that others may read, a request tried again. */
	void		(*note)(void *arg, const char *text);
	/* Each request and what came of it, without what may be secret.  Or
	 * NULL. */
	void		(*trace)(void *arg, const char *text);
	/* Bytes of the tasks of one oci_do so far. */
	void		(*progress)(void *arg, uint64_t done, uint64_t total);
};

struct oci;
/* o is copied, what it points to is not.  ERR_SYSTEM. */
int	oci_new(struct oci **out, const struct oci_options *o, struct err *e)
	    MUST_CHECK;
void	oci_free(struct oci **o);		/* its repos first */
/* Requests made so far, of tokens too. */
uint64_t oci_requests(const struct oci *o);

struct oci_repo;
enum oci_access { OCI_PULL, OCI_PUSH };
/*
 * Asks nothing yet.  A layout opened for OCI_PUSH is made if it is not there; for
 * OCI_PULL ERR_MISSING.  A host that is this machine ("localhost", 127.0.0.1...) is
 * spoken to by http, or by https when that is what it wants; all others by https.
 */
int	oci_open(struct oci_repo **out, struct oci *o, const struct oci_ref *r,
	    enum oci_access access, struct err *e) MUST_CHECK;
void	oci_close(struct oci_repo **r);

/* ---- tasks ---- */

enum oci_do {
	OCI_HAS,	/* is the blob there?  -> found */
	OCI_SEND,	/* have the blob there, sent only if it is not -> found */
	OCI_FETCH,	/* the blob, checked */
	OCI_RESOLVE,	/* which manifest is it?  -> found, desc */
	OCI_GET,	/* the manifest, checked -> manifest */
};

struct oci_task {
	enum oci_do	 act;
	/* Of a blob: digest and size, to be had or to be met.  Of a manifest:
	 * set from the answer; and before, when has_digest, what is asked for. */
	struct oci_desc	 desc;
	struct str	 tag;		/* of a manifest, when not by digest */
	bool		 has_digest;
	bool		 optional;	/* of a manifest: that it is not there, or
					   what has that digest is none, is found
					   false and no error */
	/* OCI_SEND: the bytes, or desc.size of a file from an offset. */
	struct str	 data;
	bool		 from_file;
	int		 fd;		/* of OCI_FETCH too: written from offset
					   on, by pwrite; -1: into buf */
	uint64_t	 offset;
	struct str	 mount;		/* a repository of the same registry that
					   may have it, "team/base"; or empty */
	/* OCI_FETCH: kept here; its max bounds it too.  After a repetition it is
	 * begun anew. */
	struct buf	*into;
	/* What came of it. */
	bool		 found;		/* it was there before */
	uint64_t	 moved;		/* bytes sent or fetched */
	struct oci_manifest manifest;	/* of OCI_GET, in arena */
	struct arena	*arena;		/* OCI_GET and OCI_RESOLVE: the caller's */
};

/*
 * Do all of them, up to OCI_PARALLEL at once; the first that fails ends all and
 * is the error, others may be done.  An OCI_FETCH that failed leaves into or the
 * file with bytes that are to be thrown away.
 */
int	oci_do(struct oci_repo *r, struct oci_task *tasks, size_t n,
	    struct err *e) MUST_CHECK;
/* The same in two steps: between them, other things can be asked for, and both
 * go on while one of them is waited for.  *out is NULL when it is done already,
 * as always in a layout.  The tasks have to live until the second step. */
struct oci_work;
int	oci_begin(struct oci_work **out, struct oci_repo *r,
	    struct oci_task *tasks, size_t n, struct err *e) MUST_CHECK;
int	oci_end(struct oci_work **w, struct err *e) MUST_CHECK;
void	oci_drop(struct oci_work **w);	/* break it off; NULL is fine */

/* ---- one by one ---- */

/* Which manifest a reference's digest, or tag, names; with neither the tag
 * "latest", or the only one of a layout that refers to no other.  ERR_MISSING. */
int	oci_resolve(struct oci_repo *r, const struct oci_ref *ref,
	    struct oci_desc *out, struct arena *a, struct err *e) MUST_CHECK;
/* And what it says, in the same single request. */
int	oci_get(struct oci_repo *r, const struct oci_ref *ref,
	    struct oci_manifest *out, struct arena *a, struct err *e) MUST_CHECK;
/* A blob of at most max bytes. */
int	oci_read(struct oci_repo *r, const struct oci_desc *d, struct buf *out,
	    struct err *e) MUST_CHECK;

/*
 * Put a manifest, whose blobs are all there, under its digest and under each tag.
 * bytes go as they are; type is their mediaType.  When it has a subject, the
 * subject's list of referrers has it afterwards: where the registry does not keep
 * one, in the index under the tag "sha256-HEX", read again until it has it.
 */
int	oci_put(struct oci_repo *r, struct str bytes, const char *type,
	    const struct str *tags, size_t ntags, struct err *e) MUST_CHECK;

/* What refers to a manifest; also of what lies under the tags of old cosign
 * nothing: those are tags like others. */
struct oci_referrers {
	const struct oci_desc *v;
	size_t		 n;
	size_t		 skipped;	/* entries that are no manifests' */
	bool		 by_tag;	/* the registry keeps no list */
};
/* artifact_type: only those of it; NULL: all.  None is no error. */
int	oci_referrers(struct oci_repo *r, const struct digest *subject,
	    const char *artifact_type, struct oci_referrers *out,
	    struct arena *a, struct err *e) MUST_CHECK;
/* "sha256-HEX", or with ".sig" behind it for old cosign. */
struct str oci_referrers_tag(struct arena *a, const struct digest *subject,
	    const char *suffix);

/* All tags but those of referrers, by bytes. */
int	oci_tags(struct oci_repo *r, const struct str **out, size_t *n,
	    struct arena *a, struct err *e) MUST_CHECK;

/* ---- logging in ---- */

/* host as typed.  Ask whether the registry takes these; ERR_TRUST when not. */
int	oci_check_login(struct oci *o, struct str host, struct err *e) MUST_CHECK;

struct oci_saved {
	struct str	 where;		/* a file, or "the helper 'NAME'" */
	bool		 clear;		/* it can be read in the file */
	bool		 found;		/* of oci_forget: there was one */
};
/* Keep them for host: by the helper that docker's config names, which is then
 * the only place; else in the config file, mode 0600, nothing else in it
 * changed. */
int	oci_save(struct oci *o, struct str host, struct str user,
	    struct str password, struct oci_saved *out, struct arena *a,
	    struct err *e) MUST_CHECK;
int	oci_forget(struct oci *o, struct str host, struct oci_saved *out,
	    struct arena *a, struct err *e) MUST_CHECK;

#endif
