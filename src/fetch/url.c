/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs of http and https, read strictly (RFC 3986; where readers disagree, it
 * is an error).  What comes out is the only form anything else here sees, so
 * no second reader can find another host in it.
 */
#include <arpa/inet.h>
#include <string.h>

#include "fetch/fetch.h"

#define URL_MAX (64u << 10)
#define HOST_MAX 253u

static int
bad(struct err *e, const char *why)
{
	/* Not the URL itself: there may be a secret in it. */
	(void)err_set(e, ERR_INPUT, "not a URL that can be fetched: %s", why);
	return err_hint(e, "it looks like https://example.com/path?query");
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
take_scheme(struct fetch_url *u, struct str *s, struct err *e)
{
	size_t at;

	if (!str_find(*s, STR("://"), &at))
		return bad(e, "it has no scheme");
	if (str_ieq((struct str){ s->p, at }, STR("https")))
		u->secure = true;
	else if (!str_ieq((struct str){ s->p, at }, STR("http")))
		return bad(e, "its scheme is neither http nor https");
	*s = str_from(*s, at + 3);
	return 0;
}

static int
take_port(struct fetch_url *u, struct str s, struct err *e)
{
	uint64_t n;

	u->port = u->secure ? 443 : 80;
	if (s.n == 0)
		return 0;
	if (!str_u64(s, UINT16_MAX, &n) || n == 0)
		return bad(e, "its port is not a number from 1 to 65535");
	u->port = (uint16_t)n;
	return 0;
}

static int
take_v6(struct fetch_url *u, struct arena *a, struct str s, struct err *e)
{
	struct in6_addr in6;
	char text[64];

	if (s.n >= sizeof(text))
		return bad(e, "its IPv6 address is too long");
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (inet_pton(AF_INET6, text, &in6) != 1)
		return bad(e, "what is in its brackets is no IPv6 address");
	(void)inet_ntop(AF_INET6, &in6, text, sizeof(text));
	u->host = arena_copy(a, str_of(text));
	u->ip = true;
	return 0;
}

/* A host whose last part is a number is an IPv4 address, in whatever
 * spelling: 127.1, 0x7f000001, 0177.0.0.1. */
static bool
ends_in_number(struct str host)
{
	size_t i = host.n;
	bool hex;

	while (i > 0 && host.p[i - 1] != '.')
		i--;
	host = str_from(host, i);
	hex = str_starts(host, "0x");
	for (i = hex ? 2 : 0; i < host.n; i++)
		if (!is_digit(host.p[i]) &&
		    !(hex && host.p[i] >= 'a' && host.p[i] <= 'f'))
			return false;
	return true;
}

static int
take_v4(struct fetch_url *u, struct arena *a, struct err *e)
{
	struct in_addr in;
	char text[64];

	if (u->host.n >= sizeof(text))
		return bad(e, "its host is no IPv4 address");
	memcpy(text, u->host.p, u->host.n);
	text[u->host.n] = '\0';
	if (inet_aton(text, &in) == 0)
		return bad(e, "its host is no IPv4 address");
	(void)inet_ntop(AF_INET, &in, text, sizeof(text));
	u->host = arena_copy(a, str_of(text));
	u->ip = true;
	return 0;
}

static bool
label_ends(struct str s, size_t i)
{
	return i == s.n || s.p[i] == '.';
}

static int
take_name(struct fetch_url *u, struct arena *a, struct str s, struct err *e)
{
	char *host;

	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	if (s.n == 0 || s.n > HOST_MAX)
		return bad(e, "it has no host, or one that is too long");
	host = arena_take(a, s.n + 1);
	for (size_t i = 0, from = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 'a' - 'A');
		if (c == '.' && i == from)
			return bad(e, "its host has an empty part");
		if (c == '.')
			from = i + 1;
		else if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' &&
		    c != '_')
			return bad(e,
			    "its host is not of letters, digits, '-' and '.' "
			    "(others are written as xn--...)");
		if (label_ends(s, i + 1) && i + 1 - from > 63)
			return bad(e, "a part of its host is too long");
		host[i] = c;
	}
	u->host = (struct str){ host, s.n };
	return ends_in_number(u->host) ? take_v4(u, a, e) : 0;
}

static int
take_authority(
    struct fetch_url *u, struct arena *a, struct str s, struct err *e)
{
	struct str port = STR(""), host = s;
	size_t at;

	if (s.n > 0 && memchr(s.p, '@', s.n))
		return bad(e, "it has a user or password");
	if (str_starts(s, "[")) {
		if (!str_find(s, STR("]"), &at))
			return bad(e, "its bracket is not closed");
		port = str_from(s, at + 1);
		host = (struct str){ s.p + 1, at - 1 };
		if (port.n > 0 && port.p[0] != ':')
			return bad(e, "something follows its bracket");
		port = port.n > 0 ? str_from(port, 1) : port;
		return take_port(u, port, e) < 0 ? -1 : take_v6(u, a, host, e);
	}
	port = s;
	if (str_cut(&port, ':', &host) && port.n == 0)
		port = STR("");
	return take_port(u, port, e) < 0 ? -1 : take_name(u, a, host, e);
}

/* Bytes above ASCII are percent-encoded, the rest stays as it is. */
static struct str
target_of(struct arena *a, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";
	char *p = arena_take(a, s.n * 3 + 2);
	size_t n = 0;

	if (s.n == 0 || s.p[0] != '/')
		p[n++] = '/';
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (c < 0x80) {
			p[n++] = (char)c;
			continue;
		}
		p[n++] = '%';
		p[n++] = hex[c >> 4];
		p[n++] = hex[c & 15];
	}
	return (struct str){ p, n };
}

static struct str
text_of(struct arena *a, const struct fetch_url *u)
{
	bool v6 = u->host.n > 0 && memchr(u->host.p, ':', u->host.n);
	char port[8] = "";

	if (u->port != (u->secure ? 443 : 80))
		(void)snprintf(port, sizeof(port), ":%u", u->port);
	return str_of(arena_printf(a, "http%s://%s" STR_F "%s%s" STR_F,
	    u->secure ? "s" : "", v6 ? "[" : "", STR_A(u->host), v6 ? "]" : "",
	    port, STR_A(u->target)));
}

int
fetch_url_parse(
    struct fetch_url *u, struct arena *a, struct str text, struct err *e)
{
	struct str s = text, authority;
	size_t n = 0;

	*u = (struct fetch_url){ 0 };
	if (text.n > URL_MAX)
		return bad(e, "it is too long");
	for (size_t i = 0; i < text.n; i++)
		if ((uint8_t)text.p[i] <= ' ' || text.p[i] == 0x7f ||
		    text.p[i] == '\\')
			return bad(e,
			    "it has a space, a control character or a "
			    "backslash");
	if (take_scheme(u, &s, e) < 0)
		return -1;
	while (n < s.n && !strchr("/?#", s.p[n]))
		n++;
	authority = (struct str){ s.p, n };
	s = str_from(s, n);
	n = 0;
	while (n < s.n && s.p[n] != '#')
		n++;
	s.n = n;
	if (take_authority(u, a, authority, e) < 0)
		return -1;
	u->target = target_of(a, s);
	u->text = text_of(a, u);
	return 0;
}
