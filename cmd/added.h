/* SPDX-License-Identifier: Apache-2.0 */
/* added.h - the functions of others in a project: fetched, pinned, written. */
#ifndef ADDED_H
#define ADDED_H

#include "keys.h"
#include "offer.h"
#include "registry.h"

/* Rows for a command's table of options: who is trusted. */
struct added_opts {
	struct registry_opts registry;
	struct trust_opts trust;	/* keys, rotations, allow_unsigned */
};
#define ADDED_OPTS(o) \
	{ "key", 'k', OPT_LIST, &(o).trust.keys, "FILE", \
	    "trust the publisher's public key in FILE (or itself: RW...)", \
	    VALUE_FILE }, \
	{ "allow-unsigned", 0, OPT_FLAG, &(o).trust.allow_unsigned, NULL, \
	    "take what nobody who is trusted signed", VALUE_ANY }, \
	TRUST_ROTATION((o).trust), \
	REGISTRY_OPTS((o).registry)

/* A project that may take functions of others, and what is at work on it. */
struct added {
	struct arena	*arena;
	struct project	*project;
	struct pins	 pins;		/* the lock, to be changed */
	const char	*root, *lock, *directive;	/* absolute paths */
	const char	*cache;
	const struct added_opts *opts;
	struct trusting	 trusting;
	struct oci	*oci;		/* made when first needed */
};

/* ERR_MISSING: where we are there is no Directive. */
int	added_open(struct added *a, const struct added_opts *o,
	    struct err *e) MUST_CHECK;
void	added_close(struct added *a);		/* for CLEANUP */

/*
 * Fetch, verify and keep what reference stands for, or the manifest pinned of
 * it.  Who signed what old pins (or NULL) is trusted to sign what follows.
 */
int	added_fetch(struct added *a, struct offer *o, struct str reference,
	    const struct digest *pinned, const struct pin *old,
	    struct err *e) MUST_CHECK;
int	added_resolve(struct added *a, struct digest *out,
	    struct str reference, struct err *e) MUST_CHECK;
/* Write the lock; and the Directive, when label is not empty. */
int	added_save(struct added *a, struct str label, struct str reference,
	    struct err *e) MUST_CHECK;

/*
 * Have the modules of all pins of p on this machine; n gets how many had to be
 * fetched.  Asks no registry when nothing is missing.  ERR_TRUST: what came is
 * not what is pinned.
 */
int	added_fetch_missing(const struct project *p,
	    const struct added_opts *o, size_t *n, struct err *e) MUST_CHECK;

#endif
