/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which names entries may have.  Every rule closes a way for two readers to
 * see two things, or for a file to land outside of where it belongs.
 */
#include <stdlib.h>
#include <string.h>

#include "bundle/zip.h"

bool
zip_is_ascii(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] >= 0x80)
			return false;
	return true;
}

/* The character that s, which is UTF-8, begins with, and its bytes; 0: none. */
static uint32_t
decode(struct str s, size_t *n)
{
	const unsigned char *p = (const unsigned char *)s.p;
	uint32_t c;

	*n = s.n == 0	  ? 0
	    : p[0] < 0xc0 ? 1
	    : p[0] < 0xe0 ? 2
	    : p[0] < 0xf0 ? 3
			  : 4;
	if (*n == 0 || *n > s.n)
		return 0;
	c = *n == 1 ? p[0] : p[0] & (0x7fu >> *n);
	for (size_t i = 1; i < *n; i++)
		c = c << 6 | (p[i] & 63u);
	return c;
}

struct range {
	uint32_t from, to;
};

static bool
is_in(uint32_t c, const struct range *r)
{
	return c >= r->from && c <= r->to;
}

/* What a person would not see, or see in another order: C1 controls, line
 * ends, direction marks, tags. */
static bool
is_hidden(uint32_t c)
{
	static const struct range hidden[] = {
		{ 0x80, 0x9f },
		{ 0xad, 0xad },
		{ 0x61c, 0x61c },
		{ 0x180e, 0x180e },
		{ 0x200b, 0x200f },
		{ 0x2028, 0x202e },
		{ 0x2060, 0x206f },
		{ 0xfeff, 0xfeff },
		{ 0xfff9, 0xfffb },
		{ 0xe0000, 0xe007f },
	};

	for (size_t i = 0; i < COUNT(hidden); i++)
		if (is_in(c, &hidden[i]))
			return true;
	return false;
}

/*
 * A letter and a mark apart that have a form in one: one file system keeps
 * them so, another joins them, and then names meet.  By blocks, so that some
 * pairs that cannot be joined are refused as well.
 */
static bool
is_apart(uint32_t c, uint32_t next)
{
	static const struct {
		struct range letter, mark;
	} pairs[] = {
		{ { 'A', 'Z' }, { 0x300, 0x36f } },
		{ { 'a', 'z' }, { 0x300, 0x36f } },
		{ { 0xc0, 0x24f }, { 0x300, 0x36f } },	    /* Latin */
		{ { 0x370, 0x3ff }, { 0x300, 0x36f } },	    /* Greek */
		{ { 0x400, 0x4ff }, { 0x300, 0x36f } },	    /* Cyrillic */
		{ { 0x1100, 0x1112 }, { 0x1161, 0x1175 } }, /* Hangul */
		{ { 0xac00, 0xd7a3 }, { 0x11a8, 0x11c2 } },
		{ { 0x3041, 0x30ff }, { 0x3099, 0x309a } }, /* Kana */
	};
	/* These have another character for themselves. */
	static const struct range alone[] = { { 0x340, 0x341 },
		{ 0x343, 0x344 }, { 0x374, 0x374 }, { 0x37e, 0x37e },
		{ 0x387, 0x387 }, { 0x2000, 0x2001 }, { 0x2126, 0x2126 },
		{ 0x212a, 0x212b }, { 0xf900, 0xfa0d }, { 0x2f800, 0x2fa1d } };

	for (size_t i = 0; i < COUNT(alone); i++)
		if (is_in(c, &alone[i]))
			return true;
	for (size_t i = 0; i < COUNT(pairs); i++)
		if (is_in(c, &pairs[i].letter) && is_in(next, &pairs[i].mark))
			return true;
	return false;
}

static const char *
bad_byte(struct str name)
{
	size_t at, n, m;

	if (!str_utf8(name, &at))
		return "it is not UTF-8";
	for (size_t i = 0; i < name.n; i += n) {
		uint32_t c = decode(str_from(name, i), &n);
		uint32_t next = decode(str_from(name, i + n), &m);

		if (c < 0x20 || c == 0x7f)
			return "it holds a control character";
		if (c == '\\')
			return "it holds a backslash";
		if (is_hidden(c))
			return "it holds a character that cannot be seen";
		if (is_apart(c, next))
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
	return zip_refuse(e, ERR_INPUT, "name",
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
			return zip_refuse(e, ERR_INPUT, "folder",
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
			return zip_refuse(e, ERR_INPUT, "name-twice",
			    "the name '" STR_F "' is there twice",
			    STR_A(sorted[i]));
		return zip_refuse(e, ERR_INPUT, "name-twice",
		    "'" STR_F "' and '" STR_F "' differ only in letter case",
		    STR_A(sorted[i - 1]), STR_A(sorted[i]));
	}
	for (size_t i = 0; i < nnames; i++)
		if (check_folders(sorted, nnames, sorted[i], e) < 0)
			return -1;
	return 0;
}
