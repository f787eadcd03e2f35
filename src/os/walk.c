/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

#define MAX_NAMES (64u << 20) /* bytes, in one folder */

typedef int visit_fn(
    void *arg, const char *path, const struct stat *st, struct err *e);

struct entry {
	const char *name;
	unsigned char type;
};

struct names {
	DIR *dir;
	struct buf text; /* each name with its NUL */
	struct entry *v;
	size_t n, cap;
};

struct walk {
	visit_fn *fn;
	void *arg;
	const char *except; /* folders that hold it are not entered, or NULL */
	struct buf path;
};

static void
names_free(struct names *ns)
{
	if (ns->dir)
		closedir(ns->dir);
	buf_free(&ns->text);
	mem_free(ns->v);
}

static int
by_bytes(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The folder stays open: what is in it is looked at from there, which spares
 * the kernel whole paths and us surprises when one of them is moved. */
static int
open_dir(struct names *ns, int at, const char *name, int flags)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);

	if (fd < 0)
		return -1;
	ns->dir = fdopendir(fd);
	if (!ns->dir) {
		close(fd);
		return -1;
	}
	return 0;
}

static int
list(struct names *ns, const char *dir, struct err *e)
{
	struct dirent *entry;

	while ((errno = 0, entry = readdir(ns->dir)) != NULL) {
		size_t n = strlen(entry->d_name);

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		ns->v = mem_grow(ns->v, ns->n, &ns->cap, sizeof(ns->v[0]));
		ns->v[ns->n++].type = entry->d_type;
		buf_add(&ns->text, (struct str){ entry->d_name, n + 1 });
	}
	if (errno != 0)
		return err_sys(e, "cannot read folder '%s'", dir);
	if (buf_over(&ns->text))
		return err_set(
		    e, ERR_LIMIT, "folder '%s' holds too many files", dir);
	/* Only now does the text stay where it is. */
	for (size_t i = 0, at = 0; i < ns->n; i++) {
		ns->v[i].name = ns->text.p + at;
		at += strlen(ns->v[i].name) + 1;
	}
	if (ns->n > 1)
		qsort(ns->v, ns->n, sizeof(ns->v[0]), by_bytes);
	return 0;
}

static bool
holds(const struct names *ns, const char *name)
{
	for (size_t i = 0; i < ns->n; i++)
		if (strcmp(ns->v[i].name, name) == 0)
			return true;
	return false;
}

static int walk(
    struct walk *w, int at, const char *name, unsigned depth, struct err *e);

/* One of a folder's entries, and what is below it. */
static int
walk_entry(
    struct walk *w, struct names *ns, size_t i, unsigned depth, struct err *e)
{
	const char *name = ns->v[i].name;
	struct stat st = { .st_mode = S_IFDIR };
	int at = dirfd(ns->dir), r;

	buf_addc(&w->path, '/');
	buf_add(&w->path, str_of(name));
	if (buf_over(&w->path))
		return err_set(e, ERR_LIMIT, "'%s/%s': path too long",
		    buf_cstr(&w->path), name);
	if (!(w->except && ns->v[i].type == DT_DIR) &&
	    fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno == ENOENT)
			return 0; /* gone in the meantime */
		return err_sys(e, "cannot read '%s'", buf_cstr(&w->path));
	}
	r = w->fn(w->arg, buf_cstr(&w->path), &st, e);
	if (r != 0 || !S_ISDIR(st.st_mode))
		return r < 0 ? -1 : 0;
	return walk(w, at, name, depth - 1, e);
}

static int
walk(struct walk *w, int at, const char *name, unsigned depth, struct err *e)
{
	CLEANUP(names_free)
	struct names ns = { .text = BUF(MAX_NAMES) };
	const char *path = buf_cstr(&w->path);
	bool top = depth == OS_WALK_DEPTH;
	size_t base = w->path.n;

	if (depth == 0)
		return err_set(e, ERR_LIMIT, "'%s' is nested too deeply", path);
	if (open_dir(&ns, at, name, top ? 0 : O_NOFOLLOW) < 0) {
		if (errno == ENOENT && !top)
			return 0;
		return err_sys(e, "cannot read folder '%s'", path);
	}
	if (list(&ns, path, e) < 0)
		return -1;
	if (w->except && !top && holds(&ns, w->except))
		return 0;
	for (size_t i = 0; i < ns.n; i++) {
		if (walk_entry(w, &ns, i, depth, e) < 0)
			return -1;
		w->path.n = base;
	}
	return 0;
}

int
os_walk_except(
    const char *dir, const char *except, visit_fn *fn, void *arg, struct err *e)
{
	struct walk w = { .fn = fn,
		.arg = arg,
		.except = except,
		.path = BUF(PATH_MAX - 1) };
	int r;

	buf_add(&w.path, str_of(dir));
	r = walk(&w, AT_FDCWD, dir, OS_WALK_DEPTH, e);
	buf_free(&w.path);
	return r;
}

int
os_walk(const char *dir, visit_fn *fn, void *arg, struct err *e)
{
	return os_walk_except(dir, NULL, fn, arg, e);
}

static int
remove_below(int at, const char *name, unsigned depth)
{
	int fd =
	    openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int r = 0;

	if (!d || depth == 0) {
		if (d)
			closedir(d);
		else if (fd >= 0)
			close(fd);
		return -1;
	}
	while (r == 0 && (entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(d), entry->d_name, 0) == 0)
			continue;
		if (errno != EISDIR && errno != EPERM)
			r = -1;
		else
			r = remove_below(dirfd(d), entry->d_name, depth - 1);
	}
	closedir(d);
	return r == 0 ? unlinkat(at, name, AT_REMOVEDIR) : r;
}

int
os_remove_tree(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) != 0 && errno == ENOENT)
		return 0;
	if (!S_ISDIR(st.st_mode))
		return os_remove(path, e);
	if (remove_below(AT_FDCWD, path, 256) != 0)
		return err_sys(e, "cannot remove '%s'", path);
	return 0;
}
