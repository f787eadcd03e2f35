/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL in PostgreSQL.
 *
 * The loop watches the socket.  Statements are prepared once in each
 * connection.  Rows come one at a time, so that too many are noticed early.
 */
#include <string.h>

#include "store/postgres.h"

void
postgres_watch(
    struct postgres *q, int events, void (*fn)(void *arg, int events))
{
	struct lane *l = &q->lane;

	if (l->watch)
		loop_watch_set(l->watch, events);
	else
		l->watch = loop_watch_start(
		    l->pool->loop, libpq()->socket(q->conn), events, fn, q);
}

static void
fail(struct postgres *q, bool broken)
{
	lane_ended(&q->lane, -1, &q->why, broken);
}

static void
sent(struct postgres *q, int ok, enum postgres_step step)
{
	int left = ok ? libpq()->flush(q->conn) : -1;

	if (left < 0) {
		postgres_lost(q, &q->why);
		fail(q, true);
		return;
	}
	q->step = step;
	q->rc = 0;
	postgres_watch(
	    q, left > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ, postgres_pump);
}

static void
statement_name(struct postgres *q, char *out, size_t size)
{
	snprintf(out, size, "subo_%u_%zu", q->generation,
	    sql_index(lane_sql(&q->lane), q->lane.task->statement));
}

static void
execute(struct postgres *q)
{
	struct task *t = q->lane.task;
	char name[40];
	const char **values = mem_take((t->nvalues + 1) * sizeof(*values));
	int ok;

	for (size_t i = 0; i < t->nvalues; i++)
		values[i] = t->values[i].p;
	statement_name(q, name, sizeof name);
	buf_clear(&q->id);
	q->nchanged = 0;
	rows_free(&q->rows);
	q->have_columns = false;
	if (t->statement->kind == SQL_SELECT)
		rows_begin(&q->rows, &t->out, lane_sql(&q->lane)->rows);
	ok = libpq()->sendQueryPrepared(
	    q->conn, name, (int)t->nvalues, values, NULL, NULL, 0);
	mem_free(values);
	if (ok)
		libpq()->setSingleRowMode(q->conn);
	sent(q, ok, POSTGRES_EXECUTE);
}

static int
check_task(const struct task *t, struct err *e)
{
	struct err more = ERR;

	if (sql_check_text(t->statement->text, &more) < 0)
		return err_set(e, ERR_FAILED, "%s", more.text);
	for (size_t i = 0; i < t->nvalues; i++)
		if (strlen(t->values[i].p) != t->values[i].n)
			return err_set(e, ERR_FAILED,
			    "variable %zu has a zero byte, which PostgreSQL's "
			    "texts cannot hold",
			    i + 1);
	return 0;
}

static void
begin(struct postgres *q)
{
	struct lane *l = &q->lane;
	const struct sql_statement *st = l->task->statement;
	char name[40];

	q->stale = false;
	if (q->made[sql_index(lane_sql(l), st)]) {
		execute(q);
		return;
	}
	statement_name(q, name, sizeof name);
	sent(q, libpq()->sendPrepare(q->conn, name, st->text.p, 0, NULL),
	    POSTGRES_PREPARE);
}

/* Nothing was done yet, so it can be done again. */
static void
begin_again(struct postgres *q)
{
	q->again = true;
	q->generation++;
	memset(q->made, 0, lane_sql(&q->lane)->nstatements);
	buf_clear(&q->lane.task->out);
	begin(q);
}

static void
postgres_run(struct lane *l)
{
	struct postgres *q = (struct postgres *)l;

	q->again = false;
	if (check_task(l->task, &q->why) < 0)
		fail(q, false);
	else
		begin(q);
}

static void
executed(struct postgres *q)
{
	struct task *t = q->lane.task;
	struct err e = ERR;
	int rc = 0;

	if (t->statement->kind != SQL_SELECT)
		json_changed(
		    &t->out, t->statement->kind, buf_str(&q->id), q->nchanged);
	else
		rc = rows_end(&q->rows, &e);
	lane_ended(&q->lane, rc, &e, false);
}

/* All results of what was sent are there. */
static void
complete(struct postgres *q)
{
	bool broken = libpq()->status(q->conn) != CONNECTION_OK;

	if (q->step == POSTGRES_SETUP) {
		if (broken && q->rc == 0)
			q->rc = postgres_lost(q, &q->why);
		lane_opened(&q->lane, q->rc, &q->why);
	} else if (q->rc < 0 && q->stale && !q->again && !broken) {
		begin_again(q);
	} else if (q->rc < 0) {
		fail(q, broken || q->why.kind == ERR_REMOTE);
	} else if (q->step == POSTGRES_PREPARE) {
		q->made[sql_index(
		    lane_sql(&q->lane), q->lane.task->statement)] = true;
		execute(q);
	} else {
		executed(q);
	}
}

static void cancel(struct postgres *q);

static void
pump_broken(struct postgres *q)
{
	if (q->rc == 0)
		q->rc = postgres_lost(q, &q->why);
	if (q->step == POSTGRES_SETUP)
		lane_opened(&q->lane, -1, &q->why);
	else
		fail(q, true);
}

void
postgres_pump(void *arg, int events)
{
	struct postgres *q = arg;
	PGresult *res;
	int left = 0;

	if (events & LOOP_WRITE)
		left = libpq()->flush(q->conn);
	if (left < 0 ||
	    ((events & LOOP_READ) && !libpq()->consumeInput(q->conn))) {
		pump_broken(q);
		return;
	}
	if ((events & LOOP_WRITE) && left == 0)
		postgres_watch(q, LOOP_READ, postgres_pump);
	while (!libpq()->isBusy(q->conn)) {
		res = libpq()->getResult(q->conn);
		if (!res) {
			complete(q);
			return;
		}
		postgres_take(q, res);
		libpq()->clear(res);
		/* The rest of the rows is not read. */
		if (q->rc < 0 && q->why.kind == ERR_LIMIT &&
		    q->step == POSTGRES_EXECUTE) {
			cancel(q);
			fail(q, true);
			return;
		}
	}
}

/* ---- ending ---- */

static void
work_cancel(void *arg)
{
	PGcancel *c = arg;
	char why[256];

	(void)libpq()->cancel(c, why, sizeof why);
	libpq()->freeCancel(c);
}

static void
cancelled(void *arg)
{
	(void)arg;
}

/* libpq 15 knows only a way that blocks. */
static void
cancel(struct postgres *q)
{
	PGcancel *c = libpq()->getCancel(q->conn);

	if (c)
		loop_work(q->lane.pool->loop, work_cancel, cancelled, c);
}

static bool
postgres_stop(struct lane *l)
{
	cancel((struct postgres *)l);
	return false;
}

static bool
postgres_alive(struct lane *l)
{
	struct postgres *q = (struct postgres *)l;
	int fd = libpq()->socket(q->conn);

	if (fd < 0 || libpq()->status(q->conn) != CONNECTION_OK)
		return false;
	if (lane_quiet(fd))
		return true;
	/* Notices and TLS's tickets may come; the end may be behind them. */
	return libpq()->consumeInput(q->conn) && lane_quiet(fd) &&
	    libpq()->status(q->conn) == CONNECTION_OK;
}

static void
postgres_close(struct lane *l)
{
	struct postgres *q = (struct postgres *)l;

	loop_watch_end(&l->watch);
	if (q->conn)
		libpq()->finish(q->conn);
	rows_free(&q->rows);
	buf_free(&q->id);
	mem_free(q->made);
}

const struct driver postgres_sql = {
	.name = "PostgreSQL",
	.lane_bytes = sizeof(struct postgres),
	.open = postgres_open,
	.alive = postgres_alive,
	.run = postgres_run,
	.stop = postgres_stop,
	.close = postgres_close,
};
