/* SPDX-License-Identifier: Apache-2.0 */
/* The one gate: each question is allowed or refused here, and only here. */
#include <assert.h>

#include "host/gate.h"
#include "host/request.h"
#include "host/wait.h"

#define RULE(name, holds) \
	static bool may_##name(const struct capabilities *c) \
	{ \
		return holds; \
	}
RULE(always, c != NULL)
RULE(logger, c->logger)
RULE(http, c->http.enabled)
RULE(graphql, c->graphql.enabled)
RULE(cache_set, c->cache && c->cache_set)
RULE(cache_get, c->cache && c->cache_get)
RULE(field_get, c->request && c->field_get)
RULE(field_set, c->request && c->field_set)
RULE(header_set, c->request) /* Reactr 0.15 asks no more of it */
RULE(file, c->file)
RULE(db, c->db)
RULE(secrets, c->secrets)

static const struct {
	bool (*may)(const struct capabilities *c);
	int (*answer)(
	    struct host_call *c, const struct abi_ask *q, struct buf *out);
} table[] = {
	[ABI_LOG] = { may_logger, answer_log },
	[ABI_FETCH] = { may_http, answer_fetch },
	[ABI_GRAPHQL] = { may_graphql, answer_graphql },
	[ABI_CACHE_SET] = { may_cache_set, answer_cache_set },
	[ABI_CACHE_GET] = { may_cache_get, answer_cache_get },
	[ABI_FIELD_GET] = { may_field_get, answer_field_get },
	[ABI_FIELD_SET] = { may_field_set, answer_field_set },
	[ABI_HEADER_SET] = { may_header_set, answer_header_set },
	[ABI_FILE] = { may_file, answer_file },
	[ABI_DB] = { may_db, answer_db },
	[ABI_SECRET] = { may_secrets, answer_secret },
	[ABI_SLEEP] = { may_always, answer_sleep },
	[ABI_CLOCK] = { may_always, answer_clock },
	[ABI_RANDOM] = { may_always, answer_random },
};

int
answer_refuse(struct buf *out, const char *text)
{
	buf_clear(out);
	buf_add(out, str_of(text));
	return ABI_REFUSED;
}

/* What the call's function may, found once for a call. */
static const struct grant *
find_grant(const struct host_call *c)
{
	const struct host *h = c->host;
	const struct capabilities *caps;

	if (!h->directive)
		return &h->grants[0];
	caps = directive_capabilities(h->directive, c->info);
	for (size_t i = 1; i < h->ngrants; i++)
		if (h->grants[i].caps == caps)
			return &h->grants[i];
	return &h->grants[0];
}

const struct capabilities *
host_call_caps(struct host_call *c)
{
	assert(c->magic == HOST_CALL_MAGIC);
	if (!c->grant)
		c->grant = find_grant(c);
	return c->grant->caps;
}

static int
refuse(struct host_call *c, const struct abi_ask *q, struct buf *out)
{
	CLEANUP(arena_free) struct arena *a = NULL;
	struct refusal r = { .what = q->what };
	struct fetch_url u;
	struct err e = ERR;

	if (q->what == ABI_SECRET && secret_is_name(q->a))
		r.subject = q->a;
	if (q->what == ABI_FETCH || q->what == ABI_GRAPHQL) {
		a = arena_new();
		if (fetch_url_parse(&u, a, outbound_address(q), &e) == 0)
			r.url = &u;
	}
	refusal_tell(c, &r);
	return answer_refuse(out, NOT_ENABLED);
}

int
host_ask(void *call, const struct abi_ask *q, struct buf *out)
{
	struct host_call *c = call;
	int rc;

	assert(c->magic == HOST_CALL_MAGIC && !c->waiting);
	assert((size_t)q->what < COUNT(table) && table[q->what].answer);
	if (!table[q->what].may(host_call_caps(c)))
		return refuse(c, q, out);
	rc = table[q->what].answer(c, q, out);
	if (rc == ABI_ANSWERED && buf_over(out))
		return answer_refuse(out, "the answer is too large");
	return rc;
}

void
host_call_dispose(struct host_call *c)
{
	if (c->waiting)
		host_cancel(c);
	if (!c->set)
		return;
	pairs_clear(c->set);
	mem_free(c->set);
	c->set = NULL;
}
