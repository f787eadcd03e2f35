/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as people read them: a table, a waterfall. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "trace_parts.h"

#define SHORT 200u /* bytes of a value, without --full */
#define BAR 30u	   /* columns */

static unsigned
columns(void)
{
	struct winsize w;

	if (isatty(1) && ioctl(1, TIOCGWINSZ, &w) == 0 && w.ws_col >= 60)
		return w.ws_col;
	return 100;
}

static int64_t
num(const struct tree *t, const char *key)
{
	const struct tree *v = tree_get(t, key);

	return v ? v->num : 0;
}

static double
real(const struct tree *t, const char *key)
{
	const struct tree *v = tree_get(t, key);

	return v ? v->real : 0;
}

static const char *
status_colour(int64_t status)
{
	if (status == 0 || status >= 500)
		return ui_out_colour('r');
	return ui_out_colour(status >= 400 ? 'y' : 'g');
}

/* "12:30:01.250" of an RFC 3339 time. */
static struct str
clock_of(const struct tree *run)
{
	struct str s = tree_text(run, "start");

	return s.n >= 23 ? (struct str){ s.p + 11, 12 } : s;
}

/* ---- one line ---- */

void
trace_print_head(void)
{
	printf("%s%7s  %-12s %6s %9s %5s  %s%s\n", ui_out_colour('d'), "NUMBER",
	    "TIME", "STATUS", "MS", "STEPS", "REQUEST", ui_out_colour('0'));
}

static void
print_cut(const struct buf *line, size_t width)
{
	struct str s = buf_str(line);

	if (s.n <= width) {
		printf(STR_F "\n", STR_A(s));
		return;
	}
	s.n = width > 3 ? width - 3 : 0;
	while (s.n > 0 && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
		s.n--;
	printf(STR_F "...\n", STR_A(s));
}

void
trace_print_line(const struct tree *run)
{
	CLEANUP(buf_free) struct buf line = BUF(1u << 20);
	int64_t status = num(run, "status");
	struct str error = tree_text(run, "error");

	printf("%7lld  " STR_F " %s%6lld%s %9.3f %5lld  ",
	    (long long)num(run, "number"), STR_A(clock_of(run)),
	    status_colour(status), (long long)status, ui_out_colour('0'),
	    real(run, "ms"), (long long)num(run, "steps"));
	buf_show(&line, tree_text(run, "method"), false);
	buf_addc(&line, ' ');
	buf_show(&line, tree_text(run, "url"), false);
	if (error.n > 0) {
		buf_addf(&line, "  ");
		buf_show(&line, error, false);
	}
	print_cut(&line, columns() - 47);
}

/* ---- values ---- */

static void
add_value(struct buf *out, const struct tree *t, bool full)
{
	struct str s = STR("");
	bool more = false;

	if (t && t->kind == TREE_MAP) {
		s = tree_text(t, "text");
		if (tree_get(t, "base64")) {
			buf_addf(out, "(%lld bytes, not text)",
			    (long long)num(t, "bytes"));
			return;
		}
		more = tree_get(t, "cut") != NULL;
	} else if (t) {
		s = t->text;
	}
	if (!full && s.n > SHORT) {
		s.n = SHORT;
		more = true;
	}
	if (s.n == 0)
		buf_addf(out, "(empty)");
	buf_show(out, s, full);
	if (more)
		buf_addf(out, "...");
}

static void
print_value(
    const char *indent, const char *name, const struct tree *t, bool full)
{
	CLEANUP(buf_free) struct buf out = BUF(64u << 20);

	if (!t)
		return;
	add_value(&out, t, full);
	printf("%s%s%-7s%s %s\n", indent, ui_out_colour('d'), name,
	    ui_out_colour('0'), buf_cstr(&out));
}

static void
print_map(const char *title, const struct tree *map, bool full)
{
	if (!map || map->nitems == 0)
		return;
	printf("%s\n", title);
	for (size_t i = 0; i < map->nitems; i++) {
		CLEANUP(buf_free) struct buf out = BUF(64u << 20);

		buf_show(&out, map->items[i]->key->text, false);
		buf_addf(&out, ": ");
		add_value(&out, map->items[i], full);
		printf("  %s\n", buf_cstr(&out));
	}
}

/* ---- steps ---- */

static void
print_bar(double from, double ms, double all)
{
	unsigned a, n;

	if (all <= 0)
		all = 1e-9;
	a = (unsigned)(from / all * BAR);
	n = (unsigned)(ms / all * BAR + 0.5);
	if (a >= BAR)
		a = BAR - 1;
	if (n == 0)
		n = 1;
	if (a + n > BAR)
		n = BAR - a;
	putchar('|');
	for (unsigned i = 0; i < BAR; i++)
		putchar(i >= a && i < a + n ? '#' : ' ');
	putchar('|');
}

static void
print_logs(const struct tree *step)
{
	const struct tree *logs = tree_get(step, "logs");

	for (size_t i = 0; logs && i < logs->nitems; i++) {
		CLEANUP(buf_free) struct buf out = BUF(64u << 20);

		add_value(&out, tree_get(logs->items[i], "text"), true);
		printf("      %s" STR_F "%s %s\n", ui_out_colour('d'),
		    STR_A(tree_text(logs->items[i], "level")),
		    ui_out_colour('0'), buf_cstr(&out));
	}
}

static void
print_calls(const struct tree *step)
{
	const struct tree *calls = tree_get(step, "calls");

	for (size_t i = 0; calls && i < calls->nitems; i++) {
		CLEANUP(buf_free) struct buf out = BUF(1u << 20);
		const struct tree *c = calls->items[i];

		buf_show(&out, tree_text(c, "what"), false);
		buf_addc(&out, ' ');
		buf_show(&out, tree_text(c, "method"), false);
		buf_addc(&out, ' ');
		buf_show(&out, tree_text(c, "url"), false);
		buf_addf(&out, ": %lld in %.3f ms ",
		    (long long)num(c, "status"), real(c, "ms"));
		buf_show(&out, tree_text(c, "error"), false);
		printf("      %s-> %s%s\n", ui_out_colour('b'), buf_cstr(&out),
		    ui_out_colour('0'));
	}
}

static void
print_name(const struct tree *s)
{
	CLEANUP(buf_free) struct buf name = BUF(4096);
	struct str fn = tree_text(s, "fn"), key = tree_text(s, "key");
	int64_t depth = num(s, "depth");

	for (int64_t i = 0; i < depth && i < 16; i++)
		buf_addf(&name, "  ");
	buf_show(&name, fn, false);
	if (key.n > 0 && !str_eq(key, fn)) {
		buf_addf(&name, " as ");
		buf_show(&name, key, false);
	}
	if (num(s, "attempt") > 0)
		buf_addf(
		    &name, " (try %lld)", (long long)num(s, "attempt") + 1);
	printf("  %s%-28s%s ", ui_out_colour(num(s, "failed") ? 'r' : 'B'),
	    buf_cstr(&name), ui_out_colour('0'));
}

static void
print_step(const struct tree *s, double all, bool full)
{
	struct str error = tree_text(s, "error"), trace = tree_text(s, "trace"),
		   line;

	print_name(s);
	if (num(s, "skipped")) {
		printf("%sskipped%s\n", ui_out_colour('d'), ui_out_colour('0'));
		return;
	}
	print_bar(real(s, "startMs"), real(s, "ms"), all);
	printf(" %9.3f ms\n", real(s, "ms"));
	print_value("      ", "input", tree_get(s, "input"), full);
	if (!num(s, "failed"))
		print_value("      ", "output", tree_get(s, "output"), full);
	if (error.n > 0) {
		CLEANUP(buf_free) struct buf out = BUF(1u << 20);

		buf_show(&out, error, false);
		printf("      %serror   %s%s\n", ui_out_colour('r'),
		    buf_cstr(&out), ui_out_colour('0'));
	}
	while (trace.n > 0) {
		CLEANUP(buf_free) struct buf out = BUF(1u << 20);

		str_cut(&trace, '\n', &line);
		buf_show(&out, line, false);
		printf("        at %s\n", buf_cstr(&out));
	}
	print_calls(s);
	print_logs(s);
}

/* ---- a whole run ---- */

static void
print_first_line(const struct tree *run)
{
	CLEANUP(buf_free) struct buf line = BUF(1u << 20);
	int64_t status = num(run, "status");

	buf_show(&line, tree_text(run, "method"), false);
	buf_addc(&line, ' ');
	buf_show(&line, tree_text(run, "url"), false);
	printf("%s%s%s  %s%lld%s  %.3f ms\n", ui_out_colour('B'),
	    buf_cstr(&line), ui_out_colour('0'), status_colour(status),
	    (long long)status, ui_out_colour('0'), real(run, "ms"));
}

static void
print_fact(const char *name, struct str v)
{
	CLEANUP(buf_free) struct buf out = BUF(1u << 20);

	if (v.n == 0)
		return;
	buf_show(&out, v, false);
	printf("  %s%-9s%s %s\n", ui_out_colour('d'), name, ui_out_colour('0'),
	    buf_cstr(&out));
}

void
trace_print_run(const struct tree *run, bool full)
{
	const struct tree *steps = tree_get(run, "steps"),
			  *came = tree_get(run, "request"),
			  *answer = tree_get(run, "response");

	print_first_line(run);
	print_fact("at", tree_text(run, "start"));
	print_fact("id", tree_text(run, "id"));
	print_fact("handler", tree_text(run, "name"));
	print_fact("peer", tree_text(run, "peer"));
	print_fact("trace", tree_text(run, "traceId"));
	print_fact("bundle", tree_text(run, "digest"));
	print_fact("rerun of", tree_text(run, "rerunOf"));
	print_fact("error", tree_text(run, "error"));
	print_map("Headers", full ? tree_get(came, "headers") : NULL, full);
	print_map("Params", tree_get(came, "params"), full);
	print_value("", "Body", tree_get(came, "body"), full);
	if (steps && steps->nitems > 0)
		printf("Steps\n");
	for (size_t i = 0; steps && i < steps->nitems; i++)
		print_step(steps->items[i], real(run, "ms"), full);
	print_map("State at the end", tree_get(answer, "state"), full);
	print_value("", "Answer", tree_get(answer, "body"), full);
	if (num(run, "lost") > 0)
		printf("%lld records were over the limit of one request\n",
		    (long long)num(run, "lost"));
}
