/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - YAML and JSON documents as trees of values that know their place.
 *
 * One type for what we read (Directive.yaml, manifests, test files, bodies)
 * and for what we print with --json.
 * Needs: base.  Only tree/yaml.c knows of libyaml, only tree/json.c of jansson.
 *
 * YAML is a safe subset: one document, UTF-8, no anchors, aliases, tags, merge
 * keys or complex keys; a key used twice is an error, however it is quoted.  A
 * byte-order mark and CRLF are fine; other encodings, NUL, control characters
 * and line ends that only some readers know are refused before libyaml sees
 * them.  (libyaml 0.2.5 is super-linear on deep nesting and anchors when
 * drained, so it is stopped at the first event past a ceiling.)  Scalars
 * follow the YAML 1.2 core schema: yes/no/on/off are text, 0o17 and 0x1F are
 * integers.  A text without any value is a TREE_NULL.
 *
 * JSON is RFC 8259 in UTF-8; a key used twice has its last value, and a whole
 * number too big for an int64 is a TREE_REAL.  Its values have no places.
 */
#ifndef TREE_H
#define TREE_H

#include "base/base.h"

#define TREE_MAX_BYTES	(1u << 20)	/* of YAML */
#define TREE_MAX_JSON	(64u << 20)	/* of JSON */
#define TREE_MAX_DEPTH	32u		/* of YAML */
#define TREE_MAX_NODES	200000u		/* of YAML */
#define TREE_MAX_JSON_DEPTH	256u
#define TREE_MAX_JSON_NODES	500000u

enum tree_kind {
	TREE_NULL, TREE_BOOL, TREE_INT, TREE_REAL, TREE_TEXT, TREE_LIST,
	TREE_MAP,
};

struct tree {
	enum tree_kind	 kind;
	bool		 quoted;	/* a quoted or block scalar */
	bool		 flow;		/* a [list] or {map} in flow form */
	struct place	 at;		/* 0,0 when not read from a text */
	size_t		 from, to;	/* bytes of the source it spans */
	struct str	 text;		/* a scalar's text, unescaped */
	int64_t		 num;		/* BOOL (0, 1) and INT */
	double		 real;		/* REAL, and INT as well */
	struct tree	*key;		/* in a map: its key, else NULL */
	struct tree	**items;	/* of a list or map, in order */
	size_t		 nitems, cap;
};

/*
 * Parse; text is not kept.  Everything lives in the arena.
 *
 * ERR_INPUT  "LINE:COL: what is wrong"; wrapping it with the path reads as
 *            compilers do.  hint may be filled.
 * ERR_LIMIT  over one of the ceilings above, told the same way
 */
int	tree_parse_yaml(struct tree **out, struct arena *a, struct str text,
	    struct err *e) MUST_CHECK;
int	tree_parse_json(struct tree **out, struct arena *a, struct str text,
	    struct err *e) MUST_CHECK;

/* JSON that means the same to every reader, as what is signed has to: no
 * byte-order mark, and no key twice. */
int	tree_parse_json_strict(struct tree **out, struct arena *a,
	    struct str text, struct err *e) MUST_CHECK;

/* The value under key, or NULL: t is no map (or NULL), or has no such key. */
struct tree *tree_get(const struct tree *t, const char *key);
struct tree *tree_get_str(const struct tree *t, struct str key);
/* The text under key when it is a scalar other than null, else empty. */
struct str tree_text(const struct tree *t, const char *key);
const char *tree_kind_name(enum tree_kind k);	/* "a list", "text"... */

/* Making trees.  Texts are copied into the arena; keys too. */
struct tree *tree_map(struct arena *a);
struct tree *tree_list(struct arena *a);
struct tree *tree_new_text(struct arena *a, struct str s);
struct tree *tree_new_int(struct arena *a, int64_t n);
struct tree *tree_new_real(struct arena *a, double d);
struct tree *tree_new_bool(struct arena *a, bool b);
struct tree *tree_new_null(struct arena *a);
/* Put v under key; replaces what was there.  Returns v. */
struct tree *tree_put(struct arena *a, struct tree *map, const char *key,
	    struct tree *v);
struct tree *tree_put_text(struct arena *a, struct tree *map, const char *key,
	    struct str s);
struct tree *tree_put_int(struct arena *a, struct tree *map, const char *key,
	    int64_t n);
struct tree *tree_put_bool(struct arena *a, struct tree *map, const char *key,
	    bool b);
struct tree *tree_add(struct arena *a, struct tree *list, struct tree *v);

/* JSON text; indent 0 is one line.  Text that is not UTF-8 is written with
 * U+FFFD in place of what is wrong. */
void	tree_print_json(struct buf *out, const struct tree *t, unsigned indent);

/* Deep equality as JSON values: 1 equals 1.0, map order does not matter. */
bool	tree_eq(const struct tree *a, const struct tree *b);
/*
 * Does have hold all that want says?  Maps: each key of want, recursively.
 * Lists: same length, each element in its place.  Else equality.  On a
 * mismatch where gets the path ("$.user.name") of the first difference.
 */
bool	tree_subset(const struct tree *want, const struct tree *have,
	    struct buf *where);

#endif
