/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "os/os.h"
#include "project/state.h"

struct folder {
	char root[64], path[96], state[96];
};

static void
put(const char *path, const char *text)
{
	struct err e = ERR;

	if (os_replace(path, str_of(text), 0644, &e) < 0)
		fail_msg("%s", e.text);
}

static int
setup(void **state)
{
	struct folder *f = mem_take(sizeof(*f));
	struct err e = ERR;

	snprintf(f->root, sizeof(f->root), "/tmp/subo-state.XXXXXX");
	if (!mkdtemp(f->root))
		return -1;
	snprintf(f->state, sizeof(f->state), "%s/.subo", f->root);
	if (os_mkdirs(f->state, 0755, &e) < 0)
		return -1;
	snprintf(f->state, sizeof(f->state), "%s/.subo/state", f->root);
	snprintf(f->path, sizeof(f->path), "%s/a.txt", f->root);
	put(f->path, "first");
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct folder *f = *state;
	struct err e = ERR;
	int r = os_remove_tree(f->root, &e);

	mem_free(f);
	return r;
}

/* Make the file old, so that its times are believed. */
static void
age(const char *path, long nanoseconds)
{
	struct timespec t[2] = { { 1000000000, nanoseconds },
		{ 1000000000, nanoseconds } };

	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
}

static void
wait_past_a_tick(void)
{
	const struct timespec t = { .tv_nsec = 60000000 };

	nanosleep(&t, NULL);
}

static void
save(struct state *s)
{
	struct err e = ERR;

	if (state_save(s, &e) < 0)
		fail_msg("%s", e.text);
	state_free(s);
}

static struct digest
digest_of(struct state *s, const char *path)
{
	struct digest d = { { 0 } };
	struct err e = ERR;

	if (state_digest(s, path, NULL, &d, &e) < 0)
		fail_msg("%s", e.text);
	return d;
}

static void
what_is_saved_is_loaded(void **state)
{
	struct folder *f = *state;
	struct made m = { .name = STR("db::a\tb\nc\\"),
		.ok = true,
		.out = STR("x/y.wasm"),
		.digest = sign_digest(STR("y")) };
	const struct made *back;
	struct stat st;
	struct state s;

	state_load(&s, f->root);
	inputs_add(
	    s.arena, &m.inputs, INPUT_VARIABLE, STR("CFLAGS"), STR("-O3\n-g"));
	inputs_add(s.arena, &m.inputs, INPUT_SOURCE, STR("a.c"), STR("12"));
	inputs_sort(&m.inputs);
	state_put_made(&s, &m);
	assert_int_equal(stat(f->path, &st), 0);
	state_put_version(&s, f->path, &st, "19.1.7");
	save(&s);

	state_load(&s, f->root);
	assert_false(s.dirty);
	back = state_made(&s, STR("db::a\tb\nc\\"));
	assert_non_null(back);
	assert_true(back->ok && str_is(back->out, "x/y.wasm"));
	assert_true(digest_eq(&back->digest, &m.digest));
	assert_int_equal(back->inputs.n, 2);
	assert_int_equal(back->inputs.v[0].kind, INPUT_SOURCE);
	assert_true(str_is(back->inputs.v[1].value, "-O3\n-g"));
	assert_true(str_is(state_version(&s, f->path, &st), "19.1.7"));
	st.st_size++;
	assert_true(str_is(state_version(&s, f->path, &st), ""));
	assert_null(state_made(&s, STR("other")));
	state_free(&s);
}

static void
a_file_that_did_not_change_is_not_read_again(void **state)
{
	struct folder *f = *state;
	struct digest want = sign_digest(STR("first")), have;
	struct state s;

	age(f->path, 5);
	wait_past_a_tick(); /* its ctime is now */
	state_load(&s, f->root);
	have = digest_of(&s, f->path);
	assert_true(digest_eq(&want, &have));
	save(&s);
	state_load(&s, f->root);
	have = digest_of(&s, f->path);
	assert_true(digest_eq(&want, &have));
	assert_false(s.dirty); /* nothing was read */
	state_free(&s);
}

static void
a_file_written_in_the_same_tick_is_read_again(void **state)
{
	struct folder *f = *state;
	struct digest want = sign_digest(STR("other")), have;
	struct state s;

	state_load(&s, f->root);
	put(f->path, "first");
	digest_of(&s, f->path);
	/* The same size, and quite likely the same times. */
	put(f->path, "other");
	save(&s);
	state_load(&s, f->root);
	have = digest_of(&s, f->path);
	assert_true(digest_eq(&want, &have));
	state_free(&s);
}

static void
times_in_whole_seconds_are_trusted_less(void **state)
{
	struct folder *f = *state;
	struct timespec now, t[2];
	struct state s;

	clock_gettime(CLOCK_REALTIME, &now);
	t[0] = t[1] = (struct timespec){ now.tv_sec, 0 };
	assert_int_equal(utimensat(AT_FDCWD, f->path, t, 0), 0);
	state_load(&s, f->root);
	digest_of(&s, f->path);
	save(&s);
	state_load(&s, f->root);
	digest_of(&s, f->path);
	assert_true(s.dirty); /* read again */
	state_free(&s);
}

static void
a_spoilt_state_is_as_good_as_none(void **state)
{
	struct folder *f = *state;
	CLEANUP(buf_free) struct buf whole = BUF(1u << 20);
	struct made m = { .name = STR("f"), .out = STR("f.wasm") };
	struct err e = ERR;
	struct state s;

	state_load(&s, f->root);
	state_put_made(&s, &m);
	digest_of(&s, f->path);
	save(&s);
	assert_int_equal(os_read(&whole, f->state, &e), 0);
	for (size_t i = 0; i < whole.n; i++) {
		/* Cut there, and then with that byte changed. */
		assert_int_equal(
		    os_replace(f->state, (struct str){ whole.p, i }, 0644, &e),
		    0);
		state_load(&s, f->root);
		assert_int_equal(s.nmade + s.nold, 0);
		assert_true(s.dirty);
		state_free(&s);
		whole.p[i] ^= 4;
		assert_int_equal(
		    os_replace(f->state, buf_str(&whole), 0644, &e), 0);
		whole.p[i] ^= 4;
		state_load(&s, f->root);
		assert_int_equal(s.nmade + s.nold, 0);
		state_free(&s);
	}
}

static void
a_missing_file_is_missing(void **state)
{
	struct folder *f = *state;
	struct digest d;
	struct state s;
	struct err e = ERR;

	state_load(&s, f->root);
	assert_int_equal(
	    state_digest(&s, "/nonexistent/file", NULL, &d, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
	state_free(&s);
}

static void
a_partial_look_keeps_the_rest(void **state)
{
	struct folder *f = *state;
	char other[128];
	struct state s;

	snprintf(other, sizeof(other), "%s/b.txt", f->root);
	put(other, "second");
	state_load(&s, f->root);
	digest_of(&s, f->path);
	digest_of(&s, other);
	save(&s);
	for (int partial = 1; partial >= 0; partial--) {
		state_load(&s, f->root);
		assert_int_equal(s.nold, 2);
		s.partial = partial == 1;
		s.dirty = true;
		digest_of(&s, other);
		save(&s);
	}
	state_load(&s, f->root);
	assert_int_equal(s.nold, 1);
	assert_true(str_is(s.old[0].path, "b.txt"));
	state_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(what_is_saved_is_loaded),
		TEST(a_file_that_did_not_change_is_not_read_again),
		TEST(a_file_written_in_the_same_tick_is_read_again),
		TEST(times_in_whole_seconds_are_trusted_less),
		TEST(a_spoilt_state_is_as_good_as_none),
		TEST(a_missing_file_is_missing),
		TEST(a_partial_look_keeps_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
