/* SPDX-License-Identifier: Apache-2.0 */
/* Limits: of the command line, and what the machine lets them be. */
#include <stdio.h>
#include <string.h>

#include "os/os.h"
#include "serve_parts.h"

/* One flag, and where its value goes. */
struct row {
	const char *flag;
	int limit;	   /* enum limit_name; -1: no Directive sets it */
	size_t from, into; /* in serve_flags, in serve_options */
	bool ms, wide;	   /* from: 32 bits; into: 64 bits */
	bool zero;	   /* 0 means something */
};

#define FROM(member) offsetof(struct serve_flags, limit.member)
#define INTO(member) offsetof(struct serve_options, member)

static const struct row rows[] = {
	{ "timeout", LIMIT_FUNCTION_MS, FROM(function_ms),
	    INTO(limits.function_ms), true, false, false },
	{ "request-timeout", LIMIT_REQUEST_MS, FROM(request_ms),
	    INTO(limits.request_ms), true, false, false },
	{ "memory", LIMIT_MEMORY_BYTES, FROM(memory), INTO(limits.memory_bytes),
	    false, true, false },
	{ "max-output", LIMIT_OUTPUT_BYTES, FROM(output),
	    INTO(limits.output_bytes), false, true, false },
	{ "max-log", LIMIT_LOG_BYTES, FROM(log), INTO(limits.log_bytes), false,
	    true, false },
	{ "max-requests", LIMIT_REQUESTS, FROM(requests), INTO(limits.requests),
	    false, false, false },
	{ "max-connections", LIMIT_CONNECTIONS, FROM(connections),
	    INTO(http.connections), false, false, false },
	{ "max-per-address", -1, FROM(address), INTO(http.per_address), false,
	    false, true },
	{ "max-header", LIMIT_HEADER_BYTES, FROM(header),
	    INTO(http.header_bytes), false, false, false },
	{ "max-fields", -1, FROM(fields), INTO(http.header_fields), false,
	    false, false },
	{ "max-body", LIMIT_BODY_BYTES, FROM(body), INTO(http.body_bytes),
	    false, true, false },
	{ "max-message", LIMIT_MESSAGE_BYTES, FROM(message),
	    INTO(http.message_bytes), false, false, false },
	{ "header-timeout", LIMIT_HEADER_MS, FROM(header_ms),
	    INTO(http.header_ms), true, false, false },
	{ "body-timeout", LIMIT_BODY_MS, FROM(body_ms), INTO(http.body_ms),
	    true, false, false },
	{ "idle-timeout", LIMIT_IDLE_MS, FROM(idle_ms), INTO(http.idle_ms),
	    true, false, false },
	{ "write-timeout", LIMIT_WRITE_MS, FROM(write_ms), INTO(http.write_ms),
	    true, false, false },
};

/* False: it was not given. */
static bool
value(uint64_t *v, const struct row *r, const struct serve_flags *f)
{
	const char *at = (const char *)f + r->from;
	uint32_t ms;

	if (!r->ms) {
		memcpy(v, at, sizeof(*v));
		return *v != UNSET_SIZE;
	}
	memcpy(&ms, at, sizeof(ms));
	*v = ms;
	return ms != UNSET_MS;
}

static void
put(struct serve_options *o, const struct row *r, uint64_t v)
{
	char *at = (char *)o + r->into;
	uint32_t narrow = (uint32_t)v;

	if (r->wide)
		memcpy(at, &v, sizeof(v));
	else
		memcpy(at, &narrow, sizeof(narrow));
}

int
serve_limits_given(
    struct serve_options *o, const struct serve_flags *f, struct err *e)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		uint64_t v;

		if (!value(&v, r, f))
			continue;
		if (v == 0 && !r->zero)
			return err_set(e, ERR_USAGE,
			    "--%s wants more than 0: there is no server "
			    "without this limit",
			    r->flag);
		if (v > (r->wide ? UINT64_C(1) << 40 : UINT32_MAX))
			return err_set(
			    e, ERR_USAGE, "--%s is given too much", r->flag);
		put(o, r, v);
		if (r->limit >= 0)
			o->fixed_limits |= 1u << r->limit;
	}
	return 0;
}

/* ---- what the machine has ---- */

#define NO_LIMIT (UINT64_C(1) << 60) /* of v1 it is a number near 2^63 */

static uint64_t
least(uint64_t a, const char *path)
{
	CLEANUP(buf_free) struct buf text = BUF(64);
	struct err ignored = ERR;
	uint64_t n;

	if (os_read(&text, path, &ignored) < 0 ||
	    !str_u64(str_trim(buf_str(&text)), UINT64_MAX, &n) || n > NO_LIMIT)
		return a;
	return a == 0 || n < a ? n : a;
}

/* Each group is in another, up to the root; a container may see only that. */
static uint64_t
least_upward(
    uint64_t most, const char *root, struct str group, const char *file)
{
	char path[4096];

	for (;;) {
		snprintf(path, sizeof(path), "%s" STR_F "/%s", root,
		    STR_A(group), file);
		most = least(most, path);
		if (group.n == 0)
			return most;
		while (group.n > 0 && group.p[group.n - 1] != '/')
			group.n--;
		if (group.n > 0)
			group.n--;
	}
}

uint64_t
serve_memory(void)
{
	CLEANUP(buf_free) struct buf text = BUF(1u << 16);
	struct err ignored = ERR;
	struct str rest, line, id, kinds;
	uint64_t most = 0;

	if (os_read(&text, "/proc/self/cgroup", &ignored) < 0)
		return 0;
	rest = buf_str(&text);
	while (rest.n > 0) {
		str_cut(&rest, '\n', &line);
		if (!str_cut(&line, ':', &id) || !str_cut(&line, ':', &kinds))
			continue;
		if (kinds.n == 0)
			most = least_upward(
			    most, "/sys/fs/cgroup", line, "memory.max");
		if (str_is(kinds, "memory"))
			most = least_upward(most, "/sys/fs/cgroup/memory", line,
			    "memory.limit_in_bytes");
	}
	return most;
}

/* ---- and what fits ---- */

#define REQUESTS 1024u /* serve_limits' own */
#define FEW_REQUESTS 16u
#define EACH (1u << 20)	     /* what a request is reckoned to take */
#define INSTANCE (64u << 20) /* serve_limits' own */
#define SMALL_INSTANCE (16u << 20)

void
serve_limits_fit(struct serve_options *o, uint64_t memory)
{
	uint64_t requests = memory / 4 * 3 / EACH, instance = memory / 4;

	if (memory == 0)
		return;
	if (requests < FEW_REQUESTS)
		requests = FEW_REQUESTS;
	if (o->limits.requests == 0 && requests < REQUESTS) {
		o->limits.requests = (unsigned)requests;
		ui_note("memory is limited to %s: at most %u requests at once "
			"(--max-requests)",
		    ui_bytes(memory), o->limits.requests);
	}
	if (instance < SMALL_INSTANCE)
		instance = SMALL_INSTANCE;
	if (o->limits.memory_bytes == 0 && instance < INSTANCE) {
		o->limits.memory_bytes = instance;
		ui_note("memory is limited to %s: at most %s for a function "
			"(--memory)",
		    ui_bytes(memory), ui_bytes(instance));
	}
}

void
serve_limits_tell(const struct serve_options *o)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		const char *at = (const char *)o + r->into;
		uint32_t narrow;
		uint64_t v;

		memcpy(&narrow, at, sizeof(narrow));
		v = narrow;
		if (r->wide)
			memcpy(&v, at, sizeof(v));
		if (v > 0)
			ui_note("--%s is %llu%s", r->flag,
			    (unsigned long long)v, r->ms ? "ms" : "");
	}
}
