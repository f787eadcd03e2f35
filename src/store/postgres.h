/* SPDX-License-Identifier: Apache-2.0 */
/* postgres.h - one connection to PostgreSQL, for the postgres*.c files only. */
#ifndef STORE_POSTGRES_H
#define STORE_POSTGRES_H

#include "store/postgres_api.h"
#include "store/sql.h"

enum postgres_step { POSTGRES_SETUP, POSTGRES_PREPARE, POSTGRES_EXECUTE };

struct postgres {
	struct lane	 lane;
	PGconn		*conn;
	PostgresPollingStatusType polling;
	bool		*made;		/* by statement: it is prepared */
	enum postgres_step step;
	struct rows	 rows;
	bool		 have_columns;
	bool		 stale;		/* what was prepared is of no more use: */
	bool		 again;		/* it is prepared a second time, under */
	unsigned	 generation;	/* another name */
	struct buf	 id;
	uint64_t	 nchanged;
	int		 rc;		/* of what was sent: the first error */
	struct err	 why;
};

/* Of a driver; it goes on with postgres_pump. */
void	postgres_open(struct lane *l);
/* What was sent is being answered. */
void	postgres_pump(void *postgres, int events);
void	postgres_watch(struct postgres *q, int events,
	    void (*fn)(void *arg, int events));
/* One result of what was sent. */
void	postgres_take(struct postgres *q, PGresult *res);

/* libpq's texts have several lines; the first says it. */
struct str postgres_line(const char *text);
int	postgres_lost(struct postgres *q, struct err *e);

#endif
