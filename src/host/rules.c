/* SPDX-License-Identifier: Apache-2.0 */
/* Where outbound calls may go: Directive.yaml(5), CAPABILITIES. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "host/rules.h"

static const struct {
	const char *reason, *key;
} words[] = {
	[RULE_HTTP] = { "requests to insecure HTTP endpoints is disallowed",
	    "allowHTTP" },
	[RULE_BLOCKED_PORT] = { "requests to this port are disallowed",
	    "blockedPorts" },
	[RULE_PORT] = { "requests to this port are disallowed",
	    "allowedPorts" },
	[RULE_IP] = { "requests to IP addresses are disallowed", "allowIPs" },
	[RULE_PRIVATE] = { "requests to private IP address ranges are "
			   "disallowed",
	    "allowPrivate" },
	[RULE_DOMAIN] = { "requests to this domain are disallowed",
	    "allowedDomains" },
	[RULE_BLOCKED_DOMAIN] = { "requests to this domain are disallowed",
	    "blockedDomains" },
	[RULE_CIDR] = { "requests to this IP address range are disallowed",
	    "allowedCIDRs" },
	[RULE_BLOCKED_CIDR] = { "requests to this IP address range are "
				"disallowed",
	    "blockedCIDRs" },
};

const char *
rules_reason(enum rule rule)
{
	return words[rule].reason;
}

const char *
rules_key(enum rule rule)
{
	return words[rule].key;
}

static bool
deny(struct verdict *why, enum rule rule)
{
	why->rule = rule;
	return false;
}

/* ---- addresses ---- */

struct address {
	uint8_t b[16];
	unsigned n; /* 4 or 16 bytes */
};

static bool
read_address(struct str s, struct address *a)
{
	char text[64];

	if (s.n == 0 || s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	a->n = 4;
	if (inet_pton(AF_INET, text, a->b) == 1)
		return true;
	a->n = 16;
	return inet_pton(AF_INET6, text, a->b) == 1;
}

bool
rules_read_address(struct str text, struct sockaddr_storage *sa)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)sa;
	struct address a;

	if (!read_address(text, &a))
		return false;
	*sa = (struct sockaddr_storage){ .ss_family =
					     a.n == 4 ? AF_INET : AF_INET6 };
	if (a.n == 4)
		memcpy(&v4->sin_addr, a.b, 4);
	else
		memcpy(&v6->sin6_addr, a.b, 16);
	return true;
}

/* The IPv4 address that an IPv6 one stands for: mapped (RFC 4291, 2.5.5.2),
 * NAT64 (RFC 6052, 2.1), 6to4 (RFC 3056, 2).  False: none. */
static bool
inner(const struct address *a, struct address *v4)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t nat64[12] = { 0, 0x64, 0xff, 0x9b };
	const uint8_t *at = NULL;

	if (a->n != 16)
		return false;
	if (memcmp(a->b, mapped, 12) == 0 || memcmp(a->b, nat64, 12) == 0)
		at = a->b + 12;
	else if (a->b[0] == 0x20 && a->b[1] == 0x02)
		at = a->b + 2;
	if (!at)
		return false;
	v4->n = 4;
	memcpy(v4->b, at, 4);
	return true;
}

static bool
same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned rest = bits % 8, whole = bits / 8;

	return memcmp(a, b, whole) == 0 &&
	    (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

bool
rules_in_range(struct str cidr, const struct sockaddr *sa)
{
	struct address have = { 0 }, want, v4;
	struct str head;
	uint64_t bits;
	bool sized = str_cut(&cidr, '/', &head);

	if (!read_address(head, &want))
		return false;
	bits = want.n * 8;
	if (sized && !str_u64(cidr, bits, &bits))
		return false;
	have.n = sa->sa_family == AF_INET ? 4 : 16;
	if (have.n == 4)
		memcpy(have.b,
		    &((const struct sockaddr_in *)(const void *)sa)->sin_addr,
		    4);
	else
		memcpy(have.b,
		    &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr,
		    16);
	if (have.n != want.n && !(inner(&have, &v4) && v4.n == want.n))
		return false;
	return same_bits(
	    have.n == want.n ? have.b : v4.b, want.b, (unsigned)bits);
}

static bool
in_any(const struct strs *ranges, const struct sockaddr *sa)
{
	for (size_t i = 0; i < ranges->n; i++)
		if (rules_in_range(ranges->v[i], sa))
			return true;
	return false;
}

bool
rules_allow_address(
    const struct http_rules *r, const struct sockaddr *sa, struct verdict *why)
{
	fetch_address_text(sa, why->address);
	if (in_any(&r->blocked_cidrs, sa))
		return deny(why, RULE_BLOCKED_CIDR);
	if (r->allowed_cidrs.n > 0)
		return in_any(&r->allowed_cidrs, sa) || deny(why, RULE_CIDR);
	return r->allow_private || fetch_place(sa) == FETCH_PUBLIC ||
	    deny(why, RULE_PRIVATE);
}

/* ---- names ---- */

/* "host:port", as Reactr up to 0.13 compared them; not an IPv6 address. */
static bool
cut_port(struct str *pattern, uint64_t *port)
{
	struct str rest = *pattern, host;

	if (!str_cut(&rest, ':', &host) || !str_u64(rest, 65535, port))
		return false;
	*pattern = host;
	return true;
}

bool
rules_match(struct str pattern, struct str host, uint16_t port)
{
	uint64_t want;

	if (cut_port(&pattern, &want) && want != port)
		return false;
	return domain_matches(pattern, host) || str_ieq(pattern, host);
}

static bool
matches_any(const struct strs *patterns, const struct fetch_url *u)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (rules_match(patterns->v[i], u->host, u->port))
			return true;
	return false;
}

static bool
has_port(const struct port_range *v, size_t n, uint16_t port)
{
	for (size_t i = 0; i < n; i++)
		if (port >= v[i].from && port <= v[i].to)
			return true;
	return false;
}

/* One list is enough to leave 80, 443 and what is allowed. */
static bool
allow_port(const struct http_rules *r, uint16_t port, struct verdict *why)
{
	if (r->nallowed_ports == 0 && r->nblocked_ports == 0)
		return true;
	if (has_port(r->blocked_ports, r->nblocked_ports, port))
		return deny(why, RULE_BLOCKED_PORT);
	return port == 80 || port == 443 ||
	    has_port(r->allowed_ports, r->nallowed_ports, port) ||
	    deny(why, RULE_PORT);
}

/* An address that stands in the URL needs no look-up to be judged. */
static bool
allow_literal(
    const struct http_rules *r, const struct fetch_url *u, struct verdict *why)
{
	struct sockaddr_storage sa;

	if (!r->allow_ips)
		return deny(why, RULE_IP);
	if (!rules_read_address(u->host, &sa))
		return deny(why, RULE_PRIVATE);
	return rules_allow_address(r, (struct sockaddr *)&sa, why);
}

bool
rules_allow_url(
    const struct http_rules *r, const struct fetch_url *u, struct verdict *why)
{
	size_t at;

	*why = (struct verdict){ 0 };
	if (!u->secure && !r->allow_http)
		return deny(why, RULE_HTTP);
	if (!allow_port(r, u->port, why))
		return false;
	if (u->ip && !allow_literal(r, u, why))
		return false;
	if (!u->ip && !r->allow_private && r->allowed_cidrs.n == 0 &&
	    str_find(u->host, STR("localhost"), &at))
		return deny(why, RULE_PRIVATE);
	if (r->allowed_domains.n > 0)
		return matches_any(&r->allowed_domains, u) ||
		    deny(why, RULE_DOMAIN);
	return !matches_any(&r->blocked_domains, u) ||
	    deny(why, RULE_BLOCKED_DOMAIN);
}
