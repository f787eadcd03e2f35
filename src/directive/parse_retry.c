/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a step that are small languages: conditions, times, retry. */
#include "directive/parse.h"
#include "directive/rules.h"

#define BACKOFF_NS 100000000ull
#define BACKOFF_MAX_NS 30000000000ull
#define MAX_CODES 256u

/*
 * Where column col of t's text stands in the file, when what stands there is
 * the text itself: quotes with escapes and folded blocks are marked whole.
 */
static struct tree
spot(const struct reader *r, const struct tree *t, size_t col)
{
	size_t quote = t->quoted ? 1 : 0, from = t->from + quote, i, n = 0;
	struct tree at = *t;

	if (from + t->text.n > r->tell.source.n || t->text.n == 0 ||
	    memcmp(r->tell.source.p + from, t->text.p, t->text.n) != 0 ||
	    memchr(t->text.p, '\n', t->text.n))
		return at;
	for (i = 0; i < t->text.n && n + 1 < col; i++)
		n += ((unsigned char)t->text.p[i] & 0xC0) != 0x80;
	at.at.col += (unsigned)(quote + n);
	at.from = from + i;
	at.to = at.from + 1;
	return at;
}

static void
tell_when(struct reader *r, const struct tree *t, const struct err *e)
{
	struct str text = str_of(e->text), head;
	struct diag *d;
	struct tree at;
	uint64_t col = 1;

	if (str_starts(text, "column ")) {
		text = str_from(text, strlen("column "));
		str_cut(&text, ':', &head);
		(void)str_u64(head, UINT32_MAX, &col);
		text = str_trim(text);
	}
	at = spot(r, t, col);
	d = tell(&r->tell, RULE(R_CONDITION), &at, STR_F, STR_A(text));
	tell_repair(&r->tell, d, "%s", e->hint);
}

struct expr *
parse_when(struct reader *r, const struct tree *t, const char *key)
{
	const struct tree *v = tree_get(t, key);
	struct expr *x = NULL;
	struct err e = ERR;

	if (!v || v->kind == TREE_NULL || v->kind == TREE_LIST ||
	    v->kind == TREE_MAP)
		return NULL;
	if (expr_parse(&x, r->arena, v->text, &e) < 0)
		tell_when(r, v, &e);
	return x;
}

uint64_t
parse_time(struct reader *r, const struct tree *t, const char *key)
{
	const struct tree *v = tree_get(t, key);
	struct err e = ERR;
	struct diag *d;
	uint64_t ns = 0;

	if (!v || v->kind == TREE_NULL || v->kind == TREE_LIST ||
	    v->kind == TREE_MAP || duration_parse(&ns, v->text, &e) == 0)
		return ns;
	d = tell(&r->tell, RULE(R_TIME), v, "%s", e.text);
	if (v->kind == TREE_INT && v->num > 0)
		tell_repair(&r->tell, d, "write '%s: %.*ss' or '%s: %.*sms'",
		    key, SHOW_A(v->text), key, SHOW_A(v->text));
	else
		tell_repair(&r->tell, d, "%s", e.hint);
	return 0;
}

uint32_t
parse_count(struct reader *r, const struct tree *t, const char *key,
    uint32_t max, uint32_t none)
{
	const struct tree *v = tree_get(t, key);

	if (!v || v->kind != TREE_INT)
		return none;
	if (v->num >= 1 && v->num <= max)
		return (uint32_t)v->num;
	tell(&r->tell, RULE(R_RANGE), v, "'%s' is %.*s, and 1 to %u is allowed",
	    key, SHOW_A(v->text), max);
	return none;
}

/* ---- retry ---- */

static double
factor_of(struct reader *r, const struct tree *backoff)
{
	const struct tree *v = tree_get(backoff, "factor");

	if (!v || v->kind == TREE_NULL)
		return 2;
	if ((v->kind == TREE_INT || v->kind == TREE_REAL) && v->real >= 1 &&
	    v->real <= 10)
		return v->real;
	tell(&r->tell, RULE(R_RANGE), v,
	    "'factor' is not a number from 1 to 10");
	return 2;
}

static void
parse_backoff(struct reader *r, const struct tree *t, struct retry *out)
{
	const struct tree *v = tree_get(t, "backoff");
	uint64_t first, most = 0;

	if (v && v->kind == TREE_LIST)
		tell(&r->tell, RULE(R_TYPE), v,
		    "'backoff' should be a time or a map, and is a list");
	if (v && v->kind == TREE_MAP) {
		first = parse_time(r, v, "initial");
		most = parse_time(r, v, "max");
		out->factor = factor_of(r, v);
	} else {
		first = parse_time(r, t, "backoff");
	}
	if (first > 0)
		out->backoff_ns = first;
	if (most > 0)
		out->backoff_max_ns = most;
	if (most > 0 && out->backoff_ns > most)
		tell(&r->tell, RULE(R_RANGE), tree_get(v, "max"),
		    "the longest wait is shorter than the first");
	if (out->backoff_max_ns < out->backoff_ns)
		out->backoff_max_ns = out->backoff_ns;
}

static void
parse_cause(struct reader *r, const struct tree *t, struct retry *out)
{
	static const struct str words[] = { { "any", 3 }, { "error", 5 },
		{ "trap", 4 }, { "timeout", 7 } };
	struct diag *d;

	if (t->kind == TREE_INT && t->num >= INT32_MIN && t->num <= INT32_MAX)
		out->on_codes[out->non_codes++] = (int32_t)t->num;
	else if (str_eq(t->text, words[0]))
		out->any = true;
	else if (str_eq(t->text, words[1]))
		out->on_error = true;
	else if (str_eq(t->text, words[2]))
		out->on_trap = true;
	else if (str_eq(t->text, words[3]))
		out->on_timeout = true;
	else {
		d = tell(&r->tell, RULE(R_RETRY_ON), t,
		    "'%.*s' is nothing to try again on", SHOW_A(t->text));
		tell_near(&r->tell, d, t->text, words, COUNT(words));
	}
}

static void
parse_on(struct reader *r, const struct tree *on, struct retry *out)
{
	size_t i, n;

	if (!on || on->kind == TREE_NULL)
		return;
	out->any = false;
	if (on->kind == TREE_MAP) {
		tell(&r->tell, RULE(R_TYPE), on,
		    "'on' should be a word or a list, and is a map");
		return;
	}
	n = on->kind == TREE_LIST ? on->nitems : 1;
	if (n > MAX_CODES) {
		tell(&r->tell, RULE(R_TOO_MANY), on,
		    "'on' has more than %u entries", MAX_CODES);
		n = MAX_CODES;
	}
	out->on_codes = arena_take(r->arena, (n + 1) * sizeof *out->on_codes);
	if (on->kind != TREE_LIST) {
		parse_cause(r, on, out);
		return;
	}
	for (i = 0; i < n; i++)
		parse_cause(r, on->items[i], out);
}

static uint32_t
times_of(struct reader *r, const struct tree *v)
{
	if (v && v->kind == TREE_INT && v->num >= 0 && v->num <= 100)
		return (uint32_t)v->num;
	tell(&r->tell, RULE(R_RANGE), v,
	    "the number of tries after the first is not 0 to 100");
	return 0;
}

void
parse_retry(struct reader *r, const struct tree *t, struct retry *out)
{
	*out = (struct retry){ .backoff_ns = BACKOFF_NS,
		.backoff_max_ns = BACKOFF_MAX_NS,
		.factor = 2,
		.any = true };
	if (!t || t->kind == TREE_NULL)
		return;
	if (t->kind != TREE_MAP) {
		out->times = times_of(r, t);
		return;
	}
	if (tree_get(t, "times"))
		out->times = times_of(r, tree_get(t, "times"));
	else
		tell(&r->tell, RULE(R_RANGE), t->key, "'retry' has no 'times'");
	parse_backoff(r, t, out);
	parse_on(r, tree_get(t, "on"), out);
}
