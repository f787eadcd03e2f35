/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/grid.h"

#include "graph/label.h"

enum way { UP = 1, DOWN = 2, LEFT = 4, RIGHT = 8 };
enum ink {
	INK_NONE,
	INK_LINE,
	INK_BOX,
	INK_TITLE,
	INK_DIM,
	INK_MARK,
	INK_GET,
	INK_POST,
	INK_PUT,
	INK_DELETE,
	INK_STREAM,
	INK_SCHEDULE
};

static struct cell *
at(struct grid *g, int x, int y)
{
	return x >= 0 && y >= 0 && x < g->w && y < g->h
	    ? &g->v[(size_t)y * (size_t)g->w + (size_t)x]
	    : NULL;
}

static void
set(struct grid *g, int x, int y, uint32_t c, enum ink ink)
{
	struct cell *k = at(g, x, y);

	if (k)
		*k = (struct cell){ .c = c, .ink = (uint8_t)ink };
}

static void
add_way(struct grid *g, int x, int y, unsigned ways, enum ink ink)
{
	struct cell *k = at(g, x, y);

	if (!k)
		return;
	k->ways |= (uint8_t)ways;
	k->ink = (uint8_t)ink;
}

/* ---- lines ---- */

static void
draw_piece(struct grid *g, struct point a, struct point b, enum ink ink)
{
	int dx = (b.x > a.x) - (b.x < a.x), dy = (b.y > a.y) - (b.y < a.y);
	unsigned out = dx > 0 ? RIGHT : dx < 0 ? LEFT : dy > 0 ? DOWN : UP;
	unsigned in = dx > 0 ? LEFT : dx < 0 ? RIGHT : dy > 0 ? UP : DOWN;

	while (a.x != b.x || a.y != b.y) {
		add_way(g, a.x, a.y, out, ink);
		a.x += dx;
		a.y += dy;
		add_way(g, a.x, a.y, in, ink);
	}
}

static void
draw_tip(struct grid *g, const struct edge *e)
{
	struct point end = e->p[e->np - 1];
	struct point last = e->np > 1 ? e->p[e->np - 2] : end;
	uint32_t c = 0x25b6; /* right */

	if (last.x > end.x)
		c = 0x25c0;
	else if (last.y < end.y)
		c = 0x25bc;
	else if (last.y > end.y)
		c = 0x25b2;
	set(g, end.x, end.y, c, INK_LINE);
}

static int
draw_text(struct grid *g, int x, int y, struct str s, enum ink ink)
{
	unsigned w;
	uint32_t c;

	while (s.n > 0) {
		c = label_next(&s);
		w = label_width(c);
		if (w == 0)
			continue;
		set(g, x, y, c, ink);
		if (w == 2) {
			set(g, x + 1, y, ' ', ink);
			if (at(g, x + 1, y))
				at(g, x + 1, y)->taken = true;
		}
		x += (int)w;
	}
	return x;
}

/* The end of a line at p, which comes from the other point, goes on into the
 * rim that it meets. */
static void
touch(struct grid *g, struct point p, struct point from)
{
	int dx = (p.x > from.x) - (p.x < from.x);
	int dy = (p.y > from.y) - (p.y < from.y);
	struct cell *rim = at(g, p.x + dx, p.y + dy);
	unsigned out = dx > 0 ? RIGHT : dx < 0 ? LEFT : dy > 0 ? DOWN : UP;
	unsigned in = dx > 0 ? LEFT : dx < 0 ? RIGHT : dy > 0 ? UP : DOWN;

	add_way(g, p.x, p.y, out, INK_LINE);
	if (rim && rim->ways != 0)
		rim->ways |= (uint8_t)in;
}

void
grid_edge(struct grid *g, const struct edge *e)
{
	size_t i;

	if (e->np < 2)
		return;
	for (i = 0; i + 1 < e->np; i++)
		draw_piece(g, e->p[i], e->p[i + 1], INK_LINE);
	touch(g, e->p[0], e->p[1]);
	if (!e->tip)
		touch(g, e->p[e->np - 1], e->p[e->np - 2]);
	if (e->tip && e->np > 0)
		draw_tip(g, e);
	if (e->label.n == 0)
		return;
	set(g, e->label_x - e->label_w / 2 - 1, e->label_y, ' ', INK_NONE);
	set(g,
	    draw_text(
		g, e->label_x - e->label_w / 2, e->label_y, e->label, INK_DIM),
	    e->label_y, ' ', INK_NONE);
}

/* ---- boxes ---- */

static void
draw_rim(struct grid *g, int x, int y, const struct box *b, enum ink ink)
{
	struct point tl = { x, y }, tr = { x + b->w - 1, y };
	struct point bl = { x, y + b->h - 1 };
	struct point br = { x + b->w - 1, y + b->h - 1 };

	draw_piece(g, tl, tr, ink);
	draw_piece(g, tr, br, ink);
	draw_piece(g, br, bl, ink);
	draw_piece(g, bl, tl, ink);
}

static void
clear_box(struct grid *g, int x, int y, const struct box *b)
{
	int i, k;

	for (i = 0; i < b->h; i++)
		for (k = 0; k < b->w; k++)
			set(g, x + k, y + i, 0, INK_NONE);
}

static enum ink
trigger_ink(const char *look)
{
	static const struct {
		const char *look;
		enum ink ink;
	} inks[] = { { "get", INK_GET }, { "post", INK_POST },
		{ "put", INK_PUT }, { "patch", INK_PUT },
		{ "delete", INK_DELETE }, { "websocket", INK_STREAM },
		{ "nats", INK_STREAM }, { "kafka", INK_STREAM },
		{ "schedule", INK_SCHEDULE } };
	size_t i;

	for (i = 0; i < COUNT(inks); i++)
		if (strcmp(look, inks[i].look) == 0)
			return inks[i].ink;
	return INK_BOX;
}

void
grid_box(struct grid *g, const struct box *b, const struct metrics *m)
{
	enum ink rim = b->look ? trigger_ink(b->look) : INK_BOX, ink;
	int i, y = b->y + m->pad_y;
	size_t r;

	for (i = b->deck; i >= 0; i--) {
		if (b->kind != BOX_GROUP || i > 0)
			clear_box(g, b->x + i, b->y + i, b);
		draw_rim(g, b->x + i, b->y + i, b, rim);
	}
	for (r = 0; r < b->nrows; r++, y++) {
		ink = b->rows[r].tone == TONE_TITLE ? INK_TITLE
		    : b->rows[r].tone == TONE_DIM   ? INK_DIM
		    : b->look			    ? rim
						    : INK_MARK;
		draw_text(g, b->x + m->pad_x, y, b->rows[r].text, ink);
	}
}

/* ---- characters ---- */

static uint32_t
line_char(unsigned ways, bool ascii)
{
	static const uint16_t drawn[16] = { ' ', 0x2575, 0x2577, 0x2502, 0x2574,
		0x2518, 0x2510, 0x2524, 0x2576, 0x2514, 0x250c, 0x251c, 0x2500,
		0x2534, 0x252c, 0x253c };

	if (!ascii)
		return drawn[ways & 15];
	if ((ways & 15) == 0)
		return ' ';
	if ((ways & (LEFT | RIGHT)) == 0)
		return '|';
	return (ways & (UP | DOWN)) == 0 ? '-' : '+';
}

uint32_t
grid_ascii(uint32_t c)
{
	static const struct {
		uint32_t from;
		char to;
	} known[] = { { 0x25b6, '>' }, { 0x25c0, '<' }, { 0x25bc, 'v' },
		{ 0x25b2, '^' }, { 0x2026, '~' }, { 0xd7, 'x' } };
	size_t i;

	if (c < 0x80)
		return c;
	for (i = 0; i < COUNT(known); i++)
		if (c == known[i].from)
			return (unsigned char)known[i].to;
	return '?';
}

static const char *
ink_code(enum ink ink)
{
	static const char *const codes[] = { [INK_NONE] = "0",
		[INK_LINE] = "0;2",
		[INK_BOX] = "0",
		[INK_TITLE] = "0;1",
		[INK_DIM] = "0;2",
		[INK_MARK] = "0",
		[INK_GET] = "0;34",
		[INK_POST] = "0;32",
		[INK_PUT] = "0;33",
		[INK_DELETE] = "0;31",
		[INK_STREAM] = "0;36",
		[INK_SCHEDULE] = "0;35" };

	return codes[ink];
}

static int
used_cols(struct grid *g, int y)
{
	int n = g->w;
	const struct cell *k;

	while (n > 0) {
		k = at(g, n - 1, y);
		if (k->ways != 0 || k->taken || (k->c != 0 && k->c != ' '))
			break;
		n--;
	}
	return n;
}

void
grid_print(struct buf *out, struct grid *g, int y)
{
	int x, n = used_cols(g, y);
	uint8_t ink = INK_NONE;
	const struct cell *k;
	uint32_t c;

	for (x = 0; x < n; x++) {
		k = at(g, x, y);
		if (k->taken && !g->ascii)
			continue;
		c = k->c != 0 ? k->c : line_char(k->ways, g->ascii);
		if (g->colour && k->ink != ink && c != ' ') {
			ink = k->ink;
			buf_addf(out, "\33[%sm", ink_code(ink));
		}
		label_add_char(out, g->ascii ? grid_ascii(c) : c);
	}
	if (ink != INK_NONE)
		buf_add(out, STR("\33[0m"));
	buf_addc(out, '\n');
}
