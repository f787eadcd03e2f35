/* SPDX-License-Identifier: Apache-2.0 */
/* Registries that do what they should not with blobs, and a client that lives
 * with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "oci/world.h"

/* ---- blobs that come ---- */

static void
wrong_blobs_are_refused(void **arg)
{
	static const struct {
		const char *name;
		struct rule rule;
		enum err_kind kind;
		const char *why;
	} rows[] = {
		{ "blob-wrong-digest",
		    { "GET", BLOB, "200 OK", "", "hellO", 0, 0, 0, 0 },
		    ERR_REMOTE, "digest does not match" },
		{ "blob-long",
		    { "GET", BLOB, "200 OK", "", "hello!", 0, 0, 0, 0 },
		    ERR_REMOTE, "more of the blob" },
		{ "blob-short",
		    { "GET", BLOB, "200 OK", "", "hell", 0, 0, 0, 0 },
		    ERR_REMOTE, "sends 4 bytes" },
		{ "blob-empty", { "GET", BLOB, "200 OK", "", "", 0, 0, 0, 0 },
		    ERR_REMOTE, "sends 0 bytes" },
		{ "blob-endless",
		    { "GET", BLOB, "200 OK", "", "hellohello", 0, 0, 1, 0 },
		    ERR_REMOTE, "more of the blob" },
		{ "length-lie",
		    { "GET", BLOB, "200 OK", "Content-Length: 3\r\n",
			"hellohello", 0, 0, 0, 0 },
		    ERR_REMOTE, "sends 3 bytes" },
		{ "two-lengths",
		    { "GET", BLOB, "200 OK",
			"Content-Length: 5\r\nContent-Length: 6\r\n", "hello",
			0, 0, 0, 0 },
		    ERR_REMOTE, "two ways" },
		{ "gzip-unasked",
		    { "GET", BLOB, "200 OK", "Content-Encoding: gzip\r\n",
			"hello", 0, 0, 0, 0 },
		    ERR_REMOTE, "packed" },
		{ "blob-missing",
		    { "GET", BLOB, "404 Not Found", "",
			"{\"errors\":[{\"code\":\"BLOB_UNKNOWN\",\"message\":"
			"\"blob unknown \\u001b[31m\"}]}",
			0, 0, 0, 0 },
		    ERR_MISSING, "BLOB_UNKNOWN: blob unknown \\x1B" },
		{ "html-error",
		    { "GET", BLOB, "403 Forbidden", "", "<html>no</html>", 0, 0,
			0, 0 },
		    ERR_TRUST, "(status 403)" },
		{ "text-error",
		    { "GET", BLOB, "418 No", "", "go away\nplease", 0, 0, 0,
			0 },
		    ERR_REMOTE, "(status 418, go away)" },
		{ "endless-error",
		    { "GET", BLOB, "403 Forbidden", "", "no\n", 0, 0, 1, 0 },
		    ERR_TRUST, "403" },
		{ "redirect-nowhere",
		    { "GET", BLOB, "307 T", "", "", 0, 0, 0, 0 }, ERR_REMOTE,
		    "no URL" },
		{ "redirect-file",
		    { "GET", BLOB, "307 T", "Location: file:///etc/passwd\r\n",
			"", 0, 0, 0, 0 },
		    ERR_REMOTE, "no URL" },
		{ "redirect-userinfo",
		    { "GET", BLOB, "307 T",
			"Location: http://u:p@127.0.0.1:%Q/\r\n", "", 0, 0, 0,
			0 },
		    ERR_REMOTE, "no URL" },
		{ "redirect-loop",
		    { "GET", BLOB, "307 T", "Location: " BLOB "\r\n", "", 0, 0,
			0, 0 },
		    ERR_REMOTE, "without end" },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(buf_free) struct buf b = BUF(5);
		struct world w;

		begin_as(&w, NULL, &rows[i].rule, 1);
		must_fail(&w, fetch_hello(&w, &b), rows[i].kind, rows[i].why);
		/* What is wrong is not asked for again. */
		assert_true(w.script.n <= 6);
		end(&w);
	}
}

static void
a_layer_that_is_elsewhere_is_never_fetched(void **arg)
{
	static const struct rule rules[] = { { "GET", "/", "200 OK", "",
	    "hello", 0, 0, 0, 0 } };
	CLEANUP(buf_free) struct buf b = BUF(100);
	struct oci_desc d = oci_desc_of("a/b", STR("hello"));
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	d.foreign = true;
	must_fail(&w, oci_read(w.repo, &d, &b, &w.e), ERR_TRUST, "elsewhere");
	asked(&w, "");
	end(&w);
}

static void
a_blob_over_the_ceiling_is_not_begun(void **arg)
{
	static const struct rule rules[] = { { "GET", "/", "200 OK", "",
	    "hello", 0, 0, 0, 0 } };
	CLEANUP(buf_free) struct buf b = BUF(4);
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must_fail(&w, fetch_hello(&w, &b), ERR_LIMIT, "too large");
	asked(&w, "");
	end(&w);
}

/* What came before is kept, and only the rest asked for. */
static void
a_blob_that_was_cut_goes_on(void **arg)
{
	static const struct rule rules[] = {
		{ "GET", BLOB, "206 Partial Content",
		    "Content-Range: bytes 3-4/5\r\n", "lo", 0, 0, 0,
		    "Range: bytes=3-" },
		{ "GET", BLOB, "200 OK", "Content-Length: 5\r\n", "hello", 1, 3,
		    0, 0 },
	};
	CLEANUP(buf_free) struct buf b = BUF(5);
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must(&w, fetch_hello(&w, &b));
	assert_string_equal(buf_cstr(&b), "hello");
	assert_int_equal(w.script.n, 2);
	assert_non_null(strstr(buf_cstr(&w.notes), "trying again"));
	end(&w);
}

static void
a_blob_that_was_cut_comes_whole_from_who_knows_no_ranges(void **arg)
{
	static const struct rule rules[] = {
		{ "GET", BLOB, "200 OK", "Content-Length: 5\r\n", "hello", 1, 3,
		    0, 0 },
		{ "GET", BLOB, "200 OK", "", "hello", 0, 0, 0, 0 },
	};
	CLEANUP(buf_free) struct buf b = BUF(5);
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must(&w, fetch_hello(&w, &b));
	assert_string_equal(buf_cstr(&b), "hello");
	end(&w);
}

/* Five tries, then the reason. */
static void
a_registry_that_always_breaks_off_is_given_up(void **arg)
{
	static const struct rule rules[] = { { "GET", BLOB, "503 Busy",
	    "Retry-After: 0\r\n", "", 0, 0, 0, 0 } };
	CLEANUP(buf_free) struct buf b = BUF(5);
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must_fail(&w, fetch_hello(&w, &b), ERR_REMOTE, "status 503");
	assert_int_equal(w.script.n, OCI_TRIES);
	assert_int_equal(times(&w.notes, "trying again"), 1);
	end(&w);
}

static void
what_may_mend_is_tried_again(void **arg)
{
	static const struct rule rules[] = {
		{ "GET", BLOB, NULL, "", "", 1, 0, 0, 0 },
		{ "GET", BLOB, "429 Slow", "Retry-After: 0\r\n", "", 1, 0, 0,
		    0 },
		{ "GET", BLOB, "502 Bad",
		    "Retry-After: Sun, 06 Nov 1994 "
		    "08:49:37 GMT\r\n",
		    "", 1, 0, 0, 0 },
		{ "GET", BLOB, "200 OK", "", "hello", 0, 0, 0, 0 },
	};
	CLEANUP(buf_free) struct buf b = BUF(5);
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must(&w, fetch_hello(&w, &b));
	assert_int_equal(w.script.n, 4);
	end(&w);
}

/* push-429: an hour is not waited for. */
static void
a_wait_beyond_the_total_time_is_an_error_at_once(void **arg)
{
	static const struct rule rules[] = { { "GET", BLOB, "429 Slow",
	    "Retry-After: 3600\r\n", "", 0, 0, 0, 0 } };
	CLEANUP(buf_free) struct buf b = BUF(5);
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must_fail(&w, fetch_hello(&w, &b), ERR_LIMIT, "3600 s");
	assert_int_equal(w.script.n, 1);
	assert_string_equal(w.e.hint, "try again later");
	end(&w);
}

/* ---- blobs that go ---- */

static void
locations_of_all_kinds(void **arg)
{
	static const struct {
		const char *location, *put;
	} rows[] = {
		{ "Location: /v2/a/b/blobs/uploads/u?x=1%2F2\r\n",
		    "/v2/a/b/blobs/uploads/u?x=1%2F2&digest=" },
		{ "Location: /v2/a/b/blobs/uploads/u\r\n",
		    "/v2/a/b/blobs/uploads/u?digest=" },
		{ "Location: u\r\n", "/v2/a/b/blobs/uploads/u?digest=" },
		{ "Location: http://127.0.0.1:%P/else/u?_=1\r\n",
		    "/else/u?_=1&digest=" },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct rule rules[] = {
			{ "POST", UPLOADS, "202 A", rows[i].location, "", 0, 0,
			    0, 0 },
			{ "PUT", rows[i].put, "201 C", "", "", 0, 0, 0, 0 },
		};
		struct world w;

		BEGIN(&w, rules);
		must(&w, send_hello(&w));
		assert_int_equal(w.script.n, 3);
		end(&w);
	}
}

static void
sessions_that_cannot_be_used(void **arg)
{
	static const struct {
		const char *name, *status, *headers;
		enum err_kind kind;
		const char *why;
	} rows[] = {
		{ "push-202-no-location", "202 A", "", ERR_REMOTE,
		    "no Location" },
		{ "location-scheme", "202 A", "Location: file:///x\r\n",
		    ERR_REMOTE, "no URL" },
		{ "location-userinfo", "202 A",
		    "Location: http://u:p@127.0.0.1/\r\n", ERR_REMOTE,
		    "no URL" },
		{ "redirected-post", "307 T", "Location: /x\r\n", ERR_REMOTE,
		    "status 307" },
		{ "denied", "403 No", "", ERR_TRUST, "not allowed" },
		{ "read-only", "405 No", "", ERR_REMOTE, "does not allow" },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct rule rules[] = { { "POST", UPLOADS, rows[i].status,
		    rows[i].headers, "", 0, 0, 0, 0 } };
		struct world w;

		BEGIN(&w, rules);
		must_fail(&w, send_hello(&w), rows[i].kind, rows[i].why);
		end(&w);
	}
}

/* push-201-lost: it is there, and is found to be. */
static void
an_answer_that_was_lost_is_no_second_upload(void **arg)
{
	static const struct rule rules[] = {
		{ "HEAD", BLOB, "404 N", "", "", 1, 0, 0, 0 },
		{ "HEAD", BLOB, "200 OK", "", "hello", 0, 0, 0, 0 },
		{ "POST", UPLOADS, "202 A", LOCATION, "", 0, 0, 0, 0 },
		{ "PUT", UPLOADS, NULL, "", "", 0, 0, 0, 0 },
	};
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must(&w, send_hello(&w));
	assert_int_equal(times(&w.script.log, "HEAD"), 2);
	assert_int_equal(times(&w.script.log, "POST"), 1);
	end(&w);
}

/* As found: an older Location is 404, and a session that broke off is over. */
static void
a_session_that_is_gone_is_begun_anew(void **arg)
{
	static const struct rule rules[] = {
		{ "POST", UPLOADS, "202 A", LOCATION, "", 0, 0, 0, 0 },
		{ "PUT", UPLOADS, "404 N", "",
		    "{\"errors\":[{\"code\":\"BLOB_UPLOAD_INVALID\"}]}", 1, 0,
		    0, 0 },
		{ "PUT", UPLOADS, "201 C", "", "", 0, 0, 0, 0 },
	};
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must(&w, send_hello(&w));
	assert_int_equal(w.script.n, 6);
	end(&w);
}

static void
an_upload_that_never_works_is_given_up(void **arg)
{
	static const struct rule rules[] = {
		{ "POST", UPLOADS, "202 A", LOCATION, "", 0, 0, 0, 0 },
		{ "PUT", UPLOADS, "500 E", "Retry-After: 0\r\n", "out of luck",
		    0, 0, 0, 0 },
	};
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must_fail(&w, send_hello(&w), ERR_REMOTE, "out of luck");
	assert_int_equal(times(&w.script.log, "PUT"), OCI_TRIES);
	/* And each session is given back. */
	assert_int_equal(times(&w.script.log, "DELETE"), OCI_TRIES);
	end(&w);
}

static void
a_digest_of_another_algorithm_says_nothing(void **arg)
{
	static const struct {
		const char *header;
		bool ok;
	} rows[] = { { "Docker-Content-Digest: " HELLO "\r\n", true },
		{ "Docker-Content-Digest: sha512:00\r\n", true },
		{ "Docker-Content-Digest: sha256:00000000000000000000000000000"
		  "00000000000000000000000000000000000\r\n",
		    false } };

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct rule rules[] = {
			{ "POST", UPLOADS, "202 A", LOCATION, "", 0, 0, 0, 0 },
			{ "PUT", UPLOADS, "204 N", rows[i].header, "", 0, 0, 0,
			    0 },
		};
		struct world w;

		BEGIN(&w, rules);
		if (rows[i].ok)
			must(&w, send_hello(&w));
		else
			must_fail(&w, send_hello(&w), ERR_REMOTE, "was meant");
		end(&w);
	}
}

static void
a_mount_that_is_denied_is_an_upload(void **arg)
{
	static const struct rule rules[] = {
		{ "POST", UPLOADS "?mount=", "403 No", "", "", 0, 0, 0, 0 },
		{ "POST", UPLOADS, "202 A", LOCATION, "", 0, 0, 0, 0 },
		{ "PUT", UPLOADS, "201 C", "", "", 0, 0, 0, 0 },
	};
	struct oci_task t = { .act = OCI_SEND,
		.desc = oci_desc_of("a/b", STR("hello")),
		.data = STR("hello"),
		.mount = STR("base") };
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	must(&w, oci_do(w.repo, &t, 1, &w.e));
	asked(&w,
	    "HEAD " BLOB "\nPOST " UPLOADS "?mount=" HELLO "&from=base\n"
	    "POST " UPLOADS "\nPUT " STORED "\n");
	end(&w);
}

/* HEAD led to a store that allows only GET. */
static void
a_head_that_is_redirected_and_refused_is_found(void **arg)
{
	static const struct rule rules[] = { { "HEAD", BLOB, "307 T",
	    "Location: http://127.0.0.1:%Q/store\r\n", "", 0, 0, 0, 0 } };
	static const struct rule other[] = { { "HEAD", "/store", "403 No", "",
	    "", 0, 0, 0, 0 } };
	struct world w;

	(void)arg;
	BEGIN(&w, rules);
	w.other_rules = other;
	w.nother = 1;
	must(&w, send_hello(&w));
	assert_int_equal(w.script.n, 1);
	end(&w);
}

/* ---- in parts ---- */

#define PART (8u << 20)
#define WHOLE (20u << 20)

struct parts {
	struct buf kept;
	bool lost; /* half of the second part */
	bool rude; /* break off in place of 413 */
};

/* At 413 in parts; what is there is what Range says. */
static bool
answer_parts(void *arg, const struct script_request *q, struct buf *out)
{
	struct world *w = arg;
	struct parts *p = w->more;
	char h[200];
	struct str body = q->body;

	if (str_is(q->method, "HEAD"))
		return script_status(out, "404 N");
	if (str_is(q->method, "POST"))
		return script_say(out, "202 A", LOCATION, STR(""));
	if (str_is(q->method, "PUT") && body.n > 0)
		return !p->rude && script_status(out, "413 Too Large");
	if (str_is(q->method, "PUT"))
		return script_status(out, "201 C");
	if (p->kept.n > 0 && !p->lost) {
		p->lost = true;
		body.n /= 2;
	}
	buf_add(&p->kept, body);
	(void)snprintf(
	    h, sizeof(h), LOCATION "Range: 0-%zu\r\n", p->kept.n - 1);
	return script_say(out, "202 A", h, STR(""));
}

static void
what_is_too_large_goes_in_parts_and_range_is_believed(void **arg)
{
	static const struct rule none[1] = { { 0 } };
	struct parts p = { .kept = BUF(2 * WHOLE) };
	struct oci_task t = { .act = OCI_SEND };
	struct str data;
	struct world w;
	char *big;

	(void)arg;
	BEGIN(&w, none);
	big = arena_take(w.arena, WHOLE);
	for (size_t i = 0; i < WHOLE; i++)
		big[i] = (char)(i * 31 + i / 257);
	data = (struct str){ big, WHOLE };
	w.more = &p;
	w.script.answer = answer_parts;
	t.desc = oci_desc_of("a/b", data);
	t.data = data;
	must(&w, oci_do(w.repo, &t, 1, &w.e));
	assert_int_equal(t.moved, WHOLE);
	assert_true(str_eq(buf_str(&p.kept), data));
	assert_int_equal(times(&w.script.log, "PATCH"), 3);
	assert_int_equal(
	    times(&w.script.heads, "Content-Range: 0-8388607\r\n"), 1);
	assert_int_equal(
	    times(&w.script.heads, "Content-Range: 12582912-20971519\r\n"), 1);
	buf_free(&p.kept);
	end(&w);
}

static void
what_is_broken_off_again_goes_in_parts_too(void **arg)
{
	static const struct rule none[1] = { { 0 } };
	struct parts p = { .kept = BUF(2 * WHOLE), .lost = true, .rude = true };
	struct oci_task t = { .act = OCI_SEND };
	struct world w;

	(void)arg;
	BEGIN(&w, none);
	w.more = &p;
	w.script.answer = answer_parts;
	t.data = (struct str){ arena_take(w.arena, WHOLE), WHOLE };
	t.desc = oci_desc_of("a/b", t.data);
	must(&w, oci_do(w.repo, &t, 1, &w.e));
	assert_true(str_eq(buf_str(&p.kept), t.data));
	assert_int_equal(times(&w.script.log, "PATCH"), 3);
	buf_free(&p.kept);
	end(&w);
}

/* The last one: what was interrupted stays so. */
static bool
answer_and_interrupt(void *arg, const struct script_request *q, struct buf *out)
{
	(void)arg;
	(void)q;
	(void)out;
	os_interrupt(SIGINT);
	/* No answer, and no end of the connection either. */
	return true;
}

static void
an_interrupt_ends_it_at_once(void **arg)
{
	static const struct rule none[1] = { { 0 } };
	struct world w;

	(void)arg;
	BEGIN(&w, none);
	w.script.answer = answer_and_interrupt;
	must_fail(&w, send_hello(&w), ERR_SIGNAL, "interrupted");
	assert_int_equal(w.e.sig, SIGINT);
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_blobs_are_refused),
		cmocka_unit_test(a_layer_that_is_elsewhere_is_never_fetched),
		cmocka_unit_test(a_blob_over_the_ceiling_is_not_begun),
		cmocka_unit_test(a_blob_that_was_cut_goes_on),
		cmocka_unit_test(
		    a_blob_that_was_cut_comes_whole_from_who_knows_no_ranges),
		cmocka_unit_test(a_registry_that_always_breaks_off_is_given_up),
		cmocka_unit_test(what_may_mend_is_tried_again),
		cmocka_unit_test(
		    a_wait_beyond_the_total_time_is_an_error_at_once),
		cmocka_unit_test(locations_of_all_kinds),
		cmocka_unit_test(sessions_that_cannot_be_used),
		cmocka_unit_test(an_answer_that_was_lost_is_no_second_upload),
		cmocka_unit_test(a_session_that_is_gone_is_begun_anew),
		cmocka_unit_test(an_upload_that_never_works_is_given_up),
		cmocka_unit_test(a_digest_of_another_algorithm_says_nothing),
		cmocka_unit_test(a_mount_that_is_denied_is_an_upload),
		cmocka_unit_test(
		    a_head_that_is_redirected_and_refused_is_found),
		cmocka_unit_test(
		    what_is_too_large_goes_in_parts_and_range_is_believed),
		cmocka_unit_test(what_is_broken_off_again_goes_in_parts_too),
		cmocka_unit_test(an_interrupt_ends_it_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
