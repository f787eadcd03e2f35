/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse.h - from the tree to plain data.
 *
 * Each entry of a list gives exactly one struct, also when it is not what it
 * should be; so the n-th handler is the n-th value in the tree, where the
 * checks find its places.
 */
#ifndef DIRECTIVE_PARSE_H
#define DIRECTIVE_PARSE_H

#include "directive/tell.h"
#include "directive/directive.h"

#define PARSE_MAX_CALLS	1024u	/* of all steps of one handler */
#define PARSE_MAX_WITH	256u	/* of one call */
#define PARSE_MAX_STATE	1024u	/* of one schedule */
#define PARSE_MAX_TURNS	10000u	/* of a repeat or goto */
#define PARSE_MAX_FUNCTIONS	4096u

struct reader {
	struct teller	 tell;
	struct arena	*arena;
};

/* Where the functions are listed: "runnables", or "functions" as in 2020. */
const char	*parse_functions_key(const struct tree *top);
/* The items of the list under key; 0 when it is none. */
size_t		 parse_list(const struct tree *map, const char *key,
		    struct tree ***items);
/* The same up to max; those beyond are told. */
size_t		 parse_list_up_to(struct reader *r, const struct tree *map,
		    const char *key, struct tree ***items, size_t max);
/* The steps of a handler or schedule, at most DIRECTIVE_MAX_STEPS. */
struct step	*parse_steps(struct reader *r, const struct tree *owner,
		    size_t *nsteps);
/* A call: the keys that a step without a group and a member have. */
void		 parse_call(struct reader *r, const struct tree *t,
		    struct call *c);
void		 parse_with(struct reader *r, const struct tree *t,
		    struct call *c);
void		 parse_retry(struct reader *r, const struct tree *t,
		    struct retry *out);
void		 parse_on_err(struct reader *r, const struct tree *t,
		    struct on_err_rule *o);
/* The condition or time under key, which may be absent; a bad one is told. */
struct expr	*parse_when(struct reader *r, const struct tree *t,
		    const char *key);
uint64_t	 parse_time(struct reader *r, const struct tree *t,
		    const char *key);
/* The whole number under key: none when absent or out of range, which is
 * told. */
uint32_t	 parse_count(struct reader *r, const struct tree *t,
		    const char *key, uint32_t max, uint32_t none);
/* A port, or "8000-8999". */
bool		 parse_port_range(struct str s, struct port_range *out);
/* A network as rules name it, or one address. */
bool		 parse_is_cidr(struct str s);
/* `limits` of the app, or of a handler, which may have some of them only. */
void		 parse_limits(struct reader *r, const struct tree *owner,
		    bool handler, struct limits *out);
/* capabilities, connections, authentication. */
void		 parse_capabilities(struct reader *r, struct directive *d);
/* The scalars of a map, in order, at most max. */
struct pair	*parse_pairs(struct reader *r, const struct tree *map,
		    size_t max, size_t *npairs);
/* Make "LINE:COL: text" in e "FILE:LINE:COL: text"; returns -1. */
int		 parse_name_file(struct err *e, struct str file);
/* `functions`, a map: those of others. */
void		 parse_added(struct reader *r, struct directive *d);
/* A function as `runnables` and manifests have it. */
void		 parse_function(const struct tree *t,
		    struct function_info *f);

#endif
