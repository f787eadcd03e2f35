/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files below a folder.  The system says only in which folder something
 * happened; what it was shows by comparing the folder with what is known of
 * it.  So nothing depends on how an editor writes or in which order news come,
 * and what changed times or permissions alone is not told.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "loop/files.h"
#include "os/os.h"

#define NS_PER_MS UINT64_C(1000000)
#define LONGEST 10u	     /* times quiet_ms, of a burst */
#define AGAIN_MS 500u	     /* between looks at what cannot be watched */
#define MAX_TOLD (64u << 10) /* bytes of paths; more are "all" */
#define FIRST_READ (UINT64_C(32) << 20)
/* So many events at once may have filled the kernel's queue; libuv does not
 * tell when some were lost. */
#define LOST_FROM 8000u

struct folder {
	struct loop_files *files;
	struct folder *parent;
	struct entry *v; /* by name */
	size_t n;
	struct loop_fs *watch; /* NULL: it cannot be watched */
	bool blind;	       /* and has to be looked at now and then */
	bool dirty, renew;     /* look at it; watch it again */
	bool below;	       /* it, or one in it, is dirty */
};

struct loop_files {
	struct loop *loop;
	struct buf path; /* where we are; root at rest */
	size_t nroot;
	uint64_t quiet_ns;
	bool (*skip)(void *arg, struct str path);
	void (*fn)(void *arg, struct str changed);
	void *arg;
	struct folder *top;
	size_t nfolders, nblind;
	struct loop_timer *timer;
	uint64_t first_ns, last_ns; /* of a burst of nevents */
	size_t nevents;
	uint64_t read_bytes;
	struct buf told;
	bool silent; /* all is new to us, not to others */
	int error;   /* a watch that could not be had */
};

/* ---- paths ---- */

static const char *
here(const struct loop_files *f)
{
	return buf_cstr(&f->path);
}

static struct str
from_root(const struct loop_files *f)
{
	return str_from(buf_str(&f->path), f->nroot + 1);
}

static size_t
go_into(struct loop_files *f, const char *name)
{
	size_t n = f->path.n;

	buf_addf(&f->path, "/%s", name);
	return n;
}

static void
go_back(struct loop_files *f, size_t n)
{
	f->path.n = n;
	f->path.p[n] = '\0';
	f->path.over = false;
}

static void
tell(struct loop_files *f)
{
	struct str path = from_root(f), before;

	if (f->silent)
		return;
	/* Such a name cannot be told. */
	if (str_cut(&path, '\n', &before))
		f->told.over = true;
	buf_add(&f->told, before);
	buf_addc(&f->told, '\n');
}

/* ---- events ---- */

static void on_timer(void *arg);

static void
wait_for(struct loop_files *f, uint64_t ns)
{
	loop_timer_end(&f->timer);
	f->timer = loop_timer_start(f->loop, NULL, ns, on_timer, f);
}

static void
mark(struct folder *d)
{
	d->dirty = true;
	for (; d && !d->below; d = d->parent)
		d->below = true;
}

static void
on_event(void *arg, bool self)
{
	struct folder *d = arg;
	struct loop_files *f = d->files;

	/* Another folder may have its name by now. */
	d->renew = d->renew || self;
	mark(d);
	f->last_ns = os_now_ns();
	if (f->nevents++ > 0)
		return;
	f->first_ns = f->last_ns;
	wait_for(f, f->quiet_ns);
}

/* ---- folders ---- */

static struct folder *
folder_new(struct loop_files *f, struct folder *parent)
{
	struct folder *d = mem_take(sizeof(*d));

	d->files = f;
	d->parent = parent;
	f->nfolders++;
	return d;
}

static void
set_blind(struct folder *d, bool blind)
{
	d->files->nblind += blind;
	d->files->nblind -= d->blind;
	d->blind = blind;
}

static void
folder_free(struct folder **pd)
{
	struct folder *d = *pd;

	if (!d)
		return;
	*pd = NULL;
	for (size_t i = 0; i < d->n; i++)
		folder_free(&d->v[i].folder);
	entries_free(d->v, d->n);
	set_blind(d, false);
	loop_fs_end(&d->watch);
	d->files->nfolders--;
	mem_free(d);
}

static void
watch(struct folder *d)
{
	struct loop_files *f = d->files;
	int error = EMFILE;

	loop_fs_end(&d->watch);
	if (f->nfolders <= LOOP_MAX_FOLDERS)
		d->watch = loop_fs_start(f->loop, here(f), on_event, d, &error);
	d->renew = false;
	/* One that is closed to us or gone: who holds it is told when that
	 * changes, but for the root. */
	set_blind(d,
	    !d->watch && (!d->parent || (error != EACCES && error != ENOENT)));
	if (d->blind)
		f->error = error;
}

/* ---- comparing ---- */

/* All that was known below the folder where we are. */
static void
tell_gone(const struct folder *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct entry *x = &d->v[i];
		size_t n = go_into(d->files, x->name);

		if (x->folder)
			tell_gone(x->folder);
		else if (entry_counts(x))
			tell(d->files);
		go_back(d->files, n);
	}
}

static void
drop(struct folder *d, struct entry *was)
{
	if (was->folder)
		tell_gone(was->folder);
	else if (entry_counts(was))
		tell(d->files);
	folder_free(&was->folder);
}

static void
keep_folder(struct folder *d, struct entry *now, struct entry *was)
{
	struct loop_files *f = d->files;
	struct folder *sub = was ? was->folder : NULL;

	if (was)
		was->folder = NULL;
	if (!sub && f->skip && f->skip(f->arg, from_root(f)))
		return;
	now->folder = sub;
	if (!sub)
		now->folder = folder_new(f, d);
	else if (sub->watch && was->ino == now->ino)
		return;
	now->folder->renew = true;
	mark(now->folder);
}

/* was is NULL: it is new. */
static void
compare(struct folder *d, struct entry *now, struct entry *was)
{
	struct loop_files *f = d->files;
	size_t n = go_into(f, now->name);

	if (!buf_over(&f->path))
		entry_look(now, here(f), was, &f->read_bytes);
	if (was && was->folder && !S_ISDIR(now->kind))
		drop(d, was);
	if (S_ISDIR(now->kind)) {
		if (was && entry_counts(was))
			drop(d, was);
		keep_folder(d, now, was);
	} else if (was ? !entry_same(now, was) &&
		    (entry_counts(now) || entry_counts(was))
		       : entry_counts(now)) {
		tell(f);
	}
	go_back(f, n);
}

static void
gone(struct folder *d, struct entry *was)
{
	size_t n = go_into(d->files, was->name);

	drop(d, was);
	go_back(d->files, n);
}

static void
look(struct folder *d)
{
	struct entry *was = d->v, *v;
	size_t nwas = d->n, n, k = 0;

	d->dirty = false;
	(void)entries_list(here(d->files), &v, &n);
	for (size_t i = 0; i < n; i++) {
		while (k < nwas && strcmp(was[k].name, v[i].name) < 0)
			gone(d, &was[k++]);
		if (k < nwas && strcmp(was[k].name, v[i].name) == 0)
			compare(d, &v[i], &was[k++]);
		else
			compare(d, &v[i], NULL);
	}
	while (k < nwas)
		gone(d, &was[k++]);
	entries_free(was, nwas);
	d->v = v;
	d->n = n;
}

/* Watched before it is looked at: what comes between is told later. */
static void
visit(struct folder *d)
{
	struct loop_files *f = d->files;

	if (!d->below)
		return;
	if (d->renew)
		watch(d);
	if (d->dirty)
		look(d);
	for (size_t i = 0; i < d->n; i++) {
		size_t n = go_into(f, d->v[i].name);

		if (d->v[i].folder && !buf_over(&f->path))
			visit(d->v[i].folder);
		go_back(f, n);
	}
	d->below = false;
}

static void
mark_all(struct folder *d, bool blind_only)
{
	if (d->blind)
		d->renew = true;
	if (d->blind || !blind_only)
		mark(d);
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].folder)
			mark_all(d->v[i].folder, blind_only);
}

/* ---- telling ---- */

static uint64_t
due_in(const struct loop_files *f, uint64_t now_ns)
{
	uint64_t at = f->last_ns + f->quiet_ns,
		 latest = f->first_ns + LONGEST * f->quiet_ns;

	if (at > latest)
		at = latest;
	return at > now_ns ? at - now_ns : 0;
}

/* The last thing done: fn may end us. */
static void
hand_over(struct loop_files *f)
{
	CLEANUP(buf_free) struct buf told = f->told;
	bool all = buf_over(&told);

	f->told = (struct buf)BUF(MAX_TOLD);
	if (all || told.n > 0)
		f->fn(f->arg, all ? (struct str){ "", 0 } : buf_str(&told));
}

static void
on_timer(void *arg)
{
	struct loop_files *f = arg;
	uint64_t wait = f->nevents > 0 ? due_in(f, os_now_ns()) : 0;

	if (wait > 0) {
		wait_for(f, wait);
		return;
	}
	loop_timer_end(&f->timer);
	if (f->nevents >= LOST_FROM)
		mark_all(f->top, false);
	else if (f->nblind > 0)
		mark_all(f->top, true);
	f->nevents = 0;
	f->read_bytes = UINT64_MAX;
	visit(f->top);
	if (f->nblind > 0)
		wait_for(f, AGAIN_MS * NS_PER_MS);
	hand_over(f);
}

/* ---- beginning and ending ---- */

static int
refuse(const struct loop_files *f, const char *root, struct err *e)
{
	if (f->nfolders > LOOP_MAX_FOLDERS) {
		err_set(e, ERR_LIMIT, "there are more than %u folders in '%s'",
		    LOOP_MAX_FOLDERS, root);
		return -1;
	}
	errno = f->error;
	err_sys(e, "cannot watch the folders in '%s'", root);
	if (f->error == ENOSPC)
		return err_hint(e,
		    "they are more than the system lets a user watch: "
		    "sysctl fs.inotify.max_user_watches=524288");
	if (f->error == EMFILE)
		return err_hint(e,
		    "too many programs watch files: "
		    "sysctl fs.inotify.max_user_instances=1024");
	return -1;
}

int
loop_files_start(struct loop_files **out, struct loop *l, const char *root,
    uint32_t quiet_ms, bool (*skip)(void *arg, struct str path),
    void (*fn)(void *arg, struct str changed), void *arg, struct err *e)
{
	struct loop_files *f;

	if (!os_is_dir(root))
		return err_set(e, ERR_MISSING, "no such folder: '%s'", root);
	f = mem_take(sizeof(*f));
	f->loop = l;
	f->path = (struct buf)BUF(4096);
	f->told = (struct buf)BUF(MAX_TOLD);
	f->quiet_ns = quiet_ms * NS_PER_MS;
	f->skip = skip;
	f->fn = fn;
	f->arg = arg;
	buf_add(&f->path, str_of(root));
	while (f->path.n > 1 && f->path.p[f->path.n - 1] == '/')
		go_back(f, f->path.n - 1);
	f->nroot = f->path.n;
	f->read_bytes = FIRST_READ;
	f->silent = true;
	f->top = folder_new(f, NULL);
	f->top->renew = true;
	mark(f->top);
	visit(f->top);
	f->silent = false;
	*out = f;
	if (f->nblind == 0)
		return 0;
	refuse(f, root, e);
	loop_files_end(out);
	return -1;
}

void
loop_files_end(struct loop_files **pf)
{
	struct loop_files *f = *pf;

	if (!f)
		return;
	*pf = NULL;
	loop_timer_end(&f->timer);
	folder_free(&f->top);
	assert(f->nfolders == 0);
	buf_free(&f->path);
	buf_free(&f->told);
	mem_free(f);
}
