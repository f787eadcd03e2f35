/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host/rules.h"

/* The http rules of a Directive with these. */
struct rules {
	struct directive *d;
	const struct http_rules *http;
};

static void
open_rules(struct rules *r, const char *rules)
{
	CLEANUP(buf_free) struct buf yaml = BUF(1 << 16);
	struct diags *ds = diags_new();
	struct err e = ERR;

	buf_addf(&yaml, "identifier: com.test.app\n");
	if (rules)
		buf_addf(&yaml,
		    "capabilities: {http: {enabled: true, rules: {%s}}}\n",
		    rules);
	if (directive_parse(
		&r->d, buf_str(&yaml), STR("Directive.yaml"), ds, &e) < 0)
		fail_msg("%s", e.text);
	diags_free(&ds);
	r->http = &r->d->caps.http;
}

#define OPEN "allowHTTP: true, allowIPs: true, allowPrivate: true"
#define BAD "not a URL"

/* The key of the rule that refuses, "" when none does. */
static const char *
judge(const char *rules, const char *url)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	const char *key = "";
	struct fetch_url u;
	struct verdict v;
	struct rules r;
	struct err e = ERR;

	open_rules(&r, rules);
	if (fetch_url_parse(&u, a, str_of(url), &e) < 0)
		key = BAD;
	else if (!rules_allow_url(r.http, &u, &v))
		key = rules_key(v.rule);
	directive_free(&r.d);
	return key;
}

struct row {
	const char *rules, *url, *want;
};

static void
check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = judge(rows[i].rules, rows[i].url);

		if (strcmp(got, rows[i].want) != 0)
			fail_msg("{%s} %s: '%s', not '%s'",
			    rows[i].rules ? rows[i].rules : "", rows[i].url,
			    got, rows[i].want);
	}
}

/* upstream.md 7: the first of the rules that fails refuses. */
static void
rules_are_judged_in_upstreams_order(void **state)
{
	static const struct row rows[] = {
		{ NULL, "http://localhost:99/", "" },
		{ NULL, "http://10.0.0.1/", "" },
		{ OPEN, "http://10.0.0.1/", "" },
		{ "allowIPs: true", "http://10.0.0.1:99/", "allowHTTP" },
		{ "allowedPorts: [81]", "http://10.0.0.1:99/", "allowHTTP" },
		{ "allowHTTP: true, allowedPorts: [81]", "http://10.0.0.1:99/",
		    "allowedPorts" },
		{ "allowHTTP: true, blockedPorts: [99]", "http://10.0.0.1:99/",
		    "blockedPorts" },
		{ "allowedDomains: [a.test]", "https://10.0.0.1/", "allowIPs" },
		{ "allowedDomains: [a.test], allowIPs: true",
		    "https://10.0.0.1/", "allowPrivate" },
		{ "allowedDomains: [localhost]", "https://localhost/",
		    "allowPrivate" },
		{ "allowedDomains: [a.test]", "https://b.test/",
		    "allowedDomains" },
		{ "allowedDomains: [a.test], blockedDomains: [a.test]",
		    "https://a.test/", "" },
		{ "blockedDomains: [a.test]", "https://a.test/",
		    "blockedDomains" },
		{ "blockedDomains: [a.test]", "https://b.test/", "" },
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

/* upstream.md 7: an http block without them gives false for the three. */
static void
trap_rules_that_are_not_written_are_false(void **state)
{
	static const struct row rows[] = {
		{ "blockedDomains: []", "http://a.test/", "allowHTTP" },
		{ "blockedDomains: []", "https://192.0.2.1/", "allowIPs" },
		{ "blockedDomains: []", "https://my.localhost.test/",
		    "allowPrivate" },
		{ "blockedDomains: []", "https://a.test/", "" },
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

/* upstream.md 7: one list is enough to leave 80, 443 and what is allowed. */
static void
ports_count_when_a_list_of_them_is_written(void **state)
{
	static const struct row rows[] = {
		{ OPEN, "http://a.test:22/", "" },
		{ OPEN ", allowedPorts: [8080]", "http://a.test/", "" },
		{ OPEN ", allowedPorts: [8080]", "https://a.test/", "" },
		{ OPEN ", allowedPorts: [8080]", "http://a.test:8080/", "" },
		{ OPEN ", allowedPorts: [8080]", "http://a.test:22/",
		    "allowedPorts" },
		{ OPEN ", allowedPorts: [8000-8099]", "http://a.test:8050/",
		    "" },
		{ OPEN ", allowedPorts: [8000-8099]", "http://a.test:8100/",
		    "allowedPorts" },
		{ OPEN ", blockedPorts: [8080]", "http://a.test:8080/",
		    "blockedPorts" },
		{ OPEN ", blockedPorts: [8080]", "http://a.test:9000/",
		    "allowedPorts" },
		{ OPEN ", blockedPorts: [80]", "http://a.test/",
		    "blockedPorts" },
		{ OPEN ", blockedPorts: [80], allowedPorts: [80]",
		    "http://a.test/", "blockedPorts" },
		{ OPEN ", blockedPorts: [443]", "https://a.test/",
		    "blockedPorts" },
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

/* upstream.md 7, and where its matching let through or refused too much:
 * letters' case, the dot at the end, labels that repeat. */
static void
domains_are_compared_from_the_right(void **state)
{
	static const struct row rows[] = {
		{ OPEN ", allowedDomains: [hello.com]", "http://hello.com/",
		    "" },
		{ OPEN ", allowedDomains: [\"*.hello.com\"]",
		    "http://a.hello.com/", "" },
		{ OPEN ", allowedDomains: [\"*.hello.com\"]",
		    "http://a.b.c.hello.com/", "" },
		{ OPEN ", allowedDomains: [\"*.hello.com\"]",
		    "http://hello.com/", "allowedDomains" },
		{ OPEN ", allowedDomains: [\"*.hello.com\"]",
		    "http://xhello.com/", "allowedDomains" },
		{ OPEN ", allowedDomains: [\"tomorrow.*\"]",
		    "http://tomorrow.eu/", "" },
		{ OPEN ", allowedDomains: [\"tomorrow.*\"]",
		    "http://tomorrow.co.uk/", "allowedDomains" },
		{ OPEN ", allowedDomains: [a.b]", "http://a.a.a.b/",
		    "allowedDomains" },
		{ OPEN ", allowedDomains: [example.test]",
		    "http://example.test./", "" },
		{ OPEN ", blockedDomains: [evil.test]", "http://evil.test./",
		    "blockedDomains" },
		{ OPEN ", blockedDomains: [evil.test]", "http://EVIL.test/",
		    "blockedDomains" },
		{ OPEN ", blockedDomains: [EVIL.test]", "http://evil.TEST/",
		    "blockedDomains" },
		{ OPEN ", blockedDomains: [\"*.evil.test\"]",
		    "http://A.Evil.Test/", "blockedDomains" },
		{ OPEN ", allowedDomains: [\"100.*.12.13\"]",
		    "http://100.11.12.13/", "" },
		{ OPEN ", allowedDomains: [\"100.*.12.13\"]",
		    "http://101.12.13.14/", "allowedDomains" },
		{ OPEN ", allowedDomains: [\"example.com:8080\"]",
		    "http://example.com:8080/", "" },
		{ OPEN ", allowedDomains: [\"example.com:8080\"]",
		    "http://example.com:8081/", "allowedDomains" },
		{ OPEN ", allowedDomains: [\"2001:db8::1\"]",
		    "http://[2001:db8::1]/", "" },
		{ OPEN ", allowedDomains: [\"2001:db8::1\"]",
		    "http://[2001:db8::2]/", "allowedDomains" },
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

#define NO_PRIVATE "allowHTTP: true, allowIPs: true"

/* trust.md G: what is an address of a private place, however it is written. */
static void
private_addresses_are_seen_in_every_spelling(void **state)
{
	static const struct row rows[] = {
		{ NO_PRIVATE, "http://127.0.0.1/", "allowPrivate" },
		{ NO_PRIVATE, "http://0x7f000001/", "allowPrivate" },
		{ NO_PRIVATE, "http://2130706433/", "allowPrivate" },
		{ NO_PRIVATE, "http://0177.0.0.1/", "allowPrivate" },
		{ NO_PRIVATE, "http://127.1/", "allowPrivate" },
		{ NO_PRIVATE, "http://0/", "allowPrivate" },
		{ NO_PRIVATE, "http://10.1.2.3/", "allowPrivate" },
		{ NO_PRIVATE, "http://172.16.0.1/", "allowPrivate" },
		{ NO_PRIVATE, "http://192.168.0.1/", "allowPrivate" },
		{ NO_PRIVATE, "http://169.254.169.254/", "allowPrivate" },
		{ NO_PRIVATE, "http://100.64.0.1/", "allowPrivate" },
		{ NO_PRIVATE, "http://224.0.0.1/", "allowPrivate" },
		{ NO_PRIVATE, "http://[::1]/", "allowPrivate" },
		{ NO_PRIVATE, "http://[::ffff:127.0.0.1]/", "allowPrivate" },
		{ NO_PRIVATE, "http://[::ffff:7f00:1]/", "allowPrivate" },
		{ NO_PRIVATE, "http://[64:ff9b::7f00:1]/", "allowPrivate" },
		{ NO_PRIVATE, "http://[2001:0:0:0:0:0:80ff:fffe]/",
		    "allowPrivate" },
		{ NO_PRIVATE, "http://[fd00::2f00]/", "allowPrivate" },
		{ NO_PRIVATE, "http://[fe80::1]/", "allowPrivate" },
		{ NO_PRIVATE, "http://[fe80::1%25eth0]/", BAD },
		{ NO_PRIVATE, "http://localhost/", "allowPrivate" },
		{ NO_PRIVATE, "http://LOCALHOST/", "allowPrivate" },
		{ NO_PRIVATE, "http://126.255.255.255/", "" },
		{ NO_PRIVATE, "http://128.0.0.0/", "" },
		{ NO_PRIVATE, "http://93.184.216.34/", "" },
		{ NO_PRIVATE, "http://[2606:2800:220:1::1]/", "" },
		{ "allowHTTP: true", "http://93.184.216.34/", "allowIPs" },
		{ "allowHTTP: true", "http://0x7f000001/", "allowIPs" },
		{ "allowHTTP: true", "http://[::ffff:127.0.0.1]/", "allowIPs" },
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

/* trust.md G: what is no URL, or of another kind than we ask. */
static void
tricks_with_urls_are_refused(void **state)
{
	static const struct row rows[] = {
		{ OPEN, "gopher://a.test/", BAD },
		{ OPEN, "file:///etc/passwd", BAD },
		{ OPEN, "ftp://a.test/", BAD },
		{ OPEN, "https://./", BAD },
		{ OPEN, "https://../", BAD },
		{ OPEN, "https://a.test@evil.test/", BAD },
		{ OPEN ", allowedDomains: [a.test]",
		    "https://evil.test#@a.test/", "allowedDomains" },
		{ OPEN, "", BAD },
		{ OPEN, "a.test", BAD },
		{ OPEN, "https://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/",
		    BAD },
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static bool
in_range(const char *cidr, const char *address)
{
	struct sockaddr_storage sa;

	assert_true(rules_read_address(str_of(address), &sa));
	return rules_in_range(str_of(cidr), (struct sockaddr *)&sa);
}

static void
ranges_of_addresses_hold_what_they_say(void **state)
{
	static const struct {
		const char *cidr, *address;
		bool want;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.0.1", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "10.1.2.0/23", "10.1.3.255", true },
		{ "10.1.2.0/23", "10.1.4.0", false },
		{ "192.0.2.7", "192.0.2.7", true },
		{ "192.0.2.7", "192.0.2.8", false },
		{ "0.0.0.0/0", "1.2.3.4", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "::1", true },
		{ "::/0", "1.2.3.4", false },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "10.0.0.0/8", "::ffff:10.1.2.3", true },
		{ "10.0.0.0/8", "64:ff9b::a01:203", true },
		{ "10.0.0.0/8", "2002:a01:203::1", true },
		{ "10.0.0.0/33", "10.0.0.1", false },
		{ "10.0.0.0/", "10.0.0.1", false },
		{ "10.0.0.0/-1", "10.0.0.1", false },
		{ "nonsense", "10.0.0.1", false },
		{ "", "10.0.0.1", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (in_range(cases[i].cidr, cases[i].address) != cases[i].want)
			fail_msg("%s in %s", cases[i].address, cases[i].cidr);
}

/* A list of ranges says where one may connect, private or not; a blocked
 * range wins over all. */
static void
ranges_allow_and_block_addresses(void **state)
{
	static const struct {
		const char *rules, *address, *want;
	} cases[] = {
		{ "allowPrivate: true", "10.0.0.1", "" },
		{ "allowHTTP: true", "10.0.0.1", "allowPrivate" },
		{ "allowHTTP: true", "93.184.216.34", "" },
		{ "allowedCIDRs: [10.0.0.0/8]", "10.0.0.1", "" },
		{ "allowedCIDRs: [10.0.0.0/8]", "93.184.216.34",
		    "allowedCIDRs" },
		{ "allowPrivate: true, allowedCIDRs: [10.0.0.0/8]",
		    "192.168.0.1", "allowedCIDRs" },
		{ "allowPrivate: true, blockedCIDRs: [10.0.0.0/8]", "10.0.0.1",
		    "blockedCIDRs" },
		{ "allowPrivate: true, blockedCIDRs: [10.0.0.0/8]",
		    "192.168.0.1", "" },
		{ "allowedCIDRs: [10.0.0.0/8], blockedCIDRs: [10.1.0.0/16]",
		    "10.1.0.1", "blockedCIDRs" },
		{ "blockedCIDRs: [93.184.216.0/24]", "::ffff:93.184.216.34",
		    "blockedCIDRs" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sockaddr_storage sa;
		struct verdict v = { 0 };
		struct rules r;
		bool may;

		open_rules(&r, cases[i].rules);
		assert_true(rules_read_address(str_of(cases[i].address), &sa));
		may = rules_allow_address(r.http, (struct sockaddr *)&sa, &v);
		if (strcmp(may ? "" : rules_key(v.rule), cases[i].want) != 0)
			fail_msg("{%s} %s: %s", cases[i].rules,
			    cases[i].address, may ? "" : rules_key(v.rule));
		directive_free(&r.d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_judged_in_upstreams_order),
		cmocka_unit_test(trap_rules_that_are_not_written_are_false),
		cmocka_unit_test(ports_count_when_a_list_of_them_is_written),
		cmocka_unit_test(domains_are_compared_from_the_right),
		cmocka_unit_test(private_addresses_are_seen_in_every_spelling),
		cmocka_unit_test(tricks_with_urls_are_refused),
		cmocka_unit_test(ranges_of_addresses_hold_what_they_say),
		cmocka_unit_test(ranges_allow_and_block_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
