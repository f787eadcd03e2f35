/* SPDX-License-Identifier: Apache-2.0 */
#include <netdb.h>
#include <string.h>

#include "store/address.h"

static bool
is_host(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7F ||
		    strchr("/?#@\\%", s.p[i]))
			return false;
	return s.n > 0 && s.n <= 253;
}

bool
address_host(struct str text, struct str *host, unsigned *port)
{
	struct str rest = text, tail;
	uint64_t n = 0;
	size_t at;

	if (str_starts(text, "[")) {
		rest = str_from(text, 1);
		if (!str_cut(&rest, ']', host))
			return false;
		if (rest.n > 0 && !str_starts(rest, ":"))
			return false;
		tail = str_from(rest, rest.n > 0);
	} else {
		str_cut(&rest, ':', host);
		tail = rest;
		if (str_find(tail, STR(":"), &at))
			return false;
	}
	*port = 0;
	if (!is_host(*host))
		return false;
	if (tail.n == 0)
		return text.p[text.n - 1] != ':';
	if (!str_u64(tail, 65535, &n) || n == 0)
		return false;
	*port = (unsigned)n;
	return true;
}

bool
address_url(struct str text, struct url *u)
{
	struct str rest = text, authority = text, who = { 0 };
	size_t n = 0, at;

	*u = (struct url){ 0 };
	while (n < text.n && text.p[n] != '/' && text.p[n] != '?')
		n++;
	authority.n = n;
	rest = str_from(text, n);
	str_cut(&rest, '?', &u->path);
	u->query = rest;
	u->path = str_from(u->path, u->path.n > 0);
	/* A password may hold an @ that should have been encoded. */
	for (at = authority.n; at > 0 && authority.p[at - 1] != '@'; at--)
		;
	if (at > 0)
		who = (struct str){ authority.p, at - 1 };
	str_cut(&who, ':', &u->user);
	u->password = who;
	return address_host(str_from(authority, at), &u->host, &u->port);
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *
address_decode(struct arena *a, struct str s)
{
	char *out = arena_take(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int hi, lo;

		if (s.p[i] != '%') {
			out[n++] = s.p[i];
			continue;
		}
		hi = s.n - i > 2 ? hex(s.p[i + 1]) : -1;
		lo = hi >= 0 ? hex(s.p[i + 2]) : -1;
		if (lo < 0 || (hi | lo) == 0)
			return NULL;
		out[n++] = (char)(hi << 4 | lo);
		i += 2;
	}
	return out;
}

/* ---- names to addresses ---- */

static void
resolved(void *arg, const struct loop_address *a, size_t n, const char *why)
{
	struct dial *d = arg;

	if (n > COUNT(d->to))
		n = COUNT(d->to);
	if (n > 0)
		memcpy(d->to, a, n * sizeof(*a));
	d->n = n;
	d->at = 0;
	d->found(d->lane, n > 0 ? NULL : why ? why : "the host has no address");
}

void
dial_start(struct dial *d, struct lane *l, const char *host,
    void (*found)(struct lane *l, const char *why))
{
	d->lane = l;
	d->found = found;
	d->asked = loop_resolve_start(l->pool->loop, str_of(host), resolved, d);
}

const char *
dial_next(struct dial *d)
{
	const struct loop_address *a;

	while (d->at < d->n) {
		a = &d->to[d->at++];
		if (getnameinfo((const struct sockaddr *)&a->sa, a->n, d->text,
			sizeof(d->text), NULL, 0, NI_NUMERICHOST) == 0)
			return d->text;
	}
	return NULL;
}

void
dial_end(struct dial *d)
{
	loop_resolve_end(&d->asked);
}
