/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bundle/bundle.h"
#include "os/os.h"
#include "ship/ship.h"

#define MAX_PARTS 1000

struct world {
	char dir[64];
	struct arena *a;
	struct bundle_part parts[MAX_PARTS];
	size_t n;
	struct bundle_options how;
	struct err e;
};

static int
set_up(void **state)
{
	struct world *w = mem_take(sizeof(*w));
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(w->dir, sizeof(w->dir), "%s/subo-ship.XXXXXX",
	    tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	w->a = arena_new();
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;
	int rc = os_remove_tree(w->dir, &w->e);

	arena_free(&w->a);
	mem_free(w);
	return rc;
}

static void
add(struct world *w, const char *name, struct str data)
{
	w->parts[w->n++] = (struct bundle_part){ str_of(name), data };
}

static struct str
fill(struct world *w, size_t n, unsigned seed, bool packs)
{
	char *p = arena_take(w->a, n + 1);
	uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;

	for (size_t i = 0; i < n; i++) {
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
		p[i] = packs ? "abcd"[x >> 62] : (char)(x >> 56);
	}
	return (struct str){ p, n };
}

static void
add_directive(struct world *w, const char *version)
{
	add(w, "Directive.yaml",
	    str_of(arena_printf(w->a,
		"identifier: com.example.a\nappVersion: %s\n"
		"atmoVersion: v0.4.8\nheadless: true\nrunnables: []\n",
		version)));
}

static void
pack(struct world *w, struct buf *out)
{
	char *path = arena_printf(w->a, "%s/b.zip", w->dir);
	struct digest ignored;

	if (bundle_pack(path, w->parts, w->n, &w->how, &ignored, &w->e) < 0 ||
	    os_read(out, path, &w->e) < 0)
		fail_msg("%s", w->e.text);
}

/* Taken apart and put together; how many layers it had. */
static size_t
there_and_back(struct str whole, bool exploded)
{
	CLEANUP(ship_layers_free) struct ship_layers l = { 0 };
	CLEANUP(buf_free) struct buf again = BUF(SHIP_MAX_BYTES);
	struct err e = ERR;

	ship_explode(&l, whole);
	assert_int_equal(l.whole, !exploded);
	if (!exploded) {
		assert_int_equal(l.n, 1);
		assert_true(str_eq(l.v[0].data, whole));
		return 1;
	}
	assert_int_equal(ship_rebuild(&again, l.v, l.n, l.date, &e), 0);
	assert_true(str_eq(buf_str(&again), whole));
	return l.n;
}

static struct ship_layer *
layer(struct ship_layers *l, const char *title)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_is(l->v[i].title, title))
			return &l->v[i];
	fail_msg("there is no layer '%s'", title);
	return NULL;
}

/* ---- there and back ---- */

static void
a_bundle_comes_back_byte_for_byte(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 65535, 65536, 300000 };
	struct world *w = *state;
	CLEANUP(buf_free) struct buf b = BUF(SHIP_MAX_BYTES);

	add_directive(w, "v1.0.0");
	for (unsigned i = 0; i < COUNT(sizes); i++) {
		add(w, arena_printf(w->a, "f%u.wasm", i),
		    fill(w, sizes[i], i, true));
		add(w, arena_printf(w->a, "ns::g%u.wasm", i),
		    fill(w, sizes[i], i + 9, false));
		add(w, arena_printf(w->a, "static/a%u.txt", i),
		    fill(w, sizes[i], i + 99, i % 2 == 0));
	}
	add(w, "static/gr\xc3\xbc\xc3\x9f.txt", STR("hello"));
	add(w, BUNDLE_SBOM, STR("{}"));
	pack(w, &b);
	/* Directive, SBOM, 12 modules, 2 large files that hardly pack, the
	 * third with the small ones. */
	assert_in_range(there_and_back(buf_str(&b), true), 16, 18);
}

static void
so_does_one_with_nothing_but_a_directive(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf b = BUF(SHIP_MAX_BYTES);

	add_directive(w, "v1.0.0");
	pack(w, &b);
	assert_int_equal(there_and_back(buf_str(&b), true), 1);
}

static void
so_does_a_stored_one_of_another_date(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf b = BUF(SHIP_MAX_BYTES);

	w->how.store = true;
	w->how.epoch_s = 1700000001;
	add_directive(w, "v1.0.0");
	add(w, "f.wasm", fill(w, 5000, 1, true));
	add(w, "static/x", fill(w, 5000, 2, true));
	pack(w, &b);
	assert_int_equal(there_and_back(buf_str(&b), true), 3);
}

static void
more_modules_than_layers_share_one(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf b = BUF(SHIP_MAX_BYTES);

	add_directive(w, "v1.0.0");
	for (unsigned i = 0; i + 1 < MAX_PARTS; i++)
		add(w, arena_printf(w->a, "f%u.wasm", i),
		    fill(w, i < 10 ? 100000 : 100, i, false));
	pack(w, &b);
	assert_int_equal(there_and_back(buf_str(&b), true), 12);
}

/* ---- what does not change does not travel ---- */

static void
only_what_changed_has_another_digest(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf one = BUF(SHIP_MAX_BYTES);
	CLEANUP(buf_free) struct buf two = BUF(SHIP_MAX_BYTES);
	CLEANUP(ship_layers_free) struct ship_layers l = { 0 }, m = { 0 };
	size_t same = 0;

	add_directive(w, "v1.0.0");
	add(w, "f.wasm", fill(w, 5000, 1, true));
	add(w, "g.wasm", fill(w, 5000, 2, false));
	add(w, "static/x", STR("x"));
	add(w, BUNDLE_SBOM, STR("{}"));
	pack(w, &one);
	/* Another date and SBOM, one other function, one more: nothing else. */
	w->how.epoch_s = 1700000000;
	w->parts[1].data = fill(w, 5000, 3, true);
	w->parts[4].data = STR("{ }");
	add(w, "h.wasm", fill(w, 10, 1, true));
	pack(w, &two);
	ship_explode(&l, buf_str(&one));
	ship_explode(&m, buf_str(&two));
	for (size_t i = 0; i < l.n; i++)
		for (size_t k = 0; k < m.n; k++)
			same += str_eq(l.v[i].data, m.v[k].data);
	assert_int_equal(same, 3); /* the Directive, g and static */
	assert_true(
	    str_eq(layer(&l, "g.wasm")->data, layer(&m, "g.wasm")->data));
	assert_false(
	    str_eq(layer(&l, "f.wasm.gz")->data, layer(&m, "f.wasm.gz")->data));
}

static void
others_can_read_the_layers(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf b = BUF(SHIP_MAX_BYTES);
	CLEANUP(buf_free) struct buf text = BUF(1u << 20);
	CLEANUP(ship_layers_free) struct ship_layers l = { 0 };
	struct str f = fill(w, 5000, 1, true);
	struct ship_layer *y;
	struct os_exit ex;

	add_directive(w, "v1.0.0");
	add(w, "f.wasm", f);
	add(w, "raw.wasm", fill(w, 100, 2, false));
	add(w, "static/x", STR("x"));
	pack(w, &b);
	ship_explode(&l, buf_str(&b));
	y = layer(&l, "f.wasm.gz");
	assert_string_equal(y->media_type, "application/wasm+gzip");
	struct os_spawn gunzip = { .argv = (const char *const[]){ "gzip", "-dc",
				       NULL },
		.input = y->data,
		.out = &text };
	assert_int_equal(os_run(&gunzip, &ex, &w->e), 0);
	assert_int_equal(ex.code, 0);
	assert_true(str_eq(buf_str(&text), f));
	y = layer(&l, "raw.wasm");
	assert_string_equal(y->media_type, "application/wasm");
	assert_true(str_eq(y->data, w->parts[2].data));
	y = layer(&l, "files.zip");
	assert_string_equal(y->media_type, "application/zip");
	assert_true(str_starts(y->data, "PK\3\4"));
	assert_string_equal(layer(&l, "Directive.yaml.gz")->media_type,
	    "application/yaml+gzip");
}

/* ---- what we would not have written ---- */

static void
what_would_not_come_back_travels_whole(void **state)
{
	static const struct {
		size_t at;
		char to;
	} rows[] = {
		{ 4, 10 },   /* the version it needs */
		{ 6, 8 },    /* a flag */
		{ 8, 9 },    /* a method */
		{ 28, 1 },   /* an extra field */
		{ 26, 0 },   /* no name */
		{ 27, 127 }, /* a name longer than the file */
		{ 20, 127 }, /* more bytes than the file */
		{ 0, 'Q' },
	};
	struct world *w = *state;
	CLEANUP(buf_free) struct buf b = BUF(SHIP_MAX_BYTES);

	add_directive(w, "v1.0.0");
	add(w, "f.wasm", fill(w, 5000, 1, true));
	pack(w, &b);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char was = b.p[rows[i].at];

		b.p[rows[i].at] = rows[i].to;
		(void)there_and_back(buf_str(&b), false);
		b.p[rows[i].at] = was;
	}
	for (size_t n = 0; n < b.n; n += 7)
		(void)there_and_back((struct str){ b.p, n }, false);
	b.p[b.n - 1] = 1; /* a comment's length, without one */
	(void)there_and_back(buf_str(&b), false);
}

static void
layers_that_are_none_are_refused(void **state)
{
	static const struct {
		const char *title, *type;
		struct str data;
		const char *says;
	} rows[] = {
		{ "f.wasm", "application/wasm+gzip", { "x", 1 }, "gzip" },
		{ "f.wasm.gz", "application/wasm+gzip",
		    { "\x1f\x8b\x08\0\0\0\0\0\0\xff"
		      "12345678",
			17 },
		    "gzip" },
		{ "f.wasm.gz", "application/wasm+gzip",
		    { "\x1f\x8b\x08\x08\0\0\0\0\0\xff"
		      "12345678",
			18 },
		    "gzip" },
		{ ".gz", "x+gzip",
		    { "\x1f\x8b\x08\0\0\0\0\0\0\xff"
		      "12345678",
			18 },
		    "no entry" },
		{ "", "application/wasm", { "x", 1 }, "no entry" },
		{ "files.zip", "application/zip", { "PK\3\4", 4 }, "archive" },
		{ "files.zip", "application/zip", { "", 0 }, "archive" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(buf_free) struct buf out = BUF(1u << 20);
		struct ship_layer y = { .title = str_of(rows[i].title),
			.media_type = rows[i].type,
			.data = rows[i].data };

		w->e = (struct err)ERR;
		assert_int_equal(ship_rebuild(&out, &y, 1, 0, &w->e), -1);
		assert_int_equal(w->e.kind, ERR_INPUT);
		assert_non_null(strstr(w->e.text, rows[i].says));
	}
	w->e = (struct err)ERR;
	CLEANUP(buf_free) struct buf out = BUF(10);
	assert_int_equal(ship_rebuild(&out, NULL, 0, 0, &w->e), -1);
}

static void
a_title_cannot_write_to_the_terminal(void **state)
{
	struct world *w = *state;
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);
	struct ship_layer y = { .title = STR("\x1b[2Jf"),
		.media_type = "x+gzip",
		.data = STR("x") };

	assert_int_equal(ship_rebuild(&out, &y, 1, 0, &w->e), -1);
	assert_null(strchr(w->e.text, '\x1b'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(a_bundle_comes_back_byte_for_byte),
		T(so_does_one_with_nothing_but_a_directive),
		T(so_does_a_stored_one_of_another_date),
		T(more_modules_than_layers_share_one),
		T(only_what_changed_has_another_digest),
		T(others_can_read_the_layers),
		T(what_would_not_come_back_travels_whole),
		T(layers_that_are_none_are_refused),
		T(a_title_cannot_write_to_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
