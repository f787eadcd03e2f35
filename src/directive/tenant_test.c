/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "directive/directive.h"

#define REF \
	"00112233445566778899aabbccddeeff" \
	"00112233445566778899aabbccddeeff"
#define REF2 \
	"ff112233445566778899aabbccddeeff" \
	"00112233445566778899aabbccddeeff"

static const char whole[] =
    "{\"identifier\": \"com.suborbital.app\", \"specVersion\": 1,\n"
    " \"tenantVersion\": 7,\n"
    " \"defaultNamespace\": {\"name\": \"default\", \"workflows\": [\n"
    "  {\"name\": \"greet\", \"response\": \"hi\", \"steps\": [\n"
    "   {\"executableMod\": {\"fqmn\": "
    "\"fqmn://com.suborbital.app/default/hello@" REF "\", \"as\": \"hi\",\n"
    "     \"with\": null, \"onErr\": {\"code\": {\"404\": \"continue\"},"
    " \"any\": \"\", \"other\": \"return\"}},\n"
    "    \"group\": [], \"ForEach\": null},\n"
    "   {\"executableMod\": {}, \"group\": [\n"
    "     {\"fqmn\": \"/name/default/hello\", \"as\": \"x\"},\n"
    "     {\"fqmn\": \"/ref/" REF2 "\", \"with\": {\"a\": \"hi\"}}]}],\n"
    "   \"schedule\": {\"every\": {\"seconds\": 5}, \"state\": {\"k\": "
    "\"v\"}},\n"
    "   \"triggers\": [{\"source\": \"nats\", \"topic\": \"in\", \"sink\": "
    "\"nats\", \"sinkTopic\": \"out\"}]},\n"
    "  {\"name\": \"late\", \"steps\": [{\"fqmn\": \"db::get\"},\n"
    "   {\"group\": [\"hello\", \"db::get\"]}], \"response\": \"hello\"}],\n"
    "  \"queries\": [{\"name\": \"q\", \"type\": \"select\", \"query\": "
    "\"SELECT 1\"}],\n"
    "  \"capabilities\": {\"logger\": {\"enabled\": true}, \"db\": "
    "{\"enabled\": false}, \"http\": {\"enabled\": false}},\n"
    "  \"connections\": [{\"type\": \"nats\", \"name\": \"n\", \"config\": "
    "{\"serverAddress\": \"nats://n\"}},\n"
    "   {\"type\": \"postgres\", \"name\": \"p\", \"config\": "
    "{\"connectionString\": \"pg\"}}],\n"
    "  \"authentication\": {\"domains\": {\"a.com\": {\"value\": \"v\"}}},\n"
    "  \"modules\": null},\n"
    " \"namespaces\": [{\"name\": \"db\", \"workflows\": [{\"name\": \"w\", "
    "\"steps\": [{\"fqmn\": \"db::get\"}]}],\n"
    "   \"capabilities\": {\"logger\": {\"enabled\": false}},\n"
    "   \"connections\": [{\"type\": \"redis\", \"config\": "
    "{\"serverAddress\": \"r:1\"}}]}],\n"
    " \"modules\": [\n"
    "  {\"name\": \"hello\", \"namespace\": \"default\", \"lang\": \"rust\","
    " \"ref\": \"" REF "\", \"draftRef\": \"\", \"apiVersion\": \"0.15.1\","
    " \"fqmn\": \"fqmn://com.suborbital.app/default/hello@" REF "\","
    " \"revisions\": [{\"ref\": \"" REF "\"}], \"wasmRef\": null},\n"
    "  {\"name\": \"get\", \"namespace\": \"db\", \"lang\": \"rust\","
    " \"ref\": \"" REF2 "\"}]}\n";

static void
open_json(struct directive **d, struct diags *ds, const char *json)
{
	struct err e = ERR;

	if (tenant_parse(d, str_of(json), STR("tenant.json"), ds, &e) < 0)
		fail_msg("%s", e.text);
}

#define OPEN(d, json) \
	CLEANUP(diags_free) struct diags *ds = diags_new(); \
	CLEANUP(directive_free) struct directive *d = NULL; \
	open_json(&d, ds, json)

static void
a_tenant_is_read_as_a_directive(void **state)
{
	OPEN(d, whole);
	size_t i;

	(void)state;
	directive_check(d, NULL, 0, ds);
	for (i = 0; i < diags_count(ds); i++)
		if (diags_at(ds, i)->rule->level != DIAG_NOTE)
			fail_msg("%s " STR_F, diags_at(ds, i)->rule->code,
			    STR_A(diags_at(ds, i)->text));
	assert_true(d->tenant && !d->headless);
	assert_true(str_is(d->identifier, "com.suborbital.app"));
	assert_true(str_is(d->app_version, "v7"));
	assert_int_equal(d->nhandlers, 4);
	assert_int_equal(d->nschedules, 1);
	assert_int_equal(d->nfunctions, 2);
	assert_true(str_is(d->functions[0].digest, REF));
	assert_true(str_is(d->functions[0].api_version, "0.15.1"));
	assert_int_equal(d->nqueries, 1);
	assert_true(str_is(d->connections.nats, "nats://n"));
}

static void
workflows_become_handlers(void **state)
{
	OPEN(d, whole);
	const struct handler *h = &d->handlers[0];
	const struct call *c = &h->steps[0].calls[0];

	(void)state;
	assert_true(str_is(h->method, "POST"));
	assert_true(
	    str_is(h->resource, "/workflow/com.suborbital.app/default/greet"));
	/* 2.2 [bug]: `response` was validated, and the last step won. */
	assert_true(str_is(h->response, "hi"));
	assert_int_equal(h->nsteps, 2);
	assert_ptr_equal(directive_find(d, NULL, 0, c->fn), &d->functions[0]);
	assert_true(str_is(c->key, "hi") && c->nwith == 0);
	assert_true(c->on_err.ncodes == 1 && c->on_err.codes[0].code == 404);
	assert_true(c->on_err.has_other && !c->on_err.has_any);
	assert_true(h->steps[1].group && h->steps[1].ncalls == 2);
	c = &h->steps[1].calls[1];
	assert_ptr_equal(directive_find(d, NULL, 0, c->fn), &d->functions[1]);
	assert_true(c->nwith == 1 && str_is(c->with[0].value, "hi"));
	h = &d->handlers[1];
	assert_int_equal(h->type, HANDLER_STREAM);
	assert_true(str_is(h->source, "nats") && str_is(h->resource, "in"));
	assert_true(str_is(h->respond_to, "out"));
	assert_true(str_is(
	    d->handlers[3].resource, "/workflow/com.suborbital.app/db/w"));
	assert_true(str_is(d->schedules[0].name, "greet"));
	assert_int_equal(d->schedules[0].every_s, 5);
	assert_int_equal(d->schedules[0].nstate, 1);
	assert_int_equal(d->schedules[0].nsteps, 2);
}

static void
namespaces_have_capabilities_of_their_own(void **state)
{
	OPEN(d, whole);
	const struct capabilities *c =
	    directive_capabilities(d, &d->functions[1]);

	(void)state;
	assert_true(d->caps.logger && !d->caps.http.enabled);
	assert_true(d->caps.db && str_is(d->caps.db_connection, "pg"));
	assert_true(str_is(d->caps.auth_headers[0].header_type, "bearer"));
	/* What it does not name is the default, not the other namespace's. */
	assert_true(!c->logger && c->http.enabled && !c->db);
	assert_true(str_is(c->redis, "r:1") && c->nauth_headers == 0);
}

static void
functions_of_a_tenant_have_addresses(void **state)
{
	static const struct {
		const char *method, *path;
		int status, which;
	} rows[] = {
		{ "POST", "/name/com.suborbital.app/default/hello", 200, 0 },
		{ "POST", "/name/com.suborbital.app/db/get", 200, 1 },
		{ "GET", "/name/com.suborbital.app/db/get", 405, -1 },
		{ "POST", "/name/other/db/get", 404, -1 },
		{ "POST", "/name/com.suborbital.app/get", 404, -1 },
		{ "POST", "/name/com.suborbital.app", 404, -1 },
		{ "POST", "/ref/" REF2, 200, 1 },
		{ "POST", "/ref/" REF2 "0", 404, -1 },
		{ "POST", "/ref/", 404, -1 },
		{ "POST", "/com.suborbital.app/db/get/v7", 404, -1 },
		{ "POST", "/", 404, -1 },
	};
	OPEN(d, whole);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		int status = 0;
		const struct function_info *f = directive_route_function(
		    d, str_of(rows[i].method), str_of(rows[i].path), &status);

		if (status != rows[i].status ||
		    (f ? f - d->functions : -1) != rows[i].which)
			fail_msg("%s: %d", rows[i].path, status);
	}
}

static void
what_is_no_tenant_is_an_error_and_never_more(void **state)
{
	static const char *const bad[] = { "", "{", "{\"a\": tru}" };
	static const char *const odd[] = { "[]", "1", "null", "{}",
		"{\"defaultNamespace\": 1, \"namespaces\": {}, \"modules\": 1}",
		"{\"defaultNamespace\": {\"workflows\": [1, null, {}, "
		"{\"steps\": [1, null, [], {\"group\": [1, null]}], "
		"\"triggers\": [1, {}], \"schedule\": {\"every\": []}}]}}",
		"{\"namespaces\": [1, {}, {\"capabilities\": [], "
		"\"connections\": [1, {\"type\": \"x\", \"config\": {}}]}]}",
		"{\"modules\": [1, {}, {\"name\": {}}], \"identifier\": []}" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		CLEANUP(diags_free) struct diags *ds = diags_new();
		struct directive *d = NULL;
		struct err e = ERR;

		assert_int_equal(tenant_parse(&d, str_of(bad[i]),
				     STR("tenant.json"), ds, &e),
		    -1);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_true(str_starts(str_of(e.text), "tenant.json:"));
	}
	for (i = 0; i < COUNT(odd); i++) {
		OPEN(d, odd[i]);

		directive_check(d, NULL, 0, ds);
		assert_true(diags_errors(ds) > 0);
	}
}

static void
the_older_steps_of_workflows_are_read(void **state)
{
	OPEN(d,
	    "{\"identifier\": \"a.b\", \"modules\": [{\"name\": \"f\", "
	    "\"namespace\": \"default\", \"ref\": \"v2\"}], "
	    "\"defaultNamespace\": {\"workflows\": [{\"name\": \"w\", "
	    "\"steps\": [{\"callableFn\": {\"fn\": \"f\"}}, "
	    "{\"executableMod\": {\"fqmn\": \"\"}, \"ForEach\": {\"in\": "
	    "\"f\", \"fqmn\": \"fqmn://a.b/default/f@v2\", \"as\": "
	    "\"all\"}}]}]}}");
	const struct step *s = d->handlers[0].steps;

	(void)state;
	assert_int_equal(diags_errors(ds), 0);
	directive_check(d, NULL, 0, ds);
	assert_int_equal(diags_errors(ds), 0);
	assert_true(str_is(s[0].calls[0].fn, "f"));
	assert_true(str_is(s[1].calls[0].each, "f"));
	assert_true(str_is(s[1].calls[0].key, "all"));
	/* A ref that is no digest is a version. */
	assert_true(d->functions[0].digest.n == 0);
	assert_ptr_equal(
	    directive_find(d, NULL, 0, s[1].calls[0].fn), &d->functions[0]);
	assert_true(str_is(d->app_version, "v1"));
}

/* Steps that many triggers share are as long for each of them. */
static void
a_tenant_that_unfolds_without_end_is_refused(void **state)
{
	CLEANUP(buf_free) struct buf json = BUF(4u << 20);
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct directive *d = NULL;
	struct err e = ERR;
	int i;

	(void)state;
	buf_addf(&json,
	    "{\"defaultNamespace\": {\"workflows\": [{\"steps\": "
	    "[0");
	for (i = 0; i < 1000; i++)
		buf_addf(&json, ",{\"fqmn\":\"a\"}");
	buf_addf(&json, "], \"triggers\": [{}");
	for (i = 0; i < 1000; i++)
		buf_addf(&json, ",{}");
	buf_addf(&json, "]}]}}");
	assert_int_equal(
	    tenant_parse(&d, buf_str(&json), STR("t"), ds, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tenant_is_read_as_a_directive),
		cmocka_unit_test(workflows_become_handlers),
		cmocka_unit_test(namespaces_have_capabilities_of_their_own),
		cmocka_unit_test(functions_of_a_tenant_have_addresses),
		cmocka_unit_test(the_older_steps_of_workflows_are_read),
		cmocka_unit_test(what_is_no_tenant_is_an_error_and_never_more),
		cmocka_unit_test(a_tenant_that_unfolds_without_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
