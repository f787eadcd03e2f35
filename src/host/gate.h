/* SPDX-License-Identifier: Apache-2.0 */
/* gate.h - between the gate and the capabilities; private to host. */
#ifndef HOST_GATE_H
#define HOST_GATE_H

#include <pthread.h>

#include "directive/directive.h"
#include "host/host.h"

#define NOT_ENABLED	"capability is not enabled"

/* What the Directive's capabilities block lets functions do. */
struct rules {
	bool	logger, http, graphql, file, db, secrets;
	bool	cache_set, cache_get, field_set, field_get;
};
void	rules_read(struct rules *r, const struct tree *capabilities);

struct host {
	struct rules	 rules;
	struct host_hooks hooks;
	bool		(*file)(void *arg, struct str name, struct str *data);
	void		*file_arg;
	struct arena	*arena;		/* of the secrets */
	struct pair	*secrets;
	size_t		 nsecrets;
	struct cache	*cache;
	pthread_mutex_t	 random_lock;
	uint64_t	 random;	/* state, when repeatable; else 0 */
};

uint64_t host_now_ns(const struct host *h);	/* for what expires */

/* ---- cache.c ---- */

#define CACHE_MAX_BYTES	(64u << 20)	/* keys, values and what they cost */

struct cache	*cache_new(void);
void		 cache_free(struct cache **c);
/* end_ns 0: for ever.  False: larger than the whole cache may be. */
bool	cache_set(struct cache *c, struct str ns, struct str key,
	    struct str value, uint64_t end_ns);
bool	cache_get(struct cache *c, struct str ns, struct str key,
	    uint64_t now_ns, struct buf *out);

/* ---- one function for each question; as abi_host.ask ---- */

#define ANSWER(name) \
	int name(struct host_call *c, const struct abi_ask *q, struct buf *out)

ANSWER(answer_log);
ANSWER(answer_outbound);
ANSWER(answer_cache_set);
ANSWER(answer_cache_get);
ANSWER(answer_field_get);
ANSWER(answer_field_set);
ANSWER(answer_header_set);
ANSWER(answer_file);
ANSWER(answer_secret);
ANSWER(answer_clock);
ANSWER(answer_random);

/* out becomes text; returns 1. */
int	answer_refuse(struct buf *out, const char *text);

#endif
