/* SPDX-License-Identifier: Apache-2.0 */
/* News of folders, by libuv. */
#include <string.h>
#include <uv.h>

#include "loop/parts.h"

struct loop_fs {
	uv_fs_event_t uv;
	struct loop *loop;
	void (*fn)(void *arg, bool self);
	void *arg;
	char name[]; /* of the folder, without those above it */
};

/* What befalls the folder itself comes under its own name. */
static void
on_event(uv_fs_event_t *h, const char *name, int events, int status)
{
	struct loop_fs *w = h->data;

	(void)events;
	loop_called(w->loop);
	w->fn(w->arg, status < 0 || !name || strcmp(name, w->name) == 0);
}

static void
on_closed(uv_handle_t *h)
{
	mem_free(h->data);
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

struct loop_fs *
loop_fs_start(struct loop *l, const char *path,
    void (*fn)(void *arg, bool self), void *arg, int *error)
{
	const char *name = last_part(path);
	struct loop_fs *w = mem_take(sizeof(*w) + strlen(name) + 1);
	int rc;

	memcpy(w->name, name, strlen(name) + 1);
	w->loop = l;
	w->fn = fn;
	w->arg = arg;
	w->uv.data = w;
	(void)uv_fs_event_init(loop_uv(l), &w->uv);
	rc = uv_fs_event_start(&w->uv, on_event, path, 0);
	if (rc == 0)
		return w;
	*error = -rc; /* libuv's own are those of the system, turned over */
	loop_fs_end(&w);
	return NULL;
}

void
loop_fs_end(struct loop_fs **pw)
{
	struct loop_fs *w = *pw;

	if (!w)
		return;
	*pw = NULL;
	uv_close((uv_handle_t *)&w->uv, on_closed);
}
