/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL in MySQL and MariaDB, by the calls of MariaDB's client that give way
 * when they would wait.
 *
 * Such a call runs on a stack of the library's; it says what it waits for,
 * and is gone on with when the socket is ready.  Rows are fetched one at a
 * time, so that too many are noticed early.
 */
#include <errmsg.h>
#include <mysqld_error.h>
#include <string.h>
#include <sys/socket.h>

#include "store/mysql.h"

#define STATEMENT_TIMEOUT 1969 /* MariaDB's; MySQL's is ER_QUERY_TIMEOUT */
#define QUERY_TIMEOUT 3024
#define CONNECTION_KILLED 1927
#define PACKET_SLACK (1u << 20)

static void step_on(struct mysql *m, int status);

/* ---- errors ---- */

static bool
is_lost(unsigned code)
{
	return (code >= 2000 && code < 3000 &&
		   code != CR_NET_PACKET_TOO_LARGE &&
		   code != CR_OUT_OF_MEMORY) ||
	    code == ER_SERVER_SHUTDOWN || code == CONNECTION_KILLED;
}

static bool
set_why(struct mysql *m, unsigned code, const char *text)
{
	m->rc = -1;
	if (is_lost(code)) {
		err_set(&m->why, ERR_REMOTE,
		    "the connection to %s was lost: %s", m->lane.kind->where,
		    text);
		return true;
	}
	if (code == STATEMENT_TIMEOUT || code == QUERY_TIMEOUT ||
	    code == CR_NET_PACKET_TOO_LARGE) {
		err_set(&m->why, ERR_LIMIT, "MySQL: %s", text);
		return code == CR_NET_PACKET_TOO_LARGE;
	}
	err_set(&m->why, ERR_FAILED, "MySQL: %s (error %u)", text, code);
	return false;
}

static void
fail(struct mysql *m, bool broken)
{
	m->step = MYSQL_IDLE;
	lane_ended(&m->lane, -1, &m->why, broken);
}

/* Some errors are kept only with the connection. */
static void
fail_statement(struct mysql *m)
{
	const struct libmysql *api = libmysql();
	unsigned code = api->stmt_errno(m->st);

	fail(m,
	    code ? set_why(m, code, api->stmt_error(m->st))
		 : set_why(m, api->errno(m->db), api->error(m->db)));
}

/* ---- connecting ---- */

static void
set_options(struct mysql *m)
{
	const struct libmysql *api = libmysql();
	const struct sql *s = lane_sql(&m->lane);
	const struct address *a = &s->address;
	unsigned long packet = s->bytes + SQL_MAX_VALUES + PACKET_SLACK;
	unsigned protocol =
	    a->path ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
	unsigned off = 0;
	my_bool yes = 1, verify = !a->tls_unverified;
	char init[300];
	unsigned ms = s->kind.timeout_ms + SERVER_SLACK_MS;

	/* What we give up must end there too: a closed connection alone does
	 * not end a statement.  Each server reads one of the two comments. */
	snprintf(init, sizeof init,
	    "SET time_zone='+00:00'"
	    " /*M!100101 , max_statement_time=%u.%03u */"
	    " /*!50708 , max_execution_time=%u */",
	    ms / 1000, ms % 1000, ms);
	api->options(m->db, MYSQL_OPT_NONBLOCK, NULL);
	api->options(m->db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	api->options(m->db, MYSQL_OPT_LOCAL_INFILE, &off);
	api->options(m->db, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
	api->options(m->db, MYSQL_OPT_PROTOCOL, &protocol);
	api->options(m->db, MYSQL_INIT_COMMAND, init);
	if (!a->tls)
		return;
	api->options(m->db, MYSQL_OPT_SSL_ENFORCE, &yes);
	api->options(m->db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

static void
fail_open(struct mysql *m, const char *why)
{
	struct err e = ERR;

	err_set(&e, ERR_REMOTE, "%s", why);
	m->step = MYSQL_IDLE;
	lane_opened(&m->lane, -1, &e);
}

/* A certificate is checked for the name that the library itself looks up. */
static bool
by_name(const struct address *a)
{
	return a->tls && !a->tls_unverified && !a->path;
}

static int
start_connect(struct mysql *m, const char *host)
{
	const struct address *a = &lane_sql(&m->lane)->address;

	set_options(m);
	m->step = MYSQL_CONNECT;
	return libmysql()->real_connect_start(&m->connected, m->db, host,
	    a->user, a->password, a->database[0] ? a->database : NULL, a->port,
	    a->path, 0);
}

static void
try_address(struct mysql *m, const char *ip)
{
	if (m->db)
		libmysql()->close(m->db);
	m->db = libmysql()->init(NULL);
	if (m->db)
		step_on(m, start_connect(m, ip));
	else
		fail_open(m, "libmariadb has no memory");
}

static void
try_next(struct mysql *m)
{
	const char *ip = dial_next(&m->dial);

	if (ip)
		try_address(m, ip);
	else
		fail_open(m, m->failed[0] ? m->failed : "no address");
}

static void
connected(struct mysql *m)
{
	if (m->connected) {
		m->step = MYSQL_IDLE;
		lane_opened(&m->lane, 0, NULL);
		return;
	}
	snprintf(m->failed, sizeof m->failed, STR_F,
	    STR_A(str_trim(str_of(libmysql()->error(m->db)))));
	/* Only another address may help; a password is as wrong there. */
	if (libmysql()->errno(m->db) == CR_CONN_HOST_ERROR ||
	    libmysql()->errno(m->db) == CR_CONNECTION_ERROR)
		try_next(m);
	else
		fail_open(m, m->failed);
}

static void
found(struct lane *l, const char *why)
{
	struct mysql *m = (struct mysql *)l;

	if (why)
		fail_open(m, why);
	else
		try_next(m);
}

/* Looking a name up blocks, so that much of connecting is done here; the loop
 * goes on with it. */
static void
work_load(struct lane *l)
{
	struct mysql *m = (struct mysql *)l;
	const struct address *a = &lane_sql(l)->address;

	m->rc = libmysql_open(&m->why);
	if (m->rc < 0 || !by_name(a))
		return;
	m->db = libmysql()->init(NULL);
	if (m->db)
		m->status = start_connect(m, a->host);
	else
		m->rc =
		    err_set(&m->why, ERR_SYSTEM, "libmariadb has no memory");
}

static void
loaded(struct lane *l)
{
	struct mysql *m = (struct mysql *)l;
	const struct address *a = &lane_sql(l)->address;

	if (m->rc < 0)
		lane_opened(l, -1, &m->why);
	else if (by_name(a))
		step_on(m, m->status);
	else if (a->path)
		try_address(m, NULL);
	else
		dial_start(&m->dial, l, a->host, found);
}

static void
mysql_open(struct lane *l)
{
	struct mysql *m = (struct mysql *)l;

	m->made =
	    mem_take((lane_sql(l)->nstatements + 1) * sizeof(MYSQL_STMT *));
	m->id = (struct buf)BUF(SQL_MAX_VALUES);
	lane_work(l, work_load, loaded);
}

/* ---- statements ---- */

static void
fetch_next(struct mysql *m)
{
	m->step = MYSQL_FETCH;
	step_on(m, libmysql()->stmt_fetch_start(&m->result, m->st));
}

static void
finished(struct mysql *m)
{
	struct task *t = m->lane.task;
	struct err e = ERR;
	uint64_t id;
	int rc = 0;

	if (t->statement->kind == SQL_SELECT) {
		rc = rows_end(&m->rows, &e);
	} else {
		id = libmysql()->stmt_insert_id(m->st);
		if (m->id.n == 0 && id > 0)
			buf_addf(&m->id, "%llu", (unsigned long long)id);
		json_changed(&t->out, t->statement->kind, buf_str(&m->id),
		    libmysql()->stmt_affected_rows(m->st));
	}
	libmysql()->stmt_free_result(m->st);
	m->step = MYSQL_IDLE;
	lane_ended(&m->lane, rc, &e, false);
}

static void
executed(struct mysql *m)
{
	bool stale = m->result != 0 &&
	    libmysql()->stmt_errno(m->st) == CR_NEW_STMT_METADATA &&
	    m->lane.task->statement->kind == SQL_SELECT;

	/* A table has other columns than when the statement was prepared. */
	if (stale && lane_again(&m->lane))
		return;
	if (m->result != 0) {
		fail_statement(m);
		return;
	}
	if (libmysql()->stmt_field_count(m->st) == 0) {
		finished(m);
		return;
	}
	if (mysql_columns(m, &m->why) < 0)
		fail(m, true);
	else
		fetch_next(m);
}

static void
execute(struct mysql *m)
{
	struct task *t = m->lane.task;
	unsigned long n = libmysql()->stmt_param_count(m->st);

	if (n != t->nvalues) {
		err_set(&m->why, ERR_FAILED,
		    "the statement takes %lu variables, but %zu are declared",
		    n, t->nvalues);
		fail(m, false);
		return;
	}
	mem_free(m->values);
	m->values = mem_take((n + 1) * sizeof(*m->values));
	for (size_t i = 0; i < n; i++) {
		union {
			const char *in;
			void *out;
		} any = { .in = t->values[i].p };

		m->values[i].buffer_type = MYSQL_TYPE_STRING;
		m->values[i].buffer = any.out;
		m->values[i].buffer_length = t->values[i].n;
		m->values[i].length = &m->values[i].buffer_length;
	}
	if (n > 0 && libmysql()->stmt_bind_param(m->st, m->values) != 0) {
		fail_statement(m);
		return;
	}
	m->step = MYSQL_EXECUTE;
	step_on(m, libmysql()->stmt_execute_start(&m->result, m->st));
}

static void
prepared(struct mysql *m)
{
	size_t i = sql_index(lane_sql(&m->lane), m->lane.task->statement);

	if (m->result == 0) {
		m->made[i] = m->st;
		execute(m);
		return;
	}
	bool broken = set_why(
	    m, libmysql()->stmt_errno(m->st), libmysql()->stmt_error(m->st));
	MYSQL_STMT *st = m->st;

	m->st = NULL;
	libmysql()->stmt_close(st);
	fail(m, broken);
}

static void
mysql_run(struct lane *l)
{
	struct mysql *m = (struct mysql *)l;
	const struct sql_statement *want = l->task->statement;
	struct err more = ERR;

	buf_clear(&m->id);
	mysql_columns_free(m);
	if (want->kind == SQL_SELECT)
		rows_begin(&m->rows, &l->task->out, lane_sql(l)->rows);
	else
		m->rows.out = &l->task->out;
	m->st = m->made[sql_index(lane_sql(l), want)];
	if (m->st) {
		execute(m);
		return;
	}
	if (sql_check_text(want->text, &more) < 0) {
		err_set(&m->why, ERR_FAILED, "%s", more.text);
		fail(m, false);
		return;
	}
	m->st = libmysql()->stmt_init(m->db);
	if (!m->st) {
		err_set(&m->why, ERR_SYSTEM, "libmariadb has no memory");
		fail(m, true);
		return;
	}
	m->step = MYSQL_PREPARE;
	step_on(m,
	    libmysql()->stmt_prepare_start(
		&m->result, m->st, want->text.p, want->text.n));
}

static void
fetched(struct mysql *m)
{
	if (m->result == MYSQL_NO_DATA) {
		finished(m);
	} else if (m->result != 0 && m->result != MYSQL_DATA_TRUNCATED) {
		fail_statement(m);
	} else if (mysql_row(m, &m->why) < 0) {
		/* The rest of the rows is not read. */
		fail(m, true);
	} else {
		fetch_next(m);
	}
}

/* ---- giving way ---- */

static int
go_on(struct mysql *m, int status)
{
	const struct libmysql *api = libmysql();

	switch (m->step) {
	case MYSQL_CONNECT:
		return api->real_connect_cont(&m->connected, m->db, status);
	case MYSQL_PREPARE:
		return api->stmt_prepare_cont(&m->result, m->st, status);
	case MYSQL_EXECUTE:
		return api->stmt_execute_cont(&m->result, m->st, status);
	default:
		return api->stmt_fetch_cont(&m->result, m->st, status);
	}
}

static void
ready(void *arg, int events)
{
	struct mysql *m = arg;
	int status = (events & LOOP_READ ? MYSQL_WAIT_READ : 0) |
	    (events & LOOP_WRITE ? MYSQL_WAIT_WRITE : 0);

	step_on(m, go_on(m, status));
}

static void
wait_for(struct mysql *m, int status)
{
	struct lane *l = &m->lane;
	int events = (status & MYSQL_WAIT_READ ? LOOP_READ : 0) |
	    (status & MYSQL_WAIT_WRITE ? LOOP_WRITE : 0);

	/* Connecting may have changed its socket. */
	if (m->step == MYSQL_CONNECT)
		loop_watch_end(&l->watch);
	if (l->watch)
		loop_watch_set(l->watch, events);
	else
		l->watch = loop_watch_start(l->pool->loop,
		    libmysql()->get_socket(m->db), events, ready, m);
}

static void
step_on(struct mysql *m, int status)
{
	if (status != 0) {
		wait_for(m, status);
		return;
	}
	switch (m->step) {
	case MYSQL_CONNECT:
		loop_watch_end(&m->lane.watch);
		connected(m);
		break;
	case MYSQL_PREPARE:
		prepared(m);
		break;
	case MYSQL_EXECUTE:
		executed(m);
		break;
	case MYSQL_FETCH:
		fetched(m);
		break;
	default:
		break;
	}
}

/* ---- ending ---- */

static bool
mysql_alive(struct lane *l)
{
	struct mysql *m = (struct mysql *)l;

	return lane_quiet(libmysql()->get_socket(m->db));
}

static bool
mysql_stop(struct lane *l)
{
	(void)l;
	return false;
}

static void
mysql_close_lane(struct lane *l)
{
	struct mysql *m = (struct mysql *)l;
	size_t n = lane_sql(l)->nstatements;

	dial_end(&m->dial);
	/* Within a call there is nothing to say to the server, and it must not
	 * be waited for. */
	if (m->db && m->step != MYSQL_IDLE)
		(void)shutdown(libmysql()->get_socket(m->db), SHUT_RDWR);
	if (m->db)
		libmysql()->close(m->db);
	for (size_t i = 0; i < n; i++) {
		if (m->st == m->made[i])
			m->st = NULL;
		if (m->made[i])
			libmysql()->stmt_close(m->made[i]);
	}
	if (m->st)
		libmysql()->stmt_close(m->st);
	mysql_columns_free(m);
	mem_free(m->values);
	mem_free(m->made);
	buf_free(&m->id);
	buf_free(&m->text);
}

const struct driver mysql_sql = {
	.name = "MySQL",
	.lane_bytes = sizeof(struct mysql),
	.open = mysql_open,
	.alive = mysql_alive,
	.run = mysql_run,
	.stop = mysql_stop,
	.close = mysql_close_lane,
};
