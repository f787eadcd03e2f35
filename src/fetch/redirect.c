/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for after a redirect: RFC 9110, 15.4, as browsers have it. */
#include "fetch/call.h"

bool
fetch_leads_on(int status)
{
	return status == 301 || status == 302 || status == 303 ||
	    status == 307 || status == 308;
}

static bool
is_secret(struct str name)
{
	return str_ieq(name, STR("authorization")) ||
	    str_ieq(name, STR("cookie"));
}

bool
header_is_of_body(struct str name)
{
	return name.n > 8 &&
	    str_ieq((struct str){ name.p, 8 }, STR("content-"));
}

static void
change_method(struct fetch_request *r, int status)
{
	bool post = str_is(r->method, "POST");

	if (((status == 301 || status == 302) && post) ||
	    (status == 303 && !str_is(r->method, "HEAD"))) {
		r->method = STR("GET");
		r->has_body = false;
		r->body = STR("");
	}
}

/* Secrets do not go to another server, nor to any after that. */
static void
drop_headers(struct fetch_request *r, struct arena *a, bool same_origin)
{
	struct fetch_header *h = arena_take(a, (r->nheaders + 1) * sizeof(*h));
	size_t n = 0;

	for (size_t i = 0; i < r->nheaders; i++) {
		struct str name = r->headers[i].name;

		if ((same_origin || !is_secret(name)) &&
		    (r->has_body || !header_is_of_body(name)))
			h[n++] = r->headers[i];
	}
	r->headers = h;
	r->nheaders = n;
}

int
fetch_follow(struct fetch_request *r, struct arena *a,
    const struct fetch_redirect *by, struct err *e)
{
	struct fetch_url from, to;

	if (fetch_url_parse(&from, a, r->url, e) < 0)
		return -1;
	if (by->hop >= by->max)
		return err_set(e, ERR_LIMIT,
		    STR_F ":%u: more than %u redirects", STR_A(from.host),
		    from.port, by->max);
	if (url_join(&r->url, a, from.text, by->location, e) < 0)
		return err_wrap(e, STR_F ":%u", STR_A(from.host), from.port);
	if (fetch_url_parse(&to, a, r->url, e) < 0)
		return -1;
	change_method(r, by->status);
	drop_headers(r, a,
	    str_eq(from.host, to.host) && from.port == to.port &&
		from.secure == to.secure);
	return 0;
}
