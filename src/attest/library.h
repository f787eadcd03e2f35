/* SPDX-License-Identifier: Apache-2.0 */
/* library.h - what the readers of lock files share. */
#ifndef LIBRARY_H
#define LIBRARY_H

#include "attest/attest.h"

/* A new one at the end, with its purl: "pkg:TYPE/NAME@VERSION", each part of
 * the name (between slashes) and the version percent-encoded. */
struct attest_library *library_add(struct attest_libraries *l,
	    const char *type, struct str name, struct str version);
/* The last one of that name; version empty: any. */
struct attest_library *library_find(struct attest_libraries *l,
	    struct str name, struct str version);
/* What `of` needs, or the function itself when it is NULL. */
void	library_need(struct attest_libraries *l, struct attest_library *of,
	    struct str purl);
/* Where a text is, of many: filled, sorted once, then asked. */
struct library_index {
	struct library_at {
		struct str	 key;	/* borrowed */
		size_t		 at;
	}		*v;
	size_t		 n, cap;
};
void	library_index_add(struct library_index *x, struct arena *a,
	    struct str key, size_t at);
void	library_index_sort(struct library_index *x);
/* SIZE_MAX: nowhere; else where the first of them is. */
size_t	library_index_find(const struct library_index *x, struct str key);

/* Add text as purls want it: all but letters, digits and ".-_~" as %XX. */
void	library_encode(struct buf *out, struct str text);
/* ERR_LIMIT when there are too many. */
int	library_room(const struct attest_libraries *l, const char *path,
	    struct err *e) MUST_CHECK;

/* One reader for each kind of file. */
int	lock_cargo(struct attest_libraries *l, const char *path,
	    struct str text, struct err *e) MUST_CHECK;
int	lock_go_mod(struct attest_libraries *l, const char *path,
	    struct str text, struct err *e) MUST_CHECK;
int	lock_go_sum(struct attest_libraries *l, const char *path,
	    struct str text, struct err *e) MUST_CHECK;
int	lock_npm(struct attest_libraries *l, const char *path,
	    struct str text, struct err *e) MUST_CHECK;

#endif
