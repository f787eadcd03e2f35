/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h - private to trust: what a policy says. */
#ifndef TRUST_POLICY_H
#define TRUST_POLICY_H

#include "trust/trust.h"

struct policy_key {
	struct str	 name;
	struct sign_public key;
};

struct policy_scope {
	struct str	 prefix;	/* of names; "" is all of them */
	unsigned	 threshold;	/* keys, at least 1 */
	const struct policy_key **keys;
	size_t		 nkeys;
	bool		 any_role, roles[SIGN_ROLES];
	struct str	 min_version;	/* or empty */
};

struct trust_policy {
	struct arena	*arena;
	int64_t		 version, expires;
	struct policy_key *keys;
	size_t		 nkeys;
	struct policy_scope *scopes;
	size_t		 nscopes;
	struct str	*revoked_keys;	/* ids, as sign_id writes them */
	size_t		 nrevoked_keys;
	struct digest	*revoked;	/* bundles without signatures */
	size_t		 nrevoked;
};

/* The longest prefix of name, or NULL. */
const struct policy_scope *policy_scope(const struct trust_policy *p,
	    struct str name);
bool	policy_revokes_key(const struct trust_policy *p,
	    const struct sign_public *k);
bool	policy_revokes(const struct trust_policy *p, const struct digest *d);

/* ---- what was seen before (memory.c) ---- */

struct seen {
	bool		 known, was_signed;
	char		 version[200];	/* the highest */
};
/* A file that is not there remembers nothing.  ERR_INPUT: it is no such file. */
int	memory_get(struct seen *s, const char *path, struct str name,
	    struct err *e) MUST_CHECK;
int	memory_put(const char *path, struct str name, const struct seen *s,
	    struct err *e) MUST_CHECK;

#endif
