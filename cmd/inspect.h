/* SPDX-License-Identifier: Apache-2.0 */
/* inspect.h - what the files of `subo inspect` share. */
#ifndef INSPECT_H
#define INSPECT_H

#include "bundle/bundle.h"
#include "module/module.h"
#include "tree/tree.h"

/* Rows of cells, printed with columns that line up. */
struct rows;

struct rows	*rows_new(const char *align);	/* a letter for each column:
						   'l' or 'r' */
/* One more row; as many cells as there are columns.  Copied, and made fit for
 * a terminal. */
void		 rows_add(struct rows *r, ...);
void		 rows_print(struct rows *r, struct buf *out);	/* and free */

/* A text made for one row; valid until some further ones are made. */
const char	*rows_text(const char *fmt, ...) PRINTF(1, 2);

/* top: how many of the largest functions; 0: all. */
void		 inspect_module(struct buf *out, const struct module *m,
		    struct str path, size_t top);
struct tree	*inspect_module_json(struct arena *a, const struct module *m,
		    struct str path, size_t top);
void		 inspect_bundle(struct buf *out, const struct bundle *b,
		    struct str path, uint64_t bytes);
struct tree	*inspect_bundle_json(struct arena *a, const struct bundle *b,
		    struct str path, uint64_t bytes);

const char	*inspect_kind(enum module_kind kind);
/* The functions by size, the largest first; *n is how many of them count. */
const struct module_func **inspect_biggest(struct arena *a,
		    const struct module *m, size_t top, size_t *n);
/* The steps of a handler in a line: "a -> [b, c as d] -> e". */
void		 inspect_steps(struct buf *out, const struct step *steps,
		    size_t nsteps);
/* Is this entry of a bundle a static file? */
bool		 inspect_is_static(struct str name);

#endif
