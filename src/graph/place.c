/* SPDX-License-Identifier: Apache-2.0 */
/* The lines between boxes. */
#include "graph/place.h"

#include "graph/label.h"

/* ---- ways back: lanes ---- */

/* A lane below a line, taken from x to x. */
struct span {
	size_t line, lane;
	int from, to;
};

struct spans {
	struct span *v;
	size_t n;
};

/* The first lane below the line that is free from x to x. */
static size_t
take_lane(struct place_work *w, struct spans *s, size_t line, int from, int to)
{
	size_t lane = 0, i;
	bool free = false;

	while (!free && lane + 1 < PLACE_MAX_LANES) {
		free = true;
		for (i = 0; i < s->n && free; i++)
			free = s->v[i].line != line || s->v[i].lane != lane ||
			    s->v[i].to < from || s->v[i].from > to;
		lane += !free;
	}
	s->v[s->n++] = (struct span){ line, lane, from, to };
	if (lane + 1 > w->lines[line].nlanes)
		w->lines[line].nlanes = lane + 1;
	return lane;
}

static int
middle(const struct box *b)
{
	return b->x + b->w / 2;
}

static const struct place_item *
item_of(const struct place_work *w, size_t step)
{
	size_t i;

	/* Trigger, steps, answer. */
	i = step + 1;
	return i < w->nitems ? &w->items[i] : NULL;
}

static void
take_way(struct place_work *w, struct spans *s, struct place_back *b)
{
	int from = middle(b->from->box), to = middle(b->to->box);

	if (b->from->line == b->to->line) {
		b->from_lane = take_lane(w, s, b->from->line, to, from);
		return;
	}
	b->gutter = (w->nbacks - 1) % PLACE_GUTTERS;
	b->from_lane = take_lane(w, s, b->from->line, 0, from);
	b->to_lane = take_lane(w, s, b->to->line, 0, to);
}

void
place_lanes(struct place_work *w)
{
	const struct course *f = w->flow;
	struct spans s = { NULL, 0 };
	struct place_back *b;
	size_t i;

	w->backs = arena_take(w->arena, (f->nsteps + 1) * sizeof *w->backs);
	s.v = arena_take(w->arena, (2 * f->nsteps + 1) * sizeof *s.v);
	for (i = 0; i < f->nsteps; i++) {
		const struct step *step = &f->steps[i];

		if (step->group || step->ncalls > 0 || step->target.n == 0 ||
		    step->target_index >= i)
			continue;
		b = &w->backs[w->nbacks++];
		b->from = item_of(w, i);
		b->to = item_of(w, step->target_index);
		take_way(w, &s, b);
	}
}

/* ---- edges ---- */

static struct edge *
new_edge(struct place_work *w, enum edge_kind kind, size_t from, size_t to)
{
	struct layout *l = w->layout;
	struct edge *e;

	l->edges = arena_grow(
	    w->arena, l->edges, l->nedges, &l->edges_cap, sizeof *l->edges);
	e = &l->edges[l->nedges++];
	*e = (struct edge){ .kind = kind,
		.from = from,
		.to = to,
		.call = SIZE_MAX,
		.tip = true };
	return e;
}

/* A point; one that lies on the way from the last to the next is left out. */
static void
go(struct edge *e, int x, int y)
{
	struct point *p = e->p;
	size_t n = e->np;

	if (n > 0 && p[n - 1].x == x && p[n - 1].y == y)
		return;
	if (n > 1 &&
	    ((p[n - 2].x == x && p[n - 1].x == x) ||
		(p[n - 2].y == y && p[n - 1].y == y)))
		n--;
	p[n] = (struct point){ x, y };
	e->np = n + 1;
}

static size_t
place_of(const struct box *b)
{
	return b->kind == BOX_TRIGGER ? LAYOUT_TRIGGER
	    : b->kind == BOX_ANSWER   ? LAYOUT_ANSWER
				      : b->step;
}

static void
join_next(struct place_work *w, const struct place_item *a,
    const struct place_item *b)
{
	const struct place_line *from = &w->lines[a->line];
	const struct place_line *to = &w->lines[b->line];
	struct edge *e =
	    new_edge(w, EDGE_NEXT, place_of(a->box), place_of(b->box));
	int x = a->box->x + a->box->w + a->box->deck, stub = w->m->stub;

	go(e, x, from->mid);
	if (a->line != b->line) {
		go(e, x + stub - w->m->tip, from->mid);
		go(e, x + stub - w->m->tip, from->turn_y);
		go(e, b->box->x - stub, from->turn_y);
		go(e, b->box->x - stub, to->mid);
	}
	go(e, b->box->x - w->m->tip, to->mid);
}

/* From the frame's edge to each member, and from there to the other edge. */
static void
fork_frame(struct place_work *w, const struct box *frame, int mid)
{
	int t = w->m->tip, half = w->m->fork_w / 2;
	int left = frame->x + half, right;
	struct edge *e;
	size_t i;

	for (i = 1; i <= frame->members; i++) {
		const struct box *b = &frame[i];
		int y = b->y + b->h / 2;

		/* Nearly straight is straight. */
		if (mid - y <= b->h / 4 && y - mid <= b->h / 4 &&
		    mid >= b->y + w->m->pad_y + b->deck &&
		    mid < b->y + b->h - w->m->pad_y)
			y = mid;
		e = new_edge(w, EDGE_FORK, frame->step, frame->step);
		e->call = b->call;
		go(e, frame->x + t, mid);
		go(e, left, mid);
		go(e, left, y);
		go(e, b->x - t, y);
		e = new_edge(w, EDGE_JOIN, frame->step, frame->step);
		e->call = b->call;
		e->tip = false;
		right = frame->x + frame->w - t - (w->m->fork_w - half);
		go(e, b->x + b->w + b->deck, y);
		go(e, right, y);
		go(e, right, mid);
		go(e, frame->x + frame->w - t - t, mid);
	}
}

static void
set_label(struct place_work *w, struct edge *e, uint32_t max, uint64_t every,
    int room)
{
	CLEANUP(buf_free) struct buf text = BUF(200);
	int width = w->m->char_w100[TONE_DIM];

	buf_addf(&text, "max %u", (unsigned)max);
	e->label = label_fit(w->arena, buf_str(&text),
	    room > width / 100 ? (unsigned)(room * 100 / width) : 1);
	e->label_w = ((int)label_cols(e->label) * width + 99) / 100;
	if (every > 0) {
		buf_add(&text, STR(", every "));
		label_add_time(&text, every);
	}
	e->full = arena_copy(w->arena, buf_str(&text));
}

static void
loop_over(struct place_work *w, const struct box *b)
{
	const struct metrics *m = w->m;
	const struct step *s = &w->flow->steps[b->step];
	struct edge *e = new_edge(w, EDGE_REPEAT, b->step, b->step);
	int left = b->x + m->pad_x, right = b->x + b->w - m->pad_x - m->tip;
	int top = b->y - m->loop_h;

	go(e, right, b->y - m->tip);
	go(e, right, top);
	go(e, left, top);
	go(e, left, b->y - m->tip);
	set_label(w, e, s->max, s->every_ns, right - left - m->pad_x);
	e->label_x = (left + right + m->tip) / 2;
	e->label_y = top;
}

static int
lane_y(const struct place_work *w, size_t line, size_t lane)
{
	int h = w->m->lane_h;

	return w->lines[line].lane_y + w->m->lane_pad + (int)lane * h + h / 2;
}

static int
bottom(const struct box *b)
{
	return b->y + b->h + b->deck;
}

static void
go_back(struct place_work *w, const struct place_back *b)
{
	const struct step *s = &w->flow->steps[b->from->box->step];
	struct edge *e =
	    new_edge(w, EDGE_BACK, b->from->box->step, b->to->box->step);
	int x = middle(b->from->box), end = middle(b->to->box), up = end;
	int y = lane_y(w, b->from->line, b->from_lane), high = y;

	if (b->from->line != b->to->line) {
		up = (int)b->gutter * w->m->stub + w->m->stub / 2;
		high = lane_y(w, b->to->line, b->to_lane);
	}
	go(e, x, bottom(b->from->box));
	go(e, x, y);
	go(e, up, y);
	go(e, up, high);
	go(e, end, high);
	go(e, end, bottom(b->to->box));
	set_label(w, e, s->max, s->every_ns, x - up - w->m->pad_x);
	e->label_x = (x + up + w->m->tip) / 2;
	e->label_y = y;
}

void
place_edges(struct place_work *w)
{
	size_t i;

	for (i = 0; i + 1 < w->nitems; i++)
		join_next(w, &w->items[i], &w->items[i + 1]);
	for (i = 0; i < w->nitems; i++) {
		const struct box *b = w->items[i].box;

		if (b->members > 0)
			fork_frame(w, b, w->lines[w->items[i].line].mid);
		if (b->repeats)
			loop_over(w, b);
	}
	for (i = 0; i < w->nbacks; i++)
		go_back(w, &w->backs[i]);
}
