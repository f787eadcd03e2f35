/* SPDX-License-Identifier: Apache-2.0 */
/* subo trace - see subo-trace(1). */
#include <stdio.h>
#include <string.h>

#include "table.h"
#include "trace_parts.h"

#define WAIT_MS 20000u

static struct {
	const char *socket, *path, *id;
	uint64_t port, status, most;
	bool full;
} opt;

#define WHERE \
	{ "socket", 0, OPT_TEXT, &opt.socket, "PATH", \
		"ask the server at this socket", VALUE_FILE }, \
	    { "port", 'p', OPT_NUMBER, &opt.port, "PORT", \
		    "ask the server on this port (default: the newest)", 0 }
#define WHICH \
	{ "status", 's', OPT_NUMBER, &opt.status, "CODE", \
		"only answers with this status or a higher one", 0 }, \
	    { "path", 0, OPT_TEXT, &opt.path, "TEXT", \
		    "only those whose path or handler has this in it", 0 }, \
	    { "id", 0, OPT_TEXT, &opt.id, "ID", \
		    "only those with this request id", 0 }

static const struct cmd_opt list_opts[] = {
	WHICH,
	{ "number", 'n', OPT_NUMBER, &opt.most, "N",
	    "the last N (default: all that are kept)", 0 },
	WHERE,
	{ 0 },
};
static const struct cmd_opt show_opts[] = {
	{ "full", 0, OPT_FLAG, &opt.full, NULL, "values at their whole length",
	    0 },
	WHERE,
	{ 0 },
};
static const struct cmd_opt follow_opts[] = { WHICH, WHERE, { 0 } };

/* ---- questions ---- */

static void
add_text(struct buf *out, const char *name, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";

	if (!text)
		return;
	buf_addf(out, "&%s=", name);
	for (const char *c = text; *c; c++) {
		unsigned char v = (unsigned char)*c;
		bool plain = (v >= 'a' && v <= 'z') || (v >= 'A' && v <= 'Z') ||
		    (v >= '0' && v <= '9') || strchr("-._~/", v);

		if (plain) {
			buf_addc(out, *c);
		} else {
			buf_addc(out, '%');
			buf_addc(out, hex[v >> 4]);
			buf_addc(out, hex[v & 15]);
		}
	}
}

static void
make_question(struct buf *out, uint64_t after, uint32_t wait_ms, uint64_t most)
{
	buf_clear(out);
	buf_addf(out, "runs?after=%llu", (unsigned long long)after);
	if (wait_ms > 0)
		buf_addf(out, "&wait=%u", wait_ms);
	if (most > 0)
		buf_addf(out, "&most=%llu", (unsigned long long)most);
	if (opt.status > 0)
		buf_addf(out, "&status=%llu", (unsigned long long)opt.status);
	add_text(out, "path", opt.path);
	add_text(out, "id", opt.id);
}

static const struct tree *
runs_of(const struct tree *t)
{
	return tree_get(t, "runs");
}

/* ---- list ---- */

static int
run_list(int argc, char **argv, struct err *e)
{
	CLEANUP(trace_peer_dispose) struct trace_peer p = { 0 };
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf path = BUF(1u << 16);
	const struct tree *runs;
	struct tree *t;

	(void)argc;
	(void)argv;
	if (trace_peer_open(&p, opt.socket, opt.port, e) < 0)
		return -1;
	make_question(&path, 0, 0, opt.most);
	if (trace_peer_ask(&p, buf_cstr(&path), 0, a, &t, e) < 0)
		return -1;
	if (cmd_common()->json) {
		ui_json_print(t);
		return 0;
	}
	runs = runs_of(t);
	if (!runs || runs->nitems == 0) {
		ui_note("no request %scame yet",
		    opt.status || opt.path || opt.id ? "like that " : "");
		return 0;
	}
	trace_print_head();
	for (size_t i = 0; i < runs->nitems; i++)
		trace_print_line(runs->items[i]);
	return 0;
}

/* ---- show ---- */

/* The newest, when none is named. */
static int
find_last(
    struct trace_peer *p, struct arena *a, uint64_t *number, struct err *e)
{
	struct tree *t;

	if (trace_peer_ask(p, "runs?most=1", 0, a, &t, e) < 0)
		return -1;
	if (!runs_of(t) || runs_of(t)->nitems == 0)
		return err_set(e, ERR_MISSING, "no request came yet");
	*number = (uint64_t)tree_get(runs_of(t)->items[0], "number")->num;
	return 0;
}

static int
run_show(int argc, char **argv, struct err *e)
{
	CLEANUP(trace_peer_dispose) struct trace_peer p = { 0 };
	CLEANUP(arena_free) struct arena *a = arena_new();
	uint64_t number = 0;
	struct tree *t;
	char path[64];

	if (argc > 0 && !str_u64(str_of(argv[0]), INT64_MAX, &number)) {
		err_set(e, ERR_USAGE, "'%s' is not the number of a request",
		    argv[0]);
		return err_hint(e, "subo trace list shows them");
	}
	if (trace_peer_open(&p, opt.socket, opt.port, e) < 0)
		return -1;
	if (argc == 0 && find_last(&p, a, &number, e) < 0)
		return -1;
	(void)snprintf(
	    path, sizeof(path), "runs/%llu", (unsigned long long)number);
	if (trace_peer_ask(&p, path, 0, a, &t, e) < 0)
		return -1;
	if (cmd_common()->json)
		ui_json_print(t);
	else
		trace_print_run(tree_get(t, "run"), opt.full);
	return 0;
}

/* ---- follow ---- */

static void
tell(const struct tree *run)
{
	CLEANUP(buf_free) struct buf line = BUF(1u << 20);

	if (cmd_common()->json) {
		tree_print_json(&line, run, 0);
		puts(buf_cstr(&line));
	} else {
		trace_print_line(run);
	}
	fflush(stdout);
}

static int
run_follow(int argc, char **argv, struct err *e)
{
	CLEANUP(trace_peer_dispose) struct trace_peer p = { 0 };
	CLEANUP(buf_free) struct buf path = BUF(1u << 16);
	uint64_t after = 0;
	bool first = true;

	(void)argc;
	(void)argv;
	if (trace_peer_open(&p, opt.socket, opt.port, e) < 0)
		return -1;
	for (;;) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		const struct tree *runs, *newest;
		struct tree *t;

		/* What came before is not news. */
		make_question(&path, after, first ? 0 : WAIT_MS, first);
		if (trace_peer_ask(&p, buf_cstr(&path), WAIT_MS, a, &t, e) < 0)
			return -1;
		runs = runs_of(t);
		for (size_t i = 0; !first && runs && i < runs->nitems; i++)
			tell(runs->items[i]);
		newest = tree_get(t, "newest");
		if (newest)
			after = (uint64_t)newest->num;
		if (first && !cmd_common()->json)
			trace_print_head();
		first = false;
	}
}

static const struct cmd cmd_list = {
	.name = "list",
	.about = "the last requests, a line each",
	.opts = list_opts,
	.run = run_list,
};
static const struct cmd cmd_show = {
	.name = "show",
	.args = "[number]",
	.max_args = 1,
	.about = "one request: its steps, what went in and came out",
	.opts = show_opts,
	.run = run_show,
};
static const struct cmd cmd_follow = {
	.name = "follow",
	.about = "each request as it ends",
	.opts = follow_opts,
	.run = run_follow,
};
static const struct cmd *const subs[] = { &cmd_list, &cmd_show, &cmd_follow,
	NULL };

const struct cmd cmd_trace = {
	.name = "trace",
	.args = "list|show|follow",
	.about = "show what happened to the last requests",
	.group = "Work on it",
	.subs = subs,
	.opts = list_opts,
	.run = run_list,
};
