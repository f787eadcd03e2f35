/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References (OCI distribution 1.1, "Pulling manifests"), with the short names
 * that docker taught everyone, and the layouts of skopeo's "oci:".
 */
#include <string.h>

#include "fetch/fetch.h"
#include "oci/parts.h"

#define MAX_NAME 255u /* host and name together */
#define MAX_TAG 128u

/* ---- digests ---- */

void
oci_digest_text(const struct digest *d, char out[OCI_DIGEST_TEXT])
{
	memcpy(out, "sha256:", 7);
	digest_hex(d, out + 7);
}

bool
oci_digest_parse(struct str text, struct digest *d)
{
	if (!str_starts(text, "sha256:") || text.n != OCI_DIGEST_TEXT - 1)
		return false;
	text = str_from(text, 7);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] >= 'A' && text.p[i] <= 'F')
			return false;
	return digest_parse(text, d);
}

/* ---- names ---- */

static bool
is_low(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_tag_char(char c)
{
	return is_low(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

bool
oci_tag_ok(struct str tag)
{
	if (tag.n == 0 || tag.n > MAX_TAG || !is_tag_char(tag.p[0]))
		return false;
	for (size_t i = 1; i < tag.n; i++)
		if (!is_tag_char(tag.p[i]) && tag.p[i] != '.' &&
		    tag.p[i] != '-')
			return false;
	return true;
}

/* "." or "_" or "__" or any number of "-". */
static bool
joins(struct str s)
{
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] != s.p[0])
			return false;
	return s.n == 1 || s.p[0] == '-' || (s.n == 2 && s.p[0] == '_');
}

static bool
part_ok(struct str s)
{
	size_t i = 0, from;

	while (i < s.n) {
		for (from = i; i < s.n && is_low(s.p[i]); i++)
			;
		if (i == from)
			return false;
		if (i == s.n)
			return true;
		for (from = i; i < s.n && strchr("._-", s.p[i]) && s.p[i]; i++)
			;
		if (i == from || !joins((struct str){ s.p + from, i - from }))
			return false;
	}
	return false;
}

bool
name_ok(struct str name)
{
	struct str part;

	if (name.n == 0 || name.n > MAX_NAME || name.p[name.n - 1] == '/')
		return false;
	while (name.n > 0) {
		(void)str_cut(&name, '/', &part);
		if (!part_ok(part))
			return false;
	}
	return true;
}

/* ---- hosts ---- */

/* The first part of a name is a host when it could be nothing else. */
static bool
is_host(struct str s)
{
	if (str_is(s, "localhost"))
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] && strchr(".:[", s.p[i]))
			return true;
	return false;
}

int
host_parse(struct str *out, struct arena *a, struct str host, struct err *e)
{
	struct err ignored = ERR;
	struct fetch_url u;
	const char *bracket;
	bool port;

	if (host.n == 0 || memchr(host.p, '/', host.n) ||
	    memchr(host.p, '?', host.n) || memchr(host.p, '#', host.n) ||
	    fetch_url_parse(&u, a,
		str_of(arena_printf(a, "https://" STR_F "/", STR_A(host))),
		&ignored) < 0) {
		(void)err_set(
		    e, ERR_INPUT, "'" STR_F "' is no host", STR_A(host));
		return err_hint(e, "a registry is HOST or HOST:PORT");
	}
	bracket = memchr(host.p, ']', host.n);
	port =
	    memchr(bracket ? bracket : host.p, ':',
		bracket ? host.n - (size_t)(bracket - host.p) : host.n) != NULL;
	*out = str_of(arena_printf(a, "%s" STR_F "%s", bracket ? "[" : "",
	    STR_A(u.host), bracket ? "]" : ""));
	if (port)
		*out =
		    str_of(arena_printf(a, STR_F ":%u", STR_A(*out), u.port));
	if (str_is(*out, "index.docker.io") ||
	    str_is(*out, "registry-1.docker.io"))
		*out = STR(DOCKER_HUB);
	return 0;
}

/* ---- references ---- */

static int
bad(struct err *e, struct str text, const char *why)
{
	(void)err_set(
	    e, ERR_INPUT, "'" STR_F "' is no reference: %s", STR_A(text), why);
	return err_hint(e,
	    "it looks like HOST/NAME:TAG, HOST/NAME@sha256:..., or oci:DIR:TAG "
	    "for a folder");
}

static int
take_digest(struct oci_ref *r, struct str *s, struct str text, struct err *e)
{
	struct str rest = *s, head;

	if (!str_cut(&rest, '@', &head))
		return 0;
	*s = head;
	r->has_digest = true;
	if (oci_digest_parse(rest, &r->digest))
		return 0;
	if (str_starts(rest, "sha512:"))
		return bad(e, text, "only sha256 digests can be checked here");
	return bad(e, text,
	    "after its '@' there must be 'sha256:' and 64 digits, in lower "
	    "case");
}

static int
take_tag(struct oci_ref *r, struct str *s, struct str text, struct err *e)
{
	size_t i = s->n;

	while (i > 0 && s->p[i - 1] != ':' && s->p[i - 1] != '/')
		i--;
	if (i == 0 || s->p[i - 1] != ':')
		return 0;
	r->tag = str_from(*s, i);
	s->n = i - 1;
	if (oci_tag_ok(r->tag))
		return 0;
	return bad(e, text,
	    "a tag has 1 to 128 letters, digits, '_', '.' and '-', and begins "
	    "with none of the last two");
}

static int
take_host(struct oci_ref *r, struct arena *a, struct str *s, struct str text,
    struct err *e)
{
	struct str rest = *s, head;
	bool slash = str_cut(&rest, '/', &head);

	r->host = STR(DOCKER_HUB);
	if (!slash && is_host(head))
		return bad(e, text,
		    "it has no repository, or no host in front of that");
	if (slash && is_host(head)) {
		if (host_parse(&r->host, a, head, e) < 0)
			return err_wrap(
			    e, "'" STR_F "' is no reference", STR_A(text));
		/* "r." is r, which would be read as the name of a team. */
		if (!is_host(r->host))
			return bad(
			    e, text, "its host has a dot at the end only");
		*s = rest;
	}
	if (str_is(r->host, DOCKER_HUB) && s->n > 0 && !memchr(s->p, '/', s->n))
		*s = str_of(arena_printf(a, "library/" STR_F, STR_A(*s)));
	return 0;
}

static void
take_text(struct oci_ref *r, struct arena *a)
{
	char digest[OCI_DIGEST_TEXT] = "";

	if (r->has_digest)
		oci_digest_text(&r->digest, digest);
	if (r->layout)
		r->text = str_of(arena_printf(a, "oci:" STR_F, STR_A(r->dir)));
	else
		r->text = str_of(arena_printf(
		    a, STR_F "/" STR_F, STR_A(r->host), STR_A(r->name)));
	r->text = str_of(arena_printf(a, STR_F "%s" STR_F "%s%s",
	    STR_A(r->text), r->tag.n > 0 ? ":" : "", STR_A(r->tag),
	    r->has_digest ? "@" : "", digest));
}

static int
check_text(struct str text, struct err *e)
{
	size_t at;

	if (text.n == 0)
		return bad(e, text, "it is empty");
	if (text.n > OCI_MAX_REF)
		return err_set(e, ERR_INPUT, "a reference is too long");
	for (size_t i = 0; i < text.n; i++)
		if ((uint8_t)text.p[i] < ' ' || text.p[i] == 0x7f)
			return err_set(e, ERR_INPUT,
			    "a reference has a control character in it");
	if (!str_find(text, STR("://"), &at))
		return 0;
	(void)bad(e, text, "it is a URL");
	return err_hint(e, "write '" STR_F "'", STR_A(str_from(text, at + 3)));
}

static int
take_name(struct oci_ref *r, struct str s, struct str text, struct err *e)
{
	r->name = s;
	if (r->host.n + 1 + s.n > MAX_NAME)
		return bad(e, text, "host and name are longer than 255");
	if (name_ok(s))
		return 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return bad(
			    e, text, "a repository's name is in lower case");
	return bad(e, text,
	    "a repository's name has parts of letters and digits with single "
	    "'.', '_', '__' or '-' between them, and '/' between the parts");
}

int
oci_ref_parse(
    struct oci_ref *r, struct arena *a, struct str text, struct err *e)
{
	struct str s;

	*r = (struct oci_ref){ 0 };
	if (check_text(text, e) < 0)
		return -1;
	text = arena_copy(a, text);
	s = text;
	r->layout = str_starts(s, "oci:");
	if (r->layout)
		s = str_from(s, 4);
	if (take_digest(r, &s, text, e) < 0 || take_tag(r, &s, text, e) < 0)
		return -1;
	if (r->layout) {
		r->dir = arena_copy(a, s);
		if (s.n == 0)
			return bad(e, text, "it names no folder");
	} else if (take_host(r, a, &s, text, e) < 0 ||
	    take_name(r, s, text, e) < 0) {
		return -1;
	}
	take_text(r, a);
	return 0;
}

bool
oci_ref_looks(struct str text)
{
	struct str head, rest = text;

	if (str_starts(text, "oci:"))
		return true;
	/* "./x" and "../x" are paths. */
	return str_cut(&rest, '/', &head) && head.n > 0 && head.p[0] != '.' &&
	    rest.n > 0 && is_host(head);
}

struct str
oci_ref_tagged(const struct oci_ref *r, struct arena *a, struct str tag)
{
	struct oci_ref other = *r;

	other.has_digest = false;
	other.tag = tag;
	take_text(&other, a);
	return other.text;
}

struct str
oci_ref_pinned(const struct oci_ref *r, struct arena *a, const struct digest *d)
{
	struct oci_ref other = *r;

	other.has_digest = true;
	other.digest = *d;
	other.tag = STR("");
	take_text(&other, a);
	return other.text;
}

struct str
oci_ref_last(const struct oci_ref *r)
{
	struct str name = r->layout ? r->dir : r->name, part;

	while (str_cut(&name, '/', &part) && name.n > 0)
		;
	return part;
}
