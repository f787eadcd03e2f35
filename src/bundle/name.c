/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which names entries may have.  Every rule closes a way for two readers to
 * see two things, or for a file to land outside of where it belongs.
 */
#include <stdlib.h>
#include <string.h>

#include "bundle/unicode.h"
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

static const char *
bad_byte(struct str name)
{
	size_t at, n;

	if (!str_utf8(name, &at))
		return "it is not UTF-8";
	for (size_t i = 0; i < name.n; i += n) {
		uint32_t c = decode(str_from(name, i), &n);

		if (c < 0x20 || c == 0x7f)
			return "it holds a control character";
		if (c == '\\')
			return "it holds a backslash";
		if (is_hidden(c))
			return "it holds a character that cannot be seen";
	}
	/* One file system keeps letters and marks apart, another joins them,
	 * and then names meet. */
	if (!zip_is_ascii(name) && !unicode_is_composed(name))
		return "it is not in composed form (Unicode NFC)";
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

/* A name, and what it is where letter case does not matter. */
struct folded {
	struct str text, name;
};

static int
by_folded(const void *a, const void *b)
{
	const struct folded *x = a, *y = b;

	return str_cmp(x->text, y->text);
}

static int
check_folders(const struct folded *sorted, size_t n, const struct folded *f,
    struct err *e)
{
	for (size_t i = 0; i < f->text.n; i++) {
		const struct folded folder = { .text = { f->text.p, i } };
		const struct folded *file;

		if (f->text.p[i] != '/')
			continue;
		file = bsearch(&folder, sorted, n, sizeof(folder), by_folded);
		if (file)
			return zip_refuse(e, ERR_INPUT, "folder",
			    "'" STR_F "' is both a file and a folder",
			    STR_A(file->name));
	}
	return 0;
}

static int
refuse_twice(const struct folded *a, const struct folded *b, struct err *e)
{
	if (str_eq(a->name, b->name))
		return zip_refuse(e, ERR_INPUT, "name-twice",
		    "the name '" STR_F "' is there twice", STR_A(b->name));
	return zip_refuse(e, ERR_INPUT, "name-twice",
	    "'" STR_F "' and '" STR_F "' differ only in letter case",
	    STR_A(a->name), STR_A(b->name));
}

int
zip_names_apart(const struct str *names, size_t nnames, struct err *e)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct folded *v = arena_take(a, (nnames + 1) * sizeof(*v));

	for (size_t i = 0; i < nnames; i++)
		v[i] = (struct folded){ unicode_folded(a, names[i]), names[i] };
	if (nnames > 1)
		qsort(v, nnames, sizeof(*v), by_folded);
	for (size_t i = 1; i < nnames; i++)
		if (str_eq(v[i - 1].text, v[i].text))
			return refuse_twice(&v[i - 1], &v[i], e);
	for (size_t i = 0; i < nnames; i++)
		if (check_folders(v, nnames, &v[i], e) < 0)
			return -1;
	return 0;
}
