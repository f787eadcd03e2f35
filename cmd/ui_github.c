/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors as GitHub's workflow commands, which put them beside the lines of a
 * change: "::error file=NAME,line=N,col=N,title=TEXT::MESSAGE".
 *
 * They go to standard error, which the runner reads as well; standard output
 * stays what it is.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define MAX_MESSAGE (64u << 10) /* what is beyond is not told */
#define MAX_FROM_LOG 50u	/* a page shows ten of a step */

/* In a property ':' and ',' end it. */
static void
add_escaped(struct buf *out, struct str s, bool property)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '%' || c == '\r' || c == '\n' ||
		    (property && (c == ':' || c == ',')))
			buf_addf(out, "%%%02X", c);
		else
			buf_addc(out, s.p[i]);
	}
}

static void
add_property(struct buf *out, const char *name, struct str value)
{
	CLEANUP(buf_free) struct buf shown = BUF(MAX_MESSAGE);

	if (value.n == 0)
		return;
	buf_show(&shown, value, false);
	buf_addf(out, "%s%s=", str_ends(buf_str(out), " ") ? "" : ",", name);
	add_escaped(out, buf_str(&shown), true);
}

/* Files are named from where the repository was checked out. */
static struct str
from_workspace(struct str file, char room[PATH_MAX])
{
	const char *top = world_env("GITHUB_WORKSPACE");
	char name[PATH_MAX];
	size_t n = top ? strlen(top) : 0;

	if (file.n == 0 || file.n >= sizeof(name) || n < 2)
		return file;
	snprintf(name, sizeof(name), STR_F, STR_A(file));
	if (!realpath(name, room) || strncmp(room, top, n) != 0 ||
	    room[n] != '/')
		return file;
	return str_of(room + n + 1);
}

void
ui_annotate(enum diag_level level, struct str file, struct place at,
    struct str title, struct str text)
{
	static const char *const words[] = { "error", "warning", "notice" };
	CLEANUP(buf_free) struct buf out = BUF(4 * MAX_MESSAGE);
	CLEANUP(buf_free) struct buf shown = BUF(MAX_MESSAGE);
	char room[PATH_MAX], number[16];

	if (!cmd_common()->github)
		return;
	buf_addf(&out, "::%s ", words[level]);
	add_property(&out, "file", from_workspace(file, room));
	if (at.line > 0) {
		snprintf(number, sizeof(number), "%u", at.line);
		add_property(&out, "line", str_of(number));
	}
	if (at.line > 0 && at.col > 0) {
		snprintf(number, sizeof(number), "%u", at.col);
		add_property(&out, "col", str_of(number));
	}
	add_property(&out, "title", title);
	if (str_ends(buf_str(&out), " "))
		out.p[--out.n] = '\0';
	buf_add(&out, STR("::"));
	buf_show(&shown, text, true);
	add_escaped(&out, str_trim(buf_str(&shown)), false);
	ui_progress(NULL);
	fprintf(stderr, "%s\n", buf_cstr(&out));
}

/* ---- texts that begin with a place ---- */

static bool
take_number(struct str *s, unsigned *out)
{
	uint64_t value;
	size_t n = 0;

	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	if (!str_u64((struct str){ s->p, n }, 100000000, &value) || value == 0)
		return false;
	*out = (unsigned)value;
	*s = str_from(*s, n);
	return true;
}

/* Cut "FILE:LINE:COL: " or "FILE:LINE: " off the front. */
static bool
cut_place(struct str *s, struct str *file, struct place *at)
{
	struct str rest = *s;

	*at = (struct place){ 0 };
	if (!str_cut(&rest, ':', file) || file->n == 0 ||
	    !take_number(&rest, &at->line))
		return false;
	if (str_starts(rest, ":")) {
		struct str more = str_from(rest, 1);

		if (take_number(&more, &at->col))
			rest = more;
	}
	if (rest.n > 0 && rest.p[0] != ':')
		return false;
	*s = str_trim(str_from(rest, 1));
	return true;
}

void
ui_annotate_error(const struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX_MESSAGE);
	struct str s = str_of(e->text), file = STR("");
	struct place at = { 0 };

	if (!cut_place(&s, &file, &at))
		file = STR("");
	buf_add(&text, s);
	if (e->hint[0] != '\0')
		buf_addf(&text, "\ntry: %s", e->hint);
	ui_annotate(DIAG_ERROR, file, at, STR(""), buf_str(&text));
}

void
ui_annotate_diag(const struct diag *d)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX_MESSAGE);
	struct str repair =
	    d->repair.n > 0 ? d->repair : str_of(d->rule->repair);

	if (d->rule->level == DIAG_NOTE)
		return;
	buf_addf(
	    &text, STR_F "\nrepair: " STR_F, STR_A(d->text), STR_A(repair));
	ui_annotate(d->rule->level, d->file, d->at, str_of(d->rule->code),
	    buf_str(&text));
}

/* ---- what compilers print ---- */

/* "file.ts(3,10)", as AssemblyScript has it. */
static bool
cut_brackets(struct str s, struct str *file, struct place *at)
{
	size_t i = s.n;

	while (i > 0 && s.p[i - 1] != '(')
		i--;
	if (i < 2)
		return false;
	*file = (struct str){ s.p, i - 1 };
	s = str_from(s, i);
	if (!take_number(&s, &at->line) || !str_starts(s, ","))
		return false;
	s = str_from(s, 1);
	return take_number(&s, &at->col) && str_is(s, ")");
}

/* rustc and asc tell what is wrong first, and where in a line below it:
 * "  --> src/lib.rs:3:5", "  in lib.ts(3,10)". */
static bool
is_place_below(struct str line, struct str *file, struct place *at)
{
	static const struct str in = { "in ", 3 };
	size_t from;

	line = str_trim(line);
	if (str_starts(line, "--> ")) {
		line = str_from(line, 4);
		return cut_place(&line, file, at);
	}
	return str_find(line, in, &from) &&
	    cut_brackets(str_from(line, from + in.n), file, at);
}

/* "lib.c:3:5: error: text", and of Go without the word. */
static bool
is_placed(struct str *line, struct str *file, struct place *at)
{
	return cut_place(line, file, at) && line->n > 0 &&
	    !memchr(file->p, ' ', file->n) && !str_starts(*line, "warning") &&
	    !str_starts(*line, "note") && !str_starts(*line, "remark");
}

static void
annotate_at(const char *dir, struct str file, struct place at, struct str text)
{
	CLEANUP(buf_free) struct buf path = BUF(PATH_MAX);

	if (file.p[0] != '/')
		buf_addf(&path, "%s/", dir);
	buf_add(&path, file);
	ui_annotate(
	    DIAG_ERROR, str_of(ui_path(buf_cstr(&path))), at, STR(""), text);
}

size_t
ui_annotate_log(const char *dir, struct str log)
{
	struct str line, file, what = STR("");
	struct place at;
	size_t n = 0;

	while (cmd_common()->github && log.n > 0 && n < MAX_FROM_LOG) {
		str_cut(&log, '\n', &line);
		if (str_starts(line, "error") || str_starts(line, "ERROR")) {
			what = line;
		} else if (what.n > 0 && is_place_below(line, &file, &at)) {
			annotate_at(dir, file, at, what);
			what = STR("");
			n++;
		} else if (is_placed(&line, &file, &at)) {
			annotate_at(dir, file, at, line);
			n++;
		}
	}
	return n;
}
