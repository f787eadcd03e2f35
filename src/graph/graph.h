/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph.h - the flows of a Directive as a picture.
 *
 * One layout, drawn as SVG (alone, or inside the studio page) or as text for a
 * terminal.  Each handler and schedule is a row: what sets it off, its steps
 * from left to right, members of a group one below the other, ways back
 * (`goto`, `repeat`) as arcs, `when`, `retry`, `forEach` and `call` as marks.
 *
 * Needs: base, diag, tree, directive.
 */
#ifndef GRAPH_H
#define GRAPH_H

#include "base/base.h"
#include "directive/directive.h"

struct graph_options {
	const char	*only;		/* the handler "GET /x", schedule or topic
					   of that name; NULL: all */
	bool		 inner;		/* SVG for inside a page: no style sheet of
					   its own, the page's counts */
	unsigned	 width;		/* text: columns at most; 0: 80 */
	bool		 ascii;		/* text: no box-drawing characters */
	bool		 colour;	/* text: for a terminal */
};

/*
 * A whole SVG 1.1 document, legible in print, and dark where the reader prefers
 * dark.  What a page may rely on, to light the way of a request by adding
 * classes of its own (FLOW is "h0", handler 0, or "s0", schedule 0; STEP and
 * CALL are places in it, from 0):
 *
 *	svg.subo-graph				role="img"; its size in px as
 *						width, height and viewBox
 *	g.flow#flow-FLOW	data-flow	one for each handler or schedule;
 *				data-name	"GET /x", a topic, a schedule's
 *						name; all below are in it
 *	g.trigger		data-flow	what sets it off
 *	g.step			data-flow	a call, alone or as a member:
 *				data-step	g.step.member has g.group as its
 *				data-call	parent; alone: "0".  A goto is
 *						g.step.goto without data-call
 *	g.group			data-flow	frame around members
 *				data-step
 *	g.edge			data-flow	an arrow
 *				data-from	STEP or "trigger"
 *				data-to		STEP or "answer"
 *	g.edge.fork, g.edge.join		in g.group, beside its members: from
 *				data-call	the frame to the member, and back;
 *						data-from and -to are the group's
 *	g.edge.back				of a goto: from it to its target
 *	g.edge.repeat				from a step to itself
 *	g.answer		data-flow	the end
 *
 * Also on g.step: .call (it runs another flow, data-calls="FLOW", inside
 * <a href="#flow-FLOW">), .each (forEach), .when, .tries, .repeats.  On g.trigger:
 * .get .post .put .patch .delete .head .options .other, .websocket .nats .kafka,
 * .schedule.  A g.edge has path.line and path.tip; a box has rect.box.
 * Every box and each edge with a label has a <title>: the texts in full.  Elements do not
 * overlap, so that each is found under the pointer.
 *
 * Colours are CSS variables, set on svg.subo-graph by graph_css() and free to
 * be set by the page on an element around it: --sg-back, --sg-panel, --sg-box,
 * --sg-text, --sg-dim, --sg-line, --sg-rim.
 *
 * ERR_MISSING  opt->only names nothing; hint has a near name
 */
int	graph_svg(struct buf *out, const struct directive *d,
	    const struct graph_options *opt, struct err *e) MUST_CHECK;
/* The style sheet of the above, for a page that holds an `inner` one. */
const char *graph_css(void);
/* Errors the same. */
int	graph_text(struct buf *out, const struct directive *d,
	    const struct graph_options *opt, struct err *e) MUST_CHECK;
/* The same as data: subo-json(5), "graph". */
struct tree *graph_tree(struct arena *a, const struct directive *d);
/* Of that, what opt->only names.  Errors as graph_svg. */
int	graph_data(struct tree **out, struct arena *a,
	    const struct directive *d, const struct graph_options *opt,
	    struct err *e) MUST_CHECK;

#endif
