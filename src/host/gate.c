/* SPDX-License-Identifier: Apache-2.0 */
/* The one gate: each question is allowed or refused here, and only here. */
#include <assert.h>

#include "host/gate.h"
#include "host/request.h"
#include "os/os.h"

static bool
always(const struct rules *r)
{
	(void)r;
	return true;
}

#define RULE(name) \
	static bool may_##name(const struct rules *r) \
	{ \
		return r->name; \
	}
RULE(logger)
RULE(http)
RULE(graphql)
RULE(cache_set)
RULE(cache_get)
RULE(field_get)
RULE(field_set)
RULE(file)
RULE(db)
RULE(secrets)

static const struct {
	bool (*may)(const struct rules *r);
	int (*answer)(
	    struct host_call *c, const struct abi_ask *q, struct buf *out);
} table[] = {
	[ABI_LOG] = { may_logger, answer_log },
	[ABI_FETCH] = { may_http, answer_outbound },
	[ABI_GRAPHQL] = { may_graphql, answer_outbound },
	[ABI_CACHE_SET] = { may_cache_set, answer_cache_set },
	[ABI_CACHE_GET] = { may_cache_get, answer_cache_get },
	[ABI_FIELD_GET] = { may_field_get, answer_field_get },
	[ABI_FIELD_SET] = { may_field_set, answer_field_set },
	[ABI_HEADER_SET] = { may_field_set, answer_header_set },
	[ABI_FILE] = { may_file, answer_file },
	[ABI_DB] = { may_db, answer_outbound },
	[ABI_SECRET] = { may_secrets, answer_secret },
	[ABI_CLOCK] = { always, answer_clock },
	[ABI_RANDOM] = { always, answer_random },
};

int
answer_refuse(struct buf *out, const char *text)
{
	buf_clear(out);
	buf_add(out, str_of(text));
	return 1;
}

int
host_ask(void *call, const struct abi_ask *q, struct buf *out)
{
	struct host_call *c = call;

	assert(c->magic == HOST_CALL_MAGIC);
	assert((size_t)q->what < COUNT(table) && table[q->what].answer);
	if (!table[q->what].may(&c->host->rules))
		return answer_refuse(out, NOT_ENABLED);
	return table[q->what].answer(c, q, out);
}

void
host_call_dispose(struct host_call *c)
{
	if (!c->set)
		return;
	pairs_clear(c->set);
	mem_free(c->set);
	c->set = NULL;
}

/* ---- the host ---- */

struct host *
host_new(const struct host_options *opt)
{
	struct host *h = mem_take(sizeof(*h));

	rules_read(&h->rules, opt->capabilities);
	h->hooks = opt->hooks;
	h->file = opt->file;
	h->file_arg = opt->file_arg;
	h->random = opt->random_seed;
	h->cache = cache_new();
	h->arena = arena_new();
	h->nsecrets = opt->nsecrets;
	h->secrets =
	    arena_take(h->arena, (opt->nsecrets + 1) * sizeof(*h->secrets));
	for (size_t i = 0; i < opt->nsecrets; i++) {
		h->secrets[i].key = arena_copy(h->arena, opt->secrets[i].key);
		h->secrets[i].value =
		    arena_copy(h->arena, opt->secrets[i].value);
	}
	pthread_mutex_init(&h->random_lock, NULL);
	return h;
}

void
host_free(struct host **ph)
{
	struct host *h = *ph;

	if (!h)
		return;
	cache_free(&h->cache);
	arena_free(&h->arena);
	pthread_mutex_destroy(&h->random_lock);
	mem_free(h);
	*ph = NULL;
}

uint64_t
host_now_ns(const struct host *h)
{
	return h->hooks.clock ? h->hooks.clock(h->hooks.arg) : os_now_ns();
}
