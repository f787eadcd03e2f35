/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ship.h - bundles in registries, and in layouts on disk.
 *
 * A bundle travels as layers: one for each entry that is worth one, one for all
 * the small files.  A layer's bytes say nothing of the date or of other entries,
 * so that what did not change is never sent again; and an entry is in it as it
 * is packed in the bundle (deflated: as a gzip file), so that the bundle is put
 * together again byte for byte without packing anything anew.  Other tools get
 * files that they can read.  Signatures, SBOM, provenance and test result are
 * referrers of the manifest, which is the same with and without them.
 * The format is in subo-push(1), IN A REGISTRY.
 *
 * Errors are those of oci.h and trust.h; beside that:
 * ERR_INPUT   what is there is no bundle, or what is to be sent is no canonical
 *             one
 * ERR_REMOTE  the layers make another bundle than the manifest says
 *
 * Needs: base, os, diag, tree, sign, directive, bundle, trust, loop, fetch, oci,
 * cosign.
 */
#ifndef SHIP_H
#define SHIP_H

#include "base/base.h"
#include "cosign/cosign.h"
#include "oci/oci.h"
#include "sign/sign.h"
#include "trust/trust.h"

#define SHIP_TYPE	"application/vnd.subo.bundle.v1"	/* artifactType */
#define SHIP_CONFIG	"application/vnd.subo.bundle.config.v1+json"
#define SHIP_WASM_CONFIG "application/vnd.wasm.config.v0+json"	/* CNCF */
#define SHIP_SIGNATURE	"application/vnd.subo.signature.v1"	/* of referrers
					   whose layer is a .minisig text */
#define SHIP_MINISIG	"application/vnd.subo.minisig.v1"
#define SHIP_DIGEST	"vnd.subo.bundle.digest"	/* annotations: of all */
#define SHIP_SIZE	"vnd.subo.bundle.size"		/* bytes, unsigned */
#define SHIP_MAX_LAYERS	400u
#define SHIP_MAX_BYTES	(UINT64_C(640) << 20)	/* of a bundle */
#define SHIP_MAX_TAGS	64u
#define SHIP_MAX_REFERRERS 64u		/* signatures that are looked at */

/* ---- layers: no registry needed ---- */

struct ship_layer {
	struct str	 title;		/* the file that others see */
	const char	*media_type;
	struct str	 data;
	uint32_t	 crc;		/* of one that is not gzip's; CRC-32 */
	struct buf	 own;		/* data, when it is not borrowed */
};

struct ship_layers {
	struct arena	*arena;		/* owned */
	struct ship_layer *v;
	size_t		 n, cap;
	uint32_t	 date;		/* of all entries: MS-DOS date and time */
	bool		 whole;		/* one layer, which is the bundle */
};
/* whole: a bundle with its comment cut off, canonical (BUNDLE_STRICT); it must
 * live as long as the layers. */
void	ship_explode(struct ship_layers *out, struct str whole);
void	ship_layers_free(struct ship_layers *l);	/* contents */
/*
 * The bundle again.  Of each layer all but own is looked at.
 * ERR_INPUT: they are no parts of one.  Whether it is the bundle that was meant
 * only its digest tells.
 */
int	ship_rebuild(struct buf *out, const struct ship_layer *layers, size_t n,
	    uint32_t date, struct err *e) MUST_CHECK;

/* ---- sending ---- */

struct ship_push {
	struct str	 file;		/* a bundle, with its signatures */
	const char	*name;		/* for messages */
	struct oci_ref	 ref;		/* its tag is one; none: "latest" */
	const struct str *tags;		/* and others */
	size_t		 ntags;
	const struct oci_pair *annotations;	/* these go before ours; an empty
					   value leaves one of ours out */
	size_t		 nannotations;
	const struct str *detached;	/* texts of .minisig files beside it */
	size_t		 ndetached;
	const struct sign_secret *key;	/* or NULL: sign it, in minisign's form
					   unless this key's is there already,
					   and in both of cosign's */
	enum sign_role	 role;		/* of that */
	int64_t		 created_s;	/* of that; 0: not told */
	const char	*notes;		/* as dir of bundle_open_noted; or NULL */
	bool		 no_attest;	/* no SBOM, provenance, test result */
};

struct ship_pushed {
	struct digest	 manifest, bundle;
	struct str	 version;	/* of the bundle; in the arena */
	uint64_t	 size;		/* of the layers together, bytes */
	uint64_t	 sent;		/* bytes of blobs and manifests */
	size_t		 layers, layers_sent;
	bool		 unchanged;	/* it was there, under every tag */
	const struct str *tags;		/* all of them; in the arena */
	size_t		 ntags;
	size_t		 signatures;	/* minisign's */
	size_t		 attestations;
	bool		 cosign;
};
int	ship_push(struct ship_pushed *out, struct oci *o,
	    const struct ship_push *p, struct arena *a, struct err *e)
	    MUST_CHECK;
/* p->file is a module, and goes in the CNCF Wasm layout; name is its file. */
int	ship_push_module(struct ship_pushed *out, struct oci *o,
	    const struct ship_push *p, struct arena *a, struct err *e)
	    MUST_CHECK;

/* The commit that the git work tree around dir (absolute) is at, in hex; or
 * empty. */
struct str ship_revision(struct arena *a, const char *dir);

/* Give what r stands for more tags; out: its manifest's digest. */
int	ship_tag(struct digest *out, struct oci *o, const struct oci_ref *r,
	    const struct str *tags, size_t ntags, struct arena *a,
	    struct err *e) MUST_CHECK;

/* ---- fetching ---- */

struct ship_pulled;
struct ship_pull {
	struct oci_ref	 ref;
	const struct trust_want *trust;	/* who must have signed it */
	/* Or, in cosign's way, its manifest; beside the keys above. */
	const struct cosign_key *cosign;
	size_t		 ncosign;
	const char	*have;		/* a file that may be it; or NULL */
	/* Where it is to be kept, told when its kind is known; it is written
	 * meanwhile, and has that name only when it was verified.  Or NULL. */
	const char	*(*into)(void *arg, const struct ship_pulled *so_far);
	void		*arg;
};

struct ship_pulled {
	struct buf	 file;		/* owned: the bundle, with signatures */
	struct digest	 manifest, bundle;
	struct str	 document;	/* the manifest; in the arena */
	bool		 module;	/* it is a module in the CNCF layout */
	struct trust_found found;	/* who signed it */
	size_t		 strangers;	/* signatures in cosign's form of keys that
					   are not trusted */
	struct str	 evidence;	/* those of keys that are, as ship_fetch
					   keeps them; or empty; in the arena */
	bool		 unchanged;	/* into's file held it already */
	uint64_t	 fetched;	/* bytes */
	size_t		 layers;
	size_t		 skipped;	/* referrers that are none */
};
/* Fetch and verify. */
int	ship_pull(struct ship_pulled *out, struct oci *o,
	    const struct ship_pull *p, struct arena *a, struct err *e)
	    MUST_CHECK;
void	ship_pulled_free(struct ship_pulled *p);	/* contents */

/*
 * For whoever runs it: the same, kept in dir, which becomes a private folder,
 * under the manifest's digest; path gets where.  One that is there is not fetched
 * again, and when it is asked for by digest nobody is asked; it is verified again
 * each time.  ERR_INPUT: it is a single module.
 */
int	ship_fetch(struct ship_pulled *out, struct buf *path, struct oci *o,
	    const struct ship_pull *p, const char *dir, struct arena *a,
	    struct err *e) MUST_CHECK;
/*
 * Who signed the bundle at path in cosign's form, which lies there since
 * ship_fetch kept it: sets those of t that are for one file.  p's trust and
 * cosign say who counts; they and the arena have to live as long.
 */
void	ship_kept(struct trust_want *t, const char *path,
	    const struct ship_pull *p, struct arena *a);

#endif
