/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"
#include "graph/grid.h"
#include "graph/label.h"
#include "graph/pick.h"

#define LEAST_WIDTH 48
#define MOST_WIDTH 1000

struct metrics
text_metrics(unsigned width)
{
	int room = width < MOST_WIDTH ? (int)width : MOST_WIDTH;

	room = room < LEAST_WIDTH ? LEAST_WIDTH : room;

	return (struct metrics){
		.char_w100 = { 100, 100, 100 },
		.row_h = { 1, 1, 1 },
		.pad_x = 2,
		.pad_y = 1,
		.min_w = 10,
		.max_w = room - 28 < 30 ? room - 28 : 30,
		.max_trigger_w = room - 28 < 36 ? room - 28 : 36,
		.gap_x = 3,
		.fork_w = 4,
		.deck = 1,
		.loop_h = 2,
		.lane_h = 1,
		.lane_pad = 1,
		.line_gap = 3,
		.stub = 2,
		.tip = 1,
		.width = room,
	};
}

static void
draw_flow(struct buf *out, const struct course *f, struct arena *a,
    const struct metrics *m, const struct graph_options *opt)
{
	const struct layout *l = layout_course(a, f, m);
	struct grid g = {
		.w = l->w, .h = l->h, .ascii = opt->ascii, .colour = opt->colour
	};
	size_t i;
	int y;

	g.v =
	    arena_take(a, (size_t)(g.w + 1) * (size_t)(g.h + 1) * sizeof *g.v);
	for (i = 0; i < l->nboxes; i++)
		grid_box(&g, &l->boxes[i], m);
	for (i = 0; i < l->nedges; i++)
		grid_edge(&g, &l->edges[i]);
	for (y = 0; y < g.h; y++)
		grid_print(out, &g, y);
}

static void
draw_line(struct buf *out, struct arena *a, struct str text,
    const struct metrics *m, bool ascii)
{
	struct str shown = label_fit(a, text, (unsigned)m->width);
	uint32_t c;

	while (shown.n > 0) {
		c = label_next(&shown);
		label_add_char(out, ascii ? grid_ascii(c) : c);
	}
	buf_addc(out, '\n');
}

/* A name that does not fit into its box stands above it, too. */
static void
draw_name(struct buf *out, const struct course *f, struct arena *a,
    const struct metrics *m, bool ascii)
{
	struct str s = f->h ? f->h->resource : f->s->name;

	if (label_cols(s) > (unsigned)(m->max_trigger_w - 2 * m->pad_x))
		draw_line(out, a, f->name, m, ascii);
}

static void
draw_nothing(struct buf *out, const struct directive *d,
    const struct metrics *m, const struct graph_options *opt)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf text = BUF(4096);

	pick_nothing(&text, d);
	draw_line(out, a, buf_str(&text), m, opt->ascii);
}

int
graph_text(struct buf *out, const struct directive *d,
    const struct graph_options *opt, struct err *e)
{
	struct metrics m = text_metrics(opt->width == 0 ? 80 : opt->width);
	size_t i, boxes = 0, drawn = 0, more = 0;

	if (pick_check(d, opt->only, e) < 0)
		return -1;
	for (i = 0; i < course_count(d); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct course f;

		if (!pick_is(d, i, opt->only))
			continue;
		course_at(&f, a, d, i);
		boxes += pick_boxes(&f);
		if (boxes > PICK_MAX_BOXES && drawn > 0) {
			more++;
			continue;
		}
		if (drawn++ > 0)
			buf_addc(out, '\n');
		draw_name(out, &f, a, &m, opt->ascii);
		draw_flow(out, &f, a, &m, opt);
	}
	if (drawn == 0)
		draw_nothing(out, d, &m, opt);
	if (more > 0)
		buf_addf(out, "\n%zu more are not drawn\n", more);
	return 0;
}
