/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/module.h"
#include "os/os.h"
#include "project/project.h"

#define D1 "1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "2222222222222222222222222222222222222222222222222222222222222222"

#define ENTRY(name) \
	"  - name: \"" name "\"\n" \
	"    reference: \"registry.example.com/fns/x:v1\"\n" \
	"    manifest: sha256:" D1 "\n" \
	"    module: sha256:" D2 "\n" \
	"    bytes: 120\n" \
	"    lang: \"rust\"\n" \
	"    version: \"v1.2.0\"\n" \
	"    apiVersion: \"0.15.1\"\n" \
	"    capabilities: [\"cache\", \"http\"]\n" \
	"    imports: [\"env.cache_get\", \"env.fetch_url\"]\n" \
	"    signers: []\n"
#define TOP "version: 1\nfunctions:\n"

static int
parse(struct pins *s, const char *text, struct err *e)
{
	*e = (struct err)ERR;
	return pins_parse(s, str_of(text), STR("subo.lock"), e);
}

static void
what_is_written_is_read_and_written_alike(void **state)
{
	static const char text[] = TOP ENTRY("resize") ENTRY("img::resize");
	CLEANUP(pins_free) struct pins s = { 0 }, again = { 0 };
	CLEANUP(buf_free) struct buf out = BUF(1u << 16), twice = BUF(1u << 16);
	struct err e;

	(void)state;
	assert_int_equal(parse(&s, text, &e), 0);
	assert_int_equal(s.n, 2);
	assert_true(str_is(s.v[0].info.ns, "default"));
	assert_true(str_is(s.v[1].info.ns, "img"));
	assert_true(str_is(s.v[1].info.name, "resize"));
	assert_true(str_is(s.v[0].info.lang, "rust"));
	assert_true(str_is(s.v[0].info.api_version, "0.15.1"));
	assert_int_equal(s.v[0].nbytes, 120);
	assert_int_equal(s.v[0].capabilities.n, 2);
	pins_print(&s, &out);
	assert_true(str_ends(buf_str(&out), text));
	assert_int_equal(parse(&again, buf_cstr(&out), &e), 0);
	pins_print(&again, &twice);
	assert_string_equal(buf_cstr(&out), buf_cstr(&twice));
}

static void
a_lock_that_is_not_as_we_write_it_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "no lock file" },
		{ "functions: []\n", "no lock file" },
		{ "version: 2\n",
		    "subo.lock:1:10: the lock has a form of a later" },
		{ "version: 1\nmore: x\n", "subo.lock:2:1: unknown key" },
		{ "version: 1\nfunctions: {}\n", "wants a list" },
		{ TOP "  - x\n", "should be a map" },
		{ TOP "  - name: a\n", "lacks 'reference'" },
		{ TOP ENTRY("b") ENTRY("a"), "not in order" },
		{ TOP ENTRY("a") ENTRY("a"), "not in order" },
		{ TOP ENTRY("../a"), "subo.lock:3:11: this is no name" },
		{ TOP ENTRY("a") "    extra: 1\n", "unknown key 'extra'" },
		{ TOP "  - name: a\n    name: b\n", "subo.lock:4:5" },
		{ "version: [\n", "subo.lock:2" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(pins_free) struct pins s = { 0 };

		if (parse(&s, rows[i].text, &e) == 0)
			fail_msg("taken: %s", rows[i].text);
		assert_int_equal(e.kind, ERR_INPUT);
		if (!strstr(e.text, rows[i].want))
			fail_msg("'%s' lacks '%s'", e.text, rows[i].want);
	}
}

/* Each field of an entry with a value that it cannot have. */
static void
each_field_is_checked(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ "sha256:" D1, "sha256:11" },
		{ "sha256:" D1, "sha512:" D1 },
		{ "sha256:" D1, "12" },
		{ "bytes: 120", "bytes: -1" },
		{ "bytes: 120", "bytes: 99999999999" },
		{ "bytes: 120", "bytes: x" },
		{ "\"cache\", \"http\"", "\"http\", \"cache\"" },
		{ "\"cache\", \"http\"", "\"http\", \"http\"" },
		{ "signers: []", "signers: a" },
		{ "signers: []", "signers: [1]" },
		{ "lang: \"rust\"", "lang: \"\"" },
		{ "lang: \"rust\"", "lang: {}" },
	};
	static const char good[] = TOP ENTRY("a");
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(pins_free) struct pins s = { 0 };
		CLEANUP(buf_free) struct buf b = BUF(4096);
		const char *at = strstr(good, rows[i].from);

		assert_non_null(at);
		buf_addf(&b, "%.*s%s%s", (int)(at - good), good, rows[i].to,
		    at + strlen(rows[i].from));
		if (parse(&s, buf_cstr(&b), &e) == 0)
			fail_msg("taken: %s", rows[i].to);
		assert_int_equal(e.kind, ERR_INPUT);
	}
}

static void
entries_are_put_in_order_replaced_and_dropped(void **state)
{
	CLEANUP(pins_free) struct pins s = { .arena = arena_new() };
	static const char *const names[] = { "m", "b", "z", "a", "b" };
	CLEANUP(buf_free) struct buf label = BUF(100);

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct pin p = { .nbytes = i + 1 };

		p.info.ns = STR("default");
		p.info.name = str_of(names[i]);
		pins_put(&s, &p);
	}
	assert_int_equal(s.n, 4);
	assert_true(str_is(s.v[0].info.name, "a"));
	assert_true(str_is(s.v[1].info.name, "b"));
	assert_int_equal(s.v[1].nbytes, 5);
	assert_true(str_is(s.v[3].info.name, "z"));
	pin_label(&s.v[1], &label);
	assert_string_equal(buf_cstr(&label), "b");
	pins_drop(&s, STR("default"), STR("b"));
	pins_drop(&s, STR("default"), STR("not-there"));
	assert_int_equal(s.n, 3);
	assert_null(pins_find(&s, STR("default"), STR("b")));
	assert_non_null(pins_find(&s, STR("default"), STR("z")));
}

static void
permissions_are_what_a_module_imports(void **state)
{
	/* (module (import "env" "log_msg" (func (param i32 i32 i32 i32)))
	 *  (import "env" "cache_get" (func (param i32 i32 i32) (result i32)))
	 *  (import "env" "cache_get" ...)) */
	static const char wasm[] =
	    "\0asm\1\0\0\0"
	    "\1\x0f\2\x60\4\x7f\x7f\x7f\x7f\0\x60\3\x7f\x7f\x7f\1\x7f"
	    "\2\x2f\3"
	    "\3env\7log_msg\0\0"
	    "\3env\11cache_get\0\1"
	    "\3env\11cache_get\0\1";
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(module_free) struct module *m = NULL;
	struct pin p = { 0 };
	struct err e = ERR;
	struct str bytes = { wasm, sizeof(wasm) - 1 };

	(void)state;
	if (module_read(&m, bytes, &e) < 0)
		fail_msg("%s", e.text);
	pin_permissions(&p, a, m);
	assert_int_equal(p.imports.n, 2);
	assert_true(str_is(p.imports.v[0], "env.cache_get"));
	assert_true(str_is(p.imports.v[1], "env.log_msg"));
	assert_int_equal(p.capabilities.n, 2);
	assert_true(str_is(p.capabilities.v[0], "cache"));
	assert_true(str_is(p.capabilities.v[1], "logger"));
}

static void
a_kept_module_is_checked_when_it_is_taken(void **state)
{
	CLEANUP(buf_free) struct buf out = BUF(100), path = BUF(1000);
	const char *tmp = getenv("TMPDIR");
	struct pin p = { .nbytes = 4 };
	char dir[500], hex[DIGEST_HEX];
	struct err e = ERR;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/pins.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir));
	p.info.ns = STR("default");
	p.info.name = STR("a");
	p.module = sign_digest(STR("wasm"));
	assert_int_equal(pin_kept(&out, dir, &p, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
	assert_int_equal(pin_keep(dir, STR("wasm"), &p.module, &e), 0);
	assert_int_equal(pin_kept(&out, dir, &p, &e), 0);
	assert_string_equal(buf_cstr(&out), "wasm");
	digest_hex(&p.module, hex);
	buf_addf(&path, "%s/functions/%s.wasm", dir, hex);
	assert_int_equal(os_replace(buf_cstr(&path), STR("wasn"), 0644, &e), 0);
	buf_clear(&out);
	e = (struct err)ERR;
	assert_int_equal(pin_kept(&out, dir, &p, &e), -1);
	assert_int_equal(e.kind, ERR_TRUST);
	/* Where others may write nothing is kept. */
	buf_clear(&path);
	buf_addf(&path, "%s/functions", dir);
	assert_int_equal(chmod(buf_cstr(&path), 0777), 0);
	e = (struct err)ERR;
	assert_int_equal(pin_keep(dir, STR("wasm"), &p.module, &e), -1);
	assert_int_equal(e.kind, ERR_TRUST);
	assert_int_equal(os_remove_tree(dir, &e), 0);
}

static void
no_entries_is_no_file(void **state)
{
	CLEANUP(pins_free) struct pins s = { 0 };
	const char *tmp = getenv("TMPDIR");
	struct pin p = { .reference = STR("r") };
	struct err e = ERR;
	char dir[500], path[600];

	(void)state;
	snprintf(dir, sizeof(dir), "%s/pins.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/subo.lock", dir);
	assert_int_equal(pins_load(&s, path, "subo.lock", &e), 0);
	assert_int_equal(s.n, 0);
	p.info.ns = STR("default");
	p.info.name = STR("a");
	p.nbytes = 1;
	pins_put(&s, &p);
	assert_int_equal(pins_save(&s, path, &e), 0);
	pins_free(&s);
	assert_int_equal(pins_load(&s, path, "subo.lock", &e), 0);
	assert_int_equal(s.n, 1);
	pins_drop(&s, STR("default"), STR("a"));
	assert_int_equal(pins_save(&s, path, &e), 0);
	assert_false(os_exists(path));
	assert_int_equal(os_remove_tree(dir, &e), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_and_written_alike),
		cmocka_unit_test(
		    a_lock_that_is_not_as_we_write_it_is_refused_with_its_place),
		cmocka_unit_test(each_field_is_checked),
		cmocka_unit_test(entries_are_put_in_order_replaced_and_dropped),
		cmocka_unit_test(permissions_are_what_a_module_imports),
		cmocka_unit_test(a_kept_module_is_checked_when_it_is_taken),
		cmocka_unit_test(no_entries_is_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
