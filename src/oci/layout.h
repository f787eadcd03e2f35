/* SPDX-License-Identifier: Apache-2.0 */
/* layout.h - what the files of layouts share; private to oci. */
#ifndef OCI_LAYOUT_H
#define OCI_LAYOUT_H

#include "oci/index.h"

int	layout_index(struct tree **doc, struct arena *a, struct oci_repo *r,
	    struct err *e) MUST_CHECK;
bool	layout_has(const struct oci_repo *r, struct arena *a,
	    const struct oci_desc *d);
/* The manifest d, into t, an OCI_GET. */
int	layout_read(struct oci_task *t, struct oci_repo *r,
	    const struct oci_desc *d, struct arena *a, struct err *e) MUST_CHECK;

/* layout_list.c */
struct str layout_tag(const struct tree *entry);
/* The entry of index.json that t asks for; NULL: none, or nothing says which of
 * several. */
int	layout_pick(struct tree **entry, struct oci_repo *r,
	    const struct tree *doc, const struct oci_task *t, struct arena *a,
	    struct err *e) MUST_CHECK;

#endif
