/* SPDX-License-Identifier: Apache-2.0 */
/* The forms that bundles had over the years: bundle(5), OTHER FORMS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bundle/bundle.h"
#include "bundle/deflate.h"

#define WASM(n) STR("\0asm\1\0\0\0" n)
#define END { { NULL, 0 }, { NULL, 0 } }

static void
put(struct buf *b, uint32_t value, int nbytes)
{
	for (; nbytes > 0; nbytes--, value >>= 8)
		buf_addc(b, (char)(value & 0xff));
}

/* Flags to external attributes, as a header in the directory has them. */
static void
put_common(struct buf *b, const struct bundle_part *p)
{
	put(b, 0, 2); /* flags */
	put(b, 0, 2); /* stored */
	put(b, 0, 2);
	put(b, 0x21, 2); /* 1980-01-01 */
	put(b, deflate_crc(p->data), 4);
	put(b, (uint32_t)p->data.n, 4);
	put(b, (uint32_t)p->data.n, 4);
	put(b, (uint32_t)p->name.n, 2);
	put(b, 0, 2);
}

/* A ZIP of the parts, in their order, as other tools write it; parts end with
 * a NULL name. */
static void
zip(struct buf *out, const struct bundle_part *parts)
{
	CLEANUP(buf_free) struct buf central = BUF(1u << 20);
	uint32_t n = 0, at;

	for (; parts[n].name.p; n++) {
		at = (uint32_t)out->n;
		put(out, 0x04034b50, 4);
		put(out, 20, 2);
		put_common(out, &parts[n]);
		buf_add(out, parts[n].name);
		buf_add(out, parts[n].data);
		put(&central, 0x02014b50, 4);
		put(&central, 20, 2);
		put(&central, 20, 2);
		put_common(&central, &parts[n]);
		put(&central, 0, 2); /* comment */
		put(&central, 0, 4); /* disk, internal attributes */
		put(&central, 0, 4);
		put(&central, at, 4);
		buf_add(&central, parts[n].name);
	}
	at = (uint32_t)out->n;
	buf_add(out, buf_str(&central));
	put(out, 0x06054b50, 4);
	put(out, 0, 4);
	put(out, n, 2);
	put(out, n, 2);
	put(out, (uint32_t)central.n, 4);
	put(out, at, 4);
	put(out, 0, 2);
}

static int
open_parts(struct bundle **b, const struct bundle_part *parts, struct err *e)
{
	CLEANUP(buf_free) struct buf bytes = BUF(1u << 20);

	zip(&bytes, parts);
	return bundle_open_bytes(b, buf_str(&bytes), "x.zip", e);
}

static void
must_open(struct bundle **b, const struct bundle_part *parts)
{
	struct err e = ERR;

	if (open_parts(b, parts, &e) < 0)
		fail_msg("%s", e.text);
}

/* Is data the module of the n-th function? */
static bool
has_module(const struct bundle *b, size_t n, struct str data)
{
	struct str wasm;

	return bundle_module(b, &bundle_directive(b)->functions[n], &wasm) &&
	    str_eq(wasm, data);
}

/* A tenant of two functions, with or without the digests of their modules. */
static struct str
tenant(struct buf *out, struct str a, struct str b, bool refs)
{
	char hex_a[DIGEST_HEX] = "", hex_b[DIGEST_HEX] = "";
	struct digest d = sign_digest(a);

	if (refs) {
		digest_hex(&d, hex_a);
		d = sign_digest(b);
		digest_hex(&d, hex_b);
	}
	buf_addf(out,
	    "{\"identifier\": \"com.suborbital.app\", \"specVersion\": 1,"
	    " \"tenantVersion\": 4, \"defaultNamespace\": {\"name\": "
	    "\"default\"}, \"namespaces\": [], \"modules\": ["
	    "{\"name\": \"hello\", \"namespace\": \"default\", \"ref\": "
	    "\"%s\"},"
	    "{\"name\": \"get\", \"namespace\": \"db\", \"ref\": \"%s\"}]}",
	    hex_a, hex_b);
	return buf_str(out);
}

/* 2.2: modules.wasm.zip of subo 0.6 and E2Core. */
static void
a_tenant_bundle_opens(void **state)
{
	CLEANUP(buf_free) struct buf json = BUF(10000);
	CLEANUP(bundle_free) struct bundle *b = NULL;
	const struct str a = WASM("a"), g = WASM("g");
	const struct bundle_part parts[] = {
		{ STR("static/x.txt"), STR("x") },
		{ STR("get.wasm"), g },
		{ STR("tenant.json"), tenant(&json, a, g, true) },
		{ STR("hello.wasm"), a },
		END,
	};
	struct str data;

	(void)state;
	must_open(&b, parts);
	assert_true(bundle_directive(b)->tenant);
	assert_true(str_is(bundle_directive(b)->app_version, "v4"));
	assert_true(has_module(b, 0, a) && has_module(b, 1, g));
	assert_true(bundle_static(b, STR("x.txt"), &data));
}

static void
modules_of_a_tenant_are_found_by_digest_too(void **state)
{
	CLEANUP(buf_free) struct buf json = BUF(10000);
	CLEANUP(bundle_free) struct bundle *b = NULL;
	const struct str a = WASM("a"), g = WASM("g");
	const struct bundle_part parts[] = {
		{ STR("tenant.json"), tenant(&json, a, g, true) },
		{ STR("0001.wasm"), g },
		{ STR("0002.wasm"), a },
		{ STR("0003.wasm"), WASM("other") },
		END,
	};

	(void)state;
	must_open(&b, parts);
	assert_true(has_module(b, 0, a) && has_module(b, 1, g));
	assert_false(bundle_stray(b, 1) || bundle_stray(b, 2));
	assert_true(bundle_stray(b, 3));
}

static void
a_tenant_without_refs_goes_by_names(void **state)
{
	CLEANUP(buf_free) struct buf json = BUF(10000);
	CLEANUP(bundle_free) struct bundle *b = NULL;
	const struct bundle_part parts[] = {
		{ STR("tenant.json"), tenant(&json, STR(""), STR(""), false) },
		{ STR("hello.wasm"), WASM("a") },
		{ STR("db::get.wasm"), WASM("g") },
		END,
	};

	(void)state;
	must_open(&b, parts);
	assert_true(has_module(b, 0, WASM("a")));
	assert_true(has_module(b, 1, WASM("g")));
}

static void
a_module_that_is_not_what_its_ref_says_is_not_trusted(void **state)
{
	CLEANUP(buf_free) struct buf json = BUF(10000);
	CLEANUP(bundle_free) struct bundle *b = NULL;
	const struct bundle_part parts[] = {
		{ STR("tenant.json"),
		    tenant(&json, WASM("a"), WASM("g"), true) },
		{ STR("hello.wasm"), WASM("evil") },
		END,
	};
	struct err e = ERR;

	(void)state;
	assert_int_equal(open_parts(&b, parts, &e), -1);
	assert_int_equal(e.kind, ERR_TRUST);
}

static void
a_tenant_that_cannot_be_read_is_refused(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "1",
		"{\"modules\": 1, \"identifier\": }" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		CLEANUP(bundle_free) struct bundle *b = NULL;
		const struct bundle_part parts[] = {
			{ STR("tenant.json"), str_of(texts[i]) },
			END,
		};
		struct err e = ERR;

		if (open_parts(&b, parts, &e) == 0 || e.kind != ERR_INPUT ||
		    !strstr(e.text, "tenant.json"))
			fail_msg("%s: %s", texts[i], e.text);
	}
}

/* 2.1: bundles of April to October 2020. */
static void
a_bundle_of_only_modules_is_a_headless_app(void **state)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	const struct bundle_part parts[] = {
		{ STR("hello-echo.wasm"), WASM("h") },
		{ STR("db::get.wasm"), WASM("g") },
		{ STR("it's.wasm"), WASM("i") },
		{ STR("static/not.wasm"), STR("a file") },
		END,
	};
	const struct directive *d;
	const struct function_info *f;
	int status;

	(void)state;
	must_open(&b, parts);
	d = bundle_directive(b);
	assert_true(d->headless && d->nhandlers == 0 && d->nfunctions == 3);
	assert_true(str_is(d->identifier, "com.suborbital.app"));
	assert_true(has_module(b, 0, WASM("h")) && has_module(b, 1, WASM("g")));
	assert_true(has_module(b, 2, WASM("i")));
	f = directive_route_function(d, STR("POST"),
	    STR("/com.suborbital.app/default/hello-echo/v0.0.1"), &status);
	assert_ptr_equal(f, &d->functions[0]);
	f = directive_route_function(
	    d, STR("POST"), STR("/com.suborbital.app/db/get/v0.0.1"), &status);
	assert_ptr_equal(f, &d->functions[1]);
}

/* 2.1: `version:` and `functions:`, from late October 2020. */
static void
a_bundle_with_a_directive_of_2020_opens(void **state)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	const struct bundle_part parts[] = {
		{ STR("Directive.yaml"),
		    STR("identifier: com.example.app\nversion: v0.0.1\n"
			"functions:\n- name: getUser\n  namespace: db\n"
			"handlers:\n- type: request\n  method: GET\n"
			"  resource: /user\n  steps:\n  - fn: db#getUser\n"
			"    with: ['x: y']\n") },
		{ STR("getUser.wasm"), WASM("u") },
		END,
	};
	const struct directive *d;

	(void)state;
	must_open(&b, parts);
	d = bundle_directive(b);
	assert_true(has_module(b, 0, WASM("u")));
	assert_ptr_equal(
	    directive_find(d, NULL, 0, d->handlers[0].steps[0].calls[0].fn),
	    &d->functions[0]);
}

#define HEAD \
	"identifier: com.example.app\nappVersion: v0.1.0\n" \
	"atmoVersion: v0.4.8\nrunnables:\n"

/* 2.1 [bug]: the bare file name of a namespace's module resolved only to
 * `default`, and the bundle was unreadable. */
static void
bug_a_bare_name_finds_its_function_in_any_namespace(void **state)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	const struct bundle_part parts[] = {
		{ STR("getUser.wasm"), WASM("u") },
		{ STR("Directive.yaml"),
		    STR(HEAD "- {name: getUser, namespace: db}\n") },
		END,
	};

	(void)state;
	must_open(&b, parts);
	assert_true(has_module(b, 0, WASM("u")));
}

/* 2.1: "an archive entry named db::getUser.wasm would be found". */
static void
an_entry_may_name_its_namespace(void **state)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	const struct bundle_part parts[] = {
		{ STR("db::getUser.wasm"), WASM("db") },
		{ STR("getUser.wasm"), WASM("default") },
		{ STR("Directive.yaml"),
		    STR(HEAD "- {name: getUser, namespace: default}\n"
			     "- {name: getUser, namespace: db}\n") },
		END,
	};

	(void)state;
	must_open(&b, parts);
	assert_true(has_module(b, 0, WASM("default")));
	assert_true(has_module(b, 1, WASM("db")));
}

/* 2.1: a listed function without a module was only noticed when it was run. */
static void
a_function_without_a_module_leaves_the_others_alone(void **state)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	const struct bundle_part parts[] = {
		{ STR("Directive.yaml"),
		    STR(HEAD "- {name: here, namespace: default}\n"
			     "- {name: gone, namespace: default}\n") },
		{ STR("here.wasm"), WASM("h") },
		END,
	};
	struct str wasm;

	(void)state;
	must_open(&b, parts);
	assert_true(has_module(b, 0, WASM("h")));
	assert_false(
	    bundle_module(b, &bundle_directive(b)->functions[1], &wasm));
}

/* 2.1 [trap]: a project's static/static/css/a.css is stored as
 * static/css/a.css, and asked for as that. */
static void
trap_static_names_lose_their_prefix_once(void **state)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	const struct bundle_part parts[] = {
		{ STR("static/css/a.css"), STR("css") },
		{ STR("static/static/b.css"), STR("twice") },
		{ STR("Directive.yaml"),
		    STR(HEAD "- {name: f, namespace: default}\n") },
		END,
	};
	struct str data;

	(void)state;
	must_open(&b, parts);
	assert_true(bundle_static(b, STR("static/css/a.css"), &data));
	assert_true(bundle_static(b, STR("css/a.css"), &data));
	assert_false(bundle_static(b, STR("static/b.css"), &data));
	assert_true(bundle_static(b, STR("static/static/b.css"), &data));
}

static void
a_directive_goes_before_a_tenant(void **state)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	const struct bundle_part parts[] = {
		{ STR("tenant.json"), STR("{}") },
		{ STR("Directive.yaml"),
		    STR(HEAD "- {name: f, namespace: default}\n") },
		{ STR("f.wasm"), WASM("f") },
		END,
	};

	(void)state;
	must_open(&b, parts);
	assert_false(bundle_directive(b)->tenant);
	assert_true(has_module(b, 0, WASM("f")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tenant_bundle_opens),
		cmocka_unit_test(modules_of_a_tenant_are_found_by_digest_too),
		cmocka_unit_test(a_tenant_without_refs_goes_by_names),
		cmocka_unit_test(
		    a_module_that_is_not_what_its_ref_says_is_not_trusted),
		cmocka_unit_test(a_tenant_that_cannot_be_read_is_refused),
		cmocka_unit_test(a_bundle_of_only_modules_is_a_headless_app),
		cmocka_unit_test(a_bundle_with_a_directive_of_2020_opens),
		cmocka_unit_test(
		    bug_a_bare_name_finds_its_function_in_any_namespace),
		cmocka_unit_test(an_entry_may_name_its_namespace),
		cmocka_unit_test(
		    a_function_without_a_module_leaves_the_others_alone),
		cmocka_unit_test(trap_static_names_lose_their_prefix_once),
		cmocka_unit_test(a_directive_goes_before_a_tenant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
