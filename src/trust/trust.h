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
#define TRUST_MAX_CHAIN		8u	/* keys that follow one another */
#define TRUST_MAX_ROTATIONS	256u
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
struct trust_want;
/*
 * Did so many of root's keys sign the policy's text, or keys that follow them?
 * signatures are texts of .minisig files.
 *
 * ERR_INPUT  a signature is none
 * ERR_TRUST  they did not, or a signature of theirs does not hold
 */
int	trust_policy_holds(struct str text, const struct str *signatures,
	    size_t n, const struct trust_want *root, unsigned threshold,
	    struct err *e) MUST_CHECK;
int64_t	trust_policy_version(const struct trust_policy *p);
int64_t	trust_policy_expires(const struct trust_policy *p);	/* 0: never */
/*
 * Was a higher version of the policy that is known as id seen before?  This one
 * is remembered.  memory as in trust_want.
 *
 * ERR_TRUST  yes, and allow_downgrade is false
 */
int	trust_policy_seen(const struct trust_policy *p, const char *memory,
	    struct str id, bool allow_downgrade, struct err *e) MUST_CHECK;
void	trust_policy_free(struct trust_policy **p);

/* ---- keys that follow others ---- */

/*
 * What statement, a .minisig file's text, says of the public key whose file's
 * text is key: its old key signed it, whether that is trusted or not.  Texts
 * live in the arena.
 *
 * ERR_INPUT  one of them is none
 * ERR_TRUST  the old key did not sign it, or signed it for another
 */
int	trust_rotation_parse(struct sign_rotation *r, struct arena *a,
	    struct str key, struct str statement, struct err *e) MUST_CHECK;
/* Is it meant to be such a statement? */
bool	trust_has_rotation(struct str statement);

/* ---- verifying ---- */

#define TRUST_ID	72	/* bytes of what a key is told by, with its NUL */

/*
 * Who signed the file in another form than minisign's, as what names its digest.
 * Whoever asks has checked that; whether the key counts is decided as of others.
 */
struct trust_vouched {
	struct digest	 sha256;	/* of the file, without signatures in it */
	const struct sign_public *key;	/* or NULL: it is of another kind, told by */
	const char	*other;		/* this, and counts as those below do */
};

struct trust_want {
	/* Keys that may sign any bundle.  With a policy they count beside it
	 * for names that no scope of it has. */
	const struct sign_public *keys;
	size_t		 nkeys;
	const struct trust_policy *policy;	/* or NULL */
	/* Keys that follow those that are trusted count as they do; at most
	 * TRUST_MAX_ROTATIONS, beside those of the policy. */
	const struct sign_rotation *rotations;
	size_t		 nrotations;
	const char	*memory;	/* a file of what was seen before, for
					   rollback; NULL: none.  It is made */
	const struct trust_vouched *vouched;	/* for this file */
	size_t		 nvouched;
	size_t		 nstrangers;	/* who signed it so, and are not known */
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
	struct sign_public key;		/* nothing, when other */
	bool		 other;		/* it is of another kind than minisign's */
	bool		 cosign;	/* it signed in cosign's form alone */
	char		 id[TRUST_ID];
	char		 follows[SIGN_ID];	/* the key that is trusted, when
					   this one follows it; or "" */
	struct str	 comment;	/* its trusted comment; or empty */
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
 *            it lacks the provenance that is asked for; the version is lower
 *            than one that was seen; the policy has expired
 * ERR_LIMIT, ERR_SYSTEM
 */
int	trust_verify(struct trust_found *out, struct str file, const char *name,
	    const struct str *detached, size_t ndetached,
	    const struct trust_want *w, struct err *e) MUST_CHECK;
void	trust_found_free(struct trust_found *f);	/* contents */
/* "signed by 0A2F542CF34912C7 (release)", or that nobody did. */
void	trust_found_text(struct buf *out, const struct trust_found *f);

/* Any file: who signed it?  out's bundle stays NULL, and sums are the file's.
 * Errors are those of trust_verify. */
struct trust_file {
	struct str	 data;
	const struct str *detached;	/* texts of .minisig files */
	size_t		 ndetached;
	bool		 anybodys;	/* anybody may have added some: what is no
					   signature, or too many, is passed over */
	struct str	 name, version;	/* what scopes of the policy go by; empty:
					   it has none */
};
int	trust_verify_file(struct trust_found *out, const struct trust_file *f,
	    const struct trust_want *w, struct err *e) MUST_CHECK;
/* Could a signature of the key with this number count? */
bool	trust_expects(const struct trust_want *w, const uint8_t id[8]);
/* All keys whose signatures could count, for some name; in the arena. */
const struct sign_public *trust_keys(size_t *n, const struct trust_want *w,
	    struct arena *a);

/* Semantic versions (semver.org 2.0.0, 11), a leading v is fine: below 0, 0,
 * above 0.  What is none is lower than any. */
int	trust_version_cmp(struct str a, struct str b);

#endif
