/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag.h - problems in a user's files, told the way compilers do.
 *
 *	Directive.yaml:41:14: error[D017]: no function 'greeet'
 *	   41 |     - fn: greeet
 *	      |           ^^^^^^
 *	cause: ...
 *	repair: did you mean 'greet'?
 *
 * A library that checks files owns a table of rules, each with a stable code;
 * `subo explain CODE` prints from the same table.
 * Needs: base.
 */
#ifndef DIAG_H
#define DIAG_H

#include "base/base.h"

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

/* One rule, in a static table that ends with a NULL code. */
struct diag_rule {
	const char	*code;		/* "D017"; never reused */
	enum diag_level	 level;
	const char	*title;		/* "unknown function" */
	const char	*cause;		/* why it is a problem, a sentence or two */
	const char	*repair;	/* how to mend it, with an example */
};

struct diag {
	const struct diag_rule *rule;
	struct str	file;		/* as the user would type it */
	struct place	at;		/* 0,0: the file as a whole */
	unsigned	width;		/* columns to mark, 0 is 1 */
	struct str	text;		/* this problem, no full stop */
	struct str	repair;		/* for this problem; empty: the rule's */
};

/* All problems of a run, in the order they were added. */
struct diags;

struct diags	*diags_new(void);
/* text and repair (NULL or format-less) are copied.  fmt is diag.text. */
struct diag	*diags_add(struct diags *ds, const struct diag_rule *rule,
		    struct str file, struct place at, unsigned width,
		    const char *fmt, ...) PRINTF(6, 7);
void		 diags_repair(struct diags *ds, struct diag *d,
		    const char *fmt, ...) PRINTF(3, 4);
size_t		 diags_count(const struct diags *ds);
const struct diag *diags_at(const struct diags *ds, size_t i);
size_t		 diags_errors(const struct diags *ds);
size_t		 diags_warnings(const struct diags *ds);
struct arena	*diags_arena(struct diags *ds);	/* lives as long as ds */
/* Order by file, then place; equal ones keep their order. */
void		 diags_sort(struct diags *ds);
void		 diags_free(struct diags **ds);

/* Write d with the line of source it points at (source may be empty), with
 * colour when asked. */
void	diag_print(struct buf *out, const struct diag *d, struct str source,
	    bool colour);

/* The rule with this code in a table, or NULL; case is folded. */
const struct diag_rule *diag_find(const struct diag_rule *table,
	    struct str code);

/*
 * The name in names that is nearest to what was written, or an empty str when
 * none is near (more than a third of its letters away).
 */
struct str	diag_nearest(struct str written, const struct str *names,
		    size_t nnames);

#endif
