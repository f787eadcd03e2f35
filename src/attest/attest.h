/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest.h - what a bundle tells of itself: what it is made of (CycloneDX
 * 1.5), what it was built from (SLSA provenance 1), and how its tests went
 * (in-toto test result 0.1), both in in-toto statements 1.
 *
 * Needs: base, os, tree, sign, module, directive.
 *
 * All of it is made from what is given here and nothing else: no clock, no
 * random number, no name of this machine; the same input gives the same bytes.
 * So a statement that lies in a bundle cannot name that bundle's digest: its
 * subjects are the bundle's modules and other entries.
 */
#ifndef ATTEST_H
#define ATTEST_H

#include "base/base.h"
#include "sign/sign.h"

#define ATTEST_MAX_BYTES	(16u << 20)	/* of one document */
#define ATTEST_MAX_LOCK		(16u << 20)	/* of a lock file */
#define ATTEST_MAX_LIBRARIES	50000u		/* of one function */

#define ATTEST_SBOM_TYPE	"application/vnd.cyclonedx+json"
#define ATTEST_INTOTO_TYPE	"application/vnd.in-toto+json"
#define ATTEST_STATEMENT	"https://in-toto.io/Statement/v1"
#define ATTEST_PROVENANCE	"https://slsa.dev/provenance/v1"
#define ATTEST_TEST_RESULT	"https://in-toto.io/attestation/test-result/v0.1"

/* ---- what functions are made of ---- */

struct attest_library {
	struct str	 purl;		/* "pkg:cargo/serde@1.0.200"; its key */
	struct str	 name, version;
	const char	*algorithm;	/* "SHA-256"...: hash is hex; "h1": as
					   go.sum has it; NULL: none is known */
	struct str	 hash;
	struct str	*needs;		/* purls */
	size_t		 nneeds, needscap;
};

/* Of one function, sorted by purl, each once. */
struct attest_libraries {
	struct arena	*arena;		/* owned */
	struct attest_library *v;
	size_t		 n, cap;
	struct str	*direct;	/* purls that the function itself needs */
	size_t		 ndirect, directcap;
};

/* The files that attest_read_lock knows: Cargo.lock, go.mod, go.sum,
 * package-lock.json.  path may have folders in front. */
bool	attest_is_lock(struct str path);

/*
 * Add what a lock file lists; path is also for messages.  go.sum adds nothing
 * by itself: it is read with its go.mod, which must come first.
 *
 * ERR_INPUT  "PATH: what is wrong"; ERR_LIMIT
 */
int	attest_read_lock(struct attest_libraries *out, const char *path,
	    struct str text, struct err *e) MUST_CHECK;
/* Sort them and drop doubles: after the last lock. */
void	attest_libraries_done(struct attest_libraries *l);
void	attest_libraries_free(struct attest_libraries *l);	/* contents */

/*
 * Add to out the payload of a module's producers section, without reading the
 * rest of the file.  A file without one, or which is no module, adds nothing.
 *
 * ERR_MISSING, ERR_SYSTEM  it cannot be read
 */
int	attest_producers(struct buf *out, const char *path, struct err *e)
	    MUST_CHECK;

/* ---- documents ---- */

struct attest_entry {			/* of the bundle */
	struct str	 name;
	struct digest	 digest;
};

struct attest_source {			/* a file, from the function's folder */
	struct str	 name;
	struct str	 digest;	/* hex, or what a link says */
};

struct attest_tool {			/* a compiler */
	struct str	 name, version;
};

struct attest_function {
	struct str	 name, ns, lang, version;
	struct str	 entry;		/* its module's */
	struct digest	 digest;	/* of the module */
	struct str	 producers;	/* payload of its section of that name, as
					   attest_producers gives it; or empty */
	const struct attest_libraries *libraries;	/* or NULL */
	struct str	 reference;	/* of a function of others; or empty */
	/* For the provenance: */
	struct str	 folder;	/* from the project's, "." for itself */
	const struct attest_source *sources;
	size_t		 nsources;
	const struct attest_tool *tools;
	size_t		 ntools;
};

struct attest_app {
	struct str	 identifier, version;	/* "com.example.app", "v0.1.0" */
	const struct attest_function *functions;
	size_t		 nfunctions;
	const struct attest_entry *entries;	/* all but those of attest/ */
	size_t		 nentries;
	bool		 release, no_opt, keep_debug, store;
	int64_t		 epoch_s;		/* SOURCE_DATE_EPOCH; 0: no time
						   is told */
};

int	attest_sbom(struct buf *out, const struct attest_app *app,
	    struct err *e) MUST_CHECK;
int	attest_provenance(struct buf *out, const struct attest_app *app,
	    struct err *e) MUST_CHECK;

/* A case of a test run. */
enum attest_outcome { ATTEST_PASSED, ATTEST_FAILED, ATTEST_SKIPPED };
struct attest_case {
	struct str	 name;
	enum attest_outcome outcome;
};
/*
 * subjects: what was tested.  Those of a bundle's entries let the statement be
 * packed (bundle(5), attest/test-result.json); the bundle's own digest does
 * for one that travels beside it.  configuration: the test files.
 */
int	attest_test_result(struct buf *out, const struct attest_entry *subjects,
	    size_t nsubjects, const struct attest_entry *configuration,
	    size_t nconfiguration, const struct attest_case *cases,
	    size_t ncases, struct err *e) MUST_CHECK;

/* ---- reading ---- */

/*
 * A statement, held to its form: an object of exactly this _type, with
 * subjects that have a name and a SHA-256, and a predicateType.
 *
 * ERR_INPUT  what is wrong with it
 */
struct attest_statement {
	struct arena	*arena;		/* owned */
	struct str	 predicate_type;
	struct attest_entry *subjects;
	size_t		 nsubjects;
	struct tree	*predicate;	/* never NULL */
};
int	attest_read(struct attest_statement *out, struct str text,
	    struct err *e) MUST_CHECK;
void	attest_statement_free(struct attest_statement *s);	/* contents */

/* How a bundle was built, from its provenance: for rebuilding it. */
struct attest_build {
	bool		 release, no_opt, keep_debug, store;
	int64_t		 epoch_s;
};
int	attest_read_build(struct attest_build *out,
	    const struct attest_statement *s, struct err *e) MUST_CHECK;

#endif
