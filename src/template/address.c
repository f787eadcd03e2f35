/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "os/os.h"
#include "template/address.h"
#include "template/name.h"

static int
refuse(struct err *e, const char *why)
{
	err_set(e, ERR_USAGE, "template address not understood: %s", why);
	return err_hint(e,
	    "https://HOST/PATH, git@HOST:PATH, ssh://HOST/PATH or ./PATH, "
	    "then @REF and #FOLDER if need be");
}

static int
put(char *to, size_t size, struct str s, const char *what, struct err *e)
{
	if (s.n >= size)
		return err_set(e, ERR_USAGE,
		    "the %s of the template address is over %zu bytes", what,
		    size - 1);
	snprintf(to, size, STR_F, STR_A(s));
	return 0;
}

static bool
has_control(struct str s, char most)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= (unsigned char)most ||
		    s.p[i] == 0x7f)
			return true;
	return false;
}

/* As git-check-ref-format(1), and nothing that looks like an option. */
static int
take_ref(struct address *a, struct str ref, struct err *e)
{
	bool bad = ref.n == 0 || has_control(ref, ' ') || ref.p[0] == '-' ||
	    ref.p[0] == '/' || str_ends(ref, "/") || str_ends(ref, ".lock");
	size_t at;

	for (size_t i = 0; i < ref.n && !bad; i++)
		bad = strchr("~^:?*[\\", ref.p[i]) != NULL;
	if (bad || str_find(ref, STR(".."), &at) ||
	    str_find(ref, STR("//"), &at))
		return refuse(
		    e, "what follows '@' is no branch, tag or commit");
	return put(a->ref, sizeof(a->ref), ref, "ref", e);
}

static int
take_folder(struct address *a, struct str folder, struct err *e)
{
	struct str rest, part;
	bool more = true;

	while (folder.n > 0 && folder.p[folder.n - 1] == '/')
		folder.n--;
	rest = folder;
	while (more) {
		const char *fault;

		more = str_cut(&rest, '/', &part);
		fault = name_fault(part);
		if (!fault)
			continue;
		err_set(e, ERR_USAGE,
		    "the template's folder '" STR_F "' is not allowed: %s",
		    STR_A(folder), fault);
		return err_hint(e, "#FOLDER is a path inside the repository");
	}
	return put(a->folder, sizeof(a->folder), folder, "folder", e);
}

/* Cut path[@ref] where no folder of this machine tells where. */
static int
cut_ref(struct address *a, struct str *path, struct err *e)
{
	for (size_t i = 1; i < path->n; i++)
		if (path->p[i] == '@' && path->p[i - 1] != '/') {
			struct str ref = str_from(*path, i + 1);

			path->n = i;
			return take_ref(a, ref, e);
		}
	return 0;
}

/* A name or address of letters, and a port of digits: a password in the wrong
 * place is no host, and is not printed as one. */
static bool
good_host(struct str host)
{
	bool port = false;
	size_t name = 0;

	if (host.n == 0 || host.p[0] == '-')
		return false;
	if (host.p[0] == '[')
		while (name < host.n && host.p[name] != ']')
			name++;
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];
		bool digit = c >= '0' && c <= '9';
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (port ? !digit : !(digit || letter || strchr("-._:[]", c)))
			return false;
		port = port || (c == ':' && i >= name);
	}
	return true;
}

static bool
good_user(struct str user)
{
	return user.n > 0 && user.p[0] != '-' && !has_control(user, ' ');
}

static int
hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986, 2.1.  False: a bad escape, a NUL or too long. */
static bool
decode(char *to, size_t size, struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int c = (unsigned char)s.p[i];

		if (c == '%') {
			int high = i + 2 < s.n ? hex_of(s.p[i + 1]) : -1;
			int low = i + 2 < s.n ? hex_of(s.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = high * 16 + low;
			i += 2;
		}
		if (c == 0 || n + 1 >= size)
			return false;
		to[n++] = (char)c;
	}
	to[n] = '\0';
	return true;
}

static int
take_https(struct address *a, struct str rest, struct err *e)
{
	struct str path = rest, authority, user = STR("");
	size_t at = 0;

	str_cut(&path, '/', &authority);
	for (size_t i = 0; i < authority.n; i++)
		if (authority.p[i] == '@')
			at = i + 1;
	if (at > 0) {
		struct str secret = (struct str){ authority.p, at - 1 };

		str_cut(&secret, ':', &user);
		authority = str_from(authority, at);
		if (!decode(a->user, sizeof(a->user), user) ||
		    !decode(a->secret, sizeof(a->secret), secret))
			return refuse(e, "its user or password is not");
	}
	if (!good_host(authority))
		return refuse(e, "it names no host");
	if (path.n == 0)
		return refuse(e, "it names no repository");
	if (cut_ref(a, &path, e) < 0)
		return -1;
	a->kind = ADDRESS_HTTPS;
	snprintf(a->url, sizeof(a->url), "https://" STR_F "/" STR_F,
	    STR_A(authority), STR_A(path));
	return 0;
}

/* sep is what stands between host and path: "/" after ssh://, else ":". */
static int
take_ssh(struct address *a, struct str rest, char sep, struct err *e)
{
	struct str path = rest, host, user = STR("git");
	struct str name = { NULL, 0 };
	size_t ignored;

	str_cut(&path, sep, &host);
	name = host;
	if (str_cut(&name, '@', &user))
		host = name;
	else
		user = STR("git");
	if (str_find(user, STR(":"), &ignored))
		return refuse(e, "an ssh address has no password in it");
	if (!good_user(user) || !good_host(host))
		return refuse(e, "its user or host is not");
	if (path.n == 0 || path.p[0] == '-')
		return refuse(e, "it names no repository");
	if (cut_ref(a, &path, e) < 0)
		return -1;
	a->kind = ADDRESS_SSH;
	if (sep == '/')
		snprintf(a->url, sizeof(a->url),
		    "ssh://" STR_F "@" STR_F "/" STR_F, STR_A(user),
		    STR_A(host), STR_A(path));
	else
		snprintf(a->url, sizeof(a->url), STR_F "@" STR_F ":" STR_F,
		    STR_A(user), STR_A(host), STR_A(path));
	return 0;
}

/* A folder's name may have an '@': the first that follows a folder cuts. */
static int
take_local(
    struct address *a, struct str path, enum address_kind kind, struct err *e)
{
	char whole[sizeof(a->url)];

	a->kind = kind;
	if (put(a->url, sizeof(a->url), path, "path", e) < 0)
		return -1;
	if (os_is_dir(a->url))
		return 0;
	snprintf(whole, sizeof(whole), "%s", a->url);
	for (size_t i = 1; i < path.n; i++) {
		if (path.p[i] != '@')
			continue;
		a->url[i] = '\0';
		if (os_is_dir(a->url))
			return take_ref(a, str_from(path, i + 1), e);
		a->url[i] = '@';
	}
	/* None is there (any more); a copy may be. */
	if (cut_ref(a, &path, e) < 0)
		return -1;
	snprintf(a->url, sizeof(a->url), "%.*s", (int)path.n, whole);
	return 0;
}

static int
take_file(struct address *a, struct str rest, struct err *e)
{
	char path[sizeof(a->url)];

	if (rest.n == 0 || rest.p[0] != '/' ||
	    !decode(path, sizeof(path), rest))
		return refuse(e, "after file:// comes an absolute path");
	if (has_control(str_of(path), 0x1f))
		return refuse(e, "it has a control character");
	return take_local(a, str_of(path), ADDRESS_FILE, e);
}

static int
take_scheme(
    struct address *a, struct str scheme, struct str rest, struct err *e)
{
	if (str_ieq(scheme, STR("https")))
		return take_https(a, rest, e);
	if (str_ieq(scheme, STR("ssh")))
		return take_ssh(a, rest, '/', e);
	if (str_ieq(scheme, STR("file")))
		return take_file(a, rest, e);
	if (str_ieq(scheme, STR("http")) || str_ieq(scheme, STR("git"))) {
		err_set(e, ERR_USAGE,
		    STR_F ":// is not safe: anybody on the way can change "
			  "what is fetched",
		    STR_A(scheme));
		return err_hint(e, "use https:// or ssh://");
	}
	return refuse(e, "only https://, ssh:// and file:// are fetched");
}

/* Without a scheme: a path, or user@host:path. */
static int
take_plain(struct address *a, struct str s, struct err *e)
{
	struct str rest = s, head;
	size_t at;

	if (s.p[0] == '/' || s.p[0] == '.')
		return take_local(a, s, ADDRESS_FOLDER, e);
	if (str_cut(&rest, ':', &head) && rest.n > 0 && rest.p[0] != ':' &&
	    str_find(head, STR("@"), &at) && !memchr(head.p, '/', head.n))
		return take_ssh(a, s, ':', e);
	return refuse(e, "it has no scheme, and is no path");
}

int
address_parse(struct address *a, const char *text, struct err *e)
{
	struct str s = str_of(text), folder = s, head;
	size_t at;

	memset(a, 0, sizeof(*a));
	if (s.n >= sizeof(a->url))
		return refuse(e, "it is over 2 KB");
	if (has_control(s, 0x1f))
		return refuse(e, "it has a control character");
	if (str_cut(&folder, '#', &head) && take_folder(a, folder, e) < 0)
		return -1;
	if (head.n == 0)
		return refuse(e, "it is empty");
	if (!str_find(head, STR("://"), &at))
		return take_plain(a, head, e);
	if (has_control(head, ' ') || memchr(head.p, '\\', head.n) ||
	    memchr(head.p, '?', head.n))
		return refuse(e, "it has a space, a backslash or a query");
	return take_scheme(
	    a, (struct str){ head.p, at }, str_from(head, at + 3), e);
}
