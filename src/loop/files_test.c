/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/loop.h"
#include "os/os.h"

#define QUIET_MS 5
#define S_NS UINT64_C(1000000000)

struct world {
	char root[64];
	struct loop *l;
	struct loop_files *files;
	struct buf told; /* each path with a newline before and after it */
	size_t ncalls;
	const char *awaited;
	struct loop_timer *alarm;
	bool end_at_once;
	struct err e;
};

static bool
leave_out(void *arg, struct str path)
{
	(void)arg;
	return str_is(path, "skipped") || str_ends(path, "/target");
}

static bool
was_told(const struct world *w, const char *path)
{
	char line[300];

	snprintf(line, sizeof(line), "\n%s\n", path);
	return w->told.n > 0 && strstr(w->told.p, line);
}

static void
on_change(void *arg, struct str changed)
{
	struct world *w = arg;
	struct str line;

	w->ncalls++;
	buf_addc(&w->told, '\n');
	if (changed.n == 0)
		buf_add(&w->told, STR("ALL\n"));
	while (str_cut(&changed, '\n', &line))
		buf_addf(&w->told, STR_F "\n\n", STR_A(line));
	assert_int_equal(line.n, 0);
	if (w->end_at_once)
		loop_files_end(&w->files);
	if (w->end_at_once || (w->awaited && was_told(w, w->awaited)))
		loop_stop(w->l);
}

static void
too_late(void *arg)
{
	struct world *w = arg;

	fail_msg("'%s' was not told, but:%s", w->awaited, buf_cstr(&w->told));
}

/* Run until path was told. */
static void
await(struct world *w, const char *path)
{
	w->awaited = path;
	w->alarm = loop_timer_start(w->l, NULL, 60 * S_NS, too_late, w);
	if (loop_run(w->l, &w->e) < 0)
		fail_msg("%s", w->e.text);
	loop_timer_end(&w->alarm);
	w->awaited = NULL;
}

static const char *
at(const struct world *w, const char *path)
{
	static char ring[4][400];
	static unsigned next;
	char *full = ring[next++ % 4];

	snprintf(full, 400, "%s/%s", w->root, path);
	return full;
}

static void
put(const struct world *w, const char *path, const char *text)
{
	int fd = open(at(w, path), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
make_dir(const struct world *w, const char *path)
{
	assert_int_equal(os_mkdirs(at(w, path), 0755, &(struct err)ERR), 0);
}

static void
move(const struct world *w, const char *from, const char *to)
{
	assert_int_equal(rename(at(w, from), at(w, to)), 0);
}

static struct world *
bare_world(void)
{
	struct world *w = mem_take(sizeof(*w));

	w->told = (struct buf)BUF(1u << 22);
	snprintf(w->root, sizeof(w->root), "%s/subo-files.XXXXXX",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(w->root));
	assert_int_equal(loop_new(&w->l, &w->e), 0);
	return w;
}

static void
begin(struct world *w)
{
	if (loop_files_start(&w->files, w->l, w->root, QUIET_MS, leave_out,
		on_change, w, &w->e) < 0)
		fail_msg("%s", w->e.text);
}

/* a.txt, deep/er/b.txt; nothing of it is told. */
static struct world *
world(void)
{
	struct world *w = bare_world();

	make_dir(w, "deep/er");
	put(w, "a.txt", "one");
	put(w, "deep/er/b.txt", "two");
	begin(w);
	return w;
}

static void
end(struct world *w)
{
	loop_files_end(&w->files);
	loop_free(&w->l);
	assert_int_equal(os_remove_tree(w->root, &w->e), 0);
	buf_free(&w->told);
	mem_free(w);
}

/* What was told came before what is done now: nothing is on its way. */
static void
only_this_was_told(struct world *w, const char *paths)
{
	buf_clear(&w->told);
	w->ncalls = 0;
	put(w, "mark", "");
	put(w, "mark", w->e.text);
	await(w, "mark");
	assert_string_equal(buf_cstr(&w->told), paths);
	assert_int_equal(unlink(at(w, "mark")), 0);
	await(w, "mark");
}

static void
a_file_that_is_written_again_is_told(void **state)
{
	struct world *w = world();

	(void)state;
	put(w, "a.txt", "two");
	await(w, "a.txt");
	assert_string_equal(buf_cstr(&w->told), "\na.txt\n\n");
	put(w, "deep/er/b.txt", "four");
	await(w, "deep/er/b.txt");
	end(w);
}

/* vim: the old one is moved away, the new one written, the old one removed. */
static void
vim(const struct world *w, const char *path, const char *text)
{
	char backup[100];

	snprintf(backup, sizeof(backup), "%s~", path);
	put(w, "4913", "");
	assert_int_equal(unlink(at(w, "4913")), 0);
	move(w, path, backup);
	put(w, path, text);
	assert_int_equal(unlink(at(w, backup)), 0);
}

static void
an_editor_that_renames_is_told_each_time(void **state)
{
	struct world *w = world();

	(void)state;
	for (int i = 0; i < 5; i++) {
		const char *text = i % 2 ? "odd" : "even";

		put(w, "deep/er/.b.tmp", text);
		move(w, "deep/er/.b.tmp", "deep/er/b.txt");
		await(w, "deep/er/b.txt");
		buf_clear(&w->told);
		vim(w, "a.txt", text);
		await(w, "a.txt");
		assert_string_equal(buf_cstr(&w->told), "\na.txt\n\n");
		buf_clear(&w->told);
	}
	end(w);
}

/* fastly/cli 1332: what touches permission bits must not cause a rebuild. */
static void
what_changes_no_content_is_not_told(void **state)
{
	static const struct timespec times[2] = { { 1000, 1 }, { 2000, 2 } };
	struct world *w = world();

	(void)state;
	assert_int_equal(chmod(at(w, "a.txt"), 0600), 0);
	assert_int_equal(chmod(at(w, "deep"), 0700), 0);
	assert_int_equal(utimensat(AT_FDCWD, at(w, "a.txt"), times, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, at(w, "deep"), times, 0), 0);
	assert_int_equal(
	    utimensat(AT_FDCWD, at(w, "deep/er/b.txt"), NULL, 0), 0);
	put(w, "deep/er/b.txt", "two");
	put(w, "a.tmp", "one");
	move(w, "a.tmp", "a.txt");
	only_this_was_told(w, "\nmark\n\n");
	put(w, "a.txt", "new");
	only_this_was_told(w, "\na.txt\n\nmark\n\n");
	end(w);
}

static void
files_in_new_folders_are_told_however_deep(void **state)
{
	struct world *w = world();

	(void)state;
	/* All of it is there before anybody looks. */
	make_dir(w, "new/x/y/z");
	put(w, "new/x/y/z/one", "1");
	put(w, "new/two", "2");
	await(w, "new/x/y/z/one");
	assert_true(was_told(w, "new/two"));
	buf_clear(&w->told);
	put(w, "new/x/y/z/one", "changed");
	await(w, "new/x/y/z/one");
	put(w, "new/x/three", "3");
	await(w, "new/x/three");
	end(w);
}

static void
a_folder_that_moves_is_told_at_both_places_and_watched_at_the_new(void **state)
{
	static const char *const places[] = { "zzz", "a0", "deep2/in" };
	struct world *w = world();
	char file[100], was[100] = "deep/er/b.txt", dir[100] = "deep/er";

	(void)state;
	make_dir(w, "deep2");
	for (size_t i = 0; i < COUNT(places); i++) {
		move(w, dir, places[i]);
		snprintf(dir, sizeof(dir), "%s", places[i]);
		snprintf(file, sizeof(file), "%s/b.txt", places[i]);
		await(w, file);
		if (!was_told(w, was))
			await(w, was);
		buf_clear(&w->told);
		put(w, file, places[i]);
		await(w, file);
		buf_clear(&w->told);
		memcpy(was, file, sizeof(was));
	}
	end(w);
}

static void
a_folder_that_is_removed_and_made_again_is_watched_again(void **state)
{
	struct world *w = world();

	(void)state;
	for (int i = 0; i < 20; i++) {
		char text[20];

		snprintf(text, sizeof(text), "%d", i);
		assert_int_equal(os_remove_tree(at(w, "deep"), &w->e), 0);
		if (i % 2)
			await(w, "deep/er/b.txt");
		make_dir(w, "deep/er");
		put(w, "deep/er/b.txt", text);
		await(w, "deep/er/b.txt");
		buf_clear(&w->told);
		put(w, "deep/er/b.txt", "again");
		await(w, "deep/er/b.txt");
		buf_clear(&w->told);
	}
	end(w);
}

static void
a_root_that_goes_is_waited_for(void **state)
{
	struct world *w = world();

	(void)state;
	assert_int_equal(os_remove_tree(w->root, &w->e), 0);
	await(w, "a.txt");
	assert_true(was_told(w, "deep/er/b.txt"));
	buf_clear(&w->told);
	make_dir(w, "deep");
	put(w, "deep/back", "1");
	await(w, "deep/back");
	buf_clear(&w->told);
	put(w, "deep/back", "2");
	await(w, "deep/back");
	end(w);
}

static void
a_file_may_become_a_folder_and_back(void **state)
{
	struct world *w = world();

	(void)state;
	assert_int_equal(unlink(at(w, "a.txt")), 0);
	make_dir(w, "a.txt");
	put(w, "a.txt/in", "1");
	await(w, "a.txt/in");
	assert_true(was_told(w, "a.txt"));
	buf_clear(&w->told);
	assert_int_equal(os_remove_tree(at(w, "a.txt"), &w->e), 0);
	put(w, "a.txt", "one");
	await(w, "a.txt");
	assert_true(was_told(w, "a.txt/in"));
	end(w);
}

static void
links_are_told_and_not_followed(void **state)
{
	struct world *w = bare_world();

	(void)state;
	make_dir(w, "dir");
	make_dir(w, "skipped");
	assert_int_equal(symlink("skipped", at(w, "link")), 0);
	begin(w);
	put(w, "skipped/a", "1");
	only_this_was_told(w, "\nmark\n\n");
	assert_int_equal(symlink("dir", at(w, "link2")), 0);
	move(w, "link2", "link");
	only_this_was_told(w, "\nlink\n\nmark\n\n");
	end(w);
}

static void
folders_that_are_skipped_are_not_told(void **state)
{
	struct world *w = world();

	(void)state;
	make_dir(w, "skipped/in");
	make_dir(w, "deep/target");
	put(w, "skipped/in/a", "1");
	put(w, "deep/target/b", "1");
	only_this_was_told(w, "\nmark\n\n");
	put(w, "skipped/in/a", "2");
	put(w, "deep/target/b", "2");
	only_this_was_told(w, "\nmark\n\n");
	end(w);
}

static void
a_burst_is_told_once(void **state)
{
	struct world *w = world();
	char name[20];

	(void)state;
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "f%03d", i);
		put(w, name, "x");
	}
	await(w, "f499");
	assert_true(was_told(w, "f000"));
	assert_int_equal(w->ncalls, 1);
	end(w);
}

static void
too_many_to_tell_are_all(void **state)
{
	struct world *w = world();
	char name[200];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%0150d", i);
		put(w, name, "x");
	}
	await(w, "ALL");
	only_this_was_told(w, "\nmark\n\n");
	end(w);
}

static void
a_name_that_cannot_be_told_is_all(void **state)
{
	struct world *w = world();

	(void)state;
	put(w, "a\nb", "x");
	await(w, "ALL");
	end(w);
}

/* The queue of the kernel holds 16384 events. */
static void
a_change_whose_event_was_lost_is_told(void **state)
{
	struct world *w = world();
	int fds[2];

	(void)state;
	make_dir(w, "late/r");
	put(w, "late/r/x", "1");
	await(w, "late/r/x");
	buf_clear(&w->told);
	fds[0] = open(at(w, "p"), O_WRONLY | O_CREAT, 0644);
	fds[1] = open(at(w, "deep/q"), O_WRONLY | O_CREAT, 0644);
	for (int i = 0; i < 40000; i++)
		assert_int_equal(write(fds[i % 2], "x", 1), 1);
	put(w, "late/r/x", "2");
	await(w, "late/r/x");
	close(fds[0]);
	close(fds[1]);
	end(w);
}

/* Over 1 MiB only the size and the time are looked at. */
static void
a_large_file_goes_by_size_and_time(void **state)
{
	static const struct timespec times[2] = { { 1000, 1 }, { 2000, 2 } };
	struct world *w = bare_world();
	char *big = mem_take((2u << 20) + 1);

	(void)state;
	memset(big, 'x', 2u << 20);
	put(w, "big", big);
	assert_int_equal(utimensat(AT_FDCWD, at(w, "big"), times, 0), 0);
	begin(w);
	assert_int_equal(chmod(at(w, "big"), 0600), 0);
	only_this_was_told(w, "\nmark\n\n");
	big[1000] = 'y';
	put(w, "big", big);
	await(w, "big");
	mem_free(big);
	end(w);
}

/* Two writes of one length in one tick of the kernel's clock.  A time to come
 * makes of any moment one in which the tick goes on. */
static void
a_change_in_the_tick_of_the_last_is_told(void **state)
{
	static const char *const texts[] = { "aaa", "bbb", "ccc" };
	struct timespec same[2] = { { 0, 0 } };
	struct world *w = world();

	(void)state;
	same[0].tv_sec = same[1].tv_sec = os_unix_ms() / 1000 + 3600;
	for (size_t i = 0; i < COUNT(texts); i++) {
		put(w, "a.txt", texts[i]);
		assert_int_equal(
		    utimensat(AT_FDCWD, at(w, "a.txt"), same, 0), 0);
		await(w, "a.txt");
		buf_clear(&w->told);
	}
	end(w);
}

static void
a_folder_that_was_closed_is_watched_when_it_opens(void **state)
{
	const char *tmp = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	bool root = geteuid() == 0;
	struct world *w;

	(void)state;
	/* To root nothing is closed. */
	if (root)
		assert_int_equal(seteuid(65534), 0);
	if (faccessat(AT_FDCWD, tmp, W_OK, AT_EACCESS) == 0) {
		w = bare_world();
		make_dir(w, "closed");
		assert_int_equal(chmod(at(w, "closed"), 0), 0);
		begin(w);
		assert_int_equal(chmod(at(w, "closed"), 0755), 0);
		put(w, "closed/a", "1");
		await(w, "closed/a");
		end(w);
	}
	if (root)
		assert_int_equal(seteuid(0), 0);
}

static void
it_may_be_ended_by_whom_it_tells(void **state)
{
	struct world *w = world();

	(void)state;
	w->end_at_once = true;
	put(w, "a.txt", "x");
	put(w, "deep/er/b.txt", "x");
	await(w, "a.txt");
	assert_int_equal(w->ncalls, 1);
	/* Nothing is left to wait for. */
	assert_int_equal(loop_run(w->l, &w->e), 0);
	end(w);
}

static void
what_is_no_folder_is_refused(void **state)
{
	struct world *w = world();
	struct loop_files *f = NULL;

	(void)state;
	assert_int_equal(loop_files_start(&f, w->l, at(w, "a.txt"), 5, NULL,
			     on_change, w, &w->e),
	    -1);
	assert_int_equal(w->e.kind, ERR_MISSING);
	assert_int_equal(loop_files_start(&f, w->l, at(w, "none"), 5, NULL,
			     on_change, w, &w->e),
	    -1);
	assert_int_equal(w->e.kind, ERR_MISSING);
	assert_null(f);
	end(w);
}

/* In a child with a limit of its own.  2: such a limit cannot be set here. */
static int
with_two_watches(void)
{
	struct err e = ERR;
	struct world *w = bare_world();
	int fd, rc;

	make_dir(w, "a/b/c");
	if (unshare(CLONE_NEWUSER) < 0)
		return 2;
	fd = open("/proc/sys/user/max_inotify_watches", O_WRONLY);
	if (fd < 0 || write(fd, "2", 1) != 1)
		return 2;
	rc = loop_files_start(
	    &w->files, w->l, w->root, QUIET_MS, leave_out, on_change, w, &e);
	end(w);
	if (rc == 0 || e.kind != ERR_SYSTEM || !strstr(e.hint, "sysctl")) {
		print_message("%d %s (%s)\n", rc, e.text, e.hint);
		return 1;
	}
	return 0;
}

static void
when_no_more_watches_are_to_be_had_the_sysctl_is_named(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(with_two_watches());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 2)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: it forks, and there are no threads yet. */
		cmocka_unit_test(
		    when_no_more_watches_are_to_be_had_the_sysctl_is_named),
		cmocka_unit_test(a_file_that_is_written_again_is_told),
		cmocka_unit_test(an_editor_that_renames_is_told_each_time),
		cmocka_unit_test(what_changes_no_content_is_not_told),
		cmocka_unit_test(files_in_new_folders_are_told_however_deep),
		cmocka_unit_test(
		    a_folder_that_moves_is_told_at_both_places_and_watched_at_the_new),
		cmocka_unit_test(
		    a_folder_that_is_removed_and_made_again_is_watched_again),
		cmocka_unit_test(a_root_that_goes_is_waited_for),
		cmocka_unit_test(a_file_may_become_a_folder_and_back),
		cmocka_unit_test(links_are_told_and_not_followed),
		cmocka_unit_test(folders_that_are_skipped_are_not_told),
		cmocka_unit_test(a_burst_is_told_once),
		cmocka_unit_test(too_many_to_tell_are_all),
		cmocka_unit_test(a_name_that_cannot_be_told_is_all),
		cmocka_unit_test(a_change_whose_event_was_lost_is_told),
		cmocka_unit_test(a_large_file_goes_by_size_and_time),
		cmocka_unit_test(a_change_in_the_tick_of_the_last_is_told),
		cmocka_unit_test(
		    a_folder_that_was_closed_is_watched_when_it_opens),
		cmocka_unit_test(it_may_be_ended_by_whom_it_tells),
		cmocka_unit_test(what_is_no_folder_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
