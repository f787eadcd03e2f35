/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "http/http.h"
#include "http/mhd_api.h"
#include "os/os.h"

/* Filled once, and the same for all. */
static struct mhd calls;
static struct err failure = ERR;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
open_once(void)
{
	static const struct os_library_call table[] = {
#define MHD_ROW(name) { "MHD_" #name, offsetof(struct mhd, name) },
		MHD_CALLS(MHD_ROW)
#undef MHD_ROW
	};
	static const struct os_library mhd = { "libmicrohttpd.so.12",
		"libmicrohttpd12", "serve HTTP", table, COUNT(table) };

	if (os_library(&mhd, &calls, &failure) < 0)
		return; /* failure says so */
}

int
mhd_open(const struct mhd **out, struct err *e)
{
	(void)pthread_once(&once, open_once);
	if (failure.kind != ERR_NONE) {
		*e = failure;
		return -1;
	}
	*out = &calls;
	return 0;
}

static void *
prepare(void *arg)
{
	(void)pthread_once(&once, open_once);
	return arg;
}

void
http_prepare(void)
{
	pthread_t t;

	/* Without a thread, http_new does it. */
	if (pthread_create(&t, NULL, prepare, NULL) == 0)
		(void)pthread_detach(t);
}
