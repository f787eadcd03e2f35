/* SPDX-License-Identifier: Apache-2.0 */
/* keys.h - keys, passwords and who is trusted, for the commands that sign and
 * those that verify. */
#ifndef KEYS_H
#define KEYS_H

#include "cmd.h"
#include "cosign/cosign.h"
#include "trust/trust.h"

/* Rows for a command's table of options. */
struct trust_opts {
	struct opt_list	 keys, rotations, roots;
	uint64_t	 root_threshold;
	const char	*policy;
	bool		 allow_unsigned, allow_downgrade;
	bool		 cosign;	/* keys of cosign's may be named too: what is
					   verified lies in a registry */
};
#define TRUST_ROTATION(o) \
	{ "rotation", 0, OPT_LIST, &(o).rotations, "FILE", \
	    "trust the public key in FILE as the one it follows, as " \
	    "FILE.minisig says", \
	    VALUE_FILE }
#define TRUST_OPTS(o) \
	{ "key", 'k', OPT_LIST, &(o).keys, "FILE", \
	    "trust the public key in FILE (or the key itself: RW...)", \
	    VALUE_FILE }, \
	{ "policy", 0, OPT_TEXT, &(o).policy, "FILE", \
	    "trust whom the policy in FILE names", VALUE_FILE }, \
	{ "root", 0, OPT_LIST, &(o).roots, "FILE", \
	    "the policy must be signed by the public key in FILE", \
	    VALUE_FILE }, \
	{ "root-threshold", 0, OPT_NUMBER, &(o).root_threshold, "N", \
	    "by N of the roots that are given (default: all)", VALUE_ANY }, \
	TRUST_ROTATION(o), \
	{ "allow-unsigned", 0, OPT_FLAG, &(o).allow_unsigned, NULL, \
	    "take a bundle that nobody who is trusted signed", VALUE_ANY }, \
	{ "allow-downgrade", 0, OPT_FLAG, &(o).allow_downgrade, NULL, \
	    "take a version below one that was seen before", VALUE_ANY }

/* What is to be verified against; texts and keys live in its arena. */
struct trusting {
	struct arena	*arena;
	struct trust_policy *policy;
	struct trust_want want;
	struct cosign_key *cosign;
	size_t		 ncosign;
};
/*
 * From the options, and where those name nobody from the user's folder
 * (subo-verify(1), FILES).
 *
 * ERR_INPUT, ERR_MISSING, ERR_TRUST  a key or the policy
 */
int	trusting_open(struct trusting *t, const struct trust_opts *o,
	    struct err *e) MUST_CHECK;
void	trusting_close(struct trusting *t);	/* for CLEANUP */
/* Does o name anybody, so that what is not signed is not taken? */
bool	trust_opts_given(const struct trust_opts *o);
/* The bundle that file, of the file at path, holds, verified with what lies
 * beside it; says who signed it.  file is empty after. */
int	trusting_verify(struct bundle **out, struct buf *file, const char *path,
	    struct trusting *t, struct err *e) MUST_CHECK;
/* Is anybody trusted at all? */
bool	trusting_somebody(const struct trusting *t);

/* Signatures beside path: path.minisig and path.ID.minisig; texts in the arena. */
#define KEYS_MAX_DETACHED	TRUST_MAX_SIGNATURES
int	keys_detached(struct str *texts, size_t *n, struct arena *a,
	    const char *path, struct err *e) MUST_CHECK;

/*
 * What a file of keys or a policy holds.  A link is followed only to a file of
 * the user's or of root's: whoever else made it could change it at any time.
 *
 * ERR_TRUST  it is a link to another's file; else as os_read
 */
int	keys_read(struct buf *out, const char *path, struct err *e) MUST_CHECK;
/* One public key, from a file or as it is. */
int	keys_public(struct sign_public *p, const char *text, struct err *e)
	    MUST_CHECK;
/* One of cosign's; *is_one: the file holds no other kind.  A file that cannot be
 * read is for keys_public. */
int	keys_cosign(struct cosign_key *k, bool *is_one, const char *path,
	    struct err *e) MUST_CHECK;
/*
 * A secret key.  Its password comes from SUBO_KEY_PASSWORD, else from the
 * terminal.
 *
 * ERR_TRUST  others may read the file; or the password is wrong
 */
int	keys_secret(struct sign_secret **out, const char *path, struct err *e)
	    MUST_CHECK;
/* Ask the terminal for a password, twice when it is new.  ERR_USAGE: there is no
 * terminal. */
int	keys_password(struct buf *out, const char *prompt, bool new,
	    struct err *e) MUST_CHECK;

/* The user's folder for what they chose (XDG_CONFIG_HOME/subo), or what we note
 * (XDG_STATE_HOME/subo), with a name added.  False: there is no home. */
bool	keys_config(struct buf *out, const char *name);
bool	keys_state(struct buf *out, const char *name);

#endif
