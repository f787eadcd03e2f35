/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "bundle/bundle.h"
#include "os/os.h"

#define DIRECTIVE \
	"identifier: com.example.app\nappVersion: v1.0.0\n" \
	"atmoVersion: v0.4.4\nrunnables:\n" \
	"  - name: f\n    namespace: default\n" \
	"  - name: g\n    namespace: default\n"

struct world {
	char dir[64], bundle[96], notes[96], note[200];
	struct digest digest;
};

#define TEXT(t) { t, sizeof(t) - 1 }

static const struct bundle_part parts[] = {
	{ TEXT("Directive.yaml"), TEXT(DIRECTIVE) },
	{ TEXT("f.wasm"), TEXT("\0asm\1\0\0\0f") },
	{ TEXT("g.wasm"), TEXT("\0asm\1\0\0\0gg") },
	{ TEXT("static/a.txt"), TEXT("hello") },
};

static int
set_up(void **state)
{
	struct world *w = mem_take(sizeof(*w));
	struct bundle_options opt = { 0 };
	struct err e = ERR;
	char hex[DIGEST_HEX];

	snprintf(w->dir, sizeof(w->dir), "/tmp/subo-notes.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->bundle, sizeof(w->bundle), "%s/b.zip", w->dir);
	snprintf(w->notes, sizeof(w->notes), "%s/notes", w->dir);
	assert_int_equal(
	    bundle_pack(w->bundle, parts, COUNT(parts), &opt, &w->digest, &e),
	    0);
	digest_hex(&w->digest, hex);
	snprintf(w->note, sizeof(w->note), "%s/%s.opened", w->notes, hex);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;
	struct err e = ERR;
	int rc = os_remove_tree(w->dir, &e);

	mem_free(w);
	return rc;
}

static void
open_noted(struct bundle **b, const struct world *w)
{
	CLEANUP(buf_free) struct buf bytes = BUF(0);
	struct bundle_how how = { .dir = w->notes };
	struct err e = ERR;

	if (bundle_read(&bytes, w->bundle, &e) < 0 ||
	    bundle_open_noted(b, &bytes, w->bundle, &how, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(bytes.n, 0);
}

/* All that can be seen of it is as it was packed. */
static void
check_all(const struct world *w)
{
	CLEANUP(bundle_free) struct bundle *b = NULL;
	const struct directive *d;
	struct digest want, have;
	struct str data;

	open_noted(&b, w);
	d = bundle_directive(b);
	assert_true(digest_eq(bundle_digest(b), &w->digest));
	assert_int_equal(bundle_count(b), COUNT(parts));
	for (size_t i = 0; i < d->nfunctions; i++) {
		want = sign_digest(parts[i + 1].data);
		assert_true(bundle_module_digest(b, &d->functions[i], &have));
		assert_true(digest_eq(&want, &have));
	}
	assert_true(bundle_find(b, STR("g.wasm"), &data));
	assert_true(str_eq(data, parts[2].data));
	for (size_t i = 0; i < COUNT(parts); i++) {
		assert_true(str_eq(bundle_name_at(b, i), parts[i].name));
		assert_true(str_eq(bundle_at(b, i).data, parts[i].data));
	}
	assert_true(bundle_module(b, &d->functions[0], &data));
	assert_true(str_eq(data, parts[1].data));
}

static void
a_noted_bundle_is_as_it_was_packed(void **state)
{
	struct world *w = *state;
	struct stat a, b;

	check_all(w);
	assert_int_equal(stat(w->note, &a), 0);
	assert_int_equal(a.st_mode & 0777, 0600);
	check_all(w);
	check_all(w);
	assert_int_equal(stat(w->note, &b), 0);
	assert_true(a.st_ino == b.st_ino); /* believed, so not written again */
}

static void
spoil(const struct world *w, int how)
{
	CLEANUP(buf_free) struct buf b = BUF(1 << 16);
	struct err e = ERR;
	mode_t mode = 0600;

	assert_int_equal(os_read(&b, w->note, &e), 0);
	switch (how) {
	case 0: /* of other rules */
		b.p[12] = '0';
		break;
	case 1: /* cut off */
		b.n -= 2;
		break;
	case 2:
		b.n = 0;
		break;
	case 3: /* of another entry */
		b.p[b.n - 10] ^= 1;
		break;
	case 4: /* no digest */
		b.p[20] = 'x';
		break;
	case 5: /* one line more */
		buf_add(&b, STR("end\n"));
		break;
	default: /* others may write it */
		mode = 0660;
	}
	assert_int_equal(os_replace(w->note, buf_str(&b), mode, &e), 0);
	assert_int_equal(chmod(w->note, mode), 0);
}

static void
spoiled_notes_are_written_again(void **state)
{
	struct world *w = *state;
	struct stat a, b;

	for (int how = 0; how < 7; how++) {
		check_all(w);
		spoil(w, how);
		assert_int_equal(stat(w->note, &a), 0);
		check_all(w);
		assert_int_equal(stat(w->note, &b), 0);
		assert_true(a.st_ino != b.st_ino);
		assert_int_equal(b.st_mode & 0777, 0600);
	}
}

static void
a_folder_of_others_is_not_used(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkdir(w->notes, 0700), 0);
	assert_int_equal(chmod(w->notes, 0777), 0);
	check_all(w);
	assert_false(os_exists(w->note));
}

/* What was found wrong is found again. */
static void
a_bad_bundle_leaves_no_notes(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf bytes = BUF(1 << 20);
	struct bundle_how how = { .dir = w->notes };
	struct bundle *b = NULL;
	struct err e = ERR;
	size_t at;

	assert_int_equal(os_read(&bytes, w->bundle, &e), 0);
	/* The first byte of what "static/a.txt" holds: its checksum fails. */
	assert_true(str_find(buf_str(&bytes), STR("static/a.txt"), &at));
	bytes.p[at + 12] ^= 1;
	for (int i = 0; i < 2; i++) {
		CLEANUP(buf_free) struct buf copy = BUF(1 << 20);

		buf_add(&copy, buf_str(&bytes));
		assert_int_equal(
		    bundle_open_noted(&b, &copy, "bad", &how, &e), -1);
		assert_null(b);
		e = (struct err)ERR;
	}
	assert_int_equal(os_remove(w->notes, &e), -1); /* a folder ... */
	assert_int_equal(rmdir(w->notes), 0);	       /* ... that is empty */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_noted_bundle_is_as_it_was_packed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    spoiled_notes_are_written_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_folder_of_others_is_not_used, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_bad_bundle_leaves_no_notes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
