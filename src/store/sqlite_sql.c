/* SPDX-License-Identifier: Apache-2.0 */
/* SQL in an SQLite file, or in memory. */
#include <math.h>

#include "store/sql.h"
#include "store/sqlite.h"
#include "tree/tree.h"

#define ROW_SLACK (1u << 20) /* of a value above the most of an answer */

static struct sqlite_limits
limits_of(const struct sql *s)
{
	uint64_t n = s->bytes > SQL_MAX_VALUES ? s->bytes : SQL_MAX_VALUES;

	return (struct sqlite_limits){ .value_bytes = n + ROW_SLACK };
}

/* ---- addresses ---- */

static void
drop_anchor(void *anchor)
{
	sqlite3_close(anchor);
}

/* A database in memory has a name that connections of this process share,
 * and lives as long as one of them. */
static int
open_memory(struct sql *s, struct err *e)
{
	struct sqlite_limits max = limits_of(s);
	sqlite3 *db;

	s->conninfo =
	    arena_printf(s->arena, "file:/subo-%p?vfs=memdb", (void *)s);
	if (sqlite_open(&db, s->conninfo, &max, NULL, e) < 0)
		return -1;
	s->anchor = db;
	s->drop_anchor = drop_anchor;
	return 0;
}

int
sqlite_address(struct sql *s, struct str text, struct err *e)
{
	size_t at;

	s->kind.where = arena_cstr(s->arena, text);
	if (str_is(text, ":memory:") || str_starts(text, "file::memory:") ||
	    (str_starts(text, "file:") &&
		str_find(text, STR("mode=memory"), &at)))
		return open_memory(s, e);
	if (str_find(text, STR("://"), &at) && !str_starts(text, "file:"))
		return err_set(e, ERR_INPUT,
		    "the connection is no SQLite file, expected a path, "
		    "'file:...' or ':memory:'");
	s->conninfo = s->kind.where;
	return 0;
}

/* ---- answers ---- */

static struct str
column_bytes(sqlite3_stmt *st, int i)
{
	const void *p = sqlite3_column_blob(st, i);

	return (struct str){ p, (size_t)sqlite3_column_bytes(st, i) };
}

static bool
declared(sqlite3_stmt *st, int i, const char *type)
{
	struct str name = str_of(sqlite3_column_decltype(st, i));
	struct str want = str_of(type);

	if (name.n > want.n)
		name.n = want.n;
	return str_ieq(name, want);
}

static void
put_real(struct buf *out, double d)
{
	struct tree t = { .kind = TREE_REAL, .real = d };

	if (isfinite(d))
		tree_print_json(out, &t, 0);
	else
		json_put_text(out, d > 0 ? STR("Infinity") : STR("-Infinity"));
}

static void
put_column(struct buf *out, sqlite3_stmt *st, int i)
{
	int64_t n;

	switch (sqlite3_column_type(st, i)) {
	case SQLITE_INTEGER:
		n = sqlite3_column_int64(st, i);
		if ((n == 0 || n == 1) && declared(st, i, "bool"))
			buf_add(out, n ? STR("true") : STR("false"));
		else
			buf_addf(out, "%lld", (long long)n);
		break;
	case SQLITE_FLOAT:
		put_real(out, sqlite3_column_double(st, i));
		break;
	case SQLITE_TEXT:
		if (declared(st, i, "timestamp") || declared(st, i, "datetime"))
			json_time(out, column_bytes(st, i));
		else
			json_put_text(out, column_bytes(st, i));
		break;
	case SQLITE_BLOB:
		json_base64(out, column_bytes(st, i));
		break;
	default:
		buf_add(out, STR("null"));
	}
}

static void
name_columns(struct rows *r, sqlite3_stmt *st)
{
	size_t n = (size_t)sqlite3_column_count(st);
	struct str *names = mem_take((n + 1) * sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = str_of(sqlite3_column_name(st, (int)i));
	rows_columns(r, names, n);
	mem_free(names);
}

static int
select_rows(struct sqlite *q, sqlite3_stmt *st, struct err *e)
{
	struct sql *s = lane_sql(&q->lane);
	CLEANUP(rows_free) struct rows r;
	int rc;

	rows_begin(&r, &q->lane.task->out, s->rows);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		/* Not before: a table may have changed meanwhile. */
		if (r.nrows == 0)
			name_columns(&r, st);
		if (rows_row(&r, e) < 0)
			return -1;
		for (size_t i = 0; i < r.ncols; i++)
			if (rows_column(&r, i))
				put_column(r.out, st, (int)i);
		if (rows_end_row(&r, e) < 0)
			return -1;
	}
	if (rc != SQLITE_DONE)
		return sqlite_why(q->db, e);
	return rows_end(&r, e);
}

static int
change_rows(struct sqlite *q, sqlite3_stmt *st, struct err *e)
{
	CLEANUP(buf_free) struct buf id = BUF(SQL_MAX_VALUES);
	enum sql_kind kind = q->lane.task->statement->kind;
	uint64_t n;
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		if (kind == SQL_INSERT && id.n == 0)
			buf_add(&id, column_bytes(st, 0));
	if (rc != SQLITE_DONE)
		return sqlite_why(q->db, e);
	n = (uint64_t)sqlite3_changes64(q->db);
	if (id.n == 0 && n > 0)
		buf_addf(
		    &id, "%lld", (long long)sqlite3_last_insert_rowid(q->db));
	json_changed(&q->lane.task->out, kind, buf_str(&id), n);
	return 0;
}

/* ---- statements ---- */

static int
make(struct sqlite *q, const struct sql_statement *want, sqlite3_stmt **out,
    struct err *e)
{
	size_t i = sql_index(lane_sql(&q->lane), want);
	sqlite3_stmt *st = q->made[i];
	struct err more = ERR;

	*out = st;
	if (st)
		return 0;
	if (sql_check_text(want->text, &more) < 0)
		return err_set(e, ERR_FAILED, "%s", more.text);
	if (sqlite3_prepare_v3(q->db, want->text.p, (int)want->text.n,
		SQLITE_PREPARE_PERSISTENT, &st, NULL) != SQLITE_OK)
		return sqlite_why(q->db, e);
	q->made[i] = *out = st;
	return 0;
}

static int
check(const struct sql_statement *want, sqlite3_stmt *st, struct err *e)
{
	int n = sqlite3_bind_parameter_count(st);

	if (n < 0 || (unsigned)n != want->nvars)
		return err_set(e, ERR_FAILED,
		    "the statement takes %d variables, but %u are declared", n,
		    want->nvars);
	if (want->kind == SQL_SELECT && !sqlite3_stmt_readonly(st))
		return err_set(e, ERR_FAILED,
		    "the statement is declared as select, but it writes");
	return 0;
}

static int
run(struct sqlite *q, sqlite3_stmt *st, struct err *e)
{
	const struct task *t = q->lane.task;

	if (check(t->statement, st, e) < 0)
		return -1;
	for (size_t i = 0; i < t->nvalues; i++)
		if (sqlite3_bind_text64(st, (int)i + 1, t->values[i].p,
			t->values[i].n, SQLITE_STATIC,
			SQLITE_UTF8) != SQLITE_OK)
			return sqlite_why(q->db, e);
	return t->statement->kind == SQL_SELECT ? select_rows(q, st, e)
						: change_rows(q, st, e);
}

static void
work_run(struct lane *l)
{
	struct sqlite *q = (struct sqlite *)l;
	sqlite3_stmt *st = NULL;

	q->rc = make(q, l->task->statement, &st, &q->why);
	if (q->rc < 0)
		return;
	q->rc = run(q, st, &q->why);
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

static void
work_open(struct lane *l)
{
	struct sqlite *q = (struct sqlite *)l;
	struct sql *s = lane_sql(l);
	struct sqlite_limits max = limits_of(s);

	q->rc = sqlite_open(&q->db, s->conninfo, &max, l, &q->why);
	if (q->rc < 0)
		return;
	q->nmade = s->nstatements;
	q->made = mem_take((q->nmade + 1) * sizeof(*q->made));
}

static void
sql_lane_open(struct lane *l)
{
	lane_work(l, work_open, sqlite_opened);
}

static void
sql_lane_run(struct lane *l)
{
	lane_work(l, work_run, sqlite_ran);
}

const struct driver sqlite_sql = {
	.name = "SQLite",
	.lane_bytes = sizeof(struct sqlite),
	.open = sql_lane_open,
	.alive = sqlite_alive,
	.run = sql_lane_run,
	.stop = sqlite_stop,
	.close = sqlite_close,
};
