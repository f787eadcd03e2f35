/* SPDX-License-Identifier: Apache-2.0 */
/* `limits`, of the app and of a handler. */
#include "directive/parse.h"
#include "directive/rules.h"

#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define SECOND 1000ull
#define DAY (86400 * SECOND)

enum unit { UNIT_BYTES, UNIT_MS, UNIT_COUNT };

struct limit {
	const char *key;
	enum unit unit;
	bool handler; /* a handler may have it, too */
	uint64_t least, most;
	const char *range; /* for people */
	const char *example;
};

/* What is checked before a handler is known, or counts a connection as a
 * whole, is the app's only. */
static const struct limit limits[] = {
	[LIMIT_HEADER_BYTES] = { "headerBytes", UNIT_BYTES, false, KIB, MIB,
	    "1K to 1M", "16K" },
	[LIMIT_BODY_BYTES] = { "bodyBytes", UNIT_BYTES, true, 1, GIB, "1 to 1G",
	    "16M" },
	[LIMIT_CONNECTIONS] = { "connections", UNIT_COUNT, false, 1, 1000000,
	    "1 to 1000000", "10000" },
	[LIMIT_REQUESTS] = { "requests", UNIT_COUNT, true, 1, 65536,
	    "1 to 65536", "1024" },
	[LIMIT_HEADER_MS] = { "headerTime", UNIT_MS, false, 1, DAY,
	    "1ms to 24h", "10s" },
	[LIMIT_BODY_MS] = { "bodyTime", UNIT_MS, false, 1, DAY, "1ms to 24h",
	    "1m" },
	[LIMIT_IDLE_MS] = { "idleTime", UNIT_MS, false, 1, DAY, "1ms to 24h",
	    "1m" },
	[LIMIT_WRITE_MS] = { "writeTime", UNIT_MS, false, 1, DAY, "1ms to 24h",
	    "30s" },
	[LIMIT_FUNCTION_MS] = { "functionTime", UNIT_MS, true, 1, DAY,
	    "1ms to 24h", "10s" },
	[LIMIT_REQUEST_MS] = { "requestTime", UNIT_MS, true, 1, DAY,
	    "1ms to 24h", "1m" },
	/* A module's memory grows in pages of 64 KiB, to 32 bits. */
	[LIMIT_MEMORY_BYTES] = { "memory", UNIT_BYTES, true, 64 * KIB, 4 * GIB,
	    "64K to 4G", "64M" },
	[LIMIT_OUTPUT_BYTES] = { "outputBytes", UNIT_BYTES, true, 1, GIB,
	    "1 to 1G", "8M" },
	[LIMIT_LOG_BYTES] = { "logBytes", UNIT_BYTES, false, 1, GIB, "1 to 1G",
	    "1M" },
	[LIMIT_MESSAGE_BYTES] = { "messageBytes", UNIT_BYTES, false, 1, GIB,
	    "1 to 1G", "1M" },
};

_Static_assert(COUNT(limits) == LIMITS, "each limit has a row");

static bool
read_value(const struct limit *l, const struct tree *v, uint64_t *out)
{
	struct err e = ERR;

	switch (l->unit) {
	case UNIT_BYTES:
		return str_bytes(v->text, out);
	case UNIT_MS:
		if (duration_parse(out, v->text, &e) < 0)
			return false;
		*out /= 1000000;
		return true;
	default:
		return str_u64(v->text, UINT64_MAX, out);
	}
}

static void
tell_unreadable(struct reader *r, const struct limit *l, const struct tree *v)
{
	static const char *const what[] = {
		[UNIT_BYTES] = "a size",
		[UNIT_MS] = "a time",
		[UNIT_COUNT] = "a whole number",
	};
	struct diag *d;
	uint64_t n;

	d = tell(&r->tell, RULE(R_LIMIT_VALUE), v, "'%.*s' of '%s' is not %s",
	    SHOW_A(v->text), l->key, what[l->unit]);
	if (l->unit == UNIT_MS && str_u64(v->text, UINT32_MAX, &n) && n > 0)
		tell_repair(&r->tell, d, "write '%s: %.*ss' or '%s: %.*sms'",
		    l->key, SHOW_A(v->text), l->key, SHOW_A(v->text));
	else
		tell_repair(&r->tell, d, "write for example '%s: %s'", l->key,
		    l->example);
}

static void
read_limit(struct reader *r, const struct limit *l, const struct tree *v,
    uint64_t *out)
{
	struct diag *d;
	uint64_t n;

	if (!read_value(l, v, &n)) {
		tell_unreadable(r, l, v);
		return;
	}
	if (n >= l->least && n <= l->most) {
		*out = n;
		return;
	}
	d = tell(&r->tell, RULE(R_LIMIT_RANGE), v,
	    "'%s' is %.*s, and %s is allowed", l->key, SHOW_A(v->text),
	    l->range);
	if (n == 0)
		tell_repair(&r->tell, d,
		    "there is no way to have no limit; leave '%s' away for its "
		    "default, or write '%s: %s'",
		    l->key, l->key, l->example);
}

static void
tell_unknown(struct reader *r, const struct tree *key, bool handler)
{
	struct str names[LIMITS];
	struct diag *d;
	size_t i, n = 0;

	for (i = 0; i < LIMITS; i++)
		if (!handler || limits[i].handler)
			names[n++] = str_of(limits[i].key);
	d = tell(&r->tell, RULE(R_LIMIT_UNKNOWN), key, "unknown limit '%.*s'",
	    SHOW_A(key->text));
	tell_near(&r->tell, d, key->text, names, n);
}

/* A limit that another one of the same map makes pointless. */
static void
compare(struct reader *r, const struct tree *t, const struct limits *have,
    enum limit_name part, enum limit_name whole)
{
	if (have->v[whole] == 0 || have->v[part] <= have->v[whole])
		return;
	tell(&r->tell, RULE(R_LIMIT_MORE), tree_get(t, limits[part].key),
	    "'%s' is more than '%s'", limits[part].key, limits[whole].key);
}

static void
take_limit(
    struct reader *r, const struct tree *v, bool handler, struct limits *out)
{
	size_t k;

	for (k = 0; k < LIMITS; k++)
		if (str_is(v->key->text, limits[k].key))
			break;
	if (k == LIMITS)
		tell_unknown(r, v->key, handler);
	else if (handler && !limits[k].handler)
		tell(&r->tell, RULE(R_LIMIT_PLACE), v->key,
		    "a handler cannot have the limit '%s'", limits[k].key);
	else if (v->kind != TREE_NULL && v->kind != TREE_LIST &&
	    v->kind != TREE_MAP)
		read_limit(r, &limits[k], v, &out->v[k]);
}

void
parse_limits(struct reader *r, const struct tree *owner, bool handler,
    struct limits *out)
{
	const struct tree *t = tree_get(owner, "limits");
	size_t i;

	if (!t || t->kind != TREE_MAP)
		return;
	out->at = t->at;
	for (i = 0; i < t->nitems; i++)
		take_limit(r, t->items[i], handler, out);
	compare(r, t, out, LIMIT_FUNCTION_MS, LIMIT_REQUEST_MS);
	compare(r, t, out, LIMIT_OUTPUT_BYTES, LIMIT_MEMORY_BYTES);
}
