/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening SQLite files, and ending what takes too long.
 *
 * A statement is ended by the handlers that SQLite asks while it works and
 * while it waits for a lock: they look at the lane's time, and whether
 * somebody still wants the answer.
 */
#include "store/sqlite.h"
#include "os/os.h"

#define STEPS_PER_LOOK 1000
#define WAIT_MS 2
#define MAX_SQL (1 << 20)

static int
look(void *arg)
{
	struct lane *l = arg;

	return lane_stopped(l) ||
	    (l->task && os_now_ns() > l->task->deadline_ns);
}

static int
busy(void *arg, int ntimes)
{
	struct lane *l = arg;

	if (l && look(l))
		return 0;
	if (!l && ntimes > 1000)
		return 0;
	(void)sqlite3_sleep(WAIT_MS);
	return 1;
}

static int
authorize(void *arg, int action, const char *a, const char *b, const char *c,
    const char *d)
{
	(void)arg, (void)c, (void)d;
	switch (action) {
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
	case SQLITE_PRAGMA:
		return SQLITE_DENY;
	case SQLITE_FUNCTION:
		return sqlite3_stricmp(b, "load_extension") == 0 ? SQLITE_DENY
								 : SQLITE_OK;
	default:
		(void)a;
		return SQLITE_OK;
	}
}

int
sqlite_why(sqlite3 *db, struct err *e)
{
	const char *text = db ? sqlite3_errmsg(db) : "out of memory";

	switch (db ? sqlite3_errcode(db) & 0xFF : SQLITE_NOMEM) {
	case SQLITE_INTERRUPT:
		return err_set(e, ERR_LIMIT, "not done in time");
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(e, ERR_LIMIT,
		    "the database was in use by others for too long");
	case SQLITE_TOOBIG:
		return err_set(e, ERR_LIMIT, "%s", text);
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return err_set(e, ERR_INPUT,
		    "not an SQLite database, or damaged: %s", text);
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return err_set(e, ERR_REMOTE, "%s", text);
	default:
		return err_set(e, ERR_FAILED, "%s", text);
	}
}

int
sqlite_exec(sqlite3 *db, const char *sql, struct err *e)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return sqlite_why(db, e);
}

int
sqlite_number(sqlite3 *db, const char *sql, int64_t *out, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	else if (rc != SQLITE_DONE)
		(void)sqlite_why(db, e);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -1;
}

static int
prepare(
    sqlite3 *db, const struct sqlite_limits *max, struct lane *l, struct err *e)
{
	char text[80];

	sqlite3_extended_result_codes(db, 1);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH,
	    max->value_bytes > INT32_MAX ? INT32_MAX : (int)max->value_bytes);
	sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, MAX_SQL);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_busy_handler(db, busy, l);
	/* A folder that we may not write to keeps its old journal. */
	if (sqlite_exec(db, "PRAGMA journal_mode=WAL", e) < 0 &&
	    (e->kind == ERR_INPUT || e->kind == ERR_REMOTE))
		return -1;
	if (sqlite_exec(db,
		max->cache ? "PRAGMA synchronous=NORMAL"
			   : "PRAGMA synchronous=FULL",
		e) < 0)
		return -1;
	if (max->file_bytes > 0) {
		snprintf(text, sizeof text, "PRAGMA max_page_count=%llu",
		    (unsigned long long)(max->file_bytes / 4096 + 1));
		if (sqlite_exec(db, text, e) < 0)
			return -1;
	}
	if (l)
		sqlite3_progress_handler(db, STEPS_PER_LOOK, look, l);
	sqlite3_set_authorizer(db, authorize, NULL);
	return 0;
}

int
sqlite_open(sqlite3 **out, const char *path, const struct sqlite_limits *max,
    struct lane *lane, struct err *e)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	sqlite3 *db = NULL;
	int rc;

	if (str_starts(str_of(path), "file:"))
		flags |= SQLITE_OPEN_URI;
	rc = sqlite3_open_v2(path, &db, flags, NULL);
	if (rc != SQLITE_OK)
		(void)sqlite_why(db, e);
	if (rc != SQLITE_OK || prepare(db, max, lane, e) < 0) {
		sqlite3_close(db);
		return err_wrap(e, "cannot open '%s'", path);
	}
	*out = db;
	return 0;
}

/* ---- of drivers ---- */

void
sqlite_close(struct lane *l)
{
	struct sqlite *q = (struct sqlite *)l;

	for (size_t i = 0; i < q->nmade; i++)
		sqlite3_finalize(q->made[i]);
	mem_free(q->made);
	sqlite3_close(q->db);
}

bool
sqlite_alive(struct lane *l)
{
	(void)l;
	return true;
}

bool
sqlite_stop(struct lane *l)
{
	__atomic_store_n(&l->stop, 1, __ATOMIC_RELAXED);
	return true;
}

void
sqlite_opened(struct lane *l)
{
	struct sqlite *q = (struct sqlite *)l;

	lane_opened(l, q->rc, &q->why);
}

void
sqlite_ran(struct lane *l)
{
	struct sqlite *q = (struct sqlite *)l;
	bool broken = q->rc < 0 &&
	    (q->why.kind == ERR_INPUT || q->why.kind == ERR_REMOTE);

	lane_ended(l, q->rc, &q->why, broken);
}
