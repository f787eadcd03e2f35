/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "oci/parts.h"

static int
read_headers(struct challenge *c, struct arena *a, const char *one,
    const char *two, struct err *e)
{
	struct fetch_header h[] = { { STR("Date"), STR("Basic realm=no") },
		{ STR("WWW-Authenticate"), str_of(one) },
		{ STR("www-authenticate"), str_of(two) } };

	return challenge_read(c, a, h, two ? 3 : 2, e);
}

static void
challenges_are_read(void **arg)
{
	static const struct {
		const char *one, *two;
		enum auth auth;
		const char *realm, *service, *scope, *error;
	} rows[] = {
		{ "Bearer realm=\"https://a.example/t\",service=\"s\","
		  "scope=\"repository:x/y:pull,push\"",
		    NULL, AUTH_BEARER, "https://a.example/t", "s",
		    "repository:x/y:pull,push", "" },
		/* Names in any case, spaces anywhere, an escaped quote. */
		{ " bearer REALM = \"https://a/\\\"q\" , Service=s ", NULL,
		    AUTH_BEARER, "https://a/\"q", "s", "", "" },
		{ "Bearer realm=https://a.example/t,service=s", NULL,
		    AUTH_BEARER, "https://a.example/t", "s", "", "" },
		{ "Basic realm=\"x, y\"", NULL, AUTH_BASIC, "x, y", "", "",
		    "" },
		{ "Basic", NULL, AUTH_BASIC, "", "", "", "" },
		/* Two of them: a token before a password, whichever is first.
		 */
		{ "Basic realm=\"b\", Bearer realm=\"https://t\"", NULL,
		    AUTH_BEARER, "https://t", "", "", "" },
		{ "Bearer realm=\"https://t\", Basic realm=\"b\"", NULL,
		    AUTH_BEARER, "https://t", "", "", "" },
		{ "Basic realm=\"b\"", "Bearer realm=\"https://t\"",
		    AUTH_BEARER, "https://t", "", "", "" },
		{ "Negotiate YWJj==, Basic realm=b", NULL, AUTH_BASIC, "b", "",
		    "", "" },
		{ "Negotiate", NULL, AUTH_NONE, "", "", "", "" },
		{ "", NULL, AUTH_NONE, "", "", "", "" },
		{ ",,, ,", NULL, AUTH_NONE, "", "", "", "" },
		{ "Bearer realm=\"https://t\",error=\"insufficient_scope\"",
		    NULL, AUTH_BEARER, "https://t", "", "",
		    "insufficient_scope" },
		{ "Bearer realm=\"https://t\",realm=\"https://t\"", NULL,
		    AUTH_BEARER, "https://t", "", "", "" },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct err e = ERR;
		struct challenge c;

		if (read_headers(&c, a, rows[i].one, rows[i].two, &e) < 0)
			fail_msg("%s: %s", rows[i].one, e.text);
		assert_int_equal(c.auth, rows[i].auth);
		if (!str_is(c.realm, rows[i].realm))
			fail_msg(
			    "%s: '" STR_F "'", rows[i].one, STR_A(c.realm));
		assert_true(str_is(c.service, rows[i].service));
		assert_true(str_is(c.scope, rows[i].scope));
		assert_true(str_is(c.error, rows[i].error));
	}
}

static void
bad_challenges_are_refused(void **arg)
{
	static const char *const rows[] = {
		/* realm-missing */
		"Bearer",
		"Bearer service=\"x\"",
		"Bearer realm=\"\"",
		"Bearer realm=\"https://t",
		"Bearer realm=\"https://t\\",
		"Bearer realm=\"https://t\",realm=\"https://u\"",
		"Bearer realm=\"https://t\x01\"",
		"Bearer realm=\"https://t\",service=\"a\r\nX: y\"",
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct err e = ERR;
		struct challenge c;

		if (read_headers(&c, a, rows[i], NULL, &e) == 0)
			fail_msg("'%s' is taken", rows[i]);
		assert_int_equal(e.kind, ERR_REMOTE);
	}
}

static void
tokens_are_read(void **arg)
{
	static const struct {
		const char *text, *token;
		uint32_t expires_s;
		const char *why;
	} rows[] = {
		{ "{\"token\":\"abc\"}", "abc", 60, NULL },
		{ "{\"access_token\":\"abc\",\"expires_in\":300}", "abc", 300,
		    NULL },
		{ "{\"token\":\"a\",\"access_token\":\"b\"}", "a", 60, NULL },
		{ "{\"token\":\"a\",\"expires_in\":-5}", "a", 60, NULL },
		{ "{\"token\":\"a\",\"expires_in\":999999999}", "a", 86400,
		    NULL },
		{ "{\"token\":\"a\",\"expires_in\":\"x\"}", "a", 60, NULL },
		/* token-html, token-newline */
		{ "<html><body>log in</body></html>", NULL, 0, "not JSON" },
		{ "{\"token\":\"a\\r\\nX-Evil: 1\"}", NULL, 0, "control" },
		{ "{\"token\":\"a b\"}", NULL, 0, "control" },
		{ "{\"token\":\"\\u0000\"}", NULL, 0, "control" },
		{ "{\"token\":\"\xc3\xa9\"}", NULL, 0, "control" },
		{ "{\"token\":\"\"}", NULL, 0, "no token" },
		{ "{\"token\":7}", NULL, 0, "no token" },
		{ "{}", NULL, 0, "no token" },
		{ "", NULL, 0, "not JSON" },
		{ "{\"token\":\"a\",\"token\":\"b\"}", NULL, 0, "twice" },
		{ "[\"token\"]", NULL, 0, "no JSON object" },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct token_answer t;
		struct err e = ERR;
		int rc = token_parse(&t, a, str_of(rows[i].text), &e);

		assert_int_equal(rc, rows[i].token ? 0 : -1);
		if (rc == 0) {
			assert_true(str_is(t.token, rows[i].token));
			assert_int_equal(t.expires_s, rows[i].expires_s);
			continue;
		}
		assert_int_equal(e.kind, ERR_REMOTE);
		if (!strstr(e.text, rows[i].why))
			fail_msg("%s: %s", rows[i].text, e.text);
	}
}

static void
base64_has_one_spelling(void **arg)
{
	static const struct {
		const char *text, *bytes;
	} rows[] = { { "", "" }, { "Zg==", "f" }, { "Zg", "f" },
		{ "Zm8=", "fo" }, { "Zm9v", "foo" }, { "Zh==", NULL },
		{ "Z", NULL }, { "Zm9v!", NULL }, { "Zm 9v", NULL },
		{ "=", "" }, { "Zm9v====", NULL }, { "Zm-_", NULL } };

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(buf_free) struct buf b = BUF(100);
		bool ok = text_unbase64(&b, str_of(rows[i].text));

		assert_int_equal(ok, rows[i].bytes != NULL);
		if (ok)
			assert_string_equal(buf_cstr(&b), rows[i].bytes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(challenges_are_read),
		cmocka_unit_test(bad_challenges_are_refused),
		cmocka_unit_test(tokens_are_read),
		cmocka_unit_test(base64_has_one_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
