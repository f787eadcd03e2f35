/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite.h - SQLite on a worker thread, for the sqlite*.c files only.
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <sqlite3.h>

#include "store/lane.h"

/* A lane of SQLite; the worker fills rc and why. */
struct sqlite {
	struct lane	 lane;
	sqlite3		*db;
	sqlite3_stmt	**made;		/* prepared, as many as the store has */
	size_t		 nmade;
	int		 rc;
	struct err	 why;
	unsigned	 nsets;
};

struct sqlite_limits {
	uint64_t	 value_bytes;	/* of one text, blob or row */
	uint64_t	 file_bytes;	/* 0: none */
	bool		 cache;		/* may lose the last writes in a power cut */
};

/* lane may be NULL: no time limit.  ERR_REMOTE: cannot be opened; ERR_INPUT:
 * no SQLite file. */
int	sqlite_open(sqlite3 **db, const char *path,
	    const struct sqlite_limits *max, struct lane *lane, struct err *e)
	    MUST_CHECK;
/* Statements that give nothing. */
int	sqlite_exec(sqlite3 *db, const char *sql, struct err *e) MUST_CHECK;
int	sqlite_number(sqlite3 *db, const char *sql, int64_t *out,
	    struct err *e) MUST_CHECK;
/* What db's last error is to us. */
int	sqlite_why(sqlite3 *db, struct err *e);

/* Of drivers. */
void	sqlite_close(struct lane *l);
bool	sqlite_alive(struct lane *l);
bool	sqlite_stop(struct lane *l);
void	sqlite_opened(struct lane *l);
void	sqlite_ran(struct lane *l);

#endif
