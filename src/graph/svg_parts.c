/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/svg.h"

#include "graph/label.h"

#define CORNER 8 /* radius of a line that turns */
#define TIP_LENGTH 8
#define TIP_HALF 4

/* Widths are those of the widest of the common fixed-width fonts, so that no
 * text is longer than was thought. */
const struct metrics svg_metrics = {
	.char_w100 = { [TONE_TITLE] = 806,
	    [TONE_KIND] = 744,
	    [TONE_DIM] = 682 },
	.row_h = { [TONE_TITLE] = 20, [TONE_KIND] = 18, [TONE_DIM] = 17 },
	.icon_w = 17,
	.pad_x = 12,
	.pad_y = 9,
	.min_w = 92,
	.max_w = 252,
	.max_trigger_w = 340,
	.gap_x = 40,
	.gap_y = 12,
	.fork_w = 32,
	.frame_gap = 8,
	.deck = 8,
	.loop_h = 20,
	.lane_h = 20,
	.lane_pad = 6,
	.line_gap = 36,
	.stub = 16,
	.tip = 0,
	.width = 1160,
};

void
svg_add(struct buf *out, struct str s)
{
	uint32_t c;

	while (s.n > 0) {
		if (*s.p == '\n') {
			buf_addc(out, '\n');
			s = str_from(s, 1);
			continue;
		}
		c = label_next(&s);
		switch (c) {
		case '<':
			buf_add(out, STR("&lt;"));
			break;
		case '>':
			buf_add(out, STR("&gt;"));
			break;
		case '&':
			buf_add(out, STR("&amp;"));
			break;
		case '"':
			buf_add(out, STR("&quot;"));
			break;
		case '\'':
			buf_add(out, STR("&#39;"));
			break;
		default:
			label_add_char(out, c);
		}
	}
}

static void
add_title(struct buf *out, struct str full)
{
	buf_add(out, STR("<title>"));
	svg_add(out, full);
	buf_add(out, STR("</title>"));
}

/* ---- boxes ---- */

/* Each 12 by 12, drawn with lines. */
static const char *const icons[] = {
	[ICON_KEY] = "M1 6h9M7 3l3 3-3 3",
	[ICON_WHEN] = "M6 1l5 5-5 5-5-5z",
	[ICON_EACH] = "M1 2.5h10M1 6h10M1 9.500h10",
	[ICON_REPEAT] = "M10 3.500A5 5 0 1 0 11 6M10.500 0.500v3.200h-3.200",
	[ICON_RETRY] = "M2 3.500A5 5 0 1 1 1 6M1.500 0.500v3.200h3.200",
	[ICON_TIME] = "M6 1a5 5 0 1 0 .01 0M6 3v3.200l2 1.300",
	[ICON_GO_ON] = "M1 1v10M1 2h8l-2 2.500 2 2.500h-8",
	[ICON_BACK] = "M11 2v3a3 3 0 0 1-3 3h-6M5 5l-3 3 3 3",
};

static void
add_rows(struct buf *out, const struct box *b)
{
	static const char *const tones[] = {
		[TONE_TITLE] = "name", [TONE_KIND] = "kind", [TONE_DIM] = "mark"
	};
	const struct metrics *m = &svg_metrics;
	int x, y = b->y + m->pad_y;
	const struct row *r;
	size_t i;

	for (i = 0; i < b->nrows; i++) {
		r = &b->rows[i];
		x = b->x + m->pad_x;
		if (r->icon != ICON_NONE) {
			buf_addf(out,
			    "<path class=\"icon\" transform=\"translate(%d %d)"
			    "\" d=\"%s\"/>",
			    x, y + (m->row_h[r->tone] - 12) / 2,
			    icons[r->icon]);
			x += m->icon_w;
		}
		y += m->row_h[r->tone];
		buf_addf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">",
		    tones[r->tone], x, y - 5);
		svg_add(out, r->text);
		buf_add(out, STR("</text>"));
	}
}

static void
add_rect(struct buf *out, const char *class, int x, int y, const struct box *b,
    int round)
{
	buf_addf(out,
	    "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
	    "rx=\"%d\"/>",
	    class, x, y, b->w, b->h, round);
}

static void
add_classes(struct buf *out, const struct course *f, const struct box *b)
{
	static const char *const kinds[] = { [BOX_TRIGGER] = "trigger",
		[BOX_STEP] = "step",
		[BOX_GROUP] = "group",
		[BOX_GOTO] = "step goto",
		[BOX_ANSWER] = "answer" };

	buf_addf(out, "<g class=\"%s%s%s%s%s%s%s%s%s\" data-flow=\"%s\"",
	    kinds[b->kind], b->look ? " " : "", b->look ? b->look : "",
	    b->member ? " member" : "", b->calls.n > 0 ? " call" : "",
	    b->when ? " when" : "", b->each ? " each" : "",
	    b->tries ? " tries" : "", b->repeats ? " repeats" : "", f->id);
	if (b->kind != BOX_TRIGGER && b->kind != BOX_ANSWER)
		buf_addf(out, " data-step=\"%zu\"", b->step);
	if (b->call != SIZE_MAX && b->kind == BOX_STEP)
		buf_addf(out, " data-call=\"%zu\"", b->call);
	if (b->calls.n > 0)
		buf_addf(out, " data-calls=\"" STR_F "\"", STR_A(b->calls));
	buf_addc(out, '>');
}

static void
add_frame(struct buf *out, const struct box *b)
{
	int half = b->deck / 2, round = b->kind == BOX_ANSWER ? 18 : 6;

	if (b->deck > 0) {
		add_rect(out, "card", b->x + b->deck, b->y + b->deck, b, 6);
		add_rect(out, "card", b->x + half, b->y + half, b, 6);
	}
	add_rect(out, "box", b->x, b->y, b, round);
	if (b->calls.n > 0)
		buf_addf(out, "<path class=\"rail\" d=\"M%d %dv%d\"/>",
		    b->x + 5, b->y, b->h);
}

/* A group stays open for its members. */
void
svg_box(struct buf *out, const struct course *f, const struct box *b)
{
	add_classes(out, f, b);
	add_title(out, b->full);
	if (b->calls.n > 0)
		buf_addf(
		    out, "<a xlink:href=\"#flow-" STR_F "\">", STR_A(b->calls));
	add_frame(out, b);
	add_rows(out, b);
	if (b->calls.n > 0)
		buf_add(out, STR("</a>"));
	buf_add(out, b->kind == BOX_GROUP ? STR("\n") : STR("</g>\n"));
}

/* ---- edges ---- */

static int
sign(int n)
{
	return (n > 0) - (n < 0);
}

static int
length(struct point a, struct point b)
{
	int x = a.x - b.x, y = a.y - b.y;

	return (x < 0 ? -x : x) + (y < 0 ? -y : y);
}

/* The point that is n from a on the way to b. */
static struct point
toward(struct point a, struct point b, int n)
{
	return (struct point){ a.x + sign(b.x - a.x) * n,
		a.y + sign(b.y - a.y) * n };
}

static void
add_line(struct buf *out, const struct edge *e)
{
	struct point p, before, after, end = e->p[e->np - 1];
	size_t i;
	int r, room;

	if (e->tip)
		end = toward(end, e->p[e->np - 2], TIP_LENGTH - 2);
	buf_addf(out, "<path class=\"line\" d=\"M%d %d", e->p[0].x, e->p[0].y);
	for (i = 1; i + 1 < e->np; i++) {
		p = e->p[i];
		r = length(e->p[i - 1], p) / 2;
		room = length(p, e->p[i + 1]) / 2;
		r = r < room ? r : room;
		r = r < CORNER ? r : CORNER;
		before = toward(p, e->p[i - 1], r);
		after = toward(p, e->p[i + 1], r);
		buf_addf(out, "L%d %dQ%d %d %d %d", before.x, before.y, p.x,
		    p.y, after.x, after.y);
	}
	buf_addf(out, "L%d %d\"/>", end.x, end.y);
}

static void
add_tip(struct buf *out, const struct edge *e)
{
	struct point end = e->p[e->np - 1], last = e->p[e->np - 2];
	struct point back = toward(end, last, TIP_LENGTH);
	int dx = sign(end.y - last.y) * TIP_HALF;
	int dy = sign(end.x - last.x) * TIP_HALF;

	buf_addf(out, "<path class=\"tip\" d=\"M%d %dL%d %dL%d %dz\"/>", end.x,
	    end.y, back.x - dx, back.y - dy, back.x + dx, back.y + dy);
}

static void
add_place(struct buf *out, const char *name, size_t place)
{
	if (place == LAYOUT_TRIGGER)
		buf_addf(out, " %s=\"trigger\"", name);
	else if (place == LAYOUT_ANSWER)
		buf_addf(out, " %s=\"answer\"", name);
	else
		buf_addf(out, " %s=\"%zu\"", name, place);
}

static void
add_label(struct buf *out, const struct edge *e)
{
	if (e->label.n == 0)
		return;
	buf_addf(out,
	    "<rect class=\"plate\" x=\"%d\" y=\"%d\" width=\"%d\" "
	    "height=\"14\"/>"
	    "<text class=\"mark\" x=\"%d\" y=\"%d\" "
	    "text-anchor=\"middle\">",
	    e->label_x - e->label_w / 2 - 3, e->label_y - 7, e->label_w + 6,
	    e->label_x, e->label_y + 4);
	svg_add(out, e->label);
	buf_add(out, STR("</text>"));
}

void
svg_edge(struct buf *out, const struct course *f, const struct edge *e)
{
	static const char *const kinds[] = { [EDGE_NEXT] = "edge",
		[EDGE_FORK] = "edge fork",
		[EDGE_JOIN] = "edge join",
		[EDGE_BACK] = "edge back",
		[EDGE_REPEAT] = "edge repeat" };

	if (e->np < 2)
		return;
	buf_addf(
	    out, "<g class=\"%s\" data-flow=\"%s\"", kinds[e->kind], f->id);
	add_place(out, "data-from", e->from);
	add_place(out, "data-to", e->to);
	if (e->call != SIZE_MAX)
		buf_addf(out, " data-call=\"%zu\"", e->call);
	buf_addc(out, '>');
	if (e->full.n > 0)
		add_title(out, e->full);
	add_line(out, e);
	if (e->tip)
		add_tip(out, e);
	add_label(out, e);
	buf_add(out, STR("</g>\n"));
}
