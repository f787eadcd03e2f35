/* SPDX-License-Identifier: Apache-2.0 */
#include "directive/names.h"

#include "directive/directive.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_word(char c)
{
	return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z') ||
	    c == '-' || c == '_';
}

bool
name_usable(struct str name)
{
	size_t i;

	if (name.n == 0 || name.n > DIRECTIVE_NAME_MAX || name.p[0] == '-' ||
	    name.p[0] == '.')
		return false;
	for (i = 0; i < name.n; i++)
		if (!is_word(name.p[i]) && name.p[i] != '.')
			return false;
	return true;
}

bool
spaces_usable(struct str s)
{
	struct str part;
	bool more;

	do {
		more = str_cut(&s, '/', &part);
		if (!name_usable(part))
			return false;
	} while (more);
	return true;
}

bool
identifier_usable(struct str s)
{
	bool in_part = false;
	size_t i;

	if (s.n > 200)
		return false;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '.' && !in_part)
			return false;
		if (s.p[i] != '.' && !is_word(s.p[i]))
			return false;
		in_part = s.p[i] != '.';
	}
	return in_part;
}

bool
token_usable(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!is_word(s.p[i]) && !memchr("!#$%&'*+.^`|~", s.p[i], 13))
			return false;
	return s.n > 0 && s.n <= 32;
}

/* ---- versions ---- */

/* A number without leading zeros off the front of s. */
static bool
cut_number(struct str *s)
{
	size_t n = 0;

	while (n < s->n && is_digit(s->p[n]))
		n++;
	if (n == 0 || n > 9 || (n > 1 && s->p[0] == '0'))
		return false;
	*s = str_from(*s, n);
	return true;
}

static bool
is_tag_part(struct str part, bool numbers)
{
	bool digits = true;
	size_t i;

	for (i = 0; i < part.n; i++) {
		if (!is_word(part.p[i]) || part.p[i] == '_')
			return false;
		digits = digits && is_digit(part.p[i]);
	}
	return part.n > 0 &&
	    !(numbers && digits && part.n > 1 && part.p[0] == '0');
}

/* Dot-separated parts; numbers has no leading zeros in numeric ones. */
static bool
is_tag(struct str s, bool numbers)
{
	struct str part;
	bool more;

	do {
		more = str_cut(&s, '.', &part);
		if (!is_tag_part(part, numbers))
			return false;
	} while (more);
	return true;
}

static bool
is_suffix(struct str s)
{
	struct str pre;
	bool build = str_cut(&s, '+', &pre);

	if (build && !is_tag(s, false))
		return false;
	if (pre.n == 0)
		return true;
	return pre.p[0] == '-' && is_tag(str_from(pre, 1), true);
}

bool
version_usable(struct str s)
{
	int i;

	if (!str_starts(s, "v") || s.n > 100)
		return false;
	s = str_from(s, 1);
	for (i = 0; i < 3; i++) {
		if (!cut_number(&s))
			return false;
		if (i < 2 && s.n == 0)
			return true;
		if (i < 2 && !str_starts(s, "."))
			return false;
		if (i < 2)
			s = str_from(s, 1);
	}
	return is_suffix(s);
}

/* ---- names that a user chooses ---- */

/* The nearest name that would do, or "". */
static void
mend(struct buf *out, struct str name)
{
	size_t i;
	char c;

	for (i = 0; i < name.n && out->n < DIRECTIVE_NAME_MAX; i++) {
		c = name.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!is_lower(c) && out->n == 0)
			continue;
		if (is_lower(c) || is_digit(c) || c == '_')
			buf_addc(out, c);
		else if (out->p[out->n - 1] != '-')
			buf_addc(out, '-');
	}
	while (out->n > 0 && out->p[out->n - 1] == '-')
		out->p[--out->n] = '\0';
}

static const char *
name_fault(struct str name)
{
	size_t i;

	if (name.n == 0)
		return "is empty";
	if (name.n > DIRECTIVE_NAME_MAX)
		return "is longer than 64 bytes";
	if (name.p[0] == '-')
		return "begins with a dash";
	if (memchr(name.p, '/', name.n) || memchr(name.p, '\\', name.n))
		return "has a slash; it is a name, not a path";
	for (i = 0; i < name.n; i++) {
		if (name.p[i] >= 'A' && name.p[i] <= 'Z')
			return "has a capital letter";
		if (!is_word(name.p[i]))
			return "has a character other than a to z, 0 to 9, "
			       "'-' and '_'";
	}
	return is_lower(name.p[0]) ? NULL : "does not begin with a letter";
}

int
name_check(const char *what, struct str name, struct err *e)
{
	CLEANUP(buf_free) struct buf shown = BUF(400);
	CLEANUP(buf_free) struct buf better = BUF(DIRECTIVE_NAME_MAX + 1);
	const char *fault = name_fault(name);
	struct str head = { name.p, name.n > 80 ? 80 : name.n };

	if (!fault)
		return 0;
	buf_show(&shown, head, false);
	err_set(e, ERR_USAGE, "the name '%s%s' for a %s %s", buf_cstr(&shown),
	    name.n > 80 ? "..." : "", what, fault);
	mend(&better, name);
	if (better.n > 0)
		return err_hint(e, "'%s' would do", buf_cstr(&better));
	return err_hint(e,
	    "a name is 1 to 64 of a to z, 0 to 9, '-' and '_', "
	    "and begins with a letter, such as 'hello'");
}
