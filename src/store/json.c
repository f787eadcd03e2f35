/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/json.h"
#include "tree/tree.h"

void
json_put_text(struct buf *out, struct str s)
{
	struct tree t = { .kind = TREE_TEXT, .text = s };

	tree_print_json(out, &t, 0);
}

void
json_base64(struct buf *out, struct str bytes)
{
	buf_addc(out, '"');
	buf_add_base64(out, bytes);
	buf_addc(out, '"');
}

static size_t
ndigits(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n;
}

/* RFC 8259, 6 */
bool
json_is_number(struct str s)
{
	size_t n;

	if (str_starts(s, "-"))
		s = str_from(s, 1);
	n = ndigits(s);
	if (n == 0 || (n > 1 && s.p[0] == '0'))
		return false;
	s = str_from(s, n);
	if (str_starts(s, ".")) {
		s = str_from(s, 1);
		n = ndigits(s);
		if (n == 0)
			return false;
		s = str_from(s, n);
	}
	if (s.n == 0)
		return true;
	if (s.p[0] != 'e' && s.p[0] != 'E')
		return false;
	s = str_from(s, 1);
	if (str_starts(s, "+") || str_starts(s, "-"))
		s = str_from(s, 1);
	return s.n > 0 && ndigits(s) == s.n;
}

void
json_number(struct buf *out, struct str s)
{
	if (json_is_number(s))
		buf_add(out, s);
	else
		json_put_text(out, s);
}

/* Does s begin as shape does, where 0 is any digit? */
static bool
has_shape(struct str s, const char *shape)
{
	for (size_t i = 0; shape[i]; i++) {
		if (i >= s.n)
			return false;
		if (shape[i] == '0' ? s.p[i] < '0' || s.p[i] > '9'
				    : s.p[i] != shape[i])
			return false;
	}
	return true;
}

void
json_time(struct buf *out, struct str s)
{
	struct str rest, whole = s;
	size_t n = 19;

	if (!has_shape(s, "0000-00-00 00:00:00")) {
		json_put_text(out, s);
		return;
	}
	rest = str_from(s, n);
	if (str_starts(rest, "."))
		n += 1 + ndigits(str_from(rest, 1));
	whole.n = n;
	rest = str_from(s, n);
	/* Zones of whole hours or minutes: RFC 3339 knows no others. */
	if (rest.n > 0 &&
	    !(rest.n == 3 &&
		(has_shape(rest, "+00") || has_shape(rest, "-00"))) &&
	    !(rest.n == 6 &&
		(has_shape(rest, "+00:00") || has_shape(rest, "-00:00")))) {
		json_put_text(out, s);
		return;
	}
	buf_addf(out, "\"%.10sT" STR_F, whole.p, STR_A(str_from(whole, 11)));
	if (rest.n == 0 || str_is(rest, "+00"))
		buf_addc(out, 'Z');
	else
		buf_addf(
		    out, STR_F "%s", STR_A(rest), rest.n == 3 ? ":00" : "");
	buf_addc(out, '"');
}

void
json_changed(struct buf *out, enum sql_kind kind, struct str id, uint64_t nrows)
{
	buf_add(out, STR("{\"lastInsertID\":"));
	if (kind == SQL_INSERT && id.n > 0)
		json_number(out, id);
	else
		buf_addc(out, '0');
	buf_addf(out, ",\"rowsAffected\":%llu}",
	    kind == SQL_INSERT ? 0 : (unsigned long long)nrows);
}

/* ---- rows ---- */

void
rows_begin(struct rows *r, struct buf *out, uint32_t max)
{
	*r = (struct rows){ .out = out, .max = max };
	buf_addc(out, '[');
}

void
rows_columns(struct rows *r, const struct str *names, size_t n)
{
	size_t k;

	r->names = mem_take((n + 1) * sizeof(*r->names));
	r->ncols = n;
	for (size_t i = 0; i < n; i++) {
		for (k = i + 1; k < n; k++)
			if (str_eq(names[i], names[k]))
				break;
		if (k < n)
			continue;
		struct buf name = BUF(1u << 20);

		json_put_text(&name, names[i]);
		buf_addc(&name, ':');
		r->names[i] = buf_str(&name);
	}
}

int
rows_too_large(const struct buf *out, struct err *e)
{
	err_set(e, ERR_LIMIT, "the answer is larger than %zu bytes", out->max);
	return err_hint(e, "select fewer rows or columns");
}

int
rows_row(struct rows *r, struct err *e)
{
	if (r->nrows >= r->max) {
		err_set(e, ERR_LIMIT, "the answer has more than %u rows",
		    (unsigned)r->max);
		return err_hint(e, "add a LIMIT to the query");
	}
	if (buf_over(r->out))
		return rows_too_large(r->out, e);
	if (r->nrows++ > 0)
		buf_addc(r->out, ',');
	buf_addc(r->out, '{');
	r->any = false;
	return 0;
}

bool
rows_column(struct rows *r, size_t i)
{
	if (!r->names[i].p)
		return false;
	if (r->any)
		buf_addc(r->out, ',');
	r->any = true;
	buf_add(r->out, r->names[i]);
	return true;
}

int
rows_end_row(struct rows *r, struct err *e)
{
	buf_addc(r->out, '}');
	return buf_over(r->out) ? rows_too_large(r->out, e) : 0;
}

int
rows_end(struct rows *r, struct err *e)
{
	buf_addc(r->out, ']');
	return buf_over(r->out) ? rows_too_large(r->out, e) : 0;
}

void
rows_free(struct rows *r)
{
	for (size_t i = 0; i < r->ncols; i++) {
		struct buf name = { .p = NULL };

		memcpy(&name.p, &r->names[i].p, sizeof(name.p));
		buf_free(&name);
	}
	mem_free(r->names);
	*r = (struct rows){ 0 };
}
