/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle.h - one file that holds a whole application.
 *
 * Packs and opens Runnable Bundles: a zip of Directive.yaml, a .wasm for each
 * function, and static files.
 * Needs: base, os, sign, diag, directive.  Only bundle/deflate.c knows zlib.
 * Format: bundle(5).
 *
 * Packing is reproducible: the same parts give the same bytes on any machine
 * at any time (with the same zlib).  Directive.yaml first, then by name,
 * dated 1980-01-01 or SOURCE_DATE_EPOCH, mode 0644, no extra fields.
 */
#ifndef BUNDLE_H
#define BUNDLE_H

#include "base/base.h"
#include "directive/directive.h"
#include "sign/sign.h"

#define BUNDLE_MAX_BYTES	(512u << 20)	/* of all entries, unpacked */
#define BUNDLE_MAX_ENTRY	(64u << 20)	/* of one */
#define BUNDLE_MAX_ENTRIES	4096u

struct bundle;		/* open and checked; read-only, so threads may share */

struct bundle_part {
	struct str	name;	/* relative, '/' between, no "." or ".." part */
	struct str	data;
};

struct bundle_options {
	bool		store;		/* do not compress */
	int64_t		epoch_s;	/* seconds since 1970; 0: 1980-01-01 */
	unsigned	jobs;		/* threads that compress; 0: cores */
	bool		unsynced;	/* it is made again with each save: a power
					   cut may leave it empty */
	/*
	 * A bundle that the same packer wrote earlier, or NULL.  same tells
	 * for each part whether that one's entry of this name holds its bytes
	 * already: it is copied as it is packed, and data is not looked at.
	 */
	const char	*earlier;
	const struct digest *earlier_digest;
	const bool	*same;
};

/*
 * Write the parts to path, which is replaced whole or not at all.
 *
 * ERR_INPUT   no Directive.yaml, or a name used twice or not allowed
 * ERR_FAILED  opt->earlier is not what earlier_digest says
 * ERR_LIMIT   over a ceiling above
 * ERR_SYSTEM  not written; what stood at path still stands
 */
int	bundle_pack(const char *path, const struct bundle_part *parts,
	    size_t nparts, const struct bundle_options *opt,
	    struct digest *digest, struct err *e) MUST_CHECK;

/* Names the packer: another one may make other bytes of the same parts. */
const char *bundle_packer(void);

/*
 * Open path and check it: one strict reader, that refuses everything two
 * readers could see differently (bundle(5), RULES).  Entries of other tools'
 * bundles may have data descriptors and any date.  No byte of an entry can be
 * seen before the whole framing has passed.  The caller frees *out.
 *
 * ERR_MISSING  no such file
 * ERR_INPUT    not a bundle
 * ERR_LIMIT    over a ceiling above
 */
int	bundle_open(struct bundle **out, const char *path, struct err *e)
	    MUST_CHECK;
/* The same for bytes in memory, which are copied; name is for messages. */
int	bundle_open_bytes(struct bundle **out, struct str bytes,
	    const char *name, struct err *e) MUST_CHECK;
/* Its two steps, for whoever has something to do between them. */
int	bundle_read(struct buf *bytes, const char *path, struct err *e)
	    MUST_CHECK;
/*
 * And the second for whoever opens one file again and again.  What was found in
 * it is noted in dir, a folder that only we can write, under the digest of all
 * its bytes; the next time modules, which passed every check then, are unpacked
 * only when their bytes are asked for.  Where notes cannot be had, or dir is
 * NULL, it is bundle_open_bytes.  bytes is taken over, and empty after.
 */
int	bundle_open_noted(struct bundle **out, struct buf *bytes,
	    const char *name, const char *dir, struct err *e) MUST_CHECK;

/* Borrowed: what these give lives as long as the bundle. */
const struct directive	*bundle_directive(const struct bundle *b);
const struct digest	*bundle_digest(const struct bundle *b);
size_t			 bundle_count(const struct bundle *b);
struct str		 bundle_name_at(const struct bundle *b, size_t i);
struct bundle_part	 bundle_at(const struct bundle *b, size_t i);
size_t			 bundle_packed_bytes(const struct bundle *b, size_t i);
bool			 bundle_find(const struct bundle *b, struct str name,
			    struct str *data);
/* The module of a function listed in the Directive. */
bool			 bundle_module(const struct bundle *b,
			    const struct function_info *f, struct str *wasm);
/* Its digest; false: the bundle has no module for f. */
bool			 bundle_module_digest(const struct bundle *b,
			    const struct function_info *f, struct digest *d);
/* Is entry i the module of no function that is listed? */
bool			 bundle_stray(const struct bundle *b, size_t i);
/* The name a function asks for a static file by, without a leading "static/",
 * then "/", then "./", once each. */
struct str		 bundle_static_name(struct str name);
/* A static file by the name a function asks for. */
bool			 bundle_static(const struct bundle *b, struct str name,
			    struct str *data);
/* The entry name of a function's module: "name.wasm", or "ns::name.wasm". */
char			*bundle_module_name(struct arena *a, struct str ns,
			    struct str name);

void	bundle_free(struct bundle **b);

#endif
