/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sql.h - what the kinds of SQL databases share.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "store/json.h"
#include "store/lane.h"

/* Where a server is and who we are there; texts end in NUL, NULL is not
 * given. */
struct address {
	const char	*host, *path;	/* path: of a socket, instead of host */
	const char	*user, *password, *database;
	unsigned	 port;
	bool		 tls, tls_unverified;
};

struct sql {
	uint32_t	 magic;
	struct arena	*arena;
	struct pool_kind kind;
	struct sql_statement *statements;
	size_t		 nstatements;
	uint32_t	 rows;
	uint64_t	 bytes;
	struct address	 address;
	const char	*conninfo;	/* libpq's, or SQLite's file */
	void		*anchor;	/* keeps a database in memory alive */
	void		(*drop_anchor)(void *anchor);
};

/* How much longer than we a server may work on a statement: it ends what we
 * gave up and could not stop. */
#define SERVER_SLACK_MS	1000u

extern const struct driver sqlite_sql, postgres_sql, mysql_sql;

/* Fill what the kind needs of s from a connection text; ERR_INPUT. */
int	sqlite_address(struct sql *s, struct str text, struct err *e)
	    MUST_CHECK;
int	postgres_address(struct sql *s, struct str text, struct err *e)
	    MUST_CHECK;
int	mysql_address(struct sql *s, struct str text, struct err *e)
	    MUST_CHECK;

struct sql *lane_sql(const struct lane *l);
size_t	sql_index(const struct sql *s, const struct sql_statement *st);

#endif
