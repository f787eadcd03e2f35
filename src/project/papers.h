/* SPDX-License-Identifier: Apache-2.0 */
/* papers.h - what a bundle says of itself: its SBOM, its provenance, and the
 * result of its tests. */
#ifndef PAPERS_H
#define PAPERS_H

#include "attest/attest.h"
#include "project/inputs.h"

#define PAPERS_MAX 3u

struct papers {
	const char	*name[PAPERS_MAX];	/* of the entry */
	struct buf	 text[PAPERS_MAX];
	size_t		 n;
};

/* What decides what they say, beside what is packed anyway: a digest. */
struct digest	papers_input(const struct surroundings *w);

/* infos: the project's functions, with digests.  entries: all that is packed
 * beside these, in any order; sorted here. */
int	papers_make(struct papers *out, struct surroundings *w,
	    const struct function_info *infos, struct attest_entry *entries,
	    size_t nentries, struct err *e) MUST_CHECK;
/* Add the result of a test run, which must be of these entries. */
int	papers_add_tests(struct papers *out, const char *path,
	    const struct attest_entry *entries, size_t nentries,
	    struct err *e) MUST_CHECK;
void	papers_free(struct papers *p);

#endif
