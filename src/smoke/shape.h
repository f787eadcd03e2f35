/* SPDX-License-Identifier: Apache-2.0 */
/* shape.h - private to smoke: values of a test file, checked as they are
 * taken; what is wrong becomes a problem with its place. */
#ifndef SMOKE_SHAPE_H
#define SMOKE_SHAPE_H

#include "smoke/case.h"

enum rule {
	T_YAML, T_KEY, T_SHAPE, T_KIND, T_EXPECT, T_VARIABLE, T_VALUE, T_FILE,
	T_SNAPSHOT, T_REGEX, T_NAME, T_TWICE, T_EMPTY,
};

struct reader {
	struct smoke	*s;
	struct diags	*ds;
	struct str	 file;		/* as the user would type it */
	struct str	 rel;		/* from the root */
	struct str	 dir;		/* of file, with its last '/'; or empty */
};

void	problem(struct reader *rd, enum rule r, const struct tree *at,
	    const char *fmt, ...) PRINTF(4, 5);

bool	is_scalar(const struct tree *t);	/* and not null */
/* Is t a map with only these keys?  NULL is fine, and is no map. */
bool	take_map(struct reader *rd, const struct tree *t, const char *what,
	    const char *const *keys);
bool	take_list(struct reader *rd, const struct tree *t, const char *what);
/* These leave out alone when the key is missing. */
void	take_text(struct reader *rd, const struct tree *map, const char *key,
	    struct str *out);
void	take_bool(struct reader *rd, const struct tree *map, const char *key,
	    bool *out);
void	take_int(struct reader *rd, const struct tree *map, const char *key,
	    int64_t min, int64_t max, int64_t *out);
void	take_ms(struct reader *rd, const struct tree *map, const char *key,
	    uint32_t *out);
/* A map of texts into l.  Maps and lists become JSON when json is true. */
void	take_pairs(struct reader *rd, const struct tree *map, const char *key,
	    bool json, bool fold, struct pairs *l);
/* The bytes of a file beside the test file. */
bool	take_file(struct reader *rd, const struct tree *at, struct str *out);
/* A body: text under key, or `json`, or `file`; at most one of them. */
void	take_body(struct reader *rd, const struct tree *map, const char *key,
	    struct str *out);
bool	take_clock(struct str text, uint64_t *ns);
struct str case_json(struct arena *a, const struct tree *t);

/* Fill what a case expects of some bytes.  t may be NULL. */
void	take_want(struct reader *rd, const struct tree *t, const char *what,
	    struct want_text *w);
void	take_expect(struct reader *rd, const struct tree *t,
	    struct smoke_case *c);
void	take_given(struct reader *rd, const struct tree *t, struct given *g);

/* t with each ${name} replaced from row (NULL: no table); what has none is
 * shared, not copied.  An unknown name is a problem. */
struct tree *vars_fill(struct reader *rd, struct tree *t,
	    const struct tree *row);

/* One case into s.  row: of its table, or NULL; nth: which, from 1. */
void	take_case(struct reader *rd, struct tree *t, const struct tree *row,
	    size_t nth, const struct smoke_case *defaults);
void	take_defaults(struct reader *rd, struct tree *t,
	    struct smoke_case *defaults);

/* "tests/a.snap/greets-by-name.txt" for the case named so in file. */
struct str snapshot_path(struct arena *a, struct str file, struct str name);

#endif
