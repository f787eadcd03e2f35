/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/svg.h"

#include "graph/graph.h"
#include "graph/pick.h"

#define MARGIN 24 /* around all */
#define PAD 20	  /* in a panel */
#define GAP 16	  /* between panels */
#define HEAD 44	  /* for the app's name */
#define LEAST_W 480

struct drawn {
	struct course flow;
	struct layout *layout;
};

struct picture {
	struct arena *arena;
	const struct directive *d;
	const struct graph_options *opt;
	struct drawn *v;
	size_t n, more; /* more: flows that are left out */
	int w, h, top;
};

static void
lay_out(struct picture *p)
{
	size_t i, boxes = 0, all = course_count(p->d);
	struct drawn *v;

	p->v = arena_take(p->arena, (all + 1) * sizeof *p->v);
	p->w = LEAST_W;
	p->h = p->top;
	for (i = 0; i < all; i++) {
		if (!pick_is(p->d, i, p->opt->only))
			continue;
		v = &p->v[p->n];
		course_at(&v->flow, p->arena, p->d, i);
		boxes += pick_boxes(&v->flow);
		if (boxes > PICK_MAX_BOXES && p->n > 0) {
			p->more++;
			continue;
		}
		v->layout = layout_course(p->arena, &v->flow, &svg_metrics);
		if (v->layout->w + 2 * (PAD + MARGIN) > p->w)
			p->w = v->layout->w + 2 * (PAD + MARGIN);
		p->h += v->layout->h + 2 * PAD + GAP;
		p->n++;
	}
	p->h += MARGIN - GAP;
	if (p->n == 0 || p->more > 0)
		p->h += 2 * GAP;
}

static void
begin(struct buf *out, const struct picture *p)
{
	buf_addf(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" "
	    "xmlns:xlink=\"http://www.w3.org/1999/xlink\" version=\"1.1\" "
	    "class=\"subo-graph\" role=\"img\" width=\"%d\" height=\"%d\" "
	    "viewBox=\"0 0 %d %d\" aria-labelledby=\"sg-title sg-desc\">\n"
	    "<title id=\"sg-title\">",
	    p->w, p->h, p->w, p->h);
	svg_add(out, p->d->identifier);
	buf_addf(out,
	    "</title>\n<desc id=\"sg-desc\">%zu %s and %zu %s: "
	    "what sets each off, and its steps from left to right</desc>\n",
	    p->d->nhandlers, p->d->nhandlers == 1 ? "handler" : "handlers",
	    p->d->nschedules, p->d->nschedules == 1 ? "schedule" : "schedules");
	if (p->opt->inner)
		return;
	buf_addf(out,
	    "<style type=\"text/css\">\n%s</style>\n"
	    "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n",
	    svg_css, p->w, p->h);
	buf_addf(
	    out, "<text class=\"app\" x=\"%d\" y=\"%d\">", MARGIN, MARGIN + 16);
	svg_add(out, p->d->identifier);
	buf_add(out, STR("<tspan class=\"note\" dx=\"8\">"));
	svg_add(out, p->d->app_version);
	buf_add(out, STR("</tspan></text>\n"));
}

/* Edges lie below boxes; those of a group are with its members, in it. */
static void
draw_boxes(struct buf *out, const struct drawn *v)
{
	const struct layout *l = v->layout;
	const struct box *b;
	const struct edge *e;
	size_t i, k;

	for (i = 0; i < l->nboxes; i += 1 + l->boxes[i].members) {
		b = &l->boxes[i];
		svg_box(out, &v->flow, b);
		if (b->kind != BOX_GROUP)
			continue;
		for (k = 0; k < l->nedges; k++) {
			e = &l->edges[k];
			if (e->call != SIZE_MAX && e->from == b->step)
				svg_edge(out, &v->flow, e);
		}
		for (k = 1; k <= b->members; k++)
			svg_box(out, &v->flow, &b[k]);
		buf_add(out, STR("</g>\n"));
	}
}

static void
draw_flow(
    struct buf *out, const struct picture *p, const struct drawn *v, int y)
{
	const struct layout *l = v->layout;
	size_t i;

	buf_addf(out,
	    "<g class=\"flow\" id=\"flow-%s\" data-flow=\"%s\" data-name=\"",
	    v->flow.id, v->flow.id);
	svg_add(out, v->flow.name);
	buf_addf(out,
	    "\" transform=\"translate(%d %d)\">\n"
	    "<rect class=\"panel\" x=\"%d\" y=\"%d\" width=\"%d\" "
	    "height=\"%d\" rx=\"10\"/>\n",
	    MARGIN + PAD, y + PAD, -PAD, -PAD, p->w - 2 * MARGIN,
	    l->h + 2 * PAD);
	for (i = 0; i < l->nedges; i++)
		if (l->edges[i].call == SIZE_MAX)
			svg_edge(out, &v->flow, &l->edges[i]);
	draw_boxes(out, v);
	buf_add(out, STR("</g>\n"));
}

static void
draw_note(struct buf *out, const struct picture *p)
{
	CLEANUP(buf_free) struct buf text = BUF(4096);

	if (p->n == 0)
		pick_nothing(&text, p->d);
	else if (p->more > 0)
		buf_addf(&text, "%zu more are not drawn.", p->more);
	else
		return;
	buf_addf(out, "<text class=\"note\" x=\"%d\" y=\"%d\">", MARGIN,
	    p->h - MARGIN);
	svg_add(out, buf_str(&text));
	buf_add(out, STR("</text>\n"));
}

int
graph_svg(struct buf *out, const struct directive *d,
    const struct graph_options *opt, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct picture p = { .arena = a, .d = d, .opt = opt };
	size_t i;
	int y;

	if (pick_check(d, opt->only, e) < 0)
		return -1;
	p.top = y = opt->inner ? MARGIN : MARGIN + HEAD;
	lay_out(&p);
	begin(out, &p);
	for (i = 0; i < p.n; i++) {
		draw_flow(out, &p, &p.v[i], y);
		y += p.v[i].layout->h + 2 * PAD + GAP;
	}
	draw_note(out, &p);
	buf_add(out, STR("</svg>\n"));
	return 0;
}
