/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/world.h"
#include "tree/tree.h"

static bool
file(void *arg, struct str name, struct str *data)
{
	(void)arg;
	*data = STR("data");
	return name.n > 0;
}

static const char *const env[] = { "TOKEN=t", "OTHER=o", "DB=x.db", NULL };

static void
open_case(struct world *w, const char *yaml, const struct function_info *f)
{
	*w = (struct world){ .opt = { .file = file, .no_outside = true },
		.env = env,
		.hook = 1,
		.answer = { .status = 200, .body = STR("{}") } };
	world_open(w, yaml);
	w->call.info = f;
}

/* What stands between the two texts. */
static struct str
between(struct str s, const char *from, const char *to)
{
	size_t at;

	if (!str_find(s, str_of(from), &at))
		return STR("");
	s = str_from(s, at + strlen(from));
	if (str_find(s, str_of(to), &at))
		s.n = at;
	return s;
}

/* The keys that the log says to keep go from the old part to the new. */
static void
keep(struct arena *a, struct str log, const struct tree *old, struct tree *new)
{
	struct str keys = between(log, "; keep its ", ")"), key;

	while (keys.n > 0) {
		str_cut(&keys, ',', &key);
		key = str_trim(key);
		assert_non_null(tree_get_str(old, key));
		assert_null(tree_get_str(new, key));
		tree_put(a, new, arena_cstr(a, key), tree_get_str(old, key));
	}
}

/* Put each part of new in the place of old's. */
static void
put_parts(
    struct arena *a, struct tree *old, const struct tree *new, struct str log)
{
	for (size_t i = 0; i < new->nitems; i++) {
		struct tree *part = new->items[i];
		struct tree *was = tree_get_str(old, part->key->text);
		char *name = arena_cstr(a, part->key->text);

		if (strcmp(name, "functions") == 0) {
			part = part->items[0];
			put_parts(
			    a, tree_get_str(was, part->key->text), part, log);
			continue;
		}
		keep(a, log, was, part);
		tree_put(a, old, name, part);
	}
}

/* The Directive with the line of the log added as it says. */
static void
add_line(struct buf *out, const char *yaml, struct str log)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf text = BUF(1 << 16);
	struct tree *all, *line, *caps;
	struct str flow;
	struct err e = ERR;

	flow = between(log, "add to Directive.yaml: ", "|");
	assert_true(str_starts(flow, "capabilities: {"));
	while (!str_ends(flow, "}"))
		flow.n--;
	buf_add(&text, flow);
	if (tree_parse_yaml(&line, a, buf_str(&text), &e) < 0)
		fail_msg("%s: %s", buf_cstr(&text), e.text);
	assert_int_equal(tree_parse_yaml(&all, a, str_of(yaml), &e), 0);
	caps = tree_get(all, "capabilities");
	if (!caps)
		caps = tree_put(a, all, "capabilities", tree_map(a));
	put_parts(a, caps, tree_get(line, "capabilities"), log);
	tree_print_json(out, all, 2);
}

struct row {
	const char *caps; /* NULL: no block */
	enum abi_what what;
	int n;
	const char *a;
	const char *line; /* in the log */
};

static void
check_row(const struct row *r, const char *yaml, const struct function_info *f)
{
	CLEANUP(buf_free) struct buf better = BUF(1 << 16);
	struct world w;
	int rc;

	open_case(&w, yaml, f);
	rc = world_ask(&w, r->what, r->n, r->a, "");
	if (rc != ABI_REFUSED)
		fail_msg("%s: not refused", yaml);
	if (!strstr(buf_cstr(&w.log), r->line))
		fail_msg("no '%s' in '%s'", r->line, buf_cstr(&w.log));
	add_line(&better, yaml, buf_str(&w.log));
	world_close(&w);
	open_case(&w, buf_cstr(&better), f);
	rc = world_ask(&w, r->what, r->n, r->a, "");
	if (rc != ABI_ANSWERED)
		fail_msg("%s: refused: '%s' '%s'", buf_cstr(&better),
		    buf_cstr(&w.out), buf_cstr(&w.log));
	world_close(&w);
}

static void
check_caps(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(buf_free) struct buf yaml = BUF(1 << 16);

		buf_addf(&yaml,
		    "identifier: com.test.app\n"
		    "queries: [{name: q, query: \"select 1\"}]\n");
		if (rows[i].caps)
			buf_addf(&yaml, "capabilities: {%s}\n", rows[i].caps);
		check_row(&rows[i], buf_cstr(&yaml), NULL);
	}
}

/* upstream.md 7: a disabled capability, by each of its names. */
static void
a_capability_that_is_off_names_the_line_that_works(void **state)
{
	static const struct row rows[] = {
		{ "file: {}", ABI_FILE, 0, "a.txt",
		    "capabilities: {file: {enabled: true}}" },
		{ "http: {enabled: false}", ABI_FETCH, 0,
		    "https://api.example.com/v1",
		    "capabilities: {http: {enabled: true, rules: "
		    "{allowedDomains: [\"api.example.com\"]}}}" },
		{ "http: {enabled: false}", ABI_FETCH, 0, "http://[::1]:99/",
		    "capabilities: {http: {enabled: true, rules: "
		    "{allowedDomains: [\"::1\"], allowIPs: true, "
		    "allowPrivate: true, allowHTTP: true}}}" },
		{ "graphql: {enabled: false}", ABI_GRAPHQL, 0,
		    "https://api.example.com/v1",
		    "capabilities: {graphql: {enabled: true, rules: "
		    "{allowedDomains: [\"api.example.com\"]}}}" },
		{ "cache: {enabled: false}", ABI_CACHE_SET, 0, "k",
		    "{cache: {enabled: true, rules: {allowSet: true}}}" },
		{ "requestHandler: {enabled: false}", ABI_FIELD_GET, FIELD_META,
		    "url",
		    "{requestHandler: {enabled: true, allowGetField: "
		    "true}}" },
		{ "requestHandler: {enabled: false}", ABI_FIELD_SET, FIELD_META,
		    "url",
		    "{requestHandler: {enabled: true, allowSetField: "
		    "true}}" },
		{ "requestHandler: {enabled: false}", ABI_HEADER_SET, 0, "k",
		    "{requestHandler: {enabled: true}}" },
		{ "secrets: {enabled: false}", ABI_SECRET, 0, "TOKEN",
		    "{secrets: {enabled: true, env: {allowedKeys: "
		    "[\"TOKEN\"]}}}" },
		{ NULL, ABI_DB, 1, "q",
		    "{db: {enabled: true, dbType: \"sqlite\", "
		    "connectionString: \"app.db\"}}" },
		{ "db: {enabled: false, dbType: mysql, connectionString: "
		  "env(DB)}",
		    ABI_DB, 1, "q",
		    "{db: {enabled: true, dbType: \"mysql\", "
		    "connectionString: \"env(DB)\"}}" },
	};

	(void)state;
	check_caps(rows, COUNT(rows));
}

/* upstream.md 7: what is written takes the place of the part as a whole. */
static void
trap_the_line_holds_what_was_there_before(void **state)
{
	static const struct row rows[] = {
		{ "http: {enabled: true, rules: {allowedDomains: [a.test, "
		  "\"*.b.test\"], allowHTTP: true}}",
		    ABI_FETCH, 0, "http://c.test/",
		    "{http: {enabled: true, rules: {allowedDomains: "
		    "[\"a.test\", \"*.b.test\", \"c.test\"], "
		    "allowHTTP: true}}}" },
		{ "http: {enabled: true, rules: {allowIPs: true}}", ABI_FETCH,
		    0, "http://93.184.216.34/",
		    "{http: {enabled: true, rules: {allowIPs: true, "
		    "allowHTTP: true}}}" },
		{ "http: {enabled: true, rules: {allowPrivate: true, "
		  "allowHTTP: true, blockedPorts: [22, 8000-8099]}}",
		    ABI_FETCH, 0, "http://localhost:8080/",
		    "{http: {enabled: true, rules: {allowedPorts: [8080], "
		    "blockedPorts: [22, \"8000-8079\", \"8081-8099\"], "
		    "allowPrivate: true, allowHTTP: true}}}" },
		{ "http: {enabled: true, rules: {allowedPorts: [99]}}",
		    ABI_FETCH, 0, "https://a.test:8443/",
		    "{http: {enabled: true, rules: {allowedPorts: "
		    "[99, 8443]}}}" },
		{ "http: {enabled: true, rules: {blockedDomains: "
		  "[\"*.evil.test\", b.test]}}",
		    ABI_FETCH, 0, "https://x.evil.test/",
		    "{http: {enabled: true, rules: {blockedDomains: "
		    "[\"b.test\"]}}}" },
		{ "http: {enabled: true, rules: {allowIPs: true, "
		  "allowedCIDRs: [10.0.0.0/8]}}",
		    ABI_FETCH, 0, "https://192.168.0.1/",
		    "{http: {enabled: true, rules: {allowedCIDRs: "
		    "[\"10.0.0.0/8\", \"192.168.0.1/32\"], "
		    "allowIPs: true}}}" },
		{ "http: {enabled: true, rules: {allowIPs: true, "
		  "allowPrivate: true, blockedCIDRs: [10.0.0.0/8, \"::1\"]}}",
		    ABI_FETCH, 0, "https://[::1]/",
		    "{http: {enabled: true, rules: {blockedCIDRs: "
		    "[\"10.0.0.0/8\"], allowIPs: true, allowPrivate: "
		    "true}}}" },
		{ "graphql: {enabled: true, rules: {allowedDomains: "
		  "[a.test]}}",
		    ABI_GRAPHQL, 0, "https://b.test/",
		    "{graphql: {enabled: true, rules: {allowedDomains: "
		    "[\"a.test\", \"b.test\"]}}}" },
		{ "cache: {enabled: true, rules: {allowDelete: true, "
		  "allowGet: true}}",
		    ABI_CACHE_SET, 0, "k",
		    "{cache: {enabled: true, rules: {allowSet: true, "
		    "allowGet: true, allowDelete: true}}}" },
		{ "requestHandler: {enabled: true, allowGetField: true}",
		    ABI_FIELD_SET, FIELD_META, "url",
		    "{requestHandler: {enabled: true, allowGetField: true, "
		    "allowSetField: true}}" },
		{ "secrets: {enabled: true, env: {allowedKeys: [OTHER]}}",
		    ABI_SECRET, 0, "TOKEN",
		    "{secrets: {enabled: true, env: {allowedKeys: "
		    "[\"OTHER\", \"TOKEN\"]}}}" },
	};

	(void)state;
	check_caps(rows, COUNT(rows));
}

static void
the_line_of_a_function_is_its_own(void **state)
{
	static const char yaml[] =
	    "identifier: com.test.app\n"
	    "capabilities:\n"
	    "  http: {enabled: true, rules: {allowedDomains: [a.test]}}\n"
	    "  functions:\n"
	    "    f: {file: {enabled: false}}\n"
	    "    other::*: {cache: {enabled: false}}\n";
	static const struct function_info f = { .name = { "f", 1 },
		.ns = { "default", 7 } };
	static const struct function_info g = { .name = { "g", 1 },
		.ns = { "other", 5 } };
	static const struct row rows[] = {
		{ NULL, ABI_FILE, 0, "a.txt",
		    "capabilities: {functions: {f: {file: {enabled: true}}}} "
		    "(in place of its file, line 5)" },
		{ NULL, ABI_FETCH, 0, "https://b.test/",
		    "capabilities: {functions: {f: {http: {enabled: true, "
		    "rules: {allowedDomains: [\"a.test\", \"b.test\"]}}}}} "
		    "(with the rest" },
		{ NULL, ABI_CACHE_SET, 0, "k",
		    "capabilities: {functions: {\"other::*\": {cache: "
		    "{enabled: true, rules: {allowSet: true}}}}}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i], yaml, i < 2 ? &f : &g);
}

/* trust.md H44: neither the address of a database nor a password is told. */
static void
the_line_tells_no_secret(void **state)
{
	static const struct row rows[] = {
		{ "db: {enabled: false, dbType: postgresql, "
		  "connectionString: \"postgres://me:hunter2@h/d\"}",
		    ABI_DB, 1, "q",
		    "{db: {enabled: true, dbType: \"postgresql\"}} (in place "
		    "of its db, line 3; keep its connectionString)" },
		{ "cache: {enabled: false, redis: {serverAddress: \"h:1\", "
		  "password: hunter2}}",
		    ABI_CACHE_SET, 0, "k",
		    "{cache: {enabled: true, rules: {allowSet: true}}} (in "
		    "place of its cache, line 3; keep its redis)" },
		{ "http: {enabled: false}", ABI_FETCH, 0,
		    "https://a.test/hunter2?token=hunter2::X-Key:hunter2",
		    "allowedDomains: [\"a.test\"]" },
	};

	(void)state;
	check_caps(rows, COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(buf_free) struct buf yaml = BUF(1 << 16);
		struct world w;

		buf_addf(&yaml, "capabilities: {%s}\n", rows[i].caps);
		open_case(&w, buf_cstr(&yaml), NULL);
		(void)world_ask(&w, rows[i].what, rows[i].n, rows[i].a, "");
		assert_true(w.log.n > 0);
		assert_null(strstr(buf_cstr(&w.log), "hunter2"));
		world_close(&w);
	}
}

/* upstream.md 2.2: what is for a namespace stands in it. */
static void
the_line_of_a_tenant_is_json(void **state)
{
	static const char json[] =
	    "{\"identifier\":\"com.test.app\",\"specVersion\":1,"
	    "\"tenantVersion\":1,\"defaultNamespace\":{\"name\":"
	    "\"default\",\"capabilities\":{\"file\":{\"enabled\":"
	    "false}}},\"namespaces\":[{\"name\":\"other\","
	    "\"capabilities\":{\"cache\":{\"enabled\":false}}}]}";
	static const struct function_info g = { .name = { "g", 1 },
		.ns = { "other", 5 } };
	struct diags *ds = diags_new();
	struct world w = { .opt = { .no_outside = true } };
	struct directive *d;
	struct err e = ERR;

	(void)state;
	assert_int_equal(
	    tenant_parse(&d, str_of(json), STR("tenant.json"), ds, &e), 0);
	w.opt.directive = d;
	world_open(&w, NULL);
	assert_int_equal(world_ask(&w, ABI_FILE, 0, "a", ""), 1);
	w.call.info = &g;
	w.call.grant = NULL;
	assert_int_equal(world_ask(&w, ABI_CACHE_SET, 0, "k", ""), 1);
	assert_non_null(strstr(buf_cstr(&w.log),
	    "add to tenant.json, in defaultNamespace: \"capabilities\": "
	    "{\"file\":{\"enabled\":true}} (in place of its file)|"));
	assert_non_null(strstr(buf_cstr(&w.log),
	    "add to tenant.json, in the namespace 'other': "
	    "\"capabilities\": {\"cache\":{\"enabled\":true,\"rules\":"
	    "{\"allowSet\":true}}} (in place of its cache)|"));
	world_close(&w);
	directive_free(&d);
	diags_free(&ds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_capability_that_is_off_names_the_line_that_works),
		cmocka_unit_test(trap_the_line_holds_what_was_there_before),
		cmocka_unit_test(the_line_of_a_function_is_its_own),
		cmocka_unit_test(the_line_tells_no_secret),
		cmocka_unit_test(the_line_of_a_tenant_is_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
