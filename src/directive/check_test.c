/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "directive/directive.h"
#include "tree/tree.h"

/* Seven lines, so that a case begins in line 8. */
#define HEAD \
	"identifier: com.example.app\n" \
	"appVersion: v0.1.0\n" \
	"atmoVersion: v0.4.8\n" \
	"runnables:\n" \
	"- {name: a, namespace: default}\n" \
	"- {name: b, namespace: default}\n" \
	"- {name: getUser, namespace: db}\n"

/* Four lines: what is checked begins in line 12, column 3. */
#define HANDLER \
	HEAD "handlers:\n" \
	     "- type: request\n" \
	     "  method: GET\n" \
	     "  resource: /x\n"

#define CLOSED "capabilities: {http: {enabled: false}}\n"

struct row {
	const char *yaml;
	const char *want; /* "D017:12:9+3": code, place, width */
};

static void
summarize(struct buf *out, const struct diags *ds, bool notes)
{
	size_t i;

	for (i = 0; i < diags_count(ds); i++) {
		const struct diag *d = diags_at(ds, i);

		if (d->rule->level == DIAG_NOTE && !notes)
			continue;
		buf_addf(out, "%s%s:%u:%u+%u", out->n > 0 ? " " : "",
		    d->rule->code, d->at.line, d->at.col, d->width);
	}
}

static void
check_text(struct diags *ds, struct str yaml)
{
	CLEANUP(directive_free) struct directive *d = NULL;
	struct err e = ERR;

	if (directive_parse(&d, yaml, STR("Directive.yaml"), ds, &e) < 0) {
		directive_tell(ds, directive_rules, STR("Directive.yaml"), &e);
		return;
	}
	directive_check(d, NULL, 0, ds);
}

static void
expect(const struct row *rows, size_t n, bool notes)
{
	size_t i;

	for (i = 0; i < n; i++) {
		CLEANUP(diags_free) struct diags *ds = diags_new();
		CLEANUP(buf_free) struct buf got = BUF(100000);

		check_text(ds, str_of(rows[i].yaml));
		diags_sort(ds);
		summarize(&got, ds, notes);
		if (strcmp(buf_cstr(&got), rows[i].want) != 0)
			print_error("%s\n", rows[i].yaml);
		assert_string_equal(buf_cstr(&got), rows[i].want);
	}
}

static void
a_whole_directive_has_no_problems(void **state)
{
	static const struct row rows[] = {
		{ HANDLER "  steps:\n  - fn: a\n  - fn: b\n"
			  "    with: {x: a}\n",
		    "" },
		{ HANDLER "  steps:\n  - group:\n    - fn: a\n    - fn: b\n"
			  "      as: c\n  - fn: db::getUser\n    with:\n"
			  "      one: a\n      two: c\n  response: c\n",
		    "" },
		{ HANDLER "  steps:\n  - fn: com.example.app#db::getUser@v0.1.0"
			  "\n    onErr: {code: {404: continue}, other: "
			  "return}\n",
		    "" },
		{ HANDLER "  steps:\n  - fn: a\n    with: ['x: s']\n"
			  "schedules: []\n",
		    "D034:14:12+6" },
		{ HEAD "schedules:\n- name: s\n  every: {minutes: 5}\n"
		       "  state: {k: v}\n  steps:\n  - fn: a\n"
		       "    with: {x: k}\n",
		    "" },
		{ "\xEF\xBB\xBF" HANDLER "  steps: [{fn: a}]\n", "" },
	};

	(void)state;
	expect(rows, COUNT(rows), false);
}

static void
a_top_that_is_wrong_is_told_once(void **state)
{
	static const struct row rows[] = {
		{ "", "D004:0:0+0" },
		{ "# nothing\n", "D004:0:0+0" },
		{ "---\n...\n", "D004:2:1+0" },
		{ "- a\n", "D004:1:1+3" },
		{ "just text", "D004:1:1+9" },
		{ "a: [", "D000:1:5+0" },
		{ "a: 1\na: 2\n", "D000:2:1+0" },
		{ "a: &x 1\n", "D000:1:4+0" },
		{ "a:\n\tb: 1\n", "D000:2:1+0" },
	};

	(void)state;
	expect(rows, COUNT(rows), false);
}

static void
identifier_and_versions_are_checked(void **state)
{
	static const struct row rows[] = {
		{ "runnables: [{name: a, namespace: default}]\n",
		    "D010:1:1+9 D011:1:1+9 D012:1:1+9" },
		{ "identifier: ../x\nappVersion: 1.0.0\natmoVersion: v01.0\n"
		  "runnables: [{name: a, namespace: default}]\n",
		    "D010:1:13+4 D011:2:13+5 D012:3:14+5" },
		{ "identifier: ~\nappVersion: v1\natmoVersion: v1.2\n"
		  "runnables: [{name: a, namespace: default}]\n",
		    "D010:1:1+10" },
		{ "identifier: a.b\nappVersion: v1.2.3-rc.1+b\natmoVersion: "
		  "[v1]\n"
		  "runnables: [{name: a, namespace: default}]\n",
		    "D001:3:14+4" },
		{ "identifier: x\nappVersion: v1\natmoVersion: v1\n",
		    "D014:0:0+0" },
	};

	(void)state;
	expect(rows, COUNT(rows), false);
}

static void
functions_are_told_apart_by_namespace(void **state)
{
	static const struct row rows[] = {
		{ HEAD "", "" },
		{ "identifier: x\nappVersion: v1\natmoVersion: v1\n"
		  "runnables:\n"
		  "- {name: x, namespace: default}\n"
		  "- {name: x, namespace: other}\n"
		  "- {name: x, namespace: default}\n"
		  "- {name: '', namespace: default}\n"
		  "- {name: y}\n"
		  "- {name: a/b, namespace: '..'}\n",
		    "D015:7:10+1 D016:8:10+2 D018:9:4+4 D016:10:10+3 "
		    "D018:10:26+4" },
	};

	(void)state;
	expect(rows, COUNT(rows), false);
}

static void
handlers_are_checked(void **state)
{
	static const struct row rows[] = {
		{ HEAD "handlers:\n- method: GET\n  resource: x\n"
		       "  steps: [{fn: a}]\n",
		    "D020:9:3+6 D022:10:13+1" },
		{ HEAD "handlers:\n- type: requets\n  resource: /x\n"
		       "  steps: [{fn: a}]\n",
		    "D020:9:9+7" },
		{ HEAD "handlers:\n- type: request\n  steps: [{fn: a}]\n"
		       "  respondTo: x\n",
		    "D021:9:3+4 D023:9:3+4 D024:11:14+1" },
		{ HEAD "handlers:\n- type: request\n  method: GE T\n"
		       "  resource: /a//b\n  steps: [{fn: a}]\n",
		    "D023:10:11+4 D029:11:13+5" },
		{ HEAD "handlers:\n- type: request\n  method: POTS\n"
		       "  resource: '/:'\n  steps: [{fn: a}]\n",
		    "D045:10:11+4 D029:11:13+4" },
		{ HEAD "handlers:\n- type: stream\n  source: nats\n"
		       "  resource: topic\n  steps: [{fn: a}]\n",
		    "D025:10:11+4" },
		{ HEAD "handlers:\n- type: stream\n  source: nats\n"
		       "  resource: topic\n  steps: [{fn: a}]\n"
		       "connections:\n  nats:\n    serverAddress: nats://n\n",
		    "" },
		{ HEAD "handlers:\n- type: stream\n  source: rabbit\n"
		       "  resource: topic\n  steps: [{fn: a}]\n",
		    "D026:10:11+6" },
		{ HEAD "handlers:\n- type: stream\n  resource: topic\n"
		       "  steps: [{fn: a}]\n",
		    "D022:10:13+5" },
		{ HEAD "handlers:\n- type: request\n  method: get\n"
		       "  resource: /x\n",
		    "D028:9:3+4" },
		{ HEAD "handlers:\n- type: request\n  method: get\n"
		       "  resource: /x\n  steps: []\n",
		    "D028:12:10+2" },
		{ HEAD "handlers: x\n", "D001:8:11+1" },
		{ HEAD "handlers:\n- x\n-\n- [a]\n",
		    "D001:9:3+1 D001:10:2+0 D001:11:3+3" },
	};

	(void)state;
	expect(rows, COUNT(rows), false);
}

static void
steps_are_checked(void **state)
{
	static const struct row rows[] = {
		{ HANDLER "  steps:\n  - fn: nobody\n", "D017:13:9+6" },
		{ HANDLER "  steps:\n  - as: x\n", "D030:13:5+2" },
		{ HANDLER "  steps:\n  - forEach: {in: x, fn: a}\n",
		    "D034:13:19+1" },
		{ HANDLER "  steps:\n  - fn: a\n    forEach: {in: x}\n",
		    "D032:14:5+7" },
		{ HANDLER "  steps:\n  - fn: a\n    group: [{fn: b}]\n",
		    "D032:14:5+5" },
		{ HANDLER "  steps:\n  - group: []\n  response: x\n",
		    "D030:13:5+5 D041:14:13+1" },
		{ HANDLER "  steps:\n  - fn: ''\n", "D042:13:9+2" },
		{ HANDLER "  steps:\n  - fn: [a]\n", "D001:13:9+3" },
		{ HANDLER "  steps:\n  - group: x\n", "D001:13:12+1" },
		{ HANDLER "  steps: yes\n", "D001:12:10+3" },
		{ HANDLER "  steps:\n  - fn: a\n    with: {x: nope}\n",
		    "D034:14:15+4" },
		{ HANDLER "  steps:\n  - fn: a\n    with: {x: b}\n  - fn: b\n",
		    "D035:14:15+1" },
		{ HANDLER "  steps:\n  - group:\n    - fn: a\n    - fn: b\n"
			  "      with: {x: a}\n  response: a\n",
		    "D035:16:17+1" },
		{ HANDLER "  steps:\n  - group:\n    - fn: a\n    - fn: a\n"
			  "  response: a\n",
		    "D043:15:11+1" },
		{ HANDLER "  steps:\n  - fn: a\n    as: k\n  - fn: b\n"
			  "    with: [x: k, 'x: k', 'x']\n",
		    "D044:16:18+6 D001:16:26+3" },
		{ HANDLER "  steps:\n  - group: [{fn: a}, {fn: b}]\n",
		    "D040:12:3+5" },
		{ HANDLER "  steps: [{fn: a}]\n  response: b\n",
		    "D041:13:13+1" },
		{ HANDLER "  steps:\n  - fn: a\n    as: ''\n", "D042:14:9+2" },
	};

	(void)state;
	expect(rows, COUNT(rows), false);
}

static void
error_rules_are_checked(void **state)
{
	static const struct row rows[] = {
		{ HANDLER "  steps:\n  - fn: a\n"
			  "    onErr: {any: continue, code: {1: return}}\n",
		    "D036:14:13+3" },
		{ HANDLER "  steps:\n  - fn: a\n    onErr: {other: return}\n",
		    "D037:14:13+5" },
		{ HANDLER "  steps:\n  - fn: a\n    onErr: {any: ignore}\n",
		    "D038:14:18+6" },
		{ HANDLER "  steps:\n  - fn: a\n"
			  "    onErr:\n      code: {x: return, 5: go}\n"
			  "      other: stop\n",
		    "D039:15:14+1 D038:15:28+2 D038:16:14+4" },
		{ HANDLER "  steps:\n  - fn: a\n    onErr: continue\n",
		    "D001:14:12+8" },
		{ HANDLER "  steps:\n  - group:\n    - fn: a\n"
			  "      onErr: {any: never}\n  response: a\n",
		    "D038:15:20+5" },
	};

	(void)state;
	expect(rows, COUNT(rows), false);
}

#define ROUTE(method, path) \
	"- {type: request, method: " method ", resource: '" path \
	"', steps: [{fn: a}]}\n"

static void
routes_conflict_only_when_a_request_could_mean_two(void **state)
{
	static const struct row rows[] = {
		{ HEAD "handlers:\n" ROUTE("GET", "/a/b") ROUTE("GET", "/a/:x")
			ROUTE("GET", "/a/*r"),
		    "" },
		{ HEAD "handlers:\n" ROUTE("GET", "/a") ROUTE("POST", "/a"),
		    "" },
		{ HEAD "handlers:\n" ROUTE("GET", "/a") ROUTE("get", "/a"),
		    "D027:10:42+4" },
		{ HEAD "handlers:\n" ROUTE("GET", "/a/:x") ROUTE("GET", "/a/:y")
			ROUTE("PUT", "/a/:y"),
		    "D027:10:42+7" },
		{ HEAD "handlers:\n" ROUTE("GET", "/a/:x/b")
			ROUTE("GET", "/a/:y/c"),
		    "D027:10:42+9" },
		{ HEAD "handlers:\n" ROUTE("GET", "/*x") ROUTE("GET", "/*y"),
		    "D027:10:42+5" },
		{ HEAD "handlers:\n" ROUTE(
		      "GET", "/ws") "- {type: stream, resource: /ws, steps: "
				    "[{fn: a}]}\n",
		    "D027:10:28+3" },
		{ HEAD "handlers:\n" ROUTE("GET", "/a") ROUTE("GET", "/a")
			ROUTE("GET", "/a"),
		    "D027:10:42+4 D027:11:42+4" },
	};

	(void)state;
	expect(rows, COUNT(rows), false);
}

static void
schedules_and_queries_are_checked(void **state)
{
	static const struct row rows[] = {
		{ HEAD "schedules:\n- every: {}\n",
		    "D050:9:3+5 D028:9:3+5 "
		    "D052:9:10+2" },
		{ HEAD "schedules:\n- name: s\n  every: {hours: -1}\n"
		       "  steps: [{fn: a}]\n",
		    "D053:10:18+2" },
		{ HEAD "schedules:\n- name: s\n  every: {hours: 1.5}\n"
		       "  steps: [{fn: a}]\n",
		    "D001:10:18+3" },
		{ HEAD "schedules:\n- &x name: s\n", "D000:9:3+0" },
		{ HEAD "schedules:\n- {name: s, every: {days: 1}, steps: [{fn: "
		       "a}]}\n"
		       "- {name: s, every: {days: 1}, steps: [{fn: a}]}\n",
		    "D054:10:10+1" },
		{ HEAD "queries:\n- type: upsert\n  varCount: -1\n"
		       "- name: q\n  query: ' '\n",
		    "D060:9:3+4 D061:9:3+4 D062:9:9+6 D063:10:13+2 "
		    "D061:12:10+3" },
		{ HEAD "queries:\n- {name: q, query: x}\n- {name: q, query: "
		       "x}\n",
		    "D062:9:20+1 D064:10:10+1 D062:10:20+1" },
	};

	(void)state;
	expect(rows, COUNT(rows), false);
}

static void
connections_and_capabilities_are_checked(void **state)
{
	static const struct row rows[] = {
		{ HEAD "connections:\n  nats: {}\n  kafka:\n"
		       "    brokerAddress: 'a b'\n  redis: {serverAddress: "
		       "'://'}\n"
		       "  database: {type: oracle}\n",
		    "D070:9:3+4 D070:11:20+5 D070:12:26+5 D072:13:14+4 "
		    "D071:13:20+6" },
		{ HEAD "authentication:\n  domains:\n    a.b: {headerType: "
		       "bearer}\n    c.d: {value: x}\n",
		    "D075:10:5+3" },
		{ HEAD "capabilities:\n  http:\n    enabled: yes\n    rules:\n"
		       "      allowedDomains: ['*', 'http://x', a..b, "
		       "'*.ok.com', 'x*y']\n"
		       "      blockedPorts: [0, 80, 70000]\n",
		    "D001:10:14+3 D081:12:24+3 D080:12:29+10 D080:12:41+4 "
		    "D080:12:59+5 D082:13:22+1 D082:13:29+5" },
		{ HEAD "capabilities: {db: {enabled: true, dbType: mssql}}\n",
		    "D072:8:21+7 D083:8:44+5" },
	};

	(void)state;
	expect(rows, COUNT(rows), false);
}

static void
unknown_keys_are_warned_of_at_every_level(void **state)
{
	static const struct row rows[] = {
		{ HEAD "handlrs: []\nfunctions: []\n",
		    "D002:8:1+7 D003:9:1+9" },
		{ HANDLER "  timeout: 5s\n  foo: 1\n  steps:\n"
			  "  - fn: a\n    retry: {times: 2}\n    whith: {}\n",
		    "D003:12:3+7 D002:13:3+3 D002:17:5+5" },
		{ HANDLER "  steps:\n  - fn: a\n    onErr: {anny: return}\n",
		    "D002:14:13+4" },
		{ HEAD "capabilities:\n  htp: {}\n  cache: {rules: {allowSte: "
		       "true}}\n",
		    "D092:9:3+3 D085:10:3+5 D092:10:19+8" },
	};

	(void)state;
	expect(rows, COUNT(rows), false);
}

static void
functions_without_handler_are_notes(void **state)
{
	static const struct row rows[] = {
		{ HEAD CLOSED, "D091:0:0+0" },
		{ HANDLER "  steps: [{fn: a}]\n" CLOSED,
		    "D090:0:0+0 D090:0:0+0" },
		{ HEAD "headless: true\n" CLOSED, "" },
	};

	(void)state;
	expect(rows, COUNT(rows), true);
}

/* ---- the texts ---- */

static const struct diag *
only(struct diags *ds, const char *yaml, const char *code)
{
	const struct diag *found = NULL;
	size_t i;

	check_text(ds, str_of(yaml));
	for (i = 0; i < diags_count(ds); i++)
		if (strcmp(diags_at(ds, i)->rule->code, code) == 0)
			found = diags_at(ds, i);
	assert_non_null(found);
	return found;
}

static void
near_names_are_suggested(void **state)
{
	static const char *const rows[][3] = {
		{ HANDLER "  steps: [{fn: getUser}]\n", "D017",
		    "did you mean 'db::getUser'?" },
		{ HANDLER "  steps: [{fn: db::getUsr}]\n", "D017",
		    "did you mean 'db::getUser'?" },
		{ HANDLER "  steps: [{fn: x#a}]\n", "D017",
		    "the Directive is com.example.app at version v0.1.0; "
		    "write 'a'" },
		{ HANDLER "  steps: [{fn: a}]\n  respnse: a\n", "D002",
		    "did you mean 'response'?" },
		{ HEAD "handlers:\n- {type: requst, resource: /x}\n", "D020",
		    "did you mean 'request'?" },
		{ HANDLER "  steps: [{fn: a, as: user}, {fn: b, with: {x: "
			  "usr}}]\n",
		    "D034", "did you mean 'user'?" },
		{ HEAD "headless: yes\n", "D001", "write 'true'" },
		{ "identifier: x\nappVersion: 1.2.3\natmoVersion: v1\n", "D011",
		    "write 'appVersion: v1.2.3'" },
		{ HEAD "handlers:\n- {type: request, method: GET, resource: "
		       "hi}\n",
		    "D022", "write 'resource: /hi'" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		CLEANUP(diags_free) struct diags *ds = diags_new();
		const struct diag *d = only(ds, rows[i][0], rows[i][1]);

		assert_true(str_is(d->repair, rows[i][2]));
	}
}

static void
given_functions_take_the_place_of_the_list(void **state)
{
	const struct function_info fns[] = {
		{ .name = STR("z"), .ns = STR("default") },
		{ .name = STR("a"), .ns = STR("other") },
	};
	CLEANUP(directive_free) struct directive *d = NULL;
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(buf_free) struct buf got = BUF(10000);
	struct err e = ERR;

	(void)state;
	assert_int_equal(directive_parse(&d,
			     STR(HANDLER "  steps: [{fn: z}, {fn: a}, "
					 "{fn: other::a}]\n" CLOSED),
			     STR("Directive.yaml"), ds, &e),
	    0);
	directive_check(d, fns, 2, ds);
	summarize(&got, ds, true);
	assert_string_equal(buf_cstr(&got), "D017:12:25+1");
}

static void
a_thousand_problems_are_enough(void **state)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(buf_free) struct buf text = BUF(1u << 20);
	int i;

	(void)state;
	for (i = 0; i < 20000; i++)
		buf_addf(&text, "k%d: 1\n", i);
	check_text(ds, buf_str(&text));
	assert_true(diags_count(ds) <= 2002);
}

static void
every_rule_says_what_to_do(void **state)
{
	const struct diag_rule *tables[] = { directive_rules, manifest_rules };
	const struct diag_rule *r;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(tables); i++)
		for (r = tables[i]; r->code; r++) {
			assert_int_equal(strlen(r->code), 4);
			assert_true(strlen(r->title) > 5);
			assert_true(strlen(r->cause) > 10);
			assert_true(strlen(r->repair) > 5);
			assert_ptr_equal(
			    diag_find(tables[i], str_of(r->code)), r);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_directive_has_no_problems),
		cmocka_unit_test(a_top_that_is_wrong_is_told_once),
		cmocka_unit_test(identifier_and_versions_are_checked),
		cmocka_unit_test(functions_are_told_apart_by_namespace),
		cmocka_unit_test(handlers_are_checked),
		cmocka_unit_test(steps_are_checked),
		cmocka_unit_test(error_rules_are_checked),
		cmocka_unit_test(
		    routes_conflict_only_when_a_request_could_mean_two),
		cmocka_unit_test(schedules_and_queries_are_checked),
		cmocka_unit_test(connections_and_capabilities_are_checked),
		cmocka_unit_test(unknown_keys_are_warned_of_at_every_level),
		cmocka_unit_test(functions_without_handler_are_notes),
		cmocka_unit_test(near_names_are_suggested),
		cmocka_unit_test(given_functions_take_the_place_of_the_list),
		cmocka_unit_test(a_thousand_problems_are_enough),
		cmocka_unit_test(every_rule_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
