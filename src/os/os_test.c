/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/os.h"

static char dir[64];

static int
enter(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/subo-os-test.XXXXXX");
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
leave(void **state)
{
	struct err e = ERR;

	(void)state;
	return chdir("/") == 0 ? os_remove_tree(dir, &e) : -1;
}

static void
a_file_is_replaced_whole(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(100);
	struct err e = ERR;
	struct stat st;

	(void)state;
	assert_int_equal(os_replace("f", STR("one"), 0644, &e), 0);
	assert_int_equal(os_replace("f", STR("two"), 0644, &e), 0);
	assert_int_equal(os_read(&b, "f", &e), 0);
	assert_string_equal(buf_cstr(&b), "two");
	assert_int_equal(os_remake("f", STR("three"), 0644, &e), 0);
	buf_clear(&b);
	assert_int_equal(os_read(&b, "f", &e), 0);
	assert_string_equal(buf_cstr(&b), "three");
	assert_int_equal(os_remake("none/f", STR("x"), 0644, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
}

static void
an_uncommitted_file_leaves_nothing(void **state)
{
	struct os_new_file f;
	struct err e = ERR;

	(void)state;
	assert_int_equal(os_mkdirs("drop", 0755, &e), 0);
	assert_int_equal(os_new_file_open(&f, "drop/f", 0644, &e), 0);
	assert_int_equal(os_new_file_write(&f, STR("x"), &e), 0);
	os_new_file_drop(&f);
	assert_int_equal(rmdir("drop"), 0);
}

static void
a_new_files_mode_obeys_the_umask(void **state)
{
	mode_t was = umask(027);
	struct err e = ERR;
	struct stat st;
	int r = os_replace("masked", STR("1"), 0666, &e);

	(void)state;
	assert_int_equal(umask(was), 027);
	assert_int_equal(r, 0);
	assert_int_equal(stat("masked", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void
a_file_that_cannot_be_made_is_told_with_the_reason(void **state)
{
	struct err e = ERR;
	char path[5000];

	(void)state;
	assert_int_equal(os_replace("none/f", STR("1"), 0644, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_non_null(strstr(e.text, strerror(ENOENT)));
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(os_replace(path, STR("1"), 0644, &e), -1);
	assert_non_null(strstr(e.text, strerror(ENAMETOOLONG)));
}

static void
a_folder_that_cannot_be_made_is_told_with_the_reason(void **state)
{
	struct err e = ERR;

	(void)state;
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_int_equal(os_mkdirs("dangling/x", 0755, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_non_null(strstr(e.text, "'dangling'"));
	assert_non_null(strstr(e.text, strerror(EEXIST)));
}

static void
what_is_there_is_not_created_over(void **state)
{
	struct err e = ERR;

	(void)state;
	assert_int_equal(os_create("new", STR("1"), 0600, &e), 0);
	assert_int_equal(os_create("new", STR("2"), 0600, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
}

static void
reading_has_a_ceiling_and_wants_a_file(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(3);
	struct err e = ERR;

	(void)state;
	assert_int_equal(os_replace("big", STR("four"), 0644, &e), 0);
	assert_int_equal(os_read(&b, "big", &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(os_read(&b, "none", &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
	assert_int_equal(os_read(&b, ".", &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(os_read(&b, "/dev/zero", &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
}

static int
note_path(void *arg, const char *path, const struct stat *st, struct err *e)
{
	(void)e;
	buf_addf(arg, "%s%s ", path, S_ISDIR(st->st_mode) ? "/" : "");
	return strstr(path, "skip") ? 1 : 0;
}

static void
a_walk_is_in_byte_order_and_follows_no_link(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1000);
	struct err e = ERR;

	(void)state;
	assert_int_equal(os_mkdirs("w/b/c", 0755, &e), 0);
	assert_int_equal(os_mkdirs("w/skip/x", 0755, &e), 0);
	assert_int_equal(os_replace("w/a", STR(""), 0644, &e), 0);
	assert_int_equal(os_replace("w/b/c/d", STR(""), 0644, &e), 0);
	assert_int_equal(symlink("..", "w/up"), 0);
	assert_int_equal(os_walk("w", note_path, &b, &e), 0);
	assert_string_equal(
	    buf_cstr(&b), "w/a w/b/ w/b/c/ w/b/c/d w/skip/ w/up ");
	assert_int_equal(os_remove_tree("w", &e), 0);
	assert_false(os_exists("w"));
}

static void
a_walk_stops_above_folders_that_hold_a_name(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1000);
	struct err e = ERR;

	(void)state;
	assert_int_equal(os_mkdirs("w/in/c", 0755, &e), 0);
	assert_int_equal(os_mkdirs("w/out/c", 0755, &e), 0);
	assert_int_equal(os_replace("w/mark", STR(""), 0644, &e), 0);
	assert_int_equal(os_replace("w/in/a", STR(""), 0644, &e), 0);
	assert_int_equal(os_replace("w/out/a", STR(""), 0644, &e), 0);
	assert_int_equal(os_replace("w/out/mark", STR(""), 0644, &e), 0);
	assert_int_equal(os_walk_except("w", "mark", note_path, &b, &e), 0);
	assert_string_equal(
	    buf_cstr(&b), "w/in/ w/in/a w/in/c/ w/mark w/out/ ");
	assert_int_equal(os_remove_tree("w", &e), 0);
}

static void
a_walk_has_a_depth_and_needs_a_folder(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(65536);
	CLEANUP(buf_free) struct buf deep = BUF(1000);
	struct err e = ERR;

	(void)state;
	buf_add(&deep, STR("w"));
	for (int i = 0; i < OS_WALK_DEPTH - 1; i++)
		buf_add(&deep, STR("/d"));
	assert_int_equal(os_mkdirs(buf_cstr(&deep), 0755, &e), 0);
	assert_int_equal(os_walk("w", note_path, &b, &e), 0);
	buf_add(&deep, STR("/d"));
	assert_int_equal(os_mkdirs(buf_cstr(&deep), 0755, &e), 0);
	assert_int_equal(os_walk("w", note_path, &b, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(os_remove_tree("w", &e), 0);
	assert_int_equal(os_walk("w", note_path, &b, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
}

static int
run_sh(const char *script, struct buf *out, uint32_t timeout_ms,
    struct os_exit *ex)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct os_spawn s = { .argv = argv,
		.out = out,
		.input = STR("in"),
		.timeout_ms = timeout_ms };
	struct err e = ERR;

	return os_run(&s, ex, &e);
}

static void
a_program_is_fed_read_and_its_end_told(void **state)
{
	CLEANUP(buf_free) struct buf out = BUF(1000);
	struct os_exit ex;

	(void)state;
	assert_int_equal(
	    run_sh("cat; echo; echo err >&2; exit 3", &out, 0, &ex), 0);
	assert_string_equal(buf_cstr(&out), "in\nerr\n");
	assert_int_equal(ex.code, 3);
	assert_int_equal(run_sh("kill -9 $$", &out, 0, &ex), 0);
	assert_int_equal(ex.code, -1);
	assert_int_equal(ex.sig, 9);
}

static void
output_past_the_ceiling_is_thrown_away(void **state)
{
	CLEANUP(buf_free) struct buf out = BUF(1000);
	struct os_exit ex;

	(void)state;
	assert_int_equal(run_sh("head -c 50000000 /dev/zero", &out, 0, &ex), 0);
	assert_int_equal(out.n, 1000);
	assert_true(ex.over);
	assert_int_equal(ex.code, 0);
}

static void
a_hanging_group_is_ended(void **state)
{
	CLEANUP(buf_free) struct buf out = BUF(1000);
	struct os_exit ex;
	uint64_t begin = os_now_ns();

	(void)state;
	assert_int_equal(
	    run_sh("trap '' TERM; sleep 60 & sleep 60", &out, 100, &ex), 0);
	assert_true(ex.timed_out);
	assert_true(os_now_ns() - begin < 30000000000u);
}

static void
a_descendant_that_left_the_group_is_ended_too(void **state)
{
	CLEANUP(buf_free) struct buf out = BUF(1000);
	struct os_exit ex;
	uint64_t pid = 0;

	(void)state;
	assert_int_equal(run_sh("setsid sleep 61 >/dev/null & echo $!; wait",
			     &out, 300, &ex),
	    0);
	assert_true(ex.timed_out);
	assert_true(str_u64(str_trim(buf_str(&out)), INT32_MAX, &pid));
	assert_int_equal(kill((pid_t)pid, 0), -1);
}

static void
a_missing_program_is_told(void **state)
{
	const char *argv[] = { "no-such-program-here", NULL };
	struct os_spawn s = { .argv = argv };
	struct os_exit ex;
	struct err e = ERR;

	(void)state;
	assert_int_equal(os_run(&s, &ex, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
}

static void
programs_are_not_taken_from_relative_folders(void **state)
{
	CLEANUP(buf_free) struct buf b = BUF(1000);
	struct err e = ERR;

	(void)state;
	assert_int_equal(os_replace("tool", STR("#!/bin/sh\n"), 0755, &e), 0);
	assert_false(os_find_program(&b, "tool", ".::bin"));
	assert_true(os_find_program(&b, "tool", dir));
}

static void
a_folder_others_can_write_is_not_private(void **state)
{
	struct err e = ERR;

	(void)state;
	assert_int_equal(os_private_dir("p/q", &e), 0);
	assert_int_equal(chmod("p/q", 0777), 0);
	assert_int_equal(os_private_dir("p/q", &e), -1);
	assert_int_equal(e.kind, ERR_TRUST);
}

static void
temporaries_are_known_by_their_names(void **state)
{
	static const struct {
		const char *path;
		bool is;
	} cases[] = {
		{ "a/b.wasm.tmpabc012", true },
		{ "a/b.wasm.tmpzzzzz5", true },
		{ "a/b.wasm", false },
		{ "a/b.wasm.tmp", false },
		{ "a/b.wasm.tmpabc01", false },
		{ "a/b.wasm.tmpabc0123", false },
		{ "a/b.wasm.tmpabc019", false },
		{ "a/b.wasm.tmpABC012", false },
		{ "a/b.wasm.bakabc012", false },
		{ "a/c.wasm.tmpabc012", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (os_is_new_file(cases[i].path, "a/b.wasm") != cases[i].is)
			fail_msg("%s", cases[i].path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(temporaries_are_known_by_their_names),
		cmocka_unit_test(a_file_is_replaced_whole),
		cmocka_unit_test(an_uncommitted_file_leaves_nothing),
		cmocka_unit_test(a_new_files_mode_obeys_the_umask),
		cmocka_unit_test(
		    a_file_that_cannot_be_made_is_told_with_the_reason),
		cmocka_unit_test(
		    a_folder_that_cannot_be_made_is_told_with_the_reason),
		cmocka_unit_test(what_is_there_is_not_created_over),
		cmocka_unit_test(reading_has_a_ceiling_and_wants_a_file),
		cmocka_unit_test(a_walk_is_in_byte_order_and_follows_no_link),
		cmocka_unit_test(a_walk_stops_above_folders_that_hold_a_name),
		cmocka_unit_test(a_walk_has_a_depth_and_needs_a_folder),
		cmocka_unit_test(a_program_is_fed_read_and_its_end_told),
		cmocka_unit_test(output_past_the_ceiling_is_thrown_away),
		cmocka_unit_test(a_hanging_group_is_ended),
		cmocka_unit_test(a_descendant_that_left_the_group_is_ended_too),
		cmocka_unit_test(a_missing_program_is_told),
		cmocka_unit_test(programs_are_not_taken_from_relative_folders),
		cmocka_unit_test(a_folder_others_can_write_is_not_private),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
