/* SPDX-License-Identifier: Apache-2.0 */
/* subo graph - see subo-graph(1). */
#include "graph/graph.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd.h"
#include "graph_source.h"
#include "os/os.h"

#define MAX_OUTPUT (256u << 20)
#define WIDTH 80u

static struct {
	const char *only, *output;
	bool text, svg, ascii;
} opt;

static const struct cmd_opt opts[] = {
	{ "only", 0, OPT_TEXT, &opt.only, "NAME",
	    "draw one: 'GET /path', a topic, or a schedule", VALUE_ANY },
	{ "output", 'o', OPT_TEXT, &opt.output, "FILE",
	    "write a picture (SVG; text when FILE ends in .txt)", VALUE_FILE },
	{ "svg", 0, OPT_FLAG, &opt.svg, NULL, "draw SVG", VALUE_ANY },
	{ "text", 0, OPT_FLAG, &opt.text, NULL,
	    "draw text, also into a FILE of another name", VALUE_ANY },
	{ "ascii", 0, OPT_FLAG, &opt.ascii, NULL,
	    "draw text without box-drawing characters", VALUE_ANY },
	{ 0 },
};

/* ---- drawing ---- */

static bool
utf8_locale(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *v = NULL;
	size_t i, at;

	for (i = 0; i < COUNT(names) && (!v || v[0] == '\0'); i++)
		v = world_env(names[i]);
	return v &&
	    (str_find(str_of(v), STR("UTF-8"), &at) ||
		str_find(str_of(v), STR("utf8"), &at) ||
		str_find(str_of(v), STR("utf-8"), &at));
}

static unsigned
columns(void)
{
	struct winsize w;

	if (!opt.output && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 &&
	    w.ws_col > 0)
		return w.ws_col;
	return WIDTH;
}

static int
draw(struct buf *out, const struct directive *d, bool svg, struct err *e)
{
	const struct graph_options g = {
		.only = opt.only,
		.width = columns(),
		.ascii = opt.ascii || (!opt.output && !utf8_locale()),
		.colour = !opt.output && cmd_common()->colour_out,
	};

	if ((svg ? graph_svg : graph_text)(out, d, &g, e) < 0)
		return -1;
	if (buf_over(out))
		return err_set(e, ERR_LIMIT, "the picture is over %u MiB",
		    MAX_OUTPUT >> 20);
	return 0;
}

static int
print_json(const struct directive *d, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	const struct graph_options g = { .only = opt.only };
	struct tree *t = ui_json(a, "graph", true), *graph;

	if (graph_data(&graph, a, d, &g, e) < 0)
		return -1;
	if (opt.output)
		tree_put_text(a, t, "path", str_of(opt.output));
	tree_put(a, t, "graph", graph);
	ui_json_print(t);
	return 0;
}

static int
check_options(struct err *e)
{
	/* As other programs read it: to standard output. */
	if (opt.output && strcmp(opt.output, "-") == 0) {
		opt.svg = !opt.text && !opt.ascii;
		opt.output = NULL;
	}
	if (opt.text && opt.svg)
		return err_set(
		    e, ERR_USAGE, "--text and --svg cannot be given together");
	if (opt.ascii && opt.svg)
		return err_set(e, ERR_USAGE,
		    "--ascii is for text, and --svg draws a picture");
	return 0;
}

static int
run(int argc, char **argv, struct err *e)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(graph_source_close) struct graph_source s = { 0 };
	CLEANUP(buf_free) struct buf out = BUF(MAX_OUTPUT);
	bool svg;

	if (check_options(e) < 0 ||
	    graph_source_open(&s, argc > 0 ? argv[0] : ".", ds, e) < 0)
		return -1;
	svg = opt.svg ||
	    (opt.output && !opt.text && !opt.ascii &&
		!str_ends(str_of(opt.output), ".txt"));
	if (cmd_common()->json && !opt.output)
		return print_json(s.directive, e);
	if (draw(&out, s.directive, svg, e) < 0)
		return -1;
	if (!opt.output) {
		fwrite(buf_cstr(&out), 1, out.n, stdout);
		return 0;
	}
	if (os_replace(opt.output, buf_str(&out), 0644, e) < 0)
		return -1;
	if (cmd_common()->json)
		return print_json(s.directive, e);
	ui_note("%s: %zu handlers, %zu schedules", opt.output,
	    s.directive->nhandlers, s.directive->nschedules);
	return 0;
}

const struct cmd cmd_graph = {
	.name = "graph",
	.args = "[dir|bundle|Directive.yaml]",
	.max_args = 1,
	.value = VALUE_FILE,
	.about = "draw the flows as a picture",
	.group = "Work on it",
	.opts = opts,
	.run = run,
};
