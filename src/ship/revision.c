/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit that a git work tree's HEAD names, read from its files: asking git
 * would cost a process, and its library a hundred times what a push computes.
 */
#include <stdio.h>
#include <string.h>

#include "os/os.h"
#include "ship/parts.h"

#define MAX_SMALL 4096u
#define MAX_PACKED (16u << 20)

static bool
is_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdef", s.p[i]) || s.p[i] == '\0')
			return false;
	return s.n == 40 || s.n == 64;
}

/* One line of a file, or empty. */
static struct str
line_of(struct arena *a, const char *path)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_SMALL);
	struct err ignored = ERR;

	if (os_read(&b, path, &ignored) < 0)
		return STR("");
	return arena_copy(a, str_trim(buf_str(&b)));
}

/* .git is a folder, or in work trees and submodules a file that names it. */
static const char *
git_folder(struct arena *a, const char *dir)
{
	const char *dot = arena_printf(a, "%s/.git", dir);
	struct str text;

	if (os_is_dir(dot))
		return dot;
	text = line_of(a, dot);
	if (!str_starts(text, "gitdir: "))
		return NULL;
	text = str_from(text, 8);
	return str_starts(text, "/")
	    ? arena_cstr(a, text)
	    : arena_printf(a, "%s/" STR_F, dir, STR_A(text));
}

static struct str
packed(struct arena *a, const char *folder, struct str name)
{
	CLEANUP(buf_free) struct buf b = BUF(MAX_PACKED);
	struct err ignored = ERR;
	struct str rest, line, hex;

	if (os_read(&b, arena_printf(a, "%s/packed-refs", folder), &ignored) <
	    0)
		return STR("");
	for (rest = buf_str(&b); rest.n > 0;) {
		(void)str_cut(&rest, '\n', &line);
		if (str_cut(&line, ' ', &hex) && str_eq(line, name))
			return arena_copy(a, hex);
	}
	return STR("");
}

static struct str
read_head(struct arena *a, const char *folder)
{
	struct str head = line_of(a, arena_printf(a, "%s/HEAD", folder)), name,
		   common, found;

	if (!str_starts(head, "ref: "))
		return head;
	name = str_from(head, 5);
	/* Branches of a work tree are kept where it came from. */
	common = line_of(a, arena_printf(a, "%s/commondir", folder));
	if (common.n > 0)
		folder = str_starts(common, "/")
		    ? arena_cstr(a, common)
		    : arena_printf(a, "%s/" STR_F, folder, STR_A(common));
	found = line_of(a, arena_printf(a, "%s/" STR_F, folder, STR_A(name)));
	return found.n > 0 ? found : packed(a, folder, name);
}

struct str
ship_revision(struct arena *a, const char *dir)
{
	char *at = arena_cstr(a, str_of(dir)), *slash;
	const char *folder;
	struct str found;

	while (!(folder = git_folder(a, at))) {
		slash = strrchr(at, '/');
		if (!slash)
			return STR("");
		*slash = '\0';
	}
	found = read_head(a, folder);
	return is_hex(found) ? found : STR("");
}
