/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may stand in a request.  Two readers of one message that read it
 * differently are how requests are smuggled, so whatever is doubtful is
 * refused.
 */
#include <string.h>

#include "http/parts.h"

static bool
is_token(unsigned char c)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' && strchr(others, c));
}

bool
strict_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_token((unsigned char)s.p[i]))
			return false;
	return s.n > 0;
}

bool
strict_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* Of a name or address with a port: nothing that would end it, or that another
 * reader would take for user, path or query (RFC 3986, 3.2). */
bool
strict_host(struct str s)
{
	static const char others[] = "-._~!$&'()*+;=:[]%";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9'))
			continue;
		if (c == '\0' || !strchr(others, c))
			return false;
	}
	return true;
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

/* No controls or spaces, and percent codes that are whole and not NUL. */
static bool
is_path(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= 0x20 || c == 0x7f || c == '#')
			return false;
		if (c != '%')
			continue;
		if (s.n - i < 3 || !is_hex(s.p[i + 1]) || !is_hex(s.p[i + 2]))
			return false;
		if (s.p[i + 1] == '0' && s.p[i + 2] == '0')
			return false;
		i += 2;
	}
	return true;
}

struct str
strict_path(struct str target, struct str *authority)
{
	struct str s = target;
	size_t n = 0;

	*authority = (struct str){ NULL, 0 };
	if (s.n == 0 || s.p[0] == '/' || s.p[0] == '*')
		return s;
	s = str_from(s, s.n > 4 && (s.p[4] == 's' || s.p[4] == 'S') ? 8 : 7);
	while (n < s.n && s.p[n] != '/' && s.p[n] != '?')
		n++;
	*authority = (struct str){ s.p, n };
	s = str_from(s, n);
	return s.n > 0 ? s : STR("/");
}

static bool
is_absolute(struct str t)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < COUNT(schemes); i++) {
		size_t n = strlen(schemes[i]);

		if (t.n > n &&
		    str_ieq((struct str){ t.p, n }, str_of(schemes[i])))
			return true;
	}
	return false;
}

int
strict_target(struct str method, struct str target)
{
	struct str authority, path;

	if (target.n == 0 || !is_path(target))
		return 400;
	if (target.p[0] == '*')
		return target.n == 1 && str_is(method, "OPTIONS") ? 0 : 400;
	if (target.p[0] != '/' && !is_absolute(target))
		return 400;
	path = strict_path(target, &authority);
	if (target.p[0] != '/' &&
	    (authority.n == 0 || path.p[0] == '?' || !strict_host(authority)))
		return 400;
	return 0;
}

int
strict_method(struct str s)
{
	static const char *const known[] = { "GET", "HEAD", "POST", "PUT",
		"PATCH", "DELETE", "OPTIONS" };

	for (size_t i = 0; i < COUNT(known); i++)
		if (str_is(s, known[i]))
			return 0;
	return strict_name(s) ? 501 : 400;
}

/* What of the fields decides where the message ends. */
struct framing {
	unsigned nlength, ncoding, nhost, nexpect;
	bool chunked, continues;
};

static int
see_length(struct http_exchange *x, struct framing *f, struct str value)
{
	f->nlength++;
	return str_u64(value, UINT64_MAX - 1, &x->length) ? 0 : 400;
}

static int
see(struct http_exchange *x, struct framing *f, const struct http_field *h)
{
	switch (h->name.n) {
	case 4:
		if (!str_ieq(h->name, STR("Host")))
			break;
		x->host = h->value;
		f->nhost++;
		return strict_host(h->value) ? 0 : 400;
	case 6:
		if (!str_ieq(h->name, STR("Expect")))
			break;
		f->nexpect++;
		f->continues = str_ieq(h->value, STR("100-continue"));
		return f->continues ? 0 : 417;
	case 14:
		if (str_ieq(h->name, STR("Content-Length")))
			return see_length(x, f, h->value);
		break;
	case 17:
		if (!str_ieq(h->name, STR("Transfer-Encoding")))
			break;
		f->ncoding++;
		f->chunked = str_ieq(h->value, STR("chunked"));
		break;
	}
	return 0;
}

bool
strict_has_word(struct str value, struct str word)
{
	struct str head;
	bool more;

	do {
		more = str_cut(&value, ',', &head);
		if (str_ieq(str_trim(head), word))
			return true;
	} while (more);
	return false;
}

/* Does the library close after this one? */
static bool
is_last(const struct http_exchange *x, bool http11)
{
	bool keep = http11;

	for (size_t i = 0; i < x->nfields; i++) {
		const struct http_field *h = &x->fields[i];

		if (h->name.n != 10 || !str_ieq(h->name, STR("Connection")))
			continue;
		if (strict_has_word(h->value, STR("close")))
			return true;
		keep = keep || strict_has_word(h->value, STR("keep-alive"));
	}
	return !keep;
}

int
strict_fields(struct http_exchange *x, bool http11)
{
	struct framing f = { 0 };
	int status = 0, bad;

	x->length = 0;
	for (size_t i = 0; i < x->nfields; i++) {
		bad = see(x, &f, &x->fields[i]);
		if (bad == 400)
			return 400;
		status = bad ? bad : status;
	}
	x->last = is_last(x, http11);
	x->expects = f.continues;
	if (f.nhost > 1 || (http11 && f.nhost == 0) || f.nlength > 1 ||
	    f.ncoding > 1 || f.nexpect > 1)
		return 400;
	if (f.ncoding == 0)
		return status;
	/* Not of HTTP/1.0: RFC 9112, 6.1. */
	if (f.nlength > 0 || !http11)
		return 400;
	if (!f.chunked)
		return 501;
	x->length = UINT64_MAX;
	/* The library takes a bare line feed for the end of a chunk or its
	 * size. Whoever in front of us does not sees another end of the
	 * message: what comes after it is not read. */
	x->last = true;
	return status;
}

/* ---- what a function may say ---- */

bool
http_field_ok(struct str name, struct str value)
{
	static const char *const ours[] = { "Connection", "Content-Length",
		"Date", "Expect", "Keep-Alive", "Proxy-Connection", "TE",
		"Trailer", "Transfer-Encoding", "Upgrade" };

	if (!strict_name(name) || !strict_value(value))
		return false;
	for (size_t i = 0; i < COUNT(ours); i++)
		if (str_ieq(name, str_of(ours[i])))
			return false;
	return true;
}
