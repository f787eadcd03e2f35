/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL's results as JSON, and its errors as ours. */
#include <string.h>

#include "store/postgres.h"

/* pg_type.dat */
enum oid {
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_OID = 26,
	OID_FLOAT4 = 700,
	OID_FLOAT8 = 701,
	OID_TIMESTAMP = 1114,
	OID_TIMESTAMPTZ = 1184,
	OID_NUMERIC = 1700,
};

/* ---- errors ---- */

struct str
postgres_line(const char *text)
{
	struct str s = str_trim(str_of(text)), line;

	(void)str_cut(&s, '\n', &line);
	return line;
}

int
postgres_lost(struct postgres *q, struct err *e)
{
	return err_set(e, ERR_REMOTE, "the connection to %s was lost: " STR_F,
	    q->lane.kind->where,
	    STR_A(postgres_line(libpq()->errorMessage(q->conn))));
}

static int
refused(struct postgres *q, const PGresult *res, struct err *e)
{
	const char *state = libpq()->resultErrorField(res, PG_DIAG_SQLSTATE);
	const char *text =
	    libpq()->resultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

	/* Without a code it is libpq's own. */
	if (!state || !text || libpq()->status(q->conn) != CONNECTION_OK)
		return postgres_lost(q, e);
	if (strcmp(state, "57014") == 0)
		return err_set(e, ERR_LIMIT, "PostgreSQL: %s", text);
	/* A table has changed, or a proxy gave us another session. */
	q->stale = strcmp(state, "26000") == 0 ||
	    (strcmp(state, "0A000") == 0 && strstr(text, "cached plan"));
	/* Class 08 is the connection, but 08P01 also a wrong statement. */
	if (strncmp(state, "57P", 3) == 0 ||
	    (strncmp(state, "08", 2) == 0 && strcmp(state, "08P01") != 0))
		return err_set(e, ERR_REMOTE,
		    "the connection to %s was lost: %s", q->lane.kind->where,
		    text);
	return err_set(
	    e, ERR_FAILED, "PostgreSQL: %s (SQLSTATE %s)", text, state);
}

/* ---- answers ---- */

static int
hex(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* \x0123... */
static void
put_bytea(struct buf *out, struct str s)
{
	CLEANUP(buf_free) struct buf bytes = BUF(out->max);

	if (!str_starts(s, "\\x")) {
		json_put_text(out, s);
		return;
	}
	for (s = str_from(s, 2); s.n >= 2; s = str_from(s, 2))
		buf_addc(&bytes, (char)(hex(s.p[0]) << 4 | hex(s.p[1])));
	json_base64(out, buf_str(&bytes));
}

static void
put_value(struct buf *out, unsigned type, struct str s)
{
	switch (type) {
	case OID_BOOL:
		buf_add(out, str_is(s, "t") ? STR("true") : STR("false"));
		break;
	case OID_INT2:
	case OID_INT4:
	case OID_INT8:
	case OID_OID:
	case OID_FLOAT4:
	case OID_FLOAT8:
	case OID_NUMERIC:
		json_number(out, s);
		break;
	case OID_TIMESTAMP:
	case OID_TIMESTAMPTZ:
		json_time(out, s);
		break;
	case OID_BYTEA:
		put_bytea(out, s);
		break;
	default:
		json_put_text(out, s);
	}
}

static struct str
value_at(const PGresult *res, int i)
{
	return (struct str){ libpq()->getvalue(res, 0, i),
		(size_t)libpq()->getlength(res, 0, i) };
}

static void
take_columns(struct postgres *q, const PGresult *res)
{
	size_t n = (size_t)libpq()->nfields(res);
	struct str *names;

	if (q->have_columns)
		return;
	names = mem_take((n + 1) * sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = str_of(libpq()->fname(res, (int)i));
	rows_columns(&q->rows, names, n);
	mem_free(names);
	q->have_columns = true;
}

static int
take_row(struct postgres *q, const PGresult *res, struct err *e)
{
	struct rows *r = &q->rows;

	take_columns(q, res);
	if (rows_row(r, e) < 0)
		return -1;
	for (size_t i = 0; i < r->ncols; i++) {
		if (!rows_column(r, i))
			continue;
		if (libpq()->getisnull(res, 0, (int)i))
			buf_add(r->out, STR("null"));
		else
			put_value(r->out, libpq()->ftype(res, (int)i),
			    value_at(res, (int)i));
	}
	return rows_end_row(r, e);
}

static int
take_tuple(struct postgres *q, const PGresult *res, struct err *e)
{
	const struct task *t = q->lane.task;

	if (!t)
		return 0;
	if (t->statement->kind == SQL_SELECT)
		return take_row(q, res, e);
	if (t->statement->kind == SQL_INSERT && q->id.n == 0 &&
	    libpq()->nfields(res) > 0)
		buf_add(&q->id, value_at(res, 0));
	return 0;
}

void
postgres_take(struct postgres *q, PGresult *res)
{
	struct err e = ERR;
	uint64_t n;
	int rc = 0;

	switch (libpq()->resultStatus(res)) {
	case PGRES_SINGLE_TUPLE:
		if (q->rc == 0)
			rc = take_tuple(q, res, &e);
		break;
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
		if (str_u64(str_of(libpq()->cmdTuples(res)), UINT64_MAX, &n))
			q->nchanged = n;
		break;
	case PGRES_FATAL_ERROR:
		rc = refused(q, res, &e);
		break;
	default:
		rc = err_set(&e, ERR_FAILED,
		    "PostgreSQL: the statement is none that gives rows");
	}
	if (rc < 0 && q->rc == 0) {
		q->rc = rc;
		q->why = e;
	}
}
