/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request with all that it takes: the right scheme, credentials for whom
 * they are for, redirects, other tries.
 */
#include <assert.h>
#include <string.h>

#include "oci/parts.h"
#include "os/os.h"

#define TOTAL_MS (15u * 60 * 1000)
#define MOST_HOPS 5u
#define HTTPS_TRIAL_MS 3000u /* for who may not speak it, and say nothing */
#define NS_IN_MS UINT64_C(1000000)

struct ask {
	struct oci *o;
	struct site *site;
	struct ask_request r;
	struct arena *arena;
	struct fetch_transfer *transfer;
	struct token_wait *token;
	struct loop_timer *timer;
	uint64_t deadline_ns;
	struct str url; /* of this try */
	struct str scopes;
	unsigned hop, tries, renewed;
	bool own;    /* this try is to the registry itself */
	bool secure; /* and by https */
	bool sent_basic;
	struct str sent_token;
	bool broke_off; /* what came was refused by us: no other try */
};

static void go(void *arg);

static uint64_t
left_ms(const struct ask *a)
{
	uint64_t now = os_now_ns();

	return now < a->deadline_ns ? (a->deadline_ns - now) / NS_IN_MS : 0;
}

static void
go_soon(struct ask *a, uint64_t ms)
{
	loop_timer_end(&a->timer);
	a->timer = loop_timer_start(a->o->loop, NULL, ms * NS_IN_MS, go, a);
}

static void
fail(struct ask *a, const struct err *why)
{
	struct err e = *why;

	a->r.done(a->r.arg, NULL, a->url, &e);
}

static void
fail_transfer(struct ask *a, const struct err *why)
{
	struct err e = *why;

	if (left_ms(a) == 0)
		(void)err_set(&e, ERR_LIMIT, STR_F " took too long: %s",
		    STR_A(a->site->host), why->text);
	/* To fetch, a host that is not there is missing; and so on. */
	if (e.kind == ERR_MISSING || e.kind == ERR_INPUT ||
	    e.kind == ERR_FAILED)
		e.kind = ERR_REMOTE;
	if (e.kind == ERR_TRUST && !a->broke_off)
		(void)err_hint(&e,
		    "if its certificate is signed by an authority of your own: "
		    "--ca FILE");
	fail(a, &e);
}

/* ---- what is allowed ---- */

static struct str
scopes_of(const struct scope *s, struct arena *a)
{
	if (s->name.n == 0)
		return STR("");
	return str_of(arena_printf(a,
	    "repository:" STR_F ":pull%s%s" STR_F "%s", STR_A(s->name),
	    s->push ? ",push" : "", s->from.n > 0 ? " repository:" : "",
	    STR_A(s->from), s->from.n > 0 ? ":pull" : ""));
}

static bool
has_scope(struct str scopes, struct str one)
{
	struct str head;

	while (scopes.n > 0) {
		(void)str_cut(&scopes, ' ', &head);
		if (str_eq(head, one))
			return true;
	}
	return false;
}

/* Those of more that are not in the scopes yet.  False: none. */
static bool
add_scopes(struct ask *a, struct str more)
{
	bool added = false;
	struct str head;

	while (more.n > 0) {
		(void)str_cut(&more, ' ', &head);
		if (head.n == 0 || has_scope(a->scopes, head))
			continue;
		a->scopes = str_of(arena_printf(a->arena, STR_F "%s" STR_F,
		    STR_A(a->scopes), a->scopes.n > 0 ? " " : "", STR_A(head)));
		added = true;
	}
	return added;
}

static int
refused(struct ask *a, const struct fetch_reply *r, struct err *e)
{
	const struct site *s = a->site;

	(void)reply_error(e, s, r,
	    cred_is_empty(&s->cred) ? "without credentials"
				    : "with these credentials");
	e->kind = ERR_TRUST;
	return -1;
}

/* A 401 of the registry: what to bring next time.  -1: nothing will help. */
static int
renew(struct ask *a, const struct fetch_reply *r, struct err *e)
{
	struct site *s = a->site;
	struct challenge c;

	if (challenge_read(&c, a->o->arena, r->headers, r->nheaders, e) < 0)
		return err_wrap(e, STR_F, STR_A(s->host));
	if (site_load_cred(a->o, s, a->r.scope.name, e) < 0)
		return -1;
	if (c.auth == AUTH_NONE)
		return refused(a, r, e);
	if (c.auth == AUTH_BASIC) {
		if (a->sent_basic || s->cred.user.n == 0)
			return refused(a, r, e);
		s->auth = AUTH_BASIC;
		return 0;
	}
	if (realm_check(a->o, s, c.realm, a->arena, e) < 0)
		return -1;
	s->auth = AUTH_BEARER;
	s->realm = c.realm;
	s->service = c.service;
	a->renewed++;
	if (a->renewed > 1 &&
	    (a->renewed > 2 || !str_is(c.error, "insufficient_scope") ||
		!add_scopes(a, c.scope)))
		return refused(a, r, e);
	if (a->renewed == 1) {
		/* What it asks for may be less than what we are about to do. */
		if (a->scopes.n == 0)
			(void)add_scopes(a, c.scope);
		site_drop_token(s, a->scopes, a->sent_token);
	}
	return 0;
}

static void
on_token(void *arg, const struct err *why)
{
	struct ask *a = arg;

	token_end(&a->token);
	if (why->kind != ERR_NONE)
		fail(a, why);
	else
		go_soon(a, 0);
}

/* The value of Authorization for this try; empty: none. */
static struct str
authorization(struct ask *a)
{
	CLEANUP(sign_wipe_buf) struct buf both = BUF(64u << 10);
	CLEANUP(sign_wipe_buf) struct buf line = BUF(128u << 10);
	struct site *s = a->site;
	struct token *t = NULL;

	if (a->r.bare)
		return a->r.authorization;
	if (!a->own || s->auth == AUTH_UNKNOWN)
		return STR("");
	if (!s->secure && !s->local)
		say(a->o,
		    "credentials go to " STR_F " in the clear, by plain http",
		    STR_A(s->host));
	if (s->auth == AUTH_BASIC) {
		buf_add(&both, s->cred.user);
		buf_addc(&both, ':');
		buf_add(&both, s->cred.password);
		buf_add(&line, STR("Basic "));
		buf_add_base64(&line, buf_str(&both));
		a->sent_basic = true;
		return arena_copy(a->arena, buf_str(&line));
	}
	t = site_token(s, a->scopes);
	a->sent_token = s->cred.bearer.n > 0 ? s->cred.bearer : t->value;
	buf_add(&line, STR("Bearer "));
	buf_add(&line, a->sent_token);
	return arena_copy(a->arena, buf_str(&line));
}

/* ---- what comes ---- */

/* Another try, if there is one to be had.  False: this is the end of it. */
static bool
try_again(struct ask *a, const struct fetch_reply *r, const struct err *why)
{
	struct err e = ERR;
	uint64_t wait;

	if (a->r.once || a->broke_off || a->tries >= OCI_TRIES ||
	    !ask_may_mend(r, why))
		return false;
	wait = ask_wait_ms(r, a->tries);
	if (wait >= left_ms(a)) {
		if (!r)
			return false;
		(void)err_set(&e, ERR_LIMIT,
		    STR_F " wants us to wait for %llu s, and there is no time "
			  "for that (status %d)",
		    STR_A(a->site->host), (unsigned long long)wait / 1000,
		    r->status);
		(void)err_hint(&e, "try again later");
		fail(a, &e);
		return true;
	}
	if (r)
		say(a->o, STR_F " is busy (status %d): trying again",
		    STR_A(a->site->host), r->status);
	else
		say(a->o, "%s: trying again", why->text);
	/* Of a redirect, the whole way anew: it may be over. */
	a->hop = 0;
	go_soon(a, wait);
	return true;
}

static int
redirect(struct ask *a, const struct fetch_reply *r, struct err *e)
{
	const struct site *s = a->site;
	struct str to = fetch_reply_header(r, "location");
	struct fetch_url u;

	if (a->hop >= MOST_HOPS)
		return err_set(e, ERR_REMOTE,
		    STR_F " leads from place to place without end",
		    STR_A(s->host));
	if (to.n == 0 || fetch_join(&to, a->arena, a->url, to, e) < 0 ||
	    fetch_url_parse(&u, a->arena, to, e) < 0)
		return err_set(e, ERR_REMOTE,
		    STR_F " leads to a place that is no URL (status %d)",
		    STR_A(s->host), r->status);
	if (!u.secure && (s->secure || !str_starts(a->url, "http:")))
		return err_set(e, ERR_TRUST,
		    STR_F " leads from https to http, at " STR_F,
		    STR_A(s->host), STR_A(u.host));
	if (!site_owns(s, &u) && site_check_url(s, &u, e) < 0)
		return -1;
	a->url = u.text;
	a->hop++;
	return 0;
}

static bool
is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 ||
	    status == 307 || status == 308;
}

/* A registry's words for its user: 299 - "text". */
static void
pass_warnings(struct ask *a, const struct fetch_reply *r)
{
	for (size_t i = 0; i < r->nheaders; i++) {
		CLEANUP(buf_free) struct buf b = BUF(1000);
		struct str v = r->headers[i].value, head;

		if (!str_ieq(r->headers[i].name, STR("warning")) ||
		    !str_cut(&v, '"', &head) || !str_starts(head, "299 "))
			continue;
		(void)str_cut(&v, '"', &head);
		buf_show(&b, head.n > 300 ? (struct str){ head.p, 300 } : head,
		    false);
		say(a->o, STR_F " says: %s", STR_A(a->site->host),
		    buf_cstr(&b));
	}
}

/* What servers of https say to who speaks http; to HEAD, without words. */
static bool
wants_https(const struct ask *a, const struct fetch_reply *r)
{
	size_t at;

	if (r->status != 400)
		return false;
	if (str_find(r->body, STR("HTTPS"), &at) ||
	    str_find(r->body, STR("SSL"), &at))
		return true;
	return str_is(str_of(a->r.method), "HEAD") &&
	    fetch_reply_header(r, "docker-distribution-api-version").n == 0;
}

/* The same once more by https.  Nothing was told yet: what is asked first has
 * no credentials. */
static void
take_https(struct ask *a)
{
	a->site->tried_https = true;
	a->site->secure = true;
	a->o->nrequests--;
	a->tries--;
	go_soon(a, 0);
}

/* Some servers of https break off when they hear http.  One try will tell; when
 * that fails too, http it is.  True: something else comes. */
static bool
try_other_scheme(struct ask *a, const struct err *why)
{
	struct site *s = a->site;

	if (s->settled || !a->own || a->broke_off ||
	    (why->kind != ERR_REMOTE && why->kind != ERR_INPUT))
		return false;
	if (a->secure) {
		s->secure = false;
		s->settled = true;
		a->o->nrequests--;
		go_soon(a, 0);
		return true;
	}
	if (s->tried_https && !s->secure)
		return false;
	take_https(a);
	return true;
}

/* True: it was dealt with, and something else comes. */
static bool
deal_with(struct ask *a, const struct fetch_reply *r)
{
	struct err e = ERR;

	if (a->own && !a->site->settled && !a->secure && wants_https(a, r)) {
		take_https(a);
		return true;
	}
	if (a->own && !a->r.bare) {
		a->site->settled = true;
		a->site->has_place = !r->proxied && r->place != FETCH_OTHER;
		a->site->place = r->place;
		pass_warnings(a, r);
	}
	if (r->status == 401 && a->own && !a->r.bare) {
		if (renew(a, r, &e) == 0)
			go_soon(a, 0);
		else
			fail(a, &e);
		return true;
	}
	if (a->r.follow && is_redirect(r->status)) {
		if (redirect(a, r, &e) == 0)
			go_soon(a, 0);
		else
			fail(a, &e);
		return true;
	}
	return try_again(a, r, NULL);
}

/* Queries hold states and signatures. */
static void
trace(struct ask *a, const struct fetch_reply *r, const struct err *why)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	const struct oci_options *o = &a->o->options;
	struct str head, rest = a->url;
	bool more;

	if (!o->trace)
		return;
	more = str_cut(&rest, '?', &head);
	buf_addf(&b, "%s " STR_F "%s: ", a->r.method, STR_A(head),
	    more ? "?..." : "");
	if (r)
		buf_addf(&b, "%d", r->status);
	else
		buf_add(&b, str_of(why->text));
	o->trace(o->arg, buf_cstr(&b));
}

static void
on_done(void *arg, const struct fetch_reply *r, const struct err *why)
{
	struct ask *a = arg;
	/* What r has lives as long as its transfer. */
	struct fetch_transfer *t = a->transfer;

	a->transfer = NULL;
	trace(a, r, why);
	if (r) {
		if (!deal_with(a, r))
			a->r.done(a->r.arg, r, a->url, NULL);
	} else if (!try_other_scheme(a, why) && !try_again(a, NULL, why)) {
		fail_transfer(a, why);
	}
	fetch_transfer_end(&t);
}

/* ---- what goes ---- */

static int
on_address(void *arg, const struct sockaddr *sa, struct err *e)
{
	struct ask *a = arg;

	if (a->own || site_check_address(a->site, sa, e) == 0)
		return 0;
	a->broke_off = true;
	return -1;
}

static int
on_take(void *arg, int status, struct str piece, struct err *e)
{
	struct ask *a = arg;

	if (a->own)
		a->site->settled = true;
	if (a->r.take(a->r.arg, status, piece, e) == 0)
		return 0;
	a->broke_off = true;
	return -1;
}

static void
on_sent(void *arg, uint64_t bytes)
{
	struct ask *a = arg;

	if (a->r.sent)
		a->r.sent(a->r.arg, bytes);
}

static void
add(struct fetch_header *v, size_t *n, const char *name, struct str value)
{
	if (value.n > 0)
		v[(*n)++] = (struct fetch_header){ str_of(name), value };
}

static void
start(struct ask *a)
{
	struct fetch_header v[6];
	uint64_t left = left_ms(a), from = 0;
	struct fetch_transfer_request t = { .method = a->r.method,
		.url = a->url,
		.headers = v,
		.body = a->r.body,
		.answer_bytes = a->r.answer_bytes,
		.total_ms = left > 0 ? (uint32_t)left : 1,
		.arg = a,
		.take = a->r.take ? on_take : NULL,
		.sent = on_sent,
		.address = on_address,
		.done = on_done };

	if (a->own && a->secure && !a->site->settled && left > HTTPS_TRIAL_MS)
		t.total_ms = HTTPS_TRIAL_MS;
	if (a->r.again)
		from = a->r.again(a->r.arg);
	add(v, &t.nheaders, "Authorization", authorization(a));
	add(v, &t.nheaders, "Accept", str_of(a->r.accept));
	add(v, &t.nheaders, "Content-Type", str_of(a->r.type));
	add(v, &t.nheaders, "Content-Range", a->r.range);
	if (from > 0)
		add(v, &t.nheaders, "Range",
		    str_of(arena_printf(
			a->arena, "bytes=%llu-", (unsigned long long)from)));
	if (a->hop == 0)
		a->tries++;
	a->o->nrequests++;
	a->transfer = fetch_transfer_start(a->o->client, &t);
}

static void
go(void *arg)
{
	struct ask *a = arg;
	struct site *s = a->site;
	struct err e = ERR;
	struct fetch_url u;

	loop_timer_end(&a->timer);
	if (a->hop == 0)
		a->url = str_starts(a->r.url, "/")
		    ? str_of(arena_printf(a->arena, STR_F STR_F,
			  STR_A(site_base(s, a->arena)), STR_A(a->r.url)))
		    : a->r.url;
	if (fetch_url_parse(&u, a->arena, a->url, &e) < 0) {
		fail(a, &e);
		return;
	}
	a->own = site_owns(s, &u);
	a->secure = u.secure;
	if (!a->r.bare && a->own && s->auth == AUTH_BEARER &&
	    s->cred.bearer.n == 0 && !site_token(s, a->scopes))
		a->token = token_start(a->o, s, a->scopes, on_token, a);
	else
		start(a);
}

struct ask *
ask_start(struct oci *o, struct site *s, const struct ask_request *r)
{
	uint32_t total =
	    o->options.total_ms > 0 ? o->options.total_ms : TOTAL_MS;
	struct ask *a = mem_take(sizeof(*a));

	a->o = o;
	a->site = s;
	a->r = *r;
	a->arena = arena_new();
	a->r.url = arena_copy(a->arena, r->url);
	a->r.range = arena_copy(a->arena, r->range);
	a->deadline_ns = r->deadline_ns > 0 ? r->deadline_ns
					    : os_now_ns() + total * NS_IN_MS;
	a->scopes = scopes_of(&r->scope, a->arena);
	go_soon(a, 0);
	return a;
}

void
ask_end(struct ask **ap)
{
	struct ask *a = *ap;

	if (!a)
		return;
	*ap = NULL;
	fetch_transfer_end(&a->transfer);
	token_end(&a->token);
	loop_timer_end(&a->timer);
	arena_free(&a->arena);
	mem_free(a);
}
