/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host/world.h"

static bool
file(void *arg, struct str name, struct str *data)
{
	(void)arg;
	*data = STR("<p>");
	return str_is(name, "index.html");
}

static void
open_world(struct world *w, const char *capabilities)
{
	static const struct pair secrets[] = {
		{ { "token", 5 }, { "s3cret", 6 }, { 0, 0 } },
	};

	w->opt.file = file;
	w->opt.secrets = secrets;
	w->opt.nsecrets = 1;
	w->use_clock = true;
	w->now_ns = 1000;
	world_open_caps(w, capabilities);
}

/* ---- fields ---- */

static void
each_field_is_read_by_its_rule(void **state)
{
	static const struct {
		int type;
		const char *key;
		int rc;
		const char *want;
	} cases[] = {
		{ FIELD_META, "method", 0, "POST" },
		{ FIELD_META, "url", 0, "/p/1?a=b%20c&n=1+2&a=z" },
		{ FIELD_META, "id", 0, "id-1" },
		{ FIELD_META, "body", 0, "{\"name\":\"Ada\",\"age\":7}" },
		{ FIELD_META, "none", 1, "invalid key" },
		{ FIELD_BODY, "name", 0, "Ada" },
		{ FIELD_BODY, "age", 1, "the body's field is not text" },
		{ FIELD_BODY, "none", 1, "the body has no such field" },
		{ FIELD_HEADER, "X-FIRST", 0, "one" },
		{ FIELD_HEADER, "none", 0, "" },
		{ FIELD_PARAM, "id", 0, "42" },
		{ FIELD_PARAM, "none", 0, "" },
		{ FIELD_STATE, "who", 0, "Bob" },
		{ FIELD_STATE, "none", 0, "" },
		{ FIELD_QUERY, "a", 0, "b c" },
		{ FIELD_QUERY, "n", 0, "1 2" },
		{ FIELD_QUERY, "none", 0, "" },
		{ 6, "x", 1, "invalid field type" },
		{ -1, "x", 1, "invalid field type" },
	};
	struct world w = { 0 };

	(void)state;
	open_world(&w, NULL);
	for (size_t i = 0; i < COUNT(cases); i++)
		EXPECT(&w, cases[i].rc, cases[i].want, ABI_FIELD_GET,
		    cases[i].type, cases[i].key, "");
	w.call.request = NULL;
	EXPECT(&w, 1, "req is not set", ABI_FIELD_GET, FIELD_META, "url", "");
	EXPECT(&w, 1, "req is not set", ABI_FIELD_SET, FIELD_META, "url", "");
	EXPECT(&w, 1, "req is not set", ABI_HEADER_SET, 0, "a", "b");
	world_close(&w);
}

static void
each_field_is_set_by_its_rule(void **state)
{
	static const struct {
		int type;
		const char *key, *value;
		int rc;
		const char *want; /* read back, or the error */
	} cases[] = {
		{ FIELD_META, "method", "PUT", 0, "PUT" },
		{ FIELD_META, "url", "/x?q=1", 0, "/x?q=1" },
		{ FIELD_META, "id", "other", 0, "id-1" },
		{ FIELD_META, "none", "x", 1, "invalid key" },
		{ FIELD_BODY, "name", "Eve", 0, "Eve" },
		{ FIELD_HEADER, "X-Mixed", "v", 0, "v" },
		{ FIELD_HEADER, "x-FIRST", "v", 0, "v" },
		{ FIELD_PARAM, "new", "v", 0, "v" },
		{ FIELD_STATE, "who", "Zoe", 0, "Zoe" },
		{ FIELD_STATE, "", "empty key", 0, "empty key" },
		{ FIELD_QUERY, "a", "x", 1, "query parameters cannot be set" },
		{ 9, "a", "x", 1, "invalid field type" },
	};
	struct world w = { 0 };

	(void)state;
	open_world(&w, NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(world_ask(&w, ABI_FIELD_SET, cases[i].type,
				     cases[i].key, cases[i].value),
		    cases[i].rc);
		if (cases[i].rc == 0) {
			assert_int_equal(w.out.n, 0);
			(void)world_ask(
			    &w, ABI_FIELD_GET, cases[i].type, cases[i].key, "");
		}
		assert_string_equal(buf_cstr(&w.out), cases[i].want);
	}
	world_close(&w);
}

/* upstream.md 5.2: Reactr stored the key as given and looked for it in lower
 * case. */
static void
bug_a_header_set_in_mixed_case_is_read_back(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, NULL);
	EXPECT(&w, 0, "", ABI_FIELD_SET, FIELD_HEADER, "X-Mixed-Case", "v");
	EXPECT(&w, 0, "v", ABI_FIELD_GET, FIELD_HEADER, "X-Mixed-Case", "");
	EXPECT(&w, 0, "v", ABI_FIELD_GET, FIELD_HEADER, "x-mixed-case", "");
	EXPECT(&w, 0, "", ABI_FIELD_SET, FIELD_HEADER, "x-MIXED-case", "w");
	EXPECT(&w, 0, "w", ABI_FIELD_GET, FIELD_HEADER, "X-Mixed-Case", "");
	world_close(&w);
}

/* upstream.md 5.2: the error was lost, and success reported. */
static void
bug_a_refused_set_reports_its_error(void **state)
{
	static const struct {
		const char *caps;
		int type;
		const char *key, *want;
	} cases[] = {
		{ "requestHandler: {enabled: true, allowGetField: true}",
		    FIELD_STATE, "k", "capability is not enabled" },
		{ "requestHandler: {enabled: false}", FIELD_STATE, "k",
		    "capability is not enabled" },
		{ NULL, FIELD_META, "none", "invalid key" },
		{ NULL, FIELD_QUERY, "a", "query parameters cannot be set" },
		{ NULL, 6, "a", "invalid field type" },
		{ NULL, INT32_MIN, "a", "invalid field type" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = { 0 };

		open_world(&w, cases[i].caps);
		EXPECT(&w, 1, cases[i].want, ABI_FIELD_SET, cases[i].type,
		    cases[i].key, "v");
		world_close(&w);
	}
}

static void
a_body_that_is_set_has_sorted_keys(void **state)
{
	static const struct {
		const char *body;
		int rc;
		const char *want;
	} cases[] = {
		{ "{\"z\":1,\"b\":{\"y\":[{\"d\":1,\"c\":2}],\"x\":2}}", 0,
		    "{\"b\":{\"x\":2,\"y\":[{\"c\":2,\"d\":1}]},\"k\":\"v\","
		    "\"z\":1}" },
		{ "", 0, "{\"k\":\"v\"}" },
		{ "[1]", 1, "[1]" },
		{ "not json", 1, "not json" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = { 0 };

		open_world(&w, NULL);
		(void)world_ask(
		    &w, ABI_FIELD_SET, FIELD_META, "body", cases[i].body);
		assert_int_equal(
		    world_ask(&w, ABI_FIELD_SET, FIELD_BODY, "k", "v"),
		    cases[i].rc);
		EXPECT(&w, 0, cases[i].want, ABI_FIELD_GET, FIELD_META, "body",
		    "");
		world_close(&w);
	}
}

static void
an_empty_body_has_empty_fields(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, NULL);
	(void)world_ask(&w, ABI_FIELD_SET, FIELD_META, "body", "");
	EXPECT(&w, 0, "", ABI_FIELD_GET, FIELD_BODY, "name", "");
	world_close(&w);
}

static void
with_renames_hides_and_keeps(void **state)
{
	static const struct pair with[] = {
		{ { "person", 6 }, { "who", 3 }, { 0, 0 } },
	};
	struct world w = { 0 };
	struct str value;

	(void)state;
	open_world(&w, NULL);
	request_set_state(w.req, STR("other"), STR("kept"));
	w.call.with = with;
	w.call.nwith = 1;
	EXPECT(&w, 0, "Bob", ABI_FIELD_GET, FIELD_STATE, "person", "");
	EXPECT(&w, 0, "", ABI_FIELD_GET, FIELD_STATE, "who", "");
	EXPECT(&w, 0, "kept", ABI_FIELD_GET, FIELD_STATE, "other", "");
	EXPECT(&w, 0, "", ABI_FIELD_SET, FIELD_STATE, "person", "Eve");
	EXPECT(&w, 0, "", ABI_FIELD_SET, FIELD_STATE, "new", "n");
	EXPECT(&w, 0, "Eve", ABI_FIELD_GET, FIELD_STATE, "person", "");
	EXPECT(&w, 0, "n", ABI_FIELD_GET, FIELD_STATE, "new", "");
	assert_true(request_state(w.req, STR("who"), &value));
	assert_true(str_is(value, "Bob"));
	assert_false(request_state(w.req, STR("new"), &value));
	assert_int_equal(request_nstate(w.req), 2);
	world_close(&w);
}

static void
state_set_without_with_stays(void **state)
{
	struct world w = { 0 };
	struct str key, value;

	(void)state;
	open_world(&w, NULL);
	EXPECT(&w, 0, "", ABI_FIELD_SET, FIELD_STATE, "new", "n");
	assert_int_equal(request_nstate(w.req), 2);
	request_state_at(w.req, 1, &key, &value);
	assert_true(str_is(key, "new") && str_is(value, "n"));
	world_close(&w);
}

static void
response_headers_are_checked_and_the_last_wins(void **state)
{
	static const struct {
		const char *name, *value;
		int rc;
	} cases[] = {
		{ "Content-Type", "text/plain", 0 },
		{ "content-type", "text/html; charset=utf-8", 0 },
		{ "X-A", "", 0 },
		{ "X-B", "tab\there", 0 },
		{ "X B", "v", 1 },
		{ "", "v", 1 },
		{ "X:C", "v", 1 },
		{ "X-D", "a\r\nSet-Cookie: x", 1 },
		{ "X-E\n", "v", 1 },
	};
	struct world w = { 0 };
	struct str name, value;

	(void)state;
	open_world(&w, NULL);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(world_ask(&w, ABI_HEADER_SET, 0, cases[i].name,
				     cases[i].value),
		    cases[i].rc);
	assert_int_equal(request_nheaders(w.req), 3);
	request_header_at(w.req, 0, &name, &value);
	assert_true(str_is(value, "text/html; charset=utf-8"));
	for (int i = 0; i < 300; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%d", i);
		(void)world_ask(&w, ABI_HEADER_SET, 0, key, "v");
	}
	assert_int_equal(request_nheaders(w.req), 256);
	world_close(&w);
}

static void
what_functions_set_has_a_ceiling(void **state)
{
	struct world w = { 0 };
	char *big = mem_take((8 << 20) + 1);
	int rc = 0, n = 0;

	(void)state;
	open_world(&w, NULL);
	memset(big, 'x', 8 << 20);
	for (; n < 20 && rc == 0; n++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%d", n);
		rc = world_ask(&w, ABI_FIELD_SET, FIELD_STATE, key, big);
	}
	assert_int_equal(n, 8);
	assert_string_equal(buf_cstr(&w.out), "the request is full");
	/* In place of another there is room. */
	assert_int_equal(
	    world_ask(&w, ABI_FIELD_SET, FIELD_STATE, "k0", big), 0);
	mem_free(big);
	world_close(&w);
}

/* ---- cache ---- */

static void
the_cache_keeps_until_the_time_is_over(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, NULL);
	EXPECT(&w, 1, "key not found", ABI_CACHE_GET, 0, "k", "");
	EXPECT(&w, 0, "", ABI_CACHE_SET, 2, "k", "v");
	w.now_ns += UINT64_C(1999999999);
	EXPECT(&w, 0, "v", ABI_CACHE_GET, 0, "k", "");
	w.now_ns += 1;
	EXPECT(&w, 1, "key not found", ABI_CACHE_GET, 0, "k", "");
	EXPECT(&w, 0, "", ABI_CACHE_SET, 0, "k", "for ever");
	w.now_ns += UINT64_C(1) << 62;
	EXPECT(&w, 0, "for ever", ABI_CACHE_GET, 0, "k", "");
	/* Set again: the earlier end is void. */
	EXPECT(&w, 0, "", ABI_CACHE_SET, 1, "k", "short");
	EXPECT(&w, 0, "", ABI_CACHE_SET, 0, "k", "long");
	w.now_ns += UINT64_C(5000000000);
	EXPECT(&w, 0, "long", ABI_CACHE_GET, 0, "k", "");
	EXPECT(
	    &w, 1, "the time to live is negative", ABI_CACHE_SET, -1, "k", "v");
	world_close(&w);
}

static void
namespaces_do_not_meet_in_the_cache(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, NULL);
	w.call.ns = STR("a");
	EXPECT(&w, 0, "", ABI_CACHE_SET, 0, "b:c", "one");
	w.call.ns = STR("a:b");
	EXPECT(&w, 1, "key not found", ABI_CACHE_GET, 0, "c", "");
	w.call.ns = STR("ab");
	EXPECT(&w, 1, "key not found", ABI_CACHE_GET, 0, ":c", "");
	w.call.ns = STR("");
	host_cache_set(w.host, STR(""), STR("t"), STR("from a test"), 0);
	EXPECT(&w, 0, "from a test", ABI_CACHE_GET, 0, "t", "");
	w.call.ns = STR("default");
	EXPECT(&w, 0, "from a test", ABI_CACHE_GET, 0, "t", "");
	buf_clear(&w.out);
	assert_false(host_cache_get(w.host, STR(""), STR("b:c"), &w.out));
	world_close(&w);
}

static void
a_full_cache_drops_what_was_not_used(void **state)
{
	char *big = mem_take((4 << 20) + 1);
	struct world w = { 0 };
	char key[16];

	(void)state;
	open_world(&w, NULL);
	w.out.max = 64 << 20;
	memset(big, 'x', 4 << 20);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(world_ask(&w, ABI_CACHE_SET, 0, key, big), 0);
		assert_int_equal(world_ask(&w, ABI_CACHE_GET, 0, "k0", ""), 0);
	}
	assert_int_equal(world_ask(&w, ABI_CACHE_GET, 0, "k19", ""), 0);
	assert_int_equal(world_ask(&w, ABI_CACHE_GET, 0, "k1", ""), 1);
	mem_free(big);
	world_close(&w);
}

/* ---- static files ---- */

static bool
strict_file(void *arg, struct str name, struct str *data)
{
	(void)arg;
	*data = STR("data");
	return str_is(name, "a.txt");
}

/* trust.md H16 to H24: names go to the bundle as they are; none of these is
 * one, nor a name with a NUL. */
static void
a_static_file_that_is_not_there_is_told(void **state)
{
	static const char *const names[] = { "", "../Directive.yaml",
		"Directive.yaml", "f.wasm", "/etc/passwd", "a.txt/", "A.TXT" };
	struct abi_ask nul = { .what = ABI_FILE, .a = { "a.txt\0x", 7 } };
	struct world w = { .opt = { .file = strict_file } };
	char *huge = mem_take((1 << 20) + 1);

	(void)state;
	memset(huge, 'x', 1 << 20);
	world_open_caps(&w, NULL);
	EXPECT(&w, 0, "data", ABI_FILE, 0, "a.txt", "");
	for (size_t i = 0; i < COUNT(names); i++)
		EXPECT(&w, 1, "file does not exist", ABI_FILE, 0, names[i], "");
	EXPECT(&w, 1, "file does not exist", ABI_FILE, 0, huge, "");
	assert_int_equal(world_put(&w, &nul), 1);
	world_close(&w);
	w = (struct world){ 0 };
	world_open_caps(&w, NULL);
	EXPECT(&w, 1, "file does not exist", ABI_FILE, 0, "a.txt", "");
	world_close(&w);
	mem_free(huge);
}

static void
an_answer_that_is_too_large_is_an_error(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, NULL);
	EXPECT(&w, 0, "", ABI_CACHE_SET, 0, "k", "0123456789abcdef0123456789");
	buf_free(&w.out);
	w.out = (struct buf)BUF(25);
	EXPECT(&w, 1, "the answer is too large", ABI_CACHE_GET, 0, "k", "");
	world_close(&w);
}

/* ---- the gate ---- */

#define OFF "capability is not enabled"

static void
capabilities_say_who_may(void **state)
{
	static const struct {
		const char *caps; /* NULL: no block */
		enum abi_what what;
		int n;
		const char *a, *b;
		int rc;
		const char *text;
	} cases[] = {
		{ NULL, ABI_CACHE_SET, 0, "k", "v", 0, "" },
		{ NULL, ABI_FILE, 0, "index.html", "", 0, "<p>" },
		{ NULL, ABI_FILE, 0, "none", "", 1, "file does not exist" },
		{ NULL, ABI_SECRET, 0, "token", "", 0, "s3cret" },
		{ NULL, ABI_SECRET, 0, "PATH", "", 1, "key not found" },
		{ NULL, ABI_FETCH, 0, "http://x/", "", 0, "canned" },
		{ NULL, ABI_DB, 1, "q", "", 1, OFF },
		{ "file: {enabled: false}", ABI_FILE, 0, "index.html", "", 1,
		    OFF },
		{ "file: {}", ABI_FILE, 0, "index.html", "", 1, OFF },
		{ "file: {enabled: true}", ABI_FILE, 0, "index.html", "", 0,
		    "<p>" },
		{ "file: {enabled: false}", ABI_SECRET, 0, "token", "", 0,
		    "s3cret" },
		{ "secrets: {enabled: false}", ABI_SECRET, 0, "token", "", 1,
		    OFF },
		{ "cache: {enabled: true, rules: {allowGet: true}}",
		    ABI_CACHE_SET, 0, "k", "v", 1, OFF },
		{ "cache: {enabled: true, rules: {allowSet: true}}",
		    ABI_CACHE_SET, 0, "k", "v", 0, "" },
		{ "cache: {enabled: true, rules: {allowSet: true}}",
		    ABI_CACHE_GET, 0, "k", "", 1, OFF },
		{ "cache: {enabled: false, rules: {allowSet: true}}",
		    ABI_CACHE_SET, 0, "k", "v", 1, OFF },
		{ "requestHandler: {enabled: true, allowSetField: true}",
		    ABI_FIELD_SET, FIELD_STATE, "k", "v", 0, "" },
		{ "requestHandler: {enabled: true, allowGetField: true}",
		    ABI_FIELD_SET, FIELD_STATE, "k", "v", 1, OFF },
		{ "requestHandler: {enabled: true, allowGetField: true}",
		    ABI_FIELD_GET, FIELD_STATE, "who", "", 0, "Bob" },
		{ "requestHandler: {enabled: true, allowSetField: true}",
		    ABI_FIELD_GET, FIELD_STATE, "who", "", 1, OFF },
		{ "requestHandler: {enabled: true}", ABI_HEADER_SET, 0, "k",
		    "v", 0, "" },
		{ "requestHandler: {enabled: false}", ABI_HEADER_SET, 0, "k",
		    "v", 1, OFF },
		{ "http: {enabled: false}", ABI_FETCH, 0, "http://x/", "", 1,
		    OFF },
		{ "http: {enabled: false}", ABI_FETCH, ABI_GET, "http://x/", "",
		    1, OFF },
		{ "graphql: {enabled: false}", ABI_GRAPHQL, 0, "http://x/", "",
		    1, OFF },
		{ "graphql: {enabled: false}", ABI_FETCH, 0, "http://x/", "", 0,
		    "canned" },
		{ "db: {enabled: false}", ABI_DB, 0, "q", "", 1, OFF },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = { .hook = 1,
			.answer = { .status = 200, .body = STR("canned") } };

		open_world(&w, cases[i].caps);
		EXPECT(&w, cases[i].rc, cases[i].text, cases[i].what,
		    cases[i].n, cases[i].a, cases[i].b);
		world_close(&w);
	}
}

/* upstream.md 7: a part that is written takes the place of its defaults. */
static void
trap_a_written_part_replaces_the_defaults_as_a_whole(void **state)
{
	static const struct {
		const char *caps;
		enum abi_what what;
		const char *a, *text;
	} cases[] = {
		{ "cache: {enabled: true}", ABI_CACHE_SET, "k", OFF },
		{ "cache: {enabled: true}", ABI_CACHE_GET, "k", OFF },
		{ "requestHandler: {enabled: true}", ABI_FIELD_GET, "url",
		    OFF },
		{ "requestHandler: {enabled: true}", ABI_FIELD_SET, "url",
		    OFF },
		{ "http: {enabled: true}", ABI_FETCH, "http://example.com/",
		    "failed to requestIsAllowed: requests to insecure HTTP "
		    "endpoints is disallowed" },
		{ "http: {enabled: true}", ABI_FETCH, "https://192.0.2.1/",
		    "failed to requestIsAllowed: requests to IP addresses are "
		    "disallowed" },
		{ "http: {enabled: true}", ABI_FETCH, "https://localhost/",
		    "failed to requestIsAllowed: requests to private IP "
		    "address ranges are disallowed" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = { .hook = 1 };

		open_world(&w, cases[i].caps);
		EXPECT(&w, 1, cases[i].text, cases[i].what, 0, cases[i].a, "");
		assert_int_equal(w.nouts, 0);
		world_close(&w);
	}
}

/* Without a Directive all is allowed but a database. */
static void
without_a_directive_there_is_no_database(void **state)
{
	struct world w = { .hook = 1,
		.answer = { .status = 200, .body = STR("ok") } };

	(void)state;
	world_open(&w, NULL);
	EXPECT(&w, 0, "ok", ABI_FETCH, 0, "http://localhost/", "");
	/* Whoever answers for the outside answers for a database too. */
	EXPECT(&w, 0, "ok", ABI_DB, 1, "q", "");
	EXPECT(&w, 1, "query type invalid", ABI_DB, 9, "q", "");
	world_close(&w);
	w = (struct world){ .hook = 9 };
	world_open(&w, NULL);
	EXPECT(&w, 1, OFF, ABI_DB, 1, "q", "");
	assert_non_null(strstr(buf_cstr(&w.log), "needs a Directive"));
	world_close(&w);
}

static void
a_function_may_have_capabilities_of_its_own(void **state)
{
	static const char yaml[] =
	    "identifier: com.test.app\n"
	    "capabilities:\n"
	    "  file: {enabled: false}\n"
	    "  functions:\n"
	    "    reader: {file: {enabled: true}}\n"
	    "    \"other::*\": {cache: {enabled: false}}\n"
	    "    other::one: {cache: {enabled: true, rules: {allowSet: "
	    "true}}}\n";
	static const struct {
		const char *ns, *name;
		int file, cache;
	} cases[] = {
		{ "default", "reader", 0, 0 },
		{ "default", "writer", 1, 0 },
		{ "other", "two", 1, 1 },
		{ "other", "one", 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct function_info f = { .ns = str_of(cases[i].ns),
			.name = str_of(cases[i].name) };
		struct world w = { .opt = { .file = file } };

		world_open(&w, yaml);
		w.call.info = &f;
		assert_int_equal(world_ask(&w, ABI_FILE, 0, "index.html", ""),
		    cases[i].file);
		assert_int_equal(
		    world_ask(&w, ABI_CACHE_SET, 0, "k", "v"), cases[i].cache);
		world_close(&w);
	}
}

static void
a_logger_that_is_off_is_silent(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, "logger: {enabled: false}");
	(void)world_ask(&w, ABI_LOG, 3, "text", "");
	assert_null(strstr(buf_cstr(&w.log), "text"));
	world_close(&w);
}

/* upstream.md 5.2: anything but 1 to 4 is a level of info. */
static void
a_line_of_log_has_a_level_that_is_known(void **state)
{
	static const struct {
		int n;
		const char *want;
	} cases[] = {
		{ 1, "f:1:text|" },
		{ 2, "f:2:text|" },
		{ 3, "f:3:text|" },
		{ 4, "f:4:text|" },
		{ 0, "f:3:text|" },
		{ 5, "f:3:text|" },
		{ -1, "f:3:text|" },
		{ INT32_MAX, "f:3:text|" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = { 0 };

		open_world(&w, NULL);
		EXPECT(&w, 0, "", ABI_LOG, cases[i].n, "text", "");
		assert_string_equal(buf_cstr(&w.log), cases[i].want);
		world_close(&w);
	}
}

static unsigned
lines(const struct buf *log)
{
	unsigned n = 0;

	for (size_t i = 0; i < log->n; i++)
		n += log->p[i] == '|';
	return n;
}

static void
a_refusal_is_logged_once_for_each_function_and_capability(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, "file: {enabled: false}, cache: {enabled: false}");
	for (int i = 0; i < 100; i++) {
		EXPECT(&w, 1, OFF, ABI_FILE, 0, "index.html", "");
		EXPECT(&w, 1, OFF, ABI_CACHE_SET, 0, "k", "v");
		EXPECT(&w, 1, OFF, ABI_CACHE_GET, 0, "k", "");
	}
	assert_int_equal(lines(&w.log), 3);
	w.call.fn = STR("g");
	EXPECT(&w, 1, OFF, ABI_FILE, 0, "index.html", "");
	assert_int_equal(lines(&w.log), 4);
	assert_non_null(strstr(buf_cstr(&w.log),
	    "|g:2:get_static_file was refused by capabilities.file.enabled; "
	    "to allow it, add to Directive.yaml: capabilities: "
	    "{file: {enabled: true}} (in place of its file, line 2)|"));
	world_close(&w);
}

static void
one_function_cannot_flood_the_log_with_refusals(void **state)
{
	struct world w = { 0 };
	char url[64];

	(void)state;
	open_world(
	    &w, "http: {enabled: true, rules: {allowedDomains: [a.test]}}");
	for (int i = 0; i < 5000; i++) {
		w.call.nfetches = 0;
		(void)snprintf(url, sizeof(url), "https://h%d.test/", i);
		assert_int_equal(world_ask(&w, ABI_FETCH, 0, url, ""), 1);
	}
	assert_int_equal(lines(&w.log), 33);
	assert_true(
	    str_ends(buf_str(&w.log), "no more of its refusals are logged|"));
	w.call.fn = STR("g");
	assert_int_equal(world_ask(&w, ABI_FETCH, 0, "https://b.test/", ""), 1);
	assert_int_equal(lines(&w.log), 34);
	world_close(&w);
}

/* ---- clock and chance ---- */

static void
seeded_random_bytes_repeat_and_others_do_not(void **state)
{
	struct buf got[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct host_options opt = { .random_seed = i < 2 ? 7 : 0 };
		struct host_call c = { .magic = HOST_CALL_MAGIC };
		struct abi_ask q = { .what = ABI_RANDOM, .n = 1000 };
		struct buf refused = BUF(1000);
		struct err e = ERR;

		assert_int_equal(host_new(&c.host, &opt, &e), 0);

		got[i] = (struct buf)BUF(65536);
		assert_int_equal(host_ask(&c, &q, &got[i]), 0);
		assert_int_equal(got[i].n, 1000);
		q.n = 65537;
		assert_int_equal(host_ask(&c, &q, &refused), 1);
		buf_free(&refused);
		host_free(&c.host);
	}
	assert_memory_equal(got[0].p, got[1].p, 1000);
	assert_memory_not_equal(got[2].p, got[3].p, 1000);
	for (int i = 0; i < 4; i++)
		buf_free(&got[i]);
}

static void
the_clock_is_the_hooks(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, NULL);
	w.now_ns = 0x0102030405060708;
	assert_int_equal(world_ask(&w, ABI_CLOCK, 0, "", ""), 0);
	assert_int_equal(w.out.n, 8);
	assert_memory_equal(w.out.p, "\10\7\6\5\4\3\2\1", 8);
	world_close(&w);
}

static void
pass(void *arg, uint64_t ns)
{
	((struct world *)arg)->now_ns += ns;
}

static void
a_sleep_is_the_hooks_or_real(void **state)
{
	struct abi_ask q = { .what = ABI_SLEEP, .a = STR("\1\2\0\0\0\0\0\0") };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct world w = { 0 };

		if (i == 1)
			w.opt.hooks.sleep = pass;
		open_world(&w, NULL);
		w.now_ns = 5;
		assert_int_equal(host_ask(&w.call, &q, &w.out), i == 1 ? 0 : 1);
		assert_int_equal(w.now_ns, i == 1 ? 5 + 0x201 : 5);
		world_close(&w);
	}
}

/* ---- threads ---- */

static void *
work(void *arg)
{
	struct world *w = arg;
	struct host_call c = w->call;
	struct buf out = BUF(1 << 16);

	for (int i = 0; i < 2000; i++) {
		char key[16];
		struct abi_ask q = { .what = ABI_FIELD_SET, .n = FIELD_STATE };

		(void)snprintf(key, sizeof(key), "k%d", i % 50);
		q.a = q.b = str_of(key);
		assert_int_equal(host_ask(&c, &q, &out), 0);
		q.what = ABI_CACHE_SET;
		q.n = 0;
		assert_int_equal(host_ask(&c, &q, &out), 0);
		q.what = ABI_CACHE_GET;
		assert_int_equal(host_ask(&c, &q, &out), 0);
		buf_clear(&out);
	}
	buf_free(&out);
	return NULL;
}

static void
members_of_a_group_may_share(void **state)
{
	struct world w = { 0 };
	pthread_t t[4];

	(void)state;
	open_world(&w, NULL);
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, work, &w), 0);
	for (size_t i = 0; i < COUNT(t); i++)
		pthread_join(t[i], NULL);
	assert_int_equal(request_nstate(w.req), 51);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field_is_read_by_its_rule),
		cmocka_unit_test(each_field_is_set_by_its_rule),
		cmocka_unit_test(bug_a_header_set_in_mixed_case_is_read_back),
		cmocka_unit_test(bug_a_refused_set_reports_its_error),
		cmocka_unit_test(a_body_that_is_set_has_sorted_keys),
		cmocka_unit_test(an_empty_body_has_empty_fields),
		cmocka_unit_test(with_renames_hides_and_keeps),
		cmocka_unit_test(state_set_without_with_stays),
		cmocka_unit_test(
		    response_headers_are_checked_and_the_last_wins),
		cmocka_unit_test(what_functions_set_has_a_ceiling),
		cmocka_unit_test(the_cache_keeps_until_the_time_is_over),
		cmocka_unit_test(namespaces_do_not_meet_in_the_cache),
		cmocka_unit_test(a_full_cache_drops_what_was_not_used),
		cmocka_unit_test(a_static_file_that_is_not_there_is_told),
		cmocka_unit_test(an_answer_that_is_too_large_is_an_error),
		cmocka_unit_test(capabilities_say_who_may),
		cmocka_unit_test(
		    trap_a_written_part_replaces_the_defaults_as_a_whole),
		cmocka_unit_test(without_a_directive_there_is_no_database),
		cmocka_unit_test(a_function_may_have_capabilities_of_its_own),
		cmocka_unit_test(a_logger_that_is_off_is_silent),
		cmocka_unit_test(a_line_of_log_has_a_level_that_is_known),
		cmocka_unit_test(
		    a_refusal_is_logged_once_for_each_function_and_capability),
		cmocka_unit_test(
		    one_function_cannot_flood_the_log_with_refusals),
		cmocka_unit_test(seeded_random_bytes_repeat_and_others_do_not),
		cmocka_unit_test(the_clock_is_the_hooks),
		cmocka_unit_test(a_sleep_is_the_hooks_or_real),
		cmocka_unit_test(members_of_a_group_may_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
