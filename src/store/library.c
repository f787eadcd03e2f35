/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <string.h>

#include "store/library.h"

int
library_open(const char *file, const char *package,
    const struct library_call *table, size_t n, void *calls, struct err *e)
{
	/* Never closed: what it has set up lives as long as we do. */
	void *lib = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (!lib) {
		err_set(e, ERR_SYSTEM, "cannot use %s: %s", file, dlerror());
		return err_hint(e, "apt-get install %s", package);
	}
	for (size_t i = 0; i < n; i++) {
		void *call = dlsym(lib, table[i].name);

		if (!call)
			return err_set(
			    e, ERR_SYSTEM, "%s has no %s", file, table[i].name);
		/* ISO C knows no way from an object's address to a call. */
		memcpy((char *)calls + table[i].at, &call, sizeof(call));
	}
	return 0;
}
