/* SPDX-License-Identifier: Apache-2.0 */
/* Where a reference leads, seen from a URL; what comes out is judged anew. */
#include <string.h>

#include "fetch/call.h"
#include "fetch/curl_api.h"

int
url_join(struct str *out, struct arena *a, struct str base, struct str ref,
    struct err *e)
{
	const struct libcurl *api;
	char *text = NULL;
	CURLU *u;
	bool ok;

	if (libcurl_open(&api, e) < 0)
		return -1;
	if (ref.n > 0 && memchr(ref.p, 0, ref.n))
		return err_set(e, ERR_INPUT, "its Location is no URL");
	u = api->url();
	ok = u &&
	    api->url_set(u, CURLUPART_URL, arena_cstr(a, base), 0) ==
		CURLUE_OK &&
	    api->url_set(u, CURLUPART_URL, arena_cstr(a, ref),
		CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
	    api->url_get(u, CURLUPART_URL, &text, 0) == CURLUE_OK;
	if (ok)
		*out = arena_copy(a, str_of(text));
	api->free(text);
	api->url_cleanup(u);
	return ok ? 0 : err_set(e, ERR_INPUT, "its Location is no URL");
}

int
fetch_join(struct str *out, struct arena *a, struct str base, struct str ref,
    struct err *e)
{
	return url_join(out, a, base, ref, e);
}
