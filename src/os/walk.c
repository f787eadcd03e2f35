/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

typedef int visit_fn(
    void *arg, const char *path, const struct stat *st, struct err *e);

struct names {
	char **v;
	size_t n, cap;
};

static void
names_free(struct names *ns)
{
	for (size_t i = 0; i < ns->n; i++)
		mem_free(ns->v[i]);
	mem_free(ns->v);
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int
list(struct names *ns, const char *dir, struct err *e)
{
	CLEANUP(close_dir) DIR *d = opendir(dir);
	struct dirent *entry;

	if (!d)
		return err_sys(e, "cannot read folder '%s'", dir);
	while ((errno = 0, entry = readdir(d)) != NULL) {
		size_t n = strlen(entry->d_name);
		char *copy;

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		copy = mem_take(n + 1);
		memcpy(copy, entry->d_name, n);
		ns->v = mem_grow(ns->v, ns->n, &ns->cap, sizeof(char *));
		ns->v[ns->n++] = copy;
	}
	if (errno != 0)
		return err_sys(e, "cannot read folder '%s'", dir);
	if (ns->n > 1)
		qsort(ns->v, ns->n, sizeof(ns->v[0]), by_bytes);
	return 0;
}

static int
walk(struct buf *path, unsigned depth, visit_fn *fn, void *arg, struct err *e)
{
	CLEANUP(names_free) struct names ns = { 0 };
	size_t base = path->n;

	if (depth == 0)
		return err_set(
		    e, ERR_LIMIT, "'%s' is nested too deeply", buf_cstr(path));
	if (list(&ns, buf_cstr(path), e) < 0)
		return -1;
	for (size_t i = 0; i < ns.n; i++) {
		struct stat st;
		int r;

		path->n = base;
		buf_addf(path, "/%s", ns.v[i]);
		if (buf_over(path))
			return err_set(e, ERR_LIMIT, "'%s/%s': path too long",
			    buf_cstr(path), ns.v[i]);
		if (lstat(buf_cstr(path), &st) != 0) {
			if (errno == ENOENT)
				continue; /* gone in the meantime */
			return err_sys(e, "cannot read '%s'", buf_cstr(path));
		}
		r = fn(arg, buf_cstr(path), &st, e);
		if (r < 0)
			return -1;
		if (r == 0 && S_ISDIR(st.st_mode) &&
		    walk(path, depth - 1, fn, arg, e) < 0)
			return -1;
	}
	path->n = base;
	return 0;
}

int
os_walk(const char *dir, visit_fn *fn, void *arg, struct err *e)
{
	CLEANUP(buf_free) struct buf path = BUF(PATH_MAX - 1);

	buf_add(&path, str_of(dir));
	return walk(&path, OS_WALK_DEPTH, fn, arg, e);
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
