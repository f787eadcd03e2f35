/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a file while it is still being verified: half a gigabyte takes as
 * long to write as to check.  It gets its name only when it held.
 */
#include <pthread.h>
#include <unistd.h>

#include "os/os.h"
#include "ship/want.h"

static void *
write_it(void *arg)
{
	struct keep *k = arg;

	k->rc = os_new_file_write(&k->f, k->data, &k->e);
	/* What the disk has by now need not be waited for later. */
	if (k->rc == 0)
		(void)fsync(k->f.fd);
	return NULL;
}

static bool
is_there(const char *path, struct str data)
{
	CLEANUP(buf_free) struct buf old = BUF(data.n);
	struct err ignored = ERR;
	struct stat st;

	return stat(path, &st) == 0 && st.st_size == (off_t)data.n &&
	    os_read(&old, path, &ignored) == 0 && str_eq(buf_str(&old), data);
}

int
keep_start(struct keep *k, const char *path, struct str data, struct err *e)
{
	*k = (struct keep){ .f = { .fd = -1 }, .data = data };
	k->same = is_there(path, data);
	if (k->same)
		return 0;
	if (os_new_file_open(&k->f, path, 0644, e) < 0)
		return -1;
	k->runs = pthread_create(&k->thread, NULL, write_it, k) == 0;
	if (!k->runs)
		(void)write_it(k);
	return 0;
}

static void
join(struct keep *k)
{
	if (k->runs)
		(void)pthread_join(k->thread, NULL);
	k->runs = false;
}

int
keep_place(struct keep *k, struct err *e)
{
	join(k);
	if (k->same)
		return 0;
	if (k->rc < 0) {
		*e = k->e;
		return -1;
	}
	return os_new_file_commit(&k->f, e);
}

void
keep_drop(struct keep *k)
{
	join(k);
	os_new_file_drop(&k->f);
}
