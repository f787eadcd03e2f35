/* SPDX-License-Identifier: Apache-2.0 */
/* Which proxy, which bytes, which header: the parts of a transfer that are not
 * libcurl's. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fetch/transfer.h"

/* ---- proxies ---- */

struct ip {
	int family;
	uint8_t b[16];
};

static bool
ip_parse(struct str s, struct ip *out)
{
	char text[64];

	if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = (struct str){ s.p + 1, s.n - 2 };
	if (s.n == 0 || s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	*out = (struct ip){ .family = AF_INET };
	if (inet_pton(AF_INET, text, out->b) == 1)
		return true;
	out->family = AF_INET6;
	return inet_pton(AF_INET6, text, out->b) == 1;
}

static bool
in_net(const struct ip *a, const struct ip *net, uint64_t bits)
{
	uint8_t mask = (uint8_t)(0xff00u >> (bits % 8));
	size_t whole = (size_t)bits / 8;

	if (a->family != net->family || memcmp(a->b, net->b, whole) != 0)
		return false;
	return bits % 8 == 0 || ((a->b[whole] ^ net->b[whole]) & mask) == 0;
}

static bool
names_ip(struct str rule, struct str host)
{
	struct str head;
	struct ip a, net;
	uint64_t bits, most;

	if (!ip_parse(host, &a))
		return false;
	if (!str_cut(&rule, '/', &head))
		return ip_parse(head, &net) &&
		    in_net(&a, &net, a.family == AF_INET ? 32 : 128);
	if (!ip_parse(head, &net))
		return false;
	most = net.family == AF_INET ? 32 : 128;
	return str_u64(rule, most, &bits) && in_net(&a, &net, bits);
}

static bool
names_host(struct str rule, struct str host)
{
	size_t from;

	if (str_is(rule, "*"))
		return true;
	if (str_starts(rule, "*."))
		rule = str_from(rule, 1);
	if (str_starts(rule, "."))
		rule = str_from(rule, 1);
	if (rule.n == 0 || rule.n > host.n)
		return false;
	from = host.n - rule.n;
	return str_ieq(str_from(host, from), rule) &&
	    (from == 0 || host.p[from - 1] == '.');
}

/* "host:port" counts for that port only. */
static bool
port_fits(struct str *rule, uint16_t port)
{
	struct str rest = *rule, head;
	uint64_t n;

	if (!str_cut(&rest, ':', &head) || memchr(rest.p, ':', rest.n))
		return true;
	if (!str_u64(rest, UINT16_MAX, &n))
		return true;
	*rule = head;
	return n == port;
}

static bool
excepted(const char *list, const struct fetch_url *u)
{
	struct str rest = str_of(list), rule;

	for (size_t i = 0; i < rest.n;) {
		size_t n = strcspn(rest.p + i, ", \t");

		rule = (struct str){ rest.p + i, n };
		if (n > 0 && port_fits(&rule, u->port) &&
		    (names_host(rule, u->host) || names_ip(rule, u->host)))
			return true;
		i += n + 1;
	}
	return false;
}

/* A proxy is on the way to elsewhere: this machine it would take for itself. */
static bool
is_here(const struct fetch_url *u)
{
	return str_is(u->host, "localhost") ||
	    str_ends(u->host, ".localhost") || str_is(u->host, "::1") ||
	    (u->ip && str_starts(u->host, "127."));
}

const char *
transfer_proxy(const struct fetch_setup *s, const struct fetch_url *u)
{
	const char *proxy = u->secure ? s->https_proxy : s->http_proxy;

	if (!proxy || proxy[0] == '\0')
		proxy = s->all_proxy;
	if (!proxy || proxy[0] == '\0' || is_here(u))
		return NULL;
	return s->no_proxy && excepted(s->no_proxy, u) ? NULL : proxy;
}

/* ---- bodies ---- */

uint64_t
transfer_body_bytes(const struct fetch_body *b)
{
	if (!b)
		return 0;
	return b->from_file ? b->bytes : b->data.n;
}

ssize_t
transfer_read(const struct fetch_body *b, uint64_t *at, char *p, size_t n)
{
	uint64_t left = transfer_body_bytes(b) - *at;
	ssize_t got;

	if (n > left)
		n = (size_t)left;
	if (n == 0)
		return 0;
	if (!b->from_file) {
		memcpy(p, b->data.p + *at, n);
		*at += n;
		return (ssize_t)n;
	}
	do
		got = pread(b->fd, p, n, (off_t)(b->offset + *at));
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return -1;
	*at += (uint64_t)got;
	return got;
}

/* ---- answers ---- */

static const struct fetch_header *
find(const struct fetch_header *h, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_ieq(h[i].name, str_of(name)))
			return &h[i];
	return NULL;
}

struct str
fetch_reply_header(const struct fetch_reply *r, const char *name)
{
	const struct fetch_header *h = find(r->headers, r->nheaders, name);

	return h ? h->value : STR("");
}

bool
transfer_packed(const struct fetch_header *headers, size_t n)
{
	const struct fetch_header *h = find(headers, n, "content-encoding");

	return h && h->value.n > 0 && !str_ieq(h->value, STR("identity"));
}
