/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "graph/layout.h"
#include "graph/svg.h"

#define ROUNDS 400

/* ---- Directives made up, always the same ones ---- */

struct dice {
	uint64_t state;
};

static unsigned
roll(struct dice *d, unsigned sides)
{
	d->state = d->state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(d->state >> 33) % sides;
}

static void
add_name(struct buf *out, struct dice *d)
{
	static const char *const parts[] = { "a", "get", "-user", "report",
		"very-long-name-of-a-function", "\xe6\xbc\xa2\xe5\xad\x97",
		"e\xcc\x81", "\xf0\x9f\x9a\x80" };
	unsigned n = 1 + roll(d, 4);

	buf_addc(out, '"');
	while (n-- > 0)
		buf_add(out, str_of(parts[roll(d, COUNT(parts))]));
	buf_addc(out, '"');
}

static void
add_call(struct buf *out, struct dice *d)
{
	buf_add(out, STR("fn: "));
	add_name(out, d);
	if (roll(d, 3) == 0)
		buf_add(out, STR(", when: state.a.b == \"x <&> y\""));
	if (roll(d, 4) == 0)
		buf_add(out, STR(", forEach: list, concurrency: 3"));
	if (roll(d, 4) == 0)
		buf_add(out, STR(", retry: {times: 3, on: [timeout, 503]}"));
	if (roll(d, 4) == 0)
		buf_add(out, STR(", timeout: 2s"));
	if (roll(d, 4) == 0)
		buf_add(out, STR(", onErr: {code: {404: continue}}"));
	if (roll(d, 4) == 0)
		buf_add(out, STR(", as: other"));
}

static void
add_step(struct buf *out, struct dice *d, unsigned at)
{
	unsigned kind = roll(d, 8), n;

	buf_add(out, STR("    - {"));
	if (kind == 0 && at > 0) {
		buf_addf(
		    out, "goto: n%u, max: %u", roll(d, at), 1 + roll(d, 10000));
		if (roll(d, 2) == 0)
			buf_add(out, STR(", when: state.again, every: 1s"));
	} else if (kind < 3) {
		buf_add(out, STR("group: ["));
		for (n = roll(d, 6); n-- > 0;) {
			buf_addc(out, '{');
			add_call(out, d);
			buf_add(out, n > 0 ? STR("}, ") : STR("}"));
		}
		buf_addf(out, "], name: n%u", at);
		if (roll(d, 3) == 0)
			buf_add(out, STR(", when: state.group.is.wanted"));
	} else {
		add_call(out, d);
		buf_addf(out, ", name: n%u", at);
	}
	if (kind > 0 && roll(d, 4) == 0)
		buf_add(out, STR(", repeat: {until: state.done, max: 5}"));
	buf_add(out, STR("}\n"));
}

static void
make_up(struct buf *out, struct dice *d)
{
	unsigned nsteps = roll(d, 24), i;

	buf_add(out,
	    STR("handlers:\n- type: request\n  method: GET\n"
		"  resource: /x/"));
	for (i = roll(d, 60); i-- > 0;)
		buf_addc(out, 'y');
	buf_add(out, STR("\n  steps:\n"));
	for (i = 0; i < nsteps; i++)
		add_step(out, d, i);
	if (nsteps == 0)
		buf_add(out, STR("    []\n"));
}

/* ---- what must hold ---- */

struct rect {
	int x, y, to_x, to_y; /* the last ones inside */
};

static struct rect
rect_of(const struct box *b)
{
	return (struct rect){ b->x, b->y, b->x + b->w + b->deck - 1,
		b->y + b->h + b->deck - 1 };
}

static bool
meet(struct rect a, struct rect b)
{
	return a.x <= b.to_x && b.x <= a.to_x && a.y <= b.to_y && b.y <= a.to_y;
}

static bool
is_in(struct rect a, struct rect outer)
{
	return a.x > outer.x && a.y > outer.y && a.to_x < outer.to_x &&
	    a.to_y < outer.to_y;
}

static void
boxes_lie_apart(const struct layout *l)
{
	size_t i, k;

	for (i = 0; i < l->nboxes; i++) {
		const struct box *b = &l->boxes[i];
		struct rect r = rect_of(b);

		assert_true(b->w > 0 && b->h > 0);
		assert_true(r.x >= 0 && r.y >= 0);
		assert_true(r.to_x < l->w && r.to_y < l->h);
		for (k = i + 1; k < l->nboxes; k++)
			if (k <= i + b->members)
				assert_true(is_in(rect_of(&l->boxes[k]), r));
			else
				assert_false(meet(r, rect_of(&l->boxes[k])));
	}
}

/* Pixels: a line may run on a box's edge, where it begins and ends. */
static bool
crosses(struct point a, struct point b, const struct box *box, int slack)
{
	struct rect line = { a.x < b.x ? a.x : b.x, a.y < b.y ? a.y : b.y,
		a.x > b.x ? a.x : b.x, a.y > b.y ? a.y : b.y };
	struct rect r = rect_of(box);

	r.x += slack;
	r.y += slack;
	return meet(line, r);
}

static void
lines_cross_no_box(const struct layout *l, int slack)
{
	size_t i, k, n;

	for (i = 0; i < l->nedges; i++) {
		const struct edge *e = &l->edges[i];

		assert_true(e->np >= 2 && e->np <= LAYOUT_MAX_POINTS);
		for (k = 0; k + 1 < e->np; k++) {
			struct point a = e->p[k], b = e->p[k + 1];

			assert_true((a.x == b.x) != (a.y == b.y));
			assert_true(a.x >= 0 && a.x < l->w && b.x < l->w);
			assert_true(a.y >= 0 && a.y < l->h && b.y < l->h);
			for (n = 0; n < l->nboxes; n++) {
				const struct box *box = &l->boxes[n];
				bool own = box->kind == BOX_GROUP &&
				    e->call != SIZE_MAX && box->step == e->from;

				assert_true(own || !crosses(a, b, box, slack));
			}
		}
	}
}

static size_t
count_boxes(
    const struct layout *l, enum box_kind kind, size_t step, size_t call)
{
	size_t i, n = 0;

	for (i = 0; i < l->nboxes; i++)
		n += l->boxes[i].kind == kind && l->boxes[i].step == step &&
		    l->boxes[i].call == call;
	return n;
}

static size_t
count_edges(const struct layout *l, enum edge_kind kind, size_t from, size_t to,
    size_t call)
{
	size_t i, n = 0;

	for (i = 0; i < l->nedges; i++)
		n += l->edges[i].kind == kind && l->edges[i].from == from &&
		    l->edges[i].to == to && l->edges[i].call == call;
	return n;
}

static void
step_is_there(const struct layout *l, const struct course *f, size_t i)
{
	const struct step *s = &f->steps[i];
	size_t before = i > 0 ? i - 1 : LAYOUT_TRIGGER, k;

	assert_int_equal(count_edges(l, EDGE_NEXT, before, i, SIZE_MAX), 1);
	assert_int_equal(
	    count_edges(l, EDGE_REPEAT, i, i, SIZE_MAX), s->until != NULL);
	if (s->target.n > 0) {
		assert_int_equal(count_boxes(l, BOX_GOTO, i, SIZE_MAX), 1);
		assert_int_equal(
		    count_edges(l, EDGE_BACK, i, s->target_index, SIZE_MAX),
		    s->target_index != SIZE_MAX);
		return;
	}
	assert_int_equal(count_boxes(l, BOX_GROUP, i, SIZE_MAX), s->group);
	for (k = 0; k < s->ncalls; k++) {
		assert_int_equal(count_boxes(l, BOX_STEP, i, k), 1);
		assert_int_equal(count_edges(l, EDGE_FORK, i, i, k), s->group);
		assert_int_equal(count_edges(l, EDGE_JOIN, i, i, k), s->group);
	}
}

static void
all_is_there(const struct layout *l, const struct course *f)
{
	size_t last = f->nsteps > 0 ? f->nsteps - 1 : LAYOUT_TRIGGER, i;

	assert_int_equal(count_boxes(l, BOX_TRIGGER, 0, SIZE_MAX), 1);
	assert_int_equal(count_boxes(l, BOX_ANSWER, 0, SIZE_MAX), 1);
	assert_int_equal(
	    count_edges(l, EDGE_NEXT, last, LAYOUT_ANSWER, SIZE_MAX), 1);
	for (i = 0; i < f->nsteps; i++)
		step_is_there(l, f, i);
}

static void
layouts_hold(const struct metrics *m, bool narrow, int slack)
{
	struct dice d = { 7 };
	int i;

	for (i = 0; i < ROUNDS; i++) {
		CLEANUP(buf_free) struct buf text = BUF(1u << 20);
		CLEANUP(arena_free) struct arena *a = arena_new();
		CLEANUP(diags_free) struct diags *ds = diags_new();
		CLEANUP(directive_free) struct directive *dir = NULL;
		const struct layout *l;
		struct err e = ERR;
		struct course f;

		make_up(&text, &d);
		if (directive_parse(&dir, buf_str(&text), STR("D"), ds, &e) < 0)
			fail_msg("%s in\n%s", e.text, buf_cstr(&text));
		course_at(&f, a, dir, 0);
		l = layout_course(a, &f, m);
		boxes_lie_apart(l);
		lines_cross_no_box(l, slack);
		all_is_there(l, &f);
		if (narrow)
			assert_true(l->w <= m->width);
	}
}

static void
pictures_have_all_steps_and_nothing_overlaps(void **state)
{
	(void)state;
	layouts_hold(&svg_metrics, true, 1);
}

static void
texts_have_all_steps_and_nothing_overlaps(void **state)
{
	static const unsigned widths[] = { 0, 48, 80, 132, 1000000 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(widths); i++) {
		const struct metrics m = text_metrics(widths[i]);

		layouts_hold(&m, true, 0);
	}
}

/* 256 steps, each but the first ten a way back. */
static void
hundreds_of_ways_back_are_drawn(void **state)
{
	CLEANUP(buf_free) struct buf text = BUF(1u << 20);
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(directive_free) struct directive *d = NULL;
	const struct layout *l;
	struct err e = ERR;
	struct course f;
	int i;

	(void)state;
	buf_add(&text, STR("schedules:\n- name: s\n  steps:\n"));
	for (i = 0; i < 256; i++)
		if (i < 10)
			buf_addf(&text, "  - {fn: a, name: n%d}\n", i);
		else
			buf_addf(&text, "  - {goto: n%d, max: 2}\n", i % 10);
	assert_int_equal(
	    directive_parse(&d, buf_str(&text), STR("D"), ds, &e), 0);
	course_at(&f, a, d, 0);
	l = layout_course(a, &f, &svg_metrics);
	boxes_lie_apart(l);
	lines_cross_no_box(l, 1);
	all_is_there(l, &f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_have_all_steps_and_nothing_overlaps),
		cmocka_unit_test(texts_have_all_steps_and_nothing_overlaps),
		cmocka_unit_test(hundreds_of_ways_back_are_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
