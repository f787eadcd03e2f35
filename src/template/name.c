/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <strings.h>

#include "template/name.h"

#define NAME_BYTES 255u /* NAME_MAX of every file system we write to */

/* One code point of well-formed UTF-8, cut off the front. */
static uint32_t
next_point(struct str *s)
{
	unsigned char c = (unsigned char)s->p[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	uint32_t point = n == 1 ? c : c & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++)
		point = point << 6 | ((unsigned char)s->p[i] & 0x3fu);
	*s = str_from(*s, n);
	return point;
}

/* HFS+ drops these when it compares names, so ".g<U+200C>it" is ".git"; the
 * others turn text around on a screen. */
static bool
invisible(uint32_t c)
{
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0xad;
}

/* NTFS drops trailing dots and spaces, knows streams after ':', and may give
 * .git the short name GIT~1. */
static bool
means_git(struct str name)
{
	struct str head;

	str_cut(&name, ':', &head);
	while (head.n > 0 &&
	    (head.p[head.n - 1] == '.' || head.p[head.n - 1] == ' '))
		head.n--;
	if (str_ieq(head, STR(".git")))
		return true;
	return head.n == 5 && str_ieq((struct str){ head.p, 4 }, STR("git~")) &&
	    head.p[4] >= '0' && head.p[4] <= '9';
}

const char *
name_fault(struct str name)
{
	struct str rest = name;
	size_t at;

	if (name.n == 0)
		return "it is empty";
	if (name.n > NAME_BYTES)
		return "it is longer than 255 bytes";
	if (str_is(name, ".") || str_is(name, ".."))
		return "it leaves its folder";
	if (!str_utf8(name, &at))
		return "it is not UTF-8";
	while (rest.n > 0) {
		uint32_t c = next_point(&rest);

		if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
			return "it has a control character";
		if (c == '/' || c == '\\')
			return "it has a slash";
		if (invisible(c))
			return "it has an invisible character";
	}
	if (means_git(name))
		return "it means .git on some machines";
	return NULL;
}

static int
by_case(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

int
names_check(const char **names, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const char *fault = name_fault(str_of(names[i]));

		if (fault)
			return err_set(e, ERR_INPUT,
			    "name '%s' is not allowed: %s", names[i], fault);
	}
	if (n > 1)
		qsort(names, n, sizeof(*names), by_case);
	for (size_t i = 1; i < n; i++)
		if (strcasecmp(names[i - 1], names[i]) == 0)
			return err_set(e, ERR_INPUT,
			    "names '%s' and '%s' differ in case only",
			    names[i - 1], names[i]);
	return 0;
}
