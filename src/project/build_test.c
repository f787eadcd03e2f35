/* SPDX-License-Identifier: Apache-2.0 */
/* Builds of prebuilt modules: all of a build but a compiler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bundle/bundle.h"
#include "os/os.h"
#include "project/project.h"

#define DIRECTIVE \
	"identifier: com.example.app\nappVersion: v0.1.0\n" \
	"atmoVersion: v0.4.8\nhandlers:\n  - type: request\n" \
	"    resource: /a\n    method: GET\n    steps:\n      - fn: a\n" \
	"      - fn: db::b\n"

/*
 * (module (import "env" "return_result" (func (param i32 i32 i32)))
 *   (memory (export "memory") 1)
 *   (func (export "allocate") (param i32) (result i32) (i32.const 1024))
 *   (func (export "deallocate") (param i32 i32))
 *   (func (export "run_e") (param i32 i32 i32)))
 */
#define MODULE \
	"\x00\x61\x73\x6d\x01\x00\x00\x00\x01\x11\x03\x60\x03\x7f\x7f\x7f" \
	"\x00\x60\x01\x7f\x01\x7f\x60\x02\x7f\x7f\x00\x02\x15\x01\x03\x65" \
	"\x6e\x76\x0d\x72\x65\x74\x75\x72\x6e\x5f\x72\x65\x73\x75\x6c\x74" \
	"\x00\x00\x03\x04\x03\x01\x02\x00\x05\x03\x01\x00\x01\x07\x2a\x04" \
	"\x06\x6d\x65\x6d\x6f\x72\x79\x02\x00\x08\x61\x6c\x6c\x6f\x63\x61" \
	"\x74\x65\x00\x01\x0a\x64\x65\x61\x6c\x6c\x6f\x63\x61\x74\x65\x00" \
	"\x02\x05\x72\x75\x6e\x5f\x65\x00\x03\x0a\x0d\x03\x05\x00\x41\x80" \
	"\x08\x0b\x02\x00\x0b\x02\x00\x0b"

struct shop {
	char root[64];
	struct diags *ds;
	struct build_result res;
	struct buf told;
	struct toolchain_env env;
	struct build_options opt;
};

static void
path_of(const struct shop *s, const char *path, char full[512])
{
	snprintf(full, 512, "%s/%s", s->root, path);
}

static void
put(const struct shop *s, const char *path, struct str text)
{
	char full[512];
	struct err e = ERR;
	char *slash;

	path_of(s, path, full);
	slash = strrchr(full, '/');
	*slash = '\0';
	if (os_mkdirs(full, 0755, &e) < 0)
		fail_msg("%s", e.text);
	*slash = '/';
	if (os_replace(full, text, 0644, &e) < 0)
		fail_msg("%s", e.text);
}

static void
remove_file(const struct shop *s, const char *path)
{
	char full[512];
	struct err e = ERR;

	path_of(s, path, full);
	assert_int_equal(os_remove(full, &e), 0);
}

static bool
stands(const struct shop *s, const char *path)
{
	char full[512];

	path_of(s, path, full);
	return os_exists(full);
}

static void
tell(void *arg, enum build_what what, const struct project_function *f,
    uint64_t wall_ns, struct str log, const struct err *why)
{
	static const char letters[] = "fsbx";
	struct shop *s = arg;

	(void)wall_ns;
	(void)log;
	buf_addf(&s->told, "%c:" STR_F " ", letters[what], STR_A(f->info.name));
	if (why)
		buf_addf(&s->told, "(%s) ", why->text);
}

/* A module with a custom section that holds text: others have other bytes. */
static void
put_module(const struct shop *s, const char *path, const char *text)
{
	CLEANUP(buf_free) struct buf b = BUF(1000);

	buf_add(&b, STR(MODULE));
	buf_addc(&b, '\0');
	buf_addc(&b, (char)(strlen(text) + 2));
	buf_add(&b, STR("\1x"));
	buf_add(&b, str_of(text));
	put(s, path, buf_str(&b));
}

static int
setup(void **state)
{
	static const char *const none[] = { NULL };
	struct shop *s = mem_take(sizeof(*s));

	snprintf(s->root, sizeof(s->root), "/tmp/subo-build.XXXXXX");
	if (!mkdtemp(s->root))
		return -1;
	s->told = (struct buf)BUF(10000);
	s->env = (struct toolchain_env){
		.path = "/nonexistent", .env = none, .cache_dir = "/nonexistent"
	};
	s->opt = (struct build_options){ .env = &s->env,
		.environ = none,
		.jobs = 2,
		.tell = tell,
		.arg = s };
	put(s, "Directive.yaml", STR(DIRECTIVE));
	put(s, "a/.runnable.yml", STR("lang: wasm\n"));
	put_module(s, "a/a.wasm", "a");
	put(s, "b/.runnable.yml", STR("lang: wasm\nnamespace: db\n"));
	put_module(s, "b/b.wasm", "b");
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct shop *s = *state;
	struct err e = ERR;
	int r = os_remove_tree(s->root, &e);

	buf_free(&s->told);
	diags_free(&s->ds);
	mem_free(s);
	return r;
}

/* Build, and give the error's kind. */
static enum err_kind
build(struct shop *s)
{
	CLEANUP(project_free) struct project *p = NULL;
	struct err e = ERR;

	diags_free(&s->ds);
	s->ds = diags_new();
	buf_clear(&s->told);
	if (project_open(&p, s->root, s->ds, &e) < 0 ||
	    project_build(p, &s->opt, s->ds, &s->res, &e) < 0)
		buf_addf(&s->told, "error: %s", e.text);
	return e.kind;
}

static void
must_build(struct shop *s, size_t built, size_t fresh)
{
	if (build(s) != ERR_NONE || s->res.built != built ||
	    s->res.fresh != fresh)
		fail_msg("%zu built, %zu fresh: %s", s->res.built, s->res.fresh,
		    buf_cstr(&s->told));
}

static void
only_what_changed_is_built(void **state)
{
	struct shop *s = *state;
	struct digest first;

	must_build(s, 2, 0);
	assert_true(s->res.bundled && !s->res.bundle_fresh);
	first = s->res.digest;
	must_build(s, 0, 2);
	assert_true(s->res.bundled && s->res.bundle_fresh);
	assert_true(digest_eq(&first, &s->res.digest));
	put_module(s, "b/b.wasm", "B");
	must_build(s, 1, 1);
	assert_non_null(strstr(s->told.p, "b:b"));
	assert_false(s->res.bundle_fresh);
	put_module(s, "b/b.wasm", "b");
	must_build(s, 1, 1);
	assert_true(digest_eq(&first, &s->res.digest));
}

static void
what_is_packed_can_be_opened(void **state)
{
	struct shop *s = *state;
	CLEANUP(bundle_free) struct bundle *b = NULL;
	struct err e = ERR;
	char path[512];
	struct str data;

	put(s, "static/x.txt", STR("x"));
	put(s, "static/static/css/a.css", STR("css"));
	must_build(s, 2, 0);
	path_of(s, PROJECT_BUNDLE, path);
	if (bundle_open(&b, path, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(digest_eq(bundle_digest(b), &s->res.digest));
	assert_int_equal(bundle_directive(b)->nfunctions, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct function_info *f =
		    &bundle_directive(b)->functions[i];

		assert_true(bundle_module(b, f, &data));
		assert_int_equal(f->digest.n, DIGEST_HEX - 1);
	}
	assert_true(bundle_find(b, STR("db::b.wasm"), &data));
	assert_true(bundle_find(b, STR("static/css/a.css"), &data));
	assert_true(bundle_static(b, STR("x.txt"), &data));
	assert_int_equal(bundle_count(b), 7);
}

static void
outputs_are_inputs_too(void **state)
{
	struct shop *s = *state;

	must_build(s, 2, 0);
	remove_file(s, ".subo/build/default.a/module.wasm");
	must_build(s, 1, 1);
	put(s, ".subo/build/default.a/module.wasm", STR("by hand"));
	must_build(s, 1, 1);
	remove_file(s, PROJECT_BUNDLE);
	must_build(s, 0, 2);
	assert_false(s->res.bundle_fresh);
	put(s, PROJECT_BUNDLE, STR("by hand"));
	must_build(s, 0, 2);
	assert_false(s->res.bundle_fresh);
	put(s, ".subo/state", STR("subo-state 1\nrubbish"));
	must_build(s, 2, 0);
}

static void
static_files_and_the_directive_are_inputs_of_the_bundle(void **state)
{
	struct shop *s = *state;

	must_build(s, 2, 0);
	put(s, "static/x", STR("x"));
	must_build(s, 0, 2);
	assert_false(s->res.bundle_fresh);
	must_build(s, 0, 2);
	assert_true(s->res.bundle_fresh);
	put(s, "Directive.yaml", STR(DIRECTIVE "# more\n"));
	must_build(s, 0, 2);
	assert_false(s->res.bundle_fresh);
	s->opt.epoch_s = 1000000000;
	must_build(s, 0, 2);
	assert_false(s->res.bundle_fresh);
	s->opt.store = true;
	must_build(s, 0, 2);
	assert_false(s->res.bundle_fresh);
	s->opt.force = true;
	must_build(s, 2, 0);
}

static void
a_failure_stops_neither_others_nor_the_old_bundle(void **state)
{
	struct shop *s = *state;
	struct digest before;

	must_build(s, 2, 0);
	before = s->res.digest;
	put(s, "b/b.wasm", STR("\0asm\1\0\0\0\1\x99"));
	put_module(s, "a/a.wasm", "A");
	assert_int_equal(build(s), ERR_FAILED);
	assert_int_equal(s->res.built, 1);
	assert_int_equal(s->res.failed, 1);
	assert_false(s->res.bundled);
	assert_true(stands(s, PROJECT_BUNDLE));
	/* It failed, so it is tried again, also with the same input. */
	assert_int_equal(build(s), ERR_FAILED);
	assert_int_equal(s->res.fresh, 1);
	assert_int_equal(s->res.failed, 1);
	put_module(s, "b/b.wasm", "b");
	put_module(s, "a/a.wasm", "a");
	must_build(s, 2, 0);
	assert_true(digest_eq(&before, &s->res.digest));
}

static void
a_module_that_cannot_run_here_is_a_failure(void **state)
{
	struct shop *s = *state;

	put(s, "b/b.wasm", STR("\0asm\1\0\0\0"));
	assert_int_equal(build(s), ERR_FAILED);
	assert_true(diags_errors(s->ds) > 0);
	assert_non_null(strstr(s->told.p, "cannot run here"));
	assert_false(stands(s, PROJECT_BUNDLE));
}

static void
problems_of_the_directive_keep_the_bundle_back(void **state)
{
	struct shop *s = *state;

	put(s, "Directive.yaml", STR(DIRECTIVE "      - fn: nobody\n"));
	assert_int_equal(build(s), ERR_FAILED);
	assert_int_equal(s->res.built, 2);
	assert_true(diags_errors(s->ds) > 0);
	assert_false(stands(s, PROJECT_BUNDLE));
	s->opt.no_bundle = true;
	must_build(s, 0, 2);
}

static void
static_files_that_cannot_be_packed_are_told(void **state)
{
	struct shop *s = *state;
	char path[512];

	put(s, "static/x", STR("1"));
	put(s, "static/static/x", STR("2"));
	path_of(s, "static/link", path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(build(s), ERR_FAILED);
	assert_int_equal(diags_errors(s->ds), 2);
	diags_sort(s->ds);
	assert_string_equal(diags_at(s->ds, 0)->rule->code, "P004");
	assert_string_equal(diags_at(s->ds, 1)->rule->code, "P005");
	assert_false(stands(s, PROJECT_BUNDLE));
}

static void
some_languages_make_no_bundle(void **state)
{
	struct shop *s = *state;

	s->opt.langs = "wasm,rs";
	must_build(s, 2, 0);
	assert_false(s->res.bundled);
	s->opt.langs = "rust";
	assert_int_equal(build(s), ERR_MISSING);
	s->opt.langs = "wasm,klingon";
	assert_int_equal(build(s), ERR_USAGE);
	s->opt.langs = "";
	assert_int_equal(build(s), ERR_USAGE);
}

static void
a_folder_of_ours_that_is_a_link_is_not_used(void **state)
{
	struct shop *s = *state;
	char path[512];

	path_of(s, ".subo", path);
	assert_int_equal(symlink("/tmp", path), 0);
	assert_int_equal(build(s), ERR_TRUST);
}

static void
expect_why(struct shop *s, bool rebuild, const char *text)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	CLEANUP(buf_free) struct buf why = BUF(100000);
	struct err e = ERR;

	if (project_open(&p, s->root, ds, &e) < 0)
		fail_msg("%s", e.text);
	if (project_why(p, &s->opt, project_find(p, STR("a")), &why, &e) !=
		rebuild ||
	    e.kind != ERR_NONE || !strstr(buf_cstr(&why), text))
		fail_msg(
		    "want '%s', got '%s' %s", text, buf_cstr(&why), e.text);
}

static void
why_names_the_input(void **state)
{
	struct shop *s = *state;

	expect_why(s, true, "never built");
	must_build(s, 2, 0);
	expect_why(s, false, "");
	put(s, "a/notes.txt", STR("x"));
	expect_why(s, true, "source: notes.txt was added");
	must_build(s, 1, 1);
	put(s, "a/notes.txt", STR("y"));
	expect_why(s, true, "source: notes.txt changed");
	must_build(s, 1, 1);
	remove_file(s, "a/notes.txt");
	expect_why(s, true, "source: notes.txt was removed");
	must_build(s, 1, 1);
	s->opt.release = true;
	expect_why(s, true, "option: --release was off, now on");
	s->opt.release = false;
	remove_file(s, ".subo/build/default.a/module.wasm");
	expect_why(s, true, "is missing");
	put(s, "a/a.wasm", STR("junk"));
	assert_int_equal(build(s), ERR_FAILED);
	expect_why(s, true, "the last build of it failed");
}

static void
count(void *arg, const char *path, bool kept)
{
	struct buf *b = arg;

	buf_addf(b, "%s %s;", kept ? "kept" : "gone", path);
}

static void
clean_removes_only_what_we_made(void **state)
{
	struct shop *s = *state;
	CLEANUP(buf_free) struct buf told = BUF(10000);

	must_build(s, 2, 0);
	for (int round = 0; round < 2; round++) {
		CLEANUP(diags_free) struct diags *ds = diags_new();
		CLEANUP(project_free) struct project *p = NULL;
		struct err e = ERR;

		if (project_open(&p, s->root, ds, &e) < 0 ||
		    project_clean(p, count, &told, &e) < 0)
			fail_msg("%s", e.text);
		if (round == 1)
			break;
		assert_false(stands(s, PROJECT_BUNDLE));
		assert_false(stands(s, ".subo"));
		assert_true(stands(s, "a/a.wasm"));
		put(s, PROJECT_BUNDLE, STR("somebody else's"));
	}
	assert_true(stands(s, PROJECT_BUNDLE));
	assert_string_equal(buf_cstr(&told),
	    "gone runnables.wasm.zip;gone .subo;kept runnables.wasm.zip;");
}

static void
what_was_changed_since_is_not_cleaned(void **state)
{
	struct shop *s = *state;
	CLEANUP(buf_free) struct buf told = BUF(10000);
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(project_free) struct project *p = NULL;
	struct err e = ERR;

	must_build(s, 2, 0);
	put(s, PROJECT_BUNDLE, STR("changed"));
	if (project_open(&p, s->root, ds, &e) < 0 ||
	    project_clean(p, count, &told, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(stands(s, PROJECT_BUNDLE));
	assert_string_equal(
	    buf_cstr(&told), "kept runnables.wasm.zip;gone .subo;");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(only_what_changed_is_built),
		TEST(what_is_packed_can_be_opened),
		TEST(outputs_are_inputs_too),
		TEST(static_files_and_the_directive_are_inputs_of_the_bundle),
		TEST(a_failure_stops_neither_others_nor_the_old_bundle),
		TEST(a_module_that_cannot_run_here_is_a_failure),
		TEST(problems_of_the_directive_keep_the_bundle_back),
		TEST(static_files_that_cannot_be_packed_are_told),
		TEST(some_languages_make_no_bundle),
		TEST(a_folder_of_ours_that_is_a_link_is_not_used),
		TEST(why_names_the_input),
		TEST(clean_removes_only_what_we_made),
		TEST(what_was_changed_since_is_not_cleaned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
