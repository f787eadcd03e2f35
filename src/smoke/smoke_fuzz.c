/* SPDX-License-Identifier: Apache-2.0 */
/* Test files of any bytes: read, unrolled, told; never run. */

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

#include "smoke/smoke.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
read_at(const char *path)
{
	CLEANUP(diags_free) struct diags *ds = diags_new();
	CLEANUP(smoke_free) struct smoke *s = NULL;
	struct err e = ERR;

	if (smoke_read(&s, ".", &path, 1, ds, &e) < 0) {
		assert(e.kind != ERR_NONE && e.text[0]);
		return;
	}
	assert(smoke_count(s) <= SMOKE_MAX_CASES);
	for (size_t i = 0; i < diags_count(ds); i++)
		assert(diags_at(ds, i)->text.n > 0);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	char path[64];
	int fd = memfd_create("test.yaml", MFD_CLOEXEC);

	if (fd < 0)
		return 0;
	if (write(fd, data, n) == (ssize_t)n) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		read_at(path);
	}
	close(fd);
	return 0;
}
