/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fetch/call.h"
#include "fetch/fetch.h"

static void
a_url_has_one_normal_form(void **state)
{
	static const struct {
		const char *in, *text, *host;
		bool ip;
	} table[] = {
		{ "http://Example.TEST", "http://example.test/", "example.test",
		    false },
		{ "HTTPS://example.test.:443/a?b#c", "https://example.test/a?b",
		    "example.test", false },
		{ "http://example.test:8080?q=1",
		    "http://example.test:8080/?q=1", "example.test", false },
		{ "http://example.test:/", "http://example.test/",
		    "example.test", false },
		{ "http://127.1/", "http://127.0.0.1/", "127.0.0.1", true },
		{ "http://0x7f000001/", "http://127.0.0.1/", "127.0.0.1",
		    true },
		{ "http://2130706433/", "http://127.0.0.1/", "127.0.0.1",
		    true },
		{ "http://0177.0.0.1/", "http://127.0.0.1/", "127.0.0.1",
		    true },
		{ "https://0/", "https://0.0.0.0/", "0.0.0.0", true },
		{ "http://127.0.0.1./", "http://127.0.0.1/", "127.0.0.1",
		    true },
		{ "http://[::1]:81/", "http://[::1]:81/", "::1", true },
		{ "http://[0:0:0:0:0:FFFF:7f00:1]/",
		    "http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1", true },
		{ "http://a_b.c-d/\xc3\xa4", "http://a_b.c-d/%C3%A4", "a_b.c-d",
		    false },
		{ "https://evil.test#@example.test/", "https://evil.test/",
		    "evil.test", false },
		{ "http://1password.test/", "http://1password.test/",
		    "1password.test", false },
	};
	struct arena *a = arena_new();
	struct fetch_url u;
	struct err e = ERR;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		if (fetch_url_parse(&u, a, str_of(table[i].in), &e) < 0)
			fail_msg("%s: %s", table[i].in, e.text);
		if (!str_is(u.text, table[i].text) ||
		    !str_is(u.host, table[i].host) || u.ip != table[i].ip)
			fail_msg("%s: " STR_F " host " STR_F, table[i].in,
			    STR_A(u.text), STR_A(u.host));
	}
	arena_free(&a);
}

static void
what_two_readers_could_see_differently_is_refused(void **state)
{
	const struct str table[] = {
		STR(""),
		STR("example.test"),
		STR("//example.test/"),
		STR("http:/example.test/"),
		STR("gopher://example.test/"),
		STR("dict://example.test/"),
		STR("ftp://example.test/"),
		STR("file:///etc/passwd"),
		STR("ldap://example.test/"),
		STR("smb://example.test/"),
		STR("http://"),
		STR("http:///a"),
		STR("http://./"),
		STR("http://../"),
		STR("http://a..b/"),
		STR("http://.a/"),
		STR("https://example.test@evil.test/"),
		STR("https://user:pw@example.test/"),
		STR("http://example.test:0/"),
		STR("http://example.test:65536/"),
		STR("http://example.test:80a/"),
		STR("http://example.test: 80/"),
		STR("http://exa mple.test/"),
		STR("http://example.test/a b"),
		STR("http://example.test\\@evil.test/"),
		STR("http://example.test/\r\nX: y"),
		STR("http://ex\0ample/"),
		STR("http://\xe2\x91\xa0\xe2\x91\xa1/"),
		STR("http://b\xc3\xbc.test/"),
		STR("http://%31%32/"),
		STR("http://[::1/"),
		STR("http://[::1]a/"),
		STR("http://[fe80::1%25eth0]/"),
		STR("http://[127.0.0.1]/"),
		STR("http://256.1.1.1/"),
		STR("http://1.2.3.4.5/"),
		STR("http://0x/"),
		STR("http://a.0xffffffffff/"),
	};
	struct arena *a = arena_new();
	struct fetch_url u;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = ERR;

		if (fetch_url_parse(&u, a, table[i], &e) == 0)
			fail_msg(STR_F " became " STR_F, STR_A(table[i]),
			    STR_A(u.text));
		assert_int_equal(e.kind, ERR_INPUT);
	}
	arena_free(&a);
}

static void
a_refusal_does_not_repeat_the_url(void **state)
{
	struct arena *a = arena_new();
	struct fetch_url u;
	struct err e = ERR;

	(void)state;
	assert_int_equal(
	    fetch_url_parse(&u, a, STR("http://x:s3cret@y/"), &e), -1);
	assert_null(strstr(e.text, "s3cret"));
	arena_free(&a);
}

static void
a_reference_is_seen_from_its_base(void **state)
{
	static const struct {
		const char *ref, *want;
	} table[] = {
		{ "/x", "http://h.test/x" },
		{ "y?z", "http://h.test/a/y?z" },
		{ "//other.test/", "http://other.test/" },
		{ "https://other.test/", "https://other.test/" },
		{ "file:///etc/passwd", "file:///etc/passwd" },
	};
	struct arena *a = arena_new();
	struct err e = ERR;
	struct str out;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		assert_int_equal(url_join(&out, a, STR("http://h.test/a/b?c"),
				     str_of(table[i].ref), &e),
		    0);
		if (!str_is(out, table[i].want))
			fail_msg("%s: " STR_F, table[i].ref, STR_A(out));
	}
	assert_int_equal(
	    url_join(&out, a, STR("http://h.test/"), STR("http://a b"), &e),
	    -1);
	arena_free(&a);
}

static void
headers_that_frame_a_message_are_not_the_callers(void **state)
{
	const struct {
		struct fetch_header h;
		bool pass;
	} table[] = {
		{ { STR("Accept"), STR("a/b") }, true },
		{ { STR("x-1"), STR("") }, true },
		{ { STR("Host"), STR("internal") }, false },
		{ { STR("content-LENGTH"), STR("1") }, false },
		{ { STR("Transfer-Encoding"), STR("chunked") }, false },
		{ { STR("Connection"), STR("close") }, false },
		{ { STR("Proxy-Authorization"), STR("x") }, false },
		{ { STR("Expect"), STR("100-continue") }, false },
		{ { STR("a b"), STR("x") }, false },
		{ { STR(""), STR("x") }, false },
		{ { STR("a\0b"), STR("x") }, false },
		{ { STR("ok"), STR("x\r\ny: z") }, false },
		{ { STR("ok"), STR("x\0y") }, false },
		{ { STR("ok"), STR("x\ty") }, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		if (header_may_pass(&table[i].h) != table[i].pass)
			fail_msg(STR_F, STR_A(table[i].h.name));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_has_one_normal_form),
		cmocka_unit_test(
		    what_two_readers_could_see_differently_is_refused),
		cmocka_unit_test(a_refusal_does_not_repeat_the_url),
		cmocka_unit_test(a_reference_is_seen_from_its_base),
		cmocka_unit_test(
		    headers_that_frame_a_message_are_not_the_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
