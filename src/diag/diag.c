/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag/diag.h"

#define LINE_SHOWN 120u /* columns of a source line, at most */

struct diags {
	struct arena *a;
	struct diag **v; /* pointers, so that a sort leaves them valid */
	size_t n, cap;
};

struct diags *
diags_new(void)
{
	struct diags *ds = mem_take(sizeof(*ds));

	ds->a = arena_new();
	return ds;
}

void
diags_free(struct diags **ds)
{
	if (!*ds)
		return;
	arena_free(&(*ds)->a);
	mem_free((*ds)->v);
	mem_free(*ds);
	*ds = NULL;
}

struct diag *
diags_add(struct diags *ds, const struct diag_rule *rule, struct str file,
    struct place at, unsigned width, const char *fmt, ...)
{
	struct buf text = BUF(4096);
	struct diag *d = arena_take(ds->a, sizeof(*d));
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	d->rule = rule;
	d->file = arena_copy(ds->a, file);
	d->at = at;
	d->width = width;
	d->text = arena_copy(
	    ds->a, text.n > 0 ? buf_str(&text) : str_of(rule->title));
	buf_free(&text);
	ds->v = mem_grow(ds->v, ds->n, &ds->cap, sizeof(struct diag *));
	ds->v[ds->n++] = d;
	return d;
}

void
diags_repair(struct diags *ds, struct diag *d, const char *fmt, ...)
{
	struct buf text = BUF(4096);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	d->repair = arena_copy(ds->a, buf_str(&text));
	buf_free(&text);
}

size_t
diags_count(const struct diags *ds)
{
	return ds->n;
}

const struct diag *
diags_at(const struct diags *ds, size_t i)
{
	return ds->v[i];
}

static size_t
count_level(const struct diags *ds, enum diag_level level)
{
	size_t n = 0;

	for (size_t i = 0; i < ds->n; i++)
		n += ds->v[i]->rule->level == level;
	return n;
}

size_t
diags_errors(const struct diags *ds)
{
	return count_level(ds, DIAG_ERROR);
}

size_t
diags_warnings(const struct diags *ds)
{
	return count_level(ds, DIAG_WARNING);
}

struct arena *
diags_arena(struct diags *ds)
{
	return ds->a;
}

static int
compare(const struct diag *a, const struct diag *b)
{
	int c = str_cmp(a->file, b->file);

	if (c != 0)
		return c;
	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	return (a->at.col > b->at.col) - (a->at.col < b->at.col);
}

/* Insertion: stable, and the lists are short and nearly in order. */
void
diags_sort(struct diags *ds)
{
	for (size_t i = 1; i < ds->n; i++) {
		struct diag *d = ds->v[i];
		size_t j = i;

		for (; j > 0 && compare(ds->v[j - 1], d) > 0; j--)
			ds->v[j] = ds->v[j - 1];
		ds->v[j] = d;
	}
}

static const char *
level_name(enum diag_level level)
{
	return level == DIAG_ERROR  ? "error"
	    : level == DIAG_WARNING ? "warning"
				    : "note";
}

static const char *
level_colour(enum diag_level level)
{
	return level == DIAG_ERROR  ? "\033[1;31m"
	    : level == DIAG_WARNING ? "\033[1;33m"
				    : "\033[1;36m";
}

static bool
find_line(struct str source, unsigned line, struct str *out)
{
	while (line > 0) {
		struct str head;
		bool more = str_cut(&source, '\n', &head);

		if (--line == 0) {
			if (str_ends(head, "\r"))
				head.n--;
			*out = head;
			return head.n > 0;
		}
		if (!more)
			break;
	}
	return false;
}

/* The byte where column col (counted in code points) begins. */
static size_t
column_byte(struct str line, unsigned col)
{
	size_t i = 0;

	while (i < line.n && col > 1) {
		i++;
		while (i < line.n && ((unsigned char)line.p[i] & 0xc0) == 0x80)
			i++;
		col--;
	}
	return i;
}

static void
print_source(
    struct buf *out, const struct diag *d, struct str source, bool colour)
{
	struct buf shown = BUF(4096);
	struct str line;
	size_t from, pad;
	unsigned width = d->width > 0 ? d->width : 1;

	if (d->at.line == 0 || !find_line(source, d->at.line, &line))
		return;
	from = column_byte(line, d->at.col);
	if (from > LINE_SHOWN)
		return;
	if (line.n > LINE_SHOWN)
		line.n = column_byte(line, LINE_SHOWN);
	buf_show(&shown, line, false);
	buf_addf(out, "%5u | %s\n", d->at.line, buf_cstr(&shown));
	buf_clear(&shown);
	buf_show(&shown, (struct str){ line.p, from }, false);
	pad = 0;
	for (size_t i = 0; i < shown.n; i++)
		pad += ((unsigned char)shown.p[i] & 0xc0) != 0x80;
	if (width > LINE_SHOWN - (unsigned)from)
		width = LINE_SHOWN - (unsigned)from + 1;
	buf_addf(out, "      | %*s%s", (int)pad, "",
	    colour ? level_colour(d->rule->level) : "");
	for (unsigned i = 0; i < width; i++)
		buf_addc(out, '^');
	buf_addf(out, "%s\n", colour ? "\033[0m" : "");
	buf_free(&shown);
}

void
diag_print(
    struct buf *out, const struct diag *d, struct str source, bool colour)
{
	const char *on = colour ? level_colour(d->rule->level) : "";
	const char *bold = colour ? "\033[1m" : "";
	const char *off = colour ? "\033[0m" : "";

	buf_add(out, str_of(bold));
	buf_show(out, d->file, false);
	if (d->at.line > 0)
		buf_addf(out, ":%u:%u", d->at.line, d->at.col);
	buf_addf(out, ":%s %s%s[%s]:%s ", off, on, level_name(d->rule->level),
	    d->rule->code, off);
	buf_show(out, d->text, false);
	buf_addc(out, '\n');
	print_source(out, d, source, colour);
	if (d->rule->cause && d->rule->cause[0] != '\0')
		buf_addf(out, "  cause: %s\n", d->rule->cause);
	if (d->repair.n > 0) {
		buf_add(out, STR("  repair: "));
		buf_show(out, d->repair, true);
		buf_addc(out, '\n');
	} else if (d->rule->repair && d->rule->repair[0] != '\0') {
		buf_addf(out, "  repair: %s\n", d->rule->repair);
	}
}

const struct diag_rule *
diag_find(const struct diag_rule *table, struct str code)
{
	for (; table->code; table++)
		if (str_ieq(str_of(table->code), code))
			return table;
	return NULL;
}

struct str
diag_nearest(struct str written, const struct str *names, size_t nnames)
{
	size_t best = written.n / 3 + 1;
	struct str found = { NULL, 0 };

	if (written.n == 0)
		return found;
	for (size_t i = 0; i < nnames; i++) {
		size_t d = str_distance(written, names[i], best);

		if (str_ieq(written, names[i]))
			return names[i];
		if (d < best || (d == best && found.n == 0)) {
			best = d;
			found = names[i];
		}
	}
	return found;
}
