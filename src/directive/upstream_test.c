/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Atmo 0.4.8 checked, condition by condition, and what of it was a trap
 * or a bug: Directive.yaml(5), CAVEATS.
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "directive/directive.h"

#define TOP \
	"identifier: com.example.app\n" \
	"appVersion: v0.1.0\n" \
	"atmoVersion: v0.4.8\n" \
	"capabilities: {http: {enabled: false}}\n"
#define FNS \
	"runnables: [{name: a, namespace: default}, " \
	"{name: b, namespace: default}, {name: u, namespace: db}]\n"
#define HANDLER(rest) \
	TOP FNS "handlers: [{type: request, method: GET, resource: /x, " rest \
		"}]\n"
#define STEPS(rest) HANDLER("steps: [" rest "]")

/* The codes of what is wrong, in the order of the file; no notes. */
static void
codes_of(struct buf *out, const char *yaml)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(directive_free) struct directive *d = NULL;
	struct err e = ERR;
	size_t i;

	if (directive_parse(&d, str_of(yaml), STR("D"), ds, &e) < 0)
		fail_msg("%s", e.text);
	directive_check(d, NULL, 0, ds);
	diags_sort(ds);
	for (i = 0; i < diags_count(ds); i++)
		if (diags_at(ds, i)->rule->level != DIAG_NOTE)
			buf_addf(out, "%s%s", out->n > 0 ? " " : "",
			    diags_at(ds, i)->rule->code);
}

struct row {
	const char *yaml, *want;
};

static void
expect(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		CLEANUP(buf_free) struct buf got = BUF(10000);

		codes_of(&got, rows[i].yaml);
		if (strcmp(buf_cstr(&got), rows[i].want) != 0)
			fail_msg("%s: %s, not %s", rows[i].yaml, buf_cstr(&got),
			    rows[i].want);
	}
}
#define EXPECT(...) \
	static const struct row rows[] = { __VA_ARGS__ }; \
	(void)state; \
	expect(rows, COUNT(rows))

static void
condition_1_identifier_and_versions(void **state)
{
#define REST FNS "headless: true\ncapabilities: {http: {enabled: false}}\n"
	EXPECT({ "identifier: ''\nappVersion: v1\natmoVersion: v1.2\n" REST,
		   "D010" },
	    { "identifier: x\nappVersion: 1.0.0\natmoVersion: v1\n" REST,
		"D011" },
	    { "identifier: x\nappVersion: v1\natmoVersion: vx\n" REST, "D012" },
	    { "identifier: x\natmoVersion: v1\n" REST, "D011" },
	    { "identifier: x\nappVersion: v1\n" REST, "D012" },
	    { "identifier: x\nappVersion: v1\natmoVersion: v1.2\n" REST, "" });
}

static void
condition_2_functions_and_their_names(void **state)
{
#define LIST(x) TOP "headless: true\nrunnables: [" x "]\n"
	EXPECT({ LIST(""), "D014" },
	    { LIST("{name: a, namespace: n}, {name: a, namespace: n}"),
		"D015" },
	    { LIST("{name: '', namespace: n}"), "D016" },
	    { LIST("{name: a, namespace: ''}"), "D018" },
	    { LIST("{name: a}"), "D018" });
}

/* 3.2, 2 [bug]: the bare name of an earlier default-namespace one was taken. */
static void
bug_2_a_name_may_be_in_default_and_another_namespace(void **state)
{
	EXPECT({ LIST("{name: x, namespace: default}, "
		      "{name: x, namespace: other}"),
		   "" },
	    { LIST("{name: x, namespace: other}, "
		   "{name: x, namespace: default}"),
		"" });
}

static void
condition_3_connections(void **state)
{
#define LINKS(x) STEPS("{fn: a}") "connections: {" x "}\n"
	EXPECT({ LINKS("nats: {serverAddress: ''}"), "D070" },
	    { LINKS("nats: {serverAddress: 'a b'}"), "D070" },
	    { LINKS("nats: {serverAddress: '://'}"), "D070" },
	    { LINKS("nats: {}"), "D070" },
	    { LINKS("kafka: {brokerAddress: ''}"), "D070" },
	    { LINKS("redis: {serverAddress: ''}"), "D070" },
	    { LINKS("redis: {serverAddress: 'redis://h:1'}"), "" },
	    { LINKS("database: {type: oracle, connectionString: x}"), "D071" },
	    { LINKS("database: {type: mysql, connectionString: ''}"), "D072" },
	    { LINKS("database: {type: postgresql, connectionString: x}"), "" },
	    { LINKS("database: {type: sqlite, connectionString: x}"), "" });
}

static void
condition_4_authentication(void **state)
{
#define AUTH(x) STEPS("{fn: a}") "authentication: {domains: {" x "}}\n"
	EXPECT({ AUTH("a.com: {headerType: basic}"), "D075" },
	    { AUTH("a.com: {value: ''}"), "D075" },
	    { AUTH("a.com: {value: x}"), "" });
}

static void
condition_5_handlers(void **state)
{
#define ONE(x) TOP FNS "handlers: [{" x ", steps: [{fn: a}]}]\n"
#define NATS "connections: {nats: {serverAddress: 'nats://n'}}\n"
	EXPECT({ ONE("type: queue, resource: /x"), "D020" },
	    { ONE("type: request, method: GET"), "D021" },
	    { ONE("type: request, method: GET, resource: x"), "D022" },
	    { ONE("type: request, resource: /x"), "D023" },
	    { ONE("type: request, method: GET, resource: /x, respondTo: y"),
		"D024" },
	    { ONE("type: stream, resource: x"), "D022" },
	    { ONE("type: stream, source: server, resource: x"), "D022" },
	    { ONE("type: stream, source: server, resource: /x"), "" },
	    { ONE("type: stream, source: nats, resource: x"), "D025" },
	    { ONE("type: stream, source: kafka, resource: x") NATS, "D025" },
	    { ONE("type: stream, source: nats, resource: x, respondTo: y") NATS,
		"" },
	    { ONE("type: stream, source: rabbit, resource: x"), "D026" });
}

#define TWO(a, b) \
	TOP FNS "handlers: [{" a ", steps: [{fn: a}]}, {" b \
		", steps: [{fn: a}]}]\n"
#define GET(path) "type: request, method: GET, resource: '" path "'"

static void
condition_6_routes_conflict(void **state)
{
	EXPECT({ TWO(GET("/a"), GET("/a")), "D027" },
	    { TWO(GET("/a/:x"), GET("/a/:y")), "D027" },
	    { TWO(GET("/a/*x"), GET("/a/*y")), "D027" },
	    { TWO(GET("/a/:x"), GET("/a/:x/b")), "" },
	    { TWO(GET("/a"), "type: request, method: POST, resource: /a"),
		"" });
}

/* 3.2, 6 [trap]: these conflicted in Atmo's router; here the fixed part wins.
 * Websockets were not looked at, and the server panicked at its start. */
static void
trap_6_a_fixed_part_beside_a_parameter_is_no_conflict(void **state)
{
	EXPECT({ TWO(GET("/a/b"), GET("/a/:x")), "" },
	    { TWO(GET("/a"), "type: stream, resource: /a"), "D027" });
}

/* 3.2, 6: one conflict ended the validation. */
static void
trap_6_what_comes_after_a_conflict_is_checked_too(void **state)
{
	EXPECT({ TWO(GET("/a"), GET("/a")) "schedules: [{steps: [{fn: z}]}]\n"
					   "queries: [{}]\n",
	    "D027 D050 D052 D017 D060 D061" });
}

static void
condition_7_no_steps(void **state)
{
	EXPECT({ HANDLER("steps: []"), "D028" },
	    { HANDLER("response: a"), "D028" });
}

static void
condition_8_a_step_is_one_thing(void **state)
{
	EXPECT({ STEPS("{as: x}"), "D030" },
	    { STEPS("{fn: a, group: [{fn: b}]}"), "D032" },
	    { STEPS("{}"), "D030" });
}

static void
condition_9_functions_and_state_keys_are_there(void **state)
{
	EXPECT({ STEPS("{fn: nobody}"), "D017" }, { STEPS("{fn: u}"), "D017" },
	    { STEPS("{fn: 'db::u'}"), "" },
	    { STEPS("{fn: 'com.example.app#db::u@v0.1.0'}"), "" },
	    { STEPS("{fn: 'other#db::u'}"), "D017" },
	    { STEPS("{fn: 'db::u@v2'}"), "D017" },
	    { STEPS("{fn: a, with: {x: b}}"), "D034" },
	    { STEPS("{fn: a, with: {x: b}}, {fn: b}"), "D035" },
	    { STEPS("{fn: a, as: k}, {fn: b, with: {x: a}}"), "D034" },
	    { STEPS("{fn: 'db::u'}, {fn: b, with: {x: 'db::u'}}"), "" },
	    { STEPS("{group: [{fn: a}, {fn: b, with: {x: a}}]}, {fn: a}"),
		"D035" },
	    { TOP FNS "schedules: [{name: s, every: {days: 1}, state: {k: v}, "
		      "steps: [{fn: a, with: {x: k}}]}]\n",
		"" });
}

static void
condition_10_on_err(void **state)
{
	EXPECT({ STEPS("{fn: a, onErr: {any: return, code: {1: return}}}"),
		   "D036" },
	    { STEPS("{fn: a, onErr: {other: return}}"), "D037" },
	    { STEPS("{fn: a, onErr: {any: stop}}"), "D038" },
	    { STEPS("{fn: a, onErr: {code: {1: stop}}}"), "D038" },
	    { STEPS("{fn: a, onErr: {code: {1: return}, other: stop}}"),
		"D038" },
	    { STEPS("{fn: a, onErr: {code: {1: return}, other: continue}}"),
		"" });
}

static void
condition_11_response(void **state)
{
	EXPECT({ STEPS("{group: [{fn: a}, {fn: b}]}"), "D040" },
	    { HANDLER("steps: [{group: [{fn: a}]}], response: a"), "" },
	    { HANDLER("steps: [{fn: a}], response: b"), "D041" });
}

static void
condition_12_schedules(void **state)
{
#define SCHED(x) TOP FNS "schedules: [{" x "}]\n"
	EXPECT({ SCHED("every: {days: 1}, steps: [{fn: a}]"), "D050" },
	    { SCHED("name: s, every: {days: 1}"), "D028" },
	    { SCHED("name: s, steps: [{fn: a}]"), "D052" },
	    { SCHED("name: s, every: {seconds: 0, days: 0}, steps: [{fn: a}]"),
		"D052" },
	    { SCHED("name: s, every: {seconds: 1, days: 1}, steps: [{fn: a}]"),
		"" });
}

static void
condition_13_queries(void **state)
{
#define QUERY(x) STEPS("{fn: a}") "queries: [{" x "}]\n"
	EXPECT({ QUERY("query: SELECT 1"), "D060" },
	    { QUERY("name: q"), "D061" },
	    { QUERY("name: q, type: drop, query: SELECT 1"), "D062" },
	    { QUERY("name: q, query: SELECT 1, varCount: -1"), "D063" },
	    { QUERY("name: q, query: insert into t values (1)"), "" },
	    { QUERY("name: q, query: DROP TABLE t"), "D062" },
	    { QUERY("name: q, query: SELECT 1; SELECT 2"), "D065" },
	    { QUERY("name: q, query: \"SELECT ';' -- ; x\\n ; \""), "" },
	    { QUERY("name: q, type: select, query: 'SELECT $$;$$; /* ; */ ;'"),
		"" },
	    { QUERY("name: q, query: \"SELECT 1 /* open ; SELECT\""), "" });
}

/* 2.1 [bug]: `fn: db::getUser` was "not contained in the project". */
static void
bug_functions_in_namespaces_can_be_named(void **state)
{
	EXPECT({ STEPS("{fn: 'db::u'}"), "" });
}

/* 3.4 [bug]: `with` and onErr of a group's members were validated and ignored;
 * those beside `group` were what counted, and still do. */
static void
bug_members_of_a_group_have_their_own_with_and_on_err(void **state)
{
	static const char yaml[] = STEPS(
	    "{fn: a}, {group: [{fn: b, with: {x: a}, onErr: {any: continue}}, "
	    "{fn: 'db::u'}], with: {y: a, x: z}, onErr: {any: return}}");
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(directive_free) struct directive *d = NULL;
	const struct call *c;
	struct err e = ERR;

	(void)state;
	assert_int_equal(
	    directive_parse(&d, str_of(yaml), STR("D"), ds, &e), 0);
	c = d->handlers[0].steps[1].calls;
	assert_int_equal(c[0].nwith, 2);
	assert_true(str_is(c[0].with[0].key, "x"));
	assert_true(str_is(c[0].with[0].value, "a"));
	assert_true(str_is(c[0].with[1].key, "y"));
	assert_int_equal(c[0].on_err.any, ON_ERR_CONTINUE);
	assert_int_equal(c[1].nwith, 2);
	assert_true(c[1].on_err.has_any);
	assert_int_equal(c[1].on_err.any, ON_ERR_RETURN);
}

/* 2.3: up to Atmo 0.2.0 a name was namespace#name@version. */
static void
trap_2020_a_hash_stood_between_namespace_and_name(void **state)
{
#define OLD(fn) \
	"identifier: com.example.app\nversion: v0.0.1\n" \
	"capabilities: {http: {enabled: false}}\n" \
	"functions: [{name: u, namespace: db}]\n" \
	"handlers: [{type: request, method: GET, resource: /x, steps: [{fn: " \
	"'" fn "'}]}]\n"
	EXPECT({ OLD("db#u"), "" }, { OLD("db#u@v0.0.1"), "" },
	    { OLD("db::u"), "" }, { OLD("dc#u"), "D017" },
	    { OLD("db#u@v0.0.2"), "D017" }, { STEPS("{fn: 'db#u'}"), "D017" });
}

/* 2.1: `version:` and `functions:` of late October 2020. */
static void
a_directive_of_2020_is_read_with_notes(void **state)
{
	static const char yaml[] = OLD("db::u");
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(directive_free) struct directive *d = NULL;
	struct err e = ERR;

	(void)state;
	assert_int_equal(
	    directive_parse(&d, str_of(yaml), STR("D"), ds, &e), 0);
	assert_true(str_is(d->app_version, "v0.0.1"));
	assert_int_equal(d->nfunctions, 1);
	assert_true(str_is(d->functions[0].ns, "db"));
	directive_check(d, NULL, 0, ds);
	assert_int_equal(diags_count(ds), 1);
	assert_string_equal(diags_at(ds, 0)->rule->code, "D113");
	assert_int_equal(diags_at(ds, 0)->rule->level, DIAG_NOTE);
}

/* 3.1: before 0.2.0 `with` was a list of "alias: key" texts. */
static void
trap_with_as_a_list_is_read_with_a_note(void **state)
{
	static const char yaml[] =
	    STEPS("{fn: a}, {fn: b, with: ['x: a', y: a]}");
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(directive_free) struct directive *d = NULL;
	const struct call *c;
	struct err e = ERR;
	size_t i, notes = 0;

	(void)state;
	assert_int_equal(
	    directive_parse(&d, str_of(yaml), STR("D"), ds, &e), 0);
	c = &d->handlers[0].steps[1].calls[0];
	assert_int_equal(c->nwith, 2);
	assert_true(str_is(c->with[0].key, "x"));
	assert_true(str_is(c->with[1].value, "a"));
	directive_check(d, NULL, 0, ds);
	assert_int_equal(diags_errors(ds) + diags_warnings(ds), 0);
	for (i = 0; i < diags_count(ds); i++)
		notes += strcmp(diags_at(ds, i)->rule->code, "D114") == 0;
	assert_int_equal(notes, 1);
}

static void
another_list_of_functions_is_for_later(void **state)
{
	EXPECT({ STEPS("{fn: a}") "functions: {x: y}\n", "" },
	    { STEPS("{fn: a}") "functions: [{name: x}]\n", "D003" },
	    { STEPS("{fn: a}") "tests: x\n", "D003" },
	    { HANDLER("steps: [{fn: a}], durable: true, cache: 1, auth: 1, "
		      "idempotencyKey: 1"),
		"D003 D003 D003 D003" });
}

static void
handlers_at_the_addresses_of_functions_are_told(void **state)
{
#define HEADLESS(path) \
	TOP FNS "headless: true\nhandlers: [{type: request, method: POST, " \
		"resource: '" path "', steps: [{fn: a}]}]\n"
	EXPECT({ HEADLESS("/x"), "" }, { HEADLESS("/:a/:b/:c/:d"), "D112" },
	    { HEADLESS("/com.example.app/db/u/v0.1.0"), "D112" },
	    { HEADLESS("/*all"), "D112" });
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(condition_1_identifier_and_versions),
		cmocka_unit_test(condition_2_functions_and_their_names),
		cmocka_unit_test(
		    bug_2_a_name_may_be_in_default_and_another_namespace),
		cmocka_unit_test(condition_3_connections),
		cmocka_unit_test(condition_4_authentication),
		cmocka_unit_test(condition_5_handlers),
		cmocka_unit_test(condition_6_routes_conflict),
		cmocka_unit_test(
		    trap_6_a_fixed_part_beside_a_parameter_is_no_conflict),
		cmocka_unit_test(
		    trap_6_what_comes_after_a_conflict_is_checked_too),
		cmocka_unit_test(condition_7_no_steps),
		cmocka_unit_test(condition_8_a_step_is_one_thing),
		cmocka_unit_test(
		    condition_9_functions_and_state_keys_are_there),
		cmocka_unit_test(condition_10_on_err),
		cmocka_unit_test(condition_11_response),
		cmocka_unit_test(condition_12_schedules),
		cmocka_unit_test(condition_13_queries),
		cmocka_unit_test(bug_functions_in_namespaces_can_be_named),
		cmocka_unit_test(
		    bug_members_of_a_group_have_their_own_with_and_on_err),
		cmocka_unit_test(
		    trap_2020_a_hash_stood_between_namespace_and_name),
		cmocka_unit_test(a_directive_of_2020_is_read_with_notes),
		cmocka_unit_test(trap_with_as_a_list_is_read_with_a_note),
		cmocka_unit_test(another_list_of_functions_is_for_later),
		cmocka_unit_test(
		    handlers_at_the_addresses_of_functions_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
