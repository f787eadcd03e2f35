/* SPDX-License-Identifier: Apache-2.0 */
/* gate.h - between the gate and the capabilities; private to host. */
#ifndef HOST_GATE_H
#define HOST_GATE_H

#include <pthread.h>

#include "directive/directive.h"
#include "host/host.h"
#include "host/rules.h"
#include "store/store.h"

#define NOT_ENABLED	"capability is not enabled"
#define NO_WAITING	"nothing outside can be reached from here"

#define SECRET_NAME_MAX	255u

/* A header for another server.  A variable that is not set is told to who
 * asks that server; others do not need it. */
struct auth_value {
	struct str	 text;		/* "bearer token", or empty */
	const char	*missing;	/* or NULL: why there is none */
};

/* What one function may, or all that have no override, and what it uses. */
struct grant {
	const struct capabilities *caps;
	const struct capability_override *own;	/* NULL: the app's */
	struct kv	*kv;		/* NULL: the cache is in memory */
	struct sql	*sql;		/* NULL: none is connected, */
	const char	*no_sql;	/* and why, or NULL */
	struct auth_value *auth;	/* of each auth_headers */
};

#define TOLD_MAX	1024u		/* refusals that are logged, */
#define TOLD_FUNCTION	32u		/* and of one function */
struct told {
	pthread_mutex_t	 lock;
	struct {
		uint64_t key, fn;
	}		 seen[TOLD_MAX];
	size_t		 n;
};

struct host {
	const struct directive *directive;	/* or NULL */
	struct capabilities open;	/* of who has no Directive */
	struct grant	*grants;	/* the app's first */
	size_t		 ngrants;
	struct kv	**kvs;		/* of the grants, each once */
	struct sql	**sqls;
	size_t		 nkvs, nsqls;
	struct sql_statement *statements;
	size_t		 nstatements;
	struct host_hooks hooks;
	bool		(*file)(void *arg, struct str name, struct str *data);
	void		*file_arg;
	struct arena	*arena;
	struct pair	*secrets;
	size_t		 nsecrets;
	struct cache	*cache;
	struct told	 told;
	uint64_t	 fetch_bytes;
	uint32_t	 fetch_ms;
	unsigned	 fetches;
	const char	*ca_file;	/* or NULL */
	pthread_mutex_t	 random_lock;
	uint64_t	 random;	/* state, when repeatable; else 0 */
};

uint64_t host_now_ns(const struct host *h);	/* for what expires */
void	host_log(const struct host_call *c, int level, struct str text);

/* ---- links.c: what grants are connected to ---- */

int	links_open(struct host *h, const struct host_options *opt,
	    struct err *e) MUST_CHECK;
void	links_close(struct host *h);

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
ANSWER(answer_fetch);
ANSWER(answer_graphql);
ANSWER(answer_db);
ANSWER(answer_cache_set);
ANSWER(answer_cache_get);
ANSWER(answer_field_get);
ANSWER(answer_field_set);
ANSWER(answer_header_set);
ANSWER(answer_file);
ANSWER(answer_secret);
ANSWER(answer_sleep);
ANSWER(answer_clock);
ANSWER(answer_random);

/* Letters, digits and "_-.": what a line of log may name. */
bool	secret_is_name(struct str name);
/* What the call's function may. */
const struct capabilities *host_call_caps(struct host_call *c);
/* out becomes text; returns ABI_REFUSED. */
int	answer_refuse(struct buf *out, const char *text);

/* ---- refusal.c: the log of what was refused ---- */

/* What was asked, and which rule said no. */
struct refusal {
	enum abi_what	 what;
	struct str	 subject;	/* a secret's name, or empty */
	const struct fetch_url *url;	/* of fetch and graphql, or NULL */
	const struct verdict *verdict;	/* NULL: the capability as a whole */
};

/* Log once for each function, capability and subject. */
void	refusal_tell(const struct host_call *c, const struct refusal *r);

/* ---- advice.c: the line that would allow it ---- */

/* Add " add to Directive.yaml: capabilities: {...}" to out. */
void	advice_add(struct buf *out, const struct host_call *c,
	    const struct refusal *r);

#endif
