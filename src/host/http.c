/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The http capability.
 *
 * Headers come behind the URL: "url::Name:value::Name2:value2".  Reactr cut at
 * every "::" and wanted one colon in each part, so that neither a URL nor a
 * value could have one more.  Here "::" begins a header when a name follows, a
 * letter first, that ends in a colon.  A name that ends the text, or another
 * "::", is a header without a colon, and malformed as before; anything else
 * stays in the URL or value.  (A URL that needs "::" before a word writes
 * %3A%3A.)
 */
#include <string.h>

#include "host/wait.h"

#define HEADERS_MAX 1000u

static const char *const methods[] = { "GET", "HEAD", "OPTIONS", "POST", "PUT",
	"PATCH", "DELETE" };
/* Up to API 0.12. */
static const char *const old_methods[] = { NULL, "GET", "POST", "PATCH",
	"DELETE" };

static const struct {
	int32_t n;
	const char *name;
} named[] = {
	{ ABI_GET, "GET" },
	{ ABI_HEAD, "HEAD" },
	{ ABI_OPTIONS, "OPTIONS" },
	{ ABI_POST, "POST" },
	{ ABI_PUT, "PUT" },
	{ ABI_PATCH, "PATCH" },
	{ ABI_DELETE, "DELETE" },
};

static const char *
method_of(const struct host_call *c, int32_t n)
{
	bool old = function_old_methods(c->info);

	for (size_t i = 0; i < COUNT(named); i++)
		if (named[i].n == n)
			return named[i].name;
	/* Many a manifest tells an older API than its function is for: a
	 * number that only one of the tables has is meant as there. */
	if (old && n > 0 && (size_t)n < COUNT(old_methods))
		return old_methods[n];
	return n >= 0 && (size_t)n < COUNT(methods) ? methods[n] : NULL;
}

/* ---- headers behind the URL ---- */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 9110, "Tokens". */
static bool
is_token(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

enum follows { A_HEADER, HALF_A_HEADER, SOMETHING_ELSE };

/* What stands behind a "::". */
static enum follows
what_follows(struct str s)
{
	size_t n = 0;

	if (s.n == 0 || !is_letter(s.p[0]))
		return s.n == 0 ? HALF_A_HEADER : SOMETHING_ELSE;
	while (n < s.n && is_token(s.p[n]))
		n++;
	/* "A:::" is a header whose value is empty, and the next "::". */
	if (n == s.n ||
	    (str_starts(str_from(s, n), "::") &&
		!str_starts(str_from(s, n), ":::")))
		return HALF_A_HEADER;
	return s.p[n] == ':' ? A_HEADER : SOMETHING_ELSE;
}

/* Bytes of s before the next header; from skips an [IPv6] host. */
static bool
find_header(struct str s, size_t from, size_t *at)
{
	for (*at = from; *at + 1 < s.n; ++*at) {
		enum follows what;

		if (s.p[*at] != ':' || s.p[*at + 1] != ':')
			continue;
		what = what_follows(str_from(s, *at + 2));
		if (what == HALF_A_HEADER)
			return false;
		if (what == A_HEADER)
			return true;
	}
	*at = s.n;
	return true;
}

static size_t
host_end(struct str url)
{
	const char *end;
	size_t at;

	if (!str_find(url, STR("://["), &at))
		return 0;
	end = memchr(url.p + at, ']', url.n - at);
	return end ? (size_t)(end - url.p) : 0;
}

struct headers {
	struct arena *a;
	struct pair *v;
	size_t n, cap;
};

static void
put_header(struct headers *h, struct str name, struct str value)
{
	h->v = arena_grow(h->a, h->v, h->n, &h->cap, sizeof(*h->v));
	h->v[h->n++] = (struct pair){ .key = arena_copy(h->a, name),
		.value = arena_copy(h->a, str_trim(value)) };
}

static void
put_type(struct headers *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (str_ieq(h->v[i].key, STR("content-type")))
			return;
	put_header(h, STR("Content-Type"), STR("application/octet-stream"));
}

/* Fill url and headers.  False: malformed. */
static bool
take_headers(struct arena *a, struct outbound *o, struct str text)
{
	struct headers h = { .a = a };
	struct str value, name;
	size_t n;

	if (!find_header(text, host_end(text), &n))
		return false;
	o->url = arena_copy(a, (struct str){ text.p, n });
	while (n < text.n) {
		text = str_from(text, n + 2);
		if (h.n == HEADERS_MAX || !find_header(text, 0, &n))
			return false;
		value = (struct str){ text.p, n };
		(void)str_cut(&value, ':', &name);
		put_header(&h, name, value);
	}
	if (o->body.n > 0)
		put_type(&h);
	o->headers = h.v;
	o->nheaders = h.n;
	return true;
}

struct str
outbound_address(const struct abi_ask *q)
{
	size_t n;

	if (q->what != ABI_FETCH || !find_header(q->a, host_end(q->a), &n))
		return q->a;
	return (struct str){ q->a.p, n };
}

/* ---- the call ---- */

static int
read_http(int status, struct str body, struct buf *out)
{
	buf_clear(out);
	if (status > 299)
		buf_addf(out, "%d: ", status);
	buf_add(out, body);
	return status > 299 ? ABI_REFUSED : ABI_ANSWERED;
}

ANSWER(answer_fetch)
{
	const char *method = method_of(c, q->n);
	struct outbound o = { .what = ABI_FETCH };
	struct waiting *w;

	if (!method)
		return ABI_MALFORMED;
	w = wait_new(c, q, out);
	w->rules = &c->grant->caps->http;
	w->read = read_http;
	o.method = str_of(method);
	o.body = q->b;
	if (!take_headers(w->arena, &o, q->a))
		return wait_end(w, ABI_MALFORMED);
	return outbound_http(w, &o);
}
