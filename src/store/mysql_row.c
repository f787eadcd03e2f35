/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of MySQL as JSON. */
#include <math.h>
#include <string.h>

#include "store/mysql.h"

#define BINARY_CHARSET 63
#define FIRST_BYTES 0

static bool
is_binary(const MYSQL_FIELD *f)
{
	switch (f->type) {
	case MYSQL_TYPE_TINY_BLOB:
	case MYSQL_TYPE_MEDIUM_BLOB:
	case MYSQL_TYPE_LONG_BLOB:
	case MYSQL_TYPE_BLOB:
	case MYSQL_TYPE_VAR_STRING:
	case MYSQL_TYPE_STRING:
	case MYSQL_TYPE_VARCHAR:
		return f->charsetnr == BINARY_CHARSET;
	case MYSQL_TYPE_BIT:
	case MYSQL_TYPE_GEOMETRY:
		return true;
	default:
		return false;
	}
}

/* What a column's values are fetched as. */
static enum enum_field_types
fetched_as(enum enum_field_types type)
{
	switch (type) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
	case MYSQL_TYPE_YEAR:
		return MYSQL_TYPE_LONGLONG;
	case MYSQL_TYPE_FLOAT:
	case MYSQL_TYPE_DOUBLE:
	case MYSQL_TYPE_DATETIME:
	case MYSQL_TYPE_TIMESTAMP:
	case MYSQL_TYPE_DATE:
	case MYSQL_TYPE_TIME:
		return type;
	default:
		return MYSQL_TYPE_STRING;
	}
}

static void
bind_cell(struct cell *c, MYSQL_BIND *b, const MYSQL_FIELD *f)
{
	c->type = f->type;
	c->is_unsigned = (f->flags & UNSIGNED_FLAG) != 0;
	c->binary = is_binary(f);
	b->buffer_type = fetched_as(f->type);
	c->text = b->buffer_type == MYSQL_TYPE_STRING;
	b->buffer = &c->as;
	b->buffer_length = c->text ? FIRST_BYTES : sizeof(c->as);
	b->is_unsigned = c->is_unsigned;
	b->length = &c->bytes;
	b->is_null = &c->null;
	b->error = &c->cut;
}

void
mysql_columns_free(struct mysql *m)
{
	mem_free(m->cells);
	mem_free(m->binds);
	m->cells = NULL;
	m->binds = NULL;
	m->ncells = 0;
	rows_free(&m->rows);
}

int
mysql_columns(struct mysql *m, struct err *e)
{
	MYSQL_RES *meta = libmysql()->stmt_result_metadata(m->st);
	const MYSQL_FIELD *f;
	struct str *names;

	if (!meta)
		return err_set(
		    e, ERR_FAILED, "MySQL: %s", libmysql()->stmt_error(m->st));
	m->ncells = libmysql()->num_fields(meta);
	m->cells = mem_take((m->ncells + 1) * sizeof(*m->cells));
	m->binds = mem_take((m->ncells + 1) * sizeof(*m->binds));
	names = mem_take((m->ncells + 1) * sizeof(*names));
	f = libmysql()->fetch_fields(meta);
	for (size_t i = 0; i < m->ncells; i++) {
		bind_cell(&m->cells[i], &m->binds[i], &f[i]);
		names[i] = (struct str){ f[i].name, f[i].name_length };
	}
	rows_columns(&m->rows, names, m->ncells);
	mem_free(names);
	libmysql()->free_result(meta);
	if (libmysql()->stmt_bind_result(m->st, m->binds) == 0)
		return 0;
	return err_set(
	    e, ERR_FAILED, "MySQL: %s", libmysql()->stmt_error(m->st));
}

/* ---- values ---- */

static void
put_float(struct buf *out, float f)
{
	char text[40];

	for (int digits = 6; digits <= 9; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, (double)f);
		if (strtof(text, NULL) == f)
			break;
	}
	json_number(out, str_of(text));
}

static void
put_double(struct buf *out, double d)
{
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	json_number(out, str_of(text));
}

static void
put_time(struct buf *out, const MYSQL_TIME *t, enum enum_field_types type)
{
	char micros[16] = "";

	if (t->second_part > 0)
		snprintf(
		    micros, sizeof micros, ".%06lu", t->second_part % 1000000);
	if (type == MYSQL_TYPE_DATE)
		buf_addf(out, "\"%04u-%02u-%02u\"", t->year, t->month, t->day);
	else if (type == MYSQL_TYPE_TIME)
		buf_addf(out, "\"%s%02u:%02u:%02u%s\"", t->neg ? "-" : "",
		    t->day * 24 + t->hour, t->minute, t->second, micros);
	else
		buf_addf(out, "\"%04u-%02u-%02uT%02u:%02u:%02u%sZ\"", t->year,
		    t->month, t->day, t->hour, t->minute, t->second, micros);
}

static int
fetch_text(struct mysql *m, size_t i, struct err *e)
{
	struct cell *c = &m->cells[i];
	unsigned long bytes = c->bytes, got = 0;
	my_bool null = 0, cut = 0;
	MYSQL_BIND b = { .buffer_type = MYSQL_TYPE_STRING,
		.length = &got,
		.is_null = &null,
		.error = &cut };

	if (bytes > m->rows.out->max)
		return rows_too_large(m->rows.out, e);
	buf_clear(&m->text);
	m->text.max = bytes + 1;
	if (bytes == 0)
		return 0;
	buf_addf(&m->text, "%*s", (int)bytes, "");
	b.buffer = m->text.p;
	b.buffer_length = bytes;
	if (libmysql()->stmt_fetch_column(m->st, &b, (unsigned)i, 0) == 0)
		return 0;
	return err_set(
	    e, ERR_FAILED, "MySQL: %s", libmysql()->stmt_error(m->st));
}

static int
put_text(struct mysql *m, size_t i, struct err *e)
{
	const struct cell *c = &m->cells[i];
	struct buf *out = m->rows.out;

	if (fetch_text(m, i, e) < 0)
		return -1;
	if (c->type == MYSQL_TYPE_DECIMAL || c->type == MYSQL_TYPE_NEWDECIMAL)
		json_number(out, buf_str(&m->text));
	else if (c->binary)
		json_base64(out, buf_str(&m->text));
	else
		json_put_text(out, buf_str(&m->text));
	return 0;
}

static int
put_cell(struct mysql *m, size_t i, struct err *e)
{
	const struct cell *c = &m->cells[i];
	struct buf *out = m->rows.out;

	if (c->null)
		buf_add(out, STR("null"));
	else if (c->text)
		return put_text(m, i, e);
	else if (c->type == MYSQL_TYPE_FLOAT)
		put_float(out, c->as.f);
	else if (c->type == MYSQL_TYPE_DOUBLE)
		put_double(out, c->as.d);
	else if (m->binds[i].buffer_type != MYSQL_TYPE_LONGLONG)
		put_time(out, &c->as.t, c->type);
	else if (c->is_unsigned)
		buf_addf(out, "%llu", (unsigned long long)c->as.u);
	else
		buf_addf(out, "%lld", (long long)c->as.n);
	return 0;
}

static int
first_cell(struct mysql *m, struct err *e)
{
	const struct cell *c = &m->cells[0];

	if (m->lane.task->statement->kind != SQL_INSERT || m->id.n > 0 ||
	    m->ncells == 0 || c->null)
		return 0;
	if (c->text) {
		if (fetch_text(m, 0, e) < 0)
			return -1;
		buf_add(&m->id, buf_str(&m->text));
		return 0;
	}
	if (m->binds[0].buffer_type == MYSQL_TYPE_LONGLONG)
		buf_addf(&m->id, "%lld", (long long)c->as.n);
	return 0;
}

int
mysql_row(struct mysql *m, struct err *e)
{
	struct rows *r = &m->rows;

	if (m->lane.task->statement->kind != SQL_SELECT)
		return first_cell(m, e);
	if (rows_row(r, e) < 0)
		return -1;
	for (size_t i = 0; i < r->ncols; i++)
		if (rows_column(r, i) && put_cell(m, i, e) < 0)
			return -1;
	return rows_end_row(r, e);
}
