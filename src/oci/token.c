/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens (distribution, "Token Authentication" and its OAuth2 form).  Who asks
 * for the same scopes while one is on its way waits for that.
 */
#include "oci/parts.h"

#define MAX_ANSWER (1u << 20)
#define FORM "application/x-www-form-urlencoded"

struct token_wait {
	struct token_run *run;
	struct token_wait *next;
	void (*done)(void *arg, const struct err *why);
	void *arg;
};

struct token_run {
	struct token_run *next;
	struct oci *o;
	struct site *site;
	struct arena *arena;
	struct str scopes;
	struct token_wait *waits;
	struct ask *ask;
	struct fetch_body body;
	bool by_get; /* the token server knows no POST */
	bool telling;
};

static bool
is_local(struct str host)
{
	return str_is(host, "localhost") || str_is(host, "::1") ||
	    str_ends(host, ".localhost") || str_starts(host, "127.");
}

int
realm_check(const struct oci *o, const struct site *s, struct str realm,
    struct arena *a, struct err *e)
{
	struct err why = ERR;
	struct fetch_url u;
	size_t at;

	if (str_find(realm, STR("#"), &at) ||
	    fetch_url_parse(&u, a, realm, &why) < 0)
		return err_set(e, ERR_TRUST,
		    STR_F ": its token server's address cannot be used%s%s",
		    STR_A(s->host), why.text[0] ? ": " : "", why.text);
	if (site_check_url(s, &u, e) < 0)
		return -1;
	if (u.secure)
		return 0;
	/* In the clear only where the registry itself is. */
	if (!s->secure &&
	    (site_owns(s, &u) || is_local(u.host) || o->options.insecure_http))
		return 0;
	return err_set(e, ERR_TRUST,
	    STR_F ": its token server is not https: " STR_F
		  " is not told any credentials",
	    STR_A(s->host), STR_A(u.host));
}

/* ---- runs ---- */

static void
run_free(struct token_run *run)
{
	for (struct token_run **p = &run->o->tokens; *p; p = &(*p)->next) {
		if (*p != run)
			continue;
		*p = run->next;
		break;
	}
	ask_end(&run->ask);
	arena_free(&run->arena);
	mem_free(run);
}

/* Each is told once; what it does may end others of the list. */
static void
tell(struct token_run *run, const struct err *why)
{
	struct token_wait *w;

	run->telling = true;
	while ((w = run->waits)) {
		run->waits = w->next;
		w->run = NULL;
		w->next = NULL;
		w->done(w->arg, why);
	}
	run_free(run);
}

static void ask(struct token_run *run);

static int
judge(struct token_run *run, const struct fetch_reply *r, struct err *e)
{
	const struct site *s = run->site;
	struct token_answer t;

	if (r->status == 200) {
		if (token_parse(&t, run->arena, r->body, e) < 0)
			return err_wrap(e, STR_F, STR_A(s->host));
		site_keep_token(
		    run->o, run->site, run->scopes, t.token, t.expires_s);
		return 0;
	}
	(void)reply_error(e, s, r, "its token server gives no token");
	if (r->status != 400 && r->status != 401 && r->status != 403)
		return -1;
	e->kind = ERR_TRUST;
	if (cred_is_empty(&s->cred))
		return err_hint(
		    e, "log in: subo login " STR_F " -u USER", STR_A(s->host));
	return err_hint(e,
	    "the user or password is not right, or may not do this: subo "
	    "login " STR_F " -u USER",
	    STR_A(s->host));
}

static void
on_done(void *arg, const struct fetch_reply *r, struct str url,
    const struct err *why)
{
	struct token_run *run = arg;
	struct err e = ERR;

	(void)url;
	if (r && !run->by_get && run->site->cred.identity.n > 0 &&
	    (r->status == 404 || r->status == 405)) {
		run->by_get = true;
		ask_end(&run->ask);
		ask(run);
		return;
	}
	if (r)
		(void)judge(run, r, &e);
	else
		e = *why;
	tell(run, &e);
}

/* ---- asking ---- */

static void
add(struct buf *b, char c, const char *key, struct str value)
{
	if (value.n == 0)
		return;
	buf_addc(b, c);
	buf_addf(b, "%s=", key);
	text_percent(b, value);
}

static void
set_get(struct token_run *run, struct ask_request *r)
{
	CLEANUP(buf_free) struct buf b = BUF(64u << 10);
	CLEANUP(sign_wipe_buf) struct buf basic = BUF(128u << 10);
	CLEANUP(sign_wipe_buf) struct buf both = BUF(64u << 10);
	const struct cred *c = &run->site->cred;
	struct str rest = run->scopes, scope;
	size_t at;

	buf_add(&b, run->site->realm);
	buf_addf(&b, "%sclient_id=subo",
	    str_find(run->site->realm, STR("?"), &at) ? "&" : "?");
	add(&b, '&', "service", run->site->service);
	while (rest.n > 0) {
		(void)str_cut(&rest, ' ', &scope);
		add(&b, '&', "scope", scope);
	}
	r->method = "GET";
	r->url = arena_copy(run->arena, buf_str(&b));
	if (c->user.n == 0)
		return;
	buf_add(&both, c->user);
	buf_addc(&both, ':');
	buf_add(&both, c->password);
	buf_add(&basic, STR("Basic "));
	buf_add_base64(&basic, buf_str(&both));
	r->authorization = arena_copy(run->arena, buf_str(&basic));
}

static void
set_post(struct token_run *run, struct ask_request *r)
{
	CLEANUP(buf_free) struct buf b = BUF(128u << 10);

	buf_addf(&b, "grant_type=refresh_token&client_id=subo");
	add(&b, '&', "service", run->site->service);
	add(&b, '&', "scope", run->scopes);
	add(&b, '&', "refresh_token", run->site->cred.identity);
	run->body.data = arena_copy(run->arena, buf_str(&b));
	r->method = "POST";
	r->url = run->site->realm;
	r->type = FORM;
	r->body = &run->body;
}

static void
ask(struct token_run *run)
{
	struct ask_request r = { .bare = true,
		.accept = "application/json",
		.answer_bytes = MAX_ANSWER,
		.arg = run,
		.done = on_done };

	if (run->site->cred.identity.n > 0 && !run->by_get)
		set_post(run, &r);
	else
		set_get(run, &r);
	run->ask = ask_start(run->o, run->site, &r);
}

struct token_wait *
token_start(struct oci *o, struct site *s, struct str scopes,
    void (*done)(void *arg, const struct err *why), void *arg)
{
	struct token_wait *w = mem_take(sizeof(*w));
	struct token_run *run = o->tokens;

	while (run && (run->site != s || !str_eq(run->scopes, scopes)))
		run = run->next;
	if (!run) {
		run = mem_take(sizeof(*run));
		*run = (struct token_run){ .next = o->tokens,
			.o = o,
			.site = s,
			.arena = arena_new() };
		run->scopes = arena_copy(run->arena, scopes);
		o->tokens = run;
		ask(run);
	}
	*w = (struct token_wait){ run, run->waits, done, arg };
	run->waits = w;
	return w;
}

void
token_end(struct token_wait **wp)
{
	struct token_wait *w = *wp;
	struct token_run *run;

	if (!w)
		return;
	*wp = NULL;
	run = w->run;
	for (struct token_wait **p = run ? &run->waits : NULL; p && *p;
	    p = &(*p)->next) {
		if (*p != w)
			continue;
		*p = w->next;
		break;
	}
	mem_free(w);
	if (run && !run->waits && !run->telling)
		run_free(run);
}
