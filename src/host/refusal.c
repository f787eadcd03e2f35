/* SPDX-License-Identifier: Apache-2.0 */
/* The log of what was refused: once, by which rule, and what would allow it. */
#include <string.h>

#include "host/gate.h"

#define LINE_MAX_BYTES (16u << 10)

static const struct {
	const char *call, *rule;
} words[] = {
	[ABI_LOG] = { "log_msg", "logger.enabled" },
	[ABI_FETCH] = { "fetch_url", "http" },
	[ABI_GRAPHQL] = { "graphql_query", "graphql" },
	[ABI_CACHE_SET] = { "cache_set", "cache.rules.allowSet" },
	[ABI_CACHE_GET] = { "cache_get", "cache.rules.allowGet" },
	[ABI_FIELD_GET] = { "request_get_field",
	    "requestHandler.allowGetField" },
	[ABI_FIELD_SET] = { "request_set_field",
	    "requestHandler.allowSetField" },
	[ABI_HEADER_SET] = { "resp_set_header", "requestHandler.enabled" },
	[ABI_FILE] = { "get_static_file", "file.enabled" },
	[ABI_DB] = { "db_exec", "db.enabled" },
	[ABI_SECRET] = { "get_secret_value", "secrets" },
};

/* FNV-1a, with a mark behind each text. */
static uint64_t
mix(uint64_t h, struct str s)
{
	return (str_hash(h, s) ^ 0x100) * UINT64_C(0x100000001b3);
}

static uint64_t
key_of(uint64_t fn, const struct refusal *r)
{
	uint64_t h = mix(fn, r->subject);

	if (r->url)
		h = mix(h, r->url->host) ^ r->url->port;
	return h ^ (uint64_t)r->what << 56 ^
	    (uint64_t)(r->verdict ? r->verdict->rule + 1 : 0) << 48;
}

/* Is it the first of its kind?  *last: and the last of its function. */
static bool
note(struct told *t, uint64_t fn, const struct refusal *r, bool *last)
{
	uint64_t key = key_of(fn, r);
	bool first = true;
	size_t n = 0;

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; first && i < t->n; i++) {
		first = t->seen[i].key != key;
		n += t->seen[i].fn == fn;
	}
	first = first && t->n < TOLD_MAX && n < TOLD_FUNCTION;
	if (first) {
		t->seen[t->n].key = key;
		t->seen[t->n++].fn = fn;
	}
	*last = n + 1 == TOLD_FUNCTION || t->n == TOLD_MAX;
	pthread_mutex_unlock(&t->lock);
	return first;
}

/* The enabled flag when that is off, else the rule below it. */
static void
add_rule(struct buf *b, const struct host_call *c, const struct refusal *r)
{
	const struct capabilities *caps = c->grant->caps;
	bool cache = r->what == ABI_CACHE_SET || r->what == ABI_CACHE_GET;
	bool field = r->what == ABI_FIELD_SET || r->what == ABI_FIELD_GET;

	if (r->verdict)
		buf_addf(b, "%s.rules.%s", words[r->what].rule,
		    rules_key(r->verdict->rule));
	else if (cache && !caps->cache)
		buf_addf(b, "cache.enabled");
	else if (field && !caps->request)
		buf_addf(b, "requestHandler.enabled");
	else if (r->what == ABI_SECRET)
		buf_addf(b, "secrets.%s",
		    caps->secrets ? "env.allowedKeys" : "enabled");
	else if (r->what == ABI_FETCH || r->what == ABI_GRAPHQL)
		buf_addf(b, "%s.enabled", words[r->what].rule);
	else
		buf_add(b, str_of(words[r->what].rule));
}

/* Of a URL only where it leads: the rest may hold a secret. */
static void
add_subject(struct buf *b, const struct refusal *r)
{
	if (r->url)
		buf_addf(b, " of '" STR_F "'", STR_A(r->url->host));
	if (r->url && r->verdict &&
	    (r->verdict->rule == RULE_PORT ||
		r->verdict->rule == RULE_BLOCKED_PORT))
		buf_addf(b, " at port %u", r->url->port);
	if (r->verdict && r->verdict->address[0] != '\0' &&
	    !str_is(r->url->host, r->verdict->address))
		buf_addf(b, ", at %s,", r->verdict->address);
	if (r->subject.n > 0)
		buf_addf(b, " of '" STR_F "'", STR_A(r->subject));
}

void
refusal_tell(const struct host_call *c, const struct refusal *r)
{
	CLEANUP(buf_free) struct buf line = BUF(LINE_MAX_BYTES);
	struct host *h = c->host;
	uint64_t fn = mix(mix(STR_HASH, c->ns), c->fn);
	bool last;

	/* Who turned the log off does not want to read of it there. */
	if (!h->hooks.log || r->what == ABI_LOG ||
	    !note(&h->told, fn, r, &last))
		return;
	buf_addf(&line, "%s", words[r->what].call);
	add_subject(&line, r);
	buf_addf(&line, " was refused by capabilities.");
	add_rule(&line, c, r);
	advice_add(&line, c, r);
	if (buf_over(&line))
		buf_clear(&line);
	if (line.n == 0)
		buf_addf(&line,
		    "%s was refused by the capabilities of the Directive",
		    words[r->what].call);
	host_log(c, 2, buf_str(&line));
	if (last)
		host_log(c, 2, STR("no more of its refusals are logged"));
}
