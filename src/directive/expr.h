/* SPDX-License-Identifier: Apache-2.0 */
/* expr.h - a condition as its parser leaves it. */
#ifndef DIRECTIVE_EXPR_H
#define DIRECTIVE_EXPR_H

#include "directive/directive.h"
#include "tree/tree.h"

#define EXPR_MAX_BYTES	4096u
#define EXPR_MAX_DEPTH	32u

enum expr_op {
	OP_VALUE, OP_PATH, OP_NOT, OP_AND, OP_OR,
	OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE,
};

/* One step into a value: a map's key, or an element of a list. */
struct expr_part {
	struct str	key;
	bool		is_index;
	size_t		index;
};

struct expr {
	enum expr_op	 op;
	struct expr	*left, *right;	/* right: of what has two sides */
	struct tree	*value;
	enum expr_root	 root;
	struct str	 key;		/* the state key, parameter... */
	struct expr_part *parts;
	size_t		 nparts, cap;
};

/* Is one true whenever the other is not?  NULL is opposite to nothing. */
bool	expr_opposite(const struct expr *a, const struct expr *b);

#endif
