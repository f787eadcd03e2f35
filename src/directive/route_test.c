/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "directive/directive.h"

static const char routes[] =
    "handlers:\n"
    "- {type: request, method: GET, resource: /, steps: [{fn: root}]}\n"
    "- {type: request, method: GET, resource: '/a/:x', steps: [{fn: ax}]}\n"
    "- {type: request, method: GET, resource: /a/b, steps: [{fn: ab}]}\n"
    "- {type: request, method: POST, resource: /a/b, steps: [{fn: pab}]}\n"
    "- {type: request, method: PUT, resource: /a/b, steps: [{fn: uab}]}\n"
    "- {type: request, method: GET, resource: '/a/:x/c', steps: [{fn: axc}]}\n"
    "- {type: request, method: GET, resource: '/a/*r', steps: [{fn: ar}]}\n"
    "- {type: request, method: GET, resource: '/s/', steps: [{fn: s}]}\n"
    "- {type: request, method: GET, resource: '/f/*p', steps: [{fn: f}]}\n"
    "- {type: request, method: GET, resource: '/u/:a/:b', steps: [{fn: u}]}\n"
    "- {type: stream, resource: /ws, steps: [{fn: ws}]}\n";

static void
a_path_finds_its_handler(void **state)
{
	static const struct {
		const char *method, *path;
		const char *want; /* fn and params, or status and Allow */
	} rows[] = {
		{ "GET", "/", "root" },
		{ "GET", "/a/b", "ab" },
		{ "POST", "/a/b", "pab" },
		{ "GET", "/a/z", "ax x=z" },
		{ "GET", "/a/b/c", "axc x=b" },
		{ "GET", "/a/b/d", "ar r=/b/d" },
		{ "GET", "/a/", "ar r=/" },
		{ "GET", "/a", "ar r=/" },
		{ "GET", "/s", "s" },
		{ "GET", "/s/", "s" },
		{ "GET", "/f/x/y.css", "f p=/x/y.css" },
		{ "GET", "/f/", "f p=/" },
		{ "GET", "/f", "f p=/" },
		{ "GET", "/u/1/2", "u a=1 b=2" },
		{ "GET", "/u/1/2/", "u a=1 b=2" },
		{ "GET", "/u//2", "404" },
		{ "GET", "/u/1", "404" },
		{ "GET", "/nope", "404" },
		{ "GET", "/ws", "404" },
		{ "GET", "", "404" },
		{ "GET", "a/b", "404" },
		{ "DELETE", "/a/b", "405 GET, POST, PUT" },
		{ "POST", "/a/q", "405 GET" },
		{ "get", "/a/b", "405 GET, POST, PUT" },
	};
	CLEANUP(directive_free) struct directive *d = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct err e = ERR;
	size_t i, j;

	(void)state;
	assert_int_equal(
	    directive_parse(&d, str_of(routes), STR("D"), ds, &e), 0);
	assert_int_equal(diags_count(ds), 0);
	for (i = 0; i < COUNT(rows); i++) {
		CLEANUP(buf_free) struct buf got = BUF(1000);
		CLEANUP(buf_free) struct buf allow = BUF(1000);
		struct pair params[2];
		size_t n = 9;
		int status = 0;
		const struct handler *h =
		    directive_route(d, str_of(rows[i].method),
			str_of(rows[i].path), params, 2, &n, &status, &allow);

		if (h)
			buf_add(&got, h->steps[0].calls[0].fn);
		else
			buf_addf(&got, "%d", status);
		for (j = 0; j < n; j++)
			buf_addf(&got, " " STR_F "=" STR_F,
			    STR_A(params[j].key), STR_A(params[j].value));
		if (allow.n > 0)
			buf_addf(&got, " %s", buf_cstr(&allow));
		assert_string_equal(buf_cstr(&got), rows[i].want);
	}
}

static void
params_past_the_room_are_left_out(void **state)
{
	CLEANUP(directive_free) struct directive *d = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct err e = ERR;
	struct pair one;
	size_t n;
	int status;

	(void)state;
	assert_int_equal(
	    directive_parse(&d, str_of(routes), STR("D"), ds, &e), 0);
	assert_non_null(directive_route(
	    d, STR("GET"), STR("/u/1/2"), &one, 1, &n, &status, NULL));
	assert_int_equal(n, 1);
	assert_true(str_is(one.value, "1"));
	assert_non_null(directive_route(
	    d, STR("GET"), STR("/u/1/2"), NULL, 0, &n, &status, NULL));
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_finds_its_handler),
		cmocka_unit_test(params_past_the_room_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
