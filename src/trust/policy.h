/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h - private to trust: what a policy says. */
#ifndef TRUST_POLICY_H
#define TRUST_POLICY_H

#include "tree/tree.h"
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
	bool		 provenance;	/* it tells what it was built from */
	bool		 minisign;	/* no other form of a signature counts */
};

struct policy_revoked {
	struct str	 id;		/* as sign_id writes it; or */
	bool		 whole;		/* all of the key: */
	struct sign_public key;
};

struct trust_policy {
	struct arena	*arena;
	int64_t		 version, expires;
	struct policy_key *keys;
	size_t		 nkeys;
	struct policy_scope *scopes;
	size_t		 nscopes;
	struct sign_rotation *rotations;
	size_t		 nrotations;
	struct policy_revoked *revoked_keys;
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

/* Does name begin with prefix, which ends where a part of the name does? */
bool	policy_in_scope(struct str prefix, struct str name);

/* ---- what lists of a policy hold (policy_lists.c) ---- */

struct reader {
	struct trust_policy *p;
	const char	*file;
	struct err	*e;
};
int	policy_wrong(const struct reader *r, const struct tree *at,
	    const char *fmt, ...) PRINTF(3, 4);
/* A map with these keys and no other. */
int	policy_keys(const struct reader *r, const struct tree *t,
	    const char *const *keys, size_t nkeys) MUST_CHECK;
/* A list of texts. */
int	policy_list(const struct reader *r, const struct tree *t, size_t most)
	    MUST_CHECK;
int	policy_read_revoked(struct reader *r, const struct tree *t) MUST_CHECK;
int	policy_read_rotations(struct reader *r, const struct tree *t)
	    MUST_CHECK;

/* ---- keys that follow others (rotation.c) ---- */

/* For what is asked whether a key counts. */
struct asked {
	const struct trust_want *want;
	bool		 named;		/* false: for some name or other */
	struct str	 name;
	int64_t		 now_s;
};

struct lineage_key {
	struct sign_public key;
	unsigned	 depth;		/* links from root; 0: itself trusted */
	size_t		 root, group;	/* places in the lineage: keys that follow
					   one another are one group */
};
/* The keys that are trusted, and those that follow them. */
struct lineage {
	struct arena	*arena;
	struct asked	 asked;
	struct lineage_key *v;
	size_t		 n, cap;
};
void	lineage_begin(struct lineage *l, struct arena *a,
	    const struct asked *q);
void	lineage_add(struct lineage *l, const struct sign_public *trusted);
void	lineage_walk(struct lineage *l);	/* when all were added */
const struct lineage_key *lineage_find(const struct lineage *l,
	    const struct sign_public *key);
bool	lineage_revoked(const struct lineage *l,
	    const struct sign_public *key);
/* "; key B follows A, which is revoked", or nothing when it follows none. */
void	lineage_why(struct buf *out, const struct lineage *l,
	    const struct sign_public *key);
const struct sign_rotation *rotation_at(const struct trust_want *w, size_t i);

/* ---- what a policy asks of a name (scope.c) ---- */

/* What was signed, when its name is known. */
struct subject {
	struct str	 name, version;
	const struct bundle *bundle;	/* or NULL: it is another file */
};
/* ERR_TRUST: the policy of q's asks for more than these signers. */
int	scope_check(const struct trust_found *f, const struct asked *q,
	    const struct subject *s, struct err *e) MUST_CHECK;
/* The same for a policy itself, which so many keys of q's have to sign. */
int	scope_check_root(const struct trust_found *f, const struct asked *q,
	    unsigned threshold, struct err *e) MUST_CHECK;
/* Does the bundle hold a statement of what it was built from, which is about
 * its modules?  ERR_TRUST */
int	provenance_check(const struct bundle *b, struct err *e) MUST_CHECK;

/* ---- signatures (judge.c) ---- */

struct verifying {
	struct trust_found *out;
	const struct trust_want *w;
	const char	*name;		/* for messages */
	int64_t		 now_s;
	struct str	 file;
	struct bundle_cut cut;		/* of a bundle */
	bool		 anybodys;	/* as in trust_file */
	struct sign_signature sigs[TRUST_MAX_SIGNATURES];
	size_t		 nsigs;
	struct lineage	 line;		/* from all keys that are trusted */
	struct err	*e;
};
/* Take those that text is made of. */
int	judge_take(struct verifying *v, struct str text, const char *where)
	    MUST_CHECK;
int	judge_detached(struct verifying *v, const struct str *texts, size_t n)
	    MUST_CHECK;
/* Those who signed in another form become signers. */
int	judge_vouched(struct verifying *v) MUST_CHECK;
/* Those of keys that are trusted for some name or other become out's signers;
 * there has to be one, unless none is asked for. */
int	judge_all(struct verifying *v) MUST_CHECK;
/* The same when the name is known, and what the policy asks of that. */
int	judge_named(struct verifying *v, const struct subject *s) MUST_CHECK;
int	judge_differs(const struct verifying *v, const char *what);

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
/* The highest version of the policy that is known as id; 0: none. */
int	memory_get_policy(int64_t *version, const char *path, struct str id,
	    struct err *e) MUST_CHECK;
int	memory_put_policy(const char *path, struct str id, int64_t version,
	    struct err *e) MUST_CHECK;

#endif
