/* SPDX-License-Identifier: Apache-2.0 */
/* Who may ask: see guard.h. */
#include "studio/guard.h"

static bool
is_proxys(struct str name)
{
	static const char *const names[] = { "forwarded", "via", "x-real-ip",
		"x-forwarded", "x-client-ip", "cf-connecting-ip",
		"true-client-ip" };
	struct str head = { name.p, name.n < 12 ? name.n : 12 };

	if (str_ieq(head, STR("x-forwarded-")))
		return true;
	for (size_t i = 0; i < COUNT(names); i++)
		if (str_ieq(name, str_of(names[i])))
			return true;
	return false;
}

void
guard_of(struct guard *g, const struct http_exchange *x)
{
	struct str method = http_method(x);
	struct http_field f;

	*g = (struct guard){ .local = http_is_local(x),
		.is_unix = http_is_unix(x),
		.tls = http_is_tls(x),
		.reads = str_is(method, "GET") || str_is(method, "HEAD"),
		.posts = str_is(method, "POST"),
		.host = http_host(x),
		.site = http_header(x, "Sec-Fetch-Site"),
		.content_type = http_header(x, "Content-Type") };
	for (size_t i = 0; i < http_nheaders(x); i++) {
		http_header_at(x, i, &f);
		if (is_proxys(f.name))
			g->proxied = true;
		if (str_ieq(f.name, STR("origin"))) {
			/* Two are not one: then none of them counts. */
			g->origin = g->has_origin ? STR("null") : f.value;
			g->has_origin = true;
		}
	}
}

/* "", ":8080" */
static bool
is_port(struct str s)
{
	uint64_t n;

	if (s.n == 0)
		return true;
	return s.p[0] == ':' && str_u64(str_from(s, 1), 65535, &n);
}

static bool
is_this_machine(struct str host)
{
	static const char *const names[] = { "localhost", "127.0.0.1",
		"[::1]" };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct str name = str_of(names[i]);
		struct str head = { host.p, name.n };

		if (host.n >= name.n && str_ieq(head, name) &&
		    is_port(str_from(host, name.n)))
			return true;
	}
	return false;
}

static bool
same_origin(const struct guard *g)
{
	const char *scheme = g->tls ? "https://" : "http://";

	return str_starts(g->origin, scheme) &&
	    str_ieq(str_from(g->origin, str_of(scheme).n), g->host);
}

static bool
is_json(struct str type)
{
	struct str head;

	str_cut(&type, ';', &head);
	return str_ieq(str_trim(head), STR("application/json"));
}

static int
check_place(const struct guard *g, struct err *e)
{
	static const char hint[] =
	    "open it in a browser on the machine that serves, as "
	    "http://localhost:PORT/_subo/";

	if (!g->local)
		err_set(e, ERR_TRUST,
		    "this page is only for the machine that it runs on");
	else if (g->proxied)
		err_set(e, ERR_TRUST,
		    "this page is not given to what comes through a proxy");
	else if (!is_this_machine(g->host))
		err_set(e, ERR_TRUST,
		    "this page is asked for as localhost, 127.0.0.1 or [::1], "
		    "not '" STR_F "'",
		    STR_A(g->host));
	else
		return 0;
	return err_hint(e, "%s", hint);
}

int
guard_check(const struct guard *g, struct err *e)
{
	if (g->is_unix && !g->reads)
		return err_set(e, ERR_TRUST, "this socket is only for reading");
	if (g->is_unix)
		return 0;
	if (check_place(g, e) < 0)
		return -1;
	if (g->reads)
		return 0;
	if (g->has_origin && !same_origin(g))
		return err_set(
		    e, ERR_TRUST, "a page of another origin may not do that");
	if (g->site.n > 0 && !str_is(g->site, "same-origin") &&
	    !str_is(g->site, "none"))
		return err_set(
		    e, ERR_TRUST, "a page of another site may not do that");
	if (!is_json(g->content_type)) {
		err_set(e, ERR_TRUST,
		    "what changes something is sent as application/json");
		return err_hint(e, "set Content-Type: application/json");
	}
	return 0;
}
