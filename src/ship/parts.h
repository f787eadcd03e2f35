/* SPDX-License-Identifier: Apache-2.0 */
/* parts.h - what the files of ship share; private to it. */
#ifndef SHIP_PARTS_H
#define SHIP_PARTS_H

#include "ship/ship.h"

/* ---- entry.c: entries of a canonical bundle (bundle(5), CANONICAL FORM) ---- */

#define ENTRY_STORED	0u
#define ENTRY_DEFLATED	8u
#define ENTRY_DATE	(33u << 16)	/* 1980-01-01 00:00 */
#define ENTRY_MAX_NAME	1024u

struct entry {
	struct str	 name, packed;	/* borrowed */
	unsigned	 method;
	uint32_t	 crc, nbytes;	/* of what it unpacks to */
};

uint32_t	entry_get32(struct str s, size_t at);
void		entry_put32(struct buf *b, uint32_t v);
/* Cut one off the front of an archive.  False: what stands there is no local
 * header of ours with all its bytes, or asks for another form. */
bool		entry_cut(struct str *rest, struct entry *out, uint32_t *date);
/* Does a directory begin here: is this all of the entries? */
bool		entry_is_end(struct str rest);
/* By name, Directive.yaml first. */
int		entry_by_name(const void *a, const void *b);
/* What stands behind them in an archive: the directory and the end record. */
void		entry_directory(struct buf *out, const struct entry *v,
		    size_t n, uint32_t date);
/* Its local header; and how many bytes that, its line of the directory and the
 * end record have. */
void		entry_local(struct buf *out, const struct entry *z,
		    uint32_t date);
size_t		entry_local_bytes(const struct entry *z);
size_t		entry_central_bytes(const struct entry *z);
size_t		entry_end_bytes(void);
/* An archive of them, in this order. */
void		entry_write(struct buf *out, const struct entry *v, size_t n,
		    uint32_t date);

/* ---- gzip.c: RFC 1952, with nothing in its header ---- */

#define GZIP_MORE	18u		/* bytes beside the deflated ones */
#define GZIP_BEFORE	10u		/* of these, those before them */
void		gzip_write(struct buf *out, const struct entry *z);
bool		gzip_read(struct entry *z, struct str file);

/* ---- layers ---- */

#define LAYER_WASM	"application/wasm"
#define LAYER_YAML	"application/yaml"
#define LAYER_JSON	"application/json"
#define LAYER_FILE	"application/octet-stream"
#define LAYER_ZIP	"application/zip"
#define LAYER_GZIP	"+gzip"		/* behind another */
#define LAYER_FILES	"files.zip"	/* its title */
#define LAYER_BUNDLE	"bundle.wasm.zip"

/* ---- parcel.c, referrers.c: what is to be sent ---- */

struct blob {
	struct oci_desc	 desc;
	struct str	 data;
};

/* A manifest of ours with the blobs that are its own. */
struct paper {
	const char	*artifact_type;
	struct oci_desc	 desc;		/* of bytes */
	struct str	 bytes;
	struct blob	 blob;		/* its one layer */
	bool		 there;		/* it is listed already */
};

/* ---- cosign.c ---- */

/* What cosign 2 verifies; what cosign 3 does is a paper. */
struct cosign {
	struct str	 tag;
	struct blob	 config, payload;
	struct oci_pair	 note;		/* the signature */
	bool		 found, there;	/* something under the tag; ours in it */
	struct oci_manifest old;	/* it */
};

struct parcel {
	struct arena	*a;		/* the caller's */
	struct bundle	*bundle;
	struct buf	 own;		/* whole, when the file is not it */
	struct str	 whole;		/* without signatures */
	struct str	 comment;	/* the signatures */
	struct ship_layers layers;
	struct blob	*blobs;		/* config and layers */
	size_t		 nblobs, capblobs;
	struct str	 manifest;
	struct oci_desc	 desc;		/* of it */
	struct paper	*papers;	/* its referrers */
	size_t		 npapers, cappapers;
	size_t		 nsignatures, nattestations;
	struct cosign	*cosign;	/* or NULL */
};
/* Check the bundle and make the documents.  ERR_INPUT, ERR_LIMIT. */
int	parcel_make(struct parcel *p, const struct ship_push *push,
	    struct err *e) MUST_CHECK;
void	parcel_free(struct parcel *p);		/* contents */
void	parcel_add_blob(struct parcel *p, const struct oci_desc *d,
	    struct str data);
struct referrer {
	const char	*type, *layer_type;
	const char	*title;		/* of the layer; or NULL */
	bool		 inside;	/* the layer stands in the manifest too */
	const struct oci_pair *annotations;
	size_t		 nannotations;
};
void	parcel_add_paper(struct parcel *p, const struct referrer *r,
	    struct str data);
/* The referrers: signatures, and what was attested. */
int	parcel_refer(struct parcel *p, const struct ship_push *push,
	    struct err *e) MUST_CHECK;
void	parcel_cosign_make(struct parcel *p, const struct ship_push *push);
/* What t, an OCI_GET of its tag, came to. */
void	parcel_cosign_mark(struct cosign *c, const struct oci_task *t);
int	parcel_cosign_put(struct cosign *c, struct oci_repo *repo, uint64_t *sent,
	    struct arena *a, struct err *e) MUST_CHECK;
/* Send it, unless it is there. */
int	parcel_send(struct parcel *p, struct ship_pushed *out, struct oci *o,
	    const struct ship_push *push, struct err *e) MUST_CHECK;

/* Annotations, those of more before ours; an empty value leaves one out. */
struct notes {
	struct arena	*a;
	struct oci_pair	*v;
	size_t		 n, cap;
};
void	notes_add(struct notes *t, const char *key, struct str value);
void	notes_first(struct notes *t, const struct oci_pair *v, size_t n);

#endif
