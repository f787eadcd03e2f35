/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which names entries may have.  Every rule closes a way for two readers to
 * see two things, or for a file to land outside of where it belongs.
 */
#include <stdlib.h>
#include <string.h>

#include "bundle/zip.h"

static bool
is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

/* What a person would not see, or see in another order: C1 controls, line
 * ends, direction marks.  s begins a well-formed character. */
static bool
is_hidden(struct str s)
{
	static const struct {
		unsigned from, to;
	} hidden[] = {
		{ 0x80, 0x9f },
		{ 0x61c, 0x61c },
		{ 0x200b, 0x200f },
		{ 0x2028, 0x202e },
		{ 0x2060, 0x2069 },
		{ 0xfeff, 0xfeff },
	};
	const unsigned char *p = (const unsigned char *)s.p;
	unsigned c;

	if (s.n >= 3 && (p[0] & 0xf0) == 0xe0)
		c = (p[0] & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u);
	else if (s.n >= 2 && (p[0] & 0xe0) == 0xc0)
		c = (p[0] & 31u) << 6 | (p[1] & 63u);
	else
		return false;
	for (size_t i = 0; i < COUNT(hidden); i++)
		if (c >= hidden[i].from && c <= hidden[i].to)
			return true;
	return false;
}

/* A Latin letter and a combining mark (U+0300 to U+036F) apart: one file
 * system keeps them so, another joins them, and then names meet. */
static bool
is_apart(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	unsigned char letter = p[0] | 0x20;

	return s.n >= 3 && letter >= 'a' && letter <= 'z' &&
	    (p[1] == 0xcc || (p[1] == 0xcd && p[2] <= 0xaf));
}

static const char *
bad_byte(struct str name)
{
	size_t at;

	if (!str_utf8(name, &at))
		return "it is not UTF-8";
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (is_control(c))
			return "it holds a control character";
		if (c == '\\')
			return "it holds a backslash";
		if (is_hidden(str_from(name, i)))
			return "it holds a character that cannot be seen";
		if (is_apart(str_from(name, i)))
			return "it is not in composed form (Unicode NFC)";
	}
	return NULL;
}

static const char *
bad_part(struct str name)
{
	struct str rest = name, part;
	bool more = true;

	while (more) {
		more = str_cut(&rest, '/', &part);
		if (part.n == 0)
			return "it has an empty part";
		if (str_is(part, ".") || str_is(part, ".."))
			return "it has a '.' or '..' part";
		if (part.n > ZIP_MAX_PART)
			return "a part of it is longer than 255 bytes";
	}
	return NULL;
}

/* A colon stands only in "space::name.wasm", the module of a function in
 * another namespace. */
static bool
colons_are_fine(struct str name)
{
	struct str space;

	if (!memchr(name.p, ':', name.n))
		return true;
	if (!str_ends(name, ".wasm") || memchr(name.p, '/', name.n))
		return false;
	str_cut(&name, ':', &space);
	return space.n > 0 && name.n > 1 + sizeof(".wasm") - 1 &&
	    name.p[0] == ':' && !memchr(name.p + 1, ':', name.n - 1);
}

int
zip_name_check(struct str name, struct err *e)
{
	const char *why = NULL;

	if (name.n == 0)
		why = "it is empty";
	else if (name.n > ZIP_MAX_NAME)
		why = "it is longer than 1024 bytes";
	if (!why)
		why = bad_byte(name);
	if (!why)
		why = bad_part(name);
	if (!why && !colons_are_fine(name))
		why = "it holds a colon";
	if (!why)
		return 0;
	if (name.n > 80)
		name.n = 80;
	return err_set(e, ERR_INPUT,
	    "entry name '" STR_F "' is not allowed: %s", STR_A(name), why);
}

/* ---- against each other ---- */

static int
folded(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static int
by_folded(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	for (size_t i = 0; i < x->n && i < y->n; i++) {
		int d = folded((unsigned char)x->p[i]) -
		    folded((unsigned char)y->p[i]);

		if (d != 0)
			return d;
	}
	return (x->n > y->n) - (x->n < y->n);
}

static int
check_folders(
    const struct str *sorted, size_t n, struct str name, struct err *e)
{
	for (size_t i = 0; i < name.n; i++) {
		struct str folder = { name.p, i };

		if (name.p[i] != '/')
			continue;
		if (bsearch(&folder, sorted, n, sizeof(folder), by_folded))
			return err_set(e, ERR_INPUT,
			    "'" STR_F "' is both a file and a folder",
			    STR_A(folder));
	}
	return 0;
}

int
zip_names_apart(const struct str *names, size_t nnames, struct err *e)
{
	CLEANUP(mem_free_at)
	struct str *sorted = mem_take(nnames * sizeof(*sorted));

	if (nnames > 0)
		memcpy(sorted, names, nnames * sizeof(*sorted));
	if (nnames > 1)
		qsort(sorted, nnames, sizeof(*sorted), by_folded);
	for (size_t i = 1; i < nnames; i++) {
		if (by_folded(&sorted[i - 1], &sorted[i]) != 0)
			continue;
		if (str_eq(sorted[i - 1], sorted[i]))
			return err_set(e, ERR_INPUT,
			    "the name '" STR_F "' is there twice",
			    STR_A(sorted[i]));
		return err_set(e, ERR_INPUT,
		    "'" STR_F "' and '" STR_F "' differ only in letter case",
		    STR_A(sorted[i - 1]), STR_A(sorted[i]));
	}
	for (size_t i = 0; i < nnames; i++)
		if (check_folders(sorted, nnames, sorted[i], e) < 0)
			return -1;
	return 0;
}
