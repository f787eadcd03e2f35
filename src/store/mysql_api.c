/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "os/os.h"
#include "store/mysql_api.h"

/* Filled once, and the same for all. */
static struct libmysql calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int
libmysql_open(struct err *e)
{
	static const struct os_library_call table[] = {
#define LIBMYSQL_ROW(type, name, takes) \
	{ "mysql_" #name, offsetof(struct libmysql, name) },
		LIBMYSQL_CALLS(LIBMYSQL_ROW)
#undef LIBMYSQL_ROW
	};
	static const struct os_library maria = { "libmariadb.so.3",
		"libmariadb3", "use libmariadb.so.3", table, COUNT(table) };
	struct libmysql found;
	int rc = 0;

	pthread_mutex_lock(&lock);
	if (!calls.init) {
		rc = os_library(&maria, &found, e);
		/* Its first use sets globals up, so that is done here. */
		if (rc == 0 && found.server_init(0, NULL, NULL) != 0)
			rc = err_set(
			    e, ERR_SYSTEM, "libmariadb cannot be set up");
		if (rc == 0)
			calls = found;
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

const struct libmysql *
libmysql(void)
{
	return &calls;
}
