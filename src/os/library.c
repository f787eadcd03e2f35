/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <string.h>

#include "os/os.h"

int
os_library(const struct os_library *l, void *calls, struct err *e)
{
	/* Never closed: what it has set up lives as long as we do. */
	void *lib = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);

	if (!lib) {
		err_set(e, ERR_SYSTEM, "cannot %s: %s", l->purpose, dlerror());
		return err_hint(e, "apt-get install %s", l->package);
	}
	for (size_t i = 0; i < l->n; i++) {
		void *call = dlsym(lib, l->calls[i].name);

		if (!call)
			return err_set(e, ERR_SYSTEM, "%s has no %s", l->file,
			    l->calls[i].name);
		/* ISO C knows no way from an object's address to a call. */
		memcpy((char *)calls + l->calls[i].at, &call, sizeof(call));
	}
	return 0;
}
