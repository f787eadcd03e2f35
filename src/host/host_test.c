/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "directive/directive.h"
#include "host/host.h"
#include "tree/tree.h"

/* A host with one request, and one call of it. */
struct world {
	struct arena *arena;
	struct host *host;
	struct request *req;
	struct host_call call;
	struct buf out, log;
	uint64_t now_ns;
	int outbound; /* what the hook says; 9: no hook */
};

static uint64_t
now(void *arg)
{
	return ((struct world *)arg)->now_ns;
}

static void
note(void *arg, struct str fn, int level, struct str text)
{
	struct world *w = arg;

	buf_addf(
	    &w->log, STR_F ":%d:" STR_F "|", STR_A(fn), level, STR_A(text));
}

static int
outside(void *arg, struct str fn, const struct abi_ask *q, struct buf *out)
{
	struct world *w = arg;

	(void)fn;
	(void)q;
	if (w->outbound > 0)
		buf_add(out, STR("canned"));
	return w->outbound;
}

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
	struct host_options opt = {
		.file = file, .secrets = secrets, .nsecrets = 1
	};
	struct tree *t = NULL;
	struct err e = ERR;

	w->arena = arena_new();
	w->out = (struct buf)BUF(1 << 20);
	w->log = (struct buf)BUF(1 << 20);
	if (capabilities)
		assert_int_equal(
		    tree_parse_yaml(&t, w->arena, str_of(capabilities), &e), 0);
	opt.capabilities = t;
	opt.hooks.arg = w;
	opt.hooks.log = note;
	opt.hooks.clock = now;
	opt.hooks.outbound = w->outbound == 9 ? NULL : outside;
	w->now_ns = 1000;
	w->host = host_new(&opt);
	w->req = request_new(STR("POST"), STR("/p/1?a=b%20c&n=1+2&a=z"),
	    STR("id-1"), STR("{\"name\":\"Ada\",\"age\":7}"));
	request_add_header(w->req, STR("X-First"), STR("one"));
	request_add_header(w->req, STR("x-first"), STR("two"));
	request_add_param(w->req, STR("id"), STR("42"));
	request_set_state(w->req, STR("who"), STR("Bob"));
	w->call = (struct host_call){ .magic = HOST_CALL_MAGIC,
		.host = w->host,
		.request = w->req,
		.fn = STR("f"),
		.ns = STR("default") };
}

static void
close_world(struct world *w)
{
	host_call_dispose(&w->call);
	request_free(&w->req);
	host_free(&w->host);
	buf_free(&w->out);
	buf_free(&w->log);
	arena_free(&w->arena);
}

static int
ask(struct world *w, enum abi_what what, int n, const char *a, const char *b)
{
	struct abi_ask q = {
		.what = what, .n = n, .a = str_of(a), .b = str_of(b)
	};

	buf_clear(&w->out);
	return host_ask(&w->call, &q, &w->out);
}

#define EXPECT(w, rc, text, ...) \
	do { \
		assert_int_equal(ask(w, __VA_ARGS__), rc); \
		assert_string_equal(buf_cstr(&(w)->out), text); \
	} while (0)

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
	close_world(&w);
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
		assert_int_equal(ask(&w, ABI_FIELD_SET, cases[i].type,
				     cases[i].key, cases[i].value),
		    cases[i].rc);
		if (cases[i].rc == 0) {
			assert_int_equal(w.out.n, 0);
			(void)ask(
			    &w, ABI_FIELD_GET, cases[i].type, cases[i].key, "");
		}
		assert_string_equal(buf_cstr(&w.out), cases[i].want);
	}
	close_world(&w);
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
		(void)ask(&w, ABI_FIELD_SET, FIELD_META, "body", cases[i].body);
		assert_int_equal(
		    ask(&w, ABI_FIELD_SET, FIELD_BODY, "k", "v"), cases[i].rc);
		EXPECT(&w, 0, cases[i].want, ABI_FIELD_GET, FIELD_META, "body",
		    "");
		close_world(&w);
	}
}

static void
an_empty_body_has_empty_fields(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, NULL);
	(void)ask(&w, ABI_FIELD_SET, FIELD_META, "body", "");
	EXPECT(&w, 0, "", ABI_FIELD_GET, FIELD_BODY, "name", "");
	close_world(&w);
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
	close_world(&w);
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
	close_world(&w);
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
		assert_int_equal(
		    ask(&w, ABI_HEADER_SET, 0, cases[i].name, cases[i].value),
		    cases[i].rc);
	assert_int_equal(request_nheaders(w.req), 3);
	request_header_at(w.req, 0, &name, &value);
	assert_true(str_is(value, "text/html; charset=utf-8"));
	for (int i = 0; i < 300; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%d", i);
		(void)ask(&w, ABI_HEADER_SET, 0, key, "v");
	}
	assert_int_equal(request_nheaders(w.req), 256);
	close_world(&w);
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
		rc = ask(&w, ABI_FIELD_SET, FIELD_STATE, key, big);
	}
	assert_int_equal(n, 8);
	assert_string_equal(buf_cstr(&w.out), "the request is full");
	/* In place of another there is room. */
	assert_int_equal(ask(&w, ABI_FIELD_SET, FIELD_STATE, "k0", big), 0);
	mem_free(big);
	close_world(&w);
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
	close_world(&w);
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
	host_cache_set(w.host, STR("t"), STR("from a test"), 0);
	EXPECT(&w, 0, "from a test", ABI_CACHE_GET, 0, "t", "");
	w.call.ns = STR("default");
	EXPECT(&w, 0, "from a test", ABI_CACHE_GET, 0, "t", "");
	buf_clear(&w.out);
	assert_false(host_cache_get(w.host, STR("b:c"), &w.out));
	close_world(&w);
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
		assert_int_equal(ask(&w, ABI_CACHE_SET, 0, key, big), 0);
		assert_int_equal(ask(&w, ABI_CACHE_GET, 0, "k0", ""), 0);
	}
	assert_int_equal(ask(&w, ABI_CACHE_GET, 0, "k19", ""), 0);
	assert_int_equal(ask(&w, ABI_CACHE_GET, 0, "k1", ""), 1);
	mem_free(big);
	close_world(&w);
}

/* ---- the gate ---- */

static void
capabilities_say_who_may(void **state)
{
	static const struct {
		const char *yaml; /* NULL: no block */
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
		{ "file: {enabled: false}", ABI_FILE, 0, "index.html", "", 1,
		    "capability is not enabled" },
		{ "file: {}", ABI_FILE, 0, "index.html", "", 1,
		    "capability is not enabled" },
		{ "file: {enabled: true}", ABI_FILE, 0, "index.html", "", 0,
		    "<p>" },
		{ "file: {enabled: false}", ABI_SECRET, 0, "token", "", 0,
		    "s3cret" },
		{ "secrets: {enabled: false}", ABI_SECRET, 0, "token", "", 1,
		    "capability is not enabled" },
		{ "cache: {enabled: true}", ABI_CACHE_SET, 0, "k", "v", 0, "" },
		{ "cache: {enabled: true, rules: {allowGet: true}}",
		    ABI_CACHE_SET, 0, "k", "v", 1,
		    "capability is not enabled" },
		{ "cache: {enabled: true, rules: {allowSet: true}}",
		    ABI_CACHE_SET, 0, "k", "v", 0, "" },
		{ "cache: {enabled: true, rules: {allowSet: true}}",
		    ABI_CACHE_GET, 0, "k", "", 1, "capability is not enabled" },
		{ "cache: {enabled: false, rules: {allowSet: true}}",
		    ABI_CACHE_SET, 0, "k", "v", 1,
		    "capability is not enabled" },
		{ "requestHandler: {enabled: true}", ABI_FIELD_SET, FIELD_STATE,
		    "k", "v", 0, "" },
		{ "requestHandler: {enabled: true, allowGetField: true}",
		    ABI_FIELD_SET, FIELD_STATE, "k", "v", 1,
		    "capability is not enabled" },
		{ "requestHandler: {enabled: true, allowGetField: true}",
		    ABI_FIELD_GET, FIELD_STATE, "who", "", 0, "Bob" },
		{ "requestHandler: {enabled: false}", ABI_HEADER_SET, 0, "k",
		    "v", 1, "capability is not enabled" },
		{ "http: {enabled: false}", ABI_FETCH, 0, "http://x/", "", 1,
		    "capability is not enabled" },
		{ "graphql: {enabled: false}", ABI_GRAPHQL, 0, "http://x/", "",
		    1, "capability is not enabled" },
		{ "db: {enabled: false}", ABI_DB, 0, "q", "", 1,
		    "capability is not enabled" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = { .outbound = 1 };

		open_world(&w, cases[i].yaml);
		EXPECT(&w, cases[i].rc, cases[i].text, cases[i].what,
		    cases[i].n, cases[i].a, cases[i].b);
		close_world(&w);
	}
}

static void
a_logger_that_is_off_is_silent(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, "logger: {enabled: false}");
	(void)ask(&w, ABI_LOG, 3, "text", "");
	assert_string_equal(buf_cstr(&w.log), "");
	close_world(&w);
	open_world(&w, NULL);
	(void)ask(&w, ABI_LOG, 1, "text", "");
	assert_string_equal(buf_cstr(&w.log), "f:1:text|");
	close_world(&w);
}

static void
outbound_calls_go_through_the_hook(void **state)
{
	static const struct {
		int hook, rc;
		const char *text;
		bool logged;
	} cases[] = {
		{ 1, 0, "canned", false },
		{ 2, 1, "canned", false },
		{ -1, 1, "outbound call refused", false },
		{ 0, 1, "outbound calls are not available in this version",
		    true },
		{ 9, 1, "outbound calls are not available in this version",
		    true },
	};
	static const enum abi_what whats[] = { ABI_FETCH, ABI_GRAPHQL, ABI_DB };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t k = 0; k < COUNT(whats); k++) {
			struct world w = { .outbound = cases[i].hook };

			open_world(&w, NULL);
			EXPECT(&w, cases[i].rc, cases[i].text, whats[k], 0,
			    "http://user:secret@x/", "");
			assert_int_equal(w.log.n > 0, cases[i].logged);
			assert_null(strstr(buf_cstr(&w.log), "secret"));
			close_world(&w);
		}
}

/* ---- clock and chance ---- */

static void
seeded_random_bytes_repeat_and_others_do_not(void **state)
{
	struct buf got[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct host_options opt = { .random_seed = i < 2 ? 7 : 0 };
		struct host *h = host_new(&opt);
		struct host_call c = { .magic = HOST_CALL_MAGIC, .host = h };
		struct abi_ask q = { .what = ABI_RANDOM, .n = 1000 };
		struct buf refused = BUF(1000);

		got[i] = (struct buf)BUF(65536);
		assert_int_equal(host_ask(&c, &q, &got[i]), 0);
		assert_int_equal(got[i].n, 1000);
		q.n = 65537;
		assert_int_equal(host_ask(&c, &q, &refused), 1);
		buf_free(&refused);
		host_free(&h);
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
	assert_int_equal(ask(&w, ABI_CLOCK, 0, "", ""), 0);
	assert_int_equal(w.out.n, 8);
	assert_memory_equal(w.out.p, "\10\7\6\5\4\3\2\1", 8);
	close_world(&w);
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
	close_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field_is_read_by_its_rule),
		cmocka_unit_test(each_field_is_set_by_its_rule),
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
		cmocka_unit_test(capabilities_say_who_may),
		cmocka_unit_test(a_logger_that_is_off_is_silent),
		cmocka_unit_test(outbound_calls_go_through_the_hook),
		cmocka_unit_test(seeded_random_bytes_repeat_and_others_do_not),
		cmocka_unit_test(the_clock_is_the_hooks),
		cmocka_unit_test(members_of_a_group_may_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
