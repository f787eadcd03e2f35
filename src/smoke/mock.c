/* SPDX-License-Identifier: Apache-2.0 */
/* Outbound calls: answered from what the case gives, never made. */

#include "smoke/show.h"
#include "smoke/trial.h"

#define MAX_CALLS 10000u /* of one case, kept */

static struct outcall *
record(struct trial *t, struct str fn, const struct outbound *o)
{
	struct outcall *c;

	t->calls = arena_grow(
	    t->arena, t->calls, t->ncalls, &t->calls_cap, sizeof(*t->calls));
	c = &t->calls[t->ncalls++];
	*c = (struct outcall){ .fn = arena_copy(t->arena, fn),
		.method = arena_copy(t->arena, o->method),
		.url = arena_copy(t->arena, o->url),
		.body = arena_copy(t->arena, o->body),
		.query = arena_copy(t->arena, o->query) };
	for (size_t i = 0; i < o->nheaders; i++)
		texts_put(&c->headers, t->arena,
		    arena_copy(t->arena, o->headers[i].key),
		    arena_copy(t->arena, o->headers[i].value), true);
	c->vars = arena_take(t->arena, (o->nvars + 1) * sizeof(*c->vars));
	for (size_t i = 0; i < o->nvars; i++)
		c->vars[c->nvars++] = arena_copy(t->arena, o->vars[i].value);
	return c;
}

static bool
url_fits(struct str want, struct str url)
{
	if (want.n > 0 && want.p[want.n - 1] == '*')
		return url.n >= want.n - 1 &&
		    memcmp(want.p, url.p, want.n - 1) == 0;
	return str_eq(want, url);
}

static const struct given_http *
find_http(struct trial *t, const struct outcall *c)
{
	const struct given *g = &t->c->given;
	const struct given_http *last = NULL;

	for (size_t i = 0; i < g->nhttp; i++) {
		const struct given_http *h = &g->http[i];

		if (!url_fits(h->url, c->url) ||
		    (h->method.n > 0 && !str_ieq(h->method, c->method)))
			continue;
		last = h;
		if (t->used_http[i]++ == 0)
			break;
	}
	return last;
}

static bool
vars_fit(const struct tree *want, const struct outcall *c)
{
	if (!want)
		return true;
	if (want->nitems != c->nvars)
		return false;
	for (size_t i = 0; i < c->nvars; i++)
		if (!str_eq(want->items[i]->text, c->vars[i]))
			return false;
	return true;
}

static const struct given_db *
find_db(struct trial *t, const struct outcall *c)
{
	const struct given *g = &t->c->given;
	const struct given_db *last = NULL;

	for (size_t i = 0; i < g->ndb; i++) {
		if (!str_eq(g->db[i].query, c->query) ||
		    !vars_fit(g->db[i].vars, c))
			continue;
		last = &g->db[i];
		if (t->used_db[i]++ == 0)
			break;
	}
	return last;
}

static int
http_answer(struct trial *t, struct outcall *c, struct outbound_answer *a)
{
	const struct given_http *h = find_http(t, c);

	if (!h)
		return -1;
	c->answered = true;
	*a = (struct outbound_answer){ .status = (int)h->status,
		.headers = h->headers.v,
		.nheaders = h->headers.n,
		.body = h->body,
		.delay_ns = h->delay_ns };
	return 1;
}

static int
db_answer(struct trial *t, struct outcall *c, struct outbound_answer *a)
{
	const struct given_db *d = find_db(t, c);

	if (!d)
		return -1;
	c->answered = true;
	*a = (struct outbound_answer){ .status = d->failed ? 0 : 200,
		.body = d->answer,
		.delay_ns = d->delay_ns };
	return 1;
}

int
mock_outbound(void *arg, const struct host_call *call, const struct outbound *o,
    struct outbound_answer *a)
{
	struct trial *t = arg;
	struct outcall *c;
	int rc = -1;

	if (t->magic != TRIAL_MAGIC)
		return -1;
	pthread_mutex_lock(&t->lock);
	if (t->ncalls < MAX_CALLS) {
		c = record(t, call->fn, o);
		rc = o->what == ABI_DB ? db_answer(t, c, a)
				       : http_answer(t, c, a);
	}
	pthread_mutex_unlock(&t->lock);
	return rc;
}

static void
add_yaml_text(struct buf *out, struct str s)
{
	CLEANUP(arena_free) struct arena *a = arena_new();

	/* JSON text is YAML text. */
	tree_print_json(out, tree_new_text(a, s), 0);
}

static void
tell_unanswered(struct trial *t, const struct outcall *c)
{
	struct buf *out = &t->details;

	buf_addf(out, "function ");
	show_quoted(out, c->fn);
	if (c->query.n > 0) {
		buf_addf(out, " ran the query ");
		show_quoted(out, c->query);
		buf_addf(out,
		    ", and the case gives no answer; add:\n"
		    "    given:\n      db:\n        - {query: ");
		add_yaml_text(out, c->query);
		buf_addf(out, ", rows: []}\n");
		return;
	}
	buf_addf(out, " called ");
	show_quoted(out, c->url);
	buf_addf(out,
	    ", and the case gives no answer; add:\n"
	    "    given:\n      http:\n        - {method: " STR_F ", url: ",
	    STR_A(c->method));
	add_yaml_text(out, c->url);
	buf_addf(out, ", status: 200, body: \"\"}\n");
}

static void
add_line(struct buf *out, struct str method, struct str url, struct str query)
{
	if (query.n > 0)
		buf_addf(out, "query " STR_F "\n", STR_A(query));
	else
		buf_addf(out, STR_F " " STR_F "\n",
		    STR_A(method.n ? method : STR("*")), STR_A(url));
}

static bool
same_call(const struct want_call *w, const struct outcall *c)
{
	if (w->query.n > 0 || c->query.n > 0)
		return str_eq(w->query, c->query) && vars_fit(w->vars, c);
	return url_fits(w->url, c->url) &&
	    (w->method.n == 0 || str_ieq(w->method, c->method));
}

static void
check_call(struct trial *t, const struct want_call *w, const struct outcall *c)
{
	char what[80];

	check_text(
	    t, &t->details, "the body of an outbound call", &w->body, c->body);
	for (size_t i = 0; i < w->nheaders; i++) {
		struct str name = w->headers[i].name, value = { 0 };

		for (size_t k = 0; k < c->headers.n; k++)
			if (str_ieq(c->headers.v[k].key, name))
				value = c->headers.v[k].value;
		snprintf(what, sizeof(what), "header '%.*s' of a call",
		    (int)(name.n < 40 ? name.n : 40), name.p);
		check_text(t, &t->details, what, &w->headers[i].want, value);
	}
}

void
check_calls(struct trial *t)
{
	CLEANUP(buf_free) struct buf want = BUF(1u << 20), got = BUF(1u << 20);
	const struct want *w = &t->c->want;
	bool same = w->ncalls == t->ncalls;

	for (size_t i = 0; i < t->ncalls; i++)
		if (!t->calls[i].answered)
			tell_unanswered(t, &t->calls[i]);
	if (!w->has_calls)
		return;
	for (size_t i = 0; i < w->ncalls; i++)
		add_line(&want, w->calls[i].method, w->calls[i].url,
		    w->calls[i].query);
	for (size_t i = 0; i < t->ncalls; i++)
		add_line(&got, t->calls[i].method, t->calls[i].url,
		    t->calls[i].query);
	for (size_t i = 0; same && i < w->ncalls; i++)
		same = same_call(&w->calls[i], &t->calls[i]);
	if (!same) {
		show_difference(&t->details, "the list of outbound calls",
		    buf_str(&want), buf_str(&got), t->opt->width);
		return;
	}
	for (size_t i = 0; i < w->ncalls; i++)
		check_call(t, &w->calls[i], &t->calls[i]);
}
