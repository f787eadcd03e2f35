/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h - where in a text something stands.
 *
 * libyaml counts characters; editors want lines and columns, and those who
 * edit want bytes.  A mark is all of these at once.
 */
#ifndef TREE_SOURCE_H
#define TREE_SOURCE_H

#include "base/base.h"

struct mark {
	uint32_t	byte;		/* from the start of the text, BOM too */
	struct place	at;		/* columns are characters */
};

struct source {
	struct str	 text;
	size_t		 bom;		/* bytes of a byte-order mark to skip */
	struct mark	*marks;		/* one for every SOURCE_STRIDE chars */
	size_t		 nmarks, cap;
};

#define SOURCE_STRIDE	64u

/* The bytes of a byte-order mark at the start of text: 0 or 3. */
size_t		source_bom(struct str text);
void		source_open(struct source *s, struct str text);
void		source_close(struct source *s);	/* for CLEANUP */
/* The mark of a character, counted from 0 after the byte-order mark. */
struct mark	source_mark(const struct source *s, size_t index);
/* The place of a byte, found by reading from the start. */
struct place	source_place(struct str text, size_t byte);

/*
 * Refuse what YAML readers see differently, before any of them sees it: other
 * encodings, NUL and control characters, line ends that are some readers'.
 */
int		source_check(struct str text, struct err *e) MUST_CHECK;

#endif
