/* SPDX-License-Identifier: Apache-2.0 */
#include "template/git_api.h"
#include "os/os.h"

/* Filled once, and the same for all. */
static struct libgit calls;

int
libgit_open(struct err *e)
{
	static const struct os_library_call table[] = {
#define LIBGIT_ROW(name) { "git_" #name, offsetof(struct libgit, name) },
		LIBGIT_CALLS(LIBGIT_ROW)
#undef LIBGIT_ROW
	};
	static const struct os_library git = { "libgit2.so." LIBGIT2_SOVERSION,
		"libgit2-1.5", "use git", table, COUNT(table) };
	struct libgit found;

	if (calls.libgit2_init)
		return 0;
	if (os_library(&git, &found, e) < 0)
		return -1;
	calls = found;
	return 0;
}

const struct libgit *
libgit(void)
{
	return &calls;
}

const char *
libgit_why(void)
{
	const git_error *last = calls.error_last();

	return last && last->message ? last->message : "no reason given";
}
