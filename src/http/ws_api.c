/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "http/ws_api.h"
#include "os/os.h"

/* Filled once, and the same for all. */
static struct wslay calls;
static struct err failure = ERR;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
open_once(void)
{
	static const struct os_library_call table[] = {
#define WSLAY_ROW(name) { "wslay_event_" #name, offsetof(struct wslay, name) },
		WSLAY_CALLS(WSLAY_ROW)
#undef WSLAY_ROW
	};
	static const struct os_library wslay = { "libwslay.so.1", "libwslay1",
		"serve websockets", table, COUNT(table) };

	if (os_library(&wslay, &calls, &failure) < 0)
		return; /* failure says so */
}

int
wslay_open(const struct wslay **out, struct err *e)
{
	(void)pthread_once(&once, open_once);
	if (failure.kind != ERR_NONE) {
		*e = failure;
		return -1;
	}
	*out = &calls;
	return 0;
}
