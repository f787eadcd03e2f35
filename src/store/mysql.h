/* SPDX-License-Identifier: Apache-2.0 */
/* mysql.h - one connection to MySQL, for the mysql*.c files only. */
#ifndef STORE_MYSQL_H
#define STORE_MYSQL_H

#include "store/address.h"
#include "store/mysql_api.h"
#include "store/sql.h"

enum mysql_step { MYSQL_IDLE, MYSQL_CONNECT, MYSQL_PREPARE, MYSQL_EXECUTE,
	MYSQL_FETCH };

/* One column's value as it comes; texts are asked for when their length is
 * known. */
struct cell {
	union {
		int64_t		 n;
		uint64_t	 u;
		double		 d;
		float		 f;
		MYSQL_TIME	 t;
	} as;
	unsigned long	 bytes;
	my_bool		 null, cut;
	bool		 text, binary, is_unsigned;
	enum enum_field_types type;
};

struct mysql {
	struct lane	 lane;
	struct dial	 dial;
	MYSQL		*db;
	MYSQL		*connected;	/* result of connecting */
	int		 result;	/* of the other steps */
	int		 status;	/* of a step that a worker began */
	enum mysql_step	 step;
	MYSQL_STMT	**made;
	MYSQL_STMT	*st;		/* that runs */
	struct rows	 rows;
	struct buf	 id, text;
	struct cell	*cells;
	MYSQL_BIND	*binds;
	size_t		 ncells;
	MYSQL_BIND	*values;
	char		 failed[300];	/* why the last address did */
	int		 rc;
	struct err	 why;
};

/* Ask for the columns of m->st's rows.  ERR_FAILED. */
int	mysql_columns(struct mysql *m, struct err *e) MUST_CHECK;
/* The row that was fetched. */
int	mysql_row(struct mysql *m, struct err *e) MUST_CHECK;
void	mysql_columns_free(struct mysql *m);

#endif
