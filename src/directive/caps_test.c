/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "directive/directive.h"

/* Six lines. */
#define HEAD \
	"identifier: com.example.app\n" \
	"appVersion: v0.1.0\n" \
	"atmoVersion: v0.4.8\n" \
	"handlers: [{type: request, method: GET, resource: /, steps: [{fn: " \
	"a}," \
	" {fn: db::b}]}]\n" \
	"runnables:\n" \
	"- {name: a, namespace: default}\n- {name: b, namespace: db}\n"

static void
open_yaml(struct directive **d, struct diags *ds, const char *yaml)
{
	struct err e = ERR;

	if (directive_parse(d, str_of(yaml), STR("D"), ds, &e) < 0)
		fail_msg("%s", e.text);
}

#define OPEN(d, yaml) \
	CLEANUP(diags_free) struct diags *ds = diags_new(); \
	CLEANUP(directive_free) struct directive *d = NULL; \
	open_yaml(&d, ds, yaml)

static void
without_the_block_all_is_allowed_but_a_database(void **state)
{
	OPEN(d, HEAD);
	const struct capabilities *c = &d->caps;

	(void)state;
	assert_true(c->logger && c->file && c->auth && c->cache);
	assert_true(c->cache_set && c->cache_get && c->cache_delete);
	assert_true(c->request && c->field_get && c->field_set);
	assert_true(c->secrets && c->secrets_all);
	assert_true(c->http.enabled && c->graphql.enabled);
	assert_true(c->http.allow_ips && c->http.allow_private);
	assert_true(c->http.allow_http && c->http.allowed_domains.n == 0);
	assert_false(c->db);
	assert_int_equal(c->http.at.line, 0);
	assert_ptr_equal(directive_capabilities(d, &d->functions[0]), c);
	assert_ptr_equal(directive_capabilities(d, NULL), c);
}

static void
every_key_of_a_block_is_read(void **state)
{
	OPEN(d,
	    HEAD
	    "capabilities:\n"
	    "  logger: {enabled: false}\n"
	    "  http:\n"
	    "    enabled: true\n"
	    "    rules:\n"
	    "      allowedDomains: [a.com, '*.b.com']\n"
	    "      blockedDomains: [c.com]\n"
	    "      allowedCIDRs: [10.0.0.0/8]\n"
	    "      blockedCIDRs: ['::1/128', 192.0.2.1]\n"
	    "      allowedPorts: [8080, 9000-9099, '1-65535']\n"
	    "      blockedPorts: [22]\n"
	    "      allowIPs: true\n"
	    "      allowPrivate: true\n"
	    "      allowHTTP: true\n"
	    "  auth:\n"
	    "    enabled: true\n"
	    "    headers: {a.com: {headerType: basic, value: x}}\n"
	    "  cache:\n"
	    "    enabled: true\n"
	    "    rules: {allowGet: true}\n"
	    "    redis: {serverAddress: 'localhost:1', username: u, "
	    "password: p}\n"
	    "  file: {enabled: false}\n"
	    "  db: {enabled: true, dbType: pgx, connectionString: env(DB),\n"
	    "       queries: [{name: q, query: SELECT 1}]}\n"
	    "  requestHandler: {enabled: true, allowGetField: true}\n"
	    "  secrets: {enabled: true, env: {allowedKeys: [A, B]},\n"
	    "            files: {directory: /run/s, allowedKeys: [t]}}\n");
	const struct capabilities *c = &d->caps;
	const struct http_rules *h = &c->http;

	(void)state;
	assert_int_equal(diags_count(ds), 0);
	assert_false(c->logger || c->file);
	assert_true(h->enabled && h->allow_ips && h->allow_private);
	assert_int_equal(h->at.line, 10);
	assert_true(str_is(h->allowed_domains.v[1], "*.b.com"));
	assert_true(str_is(h->blocked_domains.v[0], "c.com"));
	assert_true(str_is(h->allowed_cidrs.v[0], "10.0.0.0/8"));
	assert_true(str_is(h->blocked_cidrs.v[0], "::1/128"));
	assert_int_equal(h->nallowed_ports, 3);
	assert_int_equal(h->allowed_ports[1].from, 9000);
	assert_int_equal(h->allowed_ports[1].to, 9099);
	assert_int_equal(h->blocked_ports[0].to, 22);
	assert_true(c->graphql.enabled && c->graphql.allow_ips);
	assert_true(str_is(c->auth_headers[0].header_type, "basic"));
	assert_true(c->cache && c->cache_get && !c->cache_set);
	assert_true(str_is(c->redis, "localhost:1"));
	assert_true(str_is(c->redis_user, "u"));
	assert_true(str_is(c->redis_password, "p"));
	assert_true(c->db && str_is(c->db_type, "postgresql"));
	assert_true(str_is(c->db_connection, "env(DB)"));
	assert_true(d->nqueries == 1 && str_is(d->queries[0].name, "q"));
	assert_true(c->request && c->field_get && !c->field_set);
	assert_true(c->secrets && !c->secrets_all);
	assert_int_equal(c->secret_env.n, 2);
	assert_true(str_is(c->secret_dir, "/run/s"));
	assert_true(str_is(c->secret_files.v[0], "t"));
}

/* 7: "a given block replaces the default only for the named parts". */
static void
a_part_that_is_written_replaces_its_default_as_a_whole(void **state)
{
	OPEN(d, HEAD "capabilities: {cache: {enabled: true}, http: ~}\n");

	(void)state;
	assert_true(d->caps.cache && !d->caps.cache_set && !d->caps.cache_get);
	assert_true(d->caps.http.enabled && d->caps.http.allow_http);
	assert_true(d->caps.logger);
}

/* 7 [trap]: an http block without allowIPs, allowPrivate, allowHTTP. */
static void
trap_an_http_block_without_the_three_has_them_false(void **state)
{
	OPEN(d, HEAD "capabilities: {http: {enabled: true}}\n");
	size_t i, notes = 0;

	(void)state;
	assert_false(d->caps.http.allow_ips || d->caps.http.allow_private ||
	    d->caps.http.allow_http);
	directive_check(d, NULL, 0, ds);
	for (i = 0; i < diags_count(ds); i++)
		if (strcmp(diags_at(ds, i)->rule->code, "D086") == 0) {
			notes++;
			assert_true(str_is(diags_at(ds, i)->text,
			    "'allowIPs', 'allowPrivate', 'allowHTTP' not "
			    "written, so false"));
			assert_int_equal(
			    diags_at(ds, i)->rule->level, DIAG_NOTE);
		}
	assert_int_equal(notes, 1);
	assert_int_equal(diags_count(ds), 1);
}

/* 7 [bug]: a missing env block crashed. */
static void
what_cannot_be_read_allows_nothing(void **state)
{
	static const char *const caps[] = {
		"[a]",
		"{http: [a]}",
		"{http: x}",
		"{http: {enabled: yes}}",
		"{http: {enabled: true, rules: [a]}}",
		"{http: {enabled: true, rules: {allowedDomains: a.com}}}",
		"{http: {enabled: true, rules: {blockedDomains: {a: b}}}}",
		"{http: {enabled: true, rules: {blockedDomains: [[a]]}}}",
		"{http: {enabled: true, rules: {blockedCIDRs: [nonsense]}}}",
		"{http: {enabled: true, rules: {blockedPorts: [1-x]}}}",
		"{http: {enabled: true, rules: {allowedPorts: 80}}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(caps); i++) {
		char yaml[1000];

		(void)snprintf(
		    yaml, sizeof(yaml), HEAD "capabilities: %s\n", caps[i]);
		OPEN(d, yaml);
		if (d->caps.http.enabled)
			fail_msg("%s", caps[i]);
		assert_true(d->caps.secrets == (i > 0));
	}
}

static void
bug_secrets_without_env_have_none(void **state)
{
	OPEN(d, HEAD "capabilities: {secrets: {enabled: true}}\n");

	(void)state;
	assert_true(d->caps.secrets && d->caps.secrets_all);
	assert_int_equal(d->caps.secret_env.n, 0);
	assert_int_equal(d->caps.secret_files.n, 0);
}

/* 3.1 [bug]: the default was set on a loop copy.  3.5 [bug]: the whole key was
 * validated and not wired up. */
static void
bug_authentication_works_and_its_type_is_bearer(void **state)
{
	OPEN(d,
	    HEAD "authentication:\n  domains:\n"
		 "    a.com: {value: env(T)}\n"
		 "    b.com: {headerType: basic, value: v}\n"
		 "capabilities:\n  auth: {enabled: true, headers: {B.com: "
		 "{value: w}}}\n");
	const struct capabilities *c = &d->caps;

	(void)state;
	assert_int_equal(c->nauth_headers, 2);
	assert_true(str_is(c->auth_headers[0].domain, "B.com"));
	assert_true(str_is(c->auth_headers[0].value, "w"));
	assert_true(str_is(c->auth_headers[0].header_type, "bearer"));
	assert_true(str_is(c->auth_headers[1].domain, "a.com"));
	assert_true(str_is(c->auth_headers[1].header_type, "bearer"));
	assert_true(str_is(c->auth_headers[1].value, "env(T)"));
}

static void
connections_are_put_into_cache_and_database(void **state)
{
	OPEN(d,
	    HEAD "connections:\n"
		 "  redis: {serverAddress: r:1, username: u}\n"
		 "  database: {type: postgresql, connectionString: x}\n"
		 "  nats: {serverAddress: nats://n}\n"
		 "  kafka: {brokerAddress: k:9092}\n");

	(void)state;
	assert_true(str_is(d->caps.redis, "r:1"));
	assert_true(d->caps.db && str_is(d->caps.db_connection, "x"));
	assert_true(str_is(d->caps.db_type, "postgresql"));
	assert_true(str_is(d->connections.nats, "nats://n"));
	assert_true(str_is(d->connections.kafka, "k:9092"));
	assert_int_equal(d->connections.nats_at.line, 11);
}

static void
an_enabled_db_part_goes_before_the_connection(void **state)
{
	static const char links[] =
	    "connections: {database: {type: mysql, connectionString: link}}\n";
	OPEN(d,
	    HEAD "capabilities: {db: {enabled: true, dbType: sqlite, "
		 "connectionString: own}}\nconnections: {database: {type: "
		 "mysql, connectionString: link}}\n");
	CLEANUP(directive_free) struct directive *off = NULL;
	CLEANUP(buf_free) struct buf text = BUF(10000);

	(void)state;
	assert_true(str_is(d->caps.db_connection, "own"));
	assert_true(str_is(d->caps.db_type, "sqlite"));
	buf_addf(&text, "%s%s", HEAD "capabilities: {db: {enabled: false}}\n",
	    links);
	open_yaml(&off, ds, buf_cstr(&text));
	assert_true(off->caps.db && str_is(off->caps.db_connection, "link"));
}

static void
a_function_may_have_parts_of_its_own(void **state)
{
	OPEN(d,
	    HEAD
	    "capabilities:\n"
	    "  http: {enabled: false}\n"
	    "  logger: {enabled: false}\n"
	    "  functions:\n"
	    "    db::*: {http: {enabled: true}}\n"
	    "    a: {logger: {enabled: true}, connections: {database: "
	    "{type: mysql, connectionString: own}}}\n"
	    "    com.example.app#db::b@v0.1.0: {file: {enabled: false}}\n");
	const struct capabilities *a, *b, *other;
	const struct function_info c = { .name = STR("c"), .ns = STR("db") };

	(void)state;
	a = directive_capabilities(d, &d->functions[0]);
	b = directive_capabilities(d, &d->functions[1]);
	other = directive_capabilities(d, &c);
	assert_true(a->logger && !a->http.enabled && a->file);
	assert_true(a->db && str_is(a->db_connection, "own") && !b->db);
	/* Its own name goes before its namespace. */
	assert_true(!b->logger && !b->http.enabled && !b->file);
	assert_true(!other->logger && other->http.enabled);
	directive_check(d, NULL, 0, ds);
	assert_int_equal(diags_errors(ds), 0);
}

/* 7: equal text; '*' is one label; a leading "*." any number; from the right.
 */
static void
domains_match_as_the_page_says(void **state)
{
	static const struct {
		const char *pattern, *host;
		bool want;
	} rows[] = {
		{ "a.com", "a.com", true },
		{ "a.com", "A.COM", true },
		{ "A.com", "a.com.", true },
		{ "a.com.", "a.com", true },
		{ "a.com", "b.a.com", false },
		/* In Atmo the first label stood for all that remain. */
		{ "a.com", "a.a.com", false },
		{ "*.hello.com", "a.hello.com", true },
		{ "*.hello.com", "a.b.c.hello.com", true },
		{ "*.hello.com", "hello.com", false },
		{ "*.hello.com", "evilhello.com", false },
		{ "a.*.com", "a.b.com", true },
		{ "a.*.com", "a.b.c.com", false },
		{ "tomorrow.*", "tomorrow.com", true },
		{ "tomorrow.*", "tomorrow.co.uk", false },
		{ "*", "anything.at.all", true },
		{ "*", "localhost", true },
		{ "a.b.com", "b.com", false },
		{ "a.com", "a..com", true },
		{ "", "a.com", false },
		{ ".", "a.com", false },
		{ "*", "", false },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "::1", "::1", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		if (domain_matches(str_of(rows[i].pattern),
			str_of(rows[i].host)) != rows[i].want)
			fail_msg("%s %s", rows[i].pattern, rows[i].host);
}

/* 5.2 [trap]: only apiVersion tells which method numbers a module used. */
static void
trap_methods_are_old_up_to_api_version_0_12(void **state)
{
	static const struct {
		const char *version;
		bool old;
	} rows[] = {
		{ "0.12.0", true },
		{ "v0.12.9", true },
		{ "0.3", true },
		{ "0.13.0", false },
		{ "0.15.1", false },
		{ "1.0", false },
		{ "", false },
		{ "new", false },
	};
	size_t i;

	(void)state;
	assert_false(function_old_methods(NULL));
	for (i = 0; i < COUNT(rows); i++) {
		const struct function_info f = { .api_version =
						     str_of(rows[i].version) };

		assert_int_equal(function_old_methods(&f), rows[i].old);
	}
}

static void
what_is_wrong_in_a_block_is_told(void **state)
{
#define CAPS(x) HEAD "capabilities: {http: {enabled: false}, " x "}\n"
#define RULES(x) \
	HEAD "capabilities: {http: {enabled: true, rules: {allowIPs: false, " \
	     "allowPrivate: false, allowHTTP: false, " x "}}}\n"
	static const char *const rows[][2] = {
		{ CAPS("cahe: {}"), "D092" },
		{ CAPS("logger: {}"), "D085" },
		{ CAPS("logger: true"), "D001" },
		{ CAPS("cache: {enabled: true}"), "D086" },
		{ CAPS("requestHandler: {enabled: true, allowGetField: true}"),
		    "D086" },
		{ CAPS("db: {enabled: true, connectionString: x}"), "D083" },
		{ CAPS("db: {enabled: true, dbType: oracle, connectionString: "
		       "x}"),
		    "D083" },
		{ CAPS("db: {enabled: true, dbType: sqlite}"), "D072" },
		{ CAPS("secrets: {enabled: true, files: {allowedKeys: [a]}}"),
		    "D089" },
		{ CAPS("secrets: {enabled: true, files: {directory: /x, "
		       "allowedKeys: [a/b]}}"),
		    "D089" },
		{ CAPS("auth: {enabled: true, headers: {a.com: {}}}"), "D075" },
		{ CAPS("auth: {enabled: true, headers: {'http://a': {value: "
		       "v}}}"),
		    "D080" },
		{ CAPS("functions: {nobody: {}}"), "D088" },
		{ CAPS("functions: {none::*: {}}"), "D088" },
		{ CAPS("functions: {a: {htp: {}}}"), "D092" },
		{ RULES("allowedDomain: [a.com]"), "D092" },
		{ CAPS("functions: {a: {http: {}}}"), "D085" },
		{ RULES("allowedDomains: ['https://a.com']"), "D080" },
		{ RULES("allowedDomains: [a.com/path]"), "D080" },
		{ RULES("allowedDomains: [a*.com]"), "D080" },
		{ RULES("allowedDomains: ['a.com:8080']"), NULL },
		{ RULES("allowedDomains: ['::1']"), NULL },
		{ RULES("allowedDomains: ['*']"), "D081" },
		{ RULES("blockedDomains: ['*']"), NULL },
		{ RULES("allowedCIDRs: [10.0.0.0/33]"), "D084" },
		{ RULES("allowedCIDRs: [10.0.0/8]"), "D084" },
		{ RULES("allowedCIDRs: ['::1/129']"), "D084" },
		{ RULES("allowedCIDRs: [host]"), "D084" },
		{ RULES("allowedCIDRs: [10.0.0.0/8, '2001:db8::/32', 1.2.3.4]"),
		    NULL },
		{ RULES("allowedPorts: [0]"), "D082" },
		{ RULES("allowedPorts: [65536]"), "D082" },
		{ RULES("allowedPorts: [90-80]"), "D082" },
		{ RULES("allowedPorts: [http]"), "D082" },
		{ RULES("allowedPorts: [80, 8000-8999]"), NULL },
		{ HEAD, "D087" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		OPEN(d, rows[i][0]);

		directive_check(d, NULL, 0, ds);
		if (diags_count(ds) != (rows[i][1] ? 1u : 0u) ||
		    (rows[i][1] &&
			strcmp(diags_at(ds, 0)->rule->code, rows[i][1]) != 0))
			fail_msg("%s: %zu %s", rows[i][0], diags_count(ds),
			    diags_count(ds) ? diags_at(ds, 0)->rule->code : "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    without_the_block_all_is_allowed_but_a_database),
		cmocka_unit_test(every_key_of_a_block_is_read),
		cmocka_unit_test(
		    a_part_that_is_written_replaces_its_default_as_a_whole),
		cmocka_unit_test(
		    trap_an_http_block_without_the_three_has_them_false),
		cmocka_unit_test(what_cannot_be_read_allows_nothing),
		cmocka_unit_test(bug_secrets_without_env_have_none),
		cmocka_unit_test(
		    bug_authentication_works_and_its_type_is_bearer),
		cmocka_unit_test(connections_are_put_into_cache_and_database),
		cmocka_unit_test(an_enabled_db_part_goes_before_the_connection),
		cmocka_unit_test(a_function_may_have_parts_of_its_own),
		cmocka_unit_test(domains_match_as_the_page_says),
		cmocka_unit_test(trap_methods_are_old_up_to_api_version_0_12),
		cmocka_unit_test(what_is_wrong_in_a_block_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
