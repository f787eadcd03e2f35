/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curl_api.h - libcurl (7.85 or newer), for the curl*.c files only.
 *
 * It is opened when it is first used: linked to, it and what it needs would
 * cost each start of subo several times what all else does.
 */
#ifndef FETCH_CURL_API_H
#define FETCH_CURL_API_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/base.h"

/* What we call, without "curl_" in front. */
#define LIBCURL_CALLS(X) X(global_init) X(easy_init) X(easy_cleanup) \
	    X(easy_reset) X(easy_getinfo) X(easy_strerror) X(multi_init) \
	    X(multi_cleanup) X(multi_add_handle) X(multi_remove_handle) \
	    X(multi_socket_action) X(multi_info_read) X(multi_assign) \
	    X(slist_append) X(slist_free_all) X(url) X(url_cleanup) \
	    X(url_set) X(url_get) X(free)

struct libcurl {
#define LIBCURL_MEMBER(name) __typeof__(curl_##name) *name;
	LIBCURL_CALLS(LIBCURL_MEMBER)
#undef LIBCURL_MEMBER
	/* Macros of these names check the types of what they are given. */
	CURLcode	(*set)(CURL *easy, CURLoption option, ...);
	CURLMcode	(*multi_set)(CURLM *multi, CURLMoption option, ...);
};

/* ERR_SYSTEM: it is not installed.  Any thread. */
int	libcurl_open(const struct libcurl **out, struct err *e) MUST_CHECK;

#endif
