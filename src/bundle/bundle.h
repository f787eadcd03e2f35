/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle.h - one file that holds a whole application.
 *
 * Packs and opens Runnable Bundles: a zip of Directive.yaml, a .wasm for each
 * function, and static files.
 * Needs: base, os, sign, diag, directive.  Only bundle/deflate.c knows zlib,
 * only bundle/unicode.c knows utf8proc.
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

/* Entries that tell of the others; readers look them over. */
#define BUNDLE_SBOM		"attest/sbom.cdx.json"
#define BUNDLE_PROVENANCE	"attest/provenance.json"
#define BUNDLE_TESTS		"attest/test-result.json"

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
 * Two levels of reading.  Both refuse everything that two readers could see
 * differently (bundle(5), RULES).  BUNDLE_TOLERANT takes what other tools
 * write beside that: data descriptors, times in extra fields, folders, any
 * order and date.  BUNDLE_STRICT demands the canonical form (bundle(5),
 * CANONICAL FORM) and a digest for each module: what is signed, pushed or
 * verified is opened so.
 *
 * Every refusal names its rule: its text ends in " [rule]", as listed in
 * bundle(5).
 */
enum bundle_level { BUNDLE_TOLERANT, BUNDLE_STRICT };

/*
 * Open path and check it.  No byte of an entry can be seen before the whole
 * framing has passed.  The caller frees *out.
 *
 * ERR_MISSING  no such file
 * ERR_INPUT    not a bundle, or not a canonical one
 * ERR_TRUST    a module is not the one that the Directive names
 * ERR_LIMIT    over a ceiling above
 */
int	bundle_open(struct bundle **out, const char *path, struct err *e)
	    MUST_CHECK;	/* BUNDLE_TOLERANT */
/* The same for bytes in memory, which are copied; name is for messages. */
int	bundle_open_bytes(struct bundle **out, struct str bytes,
	    const char *name, struct err *e) MUST_CHECK;
/* The same, at any level.  unsigned_digest: what bundle_digest would find,
 * when the caller has computed it from these very bytes; else NULL. */
int	bundle_open_at(struct bundle **out, struct str bytes,
	    const char *name, enum bundle_level level,
	    const struct digest *unsigned_digest, struct err *e) MUST_CHECK;
/* The two steps of opening a file, for whoever has something to do between
 * them. */
int	bundle_read(struct buf *bytes, const char *path, struct err *e)
	    MUST_CHECK;
/*
 * And the second for whoever opens one file again and again.  What was found in
 * it is noted in dir, a folder that only we can write, under the digest of all
 * its bytes; the next time modules, which passed every check then, are unpacked
 * only when their bytes are asked for.  Where notes cannot be had, or dir is
 * NULL, it is bundle_open_at.  bytes is taken over, and empty after.
 */
struct bundle_how {
	enum bundle_level level;
	const struct digest *digest;	/* as unsigned_digest above; or NULL */
	const char	*dir;
};
int	bundle_open_noted(struct bundle **out, struct buf *bytes,
	    const char *name, const struct bundle_how *how, struct err *e)
	    MUST_CHECK;
/*
 * bundle_open_at for whoever hands the file on and runs nothing of it: a module
 * whose digest the Directive tells is neither unpacked nor compared with it, and
 * must not be asked for its bytes.  bytes are borrowed.
 */
int	bundle_look(struct bundle **out, struct str bytes, const char *name,
	    enum bundle_level level, const struct digest *unsigned_digest,
	    struct err *e) MUST_CHECK;
/* The rule that a refusal names, or an empty str. */
struct str bundle_rule(const struct err *e);

/*
 * Signatures stand in the archive's comment, and are made over the file
 * without it: file[0 .. head), then two zero bytes (the comment's length).
 * Only the end of the file is looked at: call this before anything else of a
 * file that is not verified yet, and look at no comment that is not signed.
 *
 * ERR_INPUT  no end record closes the file, or more than one could; or the
 *            comment is longer than BUNDLE_MAX_COMMENT, or is not made of
 *            signatures: four lines each, as minisign(1) writes them
 */
#define BUNDLE_MAX_COMMENT	16384u
#define BUNDLE_MAX_SIGNATURES	8u
struct bundle_cut {
	struct str	head;		/* what is signed, but for two zeros */
	struct str	comment;	/* empty: no signature is in the file */
};
int	bundle_cut(struct bundle_cut *out, struct str file, struct err *e)
	    MUST_CHECK;
/* The digest of the bytes that are signed: what bundle_digest gives. */
int	bundle_unsigned_digest(struct digest *out, struct str file,
	    struct err *e) MUST_CHECK;
/* The bytes that are signed, added to out.  Sealing them with the comment they
 * had gives the file again. */
void	bundle_unsigned(struct buf *out, const struct bundle_cut *c);
/* file with comment in place of its own; empty: without. */
int	bundle_sealed(struct buf *out, struct str file, struct str comment,
	    struct err *e) MUST_CHECK;

/*
 * Rewrite a bundle that BUNDLE_TOLERANT takes in the canonical form: the
 * Directive gets its list of functions with digests, modules their full
 * names.  Signatures do not survive it.  A canonical bundle is copied as it
 * is, signatures and all, and *same set.  Modules that no function lists are
 * left out, each told to drop.
 *
 * ERR_INPUT  it has no Directive (tenant.json), or a function no module
 */
struct bundle_normalize {
	int64_t		 epoch_s;	/* as bundle_options */
	bool		 store;
	unsigned	 jobs;
	void		(*drop)(void *arg, struct str entry);
	void		*arg;
};
int	bundle_normalize(const char *path, struct str bytes, const char *name,
	    const struct bundle_normalize *how, bool *same,
	    struct digest *digest, struct err *e) MUST_CHECK;

/* Borrowed: what these give lives as long as the bundle. */
const struct directive	*bundle_directive(const struct bundle *b);
/* Of the file without signatures: signing it does not change it. */
const struct digest	*bundle_digest(const struct bundle *b);
/* Its comment: signatures, or empty.  Nothing has verified them. */
struct str		 bundle_signatures(const struct bundle *b);
/* The date of its entries (Directive.yaml's), in seconds since 1970. */
int64_t			 bundle_epoch(const struct bundle *b);
size_t			 bundle_count(const struct bundle *b);
struct str		 bundle_name_at(const struct bundle *b, size_t i);
struct bundle_part	 bundle_at(const struct bundle *b, size_t i);
size_t			 bundle_packed_bytes(const struct bundle *b, size_t i);
bool			 bundle_find(const struct bundle *b, struct str name,
			    struct str *data);
/* The module of a function listed in the Directive. */
bool			 bundle_module(const struct bundle *b,
			    const struct function_info *f, struct str *wasm);
/* The digest of a module's bytes; of other entries all zero. */
const struct digest	*bundle_entry_digest(const struct bundle *b, size_t i);
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
