/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "graph/graph.h"
#include "graph/label.h"
#include "tree/tree.h"

#define MAX_OUT (256u << 20)

static const char shop[] =
    "identifier: com.example.shop\n"
    "appVersion: v1.4.0\n"
    "atmoVersion: v0.4.8\n"
    "handlers:\n"
    "- type: request\n"
    "  method: GET\n"
    "  resource: /user/:id\n"
    "  steps:\n"
    "  - group:\n"
    "    - {fn: db::get-user, as: user, onErr: {code: {404: continue}}}\n"
    "    - {fn: count}\n"
    "  - {fn: render, with: {person: user}}\n"
    "- type: request\n"
    "  method: POST\n"
    "  resource: /order\n"
    "  steps:\n"
    "  - {fn: ask, name: ask, as: paid, retry: {times: 3, on: [timeout, 503]},"
    " timeout: 2s}\n"
    "  - {goto: ask, when: 'state.paid.status == \"open\"', max: 30,"
    " every: 1s}\n"
    "  - {fn: pack, forEach: paid, concurrency: 4}\n"
    "  - {call: 'GET /user/:id', as: receipt}\n"
    "- {type: stream, resource: /chat, steps: [{fn: count}]}\n"
    "- {type: stream, source: nats, resource: orders, respondTo: done,"
    " steps: [{fn: count}]}\n"
    "schedules:\n"
    "- name: nightly\n"
    "  every: {hours: 24}\n"
    "  steps:\n"
    "  - {fn: count, as: job, repeat: {until: state.job.done, max: 5}}\n";

static struct directive *
parse(const char *yaml)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	struct directive *d = NULL;
	struct err e = ERR;

	if (directive_parse(&d, str_of(yaml), STR("D"), ds, &e) < 0)
		fail_msg("%s", e.text);
	return d;
}

static void
draw_svg(struct buf *out, const char *yaml, const struct graph_options *opt)
{
	CLEANUP(directive_free) struct directive *d = parse(yaml);
	struct err e = ERR;

	if (graph_svg(out, d, opt, &e) < 0)
		fail_msg("%s", e.text);
	assert_false(buf_over(out));
}

static void
draw_text(struct buf *out, const char *yaml, const struct graph_options *opt)
{
	CLEANUP(directive_free) struct directive *d = parse(yaml);
	struct err e = ERR;

	if (graph_text(out, d, opt, &e) < 0)
		fail_msg("%s", e.text);
}

static bool
holds(const struct buf *b, const char *what)
{
	size_t at;

	return str_find(buf_str(b), str_of(what), &at);
}

static size_t
count(const struct buf *b, const char *what)
{
	struct str s = buf_str(b);
	size_t at, n = 0;

	while (str_find(s, str_of(what), &at)) {
		s = str_from(s, at + 1);
		n++;
	}
	return n;
}

/* ---- XML 1.0, as much as we write ---- */

#define MAX_OPEN 32

struct xml {
	struct str left;
	struct str open[MAX_OPEN];
	size_t nopen, elements;
	struct str ids[10000];
	size_t nids;
};

static void
check_chars(struct str s, const char *forbidden)
{
	static const char *const entities[] = { "&lt;", "&gt;", "&amp;",
		"&quot;", "&#39;" };
	size_t at, i, k;

	assert_true(str_utf8(s, &at));
	for (i = 0; i < s.n; i++) {
		assert_null(strchr(forbidden, s.p[i] ? s.p[i] : '<'));
		assert_true((unsigned char)s.p[i] >= 32 || s.p[i] == '\n');
		if (s.p[i] != '&')
			continue;
		for (k = 0; k < COUNT(entities); k++)
			if (str_starts(str_from(s, i), entities[k]))
				break;
		assert_true(k < COUNT(entities));
	}
}

static void
check_attributes(struct xml *x, struct str s)
{
	struct str name, value;

	while ((s = str_trim(s)).n > 0) {
		assert_true(str_cut(&s, '=', &name));
		check_chars(name, "<>\"'& \n");
		assert_true(str_starts(s, "\""));
		s = str_from(s, 1);
		assert_true(str_cut(&s, '"', &value));
		check_chars(value, "<>");
		if (str_is(name, "id") && x->nids < COUNT(x->ids))
			x->ids[x->nids++] = value;
	}
}

/* A tag, without its brackets. */
static void
check_tag(struct xml *x, struct str tag)
{
	bool empty = str_ends(tag, "/");
	struct str name = tag;

	if (str_starts(tag, "/")) {
		assert_true(x->nopen > 0);
		assert_true(str_eq(str_from(tag, 1), x->open[--x->nopen]));
		return;
	}
	tag.n -= empty;
	for (name.n = 0; name.n < tag.n; name.n++)
		if (tag.p[name.n] == ' ')
			break;
	assert_true(name.n > 0);
	check_attributes(x, str_from(tag, name.n));
	x->elements++;
	if (empty)
		return;
	assert_true(x->nopen < MAX_OPEN);
	x->open[x->nopen++] = name;
}

static void
is_well_formed(const struct buf *svg)
{
	struct xml *x = mem_take(sizeof *x);
	struct str text, tag;
	size_t i, k;

	x->left = buf_str(svg);
	while (str_cut(&x->left, '<', &text)) {
		check_chars(text, "<");
		assert_true(str_cut(&x->left, '>', &tag));
		assert_false(x->nopen == 0 && x->elements > 0);
		check_tag(x, tag);
	}
	assert_int_equal(x->nopen, 0);
	for (i = 0; i < x->nids; i++)
		for (k = i + 1; k < x->nids; k++)
			assert_false(str_eq(x->ids[i], x->ids[k]));
	mem_free(x);
}

/* ---- SVG ---- */

static void
a_picture_is_well_formed_and_whole(void **state)
{
	CLEANUP(buf_free) struct buf svg = BUF(MAX_OUT);

	(void)state;
	draw_svg(&svg, shop, &(struct graph_options){ 0 });
	is_well_formed(&svg);
	assert_true(str_starts(buf_str(&svg), "<svg "));
	assert_true(holds(&svg, " role=\"img\""));
	assert_true(holds(&svg, "<title id=\"sg-title\">com.example.shop"));
	assert_true(holds(&svg, "<desc id=\"sg-desc\">4 handlers and 1 "));
	assert_true(holds(&svg, "prefers-color-scheme:dark"));
	assert_true(holds(&svg, "@media print"));
	assert_false(holds(&svg, "http://www.w3.org/1999/xhtml"));
	assert_int_equal(count(&svg, "http"), 2); /* the two namespaces */
	assert_false(holds(&svg, "<script"));
}

/* What graph.h promises to a page. */
static void
elements_say_which_part_of_a_flow_they_are(void **state)
{
	static const char *const parts[] = {
		"<g class=\"flow\" id=\"flow-h0\" data-flow=\"h0\" "
		"data-name=\"GET /user/:id\"",
		"<g class=\"flow\" id=\"flow-s0\" data-flow=\"s0\" "
		"data-name=\"nightly\"",
		"<g class=\"trigger get\" data-flow=\"h0\">",
		"<g class=\"trigger post\" data-flow=\"h1\">",
		"<g class=\"trigger websocket\" data-flow=\"h2\">",
		"<g class=\"trigger nats\" data-flow=\"h3\">",
		"<g class=\"trigger schedule\" data-flow=\"s0\">",
		"<g class=\"group\" data-flow=\"h0\" data-step=\"0\">",
		"<g class=\"step member\" data-flow=\"h0\" data-step=\"0\" "
		"data-call=\"1\">",
		"<g class=\"step tries\" data-flow=\"h1\" data-step=\"0\" "
		"data-call=\"0\">",
		"<g class=\"step goto when\" data-flow=\"h1\" "
		"data-step=\"1\">",
		"<g class=\"step each\" data-flow=\"h1\" data-step=\"2\" "
		"data-call=\"0\">",
		"<g class=\"step call\" data-flow=\"h1\" data-step=\"3\" "
		"data-call=\"0\" data-calls=\"h0\">",
		"<a xlink:href=\"#flow-h0\">",
		"<g class=\"step repeats\" data-flow=\"s0\" data-step=\"0\" "
		"data-call=\"0\">",
		"<g class=\"answer\" data-flow=\"h0\">",
		"<g class=\"edge\" data-flow=\"h0\" data-from=\"trigger\" "
		"data-to=\"0\">",
		"<g class=\"edge\" data-flow=\"h0\" data-from=\"1\" "
		"data-to=\"answer\">",
		"<g class=\"edge fork\" data-flow=\"h0\" data-from=\"0\" "
		"data-to=\"0\" data-call=\"1\">",
		"<g class=\"edge join\" data-flow=\"h0\" data-from=\"0\" "
		"data-to=\"0\" data-call=\"1\">",
		"<g class=\"edge back\" data-flow=\"h1\" data-from=\"1\" "
		"data-to=\"0\">",
		"<g class=\"edge repeat\" data-flow=\"s0\" data-from=\"0\" "
		"data-to=\"0\">",
	};
	CLEANUP(buf_free) struct buf svg = BUF(MAX_OUT);
	size_t i;

	(void)state;
	draw_svg(&svg, shop, &(struct graph_options){ .inner = true });
	is_well_formed(&svg);
	for (i = 0; i < COUNT(parts); i++)
		if (count(&svg, parts[i]) != 1)
			fail_msg(
			    "%zu times: %s", count(&svg, parts[i]), parts[i]);
	assert_true(
	    holds(&svg, "\nwhen state.paid.status == &quot;open&quot;\n"));
	assert_true(holds(&svg, "<title>max 30, every 1s</title>"));
	assert_true(holds(&svg, "max 30</text>"));
	assert_true(holds(&svg, "with person = user</title>"));
	assert_true(holds(&svg, "each of paid, 4 at a time"));
	assert_true(holds(&svg,
	    "retry \xc3\x97"
	    "3 on timeout 503"));
	assert_true(holds(&svg, "to done</text>"));
}

static void
a_picture_inside_a_page_leaves_styles_to_it(void **state)
{
	CLEANUP(buf_free) struct buf svg = BUF(MAX_OUT);

	(void)state;
	draw_svg(&svg, shop, &(struct graph_options){ .inner = true });
	assert_false(holds(&svg, "<style"));
	assert_non_null(strstr(graph_css(), ".subo-graph .trigger"));
}

#define NASTY \
	"\"</title><script>alert('&')</script>]]>--\\u0007\\u001b[31m" \
	"\\u202e\\ufffe\\u0085\\n x\""

static const char hostile[] =
    "identifier: " NASTY "\nappVersion: " NASTY "\n"
    "handlers:\n"
    "- type: request\n"
    "  method: " NASTY "\n"
    "  resource: " NASTY "\n"
    "  response: " NASTY "\n"
    "  steps:\n"
    "  - {fn: " NASTY ", as: " NASTY ", name: " NASTY ", when: " NASTY
    ", forEach: " NASTY ", input: " NASTY ", with: {" NASTY ": " NASTY "}}\n"
    "  - {goto: " NASTY ", max: 1, when: 'state.\"'}\n"
    "  - {call: " NASTY "}\n"
    "  - {group: [{fn: " NASTY "}], when: " NASTY "}\n"
    "  - {group: []}\n"
    "  - {}\n"
    "  - 5\n"
    "- {type: stream, source: " NASTY ", resource: " NASTY ", respondTo: " NASTY
    "}\n"
    "- ~\n"
    "schedules:\n"
    "- {name: " NASTY ", every: {days: 1}, steps: []}\n"
    "- {}\n";

static void
hostile_names_are_text_and_nothing_else(void **state)
{
	CLEANUP(buf_free) struct buf svg = BUF(MAX_OUT), text = BUF(MAX_OUT);
	size_t i;

	(void)state;
	draw_svg(&svg, hostile, &(struct graph_options){ 0 });
	is_well_formed(&svg);
	assert_false(holds(&svg, "<script"));
	assert_false(holds(&svg, "\xe2\x80\xae"));
	assert_true(holds(&svg, "&lt;script&gt;"));
	draw_text(&text, hostile, &(struct graph_options){ 0 });
	for (i = 0; i < text.n; i++)
		assert_true(
		    (unsigned char)text.p[i] >= 32 || text.p[i] == '\n');
	assert_false(holds(&text, "\xe2\x80\xae"));
	assert_false(holds(&text, "\xc2\x85"));
}

static void
a_directive_without_flows_says_so(void **state)
{
	CLEANUP(buf_free) struct buf svg = BUF(MAX_OUT), text = BUF(MAX_OUT);

	(void)state;
	draw_svg(&svg, "identifier: x\n", &(struct graph_options){ 0 });
	is_well_formed(&svg);
	assert_true(holds(&svg, "there are no handlers and no schedules"));
	draw_text(&text, "5\n", &(struct graph_options){ 0 });
	assert_string_equal(buf_cstr(&text),
	    "Nothing sets a flow off: there are no handlers and no "
	    "schedules.\n");
	buf_clear(&text);
	draw_text(&text, "identifier: a.b\nappVersion: v1\nheadless: true\n",
	    &(struct graph_options){ 0 });
	assert_string_equal(
	    buf_cstr(&text), "Each function: POST /a.b/NAMESPACE/NAME/v1\n");
}

static void
a_picture_has_a_ceiling_and_says_what_it_leaves_out(void **state)
{
	CLEANUP(buf_free) struct buf yaml = BUF(1u << 20);
	CLEANUP(buf_free) struct buf svg = BUF(32u << 20);
	CLEANUP(buf_free) struct buf text = BUF(32u << 20);
	int i;

	(void)state;
	buf_add(&yaml, STR("handlers:\n"));
	for (i = 0; i < 4096; i++)
		buf_addf(&yaml,
		    "- {type: request, method: GET, resource: /%d, steps: "
		    "[{fn: a},{fn: b},{fn: c},{fn: d},{fn: e},{fn: f}]}\n",
		    i);
	draw_svg(&svg, buf_cstr(&yaml), &(struct graph_options){ 0 });
	assert_true(holds(&svg, "data-name=\"GET /2499\""));
	assert_true(holds(&svg, ">1596 more are not drawn.<"));
	draw_text(&text, buf_cstr(&yaml), &(struct graph_options){ 0 });
	assert_false(buf_over(&text));
	assert_true(holds(&text, "\n1596 more are not drawn\n"));
	buf_clear(&text);
	draw_text(&text, buf_cstr(&yaml),
	    &(struct graph_options){ .only = "GET /4095" });
	assert_true(holds(&text, "/4095"));
}

/* ---- text ---- */

/* Box-drawing characters are longer in bytes than on the screen. */
/* clang-format off */
static const char group_text[] =
    "                ┌───────────────────────────┐\n"
    "                │ side by side              │\n"
    "                │   ┌───────────────────┐   │\n"
    "┌───────────┐   │   │ db::get-user      │   │                ┌────────┐\n"
    "│ GET       │   │   │ as user           │   │   ┌────────┐   │ answer │\n"
    "│ /user/:id ├──▶├─┬▶│ goes on after 404 ├─┬─┼──▶│ render ├──▶│ render │\n"
    "└───────────┘   │ │ └───────────────────┘ │ │   └────────┘   └────────┘\n"
    "                │ │ ┌───────────────────┐ │ │\n"
    "                │ └▶│ count             ├─┘ │\n"
    "                │   └───────────────────┘   │\n"
    "                └───────────────────────────┘\n";
static const char repeat_text[] =
    "                 ┌────── max 5 ─────┐\n"
    "                 ▼                  │\n"
    "┌──────────┐   ┌────────────────────┴─┐\n"
    "│ every 1d │   │ count                │   ┌────────┐\n"
    "│ nightly  ├──▶│ as job               ├──▶│ done   │\n"
    "└──────────┘   │ until state.job.done │   └────────┘\n"
    "               └──────────────────────┘\n";
/* clang-format on */

static void
a_flow_is_drawn_like_this(void **state)
{
	CLEANUP(buf_free) struct buf group = BUF(MAX_OUT), loop = BUF(MAX_OUT);

	(void)state;
	draw_text(&group, shop, &(struct graph_options){ .only = "/user/:id" });
	assert_string_equal(buf_cstr(&group), group_text);
	draw_text(&loop, shop, &(struct graph_options){ .only = "nightly" });
	assert_string_equal(buf_cstr(&loop), repeat_text);
}

static void
each_line(const struct buf *text, void (*fn)(struct str line, unsigned arg),
    unsigned arg)
{
	struct str s = buf_str(text), line;

	while (str_cut(&s, '\n', &line))
		fn(line, arg);
}

static void
fits(struct str line, unsigned width)
{
	assert_true(label_cols(line) <= width);
}

static void
text_is_never_wider_than_asked(void **state)
{
	static const unsigned widths[] = { 0, 48, 60, 80, 100, 200 };
	const char *const yamls[] = { shop, hostile };
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(widths); i++)
		for (k = 0; k < COUNT(yamls); k++) {
			CLEANUP(buf_free) struct buf text = BUF(MAX_OUT);

			draw_text(&text, yamls[k],
			    &(struct graph_options){ .width = widths[i] });
			each_line(&text, fits, widths[i] > 0 ? widths[i] : 80);
		}
}

static void
plain_text_is_ascii_and_of_the_same_shape(void **state)
{
	CLEANUP(buf_free) struct buf fine = BUF(MAX_OUT), plain = BUF(MAX_OUT);
	struct str a, b, la, lb;
	size_t i;

	(void)state;
	draw_text(&fine, shop, &(struct graph_options){ 0 });
	draw_text(&plain, shop, &(struct graph_options){ .ascii = true });
	for (i = 0; i < plain.n; i++)
		assert_true((unsigned char)plain.p[i] < 0x80);
	a = buf_str(&fine);
	b = buf_str(&plain);
	while (str_cut(&a, '\n', &la)) {
		assert_true(str_cut(&b, '\n', &lb));
		assert_int_equal(label_cols(la), lb.n);
	}
}

static void
colours_end_with_each_line(void **state)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX_OUT);
	struct str s, line;
	size_t at;

	(void)state;
	draw_text(&text, shop, &(struct graph_options){ .colour = true });
	assert_true(holds(&text, "\33[0;34m"));
	s = buf_str(&text);
	while (str_cut(&s, '\n', &line))
		assert_true(!str_find(line, STR("\33["), &at) ||
		    str_ends(line, "\33[0m"));
}

/* ---- one of them ---- */

static void
one_flow_is_found_by_what_people_call_it(void **state)
{
	static const char *const names[] = { "GET /user/:id", "get /user/:id",
		"/user/:id" };
	CLEANUP(directive_free) struct directive *d = parse(shop);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		CLEANUP(buf_free) struct buf svg = BUF(MAX_OUT);

		draw_svg(
		    &svg, shop, &(struct graph_options){ .only = names[i] });
		assert_int_equal(count(&svg, "<g class=\"flow\""), 1);
		assert_true(holds(&svg, "flow-h0"));
	}
	for (i = 0; i < 3; i++) {
		static const char *const more[] = { "/chat", "orders",
			"nightly" };
		CLEANUP(buf_free) struct buf svg = BUF(MAX_OUT);

		draw_svg(
		    &svg, shop, &(struct graph_options){ .only = more[i] });
		assert_int_equal(count(&svg, "<g class=\"flow\""), 1);
	}
}

static void
a_flow_that_is_not_there_is_missing_with_a_near_name(void **state)
{
	CLEANUP(directive_free) struct directive *d = parse(shop);
	CLEANUP(buf_free) struct buf out = BUF(MAX_OUT);
	struct graph_options opt = { .only = "GET /usr/:id" };
	struct err e = ERR;

	(void)state;
	assert_int_equal(graph_svg(&out, d, &opt, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
	assert_string_equal(e.hint, "did you mean 'GET /user/:id'?");
	e = (struct err)ERR;
	opt.only = "nothing like it at all";
	assert_int_equal(graph_text(&out, d, &opt, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
	assert_true(strlen(e.hint) > 0);
	assert_int_equal(out.n, 0);
}

/* ---- data ---- */

static void
the_same_is_there_as_data(void **state)
{
	static const char want[] =
	    "{\"identifier\":\"com.example.shop\",\"version\":\"v1.4.0\"}";
	static const char order[] =
	    "{\"flow\":\"h1\",\"name\":\"POST /order\",\"kind\":\"request\","
	    "\"method\":\"POST\",\"resource\":\"/order\","
	    "\"answer\":\"receipt\",\"steps\":["
	    "{\"step\":0,\"kind\":\"call\",\"name\":\"ask\",\"calls\":["
	    "{\"call\":0,\"fn\":\"ask\",\"key\":\"paid\",\"retry\":3,"
	    "\"timeout_ms\":2000}]},"
	    "{\"step\":1,\"kind\":\"goto\",\"to\":0,\"max\":30,"
	    "\"every_ms\":1000,"
	    "\"when\":\"state.paid.status == \\\"open\\\"\",\"calls\":[]},"
	    "{\"step\":2,\"kind\":\"call\",\"calls\":[{\"call\":0,"
	    "\"fn\":\"pack\",\"key\":\"pack\",\"each\":\"paid\","
	    "\"concurrency\":4}]},"
	    "{\"step\":3,\"kind\":\"call\",\"calls\":[{\"call\":0,"
	    "\"handler\":\"GET /user/:id\",\"calls\":\"h0\","
	    "\"key\":\"receipt\"}]}]}";
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(directive_free) struct directive *d = parse(shop);
	CLEANUP(buf_free) struct buf where = BUF(1000);
	struct tree *t = graph_tree(a, d), *w;
	struct err e = ERR;

	(void)state;
	assert_int_equal(tree_parse_json(&w, a, str_of(want), &e), 0);
	if (!tree_subset(w, t, &where))
		fail_msg("%s", buf_cstr(&where));
	assert_int_equal(tree_get(t, "flows")->nitems, 5);
	assert_int_equal(tree_parse_json(&w, a, str_of(order), &e), 0);
	if (!tree_eq(w, tree_get(t, "flows")->items[1])) {
		tree_print_json(&where, tree_get(t, "flows")->items[1], 0);
		fail_msg("%s", buf_cstr(&where));
	}
}

static void
data_of_what_cannot_be_drawn_is_still_data(void **state)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(directive_free) struct directive *d = parse(hostile);
	CLEANUP(buf_free) struct buf json = BUF(MAX_OUT);
	struct tree *t;
	struct err e = ERR;

	(void)state;
	tree_print_json(&json, graph_tree(a, d), 1);
	assert_int_equal(tree_parse_json(&t, a, buf_str(&json), &e), 0);
	assert_int_equal(tree_get(t, "flows")->nitems, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture_is_well_formed_and_whole),
		cmocka_unit_test(elements_say_which_part_of_a_flow_they_are),
		cmocka_unit_test(a_picture_inside_a_page_leaves_styles_to_it),
		cmocka_unit_test(hostile_names_are_text_and_nothing_else),
		cmocka_unit_test(a_directive_without_flows_says_so),
		cmocka_unit_test(
		    a_picture_has_a_ceiling_and_says_what_it_leaves_out),
		cmocka_unit_test(a_flow_is_drawn_like_this),
		cmocka_unit_test(text_is_never_wider_than_asked),
		cmocka_unit_test(plain_text_is_ascii_and_of_the_same_shape),
		cmocka_unit_test(colours_end_with_each_line),
		cmocka_unit_test(one_flow_is_found_by_what_people_call_it),
		cmocka_unit_test(
		    a_flow_that_is_not_there_is_missing_with_a_near_name),
		cmocka_unit_test(the_same_is_there_as_data),
		cmocka_unit_test(data_of_what_cannot_be_drawn_is_still_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
