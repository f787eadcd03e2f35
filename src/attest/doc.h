/* SPDX-License-Identifier: Apache-2.0 */
/* doc.h - small steps of making documents. */
#ifndef ATTEST_DOC_H
#define ATTEST_DOC_H

#include "attest/attest.h"
#include "tree/tree.h"

/* {"name":..., "digest":{"sha256":...}}, added to list. */
struct tree *doc_resource(struct arena *a, struct tree *list,
	    struct str name, const struct digest *d);
/* {"_type":..., "subject":[], "predicateType":...}: the subjects and the
 * predicate are the caller's to fill. */
struct tree *doc_statement(struct arena *a, const char *predicate_type,
	    struct tree **subjects, struct tree **predicate);
/* "2026-11-23T02:53:02Z" */
struct str   doc_time(struct arena *a, int64_t epoch_s);
/* One line and its end.  ERR_LIMIT: larger than a document may be. */
int	     doc_finish(struct buf *out, const struct tree *t,
	    struct err *e) MUST_CHECK;

#endif
