/* SPDX-License-Identifier: Apache-2.0 */
/* Who is told which secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "oci/world.h"

/* ---- credentials ---- */

#define ASKS(more) \
	"WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%P/token\"" \
	",service=\"s\"" more "\r\n"
#define OTHER_ASKS \
	"WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%Q/token\"" \
	",service=\"the service\"\r\n"

static void
tokens_that_cannot_be_had(void **arg)
{
	static const struct {
		const char *name, *challenge, *token;
		enum err_kind kind;
		const char *why;
	} rows[] = {
		{ "realm-missing", "WWW-Authenticate: Bearer service=\"s\"\r\n",
		    "", ERR_REMOTE, "no realm" },
		{ "realm-userinfo",
		    "WWW-Authenticate: Bearer "
		    "realm=\"https://u:p@127.0.0.1:%P/\"\r\n",
		    "", ERR_TRUST, "user or password" },
		{ "realm-scheme",
		    "WWW-Authenticate: Bearer realm=\"file:///token\"\r\n", "",
		    ERR_TRUST, "scheme" },
		{ "realm-http",
		    "WWW-Authenticate: Bearer "
		    "realm=\"http://192.0.2.1/token\"\r\n",
		    "", ERR_TRUST, "192.0.2.1" },
		{ "realm-fragment",
		    "WWW-Authenticate: Bearer "
		    "realm=\"http://127.0.0.1:%P/token#x\"\r\n",
		    "", ERR_TRUST, "cannot be used" },
		{ "token-html", ASKS(""), "<html>", ERR_REMOTE, "not JSON" },
		{ "token-newline", ASKS(""), "{\"token\":\"a\\r\\nX-Evil: 1\"}",
		    ERR_REMOTE, "control" },
		{ "token-none", ASKS(""), "{}", ERR_REMOTE, "no token" },
		{ "no-challenge", "", "", ERR_TRUST, "status 401" },
		{ "unknown-challenge", "WWW-Authenticate: Negotiate\r\n", "",
		    ERR_TRUST, "status 401" },
		/* 401 for ever: one token, one more try, and no more. */
		{ "401-loop", ASKS(""), "{\"token\":\"t\"}", ERR_TRUST,
		    "status 401" },
		{ "401-loop-scope",
		    ASKS(",error=\"insufficient_scope\""
			 ",scope=\"repository:x:pull\""),
		    "{\"token\":\"t\"}", ERR_TRUST, "status 401" },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct rule rules[] = {
			{ "GET", "/token", "200 OK", "", rows[i].token, 0, 0, 0,
			    0 },
			{ "GET", BLOB, "401 No", rows[i].challenge, "", 0, 0, 0,
			    0 },
		};
		CLEANUP(buf_free) struct buf b = BUF(5);
		struct world w;

		begin_as(&w, "me", rules, COUNT(rules));
		must_fail(&w, fetch_hello(&w, &b), rows[i].kind, rows[i].why);
		assert_true(w.script.n <= 5);
		assert_int_equal(times(&w.script.heads, "X-Evil"), 0);
		assert_null(strstr(w.e.text, "pass:"));
		end(&w);
	}
}

/* The password goes to the token server, and the token to the registry. */
static void
a_token_is_had_once_for_all(void **arg)
{
	static const struct rule rules[] = {
		{ "GET", "/v2/", "200 OK", "", "hello", 0, 0, 0,
		    "Authorization: Bearer t0k3n\r\n" },
		{ "GET", "/v2/", "401 No", OTHER_ASKS, "", 0, 0, 0, 0 },
	};
	static const struct rule other[] = {
		{ "GET",
		    "/token?client_id=subo&service=the%20service&scope="
		    "repository%3Aa%2Fb%3Apull%2Cpush",
		    "200 OK", "", "{\"token\":\"t0k3n\",\"expires_in\":300}", 0,
		    0, 0,
		    /* me:pass:word */
		    "Authorization: Basic bWU6cGFzczp3b3Jk\r\n" },
	};
	struct oci_task t[20];
	struct world w;

	(void)arg;
	begin_as(&w, "me", rules, COUNT(rules));
	w.other_rules = other;
	w.nother = 1;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct buf *b = arena_take(w.arena, sizeof(*b));

		b->max = 5;
		t[i] = (struct oci_task){ .act = OCI_FETCH,
			.desc = oci_desc_of("a/b", STR("hello")),
			.fd = -1,
			.into = b };
	}
	must(&w, oci_do(w.repo, t, COUNT(t), &w.e));
	assert_int_equal(w.other.n, 1);
	assert_int_equal(times(&w.script.heads, "Basic"), 0);
	for (size_t i = 0; i < COUNT(t); i++)
		buf_free(t[i].into);
	end(&w);
}

static void
an_anonymous_token_does_where_no_more_is_wanted(void **arg)
{
	static const struct rule rules[] = {
		{ "GET", BLOB, "200 OK", "", "hello", 0, 0, 0,
		    "Authorization: Bearer t\r\n" },
		{ "GET", BLOB, "401 No", ASKS(""), "", 0, 0, 0, 0 },
		{ "GET", "/token", "200 OK", "", "{\"token\":\"t\"}", 0, 0, 0,
		    0 },
	};
	CLEANUP(buf_free) struct buf b = BUF(5);
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must(&w, fetch_hello(&w, &b));
	assert_int_equal(times(&w.script.heads, "Basic"), 0);
	end(&w);
}

static void
a_wider_scope_is_asked_for_once(void **arg)
{
	static const struct rule rules[] = {
		{ "GET", BLOB, "200 OK", "", "hello", 0, 0, 0,
		    "Authorization: Bearer wide\r\n" },
		{ "GET", BLOB, "401 No",
		    ASKS(",error=\"insufficient_scope\""
			 ",scope=\"repository:base:pull\""),
		    "", 0, 0, 0, "Authorization: Bearer narrow\r\n" },
		{ "GET", BLOB, "401 No", ASKS(""), "", 0, 0, 0, 0 },
		{ "GET", "/token", "200 OK", "", "{\"token\":\"wide\"}", 0, 0,
		    0, "scope=repository%3Abase%3Apull " },
		{ "GET", "/token", "200 OK", "", "{\"token\":\"narrow\"}", 0, 0,
		    0, 0 },
	};
	CLEANUP(buf_free) struct buf b = BUF(5);
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must(&w, fetch_hello(&w, &b));
	end(&w);
}

static void
a_wrong_password_is_said_and_not_tried_again(void **arg)
{
	static const struct rule rules[] = {
		{ "GET", "/token", "401 No", "",
		    "{\"details\":\"incorrect username or password\"}", 0, 0, 0,
		    0 },
		{ "GET", BLOB, "401 No", ASKS(""), "", 0, 0, 0, 0 },
	};
	CLEANUP(buf_free) struct buf b = BUF(5);
	struct world w;

	(void)arg;
	begin_as(&w, "me", rules, COUNT(rules));
	must_fail(&w, fetch_hello(&w, &b), ERR_TRUST,
	    "incorrect username or password");
	assert_non_null(strstr(w.e.hint, "subo login 127.0.0.1:"));
	assert_int_equal(w.script.n, 2);
	end(&w);
}

static void
basic_credentials_are_sent_when_they_are_asked_for(void **arg)
{
	static const struct rule rules[] = {
		{ "GET", BLOB, "200 OK", "", "hello", 0, 0, 0,
		    "Authorization: Basic bWU6cGFzczp3b3Jk\r\n" },
		{ "GET", BLOB, "401 No",
		    "WWW-Authenticate: Basic realm=\"x\"\r\n", "", 0, 0, 0, 0 },
	};
	CLEANUP(buf_free) struct buf b = BUF(5);
	struct world w;

	(void)arg;
	begin_as(&w, "me", rules, COUNT(rules));
	must(&w, fetch_hello(&w, &b));
	must(&w, fetch_hello(&w, &b));
	/* Not before they were asked for, and then at once. */
	assert_int_equal(w.script.n, 3);
	end(&w);
}

/* redirect-host: what is for the registry is not for where it sends us. */
static void
credentials_do_not_follow_a_redirect(void **arg)
{
	static const struct rule rules[] = {
		{ "GET", BLOB, "307 T",
		    "Location: http://127.0.0.1:%Q/store?sig=1\r\n", "", 0, 0,
		    0, "Authorization: Basic" },
		{ "GET", BLOB, "401 No",
		    "WWW-Authenticate: Basic realm=\"x\"\r\n", "", 0, 0, 0, 0 },
	};
	static const struct rule other[] = { { "GET", "/store?sig=1", "200 OK",
	    "", "hello", 0, 0, 0, 0 } };
	CLEANUP(buf_free) struct buf b = BUF(5);
	struct world w;

	(void)arg;
	begin_as(&w, "me", rules, COUNT(rules));
	w.other_rules = other;
	w.nother = 1;
	w.o->options.trace = fixture_note;
	must(&w, fetch_hello(&w, &b));
	assert_int_equal(w.other.n, 1);
	assert_int_equal(times(&w.other.heads, "uthorization"), 0);
	/* Who looks on sees the way, and nothing that opens a door. */
	assert_int_equal(times(&w.notes, "GET http"), 3);
	assert_int_equal(times(&w.notes, "/store?...: 200"), 1);
	assert_int_equal(times(&w.notes, "sig="), 0);
	end(&w);
}

/* A 401 of another host is not ours to answer. */
static void
another_host_that_asks_for_credentials_gets_none(void **arg)
{
	static const struct rule rules[] = { { "GET", BLOB, "307 T",
	    "Location: http://127.0.0.1:%Q/store\r\n", "", 0, 0, 0, 0 } };
	static const struct rule other[] = { { "GET", "/store", "401 No",
	    "WWW-Authenticate: Basic realm=\"x\"\r\n", "", 0, 0, 0, 0 } };
	CLEANUP(buf_free) struct buf b = BUF(5);
	struct world w;

	(void)arg;
	begin_as(&w, "me", rules, COUNT(rules));
	w.other_rules = other;
	w.nother = 1;
	must_fail(&w, fetch_hello(&w, &b), ERR_TRUST, "status 401");
	assert_int_equal(times(&w.other.heads, "uthorization"), 0);
	end(&w);
}

static void
an_upload_elsewhere_has_no_credentials(void **arg)
{
	static const struct rule rules[] = {
		{ "HEAD", BLOB, "404 N", "", "", 0, 0, 0, "Basic" },
		{ "POST", UPLOADS, "202 A",
		    "Location: http://127.0.0.1:%Q/up\r\n", "", 0, 0, 0, 0 },
		{ "HEAD", BLOB, "401 No",
		    "WWW-Authenticate: Basic realm=\"x\"\r\n", "", 0, 0, 0, 0 },
	};
	static const struct rule other[] = { { "PUT", "/up?digest=sha256%3A2c",
	    "201 C", "", "", 0, 0, 0, 0 } };
	struct world w;

	(void)arg;
	begin_as(&w, "me", rules, COUNT(rules));
	w.other_rules = other;
	w.nother = 1;
	must(&w, send_hello(&w));
	assert_int_equal(times(&w.other.heads, "uthorization"), 0);
	assert_int_equal(
	    times(&w.other.heads, "Content-Type: application/octet-stream"), 1);
	end(&w);
}

/* Where a registry may send us, and where its credentials may go. */
static void
who_may_be_told_what(void **arg)
{
	static const struct {
		const char *name, *realm;
		bool secure, insecure_http, inside, ok;
	} rows[] = {
		{ "realm-https", "https://auth.example/t", 1, 0, 0, 1 },
		{ "realm-http", "http://auth.example/t", 1, 0, 0, 0 },
		{ "realm-http-same", "http://reg.example/t", 1, 0, 0, 0 },
		{ "realm-userinfo", "https://u:p@auth.example/t", 1, 0, 0, 0 },
		{ "realm-private", "https://10.0.0.1/t", 1, 0, 0, 0 },
		{ "realm-loopback", "https://127.1/t", 1, 0, 0, 0 },
		{ "realm-mapped", "https://[::ffff:10.0.0.1]/t", 1, 0, 0, 0 },
		{ "realm-private-inside", "https://10.0.0.1/t", 1, 0, 1, 1 },
		{ "realm-metadata", "https://169.254.169.254/t", 1, 0, 1, 0 },
		{ "plain-own", "http://reg.example/t", 0, 0, 1, 1 },
		{ "plain-other", "http://auth.example/t", 0, 0, 1, 0 },
		{ "plain-local", "http://localhost:1/t", 0, 0, 1, 1 },
		{ "plain-asked-for", "http://auth.example/t", 0, 1, 1, 1 },
		{ "plain-to-https", "https://auth.example/t", 0, 0, 1, 1 },
		{ "no-url", "auth.example", 1, 0, 0, 0 },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct oci o = { .options = {
				     .insecure_http = rows[i].insecure_http } };
		struct site s = { .host = STR("reg.example"),
			.address = STR("reg.example"),
			.secure = rows[i].secure,
			.has_place = true,
			.place =
			    rows[i].inside ? FETCH_PRIVATE : FETCH_PUBLIC };
		struct err e = ERR;
		int rc = realm_check(&o, &s, str_of(rows[i].realm), a, &e);

		if (rc != (rows[i].ok ? 0 : -1))
			fail_msg("%s: %d %s", rows[i].name, rc, e.text);
		if (rc < 0)
			assert_int_equal(e.kind, ERR_TRUST);
	}
}

#define AUTH(entry) "{\"auths\":{\"127.0.0.1:%P\":{" entry "}}}"

/* By POST, never in a URL; by GET where the token server knows no POST. */
static void
an_identity_token_is_changed_for_another(void **arg)
{
	static const struct {
		const char *status;
		unsigned asked;
	} rows[] = { { "200 OK", 1 }, { "404 Not Found", 2 } };

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct rule rules[] = {
			{ "GET", BLOB, "200 OK", "", "hello", 0, 0, 0,
			    "Authorization: Bearer t\r\n" },
			{ "GET", BLOB, "401 No", ASKS(""), "", 0, 0, 0, 0 },
			{ "POST", "/token", rows[i].status, "",
			    "{\"access_token\":\"t\"}", 0, 0, 0,
			    "Content-Type: application/x-www-form-urlencoded" },
			{ "GET", "/token", "200 OK", "", "{\"token\":\"t\"}", 0,
			    0, 0, 0 },
		};
		CLEANUP(buf_free) struct buf b = BUF(5);
		struct world w;

		begin_as(&w, AUTH("\"identitytoken\":\"refresh/me\""), rules,
		    COUNT(rules));
		must(&w, fetch_hello(&w, &b));
		assert_int_equal(times(&w.script.log, "/token"), rows[i].asked);
		assert_int_equal(times(&w.script.log, "refresh"), 0);
		end(&w);
	}
}

static void
a_ready_token_is_sent_as_it_is(void **arg)
{
	static const struct rule rules[] = {
		{ "GET", BLOB, "200 OK", "", "hello", 0, 0, 0,
		    "Authorization: Bearer ready\r\n" },
		{ "GET", BLOB, "401 No", ASKS(""), "", 0, 0, 0, 0 },
	};
	CLEANUP(buf_free) struct buf b = BUF(5);
	struct world w;

	(void)arg;
	begin_as(&w, AUTH("\"registrytoken\":\"ready\""), rules, COUNT(rules));
	must(&w, fetch_hello(&w, &b));
	assert_int_equal(times(&w.script.log, "/token"), 0);
	end(&w);
}

/* A token that is refused is had anew once, and a short life is no loop. */
static void
a_token_that_is_over_is_had_anew(void **arg)
{
	static const struct rule rules[] = {
		{ "GET", BLOB, "200 OK", "", "hello", 1, 0, 0,
		    "Authorization: Bearer first\r\n" },
		{ "GET", BLOB, "200 OK", "", "hello", 0, 0, 0,
		    "Authorization: Bearer second\r\n" },
		{ "GET", BLOB, "401 No", ASKS(""), "", 0, 0, 0, 0 },
		{ "GET", "/token", "200 OK", "",
		    "{\"token\":\"first\",\"expires_in\":0}", 1, 0, 0, 0 },
		{ "GET", "/token", "200 OK", "", "{\"token\":\"second\"}", 0, 0,
		    0, 0 },
	};
	CLEANUP(buf_free) struct buf b = BUF(5);
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	for (int i = 0; i < 3; i++)
		must(&w, fetch_hello(&w, &b));
	assert_int_equal(times(&w.script.log, "/token"), 2);
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_that_cannot_be_had),
		cmocka_unit_test(a_token_is_had_once_for_all),
		cmocka_unit_test(
		    an_anonymous_token_does_where_no_more_is_wanted),
		cmocka_unit_test(a_wider_scope_is_asked_for_once),
		cmocka_unit_test(a_wrong_password_is_said_and_not_tried_again),
		cmocka_unit_test(
		    basic_credentials_are_sent_when_they_are_asked_for),
		cmocka_unit_test(credentials_do_not_follow_a_redirect),
		cmocka_unit_test(
		    another_host_that_asks_for_credentials_gets_none),
		cmocka_unit_test(an_upload_elsewhere_has_no_credentials),
		cmocka_unit_test(who_may_be_told_what),
		cmocka_unit_test(an_identity_token_is_changed_for_another),
		cmocka_unit_test(a_ready_token_is_sent_as_it_is),
		cmocka_unit_test(a_token_that_is_over_is_had_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
