/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "os/os.h"
#include "store/postgres_api.h"

/* Filled once, and the same for all. */
static struct libpq calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int
libpq_open(struct err *e)
{
	static const struct os_library_call table[] = {
#define LIBPQ_ROW(name) { "PQ" #name, offsetof(struct libpq, name) },
		LIBPQ_CALLS(LIBPQ_ROW)
#undef LIBPQ_ROW
	};
	static const struct os_library pq = { "libpq.so.5", "libpq5",
		"use libpq.so.5", table, COUNT(table) };
	struct libpq found;
	int rc = 0;

	pthread_mutex_lock(&lock);
	if (!calls.finish) {
		rc = os_library(&pq, &found, e);
		if (rc == 0)
			calls = found;
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

const struct libpq *
libpq(void)
{
	return &calls;
}
