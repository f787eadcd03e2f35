/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mysql_api.h - MariaDB's client library (libmariadb.so.3), for the mysql*.c
 * files only.
 *
 * Not <mysql.h>: its macros have banned names in them.  What we use of it is
 * declared here, as the soname fixes it; the rest is in <mariadb_com.h>.
 */
#ifndef STORE_MYSQL_API_H
#define STORE_MYSQL_API_H

#include <sys/types.h>

#define STDCALL
#define my_socket_defined
typedef char my_bool;
typedef int my_socket;

#include <mariadb_com.h>

#include "base/base.h"

typedef struct st_mysql MYSQL;
typedef struct st_mysql_stmt MYSQL_STMT;
typedef struct st_mysql_res MYSQL_RES;

/* enum mysql_option */
enum {
	MYSQL_INIT_COMMAND = 3,
	MYSQL_SET_CHARSET_NAME = 7,
	MYSQL_OPT_LOCAL_INFILE = 8,
	MYSQL_OPT_PROTOCOL = 9,
	MYSQL_OPT_SSL_VERIFY_SERVER_CERT = 21,
	MYSQL_OPT_SSL_CA = 27,
	MYSQL_OPT_SSL_ENFORCE = 38,
	MYSQL_OPT_MAX_ALLOWED_PACKET = 39,
	MYSQL_OPT_NONBLOCK = 6000,
};
enum { MYSQL_PROTOCOL_TCP = 1, MYSQL_PROTOCOL_SOCKET = 2 };
enum { MYSQL_WAIT_READ = 1, MYSQL_WAIT_WRITE = 2 };
enum { MYSQL_NO_DATA = 100, MYSQL_DATA_TRUNCATED = 101 };

typedef struct st_mysql_field {
	char		*name, *org_name, *table, *org_table, *db, *catalog;
	char		*def;
	unsigned long	 length, max_length;
	unsigned	 name_length, org_name_length, table_length;
	unsigned	 org_table_length, db_length, catalog_length;
	unsigned	 def_length, flags, decimals, charsetnr;
	enum enum_field_types type;
	void		*extension;
} MYSQL_FIELD;

typedef struct st_mysql_time {
	unsigned	 year, month, day, hour, minute, second;
	unsigned long	 second_part;
	my_bool		 neg;
	int		 time_type;
} MYSQL_TIME;

typedef struct st_mysql_bind {
	unsigned long	*length;
	my_bool		*is_null;
	void		*buffer;
	my_bool		*error;
	void		*u;
	void		(*store_param_func)(void);
	void		(*fetch_result)(void);
	void		(*skip_result)(void);
	unsigned long	 buffer_length, offset, length_value;
	unsigned	 flags, pack_length;
	enum enum_field_types buffer_type;
	my_bool		 error_value, is_unsigned, long_data_used;
	my_bool		 is_null_value;
	void		*extension;
} MYSQL_BIND;

/* What we call: its result, its name without "mysql_", what it takes. */
#define LIBMYSQL_CALLS(X) \
	X(void, close, (MYSQL *)) \
	X(const char *, error, (MYSQL *)) \
	X(unsigned, errno, (MYSQL *)) \
	X(MYSQL_FIELD *, fetch_fields, (MYSQL_RES *)) \
	X(void, free_result, (MYSQL_RES *)) \
	X(my_socket, get_socket, (MYSQL *)) \
	X(MYSQL *, init, (MYSQL *)) \
	X(unsigned, num_fields, (MYSQL_RES *)) \
	X(int, options, (MYSQL *, int, const void *)) \
	X(int, real_connect_cont, (MYSQL **, MYSQL *, int)) \
	X(int, real_connect_start, (MYSQL **, MYSQL *, const char *, \
	    const char *, const char *, const char *, unsigned, const char *, \
	    unsigned long)) \
	X(int, server_init, (int, char **, char **)) \
	X(unsigned long long, stmt_affected_rows, (MYSQL_STMT *)) \
	X(my_bool, stmt_bind_param, (MYSQL_STMT *, MYSQL_BIND *)) \
	X(my_bool, stmt_bind_result, (MYSQL_STMT *, MYSQL_BIND *)) \
	X(my_bool, stmt_close, (MYSQL_STMT *)) \
	X(unsigned, stmt_errno, (MYSQL_STMT *)) \
	X(const char *, stmt_error, (MYSQL_STMT *)) \
	X(int, stmt_execute_cont, (int *, MYSQL_STMT *, int)) \
	X(int, stmt_execute_start, (int *, MYSQL_STMT *)) \
	X(int, stmt_fetch_column, (MYSQL_STMT *, MYSQL_BIND *, unsigned, \
	    unsigned long)) \
	X(int, stmt_fetch_cont, (int *, MYSQL_STMT *, int)) \
	X(int, stmt_fetch_start, (int *, MYSQL_STMT *)) \
	X(unsigned, stmt_field_count, (MYSQL_STMT *)) \
	X(my_bool, stmt_free_result, (MYSQL_STMT *)) \
	X(MYSQL_STMT *, stmt_init, (MYSQL *)) \
	X(unsigned long long, stmt_insert_id, (MYSQL_STMT *)) \
	X(unsigned long, stmt_param_count, (MYSQL_STMT *)) \
	X(int, stmt_prepare_cont, (int *, MYSQL_STMT *, int)) \
	X(int, stmt_prepare_start, (int *, MYSQL_STMT *, const char *, \
	    unsigned long)) \
	X(MYSQL_RES *, stmt_result_metadata, (MYSQL_STMT *))

struct libmysql {
#define LIBMYSQL_MEMBER(type, name, takes) type (*name)takes;
	LIBMYSQL_CALLS(LIBMYSQL_MEMBER)
#undef LIBMYSQL_MEMBER
};

/* Any thread; ERR_SYSTEM: it is not installed. */
int	libmysql_open(struct err *e) MUST_CHECK;
const struct libmysql *libmysql(void);	/* after libmysql_open */

#endif
