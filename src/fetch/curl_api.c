/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "fetch/curl_api.h"
#include "os/os.h"

/* Filled once, and the same for all. */
static struct libcurl calls;
static struct err failure = ERR;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

static void
open_once(void)
{
	static const struct os_library_call table[] = {
#define LIBCURL_ROW(name) { "curl_" #name, offsetof(struct libcurl, name) },
		LIBCURL_CALLS(LIBCURL_ROW)
#undef LIBCURL_ROW
		    { "curl_easy_setopt", offsetof(struct libcurl, set) },
		{ "curl_multi_setopt", offsetof(struct libcurl, multi_set) },
	};
	static const struct os_library curl = { "libcurl.so.4", "libcurl4",
		"make outbound calls", table, COUNT(table) };

	if (os_library(&curl, &calls, &failure) < 0)
		return;
	if (calls.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		(void)err_set(&failure, ERR_SYSTEM,
		    "cannot make outbound calls: libcurl does not start");
}

int
libcurl_open(const struct libcurl **out, struct err *e)
{
	(void)pthread_once(&once, open_once);
	if (failure.kind != ERR_NONE) {
		*e = failure;
		return -1;
	}
	*out = &calls;
	return 0;
}
