/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of place an address is: the IANA registries of special-purpose
 * addresses (RFC 6890 and what came after).
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "fetch/fetch.h"

struct block4 {
	uint32_t from;
	unsigned bits;
	enum fetch_place place;
};

/* The first that fits; what none does is public. */
static const struct block4 blocks4[] = {
	{ 0x00000000, 8, FETCH_OTHER },	      /* this network */
	{ 0x0a000000, 8, FETCH_PRIVATE },     /* 10/8 */
	{ 0x64400000, 10, FETCH_PRIVATE },    /* 100.64/10: carriers */
	{ 0x7f000000, 8, FETCH_LOOPBACK },    /* 127/8 */
	{ 0xa9fe0000, 16, FETCH_LINK_LOCAL }, /* 169.254/16 */
	{ 0xac100000, 12, FETCH_PRIVATE },    /* 172.16/12 */
	{ 0xc0000000, 24, FETCH_OTHER },      /* 192.0.0/24 */
	{ 0xc0000200, 24, FETCH_OTHER },      /* 192.0.2/24: in texts */
	{ 0xc0586300, 24, FETCH_OTHER },      /* 192.88.99/24: 6to4 relays */
	{ 0xc0a80000, 16, FETCH_PRIVATE },    /* 192.168/16 */
	{ 0xc6120000, 15, FETCH_PRIVATE },    /* 198.18/15: benchmarks */
	{ 0xc6336400, 24, FETCH_OTHER },      /* 198.51.100/24: in texts */
	{ 0xcb007100, 24, FETCH_OTHER },      /* 203.0.113/24: in texts */
	{ 0xe0000000, 4, FETCH_OTHER },	      /* multicast */
	{ 0xf0000000, 4, FETCH_OTHER },	      /* reserved, broadcast */
};

static enum fetch_place
place4(uint32_t a)
{
	for (size_t i = 0; i < COUNT(blocks4); i++)
		if ((a ^ blocks4[i].from) >> (32 - blocks4[i].bits) == 0)
			return blocks4[i].place;
	return FETCH_PUBLIC;
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

struct block6 {
	uint8_t from[16];
	unsigned bits;
	enum fetch_place place;
};

/* Where a local NAT64 (RFC 8215) keeps an IPv4 address is its owner's choice,
 * so that whole block is private. */
static const struct block6 blocks6[] = {
	{ { [15] = 1 }, 128, FETCH_LOOPBACK }, /* ::1 */
	{ { 0 }, 128, FETCH_OTHER },	       /* :: */
	{ { 0x00, 0x64, 0xff, 0x9b, 0, 1 }, 48, FETCH_PRIVATE },
	{ { 0x01 }, 64, FETCH_OTHER },			 /* 100::/64 */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, FETCH_OTHER }, /* in texts */
	{ { 0x20, 0x01, 0x00, 0x00 }, 23, FETCH_OTHER }, /* 2001::/23 */
	{ { 0x3f, 0xff }, 20, FETCH_OTHER },		 /* in texts */
	{ { 0x5f, 0x00 }, 16, FETCH_OTHER },		 /* segments */
	{ { 0xfc }, 7, FETCH_PRIVATE },			 /* unique local */
	{ { 0xfe, 0x80 }, 10, FETCH_LINK_LOCAL },
	{ { 0xfe, 0xc0 }, 10, FETCH_PRIVATE }, /* site-local */
	{ { 0xff }, 8, FETCH_OTHER },	       /* multicast */
};

static bool
within(const uint8_t *a, const uint8_t *from, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, from, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ from[whole]) >> (8 - rest) == 0;
}

/* Forms that carry an IPv4 address, and where; not: its bits are inverted. */
static const struct {
	uint8_t from[16];
	unsigned bits, at;
	bool invert;
} carriers[] = {
	{ { [10] = 0xff, [11] = 0xff }, 96, 12, false }, /* mapped */
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, 12, false },	 /* NAT64 */
	{ { 0x20, 0x02 }, 16, 2, false },		 /* 6to4 */
	{ { 0x20, 0x01, 0, 0 }, 32, 12, true },		 /* Teredo */
};

static enum fetch_place
place6(const uint8_t *a)
{
	static const uint8_t zero[16];

	for (size_t i = 0; i < COUNT(carriers); i++)
		if (within(a, carriers[i].from, carriers[i].bits)) {
			uint32_t v4 = be32(a + carriers[i].at);

			return place4(carriers[i].invert ? ~v4 : v4);
		}
	for (size_t i = 0; i < COUNT(blocks6); i++)
		if (within(a, blocks6[i].from, blocks6[i].bits))
			return blocks6[i].place;
	/* ::a.b.c.d, which some systems still take for a.b.c.d. */
	if (within(a, zero, 96))
		return place4(be32(a + 12));
	return FETCH_PUBLIC;
}

enum fetch_place
fetch_place(const struct sockaddr *sa)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		return place4(ntohl(in.sin_addr.s_addr));
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		return place6(in6.sin6_addr.s6_addr);
	}
	return FETCH_OTHER;
}

void
fetch_address_text(const struct sockaddr *sa, char out[64])
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;
	const char *text = NULL;

	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		text = inet_ntop(AF_INET, &in.sin_addr, out, 64);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		text = inet_ntop(AF_INET6, &in6.sin6_addr, out, 64);
	}
	if (!text)
		(void)snprintf(out, 64, "?");
}
