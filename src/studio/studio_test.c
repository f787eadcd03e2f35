/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "studio/case.h"
#include "studio/guard.h"
#include "studio/page.h"

/* ---- who may ask ---- */

#define LOCAL .local = true, .host = "localhost:8080"
#define READS .reads = true
#define POSTS .posts = true, .type = "application/json"

struct guard_case {
	const char *name;
	bool may, local, is_unix, tls, reads, posts, proxied;
	const char *host, *origin, *site, *type;
};

static const struct guard_case guards[] = {
	{ "a browser here", true, LOCAL, READS },
	{ "in any case", true, .local = true, .host = "LocalHost", READS },
	{ "by IPv4", true, .local = true, .host = "127.0.0.1:80", READS },
	{ "by IPv6", true, .local = true, .host = "[::1]:65535", READS },
	{ "from another machine", false, .host = "localhost:8080", READS },
	{ "rebound name", false, .local = true, .host = "evil.test", READS },
	{ "rebound name with our port", false, .local = true,
	    .host = "evil.test:8080", READS },
	{ "name that begins like ours", false, .local = true,
	    .host = "localhost.evil.test", READS },
	{ "name that ends like ours", false, .local = true,
	    .host = "evil.localhost", READS },
	{ "user before the name", false, .local = true,
	    .host = "localhost@evil.test", READS },
	{ "port that is none", false, .local = true, .host = "localhost:80x",
	    READS },
	{ "port that is too big", false, .local = true,
	    .host = "localhost:65536", READS },
	{ "no port behind the colon", false, .local = true,
	    .host = "localhost:", READS },
	{ "another address of the loopback", false, .local = true,
	    .host = "127.0.0.2", READS },
	{ "any address", false, .local = true, .host = "0.0.0.0", READS },
	{ "no host", false, .local = true, READS },
	{ "through a proxy", false, LOCAL, READS, .proxied = true },
	{ "page of ours", true, LOCAL, POSTS,
	    .origin = "http://localhost:8080" },
	{ "page of ours over TLS", true, LOCAL, POSTS, .tls = true,
	    .origin = "https://localhost:8080" },
	{ "no browser", true, LOCAL, POSTS },
	{ "same site said so", true, LOCAL, POSTS,
	    .origin = "http://localhost:8080", .site = "same-origin" },
	{ "page elsewhere", false, LOCAL, POSTS, .origin = "http://evil.test" },
	{ "page at another port here", false, LOCAL, POSTS,
	    .origin = "http://localhost:3000" },
	{ "page of the other name of here", false, LOCAL, POSTS,
	    .origin = "http://127.0.0.1:8080" },
	{ "page of another scheme", false, LOCAL, POSTS,
	    .origin = "https://localhost:8080" },
	{ "page of no origin", false, LOCAL, POSTS, .origin = "null" },
	{ "origin that is empty", false, LOCAL, POSTS, .origin = "" },
	{ "another site said so", false, LOCAL, POSTS, .site = "cross-site" },
	{ "sibling said so", false, LOCAL, POSTS, .site = "same-site" },
	{ "form, which needs no leave", false, LOCAL, .posts = true,
	    .type = "application/x-www-form-urlencoded" },
	{ "text, which needs no leave", false, LOCAL, .posts = true,
	    .type = "text/plain" },
	{ "text that mentions JSON", false, LOCAL, .posts = true,
	    .type = "text/plain; application/json" },
	{ "no type", false, LOCAL, .posts = true },
	{ "JSON with its charset", true, LOCAL, .posts = true,
	    .type = "application/json; charset=utf-8" },
	{ "socket, reading", true, .local = true, .is_unix = true, READS },
	{ "socket, changing", false, .local = true, .is_unix = true, POSTS },
};

static struct guard
guard_from(const struct guard_case *c)
{
	return (struct guard){ .local = c->local,
		.is_unix = c->is_unix,
		.tls = c->tls,
		.reads = c->reads,
		.posts = c->posts,
		.proxied = c->proxied,
		.host = str_of(c->host),
		.origin = str_of(c->origin),
		.has_origin = c->origin != NULL,
		.site = str_of(c->site),
		.content_type = str_of(c->type) };
}

static void
only_a_page_of_this_machine_may_ask(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(guards); i++) {
		const struct guard_case *c = &guards[i];
		struct err e = ERR;
		struct guard g = guard_from(c);
		bool may = guard_check(&g, &e) == 0;

		if (may != c->may)
			fail_msg("%s: %s", c->name, e.text);
		if (!may)
			assert_int_equal(e.kind, ERR_TRUST);
	}
}

/* ---- the page ---- */

static void
the_policy_allows_the_one_style_and_script(void **state)
{
	struct page p;
	struct err e = ERR;
	size_t at;

	(void)state;
	assert_int_equal(page_make(&p, ".added{}\n", &e), 0);
	assert_true(p.text.n < 150000);
	assert_true(str_find(buf_str(&p.text), STR(".added{}\n</style>"), &at));
	assert_true(str_find(buf_str(&p.policy),
	    STR("default-src 'none'; script-src 'sha256-"), &at));
	assert_true(
	    str_find(buf_str(&p.policy), STR("frame-ancestors 'none'"), &at));
	assert_false(str_find(buf_str(&p.policy), STR("unsafe"), &at));
	page_free(&p);
}

static void
the_page_asks_nothing_from_elsewhere(void **state)
{
	static const char *const never[] = { "http://", "https://", "//cdn",
		"innerHTML", "outerHTML", "insertAdjacentHTML", "eval(",
		"document.write", " style=\"", " onclick=\"", "import(" };
	struct page p;
	struct err e = ERR;
	struct str ns = STR("http://www.w3.org/2000/svg"), text;
	size_t at;

	(void)state;
	assert_int_equal(page_make(&p, "", &e), 0);
	text = buf_str(&p.text);
	assert_true(str_find(text, ns, &at)); /* a name, in the icon */
	for (size_t i = 0; i < COUNT(never); i++) {
		struct str rest = str_from(text, at + ns.n);
		size_t bad;

		if (str_find(rest, str_of(never[i]), &bad))
			fail_msg(
			    "the page has %s: %.60s", never[i], rest.p + bad);
	}
	page_free(&p);
}

/* ---- test cases ---- */

static const struct {
	const char *name, *file;
} names[] = {
	{ "hello", "hello" },
	{ "GET /hello/:name", "get-hello-name" },
	{ "../../etc/passwd", "etc-passwd" },
	{ "/", "request" },
	{ "", "request" },
	{ "a\xc3\xa4 b", "a-b" },
	{ "..", "request" },
	{ "-x-", "x" },
	{ "con.test.yaml", "con-test-yaml" },
};

static void
a_name_stays_in_its_folder(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct buf out = BUF(CASE_NAME_MAX + 1);

		case_name(&out, str_of(names[i].name));
		assert_string_equal(buf_cstr(&out), names[i].file);
		buf_free(&out);
	}
}

static void
a_long_name_is_cut(void **state)
{
	struct buf out = BUF(CASE_NAME_MAX + 1);
	char name[500];

	(void)state;
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 3 ? 'a' : '/';
	case_name(&out, (struct str){ name, sizeof(name) });
	assert_true(out.n <= CASE_NAME_MAX);
	assert_false(buf_over(&out));
	assert_true(out.p[out.n - 1] != '-');
	buf_free(&out);
}

static const char *const texts[] = { "", "plain", "two\nlines\n",
	"tab\tand\r\n", "\"quoted\" \\ '", ": # - ? [ ] { } & * ! | > %%",
	"\x7f\x1b[31m", "\xc2\x85\xe2\x80\xa8\xef\xbb\xbf", "\xef\xbf\xbe",
	"\xf0\x9f\x98\x80", "null", "  spaces  ", "cost $5 {x}" };

static void
any_text_comes_back_from_yaml(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct arena *a = arena_new();
		struct buf yaml = BUF(1000);
		struct err e = ERR;
		struct tree *t;

		buf_add(&yaml, STR("x: "));
		case_text(&yaml, str_of(texts[i]));
		if (tree_parse_yaml(&t, a, buf_str(&yaml), &e) < 0)
			fail_msg("%s: %s", buf_cstr(&yaml), e.text);
		assert_true(
		    str_is(tree_text(t, "x"), texts[i]) || texts[i][0] == '\0');
		buf_free(&yaml);
		arena_free(&a);
	}
}

static void
a_dollar_in_a_text_is_no_variable(void **state)
{
	struct buf yaml = BUF(100);

	(void)state;
	case_text(&yaml, STR("${x} $${y} $z"));
	assert_string_equal(buf_cstr(&yaml), "\"$${x} $$${y} $z\"");
	buf_free(&yaml);
}

/* ---- what a run was like ---- */

#define STEP(id, key, step, call, rest) \
	"{\"id\":" #id ",\"fn\":\"f\",\"key\":\"" key "\",\"step\":" #step \
	",\"call\":" #call rest "}"
#define OUT(text) ",\"output\":\"" text "\""
#define FAILED \
	",\"failed\":true,\"code\":503,\"error\":" \
	"\"function 'f' returned error 503: later\""

static const char steps_run[] =
    "{\"number\":7,\"kind\":\"request\","
    "\"flow\":\"h0\",\"method\":\"POST\",\"url\":\"/x?y=1\","
    "\"status\":200,\"request\":{\"headers\":{\"Host\":\"localhost\","
    "\"Content-Type\":\"text/plain\",\"Cookie\":\"secret\"},"
    "\"state\":{\"who\":\"ann\"},\"body\":\"hi\"},\"steps\":["
    /* one step, then two side by side of which one was tried again */
    STEP(1, "a", 0, 0, OUT("A")) "," STEP(2, "b", 1, 0, OUT("B")) "," STEP(3,
	"c", 1, 1, FAILED) "," STEP(4, "c", 1, 1, ",\"attempt\":1" OUT("C")) ","
    /* steps of another handler are not of this state */
    STEP(5, "in", 0, 0, ",\"depth\":1" OUT("I")) ","
    /* skipped, then one whose error the next goes on with */
    STEP(0, "s", 2, 0, ",\"skipped\":true") "," STEP(
	6, "d", 3, 0, FAILED) "," STEP(7, "e", 4, 0, OUT("1")) "," STEP(8, "e",
	4, 0, OUT("two")) "," STEP(9, "last", 5, 0,
	OUT("L")) "],\"response\":{\"body\":\"{\\\"ok\\\":[1,2.5,null]}\"}}";

static void
read_run(struct record *r, struct arena *a, const char *text)
{
	struct err e = ERR;
	struct tree *t;

	if (tree_parse_json(&t, a, str_of(text), &e) < 0)
		fail_msg("%s", e.text);
	record_read(r, a, t);
}

static void
before_is(const struct record *r, size_t at, const struct step *steps, size_t n,
    const char *want)
{
	struct buf text = BUF(1000);

	tree_print_json(&text, record_before(r, at, steps, n), 0);
	assert_string_equal(buf_cstr(&text), want);
	buf_free(&text);
}

static void
the_state_before_a_step_is_what_came_before_it(void **state)
{
	struct arena *a = arena_new();
	struct record r;

	(void)state;
	read_run(&r, a, steps_run);
	before_is(&r, 0, NULL, 0, "{\"who\":0}");
	before_is(&r, 1, NULL, 0, "{\"who\":0,\"a\":1}");
	/* members of a group do not see each other, nor does a second try */
	before_is(&r, 2, NULL, 0, "{\"who\":0,\"a\":1}");
	before_is(&r, 3, NULL, 0, "{\"who\":0,\"a\":1}");
	before_is(&r, 6, NULL, 0, "{\"who\":0,\"a\":1,\"b\":2,\"c\":4}");
	before_is(
	    &r, 7, NULL, 0, "{\"who\":0,\"a\":1,\"b\":2,\"c\":4,\"d\":6}");
	/* a second turn of a loop sees the first */
	before_is(&r, 8, NULL, 0,
	    "{\"who\":0,\"a\":1,\"b\":2,\"c\":4,\"d\":6,\"e\":7}");
	arena_free(&a);
}

static void
elements_of_a_list_are_one_value(void **state)
{
	struct call c = { .each = STR("list") };
	struct step steps[6] = { [4] = { .calls = &c, .ncalls = 1 } };
	struct arena *a = arena_new();
	struct err e = ERR;
	struct pair *v;
	struct record r;
	size_t n;

	(void)state;
	read_run(&r, a, steps_run);
	before_is(
	    &r, 8, steps, 6, "{\"who\":0,\"a\":1,\"b\":2,\"c\":4,\"d\":6}");
	before_is(&r, 9, steps, 6,
	    "{\"who\":0,\"a\":1,\"b\":2,\"c\":4,\"d\":6,\"e\":[7,8]}");
	assert_int_equal(
	    record_state(&r, record_before(&r, 9, steps, 6), &v, &n, &e), 0);
	assert_int_equal(n, 6);
	assert_true(str_is(v[0].value, "ann"));
	assert_true(str_is(v[3].value, "C"));
	assert_true(str_is(v[4].value, "{\"code\":503,\"message\":\"later\"}"));
	assert_true(str_is(v[5].value, "[1,\"two\"]"));
	arena_free(&a);
}

static void
a_value_that_was_cut_cannot_be_gone_on_with(void **state)
{
	struct arena *a = arena_new();
	struct err e = ERR;
	struct pair *v;
	struct record r;
	size_t n;

	(void)state;
	read_run(&r, a,
	    "{\"steps\":[" STEP(1, "a", 0, 0,
		",\"output\":{\"text\":\"A\",\"cut\":true}") "]}");
	assert_int_equal(
	    record_state(&r, record_before(&r, 0, NULL, 0), &v, &n, &e), 0);
	assert_int_equal(
	    record_state(&r, record_before(&r, 1, NULL, 0), &v, &n, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	arena_free(&a);
}

static void
what_is_no_text_comes_back_from_base64(void **state)
{
	struct arena *a = arena_new();
	struct record r;

	(void)state;
	read_run(&r, a, "{\"request\":{\"body\":{\"base64\":\"AP/+aGk=\"}}}");
	assert_int_equal(r.body.text.n, 5);
	assert_memory_equal(r.body.text.p, "\0\xff\xfehi", 5);
	arena_free(&a);
}

/* ---- a run as a test case ---- */

static void
a_run_becomes_the_case_that_it_was(void **state)
{
	struct buf text = BUF(10000), hint = BUF(1000);
	struct arena *a = arena_new();
	struct err e = ERR;
	struct record r;
	bool side;

	(void)state;
	read_run(&r, a, steps_run);
	if (case_write(&text, &r, STR("x"), "x.body", STR("server"), &side,
		&hint, &e) < 0)
		fail_msg("%s", e.text);
	assert_false(side);
	assert_string_equal(buf_cstr(&text),
	    "# Saved from a request of .\n"
	    "cases:\n"
	    "  - name: \"x\"\n"
	    "    request:\n"
	    "      method: \"POST\"\n"
	    "      path: \"/x?y=1\"\n"
	    "      headers:\n"
	    "        \"Content-Type\": \"text/plain\"\n"
	    "      body: \"hi\"\n"
	    "    given:\n"
	    "      state:\n"
	    "        \"who\": \"ann\"\n"
	    "    expect:\n"
	    "      status: 200\n"
	    "      json: {\"ok\": [1, 2.5, null]}\n");
	assert_string_equal(buf_cstr(&hint), "its credentials are left out");
	buf_free(&text);
	buf_free(&hint);
	arena_free(&a);
}

static const struct {
	const char *run;
	enum err_kind kind;
	const char *text, *hint;
} cases[] = {
	{ "{\"kind\":\"request\",\"steps\":[" STEP(1, "a", 2, 0, "") "]}",
	    ERR_INPUT, NULL, NULL },
	{ "{\"kind\":\"request\",\"request\":{\"body\":{\"text\":\"x\","
	  "\"cut\":true}}}",
	    ERR_LIMIT, NULL, NULL },
	{ "{\"kind\":\"request\",\"request\":{\"body\":{\"base64\":"
	  "\"/w==\"}}}",
	    ERR_NONE, "      file: \"x.body\"\n", NULL },
	{ "{\"kind\":\"request\",\"steps\":[" STEP(
	      1, "a", 0, 0, "") "],\"response\":{\"body\":{\"base64\":"
				"\"/w==\"}}}",
	    ERR_NONE, "      status: 0\n", "no text" },
	{ "{\"kind\":\"request\",\"steps\":[" STEP(
	      1, "a", 0, 0, "") "],\"response\":{\"body\":{\"text\":\"abc\","
				"\"cut\":true}}}",
	    ERR_NONE, "        contains: \"abc\"\n", "beginning" },
	{ "{\"kind\":\"schedule\",\"name\":\"tidy\",\"steps\":[" STEP(
	      1, "a", 0, 0, "") "," STEP(2, "b", 1, 0, "") "]}",
	    ERR_NONE,
	    "    schedule: \"tidy\"\n    expect:\n"
	    "      steps: [\"a\", \"b\"]\n",
	    NULL },
	{ "{\"kind\":\"message\",\"name\":\"/chat\",\"request\":{\"body\":"
	  "\"hi\"},\"steps\":[" STEP(1, "a", 0, 0, FAILED) "],"
							   "\"error\":\"no\"}",
	    ERR_NONE,
	    "    message:\n      source: \"server\"\n"
	    "      topic: \"/chat\"\n      body: \"hi\"\n    expect:\n"
	    "      error: {code: 503}\n",
	    NULL },
	{ "{\"kind\":\"request\",\"steps\":[" STEP(
	      1, "a", 0, 0, ",\"calls\":[{\"what\":\"http\"}]") "]}",
	    ERR_NONE, "status", "1 outbound call," },
};

static void
what_cannot_be_asked_again_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf text = BUF(10000), hint = BUF(1000);
		struct arena *a = arena_new();
		struct err e = ERR;
		struct record r;
		bool side;
		size_t at;

		read_run(&r, a, cases[i].run);
		(void)!case_write(&text, &r, STR("x"), "x.body", STR("server"),
		    &side, &hint, &e);
		assert_int_equal(e.kind, cases[i].kind);
		if (cases[i].text &&
		    !str_find(buf_str(&text), str_of(cases[i].text), &at))
			fail_msg(
			    "%s\nlacks %s", buf_cstr(&text), cases[i].text);
		if (cases[i].hint &&
		    !str_find(buf_str(&hint), str_of(cases[i].hint), &at))
			fail_msg("%s lacks %s", buf_cstr(&hint), cases[i].hint);
		buf_free(&text);
		buf_free(&hint);
		arena_free(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_page_of_this_machine_may_ask),
		cmocka_unit_test(the_policy_allows_the_one_style_and_script),
		cmocka_unit_test(the_page_asks_nothing_from_elsewhere),
		cmocka_unit_test(a_name_stays_in_its_folder),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(any_text_comes_back_from_yaml),
		cmocka_unit_test(a_dollar_in_a_text_is_no_variable),
		cmocka_unit_test(
		    the_state_before_a_step_is_what_came_before_it),
		cmocka_unit_test(elements_of_a_list_are_one_value),
		cmocka_unit_test(a_value_that_was_cut_cannot_be_gone_on_with),
		cmocka_unit_test(what_is_no_text_comes_back_from_base64),
		cmocka_unit_test(a_run_becomes_the_case_that_it_was),
		cmocka_unit_test(what_cannot_be_asked_again_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
