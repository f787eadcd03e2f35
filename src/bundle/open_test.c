/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bundle/bundle.h"
#include "os/os.h"

#define HEAD \
	"identifier: com.example.app\nappVersion: v0.1.0\n" \
	"atmoVersion: v0.4.8\nrunnables:\n"
#define F "  - name: f\n    lang: wat\n"
#define DB_G "  - name: g\n    namespace: db\n    lang: wat\n"
#define G "  - name: g\n    lang: wat\n"
#define WASM STR("\0asm\1\0\0\0")

/* Pack the parts and open them again; parts end with a NULL name. */
static int
reopen(struct bundle **b, const struct bundle_part *parts, struct err *e)
{
	char path[] = "/tmp/subo-open.XXXXXX";
	struct bundle_options opt = { 0 };
	struct err ignored = ERR;
	struct digest d;
	size_t n = 0;
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	while (parts[n].name.p)
		n++;
	r = bundle_pack(path, parts, n, &opt, &d, e);
	if (r == 0)
		r = bundle_open(b, path, e);
	assert_int_equal(os_remove(path, &ignored), 0);
	return r;
}

static struct function_info
info(const char *ns, const char *name)
{
	return (struct function_info){ .ns = str_of(ns), .name = str_of(name) };
}

static void
modules_are_found_by_function(void **state)
{
	const struct bundle_part parts[] = {
		{ STR("Directive.yaml"), STR(HEAD F DB_G "  - name: none\n") },
		{ STR("f.wasm"), STR("\0asm\1\0\0\0f") },
		{ STR("db::g.wasm"), STR("\0asm\1\0\0\0g") },
		{ STR("static/h.wasm"), STR("not a module of ours") },
		{ STR("README"), STR("looked over") },
		{ { NULL, 0 }, { NULL, 0 } },
	};
	CLEANUP(bundle_free) struct bundle *b = NULL;
	struct function_info f = info("default", "f"), g = info("db", "g");
	struct function_info none = info("default", "none");
	struct function_info other = info("default", "g");
	struct err e = ERR;
	struct str wasm;

	(void)state;
	if (reopen(&b, parts, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(bundle_module(b, &f, &wasm));
	assert_true(str_eq(wasm, parts[1].data));
	assert_true(bundle_module(b, &g, &wasm));
	assert_true(str_eq(wasm, parts[2].data));
	assert_false(bundle_module(b, &none, &wasm));
	assert_false(bundle_module(b, &other, &wasm));
	assert_true(str_is(bundle_directive(b)->identifier, "com.example.app"));
}

static void
a_bare_name_means_the_only_function_of_that_name(void **state)
{
	const struct bundle_part parts[] = {
		{ STR("Directive.yaml"), STR(HEAD DB_G) },
		{ STR("g.wasm"), WASM },
		{ { NULL, 0 }, { NULL, 0 } },
	};
	CLEANUP(bundle_free) struct bundle *b = NULL;
	struct function_info g = info("db", "g");
	struct err e = ERR;
	struct str wasm;

	(void)state;
	if (reopen(&b, parts, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(bundle_module(b, &g, &wasm));
}

static void
modules_that_contradict_the_directive_are_refused(void **state)
{
	static const struct {
		const char *directive;
		const char *a, *b;
		enum err_kind kind;
		const char *text;
	} cases[] = {
		{ HEAD DB_G, "db::g.wasm", "g.wasm", ERR_INPUT,
		    "the same function" },
		{ HEAD G, "default::g.wasm", "g.wasm", ERR_INPUT,
		    "the same function" },
		{ HEAD "  - name: f\n    digest: "
		       "\"0000000000000000000000000000000000000000000000000000"
		       "000000000000\"\n",
		    "f.wasm", "a", ERR_TRUST, "its digest differs" },
		{ HEAD "  - name: f\n    digest: abc\n", "f.wasm", "a",
		    ERR_INPUT, "no SHA-256 digest" },
		{ "- a\n- b\n", "b", "a", ERR_INPUT, "Directive.yaml:1:1" },
		{ "a: [\n", "b", "a", ERR_INPUT, "Directive.yaml:" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct bundle_part parts[] = {
			{ STR("Directive.yaml"), str_of(cases[i].directive) },
			{ str_of(cases[i].a), WASM },
			{ str_of(cases[i].b), WASM },
			{ { NULL, 0 }, { NULL, 0 } },
		};
		CLEANUP(bundle_free) struct bundle *b = NULL;
		struct err e = ERR;

		if (reopen(&b, parts, &e) == 0 || e.kind != cases[i].kind ||
		    !strstr(e.text, cases[i].text))
			fail_msg(
			    "case %zu: kind %d: %s", i, (int)e.kind, e.text);
	}
}

/* 2.1: Atmo refused the whole bundle. */
static void
a_module_of_no_function_is_told_apart_and_the_rest_opens(void **state)
{
	static const struct {
		const char *directive, *stray, *other;
	} cases[] = {
		{ HEAD F, "x.wasm", "f.wasm" },
		{ HEAD F, "sub/f.wasm", "a" },
		{ HEAD F, "db::f.wasm", "a" },
		{ HEAD DB_G "  - name: g\n    namespace: dc\n", "g.wasm", "a" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct bundle_part parts[] = {
			{ STR("Directive.yaml"), str_of(cases[i].directive) },
			{ str_of(cases[i].stray), WASM },
			{ str_of(cases[i].other), WASM },
			{ { NULL, 0 }, { NULL, 0 } },
		};
		CLEANUP(bundle_free) struct bundle *b = NULL;
		struct err e = ERR;

		if (reopen(&b, parts, &e) < 0)
			fail_msg("case %zu: %s", i, e.text);
		for (size_t j = 0; j < bundle_count(b); j++)
			assert_int_equal(bundle_stray(b, j),
			    str_is(bundle_at(b, j).name, cases[i].stray));
	}
}

static void
static_files_answer_to_the_names_functions_use(void **state)
{
	static const struct {
		const char *name, *data;
	} cases[] = {
		{ "a.txt", "A" },
		{ "/a.txt", "A" },
		{ "./a.txt", "A" },
		{ "static/a.txt", "A" },
		{ "static//a.txt", "A" },
		{ "static/./a.txt", "A" },
		{ "/./a.txt", "A" },
		{ "css/b.css", "B" },
		{ "static/css/b.css", "B" },
		{ ".//a.txt", NULL },
		{ "static/static/a.txt", NULL },
		{ "../Directive.yaml", NULL },
		{ "Directive.yaml", NULL },
		{ "css", NULL },
		{ "", NULL },
	};
	const struct bundle_part parts[] = {
		{ STR("Directive.yaml"), STR(HEAD F) },
		{ STR("static/a.txt"), STR("A") },
		{ STR("static/css/b.css"), STR("B") },
		{ { NULL, 0 }, { NULL, 0 } },
	};
	CLEANUP(bundle_free) struct bundle *b = NULL;
	struct err e = ERR;

	(void)state;
	if (reopen(&b, parts, &e) < 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str data = { NULL, 0 };
		bool found = bundle_static(b, str_of(cases[i].name), &data);

		if (found != (cases[i].data != NULL) ||
		    (found && !str_is(data, cases[i].data)))
			fail_msg("'%s'", cases[i].name);
	}
}

static void
bundles_of_other_tools_open(void **state)
{
	static const char *const paths[] = { "testdata/bundle/go.wasm.zip",
		"testdata/bundle/infozip.wasm.zip",
		"testdata/bundle/python-stream.wasm.zip" };

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		CLEANUP(bundle_free) struct bundle *b = NULL;
		struct function_info f = info("default", "greet");
		struct function_info g = info("db", "hello");
		struct err e = ERR;
		struct str s;

		if (bundle_open(&b, paths[i], &e) < 0)
			fail_msg("%s", e.text);
		assert_true(bundle_module(b, &f, &s));
		assert_int_equal(s.n, 8);
		assert_true(bundle_module(b, &g, &s));
		assert_int_equal(s.n, 12);
		assert_true(bundle_static(b, STR("a.txt"), &s));
		assert_int_equal(s.n, 692);
	}
}

static void
what_is_not_there_is_missing(void **state)
{
	struct bundle *b = NULL;
	struct err e = ERR;

	(void)state;
	assert_int_equal(bundle_open(&b, "/nonexistent.zip", &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
	e = (struct err)ERR;
	assert_int_equal(bundle_open(&b, "/tmp", &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
}

static void
modules_are_named_for_namespace_and_name(void **state)
{
	CLEANUP(arena_free) struct arena *a = arena_new();

	(void)state;
	assert_string_equal(
	    bundle_module_name(a, STR("default"), STR("f")), "f.wasm");
	assert_string_equal(bundle_module_name(a, STR(""), STR("f")), "f.wasm");
	assert_string_equal(
	    bundle_module_name(a, STR("db"), STR("f")), "db::f.wasm");
}

/* Stored entries of many sizes, several MB in all: more than one thread's. */
#define LARGE 12u
static void
pack_large(const char *path, struct buf *data)
{
	struct bundle_part parts[LARGE + 1] = { { STR("Directive.yaml"),
	    STR(HEAD F) } };
	struct bundle_options opt = { .store = true };
	char names[LARGE][32];
	struct err e = ERR;
	struct digest d;

	for (uint32_t i = 0, x = 1; i < 4u << 20; i++, x = x * 69069 + 1)
		buf_addc(data, (char)(x >> 24));
	for (size_t i = 0; i < LARGE; i++) {
		snprintf(
		    names[i], sizeof(names[i]), "static/%c", (char)('a' + i));
		parts[i + 1].name = str_of(names[i]);
		parts[i + 1].data =
		    (struct str){ data->p + i * 1000, (i + 1) * 90001 };
	}
	if (bundle_pack(path, parts, LARGE + 1, &opt, &d, &e) < 0)
		fail_msg("%s", e.text);
}

static void
a_large_bundle_opens_whole_and_its_first_fault_is_told(void **state)
{
	char path[] = "/tmp/subo-open.XXXXXX";
	CLEANUP(buf_free)
	struct buf data = BUF(8u << 20), file = BUF(16u << 20);
	CLEANUP(bundle_free) struct bundle *b = NULL;
	int fd = mkstemp(path);
	struct str got;
	struct err e = ERR;
	struct digest whole;

	(void)state;
	assert_true(fd >= 0);
	pack_large(path, &data);
	assert_int_equal(os_read(&file, path, &e), 0);
	assert_int_equal(bundle_open(&b, path, &e), 0);
	whole = sign_digest(buf_str(&file));
	assert_true(digest_eq(bundle_digest(b), &whole));
	for (size_t i = 0; i < LARGE; i++) {
		char name[] = { (char)('a' + i), '\0' };

		assert_true(bundle_static(b, str_of(name), &got));
		assert_true(str_eq(
		    got, (struct str){ data.p + i * 1000, (i + 1) * 90001 }));
	}
	bundle_free(&b);
	/* A byte of the last entries, and one of an earlier one. */
	file.p[file.n / 2 + file.n / 3] ^= 1;
	file.p[file.n / 2] ^= 1;
	assert_int_equal(bundle_open_bytes(&b, buf_str(&file), path, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, "entry 'static/i': its checksum"));
	assert_int_equal(os_remove(path, &e), 0);
	close(fd);
}

/* Its bytes with one bit of what is packed in 'f.wasm' the other way round. */
static void
pack_for_look(struct buf *file, bool listed)
{
	static const char code[] = "\0asm\1\0\0\0\0\4\1aaa";
	char path[] = "/tmp/subo-open.XXXXXX", hex[DIGEST_HEX], text[400];
	const struct str module = { code, sizeof(code) - 1 };
	struct digest d = sign_digest(module), ignored;
	struct bundle_options how = { .store = true };
	struct bundle_part parts[] = { { STR("Directive.yaml"), { text, 0 } },
		{ STR("f.wasm"), module } };
	int fd = mkstemp(path);
	struct err e = ERR;
	size_t at;

	assert_true(fd >= 0);
	close(fd);
	digest_hex(&d, hex);
	parts[0].data.n = (size_t)snprintf(text, sizeof(text),
	    "identifier: a.b\nappVersion: v1.0.0\natmoVersion: v0.4.8\n"
	    "headless: true\nrunnables:\n  - name: f\n"
	    "    namespace: default\n%s%s\n",
	    listed ? "    digest: " : "", listed ? hex : "");
	assert_int_equal(bundle_pack(path, parts, 2, &how, &ignored, &e), 0);
	assert_int_equal(os_read(file, path, &e), 0);
	assert_int_equal(os_remove(path, &e), 0);
	assert_true(str_find(buf_str(file), module, &at));
	file->p[at + module.n - 1] ^= 1;
}

static void
who_only_looks_takes_the_directives_word_for_a_module(void **state)
{
	CLEANUP(buf_free) struct buf file = BUF(1u << 16);
	CLEANUP(bundle_free) struct bundle *b = NULL;
	const struct directive *d;
	struct digest said, have;
	struct err e = ERR;

	(void)state;
	pack_for_look(&file, true);
	assert_int_equal(
	    bundle_look(&b, buf_str(&file), "b.zip", BUNDLE_STRICT, NULL, &e),
	    0);
	d = bundle_directive(b);
	assert_true(digest_parse(d->functions[0].digest, &said));
	assert_true(bundle_module_digest(b, &d->functions[0], &have));
	assert_true(digest_eq(&said, &have));
	bundle_free(&b);
	/* Who opens it does not. */
	assert_int_equal(bundle_open_at(&b, buf_str(&file), "b.zip",
			     BUNDLE_STRICT, NULL, &e),
	    -1);
	assert_non_null(strstr(e.text, "checksum"));
}

static void
a_module_of_which_nothing_is_said_is_looked_into(void **state)
{
	CLEANUP(buf_free) struct buf file = BUF(1u << 16);
	CLEANUP(bundle_free) struct bundle *b = NULL;
	struct err e = ERR;

	(void)state;
	pack_for_look(&file, false);
	assert_int_equal(
	    bundle_look(&b, buf_str(&file), "b.zip", BUNDLE_TOLERANT, NULL, &e),
	    -1);
	assert_non_null(strstr(e.text, "entry 'f.wasm'"));
	assert_non_null(strstr(e.text, "[data]"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules_are_found_by_function),
		cmocka_unit_test(
		    a_bare_name_means_the_only_function_of_that_name),
		cmocka_unit_test(
		    modules_that_contradict_the_directive_are_refused),
		cmocka_unit_test(
		    a_module_of_no_function_is_told_apart_and_the_rest_opens),
		cmocka_unit_test(
		    static_files_answer_to_the_names_functions_use),
		cmocka_unit_test(bundles_of_other_tools_open),
		cmocka_unit_test(what_is_not_there_is_missing),
		cmocka_unit_test(modules_are_named_for_namespace_and_name),
		cmocka_unit_test(
		    a_large_bundle_opens_whole_and_its_first_fault_is_told),
		cmocka_unit_test(
		    who_only_looks_takes_the_directives_word_for_a_module),
		cmocka_unit_test(
		    a_module_of_which_nothing_is_said_is_looked_into),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
