/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and values in an SQLite file of ours.
 *
 * A row that is set again gets a new rowid, so that rowids stand in order of
 * age; when the file is full, the lowest go.
 */
#include "os/os.h"
#include "store/kv.h"
#include "store/sqlite.h"

#define APPLICATION 0x7375626b /* "subk" */
#define VERSION 1
#define ROW_SLACK (1u << 20)
#define SETS_PER_SWEEP 256u
#define TRIES 8

enum { GET, SET, DELETE, EXPIRE, SWEEP, DROP, NSTATEMENTS };

static const char *const texts[NSTATEMENTS] = {
	[GET] = "SELECT value, expires FROM kv WHERE space=?1 AND key=?2",
	[SET] = "REPLACE INTO kv(space, key, value, expires)"
		" VALUES(?1, ?2, ?3, ?4)",
	[DELETE] = "DELETE FROM kv WHERE space=?1 AND key=?2",
	[EXPIRE] = "DELETE FROM kv WHERE space=?1 AND key=?2"
		   " AND expires>0 AND expires<=?4",
	[SWEEP] = "DELETE FROM kv WHERE rowid IN (SELECT rowid FROM kv"
		  " WHERE expires>0 AND expires<=?4 LIMIT 1000)",
	[DROP] = "DELETE FROM kv WHERE rowid IN (SELECT rowid FROM kv"
		 " ORDER BY rowid LIMIT 1+(SELECT count(*)/8 FROM kv))",
};

static const char schema[] =
    "CREATE TABLE kv(space BLOB NOT NULL, key BLOB NOT NULL,"
    " value BLOB NOT NULL, expires INTEGER NOT NULL, UNIQUE(space, key));"
    "CREATE INDEX kv_expires ON kv(expires) WHERE expires>0;";

/* ---- the file ---- */

static int
init(sqlite3 *db, struct err *e)
{
	char ids[100];

	snprintf(ids, sizeof ids,
	    "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
	    APPLICATION, VERSION);
	if (sqlite_exec(db, schema, e) < 0)
		return -1;
	return sqlite_exec(db, ids, e);
}

/* Inside of a transaction, so that of several that come first one makes it;
 * it is ended by who closes db after an error. */
static int
look_at(sqlite3 *db, const char *path, struct err *e)
{
	int64_t id = 0, version = 0, ntables = 0;

	if (sqlite_number(db, "PRAGMA application_id", &id, e) < 0 ||
	    sqlite_number(db, "PRAGMA user_version", &version, e) < 0 ||
	    sqlite_number(
		db, "SELECT count(*) FROM sqlite_schema", &ntables, e) < 0)
		return -1;
	if (id == 0 && ntables == 0)
		return init(db, e);
	if (id != APPLICATION) {
		err_set(e, ERR_INPUT,
		    "'%s' is a database of another program, not a cache", path);
		return err_hint(e, "name a file that does not exist yet");
	}
	if (version > VERSION)
		return err_set(
		    e, ERR_INPUT, "'%s' is a cache of a newer version", path);
	return sqlite_exec(db, "COMMIT", e);
}

static int
open_file(sqlite3 **out, const struct kv *kv, struct lane *l, struct err *e)
{
	struct sqlite_limits max = { .value_bytes = KV_MAX_BYTES + ROW_SLACK,
		.file_bytes = kv->bytes,
		.cache = true };
	sqlite3 *db;

	if (sqlite_open(&db, kv->path, &max, l, e) < 0)
		return -1;
	sqlite3_set_authorizer(db, NULL, NULL);
	if (sqlite_exec(db, "BEGIN IMMEDIATE", e) < 0 ||
	    look_at(db, kv->path, e) < 0) {
		sqlite3_close(db);
		return -1;
	}
	*out = db;
	return 0;
}

int
sqlite_kv_check(struct kv *kv, struct err *e)
{
	sqlite3 *db;

	/* An empty file is an empty database; SQLite itself would let others
	 * read it.  Files that it puts beside it get the same mode. */
	if (!os_exists(kv->path) && os_create(kv->path, STR(""), 0600, e) < 0 &&
	    e->kind != ERR_INPUT)
		return -1;
	if (open_file(&db, kv, NULL, e) == 0) {
		sqlite3_close(db);
		return 0;
	}
	if (e->kind == ERR_REMOTE)
		e->kind = ERR_SYSTEM;
	return -1;
}

static void
work_open(struct lane *l)
{
	struct sqlite *q = (struct sqlite *)l;

	q->nmade = NSTATEMENTS;
	q->made = mem_take(NSTATEMENTS * sizeof(*q->made));
	q->rc = open_file(&q->db, lane_kv(l), l, &q->why);
}

/* ---- operations ---- */

static int
make(struct sqlite *q, int which, sqlite3_stmt **out, struct err *e)
{
	if (!q->made[which] &&
	    sqlite3_prepare_v3(q->db, texts[which], -1,
		SQLITE_PREPARE_PERSISTENT, &q->made[which], NULL) != SQLITE_OK)
		return sqlite_why(q->db, e);
	*out = q->made[which];
	return 0;
}

static int
bind_blob(sqlite3_stmt *st, int i, struct str s)
{
	if (i > sqlite3_bind_parameter_count(st))
		return SQLITE_OK;
	return sqlite3_bind_blob64(st, i, s.p ? s.p : "", s.n, SQLITE_STATIC);
}

/* One step of a statement with the task's texts and a time.  Gives SQLite's
 * code; to be reset by the caller. */
static int
step(struct sqlite *q, int which, int64_t ms, sqlite3_stmt **out)
{
	const struct task *t = q->lane.task;
	sqlite3_stmt *st = NULL;
	int rc;

	*out = NULL;
	if (make(q, which, &st, &q->why) < 0)
		return SQLITE_ERROR;
	*out = st;
	rc = bind_blob(st, 1, t->space);
	if (rc == SQLITE_OK)
		rc = bind_blob(st, 2, t->key);
	if (rc == SQLITE_OK)
		rc = bind_blob(st, 3, t->value);
	if (rc == SQLITE_OK && sqlite3_bind_parameter_count(st) >= 4)
		rc = sqlite3_bind_int64(st, 4, ms);
	return rc == SQLITE_OK ? sqlite3_step(st) : rc;
}

static void
end(sqlite3_stmt *st)
{
	if (!st)
		return;
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

static int
change(struct sqlite *q, int which, int64_t ms)
{
	sqlite3_stmt *st;
	int rc = step(q, which, ms, &st);

	if (rc != SQLITE_DONE)
		(void)sqlite_why(q->db, &q->why);
	end(st);
	return rc;
}

static int
get(struct sqlite *q)
{
	struct task *t = q->lane.task;
	int64_t now = os_unix_ms(), expires = 0;
	sqlite3_stmt *st;
	int rc = step(q, GET, now, &st);

	if (rc == SQLITE_ROW) {
		expires = sqlite3_column_int64(st, 1);
		if (expires == 0 || expires > now)
			buf_add(&t->out,
			    (struct str){ sqlite3_column_blob(st, 0),
				(size_t)sqlite3_column_bytes(st, 0) });
	} else if (rc != SQLITE_DONE) {
		(void)sqlite_why(q->db, &q->why);
	}
	end(st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return -1;
	if (rc == SQLITE_ROW && (expires == 0 || expires > now))
		return 0;
	if (rc == SQLITE_ROW)
		(void)change(q, EXPIRE, now);
	return err_set(&q->why, ERR_MISSING, "key not found");
}

static int
set(struct sqlite *q)
{
	const struct task *t = q->lane.task;
	int64_t now = os_unix_ms();
	int64_t expires = t->ttl_s ? now + (int64_t)t->ttl_s * 1000 : 0;
	int rc = change(q, SET, expires);

	for (int i = 0; (rc & 0xFF) == SQLITE_FULL && i < TRIES; i++) {
		rc = change(q, i == 0 ? SWEEP : DROP, now);
		if (rc == SQLITE_DONE)
			rc = change(q, SET, expires);
	}
	if (rc == SQLITE_DONE && ++q->nsets % SETS_PER_SWEEP == 0)
		(void)change(q, SWEEP, now);
	return rc == SQLITE_DONE ? 0 : -1;
}

static void
work_run(struct lane *l)
{
	struct sqlite *q = (struct sqlite *)l;

	switch (l->task->ask) {
	case ASK_GET:
		q->rc = get(q);
		break;
	case ASK_SET:
		q->rc = set(q);
		break;
	default:
		q->rc = change(q, DELETE, 0) == SQLITE_DONE ? 0 : -1;
	}
}

static void
kv_lane_open(struct lane *l)
{
	lane_work(l, work_open, sqlite_opened);
}

static void
kv_lane_run(struct lane *l)
{
	lane_work(l, work_run, sqlite_ran);
}

const struct driver sqlite_kv = {
	.name = "SQLite",
	.lane_bytes = sizeof(struct sqlite),
	.open = kv_lane_open,
	.alive = sqlite_alive,
	.run = kv_lane_run,
	.stop = sqlite_stop,
	.close = sqlite_close,
};
