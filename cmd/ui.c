/* SPDX-License-Identifier: Apache-2.0 */
/* Talking to people: standard error, colour, progress; and --json. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "os/os.h"

#define MAX_TALK (64u << 20)

static bool progress_shown;

static void
clear_progress(void)
{
	if (!progress_shown)
		return;
	fputs("\r\033[K", stderr);
	progress_shown = false;
}

void
ui_progress(const char *fmt, ...)
{
	char line[160];
	va_list ap;

	if (!cmd_common()->tty_err || cmd_common()->quiet)
		return;
	clear_progress();
	if (!fmt || fmt[0] == '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "%.79s", line);
	fflush(stderr);
	progress_shown = true;
}

static void say(const char *what, const char *colour, const char *fmt,
    va_list ap) PRINTF(3, 0);

static void
say(const char *what, const char *colour, const char *fmt, va_list ap)
{
	CLEANUP(buf_free) struct buf raw = BUF(MAX_TALK);
	CLEANUP(buf_free) struct buf shown = BUF(MAX_TALK);

	clear_progress();
	buf_vaddf(&raw, fmt, ap);
	buf_show(&shown, buf_str(&raw), true);
	fprintf(stderr, "subo: %s%s%s%s\n", colour, what,
	    colour[0] != '\0' ? ui_err_colour('0') : "", buf_cstr(&shown));
}

void
ui_note(const char *fmt, ...)
{
	va_list ap;

	if (cmd_common()->quiet)
		return;
	va_start(ap, fmt);
	say("", "", fmt, ap);
	va_end(ap);
}

void
ui_warn(const char *fmt, ...)
{
	va_list ap;

	if (cmd_common()->quiet)
		return;
	va_start(ap, fmt);
	say("warning: ", ui_err_colour('y'), fmt, ap);
	va_end(ap);
}

/* The text a problem points into; read again, for only messages need it. */
static void
load_source(struct buf *out, struct str *have, struct str file)
{
	char path[4096];
	struct err e = ERR;

	if (have->p && str_eq(*have, file))
		return;
	buf_clear(out);
	*have = file;
	snprintf(path, sizeof(path), STR_F, STR_A(file));
	if (os_read(out, path, &e) < 0 ||
	    memchr(out->p ? out->p : "", 0, out->n) != NULL)
		buf_clear(out);
}

void
ui_diags(struct diags *ds)
{
	CLEANUP(buf_free) struct buf source = BUF(1u << 20);
	CLEANUP(buf_free) struct buf text = BUF(MAX_TALK);
	struct str have = { NULL, 0 };

	diags_sort(ds);
	for (size_t i = 0; i < diags_count(ds); i++) {
		const struct diag *d = diags_at(ds, i);

		if (cmd_common()->quiet && d->rule->level != DIAG_ERROR)
			continue;
		load_source(&source, &have, d->file);
		diag_print(&text, d,
		    d->at.line > 0 ? buf_str(&source) : STR(""),
		    cmd_common()->colour_err);
	}
	clear_progress();
	fwrite(buf_cstr(&text), 1, text.n, stderr);
	for (size_t i = 0; i < diags_count(ds); i++)
		ui_annotate_diag(diags_at(ds, i));
}

static const char *
level_word(enum diag_level level)
{
	return level == DIAG_ERROR  ? "error"
	    : level == DIAG_WARNING ? "warning"
				    : "note";
}

struct tree *
ui_diags_json(struct arena *a, const struct diags *ds)
{
	struct tree *list = tree_list(a);

	for (size_t i = 0; i < diags_count(ds); i++) {
		const struct diag *d = diags_at(ds, i);
		struct tree *t = tree_add(a, list, tree_map(a));

		tree_put_text(a, t, "code", str_of(d->rule->code));
		tree_put_text(
		    a, t, "level", str_of(level_word(d->rule->level)));
		tree_put_text(a, t, "file", d->file);
		tree_put_int(a, t, "line", d->at.line);
		tree_put_int(a, t, "col", d->at.col);
		tree_put_text(a, t, "text", d->text);
		tree_put_text(a, t, "cause", str_of(d->rule->cause));
		tree_put_text(a, t, "repair",
		    d->repair.n > 0 ? d->repair : str_of(d->rule->repair));
	}
	return list;
}

struct tree *
ui_json(struct arena *a, const char *type, bool ok)
{
	struct tree *t = tree_map(a);

	tree_put_text(a, t, "type", str_of(type));
	tree_put_int(a, t, "v", 1);
	tree_put_bool(a, t, "ok", ok);
	return t;
}

void
ui_json_print(const struct tree *t)
{
	CLEANUP(buf_free) struct buf out = BUF(256u << 20);

	tree_print_json(&out, t, cmd_common()->json_lines ? 0 : 2);
	buf_addc(&out, '\n');
	fwrite(buf_cstr(&out), 1, out.n, stdout);
}

int
ui_told(struct err *e, enum err_kind kind)
{
	err_set(e, kind, "failed");
	e->told = true;
	return -1;
}

static const char *
colour(bool on, char c)
{
	if (!on)
		return "";
	switch (c) {
	case 'r':
		return "\033[31m";
	case 'g':
		return "\033[32m";
	case 'y':
		return "\033[33m";
	case 'b':
		return "\033[34m";
	case 'd':
		return "\033[2m";
	case 'B':
		return "\033[1m";
	default:
		return "\033[0m";
	}
}

const char *
ui_path(const char *path)
{
	char cwd[PATH_MAX];
	size_t n;

	if (!getcwd(cwd, sizeof(cwd)))
		return path;
	n = strlen(cwd);
	if (n > 1 && strncmp(path, cwd, n) == 0 && path[n] == '/')
		return path + n + 1;
	return path;
}

const char *
ui_err_colour(char c)
{
	return colour(cmd_common()->colour_err, c);
}

const char *
ui_out_colour(char c)
{
	return colour(cmd_common()->colour_out, c);
}

/* Enough for the arguments of one printf. */
static char *
ring(void)
{
	static char texts[8][32];
	static unsigned next;

	return texts[next++ % COUNT(texts)];
}

const char *
ui_ms(uint64_t ns)
{
	char *t = ring();

	if (ns < 10000000u)
		snprintf(t, 32, "%.1f ms", (double)ns / 1e6);
	else if (ns < 1000000000u)
		snprintf(t, 32, "%.0f ms", (double)ns / 1e6);
	else
		snprintf(t, 32, "%.1f s", (double)ns / 1e9);
	return t;
}

const char *
ui_bytes(uint64_t n)
{
	char *t = ring();

	if (n < 1000)
		snprintf(t, 32, "%u B", (unsigned)n);
	else if (n < 1000000)
		snprintf(t, 32, "%.1f KB", (double)n / 1e3);
	else
		snprintf(t, 32, "%.1f MB", (double)n / 1e6);
	return t;
}
