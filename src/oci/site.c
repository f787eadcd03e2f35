/* SPDX-License-Identifier: Apache-2.0 */
/* One registry: where it is, how it is spoken to, what it wants to see. */
#include <arpa/inet.h>
#include <string.h>

#include "oci/parts.h"
#include "os/os.h"

#define RENEW_PERCENT 80u /* of a token's life */

static bool
is_local(struct str host)
{
	struct str name = host;
	const char *colon = NULL;

	if (str_starts(host, "[::1]"))
		return true;
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] == ':')
			colon = host.p + i;
	if (colon)
		name.n = (size_t)(colon - host.p);
	if (str_is(name, "localhost") || str_ends(name, ".localhost"))
		return true;
	/* host_parse wrote addresses in full. */
	for (size_t i = 0; i < name.n; i++)
		if (!(name.p[i] >= '0' && name.p[i] <= '9') && name.p[i] != '.')
			return false;
	return str_starts(name, "127.");
}

struct site *
site_of(struct oci *o, struct str host)
{
	struct site *s;

	for (s = o->sites; s; s = s->next)
		if (str_eq(s->host, host))
			return s;
	s = arena_take(o->arena, sizeof(*s));
	s->host = arena_copy(o->arena, host);
	s->address = str_is(host, DOCKER_HUB) ? STR(DOCKER_HUB_API) : s->host;
	s->local = is_local(s->host);
	s->secure = !o->options.insecure_http && !s->local;
	s->settled = !s->local;
	s->next = o->sites;
	o->sites = s;
	return s;
}

struct str
site_base(const struct site *s, struct arena *a)
{
	return str_of(arena_printf(
	    a, "http%s://" STR_F, s->secure ? "s" : "", STR_A(s->address)));
}

bool
site_owns(const struct site *s, const struct fetch_url *u)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct fetch_url own;
	struct err ignored = ERR;

	return fetch_url_parse(&own, a, site_base(s, a), &ignored) == 0 &&
	    own.secure == u->secure && own.port == u->port &&
	    str_eq(own.host, u->host);
}

int
site_load_cred(struct oci *o, struct site *s, struct str name, struct err *e)
{
	if (s->has_cred)
		return 0;
	if (cred_find(&s->cred, o, s->host, name, o->arena, e) < 0)
		return -1;
	s->has_cred = true;
	return 0;
}

/* ---- tokens ---- */

struct token *
site_token(struct site *s, struct str scopes)
{
	for (struct token *t = s->tokens; t; t = t->next)
		if (str_eq(t->scopes, scopes))
			return os_now_ns() < t->until_ns ? t : NULL;
	return NULL;
}

void
site_drop_token(struct site *s, struct str scopes, struct str value)
{
	for (struct token *t = s->tokens; t; t = t->next)
		if (str_eq(t->scopes, scopes) && str_eq(t->value, value))
			t->until_ns = 0;
}

void
site_keep_token(struct oci *o, struct site *s, struct str scopes,
    struct str value, uint32_t expires_s)
{
	struct token *t = s->tokens;

	while (t && !str_eq(t->scopes, scopes))
		t = t->next;
	if (!t) {
		t = arena_take(o->arena, sizeof(*t));
		t->scopes = arena_copy(o->arena, scopes);
		t->next = s->tokens;
		s->tokens = t;
	}
	t->value = arena_copy(o->arena, value);
	/* One that is over at once would be asked for without end. */
	if (expires_s < 10)
		expires_s = 10;
	t->until_ns = os_now_ns() +
	    UINT64_C(1000000000) / 100 * RENEW_PERCENT * expires_s;
}

/* ---- where it may send us ---- */

int
site_check_address(
    const struct site *s, const struct sockaddr *sa, struct err *e)
{
	enum fetch_place p = fetch_place(sa);
	bool inside = s->has_place && s->place != FETCH_PUBLIC;
	char text[64];

	if (p == FETCH_PUBLIC ||
	    (inside && p != FETCH_OTHER && p != FETCH_LINK_LOCAL))
		return 0;
	/* A machine may have its metadata there. */
	if (inside && p == s->place)
		return 0;
	fetch_address_text(sa, text);
	return err_set(e, ERR_TRUST,
	    STR_F " leads to %s, an address of a private network, without "
		  "being in one",
	    STR_A(s->host), text);
}

int
site_check_url(const struct site *s, const struct fetch_url *u, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	const char *host = arena_cstr(a, u->host);

	if (!u->ip)
		return 0;
	if (inet_pton(AF_INET, host, &in.sin_addr) == 1)
		return site_check_address(s, (struct sockaddr *)&in, e);
	if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1)
		return site_check_address(s, (struct sockaddr *)&in6, e);
	return 0;
}
