/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connecting to PostgreSQL: in steps on worker threads, as libpq looks names
 * up and reads files in it.
 */
#include "store/postgres.h"

static void
ignore_notice(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

static int
start(struct postgres *q, struct err *e)
{
	const char *words[] = { "dbname", "client_encoding",
		"fallback_application_name", NULL };
	const char *values[] = { lane_sql(&q->lane)->conninfo, "UTF8", "subo",
		NULL };
	PQconninfoOption *parsed;
	char *text = NULL;

	if (libpq_open(e) < 0)
		return -1;
	parsed = libpq()->conninfoParse(values[0], &text);
	libpq()->freemem(text);
	/* Its text may show a part of the password. */
	if (!parsed)
		return err_set(
		    e, ERR_INPUT, "libpq does not understand the connection");
	libpq()->conninfoFree(parsed);
	q->conn = libpq()->connectStartParams(words, values, 1);
	if (!q->conn)
		return err_set(e, ERR_SYSTEM, "libpq has no memory");
	libpq()->setNoticeProcessor(q->conn, ignore_notice, NULL);
	q->polling = libpq()->status(q->conn) == CONNECTION_BAD
	    ? PGRES_POLLING_FAILED
	    : PGRES_POLLING_WRITING;
	return 0;
}

static void
work_start(struct lane *l)
{
	struct postgres *q = (struct postgres *)l;

	q->rc = start(q, &q->why);
}

static void
work_poll(struct lane *l)
{
	struct postgres *q = (struct postgres *)l;

	q->polling = libpq()->connectPoll(q->conn);
}

static void
send_setup(struct postgres *q)
{
	char text[400];
	struct err e = ERR;
	unsigned ms = q->lane.kind->timeout_ms + SERVER_SLACK_MS;

	/* What we give up must end there too, even when we cannot tell it. */
	snprintf(text, sizeof text,
	    "SET DateStyle TO 'ISO'; SET bytea_output TO 'hex';"
	    "SELECT set_config('statement_timeout', '%u', false) FROM "
	    "pg_settings WHERE name = 'statement_timeout' AND "
	    "(setting = '0' OR setting::bigint > %u)",
	    ms, ms);
	q->step = POSTGRES_SETUP;
	q->rc = 0;
	libpq()->setnonblocking(q->conn, 1);
	if (!libpq()->sendQuery(q->conn, text)) {
		postgres_lost(q, &e);
		lane_opened(&q->lane, -1, &e);
		return;
	}
	(void)libpq()->flush(q->conn);
	postgres_watch(q, LOOP_READ, postgres_pump);
}

static void polled(struct lane *l);

static void
socket_ready(void *arg, int events)
{
	struct postgres *q = arg;

	(void)events;
	/* The next step may use another socket. */
	loop_watch_end(&q->lane.watch);
	lane_work(&q->lane, work_poll, polled);
}

static void
polled(struct lane *l)
{
	struct postgres *q = (struct postgres *)l;

	switch (q->polling) {
	case PGRES_POLLING_OK:
		send_setup(q);
		break;
	case PGRES_POLLING_READING:
		postgres_watch(q, LOOP_READ, socket_ready);
		break;
	case PGRES_POLLING_WRITING:
		postgres_watch(q, LOOP_WRITE, socket_ready);
		break;
	default:
		err_set(&q->why, ERR_REMOTE, STR_F,
		    STR_A(postgres_line(libpq()->errorMessage(q->conn))));
		lane_opened(l, -1, &q->why);
	}
}

static void
started(struct lane *l)
{
	struct postgres *q = (struct postgres *)l;

	if (q->rc < 0)
		lane_opened(l, -1, &q->why);
	else
		polled(l);
}

void
postgres_open(struct lane *l)
{
	struct postgres *q = (struct postgres *)l;

	q->made = mem_take(lane_sql(l)->nstatements + 1);
	q->id = (struct buf)BUF(SQL_MAX_VALUES);
	lane_work(l, work_start, started);
}
