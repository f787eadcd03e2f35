/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "directive/directive.h"

/* Seven lines: a case begins in line 8. */
#define TOP \
	"identifier: com.example.app\n" \
	"appVersion: v0.1.0\n" \
	"atmoVersion: v0.4.8\n" \
	"runnables: [{name: a, namespace: default}]\n" \
	"capabilities: {http: {enabled: false}}\n" \
	"headless: true\n" \
	"limits:\n"
#define HANDLER(l) \
	"  {}\nhandlers:\n- {type: request, method: GET, resource: /,\n" \
	"   limits: {" l "},\n   steps: [{fn: a}]}\n"

struct fixture {
	struct directive *d;
	struct diags *ds;
};

static void
open_fixture(struct fixture *f, const char *yaml)
{
	struct err e = ERR;

	f->ds = diags_new();
	f->d = NULL;
	if (directive_parse(&f->d, str_of(yaml), STR("D"), f->ds, &e) < 0)
		fail_msg("%s", e.text);
	directive_check(f->d, NULL, 0, f->ds);
}

static void
close_fixture(struct fixture *f)
{
	directive_free(&f->d);
	diags_free(&f->ds);
}

struct value {
	const char *yaml;
	enum limit_name name;
	uint64_t want;
};

static void
each_limit_is_read_in_its_unit(void **state)
{
	static const struct value rows[] = {
		{ "headerBytes: 16K", LIMIT_HEADER_BYTES, 16384 },
		{ "bodyBytes: 1G", LIMIT_BODY_BYTES, 1u << 30 },
		{ "bodyBytes: 11", LIMIT_BODY_BYTES, 11 },
		{ "connections: 500", LIMIT_CONNECTIONS, 500 },
		{ "requests: 65536", LIMIT_REQUESTS, 65536 },
		{ "headerTime: 250ms", LIMIT_HEADER_MS, 250 },
		{ "bodyTime: 1m30s", LIMIT_BODY_MS, 90000 },
		{ "idleTime: 1h", LIMIT_IDLE_MS, 3600000 },
		{ "writeTime: 24h", LIMIT_WRITE_MS, 86400000 },
		{ "functionTime: 1ms", LIMIT_FUNCTION_MS, 1 },
		{ "requestTime: 2s", LIMIT_REQUEST_MS, 2000 },
		{ "memory: 4G", LIMIT_MEMORY_BYTES, 1ull << 32 },
		{ "outputBytes: 2m", LIMIT_OUTPUT_BYTES, 2u << 20 },
		{ "logBytes: '64K'", LIMIT_LOG_BYTES, 65536 },
		{ "messageBytes: 1MiB", LIMIT_MESSAGE_BYTES, 1u << 20 },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		CLEANUP(buf_free) struct buf text = BUF(10000);
		CLEANUP(close_fixture) struct fixture f;

		buf_addf(&text, TOP "  %s\n", rows[i].yaml);
		open_fixture(&f, buf_cstr(&text));
		assert_int_equal(diags_errors(f.ds) + diags_warnings(f.ds), 0);
		for (k = 0; k < LIMITS; k++)
			assert_int_equal(f.d->limits.v[k],
			    k == rows[i].name ? rows[i].want : 0);
		assert_int_equal(f.d->limits.at.line, 8);
	}
}

static void
a_handler_has_limits_of_its_own(void **state)
{
	CLEANUP(close_fixture) struct fixture f;
	const struct limits *l;

	(void)state;
	open_fixture(&f,
	    TOP HANDLER("bodyBytes: 1K, requests: 2, functionTime: 3s,"
			" requestTime: 4s, memory: 5M, outputBytes: 6K"));
	assert_int_equal(diags_errors(f.ds) + diags_warnings(f.ds), 0);
	l = &f.d->handlers[0].limits;
	assert_int_equal(l->v[LIMIT_BODY_BYTES], 1024);
	assert_int_equal(l->v[LIMIT_REQUESTS], 2);
	assert_int_equal(l->v[LIMIT_FUNCTION_MS], 3000);
	assert_int_equal(l->v[LIMIT_REQUEST_MS], 4000);
	assert_int_equal(l->v[LIMIT_MEMORY_BYTES], 5u << 20);
	assert_int_equal(l->v[LIMIT_OUTPUT_BYTES], 6144);
	assert_int_equal(l->at.line, 11);
	assert_int_equal(f.d->limits.v[LIMIT_BODY_BYTES], 0);
}

struct row {
	const char *yaml;
	const char *want;   /* "D115:8:14+2" */
	const char *repair; /* or NULL: the rule's own */
};

/* What is wrong leaves its limit unset, so that a default holds. */
static void
bad_limits_are_told_with_what_to_write(void **state)
{
	static const struct row rows[] = {
		{ TOP "  bodyBytes: 16X\n", "D115:8:14+3",
		    "write for example 'bodyBytes: 16M'" },
		{ TOP "  bodyBytes: -1\n", "D115:8:14+2",
		    "write for example 'bodyBytes: 16M'" },
		{ TOP "  memory: 1.5G\n", "D115:8:11+4",
		    "write for example 'memory: 64M'" },
		{ TOP "  memory: 99999999999999999999\n", "D115:8:11+20",
		    NULL },
		{ TOP "  functionTime: 10\n", "D115:8:17+2",
		    "write 'functionTime: 10s' or 'functionTime: 10ms'" },
		{ TOP "  functionTime: soon\n", "D115:8:17+4",
		    "write for example 'functionTime: 10s'" },
		{ TOP "  requests: 1K\n", "D115:8:13+2",
		    "write for example 'requests: 1024'" },
		{ TOP "  requests: 0x10\n", "D115:8:13+4", NULL },
		{ TOP "  requests: true\n", "D115:8:13+4", NULL },
		{ TOP "  requests: 0\n", "D116:8:13+1",
		    "there is no way to have no limit; leave 'requests' away "
		    "for its default, or write 'requests: 1024'" },
		{ TOP "  requests: 65537\n", "D116:8:13+5", NULL },
		{ TOP "  memory: 63K\n", "D116:8:11+3", NULL },
		{ TOP "  memory: 5G\n", "D116:8:11+2", NULL },
		{ TOP "  headerBytes: 1000\n", "D116:8:16+4", NULL },
		{ TOP "  idleTime: 25h\n", "D116:8:13+3", NULL },
		{ TOP "  memroy: 64M\n", "D118:8:3+6",
		    "did you mean 'memory'?" },
		{ TOP "  x: [1]\n", "D001:8:6+3 D118:8:3+1", NULL },
		{ TOP "  memory: [64M]\n", "D001:8:11+5", NULL },
		{ TOP "  memory:\n", "", NULL },
		{ TOP "  - memory\n", "D001:8:3+8", NULL },
		{ TOP "  functionTime: 2m\n  requestTime: 1m\n", "D119:8:17+2",
		    NULL },
		{ TOP "  outputBytes: 2M\n  memory: 1M\n", "D119:8:16+2",
		    NULL },
		{ TOP HANDLER("headerTime: 1s"), "D117:11:13+10", NULL },
		{ TOP HANDLER("functionTme: 1s"), "D118:11:13+11",
		    "did you mean 'functionTime'?" },
		{ TOP "  {}\nschedules:\n- name: s\n  every: {days: 1}\n"
		      "  limits: {}\n  steps: [{fn: a}]\n",
		    "D003:12:3+6", NULL },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		CLEANUP(buf_free) struct buf got = BUF(10000);
		CLEANUP(close_fixture) struct fixture f;
		const struct diag *d = NULL;

		open_fixture(&f, rows[i].yaml);
		for (k = 0; k < diags_count(f.ds); k++) {
			d = diags_at(f.ds, k);
			buf_addf(&got, "%s%s:%u:%u+%u", k > 0 ? " " : "",
			    d->rule->code, d->at.line, d->at.col, d->width);
		}
		assert_string_equal(buf_cstr(&got), rows[i].want);
		if (rows[i].repair)
			assert_true(str_is(d->repair, rows[i].repair));
		for (k = 0; k < LIMITS && !strstr(rows[i].want, "D119"); k++)
			assert_int_equal(f.d->limits.v[k], 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_limit_is_read_in_its_unit),
		cmocka_unit_test(a_handler_has_limits_of_its_own),
		cmocka_unit_test(bad_limits_are_told_with_what_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
