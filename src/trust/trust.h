/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust.h - who made a bundle, and is that enough?
 *
 * One function verifies, in one order: signatures over all bytes first, and only
 * when one by a trusted key holds is the archive looked into.
 * Format of the policy: subo-trust(5).
 *
 * Needs: base, os, diag, tree, sign, directive, bundle.
 */
#ifndef TRUST_H
#define TRUST_H

#include "base/base.h"
#include "bundle/bundle.h"
#include "sign/sign.h"

#define TRUST_MAX_KEYS		256u	/* of a policy */
#define TRUST_MAX_SCOPES	256u
#define TRUST_MAX_SIGNATURES	8u	/* of one bundle, embedded and detached */
#define TRUST_MAX_MEMORY	(4u << 20)	/* bytes of the file of what was seen */

/* ---- the policy: which keys may sign what ---- */

struct trust_policy;

/*
 * Parse a policy; file is for messages.  Its signature is for trust_policy_holds.
 *
 * ERR_INPUT  "FILE:LINE:COL: what is wrong"
 * ERR_TRUST  it has expired
 */
int	trust_policy_parse(struct trust_policy **out, struct str text,
	    const char *file, int64_t now_s, struct err *e) MUST_CHECK;
/*
 * Is the policy's text signed by root?  signature is a .minisig file's text.
 *
 * ERR_INPUT  signature is none
 * ERR_TRUST  it does not hold
 */
int	trust_policy_holds(struct str text, struct str signature,
	    const struct sign_public *root, struct err *e) MUST_CHECK;
int64_t	trust_policy_version(const struct trust_policy *p);
void	trust_policy_free(struct trust_policy **p);

/* ---- verifying ---- */

struct trust_want {
	/* Keys that may sign any bundle.  With a policy they count beside it
	 * for names that no scope of it has. */
	const struct sign_public *keys;
	size_t		 nkeys;
	const struct trust_policy *policy;	/* or NULL */
	const char	*memory;	/* a file of what was seen before, for
					   rollback; NULL: none.  It is made */
	bool		 allow_unsigned;	/* and signed by who is not known */
	bool		 allow_downgrade;
	int64_t		 now_s;		/* since 1970; 0: the clock's */
	const char	*notes;		/* as dir of bundle_open_noted; or NULL */
	bool		 look;		/* as bundle_look does: nothing of it will
					   be run, and found's bundle is NULL */
	struct buf	*owned;		/* what file lies in, to be taken over and
					   left empty; or NULL: it is copied */
};

struct trust_signer {
	struct sign_public key;
	char		 id[SIGN_ID];
	struct str	 comment;	/* its trusted comment */
	bool		 has_claim;	/* and that is one of ours: */
	struct sign_claim claim;
};

struct trust_found {
	struct arena	*arena;		/* owned */
	struct bundle	*bundle;	/* owned: open; BUNDLE_STRICT when it is
					   signed.  The caller may take it */
	struct sign_sums sums;		/* of what is signed */
	struct trust_signer *signers;	/* trusted, each key once */
	size_t		 nsigners;
	size_t		 nunknown;	/* signatures of keys that are not */
};

/*
 * Who signed the bundle that file holds?  detached are texts of .minisig files.
 * name is for messages.
 *
 * ERR_INPUT  it is no bundle, or a signature is none
 * ERR_TRUST  not signed, not by enough trusted keys, not by one with the role
 *            that is asked for; a signature does not hold, has expired or says
 *            another name, version or digest; a key or the bundle is revoked;
 *            the version is lower than one that was seen
 * ERR_LIMIT, ERR_SYSTEM
 */
int	trust_verify(struct trust_found *out, struct str file, const char *name,
	    const struct str *detached, size_t ndetached,
	    const struct trust_want *w, struct err *e) MUST_CHECK;
void	trust_found_free(struct trust_found *f);	/* contents */
/* "signed by 0A2F542CF34912C7 (release)", or that nobody did. */
void	trust_found_text(struct buf *out, const struct trust_found *f);

/*
 * Any file: does one of these signatures of one of these keys hold?  Gives which
 * key, and the comment that is trusted then; texts borrow from the signature.
 */
int	trust_verify_file(struct trust_signer *out, struct str file,
	    const struct str *detached, size_t ndetached,
	    const struct sign_public *keys, size_t nkeys, struct err *e)
	    MUST_CHECK;

/* Semantic versions (semver.org 2.0.0, 11), a leading v is fine: below 0, 0,
 * above 0.  What is none is lower than any. */
int	trust_version_cmp(struct str a, struct str b);

#endif
