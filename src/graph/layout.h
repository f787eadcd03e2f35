/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - one flow as boxes and lines with places, ready to be drawn.
 *
 *	TRIGGER ──▶ STEP ──▶ ┌ GROUP ────────┐ ──▶ GOTO ──▶ ANSWER
 *	             ▲       │ ┌──▶ STEP ──┐ │      │
 *	             │       │ └──▶ STEP ──┘ │      │
 *	             └───────┴───────────────┴──────┘
 *
 * Whole numbers in units of the metrics: pixels for a picture, characters for a
 * terminal.  A box covers x to x + w - 1, and y to y + h - 1.  Rows longer than
 * the metrics' width go on below.
 */
#ifndef GRAPH_LAYOUT_H
#define GRAPH_LAYOUT_H

#include "directive/directive.h"
#include "tree/tree.h"

#define LAYOUT_MAX_ROWS	10u
#define LAYOUT_MAX_POINTS	6u

/* Places of an edge that are no steps. */
#define LAYOUT_TRIGGER	(SIZE_MAX - 1)
#define LAYOUT_ANSWER	(SIZE_MAX - 2)

enum tone { TONE_TITLE, TONE_KIND, TONE_DIM, TONES };

struct metrics {
	int	char_w100[TONES];	/* width of a column, in hundredths */
	int	row_h[TONES];
	int	icon_w;			/* in front of a row with an icon */
	int	pad_x, pad_y;		/* from a box's edge to its texts */
	int	min_w, max_w, max_trigger_w;	/* of boxes */
	int	gap_x;			/* the room of an arrow */
	int	gap_y;			/* between members */
	int	fork_w;			/* in a frame, beside its members */
	int	frame_gap;		/* above them */
	int	deck;			/* by which a stack of cards is larger */
	int	loop_h;			/* above a box that repeats */
	int	lane_h;			/* below a row, for each way back */
	int	lane_pad;		/* above the first of them */
	int	line_gap;		/* between the parts of a long row */
	int	stub;			/* of a line that turns */
	int	tip;			/* 1: a line ends before a box, at
					   characters; 0: on its edge */
	int	width;			/* of a flow at most, if it can be */
};

enum icon { ICON_NONE, ICON_KEY, ICON_WHEN, ICON_EACH, ICON_REPEAT, ICON_RETRY,
	ICON_TIME, ICON_GO_ON, ICON_BACK };

struct row {
	enum icon	icon;
	enum tone	tone;
	struct str	text;		/* fits */
	struct str	full;
};

enum box_kind { BOX_TRIGGER, BOX_STEP, BOX_GROUP, BOX_GOTO, BOX_ANSWER };

struct box {
	enum box_kind	kind;
	size_t		step, call;	/* call SIZE_MAX: none */
	bool		member;		/* in the last BOX_GROUP before it */
	size_t		members;	/* of a group: the next boxes */
	int		x, y, w, h;
	int		deck;		/* cards behind it stand out by this */
	bool		when, each, tries, repeats;
	const char	*look;		/* of a trigger: "get", "nats" */
	struct str	calls;		/* the flow it runs, "h1"; or empty */
	struct str	full;		/* all about it, in lines */
	struct row	rows[LAYOUT_MAX_ROWS];
	size_t		nrows;
};

struct point {
	int	x, y;
};

enum edge_kind { EDGE_NEXT, EDGE_FORK, EDGE_JOIN, EDGE_BACK, EDGE_REPEAT };

struct edge {
	enum edge_kind	kind;
	size_t		from, to, call;
	bool		tip;		/* ends in an arrow */
	struct point	p[LAYOUT_MAX_POINTS];
	size_t		np;
	struct str	label, full;	/* in the middle of its long part */
	int		label_x, label_y, label_w;	/* its middle; y of the line */
};

/* A handler or schedule, whichever is not NULL. */
struct course {
	const struct directive *d;
	const struct handler *h;
	const struct schedule *s;
	const struct tree *tree;	/* its part of the file; may be NULL */
	const struct step *steps;
	size_t		nsteps;
	char		id[24];		/* "h0", "s0" */
	struct str	name;		/* "GET /x"; lives in the arena given */
};

struct layout {
	struct box	*boxes;
	size_t		nboxes, boxes_cap;
	struct edge	*edges;
	size_t		nedges, edges_cap;
	int		w, h;
};

/* The n-th flow of d, handlers first; n < course_count(). */
size_t	course_count(const struct directive *d);
void	course_at(struct course *f, struct arena *a, const struct directive *d,
	    size_t n);
/* "h1" of the flow that a call runs, or empty. */
struct str course_called(struct arena *a, const struct directive *d,
	    struct str name);
/* The key whose value answers; empty: none can. */
struct str course_answer(const struct course *f);

/* All of it lives in the arena. */
struct layout *layout_course(struct arena *a, const struct course *f,
	    const struct metrics *m);

/* Of a terminal with so many columns. */
struct metrics text_metrics(unsigned width);

/* ---- between layout.c and its parts ---- */

/* What is written in boxes (cards.c). */
void	card_trigger(struct arena *a, const struct course *f,
	    const struct metrics *m, struct box *b);
void	card_call(struct arena *a, const struct course *f, size_t step,
	    size_t call, const struct metrics *m, struct box *b);
void	card_group(struct arena *a, const struct course *f, size_t step,
	    const struct metrics *m, struct box *b);
void	card_goto(struct arena *a, const struct course *f, size_t step,
	    const struct metrics *m, struct box *b);
void	card_answer(struct arena *a, const struct course *f,
	    const struct metrics *m, struct box *b);
/* Texts of the file that struct directive does not keep (source.c): the
 * condition under key of a step, or of a member of it. */
struct str source_when(const struct course *f, size_t step, size_t call);
struct str source_until(const struct course *f, size_t step);
/* "any error", "404, 503" that an onErr goes on after; empty: none. */
struct str source_goes_on(struct arena *a, const struct on_err_rule *r);

#endif
