/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "fetch/curl_api.h"

#define LIBRARY "libcurl.so.4"

/* Filled once, and the same for all. */
static struct libcurl calls;
static struct err failure = ERR;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

static int
find_all(void *lib, struct libcurl *found, struct err *e)
{
	static const struct {
		const char *name;
		size_t at;
	} table[] = {
#define LIBCURL_ROW(name) { "curl_" #name, offsetof(struct libcurl, name) },
		LIBCURL_CALLS(LIBCURL_ROW)
#undef LIBCURL_ROW
		    { "curl_easy_setopt", offsetof(struct libcurl, set) },
		{ "curl_multi_setopt", offsetof(struct libcurl, multi_set) },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		void *call = dlsym(lib, table[i].name);

		if (!call)
			return err_set(e, ERR_SYSTEM, "%s has no %s", LIBRARY,
			    table[i].name);
		/* ISO C knows no way from an object's address to a call. */
		memcpy((char *)found + table[i].at, &call, sizeof(call));
	}
	return 0;
}

static void
open_once(void)
{
	/* Never closed: what it has set up lives as long as we do. */
	void *lib = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!lib) {
		(void)err_set(&failure, ERR_SYSTEM,
		    "cannot make outbound calls: %s", dlerror());
		(void)err_hint(&failure, "apt-get install libcurl4");
		return;
	}
	if (find_all(lib, &calls, &failure) < 0)
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
