/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What leaves this machine: the rules, then whoever answers in the outside's
 * place, then the outside.
 */
#include <assert.h>
#include <string.h>

#include "host/wait.h"

bool
outbound_count(struct host_call *c, struct buf *out)
{
	if (c->nfetches < c->host->fetches) {
		c->nfetches++;
		return true;
	}
	buf_clear(out);
	buf_addf(out, "more than %u outbound calls", c->host->fetches);
	return false;
}

/* ---- the rules, for each hop ---- */

/* "host:port", or "host" for the port of its scheme; in any case. */
static bool
is_domain(struct str domain, const struct fetch_url *u)
{
	CLEANUP(buf_free) struct buf with = BUF(1024);

	if (str_ieq(domain, u->host))
		return u->port == (u->secure ? 443 : 80);
	buf_addf(&with,
	    memchr(u->host.p, ':', u->host.n) ? "[" STR_F "]:%u" : STR_F ":%u",
	    STR_A(u->host), u->port);
	return str_ieq(domain, buf_str(&with));
}

/* The header for this server, or NULL. */
static const struct auth_value *
auth_for(const struct waiting *w, const struct fetch_url *u)
{
	const struct grant *g = w->call->grant;

	/* What was asked for by TLS is not told in the clear by a redirect. */
	if (!g->caps->auth || (w->secure && !u->secure))
		return NULL;
	for (size_t i = 0; i < g->caps->nauth_headers; i++)
		if (is_domain(g->caps->auth_headers[i].domain, u))
			return &g->auth[i];
	return NULL;
}

/* The URL goes with the call's memory, so what the log needs is kept. */
static int
remember(struct waiting *w, const struct fetch_url *u, struct err *e)
{
	w->refused = true;
	w->url = *u;
	w->url.host = arena_copy(w->arena, u->host);
	w->url.target = w->url.text = STR("");
	return err_set(e, ERR_TRUST, "failed to requestIsAllowed: %s",
	    rules_reason(w->verdict.rule));
}

int
outbound_judge(
    void *arg, const struct fetch_url *u, unsigned hop, struct err *e)
{
	struct waiting *w = arg;
	const struct auth_value *a;

	assert(w->magic == WAITING_MAGIC);
	if (hop == 0)
		w->secure = u->secure;
	if (!rules_allow_url(w->rules, u, &w->verdict))
		return remember(w, u, e);
	a = auth_for(w, u);
	return a && a->missing ? err_set(e, ERR_INPUT, "%s", a->missing) : 0;
}

static int
judge_address(void *arg, const struct fetch_url *u, const struct sockaddr *sa,
    struct err *e)
{
	struct waiting *w = arg;

	assert(w->magic == WAITING_MAGIC);
	return rules_allow_address(w->rules, sa, &w->verdict)
	    ? 0
	    : remember(w, u, e);
}

static bool
authorize(void *arg, const struct fetch_url *u, struct buf *value)
{
	struct waiting *w = arg;
	const struct auth_value *a;

	assert(w->magic == WAITING_MAGIC);
	a = auth_for(w, u);
	if (a)
		buf_add(value, a->text);
	return value->n > 0;
}

/* ---- the outside ---- */

int
outbound_fail(struct waiting *w, const struct err *why)
{
	struct refusal r = {
		.what = w->what, .url = &w->url, .verdict = &w->verdict
	};

	if (why->kind == ERR_TRUST && w->refused)
		refusal_tell(w->call, &r);
	return wait_fail(w, why);
}

static void
on_fetched(void *arg, const struct fetch_answer *a, const struct err *why)
{
	struct waiting *w = arg;

	assert(w->magic == WAITING_MAGIC);
	if (a)
		wait_tell(w, a->status, a->body, NULL);
	if (a)
		(void)wait_end(w, w->read(a->status, a->body, w->out));
	else
		(void)outbound_fail(w, why);
}

static int
ask_outside(struct waiting *w, const struct outbound *o)
{
	const struct host *h = w->call->host;
	struct fetch_header *headers =
	    arena_take(w->arena, (o->nheaders + 1) * sizeof(*headers));
	struct fetch_request r = { .method = o->method,
		.url = o->url,
		.headers = headers,
		.nheaders = o->nheaders,
		.body = o->body,
		.has_body = o->body.n > 0,
		.policy = &w->policy,
		.body_bytes = h->fetch_bytes,
		.total_ms = h->fetch_ms,
		.ca_file = h->ca_file };

	for (size_t i = 0; i < o->nheaders; i++)
		headers[i] = (struct fetch_header){ o->headers[i].key,
			o->headers[i].value };
	w->policy = (struct fetch_policy){ w, outbound_judge, judge_address,
		authorize };
	w->fetch = fetch_start(w->call->loop, &r, on_fetched, w);
	return wait_begin(w);
}

int
outbound_http(struct waiting *w, const struct outbound *o)
{
	struct host_call *c = w->call;
	struct err e = ERR;
	int rc;

	if (!outbound_count(c, w->out))
		return wait_end(w, ABI_REFUSED);
	if (fetch_url_parse(&w->url, w->arena, o->url, &e) < 0)
		return wait_end(w, answer_refuse(w->out, e.text));
	if (outbound_judge(w, &w->url, 0, &e) < 0)
		return outbound_fail(w, &e);
	if (outbound_hook(w, o, &rc) != 0)
		return rc;
	if (!c->loop)
		return wait_end(w, answer_refuse(w->out, NO_WAITING));
	return ask_outside(w, o);
}
