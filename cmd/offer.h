/* SPDX-License-Identifier: Apache-2.0 */
/* offer.h - a function that somebody published, as `add`, `update` and
 * `publish` have it. */
#ifndef OFFER_H
#define OFFER_H

#include "cmd.h"
#include "module/module.h"
#include "oci/oci.h"
#include "project/project.h"
#include "trust/trust.h"

/* The layout of one module that others' tools read too. */
#define OFFER_CONFIG	"application/vnd.wasm.config.v0+json"
#define OFFER_WASM	"application/wasm"
/* What a module alone does not say; annotations of the manifest. */
#define OFFER_NAME	"vnd.subo.function.name"
#define OFFER_LANG	"vnd.subo.function.lang"
#define OFFER_API	"vnd.subo.function.apiVersion"
#define OFFER_VERSION	"org.opencontainers.image.version"

struct offer {
	struct arena	*arena;
	struct oci_ref	 ref;
	struct oci_manifest manifest;
	struct pin	 pin;		/* its name is the publisher's */
	struct buf	 wasm;
	struct module	*module;
};

/* Where one is looked for. */
struct offer_source {
	struct oci	*oci;
	const char	*base;		/* a layout (oci:DIR) is meant from there */
	struct str	 reference;
	const struct digest *pinned;	/* this manifest; or NULL */
	const struct trust_want *trust;	/* who must have signed it; NULL: it is
					   known by its digest */
};

/*
 * Fetch it.  o is to be freed in any case.  Errors as oci.h, and ERR_INPUT: it
 * is no function; ERR_TRUST: nobody who is trusted signed it.
 */
int	offer_fetch(struct offer *o, const struct offer_source *s,
	    struct err *e) MUST_CHECK;
void	offer_free(struct offer *o);		/* for CLEANUP */

/* Can s be told of a function: its version, its language? */
bool	offer_is_word(struct str s);

/* Which manifest does reference stand for now? */
int	offer_resolve(struct digest *out, struct oci *oci, const char *base,
	    struct str reference, struct err *e) MUST_CHECK;

/* Is it an application, which may have one function?  Then that is fetched and
 * verified so. */
bool	offer_is_bundle(const struct oci_manifest *m);
int	offer_read_bundle(struct offer *o, const struct offer_source *s,
	    struct err *e) MUST_CHECK;
/* Find out who signed it, which is o->pin.signers then. */
int	offer_verify(struct offer *o, struct oci_repo *repo,
	    const struct trust_want *w, struct err *e) MUST_CHECK;
/* Sign the module of p, and send that as a referrer of subject. */
int	offer_sign(struct oci_repo *repo, const struct pin *p,
	    struct str wasm, const struct oci_desc *subject,
	    const struct sign_secret *key, struct err *e) MUST_CHECK;

/* Keep its module in cache and see that it can run here: problems go to
 * standard error.  ERR_INPUT: it cannot. */
int	offer_keep(struct offer *o, const char *cache, struct err *e)
	    MUST_CHECK;

/* A public key as it stands in a lock: the line of minisign's that holds it. */
struct str offer_key_text(struct arena *a, const struct sign_public *key);

/* Tell what it is and what it may do, on standard error. */
void	offer_show(const struct offer *o, struct str label);
/* What changed from one pin to the next, a line each; true: the new one may
 * do more. */
bool	offer_changes(const struct pin *was, const struct pin *now,
	    struct buf *lines);
struct tree *offer_json(struct arena *a, const struct pin *p);

/* Warn of each capability that it needs and d does not give it. */
void	offer_warn(const struct pin *p, const struct directive *d);

/* "y" on a terminal, or yes.  ERR_USAGE: there is nobody to ask; ERR_FAILED:
 * the answer was another. */
int	offer_agree(bool yes, const char *question, struct err *e) MUST_CHECK;

#endif
