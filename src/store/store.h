/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - data that outlives a call: a cache, and SQL databases.
 *
 *	kv      keys and values with a time to live: SQLite or Redis
 *	sql     prepared statements: SQLite, PostgreSQL, MySQL
 *
 * Nothing here blocks the loop: brokers' sockets are watched by it, SQLite
 * works on a worker thread.  Connections are kept for each loop, made again
 * when they break, and a call that cannot be made within its time fails.
 * A kv and a sql may be shared by threads; an operation belongs to its loop.
 *
 * Needs: base, os, tree, loop.  SQLite is known to store/sqlite*.c, hiredis to
 * store/redis.c, libpq to store/postgres*.c, MySQL's client to store/mysql*.c;
 * the last two are opened when first used.
 */
#ifndef STORE_H
#define STORE_H

#include "base/base.h"
#include "loop/loop.h"

struct store_op;	/* one operation under way */

/* rc 0, or -1 and why:
 * ERR_MISSING  kv: no such key.  sql: no such row is no error
 * ERR_REMOTE   cannot connect, or the connection broke; never the password
 * ERR_LIMIT    too large, too slow, too many rows
 * ERR_FAILED   the database refused the statement: its own text
 * ERR_INPUT    an SQLite file that is none, or a connection that libpq refuses
 * ERR_SYSTEM   the client library is not installed: the hint names it
 * Called once on the loop's thread, never before the start returns. */
typedef void store_done(void *arg, int rc, const struct err *why);

/* After done too; before it cancels, and done is not called. NULL is fine. */
void	store_end(struct store_op **op);

/* ---- cache ---- */

struct kv;

struct kv_options {
	const char	*sqlite;	/* path of a file that we make; or: */
	struct str	 redis;		/* "host:port", "redis://[user:pass@]host
					   [:port][/db]", "rediss://..." is refused */
	struct str	 user, password;	/* of redis; may be empty */
	uint32_t	 timeout_ms;	/* of one operation; 0: 5 s */
	uint64_t	 bytes;		/* most of the SQLite file; 0: 256 MiB. When
					   it is full, what was set longest ago goes */
};

/* Makes no connection, but the SQLite file, for its owner alone.  ERR_INPUT:
 * not an address, or a file that is not ours; ERR_SYSTEM: no file. */
int	kv_open(struct kv **out, const struct kv_options *opt, struct err *e)
	    MUST_CHECK;
void	kv_free(struct kv **kv);	/* after its loops, or kv_leave on each */
/* Close what it has on l, on its thread; nothing of it waits there. */
void	kv_leave(struct kv *kv, struct loop *l);

#define KV_MAX_BYTES	(16u << 20)	/* of a key with its value */

/* space and key together name a value; neither can reach into another's space
 * ("a" with "b:c" is not "a:b" with "c"); empty is "default", whose keys stand
 * in Redis as they are, as Atmo wrote them.  ttl_s 0: for ever. out is filled
 * before done, and lives until then. */
struct store_op *kv_get(struct kv *kv, struct loop *l, struct str space,
	    struct str key, struct buf *out, store_done *done, void *arg);
struct store_op *kv_set(struct kv *kv, struct loop *l, struct str space,
	    struct str key, struct str value, uint32_t ttl_s, store_done *done,
	    void *arg);
struct store_op *kv_delete(struct kv *kv, struct loop *l, struct str space,
	    struct str key, store_done *done, void *arg);

/* ---- SQL ---- */

struct sql;

#define SQL_MAX_VALUES	(16u << 20)	/* bytes of one statement's values */

enum sql_kind { SQL_INSERT, SQL_SELECT, SQL_UPDATE, SQL_DELETE };

struct sql_statement {
	struct str	 name, text;
	enum sql_kind	 kind;
	unsigned	 nvars;		/* how many values it takes */
};

/* Of the first word, in any case; a WITH is judged by what follows it.
 * False: none of the four. */
bool	sql_kind_of(struct str text, enum sql_kind *kind);
/* Placeholders outside of quotes and comments: the highest $N of PostgreSQL
 * and SQLite, or the number of ?. */
unsigned sql_count_vars(struct str text);
/* One statement, no second one behind a semicolon.  ERR_INPUT. */
int	sql_check_text(struct str text, struct err *e) MUST_CHECK;

struct sql_options {
	struct str	 type;		/* "sqlite", "postgresql" ("pgx"), "mysql" */
	struct str	 connection;	/* sqlite: a path or "file:..." or ":memory:";
					   a URL or libpq's key=value; mysql: Go's DSN
					   user:pass@tcp(host:port)/db, or mysql://... */
	const struct sql_statement *statements;	/* copied */
	size_t		 nstatements;
	uint32_t	 timeout_ms;	/* of one statement; 0: 10 s */
	uint32_t	 rows;		/* most of a select; 0: 10,000 */
	uint64_t	 bytes;		/* most of an answer; 0: 8 MiB */
	unsigned	 connections;	/* for each loop; 0: 8; others wait */
};

/* Makes no connection.  ERR_INPUT: not such a type or address. */
int	sql_open(struct sql **out, const struct sql_options *opt,
	    struct err *e) MUST_CHECK;
void	sql_free(struct sql **s);	/* after its loops, or sql_leave on each */
void	sql_leave(struct sql *s, struct loop *l);	/* as kv_leave */
const struct sql_statement *sql_find(const struct sql *s, struct str name);

/*
 * Run statement with values, each bound as text (the database converts), and
 * give in out JSON: for a select an array with an object for each row (text,
 * number, boolean, null; timestamps as RFC 3339 text, other binary types as
 * base64), for the others {"lastInsertID":n,"rowsAffected":n}, of which an
 * insert has the first and update and delete have the second, the other being
 * 0 (Reactr 0.15.1).  An insert with RETURNING gives lastInsertID from its
 * first column.  values are copied.
 */
struct store_op *sql_run(struct sql *s, struct loop *l,
	    const struct sql_statement *statement, const struct str *values,
	    size_t nvalues, struct buf *out, store_done *done, void *arg);

#endif
