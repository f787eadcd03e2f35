/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles put into the server, and put again when they changed. */
#include <string.h>

#include "loop/loop.h"
#include "os/os.h"
#include "serve_parts.h"

/* Two files of one app: which of them is meant? */
static int
check_unique(const struct serve_life *l, const struct serve_file *f,
    const struct bundle *b, struct err *e)
{
	struct str identifier = bundle_directive(b)->identifier;

	for (size_t i = 0; i < l->files.n; i++) {
		const struct serve_file *other = &l->files.v[i];

		if (other != f && other->loaded &&
		    str_is(identifier, other->facts.identifier))
			return err_set(e, ERR_INPUT,
			    "it is another bundle of %s, which '%s' is",
			    other->facts.identifier, other->path);
	}
	return 0;
}

/* Serve a file, when it is not what is served already. */
static int
load(struct serve_life *l, struct serve_file *f, bool *same, struct err *e)
{
	CLEANUP(bundle_free) struct bundle *b = l->first;
	uint64_t begin = os_now_ns();
	struct serve_facts facts;
	int rc;

	l->first = NULL;
	if (stat(f->path, &f->seen) == 0)
		f->now = f->seen;
	if (!b && serve_open(&b, f, l, e) < 0)
		return -1;
	*same = f->loaded && digest_eq(bundle_digest(b), &f->facts.digest);
	if (*same)
		return 0;
	if (check_unique(l, f, b, e) < 0)
		return -1;
	serve_facts_take(&facts, b);
	rc = serve_put(l->serve, &b, &facts.digest, !l->files.folder, e);
	if (rc < 0) {
		serve_facts_dispose(&facts);
		return -1;
	}
	serve_facts_dispose(&f->facts);
	f->facts = facts;
	f->loaded = true;
	serve_tell_app(f, os_now_ns() - begin);
	return 0;
}

/* Of many apps those that can be served are; one that is alone has to be. */
int
serve_load_all(struct serve_life *l, struct err *e)
{
	size_t n = 0;
	bool same;

	for (size_t i = 0; i < l->files.n; i++) {
		struct serve_file *f = &l->files.v[i];

		if (os_check_interrupt(e) < 0)
			return -1;
		if (load(l, f, &same, e) == 0)
			n++;
		else if (!l->files.folder)
			return -1;
		else
			serve_tell_refused(f, e);
	}
	if (n > 0)
		return 0;
	return err_set(
	    e, ERR_INPUT, "no bundle in '%s' can be served", l->files.folder);
}

void
serve_reload(struct serve_life *l, struct serve_file *f, bool asked)
{
	struct err e = ERR;
	bool same = false;

	if (load(l, f, &same, &e) < 0)
		serve_tell_refused(f, &e);
	else if (same && asked)
		ui_note("%s is what is served already",
		    l->files.fetched ? l->flags->what : f->path);
}

static bool
is_other(const struct stat *a, const struct stat *b)
{
	return a->st_ino != b->st_ino || a->st_size != b->st_size ||
	    a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
	    a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

/* A file that changed is read when it then stood still between two looks:
 * whoever writes it has ended. */
static void
look_at(struct serve_life *l, struct serve_file *f)
{
	struct stat st;

	if (stat(f->path, &st) < 0) {
		if (f->loaded && !f->gone)
			ui_warn("'%s' is gone; %s goes on serving", f->path,
			    f->facts.identifier);
		f->gone = true;
		return;
	}
	f->gone = false;
	if (!is_other(&st, &f->seen))
		return;
	if (is_other(&st, &f->now))
		f->now = st;
	else
		serve_reload(l, f, false);
}

void
serve_look(void *arg)
{
	struct serve_life *l = arg;
	struct err ignored = ERR;

	if (l->files.folder && serve_rescan(&l->files, &ignored) < 0)
		ignored.kind = ERR_NONE; /* it may come back */
	for (size_t i = 0; i < l->files.n; i++)
		look_at(l, &l->files.v[i]);
	loop_timer_end(&l->timer);
	l->timer =
	    loop_timer_start(l->loop, NULL, SERVE_LOOK_NS, serve_look, l);
}
