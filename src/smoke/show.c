/* SPDX-License-Identifier: Apache-2.0 */
/* What was expected beside what came, so that the eye finds the difference. */

#include "smoke/show.h"

#define MAX_SHOWN 600u /* bytes of one side */
#define MAX_QUOTED 120u
#define MAX_ROWS 20u
#define ROWS_BEFORE 3u /* of what is the same */
#define BYTES_BEFORE 40u

static bool
is_text(struct str s)
{
	size_t at;

	if (!str_utf8(s, &at))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static size_t
first_difference(struct str a, struct str b)
{
	size_t i = 0;

	while (i < a.n && i < b.n && a.p[i] == b.p[i])
		i++;
	return i;
}

/* Columns that a line takes: a character each, which is right for most. */
static size_t
columns(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static struct str
shown_line(struct buf *b, struct str line)
{
	buf_clear(b);
	buf_show(b, line, false);
	return buf_str(b);
}

static size_t
widest(struct str s)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	size_t most = 0, n;
	struct str line;
	bool more = true;

	while (more) {
		more = str_cut(&s, '\n', &line);
		n = columns(shown_line(&b, line));
		most = n > most ? n : most;
	}
	return most;
}

static void
put_padded(struct buf *out, struct str s, size_t width)
{
	buf_add(out, s);
	for (size_t n = columns(s); n < width; n++)
		buf_addc(out, ' ');
}

static void
trim_right(struct buf *out)
{
	while (out->n > 0 && out->p[out->n - 1] == ' ')
		out->p[--out->n] = 0;
}

/* One line of each; false when both texts are over. */
static bool
next_row(struct str *want, bool *more_want, struct str *got, bool *more_got,
    struct str row[2], bool had[2])
{
	had[0] = *more_want;
	had[1] = *more_got;
	row[0] = row[1] = STR("");
	if (*more_want)
		*more_want = str_cut(want, '\n', &row[0]);
	if (*more_got)
		*more_got = str_cut(got, '\n', &row[1]);
	return had[0] || had[1];
}

static void
two_columns(struct buf *out, struct str want, struct str got, size_t width)
{
	CLEANUP(buf_free) struct buf b = BUF(4096);
	bool more_want = true, more_got = true, had[2];
	size_t same = 0, n = 0, from, left = 0;
	struct str row[2], head = { want.p, first_difference(want, got) };

	while (str_cut(&head, '\n', &row[0]))
		same++;
	from = same > ROWS_BEFORE ? same - ROWS_BEFORE : 0;
	buf_addf(out, "    ");
	put_padded(out, STR("expected"), width);
	buf_addf(out, "   got\n");
	if (from > 0)
		buf_addf(out, "    (the first %zu lines are the same)\n", from);
	for (; next_row(&want, &more_want, &got, &more_got, row, had); n++) {
		if (n < from)
			continue;
		if (n >= from + MAX_ROWS) {
			left++;
			continue;
		}
		buf_addf(out, "  %s ",
		    had[0] && had[1] && str_eq(row[0], row[1]) ? " " : "!");
		put_padded(out, shown_line(&b, row[0]), width);
		buf_addf(out, " | ");
		buf_add(out, shown_line(&b, row[1]));
		trim_right(out);
		buf_addc(out, '\n');
	}
	if (left > 0)
		buf_addf(out, "    (and %zu more lines)\n", left);
}

static void
one_side(struct buf *out, const char *name, struct str s, size_t from)
{
	struct str part = str_from(s, from);

	buf_addf(out, "    %s (%zu byte%s)", name, s.n, s.n == 1 ? "" : "s");
	if (from > 0)
		buf_addf(out, ", from byte %zu", from + 1);
	buf_addf(out, "\n");
	show_bytes(out, part);
}

static void
one_by_one(struct buf *out, struct str want, struct str got)
{
	size_t at = first_difference(want, got), from = 0;

	if (at > MAX_SHOWN / 2) {
		from = at - BYTES_BEFORE;
		while (from > 0 && ((unsigned char)want.p[from] & 0xc0) == 0x80)
			from--;
	}
	one_side(out, "expected", want, from);
	one_side(out, "got", got, from);
	if (at < want.n && at < got.n)
		buf_addf(out, "    they differ from byte %zu on\n", at + 1);
	else
		buf_addf(out, "    the %s is longer by %zu byte%s\n",
		    want.n > got.n ? "expected" : "one that came",
		    want.n > got.n ? want.n - got.n : got.n - want.n,
		    want.n + 1 == got.n || got.n + 1 == want.n ? "" : "s");
}

void
show_bytes(struct buf *out, struct str s)
{
	CLEANUP(buf_free) struct buf b = BUF(4 * MAX_SHOWN + 16);
	size_t n = s.n < MAX_SHOWN ? s.n : MAX_SHOWN;
	struct str rest, line;
	bool more = s.n > 0;

	/* Not inside a character. */
	while (n < s.n && n > MAX_SHOWN - 4 &&
	    ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	buf_show(&b, (struct str){ s.p, n }, true);
	rest = buf_str(&b);
	if (s.n == 0)
		buf_addf(out, "      (nothing)\n");
	while (more) {
		more = str_cut(&rest, '\n', &line);
		buf_addf(out, "      " STR_F "\n", STR_A(line));
	}
	if (n < s.n)
		buf_addf(out, "      (and %zu more bytes)\n", s.n - n);
}

void
show_quoted(struct buf *out, struct str s)
{
	size_t n = s.n < MAX_QUOTED ? s.n : MAX_QUOTED;

	while (n < s.n && n > MAX_QUOTED - 4 &&
	    ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	buf_addc(out, '\'');
	buf_show(out, (struct str){ s.p, n }, false);
	buf_addc(out, '\'');
	if (n < s.n)
		buf_addf(out, " (and %zu more bytes)", s.n - n);
}

void
show_difference(struct buf *out, const char *what, struct str want,
    struct str got, unsigned width)
{
	size_t wide = (width ? width : 80) / 2 - 5, most = 8, n;

	buf_addf(out, "%s is not what was expected:\n", what);
	if (want.n + got.n > (1u << 20) || !is_text(want) || !is_text(got)) {
		one_by_one(out, want, got);
		return;
	}
	n = widest(want);
	most = n > most ? n : most;
	n = widest(got);
	if (most > wide || n > wide) {
		one_by_one(out, want, got);
		return;
	}
	two_columns(out, want, got, most);
	if (want.n + 1 == got.n && got.p[want.n] == '\n')
		buf_addf(out, "    (only the newline at the end differs)\n");
	else if (got.n + 1 == want.n && want.p[got.n] == '\n')
		buf_addf(out, "    (the newline at the end is missing)\n");
}
