/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boxes are made in order, put into lines from left to right with their middles
 * on one height, and joined.  Ways back run below their line, in lanes that no
 * box reaches; those that end in a line above go up left of all boxes.
 */
#include "graph/place.h"

#include "graph/label.h"

static struct box *
new_box(struct place_work *w)
{
	struct layout *l = w->layout;

	l->boxes = arena_grow(
	    w->arena, l->boxes, l->nboxes, &l->boxes_cap, sizeof *l->boxes);
	memset(&l->boxes[l->nboxes], 0, sizeof *l->boxes);
	return &l->boxes[l->nboxes++];
}

/* ---- the boxes ---- */

/* Members are as wide as the widest; their places are for now from the
 * frame's. */
static void
fit_frame(const struct metrics *m, struct box *frame)
{
	struct box *b = frame + 1;
	int wide = m->min_w, deck = 0, w;
	int y = frame->h - m->pad_y + m->frame_gap;
	size_t i;

	for (i = 0; i < frame->members; i++) {
		wide = b[i].w > wide ? b[i].w : wide;
		deck = b[i].deck > deck ? b[i].deck : deck;
	}
	for (i = 0; i < frame->members; i++) {
		b[i].w = wide;
		b[i].x = m->fork_w;
		b[i].y = y;
		y += b[i].h + b[i].deck + m->gap_y;
	}
	w = wide + deck + 2 * m->fork_w;
	frame->w = w > frame->w ? w : frame->w;
	frame->h = y - m->gap_y + m->pad_y;
	/* A frame may be wider for its own rows. */
	for (i = 0; i < frame->members; i++)
		b[i].w += frame->w - w;
}

static void
add_group(struct place_work *w, size_t step)
{
	const struct step *s = &w->flow->steps[step];
	size_t at = w->layout->nboxes, i;

	card_group(w->arena, w->flow, step, w->m, new_box(w));
	for (i = 0; i < s->ncalls; i++)
		card_call(w->arena, w->flow, step, i, w->m, new_box(w));
	w->layout->boxes[at].members = s->ncalls;
	if (s->ncalls > 0)
		fit_frame(w->m, &w->layout->boxes[at]);
}

static void
add_boxes(struct place_work *w)
{
	const struct course *f = w->flow;
	const struct step *s;
	size_t i;

	card_trigger(w->arena, f, w->m, new_box(w));
	for (i = 0; i < f->nsteps; i++) {
		s = &f->steps[i];
		if (s->group)
			add_group(w, i);
		else if (s->ncalls > 0)
			card_call(w->arena, f, i, 0, w->m, new_box(w));
		else if (s->target.n > 0)
			card_goto(w->arena, f, i, w->m, new_box(w));
		else
			card_group(w->arena, f, i, w->m, new_box(w));
	}
	card_answer(w->arena, f, w->m, new_box(w));
}

/* Those on the way from trigger to answer: all but members. */
static void
find_items(struct place_work *w)
{
	struct layout *l = w->layout;
	size_t i;

	w->items = arena_take(w->arena, (l->nboxes + 1) * sizeof *w->items);
	for (i = 0; i < l->nboxes; i += 1 + l->boxes[i].members)
		w->items[w->nitems++].box = &l->boxes[i];
}

/* ---- lines ---- */

/* Give each item its line, with gutter to the left of all. */
static void
break_lines(struct place_work *w)
{
	const struct metrics *m = w->m;
	int x = w->gutter, right;
	struct box *b;
	size_t i;

	w->nlines = 1;
	for (i = 0; i < w->nitems; i++) {
		b = w->items[i].box;
		right = x + b->w + b->deck;
		if (i > 0 && right + m->stub >= m->width && x > w->indent) {
			w->nlines++;
			x = w->indent;
			right = x + b->w + b->deck;
		}
		b->x = x;
		w->items[i].line = w->nlines - 1;
		x = right + m->gap_x;
	}
}

static void
make_lines(struct place_work *w)
{
	size_t i, backs = 0;

	for (i = 0; i < w->flow->nsteps; i++)
		backs += w->flow->steps[i].target_index != SIZE_MAX &&
		    w->flow->steps[i].ncalls == 0 &&
		    w->flow->steps[i].target.n > 0;
	w->indent = w->m->stub * 2;
	break_lines(w);
	if (w->nlines > 1 && backs > 0) {
		w->gutter = w->m->stub *
		    (int)(backs < PLACE_GUTTERS ? backs : PLACE_GUTTERS);
		w->indent += w->gutter;
		break_lines(w);
	}
	w->lines = arena_take(w->arena, w->nlines * sizeof *w->lines);
	for (i = 0; i < w->nitems; i++) {
		struct place_line *line = &w->lines[w->items[i].line];
		const struct box *b = w->items[i].box;
		int up = b->h / 2 + (b->repeats ? w->m->loop_h : 0);
		int down = b->h - b->h / 2 + b->deck;

		line->up = up > line->up ? up : line->up;
		line->down = down > line->down ? down : line->down;
	}
}

/* All places down the page; lanes are known by now. */
static void
set_heights(struct place_work *w)
{
	const struct metrics *m = w->m;
	struct place_line *line;
	size_t i, k;
	int y = 0;

	for (i = 0; i < w->nlines; i++) {
		line = &w->lines[i];
		line->mid = y + line->up;
		line->lane_y = line->mid + line->down;
		y = line->lane_y + (int)line->nlanes * m->lane_h +
		    (line->nlanes > 0 ? m->lane_pad : 0);
		line->turn_y = y + m->line_gap / 2;
		y += m->line_gap;
	}
	w->layout->h = y - m->line_gap + (m->tip > 0 ? 0 : 1);
	for (i = 0; i < w->nitems; i++) {
		struct box *b = w->items[i].box;

		b->y = w->lines[w->items[i].line].mid - b->h / 2;
		for (k = 1; k <= b->members; k++) {
			b[k].x += b->x;
			b[k].y += b->y;
		}
	}
}

static void
measure(struct place_work *w)
{
	const struct layout *l = w->layout;
	size_t i, k;
	int most = 0, right;

	for (i = 0; i < l->nboxes; i++) {
		right = l->boxes[i].x + l->boxes[i].w + l->boxes[i].deck;
		most = right > most ? right : most;
	}
	for (i = 0; i < l->nedges; i++)
		for (k = 0; k < l->edges[i].np; k++) {
			right = l->edges[i].p[k].x + 1;
			most = right > most ? right : most;
		}
	w->layout->w = most;
}

struct layout *
layout_course(struct arena *a, const struct course *f, const struct metrics *m)
{
	struct place_work w = { .arena = a, .flow = f, .m = m };

	w.layout = arena_take(a, sizeof *w.layout);
	add_boxes(&w);
	find_items(&w);
	make_lines(&w);
	place_lanes(&w);
	set_heights(&w);
	place_edges(&w);
	measure(&w);
	return w.layout;
}
