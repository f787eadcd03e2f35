/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a Directive holds, its pictures are text that can be shown, no wider
 * than asked. */
#include <assert.h>

#include "graph/graph.h"
#include "graph/label.h"
#include "tree/tree.h"

#define MAX_OUT (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
is_showable(const struct buf *b)
{
	struct str s = buf_str(b);
	size_t at;

	assert(!buf_over(b));
	assert(str_utf8(s, &at));
	for (at = 0; at < s.n; at++)
		assert((unsigned char)s.p[at] >= 32 || s.p[at] == '\n');
}

static void
draw_picture(const struct directive *d, bool inner)
{
	CLEANUP(buf_free) struct buf out = BUF(MAX_OUT);
	const struct graph_options opt = { .inner = inner };
	struct err e = ERR;
	struct str s, tag;

	assert(graph_svg(&out, d, &opt, &e) == 0);
	is_showable(&out);
	s = buf_str(&out);
	assert(str_starts(s, "<svg ") && str_ends(s, "</svg>\n"));
	/* No '<' but those of tags. */
	while (str_cut(&s, '<', &tag) && s.n > 0)
		assert(*s.p == '/' || (*s.p >= 'a' && *s.p <= 'z'));
}

static void
draw_characters(const struct directive *d, unsigned width, bool ascii)
{
	CLEANUP(buf_free) struct buf out = BUF(MAX_OUT);
	const struct graph_options opt = { .width = width, .ascii = ascii };
	struct err e = ERR;
	struct str s, line;

	assert(graph_text(&out, d, &opt, &e) == 0);
	is_showable(&out);
	s = buf_str(&out);
	while (str_cut(&s, '\n', &line))
		assert(label_cols(line) <= width);
}

static void
draw_data(const struct directive *d)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf out = BUF(MAX_OUT);

	tree_print_json(&out, graph_tree(a, d), 0);
	assert(!buf_over(&out));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(directive_free) struct directive *d = NULL;
	struct str text = { (const char *)data, n };
	struct err e = ERR;

	if (directive_parse(&d, text, STR("D"), ds, &e) < 0)
		return 0;
	draw_picture(d, false);
	draw_picture(d, true);
	draw_characters(d, 48, false);
	draw_characters(d, 80, true);
	draw_data(d);
	return 0;
}
