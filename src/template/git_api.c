/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <string.h>

#include "template/git_api.h"

#define LIBRARY "libgit2.so." LIBGIT2_SOVERSION

/* Filled once, and the same for all. */
static struct libgit calls;

int
libgit_open(struct err *e)
{
	static const struct {
		const char *name;
		size_t at;
	} table[] = {
#define LIBGIT_ROW(name) { "git_" #name, offsetof(struct libgit, name) },
		LIBGIT_CALLS(LIBGIT_ROW)
#undef LIBGIT_ROW
	};
	struct libgit found;
	void *lib;

	if (calls.libgit2_init)
		return 0;
	/* Never closed: what it has set up lives as long as we do. */
	lib = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!lib) {
		err_set(e, ERR_SYSTEM, "cannot use git: %s", dlerror());
		return err_hint(e, "apt-get install libgit2-1.5");
	}
	for (size_t i = 0; i < COUNT(table); i++) {
		void *call = dlsym(lib, table[i].name);

		if (!call)
			return err_set(e, ERR_SYSTEM, "%s has no %s", LIBRARY,
			    table[i].name);
		/* ISO C knows no way from an object's address to a call. */
		memcpy((char *)&found + table[i].at, &call, sizeof(call));
	}
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
