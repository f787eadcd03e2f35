/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edit.h - put text into a Directive without touching the rest of it.
 *
 * An edit is a list of fields written as a block or in flow form, put at a
 * byte of the source, and read again before anyone sees it.
 */
#ifndef DIRECTIVE_EDIT_H
#define DIRECTIVE_EDIT_H

#include "base/base.h"
#include "tree/tree.h"

struct field {
	const char	*key;
	struct str	 value;
};

/* What stands in source from `from` to `to` gives way to text. */
struct edit {
	struct str	 source;
	const char	*eol;		/* as the source ends its lines */
	size_t		 from, to;
	struct buf	 text;
};

#define EDIT_MAX_BYTES	(4u << 20)	/* of text */

void	edit_open(struct edit *ed, struct str source);
void	edit_close(struct edit *ed);	/* for CLEANUP */
void	edit_eol(struct edit *ed);
void	edit_pad(struct edit *ed, size_t columns);
/* "key: value", quoted where YAML would read it as anything else. */
void	edit_value(struct edit *ed, struct str s);
void	edit_field(struct edit *ed, const struct field *f);
/* "{key: "value", ...": the closing brace is the caller's. */
void	edit_flow(struct edit *ed, const struct field *f, size_t nfields);
void	edit_quoted(struct edit *ed, struct str s);

/*
 * `key:` with nothing, [] or {} behind it, which is `empty`, is to hold something.
 * In flow form it goes where that stood; as a block below its line, and what is
 * behind it on the line (a comment) stays.
 */
void	edit_fill(struct edit *ed, const struct tree *empty, bool flow);
/* The end of the line that holds a byte, before its line feed (and CR). */
size_t	edit_line_end(struct str source, size_t at);
/*
 * Where a block at the top of the file can be added: at its end, or before a
 * "..." that ends the document.  Text put there begins with a line end when
 * lead is true, and ends with one when tail is true.
 */
size_t	edit_end(const struct edit *ed, const struct tree *root, bool *lead,
	    bool *tail);
/* Give the edited source in out. */
void	edit_apply(const struct edit *ed, struct buf *out);
/* Are the two maps the same but for key? */
bool	edit_same(const struct tree *a, const struct tree *b,
	    const char *key);
/* The tree that text gives, or NULL. */
struct tree *edit_reread(struct arena *a, struct str text);

#endif
