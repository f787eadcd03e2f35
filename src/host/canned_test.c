/* SPDX-License-Identifier: Apache-2.0 */
/* Answers in the outside's place lead elsewhere as real ones do. */
#include "host/world.h"

struct leads {
	const char *at; /* the hook answers a question with this URL... */
	int status;
	const char *to; /* ...by this Location, or else by this body */
	const char *body;
	uint64_t delay_ns;
};

static const struct leads table[] = {
	{ "http://a.test/plain", 200, "/other", "here", 0 },
	{ "http://a.test/found", 302, "/plain", NULL, 0 },
	{ "http://a.test/same", 307, "/plain", NULL, 0 },
	{ "http://a.test/late", 302, "/found", NULL, 1000000000 },
	{ "http://a.test/away", 302, "http://b.test/", NULL, 0 },
	{ "http://b.test/", 200, NULL, "there", 0 },
	{ "http://a.test/no", 302, "http://no.test/", NULL, 0 },
	{ "http://a.test/file", 302, "file:///etc/passwd", NULL, 0 },
	{ "http://a.test/round", 302, "/round", NULL, 0 },
	{ "http://a.test/nowhere", 302, NULL, "gone", 0 },
	{ "http://a.test/unanswered", 302, "/none", NULL, 0 },
};

struct outside {
	struct world w;
	struct pair location;
};

static int
on_outbound(void *arg, const struct host_call *c, const struct outbound *o,
    struct outbound_answer *a)
{
	struct outside *s = arg;

	(void)world_outbound(&s->w, c, o, a);
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct leads *l = &table[i];

		if (!str_is(o->url, l->at))
			continue;
		*a = (struct outbound_answer){ .status = l->status,
			.body = str_of(l->body),
			.delay_ns = l->delay_ns };
		if (l->to) {
			s->location = (struct pair){ .key = STR("Location"),
				.value = str_of(l->to) };
			a->headers = &s->location;
			a->nheaders = 1;
		}
		return 1;
	}
	return -1;
}

static void
open_outside(struct outside *s)
{
	s->w.hook = 9;
	s->w.opt.hooks.outbound = on_outbound;
	world_loop(&s->w);
	world_open_caps(&s->w,
	    "http: {enabled: true, rules: {allowHTTP: true, "
	    "allowedDomains: [a.test, b.test]}}");
}

#define GET 0
#define POST 3

static void
what_is_given_leads_elsewhere_as_a_real_answer_would(void **state)
{
	static const struct {
		const char *url, *want;
		int method, rc;
		unsigned nouts;
	} cases[] = {
		{ "http://a.test/plain", "here", GET, 0, 1 },
		{ "http://a.test/found", "here", GET, 0, 2 },
		{ "http://a.test/late", "here", GET, 0, 3 },
		{ "http://a.test/away", "there", GET, 0, 2 },
		{ "http://a.test/nowhere", "302: gone", GET, ABI_REFUSED, 1 },
		{ "http://a.test/unanswered", "outbound call refused", GET,
		    ABI_REFUSED, 2 },
		{ "http://a.test/no",
		    "failed to requestIsAllowed: requests to this domain are "
		    "disallowed",
		    GET, ABI_REFUSED, 1 },
		{ "http://a.test/file",
		    "not a URL that can be fetched: its scheme is neither "
		    "http nor https",
		    GET, ABI_REFUSED, 1 },
		{ "http://a.test/round", "a.test:80: more than 5 redirects",
		    GET, ABI_REFUSED, 6 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outside s = { 0 };
		struct clock *clock = clock_new(1000);

		open_outside(&s);
		s.w.call.clock = clock;
		clock_busy(clock);
		EXPECT(&s.w, cases[i].rc, cases[i].want, ABI_FETCH,
		    cases[i].method, cases[i].url, "");
		assert_int_equal(s.w.nouts, cases[i].nouts);
		clock_idle(clock);
		world_close(&s.w);
		clock_free(&clock);
	}
}

static void
a_refused_hop_names_the_line_that_allows_it(void **state)
{
	struct outside s = { 0 };

	(void)state;
	open_outside(&s);
	(void)world_ask(&s.w, ABI_FETCH, GET, "http://a.test/no", "");
	assert_non_null(strstr(buf_cstr(&s.w.log), "\"no.test\""));
	world_close(&s.w);
}

static void
method_body_and_secrets_go_on_as_the_status_says(void **state)
{
	static const struct {
		const char *url, *want;
	} cases[] = {
		{ "http://a.test/found::Authorization:x::A:b",
		    "GET http://a.test/plain [Authorization=x] [A=b]|" },
		{ "http://a.test/same::Content-Type:text/x",
		    "POST http://a.test/plain [Content-Type=text/x] body|" },
		{ "http://a.test/away::Authorization:x::Cookie:y::A:b",
		    "GET http://b.test/ [A=b]|" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outside s = { 0 };
		const char *second;

		open_outside(&s);
		assert_int_equal(
		    world_ask(&s.w, ABI_FETCH, POST, cases[i].url, "body"), 0);
		second = strchr(buf_cstr(&s.w.told), '|');
		assert_non_null(second);
		assert_string_equal(second + 1, cases[i].want);
		world_close(&s.w);
	}
}

/* While it waits for the second of two. */
static void
one_that_leads_elsewhere_may_be_cancelled(void **state)
{
	struct outside s = { 0 };
	struct clock *clock = clock_new(1000);
	struct abi_ask q = { .what = ABI_FETCH,
		.a = STR("http://a.test/late"),
		.done = world_done,
		.done_arg = &s.w };

	(void)state;
	open_outside(&s);
	s.w.call.clock = clock;
	clock_busy(clock);
	assert_int_equal(host_ask(&s.w.call, &q, &s.w.out), ABI_LATER);
	host_cancel(&s.w.call);
	assert_null(s.w.call.waiting);
	assert_false(s.w.done);
	clock_idle(clock);
	world_close(&s.w);
	clock_free(&clock);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_is_given_leads_elsewhere_as_a_real_answer_would),
		cmocka_unit_test(a_refused_hop_names_the_line_that_allows_it),
		cmocka_unit_test(
		    method_body_and_secrets_go_on_as_the_status_says),
		cmocka_unit_test(one_that_leads_elsewhere_may_be_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
