/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.h - lists of manifests that others wrote too: what is not understood in
 * one stays in it; private to oci.
 */
#ifndef OCI_INDEX_H
#define OCI_INDEX_H

#include "oci/parts.h"

#define REF_NAME "org.opencontainers.image.ref.name"

/* An index as a document; empty bytes: a new one.  ERR_REMOTE. */
int	index_read(struct tree **doc, struct arena *a, struct str bytes,
	    struct err *e) MUST_CHECK;
struct tree *index_list(const struct tree *doc);
bool	index_lists(const struct tree *doc, const struct digest *d);
/* Add a descriptor; tag: under this name; empty: none. */
void	index_add(struct tree *doc, struct arena *a, const struct oci_desc *d,
	    struct str tag);
/* The entries that are manifests' descriptors and, artifact_type not being NULL,
 * of that type; others that are no manifests are counted in skipped. */
void	index_referrers(struct oci_referrers *out, struct arena *a,
	    const struct tree *doc, const char *artifact_type);
/* print.c */
struct tree *desc_tree(struct arena *a, const struct oci_desc *d);

#endif
