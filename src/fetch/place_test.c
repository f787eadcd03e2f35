/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <string.h>

#include "fetch/fetch.h"

static enum fetch_place
place(const char *text)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return fetch_place((const struct sockaddr *)&in);
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) != 1)
		fail_msg("%s is no address", text);
	return fetch_place((const struct sockaddr *)&in6);
}

static void
each_special_block_is_known_to_its_last_address(void **state)
{
	static const struct {
		const char *text;
		enum fetch_place place;
	} table[] = {
		{ "93.184.216.34", FETCH_PUBLIC },
		{ "126.255.255.255", FETCH_PUBLIC },
		{ "127.0.0.0", FETCH_LOOPBACK },
		{ "127.255.255.255", FETCH_LOOPBACK },
		{ "128.0.0.0", FETCH_PUBLIC },
		{ "0.0.0.0", FETCH_OTHER },
		{ "0.255.255.255", FETCH_OTHER },
		{ "1.0.0.0", FETCH_PUBLIC },
		{ "9.255.255.255", FETCH_PUBLIC },
		{ "10.0.0.0", FETCH_PRIVATE },
		{ "10.255.255.255", FETCH_PRIVATE },
		{ "11.0.0.0", FETCH_PUBLIC },
		{ "100.63.255.255", FETCH_PUBLIC },
		{ "100.64.0.1", FETCH_PRIVATE },
		{ "100.127.255.255", FETCH_PRIVATE },
		{ "100.128.0.0", FETCH_PUBLIC },
		{ "169.254.169.254", FETCH_LINK_LOCAL },
		{ "172.15.255.255", FETCH_PUBLIC },
		{ "172.16.0.0", FETCH_PRIVATE },
		{ "172.31.255.255", FETCH_PRIVATE },
		{ "172.32.0.0", FETCH_PUBLIC },
		{ "192.0.0.1", FETCH_OTHER },
		{ "192.0.2.1", FETCH_OTHER },
		{ "192.167.255.255", FETCH_PUBLIC },
		{ "192.168.0.1", FETCH_PRIVATE },
		{ "198.17.255.255", FETCH_PUBLIC },
		{ "198.18.0.0", FETCH_PRIVATE },
		{ "198.19.255.255", FETCH_PRIVATE },
		{ "198.20.0.0", FETCH_PUBLIC },
		{ "223.255.255.255", FETCH_PUBLIC },
		{ "224.0.0.1", FETCH_OTHER },
		{ "240.0.0.1", FETCH_OTHER },
		{ "255.255.255.255", FETCH_OTHER },
		{ "::1", FETCH_LOOPBACK },
		{ "::", FETCH_OTHER },
		{ "2606:2800:220:1::1", FETCH_PUBLIC },
		{ "fc00::1", FETCH_PRIVATE },
		{ "fdff::1", FETCH_PRIVATE },
		{ "fe80::1", FETCH_LINK_LOCAL },
		{ "febf::1", FETCH_LINK_LOCAL },
		{ "fec0::1", FETCH_PRIVATE },
		{ "ff02::1", FETCH_OTHER },
		{ "2001:db8::1", FETCH_OTHER },
		{ "100::1", FETCH_OTHER },
		{ "64:ff9b:1::7f00:1", FETCH_PRIVATE }, /* RFC 8215 */
		{ "64:ff9b:1:5db8:d8:2200::", FETCH_PRIVATE },
		{ "64:ff9b:1:ffff:ffff:ffff:5db8:d822", FETCH_PRIVATE },
		{ "64:ff9b:2::1", FETCH_PUBLIC },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		if (place(table[i].text) != table[i].place)
			fail_msg(
			    "%s is %d", table[i].text, place(table[i].text));
}

static void
an_ipv4_address_in_an_ipv6_one_is_judged_as_that(void **state)
{
	static const struct {
		const char *text;
		enum fetch_place place;
	} table[] = {
		{ "::ffff:127.0.0.1", FETCH_LOOPBACK },
		{ "::ffff:7f00:1", FETCH_LOOPBACK },
		{ "::ffff:10.1.2.3", FETCH_PRIVATE },
		{ "::ffff:93.184.216.34", FETCH_PUBLIC },
		{ "::127.0.0.1", FETCH_LOOPBACK },
		{ "64:ff9b::7f00:1", FETCH_LOOPBACK },
		{ "64:ff9b::a00:1", FETCH_PRIVATE },
		{ "64:ff9b::5db8:d822", FETCH_PUBLIC },
		{ "2002:7f00:1::1", FETCH_LOOPBACK },
		{ "2002:c0a8:1::1", FETCH_PRIVATE },
		{ "2002:5db8:d822::1", FETCH_PUBLIC },
		/* Teredo: the last 32 bits, inverted: 192.168.0.1 */
		{ "2001:0:5db8:d822:0:0:3f57:fffe", FETCH_PRIVATE },
		{ "2001:0:5db8:d822:0:0:80ff:fffe", FETCH_LOOPBACK },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		if (place(table[i].text) != table[i].place)
			fail_msg(
			    "%s is %d", table[i].text, place(table[i].text));
}

static void
other_families_are_no_place_to_go(void **state)
{
	struct sockaddr sa = { .sa_family = AF_UNIX };
	char text[64];

	(void)state;
	assert_int_equal(fetch_place(&sa), FETCH_OTHER);
	fetch_address_text(&sa, text);
	assert_string_equal(text, "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_special_block_is_known_to_its_last_address),
		cmocka_unit_test(
		    an_ipv4_address_in_an_ipv6_one_is_judged_as_that),
		cmocka_unit_test(other_families_are_no_place_to_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
