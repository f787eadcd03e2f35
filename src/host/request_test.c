/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host/host.h"

static struct request *
make(void)
{
	struct request *r = request_new(STR("POST"),
	    STR("/a%20b/c?x=1&y=two+words"), STR("id-1"), STR("body"));

	request_add_header(r, STR("Host"), STR("app.test:8080"));
	request_add_header(r, STR("Content-Type"), STR("text/plain"));
	request_add_header(r, STR("X-First"), STR("one"));
	request_add_header(r, STR("Proxy"), STR("http://evil.test"));
	request_add_param(r, STR("id"), STR("42"));
	request_set_state(r, STR("step-one"), STR("done"));
	request_set_state(r, STR("raw"), (struct str){ "a\0b", 3 });
	return r;
}

static void
conditions_see_each_part_of_a_request(void **state)
{
	static const struct {
		enum expr_root root;
		const char *key, *want; /* NULL: there is none */
	} cases[] = {
		{ EXPR_METHOD, "", "POST" },
		{ EXPR_URL, "", "/a%20b/c?x=1&y=two+words" },
		{ EXPR_BODY, "", "body" },
		{ EXPR_PARAMS, "id", "42" },
		{ EXPR_PARAMS, "none", NULL },
		{ EXPR_HEADERS, "x-FIRST", "one" },
		{ EXPR_HEADERS, "none", NULL },
		{ EXPR_QUERY, "y", "two words" },
		{ EXPR_QUERY, "none", NULL },
		{ EXPR_STATE, "step-one", "done" },
		{ EXPR_STATE, "none", NULL },
	};
	struct request *r = make();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_free) struct buf out = BUF(1000);
		bool found =
		    request_get(r, cases[i].root, str_of(cases[i].key), &out);

		assert_int_equal(found, cases[i].want != NULL);
		if (found)
			assert_string_equal(buf_cstr(&out), cases[i].want);
	}
	request_free(&r);
}

static const char *
find(const struct abi_var *env, size_t n, const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!str_is(env[i].name, name))
			continue;
		assert_null(found);
		found = env[i].value.p;
	}
	return found;
}

/* RFC 3875, 4.1 */
static void
a_command_finds_the_request_in_its_environment(void **state)
{
	static const struct {
		const char *name, *want; /* NULL: there is none */
	} cases[] = {
		{ "GATEWAY_INTERFACE", "CGI/1.1" },
		{ "REQUEST_METHOD", "POST" },
		{ "REQUEST_URI", "/a%20b/c?x=1&y=two+words" },
		{ "REQUEST_ID", "id-1" },
		{ "PATH_INFO", "/a b/c" },
		{ "QUERY_STRING", "x=1&y=two+words" },
		{ "CONTENT_LENGTH", "3" },
		{ "CONTENT_TYPE", "text/plain" },
		{ "SERVER_NAME", "app.test" },
		{ "SERVER_PORT", "8080" },
		{ "HTTP_X_FIRST", "one" },
		{ "HTTP_HOST", "app.test:8080" },
		{ "HTTP_PROXY", NULL },
		{ "PARAM_ID", "42" },
		{ "STATE_STEP_ONE", "done" },
		{ "STATE_RAW", NULL },
	};
	struct arena *a = arena_new();
	struct host_call c = { .magic = HOST_CALL_MAGIC, .request = make() };
	struct host_options opt = { 0 };
	struct abi_var *env = NULL;
	struct err e = ERR;
	size_t n;

	(void)state;
	assert_int_equal(host_new(&c.host, &opt, &e), 0);
	n = host_call_cgi(&c, STR("abc"), a, &env);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *got = find(env, n, cases[i].name);

		if (!cases[i].want)
			assert_null(got);
		else
			assert_string_equal(got ? got : "", cases[i].want);
	}
	host_free(&c.host);
	request_free(&c.request);
	arena_free(&a);
}

/* A command is given no more than it could ask for. */
static void
a_command_sees_what_its_capabilities_and_with_allow(void **state)
{
	static const struct pair with[] = {
		{ .key = { "alias", 5 }, .value = { "step-one", 8 } },
		{ .key = { "ghost", 5 }, .value = { "none", 4 } },
	};
	static const char off[] =
	    "capabilities: {requestHandler: {enabled: true}}\n";
	struct diags *ds = diags_new();
	struct host_call c = {
		.magic = HOST_CALL_MAGIC, .with = with, .nwith = COUNT(with)
	};
	struct host_options opt = { 0 };
	struct arena *a = arena_new();
	struct directive *d;
	struct abi_var *env = NULL;
	struct err e = ERR;
	size_t n;

	(void)state;
	c.request = make();
	assert_int_equal(host_new(&c.host, &opt, &e), 0);
	n = host_call_cgi(&c, STR("abc"), a, &env);
	assert_string_equal(find(env, n, "STATE_ALIAS"), "done");
	assert_null(find(env, n, "STATE_STEP_ONE"));
	assert_null(find(env, n, "STATE_GHOST"));
	assert_string_equal(find(env, n, "REQUEST_METHOD"), "POST");
	host_free(&c.host);
	assert_int_equal(directive_parse(&d, str_of(off), STR("D"), ds, &e), 0);
	opt.directive = d;
	c.grant = NULL;
	assert_int_equal(host_new(&c.host, &opt, &e), 0);
	n = host_call_cgi(&c, STR("abc"), a, &env);
	assert_string_equal(find(env, n, "CONTENT_LENGTH"), "3");
	assert_null(find(env, n, "REQUEST_METHOD"));
	assert_null(find(env, n, "PARAM_ID"));
	assert_null(find(env, n, "STATE_ALIAS"));
	host_call_dispose(&c);
	request_free(&c.request);
	host_free(&c.host);
	directive_free(&d);
	diags_free(&ds);
	arena_free(&a);
}

/* upstream.md 3.3 */
static void
requests_are_read_from_their_json_form(void **state)
{
	static const char text[] =
	    "{\"method\":\"GET\",\"url\":\"/x?a=b\",\"request_id\":\"r1\","
	    "\"body\":\"aGVsbG8=\",\"headers\":{\"X-A\":\"one\"},"
	    "\"resp_headers\":{\"X-B\":\"two\"},\"params\":{\"p\":\"q\"},"
	    "\"state\":{\"k\":\"AAH/\"},\"sequence_json\":\"e30=\"}";
	struct request *r = request_from_json(str_of(text));
	struct buf out = BUF(100);
	struct str name, value;

	(void)state;
	assert_non_null(r);
	assert_true(str_is(request_body(r), "hello"));
	assert_true(request_get(r, EXPR_HEADERS, STR("x-a"), &out));
	assert_true(request_get(r, EXPR_PARAMS, STR("p"), &out));
	assert_true(request_get(r, EXPR_METHOD, STR(""), &out));
	assert_string_equal(buf_cstr(&out), "oneqGET");
	assert_true(request_state(r, STR("k"), &value));
	assert_int_equal(value.n, 3);
	assert_memory_equal(value.p, "\0\1\xff", 3);
	assert_int_equal(request_nheaders(r), 1);
	request_header_at(r, 0, &name, &value);
	assert_true(str_is(name, "X-B") && str_is(value, "two"));
	buf_free(&out);
	request_free(&r);
}

/* upstream.md 3.3: only when it parses and the three are not empty. */
static void
other_text_is_no_request(void **state)
{
	static const char *const texts[] = {
		"",
		"hello",
		"null",
		"[]",
		"{}",
		"{\"method\":\"GET\",\"url\":\"/x\"}",
		"{\"method\":\"GET\",\"url\":\"/x\",\"request_id\":\"\"}",
		"{\"method\":\"\",\"url\":\"/x\",\"request_id\":\"r\"}",
		"{\"method\":7,\"url\":\"/x\",\"request_id\":\"r\"}",
		"{\"method\":\"GET\",\"url\":\"/x\",\"request_id\":\"r\"",
		"{\"method\":\"GET\",\"url\":\"/x\",\"request_id\":\"r\","
		"\"body\":\"***\"}",
		"{\"method\":\"GET\",\"url\":\"/x\",\"request_id\":\"r\","
		"\"body\":\"aGVsbG8\"}",
		"{\"method\":\"GET\",\"url\":\"/x\",\"request_id\":\"r\","
		"\"body\":\"a=bc\"}",
		"{\"method\":\"GET\",\"url\":\"/x\",\"request_id\":\"r\","
		"\"body\":5}",
		"{\"method\":\"GET\",\"url\":\"/x\",\"request_id\":\"r\","
		"\"headers\":[]}",
		"{\"method\":\"GET\",\"url\":\"/x\",\"request_id\":\"r\","
		"\"params\":{\"a\":1}}",
		"{\"method\":\"GET\",\"url\":\"/x\",\"request_id\":\"r\","
		"\"state\":{\"a\":\"?\"}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct request *r = request_from_json(str_of(texts[i]));

		if (r)
			fail_msg("%s", texts[i]);
	}
}

static void
null_in_the_json_form_is_nothing(void **state)
{
	struct request *r = request_from_json(
	    STR("{\"method\":\"GET\",\"url\":\"/\",\"request_id\":\"r\","
		"\"body\":null,\"headers\":null,\"params\":null,"
		"\"state\":null,\"resp_headers\":null}"));

	(void)state;
	assert_non_null(r);
	assert_int_equal(request_body(r).n, 0);
	assert_int_equal(request_nstate(r), 0);
	request_free(&r);
}

static void
a_branch_begins_as_its_request_did_without_state(void **state)
{
	struct request *r = make(), *b = request_branch(r, STR("other"));
	struct buf out = BUF(1000);

	(void)state;
	assert_true(str_is(request_body(b), "other"));
	assert_int_equal(request_nstate(b), 0);
	assert_true(request_get(b, EXPR_URL, STR(""), &out));
	assert_true(request_get(b, EXPR_HEADERS, STR("X-First"), &out));
	assert_true(request_get(b, EXPR_PARAMS, STR("id"), &out));
	assert_string_equal(buf_cstr(&out), "/a%20b/c?x=1&y=two+wordsone42");
	request_set_state(b, STR("new"), STR("v"));
	assert_int_equal(request_nstate(r), 2);
	buf_free(&out);
	request_free(&r);
	request_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_see_each_part_of_a_request),
		cmocka_unit_test(
		    a_command_finds_the_request_in_its_environment),
		cmocka_unit_test(
		    a_command_sees_what_its_capabilities_and_with_allow),
		cmocka_unit_test(requests_are_read_from_their_json_form),
		cmocka_unit_test(other_text_is_no_request),
		cmocka_unit_test(null_in_the_json_form_is_nothing),
		cmocka_unit_test(
		    a_branch_begins_as_its_request_did_without_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
