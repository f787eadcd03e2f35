/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and functions' logs, a short line each. */
#include <stdio.h>

#include "dev_parts.h"
#include "os/os.h"

#define LINES_A_SECOND 50u

/* Under load most are left out: nobody reads them, and to print them all would
 * slow down what is looked at. */
static bool
is_left_out(struct dev *d)
{
	uint64_t second = os_now_ns() / 1000000000u;

	if (second == d->second && d->nlines >= LINES_A_SECOND) {
		d->nleft++;
		return true;
	}
	if (second == d->second) {
		d->nlines++;
		return false;
	}
	if (d->nleft > 0 && !cmd_common()->quiet)
		fprintf(stderr, "  %s... and %u lines more%s\n",
		    ui_err_colour('d'), d->nleft, ui_err_colour('0'));
	d->second = second;
	d->nlines = 1;
	d->nleft = 0;
	return false;
}

static void
add_request(struct buf *out, const struct tree *t)
{
	const struct tree *status = tree_get(t, "status");
	const struct tree *ms = tree_get(t, "ms");
	int64_t code = status->num;

	buf_addf(out, "  ");
	buf_show(out, tree_text(t, "method"), false);
	buf_addc(out, ' ');
	buf_show(out, tree_text(t, "target"), false);
	buf_addf(out, " %s%d%s",
	    ui_err_colour(code >= 500 ? 'r'
		    : code >= 400     ? 'y'
				      : 'g'),
	    (int)code, ui_err_colour('0'));
	if (ms)
		buf_addf(out, " %s%s%s", ui_err_colour('d'),
		    ui_ms((uint64_t)(ms->real * 1e6)), ui_err_colour('0'));
}

static void
add_log(struct buf *out, const struct tree *t)
{
	struct str level = tree_text(t, "level"), fn = tree_text(t, "function");

	buf_addf(
	    out, "  %s", ui_err_colour(str_is(level, "error") ? 'r' : 'd'));
	buf_show(out, level, false);
	buf_addf(out, "%s ", ui_err_colour('0'));
	buf_show(out, fn, false);
	buf_addf(out, "%s", fn.n > 0 ? ": " : "");
	buf_show(out, tree_text(t, "message"), true);
}

static void
tell_line(struct arena *a, struct tree *t)
{
	CLEANUP(buf_free) struct buf out = BUF(1u << 16);
	bool request = tree_get(t, "status") != NULL;

	if (cmd_common()->json) {
		struct tree *j =
		    dev_event(a, request ? "request" : "log", true);

		tree_put(a, j, request ? "request" : "log", t);
		tree_print_json(&out, j, 0);
		fprintf(stdout, "%s\n", buf_cstr(&out));
		fflush(stdout);
		return;
	}
	if (request)
		add_request(&out, t);
	else
		add_log(&out, t);
	ui_progress(NULL);
	fprintf(stderr, "%s\n", buf_cstr(&out));
}

void
dev_line(void *arg, struct str line)
{
	CLEANUP(arena_free) struct arena *a = NULL;
	struct err ignored = ERR;
	struct dev *d = arg;
	struct tree *t;

	if (cmd_common()->quiet && !cmd_common()->json)
		return;
	dev_talk(d);
	if (cmd_common()->json || !is_left_out(d)) {
		a = arena_new();
		if (tree_parse_json(&t, a, line, &ignored) == 0)
			tell_line(a, t);
	}
	dev_talked(d);
}
