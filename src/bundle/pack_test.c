/* SPDX-License-Identifier: Apache-2.0 */
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

#define DIRECTIVE \
	"identifier: com.example.app\nappVersion: v0.1.0\n" \
	"atmoVersion: v0.4.8\nrunnables:\n  - name: f\n    lang: wat\n"

struct place_of_work {
	char dir[64], path[96], other[96];
};

static int
setup(void **state)
{
	struct place_of_work *w = mem_take(sizeof(*w));

	snprintf(w->dir, sizeof(w->dir), "/tmp/subo-pack.XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	snprintf(w->path, sizeof(w->path), "%s/a.zip", w->dir);
	snprintf(w->other, sizeof(w->other), "%s/b.zip", w->dir);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct place_of_work *w = *state;
	struct err e = ERR;
	int r = os_remove_tree(w->dir, &e);

	mem_free(w);
	return r;
}

static struct buf
contents(const char *path)
{
	struct buf b = BUF(256u << 20);
	struct err e = ERR;

	if (os_read(&b, path, &e) < 0)
		fail_msg("%s", e.text);
	return b;
}

static void
pack(const char *path, const struct bundle_part *parts, size_t n,
    const struct bundle_options *opt, struct digest *d)
{
	struct err e = ERR;

	if (bundle_pack(path, parts, n, opt, d, &e) < 0)
		fail_msg("%s", e.text);
}

/* Bytes with some order in them, the same at each call. */
static void
fill(struct buf *b, size_t n, uint32_t seed)
{
	while (b->n < n) {
		seed = seed * 1664525u + 1013904223u;
		buf_addf(b, "%08x%s", (unsigned)(seed >> (seed & 15)),
		    seed & 64 ? " the same again " : "");
	}
	b->n = n;
}

static void
what_is_packed_comes_out_again(void **state)
{
	struct place_of_work *w = *state;
	CLEANUP(buf_free) struct buf large = BUF(8u << 20);
	CLEANUP(bundle_free) struct bundle *b = NULL;
	struct bundle_part parts[] = {
		{ STR("static/z"), STR("") },
		{ STR("f.wasm"), STR("\0asm\1\0\0\0") },
		{ STR("Directive.yaml"), STR(DIRECTIVE) },
		{ STR("static/big"), STR("") },
		{ STR("A.txt"),
		    STR("first by bytes, but after the Directive") },
		{ STR("static/caf\xc3\xa9"), STR("accent") },
	};
	static const char *const order[] = { "Directive.yaml", "A.txt",
		"f.wasm", "static/big", "static/caf\xc3\xa9", "static/z" };
	struct bundle_options opt = { 0 };
	struct digest d;
	struct err e = ERR;
	struct str s;

	fill(&large, 3000001, 7);
	parts[3].data = buf_str(&large);
	pack(w->path, parts, COUNT(parts), &opt, &d);
	if (bundle_open(&b, w->path, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(digest_eq(&d, bundle_digest(b)));
	assert_int_equal(bundle_count(b), COUNT(parts));
	for (size_t i = 0; i < COUNT(order); i++)
		assert_true(str_is(bundle_at(b, i).name, order[i]));
	for (size_t i = 0; i < COUNT(parts); i++) {
		assert_true(bundle_find(b, parts[i].name, &s));
		assert_true(str_eq(s, parts[i].data));
	}
	assert_true(bundle_packed_bytes(b, 3) < large.n / 2);
}

static void
the_bytes_depend_only_on_the_parts(void **state)
{
	struct place_of_work *w = *state;
	CLEANUP(buf_free) struct buf large = BUF(8u << 20), first = BUF(1);
	struct bundle_part parts[] = {
		{ STR("Directive.yaml"), STR(DIRECTIVE) },
		{ STR("static/big"), STR("") },
		{ STR("static/small"), STR("aaaaaaaaaaaaaaaaaaaaaaaaaaa") },
	};
	struct bundle_part turned[3];
	struct digest d, again;

	fill(&large, 5u << 20, 1);
	parts[1].data = buf_str(&large);
	for (size_t i = 0; i < 3; i++)
		turned[i] = parts[2 - i];
	pack(w->path, parts, 3, &(struct bundle_options){ .jobs = 1 }, &d);
	first = contents(w->path);
	for (unsigned jobs = 2; jobs < 9; jobs += 2) {
		CLEANUP(buf_free) struct buf b = BUF(1);

		pack(w->other, turned, 3,
		    &(struct bundle_options){ .jobs = jobs }, &again);
		b = contents(w->other);
		assert_true(str_eq(buf_str(&first), buf_str(&b)));
		assert_true(digest_eq(&d, &again));
	}
}

static void
entries_of_an_earlier_bundle_are_copied(void **state)
{
	static const bool same[] = { false, true, true, false };
	struct place_of_work *w = *state;
	CLEANUP(buf_free) struct buf large = BUF(4u << 20), want = BUF(1);
	CLEANUP(buf_free) struct buf have = BUF(1);
	struct bundle_part parts[] = {
		{ STR("Directive.yaml"), STR(DIRECTIVE) },
		{ STR("static/big"), STR("") },
		{ STR("static/stored"), STR("k4#z") },
		{ STR("static/new"), STR("bbbbbbbbbbbbbbbbbbbbbbbbbbb") },
	};
	struct digest d, first;
	struct bundle_options opt = { 0 },
			      with = { .earlier = w->path,
				      .earlier_digest = &first,
				      .same = same };
	struct err e = ERR;

	fill(&large, 1u << 20, 3);
	parts[1].data = buf_str(&large);
	pack(w->path, parts, 3, &opt, &first);
	parts[0].data = STR(DIRECTIVE "# changed\n");
	pack(w->other, parts, 4, &opt, &d);
	want = contents(w->other);
	parts[1].data = parts[2].data = STR("not looked at");
	pack(w->other, parts, 4, &with, &d);
	have = contents(w->other);
	assert_true(str_eq(buf_str(&want), buf_str(&have)));
	/* One that is not what it was is not used. */
	assert_int_equal(os_replace(w->path, buf_str(&want), 0644, &e), 0);
	assert_int_equal(bundle_pack(w->other, parts, 4, &with, &d, &e), -1);
	assert_int_equal(e.kind, ERR_FAILED);
	first = sign_digest(buf_str(&want));
	parts[1].name = STR("static/nowhere");
	e = (struct err)ERR;
	assert_int_equal(bundle_pack(w->other, parts, 4, &with, &d, &e), -1);
	assert_int_equal(e.kind, ERR_FAILED);
}

static unsigned
get16(const struct buf *b, size_t at)
{
	return (unsigned char)b->p[at] |
	    (unsigned)(unsigned char)b->p[at + 1] << 8;
}

static void
headers_are_canonical(void **state)
{
	static const struct {
		int64_t epoch_s;
		unsigned date, time;
	} dates[] = {
		{ 0, 33, 0 },	      /* 1980-01-01 */
		{ 1, 33, 0 },	      /* 1970 */
		{ 315532800, 33, 0 }, /* 1980-01-01 */
		{ 1000000001, 21u << 9 | 9u << 5 | 9,
		    1u << 11 | 46u << 5 | 20 }, /* 2001-09-09 01:46:41 */
		{ 4354819199, 127u << 9 | 12u << 5 | 31,
		    23u << 11 | 59u << 5 | 29 },
		{ 99999999999, 127u << 9 | 12u << 5 | 31,
		    23u << 11 | 59u << 5 | 29 },
	};
	struct place_of_work *w = *state;
	struct bundle_part parts[] = { { STR("Directive.yaml"),
	    STR(DIRECTIVE) } };
	struct digest d;

	for (size_t i = 0; i < COUNT(dates); i++) {
		CLEANUP(buf_free) struct buf b = BUF(1);

		pack(w->path, parts, 1,
		    &(struct bundle_options){
			.epoch_s = dates[i].epoch_s, .store = true },
		    &d);
		b = contents(w->path);
		assert_int_equal(get16(&b, 4), 20); /* needs 2.0 */
		assert_int_equal(get16(&b, 6), 0);  /* no flags */
		assert_int_equal(get16(&b, 8), 0);  /* stored */
		assert_int_equal(get16(&b, 10), dates[i].time);
		assert_int_equal(get16(&b, 12), dates[i].date);
		assert_int_equal(get16(&b, 28), 0); /* no extra field */
		/* Header, name and data, directory, end: nothing else. */
		assert_int_equal(b.n, 30 + 14 + parts[0].data.n + 46 + 14 + 22);
		/* Made by Unix, a regular file of mode 0644. */
		assert_int_equal(
		    get16(&b, 30 + 14 + parts[0].data.n + 4), 0x314);
		assert_int_equal(
		    get16(&b, 30 + 14 + parts[0].data.n + 40), 0100644);
	}
}

static void
what_deflate_does_not_help_is_stored(void **state)
{
	struct place_of_work *w = *state;
	CLEANUP(bundle_free) struct bundle *b = NULL;
	CLEANUP(buf_free) struct buf zeros = BUF(4u << 20);
	struct bundle_part parts[] = {
		{ STR("Directive.yaml"), STR(DIRECTIVE) },
		{ STR("static/a"), STR("k4#z") },
		{ STR("static/b"), STR("") },
		{ STR("static/zeros"), STR("") },
	};
	struct digest d;
	struct err e = ERR;

	/* More than 200:1 is not read, so it is not written. */
	for (size_t i = 0; i < 2u << 20; i++)
		buf_addc(&zeros, '\0');
	parts[3].data = buf_str(&zeros);
	pack(w->path, parts, 4, &(struct bundle_options){ 0 }, &d);
	if (bundle_open(&b, w->path, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(bundle_packed_bytes(b, 0) < parts[0].data.n);
	for (size_t i = 1; i < 4; i++)
		assert_int_equal(bundle_packed_bytes(b, i), parts[i].data.n);
}

static void
parts_that_make_no_bundle_are_refused(void **state)
{
	struct place_of_work *w = *state;
	static const char *const names[] = { "Directive.yaml", "directive.yaml",
		"a/../b", "/a", "a//b", "a/", "", ".", "a\nb", "a:b", "a::b",
		"a::b::c.wasm", "::f.wasm", "ns::.wasm", "static/ns::f.wasm",
		"a\\b", "caf\xe9", "Directive.yaml/x" };
	struct bundle_part parts[] = {
		{ STR("Directive.yaml"), STR(DIRECTIVE) },
		{ STR(""), STR("x") },
	};
	struct bundle_options opt = { 0 };
	struct digest d;

	for (size_t i = 0; i < COUNT(names); i++) {
		struct err e = ERR;

		parts[1].name = str_of(names[i]);
		if (bundle_pack(w->path, parts, 2, &opt, &d, &e) == 0)
			fail_msg("'%s' was packed", names[i]);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_false(os_exists(w->path));
	}
	parts[0].name = STR("a");
	parts[1].name = STR("ns::f.wasm");
	assert_int_equal(
	    bundle_pack(w->path, parts, 2, &opt, &d, &(struct err)ERR), -1);
	assert_int_equal(
	    bundle_pack(w->path, parts, 0, &opt, &d, &(struct err)ERR), -1);
	assert_false(os_exists(w->path));
}

static void
the_ceilings_hold_when_packing(void **state)
{
	struct place_of_work *w = *state;
	struct bundle_part parts[] = {
		{ STR("Directive.yaml"), STR(DIRECTIVE) },
		{ STR("static/large"), { DIRECTIVE, BUNDLE_MAX_ENTRY + 1 } },
	};
	CLEANUP(mem_free_at)
	struct bundle_part *many =
	    mem_take((BUNDLE_MAX_ENTRIES + 1) * sizeof(*many));
	struct bundle_options opt = { 0 };
	struct err e = ERR;
	struct digest d;

	assert_int_equal(bundle_pack(w->path, parts, 2, &opt, &d, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	for (unsigned i = 0; i <= BUNDLE_MAX_ENTRIES; i++)
		many[i] = parts[0];
	e = (struct err)ERR;
	assert_int_equal(
	    bundle_pack(w->path, many, BUNDLE_MAX_ENTRIES + 1, &opt, &d, &e),
	    -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_false(os_exists(w->path));
}

static void
a_bundle_that_cannot_be_written_leaves_the_old_one(void **state)
{
	struct place_of_work *w = *state;
	struct bundle_part part = { STR("Directive.yaml"), STR(DIRECTIVE) };
	CLEANUP(buf_free) struct buf was = BUF(1), is = BUF(1);
	struct err e = ERR;
	struct digest d;

	pack(w->path, &part, 1, &(struct bundle_options){ 0 }, &d);
	was = contents(w->path);
	part.name = STR("other");
	assert_int_equal(bundle_pack(w->path, &part, 1,
			     &(struct bundle_options){ 0 }, &d, &e),
	    -1);
	is = contents(w->path);
	assert_true(str_eq(buf_str(&was), buf_str(&is)));
	part.name = STR("Directive.yaml");
	e = (struct err)ERR;
	assert_int_equal(bundle_pack("/nonexistent/x.zip", &part, 1,
			     &(struct bundle_options){ 0 }, &d, &e),
	    -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(what_is_packed_comes_out_again),
		TEST(the_bytes_depend_only_on_the_parts),
		TEST(entries_of_an_earlier_bundle_are_copied),
		TEST(headers_are_canonical),
		TEST(what_deflate_does_not_help_is_stored),
		TEST(parts_that_make_no_bundle_are_refused),
		TEST(the_ceilings_hold_when_packing),
		TEST(a_bundle_that_cannot_be_written_leaves_the_old_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
