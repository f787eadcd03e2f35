/* SPDX-License-Identifier: Apache-2.0 */
/* want.h - a bundle on its way to us; private to ship. */
#ifndef SHIP_WANT_H
#define SHIP_WANT_H

#include <pthread.h>

#include "os/os.h"
#include "ship/evidence.h"
#include "ship/image.h"

#define WANT_MAX_PAPER	(64u << 10)	/* bytes of a referrer's manifest; ours
					   have 2,000 */

struct want {
	struct ship_pulled *out;
	const struct ship_pull *pull;
	struct arena	*a;
	struct oci_repo	*repo;
	struct oci_manifest manifest;
	bool		 exploded;	/* its layers are ours */
	bool		 apart;		/* and not one that is all of it */
	struct ship_layer *layers;	/* one for each of the manifest */
	struct buf	 config;
	struct image	 image;
	struct oci_task	*tasks;		/* config and layers, on their way */
	size_t		 ntasks;
	struct oci_work	*work;
	struct buf	**into;		/* for each layer that was asked for */
	struct buf	 whole;		/* without the signatures of referrers */
	/* What was there before. */
	struct buf	 earlier, had_whole;
	struct ship_layers had;
	/* Signatures among the referrers, and their texts in the same order. */
	struct oci_task	*papers;
	size_t		 npapers;
	struct buf	*signatures;
	size_t		 nsignatures;
	/* Bundles of cosign's among them, and who signed in its way. */
	struct oci_task	*bundles;
	size_t		 nbundles;
	struct evidence	 evidence;
};
void	want_free(struct want *w);		/* contents */

/* ERR_REMOTE, with the reference's name. */
int	want_bad(const struct want *w, const char *why, struct err *e);

/* ---- land.c ---- */

/* Ask for config and layers. */
int	land_begin(struct want *w, struct err *e) MUST_CHECK;
/* All came: whole is filled, or of a module its layer's own. */
int	land_end(struct want *w, struct err *e) MUST_CHECK;

/* ---- want.c ---- */

/* Fetch those referrers of the manifest that may be signatures. */
int	want_papers(struct want *w, struct err *e) MUST_CHECK;
/* Their texts, when papers are there. */
int	want_signatures(struct want *w, struct err *e) MUST_CHECK;
/* Does one of the signatures in text say that it is of a key that counts? */
bool	want_expected(const struct want *w, struct str text);
/* The comment that the bundle gets: what it had, and those. */
void	want_comment(const struct want *w, struct str had, struct buf *out);

/* ---- vouch.c: signatures of the manifest in cosign's way ---- */

/* Is it looked for any? */
bool	want_somebody(const struct want *w);
/* One of the referrers, which may be a bundle of them. */
void	want_bundle(struct want *w, const struct oci_desc *d);
/* When bundles are there: who signed.  ERR_TRUST: one who is trusted signed
 * something else. */
int	want_vouched(struct want *w, struct err *e) MUST_CHECK;
/* And that it is this file, for trust_verify. */
int	want_vouch(struct want *w, struct trust_want *t, struct err *e)
	    MUST_CHECK;

/* ---- keep.c ---- */

struct keep {
	struct os_new_file f;
	struct str	 data;		/* borrowed, until it is placed or dropped */
	bool		 same;		/* path holds it already */
	bool		 runs;
	pthread_t	 thread;
	int		 rc;
	struct err	 e;
};
/* Begin to write; then place it, and drop it in any case. */
int	keep_start(struct keep *k, const char *path, struct str data,
	    struct err *e) MUST_CHECK;
int	keep_place(struct keep *k, struct err *e) MUST_CHECK;
void	keep_drop(struct keep *k);		/* for CLEANUP */

#endif
